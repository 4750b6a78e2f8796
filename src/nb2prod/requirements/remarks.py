"""What is to be said about the requirements of a notebook: doubts, and what it installs for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.requirements import installers, names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nb2prod.requirements.requirement import Requirement


def of_installs(lines: Sequence[installers.Found], settled: Sequence[Requirement]) -> Iterator[str]:
    """Say what install lines name and nothing needs, as far as can be seen."""
    known = {name for each in settled for name in (each.distribution, *each.candidates)}
    unused = {
        each.distribution: each.where
        for each in lines
        if isinstance(each, installers.Named)
        and not each.commented
        and each.distribution not in known
        and " -r " not in each.line
    }
    if unused:
        named = ", ".join(f"{name} ({where})" for name, where in unused.items())
        yield f"Installed by the notebook but not imported, so not required: {named}"
    apt = [f"{each.package} ({each.where})" for each in lines if isinstance(each, installers.SystemNamed)]
    if apt:
        yield f"The notebook installs with apt: {', '.join(apt)}; apt.txt takes only what the table knows"


def doubts(settled: Sequence[Requirement]) -> Iterator[str]:
    """Say what is not locked, since nothing confirms it, and the way out."""
    for each in settled:
        if each.confidence == "unconfirmed" and not each.optional:
            what = ", ".join(each.imports)
            perhaps = f" (perhaps {', '.join(each.candidates)})" if each.candidates else ""
            if names.is_authors(each.imports[0].partition(".")[0]):
                way_out = "Put it beside the notebook, or say which distribution it is in [tool.nb2prod.imports]"
            else:
                way_out = "Say which distribution it is in [tool.nb2prod.imports], or have it installed for --python"
            yield f"{each.where}: {what} is not locked{perhaps}: {each.evidence}. {way_out}"

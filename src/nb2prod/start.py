"""Where every command begins: a plain `lint` goes without click, whose import takes as long as to check a notebook."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_FLAGS = {"--no-cache": "no_cache", "--exit-zero": "exit_zero", "--statistics": "statistics"}
_CHOICES = {"--select": "select", "--extend-select": "extend_select", "--ignore": "ignore"}
_FORMATS = {"text", "json", "sarif", "github", "gitlab", "junit"}


def main() -> None:
    """Run the command that the command line asks for."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["lint"]:
        gc.disable()  # little is ever thrown away in circles, and looking for it takes a tenth of the time
        given = plain(arguments[1:])
        if given is not None and not sys.stdout.isatty():
            _lint(given)
    from nb2prod.cli import main as run  # noqa: PLC0415 - click

    run()


def plain(arguments: Sequence[str]) -> dict[str, Any] | None:
    """Read the command line of a lint that only checks; None for whatever click must read, refuse or explain."""
    given: dict[str, Any] = {"paths": ()}
    todo = iter(arguments)
    for each in todo:
        if each in _FLAGS:
            given[_FLAGS[each]] = True
        elif each in _CHOICES and (value := next(todo, "-"))[:1] != "-":
            several = tuple(one.strip() for one in value.split(",") if one.strip())
            given[_CHOICES[each]] = given.get(_CHOICES[each], ()) + several
        elif each == "--format" and (value := next(todo, "")) in _FORMATS:
            given["form"] = value
        elif not each.startswith("-"):
            given["paths"] += (each,)
        else:
            return None
    return given if given["paths"] else None


def _lint(given: dict[str, Any]) -> None:
    """Check and exit; come back where something goes wrong, for the other way to say what."""
    from pathlib import Path  # noqa: PLC0415 - as all that the other way needs not

    from nb2prod.lint_command import Asked, leave, lint  # noqa: PLC0415 - as above

    kept = os.environ.get("NB2PROD_CACHE_DIR")
    given |= {"paths": tuple(map(Path, given["paths"])), "cache_dir": Path(kept) if kept else None}
    try:
        told = lint(Asked(**given), lambda text, _: text)
        for note in told.notes:
            print(note, file=sys.stderr)  # noqa: T201 - the command's output
        if isinstance(told.output, str) and told.output:
            print(told.output)  # noqa: T201 - as above
    except Exception:  # noqa: BLE001 - the other way meets it again, and tells it
        return
    leave(told.code)

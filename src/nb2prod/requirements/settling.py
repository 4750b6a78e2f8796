"""What was found in several places becomes one requirement, with its version."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from nb2prod.requirements import names, versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nb2prod.program import Program
    from nb2prod.requirements import distributions
    from nb2prod.requirements.requirement import Requirement

_ORDER = {"confirmed": 0, "likely": 1, "unconfirmed": 2}


def merged(found: Iterable[Requirement]) -> Iterator[Requirement]:
    """One requirement a distribution (or an import that nobody knows), in the order of their first place."""
    groups: dict[tuple[str | None, str], list[Requirement]] = {}
    for each in found:
        key = (each.distribution, "" if each.distribution else each.imports[0])
        groups.setdefault(key, []).append(each)
    for group in groups.values():
        best = min(group, key=lambda each: _ORDER[each.confidence])
        yield replace(
            best,
            imports=tuple(dict.fromkeys(one for each in group for one in each.imports)),
            extras=tuple(sorted({one for each in group for one in each.extras})),
            candidates=tuple(dict.fromkeys(one for each in group for one in each.candidates)),
            bounds=",".join(dict.fromkeys(each.bounds for each in group if each.bounds)),
            optional=all(each.optional for each in group),
            fallback=all(each.fallback for each in group),
            where=min((each.where for each in group if each.where), default=None),
        )


def settled(each: Requirement, target: str, sources: distributions.Sources, found: versions.Evidence) -> Requirement:
    """With its version, and the extras that install lines ask for."""
    if each.distribution is None:
        return each
    name = each.distribution
    extras = {one for line in sources.install_lines if line.distribution == name for one in line.extras}
    chosen = versions.choose(name, target, found)
    for imported, own in sources.user_map.items():
        if canonicalize_name(own.name) == name:
            extras |= own.extras
            if own.specifier:
                chosen = versions.Chosen(str(own.specifier), evidence=f"your own map of imports ({imported})")
    return replace(
        each,
        extras=tuple(sorted({*each.extras, *extras})),
        specifier=chosen.specifier,
        bounds="" if "==" in chosen.specifier else ",".join(one for one in (each.bounds, chosen.bounds) if one),
        version_evidence=chosen.evidence,
    )


def on_cpu(settled: Sequence[Requirement], program: Program, day: str | None) -> Iterator[Requirement]:
    """Put in what is enough without a GPU and a window, where it was there on that day and the calls allow it."""
    called = {
        node.attr
        for statement in program.statements
        for node in ast.walk(statement.node)
        if isinstance(node, ast.Attribute)
    }
    for each in settled:
        other = None if each.confidence == "unconfirmed" else names.on_cpu(each.distribution, day, called)
        if other is None:
            yield each
        else:
            evidence = f"{each.evidence}; {other} stands in for {each.distribution}, as asked for"
            yield replace(each, distribution=other, evidence=evidence, confidence="likely", note=names.note(other))

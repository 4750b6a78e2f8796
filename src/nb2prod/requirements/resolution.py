"""From a program to its requirements: the pieces of this package put together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.utils import canonicalize_name

from nb2prod.apis import standard_library
from nb2prod.problems import Location, NotebookError, Refusal
from nb2prod.requirements import (
    bounds,
    dates,
    distributions,
    environments,
    imports,
    installers,
    local_modules,
    names,
    needs,
    remarks,
    settling,
    shown,
    system,
    versions,
)
from nb2prod.requirements.requirement import LocalModule, Requirement, Requirements

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from nb2prod.program import Program
    from nb2prod.requirements.imports import Import


class UserMapError(NotebookError):
    """The user's own map says something that cannot be locked; the message is for the user."""


def resolve(  # noqa: PLR0913 - what may be told besides the notebook, each once
    program: Program,
    *,
    python: str | None = None,
    environment: Path | None = None,
    user_map: Mapping[str, str] | None = None,
    as_of: str | None = None,
    cpu: bool = False,
) -> Requirements:
    """Find what the notebook needs: reads the notebook's folder and the metadata of an environment, runs nothing.

    `python`: the version to lock for, instead of the notebook's. `environment`: an interpreter or its folder, whose
    installed distributions and versions count; else that of the notebook's kernel or the active one.
    `user_map`: import -> distribution, before anything else. `as_of`: a day that bounds the locked versions, or
    "git" or "auto" to find it (see `dates`). `cpu`: distributions for machines without a GPU and a window.
    Raises NoEnvironmentError when there is no environment where `environment` says, UserMapError for a `user_map` that
    names no distributions, NoDateError for an `as_of` that gives no date.
    """
    notebook = program.notebook
    imported = imports.find(program)
    found = environments.choose(environment, notebook.kernel, notebook.python, _surely_installed(imported))
    recorded = notebook.python or shown.python(program)
    written = dates.find(notebook, as_of)
    of_day = dates.python_of(written.day) if written else None
    target, evidence, notes = versions.python(python, found if environment else None, recorded, of_day)
    folders = local_modules.folders(program)
    lines = installers.find(program, folders[0] if folders else None)
    named = tuple(each for each in lines if isinstance(each, installers.Named))
    sorted_out = _sort_out(imported, program, target)
    sources = distributions.Sources(_parsed(user_map or {}), found, named)
    matched, absent = _match(sorted_out.outside, sources)
    versioned = found is not None and found.python == target
    dated = None if versioned and as_of == "auto" else written
    dated, moved = dates.not_before_wheels(dated, target) if as_of in dates.FOUND else (dated, None)
    limits = bounds.find(program, target)
    evidence_of_versions = versions.Evidence(
        found, named, shown.find(program), limits, versions.agree(target, recorded), dated.day if dated else None
    )

    def older(distribution: str, version: str, day: str) -> bool:
        return versions.older(distribution, version, day, target, evidence_of_versions)

    hidden = (
        *needs.find(program, sorted_out.outside, older, sorted_out.behind),
        *sorted_out.needs,
        *(needs.used_if_there(found, sorted_out.outside) if found and versioned else ()),
    )
    merged = settling.merged((*matched, *(_hidden(need, sources) for need in hidden)))
    settled = tuple(settling.settled(each, target, sources, evidence_of_versions) for each in merged)
    if cpu:
        settled = tuple(settling.on_cpu(settled, program, dated.day.isoformat() if dated else None))
    refused = (*absent, *(each for each in lines if isinstance(each, Refusal)))
    return Requirements(
        python=target,
        python_evidence=evidence,
        requirements=settled,
        system=system.packages(each.distribution for each in settled if each.lockable and each.distribution),
        local=sorted_out.local,
        refused=tuple(sorted(refused, key=lambda each: each.where or Location(-1, 0, 0))),
        notes=(
            *notes,
            *((moved,) if moved else ()),
            *(each.note for each in limits.values() if each.note),
            *sorted_out.notes,
            *remarks.of_installs(lines, settled),
            *remarks.doubts(settled),
        ),
        as_of=dated.day.isoformat() if dated else None,
        as_of_evidence=dated.evidence if dated else None,
    )


def including(requirements: Requirements, distributions: Iterable[str], because: str) -> Requirements:
    """Add what the project itself needs besides ("joblib", "uvicorn>=0.30"), so that it is locked together."""
    distributions = tuple(distributions)
    asked = {canonicalize_name(Parsed(text).name) for text in distributions}
    present = {each.distribution for each in requirements.requirements if each.confidence != "unconfirmed"}
    added = []
    for text in distributions:
        parsed = Parsed(text)
        name = canonicalize_name(parsed.name)
        if name not in present:
            present.add(name)
            extras, specifier = tuple(sorted(parsed.extras)), str(parsed.specifier)
            added.append(
                Requirement(
                    distribution=name, extras=extras, specifier=specifier, evidence=because, confidence="likely"
                )
            )
    kept = tuple(
        replace(each, fallback=False, explore=False) if each.distribution in asked else each
        for each in requirements.requirements
    )
    names_now = {each.distribution for each in (*kept, *added) if each.lockable and each.distribution}
    return replace(requirements, requirements=(*kept, *added), system=system.packages(names_now))


def separated(requirements: Requirements, is_served: Callable[[Requirement], bool]) -> Requirements:
    """Set apart what only the exploration needs: the served image does without it."""
    marked = tuple(replace(each, explore=not is_served(each)) for each in requirements.requirements)
    return replace(requirements, requirements=marked)


@dataclass(frozen=True, slots=True)
class _SortedOut:
    outside: tuple[Import, ...]
    local: tuple[LocalModule, ...]
    behind: tuple[tuple[ast.Module, Location], ...]
    needs: tuple[needs.Need, ...]
    notes: tuple[str, ...]


def _sort_out(imported: Sequence[Import], program: Program, target: str) -> _SortedOut:
    """Separate what must come from outside, the author's own modules, and what the standard library lacks."""
    folders, upward = local_modules.folders(program), local_modules.above(program)
    written = local_modules.written_modules(program)
    outside: list[Import] = []
    local: dict[str, LocalModule] = {}
    read: set[tuple[str, ...]] = set()
    behind: list[tuple[ast.Module, Location]] = []
    wanted: list[needs.Need] = []
    notes: dict[str, str] = {}
    major, minor = (int(part) for part in target.split(".")[:2])
    todo = list(imported)
    while todo:
        each = todo.pop(0)
        if own := local_modules.find(each, folders, written, upward):
            if each.dotted not in read:  # `from src import a` reads other files than `from src.b import c`
                read.add(each.dotted)
                code = local_modules.behind(each, (*folders, *upward))
                behind += [(tree, each.where) for tree in code.trees]
                todo = [*code.imports, *todo]
            local.setdefault(own.name, own)
        elif standard_library.is_standard(each.root):
            if (gone := standard_library.missing(each.root, (major, minor))) and not each.optional:
                if each.root == "distutils":
                    wanted.append(needs.Need("setuptools", f"distutils is {gone}; setuptools brings it", each.where))
                else:
                    notes.setdefault(each.root, f"{each.where} imports {each.root}, which is {gone}")
        elif each.root != "pip":
            outside.append(each)
    return _SortedOut(tuple(outside), tuple(local.values()), tuple(behind), tuple(wanted), tuple(notes.values()))


def _parsed(user_map: Mapping[str, str]) -> dict[str, Parsed]:
    found = {}
    for imported, text in user_map.items():
        try:
            found[imported] = Parsed(text)
        except InvalidRequirement:
            message = f"[tool.nb2prod.imports] {imported}: {text!r} is not a distribution as pip names it"
            raise UserMapError(message) from None
        if found[imported].url:
            message = f"[tool.nb2prod.imports] {imported}: {text!r} is an address; name a distribution of your index"
            raise UserMapError(message)
    return found


def _surely_installed(imported: Sequence[Import]) -> set[str]:
    """Find the modules that must have been installed where the notebook ran."""
    return {
        each.root
        for each in imported
        if not each.optional and not standard_library.is_standard(each.root)
        if (known := names.look_up(each.module)) is not None and known.kind == "curated"
    }


def _match(
    outside: Sequence[Import], sources: distributions.Sources
) -> tuple[tuple[Requirement, ...], tuple[Refusal, ...]]:
    matched: list[Requirement] = []
    absent: dict[str, Refusal] = {}
    unsure: set[str] = set()
    for each in outside:
        for found in distributions.match(each, sources):
            if isinstance(found, distributions.NotThere):
                unsure.add(each.root)
                absent.setdefault(found.imported, Refusal(each.where, found.why, found.way_out))
                continue
            if found.confidence == "unconfirmed":
                unsure.add(each.root)
            evidence = (
                found.evidence if each.parsed else f"{found.evidence}; the import stands in a cell that does not parse"
            )
            # A fallback counts only where what it stands in for cannot be had.
            fallback = bool(each.fallback_of) and not unsure & set(each.fallback_of)
            matched.append(
                Requirement(
                    distribution=found.distribution,
                    evidence=evidence,
                    confidence=found.confidence,
                    imports=(found.imported,),
                    candidates=found.candidates,
                    optional=each.optional,
                    fallback=fallback,
                    where=each.where,
                    note=names.note(found.distribution),
                )
            )
    return tuple(matched), tuple(absent.values())


def _hidden(need: needs.Need, sources: distributions.Sources) -> Requirement:
    parsed = Parsed(need.requirement)
    name = canonicalize_name(parsed.name)
    installed = sources.environment is not None and name in sources.environment.distributions
    return Requirement(
        distribution=name,
        extras=tuple(sorted(parsed.extras)),
        bounds=str(parsed.specifier),
        evidence=need.because,
        confidence="confirmed" if installed else "likely",
        where=need.where,
        note=names.note(name),
    )

"""Which distribution brings an import, and what that rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from nb2prod.requirements import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.requirements import Requirement

    from nb2prod.requirements.environments import Environment
    from nb2prod.requirements.imports import Import
    from nb2prod.requirements.installers import Named
    from nb2prod.requirements.requirement import Confidence


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the knowledge comes from, in the order in which it is asked."""

    user_map: Mapping[str, Requirement]
    environment: Environment | None
    install_lines: Sequence[Named]


@dataclass(frozen=True, slots=True)
class Match:
    """The answer for one import. `imported` is the import as written, so far as it decides."""

    imported: str
    distribution: str | None
    evidence: str
    confidence: Confidence
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotThere:
    """The import is nothing that a registry could bring."""

    imported: str
    why: str
    way_out: str


def match(each: Import, sources: Sources) -> tuple[Match | NotThere, ...]:
    """Find the distributions behind one import statement: `from google.cloud import bigquery, storage` has two."""
    found: dict[str, Match | NotThere] = {}
    modules = tuple(f"{each.module}.{name}" for name in each.names if name != "*") or (each.module,)
    for dotted in modules:
        one = _match(dotted, each.module, sources)
        key = (one.distribution if isinstance(one, Match) else None) or one.imported
        found.setdefault(key, one)
    return tuple(found.values())


def _match(dotted: str, module: str, sources: Sources) -> Match | NotThere:
    root = module.partition(".")[0]
    known = names.look_up(dotted)
    written = _written(known.matched if known else root, module)
    if found := _of_user(dotted, module, sources):
        return found
    if known and known.kind == "hosted":
        return NotThere(
            written, f"{written} exists only on {known.source}", "Take it out before the notebook leaves it"
        )
    if found := _of_environment(dotted, module, sources, known):
        return found
    named = [name.distribution for name in sources.install_lines]
    if known and known.kind == "curated":
        return _of_table(written, known, named)
    if known and known.kind == "elsewhere":
        way_out = "Install it in the environment given by --python, or name a distribution in [tool.nb2prod.imports]"
        return NotThere(written, f"{written} is not on the registry: {known.source}", way_out)
    return _unknown(root, written, known, sources)


def _of_user(dotted: str, module: str, sources: Sources) -> Match | None:
    for prefix in _prefixes(dotted):
        if prefix in sources.user_map:
            distribution = canonicalize_name(sources.user_map[prefix].name)
            return Match(_written(prefix, module), distribution, "your own map of imports", "likely")
    return None


def _of_environment(dotted: str, module: str, sources: Sources, known: names.Known | None) -> Match | None:
    if sources.environment is None:
        return None
    owners, decided = sources.environment.provides(dotted)
    if not owners:
        return None
    usual = known.distributions if known else ()
    ranked = sorted(
        owners, key=lambda each: usual.index(each.distribution) if each.distribution in usual else len(usual)
    )
    first, written = ranked[0], _written(decided, module)
    others = tuple(each.distribution for each in ranked[1:])
    if first.elsewhere:
        evidence = f"installed in {sources.environment.known_as}, but from an address or a folder, not from a registry"
        return Match(written, first.distribution, evidence, "unconfirmed", others)
    return Match(written, first.distribution, f"installed in {sources.environment.known_as}", "confirmed", others)


def _of_table(written: str, known: names.Known, named: Sequence[str]) -> Match:
    """Take the usual distribution of an import; one of the others where an install line says so."""
    for distribution in known.distributions:
        if distribution in named:
            others = tuple(each for each in known.distributions if each != distribution)
            return Match(written, distribution, "curated map, and an install line of the notebook", "likely", others)
    return Match(written, known.distributions[0], "curated map", "likely", known.distributions[1:])


def _unknown(root: str, written: str, known: names.Known | None, sources: Sources) -> Match:
    """Propose what no table is sure of; only an install line of the notebook with that very name makes it likely."""
    same = canonicalize_name(root)
    strangers = names.never_by_identity(root)
    named = list(dict.fromkeys(each.distribution for each in sources.install_lines))
    live = {each.distribution for each in sources.install_lines if not each.commented}
    usual = known.distributions if known else () if strangers else (same,)
    if chosen := next((each for each in usual if each in live), None):
        others = tuple(each for each in usual if each != chosen)
        return Match(written, chosen, "an install line of the notebook names it", "likely", others)
    proposed = names.pipreqs().get(root, ())
    alike = [each for each in named if _alike(each, same)]
    candidates = tuple(dict.fromkeys((*proposed, *alike, *usual)))
    distribution, evidence = None, "on the registry this name is another project's or free to take"
    if known is not None:
        evidence = "several projects have this import"
    elif names.is_authors(root):
        evidence = "looks like a module of the author's own that is missing here"
    elif proposed:
        distribution, evidence = candidates[0], "pipreqs' map"
    elif not strangers:
        distribution, evidence = same, "same name as the import"
    return Match(written, distribution, evidence, "unconfirmed", candidates)


def _written(matched: str, module: str) -> str:
    """Give the import as written; with the imported name where only that tells which distribution it is."""
    return matched if len(matched) > len(module) else module


def _prefixes(dotted: str) -> Iterator[str]:
    while dotted:
        yield dotted
        dotted = dotted.rpartition(".")[0]


def _alike(distribution: str, name: str) -> bool:
    plain = name.replace("-", "")
    other = distribution.replace("-", "")
    return plain == other or (plain in other and len(plain) > 3)  # noqa: PLR2004 - shorter ones are in everything

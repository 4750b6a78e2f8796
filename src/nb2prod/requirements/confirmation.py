"""Lock, then hold what was asked for against what the locked wheels really contain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from nb2prod.requirements import breaks, contents, lock_text, lockers, system, undeclared
from nb2prod.requirements.requirement import Lock, LockFailed, Requirement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from nb2prod.requirements.contents import Wheel
    from nb2prod.requirements.requirement import Requirements


def locked(
    requirements: Requirements,
    *,
    locker: Literal["auto", "uv", "pip-tools"] = "auto",
    allow_build: tuple[str, ...] = (),
    debian: system.Debian = "bookworm",
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Requirements, Lock | LockFailed]:
    """Lock, and look into the locked wheels: the imports are confirmed by them, and so are the Debian packages.

    An import that no locked wheel has is an error: a name that was guessed wrong installs a stranger's package.
    What a wheel imports without asking for it is locked in a second round.
    """
    requirements, lock = _agreeing(requirements, locker, allow_build)
    if isinstance(lock, LockFailed):
        return requirements, lock
    wheels = contents.read(lock, requirements.python, progress)
    if not isinstance(wheels, LockFailed) and (more := _undeclared(requirements, lock, wheels)):
        requirements, lock = _agreeing(_with(requirements, more), locker, allow_build)
        if isinstance(lock, LockFailed):
            return requirements, lock
        wheels = contents.read(lock, requirements.python, progress)
    if isinstance(wheels, LockFailed):
        unchecked = f"What the locked wheels contain was not checked: {wheels.reason}. {wheels.way_out}"
        return requirements, replace(lock, notes=(*lock.notes, unchecked))
    checked = tuple(_checked(each, wheels) for each in requirements.requirements)
    wrong = [each for each in checked if isinstance(each, LockFailed)]
    if wrong:
        return requirements, wrong[0]
    in_image = set(lock_text.names_in(lock.runtime))
    of_image = {name: wheel for name, wheel in wheels.items() if name in in_image}
    packages, notes = system.of_wheels(of_image, debian, in_image & set(lock.built))
    sure = tuple(each for each in checked if not isinstance(each, LockFailed))
    return replace(requirements, requirements=sure, system=packages), replace(lock, notes=(*lock.notes, *notes))


def _agreeing(
    requirements: Requirements, locker: Literal["auto", "uv", "pip-tools"], allow_build: tuple[str, ...]
) -> tuple[Requirements, Lock | LockFailed]:
    """Lock, and again with bounds where something is newer than what is locked with it can take.

    The one gets older, or else the other newer. What a locked release needs without asking for it is locked with it,
    too. Where nothing fits within those, the first lock stands, and its notes say what may not run.
    """
    lock = lockers.lock(requirements, locker=locker, allow_build=allow_build)
    doubts = [*breaks.find(lock)] if isinstance(lock, Lock) else []
    lacking = [*_unsaid(lock)] if isinstance(lock, Lock) else []
    if isinstance(lock, LockFailed) or not (doubts or lacking):
        return requirements, lock
    whole = requirements
    for needed in lacking:
        whole = _with(whole, needed)
    for bounded in dict.fromkeys((_older(whole, doubts), _newer(whole, doubts))):
        again = lockers.lock(bounded, locker=locker, allow_build=allow_build)
        if isinstance(again, Lock) and not [*breaks.find(again)]:
            return bounded, again
    said = (*(each.because for each in doubts), *(f"{each.distribution}: {each.evidence}" for each in lacking))
    return requirements, replace(lock, notes=(*lock.notes, *said))


def _unsaid(lock: Lock) -> Iterator[Requirement]:
    in_image = set(lock_text.names_in(lock.runtime))
    for name, user in breaks.unsaid(lock):
        why = f"{user} {lock.version(user)} needs it and does not ask for it"
        explore = bool(lock.explore) and user not in in_image
        yield Requirement(distribution=name, evidence=why, confidence="likely", explore=explore)


def _older(requirements: Requirements, doubts: Sequence[breaks.Break]) -> Requirements:
    """With each library as old as those that use it."""
    for each in doubts:
        requirements = _with(requirements, _bounded(requirements, each.library, f"<{each.below}", each.because))
    return requirements


def _newer(requirements: Requirements, doubts: Sequence[breaks.Break]) -> Requirements:
    """With those that use a library as new as it: the newest may have been too particular about something else."""
    for each in doubts:
        for user, first in each.users:
            requirements = _with(requirements, _bounded(requirements, user, f">={first}", each.because))
    return requirements


def _bounded(requirements: Requirements, library: str, bound: str, because: str) -> Requirement:
    """Bound what is asked for already, or else ask for it: no more is installed than before."""
    new = Requirement(distribution=library, evidence=because, confidence="likely")
    asked = next((each for each in requirements.lockable if each.distribution == library), None)
    if asked is None:
        return replace(new, bounds=bound, explore=bool(requirements.explored))
    return replace(
        asked,
        bounds=",".join(each for each in (asked.bounds, bound) if each),
        version_evidence="; ".join(each for each in (asked.version_evidence, because) if each),
    )


def _undeclared(requirements: Requirements, lock: Lock, wheels: Mapping[str, Wheel]) -> Requirement | None:
    """Ask for what locked wheels import without asking for it: for the image only if one of its own does."""
    in_image = set(lock_text.names_in(lock.runtime))
    of_image = {name: wheel for name, wheel in wheels.items() if name in in_image}
    served = undeclared.lacking(of_image, requirements.python)
    users = served or undeclared.lacking(wheels, requirements.python)
    if not users:
        return None
    why = "; ".join(f"{name} imports {module} and does not ask for it" for name, module in users.items())
    new = Requirement(distribution=undeclared.TOOL, evidence=why, confidence="likely", explore=True)
    asked = next((each for each in requirements.lockable if each.distribution == new.distribution), new)
    return replace(
        asked, bounds=asked.bounds or undeclared.WITH_ALL, explore=asked.explore and not served and bool(lock.explore)
    )


def _with(requirements: Requirements, more: Requirement) -> Requirements:
    """Put a requirement in the place of the one of the same distribution, or at the end."""
    there = requirements.requirements
    if not any(each.distribution == more.distribution for each in there):
        return replace(requirements, requirements=(*there, more))
    return replace(
        requirements,
        requirements=tuple(more if each.distribution == more.distribution else each for each in there),
    )


def _checked(each: Requirement, wheels: Mapping[str, Wheel]) -> Requirement | LockFailed:
    """Confirm a requirement by the wheels; the one that was built from source has none."""
    own = wheels.get(each.distribution or "")
    if not each.lockable or own is None or not each.imports:
        return each
    absent = [one for one in each.imports if not any(wheel.has(one) for wheel in (own, *wheels.values()))]
    if absent:
        has = ", ".join(sorted(name for name in own.modules if "." not in name and not name.startswith("_"))) or "none"
        perhaps = f" Perhaps {', '.join(each.candidates)}." if each.candidates else ""
        return LockFailed(
            f"{each.distribution} has no module {', '.join(absent)}: its wheel has {has} ({each.evidence})",
            f"Say which distribution it is in [tool.nb2prod.imports].{perhaps}",
        )
    if each.confidence == "confirmed":
        return each
    return replace(each, confidence="confirmed", evidence=f"{each.evidence}; the locked wheel has it")

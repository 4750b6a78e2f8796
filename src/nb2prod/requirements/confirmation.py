"""Lock, then hold what was asked for against what the locked wheels really contain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from nb2prod.requirements import contents, lock_text, lockers, system
from nb2prod.requirements.requirement import Lock, LockFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nb2prod.requirements.contents import Wheel
    from nb2prod.requirements.requirement import Requirement, Requirements


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
    """
    lock = lockers.lock(requirements, locker=locker, allow_build=allow_build)
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

"""Which of the notebook's data files may be copied into the project."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nb2prod.conversion import DataFile

_MB = 1_000_000
_OURS = frozenset({
    "src", "tests", "models", "notebooks", "pictures", "deploy", "k8s", "readme.md", "handoff.md", "nb2prod.json",
    "pyproject.toml", "requirements.in", "requirements.txt", "requirements-dev.txt", "apt.txt", "dockerfile",
})  # fmt: skip


def admitted(data: tuple[DataFile, ...], notebook: Path | None, limit_mb: float) -> tuple[DataFile, ...]:
    """Give the data files, without the source where copying is not allowed, and with the reason."""
    seen: set[str] = set()
    found = []
    for each in data:
        one = _admit(each, notebook, limit_mb)
        place = (one.target or "").casefold()
        if one.source and place in seen:
            one = replace(one, source=None, reason="another data file has the same name, but for upper and lower case")
        seen.add(place)
        found.append(one)
    return tuple(found)


def root_of(notebook: Path) -> Path:
    """Find the folder data may come from: the notebook's repository, else the notebook's folder."""
    folder = notebook.resolve().parent
    return next((above for above in (folder, *folder.parents) if (above / ".git").exists()), folder)


def _admit(file: DataFile, notebook: Path | None, limit_mb: float) -> DataFile:
    if file.target is None or file.source is None:
        return replace(file, source=None, reason=file.reason or "it was not found")
    if not _inside_project(file.target):
        reason = f"its place {file.target} is one of the project's own"
        return replace(file, source=None, target=None, reason=reason)
    objection = _objection(file.source, notebook, limit_mb)
    return replace(file, source=None if objection else file.source.resolve(), reason=objection or file.reason)


def _inside_project(target: str) -> bool:
    """Whether it is a place for data: below the project, neither hidden nor where something of ours is."""
    parts = PurePosixPath(target).parts
    hidden = any(part.startswith(".") for part in parts)
    return (
        bool(parts)
        and parts != ("data",)
        and not (target.startswith("/") or hidden or "\\" in target or parts[0].casefold() in _OURS)
    )


def _objection(  # noqa: PLR0911 - one line for each reason
    source: Path, notebook: Path | None, limit_mb: float
) -> str | None:
    if notebook is None:
        return "the notebook's place is not known"
    root = root_of(notebook)
    try:
        real = source.resolve(strict=True)
        size = real.stat().st_size
    except (OSError, RuntimeError):
        return "it was not found"
    if not real.is_relative_to(root):
        return f"it lies outside of {'the repository' if (root / '.git').exists() else 'the folder of the notebook'}"
    if any(part.startswith(".") for part in real.relative_to(root).parts):
        return "it is hidden (its path has a part that begins with a dot)"
    if not real.is_file():
        return "it is not a plain file"
    if size > limit_mb * _MB:
        return f"it is larger than {limit_mb:g} MB ({size / _MB:.1f} MB)"
    return None

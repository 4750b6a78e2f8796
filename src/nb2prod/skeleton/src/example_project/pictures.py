"""What a notebook shows becomes files: every open figure is saved below `pictures/`."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from pathlib import Path
from typing import Any, Iterator

FOLDER = Path("pictures")
_saved: Counter[str] = Counter()


def save(name: str = "picture", folder: Path | None = None) -> tuple[Path, ...]:
    """Save every open matplotlib figure as `<name>-<number>.png`, close it, and say where it went."""
    import matplotlib.pyplot as plt

    target = FOLDER if folder is None else folder
    saved = []
    for number in plt.get_fignums():
        target.mkdir(parents=True, exist_ok=True)
        path = _next(target, re.sub(r"[^\w.-]+", "-", name).strip("-") or "picture")
        plt.figure(number).savefig(path, bbox_inches="tight")
        plt.close(number)
        saved.append(path)
    return tuple(saved)


@contextlib.contextmanager
def saved(name: str = "picture", folder: Path | None = None) -> Iterator[None]:
    """Inside, `plt.show()` saves the open figures instead; what is still open at the end is saved too."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    shown = plt.show

    def show(*_: Any, **__: Any) -> None:
        save(name, folder)

    plt.show = show
    try:
        yield
        save(name, folder)
    finally:
        plt.show = shown


def _next(folder: Path, name: str) -> Path:
    """Numbered within this run, so that the next run replaces the pictures of this one."""
    _saved[name] += 1
    return folder / f"{name}-{_saved[name]}.png"


def count() -> int:
    """How many pictures this run has saved."""
    return sum(_saved.values())

"""What a notebook shows becomes files: every open figure is saved below `pictures/`."""

from __future__ import annotations

import contextlib
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Iterator

FOLDER = Path("pictures")
_saved: Counter[str] = Counter()


def save(name: str = "picture") -> tuple[Path, ...]:
    """Save every open matplotlib figure as `<name>-<number>.png` and close it, as a notebook does after each cell."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return ()
    paths = []
    for number in pyplot.get_fignums():
        path = _next(name, ".png")
        pyplot.figure(number).savefig(path, bbox_inches="tight")
        pyplot.close(number)
        paths.append(path)
    return tuple(paths)


def count() -> int:
    """How many pictures this run has saved."""
    return sum(_saved.values())


@contextlib.contextmanager
def saved(*, keep: bool = True) -> Iterator[None]:
    """Inside, showing a figure saves it; what is still open at the end is saved too. Not `keep`: it is only closed."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    plotly: Any = sys.modules.get("plotly.io")
    shown = [(module, module.show) for module in (pyplot, plotly) if module is not None]

    def show(*_: Any, **__: Any) -> None:
        if keep:
            save()
        else:
            pyplot.close("all")

    def show_page(figure: Any, *_: Any, **__: Any) -> None:
        if keep:
            plotly.write_html(figure, str(_next("page", ".html")))

    if pyplot is not None:
        pyplot.show = show
    if plotly is not None:
        plotly.show = show_page
    try:
        yield
        if pyplot is not None:
            show()
    finally:
        for module, function in shown:
            module.show = function


def _next(name: str, suffix: str) -> Path:
    """Numbered within this run, so that the next run replaces the pictures of this one."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    plain = re.sub(r"[^\w.-]+", "-", name).strip("-") or "picture"
    _saved[plain] += 1
    return FOLDER / f"{plain}-{_saved[plain]}{suffix}"

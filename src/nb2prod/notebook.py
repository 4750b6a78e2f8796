"""The notebook as it is on disk: cells in document order, nothing interpreted."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_PROMPT = re.compile(r"^# In \[(\d+| )\]:[ ]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell; `run` is the execution count shown as `In [run]` (code cells only)."""

    index: int
    kind: Literal["code", "markdown", "raw"]
    source: str
    run: int | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notebook:
    """Cells in document order; `python` is the kernel's version as recorded, e.g. `3.8.5`."""

    cells: tuple[Cell, ...]
    python: str | None = None
    kernel: str | None = None
    path: Path | None = None

    @property
    def code_cells(self) -> tuple[Cell, ...]:
        """The cells that run."""
        return tuple(cell for cell in self.cells if cell.kind == "code")

    @classmethod
    def from_prompts(cls, text: str) -> Notebook:
        """Read the `# In [n]:` notation used in rule examples and tests."""
        _, *parts = _PROMPT.split(text)
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return cls(
            cells=tuple(
                Cell(index=i, kind="code", source=body.strip("\n"), run=int(n) if n.strip() else None)
                for i, (n, body) in enumerate(pairs)
            )
        )


def read(path: Path) -> Notebook:
    """Read a notebook file of any nbformat version."""
    data = json.loads(path.read_text(encoding="utf-8-sig"))
    cells = []
    for i, c in enumerate(data["cells"]):
        src = c["source"]
        cells.append(
            Cell(
                index=i,
                kind=c["cell_type"],
                source=src if isinstance(src, str) else "".join(src),
                run=c.get("execution_count"),
                tags=tuple(c.get("metadata", {}).get("tags", [])),
            )
        )
    meta = data.get("metadata", {})
    return Notebook(
        cells=tuple(cells),
        python=meta.get("language_info", {}).get("version"),
        kernel=meta.get("kernelspec", {}).get("name"),
        path=path,
    )

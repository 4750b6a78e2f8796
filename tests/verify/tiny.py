"""Projects small enough to write by hand: one flat `train()` with the notebook's statements in order."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MAIN = """\
import sys
from tiny import train

if sys.argv[1] == "train":
    train.train()
"""


def project(  # noqa: PLR0913 - what may vary
    folder: Path,
    cells: Sequence[str],
    *,
    instead: Mapping[int, str] | None = None,
    roles: Mapping[int, str] | None = None,
    data: Mapping[str, str] | None = None,
    modules: Mapping[str, str] | None = None,
    **more: object,
) -> Path:
    """Write the notebook of these cells and its project; `instead` replaces emitted statements ("" drops one)."""
    home, made = folder / "home", folder / "made"
    (made / "src/tiny").mkdir(parents=True)
    (made / "notebooks").mkdir()
    home.mkdir()
    for name, text in (data or {}).items():
        (home / name).write_text(text)
        (made / name).write_text(text)
    code: dict[str, Any] = {"cell_type": "code", "execution_count": None, "outputs": [], "metadata": {}}
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 4,
        "metadata": {},
        "cells": [{**code, "source": cell} for cell in cells],
    }
    for path in (home / "tiny.ipynb", made / "notebooks/tiny.ipynb"):
        path.write_text(json.dumps(notebook))
    lines = ["def train():"]
    statements: list[dict[str, Any]] = []
    for cell, source in enumerate(cells):
        for node in ast.parse(source).body:
            index = len(statements)
            text = (instead or {}).get(index, ast.get_source_segment(source, node) or "")
            first = len(lines) + 1
            lines += [f"    {line}" for line in text.splitlines()]
            role = (roles or {}).get(index, "train")
            placed = {"module": "train.py", "line": first, "last_line": max(first, len(lines))}
            statements.append({
                "index": index,
                "cell": cell,
                "line": node.lineno,
                "last_line": node.end_lineno,
                "role": role,
                "place": placed if role not in ("explore", "dropped") else None,
                "binds": sorted(binds(node)),
            })  # fmt: skip
            if role in ("explore", "dropped"):
                del lines[first - 1 :]
    (made / "src/tiny/__init__.py").touch()
    (made / "src/tiny/__main__.py").write_text(MAIN)
    (made / "src/tiny/train.py").write_text("\n".join(lines) + "\n")
    for name, text in (modules or {}).items():
        (made / "src/tiny" / name).write_text(text)
    document = {
        "package": "tiny",
        "notebook": {"path": "../home/tiny.ipynb"},
        "train": {"status": "ok"},
        "predict": {"status": "none"},
        "statements": statements,
        "data": [{"written": name, "target": name} for name in data or {}],
        **more,
    }
    (made / "nb2prod.json").write_text(json.dumps(document))
    return made


def binds(node: ast.stmt) -> set[str]:
    """Names that a simple statement binds or changes: enough for these notebooks."""
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    names |= {
        alias.asname or alias.name for one in ast.walk(node) if isinstance(one, ast.Import) for alias in one.names
    }
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    changed = [one.value for one in ast.walk(node) if isinstance(one, ast.Subscript) and isinstance(one.ctx, ast.Store)]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        changed.append(node.value.func.value)
    return names | {one.id for one in changed if isinstance(one, ast.Name)}

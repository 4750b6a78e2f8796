"""Format emitted modules with ruff, and find where each marked statement of the notebook ended up."""

from __future__ import annotations

import ast
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ruff import find_ruff_bin

from nb2prod.conversion import Module, Place
from nb2prod.refactor.pieces import MARK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What notebook code does that is no error: values never read, `is` with a literal, names from star imports.
_TOLERATED = "F402,F403,F405,F507,F632,F811,F841"
_FIXED = "F401,F541,I001"


def formatted(modules: Iterable[Module], package: str) -> tuple[tuple[Module, ...], dict[int, tuple[Place, ...]]]:
    """Formatted modules without the marks, and the places of each marked statement."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / package
        folder.mkdir()
        for module in modules:
            (folder / module.name).write_text(module.code, encoding="utf-8")
        first_party = f"lint.isort.known-first-party=['{package}']"
        _ruff("check", "--fix", "--select", _FIXED, "--config", first_party, folder=folder)
        _ruff("format", folder=folder)
        _ruff("check", "--add-noqa", "--select", _TOLERATED, folder=folder)
        texts = {module.name: (folder / module.name).read_text(encoding="utf-8") for module in modules}
    return _without_marks(texts)


def _ruff(command: str, *options: str, folder: Path) -> None:
    arguments = [find_ruff_bin(), command, "--isolated", "--quiet", "--no-cache", "--line-length", "120", *options, "."]
    subprocess.run(arguments, cwd=folder, check=False, capture_output=True)  # noqa: S603 - ruff's own binary


def _without_marks(texts: Mapping[str, str]) -> tuple[tuple[Module, ...], dict[int, tuple[Place, ...]]]:
    modules: list[Module] = []
    places: dict[int, list[Place]] = {}
    for name, text in texts.items():
        kept: list[str] = []
        marks: list[tuple[int, int]] = []  # (line that follows the mark, statement)
        for line in text.split("\n"):
            mark = MARK.match(line)
            if mark:
                marks.append((len(kept) + 1, int(mark.group(1))))
            else:
                kept.append(line)
        code = "\n".join(kept)
        modules.append(Module(name, code))
        if marks:
            ends = _statement_ends(code)
            for line, statement in marks:
                first = min(start for start in ends if start >= line)
                places.setdefault(statement, []).append(Place(name, first, ends[first]))
    return tuple(modules), {statement: tuple(found) for statement, found in places.items()}


def _statement_ends(code: str) -> dict[int, int]:
    """The last line of the outermost statement that starts on each line (decorators count)."""
    ends: dict[int, int] = {}
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.stmt):
            decorators = getattr(node, "decorator_list", [])
            first = min([node.lineno, *(d.lineno for d in decorators)])
            ends[first] = max(ends.get(first, 0), node.end_lineno or node.lineno)
    return ends

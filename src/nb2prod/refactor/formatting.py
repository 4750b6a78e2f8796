"""Format emitted modules with ruff, and find where each marked statement of the notebook ended up."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ruff import find_ruff_bin  # type: ignore[import-untyped] # ruff has no types

from nb2prod.conversion import Module, Place
from nb2prod.refactor.pieces import MARK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What notebook code does that is no error, told once at the top of a module; undefined names are never among it.
_NOT_TOLERATED = "F401,F541,F7,F821,F822,F823"
_REASONS = {
    "F402": "a loop hides an import",
    "F403": "the notebook imports by star",
    "F405": "the notebook imports by star",
    "F811": "the notebook defines it twice",
    "F841": "the notebook keeps values that it does not read",
}
_FIXED = ("F401", "F541")
_STAR = re.compile(r"^from \S+ import \*", re.MULTILINE)


def formatted(modules: Iterable[Module], package: str) -> tuple[tuple[Module, ...], dict[int, tuple[Place, ...]]]:
    """Formatted modules without the marks, and the places of each marked statement."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / package
        folder.mkdir()
        for module in modules:
            (folder / module.name).write_text(module.code, encoding="utf-8")
        starred = [module.name for module in modules if _STAR.search(module.code)]
        _tidy(folder, package, [module.name for module in modules if module.name not in starred], (*_FIXED, "I001"))
        _tidy(folder, package, starred, _FIXED)  # which star import comes last matters
        _ruff("format", ".", folder=folder)
        _tolerate(folder)
        texts = {module.name: (folder / module.name).read_text(encoding="utf-8") for module in modules}
    return _without_marks(texts)


def _tidy(folder: Path, package: str, names: list[str], rules: tuple[str, ...]) -> None:
    if names:
        first_party = f"lint.isort.known-first-party=['{package}']"
        _ruff("check", "--fix", "--select", ",".join(rules), "--config", first_party, *names, folder=folder)


def _tolerate(folder: Path) -> None:
    """Say at the top of a module what its code does that ruff would report."""
    rules = ("--select", "F", "--ignore", _NOT_TOLERATED)
    report = _ruff("check", *rules, "--output-format", "json", "--exit-zero", ".", folder=folder)
    found: dict[str, set[str]] = {}
    for finding in json.loads(report or "[]"):
        if str(finding["code"]).startswith("F"):  # not a syntax error
            found.setdefault(Path(finding["filename"]).name, set()).add(finding["code"])
    for name, codes in found.items():
        why = "; ".join(dict.fromkeys(_REASONS.get(code, "it is the notebook's way") for code in sorted(codes)))
        path = folder / name
        path.write_text(
            f"# ruff: noqa: {', '.join(sorted(codes))} - {why}\n" + path.read_text(encoding="utf-8"), "utf-8"
        )


def _ruff(command: str, *options: str, folder: Path) -> str:
    arguments = [find_ruff_bin(), command, "--isolated", "--quiet", "--no-cache", "--line-length", "120", *options]
    try:
        done = _run(arguments, folder)
    except OSError:  # seen once in thousands of starts, under load: "Bad address"
        done = _run(arguments, folder)
    return done.stdout.decode()


def _run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(arguments, cwd=folder, check=False, capture_output=True)  # noqa: S603 - ruff's own binary


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
            for at, statement in marks:
                first = min(start for start in ends if start >= at)
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

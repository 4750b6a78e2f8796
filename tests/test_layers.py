"""Imports point downwards only (docs/decisions.md has the layers), and lint stays light."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parent.parent / "src" / "nb2prod"

LAYERS = (
    ("problems", "__init__", "options", "outputs"),
    ("magics", "notebook", "conversion"),
    ("program",),
    ("names", "apis", "order", "unfold"),
    ("dataflow",),
    ("rows",),
    ("lint", "requirements", "plan"),
    ("refactor",),
    ("project",),
    ("convert", "verify", "score"),
    ("report",),
    ("lint_command",),
    ("cli",),
    ("start",),
    ("__main__",),
)
"""From the bottom up. A module may import from layers below its own, and from its own package."""

HEIGHT = {name: height for height, layer in enumerate(LAYERS) for name in layer}
HEAVY = {"libcst", "nbconvert", "nbformat", "nbclient", "IPython", "numpy", "pandas", "rich", "uv"}


def _modules() -> Iterator[tuple[str, Path]]:
    """Every module of ours (the skeleton and verify's probes run elsewhere), with the part it belongs to."""
    for path in sorted(SRC.rglob("*.py")):
        parts = path.relative_to(SRC).with_suffix("").parts
        if "skeleton" not in parts and "probe" not in parts:
            yield parts[0], path


def _imports(path: Path) -> Iterator[str]:
    """The parts of nb2prod that a module imports, also inside functions and for types only."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("nb2prod."))


MODULES = [pytest.param(part, path, id=path.relative_to(SRC).as_posix()) for part, path in _modules()]


@pytest.mark.parametrize(("part", "path"), MODULES)
def test_imports_point_downwards(part: str, path: Path) -> None:
    for imported in _imports(path):
        target = imported if imported in HEIGHT else "__init__"
        assert imported == part or HEIGHT[target] < HEIGHT[part], f"{part} must not import {imported}"


def test_only_refactor_imports_libcst() -> None:
    users = {part for part, path in _modules() if "libcst" in _top_level(path)}
    assert users <= {"refactor"}


def test_lint_imports_nothing_heavy() -> None:
    code = "import sys; import nb2prod.cli, nb2prod.lint.run, nb2prod.report.text; print(*sys.modules)"
    printed = _python(code)
    assert HEAVY.isdisjoint(printed.split())
    assert "nb2prod.lint.run" in printed.split()


def test_linting_a_notebook_imports_nothing_heavy(tmp_path: Path) -> None:
    notebook = tmp_path / "a.ipynb"
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": "print(b)"}
    document = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    notebook.write_text(json.dumps(document), encoding="utf-8")
    code = f"import sys, nb2prod.cli as cli; print(cli.run(['lint', {str(notebook)!r}]), *sys.modules)"
    printed = _python(code)
    assert "HS102" in printed
    assert HEAVY.isdisjoint(printed.split())


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - ourselves
    return done.stdout


def _top_level(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    froms = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in plain | froms}

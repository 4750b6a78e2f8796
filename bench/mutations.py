# ruff: noqa: INP001, T201 - a program that prints
"""Does verify notice? Breaks emitted projects in one place after the other and asks verify each time.

    python bench/mutations.py PROJECT... [--python PY] [--limit N] [--seed N]

Each PROJECT was made by `nb2prod convert` and verifies as equivalent. One learnt value, one step, one constant or the
order of some columns is broken; verify must notice, and blame the statement. A change that changes nothing (a fill
value where nothing is missing) cannot be noticed: survivors are listed, to be judged by eye.
This RUNS THE CODE OF THE NOTEBOOKS.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import shutil
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nb2prod.verify import blame
from nb2prod.verify.compare import compare
from nb2prod.verify.parity import parity
from nb2prod.verify.proof import setup_of
from nb2prod.verify.run import Mode, run_notebook, run_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.verify.run import Ran, Setup

SWAPS = {"mean": "median", "median": "mean", "max": "min", "min": "max", "std": "var", "sum": "mean", "log1p": "sqrt"}
SWAPS |= {"lower": "upper", "upper": "lower", "strip": "swapcase", "notna": "isna", "isna": "notna"}
OPERATORS: dict[type[ast.AST], ast.operator] = {
    ast.Add: ast.Sub(),
    ast.Sub: ast.Add(),
    ast.Mult: ast.Add(),
    ast.Div: ast.Mult(),
}
COMPARISONS: dict[type[ast.AST], ast.cmpop] = {
    ast.Gt: ast.LtE(),
    ast.Lt: ast.GtE(),
    ast.Eq: ast.NotEq(),
    ast.NotEq: ast.Eq(),
}
TIMEOUT = 300
BREAK = """

_load_unbroken = load


def load(version=None, root=Path("models")):
    from copy import copy
    from dataclasses import replace

    stored = _load_unbroken(version, root)
    learned = copy(stored.learned)
    value = learned.{name}
    learned.{name} = value[::-1] if isinstance(value, (str, list)) else value * 1.5 + 1
    return replace(stored, learned=learned)
"""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One module of the project with one thing broken; `line` is of the text before."""

    kind: str
    module: str
    line: int
    text: str
    what: str


def main() -> int:
    """Break every project; 1 when something was not noticed or another statement was blamed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("projects", nargs="+", type=Path, metavar="PROJECT")
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    parser.add_argument("--beside", type=Path, help="the folder the notebooks came from")
    parser.add_argument("--limit", type=int, default=40, help="mutants of one project")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    counts = [0, 0, 0, 0]
    for project in options.projects:
        with tempfile.TemporaryDirectory(prefix="nb2prod-mutants-") as root:
            setup = setup_of(project, Path(root, "runs"), python=options.python, beside=options.beside, timeout=TIMEOUT)
            found = _broken(setup, Path(root), options.limit, options.seed)
            counts = [one + other for one, other in zip(counts, found, strict=True)]
    tried, noticed, trained, blamed = counts
    print(f"{noticed} of {tried} mutants noticed; of {trained} that differ in train, {blamed} blame the statement")
    return int(noticed < tried or blamed < trained)


def _broken(setup: Setup, root: Path, limit: int, seed: int) -> list[int]:
    notebook = run_notebook(setup, Mode())
    print(f"{setup.project}: {_verdict(setup, notebook)[0] or 'equivalent as it is'}")
    mutants = list(_mutants(setup))
    random.Random(seed).shuffle(mutants)  # noqa: S311 - a sample
    counts = [0, 0, 0, 0]
    for mutant in mutants[:limit]:
        copy = root / "mutant"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(setup.project, copy)
        (copy / "src" / setup.accounting.package / mutant.module).write_text(mutant.text, encoding="utf-8")
        said, cell = _verdict(replace(setup, project=copy), notebook)
        right = cell in _cells(setup, mutant)
        counts = [
            counts[0] + 1,
            counts[1] + bool(said),
            counts[2] + (cell is not None),
            counts[3] + (cell is not None and right),
        ]
        outcome = "NOT NOTICED" if not said else "another cell blamed" if cell is not None and not right else "noticed"
        print(f"  {outcome:<20}{mutant.kind:<10}{mutant.module}:{mutant.line}  {mutant.what}  {said[:140]}", flush=True)
    return counts


def _verdict(setup: Setup, notebook: Ran) -> tuple[str, int | None]:
    """What differs, in words, and the cell to blame where train shows it."""
    shutil.rmtree(setup.folders.root / f"project-{Mode().name}", ignore_errors=True)
    project = run_project(setup, Mode())
    different = blame.differences(compare(setup.accounting, notebook, project), setup.accounting)
    if different:
        return str(different[0]), different[0].cell
    failed = blame.failed(project, setup.accounting)
    if failed is not None:
        return str(failed), failed.cell
    status, checks = parity(setup, notebook, project)
    wrong = next((f"{one.name}: {one.detail}" for one in checks if one.status != "equal"), status)
    return ("" if status in ("equal", "not made") else wrong), None


def _cells(setup: Setup, mutant: Mutant) -> set[int]:
    """The cells whose statements stand on the mutant's line."""
    return {
        one.cell
        for one in setup.accounting.statements
        if one.place and one.place.module == mutant.module and one.place.line <= mutant.line <= one.place.last_line
    }


def _mutants(setup: Setup) -> Iterator[Mutant]:
    for module in ("features.py", "train.py"):
        path = setup.project / "src" / setup.accounting.package / module
        if not path.exists():
            continue
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            for kind, part, new in _changes(node):
                mutant = Mutant(kind, module, part.lineno, _with(text, part, new), f"{ast.unparse(part)[:40]} -> {new}")
                if _cells(setup, mutant):
                    yield mutant
    yield from _learnt(setup)


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.expr | ast.stmt, str]]:
    """What of this node can be broken, and what takes its place."""
    match node:
        case ast.Call(func=ast.Attribute(value=base, attr=name), args=arguments) if name in SWAPS:
            given = ", ".join(map(ast.unparse, arguments))
            yield "step", node, f"{ast.unparse(base)}.{SWAPS[name]}({given})"
        case ast.Subscript(slice=ast.List(elts=[ast.Constant(value=str()), _, *_] as names)):
            turned = ", ".join(ast.unparse(one) for one in reversed(names))
            yield "order", node, f"{ast.unparse(node.value)}[[{turned}]]"
        case ast.Assign(targets=[ast.Subscript()], value=ast.Call() | ast.BinOp()):
            yield "dropped", node, "pass"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            yield "operator", node, f"({ast.unparse(ast.BinOp(left, OPERATORS[type(op)], right))})"
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARISONS:
            yield "operator", node, f"({ast.unparse(ast.Compare(left, [COMPARISONS[type(op)]], [right]))})"
        case ast.Dict(keys=[_, _, *_] as keys, values=[ast.Constant(), ast.Constant(), *_] as values):
            pairs = zip(map(ast.unparse, filter(None, keys)), map(ast.unparse, reversed(values)), strict=False)
            yield "values", node, "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        case ast.Call(keywords=keywords):
            for keyword in keywords:
                match keyword.value:
                    case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                        yield "constant", keyword.value, repr(number * 2 + 1 if isinstance(number, int) else number / 2)
        case _:
            pass


def _learnt(setup: Setup) -> Iterator[Mutant]:
    """Each value that preprocessing stores, another one when predict loads it."""
    package = setup.project / "src" / setup.accounting.package
    text = (package / "models.py").read_text(encoding="utf-8")
    learned = json.loads((setup.project / "nb2prod.json").read_text(encoding="utf-8"))["learned"]
    for name in sorted({one["name"] for one in learned}):
        yield Mutant("learnt", "models.py", 0, text + BREAK.format(name=name), f"learned.{name}")


def _with(text: str, node: ast.expr | ast.stmt, new: str) -> str:
    """Put something else in a node's place."""
    lines = [line.encode() for line in text.splitlines(keepends=True)]
    last = (node.end_lineno or node.lineno) - 1
    before = lines[node.lineno - 1][: node.col_offset]
    after = lines[last][node.end_col_offset :]
    return b"".join([*lines[: node.lineno - 1], before + new.encode() + after, *lines[last + 1 :]]).decode()


if __name__ == "__main__":
    sys.exit(main())

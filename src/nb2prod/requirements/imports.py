"""What a notebook imports: every cell, every form, with its place."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nb2prod.problems import Location
from nb2prod.program import BrokenCell, location

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nb2prod.program import ParsedCell, Program

_FROM = re.compile(r"^(?P<indent>[ \t]*)from[ \t]+(?P<module>\.*[\w.]*)[ \t]+import[ \t]*\(?(?P<names>[^#\n;)]*)")
_IMPORT = re.compile(r"^(?P<indent>[ \t]*)import[ \t]+(?P<modules>[^#\n;]+)")
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_CATCHES_IMPORT_ERROR = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
_LOADERS = {"import_module", "__import__"}
_PYTHON_MAGICS = {"python", "python3", "px", "cython", "writefile", "file"}
_OWN_EXTENSIONS = {"autoreload", "storemagic", "sympyprinting", "cythonmagic"}  # come with IPython, or are gone


@dataclass(frozen=True, slots=True)
class Import:
    """One import: `from module import names`, or `import module` with no names; a relative module keeps its dots.

    `optional`: in a `try` that goes on without it. `fallback_of`: it stands in the handler, for these modules.
    `parsed` is False where the cell does not parse and the line was found as text.
    """

    module: str
    names: tuple[str, ...]
    where: Location
    optional: bool = False
    fallback_of: tuple[str, ...] = ()
    parsed: bool = True

    @property
    def root(self) -> str:
        """The top-level module; empty for a relative import."""
        return self.module.partition(".")[0]

    @property
    def dotted(self) -> tuple[str, ...]:
        """Everything this may load, the longest first: `from google.cloud import storage` may load a module storage."""
        return (*(f"{self.module}.{name}" for name in self.names if name != "*"), self.module)


def find(program: Program) -> tuple[Import, ...]:
    """Every import in document order."""
    return tuple(each for cell in program.cells for each in _in_cell(cell))


def in_code(tree: ast.AST, cell: int, lines: Sequence[str]) -> Iterator[Import]:
    """Every import in parsed code."""
    yield from _Walk(cell, lines).walk([tree], optional=False, fallback_of=())


def _in_cell(cell: ParsedCell | BrokenCell) -> Iterator[Import]:
    if isinstance(cell, BrokenCell):
        yield from _in_text(cell.cell.source, cell.cell.index)
        return
    lines = cell.python.splitlines()
    for statement in cell.statements:
        yield from in_code(statement.node, cell.cell.index, lines)


def _in_text(source: str, cell: int) -> Iterator[Import]:
    for number, line in enumerate(source.splitlines(), 1):
        if found := _FROM.match(line):
            where = Location(cell, number, len(found["indent"]) + 1)
            names = tuple(name.split()[0] for name in found["names"].split(",") if name.split())
            if found["module"]:
                yield Import(found["module"], names, where, parsed=False)
        elif found := _IMPORT.match(line):
            where = Location(cell, number, len(found["indent"]) + 1)
            for part in found["modules"].split(","):
                if name := _DOTTED.match(part.strip()):
                    yield Import(name[0], (), where, parsed=False)


@dataclass(frozen=True, slots=True)
class _Walk:
    cell: int
    lines: Sequence[str]

    def walk(self, nodes: Sequence[ast.AST], *, optional: bool, fallback_of: tuple[str, ...]) -> Iterator[Import]:
        for node in nodes:
            if isinstance(node, ast.Import | ast.ImportFrom | ast.Call):
                where = location(node, self.cell, self.lines)
                for module, names in _loaded(node):
                    yield Import(module, names, where, optional, fallback_of)
                yield from (replace(each, where=where) for each in _in_magic(node, self.cell))
            if isinstance(node, ast.Try) and _goes_on(node):
                tried = tuple(each.root for each in self.walk(node.body, optional=True, fallback_of=()))
                yield from self.walk(node.body, optional=True, fallback_of=fallback_of)
                yield from self.walk(node.handlers, optional=True, fallback_of=tried)
                yield from self.walk([*node.orelse, *node.finalbody], optional=optional, fallback_of=fallback_of)
            else:
                suppressed = isinstance(node, ast.With) and any(_suppresses(item.context_expr) for item in node.items)
                children = list(ast.iter_child_nodes(node))
                yield from self.walk(children, optional=optional or suppressed, fallback_of=fallback_of)


def _loaded(node: ast.Import | ast.ImportFrom | ast.Call) -> Iterator[tuple[str, tuple[str, ...]]]:
    match node:
        case ast.Import(names=aliases):
            for alias in aliases:
                yield alias.name, ()
        case ast.ImportFrom(module=module, names=aliases, level=level):
            yield "." * level + (module or ""), tuple(alias.name for alias in aliases)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Constant(value=str(module)), *_]):
            if name in _LOADERS and _DOTTED.fullmatch(module):
                yield module, ()
        case _:
            pass


def _in_magic(node: ast.AST, cell: int) -> Iterator[Import]:
    """Find the imports in the body of a cell magic that holds Python, and what a line magic loads."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="run_cell_magic"),
            args=[ast.Constant(value=str(magic)), ast.Constant(value=str(line)), ast.Constant(value=str(body))],
        ) if magic in _PYTHON_MAGICS and not (magic in {"writefile", "file"} and not line.strip().endswith(".py")):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # what Python warns about is the author's business
                    tree = ast.parse(body)
            except (SyntaxError, ValueError):
                yield from _in_text(body, cell)
            else:
                yield from in_code(tree, cell, body.splitlines())
        case ast.Call(
            func=ast.Attribute(attr="run_line_magic"),
            args=[ast.Constant(value="load_ext"), ast.Constant(value=str(name)), *_],
        ) if _DOTTED.fullmatch(name.strip()) and name.strip() not in _OWN_EXTENSIONS:
            yield Import(name.strip(), (), Location(cell, 1, 1))
        case ast.Call(func=ast.Attribute(attr="run_line_magic"), args=[ast.Constant(value="matplotlib"), *_]):
            yield Import("matplotlib", (), Location(cell, 1, 1))
        case _:
            pass


def _goes_on(node: ast.Try) -> bool:
    """Whether the code goes on without what it tried to import.

    It does not where the handler installs it, imports it again or raises.
    """
    handlers = [handler for handler in node.handlers if _catches_import_error(handler.type)]
    tried = {name.partition(".")[0] for name in _modules(node.body)}
    again = {name.partition(".")[0] for handler in handlers for name in _modules(handler.body)}
    return bool(handlers) and not tried & again and not any(_insists(handler) for handler in handlers)


def _insists(handler: ast.ExceptHandler) -> bool:
    return any(
        isinstance(node, ast.Raise)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str) and "install " in node.value)
        for node in ast.walk(handler)
    )


def _modules(body: Sequence[ast.stmt]) -> Iterator[str]:
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield from (module for module, _ in _loaded(node))


def _catches_import_error(caught: ast.expr | None) -> bool:
    match caught:
        case None:
            return True
        case ast.Tuple(elts=elements):
            return any(_catches_import_error(each) for each in elements)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _CATCHES_IMPORT_ERROR
        case _:
            return False


def _suppresses(context: ast.expr) -> bool:
    match context:
        case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress"), args=args):
            return any(_catches_import_error(each) for each in args)
        case _:
            return False

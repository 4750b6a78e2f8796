"""The author's own modules: beside the notebook, in folders it puts on sys.path, or written by the notebook."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from nb2prod.apis import standard_library
from nb2prod.program import ParsedCell
from nb2prod.requirements import imports, names
from nb2prod.requirements.requirement import LocalModule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from nb2prod.problems import Location
    from nb2prod.program import Program
    from nb2prod.requirements.imports import Import

_MOST = 60  # files of the notebook's own
_LARGEST = 500_000  # bytes of one of them


def folders(program: Program) -> tuple[Path, ...]:
    """Where the notebook's imports look first; empty when the notebook is not a file."""
    here = _folder_of(program)
    if here is None:
        return ()
    return (here, *(here / added for added in _added_to_path(program) if not Path(added).is_absolute()))


def above(program: Program) -> tuple[Path, ...]:
    """Where else the author's modules may lie: the folders above the notebook's, up to its repository's.

    People start Jupyter there, or have the repository installed, so that no line of the notebook names them.
    """
    here = _folder_of(program)
    return () if here is None else tuple(each for each in here.parents if each.is_relative_to(_repository(here)))


def finder(program: Program) -> Callable[[str], Path | None]:
    """Find the folder of a local module that may come along: in the repository, or else in the notebook's folder."""
    here = _folder_of(program)
    searched, upward = folders(program), above(program)
    repository = here and _repository(here).resolve()

    def place(root: str) -> Path | None:
        found = _place(root, searched, upward)
        return found[0] if found and repository and found[0].resolve().is_relative_to(repository) else None

    return place


def find(
    each: Import, searched: tuple[Path, ...], written: frozenset[str], upward: tuple[Path, ...] = ()
) -> LocalModule | None:
    """Find the local module behind an import, if there is one; `upward` are folders where only unknown names count.

    A folder without `__init__.py` is passed over by Python where a real package of that name exists, so it counts
    only if it holds modules and nothing known has its name.
    """
    if each.module.startswith("."):
        return LocalModule(each.module, each.module, each.where)
    if each.root in written:
        return LocalModule(each.root, f"{each.root}.py", each.where)
    found = _place(each.root, searched, upward)
    return LocalModule(each.root, found[1], each.where) if found else None


def _place(root: str, searched: tuple[Path, ...], upward: tuple[Path, ...]) -> tuple[Path, str] | None:
    """The folder of a local module, and its path there."""
    unknown = names.look_up(root) is None and not standard_library.is_standard(root)
    for folder in (*searched, *(upward if unknown else ())):
        for path in (folder / f"{root}.py", folder / root / "__init__.py"):
            if path.is_file():
                return folder, path.relative_to(folder).as_posix()
        if unknown and (folder / root).is_dir() and any((folder / root).glob("*.py")):
            return folder, root
    return None


def _folder_of(program: Program) -> Path | None:
    return program.notebook.path.absolute().parent if program.notebook.path else None


def _repository(here: Path) -> Path:
    return next((each for each in (here, *here.parents) if (each / ".git").exists()), here)


@dataclass(frozen=True, slots=True)
class Behind:
    """The code behind a local import, and what that imports from outside, placed where the notebook imports it."""

    trees: tuple[ast.Module, ...]
    imports: tuple[Import, ...]


def behind(each: Import, searched: tuple[Path, ...]) -> Behind:
    """Read the files behind a local import, each once, whatever it imports from beside it as well."""
    todo = list(_files(each, searched))
    trees: dict[Path, ast.Module] = {}
    outside: list[Import] = []
    seen: set[Path] = set()
    while todo and len(seen) < _MOST:
        file = todo.pop(0)
        if file in seen:
            continue
        seen.add(file)
        for inner in _imports(file, each.where, trees):
            if inner.module.startswith("."):
                folder = file.parent
                for _ in range(len(inner.module) - len(inner.module.lstrip(".")) - 1):
                    folder = folder.parent
                todo += _files(replace(inner, module=inner.module.lstrip(".")), (folder,))
            elif found := list(_files(inner, (file.parent, *searched))):
                todo += found
            else:
                outside.append(replace(inner, optional=inner.optional or each.optional))
    return Behind(tuple(trees.values()), tuple(outside))


def _files(each: Import, searched: tuple[Path, ...]) -> Iterator[Path]:
    """Find the files that an import reads: the module, the packages above it, the modules among the names."""
    parts = [part.split(".") for part in each.dotted if part]
    above = {tuple(one[:length]) for one in parts for length in range(1, len(one) + 1)}
    for folder in searched:
        candidates = [folder.joinpath(*one) for one in sorted(above)] if above else []
        candidates += [folder / name for name in each.names if not each.module]
        found = [
            file
            for path in candidates
            for file in (path.with_suffix(".py"), path / "__init__.py")
            if file.is_file() and file.stat().st_size < _LARGEST
        ]
        if found:
            yield from found
            return


def _imports(file: Path, where: Location, trees: dict[Path, ast.Module]) -> Iterator[Import]:
    try:
        text = file.read_text(encoding="utf-8-sig")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python warns about is the author's business
            tree = trees[file] = ast.parse(text)
    except (OSError, SyntaxError, ValueError):  # also what is not UTF-8
        return
    for each in imports.in_code(tree, where.cell, text.splitlines()):
        yield replace(each, where=where)


def written_modules(program: Program) -> frozenset[str]:
    """Modules that the notebook itself writes with `%%writefile x.py`."""
    found = set()
    for cell in program.cells:
        if isinstance(cell, ParsedCell) and "writefile" in cell.python:
            for statement in cell.statements:
                match statement.node:
                    case ast.Expr(value=ast.Call(args=[ast.Constant("writefile"), ast.Constant(value=str(line)), _])):
                        target = Path(line.split()[-1]) if line.split() else Path()
                        if target.suffix == ".py":
                            found.add(target.stem if target.parent == Path() else target.parts[0])
                    case _:
                        pass
    return frozenset(found)


def _added_to_path(program: Program) -> Iterator[str]:
    """Find the folders that `sys.path.append("..")`, `sys.path.insert(0, str(Path.cwd().parent))`, `os.chdir` name."""
    names: dict[str, tuple[str, ...]] = {}
    for statement in program.statements:
        for node in ast.walk(statement.node):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="append" | "insert", value=ast.Attribute(attr="path")), args=[*_, given]
                ):
                    yield from _folders(given, names)
                case ast.Call(func=ast.Attribute(attr="chdir"), args=[given]):
                    yield from _folders(given, names)
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    names[name] = _folders(value, names)
                case _:
                    pass


def _folders(node: ast.expr, names: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:  # noqa: C901, PLR0911 - a branch for each way to write it
    """Give the folders that an expression may be, seen from the notebook's."""
    match node:
        case ast.Constant(value=str(text)):
            return (text,)
        case ast.Name(id=name):
            return names.get(name, ())
        case ast.IfExp(body=body, orelse=other):
            return (*_folders(body, names), *_folders(other, names))
        case ast.Call(func=ast.Attribute(attr="getcwd" | "cwd") | ast.Name(id="Path"), args=[]):
            return (".",)
        case ast.Attribute(value=inner, attr="parent") | ast.Call(func=ast.Attribute(attr="dirname"), args=[inner]):
            return tuple(f"{each}/.." for each in _folders(inner, names))
        case ast.Subscript(value=ast.Attribute(value=inner, attr="parents"), slice=ast.Constant(value=int(above))):
            return tuple(each + "/.." * (above + 1) for each in _folders(inner, names))
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _joined((left, right), names)
        case ast.Call(func=ast.Attribute(attr="join"), args=parts):
            return _joined(parts, names)
        case ast.Call(func=ast.Attribute(value=inner, attr="resolve" | "absolute" | "as_posix"), args=[]):
            return _folders(inner, names)
        case ast.Call(func=ast.Name(id="str" | "Path") | ast.Attribute(attr="abspath" | "realpath"), args=[inner]):
            return _folders(inner, names)
        case _:
            return ()


def _joined(parts: Sequence[ast.expr], names: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple("/".join(each) for each in product(*(_folders(part, names) for part in parts)))

"""The files a notebook reads by a path written in it: where they lie, and the setting that names them."""

from __future__ import annotations

import ast
import os
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from nb2prod.conversion import DataFile
from nb2prod.plan import shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from nb2prod.dataflow import Dataflow
    from nb2prod.program import Statement

READERS = frozenset({
    "read_csv", "read_table", "read_excel", "read_json", "read_parquet", "read_pickle", "read_feather", "read_fwf",
    "read_html", "read_xml", "read_hdf", "read_sas", "read_stata", "read_spss", "ExcelFile", "open", "loadtxt",
    "genfromtxt", "load", "imread", "loadmat", "fromfile", "ZipFile",
})  # fmt: skip
_UNPACKING = frozenset({"extractall", "extract", "unpack_archive"})
_NOT_SEARCHED = frozenset({"node_modules", "site-packages", "venv", "env", "__pycache__"})
_SEARCHED = 20_000  # files looked at to tell where a missing file may lie
_URL = re.compile(r"^[a-z][a-z0-9+.-]+://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DataRead:
    """One read call: the statement, the path argument, the setting that replaces it, and the file.

    `constant` is the statement that binds the setting where the notebook itself gives the path a name.
    """

    statement: int
    call: ast.Call
    argument: ast.expr
    setting: str
    file: DataFile
    constant: int | None = None


def data_reads(
    flow: Dataflow, folder: Path | None, constants_at: Mapping[str, int] | None = None
) -> tuple[DataRead, ...]:
    """Every read of a file whose path can be told from the notebook's constants.

    Files that the notebook itself has written by then are left alone. `constants_at` are the names that become
    settings, with their statements.
    """
    named = constants_at or {}
    constants = constant_names(flow)
    found: list[DataRead] = []
    files: dict[str, DataFile] = {}
    settings: dict[str, str] = {}
    taken = {name for effects in flow.effects for name in effects.binds}
    moved: str | None = ""
    calls: list[tuple[Statement, ast.Call, ast.expr, str, Path | None]] = []
    for statement in flow.program.statements:
        moved = _moved(moved, statement.node, constants)
        for call, argument in _read_calls(statement.node):
            written = fold(argument, constants)
            if not written or _writes(call) or _made_here(flow, statement.index, written):
                continue
            written = posixpath.join(moved or "", written) if not _URL.match(written) else written
            calls.append((statement, call, argument, written, folder if moved is not None else None))
    there = {posixpath.normpath(written): where for _, _, _, written, where in calls if _is_there(written, where)}
    for key, where in there.items():  # first those that are there: they get the plain names
        files[key] = _data_file(key, where, {f.target for f in files.values()})
        settings[key] = _setting_name(key, {*settings.values(), *taken})
    unpacks = any(shapes.called_name(c) in _UNPACKING for s in flow.program.statements for c in shapes.calls(s.node))
    for statement, call, argument, written, where in calls:
        key = posixpath.normpath(written)
        if key not in there and (_otherwise(statement.node, call, key, there) or (unpacks and _is_near(written))):
            continue
        if key not in files:
            files[key] = _data_file(written, where, {f.target for f in files.values()})
        constant = named.get(argument.id) if isinstance(argument, ast.Name) else None
        if constant is not None and isinstance(argument, ast.Name):
            setting = argument.id
        else:
            setting = settings.setdefault(key, _setting_name(written, {*settings.values(), *taken}))
        found.append(DataRead(statement.index, call, argument, setting, files[key], constant))
    return tuple(found)


def _is_there(written: str, folder: Path | None) -> bool:
    return folder is not None and not _URL.match(written) and (folder / written).is_file()


def _is_near(written: str) -> bool:
    """A path below the notebook's folder, where an archive may be unpacked to."""
    return not (_URL.match(written) or written.startswith(("/", "~", "\\", "..")) or written[1:2] == ":")


def _otherwise(node: ast.stmt, call: ast.Call, key: str, there: Iterable[str]) -> bool:
    """Whether it is tried, and a file of the same name is read where it is not found: it stays as it is written."""
    same = any(PureWindowsPath(key).name == PureWindowsPath(other).name for other in there)
    tried = (each for child in ast.walk(node) if isinstance(child, ast.Try) for each in child.body)
    return same and any(inner is call for each in tried for inner in ast.walk(each))


def needless_constants(flow: Dataflow, reads: Iterable[DataRead], constants_at: Mapping[str, int]) -> frozenset[int]:
    """Settings that nothing reads any more, now that the paths made from them are settings themselves."""
    changed = [read for read in reads if read.constant is None]
    replaced = {id(node) for read in changed for node in ast.walk(read.argument)}
    still = {
        node.id
        for statement in flow.program.statements
        for node in ast.walk(statement.node)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in replaced
    }
    parts = {node.id for read in changed for node in ast.walk(read.argument) if isinstance(node, ast.Name)}
    return frozenset(index for name, index in constants_at.items() if name in parts and name not in still)


def constant_names(flow: Dataflow) -> dict[str, str]:
    """Names bound once, to a string or a path made of such names."""
    values: dict[str, list[str | None]] = {}
    constants: dict[str, str] = {}
    for statement in flow.program.statements:
        for name in (*flow.effects[statement.index].binds, *flow.effects[statement.index].mutates):
            values.setdefault(name, []).append(None)
            if len(values[name]) > 1:
                constants.pop(name, None)
        match statement.node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if len(values[name]) == 1:
                text = fold(value, constants)
                constants |= {} if text is None else {name: text}
            case _:
                pass
    return constants


def fold(node: ast.expr, constants: Mapping[str, str]) -> str | None:
    """The string an expression of constants gives, else None."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return constants.get(name)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined("", [left, right], constants)
        case ast.Call(
            func=ast.Attribute(value=ast.Attribute(value=ast.Name(id="os"), attr="path"), attr="join"),
            args=parts,
            keywords=[],
        ):
            return _joined("/", parts, constants)
        case ast.Call(func=ast.Name(id="Path") | ast.Attribute(attr="Path"), args=[_, *_] as parts, keywords=[]):
            return _joined("/", parts, constants)
        case ast.Call(func=ast.Attribute(value=base, attr="joinpath"), args=parts, keywords=[]):
            return _joined("/", [base, *parts], constants)
        case ast.Call(func=ast.Name(id="str"), args=[part], keywords=[]):
            return fold(part, constants)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr="getcwd"), args=[], keywords=[]):
            return "."
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format"), args=parts, keywords=[]):
            given = [fold(part, constants) for part in parts]
            simple = text.count("{}") == len(given) and text.count("{") == len(given)
            return text.format(*given) if simple and None not in given else None
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _joined("/", [left, right], constants)
        case ast.JoinedStr(values=parts):
            return _joined("", [p.value if isinstance(p, ast.FormattedValue) else p for p in parts], constants)
        case _:
            return None


def _joined(separator: str, parts: list[ast.expr], constants: Mapping[str, str]) -> str | None:
    texts = [fold(part, constants) for part in parts]
    if any(text is None for text in texts):
        return None
    return separator.join(text.rstrip("/") if separator else text for text in texts if text is not None)


def _read_calls(node: ast.stmt) -> Iterator[tuple[ast.Call, ast.expr]]:
    for call in shapes.calls(node):
        if shapes.called_name(call) not in READERS:
            continue
        by_name = [k.value for k in call.keywords if k.arg in {"filepath_or_buffer", "path", "io", "fname", "file"}]
        for argument in [*call.args[:1], *by_name][:1]:
            yield call, argument


def _writes(call: ast.Call) -> bool:
    modes = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "mode")]
    return shapes.called_name(call) in {"open", "ZipFile"} and any(
        isinstance(m, ast.Constant) and isinstance(m.value, str) and set(m.value) & set("wax+") for m in modes
    )


def _moved(folder: str | None, node: ast.stmt, constants: Mapping[str, str]) -> str | None:
    """The folder after a statement, relative to the notebook's; None where it cannot be told."""
    argument = shapes.changed_folder(node)
    if argument is None:
        return folder
    into = fold(argument, constants)
    return None if into is None or folder is None else posixpath.join(folder, into)


def _made_here(flow: Dataflow, index: int, written: str) -> bool:
    """Whether an earlier statement writes the file."""
    name = f"file:{written}"
    makers = {d for use in flow.uses[index] if use.name == name for d in use.definitions}
    return any(name in (*flow.effects[d].binds, *flow.effects[d].mutates) for d in makers if d != index)


def _data_file(written: str, folder: Path | None, taken: set[str | None]) -> DataFile:
    if _URL.match(written):
        return DataFile(written, None, None, "it is read over the network")
    target = _target(written)
    stem, number = target.removeprefix("data/"), 1
    while target in taken:
        number += 1
        target = f"data/{number}-{stem.replace('/', '-')}"
    if folder is None:
        return DataFile(written, None, target, "it is not known in which folder the notebook reads it")
    path = folder / written
    if path.is_file():
        return DataFile(written, path, target)
    elsewhere = _elsewhere(PurePosixPath(target).name, folder)
    if len(elsewhere) == 1:
        taken_instead = f"{elsewhere[0]} has its name and was taken: make sure that it is the file"
        return DataFile(written, folder / elsewhere[0], target, f"it is not where the notebook says; {taken_instead}")
    seen = f", but see {' or '.join(elsewhere[:3])}" if elsewhere else ""
    return DataFile(written, None, target, f"it is not where the notebook says{seen}")


def _target(written: str) -> str:
    """Its place in the project: below `data`, in the folders it has in the notebook's folder."""
    if "\\" in written or written.startswith(("/", "~")) or written[1:2] == ":":
        parts = [PureWindowsPath(written).name]
    else:
        parts = [part for part in PurePosixPath(posixpath.normpath(written)).parts if part != ".."]
    if any(part.startswith(".") for part in parts):
        parts = [parts[-1].lstrip(".")]
    if parts[:1] == ["data"] and len(parts) > 1:
        parts = parts[1:]
    return "/".join(["data", *(part for part in parts if part)]) if any(parts) else "data/data"


def _elsewhere(name: str, folder: Path) -> list[str]:
    """The files of that name somewhere in the repository, relative to the notebook's folder."""
    root = next((above for above in (folder, *folder.parents) if (above / ".git").exists()), folder)
    seen = 0
    found: list[str] = []
    for here, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in _NOT_SEARCHED)
        seen += len(files)
        if name in files and (Path(here) / name).is_file():
            found.append(Path(os.path.relpath(Path(here) / name, folder)).as_posix())
        if seen > _SEARCHED:
            return []  # not all were seen, so it cannot be told whether there is only one
    return found


def _setting_name(written: str, taken: set[str]) -> str:
    name = PureWindowsPath(written.rpartition("/")[2]).name
    base = re.sub(r"\W+", "_", name).strip("_").upper() or "DATA_FILE"
    base = base if not base[0].isdigit() else f"FILE_{base}"
    number, result = 1, base
    while result in taken:
        number += 1
        result = f"{base}_{number}"
    return result

"""The files a notebook reads by a path written in it: where they lie, and the setting that names them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING

from nb2prod.conversion import DataFile
from nb2prod.plan import shapes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nb2prod.dataflow import Dataflow

READERS = frozenset({
    "read_csv", "read_table", "read_excel", "read_json", "read_parquet", "read_pickle", "read_feather", "read_fwf",
    "read_html", "read_xml", "read_hdf", "read_sas", "read_stata", "read_spss", "ExcelFile", "open", "loadtxt",
    "genfromtxt", "load", "imread", "loadmat", "fromfile",
})  # fmt: skip
_URL = re.compile(r"^[a-z][a-z0-9+.-]+://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DataRead:
    """One read call: the statement, the path argument and the setting that replaces it."""

    statement: int
    call: ast.Call
    argument: ast.expr
    setting: str
    file: DataFile


def data_reads(flow: Dataflow, folder: Path | None) -> tuple[DataRead, ...]:
    """Every read of a file whose path can be told from the notebook's constants; files it writes itself are left alone."""
    constants = constant_names(flow)
    produced = _written(flow)
    found: list[DataRead] = []
    files: dict[str, tuple[str, DataFile]] = {}
    for statement in flow.program.statements:
        for call, argument in _read_calls(statement.node):
            written = fold(argument, constants)
            if written is None or written in produced or _writes(call):
                continue
            if written not in files:
                file = _data_file(written, folder, {f.target for _, f in files.values()})
                files[written] = (_setting_name(written, {name for name, _ in files.values()}), file)
            setting, file = files[written]
            found.append(DataRead(statement.index, call, argument, setting, file))
    return tuple(found)


def constant_names(flow: Dataflow) -> dict[str, str]:
    """Names bound once, to a string."""
    values: dict[str, list[str | None]] = {}
    for statement in flow.program.statements:
        for name in (*flow.effects[statement.index].binds, *flow.effects[statement.index].mutates):
            values.setdefault(name, []).append(None)
        match statement.node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                values[name][-1] = text
            case _:
                pass
    return {name: found[0] for name, found in values.items() if len(found) == 1 and found[0] is not None}


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
        case ast.Call(func=ast.Name(id="Path"), args=[part], keywords=[]):
            return fold(part, constants)
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
    return shapes.called_name(call) == "open" and any(
        isinstance(m, ast.Constant) and isinstance(m.value, str) and set(m.value) & set("wax+") for m in modes
    )


def _written(flow: Dataflow) -> set[str]:
    return {
        name.removeprefix("file:")
        for effects in flow.effects
        for name in (*effects.binds, *effects.mutates)
        if name.startswith("file:")
    }


def _data_file(written: str, folder: Path | None, taken: set[str | None]) -> DataFile:
    if _URL.match(written):
        return DataFile(written, None, None, "it is read over the network")
    name = PureWindowsPath(written).name if "\\" in written else Path(written).name
    target = f"data/{name or 'data'}"
    number = 1
    while target in taken:
        number += 1
        target = f"data/{number}-{name}"
    source = None
    if folder is not None:
        path = folder / written
        source = path if path.is_file() else None
    return DataFile(written, source, target, None if source else "it is not beside the notebook")


def _setting_name(written: str, taken: set[str]) -> str:
    name = PureWindowsPath(written.rpartition("/")[2]).name
    base = re.sub(r"\W+", "_", name).strip("_").upper() or "DATA_FILE"
    base = base if not base[0].isdigit() else f"FILE_{base}"
    number, result = 1, base
    while result in taken:
        number += 1
        result = f"{base}_{number}"
    return result

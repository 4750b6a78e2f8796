# ruff: noqa: INP001 - a module of the programs beside it
"""Which files a notebook reads, by its text alone: what is there, what lies elsewhere in its folder, what is absent."""

from __future__ import annotations

import ast
import csv
import os
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nb2prod.program import ParsedCell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nb2prod.program import Program

_DATA = re.compile(
    r"[^\n]{1,300}\.(?:csv|tsv|txt|xlsx?|json|jsonl|parquet|feather|data|dat|pkl|pickle|sav|joblib|db|sqlite|arff|mat|"
    r"h5|hdf5?|zip|gz|bz2|npy|npz|jpe?g|png|names|test|model)",
    re.IGNORECASE,
)
_READS = {
    *("read_csv", "read_table", "read_excel", "read_json", "read_parquet", "read_pickle", "read_feather", "read_hdf"),
    *("read_sas", "read_stata", "read_spss", "read_fwf", "read_xml", "scan_csv", "ExcelFile", "loadtxt", "genfromtxt"),
}
_MAY_READ = {"open", "load", "imread", "loadmat", "loadarff", "ZipFile", "load_img", "load_model", "Image", "fromfile"}
_FOLDERS = {"listdir", "scandir", "chdir", "flow_from_directory", "image_dataset_from_directory"}
_WRITES = re.compile(r"to_\w+|save\w*|dump|write\w*|imwrite|export\w*|mkdir|makedirs|remove|ModelCheckpoint|CSVLogger")
_JOINS = {"join", "Path", "PurePath", "abspath", "str"}
_GIVEN_AS = ("filepath_or_buffer", "io", "path", "filename", "fname", "file", "path_or_buf", "filepath")


@dataclass(frozen=True, slots=True)
class Mend:
    """A place on one line of a cell (columns in bytes of UTF-8), and the path that belongs there."""

    cell: int
    line: int
    start: int
    end: int
    path: str


@dataclass(frozen=True, slots=True)
class Reads:
    """What the notebook reads: `mends` for files that lie elsewhere, what is `absent`, what cannot be `told`."""

    mends: tuple[Mend, ...] = ()
    absent: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


def look(program: Program, notebook: Path, folder: Path) -> Reads:
    """Find what is read; `folder` is the repository that holds the notebook."""
    search = _Search(notebook, _files(folder))
    for cell in program.cells:
        if isinstance(cell, ParsedCell):
            for statement in cell.statements:
                search.visit(statement.node, cell)
    unique = dict.fromkeys
    return Reads(
        mends=tuple(unique(search.mends)),
        absent=tuple(unique(search.absent)),
        untold=tuple(unique(search.untold)),
        addresses=tuple(unique(search.addresses)),
    )


def other_columns(program: Program, notebook: Path) -> tuple[str, ...]:
    """Find the columns that are read of a file's table by name, that the file has not, and that nothing makes.

    Only what is sure: `name = pd.read_csv("file")` with no argument that changes the columns, the first line of that
    file, `name["column"]` that is read, and no other text of the notebook that says that column.
    """
    tables: dict[str, set[str]] = {}
    bound: Counter[str] = Counter()
    read: list[tuple[str, str]] = []
    said: Counter[str] = Counter()
    for node in (each for statement in program.statements for each in ast.walk(statement.node)):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call) if columns := _header(
                call, notebook
            ):
                tables[name] = columns
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(column)), ctx=ast.Load()):
                read.append((name, column))
            case ast.Attribute(value=ast.Name(id=name), attr="columns" | "rename" | "set_axis"):
                bound[name] += 1  # its columns may be called otherwise from here on
            case ast.Name(id=name, ctx=ast.Store()):
                bound[name] += 1
            case ast.Constant(value=str(text)):
                said[text] += 1
            case _:
                pass
    reads = Counter(column for _, column in read)
    sure = (each for each in read if each[0] in tables and bound[each[0]] == 1 and said[each[1]] == reads[each[1]])
    return tuple(dict.fromkeys(column for name, column in sure if column not in tables[name]))


def _header(call: ast.Call, notebook: Path) -> set[str] | None:
    """Read the names of a file's columns, where the call takes them from its first line."""
    plain = {keyword.arg for keyword in call.keywords} <= {"encoding", "na_values", "parse_dates", "low_memory"}
    match call:
        case ast.Call(func=ast.Attribute(attr="read_csv"), args=[ast.Constant(value=str(text))]) if plain:
            try:
                with (notebook.parent / text).open(encoding="utf-8-sig") as file:
                    return set(next(csv.reader(file), ()))
            except (OSError, ValueError, csv.Error):
                return None
        case _:
            return None


def mended(document: Mapping[str, Any], mends: Sequence[Mend]) -> None:
    """Put the paths into a document of nbformat 4."""
    for mend in sorted(mends, key=lambda each: (each.cell, each.line, each.start), reverse=True):
        cell = document["cells"][mend.cell]
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        lines = source.split("\n")
        line = lines[mend.line - 1].encode()
        lines[mend.line - 1] = (line[: mend.start] + repr(mend.path).encode() + line[mend.end :]).decode()
        cell["source"] = "\n".join(lines)


def _files(folder: Path) -> Mapping[str, list[Path]]:
    found: dict[str, list[Path]] = defaultdict(list)
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in (*names, *folders):
            found[name.lower()].append(Path(place) / name)
    return found


class _Search:
    """Goes through the statements in order, and knows which names hold which texts."""

    def __init__(self, notebook: Path, files: Mapping[str, list[Path]]) -> None:
        self.notebook = notebook
        self.files = files
        self.texts: dict[str, str] = {}
        self.written: set[str] = set()
        self.mends: list[Mend] = []
        self.absent: list[str] = []
        self.untold: list[str] = []
        self.addresses: list[str] = []

    def visit(self, node: ast.AST, cell: ParsedCell) -> None:
        """Look at a statement: its calls, then what it assigns."""
        for call in (each for each in ast.walk(node) if isinstance(each, ast.Call)):
            self._call(call, cell)
        if isinstance(node, ast.Assign):
            text = self._text(node.value)
            for target in node.targets:
                if isinstance(target, ast.Name):
                    self.texts.pop(target.id, None)
                    if text is not None:
                        self.texts[target.id] = text

    def _call(self, call: ast.Call, cell: ParsedCell) -> None:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        given = [*call.args[:1], *(each.value for each in call.keywords if each.arg in _GIVEN_AS)][:1]
        if _WRITES.fullmatch(name) or (name == "open" and _opened_to_write(call)):
            self.written.update(_last(text) for text in self._all_texts(call))
            for argument in given:
                self._written(argument, cell)
        elif name in _READS or name in _FOLDERS or name in _MAY_READ:
            for argument in given:
                self._read(name, argument, cell)
        elif name not in _JOINS:
            for argument in (*call.args, *(each.value for each in call.keywords)):
                if isinstance(argument, ast.Constant) and _is_file(argument.value):
                    self._file(str(argument.value), argument, cell)

    def _read(self, name: str, argument: ast.expr, cell: ParsedCell) -> None:
        text = self._text(argument)
        if text is None:
            if name in _READS and not _in_memory(argument):
                self.untold.append(ast.unparse(argument)[:100])
        elif name in _READS or name in _FOLDERS or _DATA.fullmatch(text) or "/" in text:
            self._file(text, argument, cell)

    def _file(self, text: str, node: ast.expr, cell: ParsedCell) -> None:
        if "://" in text:
            self.addresses.append(text)
            return
        if _last(text) in self.written:
            self._written(node, cell)  # where it is written beside the notebook, it is read there
            return
        if self._is_there(text):
            return
        path = self._elsewhere(text)
        if path is None or node.lineno != node.end_lineno or not _same_line(cell, node.lineno):
            self.absent.append(text)
        else:
            self.mends.append(Mend(cell.cell.index, node.lineno, node.col_offset, node.end_col_offset or 0, path))

    def _written(self, node: ast.expr, cell: ParsedCell) -> None:
        """What is written into a folder that only its author's machine has is written beside the notebook."""
        match node:
            case ast.Constant(value=str(text)) if text.startswith("/") and not Path(text).parent.exists():
                if node.lineno == node.end_lineno and _same_line(cell, node.lineno):
                    self.mends.append(
                        Mend(cell.cell.index, node.lineno, node.col_offset, node.end_col_offset or 0, _last(text))
                    )
            case _:
                pass

    def _is_there(self, text: str) -> bool:
        try:
            if any(each in text for each in "*?["):
                return any(True for _ in self.notebook.parent.glob(text))
            return not Path(text).is_absolute() and (self.notebook.parent / text).exists()
        except (OSError, ValueError, NotImplementedError):
            return False

    def _elsewhere(self, text: str) -> str | None:
        there = self.files.get(_last(text).lower(), [])
        exact = [each for each in there if each.name == _last(text)] or there
        beside = [each for each in exact if each.parent == self.notebook.parent]
        found = beside or exact
        same = found[1:] and all(each.is_file() for each in found) and len({each.read_bytes() for each in found}) == 1
        if not found or (len(found) > 1 and not same):
            return None
        return os.path.relpath(min(found, key=lambda each: len(each.parts)), self.notebook.parent)

    def _all_texts(self, call: ast.Call) -> Iterator[str]:
        for argument in (*call.args, *(each.value for each in call.keywords)):
            text = self._text(argument)
            if text is not None:
                yield text

    def _text(self, node: ast.expr) -> str | None:  # noqa: PLR0911 - one for each kind of expression
        """Give the text that an expression surely is."""
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.Name(id=name):
                return self.texts.get(name)
            case ast.JoinedStr(values=values):
                parts = [self._text(each.value if isinstance(each, ast.FormattedValue) else each) for each in values]
                return None if None in parts else "".join(part or "" for part in parts)
            case ast.BinOp(left=left, op=ast.Add() | ast.Div() as operator, right=right):
                first, second = self._text(left), self._text(right)
                if first is None or second is None:
                    return None
                return first + second if isinstance(operator, ast.Add) else f"{first}/{second}"
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=arguments) if name in _JOINS:
                pieces = [self._text(each) for each in arguments]
                return None if None in pieces or not pieces else "/".join(piece or "" for piece in pieces)
            case _:
                return None


def _is_file(value: object) -> bool:
    return isinstance(value, str) and " " not in value.strip() and _DATA.fullmatch(value) is not None


def _opened_to_write(call: ast.Call) -> bool:
    modes = [*call.args[1:2], *(each.value for each in call.keywords if each.arg == "mode")]
    return any(isinstance(each, ast.Constant) and set(str(each.value)) & set("wax") for each in modes)


def _in_memory(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {"StringIO", "BytesIO"}


def _last(text: str) -> str:
    return re.split(r"[/\\]+", text.rstrip("/\\"))[-1]


def _same_line(cell: ParsedCell, line: int) -> bool:
    source = cell.cell.source.split("\n")
    return line <= len(source) and source[line - 1] == cell.lines[line - 1]

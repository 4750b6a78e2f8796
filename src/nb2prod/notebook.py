"""The notebook as it is on disk: cells in document order, nothing interpreted.

Of outputs only the beginnings are kept (`outputs.py`). nbformat 4 is read directly; everything older is upgraded
by the nbformat library, which is imported only then.
"""

from __future__ import annotations

import json
import os
import re
import stat
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from nb2prod.outputs import Output, outputs, shortened, without_pictures
from nb2prod.problems import NotebookError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PROMPT = re.compile(r"^# (?:In \[(\d+| )\]|Text):[ ]*$", re.MULTILINE)
_SHOWN = re.compile(r"^# ((?:Out|Printed|Image|Error)(?: \(\d+ characters\))?):[ ]*$", re.MULTILINE)
_MADE_WITH = re.compile(r"^# Python (\S+)$", re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.*?)[ \t#]*$|^<h[1-6][^>]*>(.*?)</h[1-6]>", re.MULTILINE | re.IGNORECASE)
_MARKUP = re.compile(r"<[^>]*>|[*_`]+(?=\S)|(?<=\S)[*_`]+")

# From this size on, outputs are cut down before the rest is decoded and parsed: 195 MB of pictures and emoji then
# take 204 MB at the peak, where parsing them takes 960. Below it, parsing is two to four times as fast.
_LARGE = 8_000_000

_BOM = b"\xef\xbb\xbf"
_OLD = 3
"""The last format with worksheets; what is upgraded keeps it as its `nbformat`."""

_PYTHON = frozenset({"python", "python2", "python3", "ipython", "ipython2", "ipython3"})
# Kernels that name no language in the notebook; any other name (`myenv`, `conda-env-ml-py`) is taken for Python.
_OTHER_KERNELS = {
    "ir": "R",
    "r": "R",
    "xr": "R",
    "julia": "Julia",
    "ijulia": "Julia",
    "scala": "Scala",
    "almond": "Scala",
    "spylon": "Scala",
    "spark": "Scala",
    "javascript": "JavaScript",
    "ijavascript": "JavaScript",
    "deno": "TypeScript",
    "tslab": "TypeScript",
    "java": "Java",
    "ijava": "Java",
    "bash": "bash",
    "matlab": "MATLAB",
    "octave": "Octave",
    "ruby": "Ruby",
    "iruby": "Ruby",
    "ihaskell": "Haskell",
    "haskell": "Haskell",
    "rust": "Rust",
    "gophernotes": "Go",
    "xcpp": "C++",
    "stata": "Stata",
    "sas": "SAS",
    "sagemath": "Sage",
}


class NoPythonError(NotebookError):
    """A sound notebook without any Python: only text, or another language's."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)  # nothing changes one; frozen, it takes three times as long
class Cell:
    """One cell; `run` is the execution count shown as `In [run]`, `outputs` what it showed (code cells only).

    `uncounted`: the count is 0, as Databricks and Colab write for what they ran at another time.
    """

    index: int
    kind: Literal["code", "markdown", "raw"]
    source: str
    run: int | None = None
    uncounted: bool = False
    tags: tuple[str, ...] = ()
    outputs: tuple[Output, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notebook:
    """Cells in document order; `python` is the kernel's version as recorded, e.g. `3.8.5`.

    `sha256` is that of the file's bytes; `old`: they are in a format before nbformat 4; `ignored` are the rules that
    the metadata silences (`nb2prod.ignore`).
    """

    cells: tuple[Cell, ...]
    python: str | None = None
    kernel: str | None = None
    path: Path | None = None
    sha256: str | None = None
    old: bool = False
    ignored: tuple[str, ...] = ()

    @property
    def code_cells(self) -> tuple[Cell, ...]:
        """The cells that run."""
        return tuple(cell for cell in self.cells if cell.kind == "code")

    @property
    def title(self) -> str | None:
        """The first heading, without its markup."""
        for cell in self.cells:
            if cell.kind == "markdown" and (heading := _HEADING.search(cell.source)):
                return _MARKUP.sub("", heading[1] or heading[2] or "").strip() or None
        return None

    @classmethod
    def from_prompts(cls, text: str) -> Notebook:
        """Read the `# In [n]:` notation used in rule examples and tests.

        Below the code, `# Out:` starts the shown value, `# Printed:` printed text, `# Image:` the text beside a
        picture and `# Error:` a traceback, each line of it behind `# `; `# Out (3000000 characters):` is the
        beginning of a larger one. `# Text:` starts a markdown cell, also behind `# `. Above all cells, `# Python 3.7`
        is the kernel's version.
        """
        head, *parts = _PROMPT.split(text)
        pairs = zip(parts[::2], parts[1::2], strict=True)
        version = _MADE_WITH.search(head)
        cells = tuple(_prompted(i, n, body) for i, (n, body) in enumerate(pairs))
        return cls(cells=cells, python=version[1] if version else None)


def read(path: Path) -> Notebook:
    """Read a Python notebook of any nbformat version; NotebookError says what is wrong with any other file.

    It is a NoPythonError where nothing is wrong, but there is no Python to read.
    """
    return from_bytes(path, file_bytes(path))


def from_bytes(path: Path, content: bytes, *, digest: bool = True) -> Notebook:
    """Read what is in the file `path`, or would be; errors as in `read`. Without `digest` there is no `sha256`."""
    document = _document(path, content)
    cells = document.get("cells")
    if not isinstance(cells, list):
        _refuse(path, "is JSON, but not a notebook: it has no list of cells", "Give the path of an .ipynb file")
    metadata = _mapping(document.get("metadata"))
    _require_python(path, metadata)
    notebook = Notebook(
        cells=tuple(_cell(path, i, cell) for i, cell in enumerate(cells)),
        python=_text(_mapping(metadata.get("language_info")).get("version")),
        kernel=_text(_mapping(metadata.get("kernelspec")).get("name")),
        path=path,
        sha256=_sha256(content) if digest else None,
        old=document.get("nbformat") == _OLD,
        ignored=_ignored(metadata),
    )
    if not any(cell.source.strip() for cell in notebook.code_cells):
        _refuse(path, "has no code", "A notebook needs at least one code cell that is not empty", NoPythonError)
    return notebook


def _prompted(index: int, run: str | None, body: str) -> Cell:
    if run is None:
        return Cell(index=index, kind="markdown", source=_uncommented(body))
    source, *rest = _SHOWN.split(body)
    return Cell(
        index=index,
        kind="code",
        source=source.strip("\n"),
        run=int(run) if run.strip() else None,
        outputs=tuple(_example_output(kind, _uncommented(text)) for kind, text in _two(rest)),
    )


def _uncommented(text: str) -> str:
    return "\n".join(line[2:] for line in text.strip("\n").split("\n"))


def _example_output(kind: str, text: str) -> Output:
    kind, _, characters = kind.partition(" (")
    size = int(characters.partition(" ")[0]) if characters else len(text)
    if kind == "Printed":
        return Output(kind="stream", name="stdout", text=f"{text}\n", size=size)
    if kind == "Image":
        return Output(kind="display", mimes=("text/plain", "image/png"), text=text, size=size)
    if kind == "Out":
        return Output(kind="result", mimes=("text/plain",), text=text, size=size)
    name, _, message = text.rpartition("\n")[2].partition(": ")
    return Output(kind="error", name=name, value=message, text=text, size=size)


def _two(parts: list[str]) -> Iterator[tuple[str, str]]:
    return zip(parts[::2], parts[1::2], strict=True)


def file_bytes(path: Path) -> bytes:
    """Give the file's bytes; NotebookError says why there are none."""
    try:
        kind = os.stat(path).st_mode  # noqa: PTH116 - fast; what is no file may not end, or not begin
        if stat.S_ISDIR(kind):
            _refuse(path, "is a directory", "Give the path of one notebook in it")
        if not stat.S_ISREG(kind):
            _refuse(path, "is not a regular file", "Give the path of an .ipynb file")
        return path.read_bytes()
    except FileNotFoundError:
        _refuse(path, "does not exist", "Check the path")
    except PermissionError:
        _refuse(path, "cannot be read: permission denied", "Change its permissions, or run as its owner")
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        _refuse(path, f"cannot be read: {getattr(error, 'strerror', None) or error}", "Check the path")


def _document(path: Path, content: bytes) -> dict[str, Any]:
    """Parse the file and upgrade it to nbformat 4."""
    small = shortened(content) if len(content) >= _LARGE else without_pictures(content)
    try:
        text = small.removeprefix(_BOM).decode()
    except UnicodeDecodeError as error:
        encoding = "UTF-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else f"not UTF-8 (byte {error.start})"
        _refuse(path, f"is {encoding}, but notebooks are UTF-8", "Save it as UTF-8")
    try:
        document = json.loads(text)
    except RecursionError:
        _refuse(path, "is JSON that is nested too deeply for a notebook", "Give the path of an .ipynb file")
    except json.JSONDecodeError as error:
        _refuse(path, *_why_not_json(text, error))
    except ValueError as error:  # a number of thousands of digits
        _refuse(path, f"is not a notebook: {error}", "Give the path of an .ipynb file")
    if isinstance(document, dict) and isinstance(document.get("worksheets"), list):
        return _upgraded(path, text)
    return document if isinstance(document, dict) else {}


def _why_not_json(text: str, error: json.JSONDecodeError) -> tuple[str, str]:
    start = text.lstrip()[:200].lower()
    if not start:
        return "is empty", "Give the path of a notebook that was saved"
    if start.startswith("version https://git-lfs"):
        return "is a Git LFS pointer, not the notebook itself", "Run `git lfs pull`"
    if start.startswith("<"):
        return "is a web page, not a notebook", "Download the raw file"
    if conflict := re.search(r"^<{7} ", text, re.MULTILINE):
        line = text.count("\n", 0, conflict.start()) + 1
        return f"has an unresolved merge conflict in line {line}", "Resolve it, for example with nbdime"
    if start[0] in "{[" and (error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")):
        return "ends in the middle: the file is truncated", "Get the whole file, or save the notebook again"
    where = f"line {error.lineno}, column {error.colno}"
    return f"is not JSON, so not a notebook ({error.msg}, {where})", "Give the path of an .ipynb file"


def _upgraded(path: Path, text: str) -> dict[str, Any]:
    import nbformat  # noqa: PLC0415 - takes 0.4 s, and few notebooks are older than nbformat 4

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # missing ids and the like are repaired
            return {**nbformat.reads(text, as_version=4), "nbformat": _OLD}  # type: ignore[no-untyped-call] # nbformat has no types
    except Exception as error:  # noqa: BLE001 - nbformat raises whatever the odd file made it stumble over
        _refuse(path, f"is an old notebook that cannot be upgraded ({error})", "Open it in Jupyter and save it")


def _require_python(path: Path, metadata: dict[str, Any]) -> None:
    """Refuse another language: what the kernel said it speaks, then its specification, then its name."""
    specification = _mapping(metadata.get("kernelspec"))
    language = (
        _text(_mapping(metadata.get("language_info")).get("name"))
        or _text(specification.get("language"))
        or _text(metadata.get("language"))  # nbformat 3
    )
    if language is None:
        kernel = (_text(specification.get("name")) or "").lower()
        language = _OTHER_KERNELS.get(re.split(r"[-_. \d]", kernel, maxsplit=1)[0])
    if language is not None and language.lower() not in _PYTHON:
        _refuse(path, f"is a {language} notebook", "nb2prod reads Python notebooks", NoPythonError)


def _cell(path: Path, index: int, cell: object) -> Cell:
    if not isinstance(cell, dict):
        _refuse(path, f"is damaged: cells[{index}] is not a cell", "Open it in Jupyter and save it")
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = _joined(source)
    if not isinstance(source, str):
        _refuse(path, f"is damaged: cells[{index}].source is not text", "Open it in Jupyter and save it")
    kind = cell.get("cell_type")
    metadata = _mapping(cell.get("metadata"))
    run, tags = cell.get("execution_count"), metadata.get("tags")
    return Cell(
        index=index,
        kind="code" if kind == "code" else "markdown" if kind in {"markdown", "heading"} else "raw",
        source=source,
        run=run if kind == "code" and type(run) is int and run > 0 else None,
        uncounted=kind == "code" and type(run) is int and run <= 0,
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        outputs=outputs(cell.get("outputs")) if kind == "code" else (),
        ignored=_ignored(metadata) if metadata else (),
    )


def _joined(lines: list[Any]) -> object:
    try:
        return "".join(lines)
    except TypeError:  # some are no texts
        return lines


def _ignored(metadata: dict[str, Any]) -> tuple[str, ...]:
    """Read `{"nb2prod": {"ignore": ["HS101"]}}`, or one code instead of a list."""
    ignored = _mapping(metadata.get("nb2prod")).get("ignore")
    if isinstance(ignored, str):
        return (ignored,)
    return tuple(code for code in ignored if isinstance(code, str)) if isinstance(ignored, list) else ()


def _sha256(content: bytes) -> str:
    import hashlib  # noqa: PLC0415 - loads OpenSSL, and lint mostly does without

    return hashlib.sha256(content).hexdigest()


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _refuse(path: Path, why: str, way_out: str, kind: type[NotebookError] = NotebookError) -> NoReturn:
    message = f"{path} {why}. {way_out}."
    raise kind(message) from None

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from nb2prod.notebook import Cell, NoPythonError, Notebook, read
from nb2prod.problems import NotebookError


def _code(source: object = "x = 1", **more: object) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "metadata": {}, "execution_count": 1, "outputs": [], **more}


def _document(*cells: object, **metadata: object) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells or [_code()])}


def _read(folder: Path, document: object) -> Notebook:
    path = folder / "analysis.ipynb"
    path.write_bytes(document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode())
    return read(path)


def test_cells_in_order(tmp_path: Path) -> None:
    title = {"cell_type": "markdown", "source": ["# Wine *quality*\n", "text"], "attachments": {"a.png": {}}}
    raw = {"cell_type": "raw", "source": "raw", "metadata": {}}
    code = _code(["x = 1\n", "y = 2"], metadata={"tags": ["parameters"]}, id="same")
    document = _document(
        *[title, raw, code, _code("é = 📈", execution_count=None, id="same")],
        language_info={"name": "python", "version": "3.8.5"},
        kernelspec={"name": "env", "language": "python"},
    )
    notebook = _read(tmp_path, document)
    assert notebook.cells == (
        Cell(index=0, kind="markdown", source="# Wine *quality*\ntext"),
        Cell(index=1, kind="raw", source="raw"),
        Cell(index=2, kind="code", source="x = 1\ny = 2", run=1, tags=("parameters",)),
        Cell(index=3, kind="code", source="é = 📈"),
    )
    assert notebook.code_cells == notebook.cells[2:]
    assert (notebook.python, notebook.kernel, notebook.title) == ("3.8.5", "env", "Wine quality")
    assert notebook.path is not None
    assert notebook.sha256 == hashlib.sha256(notebook.path.read_bytes()).hexdigest()


@pytest.mark.parametrize("minor", range(6))
def test_every_minor_version_of_4(tmp_path: Path, minor: int) -> None:
    assert _read(tmp_path, {**_document(), "nbformat_minor": minor}).cells[0].source == "x = 1"


@pytest.mark.parametrize(
    "cell",
    [
        {"cell_type": "code", "source": "x = 1"},
        {"cell_type": "code", "source": ["x = 1"], "metadata": None, "outputs": None, "execution_count": None},
        _code(execution_count=True, metadata={"tags": None}),
        _code(execution_count="1", metadata={"tags": "no list"}),
    ],
)
def test_what_is_missing_or_odd_is_not_recorded(tmp_path: Path, cell: dict[str, Any]) -> None:
    document = {**_document(cell), "metadata": None}
    assert _read(tmp_path, document).cells == (Cell(index=0, kind="code", source="x = 1"),)


def test_a_count_of_0_is_none(tmp_path: Path) -> None:
    """Databricks writes it, and Colab for what was run in another session."""
    (cell,) = _read(tmp_path, _document(_code(execution_count=0))).cells
    assert (cell.run, cell.uncounted) == (None, True)


def test_byte_order_mark(tmp_path: Path) -> None:
    assert _read(tmp_path, b"\xef\xbb\xbf" + json.dumps(_document()).encode()).cells[0].source == "x = 1"


def test_version_3(tmp_path: Path) -> None:
    code = {"cell_type": "code", "language": "python", "metadata": {}, "collapsed": False, "outputs": []}
    cells = [
        {"cell_type": "heading", "level": 2, "metadata": {}, "source": ["Wine"]},
        {**code, "input": ["x = 1"], "prompt_number": 7},
        {**code, "input": ["y\n", "z"]},
        {"cell_type": "markdown", "metadata": {}, "source": ["text"]},
    ]
    worksheets = [{"cells": cells[:2], "metadata": {}}, {"cells": cells[2:], "metadata": {}}]
    notebook = _read(tmp_path, {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": worksheets})
    assert [(cell.kind, cell.run) for cell in notebook.cells] == [
        ("markdown", None),
        ("code", 7),
        ("code", None),
        ("markdown", None),
    ]
    assert (notebook.cells[2].source, notebook.title) == ("y\nz", "Wine")


def test_large_outputs_are_not_kept(tmp_path: Path) -> None:
    """And the cutting is not misled by brackets, quotes and keys inside of strings."""
    tricky = 'an "outputs": [ and \\" and ] {"outputs": [ \\\\'
    outputs = [
        {"output_type": "stream", "text": [tricky, "]"]},
        {"data": {"image/png": "A" * 9_000_000, "x": [[1], []]}},
    ]
    cells = [
        _code(tricky, outputs=outputs),
        _code("y = 2", outputs=outputs),
        {"cell_type": "markdown", "source": tricky},
    ]
    path = tmp_path / "large.ipynb"
    path.write_text(json.dumps(_document(*cells)), encoding="utf-8")
    tracemalloc.start()
    notebook = read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [cell.source for cell in notebook.cells] == [tricky, "y = 2", tricky]
    assert peak < 1.2 * path.stat().st_size


def test_large_and_truncated(tmp_path: Path) -> None:
    whole = json.dumps(_document(_code(outputs=[{"text": 'A\\"' * 4_000_000}]))).encode()
    with pytest.raises(NotebookError, match="truncated"):
        _read(tmp_path, whole[:-10_000_000])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"print('x')", r"is not JSON, so not a notebook \(Expecting value, line 1, column 1\)"),
        (b'{"cells": [1 2]}', "is not JSON"),
        (b'{"cells": [', "truncated"),
        (b'{"cells": ["x', "truncated"),
        (b"[]", "not a notebook: it has no list of cells"),
        (b'"text"', "not a notebook"),
        (b'{"nbformat": 4, "cells": {}}', "not a notebook"),
        (b'{"cells": [1]}', r"damaged: cells\[0\] is not a cell"),
        (b'{"cells": [{"cell_type": "code", "source": [1]}]}', r"damaged: cells\[0\]\.source is not text"),
        (b'{"nbformat": 3, "worksheets": [{"cells": [{}]}]}', "old notebook that cannot be upgraded"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"cells": ' + b"9" * 5000 + b"}", "is not a notebook"),
        (b'{"cells": "\xe9"}', r"not UTF-8 \(byte 11\)"),
        ('{"cells": []}'.encode("utf-16"), "is UTF-16"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git lfs pull"),
        (b"\n<!DOCTYPE html>\n<html>", "is a web page"),
        (b'{"cells": [\n<<<<<<< HEAD\n1\n=======\n2\n>>>>>>> x\n]}', "merge conflict in line 2"),
    ],
)
def test_says_what_is_wrong_with_the_file(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(NotebookError, match=message) as caught:
        _read(tmp_path, content)
    assert "analysis.ipynb" in str(caught.value)
    assert not isinstance(caught.value, NoPythonError)


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({"language_info": {"name": "R"}, "kernelspec": {"name": "python3", "language": "python"}}, "R"),
        ({"kernelspec": {"name": "any", "language": "julia"}}, "julia"),
        ({"kernelspec": {"name": "ir"}}, "R"),
        ({"kernelspec": {"name": "julia-1.6"}}, "Julia"),
        ({"language_info": {"name": "C#"}}, "C#"),
    ],
)
def test_another_language(tmp_path: Path, metadata: dict[str, Any], language: str) -> None:
    with pytest.raises(NoPythonError, match=f"is a {language} notebook"):
        _read(tmp_path, _document(**metadata))


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"kernelspec": {"name": "conda-env-ir_tools-py"}},
        {"kernelspec": {"name": "ml", "display_name": "R and more"}},
        {"language_info": {"name": "ipython"}, "kernelspec": None},
        {"language_info": {"name": "Python"}},
    ],
)
def test_python_under_any_name(tmp_path: Path, metadata: dict[str, Any]) -> None:
    assert _read(tmp_path, _document(**metadata)).code_cells


@pytest.mark.parametrize("cells", [[{"cell_type": "markdown", "source": "x"}], [_code(" \n")], [_code([])]])
def test_no_code(tmp_path: Path, cells: list[dict[str, Any]]) -> None:
    with pytest.raises(NoPythonError, match="has no code"):
        _read(tmp_path, _document(*cells))


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match="does not exist"):
        read(tmp_path / "nothing.ipynb")
    with pytest.raises(NotebookError, match="cannot be read"):
        read(tmp_path / ("a" * 300))
    with pytest.raises(NotebookError, match="cannot be read"):
        read(Path("a\0b"))


def test_directory(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match="is a directory"):
        read(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes among the files here")
def test_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotebookError, match="not a regular file"):
        read(tmp_path / "pipe")


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the system says it: the tests may run as a user who may read everything."""
    path = tmp_path / "closed.ipynb"
    path.write_text("{}")

    def refuse(_path: Path) -> bytes:
        raise PermissionError

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(NotebookError, match="permission denied"):
        read(path)


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("# Wine", "Wine"),
        ("text\n\n## The `wine` <b>set</b> ##", "The wine set"),
        ("<h1 align='center'>Wine</h1>", "Wine"),
        ("#hashtag", None),
        ("text", None),
    ],
)
def test_title(source: str, title: str | None) -> None:
    assert Notebook(cells=(Cell(index=0, kind="markdown", source=source),)).title == title


def test_from_prompts() -> None:
    notebook = Notebook.from_prompts("# In [2]:\nx = 1\n\n# In [ ]:\ny = 2\n")
    assert notebook.cells == (
        Cell(index=0, kind="code", source="x = 1", run=2),
        Cell(index=1, kind="code", source="y = 2"),
    )


def test_prompts_may_tell_more() -> None:
    text = "# Python 3.7\n# Text:\n# # Title\n# In [1]:\nx\n# Printed (5000000 characters):\n# 1 2 3\n"
    notebook = Notebook.from_prompts(text)
    title, cell = notebook.cells
    assert (notebook.python, notebook.title) == ("3.7", "Title")
    assert title == Cell(index=0, kind="markdown", source="# Title")
    assert [(each.text, each.size) for each in cell.outputs] == [("1 2 3\n", 5_000_000)]


def test_reading_and_parsing_import_only_the_standard_library() -> None:
    check = (
        "import sys; before = set(sys.modules); import nb2prod.notebook, nb2prod.program\n"
        "ours = {m.partition('.')[0] for m in set(sys.modules) - before}\n"
        "print(sorted(ours - set(sys.stdlib_module_names) - {'nb2prod'}))"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)  # noqa: S603 - our own text
    assert done.stdout == "[]\n"

"""Edits change the sources that they name, and not one byte else."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nb2prod.lint.fix import Edit, InsertCell, MoveCell, Replace
from nb2prod.lint.json_text import file_lines
from nb2prod.lint.patch import patched
from tests.written import notebook


def _sources(text: str) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(text.removeprefix("\ufeff"))["cells"]]


def _without_source(text: str) -> list[Any]:
    return [{key: value for key, value in cell.items() if key != "source"} for cell in json.loads(text)["cells"]]


AT_START = Replace(0, 1, 1, 1, 1, "import a\n")


@pytest.mark.parametrize(
    ("text", "edit", "expected"),
    [
        pytest.param(
            '{"cells": [{"source": [\r\n "x\\n",\r\n "y"\r\n]}]\r\n}',
            AT_START,
            '{"cells": [{"source": [\r\n "import a\\n",\r\n "x\\n",\r\n "y"\r\n]}]\r\n}',
            id="line ends of the file",
        ),
        pytest.param(
            '{"cells":[{"source":["x\\n","y"]}]}',
            Replace(0, 2, 2, 2, 2, "\nz"),
            '{"cells":[{"source":["x\\n","y\\n","z"]}]}',
            id="compact",
        ),
        pytest.param(
            '{"cells": [{"source": "x\\ny"}]}', AT_START, '{"cells": [{"source": "import a\\nx\\ny"}]}', id="one text"
        ),
        pytest.param(
            '{"cells": [{"source": ["\\u00e9\\/\\n", "\\ud83d\\ude00x"]}]}',
            Replace(0, 2, 2, 2, 3, "ü"),
            '{"cells": [{"source": ["\\u00e9\\/\\n", "\\ud83d\\ude00\\u00fc"]}]}',
            id="escapes",
        ),
        pytest.param(
            '{"cells": [{"source": ["é = \'\\u00e9\'"]}]}',
            Replace(0, 1, 1, 1, 2, "ü"),
            '{"cells": [{"source": ["ü = \'\\u00e9\'"]}]}',
            id="no escapes where the file has none",
        ),
        pytest.param(
            '\ufeff{"cells": [{"source": ["x"]}]}',
            AT_START,
            '\ufeff{"cells": [{"source": ["import a\\n", "x"]}]}',
            id="mark",
        ),
        pytest.param(
            '{"cells": [{"source": ["x\\n"]}]}',
            Replace(0, 2, 1, 2, 1, "y"),
            '{"cells": [{"source": ["x\\n", "y"]}]}',
            id="below the last line end",
        ),
        pytest.param(
            '{"cells": [{"source": ["x\\n", "y"]}]}',
            Replace(0, 1, 1, 2, 2, ""),
            '{"cells": [{"source": []}]}',
            id="all",
        ),
        pytest.param(
            '{"cells": [{"source": []}, {"source": [ "x" ]}]}',
            AT_START,
            '{"cells": [{"source": [ "import a\\n" ]}, {"source": [ "x" ]}]}',
            id="nothing there",
        ),
        pytest.param(
            '{"cells": [{"source": ["x\\r\\n", "y"]}]}',
            AT_START,
            '{"cells": [{"source": ["import a\\r\\n", "x\\r\\n", "y"]}]}',
            id="line ends of the source",
        ),
        pytest.param(
            '{"cells": [{"outputs": [{"source": ["x"], "]": "\\"}"}], "source": ["y"]}], "source": ["x"]}',
            Replace(0, 1, 1, 1, 2, "z"),
            '{"cells": [{"outputs": [{"source": ["x"], "]": "\\"}"}], "source": ["z"]}], "source": ["x"]}',
            id="the cell's own source",
        ),
    ],
)
def test_only_the_source_changes(text: str, edit: Replace, expected: str) -> None:
    assert patched(text, [edit]) == expected


_TEXT = st.text(st.sampled_from('ab \t"\\\n\u00e9\u2028😀'), max_size=12)
_LINES = _TEXT.map(lambda text: re.findall(r"[^\n]*\n|[^\n]+", text))


@settings(deadline=None)
@given(
    sources=st.lists(_TEXT | _LINES, min_size=1, max_size=3),
    indent=st.sampled_from([None, 1, 4]),
    ascii_only=st.booleans(),
    data=st.data(),
)
def test_every_edit_does_to_the_source_what_it_does_to_text(
    sources: list[str | list[str]], indent: int | None, *, ascii_only: bool, data: st.DataObject
) -> None:
    cells = [{"cell_type": "code", "outputs": [{"text": ["é\n"]}], "source": source} for source in sources]
    text = json.dumps({"cells": cells, "nbformat": 4}, indent=indent, ensure_ascii=ascii_only)
    edits, expected = [], _sources(text)
    for index, source in enumerate(_sources(text)):
        start = data.draw(st.integers(0, len(source)))
        end = data.draw(st.integers(start, len(source)))
        new = data.draw(_TEXT)
        expected[index] = source[:start] + new + source[end:]
        edits.append(Replace(index, *_place(source, start), *_place(source, end), new))
    after = patched(text, edits)
    assert _sources(after) == expected
    assert _without_source(after) == _without_source(text)
    assert patched(text, []) == text


def _place(source: str, at: int) -> tuple[int, int]:
    before = source[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def _written(*cells: str | dict[str, Any], indent: int | None = 1) -> str:
    return json.dumps(notebook(*cells), indent=indent) + "\n"


def test_a_new_cell_looks_like_the_others() -> None:
    text = _written("x = 1\n", {"cell_type": "markdown", "metadata": {}, "source": ["# B"]}, "y = 2")
    after = patched(text, [InsertCell(2, "import a\nb = 1")])
    assert _sources(after) == ["x = 1\n", "# B", "import a\nb = 1", "y = 2"]
    assert after == json.dumps(json.loads(after), indent=1) + "\n"
    assert list(json.loads(after)["cells"][2]) == list(json.loads(text)["cells"][0])
    lines = after.splitlines()
    assert all(line in lines for line in text.splitlines())


@pytest.mark.parametrize("before", [0, 1])
def test_a_new_cell_in_a_compact_file(before: int) -> None:
    text = json.dumps(notebook("x = 1"), separators=(",", ":"))
    after = patched(text, [InsertCell(before, "import a")])
    assert _sources(after)[before] == "import a"
    assert after == json.dumps(json.loads(after), separators=(",", ":"))


def test_a_new_cell_has_an_id_of_its_own_where_the_others_have_one() -> None:
    with_id = {**notebook("x = 1")["cells"][0], "id": "a1"}
    cells = json.loads(patched(_written(with_id), [InsertCell(0, "y = 1")]))["cells"]
    assert re.fullmatch(r"[0-9a-f]{8}", cells[0]["id"])
    cells = json.loads(patched(json.dumps({"cells": cells}), [InsertCell(0, "y = 1")]))["cells"]
    assert len({cell["id"] for cell in cells}) == 3
    assert "id" not in json.loads(patched(_written("x = 1"), [InsertCell(0, "y = 1")]))["cells"][0]


@pytest.mark.parametrize(
    ("move", "order"),
    [(MoveCell(2, 0), "cab"), (MoveCell(0, 2), "bac"), (MoveCell(0, 3), "bca"), (MoveCell(1, 1), "abc")],
)
def test_a_moved_cell_keeps_its_count_and_its_text(move: MoveCell, order: str) -> None:
    text = _written("a", "b", "c")
    after = patched(text, [move])
    assert "".join(_sources(after)) == order
    assert sorted(after.splitlines()) == sorted(text.splitlines())
    assert {cell["source"][0]: cell["execution_count"] for cell in json.loads(after)["cells"]} == {
        "a": 1,
        "b": 2,
        "c": 3,
    }


def test_cells_are_counted_as_before_all_edits() -> None:
    edits: list[Edit] = [Replace(1, 1, 1, 1, 2, "B"), InsertCell(0, "new"), MoveCell(2, 1)]
    assert _sources(patched(_written("a", "b", "c"), edits)) == ["new", "a", "c", "B"]


@pytest.mark.parametrize("edit", [Replace(3, 1, 1, 1, 1, ""), Replace(0, 3, 1, 3, 1, ""), Replace(0, 1, 9, 1, 9, "")])
def test_an_edit_of_what_is_not_there_is_an_error(edit: Replace) -> None:
    with pytest.raises(LookupError):
        patched(_written("a"), [edit])


def test_lines_of_the_file() -> None:
    text = '{\n "cells": [\n  {"source": [\n   "a\\n",\n   "b"]},\n  {"source": "c\\nd"}, {"source": []}\n ]}'
    assert file_lines(text) == [[4, 5], [6, 6], []]

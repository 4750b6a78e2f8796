"""What a notebook silences."""

import json
from pathlib import Path

import pytest

from nb2prod.lint.choice import choose
from nb2prod.lint.diagnostic import Unread
from nb2prod.lint.run import check_bytes
from tests.written import notebook


def _found(document: dict[str, object], select: str = "HS102") -> list[tuple[int, int]]:
    checked = check_bytes(Path("a.ipynb"), json.dumps(document).encode(), choose([select]))
    assert not isinstance(checked, Unread)
    return [(finding.where.cell, finding.where.line) for _, finding in checked.found]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("print(a)  # nb2prod: ignore[HS102]", []),
        ("print(a)  #nb2prod:ignore[HS102]", []),
        ("print(a)  # noqa  # nb2prod: ignore[HS102]  # why", []),
        ("print(a)  # nb2prod: ignore", []),
        ("print(a)  # nb2prod: ignore[HS]", []),
        ("print(a)  # nb2prod: ignore[HS101]", [1]),
        ("print(a)  # nb2prod: ignored", [1]),
        ("print(a)\nprint(b)  # nb2prod: ignore[HS102]", [1]),
        ("print(a)  # nb2prod: ignore[HS102]\nprint(b)", [2]),
        ("print(a)  # nb2prod: ignore[HS102]\nprint(a)", []),
        ("print(\n    a,\n)  # nb2prod: ignore[HS102]", []),
        ("print(\n    a,  # nb2prod: ignore[HS102]\n)", []),
        ("print(  # nb2prod: ignore[HS102]\n    a,\n)", [2]),
        ("# nb2prod: ignore[HS102]\nx = 1\nprint(a)\nprint(b)", []),
        ("%%time\n\n# Why\n# nb2prod: ignore[HS102]\nprint(a)", []),
        ("x = 1\n# nb2prod: ignore[HS102]\nprint(a)", [3]),
        ("x = 1  # nb2prod: ignore[HS102]\nprint(a)", [2]),
        ("x = '# nb2prod: ignore[HS102]'; print(a)", [1]),
        ("x = '''\n# nb2prod: ignore[HS102]'''; print(a)", [2]),
        ("!echo {a}  # nb2prod: ignore[HS102]", []),
        ("x = 1\r\nprint(a)  # nb2prod: ignore[HS102]\r\ny = 2", []),
    ],
)
def test_comments(source: str, lines: list[int]) -> None:
    assert _found(notebook(source)) == [(0, line) for line in lines]


def test_metadata_of_a_cell_and_of_the_notebook() -> None:
    silenced = {**notebook("print(a)")["cells"][0], "metadata": {"nb2prod": {"ignore": ["HS102"]}}}
    assert _found(notebook(silenced, "print(b)")) == [(1, 1)]
    assert _found(notebook("print(a)", nb2prod={"ignore": "read-of-undefined"})) == []
    assert _found(notebook("print(a)", nb2prod={"ignore": ["HS101", 3]})) == [(0, 1)]
    assert _found(notebook("print(a)", nb2prod=["ignore"])) == [(0, 1)]


def test_what_metadata_silences_without_need_is_told() -> None:
    cell = {**notebook("x = 1")["cells"][0], "metadata": {"nb2prod": {"ignore": ["HS102"]}}}
    assert _found(notebook(cell), "unused-suppression") == [(0, 1)]
    assert _found(notebook("x = 1", nb2prod={"ignore": ["HS102"]}), "unused-suppression") == [(0, 1)]
    assert _found(notebook("print(x)", nb2prod={"ignore": ["HS102"]}), "unused-suppression") == []

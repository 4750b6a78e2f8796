from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nb2prod.notebook import Notebook
from nb2prod.outputs import KEPT, Output, outputs, shortened, without_pictures

TEXT = st.text(st.sampled_from('a"\\[]{},: \n\téß漢📈\x1b\u2028'), max_size=40) | st.text(max_size=20)
LINES = TEXT | st.lists(TEXT, max_size=5)
JSON = st.recursive(st.none() | st.integers() | TEXT, lambda e: st.lists(e) | st.dictionaries(TEXT, e), max_leaves=8)
STREAM = st.fixed_dictionaries({"output_type": st.just("stream"), "name": st.just("stderr"), "text": LINES})
ERROR = st.fixed_dictionaries(
    {"output_type": st.just("error"), "ename": TEXT, "evalue": TEXT, "traceback": st.lists(TEXT, max_size=4)}
)
SHOWN = st.fixed_dictionaries(
    {
        "metadata": st.dictionaries(TEXT, JSON, max_size=2),
        "output_type": st.sampled_from(["display_data", "execute_result"]),
        "data": st.fixed_dictionaries(
            {}, optional={"text/plain": LINES, "image/png": TEXT, "text/html": LINES, "application/json": JSON}
        ),
    }
)
OUTPUTS = st.lists(STREAM | ERROR | SHOWN, max_size=4)


def _sizeless(value: object) -> list[Output]:
    return [each._replace(size=0) for each in outputs(value)]


@settings(deadline=None)
@given(st.lists(OUTPUTS, max_size=3), st.sampled_from(["ascii", "utf-8"]), st.sampled_from([None, 1]))
def test_cutting_down_changes_nothing_that_is_kept(cells: list[list[Any]], encoding: str, indent: int | None) -> None:
    text = json.dumps([{"outputs": each} for each in cells], ensure_ascii=encoding == "ascii", indent=indent)
    content = text.encode(errors="surrogatepass")
    again = json.loads(shortened(content).decode(errors="surrogatepass"))
    assert [_sizeless(each["outputs"]) for each in again] == [_sizeless(each) for each in cells]


def test_each_kind() -> None:
    found = outputs(
        [
            {"output_type": "stream", "name": "stderr", "text": ["a\n", "b\n"]},
            {"output_type": "execute_result", "data": {"text/plain": ["   x\n", "0  1"], "text/html": "<table>"}},
            {"output_type": "error", "ename": "KeyError", "evalue": "'a'", "traceback": ["\x1b[0;31mKey\x1b[0m", "x"]},
            {"output_type": "display_data", "data": {"image/png": "A" * 50}},
            {"output_type": "update_display_data"},
            "nonsense",
        ]
    )
    assert [each._replace(size=0) for each in found] == [
        Output(kind="stream", name="stderr", text="a\nb\n"),
        Output(kind="result", mimes=("text/plain", "text/html"), text="   x\n0  1", html="<table>"),
        Output(kind="error", name="KeyError", value="'a'", text="Key\nx"),
        Output(kind="display", mimes=("image/png",)),
    ]
    assert [each.size for each in found] == [35, 64, 62, 86]


@pytest.mark.parametrize(
    "text",
    [
        "é" * 100_000,
        ["line\n"] * 100_000,
        '\\"' * 60_000,
        "📈" * 50_000,
        "a" + "📈" * 50_000,
        "a" * (12 * KEPT - 1) + "é",
    ],
)
def test_long_texts_are_cut(text: str | list[str]) -> None:
    whole = [{"output_type": "stream", "name": "stdout", "text": text}]
    for ascii_only in (False, True):
        content = json.dumps({"outputs": whole}, ensure_ascii=ascii_only).encode()
        small = shortened(content)
        assert len(small) < 100_000
        (short,), (long,) = outputs(json.loads(small)["outputs"]), outputs(whole)
        assert short.text == long.text
        assert len(short.text) == KEPT
        assert short.cut
        assert long.cut
        assert short.size > 48_000


def test_other_data_is_not_read() -> None:
    """Numbers of an interactive plot and pictures take no memory."""
    plot = {
        "output_type": "display_data",
        "data": {"application/json": [[0.5, {"x": [1] * 9}]] * 10_000, "text/plain": "f"},
    }
    picture = {"output_type": "display_data", "data": {"image/png": "A" * 5_000_000}}
    content = json.dumps({"cells": [{"outputs": [plot, picture]}]}).encode()
    tracemalloc.start()
    small = shortened(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000
    first, second = outputs(json.loads(small)["cells"][0]["outputs"])
    assert (first.text, first.mimes) == ("f", ("application/json", "text/plain"))
    assert first.size > 400_000
    assert second.size > 5_000_000


@pytest.mark.parametrize(
    "content",
    [b'{"outputs": [', b'{"outputs": ["a', b'{"outputs": [{"text": ["a"', b'{"outputs": [}', b'"outputs": {}', b""],
)
def test_what_is_not_well_formed_is_left_to_the_parser(content: bytes) -> None:
    assert shortened(content) == content


@pytest.mark.parametrize("content", [b'{"outputs": [{"a"]]}', b'{"outputs": [1 2 {}]}', b'{"outputs": [{"text": }]}'])
def test_nonsense_in_outputs_does_no_harm(content: bytes) -> None:
    assert outputs(json.loads(shortened(content))["outputs"]) == ()


def test_in_examples() -> None:
    (cell,) = Notebook.from_prompts(
        "# In [1]:\nprint('a')\nx\n# Printed:\n# a\n#\n# b\n# Out:\n# 1\n# Error:\n# line\n# KeyError: 'a: b'\n"
    ).cells
    assert cell.source == "print('a')\nx"
    assert [(each.kind, each.text, each.name, each.value) for each in cell.outputs] == [
        ("stream", "a\n\nb\n", "stdout", ""),
        ("result", "1", "", ""),
        ("error", "line\nKeyError: 'a: b'", "KeyError", "'a: b'"),
    ]


def test_pictures_are_left_out_but_their_size() -> None:
    picture = {"output_type": "display_data", "data": {"image/png": "A\n" * 500, "text/plain": "<Figure>"}}
    odd: Any = {"output_type": "display_data", "data": {"image/jpeg": 'A"' * 500, "image/gif": ["A" * 500]}}
    odd["data"]["image/webp"], odd["data"]["image/png"] = "A" * 500, "A" * 500 + '"'
    text = '{"image/png": "' + "A" * 500 + '"}'
    printed = {"output_type": "stream", "name": "stdout", "text": [text]}
    content = json.dumps({"outputs": [picture, odd, printed, {**printed, "text": text}], "source": text}).encode()
    small = without_pictures(content)
    assert len(small) == len(content) - 1500 + len("\\u00001500")
    assert [each.size for each in outputs(json.loads(small)["outputs"])] == [
        each.size + 500 * (each.text == "<Figure>") for each in outputs(json.loads(content)["outputs"])
    ]
    assert json.loads(small)["source"] == text
    assert json.loads(small)["outputs"][1:] == json.loads(content)["outputs"][1:]
    assert without_pictures(b'{"image/png": "AAAA') == b'{"image/png": "AAAA'


PICTURE = st.sampled_from("A+/\n").flatmap(lambda each: st.integers(0, 300).map(lambda number: each * number))
DATA = st.dictionaries(
    st.sampled_from(["image/png", "image/jpeg", "image/gif", "image/svg+xml", "text/html"]), PICTURE | TEXT | LINES
)


@given(
    st.lists(st.fixed_dictionaries({"output_type": st.just("display_data"), "data": DATA}), max_size=4),
    st.sampled_from([None, 1]),
)
def test_what_is_kept_is_the_same_without_pictures(shown: Any, indent: int | None) -> None:  # noqa: ANN401 - of JSON
    content = json.dumps({"outputs": shown}, indent=indent, ensure_ascii=False).encode()
    small = outputs(json.loads(without_pictures(content))["outputs"])
    assert [each._replace(size=0) for each in small] == [each._replace(size=0) for each in outputs(shown)]

# ruff: noqa: E501, ANN401 - tables read better by line, and values are anything
from __future__ import annotations

import datetime as dt
import functools
import threading
from collections import Counter, OrderedDict, defaultdict
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nb2prod.verify import values
from nb2prod.verify.probe.encode import Encoder, Store
from nb2prod.verify.values import Different, Equal, NotComparable, Side

NAN = float("nan")


class Point:
    def __init__(self, x: object, y: object = 1) -> None:
        self.x = x
        self.y = y

    @functools.cached_property
    def length(self) -> int:
        return 3


def drawn(generator: np.random.Generator) -> np.random.Generator:
    generator.random()
    return generator


def looked_at(point: Point) -> Point:
    assert point.length == 3
    return point


def compare(tmp_path: Path, left: object, right: object) -> values.Comparison:
    sides = []
    nodes = []
    for name, value in (("left", left), ("right", right)):
        nodes.append(Encoder(Store(str(tmp_path / name))).node(value))
        sides.append(Side(tmp_path / name, str(tmp_path / name)))
    return values.compare_nodes(nodes[0], nodes[1], (sides[0], sides[1]))


def frame(**columns: Any) -> pd.DataFrame:
    data: dict[str, Any] = {"a": [1, 2, 3], "b": [0.5, NAN, 2.5], "c": ["x", None, "z"], **columns}
    made: pd.DataFrame = pd.DataFrame(data)
    return made


def long(last: object) -> list[object]:
    return [*range(1000), last]


SAME: list[Any] = [
    1, 1.5, NAN, "text", b"bytes", None, True, 1 + 2j, [], {}, (), set(), [1, [2, (3, {"a": NAN})]], {1, 2}, frozenset({"a"}),
    range(3), slice(1, 2), Decimal("1.5"), dt.datetime(2024, 1, 2, tzinfo=dt.timezone.utc), dt.timedelta(3), Path("a/b"), Counter("aab"),
    OrderedDict(a=1), defaultdict(list, a=[1]), SimpleNamespace(a=1), np.float64(1.5), np.int8(3), np.str_("a"), np.bool_(1),
    np.datetime64("2024-01-02"), np.array([1.0, NAN]), np.array(["a", "bc"]), np.array([1, "a", None, NAN], dtype=object),
    np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]), np.array(3), np.zeros((0, 3)), np.array(["2024-01-02"], dtype="M8[D]"),
    np.ma.masked_array([1, 2], [True, False]), np.dtype("f4"), np.random.RandomState(3), np.random.default_rng(3), frame(),
    frame().a, frame().index, pd.MultiIndex.from_tuples([(1, "a"), (2, "b")], names=["n", None]), pd.Timestamp("2024-01-02", tz="UTC"),
    pd.Timedelta(3), pd.NA, pd.NaT, pd.Series(["a", None], dtype="category"), pd.Series([1, None], dtype="Int64"),
    pd.Series(["a", None], dtype="string"), pd.Series(pd.date_range("2024", periods=3, tz="UTC")), pd.Interval(1, 2),
    pd.cut(pd.Series([1.0, 2.0]), 2), pd.Series(pd.period_range("2024", periods=2, freq="M")), frame().groupby("a"), Point(1),
    Point([np.float64(1.0), {"k": frame()}]), {"a": np.float64(1.0), "b": np.array([1])}, [pd.Timestamp("2024-01-02")],
    long(1), "x" * 5000, pd.CategoricalDtype(["a", "b"], ordered=True),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(SAME)), ids=lambda n: f"{n}-{type(SAME[n]).__name__}")
def test_a_value_equals_itself(tmp_path: Path, number: int) -> None:
    result = compare(tmp_path, SAME[number], SAME[number])
    if SAME[number] is not pd.NA and SAME[number] is not pd.NaT:
        assert isinstance(result, Equal), result
        assert not result.unchecked
    else:
        assert not isinstance(result, Different)


@pytest.mark.parametrize("number", range(len(SAME)), ids=lambda n: f"{n}-{type(SAME[n]).__name__}")
def test_a_value_differs_from_all_others(tmp_path: Path, number: int) -> None:
    for other, value in enumerate(SAME):
        if other != number:
            assert isinstance(compare(tmp_path, SAME[number], value), Different), (SAME[number], value)


NEARLY: dict[str, tuple[object, object, str]] = {
    "int and float": (1, 1.0, ""),
    "int and bool": (1, True, ""),
    "int and its numpy": (1, np.int64(1), ""),
    "a number in a list": ([1, [2, 3]], [1, [2, 4]], "[1][1]"),
    "a number behind a thousand": (long(1), long(2), "[1000]"),
    "list and tuple": ([1], (1,), ""),
    "a key": ({"a": 1}, {"b": 1}, ".keys()"),
    "the order of keys": ({"a": 1, "b": 2}, {"b": 2, "a": 1}, ".keys()"),
    "an array in a dict": ({"a": np.array([1, 2])}, {"a": np.array([1, 3])}, "['a'][1]"),
    "the dtype of an array in a dict": ({"a": np.array([1])}, {"a": np.array([1], dtype="i4")}, "['a']"),
    "float32": (np.array([1.0]), np.array([1.0], dtype="f4"), ""),
    "shape": (np.zeros((2, 3)), np.zeros((3, 2)), ""),
    "NaN and number": (np.array([1.0, NAN]), np.array([1.0, 2.0]), "[1]"),
    "a millionth": (np.array([1.0]), np.array([1.000001]), "[0]"),
    "a cell": (frame(), frame(b=[0.5, NAN, 2.6]), "['b'][2]"),
    "a text cell": (frame(), frame(c=["x", None, "y"]), "['c'][2]"),
    "a missing text": (frame(), frame(c=["x", "y", "z"]), "['c'].isna()[1]"),
    "column order": (frame(), frame()[["b", "a", "c"]], ".columns[0]"),
    "a column more": (frame(), frame(d=1), ".columns"),
    "a dtype": (frame(), frame(a=[1.0, 2.0, 3.0]), "['a']"),
    "an index": (frame(), frame().set_axis([0, 1, 3], axis=0), ".index[2]"),
    "the name of an index": (frame(), frame().rename_axis("i"), ".index.names[0]"),
    "the name of a series": (frame().a, frame().a.rename("z"), ".name"),
    "a category more": (pd.Series(["a"], dtype="category"), pd.Series(["a"], dtype=pd.CategoricalDtype(["a", "b"])), ".categories"),
    "a time zone": (pd.Series(pd.date_range("2024", periods=1)), pd.Series(pd.date_range("2024", periods=1, tz="UTC")), ".dtype"),
    "an attribute": (Point(1), Point(2), "['x']"),
    "a deep attribute": (Point({"k": [frame()]}), Point({"k": [frame(a=[1, 2, 4])]}), "['x']['k'][0]['a'][2]"),
    "a default": (defaultdict(list), {}, ""),
    "draws used": (np.random.default_rng(3), drawn(np.random.default_rng(3)), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", NEARLY)
def test_a_difference_is_found_where_it_is(tmp_path: Path, name: str) -> None:
    left, right, path = NEARLY[name]
    for one, other in ((left, right), (right, left)):
        result = compare(tmp_path, one, other)
        assert isinstance(result, Different), result
        assert path in result.path


SIMILAR: dict[str, tuple[object, object]] = {
    "rounding": (np.array([0.1 + 0.2]), np.array([0.3])),
    "a rounding scalar": (0.1 + 0.2, 0.3),
    "terms that cancel": (np.array([1e6, 1e-10]), np.array([1e6, 0.0])),
    "how long it took": (
        {"mean_fit_time": np.array([1.0]), "_tmp_like_exog": np.array([7.25]), "score": 1},
        {"mean_fit_time": np.array([2.0]), "_tmp_like_exog": np.array([0.0]), "score": 1},
    ),
    "a range and its numbers as an index": (pd.Series([1, 2]), pd.Series([1, 2], index=pd.Index([0, 1]))),
    "a cached property": (Point(1), looked_at(Point(1))),
    "the order of a set": ({"a", "b", "c", 1, 2.5}, {2.5, "c", "b", 1, "a"}),
}


@pytest.mark.parametrize("name", SIMILAR)
def test_what_does_not_matter_is_equal(tmp_path: Path, name: str) -> None:
    assert isinstance(compare(tmp_path, *SIMILAR[name]), Equal)


def test_a_path_below_the_runs_own_folder_is_the_same_path(tmp_path: Path) -> None:
    texts = [[f"{tmp_path / side}/data.csv"] for side in ("left", "right")]
    assert isinstance(compare(tmp_path, *texts), Equal)
    assert isinstance(compare(tmp_path, texts[0], ["/elsewhere/data.csv"]), Different)


@pytest.mark.parametrize(
    "value",
    [iter([1]), (i for i in "a"), map(str, [1]), (tmp := Path(__file__)).open()],
    ids=lambda v: type(v).__name__,
)
def test_streams_are_never_equal_and_never_consumed(tmp_path: Path, value: Any) -> None:
    result = compare(tmp_path, value, value)
    assert isinstance(result, NotComparable)
    assert not result.by_nature
    assert next(iter(value)) is not None
    getattr(value, "close", lambda: None)()


@pytest.mark.parametrize(
    "value", [len, compare, lambda: 1, Point, np, np.add, [compare, Point]], ids=lambda value: type(value).__name__
)
def test_code_is_not_compared(tmp_path: Path, value: object) -> None:
    result = compare(tmp_path, value, value)
    assert isinstance(result, NotComparable)
    assert result.by_nature


def test_what_cannot_be_looked_into_is_said_beside_what_could(tmp_path: Path) -> None:
    result = compare(tmp_path, Point(1, threading.Lock()), Point(1, threading.Lock()))
    assert isinstance(result, Equal)
    assert result.unchecked
    assert "['y']" in result.unchecked[0]
    assert isinstance(compare(tmp_path, Point(1, threading.Lock()), Point(2, threading.Lock())), Different)


def test_a_value_that_holds_itself_ends(tmp_path: Path) -> None:
    value: list[object] = [1]
    value.append(value)
    assert not isinstance(compare(tmp_path, value, value), Different)


def test_what_is_too_large_to_keep_is_equal_by_its_digest_or_not_comparable(tmp_path: Path) -> None:
    numbers = np.arange(1000.0)
    nodes = [
        Encoder(Store(str(tmp_path / side), limit=1000)).node(value)
        for side, value in (("l", numbers), ("r", numbers + 1e-15))
    ]
    sides = Side(tmp_path / "l", ""), Side(tmp_path / "r", "")
    assert isinstance(values.compare_nodes(nodes[0], nodes[0], sides), Equal)
    other = Encoder(Store(str(tmp_path / "r"), limit=1000)).node(numbers + 1)
    assert isinstance(values.compare_nodes(nodes[0], other, sides), NotComparable)


def test_encoding_draws_nothing_and_changes_nothing(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    before = str(generator.bit_generator.state)
    table = frame()
    copy = table.copy(deep=True)
    Encoder(Store(str(tmp_path))).node([generator, table, table.groupby("a")])
    assert str(generator.bit_generator.state) == before
    pd.testing.assert_frame_equal(table, copy)

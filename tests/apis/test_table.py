from __future__ import annotations

from collections import Counter

from packaging.version import Version

from nb2prod.apis import Change, changes


def row(shown: str) -> Change:
    return next(each for each in changes() if each.shown == shown)


def test_an_api_is_read_from_its_notation() -> None:
    name = row("sklearn.datasets.load_boston")
    assert (name.distribution, name.kind, name.version, name.owner) == ("scikit-learn", "removed", "1.2.0", None)
    assert not name.of_call
    assert row("pandas.DataFrame.ix").owner == "DataFrame"
    argument = row("pandas.read_csv(squeeze=)")
    assert (argument.argument, argument.value, argument.last) == ("squeeze", None, "read_csv")
    value = row("matplotlib.pyplot.style.use('seaborn')")
    assert (value.argument, value.value) == (None, "seaborn")
    most = next(each for each in changes() if each.name == "pandas.concat")
    assert (most.most, most.of_call) == (1, True)


def test_pages_are_those_of_the_version() -> None:
    assert row("sklearn.datasets.load_boston").documented.endswith("/v1.2.html")
    assert row("pandas.DataFrame.ix").documented.endswith("/v1.0.0.html")
    assert all(each.documented.startswith("https://") for each in changes())


def test_every_row_stands_once_with_a_version_and_a_way_out() -> None:
    twice = [key for key, count in Counter((each.shown, each.kind) for each in changes()).items() if count > 1]
    assert twice == []
    for each in changes():
        assert Version(each.version) > Version("0.1")
        assert each.kind == "added" or each.instead, f"{each.shown} does not say what to write instead"


def test_each_of_several_has_its_own_way_out() -> None:
    assert row("tensorflow.random_uniform").instead == "tensorflow.random.uniform"
    assert row("tensorflow.Session").instead == "tensorflow.compat.v1.Session"
    assert row("keras.optimizers.SGD(lr=)").instead == "learning_rate="
    assert row("keras.optimizers.SGD(decay=)").instead == "a schedule as the learning_rate="
    assert row("pandas.ewma").instead == ".ewm(...).mean()"
    assert not any(" / " in each.instead for each in changes())

"""The 28 tests of the ML Test Score: what each asks, which results answer it, and what would bring one.

`found` gives the results that pass the test; the first of `steps` that a project needs is its next step, with what it
costs: 1 a command, 2 a command that needs data or time, 3 work by a person.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nb2prod.score.evidence import Result

    Found = Callable[[Sequence[Result]], list[Result]]

_ROWS = 50
_QUARTER = 90  # days
_TEST = "python -m pytest --junitxml evidence/tests-$(date +%F).xml"
_VERIFY = "nb2prod verify ."
_EVALUATE = "python -m PACKAGE evaluate LABELLED.csv --output evidence/evaluation-$(date +%F).json"
_LIVE = "python -m PACKAGE evaluate --live --output evidence/live-$(date +%F).json"
_MONITOR = "python -m PACKAGE monitor --output evidence/monitor-$(date +%F).json"
_RETRAIN = "python -m PACKAGE retrain LABELLED.csv"
_BY_HAND = "do it, and record it in evidence/manual.json: test, date, by, result"


@dataclass(frozen=True, slots=True)
class Test:
    """One test of the rubric."""

    id: str
    title: str
    step: str
    cost: int
    found: Found


def tests(champion: str | None, package: str) -> tuple[Test, ...]:
    """All 28; results about models count where they speak of the champion."""

    def of(kind: str, good: Callable[[Any], bool]) -> Found:
        def found(results: Sequence[Result]) -> list[Result]:
            return [each for each in results if each.kind == kind and good(each.content)]

        return found

    def own(kind: str, good: Callable[[Any], bool]) -> Found:
        return of(kind, lambda c: c.get("model_version", c.get("version")) == champion is not None and good(c))

    looked = own("monitor", lambda c: c.get("rows", 0) >= _ROWS and bool(c["columns"]))
    quiet = own("monitor", lambda c: c.get("rows", 0) >= _ROWS and not c["alarms"])
    fresh = own("monitor", lambda c: c["age"] <= _QUARTER)
    judged = of("decision", lambda c: bool((c["facts"] or {}).get("judged")))
    equivalent = of("verify", lambda c: c.get("status") == "equivalent" and c.get("predict") == "equal")
    rows = (
        ("data1", "Feature expectations are captured in a schema", _MONITOR, 2, looked),
        ("data2", "All features are beneficial", _BY_HAND, 3, _none),
        ("data3", "No feature's cost is too much", _BY_HAND, 3, _none),
        ("data4", "Features adhere to meta-level requirements", _BY_HAND, 3, _none),
        ("data5", "The data pipeline has appropriate privacy controls", _BY_HAND, 3, _none),
        ("data6", "New features can be added quickly", _BY_HAND, 3, _none),
        ("data7", "All input feature code is tested", _TEST, 1, of("tests", _passed("parity", "contract"))),
        ("model1", "Model specs are reviewed and submitted", _BY_HAND, 3, _none),
        ("model2", "Offline and online metrics correlate", _LIVE, 2, _correlated(champion)),
        ("model3", "All hyperparameters have been tuned", _BY_HAND, 3, _none),
        ("model4", "The impact of model staleness is known", _RETRAIN, 2, judged),
        ("model5", "A simpler model is not better", _EVALUATE, 2, own("evaluation", _beats_simpler)),
        ("model6", "Model quality is sufficient on important slices", _EVALUATE, 2, own("evaluation", _slices_hold)),
        ("model7", "The model is tested for considerations of inclusion", _BY_HAND, 3, _none),
        ("infra1", "Training is reproducible", _RETRAIN + " (twice, the same seed)", 2, _same_twice),
        ("infra2", "Model specs are unit tested", _TEST, 1, of("tests", _passed("test_train"))),
        ("infra3", "The ML pipeline is integration tested", _VERIFY, 1, equivalent),
        ("infra4", "Model quality is validated before serving", _RETRAIN, 2, judged),
        ("infra5", "The model is debuggable on a single example", _BY_HAND, 3, _none),
        ("infra6", "Models are canaried before serving", "python -m PACKAGE models (canary)", 2, _decided("canary")),
        ("infra7", "Serving models can be rolled back", "python -m PACKAGE models rollback", 1, _decided("rollback")),
        ("monitor1", "Dependency changes result in notification", _BY_HAND, 3, _none),
        ("monitor2", "Data invariants hold for inputs", _MONITOR, 2, quiet),
        ("monitor3", "Training and serving are not skewed", _VERIFY, 1, equivalent),
        ("monitor4", "Models are not too stale", _MONITOR + " --oldest 90", 2, fresh),
        ("monitor5", "Models are numerically stable", _EVALUATE, 2, own("evaluation", _finite)),
        ("monitor6", "Computing performance has not regressed", _BY_HAND, 3, _none),
        ("monitor7", "Prediction quality has not regressed", _MONITOR, 2, own("monitor", _errors_stay)),
    )
    return tuple(
        Test(name, title, step.replace("PACKAGE", package), cost, found) for name, title, step, cost, found in rows
    )


def _none(_: Sequence[Result]) -> list[Result]:
    """No run answers it: a person has to, and record it."""
    return []


def _passed(*names: str) -> Callable[[Any], bool]:
    """Whether tests of these modules passed, and none failed."""
    return lambda c: not c["failed"] and all(any(name in case for case in c["passed"]) for name in names)


def _decided(kind: str) -> Found:
    def found(results: Sequence[Result]) -> list[Result]:
        return [each for each in results if each.kind == "decision" and each.content["kind"] == kind]

    return found


def _correlated(champion: str | None) -> Found:
    """Whether the champion's last metric online lies in the range that the evaluation on other rows gave."""

    def found(results: Sequence[Result]) -> list[Result]:
        own = [each for each in results if each.content.get("model_version") == champion]
        offline = [e for e in own if e.kind == "evaluation" and not e.content.get("on_training_data", True)]
        online = [e for e in own if e.kind == "live" and any("low" in part for part in e.content["over_time"])]
        if not (offline and online):
            return []
        said = offline[-1].content.get("intervals", {}).get(_main(offline[-1].content)[0])
        return [each for each in online if said and _overlap(said, each.content["over_time"])]

    return found


def _overlap(said: Any, parts: Any) -> bool:  # noqa: ANN401 - parts of reports
    last = [part for part in parts if "low" in part][-1]
    return bool(last["low"] <= said["high"] and said["low"] <= last["high"])


def _main(content: Any) -> tuple[str, int]:  # noqa: ANN401 - a report
    return ("balanced_accuracy", 1) if content.get("kind") == "classification" else ("mae", -1)


def _beats_simpler(content: Any) -> bool:  # noqa: ANN401 - a report
    """Whether the interval of the main metric lies beyond every baseline, on rows that it was not trained on."""
    if content.get("kind") == "clustering":
        return bool(content["intervals"]["silhouette"]["low"] > content["baselines"]["by chance"]["silhouette"])
    name, sign = _main(content)
    value, less = content.get("intervals", {}).get(name), content.get("baselines", {})
    if not value or not less or content.get("on_training_data", True):
        return False
    edge = value["low" if sign > 0 else "high"]
    return all(sign * edge > sign * each[name] for each in less.values() if name in each)


def _slices_hold(content: Any) -> bool:  # noqa: ANN401 - a report
    """Whether no slice is surely worse than the trivial baseline is on all rows."""
    slices, less = content.get("slices"), content.get("baselines", {})
    name, sign = ("accuracy", 1) if content.get("kind") == "classification" else ("mae", -1)
    trivial = less.get("most frequent", less.get("mean", {})).get(name)
    if not slices or trivial is None or content.get("on_training_data", True):
        return False
    return all(sign * each["metric"]["high" if sign > 0 else "low"] >= sign * trivial for each in slices)


def _finite(content: Any) -> bool:  # noqa: ANN401 - a report
    values = list(content["metrics"].values())
    finite = all(isinstance(value, (int, float)) and abs(value) != float("inf") and value == value for value in values)  # noqa: PLR0124 - NaN is not itself
    return bool(values) and finite


def _errors_stay(content: Any) -> bool:  # noqa: ANN401 - a report
    return content.get("labelled", 0) >= _ROWS and not any("errors" in alarm for alarm in content["alarms"])


def _same_twice(results: Sequence[Result]) -> list[Result]:
    """Two versions from the same data that are the same model, byte for byte; the second of them is the proof."""
    seen: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    found = []
    for each in results:
        made = each.content
        if each.kind != "version" or not (made.get("data") or {}).get("sha256"):
            continue
        origin = (made["data"]["sha256"], made.get("notebook_sha256"), made.get("git"), made.get("python"))
        digest = made["sha256"].get("model.joblib")
        if digest in seen[origin]:
            found.append(each)
        seen[origin].add(digest)
    return found

"""The page of `monitor`: every column before and now."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Mapping

import numpy as np
import pandas as pd

from example_project.operate import page
from example_project.operate.drift import name_of

if TYPE_CHECKING:
    from example_project.operate.drift import Drift
    from example_project.operate.monitor import Report

_SHOWN = 24  # pictures of columns, the most moved first
_BARS = 12
_LEGEND = """Grey is the training data, coloured are the new rows. A column is alarmed, in red, where the difference is
both certain and large."""


def html(report: Report, profile: Mapping[str, Any], rows: pd.DataFrame) -> str:
    """One page that needs nothing else."""
    when = datetime.fromtimestamp(report.at, timezone.utc)
    order = sorted(report.columns, key=lambda each: (not each.alarm, -each.distance))
    about = {name_of(each): each for each in profile["columns"]}
    verdict = (f"{len(report.alarms)} alarms", "bad") if report.alarms else ("No alarm", "good")
    drawn = [each for each in order if _is_drawn(about[each.column])][:_SHOWN]
    parts = [
        page.paragraph(*verdict),
        *(page.paragraph(alarm) for alarm in report.alarms),
        *(page.paragraph(note) for note in report.notes),
        page.heading("Data, column by column"),
        page.paragraph(_LEGEND),
        page.pictures(_picture(each, about[each.column], rows) for each in drawn),
        page.table(
            ("column", "kind", "differs by", "p", "PSI", "moved (SD)", "unseen", "missing", "missing before"),
            [_line(each) for each in order],
            alarms=[number for number, each in enumerate(order) if each.alarm],
        ),
        page.heading("Predictions"),
        _predictions(report),
        page.heading("Errors"),
        _errors(report),
    ]
    lead = f"{report.rows} rows of {report.source}; model {report.version}, {report.age:.1f} days old"
    return page.page("Drift", f"{lead}; {when:%Y-%m-%d %H:%M} UTC", parts)


def _line(each: Drift) -> list[Any]:
    shares = [f"{share:.1%}" for share in (each.unseen, each.missing, each.missing_before)]
    return [
        str(each.column),
        each.kind,
        f"{each.distance:.1%}",
        _chance(each.p_value),
        each.psi,
        each.wasserstein,
        *shares,
    ]


def _chance(value: float) -> str:
    return "< 0.0001" if value < 1e-4 else f"{value:.2g}"


def _is_drawn(about: Mapping[str, Any]) -> bool:
    return "edges" in about or bool(about.get("values"))


def _picture(each: Drift, about: Mapping[str, Any], rows: pd.DataFrame) -> tuple[Any, str]:
    made, axes = page.figure(3.4, 2.1)
    colour = page.BAD if each.alarm else page.NOW
    values = rows[each.column].dropna() if each.column in rows else pd.Series(dtype=object)
    if "edges" in about:
        _histogram(axes, about, values, colour)
    else:
        _bars(axes, about, values, colour)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    return made, f"{each.column}: {each.why or f'differs by {each.distance:.1%}'}"


def _histogram(axes: Any, about: Mapping[str, Any], values: pd.Series, colour: str) -> None:
    """Densities over bins of equal width, the training data's spread over its own bins."""
    cuts = np.asarray(about["edges"], dtype="float64")
    numbers = (
        pd.to_numeric(values, errors="coerce").dropna().to_numpy("float64")
        if about["kind"] == "numbers"
        else np.array([])
    )
    numbers = numbers[np.isfinite(numbers)]
    low, high = min([cuts[0], *numbers]), max([cuts[-1], *numbers])
    bins = np.linspace(low, high if high > low else low + 1, _BARS * 2 + 1)
    share = np.cumsum(about["counts"]) / max(sum(about["counts"]), 1)
    if len(cuts) > 1:
        steps = np.r_[0, share[:-2], 1.0]
        below = np.interp(bins, cuts, steps)
    else:
        below = (bins > cuts[0]).astype("float64")
    axes.stairs(np.diff(below), bins, fill=True, color=page.BEFORE)
    if len(numbers):
        axes.stairs(np.histogram(numbers, bins)[0] / len(numbers), bins, color=colour, linewidth=1.6)


def _bars(axes: Any, about: Mapping[str, Any], values: pd.Series, colour: str) -> None:
    """Shares of the most frequent values."""
    names = [name for name, _ in about["values"]][:_BARS]
    total = sum(count for _, count in about["values"]) + about["others"]
    counts = values.astype(object).value_counts()
    places = np.arange(len(names) + 1)
    before = [count / total for _, count in about["values"][:_BARS]]
    now = [counts.get(name, 0) / max(len(values), 1) for name in names]
    axes.bar(places - 0.2, [*before, 1 - sum(before)], 0.4, color=page.BEFORE)
    axes.bar(places + 0.2, [*now, 1 - sum(now)], 0.4, color=colour)
    axes.set_xticks(places, [*(_short(str(name)) for name in names), "others"], rotation=30 if len(names) > 4 else 0)


def _short(name: str) -> str:
    return (name if len(name) <= 10 else f"{name[:9]}…").replace("$", r"\$")


def _predictions(report: Report) -> page.Html:
    if report.prediction is None:
        return page.paragraph("Not compared yet.")
    found = report.prediction
    said = f"They differ by {found.distance:.1%} from the version's first ones (p = {found.p_value:.2g})."
    return page.paragraph(said, "bad" if found.alarm else "")


def _errors(report: Report) -> page.Html:
    if not report.labelled:
        return page.paragraph("No true values are known.")
    if not report.changes:
        return page.paragraph(f"The mean error has not changed over {report.labelled} rows whose truth is known.")
    return page.table(
        ("at labelled row", "mean error before", "after", ""),
        [[each.row, each.before, each.after, "worse" if each.worse else "better"] for each in report.changes],
        alarms=[number for number, each in enumerate(report.changes) if each.worse],
    )

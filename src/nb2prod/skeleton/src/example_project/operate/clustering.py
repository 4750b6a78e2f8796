"""How well rows fall into the model's clusters: silhouettes, sizes, what the clusters are like. There is no truth."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_samples

from example_project import models, predict
from example_project.errors import DataError
from example_project.operate import page
from example_project.operate.metrics import Value

MOST = 5_000  # rows whose distances to each other are computed; of more, so many are drawn
RESAMPLES = 200
_COLOURS = ("#2563a8", "#c2571a", "#17803d", "#8a3fa0", "#b3261e", "#0f7f86", "#8a6d00", "#5b6470")
_WIDE = 8  # columns of the table of means


@dataclass(frozen=True)
class Clustered:
    """Rows with their clusters: `space` is the model's input of shape (rows, features), `frame` the raw columns."""

    version: str
    frame: pd.DataFrame
    space: np.ndarray
    given: np.ndarray
    silhouettes: np.ndarray
    without: int  # rows that got no cluster

    @property
    def sizes(self) -> dict[str, int]:
        """Rows by cluster."""
        return {str(label): int((self.given == label).sum()) for label in np.unique(self.given)}


def clustered(frame: pd.DataFrame, *, seed: int = 0) -> Clustered:
    """Predict raw rows, and look at the space that the model sees."""
    stored = models.load()
    answers = predict.answers(frame)["prediction"]
    there = answers.notna().to_numpy()
    space = _dense(predict.model_input(frame))
    if len(space) != there.sum():
        raise DataError(f"{len(space)} rows reach the model, {there.sum()} have a cluster: these cannot be compared")
    generator = np.random.default_rng(seed)
    chosen = np.arange(len(space))
    if len(space) > MOST:
        chosen = np.sort(generator.choice(len(space), MOST, replace=False))
    given = answers[there].to_numpy()[chosen]
    known = [column.name for column in stored.schema.columns if column.required and column.name in frame.columns]
    rows = frame.loc[there, known].iloc[chosen].reset_index(drop=True)
    return Clustered(
        stored.version, rows, space[chosen], given, _silhouettes(space[chosen], given), int((~there).sum())
    )


def measured(found: Clustered, *, seed: int = 0) -> dict[str, Value]:
    """The metrics; the mean silhouette with the range that holds 95 of 100 resampled ones."""
    sizes = np.array(list(found.sizes.values()))
    values = {
        "clusters": float(len(sizes)),
        "largest_share": sizes.max() / sizes.sum(),
        "smallest_share": sizes.min() / sizes.sum(),
    }
    if 1 < len(sizes) < len(found.given):
        values["davies_bouldin"] = davies_bouldin_score(found.space, found.given)
        values["calinski_harabasz"] = calinski_harabasz_score(found.space, found.given)
    generator = np.random.default_rng(seed)
    rows = len(found.silhouettes)
    means = [found.silhouettes[generator.integers(0, rows, rows)].mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    plain = {name: Value(float(value), float("nan"), float("nan")) for name, value in values.items()}
    return {"silhouette": Value(float(found.silhouettes.mean()), float(low), float(high)), **plain}


def by_chance(found: Clustered, *, seed: int = 0) -> dict[str, float]:
    """The silhouette of clusters of the same sizes that are drawn by lot."""
    drawn = np.random.default_rng(seed).permutation(found.given)
    return {"silhouette": float(_silhouettes(found.space, drawn).mean())}


def summary(found: Clustered) -> dict[str, Any]:
    """For programs."""
    values = {
        name: {key: None if np.isnan(each) else each for key, each in asdict(value).items()}
        for name, value in measured(found).items()
    }
    return {"intervals": values, "baselines": {"by chance": by_chance(found)}, "sizes": found.sizes}


def page_of(found: Clustered, source: str, own_metrics: page.Html) -> str:
    """One page that needs nothing else."""
    values, chance = measured(found), by_chance(found)["silhouette"]
    own = values["silhouette"]
    told = f"silhouette: {own.value:.4g} ({own.low:.4g} to {own.high:.4g}); clusters drawn by lot: {chance:.4g}"
    lines = [
        (
            name.replace("_", " "),
            each.value,
            *((each.low, each.high) if np.isfinite(each.low) else (None, None)),
            chance if name == "silhouette" else None,
        )
        for name, each in values.items()
    ]
    said = "A silhouette is 1 where a row lies close to its own cluster and far from others, 0 on a border, "
    said += "below 0 where another is nearer."
    parts = [
        page.paragraph(told, "good" if own.low > max(chance, 0) else "bad"),
        page.paragraph(said),
        page.heading("Metrics"),
        own_metrics,
        page.table(("", "model", "95% from", "to", "by lot"), lines),
        page.heading("Pictures"),
        page.pictures([_sizes(found), _map(found), _borders(found)]),
        page.heading("The clusters"),
        _means(found),
    ]
    lead = f"{len(found.given)} rows of {source}; model {found.version}"
    lead += f"; {found.without} rows without a cluster" if found.without else ""
    return page.page("Evaluation", lead, parts)


def _silhouettes(space: np.ndarray, given: np.ndarray) -> np.ndarray:
    if not 1 < len(np.unique(given)) < len(given):
        return np.zeros(len(given))
    values: np.ndarray = silhouette_samples(space, given)
    return values


def _dense(inputs: Any) -> np.ndarray:
    plain = inputs.toarray() if hasattr(inputs, "toarray") else inputs
    return np.asarray(plain, dtype="float64")


def _colour(number: int) -> str:
    return _COLOURS[number % len(_COLOURS)]


def _sizes(found: Clustered) -> tuple[Any, str]:
    made, axes = page.figure()
    names = [page.shown(name) for name in found.sizes]
    axes.bar(range(len(names)), list(found.sizes.values()), color=[_colour(number) for number in range(len(names))])
    axes.set_xticks(range(len(names)), names)
    axes.set(xlabel="cluster", ylabel="rows")
    return made, "Rows by cluster"


def _map(found: Clustered) -> tuple[Any, str]:
    made, axes = page.figure()
    scaled = (found.space - found.space.mean(axis=0)) / np.where(
        found.space.std(axis=0) > 0, found.space.std(axis=0), 1
    )
    flat = min(scaled.shape) < 2
    reducer = None if flat else PCA(2, random_state=0)
    places = (
        np.column_stack([scaled[:, 0], np.zeros(len(scaled))]) if reducer is None else reducer.fit_transform(scaled)
    )
    for number, label in enumerate(np.unique(found.given)):
        some = found.given == label
        axes.scatter(*places[some].T, s=8, alpha=0.6, color=_colour(number), linewidths=0)
        axes.annotate(page.shown(str(label)), np.median(places[some], axis=0), weight="bold", ha="center", fontsize=11)
    axes.set(xlabel="first component", ylabel="" if reducer is None else "second component")
    kept = 1.0 if reducer is None else float(reducer.explained_variance_ratio_.sum())
    return made, f"The rows as the model sees them, in two dimensions ({kept:.0%} of the variance)"


def _borders(found: Clustered) -> tuple[Any, str]:
    made, axes = page.figure()
    labels = list(np.unique(found.given))
    boxes = axes.boxplot(
        [found.silhouettes[found.given == label] for label in labels], widths=0.6, showfliers=False, patch_artist=True
    )
    for number, box in enumerate(boxes["boxes"]):
        box.set(facecolor=_colour(number), alpha=0.5)
    axes.axhline(0, color=page.BEFORE, linewidth=1)
    axes.set_xticks(range(1, len(labels) + 1), [page.shown(str(label)) for label in labels])
    axes.set(xlabel="cluster", ylabel="silhouette")
    return made, "Silhouettes by cluster: below 0, another cluster is nearer"


def _means(found: Clustered) -> page.Html:
    """What the clusters are like: the mean of each number, by cluster."""
    numbers = found.frame.select_dtypes("number").iloc[:, :_WIDE]
    lines = []
    for label, size in found.sizes.items():
        some = np.array([str(each) for each in found.given]) == label
        lines.append(
            (label, size, *(float(value) for value in numbers[some].mean()), float(found.silhouettes[some].mean()))
        )
    return page.table(("cluster", "rows", *(f"mean {name}" for name in numbers.columns), "silhouette"), lines)

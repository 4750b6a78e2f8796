"""What predict does besides the notebook's own steps: learnt categories, lookups, date formats, the answers' table."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Iterable

import numpy as np
import pandas as pd

from example_project.errors import DataError

MANY = 100  # classes at most


class NothingLeft(Exception):
    """Every row given lacks a value that the notebook needs."""


def as_categories(values: Any, dtype: Any) -> Any:
    """A frame (`dtype` by column) or series with the categories seen in training; another value is an error."""
    if isinstance(values, pd.DataFrame):
        return values.assign(**{str(name): as_categories(values[name], dtype[name]) for name in dtype.index})
    known = values.isna() | values.astype(object).isin(list(dtype.categories))
    _refuse(values, known, "was not seen in training")
    return values.astype(object).astype(dtype)


def looked_up(keys: pd.Series, learnt: pd.Series) -> pd.Series:
    """Each key's value learnt in training; a key not seen is an error."""
    _refuse(keys, keys.isna() | keys.isin(learnt.index), "was not seen in training")
    return keys.map(learnt)


def numbered(values: pd.Series, known: Any) -> Any:
    """The place of each value among those seen in training, as `factorize` numbers them: -1 for a missing one."""
    places = pd.Index(known).astype(object).get_indexer(values.astype(object))
    _refuse(values, values.isna() | (places >= 0), "was not seen in training")
    return places


def as_text(values: pd.Series, dtype: Any) -> pd.Series:
    """The values as text, in which numbers are whole where they all were in training, whatever stands beside them."""
    if pd.api.types.is_float_dtype(dtype) and pd.api.types.is_integer_dtype(values.dtype):
        return values.astype(dtype).astype(str)
    texts = values.astype(str)
    if pd.api.types.is_integer_dtype(dtype) and pd.api.types.is_float_dtype(values.dtype):
        whole = np.isfinite(values) & (values % 1 == 0)
        texts = texts.mask(whole, values.where(whole, 0).astype("int64").astype(str))
    return texts


def parted(parts: pd.DataFrame, columns: list[Any]) -> pd.DataFrame:
    """Text split into as many columns as in training; a text with more parts is an error."""
    for name in parts.columns.difference(columns):
        _refuse(parts[name], parts[name].isna(), "is one part more than in training")
    first = parts.iloc[:, 0]
    empty = pd.Series([value if pd.isna(value) else None for value in first], first.index, first.dtype)
    return pd.concat([parts[name] if name in parts.columns else empty.rename(name) for name in columns], axis=1)


def encoded(encoder: Any, values: Any) -> Any:
    """What `encoder.transform` gives; a label not seen in training is an error that names row and column."""
    labels = values if isinstance(values, pd.Series) else pd.Series(np.ravel(values))
    _refuse(labels, labels.isin(list(encoder.classes_)), "was not seen in training")
    return encoder.transform(values)


def date_format(values: pd.Series, *, dayfirst: bool = False) -> str | None:
    """The format that pandas infers for these texts (from the first), None where it infers none."""
    present = values.dropna()
    if len(present) == 0 or not isinstance(present.iloc[0], str):
        return None
    return pd.tseries.api.guess_datetime_format(present.iloc[0], dayfirst=dayfirst)


def all_but(frame: pd.DataFrame, names: Iterable[Any]) -> list[Any]:
    """The frame's columns without these."""
    return [name for name in frame.columns if name not in set(names)]


def cast(frame: pd.DataFrame, dtype: Any, *, only: Any = None, but: Any = ()) -> pd.DataFrame:
    """`frame.astype(dtype)`; in predict without the columns that are not needed, since these may be empty."""
    if only is None and not but:
        return frame.astype(dtype)
    names = [name for name in frame.columns if (only is None or name in only) and name not in but]
    return frame.astype(dict.fromkeys(names, dtype))


def fitted_anew(estimator: Any, rows: Any) -> Any:
    """What a transformer that learns nothing from rows makes of these; a copy is fitted on them, as in the notebook."""
    return deepcopy(estimator).fit_transform(rows)


def changed(prediction: Any, where: Any, value: Any) -> Any:
    """The prediction with `value` in those places."""
    values = prediction.copy()
    values[where] = value
    return values


def column(prediction: Any) -> pd.Series:
    """The prediction as a column of a table."""
    return pd.Series(_column(prediction))


def answers_learnt(raw: pd.Series, target: Any) -> dict[Any, Any] | None:
    """What training made of each value of the target column; None where that is no simple recoding of it."""
    if (
        not isinstance(target, (pd.Series, pd.DataFrame))
        or not target.index.isin(raw.index).all()
        or not raw.index.is_unique
    ):
        return None
    made = target.squeeze(axis=1) if isinstance(target, pd.DataFrame) else target
    if not isinstance(made, pd.Series):
        return None
    pairs = pd.DataFrame({"raw": raw.loc[made.index].to_numpy(), "made": made.to_numpy()}).dropna().drop_duplicates()
    recoded = not pairs["raw"].equals(pairs["made"])
    return dict(zip(pairs["raw"], pairs["made"])) if recoded and pairs["raw"].is_unique and len(pairs) <= MANY else None


def dtypes_of(inputs: Any) -> Any:
    """The dtypes of the model's input: by column for a frame."""
    return inputs.dtypes if isinstance(inputs, pd.DataFrame) else getattr(inputs, "dtype", None)


def like_training(inputs: Any, dtypes: Any) -> Any:
    """The model's input with the dtypes of training where no value changes: a few rows may have been all whole numbers.

    A missing value, or the mean 12.4 filled in for one, stays in a column that held only whole numbers in training.
    """
    if isinstance(inputs, pd.DataFrame) and isinstance(dtypes, pd.Series):
        if list(inputs.columns) != list(dtypes.index):
            raise DataError(f"the model needs the columns {list(dtypes.index)} and is given {list(inputs.columns)}")
        inputs = inputs.copy()
        for name, dtype in dtypes.items():
            if inputs[name].dtype != dtype:
                inputs[name] = _like(inputs[name], dtype)
        return inputs
    if dtypes is not None and getattr(inputs, "dtype", dtypes) != dtypes:
        return _like(inputs, dtypes)
    return inputs


def _like(values: Any, dtype: Any) -> Any:
    """The values with this dtype if they are the same in it, else as they are."""
    try:
        cast = values.astype(dtype)
        same = (cast == values) | (pd.isna(cast) & pd.isna(values))
    except (TypeError, ValueError):  # a missing value in whole numbers, other categories
        return values
    return cast if np.all(same) else values


def answers(prediction: Any, model: Any, inputs: Any, rows: Any, frame: pd.DataFrame) -> pd.DataFrame:
    """One row per row of `frame`, under its index: prediction and class probabilities, empty where none was made."""
    table = pd.DataFrame({"prediction": _column(prediction)}, index=rows)
    if getattr(model, "classes_", None) is not None and hasattr(model, "predict_proba"):
        probabilities = model.predict_proba(inputs)
        if isinstance(probabilities, np.ndarray):
            for number, label in enumerate(model.classes_):
                table[f"probability_{label}"] = probabilities[:, number]
    return table.reindex(range(len(frame))).set_axis(frame.index)


def empty_answers(frame: pd.DataFrame) -> pd.DataFrame:
    """An empty prediction for each row."""
    return pd.DataFrame({"prediction": np.full(len(frame), np.nan)}, index=frame.index)


def _column(prediction: Any) -> Any:
    values = np.asarray(prediction)
    if isinstance(prediction, pd.Series):
        return prediction.array  # by position: it may number its rows anew
    if values.ndim == 1:
        return prediction
    return values[:, 0] if values.shape[1:] == (1,) else list(values)


def _refuse(values: pd.Series, known: pd.Series, why: str) -> None:
    if not known.all():
        row = int(np.argmin(known.to_numpy()))
        column = f", column {values.name!r}" if values.name is not None else ""
        name = None if values.name is None else str(values.name)
        raise DataError(f"row {row}{column}: {values.iloc[row]!r} {why}", row=row, column=name)

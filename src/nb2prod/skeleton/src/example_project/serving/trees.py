"""A fitted forest of scikit-learn that asks its trees itself: joblib and checks cost ten times what the trees do.

The sums are made in the same order, so that the answers are the same to the last digit; it is tried when it is made.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd

MANY = 1024  # rows; for more of them, what it costs to ask a tree does not matter
_CLASSIFIERS = ("RandomForestClassifier", "ExtraTreesClassifier")
_REGRESSORS = ("RandomForestRegressor", "ExtraTreesRegressor")


def leaner(model: Any) -> Any:
    """The same model, faster for a few rows where it is a forest; else the model itself."""
    if type(model).__module__ == "sklearn.pipeline":
        made = copy.copy(model)
        made.steps = [*model.steps[:-1], (model.steps[-1][0], leaner(model.steps[-1][1]))]
        return made
    kind = type(model)
    named = _CLASSIFIERS + _REGRESSORS
    if kind.__module__ != "sklearn.ensemble._forest" or kind.__name__ not in named or model.n_outputs_ != 1:
        return model
    way = _Classifier if kind.__name__ in _CLASSIFIERS else _Regressor
    lean: Any = object.__new__(type(kind.__name__, (way, kind), {}))
    vars(lean).update(vars(model))
    return lean if _same(model, lean) else model


class _Trees:
    """Instead of `kind`'s own way from rows to its trees."""

    def _mean(self: Any, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
        """The mean of what the trees say: a column for each class, or one."""
        if X.shape[0] > MANY or (self.n_jobs or 1) != 1:
            return None
        rows = self._validate_X_predict(X)
        total: Any = 0.0
        for tree in self.estimators_:
            total = total + tree.tree_.predict(rows)
        return total / len(self.estimators_)


class _Classifier(_Trees):
    def predict_proba(self: Any, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
        """As the forest does."""
        mean = self._mean(X)
        return super().predict_proba(X) if mean is None else mean[:, : self.n_classes_]  # type: ignore[misc]


class _Regressor(_Trees):
    def predict(self: Any, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
        """As the forest does."""
        mean = self._mean(X)
        return super().predict(X) if mean is None else mean[:, 0]  # type: ignore[misc]


def _same(model: Any, lean: Any) -> bool:
    """Whether both answer the same, on the trees' own thresholds and between them."""
    random = np.random.default_rng(0)
    edges = [each.tree_.threshold[each.tree_.feature >= 0] for each in model.estimators_[:10]]
    values = np.concatenate([*edges, np.array([0.0, 1.0])])
    given = random.choice(values, (64, model.n_features_in_))
    given[::2] += random.normal(size=given[::2].shape)
    names = getattr(model, "feature_names_in_", None)
    if names is not None:
        given = pd.DataFrame(given, columns=names)
    ways = [name for name in ("predict", "predict_proba") if hasattr(model, name)]
    return all(np.array_equal(getattr(model, way)(given), getattr(lean, way)(given)) for way in ways)

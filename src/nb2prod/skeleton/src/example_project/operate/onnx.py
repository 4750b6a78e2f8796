"""The estimator as ONNX, by `train --fast onnx`: used only where it answers the training rows as the estimator does."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from example_project.models import Stored

FILE = "model.onnx"
CLOSE = {"float64": 1e-9, "float32": 1e-5}  # of numbers, relative; labels must be equal
_PROVIDERS = ["CPUExecutionProvider"]


class Unfit(Exception):
    """Why the estimator stays as it is."""


def attach(made: Stored, folder: Path) -> dict[str, Any]:
    """Export the estimator into a version that is being made; gives what the manifest says of it."""
    try:
        return {"status": "ok", **_export(made, folder)}
    except Unfit as reason:
        (folder / FILE).unlink(missing_ok=True)
        print(f"the estimator is not exported as ONNX: {reason}")
        return {"status": "refused", "reason": str(reason)}


def _export(made: Stored, folder: Path) -> dict[str, Any]:
    missing = [name for name in ("skl2onnx", "onnxruntime") if not find_spec(name)]
    if missing:
        raise Unfit(f"pip install {' '.join(missing)}")
    if made.schema.reference is None:
        raise Unfit("no training rows are known")
    inputs = import_module("example_project.predict").model_input(made.schema.reference.rows)
    array = as_array(inputs)
    reasons = []
    for kind in CLOSE:
        try:
            content = _converted(made.model, array, kind)
            difference = compared(made.model, inputs, OnnxModel(made.model, content, kind))
        except Unfit as reason:
            reasons.append(f"{kind}: {reason}")
            continue
        (folder / FILE).write_bytes(content)
        return {"type": kind, "rows": len(array), "largest_difference": difference}
    raise Unfit("; ".join(reasons))


def _converted(model: Any, array: np.ndarray, kind: str) -> bytes:
    try:
        options = {id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else None
        made = import_module("skl2onnx").to_onnx(model, array[:1].astype(kind), options=options)
    except Exception as error:  # (each converter has errors of its own)
        raise Unfit(f"{type(error).__name__}: {str(error).strip().splitlines()[0][:200]}") from error
    content: bytes = made.SerializeToString()
    return content


def compared(model: Any, inputs: Any, exported: OnnxModel) -> float:
    """The largest relative difference of a number; raises Unfit where it is too large, or a label is another."""
    pairs = [(np.asarray(model.predict(inputs)), np.asarray(exported.predict(inputs)))]
    if hasattr(model, "predict_proba"):
        pairs.append((np.asarray(model.predict_proba(inputs)), np.asarray(exported.predict_proba(inputs))))
    largest = 0.0
    for expected, found in pairs:
        if expected.shape != found.shape:
            raise Unfit(f"answers of the shape {found.shape} instead of {expected.shape}")
        if expected.dtype.kind != "f":
            wrong = int((expected != found).sum())
            if wrong:
                raise Unfit(f"{wrong} of {len(expected)} training rows get another label")
            continue
        least = 1.0 if expected.ndim == 2 else 1e-6 * float(np.max(np.abs(expected), initial=1e-300))
        largest = max(
            largest, float(np.max(np.abs(expected - found) / np.maximum(np.abs(expected), least), initial=0.0))
        )
    if not largest <= CLOSE[exported.kind]:
        raise Unfit(f"numbers of the training rows differ by up to {largest:.2g}")
    return largest


def faster(model: Any, content: bytes, told: dict[str, Any]) -> Any:
    """The exported estimator in the place of the one that was trained; that one where ONNX Runtime is missing."""
    if not find_spec("onnxruntime"):
        print("the estimator runs without ONNX: onnxruntime is not installed")
        return model
    return OnnxModel(model, content, told["type"])


def as_array(inputs: Any) -> np.ndarray:
    """The model's input as ONNX can take it: a table of numbers."""
    array = inputs.to_numpy() if hasattr(inputs, "to_numpy") else inputs
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.dtype.kind not in "biuf":
        raise Unfit("the model's input is not a table of numbers")
    return array


class OnnxModel:
    """Answers as the estimator does; everything else is the estimator's own."""

    def __init__(self, model: Any, content: bytes, kind: str) -> None:
        runtime = import_module("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session = runtime.InferenceSession(content, options, providers=_PROVIDERS)
        except Exception as error:  # (an operator that the runtime lacks)
            raise Unfit(f"{type(error).__name__}: {str(error).strip().splitlines()[0][:200]}") from error
        self._model, self.kind = model, kind
        self._name = self._session.get_inputs()[0].name

    def __getattr__(self, name: str) -> Any:
        """What the estimator has."""
        if name == "_model":  # not there yet: it is being unpickled or copied
            raise AttributeError(name)
        return getattr(self._model, name)

    def predict(self, inputs: Any) -> np.ndarray:
        """The label or number for each row."""
        found = np.asarray(self._run(inputs)[0])
        return found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found

    def predict_proba(self, inputs: Any) -> np.ndarray:
        """The probability of each class for each row."""
        return np.asarray(self._run(inputs)[1])

    def _run(self, inputs: Any) -> list[Any]:
        found: list[Any] = self._session.run(None, {self._name: as_array(inputs).astype(self.kind)})
        return found

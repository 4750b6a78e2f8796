"""`train --fast onnx`: the exported estimator answers as the one that was trained, or is not used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import run

from example_project import data, models, predict
from example_project.models import Stored
from example_project.operate import onnx

pytest.importorskip("skl2onnx", reason="NOT TESTED: skl2onnx is not installed")
pytest.importorskip("onnxruntime", reason="NOT TESTED: onnxruntime is not installed")


def test_what_is_exported_answers_as_the_estimator(trained: Path) -> None:
    before = models.load()
    run("train", trained, "--fast", "onnx")
    stored = models.load()
    told = models.manifest(Path("models") / stored.version)["onnx"]
    if told["status"] == "refused":
        assert told["reason"]
        assert not isinstance(stored.model, onnx.OnnxModel)
        return
    assert isinstance(stored.model, onnx.OnnxModel)
    frame = data.load()
    with models.using(before):
        expected = predict.answers(frame)
    pd.testing.assert_frame_equal(predict.answers(frame), expected, rtol=onnx.CLOSE[told["type"]])


class Wrong:
    """Answers otherwise than the estimator that is exported."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def predict(self, inputs: Any) -> Any:
        """Each row's answer is its neighbour's."""
        return np.roll(self._model.predict(inputs), 1)


def test_another_answer_is_refused_with_the_reason() -> None:
    inputs = np.arange(20.0).reshape(-1, 1)
    for answers, said in ((np.arange(20.0), "differ by up to"), (np.arange(20), "another label")):
        model = type("Model", (), {"predict": lambda _, _rows, answers=answers: answers})()
        wrong: Any = Wrong(model)
        wrong.kind = "float64"
        with pytest.raises(onnx.Unfit, match=said):
            onnx.compared(model, inputs, wrong)


def test_what_cannot_be_exported_is_told(tmp_path: Path, trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored = models.load()
    class_without_converter = type("Own", (), {"predict": lambda _, rows: np.zeros(len(rows))})()
    reference = type("Reference", (), {"rows": data.load()})()
    schema: Any = type("Schema", (), {"reference": reference, "columns": stored.schema.columns})()
    made = Stored("", class_without_converter, stored.learned, schema)
    told = onnx.attach(made, tmp_path)
    assert told["status"] == "refused"
    assert told["reason"] in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_text_is_no_input_for_it() -> None:
    with pytest.raises(onnx.Unfit, match="not a table of numbers"):
        onnx.as_array(pd.DataFrame({"a": ["x"]}))

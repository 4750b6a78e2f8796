"""A version as MLflow loads it: raw rows in, the project's answers out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.pyfunc import PythonModel

from example_project import models
from example_project.predict import answers


class TrackedModel(PythonModel):  # type: ignore[misc] # MLflow's types are not there where it is not
    """Loads the version that lies beside it, after its files were compared with its manifest."""

    def load_context(self, context: Any) -> None:
        """Load it once."""
        folder = Path(context.artifacts["version"])
        self._stored = models.load(folder.name, folder.parent)

    def predict(self, context: Any, model_input: Any, params: Any = None) -> pd.DataFrame:  # noqa: ARG002 - MLflow's
        """The prediction and each class's probability for each row."""
        with models.using(self._stored):
            return answers(pd.DataFrame(model_input))

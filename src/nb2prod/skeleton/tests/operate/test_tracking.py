"""What MLflow is told of a version; `--tracking mlflow` against a real server is tested where MLflow is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from example_project import models
from example_project.operate import tracking


def test_the_settings_are_parameters() -> None:
    assert all(name.isupper() for name in tracking.parameters())


def test_the_tags_say_what_a_version_was_made_from(trained: Path) -> None:
    version = models.current()
    tags = tracking.tags(models.check(version))
    assert tags["version"] == version
    assert int(tags["data_rows"]) > 0


def test_without_mlflow_nothing_is_trained(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = models.versions()
    monkeypatch.setattr(tracking, "find_spec", lambda _: None)
    with pytest.raises(tracking.ProjectError, match="pip install mlflow"):
        tracking.check()
    assert models.versions() == before


def test_pins_have_no_hashes(tmp_path: Path) -> None:
    text = "# locked\njoblib==1.5 \\\n    --hash=sha256:0\nscipy[x]==1.2 ; python_version < '4'\n"
    (tmp_path / "requirements.txt").write_text(text)
    assert tracking.pins(tmp_path) == ["joblib==1.5", "scipy[x]==1.2"]

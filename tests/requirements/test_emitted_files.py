from __future__ import annotations

import json

from nb2prod import requirements
from nb2prod.notebook import Notebook
from nb2prod.program import parse
from nb2prod.report import requirements as report
from nb2prod.requirements import Lock, LockFailed, Pin, Requirements

LOCK = Lock(
    locker="uv",
    runtime="pandas==2.0 \\\n    --hash=sha256:x\n    # via -r requirements.in\n",
    development="pytest==9.0 \\\n    --hash=sha256:y\n",
    pins=(Pin("pandas", "2.0"), Pin("numpy", "2.1", ("pandas",))),
)
CODE = "# In [1]:\n!pip install pandas>=1.5\nimport pandas, utils, cv2\nfrom google.colab import drive\n"


def resolved() -> Requirements:
    return requirements.resolve(parse(Notebook.from_prompts(CODE)), python="3.12")


def test_the_files_of_a_lock() -> None:
    files = dict(requirements.files(resolved(), LOCK))
    assert set(files) == {"requirements.in", "requirements.txt", "requirements-dev.txt", ".python-version", "apt.txt"}
    assert files[".python-version"] == "3.12\n"
    assert files["apt.txt"] == "libgl1\nlibglib2.0-0\n"
    assert files["requirements.txt"].endswith(LOCK.runtime)
    assert files["requirements-dev.txt"].endswith(LOCK.development)
    asked = [line for line in files["requirements.in"].splitlines() if line and not line.startswith("#")]
    assert asked == ["pandas>=1.5", "opencv-python"]
    assert "# NOT INSTALLED" in files["requirements.in"]


def test_without_a_lock_the_reason_stands_in_the_file() -> None:
    failed = dict(requirements.files(resolved(), LockFailed("a and b conflict", "Loosen one")))
    assert (
        "# No versions and no hashes: could not be locked: a and b conflict. Loosen one" in failed["requirements.txt"]
    )
    lines = [line for line in failed["requirements.txt"].splitlines() if not line.startswith("#")]
    assert lines == ["pandas>=1.5", "opencv-python"]
    assert "not locked, as asked for" in dict(requirements.files(resolved(), None))["requirements.txt"]


def test_json_has_what_is_promised() -> None:
    data = json.loads(report.document(resolved(), LOCK))
    assert data["python"] == "3.12"
    pandas, utils, cv2 = data["requirements"]
    assert (pandas["distribution"], pandas["version"], pandas["imports"]) == ("pandas", "2.0", ["pandas"])
    assert pandas["confidence"] == "likely"
    assert (utils["distribution"], utils["confidence"], utils["locked"]) == (None, "unconfirmed", False)
    assert "opencv-python-headless" in cv2["candidates"]
    assert {each["package"] for each in data["system"]} == {"libgl1", "libglib2.0-0"}
    assert data["refused"][0]["line"] == 3
    assert data["lock"]["status"] == "ok"
    assert json.loads(report.document(resolved()))["requirements"][0]["version"] is None


def test_the_table_names_everything() -> None:
    text = "\n".join(report.lines(resolved(), LockFailed("a and b conflict", "Loosen one")))
    for expected in (
        "Python 3.12",
        "pandas",
        ">=1.5",
        "cv2",
        "utils",
        "google.colab",
        "libgl1",
        "lock: failed: a and b",
    ):
        assert expected in text


def test_a_notebook_without_imports_needs_nothing() -> None:
    empty = requirements.resolve(parse(Notebook.from_prompts("# In [1]:\nx = 1\n")), python="3.12")
    assert "It needs nothing but Python." in list(report.lines(empty, None))

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from nb2prod import requirements
from nb2prod.notebook import Cell, Notebook
from nb2prod.problems import NotebookError
from nb2prod.program import Program, parse
from tests.requirements.test_environments import install

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nb2prod.requirements import Requirement, Requirements


def program(code: str, path: Path | None = None, python: str | None = "3.11.4") -> Program:
    return parse(Notebook(cells=(Cell(index=0, kind="code", source=code),), python=python, path=path))


def resolved(code: str, user_map: Mapping[str, str] | None = None, environment: Path | None = None) -> Requirements:
    return requirements.resolve(program(code), user_map=user_map or {}, environment=environment)


def one(found: Requirements) -> Requirement:
    assert len(found.requirements) == 1, found.requirements
    return found.requirements[0]


def lines(found: Requirements) -> list[str]:
    return [each.line for each in found.lockable]


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    prefix = tmp_path / "env"
    site = prefix / "lib" / "python3.11" / "site-packages"
    install(site, "opencv_contrib_python", "4.9.0", ["cv2/__init__.py"])
    install(site, "my_own_name", "1.2", ["strange/__init__.py"])
    install(site, "torch", "2.4.0+cpu", ["torch/__init__.py"])
    install(site, "private", "1.0", ["private/__init__.py"], url="file:///x")
    return prefix


def test_the_standard_library_of_any_time_is_not_required() -> None:
    assert resolved("import os, json, distutils, imp, cPickle, urllib2, xml.dom").requirements == ()


def test_distutils_is_setuptools_where_python_lacks_it() -> None:
    found = requirements.resolve(program("import distutils.core\nimport imp"), python="3.12")
    assert lines(found) == ["setuptools"]
    assert any("imports imp, which is gone since Python 3.12" in note for note in found.notes)


def test_the_curated_map_is_likely_and_lockable() -> None:
    each = one(resolved("from sklearn import svm, tree\nimport sklearn.linear_model as lm"))
    assert (each.distribution, each.confidence) == ("scikit-learn", "likely")
    assert each.imports == ("sklearn", "sklearn.linear_model")


def test_one_statement_may_need_several_distributions() -> None:
    found = resolved("from google.cloud import storage, bigquery")
    assert [(each.distribution, each.imports) for each in found.requirements] == [
        ("google-cloud-storage", ("google.cloud.storage",)),
        ("google-cloud-bigquery", ("google.cloud.bigquery",)),
    ]


def test_what_a_library_uses_because_it_is_there_counts(environment: Path) -> None:
    site = environment / "lib" / "python3.11" / "site-packages"
    for name, version in (("pandas", "2.2.3"), ("pyarrow", "17.0"), ("numexpr", "2.10"), ("tables", "3.9")):
        install(site, name, version, [f"{name}/__init__.py"])
    assert lines(resolved("import pandas", environment=environment)) == ["pandas==2.2.3", "numexpr==2.10"]
    assert lines(resolved("import torch", environment=environment)) == ["torch==2.4.0"]
    assert lines(resolved("import pandas")) == ["pandas"]
    shutil.rmtree(site / "pandas-2.2.3.dist-info")
    install(site, "pandas", "3.0.1", ["pandas/__init__.py"])
    found = lines(resolved("import pandas", environment=environment))
    assert found == ["pandas==3.0.1", "pyarrow==17.0", "numexpr==2.10"]


def test_the_users_own_map_comes_first(environment: Path) -> None:
    each = one(resolved("import cv2", {"cv2": "opencv-python-headless==4.8.1"}, environment))
    assert each.line == "opencv-python-headless==4.8.1"
    assert "your own map" in each.evidence
    assert one(resolved("import a.b.c", {"a.b": "x-y"})).distribution == "x-y"


@pytest.mark.parametrize("text", ["not a name!", "x @ https://x.example/x.whl"])
def test_a_map_that_names_no_distribution_is_an_error(text: str) -> None:
    with pytest.raises(NotebookError, match="imports"):
        resolved("import a", {"a": text})


def test_what_is_installed_is_confirmed_and_gives_the_version(environment: Path) -> None:
    each = one(resolved("import cv2", environment=environment))
    assert (each.line, each.confidence) == ("opencv-contrib-python==4.9.0", "confirmed")
    assert one(resolved("import strange", environment=environment)).distribution == "my-own-name"
    assert one(resolved("import torch", environment=environment)).line == "torch==2.4.0"


def test_what_was_installed_from_an_address_is_not_looked_for_on_a_registry(environment: Path) -> None:
    found = resolved("import private", environment=environment)
    assert one(found).confidence == "unconfirmed"
    assert lines(found) == []


def test_an_environment_of_another_python_gives_names_but_no_versions(environment: Path) -> None:
    found = requirements.resolve(program("import strange"), python="3.12", environment=environment)
    assert lines(found) == ["my-own-name"]


@pytest.mark.parametrize("root", ["never_heard_of", "sam", "utils", "pattern"])
def test_a_guess_is_said_and_never_locked(root: str) -> None:
    found = resolved(f"import {root}")
    each = one(found)
    assert each.confidence == "unconfirmed"
    assert lines(found) == []
    assert any(root in note for note in found.notes)


def test_a_strangers_name_is_not_even_a_guess() -> None:
    assert one(resolved("import sam")).distribution is None
    assert one(resolved("import never_heard_of")).distribution == "never-heard-of"


def test_an_install_line_of_that_name_makes_it_likely() -> None:
    each = one(resolved("!pip install never_heard_of==2.0\nimport never_heard_of"))
    assert (each.line, each.confidence) == ("never-heard-of==2.0", "likely")
    commented = one(resolved("# !pip install never_heard_of==2.0\nimport never_heard_of"))
    assert commented.confidence == "unconfirmed"
    stranger = one(resolved("!pip install sam\nimport sam"))
    assert (stranger.distribution, stranger.candidates) == (None, ("sam",))


def test_an_install_line_chooses_among_those_with_the_same_import() -> None:
    each = one(resolved("!pip install opencv-python-headless\nimport cv2"))
    assert each.distribution == "opencv-python-headless"
    assert "opencv-python" in each.candidates
    assert one(resolved("!pip install readability-lxml\nimport readability")).line == "readability-lxml"


def test_the_last_install_line_gives_the_version_and_commented_ones_only_without_it() -> None:
    both = "!pip install pandas==1.0\n# !pip install pandas==3.0\n!pip install pandas==2.0\nimport pandas"
    assert one(resolved(both)).line == "pandas==2.0"
    assert one(resolved("# !pip install pandas==3.0\nimport pandas")).line == "pandas==3.0"


def test_local_builds_are_not_asked_for() -> None:
    assert one(resolved("!pip install torch==1.10.0+cu113\nimport torch")).line == "torch==1.10.0"


def test_what_is_installed_and_not_imported_is_said_and_not_required() -> None:
    found = resolved("!pip install kaggle openpyxl==3.0.1\nimport pandas as pd\npd.read_excel(path)")
    assert lines(found) == ["pandas", "openpyxl==3.0.1"]
    assert [note for note in found.notes if "kaggle" in note and "openpyxl" not in note]


def test_extras_are_kept_and_merged() -> None:
    found = resolved("!pip install 'dask[distributed]>=2024'\nimport dask.dataframe as dd")
    assert lines(found) == ["dask[dataframe,distributed]>=2024"]


def test_addresses_in_install_lines_never_reach_the_lock() -> None:
    found = resolved("!pip install git+https://x.example/foo.git -i https://y.example\nimport foo")
    assert lines(found) == []
    assert len(found.refused) == 2


def test_what_stands_in_for_another_is_locked_only_without_that_other() -> None:
    code = "try:\n    import {}\nexcept ImportError:\n    import simplejson"
    assert lines(resolved(code.format("ujson"))) == ["ujson"]
    assert lines(resolved(code.format("never_heard_of"))) == ["simplejson"]


def test_modules_beside_the_notebook_are_local(tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text("")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "part.py").write_text("")
    (tmp_path / "pandas").mkdir()
    (tmp_path / "pandas" / "example.py").write_text("")
    code = "import helpers, package.a, plain.part, pandas\nfrom . import other"
    found = requirements.resolve(program(code, tmp_path / "n.ipynb"))
    assert [each.name for each in found.local] == ["helpers", "package", "plain", "."]
    assert lines(found) == ["pandas"]


@pytest.mark.parametrize(
    "line",
    [
        "sys.path.append('..')",
        "sys.path.append(os.path.abspath(os.path.join(os.getcwd(), '..')))",
        "ROOT = Path.cwd().resolve().parent\nif str(ROOT) not in sys.path:\n    sys.path.insert(0, str(ROOT))",
        "ROOT = Path.cwd().parent if Path.cwd().name == 'notebooks' else Path.cwd()\nsys.path.insert(0, str(ROOT))",
        "sys.path.append(str(Path().resolve().parents[0] / 'a' / '..'))",
        "os.chdir(os.path.dirname(os.getcwd()))",
    ],
)
def test_modules_of_the_folder_above_are_local(tmp_path: Path, line: str) -> None:
    for folder in ("notebooks", "src", "a"):
        (tmp_path / folder).mkdir()
    (tmp_path / "src" / "eda.py").write_text("import polars, pandas\ndef x(df):\n    return df.to_markdown()")
    source = f"import os, sys\nfrom pathlib import Path\n{line}\nfrom src import SEED\nfrom src.eda import x"
    book = Notebook(cells=(Cell(index=0, kind="code", source=source),), path=tmp_path / "notebooks" / "n.ipynb")
    found = requirements.resolve(parse(book))
    assert [each.name for each in found.local] == ["src"]
    assert [each.distribution for each in found.requirements] == ["polars", "pandas", "tabulate"]


def test_modules_that_the_notebook_reaches_or_writes_are_local(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "tools.py").write_text("")
    cells = ("%%writefile made.py\nx = 1", "import sys\nsys.path.insert(0, 'src')\nimport tools, made")
    book = Notebook(
        cells=tuple(Cell(index=i, kind="code", source=cell) for i, cell in enumerate(cells)),
        path=tmp_path / "n.ipynb",
    )
    found = requirements.resolve(parse(book))
    assert [each.name for each in found.local] == ["tools", "made"]
    assert found.requirements == ()


@pytest.mark.parametrize(
    ("recorded", "python"), [("3.6.9", "3.7"), ("3.11.4", "3.11"), ("3.99.0", "3.14"), ("2.7.18", "3.7")]
)
def test_python_is_the_notebooks_or_the_nearest(recorded: str, python: str) -> None:
    found = requirements.resolve(program("import pandas", python=recorded))
    assert found.python == python
    assert recorded in found.python_evidence
    assert bool(found.notes) == (not recorded.startswith(python))


def test_python_and_date_can_be_asked_for() -> None:
    found = requirements.resolve(program("x = 1"), python="3.12.1", as_of="2024-01-01")
    assert (found.python, found.as_of) == ("3.12", "2024-01-01")


def test_what_exists_only_on_a_service_is_refused() -> None:
    found = resolved("from google.colab import drive\nimport detectron2")
    assert found.requirements == ()
    assert [str(each.where) for each in found.refused] == ["cell 0, line 1", "cell 0, line 2"]


def test_what_the_project_needs_is_added_once() -> None:
    found = requirements.including(resolved("import joblib"), ["joblib", "uvicorn[standard]>=0.30"], "the service")
    assert lines(found) == ["joblib", "uvicorn[standard]>=0.30"]
    again = requirements.including(resolved("import never_heard_of"), ["xgboost"], "the project")
    assert lines(again) == ["xgboost"]
    assert [each.package for each in again.system] == ["libgomp1"]


def test_system_packages_come_from_what_is_installed() -> None:
    found = resolved("import lightgbm, cv2, graphviz, pytesseract")
    packages = [each.package for each in found.system]
    assert packages == ["graphviz", "libgl1", "libglib2.0-0", "libgomp1", "tesseract-ocr"]
    assert resolved("try:\n    import pandas\nexcept ImportError:\n    import lightgbm").system == ()


def test_a_local_modules_own_imports_are_required(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "__init__.py").write_text("from . import inner\nimport os")
    (tmp_path / "mine" / "inner.py").write_text("from .other import x\nimport beside, numpy")
    (tmp_path / "mine" / "other.py").write_text("import scipy.stats\nimport mine")
    (tmp_path / "mine" / "unused.py").write_text("import torch")
    (tmp_path / "beside.py").write_text("try:\n    import numba\nexcept ImportError:\n    numba = None")
    found = requirements.resolve(program("import mine", tmp_path / "a.ipynb"))
    assert {each.distribution: each.optional for each in found.requirements} == {
        "scipy": False,
        "numba": True,
        "numpy": False,
    }
    assert [each.name for each in found.local] == ["mine"]


@pytest.mark.parametrize(
    ("code", "as_of", "expected"),
    [
        ("pd.read_excel('a.xlsx')", "2020-03-01", ["pandas", "xlrd<2"]),
        ("pd.read_excel('a.xlsx')", "2021-03-01", ["pandas", "openpyxl"]),
        ("pd.read_excel('a.xlsx')", "2024-03-01", ["pandas", "openpyxl"]),
        ("pd.read_excel('a.xlsx')", None, ["pandas", "openpyxl"]),
        ("pd.read_excel('a.xlsx').ix[0]", None, ["pandas<1.0.0", "xlrd<2"]),
    ],
)
def test_a_need_can_be_one_of_old_versions(code: str, as_of: str | None, expected: list[str]) -> None:
    found = requirements.resolve(program(f"import pandas as pd\n{code}", python="3.8.1"), as_of=as_of)
    assert lines(found) == expected


@pytest.mark.parametrize(
    ("code", "as_of", "expected"),
    [
        ("import xgboost, cv2", None, ["xgboost-cpu", "opencv-python-headless"]),
        ("import xgboost, cv2\ncv2.imshow('a', b)", "2022-01-01", ["xgboost", "opencv-python"]),
    ],
)
def test_the_cpu_can_be_enough(code: str, as_of: str | None, expected: list[str]) -> None:
    found = requirements.resolve(program(code, python="3.8.1"), as_of=as_of, cpu=True)
    assert not any("NCCL" in (each.note or "") for each in found.requirements if each.lockable and "cpu" in each.line)
    assert lines(found) == expected
    assert lines(requirements.resolve(program("import xgboost"))) == ["xgboost"]


@pytest.mark.parametrize(("as_of", "needed"), [("2020-03-01", True), ("2021-03-01", False)])
def test_old_seaborn_leaves_densities_to_statsmodels(as_of: str, needed: bool) -> None:  # noqa: FBT001 - a case
    code = "# In [1]:\nimport seaborn as sns\nsns.pairplot(df)\n"
    found = requirements.resolve(parse(Notebook.from_prompts(code)), as_of=as_of)
    assert ("statsmodels" in {each.distribution for each in found.requirements}) is needed

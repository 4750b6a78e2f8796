"""The files a notebook reads: which path, which file, which setting; and the files it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nb2prod.dataflow import Dataflow, analyse
from nb2prod.notebook import Notebook
from nb2prod.plan.data import constant_names, data_reads, fold
from nb2prod.plan.lambdas import named_lambdas
from nb2prod.plan.literals import literals
from nb2prod.plan.looked_through import looked_through
from nb2prod.plan.outputs import folders, outputs
from nb2prod.plan.plan import plan
from nb2prod.program import parse

if TYPE_CHECKING:
    import ast
    from pathlib import Path


def _flow(text: str) -> Dataflow:
    return analyse(
        parse(Notebook.from_prompts(f"# In [1]:\nimport pandas as pd, os\nfrom pathlib import Path\n{text}"))
    )


PATHS = {
    "'a.csv'": "a.csv",
    "FOLDER + 'a.csv'": "in/a.csv",
    "f'{FOLDER}a.csv'": "in/a.csv",
    "os.path.join(FOLDER, 'b', 'a.csv')": "in/b/a.csv",
    "Path(FOLDER) / 'a.csv'": "in/a.csv",
    "f'{n}.csv'": None,
    "LATER": "in/b/c.csv",
    "Path(FOLDER, 'b').joinpath('a.csv')": "in/b/a.csv",
    "str(Path(FOLDER) / 'a.csv')": "in/a.csv",
    "os.path.join(os.getcwd(), 'a.csv')": "./a.csv",
    "'{}{}.csv'.format(FOLDER, 'a')": "in/a.csv",
    "'{:>9}.csv'.format(FOLDER)": None,
    "TWICE + 'a.csv'": None,
    "load()": None,
}


@pytest.mark.parametrize(("code", "expected"), PATHS.items(), ids=PATHS.keys())
def test_paths_made_of_constants(code: str, expected: str | None) -> None:
    flow = _flow(f"FOLDER = 'in/'\nTWICE = 'x'\nTWICE = 'y'\nLATER = FOLDER + 'b/c.csv'\nresult = {code}")
    assigned: ast.Assign = flow.program.statements[-1].node  # type: ignore[assignment] # the last line
    assert fold(assigned.value, constant_names(flow)) == expected


TARGETS = {
    "a.csv": ("data/a.csv", "A_CSV"),
    "./raw/a.csv": ("data/raw/a.csv", "A_CSV"),
    "../up/a.csv": ("data/up/a.csv", "A_CSV"),
    "data/a.csv": ("data/a.csv", "A_CSV"),
    "/kaggle/input/a.csv": ("data/a.csv", "A_CSV"),
    "C:\\\\Users\\\\me\\\\2019 sales.xlsx": ("data/2019 sales.xlsx", "FILE_2019_SALES_XLSX"),
    ".cache/a.csv": ("data/a.csv", "A_CSV"),
    "https://example.org/a.csv": (None, "A_CSV"),
}


@pytest.mark.parametrize(("written", "expected"), TARGETS.items(), ids=TARGETS.keys())
def test_place_and_setting(written: str, expected: tuple[str | None, str], tmp_path: Path) -> None:
    (read,) = data_reads(_flow(f"df = pd.read_csv('{written}')"), tmp_path)
    assert (read.file.target, read.setting) == expected
    assert read.file.source is None
    assert read.file.reason


def test_a_file_is_found_beside_the_notebook_or_said_to_lie_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "nb").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "nb" / "a.csv").write_text("1")
    (tmp_path / "b.csv").write_text("1")
    found = data_reads(_flow("a = pd.read_csv('a.csv')\nb = pd.read_csv('in/b.csv')"), tmp_path / "nb")
    assert [read.file.source for read in found] == [tmp_path / "nb" / "a.csv", tmp_path / "nb" / ".." / "b.csv"]
    assert "../b.csv has its name and was taken" in (found[1].file.reason or "")
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "b.csv").write_text("2")
    (read,) = data_reads(_flow("b = pd.read_csv('in/b.csv')"), tmp_path / "nb")
    assert read.file.source is None
    assert read.file.reason == "it is not where the notebook says, but see ../b.csv or ../raw/b.csv"


def test_two_files_of_one_name_have_two_places(tmp_path: Path) -> None:
    found = data_reads(
        _flow("a = pd.read_csv('a.csv')\nb = pd.read_csv('../a.csv')\nc = pd.read_csv('./a.csv')"), tmp_path
    )
    assert [(read.file.target, read.setting) for read in found] == [
        ("data/a.csv", "A_CSV"), ("data/2-a.csv", "A_CSV_2"), ("data/a.csv", "A_CSV"),
    ]  # fmt: skip


def test_what_is_there_gets_the_plain_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1")
    absent, there = data_reads(_flow("a = pd.read_csv('/content/a.csv')\nb = pd.read_csv('a.csv')"), tmp_path)
    assert (there.file.target, there.setting) == ("data/a.csv", "A_CSV")
    assert (absent.file.target, absent.setting) == ("data/2-a.csv", "A_CSV_2")


def test_a_path_that_is_tried_first_stays(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1")
    text = "try:\n    a = pd.read_csv('/home/me/a.csv')\nexcept FileNotFoundError:\n    a = pd.read_csv('a.csv')"
    assert [read.file.written for read in data_reads(_flow(text), tmp_path)] == ["a.csv"]


def test_what_may_be_unpacked_stays(tmp_path: Path) -> None:
    text = "import zipfile\nzipfile.ZipFile('z.zip').extractall()\na = pd.read_csv('a.csv')"
    (tmp_path / "z.zip").write_text("1")
    assert [read.file.written for read in data_reads(_flow(text), tmp_path)] == ["z.zip"]


def test_folders_that_are_looked_through(tmp_path: Path) -> None:
    for name in ("in/a.csv", "in/b.csv", "in/c.txt", "img/cat/1.png", "img/dog/2.png", "img/.hidden/3.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    flow = _flow(
        "from glob import glob\nHERE = 'in'\nx = glob(HERE + '/*.csv')\ny = os.listdir('img')\n"
        "z = Path('gone').glob('*')\nu = os.listdir('/content')"
    )
    found = looked_through(flow, tmp_path)
    assert [(file.written, file.target) for file in found] == [
        ("in/a.csv", "in/a.csv"), ("in/b.csv", "in/b.csv"), ("img/cat/1.png", "img/cat/1.png"),
        ("img/dog/2.png", "img/dog/2.png"), ("gone", None),
    ]  # fmt: skip
    assert "nothing is there" in (found[-1].reason or "")
    for number in range(101):
        (tmp_path / "in" / f"{number}.csv").write_text("1")
    assert (
        "in",
        "the notebook looks through it, and it holds more than 100 files; put it into the project's folder",
    ) in [(file.written, file.reason) for file in looked_through(flow, tmp_path)]


def test_a_link_to_itself_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to("a.csv")
    (read,) = data_reads(_flow("a = pd.read_csv('a.csv')"), tmp_path)
    assert read.file.source is None
    assert read.file.reason == "it is not where the notebook says"


def test_a_changed_folder_counts(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("1")
    flow = _flow("os.chdir('in')\na = pd.read_csv('a.csv')\nos.chdir(where)\nb = pd.read_csv('b.csv')")
    found = data_reads(flow, tmp_path)
    assert [(read.file.written, read.file.source) for read in found] == [
        ("in/a.csv", tmp_path / "in" / "a.csv"),
        ("b.csv", None),
    ]


def test_a_setting_hides_no_name_of_the_notebook(tmp_path: Path) -> None:
    (read,) = data_reads(_flow("A_CSV = 3\ndf = pd.read_csv('a.csv')"), tmp_path)
    assert read.setting == "A_CSV_2"


MADE = {
    "read, then written": ("x = open('a.txt').read()\nopen('a.txt', 'w').write('b')", 1),
    "written, then read": ("open('a.txt', 'w').write('b')\nx = open('a.txt').read()", 0),
    "written as a table, then read": ("df = pd.DataFrame()\ndf.to_csv('a.csv')\nx = pd.read_csv('a.csv')", 0),
    "another file is written": ("open('b.txt', 'w').write('b')\nx = open('a.txt').read()", 1),
    "written and read in one statement": ("with open('a.txt', 'w') as f:\n    f.write('b')", 0),
    "appended to": ("with open('a.txt', mode='a') as f:\n    f.write('b')", 0),
}


@pytest.mark.parametrize(("text", "number"), MADE.values(), ids=MADE.keys())
def test_files_that_the_notebook_makes_are_no_data(text: str, number: int, tmp_path: Path) -> None:
    assert len(data_reads(_flow(text), tmp_path)) == number


def test_a_path_with_a_name_keeps_it(tmp_path: Path) -> None:
    """The constant becomes the setting; one that is only a part of a path is needed no more."""
    made = plan(
        _flow(
            "SOURCE = 'a.csv'\nFOLDER = 'in/'\na = pd.read_csv(SOURCE)\nb = pd.read_csv(FOLDER + 'b.csv')\nboth = a, b"
        ),
        tmp_path,
    )
    assert [(read.setting, read.constant is not None) for read in made.data] == [("SOURCE", True), ("B_CSV", False)]
    dropped = [s for s, role in zip(made.flow.program.statements, made.roles, strict=True) if role.purpose == "dropped"]
    assert [made.flow.program.source(s) for s in dropped] == ["FOLDER = 'in/'"]


def test_folders_that_outputs_need(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    text = """df = pd.DataFrame()
df.to_csv('a.csv')
df.to_csv('kept/a.csv')
df.to_csv('absent/a.csv')
df.to_csv('../up/a.csv')
back = pd.read_csv('../up/a.csv')
df.to_csv('/tmp/a.csv')"""
    found = outputs(_flow(text), tmp_path)
    assert [(one.path, one.folder, one.argument is not None) for one in found] == [
        ("a.csv", None, False), ("kept/a.csv", "kept", False), ("absent/a.csv", None, False),
        ("output/up/a.csv", "output/up", True), ("output/up/a.csv", "output/up", True),
    ]  # fmt: skip
    assert folders(found, range(5)) == ("kept",)
    assert folders(found, range(99)) == ("kept", "output/up")


LITERALS = {
    "agree": ("f(random_state=1)\ng(random_state=1, test_size=.2)", {"SEED": "1", "TEST_SIZE": "0.2"}),
    "do not agree": ("f(random_state=1)\ng(random_state=2, test_size=.2)", {"TEST_SIZE": "0.2"}),
    "one and one point nought": ("f(test_size=1)\ng(test_size=1.0)", {}),
    "None, a name, True": ("f(random_state=None, test_size=n, seed=True)", {}),
    "seeded": ("import numpy as np\nnp.random.seed(7)\nf(random_state=7)", {"SEED": "7"}),
}


@pytest.mark.parametrize(("text", "expected"), LITERALS.values(), ids=LITERALS.keys())
def test_numbers_that_agree(text: str, expected: dict[str, str]) -> None:
    flow = _flow(text)
    assert {one.setting: one.value for one in literals(flow, flow.order, ())} == expected
    assert not literals(flow, flow.order, {"SEED", "TEST_SIZE"})


LAMBDAS = {
    "Step(lambda x: x + 1)": ["step_function"],
    "Step(key=lambda x: len(x))": ["step_key"],
    "OneHotEncoder(key=lambda x: 1, other=lambda x: 2)": ["one_hot_encoder_key", "one_hot_encoder_other"],
    "Step(lambda x: x + variable)": [],
    "frame.apply(lambda x: x)": [],
    "[Step(lambda x: i) for i in [1]]": [],
    "Step(lambda x: (y := x))": [],
}


@pytest.mark.parametrize(("code", "expected"), LAMBDAS.items(), ids=LAMBDAS.keys())
def test_lambdas_that_get_a_name(code: str, expected: list[str]) -> None:
    flow = _flow(code)
    assert [one.name for one in named_lambdas(flow, flow.order, {"len"}, ())] == expected


MODELS = {
    "one model": ("m = Ridge(alpha=3)", {"ALPHA": "3"}),
    "one model, fitted at once": ("m = Ridge(alpha=3, solver='svd').fit(X, y)", {"ALPHA": "3", "SOLVER": "'svd'"}),
    "two models": ("a = Ridge(alpha=3)\nb = SVC(C=2)", {"A_ALPHA": "3", "B_C": "2"}),
    "what is no choice": ("m = Ridge(alpha=n, n_jobs=4, copy_X=True)", {}),
    "no model": ("m = StandardScaler(with_mean=1)", {}),
    "a name bound twice": ("m = Ridge(alpha=3)\nm = Ridge(alpha=4)", {}),
    "seeds that differ": ("m = Ridge(random_state=1)\nf(random_state=2)", {"RANDOM_STATE": "1"}),
    "a name that is taken": ("ALPHA = 3\nm = Ridge(alpha=4)", {}),
    "a positional number": ("m = Ridge(3)", {}),
}


@pytest.mark.parametrize(("text", "expected"), MODELS.values(), ids=MODELS.keys())
def test_what_models_are_made_with(text: str, expected: dict[str, str]) -> None:
    flow = _flow(text)
    found = literals(flow, flow.order, {"ALPHA"} if "ALPHA" in text else (), flow.order)
    assert {one.setting: one.value for one in found} == expected


def test_of_many_models_the_last_is_the_one_to_tune() -> None:
    many = "\n".join(f"m{i} = Ridge(alpha={i})" for i in range(13))
    flow = _flow(many)
    assert [one.setting for one in literals(flow, flow.order, (), flow.order)] == ["M12_ALPHA"]

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nb2prod.notebook import Notebook
from nb2prod.problems import Refusal
from nb2prod.program import parse
from nb2prod.requirements import installers
from nb2prod.requirements.installers import Found, Named, SystemNamed

if TYPE_CHECKING:
    from pathlib import Path


def found(code: str, folder: Path | None = None) -> tuple[Found, ...]:
    return installers.find(parse(Notebook.from_prompts(f"# In [1]:\n{code}\n")), folder)


def named(code: str, folder: Path | None = None) -> list[str]:
    lines = [each for each in found(code, folder) if isinstance(each, Named)]
    return [
        each.distribution + (f"[{','.join(each.extras)}]" if each.extras else "") + each.specifier for each in lines
    ]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("!pip install pandas==1.5.3 -q", ["pandas==1.5.3"]),
        ("%pip install --upgrade pip_x Y.Z", ["pip-x", "y-z"]),
        ("pip install seaborn", ["seaborn"]),
        ("!pip3 install 'pandas>=1,<2'", ["pandas<2,>=1"]),
        ("!pip install pandas>=1.0", ["pandas>=1.0"]),
        ("!pip install x > /dev/null 2>&1", ["x"]),
        ("!{sys.executable} -m pip install x", ["x"]),
        ("!python3 -m pip install x", ["x"]),
        ("!sudo pip install x && pip install y; echo install done", ["x", "y"]),
        ("out = !pip install x", ["x"]),
        ("!pip install -U x --timeout 5 -c constraints.txt", ["x"]),
        ("!pip install dask[complete,array]", ["dask[array,complete]"]),
        ("!pip install sklearn==0.0", ["scikit-learn"]),
        ("!pip install tensorflow-gpu==2.3.0", ["tensorflow==2.3.0"]),
        ("!pip install {name}", []),
        ("%%bash\nset -e\npip install x \\\n  y\n", ["x", "y"]),
        ("%%html\npip install x", []),
        ("import os\nos.system('pip install x')", ["x"]),
        ("import subprocess\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'x==1'])", ["x==1"]),
        ("import pip\npip.main(['install', 'x'])", ["x"]),
        ("%conda install -c conda-forge x=1.2 -y", ["x==1.2.*"]),
        ("!conda install pytorch::pytorch cudatoolkit=11.3", ["torch"]),
        ("!mamba install 'x>=2'", ["x>=2"]),
        ("print('pip install x')", []),
        ("!pip uninstall x", []),
        ("!npm install x", []),
        ("!echo install x", []),
    ],
)
def test_install_lines_name_distributions(code: str, expected: list[str]) -> None:
    assert named(code) == expected


def test_a_commented_line_is_evidence_but_weaker() -> None:
    (each,) = found("x = 1\n  # !pip install y==2")
    assert isinstance(each, Named)
    assert (each.distribution, each.commented, each.where.line, each.where.column) == ("y", True, 2, 5)


def test_a_cell_that_does_not_parse_keeps_its_install_lines() -> None:
    assert named("!pip install x==1\ndef (:") == ["x==1"]


@pytest.mark.parametrize(
    "words",
    [
        "git+https://github.com/a/b.git",
        "https://files.example.com/a.whl",
        "./a.whl",
        "-e .",
        "-i https://index.example.com/simple x",
        "--extra-index-url=https://index.example.com/simple x",
        "-f https://example.com/links.html x",
        "'a @ https://example.com/a.zip'",
        "not!!a!!requirement",
    ],
)
def test_what_no_locker_may_see_is_refused_with_its_place(words: str) -> None:
    refused = [each for each in found(f"x = 1\n!pip install {words}") if isinstance(each, Refusal)]
    assert len(refused) == 1
    assert refused[0].where is not None
    assert refused[0].where.line == 2
    assert refused[0].way_out


def test_no_secret_is_repeated() -> None:
    (refused,) = [
        each
        for each in found("!pip install -i https://me:secret@x.example/simple?token=t y")
        if isinstance(each, Refusal)
    ]
    assert "secret" not in str(refused)
    assert "token" not in str(refused)
    assert "x.example" in str(refused)


def test_a_requirements_file_beside_the_notebook_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    text = "# pins\npandas==1.5.3  # why\n-i https://x.example\nnumpy==1.24 ; python_version > '3'\ngit+https://x.example/a\n"
    (folder / "requirements.txt").write_text(text)
    (tmp_path / "secret.txt").write_text("x==1\n")
    assert named("!pip install -r requirements.txt", folder) == ["pandas==1.5.3", "numpy==1.24"]
    assert named("!pip install -r ../../secret.txt", folder) == []
    assert named("!pip install -r missing.txt", folder) == []
    assert named("!pip install -r requirements.txt") == []


def test_apt_lines_name_system_packages() -> None:
    assert (
        next(each for each in found("!apt-get install -y -qq graphviz") if isinstance(each, SystemNamed)).package
        == "graphviz"
    )

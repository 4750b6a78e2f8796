"""What the project computes is what the notebook computes: both are run, and their values compared."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.refactor.running import tiny

if TYPE_CHECKING:
    from pathlib import Path

# A model small enough to be written in a cell.
MODEL = """
class Mean:
    def fit(self, rows):
        self.mean = sum(rows) / len(rows)
        return self
    def predict(self, rows):
        return [self.mean for _ in rows]
    def score(self, rows):
        return self.mean
model = Mean()
"""

NOTEBOOKS = {
    "a function reads a name that is bound again later": """
# In:
scale = 2
def scaled(x):
    return x * scale
first = scaled(3)
scale = 10
second = scaled(3)
""",
    "a function counts with global": """
# In:
calls = 0
def count():
    global calls
    calls = calls + 1
for _ in range(3):
    count()
total = calls
""",
    "global of two names, one of which no statement binds": """
# In:
seen = []
done = 0
def note(x):
    global done, latest
    seen.append(x)
    done = len(seen)
    latest = x
note("a")
note("b")
result = (done, latest)
""",
    "global at the top of a cell": """
# In:
global level
level = 3
double = level * 2
""",
    "a builtin is read and then bound": """
# In:
numbers = list(range(4))
largest = max(numbers)
max = 7
list = [max, largest]
""",
    "a builtin is bound from itself": """
# In:
sum = sum([1, 2, 3])
type = str(type(sum))
""",
    "a builtin that a function reads is bound later": """
# In:
def size(x):
    return len(x)
before = size([1, 2])
len = lambda x: 99
after = size([1, 2])
""",
    "a name of a star import is bound from itself": """
# In:
from math import *
half = pi / 2
e = e + 1
root = sqrt(16)
""",
    "the last of two star imports wins": """
# In:
from math import *
from cmath import *
root = str(sqrt(4))
""",
    "a function like train": """
# In:
def train(x):
    return x + 1
result = train(4)
""",
    "a constant and a function like modules of ours": """
# In:
settings = 3
def explore(models):
    return models * settings
pictures = explore(2)
""",
    "a lambda in a loop keeps its loop variable": """
# In:
functions = []
for i in range(3):
    functions.append(lambda: i)
results = [f() for f in functions]
""",
    "a class body reads a variable": """
# In:
width = [1, 2]
width.append(3)
class Box:
    sides = len(width)
    def area(self):
        return self.sides * len(width)
area = Box().area()
""",
    "a function defined after its user": """
# In:
def outer(x):
    return inner(x) + 1
def inner(x):
    return x * 2
result = outer(5)
""",
    "a definition in a branch": """
# In:
try:
    import no_such_module_at_all as fast
except ImportError:
    fast = None
if fast is None:
    def power(x):
        return x ** 2
else:
    power = fast.power
result = power(3)
""",
    "a lambda with a name at module level": """
# In:
half = lambda x: x / 2
quarter = lambda x: half(half(x))
result = quarter(8)
""",
    "deleted and bound again": """
# In:
x = [1, 2]
y = len(x)
del x
x = "new"
""",
    "a default value that acts when defined": """
# In:
import random
random.seed(3)
def draw(x=random.random()):
    return x
first = random.random()
second = draw()
""",
    "in place, augmented, unpacked, walrus, match": """
# In:
rows = [3, 1, 2]
rows.sort()
rows += [9]
first, *rest = rows
if (n := len(rows)) > 3:
    kind = "long"
match first:
    case 1:
        name = "one"
    case _:
        name = "other"
""",
    "main guard": """
# In:
def work():
    return 3
if __name__ == "__main__":
    result = work()
""",
    "with and try": """
# In:
import io
with io.StringIO("a b") as file:
    words = file.read().split()
try:
    number = int(words[0])
except ValueError as error:
    number = str(error)
finally:
    words.append("end")
""",
    "semicolons and comments": """
# In:
a = 1; b = 2
if a: c = 3; d = 4
# between
e = 5  # behind
# below
# In:
f = '''not
  moved'''
""",
    "a seed that other statements use": """
# In:
import random
random.seed(7)
# In:
unused = random.random()
# In:
drawn = random.random()
""",
    "future annotations": """
# In:
from __future__ import annotations
def f(x: int) -> int:
    return x
result = f.__annotations__
""",
}


@pytest.mark.parametrize("text", NOTEBOOKS.values(), ids=NOTEBOOKS.keys())
def test_train_without_a_model_computes_the_same(text: str, tmp_path: Path) -> None:
    made = tiny(tmp_path, text)
    expected, found = made.plain().values, made.run().values
    compared = {
        name: value for name, value in expected.items() if name in found and not re.search(" at 0x|<class", value)
    }
    bound = {name for one in made.conversion.statements for name in one.binds if one.role == "train"}
    assert {name: found[name] for name in compared} == compared
    assert {name for name in bound if name in expected} <= found.keys() | {"latest"}  # `latest` is global


@pytest.mark.parametrize("text", NOTEBOOKS.values(), ids=NOTEBOOKS.keys())
def test_emitted_code_is_clean(text: str, tmp_path: Path) -> None:
    made = tiny(tmp_path, text)
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "E9,F", "src"]
    done = subprocess.run(command, cwd=made.project, capture_output=True, text=True, check=False)  # noqa: S603 - ruff
    assert done.returncode == 0, done.stdout
    assert "F821" not in "".join(module.code for module in made.conversion.modules)


SHOWN = {
    "the last expression of each cell": """
# In:
x = [1, 2]
x
# In:
len(x)
""",
    "what is shown between": """
# In:
x = 5
x
y = 6
y
# In:
x;
""",
    "printed in a loop": """
# In:
for i in range(2):
    print(i)
# In:
display("text")
""",
}


@pytest.mark.parametrize(
    ("text", "expected"), list(zip(SHOWN.values(), ("[1, 2]\n2\n", "6\n", "0\n1\ntext\n"), strict=True)), ids=SHOWN
)
def test_explore_shows_what_the_notebook_shows(text: str, expected: str, tmp_path: Path) -> None:
    assert tiny(tmp_path, text).run("explore").printed == expected


def test_a_model_is_trained_stored_and_measured(tmp_path: Path) -> None:
    made = tiny(
        tmp_path,
        f"# In:\n{MODEL}\nrows = [1, 2, 6]\nmodel.fit(rows)\nprint('score', model.score(rows))\n# In:\nprint(rows)",
    )
    ran = made.run()
    assert ran.printed == "score 3.0\n"  # what is not about the model is explore's
    assert made.run("explore").printed == "[1, 2, 6]\n"
    assert list((made.project / "models").glob("*/model.joblib"))


FITTED = {
    "model.fit([1])": "model",
    "model = Mean().fit([1])": "model",
    "fitted = model.fit([1])": "model",
    "model.fit([1])\nother = Mean()\nother.fit([2])": "other",
    "for m in [Mean()]:\n    m.fit([1])": None,
    "model.fit([1])\nfor m in [Mean()]:\n    m.fit([1])": "model",
}


@pytest.mark.parametrize(("code", "name"), FITTED.items(), ids=FITTED.keys())
def test_the_model_fitted_last_is_stored(code: str, name: str | None, tmp_path: Path) -> None:
    text = tiny(tmp_path, f"# In:\n{MODEL}\n{code}").module("train.py")
    assert (f"models.save({name}, " in text) if name else ("models.save" not in text)


def test_functions_of_a_stored_model_are_importable(tmp_path: Path) -> None:
    made = tiny(tmp_path, f"# In:\n{MODEL}\nmodel.fit([1, 2])")
    assert "class Mean" in made.module("functions.py")
    made.run()
    code = "import joblib, glob; print(joblib.load(glob.glob('models/*/model.joblib')[0]).mean)"
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own project
        [sys.executable, "-c", code],
        cwd=made.project,
        env={"PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "1.5\n"


def test_data_is_read_where_the_project_has_it(tmp_path: Path) -> None:
    text = """
# In:
FOLDER = "raw/"
NAME = "raw/b.csv"
first = open(FOLDER + "a.csv").read()
second = open(NAME).read()
third = open("c.csv").read()
"""
    made = tiny(tmp_path, text, raw__a_csv="1", raw__b_csv="2", c_csv="3")
    found = made.run().values
    assert [found[name] for name in ("first", "second", "third")] == ["'1'", "'2'", "'3'"]
    assert "FOLDER" not in made.module("settings.py")
    assert 'NAME = "data/raw/b.csv"' in made.module("settings.py")


def test_an_address_is_a_setting_too(tmp_path: Path) -> None:
    text = """
# In:
def read_csv(path):
    return path
NAMED = "https://example.org/b.csv"
values = [read_csv("https://example.org/a.csv"), read_csv(NAMED)]
"""
    made = tiny(tmp_path, text)
    assert 'A_CSV = "https://example.org/a.csv"' in made.module("settings.py")
    assert made.run().values == {"values": "['https://example.org/a.csv', 'https://example.org/b.csv']"}


def test_a_file_that_the_notebook_writes_is_read_from_there(tmp_path: Path) -> None:
    text = """
# In:
with open("kept/made.txt", "w") as file:
    file.write("mine")
back = open("kept/made.txt").read()
with open("../made.txt", "w") as file:
    file.write("outside")
outside = open("../made.txt").read()
"""
    made = tiny(tmp_path, text, kept__x_csv="")
    assert {k: v for k, v in made.run("explore").values.items() if k in {"back", "outside"}} == {
        "back": "'mine'",
        "outside": "'outside'",
    }
    assert not (tmp_path / "made.txt").exists()


def test_a_file_that_is_read_and_then_overwritten(tmp_path: Path) -> None:
    text = """
# In:
before = open("a.csv").read()
with open("a.csv", "w") as file:
    file.write("new")
after = open("a.csv").read()
"""
    values = tiny(tmp_path, text, a_csv="old").run("explore").values
    assert (values["before"], values["after"]) == ("'old'", "'new'")


def test_seeds_and_shares_become_settings_where_they_agree(tmp_path: Path) -> None:
    text = """
# In:
import random
def split(rows, test_size, random_state):
    return rows[: int(len(rows) * test_size)], random_state
a = split([1, 2, 3, 4], test_size=0.5, random_state=42)
b = split([1, 2, 3, 4], test_size=0.25, random_state=42)
random.seed(42)
c = random.random()
"""
    made = tiny(tmp_path, text)
    assert "SEED = 42" in made.module("settings.py")
    assert "TEST_SIZE" not in made.module("settings.py")
    assert "random_state=settings.SEED" in made.module("train.py")
    assert made.run().values["c"] == made.plain().values["c"]


def test_lambdas_given_to_an_estimator_become_functions(tmp_path: Path) -> None:
    text = """
# In:
class Step:
    def __init__(self, function, key=None):
        self.function, self.key = function, key
    def fit(self, rows):
        return self
model = Step(lambda x: abs(x) + 1, key=lambda y: -y)
model.fit([1])
score = model.function(-3)
"""
    made = tiny(tmp_path, text)
    assert "def step_function(x):\n    return abs(x) + 1" in made.module("functions.py")
    assert "def step_key(y):" in made.module("functions.py")
    made.run()
    assert list((made.project / "models").glob("*/model.joblib"))


def test_a_model_that_holds_a_local_function_is_not_stored(tmp_path: Path) -> None:
    text = """
# In:
class Step:
    def __init__(self, function):
        self.function = function
    def fit(self, rows):
        self.rows = [self.function(row) for row in rows]
        return self
shift = [1]
model = Step(lambda x: x + len(shift)).fit([1])
"""
    made = tiny(tmp_path, text)
    assert "models.save" not in made.module("train.py")
    assert "The model is not stored" in made.module("train.py")
    assert "Step(lambda x: x + len(shift))" in made.module("train.py")  # it reads a variable: it stays
    made.run()


CUT = f"""
# In:
# Markdown
# Work
# In:
{MODEL}
# In:
# Markdown
## Load the rows
# In:
rows = [4, 2, 9, None]
limit = [8]
count = 0
# In:
# Markdown
## Clean
# In:
rows = [row for row in rows if row is not None]
# small ones only
small = [row for row in rows if row < limit[0]]
count += len(small)
keep = lambda: len(small)
# In:
# Markdown
## Fit it!
# In:
rows = [1]
data = [row + rows[0] for row in small]
model.fit(data)
print("mean", model.score(data), count, keep())
"""


def test_training_is_cut_along_headings(tmp_path: Path) -> None:
    made = tiny(tmp_path, CUT)
    code = made.module("train.py")
    assert "    rows, limit, count = load_the_rows()\n" in code
    assert "    count, small, keep = clean(rows, limit, count)\n" in code
    assert "    fit_it(model, count, small, keep)\n" in code
    assert '"""Clean (cell 5)."""' in code
    assert "    # small ones only\n" in code
    assert "# Clean" not in code
    assert made.run().printed == made.plain().printed == "mean 4.0 2 2\n"


NOT_CUT = {
    "a name is bound anew while a lambda reads it": (
        "keep = lambda: len(small)",
        "keep = lambda: len(rows)",
        "def clean",
    ),
    "a name is bound only perhaps": ("count = 0\n", "if rows: count = 0\n", "def load_the_rows"),
    "a name is deleted": ("limit = [8]", "for one in [8]:\n    limit = [one]\n    del one", "def clean"),
    "a function says global": (
        "count = 0\n",
        "count = 9\ndef g():\n    global count\n    count = 0\ng()\n",
        "def clean",
    ),
    "a query is not written out": ("count = 0\n", "count = 0\nrows += [len(Query().query(count))]\n", "def clean"),
}
QUERY = "class Query:\n    def query(self, text):\n        return str(text)\n"


@pytest.mark.parametrize(("old", "new", "absent"), NOT_CUT.values(), ids=NOT_CUT.keys())
def test_what_is_not_provably_the_same_stays(old: str, new: str, absent: str, tmp_path: Path) -> None:
    assert old in CUT
    made = tiny(tmp_path, CUT.replace(old, new).replace("model = Mean()", f"model = Mean()\n{QUERY}"))
    assert absent not in made.module("train.py").replace("def train", "")
    assert made.run().printed == made.plain().printed


STILL_CUT = {
    "a builtin is bound": ("limit = [8]", "count = max(rows[:2])\nmax = 8\nlimit = [max]"),
    "a name is deleted": ("limit = [8]", "limit = [8]\nother = limit\ndel other"),
    "a query names a variable": (
        "small = [row for row in rows if row < limit[0]]",
        "import pandas as pd\nmost = limit[0]\nsmall = pd.DataFrame({'a': rows}).query('a < @most')['a'].tolist()",
    ),
    "a query names a variable of before": (
        "small = [row for row in rows if row < limit[0]]",
        "import pandas as pd\nsmall = pd.DataFrame({'row': rows}).query('row < @limit[0] + @count')['row'].tolist()",
    ),
    "a loop binds names of its own": (
        "count += len(small)",
        "for row in small:\n    half = row / 2\n    count += half + half",
    ),
}


@pytest.mark.parametrize(("old", "new"), STILL_CUT.values(), ids=STILL_CUT.keys())
def test_what_is_the_same_is_cut(old: str, new: str, tmp_path: Path) -> None:
    assert old in CUT
    made = tiny(tmp_path, CUT.replace(old, new))
    assert "def clean(" in made.module("train.py")
    assert made.run().printed == made.plain().printed


EXPLORED = """
# In:
# Markdown
# Sales
What sells?
# In:
limit = 3
# In:
# Markdown
## Look
at *all* of them, see [this](https://example.org/a)
# In:
rows = [1, 2, 3, 4]
most = max(rows)
print(rows)
# print(len(rows))
# In:
# rows = rows[:2]
# In:
# Markdown
## Small ones
# In:
small = []
for row in rows:
    # not too large
    if row < limit:  # small enough
        half = row / 2
        small.append(half)
print(small, most)
# In:
# Markdown
That is all.
"""


def test_what_only_shows_is_cut_and_keeps_text_and_comments(tmp_path: Path) -> None:
    made = tiny(tmp_path, EXPLORED + "# In:\nopen('out.txt', 'w').write('x')\n")
    code = made.module("explore.py")
    assert "    rows, most = look()\n    small_ones(limit, rows, most)\n" in code
    assert "    print(rows)\n    # print(len(rows))\n    return rows, most\n" in code
    assert '"""Look (cell 3).\n\n    at all of them, see this (https://example.org/a)\n    """' in code
    assert "    # rows = rows[:2]\n" in code
    assert "        # not too large\n        if row < limit:  # small enough\n" in code
    assert made.run("explore").printed == made.plain().printed
    train = made.module("train.py")
    assert "Sales\n\nWhat sells?" in train
    assert "That is all." in train


def test_modules_beside_the_notebook_come_along(tmp_path: Path) -> None:
    text = """
# In:
import helpers
import models as m, os
from deep.er import inner
import deep.er
from helpers import double as twice
values = [helpers.double(2), m.three(), inner(), deep.er.inner(), twice(5), os.sep]
"""
    made = tiny(
        tmp_path,
        text,
        **{
            "helpers.py": "import models\ndef double(x):\n    return x * 2 + models.three()\n",
            "models.py": "def three():\n    return 3\n",
            "deep/__init__.py": "",
            "deep/er.py": "from helpers import double\nfrom . import er\ndef inner():\n    return double(1)\n",
            "stray.py": "raise SystemExit",
        },
    )
    names = {module.name for module in made.conversion.modules}
    assert {"helpers.py", "notebook_models.py", "deep/__init__.py", "deep/er.py"} <= names
    assert "stray.py" not in names
    assert made.run().values["values"] == made.plain().values["values"]
    shared = {one.where.line for one in made.conversion.statements if one.role == "shared"}
    assert shared == {1, 2, 3, 4, 5}

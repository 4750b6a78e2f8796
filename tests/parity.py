"""Cases for predict: small notebooks, converted, and compared with what they compute themselves (parity_worker.py)."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nb2prod import notebook as notebooks
from nb2prod.convert import static_conversion
from nb2prod.program import parse
from nb2prod.project import build

if TYPE_CHECKING:
    from nb2prod.conversion import Conversion
    from nb2prod.program import Program

WORKER = Path(__file__).with_name("parity_worker.py")
_CASE = re.compile(r"(?ms)^## (?P<name>.+?): (?P<status>ok|refused|either)$\n+```python\n(?P<code>.*?)^```$")
_CELL = re.compile(r"^# %%$\n", re.MULTILINE)

BEGINNING = """\
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier
"""
READ = 'df = pd.read_csv("people.csv")\n'
TARGET = 'y = df["bought"]\n'
ENDING = """\
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)
model = DecisionTreeClassifier(random_state=0)
model.fit(X_train, y_train)
y_pred = model.predict(X_test)
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A notebook and what becomes of its predict.

    `ok`: converted, and equal to the notebook's own; `refused`: what no row has by itself; `either`: refused today,
    equal once it is not. `data` are files of its own in place of DATA's;
    `other` takes the place of the file that is predicted, where the notebook learns nothing from that one.
    """

    name: str
    status: str
    code: str
    data: tuple[tuple[str, bytes], ...] = ()
    other: bytes = b""

    @property
    def final(self) -> str | None:
        """What the notebook's last prediction is in the end: `# final: np.expm1(pred)`."""
        found = re.search(r"^# final: (.+)$", self.code, re.MULTILINE)
        return found[1] if found else None

    @property
    def cells(self) -> list[str]:
        """The cells, with what is the same everywhere: imports, the read, the target, the split and the model."""
        code = self.code
        if not re.search(r"read_(csv|table)|load_iris\(|make_(classification|blobs)\(", code):
            code = READ + code
        if not re.search(r"predict\w*\(", code):
            code += ("" if re.search(r"\by = ", code) else TARGET) + "# %%\n" + ENDING
        return [BEGINNING, *_CELL.split(code)]


@dataclass(frozen=True, slots=True)
class Made:
    """A case converted."""

    conversion: Conversion
    program: Program
    notebook: Path
    project: Path
    final: str | None
    other: bytes = b""


def cases(path: Path) -> list[Case]:
    """The cases of a file: `## name: status` and a block of Python, with `# %%` between cells."""
    text = path.read_text(encoding="utf-8")
    found = [Case(m["name"], m["status"], m["code"]) for m in _CASE.finditer(text)]
    assert len(found) == text.count("\n## ") + text.startswith("## "), f"{path.name} has a heading that is no case"
    return found


def convert(case: Case, folder: Path) -> Made:
    """Write the notebook with its data, convert it and write the project."""
    notebook, project = folder / "notebook", folder / "project"
    notebook.mkdir(parents=True, exist_ok=True)
    for name, content in {**DATA, **dict(case.data)}.items():
        if name in case.code or (name == "people.csv" and READ in "\n".join(case.cells)):
            (notebook / name).write_bytes(content)
    cells = [
        {"cell_type": "code", "metadata": {}, "execution_count": n, "outputs": [], "source": source}
        for n, source in enumerate(case.cells, 1)
    ]
    path = notebook / "case_study.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}), encoding="utf-8")
    read = notebooks.read(path)
    program = parse(read)
    made = static_conversion(program, path)
    for file in build(made, read).files if made.predict.status == "ok" else ():
        target = project / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content if isinstance(file.content, bytes) else file.content.read_bytes())
    return Made(made, program, notebook, project, case.final, case.other)


class Worker:
    """The process that runs notebooks and projects."""

    def __init__(self) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def differences(self, made: Made) -> list[str]:
        """What differs between the notebook and its project; nothing is as it must be."""
        asked = made.conversion.asked
        assert asked is not None
        job = {
            "notebook": str(made.notebook),
            "project": str(made.project),
            "package": made.conversion.package,
            "statements": [made.program.source(s) for s in made.program.statements],
            "statement": asked.statement,
            "input": asked.input,
            "output": asked.output,
            "inside": asked.inside,
            "labelled": asked.rows is not None,
            "final": made.final,
            "other": made.other.decode(),
            "raw": str(made.project / asked.raw) if asked.raw else None,
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        found: list[str] = json.loads(self.process.stdout.readline())
        return found

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


def _people(seed: int, count: int, *, labelled: bool) -> bytes:
    """Rows whose first half differs from the second, so that a statistic of the wrong rows shows."""
    draw = random.Random(seed)  # noqa: S311 - data of a test
    names = ["id", "age", "income", "city", "sex", "member", "size", "joined", "visits", "score", "note"]
    lines = [",".join([*names, "price", "bought"] if labelled else names)]
    for number in range(count):
        late = number / count
        age = round(draw.gauss(30 + 25 * late, 9), 1)
        income = round(draw.lognormvariate(7.5 + late, 0.6), 2)
        city = draw.choices(["Bonn", "Ulm", "Jena", "Kiel", ""], [4, 3, 2 + 3 * late, 1, 0.6])[0]
        sex, member = draw.choice(["male", "female"]), draw.choice(["True", "False"])
        size = draw.choices(["small", "medium", "large"], [3, 2, 1 + late])[0]
        joined = f"20{draw.randint(15, 23)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
        visits = draw.randint(0, 9 + int(12 * late))
        score = round(draw.uniform(0, 1 + late), 4)
        note = " ".join(draw.choices(["good", "bad", "late", "kind", "again"], k=3))
        known_age, known_income = age if draw.random() > 0.12 else "", income if draw.random() > 0.1 else ""
        values = [1000 + number * 3, known_age, known_income, city, sex, member, size, joined, visits, score, note]
        if labelled:
            price = round(20 + age * 1.5 + visits * 4 + draw.gauss(0, 8), 2)
            values += [price, int(score * 3 + visits / 6 + draw.gauss(0, 0.7) > 2.6)]
        lines.append(",".join(map(str, values)))
    return ("\n".join(lines) + "\n").encode()


def _days(first: str = "03/04/2021") -> bytes:
    """Dates with the day first; the first could also be read with the month first."""
    draw = random.Random(5)  # noqa: S311 - data of a test
    lines = ["day,visits,bought", f"{first},4,0"]
    for _ in range(80):
        visits = draw.randint(0, 20)
        lines.append(
            f"{draw.randint(1, 28):02}/{draw.randint(1, 12):02}/2021,{visits},{int(visits + draw.gauss(0, 4) > 9)}"
        )
    return ("\n".join(lines) + "\n").encode()


def _plain() -> bytes:
    """No header, a missing value here and there, the target as the last of four."""
    draw = random.Random(6)  # noqa: S311 - data of a test
    rows = [(draw.gauss(4, 2), draw.randint(1, 9), draw.random()) for _ in range(80)]
    lines = [f"{a:.3f},{b},{c:.3f},{int(a + b > 9)}" if b != 7 else f",{b},{c:.3f},1" for a, b, c in rows]
    return ("\n".join(lines) + "\n").encode()


def _german() -> bytes:
    draw = random.Random(7)  # noqa: S311 - data of a test
    lines = ["Größe;Straße;Menge;gut"]
    for _ in range(80):
        size, amount = draw.gauss(4, 2), draw.randint(900, 4000)
        street = draw.choice(["Süd", "Nord", "Fährweg"])
        comma, point = f"{size:.2f}".replace(".", ","), f"{amount:,}".replace(",", ".")
        lines.append(f"{comma};{street};{point};{int(size > 4)}")
    return ("\n".join(lines) + "\n").encode("latin-1")


def _codes() -> bytes:
    """Text that could be numbers, yes and no, and whole numbers, each with some missing."""
    draw = random.Random(8)  # noqa: S311 - data of a test
    lines = ["code,mixed,flag,level,visits,bought"]
    for number in range(80):
        visits = draw.randint(0, 20)
        mixed = "none" if number == 40 else f"{draw.randint(1, 300)}"
        flag, level = draw.choice(["True", "False", ""]), draw.choice(["1", "2", "3", ""])
        lines.append(
            f"0{draw.randint(0, 2)}{visits},{mixed},{flag},{level},{visits},{int(visits + draw.gauss(0, 4) > 9)}"
        )
    return ("\n".join(lines) + "\n").encode()


def _small(separator: str, header: str, seed: int, first: str = "") -> bytes:
    draw = random.Random(seed)  # noqa: S311 - data of a test
    lines = [first + header]
    for number in range(80):
        values = [round(draw.gauss(4, 2), 3) for _ in range(header.count(separator) - (',"x,y"' in header))]
        if header.startswith(","):
            values[0] = number
        lines.append(separator.join(map(str, [*values, int(sum(values[-2:]) + draw.gauss(0, 1) > 8)])))
    return ("\n".join(lines) + "\n").encode()


DATA = {
    "codes.csv": _codes(),
    "days2.csv": _days(first="13/04/2021"),
    "odd.csv": _small(",", 'a, b c,"x,y",class', 9, "\ufeff"),
    "unnamed.csv": _small(",", ",a,b,y", 10),
    "repeated.csv": _small(",", "a,a,b,y", 11),
    "white.txt": _small(" ", "a b y", 12),
    "tabs.tsv": _small("\t", "a\tb\ty", 13),
    "commented.csv": _small(",", "a,b,y", 14, "# made by a machine\n"),
    "rows.json": b'[{"a": 1, "b": 2, "y": 0}, {"a": 3, "b": 1, "y": 1}, {"a": 2, "b": 0, "y": 1}]',
    "stop.txt": b"late kind",
    "plain.csv": _plain(),
    "german.csv": _german(),
    "days.csv": _days(),
    "people.csv": _people(1, 140, labelled=True),
    "train.csv": _people(2, 110, labelled=True),
    "test.csv": _people(3, 50, labelled=False),
    "cities.csv": b"city,region,inhabitants\nBonn,west,331\nUlm,south,128\nJena,east,111\nKiel,north,247\n",
}

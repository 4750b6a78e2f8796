"""The skeleton's own example as if it had been converted from a notebook: for tests of the project's writer."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nb2prod.conversion import Accounted, Conversion, DataFile, Learnt, Module, Outcome, Place
from nb2prod.notebook import Notebook, read
from nb2prod.problems import Location, Refusal

if TYPE_CHECKING:
    from typing import Literal

SKELETON = Path(__file__).resolve().parents[1] / "src" / "nb2prod" / "skeleton"
PACKAGE = "late_shipments"
MODULES = ("settings.py", "data.py", "features.py", "train.py", "predict.py", "explore.py")
BATCH = '"""A batch job."""\n\n\ndef train() -> None:\n    """Say that it ran."""\n    print("42 rows written")\n'
WHY = Refusal(Location(5, 2, 1), "rolling() needs the rows before", "Compute it from the row alone")
TRAIN = (Place("train.py", 20, 21), Place("train.py", 22, 22))
STATEMENTS = (
    Accounted(index=0, where=Location(1, 1, 1), last_line=2, role="train", place=TRAIN[0], binds=("shipments",)),
    Accounted(
        index=1, where=Location(1, 3, 1), last_line=3, role="train", place=TRAIN[1], also=(Place("explore.py", 9, 9),)
    ),
    Accounted(index=2, where=Location(2, 1, 5), last_line=1, role="dropped", reason="installs | a package"),
)


def notebook(folder: Path, name: str = "late shipments.ipynb") -> Notebook:
    """Write a notebook and its data into a folder, and read it."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(SKELETON / "data" / "shipments.csv", folder / "shipments.csv")
    code = {"cell_type": "code", "metadata": {}, "execution_count": 1, "outputs": [], "source": "x = 1\n"}
    meta = {
        "kernelspec": {"name": "python3", "language": "python"},
        "language_info": {"name": "python", "version": "3.10.2"},
    }
    document = {"cells": [code], "metadata": meta, "nbformat": 4, "nbformat_minor": 4}
    (folder / name).write_text(json.dumps(document, indent=3), encoding="utf-8")  # bytes that no writer would make
    return read(folder / name)


def conversion(folder: Path, variant: Literal["ok", "refused", "none", "train refused"] = "ok") -> Conversion:
    """Make the conversion of the notebook in a folder, with the predict status of the variant."""
    code = {
        name: (SKELETON / "src" / "example_project" / name).read_text().replace("example_project", PACKAGE)
        for name in MODULES
    }
    full = Conversion(
        package=PACKAGE,
        modules=tuple(Module(name, text) for name, text in code.items()),
        statements=STATEMENTS,
        learnt=(Learnt(name="weight_median", where=Location(3, 1, 1), expression="a|b.median()", frame="shipments"),),
        data=(DataFile("shipments.csv", folder / "shipments.csv", "data/shipments.csv"),),
        train=Outcome(status="ok"),
        predict=Outcome(status="ok", chosen="model, fitted in cell 7", alternatives=("tree, fitted in cell 6",)),
        model_kind="classification",
        target="late",
    )
    without = tuple(module for module in full.modules if module.name != "predict.py")
    match variant:
        case "ok":
            return full
        case "refused":
            return replace(full, modules=without, predict=Outcome(status="refused", refusal=WHY))
        case "none":
            explore = next(module for module in full.modules if module.name == "explore.py")
            rest = tuple(module for module in full.modules if module.name in {"settings.py", "data.py"})
            modules = (Module("train.py", BATCH), explore, *rest)
            return replace(
                full, modules=modules, learnt=(), predict=Outcome(status="none"), model_kind="other", target=None
            )
        case "train refused":
            refused = Outcome(status="refused", refusal=WHY)
            gone = tuple(module for module in without if module.name != "train.py")
            return replace(full, modules=gone, train=refused, predict=refused)

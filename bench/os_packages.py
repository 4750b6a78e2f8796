# ruff: noqa: INP001, T201 - a program that prints
"""Whether apt.txt is sufficient and necessary, seen in images that are really built.

    python bench/os_packages.py [--newest] [NAME ...]

For each notebook below: convert it, build the image of its Dockerfile, run its code there. Then once more without each
line of apt.txt: now the code must fail. It takes docker, podman or buildah; see engine.py for how to build elsewhere.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import engine

from nb2prod.cli import run as nb2prod

_BASE = "python:3.11-slim-bookworm"
_CODE = {  # each ends in a file, so that all of it is what the project trains
    "lightgbm": """
import lightgbm
import numpy as np
x = np.arange(200.0).reshape(-1, 2)
model = lightgbm.LGBMRegressor(n_estimators=2, verbose=-1).fit(x, x[:, 0])
np.save("/tmp/predicted.npy", model.predict(x))
""",
    "opencv-python": """
import cv2
import numpy as np
picture = np.zeros((9, 9), dtype=np.uint8)
picture[4, 4] = 255
np.save("/tmp/blurred.npy", cv2.GaussianBlur(picture, (3, 3), 0))
""",
    "pyodbc": """
import pyodbc
with open("/tmp/drivers.txt", "w") as file:
    file.write("".join(pyodbc.drivers()))
""",
    "graphviz": """
import graphviz
drawn = graphviz.Source("digraph { a -> b }").pipe(format="svg")
with open("/tmp/graph.svg", "wb") as file:
    file.write(drawn)
""",
}


def main() -> int:
    """Print what was seen; 1 when a package is missing or is not needed, 2 when nothing can be built."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=[*_CODE], metavar="NAME", help=", ".join(_CODE))
    parser.add_argument("--newest", action="store_true", help="the newest releases, not those of the notebook's time")
    options = parser.parse_args()
    found = engine.find(_BASE)
    if found is None:
        print(f"neither docker, podman nor buildah is here with {_BASE}")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        right = [
            _see(found, name, Path(folder) / name.replace("-", "_"), newest=options.newest) for name in options.names
        ]
    return int(not all(right))


def _see(found: engine.Engine, name: str, folder: Path, *, newest: bool) -> bool:
    project = _project(name, folder, newest=newest)
    packages = (project / "apt.txt").read_text(encoding="utf-8").split()
    print(f"{name}: apt.txt has {', '.join(packages) or 'nothing'}")
    wrong = _run(found, project, packages, _CODE[name])
    print(f"  with all of it: {_last_line(wrong) or 'runs'}")
    right = not wrong
    for left_out in packages:
        wrong = _run(found, project, [each for each in packages if each != left_out], _CODE[name])
        print(f"  without {left_out}: {_last_line(wrong) or 'RUNS, so it is not needed'}", flush=True)
        right = right and bool(wrong)
    return right


def _project(name: str, folder: Path, *, newest: bool) -> Path:
    folder.mkdir()
    (folder / "pyproject.toml").write_text(f'[tool.nb2prod]\nas-of = "{"never" if newest else "auto"}"\n')
    notebook = folder / "work.ipynb"
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": 1, "outputs": [], "source": _CODE[name]}
    metadata = {"language_info": {"name": "python", "version": "3.11.7"}}
    content = {"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    notebook.write_text(json.dumps(content), encoding="utf-8")
    nb2prod(["convert", str(notebook), "-o", str(folder / "project")])
    return folder / "project"


def _run(found: engine.Engine, project: Path, packages: list[str], code: str) -> str:
    """What goes wrong with these packages; an image that cannot be built is our failure, not the code's."""
    (project / "apt.txt").write_text("".join(f"{each}\n" for each in packages), encoding="utf-8")
    image = f"localhost/nb2prod-apt-{project.parent.name.replace('_', '-')}:{len(packages)}"
    if wrong := found.build(project, image):
        raise SystemExit(wrong[-2000:])
    try:
        return found.python(image, code)
    finally:
        found.remove(image)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if "Error" in line] or text.splitlines()
    return lines[-1][:160] if lines else ""


if __name__ == "__main__":
    sys.exit(main())

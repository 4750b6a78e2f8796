"""A small notebook run as plain Python and as the project made from it, in one process each."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nbformat

from nb2prod.convert import convert
from nb2prod.options import Options

if TYPE_CHECKING:
    from pathlib import Path

    from nb2prod.conversion import Conversion

# Prints what was printed, and every value of the notebook (or of train) by its repr.
_PLAIN = """
import contextlib, io, json, sys
cells = json.loads(sys.argv[1])
out, space = io.StringIO(), {"__name__": "__main__", "display": print}
with contextlib.redirect_stdout(out):
    for cell in cells:
        exec(compile(cell, "<cell>", "exec"), space)
print(json.dumps([out.getvalue(), {name: repr(value) for name, value in space.items() if name[:2] != "__"}]))
"""
_PROJECT = """
import contextlib, importlib, io, json, sys
package, function = sys.argv[1:]
out, space = io.StringIO(), {}
def watch(frame, event, argument):
    ours = frame.f_globals["__name__"] == f"{package}.{function}"
    if event == "return" and frame.f_code.co_name == function and ours:
        space.update(frame.f_locals)
module = importlib.import_module(f"{package}.{function}")
with contextlib.redirect_stdout(out):
    sys.setprofile(watch)
    getattr(module, function)()
    sys.setprofile(None)
print(json.dumps([out.getvalue(), {name: repr(value) for name, value in space.items()}]))
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run printed, and the repr of each value it ended with."""

    printed: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Tiny:
    """A notebook in its folder, and the project made from it."""

    cells: tuple[str, ...]
    conversion: Conversion
    project: Path
    folder: Path

    def module(self, name: str) -> str:
        """The code of an emitted module."""
        return next(module.code for module in self.conversion.modules if module.name == name)

    def plain(self) -> Ran:
        """Run the cells one after the other."""
        return _run(self.folder, _PLAIN, json.dumps(self.cells))

    def run(self, function: str = "train") -> Ran:
        """Run `train` or `explore` of the project."""
        return _run(self.project, _PROJECT, self.conversion.package, function)


def tiny(tmp_path: Path, text: str, **files: str) -> Tiny:
    """Make a project from cells written one after the other, each begun by a line `# In:`; `files` lie beside it."""
    cells = tuple(part.strip("\n") for part in text.split("# In:\n") if part.strip())
    folder = tmp_path / "notebook"
    folder.mkdir()
    for name, content in files.items():
        path = folder / (name if name.endswith(".py") else name.replace("__", "/").replace("_csv", ".csv"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    notebook: Any = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call] # nbformat has no types
    for cell in cells:
        markdown = cell.startswith("# Markdown\n")
        made = nbformat.v4.new_markdown_cell if markdown else nbformat.v4.new_code_cell
        notebook.cells.append(made(cell.removeprefix("# Markdown\n")))  # type: ignore[no-untyped-call] # as above
    path = folder / "tiny.ipynb"
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call] # as above
    converted = convert(path, tmp_path / "project", lock=False, force=False, options=Options())
    code = tuple(cell for cell in cells if not cell.startswith("# Markdown\n"))
    return Tiny(code, converted.conversion, tmp_path / "project", folder)


def _run(folder: Path, program: str, *arguments: str) -> Ran:
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own notebooks
        [sys.executable, "-c", f"import sys; sys.path.insert(0, 'src')\n{program}", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed, values = json.loads(done.stdout)
    return Ran(printed, values)

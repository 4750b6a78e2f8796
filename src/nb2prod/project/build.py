"""Conversion and environment -> Project: every file of the emitted project, in memory."""

from __future__ import annotations

import re
import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import tomli_w

from nb2prod.plan.titles import told
from nb2prod.project import handoff, pieces, readme, record, static
from nb2prod.project.data import admitted, root_of
from nb2prod.project.model import Environment, File, Project, ProjectError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nb2prod.conversion import Conversion
    from nb2prod.notebook import Notebook
    from nb2prod.project.model import Noticed

_NEWEST_PYTHON = "3.11"


def build(  # noqa: PLR0913 - what a project is made from, each once
    conversion: Conversion,
    notebook: Notebook,
    environment: Environment | None = None,
    findings: Iterable[Noticed] = (),
    *,
    data_limit_mb: float = 10,
    output: Path | None = None,
    optional: tuple[str, ...] = pieces.DEFAULT,
) -> Project:
    """Make everything that the project consists of; nothing is written.

    Reads the notebook's bytes and looks at its data files. `optional` are the pieces to have besides. `output` is where
    the project will be written: with it, the record says where the notebook and its data are from there, if near.
    """
    if notebook.path is None:
        message = "a notebook without a file cannot become a project"
        raise ProjectError(message)
    environment = environment or Environment()
    source = File(f"notebooks/{notebook.path.name}", notebook.path.read_bytes())
    data = admitted(conversion.data, notebook.path, data_limit_mb)
    python = _python(environment, notebook)
    optional = optional if conversion.predict.status == "ok" else ()
    origin = _origin(notebook.path, output)
    fixed = static.files(conversion, environment.base or f"python:{python}-slim-{environment.debian}", optional)
    facts = record.make(conversion, notebook, source, data, environment, origin=origin)
    facts["pieces"] = record.pieces(optional, fixed, conversion.package)
    files = (
        *fixed,
        *(File(f"src/{conversion.package}/{module.name}", module.code.encode()) for module in conversion.modules),
        *_environment_files(environment, conversion, python, optional),
        File("pyproject.toml", _pyproject(conversion.package, notebook.path.name, python, optional).encode()),
        source,
        *(File(each.target, each.source) for each in data if each.target and each.source),
        File("nb2prod.json", record.dumps(facts).encode()),
        File("README.md", readme.text(conversion, facts, python, told(notebook).title).encode()),
        File("HANDOFF.md", handoff.text(conversion, facts, tuple(findings)).encode()),
    )
    _refuse_clashes(files)
    return Project(
        conversion.package,
        tuple(sorted(files, key=lambda file: file.path)),
        tuple((each.target or each.written, each.reason or "") for each in data if not each.source),
        (notebook.path, *(each.source for each in data if each.source)),
    )


def _environment_files(
    environment: Environment, conversion: Conversion, python: str, optional: tuple[str, ...]
) -> Iterable[File]:
    """Give the known files, and plain ones for the others; without a lock there is no requirements.txt."""
    given = dict(environment.files)
    plain = {
        "requirements.in": "".join(
            f"{name}\n" for name in (*static.runtime(conversion), *pieces.requirements(optional))
        ),
        "requirements-dev.txt": static.read("requirements-dev.txt"),
        "apt.txt": "",
        ".python-version": f"{python}\n",
    }
    return (File(path, text.encode()) for path, text in {**plain, **given}.items())


def _python(environment: Environment, notebook: Notebook) -> str:
    """Major and minor version, e.g. `3.8`."""
    for text in (dict(environment.files).get(".python-version"), notebook.python):
        if text and (found := re.match(r"\s*(3\.\d+)", text)):
            return found[1]
    return _NEWEST_PYTHON


def _pyproject(package: str, notebook: str, python: str, optional: tuple[str, ...]) -> str:
    content: dict[str, Any] = tomllib.loads(static.read("pyproject.toml"))
    content["project"] |= {
        "name": package.replace("_", "-"),
        "description": f"Made from {notebook} by nb2prod.",
        "requires-python": f">={python}",
    }
    if extras := pieces.extras(optional):
        content["project"]["optional-dependencies"] = extras
    return tomli_w.dumps(content)


def _refuse_clashes(files: tuple[File, ...]) -> None:
    """Refuse two files for one place, and a path that leaves the project."""
    seen: set[str] = set()
    for file in files:
        path = PurePosixPath(file.path)
        if path.is_absolute() or ".." in path.parts:
            message = f"{file.path!r} is not a path inside the project"
            raise ProjectError(message)
        if file.path.casefold() in seen:
            message = f"two files of the project would be {file.path!r}"
            raise ProjectError(message)
        seen.add(file.path.casefold())


def _origin(notebook: Path, output: Path | None) -> Path | None:
    """Tell where the project will be, if it is so near that relative paths say nothing about the machine."""
    if output is None:
        return None
    place = output.resolve()
    return place if place.is_relative_to(root_of(notebook).parent) else None

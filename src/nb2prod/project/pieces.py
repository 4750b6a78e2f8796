"""The optional pieces of an emitted project: the files, the requirements and the condition of each.

A file belongs to a piece by its place in the skeleton: it is one of `files`, or lies below one of `folders`.
So a new module of `operate` is a new file in `skeleton/src/example_project/operate/`, its tests lie in
`skeleton/tests/operate/`, and what it imports is added to `requirements` here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nb2prod.project.model import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PLACEHOLDER = "example_project"
ROOT = Path(__file__).resolve().parent.parent / "skeleton"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Something that a project with a prediction may have or do without.

    `requirements` are locked with the project's own; being the project's tools and not the notebook's, they and what
    they bring (`brings`) may be newer than the notebook. `extras` are (name, requirements) of pyproject.toml, for what
    only some commands need. `default`: it is there unless `--without` says otherwise. `needs`: pieces that it works
    with and cannot do without.
    """

    name: str
    what: str
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    brings: tuple[str, ...] = ()
    extras: tuple[tuple[str, tuple[str, ...]], ...] = ()
    needs: tuple[str, ...] = ()
    default: bool = False


_SERVING = (
    *("annotated-doc", "annotated-types", "anyio", "click", "exceptiongroup", "fastapi", "h11", "httptools", "idna"),
    *("opentelemetry-api", "prometheus-client", "pydantic", "pydantic-core", "sniffio", "starlette"),
    *("typing-extensions", "typing-inspection", "uvicorn"),
)
PIECES = (
    Piece(
        name="service",
        what="answers over HTTP",
        files=(f"src/{PLACEHOLDER}/service.py", "Dockerfile", "compose.yaml", "tests/test_service.py"),
        folders=(f"src/{PLACEHOLDER}/serving",),
        requirements=("fastapi>=0.100", "httptools>=0.6", "prometheus-client>=0.17", "uvicorn>=0.23"),
        brings=_SERVING,
        default=True,
    ),
    Piece(
        name="operate",
        what="versions to compare, promote and roll back, and what a model needs while it is in use",
        files=(".github/workflows/retrain.yml",),
        folders=(f"src/{PLACEHOLDER}/operate", "tests/operate"),
        extras=(
            ("dask", ("distributed>=2023.5",)),
            ("mlflow", ("mlflow>=3",)),
            ("onnx", ("onnxruntime>=1.17", "skl2onnx>=1.17")),
            ("parquet", ("pyarrow",)),
        ),
        requirements=("matplotlib", "psycopg[binary]>=3.1", "river", "scikit-learn", "scipy", "sqlalchemy>=2.0"),
        brings=("greenlet", "psycopg", "psycopg-binary", "sqlalchemy", "typing-extensions", "tzdata"),
    ),
    Piece(
        name="k8s",
        what="manifests for Kubernetes",
        folders=("k8s",),
        needs=("service", "operate"),  # its job retrains
    ),
)
NAMES = tuple(piece.name for piece in PIECES)
DEFAULT = tuple(piece.name for piece in PIECES if piece.default)


def named(name: str) -> Piece:
    """The piece of that name."""
    for piece in PIECES:
        if piece.name == name:
            return piece
    message = f"there is no piece {name!r}; there are {', '.join(NAMES)}"
    raise ProjectError(message)


def chosen(given: Iterable[str] = (), without: Iterable[str] = ()) -> tuple[str, ...]:
    """Names of the pieces to emit, in their order: the default ones and those given with what they need.

    Raises ProjectError for a name that is none, and where one that is needed is left out.
    """
    given = tuple(given)
    left_out = {named(name).name for name in without}
    wanted = {name for each in given for name in with_needs(each)}
    for name in sorted(wanted & left_out):
        needing = next(each for each in given if name in with_needs(each))
        message = f"{name} cannot be left out: {needing} is asked for" + (" and needs it" if needing != name else "")
        raise ProjectError(message)
    return tuple(name for name in NAMES if name in wanted or (name in DEFAULT and name not in left_out))


def with_needs(name: str) -> tuple[str, ...]:
    """A piece after those that it needs."""
    return (*(each for need in named(name).needs for each in with_needs(need)), name)


def paths(piece: Piece) -> tuple[str, ...]:
    """Its files in the skeleton, as paths below it."""
    return (*piece.files, *(path for folder in piece.folders for path in _below(folder)))


def placed(piece: Piece, package: str) -> tuple[str, ...]:
    """Its files in a project of that name."""
    return tuple(path.replace(PLACEHOLDER, package) for path in paths(piece))


def requirements(names: Iterable[str]) -> tuple[str, ...]:
    """What these pieces need at run time."""
    return tuple(dict.fromkeys(each for name in names for each in named(name).requirements))


def brought(names: Iterable[str]) -> tuple[str, ...]:
    """Distributions that come with them."""
    return tuple(dict.fromkeys(each for name in names for each in named(name).brings))


def extras(names: Iterable[str]) -> dict[str, list[str]]:
    """The optional dependencies of these pieces, for pyproject.toml."""
    return {extra: list(needed) for name in names for extra, needed in named(name).extras}


def _below(folder: str) -> Iterator[str]:
    """Files below a folder of the skeleton, without what a run there may have left behind."""
    for path in sorted((ROOT / folder).rglob("*")):
        inside = path.relative_to(ROOT)
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in inside.parts):
            yield inside.as_posix()

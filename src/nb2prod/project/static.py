"""The static files of an emitted project: which a project gets, with the package's name in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nb2prod.project import pieces
from nb2prod.project.model import File
from nb2prod.project.pieces import PLACEHOLDER, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nb2prod.conversion import Conversion

ALWAYS = (
    ".dockerignore",
    ".github/workflows/ci.yml",
    ".gitignore",
    "models/.gitignore",
    f"src/{PLACEHOLDER}/__init__.py",
    f"src/{PLACEHOLDER}/__main__.py",
    f"src/{PLACEHOLDER}/errors.py",
    "tests/conftest.py",
    "tests/test_train.py",
)
WITH_MODEL = tuple(
    f"src/{PLACEHOLDER}/{name}.py" for name in ("aliases", "models", "origin", "profile", "schema", "seen")
)
WITH_PREDICT = (
    f"src/{PLACEHOLDER}/evaluate.py",
    f"src/{PLACEHOLDER}/replay.py",
    "tests/test_contract.py",
    "tests/test_parity.py",
)
WITH_PICTURES = (f"src/{PLACEHOLDER}/pictures.py",)
BATCH = ("Dockerfile.batch",)  # where nothing is served
REFUSED = (f"src/{PLACEHOLDER}/refused.py",)
RUNTIME = ("joblib", "numpy", "pandas")
_DRAWS = re.compile(r"^\s*(from|import) (matplotlib|plotly|seaborn)\b", re.MULTILINE)
_MODEL = re.compile(r"^\s*(from|import) .*\b(models|schema)\b", re.MULTILINE)
_LONGEST = 40  # characters of a name in Kubernetes, which adds its own to it: a CronJob's has at most 52
_BASE = re.compile(r"^ARG BASE=.*$", re.MULTILINE)


def files(conversion: Conversion, base: str, given: Iterable[str] = pieces.DEFAULT) -> tuple[File, ...]:
    """Give the files that do not depend on the notebook's code.

    `base` is the image that theirs is built on, `given` are the optional pieces; without a prediction there are none.
    """
    given = tuple(given) if conversion.predict.status == "ok" else ()
    optional = tuple(path for name in given for path in pieces.paths(pieces.named(name)))
    return tuple(rendered(path, conversion.package, base) for path in (*chosen(conversion, given), *optional))


def chosen(conversion: Conversion, given: Iterable[str] = pieces.DEFAULT) -> tuple[str, ...]:
    """Paths in the skeleton, by what the conversion has: a model, a prediction, pictures, refusals."""
    explores = any(module.name == "explore.py" for module in conversion.modules)
    predicts = conversion.predict.status == "ok"
    return (
        *ALWAYS,
        *(WITH_MODEL if has_model(conversion) else ()),
        *(WITH_PREDICT if predicts else ()),
        *(() if predicts and "service" in given else BATCH),
        *(WITH_PICTURES if explores or _any(_DRAWS, conversion) else ()),
        *(REFUSED if "refused" in {conversion.train.status, conversion.predict.status} else ()),
    )


def has_model(conversion: Conversion) -> bool:
    """Whether train stores a model."""
    return conversion.predict.status != "none" or _any(_MODEL, conversion)


def runtime(conversion: Conversion) -> tuple[str, ...]:
    """Give the distributions that the static files need besides what the notebook imports."""
    return RUNTIME if has_model(conversion) else ()


def _any(pattern: re.Pattern[str], conversion: Conversion) -> bool:
    return any(pattern.search(module.code) for module in conversion.modules)


def read(path: str) -> str:
    """Read a file of the skeleton as it stands."""
    return (ROOT / path).read_text(encoding="utf-8")


def rendered(path: str, package: str, base: str) -> File:
    """One file of the skeleton as this project has it; where a name may have no underscore, it has dashes."""
    name = package.replace("_", "-")[: _LONGEST if path.startswith("k8s/") else None].strip("-")
    text = read(path).replace(PLACEHOLDER, package).replace(PLACEHOLDER.replace("_", "-"), name)
    if path in ("Dockerfile", *BATCH):
        text = _BASE.sub(f"ARG BASE={base}", text)
    return File(path.replace(PLACEHOLDER, package).removesuffix(".batch"), text.encode())

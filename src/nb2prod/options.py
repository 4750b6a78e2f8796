"""What `[tool.nb2prod]` in pyproject.toml sets; the command line wins over it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, fields, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Locker = Literal["auto", "uv", "pip-tools"]
Debian = Literal["bookworm", "trixie"]
FailOn = Literal["error", "warning", "info"]
Order = Literal["document", "recorded"]

_FILE = "pyproject.toml"


class OptionsError(Exception):
    """An option, on the command line or in pyproject.toml, cannot be meant; the message is for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintOptions:
    """`[tool.nb2prod.lint]`: rules by code, family or name; patterns of paths as .gitignore has them.

    Patterns and the paths of `baseline` and `cache_dir` are seen from the folder of the pyproject.toml.
    """

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exclude: tuple[str, ...] = ()
    respect_gitignore: bool = True
    fail_on: FailOn = "warning"
    baseline: str = ""
    cache_dir: str = ""
    unsafe_fixes: bool = False
    show_source: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person says is the notebook's final prediction, where its own rules choose another one.

    `model`: a name or expression that holds it, or its class; `prediction`: a name, a column of a table, or the call;
    `input`: the table that is predicted, or the file it is read from; `target`: the column that is predicted.
    """

    model: str = ""
    prediction: str = ""
    input: str = ""
    target: str = ""


NOTHING_WANTED = Wanted()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`[tool.nb2prod]`.

    `imports` is the user's own map from an imported name to the distribution that brings it;
    `as_of` is the day up to which releases count: YYYY-MM-DD, git, auto or never;
    `allow_build` are distributions that may be built from source, which runs their code;
    `sbom` and `pylock` have convert write the lock as sbom.cdx.json and as pylock.toml, too;
    `locker` is what finds the versions; `debian` is the release of the image, whose packages are named;
    `cpu` takes distributions for machines without a GPU and a window where there are such;
    `base_image` is the image to build on, with its tag or digest, instead of the slim Python image of that release;
    `data_limit_mb` is the size up to which a file that the notebook reads is copied into the project;
    `order` is that in which convert takes the cells: as they stand, or as their execution counts say they were run;
    `model`, `prediction`, `input` and `target` say what is predicted, as Wanted has it;
    `with` and `without` (fields end in _) are optional pieces to have or to leave out: service, operate, k8s;
    `folder` is that of the pyproject.toml.
    """

    lint: LintOptions = field(default_factory=LintOptions)
    imports: tuple[tuple[str, str], ...] = ()
    lock: bool = True
    as_of: str = "auto"
    allow_build: tuple[str, ...] = ()
    sbom: bool = False
    pylock: bool = False
    locker: Locker = "auto"
    debian: Debian = "bookworm"
    base_image: str = ""
    cpu: bool = False
    strict: bool = False
    data_limit_mb: int = 10
    order: Order = "document"
    model: str = ""
    prediction: str = ""
    input: str = ""
    target: str = ""
    with_: tuple[str, ...] = ()
    without_: tuple[str, ...] = ()
    folder: Path | None = None

    @property
    def wanted(self) -> Wanted:
        """What is to be predicted."""
        return Wanted(model=self.model, prediction=self.prediction, input=self.input, target=self.target)


def load(paths: Iterable[Path]) -> Options:
    """Load the options for these files: from the nearest pyproject.toml at or above the folder they share.

    Raises OptionsError when that file is not TOML or sets something unknown.
    """
    folders = [str(path if path.is_dir() else path.parent) for path in (each.absolute() for each in paths)]
    start = Path(os.path.commonpath(folders)) if folders else Path.cwd()
    for folder in (start, *start.parents):
        if (folder / _FILE).is_file():
            return replace(_read(folder / _FILE), folder=folder)
    return Options()


def _read(path: Path) -> Options:
    # imported only where there is a pyproject.toml: lint must start fast
    toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        table = toml.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("nb2prod", {})
    except ValueError as error:
        message = f"{path} is not TOML: {error}"
        raise OptionsError(message) from error
    return from_table(table, str(path))


def from_table(table: Mapping[str, Any], source: str) -> Options:
    """Options from the contents of `[tool.nb2prod]`; `source` names the file in errors."""
    values = _checked(Options, table, f"{source}: [tool.nb2prod]")
    if "lint" in values:
        values["lint"] = LintOptions(**_checked(LintOptions, values["lint"], f"{source}: [tool.nb2prod.lint]"))
    return Options(**values)


def _checked(kind: type[Options | LintOptions], table: object, where: str) -> dict[str, Any]:
    """Put the table's values under the field's names, each of the field's type."""
    if not isinstance(table, dict):
        message = f"{where} must be a table"
        raise OptionsError(message)
    hints = get_type_hints(kind)
    known = {each.name.rstrip("_").replace("_", "-"): each.name for each in fields(kind) if each.name != "folder"}
    values = {}
    for key, value in table.items():
        if key not in known:
            message = f"{where} has no option {key!r}; there are {', '.join(sorted(known))}"
            raise OptionsError(message)
        values[known[key]] = _value(hints[known[key]], value, f"{where} {key}")
    return values


def _value(hint: object, value: object, where: str) -> object:  # noqa: PLR0911 - one for each kind of option
    """One value as the field wants it: lists of text become tuples, tables of text become pairs."""
    match value:
        case bool() if hint is bool:
            return value
        case int() if hint is int and not isinstance(value, bool):
            return value
        case str() if value in get_args(hint):
            return value
        case list() if hint == tuple[str, ...] and all(isinstance(each, str) for each in value):
            return tuple(value)
        case str() if hint is str and value:
            return value
        case dict() if hint == tuple[tuple[str, tuple[str, ...]], ...]:
            return tuple((key, _value(tuple[str, ...], each, f"{where} {key}")) for key, each in value.items())
        case dict() if hint == tuple[tuple[str, str], ...] and all(isinstance(each, str) for each in value.values()):
            return tuple(value.items())
        case dict() if hint is LintOptions:
            return value
    message = f"{where} cannot be {value!r}"
    raise OptionsError(message)

"""What `[tool.nb2prod]` in pyproject.toml sets; the command line wins over it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, fields
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FailOn = Literal["error", "warning", "info"]

_FILE = "pyproject.toml"


class OptionsError(Exception):
    """An option, on the command line or in pyproject.toml, cannot be meant; the message is for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintOptions:
    """`[tool.nb2prod.lint]`: rules by code, family or name."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: FailOn = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`[tool.nb2prod]`.

    `imports` is the user's own map from an imported name to the distribution that brings it;
    `as_of` is the day up to which releases count: YYYY-MM-DD, git, auto or never;
    `data_limit_mb` is the size up to which a file that the notebook reads is copied into the project.
    """

    lint: LintOptions = field(default_factory=LintOptions)
    imports: tuple[tuple[str, str], ...] = ()
    lock: bool = True
    as_of: str = "auto"
    strict: bool = False
    data_limit_mb: int = 10


def load(paths: Iterable[Path]) -> Options:
    """Load the options for these files: from the nearest pyproject.toml at or above the folder they share.

    Raises OptionsError when that file is not TOML or sets something unknown.
    """
    folders = [str(path if path.is_dir() else path.parent) for path in (each.absolute() for each in paths)]
    start = Path(os.path.commonpath(folders)) if folders else Path.cwd()
    for folder in (start, *start.parents):
        if (folder / _FILE).is_file():
            return _read(folder / _FILE)
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
    known = {each.name.replace("_", "-"): each.name for each in fields(kind)}
    values = {}
    for key, value in table.items():
        if key not in known:
            message = f"{where} has no option {key!r}; there are {', '.join(sorted(known))}"
            raise OptionsError(message)
        values[known[key]] = _value(hints[known[key]], value, f"{where} {key}")
    return values


def _value(hint: object, value: object, where: str) -> object:
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
        case dict() if hint == tuple[tuple[str, str], ...] and all(isinstance(each, str) for each in value.values()):
            return tuple(value.items())
        case dict() if hint is LintOptions:
            return value
    message = f"{where} cannot be {value!r}"
    raise OptionsError(message)

"""What calls need that no import shows: `read_excel` asks for openpyxl only when it is called."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from nb2prod.program import ParsedCell, location
from nb2prod.requirements import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nb2prod.problems import Location
    from nb2prod.program import Program
    from nb2prod.requirements.environments import Environment
    from nb2prod.requirements.imports import Import

_SCHEME = re.compile(r"([a-z0-9]+)://")


@dataclass(frozen=True, slots=True)
class Need:
    """A distribution (with extras, "dask[array]") and what asks for it."""

    requirement: str
    because: str
    where: Location | None


Older = Callable[[str, str, str], bool]
"""Whether a distribution is surely older than a version, which came out on a day."""


def find(
    program: Program,
    imports: Sequence[Import],
    older: Older = lambda _name, _version, _day: False,
    behind: Sequence[tuple[ast.Module, Location]] = (),
) -> tuple[Need, ...]:
    """Find the hidden needs of the notebook's calls and imports, each once, at its first place.

    `behind`: the code of the author's own modules, and where the notebook imports them.
    """
    imported = {".".join(name.split(".")[: i + 1]) for each in imports for name in each.dotted for i in range(3)}
    found: dict[str, Need] = {}
    for need in (*_of_imports(imports, imported), *_of_calls(program, imported, older, behind)):
        found.setdefault(need.requirement, need)
    return tuple(found.values())


def used_if_there(environment: Environment, imported: Sequence[Import]) -> Iterator[Need]:
    """Give what the notebook's libraries used in its environment only because it is there."""
    roots = {each.root for each in imported}
    installed = environment.distributions
    for row in names.table("needs")["used_if_there"]:
        user = installed.get(row["by"])
        if user is None or row["by"] not in roots or Version(user.version) < Version(row["since"]):
            continue
        because = f"{row['by']} uses it where it is installed, as in {environment.known_as}"
        yield from (Need(name, because, None) for name in row["needs"] if name in installed)


def _of_imports(imports: Sequence[Import], imported: set[str]) -> Iterator[Need]:
    for row in names.table("needs")["import"]:
        if row["import"] in imported and not imported & set(row.get("unless", ())):
            name = row["import"]
            where = next(each.where for each in imports if any(f"{one}.".startswith(f"{name}.") for one in each.dotted))
            for requirement in row["needs"]:
                yield Need(requirement, f"{name} needs it", where)


def _of_calls(
    program: Program, imported: set[str], older: Older, behind: Sequence[tuple[ast.Module, Location]]
) -> Iterator[Need]:
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for row in names.table("needs")["call"]:
        if "until" in row and not older(*row["until"]):
            continue
        for name in _many(row["call"]):
            by_name.setdefault(name, []).append(row)
    for call, where in (*_calls(program), *_calls_behind(behind)):
        if called := _called(call):
            yield from _of_call(call, called, by_name.get(called, ()), imported, where)


def _calls(program: Program) -> Iterator[tuple[ast.Call, Location]]:
    for cell in program.cells:
        if isinstance(cell, ParsedCell):
            for statement in cell.statements:
                for node in ast.walk(statement.node):
                    if isinstance(node, ast.Call):
                        yield node, location(node, cell.cell.index, cell.lines)


def _calls_behind(behind: Sequence[tuple[ast.Module, Location]]) -> Iterator[tuple[ast.Call, Location]]:
    for tree, where in behind:
        yield from ((node, where) for node in ast.walk(tree) if isinstance(node, ast.Call))


def _of_call(
    call: ast.Call, name: str, rows: Sequence[Mapping[str, Any]], imported: set[str], where: Location
) -> Iterator[Need]:
    row = next((each for each in rows if _fits(each, call, imported)), None)
    for requirement in row["needs"] if row else ():
        yield Need(requirement, f"{name} needs it", where)
    if name.startswith(("read_", "to_", "scan_", "open_")) and (scheme := _SCHEME.match(_first_text(call) or "")):
        for each in names.table("needs")["scheme"]:
            if scheme[1] in each["scheme"] and imported & set(_many(each["library"])):
                for requirement in each["needs"]:
                    yield Need(requirement, f"{name} of a {scheme[1]}:// address needs it", where)


def _fits(row: Mapping[str, Any], call: ast.Call, imported: set[str]) -> bool:
    if not imported & set(_many(row["library"])) or imported & set(row.get("unless", ())):
        return False
    given = {each.arg: each.value for each in call.keywords}
    for keyword, pattern in row.get("keyword", {}).items():
        match given.get(keyword):
            case ast.Constant(value=str(text)) if re.search(pattern, text):
                continue
            case _:
                return False
    return "text" not in row or any(re.search(row["text"], text) for text in _texts(call))


def _called(call: ast.Call) -> str | None:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return None


def _first_text(call: ast.Call) -> str | None:
    return next(_texts(call), None)


def _texts(call: ast.Call) -> Iterator[str]:
    """List the literal texts among the arguments; of an f-string, what stands before the first inserted value."""
    for argument in (*call.args, *(each.value for each in call.keywords)):
        match argument:
            case ast.Constant(value=str(text)):
                yield text
            case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
                yield text
            case _:
                pass


def _many(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value

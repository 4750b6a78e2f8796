"""Versions that the notebook's outputs show: pip's logs and lists, printed `__version__`s, watermark, paths."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from nb2prod.problems import Location
from nb2prod.program import ParsedCell
from nb2prod.requirements import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nb2prod.outputs import Output
    from nb2prod.program import BrokenCell, Program

_VERSION = r"\d+(?:\.\d+)+(?:[abrc.+-]+\w+)*"
_INSTALLED = re.compile(r"^Successfully installed (.+)$", re.MULTILINE)
_NAMED = re.compile(rf"^(?P<name>[A-Za-z][\w.-]*?)-(?P<version>{_VERSION})$")
_SATISFIED = re.compile(
    rf"^Requirement already (?:satisfied|up-to-date): (?P<name>[A-Za-z][\w.-]*).*\((?P<version>{_VERSION})\)\s*$",
    re.MULTILINE,
)
_FROZEN = re.compile(rf"^(?P<name>[A-Za-z][\w.-]*)==(?P<version>{_VERSION})\s*$", re.MULTILINE)
_LISTED = re.compile(rf"^(?P<name>[A-Za-z][\w.-]*)\s*(?::|=|\s)\s*v?(?P<version>{_VERSION})\s*$", re.MULTILINE)
_EGG = re.compile(rf"site-packages/(?P<name>[A-Za-z][\w.]*)-(?P<version>{_VERSION})-py\d")
_ANY = re.compile(rf"(?<![\w.]){_VERSION}(?![\w.])")
_LISTS = re.compile(r"watermark|show_versions|version_information|print_versions|sinfo|session_info|session-info")
_PIP_LISTS = re.compile(r"pip3?\s+(?:list|freeze)|conda\s+list")
_PYTHON = re.compile(r"[/\\](?:lib[/\\])?python(3\.\d+)[/\\](?:site|dist)-packages")


@dataclass(frozen=True, slots=True)
class Shown:
    """A version that was there when the notebook ran, and what shows it."""

    distribution: str
    version: str
    where: Location
    how: str


def find(program: Program) -> Mapping[str, Shown]:
    """Find the last shown version of each distribution."""
    found: dict[str, Shown] = {}
    modules = _modules(program)
    for cell in program.cells:
        where = Location(cell.cell.index, 1, 1)
        for name, version, how in _in_cell(cell, modules):
            if _is_version(version):
                found[name] = Shown(name, version, where, how)
    return found


def python(program: Program) -> str | None:
    """Find the minor version of Python in the paths of tracebacks and warnings: the last one that is named."""
    texts = (output.text for cell in program.cells for output in cell.cell.outputs)
    found = [version for text in texts for version in _PYTHON.findall(text)]
    return found[-1] if found else None


def _in_cell(cell: ParsedCell | BrokenCell, modules: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    source, outputs = cell.cell.source, cell.cell.outputs
    for output in outputs:
        yield from _logged(output.text)
        if _PIP_LISTS.search(source):
            for each in (*_FROZEN.finditer(output.text), *_LISTED.finditer(output.text)):
                yield canonicalize_name(each["name"]), each["version"], "the list of installed packages"
        elif _LISTS.search(source):
            for each in _LISTED.finditer(output.text):
                if name := _distribution(each["name"]):
                    yield name, each["version"], "the printed list of versions"
    if isinstance(cell, ParsedCell) and "__version__" in source:
        yield from _printed(cell, outputs, modules)


def _logged(text: str) -> Iterator[tuple[str, str, str]]:
    for line in _INSTALLED.findall(text):
        for named in filter(None, map(_NAMED.match, line.split())):
            yield canonicalize_name(named["name"]), named["version"], "pip's log"
    for each in _SATISFIED.finditer(text):
        yield canonicalize_name(each["name"]), each["version"], "pip's log"
    for each in _EGG.finditer(text):
        yield canonicalize_name(each["name"]), each["version"], "a path in its outputs"


def _printed(
    cell: ParsedCell, outputs: tuple[Output, ...], modules: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """Pair the `x.__version__` of a cell with the versions it printed, where there are as many of both."""
    asked = [
        modules.get(node.value.id)
        for statement in cell.statements
        for node in sorted(
            (one for one in ast.walk(statement.node) if isinstance(one, ast.Attribute)),
            key=lambda one: (one.lineno, one.col_offset),
        )
        if node.attr == "__version__" and isinstance(node.value, ast.Name)
    ]
    text = "\n".join(each.text for each in outputs if each.kind != "error" and each.name != "stderr")
    printed = _ANY.findall(text)
    if len(asked) == len(printed):
        for name, version in zip(asked, printed, strict=True):
            if name is not None:
                yield name, version, "its printed __version__"


def _modules(program: Program) -> dict[str, str]:
    """Give the distribution behind each imported name: pd is pandas."""
    found: dict[str, str] = {}
    for statement in program.statements:
        for node in ast.walk(statement.node):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if name := _distribution(alias.name):
                        found[alias.asname or alias.name.partition(".")[0]] = name
    return found


def _distribution(module: str) -> str | None:
    known = names.look_up(module)
    return known.distributions[0] if known and known.kind == "curated" else None


def _is_version(text: str) -> bool:
    try:
        return not Version(text).is_devrelease
    except InvalidVersion:
        return False

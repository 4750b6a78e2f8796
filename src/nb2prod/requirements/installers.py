"""What the notebook's own install lines name: pip, conda and apt, in shell commands, magics and calls."""

from __future__ import annotations

import ast
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from nb2prod.problems import Location, Refusal
from nb2prod.program import ParsedCell, location
from nb2prod.requirements import names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nb2prod.program import BrokenCell, Program

_PIP_WITH_VALUE = {
    *("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "-r", "--requirement", "-c", "--constraint"),
    *("-e", "--editable", "-t", "--target", "--trusted-host", "--proxy", "--timeout", "--retries", "--progress-bar"),
    *("--root", "--prefix", "--src", "--platform", "--python-version", "--implementation", "--abi", "--cache-dir"),
    *("--no-binary", "--only-binary", "--upgrade-strategy", "--global-option", "--config-settings", "--cert", "--log"),
    *("--use-feature", "--use-deprecated", "--exists-action", "--python"),
}
_CONDA_WITH_VALUE = {"-c", "--channel", "-n", "--name", "-p", "--prefix", "--file", "--revision"}
_REFUSED = {
    "-i": "index",
    "--index-url": "index",
    "--extra-index-url": "index",
    "-f": "find-links",
    "--find-links": "find-links",
    "-e": "editable",
    "--editable": "editable",
}
_COMMANDS = re.compile(r"&&|\|\||[;|\n]")
_ADDRESS = re.compile(r"://|^git\+|^[./~]|\.(?:whl|zip|tar\.gz|tgz)$|^[A-Za-z]:\\")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@|\?.*$")
_CONDA_SPEC = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)\s*(?P<operator>[=<>!]=?)?(?P<version>[^=\s]*)(?:=.*)?$")
_COMMENTED = re.compile(r"^(?P<before>[ \t]*#[#\s]*)[!%][ \t]*(?P<line>.*\binstall\b.*)$")
_ESCAPED = re.compile(r"^(?P<before>[ \t]*)[!%]+[ \t]*(?P<line>.*\binstall\b.*)$")
_SHELLS = {"system", "getoutput", "getstatusoutput", "popen", "run", "call", "check_call", "check_output", "Popen"}
_CELL_SHELLS = {"bash", "sh", "script", "system", "cmd"}
_MAX_FILE = 1_000_000


@dataclass(frozen=True, slots=True)
class Named:
    """A distribution that an install line names; `commented`: the line is commented out."""

    distribution: str
    extras: tuple[str, ...]
    specifier: str
    where: Location
    line: str
    commented: bool = False


@dataclass(frozen=True, slots=True)
class SystemNamed:
    """A Debian package that an apt line names."""

    package: str
    where: Location


Found = Named | SystemNamed | Refusal


def find(program: Program, folder: Path | None) -> tuple[Found, ...]:
    """Everything the install lines name, in document order; files given with -r are read below `folder`."""
    commands = (each for cell in program.cells for each in _commands(cell))
    return tuple(found for text, where, commented in commands for found in _in_command(text, where, folder, commented))


def _commands(cell: ParsedCell | BrokenCell) -> Iterator[tuple[str, Location, bool]]:
    """Each shell command of a cell, where it is, and whether it is commented out."""
    for number, line in enumerate(cell.cell.source.splitlines(), 1):
        if found := _COMMENTED.match(line):
            yield found["line"], Location(cell.cell.index, number, len(found["before"]) + 1), True
        elif not isinstance(cell, ParsedCell) and (found := _ESCAPED.match(line)):
            yield found["line"], Location(cell.cell.index, number, len(found["before"]) + 1), False
    if isinstance(cell, ParsedCell) and "install" in cell.python:
        lines = cell.python.splitlines()
        for statement in cell.statements:
            for node in ast.walk(statement.node):
                if isinstance(node, ast.Call) and (text := _shell_text(node)):
                    yield text, location(node, cell.cell.index, lines), False


def _shell_text(call: ast.Call) -> str | None:
    """Read the command a call gives to a shell, with `{}` for what is not literal."""
    match call:
        case ast.Call(func=ast.Attribute(attr="run_line_magic"), args=[ast.Constant(value=str(magic)), text]):
            return f"{magic} {_text(text)}"
        case ast.Call(func=ast.Attribute(attr="run_cell_magic"), args=[ast.Constant(value=str(magic)), _, body]):
            return _text(body) if magic in _CELL_SHELLS else None
        case ast.Call(func=ast.Attribute(attr="main" | "_main", value=ast.Name(id="pip")), args=[arguments]):
            return f"pip {_text(arguments)}"
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[text, *_]) if name in _SHELLS:
            return _text(text)
    return None


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_text(each) for each in values)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return " ".join(shlex.quote(text) if (text := _text(each)) != "{}" else text for each in elements)
        case _:
            return "{}"


def _in_command(text: str, where: Location, folder: Path | None, commented: bool) -> Iterator[Found]:  # noqa: FBT001 - passed through
    for command in _COMMANDS.split(text.replace("\\\n", " ")):
        if "install" not in command:
            continue
        try:
            words = shlex.split(command, comments=True)
        except ValueError:
            words = command.split()
        if "install" not in words:
            continue
        at = words.index("install")
        tool = _tool(words[:at])
        arguments = list(_without_redirections(words[at + 1 :]))
        if tool == "pip":
            yield from _pip(arguments, where, folder, commented)
        elif tool == "conda":
            yield from _conda(arguments, where, commented)
        elif tool == "apt" and not commented:
            for word in arguments:
                if re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", word):
                    yield SystemNamed(word, where)


def _tool(words: list[str]) -> str | None:
    for word in reversed(words):
        name = word.rpartition("/")[2]
        if re.fullmatch(r"pip3?(\.\d+)?", name):
            return "pip"
        if name in {"conda", "mamba", "micromamba"}:
            return "conda"
        if name in {"apt", "apt-get", "aptitude"}:
            return "apt"
    return None


def _without_redirections(words: list[str]) -> Iterator[str]:
    """Leave out `> file` and `2>&1` (`pandas>=1` without quotes is meant as a requirement)."""
    skip = False
    for word in words:
        if skip:
            skip = False
        elif re.match(r"^(?:\d|&)?>", word):
            skip = word.rstrip("0123456789&").endswith(">") and not word.endswith("&1")
        else:
            yield word


def _pip(words: list[str], where: Location, folder: Path | None, commented: bool) -> Iterator[Found]:  # noqa: FBT001 - passed through
    remaining = iter(words)
    for word in remaining:
        option, equals, value = word.partition("=")
        if word.startswith("-"):
            if option in _PIP_WITH_VALUE and not equals:
                value = next(remaining, "")
            if option in {"-r", "--requirement"} and folder is not None:
                yield from _from_file(folder, value, where, commented)
            elif option in _REFUSED and not commented:
                yield _refused_option(option, value, where)
        elif "{" in word or not word:
            continue
        elif _ADDRESS.search(word) or " @ " in word:
            if not commented:
                yield _refused_address(word, where)
        else:
            yield from _named(word, where, f"pip install {word}", commented)


def _named(text: str, where: Location, line: str, commented: bool) -> Iterator[Found]:  # noqa: FBT001 - passed through
    try:
        parsed = Requirement(text.rstrip(","))
    except InvalidRequirement:
        if not commented:
            yield Refusal(where, f"`{line}` is not a requirement that pip takes", "Write it as NAME==VERSION")
        return
    if parsed.url:
        yield _refused_address(text, where)
        return
    name = names.on_registry(parsed.name)
    # A renamed project counts its versions anew; tensorflow-gpu was tensorflow all along.
    keeps_version = name in {canonicalize_name(parsed.name), canonicalize_name(parsed.name).removesuffix("-gpu")}
    specifier = str(parsed.specifier) if keeps_version else ""
    if name:
        yield Named(name, tuple(sorted(parsed.extras)), specifier, where, line, commented)


def _from_file(folder: Path, name: str, where: Location, commented: bool) -> Iterator[Found]:  # noqa: FBT001 - passed through
    """Read the requirements of a file beside the notebook or one folder above."""
    file = (folder / name).resolve()
    if not file.is_relative_to(folder.resolve().parent) or not file.is_file() or file.stat().st_size > _MAX_FILE:
        return
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        text = re.sub(r"\s+#.*$|^#.*$|;.*$|--hash=\S+|\\$", "", line).strip()
        if text and not text.startswith("-") and not _ADDRESS.search(text):
            yield from _named(text, where, f"pip install -r {name}", commented)


def _conda(words: list[str], where: Location, commented: bool) -> Iterator[Found]:  # noqa: FBT001 - passed through
    remaining = iter(words)
    for word in remaining:
        if word.startswith("-"):
            if word in _CONDA_WITH_VALUE:
                next(remaining, None)
            continue
        found = _CONDA_SPEC.match(word.rpartition("::")[2])
        if found is None or "{" in word:
            continue
        name = names.on_registry(found["name"], conda=True)
        operator, version = found["operator"], found["version"]
        if operator == "=" and version:
            operator, version = "==", version if version.endswith("*") else f"{version}.*"
        specifier = f"{operator}{version}" if operator and version else ""
        if name:
            yield from _named(f"{name}{specifier}", where, f"conda install {word}", commented)


def _refused_option(option: str, value: str, where: Location) -> Refusal:
    shown = _CREDENTIALS.sub("", value)
    return Refusal(
        where,
        f"an install line takes packages from {shown or 'an address'} ({option})",
        "It is not used for locking; configure that index for your installer if you trust it",
    )


def _refused_address(word: str, where: Location) -> Refusal:
    return Refusal(
        where,
        f"an install line installs from an address or a path: {_CREDENTIALS.sub('', word)}",
        "It is not locked; publish it to an index, or name a released distribution in [tool.nb2prod.imports]",
    )

"""What a wheel imports when it is used and does not ask for: setuptools, which environments once had anyway."""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING

from nb2prod.apis import standard_library

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from nb2prod.requirements.contents import Wheel

TOOL, WITH_ALL = "setuptools", "<81"  # the later ones warn about pkg_resources, or have none
_MODULES = {"pkg_resources", "setuptools", "distutils"}
_WITHOUT_DISTUTILS = (3, 12)
_MENTIONED = re.compile(rb"pkg_resources|setuptools|distutils")
# Code that builds, tests or shows a package is no part of its use.
_NOT_USED = re.compile(
    r"(?:^|/)(?:setup\w*|conftest)\.py$|"
    r"(?:^|/)(?:tests?|testing|_?distutils|setuptools|pkg_resources|f2py|_?build\w*|pycc|benchmarks?|examples?)/"
)
_CATCHES = re.compile(r"\b(?:ImportError|ModuleNotFoundError|Exception|BaseException)\b")


def imported(site: Path, paths: Iterable[str]) -> frozenset[str]:
    """Find which of setuptools' modules a wheel's own modules import as soon as they are imported themselves.

    What a function imports, or a `try` that goes on without it, is left out: it may never be asked for.
    """
    found: set[str] = set()
    for path in paths:
        if not path.endswith(".py") or _NOT_USED.search(path):
            continue
        try:
            code = (site / path).read_bytes()
        except OSError:
            continue
        if _MENTIONED.search(code):
            found.update(_at_once(code))
    return frozenset(found)


def lacking(wheels: Mapping[str, Wheel], python: str) -> Mapping[str, str]:
    """Give the wheels that import what no wheel brings, nor that Python, and which module that is."""
    major, minor = (int(part) for part in python.split(".")[:2])
    brought = {module for wheel in wheels.values() for module in wheel.modules}
    if TOOL in wheels or (major, minor) < _WITHOUT_DISTUTILS:
        brought.add("distutils")  # where Python has none, setuptools stands in for it
    return {name: module for name, wheel in sorted(wheels.items()) for module in sorted(wheel.asks - brought)}


def _at_once(code: bytes) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python warns about is their authors' business
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return
    for module in _run_at_once(tree.body):
        root = module.partition(".")[0]
        if root in _MODULES:
            yield root


def _is_there(module: str) -> bool:
    """Whether an import does not fail, so that no handler's import stands in for it."""
    return standard_library.is_standard(module.partition(".")[0])


def _run_at_once(statements: Sequence[ast.stmt]) -> Iterator[str]:
    for statement in statements:
        match statement:
            case ast.Import(names=names):
                yield from (each.name for each in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module
            case ast.If(test=test, body=body, orelse=orelse):
                if not re.search("TYPE_CHECKING|__main__", ast.unparse(test)):
                    yield from _run_at_once([*body, *orelse])
            case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=last):
                caught = any(each.type is None or _CATCHES.search(ast.unparse(each.type)) for each in handlers)
                yield from _run_at_once([*(() if caught else body), *orelse, *last])
                if caught and not all(map(_is_there, _run_at_once(body))):
                    yield from _run_at_once([each for handler in handlers for each in handler.body])
            case ast.With(body=body) | ast.ClassDef(body=body) | ast.For(body=body):
                yield from _run_at_once(body)
            case _:
                pass

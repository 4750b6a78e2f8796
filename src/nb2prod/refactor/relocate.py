"""Imports of modules that have moved into the package."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.conversion import Module
from nb2prod.refactor.cells import Edit, edited

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from nb2prod.plan.local import Local


_LOADS = "  # noqa: F401 - it loads what the name is used for"
_HEADER = "# ruff: noqa - a module from beside the notebook, as it is\n"


def taken_along(local: Local, package: str) -> tuple[Module, ...]:
    """The modules from beside the notebook, as they are but for imports of each other."""
    return tuple(Module(f.place, _HEADER + relocated(f.text, local.names, package)) for f in local.files)


def relocated(code: str, names: Mapping[str, str], package: str) -> str:
    """The code with `import helpers` as `from PACKAGE import helpers`; `names` are the modules' names there."""
    if not names:
        return code
    alone = {number for number, line in enumerate(code.splitlines(), 1) if ";" not in line and "#" not in line}
    return edited(code, moved_imports(ast.parse(code), names, package, alone))


def moved_imports(tree: ast.AST, names: Mapping[str, str], package: str, alone: Collection[int] = ()) -> Iterator[Edit]:
    """An edit for each import of a module that has moved; `alone` are the lines that take a comment at their end."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases) if any(alias.name.partition(".")[0] in names for alias in aliases):
                text = "; ".join(_import(alias, names, package) for alias in aliases)
                only_loads = any("." in alias.name and not alias.asname for alias in aliases)
                yield Edit.of(node, text + (_LOADS if only_loads and node.end_lineno in alone else ""))
            case ast.ImportFrom(module=str(module), names=aliases, level=0) if module.partition(".")[0] in names:
                root, dot, rest = module.partition(".")
                given = ", ".join(f"{a.name} as {a.asname}" if a.asname else a.name for a in aliases)
                yield Edit.of(node, f"from {package}.{names[root]}{dot}{rest} import {given}")
            case _:
                pass


def _import(alias: ast.alias, names: Mapping[str, str], package: str) -> str:
    root, _, rest = alias.name.partition(".")
    behind = f" as {alias.asname}" if alias.asname else ""
    if root not in names:
        return f"import {alias.name}{behind}"
    if not rest:
        name = names[root]
        return f"from {package} import {name}" + (behind or (f" as {root}" if name != root else ""))
    if alias.asname:
        above, _, last = f"{package}.{names[root]}.{rest}".rpartition(".")
        return f"from {above} import {last}{behind}"
    own = f" as {root}" if names[root] != root else ""
    return f"import {package}.{names[root]}.{rest}; from {package} import {names[root]}{own}"

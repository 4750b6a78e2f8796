"""Imports, functions and constants that can stand at module level: bound once, the same wherever they are read."""

from __future__ import annotations

import ast
import builtins
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nb2prod.plan import shapes
from nb2prod.plan.scopes import names_of

if TYPE_CHECKING:
    from nb2prod.dataflow import Dataflow
    from nb2prod.plan.roles import Role
    from nb2prod.program import Statement

_HARMLESS = frozenset({"sys:path", "os:cwd", "options:matplotlib", "options:pandas"})
_FOR_TERMINALS = {
    ("tqdm.notebook", "tqdm"): ("tqdm.auto", "tqdm"),
    ("tqdm.notebook", "trange"): ("tqdm.auto", "trange"),
    ("tqdm", "tqdm_notebook"): ("tqdm.auto", "tqdm"),
    ("tqdm", "tnrange"): ("tqdm.auto", "trange"),
}
_SAYS_IMPORT = re.compile(
    r"#[\W\d]*(?:(?:import|load|necessary|required?|needed|basic|all|the|some|python|relevant|standard|useful|common|"
    r"essential|different|other|and|us|main|used)(?:s|ing|ed)?\W*)*"
    r"(?:import|librar|package|module|dependenc|require)\w*\W*(?:(?:and|import|librar|package|module|here|needed)\w*\W*)*",
    re.IGNORECASE,
)
ALWAYS_THERE = frozenset({*dir(builtins), "__name__", "__file__", "display"})
"""Names that need no binding; `display` is ours where the notebook does not import it."""


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One imported name as a line of its own; `*` for a star import; `comments` are written above it."""

    name: str
    code: str
    comments: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Hoisted:
    """What leaves the functions: import lines, and statements that become functions or settings."""

    imports: tuple[ImportLine, ...]
    import_statements: frozenset[int]
    definitions: frozenset[int]
    settings: frozenset[int]


def hoist(flow: Dataflow, roles: tuple[Role, ...]) -> Hoisted:
    """Decide what stands at module level (the rest stays where it is, in order)."""
    statements = flow.program.statements
    kept = [s for s in statements if roles[s.index].purpose != "dropped"]
    times = Counter(name for s in kept for name in {*flow.effects[s.index].binds, *flow.effects[s.index].mutates})
    times.update(name for s in kept for name in flow.effects[s.index].deletes)
    times.update(name for s in kept for name in shapes.global_names(s.node))
    read = {name for s in kept for name in names_of(s.node).reads}
    # A builtin that is bound and perhaps read before that: at module level the new one would hide it.
    times.update(name for name in read & set(dir(builtins)) if name in times)
    lines = {
        s.index: tuple(replace(line, comments=_comments(flow, s)) for line in import_lines(s.node))
        for s in kept
        if shapes.is_import(s.node)
    }
    imports, import_statements = _imports(lines, times)
    settings = frozenset(
        s.index
        for s in kept
        if (_is_parameter(flow, s) or roles[s.index].purpose == "train")
        and (name := shapes.constant_target(s.node, mutable=_is_parameter(flow, s)))
        and times[name] == 1
    )
    constants = {name for s in kept if s.index in settings for name in flow.effects[s.index].binds}
    known = {line.name for line in imports} | constants | (ALWAYS_THERE - times.keys())
    if any(line.name == "*" for line in imports):
        known |= _undefined(flow)
    return Hoisted(imports, import_statements, _definitions(flow, roles, times, known), settings)


def _is_parameter(flow: Dataflow, statement: Statement) -> bool:
    """Whether its cell is tagged as papermill has it."""
    return "parameters" in flow.program.cell(statement.cell).cell.tags


def import_lines(node: ast.stmt) -> tuple[ImportLine, ...]:
    """`import a, b as c` as single lines."""
    match node:
        case ast.Import(names=aliases):
            return tuple(
                ImportLine(
                    a.asname or a.name.partition(".")[0], f"import {a.name}" + (f" as {a.asname}" if a.asname else "")
                )
                for a in aliases
            )
        case ast.ImportFrom(module=module, names=aliases, level=level):
            return tuple(_from("." * level + (module or ""), alias) for alias in aliases)
        case _:
            return ()


def _comments(flow: Dataflow, statement: Statement) -> tuple[str, ...]:
    """The comments right above an import, but not those that only say that something is imported."""
    lines = [line.strip() for line in flow.program.comments_above(statement)]
    return tuple(line for line in lines if not _SAYS_IMPORT.fullmatch(line))


def _from(module: str, alias: ast.alias) -> ImportLine:
    """One name; bars of progress that only a notebook can draw become those that a terminal can."""
    bound = alias.asname or alias.name
    module, name = _FOR_TERMINALS.get((module, alias.name), (module, alias.name))
    return ImportLine(bound, f"from {module} import {name}" + (f" as {bound}" if alias.asname or bound != name else ""))


def _imports(
    lines: dict[int, tuple[ImportLine, ...]], times: Counter[str]
) -> tuple[tuple[ImportLine, ...], frozenset[int]]:
    by_name: dict[str, set[str]] = {}
    binders: Counter[str] = Counter()
    for found in lines.values():
        for line in found:
            by_name.setdefault(line.name, set()).add(line.code)
        binders.update({line.name for line in found})
    unique = {
        name
        for name, codes in by_name.items()
        if name == "*"
        or (
            binders[name] == times[name]
            and (len(codes) == 1 or all(c.startswith(f"import {name}") and " as " not in c for c in codes))
        )
    }
    hoisted = frozenset(index for index, found in lines.items() if all(line.name in unique for line in found))
    ordered = dict.fromkeys(line for index, found in lines.items() if index in hoisted for line in found)
    return tuple(ordered), hoisted


def _definitions(flow: Dataflow, roles: tuple[Role, ...], times: Counter[str], known: set[str]) -> frozenset[int]:
    """Functions and classes whose free names all stand at module level themselves."""
    candidates: dict[str, int] = {}
    for statement in flow.program.statements:
        if roles[statement.index].purpose == "definition" and not _acts_when_defined(flow, statement.index):
            binds = [name for name in flow.effects[statement.index].binds if ":" not in name]
            if len(binds) == 1 and times[binds[0]] == 1:
                candidates[binds[0]] = statement.index
    while True:
        good = known | set(candidates)
        bad = [
            name for name, index in candidates.items() if not free_names(flow.program.statements[index].node) <= good
        ]
        if not bad:
            return frozenset(candidates.values())
        for name in bad:
            del candidates[name]


def _acts_when_defined(flow: Dataflow, index: int) -> bool:
    """Whether defining it reads or changes something besides names: `def f(x=np.random.rand())`."""
    effects = flow.effects[index]
    return any(":" in n and n not in _HARMLESS for n in (*effects.reads, *effects.mutates, *effects.binds))


def free_names(node: ast.stmt) -> set[str]:
    """Names that a definition takes from outside (also what it declares `global`)."""
    import symtable  # noqa: PLC0415 - only convert needs it

    table = symtable.symtable(ast.unparse(node), "<definition>", "exec")
    free: set[str] = set()
    todo = list(table.get_children())
    while todo:
        scope = todo.pop()
        free |= {s.get_name() for s in scope.get_symbols() if s.is_global() and (s.is_referenced() or s.is_assigned())}
        todo += scope.get_children()
    own = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    free |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and not s.is_assigned()}
    return free - (own if not _declares_global(node) else set())


def _declares_global(node: ast.stmt) -> bool:
    return any(isinstance(child, ast.Global) for child in ast.walk(node))


def star_names(flow: Dataflow, hoisted: Hoisted) -> frozenset[str]:
    """Names that only a star import can define."""
    if not any(line.name == "*" for line in hoisted.imports):
        return frozenset()
    return frozenset(_undefined(flow))


def _undefined(flow: Dataflow) -> set[str]:
    bound = {name for s in flow.program.statements if not shapes.is_import(s.node) for name in names_of(s.node).binds}
    return {name for s in flow.program.statements for name in names_of(s.node).reads} - bound

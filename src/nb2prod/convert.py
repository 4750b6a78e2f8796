"""The whole way: a notebook file to a project on disk."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nb2prod import notebook as notebooks
from nb2prod import requirements as needs
from nb2prod.conversion import Accounted
from nb2prod.dataflow import analyse
from nb2prod.lint.choice import choose
from nb2prod.lint.run import lint
from nb2prod.options import NOTHING_WANTED, Wanted
from nb2prod.order import as_run, never_run
from nb2prod.plan.hoist import import_lines
from nb2prod.plan.plan import plan
from nb2prod.problems import NotebookError
from nb2prod.program import parse
from nb2prod.project import Environment, Lock, Noticed, build, package_name, pieces, write
from nb2prod.refactor.build import conversion as make_conversion
from nb2prod.refactor.written_out import with_calls_written_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from nb2prod.conversion import Conversion
    from nb2prod.dataflow import Dataflow
    from nb2prod.notebook import Notebook
    from nb2prod.options import Options, Order
    from nb2prod.plan.plan import Plan
    from nb2prod.program import Program
    from nb2prod.requirements import Requirement

_ALWAYS = ("joblib", "numpy", "pandas")
_SBOM, _PYLOCK = "sbom.cdx.json", "pylock.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What was written and what is still open."""

    conversion: Conversion
    output: Path
    lock_status: str
    notes: tuple[str, ...] = ()


def convert(notebook: Path, output: Path, *, lock: bool, force: bool, options: Options) -> Converted:
    """Write the project of a notebook to `output`; runs none of the notebook's code.

    Raises NotebookError when the notebook cannot be read or the project cannot be written there.
    """
    pieces.chosen(options.with_, options.without_)  # a wrong name is told before anything is done
    read = notebooks.read(notebook)
    program = parse(read)
    made = static_conversion(program, notebook, options.order, options.wanted)
    given = pieces.chosen(options.with_, options.without_) if made.predict.status == "ok" else ()
    environment, missing = _environment(program, made, given, lock=lock, options=options)
    project = build(
        made, read, environment, _noticed(read), data_limit_mb=options.data_limit_mb, output=output, optional=given
    )
    write(project, output, force=force)
    status = environment.lock.status + (f": {environment.lock.reason}" if environment.lock.reason else "")
    told = {each.reason for each in made.data}
    notes = (
        *made.notes,
        *missing,
        *(f"{target}: {reason}" for target, reason in project.kept_out if reason not in told),
        *(f"{name} is left out, since nothing is predicted" for name in options.with_ if name not in given),
    )
    return Converted(conversion=made, output=output, lock_status=status, notes=notes)


def static_conversion(
    program: Program, path: Path, order: Order = "document", wanted: Wanted = NOTHING_WANTED
) -> Conversion:
    """The conversion of a parsed notebook whose data lies beside `path`.

    Raises NotebookError where the recorded order is asked for and none is recorded.
    """
    if order == "recorded":
        return _as_run(program, path, wanted)
    imports = {line.code.split()[1].partition(".")[0] for s in program.statements for line in import_lines(s.node)}
    package = package_name(path.stem, imports)

    def planned(flow: Dataflow) -> Plan:
        return replace(plan(flow, path.parent, needs.finder(program)), wanted=wanted)

    found = planned(analyse(program))
    return with_calls_written_out(found, make_conversion(found, package), planned, package)


def _as_run(program: Program, path: Path, wanted: Wanted) -> Conversion:
    """The conversion in the order in which the cells were run; those never run are accounted for, and left out."""
    ran = as_run(program)
    if not ran.statements:
        message = f"{path} has no execution counts, so there is no recorded order; use --order document"
        raise NotebookError(message)
    made = static_conversion(ran, path, wanted=wanted)
    left_out = tuple(
        Accounted(index=number, where=where, last_line=line, role="dropped", reason="its cell was never run")
        for number, (where, line) in enumerate(never_run(program), len(made.statements))
    )
    note = "the cells are taken in the order in which they were run (`--order recorded`), not as they stand"
    return replace(made, statements=(*made.statements, *left_out), order="recorded", notes=(*made.notes, note))


def _environment(
    program: Program, made: Conversion, given: tuple[str, ...], *, lock: bool, options: Options
) -> tuple[Environment, tuple[str, ...]]:
    """The distributions the project needs, locked if asked for; a lock that fails does not stop the project.

    Also says what was asked for and could not be written.
    """
    found = needs.resolve(program, user_map=dict(options.imports), as_of=needs.day(options.as_of), cpu=options.cpu)
    found = needs.separated(found, _is_served(made))
    if made.predict.status != "none":
        found = needs.including(found, _ALWAYS, "the emitted project stores and loads its model with it")
    for name in given:
        found = needs.including(found, pieces.requirements([name]), f"the project's {name} piece needs it")
    found = replace(found, undated=pieces.brought(given))
    locked = None
    if lock:
        found, locked = needs.locked(
            found, locker=options.locker, allow_build=options.allow_build, debian=options.debian
        )
    data = needs.as_data(found, locked)
    state = Lock("not run" if locked is None else "ok")
    if isinstance(locked, needs.LockFailed):
        state = Lock("failed", f"{locked.reason}. {locked.way_out}")
    forms = tuple(_other_forms(found, locked, options))
    environment = Environment(
        files=(*needs.files(found, locked), *(each for each in forms if isinstance(each, tuple))),
        requirements=data["requirements"],
        system=data["system"],
        lock=state,
        debian=options.debian,
        base=options.base_image,
    )
    return environment, tuple(each for each in forms if isinstance(each, str))


def _other_forms(
    found: needs.Requirements, locked: needs.Lock | needs.LockFailed | None, options: Options
) -> Iterator[tuple[str, str] | str]:
    """The lock in the other forms that are asked for, each a file; where it cannot be written, what is to be said."""
    if not isinstance(locked, needs.Lock):
        yield from (f"no {name}, since nothing is locked" for name in _wanted_forms(options))
        return
    for name in _wanted_forms(options):
        text = needs.pylock(locked, found.python) if name == _PYLOCK else needs.bill_of_materials(found, locked)
        yield f"no {name}: {text.reason}. {text.way_out}" if isinstance(text, needs.LockFailed) else (name, text)


def _wanted_forms(options: Options) -> tuple[str, ...]:
    return (*([_SBOM] if options.sbom else ()), *([_PYLOCK] if options.pylock else ()))


def _is_served(made: Conversion) -> Callable[[Requirement], bool]:
    """Tell what the project needs to train and predict: what its modules import, explore's apart, and their calls."""
    roots = {
        name.partition(".")[0]
        for module in made.modules
        if module.name != "explore.py"
        for node in ast.walk(ast.parse(module.code))
        for name in _imported(node)
    }
    unserved = [each for each in made.statements if each.role in {"explore", "dropped"}]

    def is_served(each: Requirement) -> bool:
        if each.imports:
            return any(one.partition(".")[0] in roots for one in each.imports)
        place = each.where
        return place is None or not any(
            one.where.cell == place.cell and one.where.line <= place.line <= one.last_line for one in unserved
        )

    return is_served


def _imported(node: ast.AST) -> tuple[str, ...]:
    match node:
        case ast.Import(names=names):
            return tuple(alias.name for alias in names)
        case ast.ImportFrom(module=str(module), level=0):
            return (module,)
        case _:
            return ()


def _noticed(notebook: Notebook) -> tuple[Noticed, ...]:
    """What lint finds, for the handoff page."""
    return tuple(
        Noticed(
            where=finding.where,
            code=rule.code,
            name=rule.name,
            severity=finding.severity or rule.severity,
            message=finding.message,
        )
        for rule, finding in lint(notebook, choose())
    )

"""The whole way: a notebook file to a project on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nb2prod import notebook as notebooks
from nb2prod.dataflow import analyse
from nb2prod.plan.hoist import import_lines
from nb2prod.plan.plan import plan
from nb2prod.program import parse
from nb2prod.project import Environment, build, package_name, write
from nb2prod.refactor.build import conversion as make_conversion

if TYPE_CHECKING:
    from pathlib import Path

    from nb2prod.conversion import Conversion
    from nb2prod.options import Options
    from nb2prod.program import Program


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
    read = notebooks.read(notebook)
    program = parse(read)
    made = static_conversion(program, notebook)
    project = build(made, read, Environment(), data_limit_mb=options.data_limit_mb, output=output)
    write(project, output, force=force)
    notes = (*made.notes, *(f"{target}: {reason}" for target, reason in project.kept_out))
    return Converted(conversion=made, output=output, lock_status="not run" if not lock else "not run", notes=notes)


def static_conversion(program: Program, path: Path) -> Conversion:
    """The conversion of a parsed notebook whose data lies beside `path`."""
    imports = {line.code.split()[1].partition(".")[0] for s in program.statements for line in import_lines(s.node)}
    package = package_name(path.stem, imports)
    return make_conversion(plan(analyse(program), path.parent), package)

"""The commands: parse, call, print. Whatever is heavy is imported by the command that needs it."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nb2prod import __version__
from nb2prod.options import OptionsError, load
from nb2prod.problems import NotebookError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nb2prod.options import Locker, Order
    from nb2prod.verify import Verdict

_OK, _FINDINGS, _COULD_NOT_RUN, _INTERRUPTED = 0, 1, 2, 130
_TIMEOUT = 600.0  # seconds for a cell

_PATH = click.Path(path_type=Path)
_FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people or programs.",
)


def main() -> None:
    """Run the command that the command line asks for."""
    code = run(sys.argv[1:])
    if sys.argv[1:2] == ["lint"]:
        from nb2prod.lint_command import leave  # noqa: PLC0415 - this command's only

        leave(code)
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command; what is wrong with the user's files becomes one line on stderr, never a traceback."""
    try:
        code = nb2prod.main(list(arguments), prog_name="nb2prod", standalone_mode=False)
    except click.ClickException as error:
        error.show()
    except (NotebookError, OptionsError) as error:
        click.echo(f"nb2prod: {error}", err=True)
    except OSError as error:
        click.echo(f"nb2prod: {f'{error.filename}: ' if error.filename else ''}{error.strerror or error}", err=True)
    except (click.Abort, KeyboardInterrupt):
        click.echo("nb2prod: interrupted", err=True)
        return _INTERRUPTED
    else:
        return code if isinstance(code, int) else _OK
    return _COULD_NOT_RUN


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="nb2prod")
def nb2prod() -> None:
    """Turn a notebook into a production project, and prove that it computes the same."""


@nb2prod.command(epilog="Example: nb2prod convert analysis.ipynb -o analysis")
@click.argument("notebook", type=_PATH)
@click.option("-o", "--output", type=_PATH, help="The project's folder.  [default: the notebook's name, here]")
@click.option("--lock/--no-lock", default=None, help="Pin every requirement with its hashes.  [default: lock]")
@click.option("--sbom", is_flag=True, help="Write the lock as sbom.cdx.json, too: a CycloneDX bill of materials.")
@click.option("--pylock", is_flag=True, help="Write the lock as pylock.toml, too.")
@click.option("--verify", "prove", is_flag=True, help="Then run the notebook and the project, and compare them.")
@click.option("--strict/--no-strict", default=None, help="Exit with 1 when something was refused or not proven.")
@click.option(
    "--order",
    type=click.Choice(["document", "recorded"]),
    default=None,
    help="Take the cells as they stand, or as their execution counts say they were run.  [default: document]",
)
@click.option("--model", metavar="NAME", help="The final model: its name, or its class.  [default: found by rules]")
@click.option("--prediction", metavar="NAME", help="The final prediction: a name, a column (out['price']) or the call.")
@click.option("--input", "given", metavar="NAME", help="The table that is predicted, or the file it is read from.")
@click.option("--target", metavar="COLUMN", help="The column that is predicted.")
@click.option("--with", "added", multiple=True, metavar="PIECE", help="Also emit operate or k8s; again for more.")
@click.option("--without", "left_out", multiple=True, metavar="PIECE", help="Leave out service: a batch job.")
@click.option("--force", is_flag=True, help="Replace a project that is already there.")
def convert(  # noqa: PLR0913 - one argument for each option
    notebook: Path,
    output: Path | None,
    *,
    lock: bool | None,
    sbom: bool,
    pylock: bool,
    prove: bool,
    strict: bool | None,
    order: Order | None,
    model: str | None,
    prediction: str | None,
    given: str | None,
    target: str | None,
    added: tuple[str, ...],
    left_out: tuple[str, ...],
    force: bool,
) -> int:
    """Turn NOTEBOOK into a project that trains, predicts and can be tested.

    Runs none of the notebook's code unless --verify is given.
    """
    from nb2prod.convert import convert as convert_notebook  # noqa: PLC0415 - libcst
    from nb2prod.report import conversion as report  # noqa: PLC0415 - this command's only

    if prove:
        _verifier()  # before anything is written
    options = load([notebook])
    folder = output or Path(re.sub(r"[^\w.-]+", "-", notebook.stem).strip("-.") or "project")
    with _busy(f"Converting {notebook.name}"):
        lock = options.lock if lock is None else lock
        options = replace(
            options,
            sbom=sbom or options.sbom,
            pylock=pylock or options.pylock,
            order=order or options.order,
            model=model or options.model,
            prediction=prediction or options.prediction,
            input=given or options.input,
            target=target or options.target,
            with_=_split(added) or options.with_,
            without_=_split(left_out) or options.without_,
        )
        made = convert_notebook(notebook, folder, lock=lock, force=force, options=options)
    verdict = _verify(made.output, None, notebook.parent, _TIMEOUT).status if prove else None
    for line in report.lines(made.conversion, made.output, lock=made.lock_status, notes=made.notes, verdict=verdict):
        click.echo(line)
    strict = options.strict if strict is None else strict
    return _FINDINGS if strict and not report.complete(made.conversion, verdict) else _OK


@nb2prod.command(epilog="Example: nb2prod add operate analysis")
@click.argument("piece", metavar="PIECE")
@click.argument("project", type=_PATH)
@click.option("--lock/--no-lock", default=None, help="Lock what the piece needs.  [default: lock]")
@_FORMAT
def add(piece: str, project: Path, *, lock: bool | None, form: str) -> int:
    """Add PIECE (service, operate or k8s) to a PROJECT that was emitted without it.

    Only adds: a file that is there and was changed is kept, and named. Exits with 1 when something is left to do.
    """
    from nb2prod.project.add import add as add_piece  # noqa: PLC0415 - this command's only
    from nb2prod.report import added as report  # noqa: PLC0415 - this command's only

    options = load([project])
    with _busy(f"Adding {piece} to {project}"):
        done = add_piece(project, piece, lock=options.lock if lock is None else lock, locker=options.locker)
    click.echo(_json(report.document(done)) if form == "json" else "\n".join(report.lines(done)))
    return _OK if done.complete else _FINDINGS


@nb2prod.command(epilog="Example: nb2prod verify analysis")
@click.argument("project", type=_PATH)
@click.option("--python", type=_PATH, help="The interpreter to run both with.  [default: the one that runs nb2prod]")
@click.option("--beside", type=_PATH, help="The folder the notebook came from, for data that is not in the project.")
@click.option("--timeout", default=_TIMEOUT, show_default=True, metavar="SECONDS", help="At most, for one cell.")
@click.option("--isolated", is_flag=True, help="Run both in a fresh environment made from PROJECT's requirements.txt.")
@click.option("--perturbed", is_flag=True, help="Then run both again on resampled data.")
@_FORMAT
def verify(  # noqa: PLR0913 - one argument for each option
    project: Path,
    python: Path | None,
    beside: Path | None,
    timeout: float,
    *,
    isolated: bool,
    perturbed: bool,
    form: str,
) -> int:
    """Run PROJECT and the notebook it was made from, and compare their values.

    Exits with 0 only when they are equivalent; the verdict is also written into PROJECT/nb2prod.json.
    """
    from nb2prod.report import verdict as report  # noqa: PLC0415 - this command's only

    if isolated and python:
        message = "--isolated makes its own environment; --python chooses one that is there"
        raise OptionsError(message)
    verdict = _verify(project, python, beside, timeout, isolated=isolated, perturbed=perturbed)
    click.echo(_json(verdict.to_json()) if form == "json" else "\n".join(report.lines(verdict)))
    return _OK if verdict.status == "equivalent" else _FINDINGS


@nb2prod.command(epilog="Example: nb2prod lint notebooks --select HS --ignore not-idempotent-rerun")
@click.argument("paths", nargs=-1, required=True, type=_PATH)
@click.option("--select", multiple=True, metavar="RULE", help="Only these: code, family, name or ALL; again for more.")
@click.option("--extend-select", multiple=True, metavar="RULE", help="These as well; again for more.")
@click.option("--ignore", multiple=True, metavar="RULE", help="Not these; again for more.")
@click.option("--fix", is_flag=True, help="Mend what can be mended safely, in the files.")
@click.option("--unsafe-fixes/--no-unsafe-fixes", default=None, help="Also make fixes that may change what is meant.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option("--show-source/--no-show-source", default=None, help="Show the lines that a finding speaks of.")
@click.option("--statistics", is_flag=True, help="Only count what each rule finds.")
@click.option("--baseline", type=_PATH, help="Leave out the findings of this file.")
@click.option("--write-baseline", is_flag=True, help="Write all findings into the baseline.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github", "gitlab", "junit"]),
    default="text",
    show_default=True,
    help="For people or programs.",
)
@click.option("-o", "--output-file", type=_PATH, help="Write there instead of printing.")
@click.option("--stdin-filename", type=_PATH, help="The notebook's name, where PATHS is -.")
@click.option("--skip-other-languages", is_flag=True, help="Pass over named notebooks that are not Python.")
@click.option("--respect-gitignore/--no-respect-gitignore", default=None, help="[default: respect]")
@click.option(
    "--fail-on", type=click.Choice(["error", "warning", "info"]), help="What exits with 1.  [default: warning]"
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found.")
@click.option("--no-cache", is_flag=True, help="Check everything anew.")
@click.option("--cache-dir", type=_PATH, envvar="NB2PROD_CACHE_DIR", help="[default: .nb2prod_cache]")
def lint(paths: tuple[Path, ...], **given: Any) -> int:  # noqa: ANN401 - one for each option above
    """Find hidden state and mistakes of machine learning in PATHS: notebooks, folders and globs, or - for stdin.

    Exits with 1 when something at or above --fail-on is found (with --diff: when something would be fixed), with 2
    when a notebook could not be read.
    """
    from nb2prod.lint_command import Asked, lint  # noqa: PLC0415 - this command's only

    for name in ("select", "extend_select", "ignore"):
        given[name] = _split(given[name])
    told = lint(Asked(paths=paths, **given), _painter())
    for note in told.notes:
        click.echo(note, err=True)
    if told.output:
        click.echo(told.output, nl=isinstance(told.output, str))
    return told.code


@nb2prod.command(epilog="Example: nb2prod requirements analysis.ipynb --format json")
@click.argument("notebook", type=_PATH)
@click.option("--lock/--no-lock", default=None, help="Find the exact versions, with hashes.  [default: lock]")
@click.option("--python", "environment", type=_PATH, help="An interpreter whose installed versions count.")
@click.option(
    "--as-of",
    metavar="DATE",
    help="No version newer than this: a day (YYYY-MM-DD), git (the last commit to the notebook), auto or never.  "
    "[default: auto]",
)
@click.option("--locker", type=click.Choice(["auto", "uv", "pip-tools"]), help="What finds them.  [default: auto]")
@click.option("--allow-build", multiple=True, metavar="NAME", help="May be built from source, which runs its code.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "cyclonedx", "pylock"]),
    default="text",
    show_default=True,
    help="For people or programs; of what is locked, cyclonedx is a bill of materials, pylock a pylock.toml.",
)
def requirements(  # noqa: PLR0913 - one argument for each option
    notebook: Path,
    *,
    lock: bool | None,
    environment: Path | None,
    as_of: str | None,
    locker: Locker | None,
    allow_build: tuple[str, ...],
    form: str,
) -> int:
    """Say what NOTEBOOK needs: Python, distributions and system packages, each with its evidence."""
    from nb2prod import requirements as needs  # noqa: PLC0415 - packaging's and the maps' import
    from nb2prod.notebook import read  # noqa: PLC0415 - as above
    from nb2prod.program import parse  # noqa: PLC0415 - as above
    from nb2prod.report import requirements as report  # noqa: PLC0415 - as above

    options = load([notebook])
    found = needs.resolve(
        parse(read(notebook)),
        environment=environment,
        user_map=dict(options.imports),
        as_of=needs.day(as_of or options.as_of),
        cpu=options.cpu,
    )
    locked = None
    if options.lock if lock is None else lock:
        with _busy(f"Locking the requirements of {notebook.name}") as progress:
            found, locked = needs.locked(
                found,
                locker=locker or options.locker,
                allow_build=allow_build or options.allow_build,
                debian=options.debian,
                progress=progress,
            )
    forms = {"cyclonedx": report.bill_of_materials, "pylock": report.python_lock, "json": report.document}
    click.echo(forms[form](found, locked) if form in forms else "\n".join(report.lines(found, locked)))
    return _OK


@nb2prod.command(epilog="Example: nb2prod score analysis")
@click.argument("project", type=_PATH)
@_FORMAT
def score(project: Path, form: str) -> int:
    """Rate PROJECT by the 28 tests of the ML Test Score, from what ran in it, and name the cheapest next step."""
    from nb2prod.score import rate  # noqa: PLC0415 - this command's only

    found = rate(project)
    click.echo(_json(found.to_json()) if form == "json" else "\n".join(found.lines()))
    return _OK


@nb2prod.command(epilog="Example: nb2prod explain HS101")
@click.argument("rule")
def explain(rule: str) -> int:
    """Print the page of RULE (its code or its name): what it finds, why it matters, how to mend it."""
    from nb2prod.lint.rule import discover, page  # noqa: PLC0415 - this command's only

    for each, module in discover():
        if rule.upper() == each.code or rule.lower() == each.name:
            _markdown(page(module))
            return _OK
    message = f"no rule is called {rule!r}; `nb2prod rules` lists them"
    raise OptionsError(message)


@nb2prod.command(epilog="Example: nb2prod rules")
@_FORMAT
def rules(form: str) -> int:
    """List every rule that lint knows."""
    from nb2prod.lint.rule import discover, summary  # noqa: PLC0415 - this command's only

    rows = [
        {
            "code": rule.code,
            "name": rule.name,
            "severity": rule.severity,
            "default": rule.default,
            "summary": summary(module),
        }
        for rule, module in sorted(discover(), key=lambda pair: pair[0].code)
    ]
    if form == "json":
        click.echo(_json(rows))
    else:
        _table([{**row, "default": "on" if row["default"] else "off"} for row in rows])
    return _OK


def _verify(project: Path, python: Path | None, beside: Path | None, timeout: float, **more: bool) -> Verdict:
    verify_project = _verifier()
    with _busy(f"Verifying {project}") as progress:
        return verify_project(project, python=python, beside=beside, timeout=timeout, progress=progress, **more)


def _verifier() -> Callable[..., Verdict]:
    """Import verify, or say which extra brings it: the base install does without what runs notebooks."""
    try:
        from nb2prod.verify import verify as verify_project  # noqa: PLC0415 - it runs notebooks; heavy
    except ModuleNotFoundError as error:
        message = f"verify needs {error.name}: pip install 'nb2prod[verify]'"
        raise OptionsError(message) from error
    return verify_project


def _split(choices: tuple[str, ...]) -> tuple[str, ...]:
    """`--select HS,ML101` means the same as `--select HS --select ML101`."""
    return tuple(one.strip() for choice in choices for one in choice.split(",") if one.strip())


def _json(value: object) -> str:
    import json  # noqa: PLC0415 - only where it is asked for

    return json.dumps(value, indent=2, ensure_ascii=False)


def _painter() -> Callable[[str, str], str]:
    """How to colour text: on a terminal only."""
    if sys.stdout.isatty():
        return lambda text, colour: click.style(text, fg=colour)
    return lambda text, _: text


@contextmanager
def _busy(what: str) -> Iterator[Callable[[str], None]]:
    """Show on a terminal what is going on; gives a function that changes the line."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - on a terminal only
    from rich.markup import escape  # noqa: PLC0415 - as above

    with Console(stderr=True).status(escape(what)) as status:
        yield lambda step: status.update(f"{escape(what)}: {escape(step)}")


def _markdown(text: str) -> None:
    if not sys.stdout.isatty():
        click.echo(text, nl=False)
        return
    from rich.console import Console  # noqa: PLC0415 - on a terminal only
    from rich.markdown import Markdown  # noqa: PLC0415 - as above

    Console().print(Markdown(text))


def _table(rows: list[dict[str, Any]]) -> None:
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("  ".join(row.values()))
        return
    from rich.console import Console  # noqa: PLC0415 - on a terminal only
    from rich.table import Table  # noqa: PLC0415 - as above

    table = Table(*rows[0], box=None)
    for row in rows:
        table.add_row(*row.values())
    Console().print(table)

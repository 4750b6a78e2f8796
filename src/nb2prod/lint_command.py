"""What `nb2prod lint` does: options and files together, then what is found, filtered, told and counted."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from nb2prod.lint.cache import FOLDER
from nb2prod.lint.diagnostic import Unread, failing
from nb2prod.lint.files import Chosen, Left, find
from nb2prod.lint.session import Wanted, lint_files, lint_text
from nb2prod.options import OptionsError, load
from nb2prod.report.found import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nb2prod.lint.diagnostic import Diagnostic
    from nb2prod.lint.session import Result
    from nb2prod.options import FailOn, Options

_OK, _FINDINGS, _COULD_NOT_RUN = 0, 1, 2
_STDIN = Path("-")


class Asked(NamedTuple):  # a dataclass of so many fields takes two milliseconds to make
    """The command line; None where pyproject.toml or the default decides."""

    paths: tuple[Path, ...]
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fix: bool = False
    unsafe_fixes: bool | None = None
    diff: bool = False
    show_source: bool | None = None
    statistics: bool = False
    baseline: Path | None = None
    write_baseline: bool = False
    form: str = "text"
    output_file: Path | None = None
    stdin_filename: Path | None = None
    skip_other_languages: bool = False
    respect_gitignore: bool | None = None
    fail_on: FailOn | None = None
    exit_zero: bool = False
    no_cache: bool = False
    cache_dir: Path | None = None


class Told(NamedTuple):
    """What goes to stdout, what to stderr, and the exit code."""

    output: str | bytes
    notes: tuple[str, ...]
    code: int


def lint(asked: Asked, paint: Callable[[str, str], str]) -> Told:
    """Lint what is asked for.

    Raises OptionsError where the command line or pyproject.toml cannot be meant.
    """
    _check(asked)
    from_stdin = asked.paths == (_STDIN,)
    name = asked.stdin_filename or Path("stdin.ipynb")
    options = load([name] if from_stdin else asked.paths)
    wanted = _wanted(asked, options)
    if from_stdin:
        content = sys.stdin.buffer.read()
        named = [Chosen(name)]
        results = [lint_text(name, content, wanted)]
        contents = {name: results[0].after or content}
    else:
        named = find(asked.paths, _left(asked, options))
        results = lint_files([each.path for each in named], wanted, _cache(asked, options))
        contents = {}
    told = _told(asked, options, results, contents, paint)
    if asked.fix and from_stdin:
        told = Told(contents[name], (*told.notes, str(told.output)), told.code)
    by_name = {each.path for each in named if each.named and not asked.skip_other_languages}
    failed = any(not each.said.foreign or each.path in by_name for each in results if isinstance(each.said, Unread))
    nothing = () if named else ("nb2prod: no notebooks found",)
    return Told(told.output, (*told.notes, *nothing), _COULD_NOT_RUN if failed else told.code)


def leave(code: int) -> NoReturn:
    """Exit without taking everything apart before, which takes as long as to check several notebooks."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # nobody reads it any more
        code = code or _COULD_NOT_RUN
    os._exit(code)


def _told(
    asked: Asked,
    options: Options,
    results: Sequence[Result],
    contents: dict[Path, bytes],
    paint: Callable[[str, str], str],
) -> Told:
    unread = tuple(each.said for each in results if isinstance(each.said, Unread))
    said = [one for each in results if not isinstance(each.said, Unread) for one in each.said]
    notes = tuple(f"nb2prod: {each.why}" for each in unread)
    if asked.diff:
        return _diff(results, notes)
    baseline = _baseline(asked, options)
    if asked.write_baseline and baseline:
        from nb2prod.lint import baseline as known  # noqa: PLC0415 - few have one

        number = known.write(baseline, said)
        return Told(f"{number} findings written to {baseline}.", notes, _OK)
    new = _new(baseline, said) if baseline else said
    show_source = options.lint.show_source if asked.show_source is None else asked.show_source
    found = Found(
        diagnostics=tuple(new),
        unread=unread,
        checked=tuple(each.path for each in results if not isinstance(each.said, Unread)),
        mended=tuple(mend for each in results for mend in each.mended),
        known=len(said) - len(new),
        contents=contents,
        show_source=show_source,
        paint=paint if not asked.output_file else lambda text, _: text,
    )
    output = _document(asked, found)
    if asked.output_file:
        asked.output_file.write_text(f"{output}\n", encoding="utf-8")
        output = ""
    code = _FINDINGS if failing(new, asked.fail_on or options.lint.fail_on) and not asked.exit_zero else _OK
    return Told(output, notes, code)


def _new(baseline: Path, said: Sequence[Diagnostic]) -> Sequence[Diagnostic]:
    from nb2prod.lint import baseline as known  # noqa: PLC0415 - as above

    return known.new(baseline, known.read(baseline), said)


def _document(asked: Asked, found: Found) -> str:
    """Write the findings in the format asked for; each is imported only then."""
    if asked.statistics:
        from nb2prod.report import statistics  # noqa: PLC0415 - as the docstring says

        return statistics.document(found) if asked.form == "json" else statistics.text(found)
    return str(import_module(f"nb2prod.report.{asked.form}").document(found))


def _diff(results: Sequence[Result], notes: tuple[str, ...]) -> Told:
    from nb2prod.report.differences import lines  # noqa: PLC0415 - imports difflib

    changed = [each for each in results if each.mended]
    number = sum(len(each.mended) for each in changed)
    text = "\n".join(line for each in changed for line in lines(each.path, each.before, each.after))
    would = f"nb2prod: would fix {number} finding{'' if number == 1 else 's'}"
    return Told(text, (*notes, would), _FINDINGS if changed else _OK)


def _check(asked: Asked) -> None:
    """Raise OptionsError for what cannot be meant together."""
    for wrong, why in (
        (_STDIN in asked.paths and len(asked.paths) > 1, "- is stdin, and cannot be linted with other paths"),
        (
            asked.stdin_filename and asked.paths != (_STDIN,),
            "--stdin-filename names what comes from stdin: give - as the path",
        ),
        (asked.diff and asked.write_baseline, "--diff writes nothing: leave out --write-baseline"),
        (asked.statistics and asked.form not in {"text", "json"}, "--statistics are text or json"),
    ):
        if wrong:
            raise OptionsError(why)


def _wanted(asked: Asked, options: Options) -> Wanted:
    given = options.lint
    return Wanted(
        select=asked.select or given.select,
        ignore=asked.ignore or given.ignore,
        extend=asked.extend_select or given.extend_select,
        root=options.folder,
        per_file=given.per_file_ignores,
        mend=asked.fix or asked.diff,
        unsafe=given.unsafe_fixes if asked.unsafe_fixes is None else asked.unsafe_fixes,
        write=asked.fix and not asked.diff and asked.paths != (_STDIN,),
    )


def _left(asked: Asked, options: Options) -> Left:
    respect = options.lint.respect_gitignore if asked.respect_gitignore is None else asked.respect_gitignore
    return Left(gitignore=respect, root=options.folder, exclude=options.lint.exclude)


def _cache(asked: Asked, options: Options) -> Path | None:
    if asked.no_cache:
        return None
    root = options.folder or Path()
    return asked.cache_dir or root / (options.lint.cache_dir or FOLDER)


def _baseline(asked: Asked, options: Options) -> Path | None:
    if asked.baseline:
        return asked.baseline
    if options.lint.baseline:
        return (options.folder or Path()) / options.lint.baseline
    if asked.write_baseline:
        message = "--write-baseline needs to know where: --baseline FILE, or baseline in [tool.nb2prod.lint]"
        raise OptionsError(message)
    return None

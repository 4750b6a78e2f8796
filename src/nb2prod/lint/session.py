"""One run over many files: from the cache or through the rules, in several processes, mended where asked."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from nb2prod.lint.cache import Cache, Outcome
from nb2prod.lint.diagnostic import Unread
from nb2prod.lint.disk import replace_file
from nb2prod.lint.files import matching
from nb2prod.notebook import file_bytes
from nb2prod.problems import NotebookError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from nb2prod.lint.diagnostic import Diagnostic
    from nb2prod.lint.mend import Mended
    from nb2prod.lint.rule import Rule
    from nb2prod.lint.run import Found

_FEW = 12
"""Files that one process checks before others would have started."""


class Wanted(NamedTuple):  # as the other types of a run: a dataclass takes a millisecond to make
    """Which rules run, and what is done: `per_file` are patterns, seen from `root`, with what they ignore.

    `write`: mended files are written, rather than only kept in the result; `kept`: there is a cache.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend: tuple[str, ...] = ()
    root: Path | None = None
    per_file: tuple[tuple[str, tuple[str, ...]], ...] = ()
    mend: bool = False
    unsafe: bool = False
    write: bool = False
    kept: bool = False


class Mend(NamedTuple):
    """One thing that was mended: the rule's code and name, and what was done."""

    code: str
    name: str
    message: str


class Result(NamedTuple):
    """What came of one file; `before` and `after` are its contents where it was mended."""

    path: Path
    said: tuple[Diagnostic, ...] | Unread
    mended: tuple[Mend, ...] = ()
    before: bytes = b""
    after: bytes = b""


def lint_files(paths: Sequence[Path], wanted: Wanted, cache: Path | None) -> list[Result]:
    """Check files, in their order; whatever goes wrong with one stops no other.

    Raises OptionsError where a choice of rules means none.
    """
    kept = Cache(cache, _settings(wanted)) if cache else None
    wanted = wanted._replace(kept=kept is not None)
    results: dict[Path, Result] = {}
    for path in paths if kept else ():
        if kept and (outcome := kept.get(path)) and not _to_mend(outcome, wanted):
            results[path] = Result(path, outcome.said)
    todo = [path for path in paths if path not in results]
    if todo or not paths:
        _prepare(wanted)
        for result, outcome in _check_all(todo, wanted):
            results[result.path] = result
            if kept and outcome:
                kept.put(result.path, outcome)
    if kept:
        kept.save()
    return [results[path] for path in paths]


def lint_text(path: Path, content: bytes, wanted: Wanted) -> Result:
    """Check what would be in a file; nothing is written."""
    return _Work(wanted).check(path, content)[0]


def _settings(wanted: Wanted) -> object:
    return [wanted.select, wanted.ignore, wanted.extend, wanted.root, wanted.per_file]


def _to_mend(outcome: Outcome, wanted: Wanted) -> bool:
    if not wanted.mend or isinstance(outcome.said, Unread):
        return False
    return any(one.fix and (one.fix.safe or wanted.unsafe) for one in outcome.said)


def _check_all(paths: Sequence[Path], wanted: Wanted) -> Iterator[tuple[Result, Outcome | None]]:
    jobs = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, len(paths))
    if jobs < 2 or len(paths) < _FEW:  # noqa: PLR2004 - one process
        yield from map(_check, paths)
        return
    from nb2prod.lint.processes import MOST, each_done  # noqa: PLC0415 - for many files only

    _work[0].load()
    largest_first = sorted(paths, key=_size, reverse=True)
    count = min(len(paths), MOST)
    batches = [largest_first[start::count] for start in range(count)]
    undone = set(paths)
    for number, done in each_done(_check_batch, batches, jobs, partial(_prepare, wanted)):
        undone.difference_update(batches[number])
        yield from done
    for path in sorted(undone):
        alone = list(each_done(_check_batch, [[path]], 1, partial(_prepare, wanted)))
        crashed = Unread(path, f"{path}: a bug in nb2prod, please report it: it crashed")
        yield from alone[0][1] if alone else [(Result(path, crashed), None)]


_work: list[_Work] = []
"""What this process works with."""


def _prepare(wanted: Wanted) -> None:
    if not _work or _work[0].wanted != wanted:  # a forked process has it
        _work[:] = [_Work(wanted)]


def _check_batch(paths: Sequence[Path]) -> list[tuple[Result, Outcome | None]]:
    return [_check(path) for path in paths]


def _check(path: Path) -> tuple[Result, Outcome | None]:
    try:
        return _work[0].check(path, file_bytes(path))
    except NotebookError as error:
        return Result(path, Unread(path, str(error))), None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


class _Work:
    """The chosen rules, and what is done with them."""

    def __init__(self, wanted: Wanted) -> None:
        from nb2prod.lint.choice import check, choose  # noqa: PLC0415 - imports what all rules do

        self.wanted = wanted
        self._rules = choose(wanted.select, wanted.ignore, wanted.extend)
        check((choice for _, choices in wanted.per_file for choice in choices), choose(["ALL"]))

    def load(self) -> None:
        """Import whatever may be needed, before the process is forked."""
        import nb2prod.lint.run  # noqa: PLC0415 - as above
        from nb2prod.lint.catalogue import load  # noqa: PLC0415 - as above
        from nb2prod.lint.rule import LEARNING  # noqa: PLC0415 - as above

        load(self._rules)
        if any(rule.words == LEARNING for rule in self._rules):
            import nb2prod.lint.follow  # noqa: F401, PLC0415 - as above

    def check(self, path: Path, content: bytes) -> tuple[Result, Outcome | None]:
        """Check one file, and mend it where that is wanted."""
        from nb2prod.lint.run import check_bytes, diagnostic  # noqa: PLC0415 - as above

        rules = self._rules_for(path)
        mended: tuple[Found, ...] = ()
        if self.wanted.mend:
            done = self._mended(path, content, rules)
            checked, mended = (done, ()) if isinstance(done, Unread) else (done.now, done.mended)
        else:
            checked = check_bytes(path, content, rules)
        if isinstance(checked, Unread):
            kept = self._outcome(checked, {}, content) if checked.foreign else None
            return Result(path, checked), kept
        said = tuple(diagnostic(path, checked.program.notebook, *pair) for pair in checked.found)
        outcome = None if self.wanted.mend else self._outcome(said, checked.asked, content)
        what = tuple(Mend(rule.code, rule.name, each.fix.message if each.fix else "") for rule, each in mended)
        return Result(path, said, what, content if mended else b"", checked.content if mended else b""), outcome

    def _outcome(self, said: tuple[Diagnostic, ...] | Unread, asked: dict[str, bool], content: bytes) -> Outcome | None:
        """What is kept in the cache, where there is one."""
        if not self.wanted.kept:
            return None
        import hashlib  # noqa: PLC0415 - loads OpenSSL

        return Outcome(said, asked, hashlib.sha256(content).hexdigest())

    def _mended(self, path: Path, content: bytes, rules: Sequence[Rule]) -> Mended | Unread:
        from nb2prod.lint.mend import mend  # noqa: PLC0415 - where it is asked for

        done = mend(path, content, rules, unsafe=self.wanted.unsafe)
        if self.wanted.write and not isinstance(done, Unread) and done.mended:
            try:
                replace_file(path, done.now.content)
            except OSError as error:
                return Unread(path, f"{path} cannot be written: {error.strerror or error}")
        return done

    def _rules_for(self, path: Path) -> tuple[Rule, ...]:
        from nb2prod.lint.choice import means  # noqa: PLC0415 - as above

        root = self.wanted.root
        ignored = [
            choice
            for pattern, choices in self.wanted.per_file
            if root and matching(path, root, [pattern])
            for choice in choices
        ]
        return tuple(rule for rule in self._rules if not ignored or not means(ignored, rule.code, rule.name))

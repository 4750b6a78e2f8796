"""One notebook through the rules: findings, without what the notebook silences."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nb2prod.lint.diagnostic import Diagnostic, Remedy, Unread
from nb2prod.lint.fix import Replace
from nb2prod.lint.rule import Context
from nb2prod.lint.suppressions import Silence
from nb2prod.notebook import NoPythonError, from_bytes
from nb2prod.problems import NotebookError
from nb2prod.program import ParsedCell, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from nb2prod.lint.rule import Finding, Rule
    from nb2prod.notebook import Notebook
    from nb2prod.program import Program

Found = tuple["Rule", "Finding"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file's content has, what was found in it, and what the rules asked of the disk, with the answers."""

    content: bytes
    program: Program
    found: tuple[Found, ...]
    asked: dict[str, bool]


def check_bytes(path: Path, content: bytes, chosen: Iterable[Rule]) -> Checked | Unread:
    """Check what is in a file, or would be; whatever goes wrong with it stops no other."""
    try:
        context = Context(parse(from_bytes(path, content, digest=False)))
        return Checked(content, context.program, tuple(check(context, chosen)), context.asked)
    except NotebookError as error:
        return Unread(path, str(error), isinstance(error, NoPythonError))
    except Exception as error:  # noqa: BLE001 - our own bug on one notebook must not hide the findings of the others
        return Unread(path, f"{path}: a bug in nb2prod, please report it: {type(error).__name__}: {error}")


def lint(notebook: Notebook, chosen: Iterable[Rule]) -> list[Found]:
    """Check one notebook, in the order of its cells."""
    return check(Context(parse(notebook)), chosen)


def check(context: Context, chosen: Iterable[Rule]) -> list[Found]:
    """Run the rules; fixes that cannot be written into the file are left out."""
    chosen = tuple(chosen)
    silence = Silence(context.program)
    has = {words: not words or context.has(words) for words in {rule.words for rule in chosen}}
    found = [
        (rule, _with_sound_fix(context.program, finding))
        for rule in chosen
        if has[rule.words]
        for finding in _heard(rule, rule.check(context), silence)
    ]
    return sorted(found, key=lambda pair: (pair[1].where, pair[0].code, pair[1].message))


def diagnostic(path: Path, notebook: Notebook, rule: Rule, finding: Finding) -> Diagnostic:
    """Say where a finding is, and what of."""
    lines = notebook.cells[finding.where.cell].source.splitlines()
    text = lines[finding.where.line - 1].strip() if finding.where.line <= len(lines) else ""
    return Diagnostic(
        path=path,
        code=rule.code,
        name=rule.name,
        severity=finding.severity or rule.severity,
        where=finding.where,
        message=finding.message,
        print=f"{zlib.crc32(text.encode(errors='replace')):08x}{zlib.adler32(text.encode(errors='replace')):08x}",
        also=finding.also,
        fix=Remedy(message=finding.fix.message, safe=finding.fix.safe) if finding.fix else None,
    )


def _heard(rule: Rule, findings: Iterable[Finding], silence: Silence) -> Iterator[Finding]:
    """Leave out what is silenced; of several that were put together the others stay, each on its own."""
    for finding in findings:
        silent = [silence.holds(one.where.cell, one.where.line, rule.code, rule.name) for one in _causes(finding)]
        if not any(silent):
            yield finding
        else:
            yield from (one for one, quiet in zip(_causes(finding), silent, strict=True) if not quiet)


def _causes(finding: Finding) -> tuple[Finding, ...]:
    return finding.causes or (finding,)


def _with_sound_fix(program: Program, finding: Finding) -> Finding:
    if finding.fix is None or (
        not program.notebook.old
        and not any(isinstance(edit, Replace) and _touches_magic(program, edit) for edit in finding.fix.edits)
    ):
        return finding
    return replace(finding, fix=None)


def _touches_magic(program: Program, edit: Replace) -> bool:
    """Whether an edit lies in lines that are not as they were parsed, where columns are others."""
    try:
        cell = program.cell(edit.cell)
    except KeyError:  # no code cell
        return True
    if not isinstance(cell, ParsedCell):
        return True
    source = cell.cell.source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = slice(edit.line - 1, edit.end_line)
    if edit.line == edit.end_line and edit.column == edit.end_column:  # what is inserted between lines is in none
        at_edge = edit.column == 1 or edit.column == len("".join(source[edit.line - 1 : edit.line])) + 1
        if at_edge and "\n" in edit.text:
            return False
    return source[lines] != list(cell.lines[lines])

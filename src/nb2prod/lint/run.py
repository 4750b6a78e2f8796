"""Notebooks through all rules: which files, which rules, which findings are suppressed."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nb2prod.lint.rule import Context, discover
from nb2prod.notebook import NoPythonError, read
from nb2prod.options import OptionsError
from nb2prod.problems import NotebookError
from nb2prod.program import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nb2prod.lint.rule import Finding, Rule, Severity
    from nb2prod.notebook import Notebook

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")

_SUPPRESSION = re.compile(r"#\s*nb2prod:\s*ignore\[([\w\s,-]+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """A finding, with the file it is in and the rule it comes from."""

    path: Path
    code: str
    name: str
    severity: Severity
    finding: Finding


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that could not be linted, and why; `foreign`: nothing is wrong with it, but it has no Python."""

    path: Path
    why: str
    foreign: bool = False


def choose(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> tuple[Rule, ...]:
    """Choose the rules to run: codes (`HS101`), families (`HS`) or names (`read-before-write`).

    Without any, those that are on by default. Raises OptionsError for a choice that means no rule, since it would
    silently check nothing.
    """
    known = tuple(rule for rule, _ in discover())
    chosen = [rule for rule in known if (_any(rule, select) if select else rule.default)]
    for choice in (*select, *ignore):
        if not any(_any(rule, [choice]) for rule in known):
            message = f"no rule is called {choice!r}; `nb2prod rules` lists them"
            raise OptionsError(message)
    return tuple(rule for rule in chosen if not _any(rule, ignore))


def find(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files themselves and the notebooks below the folders, without checkpoints and hidden folders."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, below, files in os.walk(path):
            below[:] = sorted(name for name in below if not name.startswith("."))
            yield from (Path(folder, name) for name in sorted(files) if name.endswith(".ipynb") and name[0] != ".")


def failing(diagnostics: Iterable[Diagnostic], fail_on: Severity) -> bool:
    """Whether any finding is at or above this severity."""
    return any(SEVERITIES.index(one.severity) >= SEVERITIES.index(fail_on) for one in diagnostics)


def lint_file(path: Path, chosen: Iterable[Rule]) -> tuple[Diagnostic, ...] | Unread:
    """Read one notebook and check it; whatever goes wrong with it stops no other."""
    try:
        return tuple(
            Diagnostic(
                path=path, code=rule.code, name=rule.name, severity=found.severity or rule.severity, finding=found
            )
            for rule, found in lint(read(path), chosen)
        )
    except NotebookError as error:
        return Unread(path, str(error), isinstance(error, NoPythonError))
    except Exception as error:  # noqa: BLE001 - our own bug on one notebook must not hide the findings of the others
        return Unread(path, f"{path}: a bug in nb2prod, please report it: {type(error).__name__}: {error}")


def lint(notebook: Notebook, chosen: Iterable[Rule]) -> list[tuple[Rule, Finding]]:
    """Check one notebook, in the order of its cells, without what its own comments suppress."""
    context = Context(parse(notebook))
    suppressed = _suppressions(notebook)
    found = [
        (rule, finding)
        for rule in chosen
        for finding in rule.check(context)
        if not suppressed.get((finding.where.cell, finding.where.line), frozenset()) & {rule.code, rule.name}
    ]
    return sorted(found, key=lambda pair: (pair[1].where, pair[0].code, pair[1].message))


def _any(rule: Rule, choices: Iterable[str]) -> bool:
    """Whether a choice means this rule: its name, its code, or the start of its code."""
    return any(choice == rule.name or (choice and rule.code.startswith(choice.upper())) for choice in choices)


def _suppressions(notebook: Notebook) -> dict[tuple[int, int], frozenset[str]]:
    """Find what `# nb2prod: ignore[CODE, …]` silences, by (cell, line)."""
    return {
        (cell.index, number): frozenset(code.strip() for code in match[1].split(","))
        for cell in notebook.code_cells
        if "nb2prod:" in cell.source
        for number, line in enumerate(cell.source.splitlines(), start=1)
        if (match := _SUPPRESSION.search(line))
    }

"""Findings as commands of GitHub Actions, which shows them on the lines of a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.report.found import shown

if TYPE_CHECKING:
    from nb2prod.lint.diagnostic import Diagnostic
    from nb2prod.report.found import Found

_KINDS = {"error": "error", "warning": "warning", "info": "notice"}


def document(found: Found) -> str:
    """One command per finding; the line is that of the file, since GitHub shows notebooks as files."""
    lines = [_command(one, found) for one in found.diagnostics]
    lines += [
        f"::error file={_property(shown(each.path))}::{_text(each.why)}" for each in found.unread if not each.foreign
    ]
    return "\n".join(lines)


def _command(one: Diagnostic, found: Found) -> str:
    line = found.source(one.path).file_line(one.where)
    title = _property(f"{one.code} {one.name}")
    place = f"cell {one.where.cell}:{one.where.line}:{one.where.column}"
    file = _property(shown(one.path))
    return f"::{_KINDS[one.severity]} title={title},file={file},line={line}::{_text(f'{place}: {one.message}')}"


def _text(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _text(text).replace(":", "%3A").replace(",", "%2C")

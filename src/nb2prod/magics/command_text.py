"""The text of a magic or a shell command as a Python expression in which the names it inserts are visible.

IPython inserts `{expression}` and `$name`, all of them or, if one fails, none.
So `{print $1}` and `{}` keep the whole text as it is.
"""

from __future__ import annotations

import ast
import re
from string import Formatter
from typing import NamedTuple

# As IPython has it: not between single quotes, and `$$name` stays.
_DOLLAR = re.compile(r"\$(\$?[\w.]+)(?=(?:[^']*'[^']*')*[^']*$)")


class _Inserted(NamedTuple):
    expression: str
    conversion: str


def literal(text: str) -> str:
    """Return a string literal, or an f-string where the text inserts values of the notebook."""
    if "{" not in text and "$" not in text:
        return repr(text)
    parts = _parts(text)
    if parts is None or not any(isinstance(part, _Inserted) for part in parts):
        return repr(text)
    fields = [part for part in parts if isinstance(part, _Inserted)]
    fstring = "f'" + "".join(_in_fstring(part) for part in parts) + "'"
    if not any(set("'\\#\n") & set(field.expression + field.conversion) for field in fields) and _expression(fstring):
        return fstring
    template = "".join(f"{{{part.conversion}}}" if isinstance(part, _Inserted) else _doubled(part) for part in parts)
    return f"{template!r}.format({', '.join(field.expression.strip() for field in fields)})"


def _parts(text: str) -> list[str | _Inserted] | None:
    """Literal texts and inserted expressions; None where IPython would insert nothing."""
    parts: list[str | _Inserted] = []
    try:
        for before, field, spec, how in Formatter().parse(text):
            dollars = _dollar_parts(before)
            if dollars is None:
                return None
            parts += dollars
            if field is None:
                continue
            if before.endswith("$"):  # ${HOME} is the shell's
                parts.append(f"{{{field}}}")
                continue
            if not _expression(field) or _is_tuple(field) or spec:  # IPython has no format specifications
                return None
            parts.append(_Inserted(field, f"!{how}" if how else ""))
    except ValueError:  # single braces
        return None
    return parts


def _dollar_parts(text: str) -> list[str | _Inserted] | None:
    parts: list[str | _Inserted] = []
    at = 0
    for found in _DOLLAR.finditer(text):
        name = found[1]
        if name.startswith("$") or _is_the_shells(name, text):
            continue
        if not all(part.isidentifier() for part in name.split(".")):
            return None
        parts += [text[at : found.start()], _Inserted(name, "")]
        at = found.end()
    return [*parts, text[at:]]


def _is_the_shells(name: str, text: str) -> bool:
    """`$HOME`, `$1`, and what the command itself sets (`for f in *; do echo $f`)."""
    set_here = re.search(rf"\b(?:{re.escape(name)}=|for {re.escape(name)} in )", text)
    return not name[0].isalpha() or name.isupper() or set_here is not None


def _expression(text: str) -> bool:
    try:
        ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _is_tuple(expression: str) -> bool:
    """`{train,test}` is the shell's."""
    return isinstance(ast.parse(expression.strip(), mode="eval").body, ast.Tuple)


def _in_fstring(part: str | _Inserted) -> str:
    if isinstance(part, _Inserted):
        space = " " if part.expression.startswith("{") else ""
        return f"{{{space}{part.expression}{part.conversion}}}"
    # A double quote in front makes repr use single quotes.
    return _doubled(repr('"' + part)[2:-1])


def _doubled(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")

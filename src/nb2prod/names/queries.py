"""Variables in the text of a query: `df.query("price < @limit")` reads `limit` where it is called."""

from __future__ import annotations

import ast
import re

_VARIABLE = re.compile(r"@\s*([^\W\d]\w*)")

QUERIES = frozenset(["query", "eval"])
"""Methods whose text is a query."""


def queried(call: ast.Call) -> tuple[str, ...]:
    """The names that the text given to `query` or `eval` of a table reads, where it is written out."""
    match call:
        case ast.Call(func=ast.Attribute(attr="query" | "eval"), args=[text, *_]):
            parts = text.values if isinstance(text, ast.JoinedStr) else [text]
            written = [p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)]
            return tuple(dict.fromkeys(_VARIABLE.findall(" ".join(written))))
        case _:
            return ()

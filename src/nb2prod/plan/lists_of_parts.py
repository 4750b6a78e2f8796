"""Methods of text that give lists, for a table whose text is missing in every row: the types stay what they were.

`texts.str.split()` gives a column of numbers where all texts are missing, and `.str` of numbers is an error.
"""

from __future__ import annotations

import ast

_LISTS = frozenset({"split", "rsplit", "findall", "encode"})
_LISTS_IF_TOLD = frozenset({"partition", "rpartition"})


def with_kept_type(node: ast.expr, new: ast.expr) -> ast.expr:
    """What predict computes for an expression, with the type it has where some of the texts are there."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Attribute(value=lists, attr="str"), attr="len")) if _gives(lists):
            return ast.Call(ast.Attribute(new, "infer_objects", ast.Load()), [], [])
        case _ if _gives(node):
            return ast.Call(ast.Attribute(new, "astype", ast.Load()), [ast.Name("object", ast.Load())], [])
        case _:
            return new


def _gives(node: ast.expr) -> bool:
    """Whether it is `texts.str.split(...)` or another method that gives each row a list."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="str"), attr=method), keywords=keywords):
            expand = [k.value for k in keywords if k.arg == "expand"]
            told = [e.value if isinstance(e, ast.Constant) else e for e in expand] or [None]
            return (method in _LISTS and told in ([None], [False])) or (method in _LISTS_IF_TOLD and told == [False])
        case _:
            return False

"""Expressions in execution order: what they touch, and what their value may share."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from nb2prod.names import calls, channels, scopes
from nb2prod.names.knowledge import BUILTINS, FRESH_ATTRIBUTES, MASK_METHODS
from nb2prod.tree import children

if TYPE_CHECKING:
    from collections.abc import Callable

    from nb2prod.names.walk import Sources, Walk


def evaluate(walk: Walk, node: ast.expr) -> Sources:
    """Walk an expression; the result is the names whose value its value may be, hold or be a part of."""
    return EXPRESSIONS[node.__class__](walk, node)


def store(walk: Walk, node: ast.expr | None) -> Sources:
    """Evaluate something that is only stored: a function in it is not called by that."""
    if isinstance(node, ast.Name):
        return _name(walk, node, touch=False)
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return tuple(source for element in node.elts for source in store(walk, element))
    if isinstance(node, ast.Dict):
        walk.exprs(node.keys)
        return tuple(source for element in node.values for source in store(walk, element))
    if isinstance(node, ast.Lambda):
        return _stored_lambda(walk, node)
    return walk.expr(node)


def _children(walk: Walk, node: ast.expr) -> Sources:
    """Operators, comparisons, formatted strings: the value is new."""
    for child in children(node):
        if isinstance(child, ast.expr):
            evaluate(walk, child)
    return ()


def _name(walk: Walk, node: ast.Name, *, touch: bool = True) -> Sources:
    scope = walk.scope
    key = node.id if scope is None else scope.key(node.id)
    if key not in walk.reads:
        walk.read(key, node)
    if touch:
        walk.touched.add(key)
    context = walk.context
    if key in context.iterators:
        walk.mutate((key,), node)
    if scope is not None and scope.kind == "class" and key != node.id and key not in (walk.bound or ()):
        return (key, *_global(walk, node))
    return () if key in context.immutable or (key in BUILTINS and key not in context.bound) else (key,)


def _global(walk: Walk, node: ast.Name) -> Sources:
    """Read a name as the body of a class does before it binds the name: the global one, past any function."""
    inner, walk.scope = walk.scope, None
    sources = _name(walk, node)
    walk.scope = inner
    return sources


def _constant(_walk: Walk, _node: ast.Constant) -> Sources:
    return ()


def _attribute(walk: Walk, node: ast.Attribute) -> Sources:
    sources = evaluate(walk, node.value)
    channels.read_attribute(walk, node)
    return () if node.attr in FRESH_ATTRIBUTES else sources


def _subscript(walk: Walk, node: ast.Subscript) -> Sources:
    sources = evaluate(walk, node.value)
    evaluate(walk, node.slice)
    return () if _selects(walk, node.slice) else sources


def _selects(walk: Walk, index: ast.expr) -> bool:
    """Whether the index is a list or a mask: indexing by those copies."""
    if isinstance(index, (ast.List, ast.ListComp, ast.Compare)):
        return True
    if isinstance(index, ast.Name):
        return walk.key(index.id) in walk.context.selectors
    if isinstance(index, ast.BinOp):
        return isinstance(index.op, (ast.BitAnd, ast.BitOr)) and (
            _selects(walk, index.left) or _selects(walk, index.right)
        )
    if isinstance(index, ast.UnaryOp):
        return isinstance(index.op, ast.Invert) and _selects(walk, index.operand)
    if isinstance(index, ast.Call):
        return isinstance(index.func, ast.Attribute) and index.func.attr in MASK_METHODS
    return isinstance(index, ast.Tuple) and any(_selects(walk, element) for element in index.elts)


def _binop(walk: Walk, node: ast.BinOp) -> Sources:
    """Arithmetic makes a new value; lists put together hold the same elements."""
    sources = evaluate(walk, node.left) + evaluate(walk, node.right)
    held = isinstance(node.op, (ast.Add, ast.Mult, ast.BitOr)) and any(
        isinstance(side, (ast.List, ast.Tuple, ast.ListComp, ast.Dict)) for side in (node.left, node.right)
    )
    return sources if held else ()


def _boolop(walk: Walk, node: ast.BoolOp) -> Sources:
    sources = evaluate(walk, node.values[0])
    start = walk.here()
    for value in node.values[1:]:
        sources += evaluate(walk, value)
    walk.bound = start
    return sources


def _compare(walk: Walk, node: ast.Compare) -> Sources:
    evaluate(walk, node.left)
    evaluate(walk, node.comparators[0])
    if len(node.comparators) > 1:
        start = walk.here()
        walk.exprs(node.comparators[1:])
        walk.bound = start
    return ()


def _ifexp(walk: Walk, node: ast.IfExp) -> Sources:
    evaluate(walk, node.test)
    found: list[Sources] = []
    walk.branch(lambda: found.append(evaluate(walk, node.body)), lambda: found.append(evaluate(walk, node.orelse)))
    return found[0] + found[1]


def _display(walk: Walk, node: ast.Tuple | ast.List | ast.Set) -> Sources:
    return walk.exprs(node.elts)


def _dict(walk: Walk, node: ast.Dict) -> Sources:
    walk.exprs(node.keys)
    return walk.exprs(node.values)


def _walrus(walk: Walk, node: ast.NamedExpr) -> Sources:
    sources = evaluate(walk, node.value)
    key = scopes.walrus_key(walk.scope, node.target.id)
    walk.bind(key, node)
    walk.share(key, sources)
    return (key, *sources)


def _lambda(walk: Walk, node: ast.Lambda) -> Sources:
    """Let a lambda in an expression escape: what it reads may be read now, or whenever its holder is used."""
    sources = _stored_lambda(walk, node)
    walk.touched.update(sources)
    return sources


def _stored_lambda(walk: Walk, node: ast.Lambda) -> Sources:
    function = walk.context.function(node, walk.scope)
    name = f"<lambda {node.lineno}:{node.col_offset}>"
    walk.exprs([*node.args.defaults, *node.args.kw_defaults])
    if walk.scope is not None:
        walk.fold(function, node)
        walk.nested.add(f"{name}#")
        return (f"{name}#", *function.touched)
    walk.functions[name] = function
    return (name,)


def _comprehension(walk: Walk, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Sources:
    first = evaluate(walk, node.generators[0].iter)
    start = walk.here()
    outer, walk.inner = walk.scope, True
    walk.scope = scopes.comprehension(node, outer)
    for number, generator in enumerate(node.generators):
        walk.assign(generator.target, evaluate(walk, generator.iter) if number else first)
        walk.exprs(generator.ifs)
    if isinstance(node, ast.DictComp):
        evaluate(walk, node.key)
    sources = evaluate(walk, node.value if isinstance(node, ast.DictComp) else node.elt)
    walk.scope = outer
    walk.bound = start
    return sources


def _yield(walk: Walk, node: ast.Yield | ast.YieldFrom) -> Sources:
    walk.results.update(walk.expr(node.value))
    walk.yields = True
    return ()


def _pass_on(walk: Walk, node: ast.Starred | ast.Await) -> Sources:
    return evaluate(walk, node.value)


EXPRESSIONS: dict[type[ast.expr], Callable[[Walk, Any], Sources]] = {
    **dict.fromkeys(ast.expr.__subclasses__(), _children),
    ast.Name: _name,
    ast.Constant: _constant,
    ast.Call: calls.call,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.BinOp: _binop,
    ast.BoolOp: _boolop,
    ast.Compare: _compare,
    ast.IfExp: _ifexp,
    ast.Tuple: _display,
    ast.List: _display,
    ast.Set: _display,
    ast.Dict: _dict,
    ast.NamedExpr: _walrus,
    ast.Lambda: _lambda,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.Starred: _pass_on,
    ast.Await: _pass_on,
}

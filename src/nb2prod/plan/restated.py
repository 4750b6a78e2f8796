"""A statement whose text serves training and predict alike: what it learns is taken out and done in training only."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nb2prod.plan import shapes
from nb2prod.plan.building import assign, if_fit, stored
from nb2prod.plan.changes import inplace
from nb2prod.plan.replay import CannotReplay, leaves_out_inside
from nb2prod.rows.kinds import Fixed, Learned, Parts, Rows
from nb2prod.rows.special import Lost

if TYPE_CHECKING:
    from collections.abc import Collection

    from nb2prod.dataflow import Dataflow
    from nb2prod.plan.replay import Replay
    from nb2prod.problems import Location
    from nb2prod.rows.interpreter import Provenance


@dataclass(frozen=True, slots=True)
class Restated:
    """Restates statements, given the names that are needed after them."""

    flow: Dataflow
    rows: Provenance
    need: Collection[str]

    def statement(self, node: ast.stmt, replay: Replay) -> ast.stmt:
        """The statement with what is learnt taken out (itself where nothing is)."""
        where = self.flow.program.statements[replay.statement].where
        for target in [*getattr(node, "targets", []), *filter(None, [getattr(node, "target", None)])]:
            if isinstance(lost := self.rows.specials.get(target), Lost):
                raise CannotReplay(lost.why.where, lost.why.why)
        match node:
            case ast.Assign(targets=targets, value=value):
                self._no_filter(value, where)
                news = [replay.expression(t) if not isinstance(t, ast.Name) else t for t in targets]
                new = replay.expression(value)
                if new is value and all(a is b for a, b in zip(news, targets, strict=True)):
                    return node
                return ast.copy_location(ast.Assign(targets=[stored(t) for t in news], value=new), node)
            case ast.AugAssign(target=target, value=value):
                new = replay.expression(value)
                return (
                    node
                    if new is value
                    else ast.copy_location(ast.AugAssign(target=target, op=node.op, value=new), node)
                )
            case ast.Expr(value=value):
                self._no_filter(value, where)
                new = replay.expression(value)
                return node if new is value else ast.copy_location(ast.Expr(new), node)
            case ast.For():
                return self._loop(node, replay)
            case ast.If() if shapes.is_main_guard(node):
                raise CannotReplay(where, "a step that runs only where the notebook is the main program")
            case ast.If(test=test, body=body, orelse=orelse):
                new_test = replay.expression(test)
                new_body = [s for b in body for s in self._inner(b, replay)]
                new_else = [s for b in orelse for s in self._inner(b, replay)]
                return ast.copy_location(ast.If(test=new_test, body=new_body, orelse=new_else), node)
            case ast.Delete() | ast.Pass() | ast.Import() | ast.ImportFrom() | ast.Continue() | ast.Break():
                return node
            case _:
                raise CannotReplay(
                    where, f"a `{type(node).__name__.lower()}` statement on the way to the model's input"
                )

    def _loop(self, node: ast.For, replay: Replay) -> ast.stmt:
        where = self.flow.program.statements[replay.statement].where
        if not isinstance(node.target, ast.Name) or replay.loop_key is not None or node.orelse:
            raise CannotReplay(where, "a loop in a loop, or over several names")
        iterable = self.rows.values.get(node.iter)
        if isinstance(iterable, Parts):
            return self._loop_over_tables(node, replay)
        if not isinstance(iterable, Fixed | Learned):
            raise CannotReplay(where, "a loop over rows or tables")
        keys = iterable.constant if isinstance(iterable, Fixed) else None
        if isinstance(keys, list | tuple) and len(set(map(repr, keys))) != len(keys):
            raise CannotReplay(where, "a loop goes over the same column twice")
        over = replay.expression(node.iter)
        replay.loop_key = node.target.id
        replay.local = frozenset(
            n.id for s in node.body for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        )
        body = [s for b in node.body for s in self._inner(b, replay)]
        replay.loop_key, replay.local = None, frozenset()
        return ast.copy_location(ast.For(target=node.target, iter=over, body=body, orelse=[]), node)

    def _loop_over_tables(self, node: ast.For, replay: Replay) -> ast.stmt:
        """`for table in [train, test]:`; predict has only the table that is predicted."""
        where = self.flow.program.statements[replay.statement].where
        over: ast.expr = node.iter
        if isinstance(node.iter, ast.List | ast.Tuple):
            names = [e.id for e in node.iter.elts if isinstance(e, ast.Name)]
            mine = self.predicted_last(names, where)
            if len(names) != len(node.iter.elts):
                raise CannotReplay(where, "a loop over tables without names")
            over = ast.IfExp(ast.Name("fit", ast.Load()), node.iter, ast.List([ast.Name(mine, ast.Load())], ast.Load()))
        elif not isinstance(node.iter, ast.Name):
            raise CannotReplay(where, "a loop over rows or tables")
        body = [s for b in node.body for s in self._inner(b, replay)]
        return ast.copy_location(ast.For(target=node.target, iter=over, body=body, orelse=[]), node)

    def predicted_last(self, names: list[str], where: Location) -> str:
        """Of tables treated alike the last, so that what each learns from itself is learnt from this one in the end."""
        if not names or names[-1] not in self.need or any(n in self.need for n in names[:-1]):
            raise CannotReplay(where, "the table that is predicted is not the last of those treated together")
        return names[-1]

    def _inner(self, node: ast.stmt, replay: Replay) -> list[ast.stmt]:
        """A statement inside a loop or branch, what training learns before it."""
        outer, replay.fit = replay.fit, []
        if isinstance(node, ast.Expr) and not inplace(node.value) and not self._changes_rows(node.value):
            fit: list[ast.stmt] = [node]
            replay.fit = outer
            return [if_fit(fit)]
        match node:
            case ast.Assign(targets=[ast.Name() as target], value=value) if isinstance(
                self.rows.values.get(value), Learned
            ):
                learnt = replay.learn(
                    replay.names.new(
                        target.id, self.flow.program.statements[replay.statement].where, ast.unparse(value), ""
                    ),
                    value,
                )
                statement: ast.stmt = assign(target, learnt, node)
            case _:
                statement = self.statement(node, replay)
        if replay.both:
            raise CannotReplay(None, "a transformer is fitted inside a loop or branch")
        found = [*([if_fit(replay.fit)] if replay.fit else []), statement]
        replay.fit = outer
        return found

    def _changes_rows(self, node: ast.expr) -> bool:
        """`df.pop(c)`, `df.insert(...)`: without `inplace` a table is changed."""
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr="pop" | "insert" | "update")):
                return isinstance(self.rows.values.get(owner), Rows)
            case _:
                return False

    def _no_filter(self, node: ast.expr, where: Location) -> None:
        if leaves_out_inside(node, self.rows):
            raise CannotReplay(where, "rows are left out inside a larger expression")

"""One pass over a notebook's statements, from top to bottom, that notes what it learns and from which rows."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint.follow_functions import Functions
from nb2prod.lint.learning import NOTHING, Learning, Value, all_of, replace
from nb2prod.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nb2prod.lint.learning import Table
    from nb2prod.program import Program

_MANY = 6
_KEPT = (ast.Name, ast.Call, ast.Tuple, ast.Dict)
_SAVES = frozenset(["dump", "save", "save_model", "save_weights"])


def follow(program: Program) -> Learning:
    """Follow every value through the notebook, from top to bottom; nothing where nothing is fitted."""
    if not any("fit" in each.cell.source or "cross_val" in each.cell.source for each in program.cells):
        return Learning()
    walk = _Statements(program)
    for statement in program.statements:
        walk.cell = statement.cell
        walk.body([statement.node])
    return walk.found


class _Statements(Functions):
    """Assignments, loops, branches."""

    def body(self, statements: Iterable[ast.stmt]) -> bool:  # noqa: C901, PLR0912 - one for each kind of statement
        """Run statements in their order; tell whether the function ends here for certain."""
        for node in statements:
            match node:
                case ast.Assign(targets=targets, value=value):
                    self.assign(targets, value)
                case ast.AnnAssign(target=target, value=ast.expr() as value):
                    self.give(target, self.value(value))
                case ast.AugAssign(target=target, op=op, value=value):
                    self.give(target, self.arithmetic(self.value(target), op, self.value(value)))
                case ast.Expr(value=ast.Call() as call):
                    self.expression(call)
                case ast.For() | ast.AsyncFor():
                    self.loop(node)
                case ast.If(test=test, body=body, orelse=orelse):
                    if self.branch(node, self.value(test), body, orelse):
                        return True
                case ast.Return(value=returned):
                    if self.results is not None:
                        self.results.append(self.value(returned))
                        return True
                case ast.Delete(targets=targets):
                    self.delete(targets)
                case ast.FunctionDef() | ast.AsyncFunctionDef() if self.calling:
                    self.functions[node.name] = (node, self.cell)
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Import() | ast.ImportFrom():
                    pass
                case _:
                    self.block(node)
        return False

    def block(self, node: ast.stmt) -> None:
        """Run what a statement of another kind holds: expressions first, then its blocks."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child)
            elif isinstance(child, ast.stmt):
                self.body([child])
            elif isinstance(child, (ast.ExceptHandler, ast.match_case)):
                self.body(child.body)
            elif isinstance(child, ast.withitem):
                entered = self.value(child.context_expr)
                if child.optional_vars is not None:
                    self.give(child.optional_vars, entered)

    def assign(self, targets: list[ast.expr], value: ast.expr) -> None:
        """Bind the targets; a list of texts is remembered as names of columns."""
        given = self.value(value)
        for target in targets:
            self.give(target, given)
            if isinstance(target, ast.Name):
                self.lists[target.id] = self.columns(value)

    def give(self, target: ast.expr, value: Value) -> None:
        """Bind a name; a part of something changes all of it, for every name that holds it."""
        match target:
            case ast.Name(id=name):
                self.bind(name, value)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                plain = replace(value, parts=None, table=None, column=None) if value.parts else value
                parts = value.parts if value.parts and len(value.parts) == len(targets) else [plain] * len(targets)
                for each, part in zip(targets, parts, strict=True):
                    self.give(each, part)
            case ast.Starred(value=inner):
                self.give(inner, value)
            case ast.Subscript(value=ast.Attribute(value=owner, attr="loc" | "iloc" | "at" | "iat"), slice=index):
                last = index.elts[-1] if isinstance(index, ast.Tuple) else None
                self.set_part(owner, self.columns(last), value, whole=False)
            case ast.Subscript(value=owner, slice=index):
                self.set_part(owner, self.columns(index), value, whole=isinstance(owner, ast.Name))
            case ast.Attribute(value=owner, attr=name):
                self.set_attribute(owner, name, value)
            case _:
                pass

    def set_attribute(self, owner: ast.expr, name: str, value: Value) -> None:
        """`df.a = …` is a column, `df.columns = …` gives all of them other names."""
        held = self.value(owner)
        if name == "columns" and held.sources:
            self.replace_at(owner, held, self.retabled(held, owner))
        elif name != "index":
            self.set_part(owner, frozenset({name}), value, whole=True)

    def set_part(self, owner: ast.expr, columns: frozenset[str] | None, value: Value, *, whole: bool) -> None:
        """Set columns of a table, all their rows or some, or something in a container."""
        if not isinstance(owner, ast.Name) and columns is None:
            columns = self.columns(owner.slice) if isinstance(owner, ast.Subscript) else None
        while isinstance(owner, (ast.Subscript, ast.Attribute)):
            owner = owner.value
        old = self.value(owner)
        if not isinstance(owner, ast.Name):
            return
        if not old.sources:
            self.replace_at(owner, old, old | value if old is not NOTHING else replace(value))
            return
        if columns is None:
            table = old.table and replace(old.table, made=frozenset())
            self.replace_at(owner, old, replace(old, marks=old.marks | value.all_marks(), table=table))
            return
        pairs = {(column, mark) for column in columns for mark in value.all_marks()}
        kept = old.without(columns) if whole else old
        self.replace_at(owner, old, replace(kept, columns=kept.columns | pairs, table=_made(old, columns, value)))

    def replace_at(self, owner: ast.expr, old: Value, new: Value) -> None:
        """Change an object that an expression names."""
        self.change(old, new)
        if isinstance(owner, ast.Name):
            self.rebind(owner.id, new)

    def expression(self, call: ast.Call) -> None:
        """Run a call for what it changes in place."""
        found = self.value(call)
        match call.func:
            case ast.Attribute(value=owner, attr=method):
                if any(each.arg == "inplace" and _is_true(each.value) for each in call.keywords):
                    self.in_place(owner, found)
                elif method == "insert" and len(call.args) > 2 and self.value(owner).sources:  # noqa: PLR2004 - place, name, column
                    self.set_part(owner, self.columns(call.args[1]), self.value(call.args[2]), whole=True)
            case _:
                pass

    def in_place(self, owner: ast.expr, found: Value) -> None:
        """`df.dropna(inplace=True)`, `df["a"].fillna(0, inplace=True)`."""
        if isinstance(owner, ast.Name):
            old = self.value(owner)
            self.replace_at(owner, old, replace(found))
        elif isinstance(owner, (ast.Subscript, ast.Attribute)):
            columns = self.columns(owner.slice) if isinstance(owner, ast.Subscript) else frozenset({owner.attr})
            self.set_part(owner.value, columns, found, whole=True)

    def delete(self, targets: list[ast.expr]) -> None:
        """`del df["a"]` drops a column."""
        for target in targets:
            if isinstance(target, ast.Subscript):
                old = self.value(target.value)
                if old.sources:
                    self.replace_at(target.value, old, old.without(self.columns(target.slice) or frozenset()))

    def branch(self, node: ast.If, test: Value, body: list[ast.stmt], orelse: list[ast.stmt]) -> bool:
        """Run both branches, or the one that is taken; what only one of them binds stays as it is there."""
        if self.scores_in(test) and _orders(node.test):
            self.keep(node, test, body)
        decided = self.decided(node.test)
        if decided is not None:
            return self.body(body if decided else orelse)
        start = dict(self.scopes[-1])
        ended = self.body(body)
        if not orelse:
            return False
        first, self.scopes[-1] = self.scopes[-1], start
        ended = self.body(orelse) and ended
        last = self.scopes[-1]
        for name, value in first.items():
            if name not in last:
                last[name] = value
            elif last[name] is not value and last[name] != value:
                last[name] = replace(value | last[name], table=value.table if value.table == last[name].table else None)
        return ended

    def keep(self, node: ast.If, test: Value, body: list[ast.stmt]) -> None:
        """Note what a branch remembers because of a score: `best_model = model`, `best_k = k`, `best_name = name`."""
        assigned = [each.value for each in body if isinstance(each, ast.Assign) and isinstance(each.value, _KEPT)]
        kept = [part for each in assigned for part in (each.elts if isinstance(each, ast.Tuple) else [each])]
        values = [self.value(each) for each in kept]
        mark = self.note("choice", node, "if", data=test | all_of(values), method="if")
        for each, value in zip(kept, values, strict=True):
            setting = any(self.found.events[m].kind == "setting" for m in value.marks)
            if value.learners or setting:
                self.found.used.add(mark)
            if isinstance(each, ast.Name) and not value.sources and (setting or not value.marks):
                self.bind(each.id, value.marked(mark))
        if self.loops and any(self.value(each).learners for each in _saved(body)):
            self.found.used.add(mark)

    def loop(self, node: ast.For | ast.AsyncFor) -> None:
        """Run a loop once, or once for each element that is written out."""
        elements = node.iter.elts if isinstance(node.iter, (ast.List, ast.Tuple)) else []
        values = [self.value(each) for each in elements]
        self.loops.append(id(node))
        if elements and len(elements) <= _MANY and any(each.sources or each.learners for each in values):
            for number, value in enumerate(values):
                self.passes.append(number)
                self.give(node.target, value)  # the very same value: a change in place is seen under both names
                self.body(node.body)
                self.passes.pop()
        elif columns := self.named_in(node):
            value = self.value(node.iter)
            for number, column in enumerate(sorted(columns)):
                self.passes.append(number)
                self.give(node.target, value)
                self.lists[getattr(node.target, "id", "")] = frozenset({column})
                self.body(node.body)
                self.passes.pop()
        else:
            self.turn(node.target, node.iter, self.value(node.iter))
            self.body(node.body)
        self.loops.pop()
        self.body(node.orelse)

    def named_in(self, node: ast.For | ast.AsyncFor) -> frozenset[str] | None:
        """Give the few columns that a loop goes through, where it makes columns whose names have theirs in them."""
        columns = self.columns(node.iter) if isinstance(node.target, ast.Name) else None
        makes = columns is not None and any(
            isinstance(each, ast.Subscript)
            and isinstance(each.ctx, ast.Store)
            and isinstance(each.slice, (ast.JoinedStr, ast.BinOp))
            for statement in node.body
            for each in walk(statement)
        )
        return columns if columns and makes and len(columns) <= _MANY else None

    def turn(self, target: ast.expr, iterated: ast.expr, value: Value) -> None:
        """Bind a loop's variables to what one turn gives."""
        called = iterated.func if isinstance(iterated, ast.Call) else None
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        first, *more = target.elts if isinstance(target, ast.Tuple) else [target]
        arguments = iterated.args if isinstance(iterated, ast.Call) else []
        if more and name == "enumerate" and arguments:
            self.give(first, NOTHING)
            self.turn(more[0], arguments[0], self.value(arguments[0]))
        elif more and name in {"items", "groupby"}:
            self.give(first, NOTHING)
            for each in more:
                self.give(each, replace(value, shape="") if value.shape else value)
        elif more and name == "zip":
            for each, argument in zip([first, *more], arguments, strict=False):
                self.turn(each, argument, self.value(argument))
        elif more:
            self.give(target, value)
        elif value.sources or value.learners:
            self.give(target, replace(value, parts=None))
        else:
            columns = self.columns(iterated)
            setting = value.marked(self.note("setting", iterated, "setting")) if columns is None else value
            self.give(target, setting)
            if isinstance(target, ast.Name) and columns is not None:
                self.lists[target.id] = columns


def _made(old: Value, columns: frozenset[str], value: Value) -> Table | None:
    """Note columns computed from others of the same table; they are there from now on."""
    table = old.table
    if table is None:
        return None
    only = table.only if table.only is None else table.only | columns
    made = frozenset(pair for pair in table.made if pair[0] not in columns)
    if value.needs and len(columns) == 1 and all(frame == table.frame for frame, _ in value.needs):
        others = frozenset(name for _, name in value.needs) - columns
        made |= {(next(iter(columns)), others)} if others else frozenset()
    return replace(table, only=only, dropped=table.dropped - columns, made=made)


def _orders(test: ast.expr) -> bool:
    """Whether a test may ask which of two is more, rather than which of some it is."""
    asked = [op for each in walk(test) if isinstance(each, ast.Compare) for op in each.ops]
    return not asked or any(isinstance(op, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)) for op in asked)


def _saved(body: list[ast.stmt]) -> Iterator[ast.expr]:
    """Yield what may be written to a file: `joblib.dump(model, path)`, `model.save(path)`."""
    for each in body:
        match each:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr=name), args=[first, *_])):
                if name in _SAVES:
                    yield first
                    yield owner
            case _:
                pass


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True

"""One pass over a notebook's statements, from top to bottom, that notes what it learns and from which rows."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from nb2prod.lint.learners import AGGREGATES, ASKS, COMPOSED, DESCRIPTIONS, FITS, GIVE_THEMSELVES, JOINS, TABLES
from nb2prod.lint.learning import Asked, Fit, Learning, Split, Value
from nb2prod.program import ParsedCell, location

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nb2prod.problems import Location
    from nb2prod.program import Program


def follow(program: Program) -> Learning:
    """Follow every value through the notebook, from top to bottom."""
    walk = _Walk(program)
    for statement in program.statements:
        walk.cell, walk.statement = statement.cell, statement.index
        walk.body([statement.node])
    return walk.found


def _own_functions(program: Program) -> frozenset[str]:
    return frozenset(
        each.node.name
        for each in program.statements
        if isinstance(each.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    )


class _Walk:
    """The pass: `names` is what each name stands for at this point."""

    def __init__(self, program: Program) -> None:
        self.own = _own_functions(program)
        self.lines = {each.cell.index: each.lines for each in program.cells if isinstance(each, ParsedCell)}
        self.names: dict[str, Value] = {}
        self.found = Learning()
        self.cell = self.statement = 0
        self.calls: dict[ast.Call, int] = {}
        self.lists: dict[str, frozenset[str] | None] = {}

    def body(self, statements: Iterable[ast.stmt]) -> None:
        """Run statements in their order, each block once; functions are not looked into."""
        for node in statements:
            match node:
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        self.assign(target, value)
                case ast.AnnAssign(target=target, value=ast.expr() as value):
                    self.assign(target, value)
                case ast.AugAssign(target=target, value=value):
                    self.give(target, self.value(target) | self.value(value))
                case ast.For(target=target, iter=iterated) | ast.AsyncFor(target=target, iter=iterated):
                    self.give(target, self.value(iterated))
                    self.body([*node.body, *node.orelse])
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    pass
                case _:
                    self.block(node)

    def block(self, node: ast.stmt) -> None:
        """Run what a statement of another kind holds: expressions first, then its blocks."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child)
            elif isinstance(child, ast.stmt):
                self.body([child])
            elif isinstance(child, ast.ExceptHandler | ast.match_case):
                self.body(child.body)
            elif isinstance(child, ast.withitem):
                entered = self.value(child.context_expr)
                if child.optional_vars is not None:
                    self.give(child.optional_vars, entered)

    def assign(self, target: ast.expr, value: ast.expr) -> None:
        """Bind the targets, those of a split side by side."""
        match target, value:
            case ast.Tuple(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
                given = [self.value(each) for each in values]
            case ast.Tuple(elts=targets) | ast.List(elts=targets), ast.Call() if self.is_split(value):
                given = list(self.split(value))
            case ast.Name(id=name), ast.List() | ast.Tuple():
                self.give(target, self.value(value))
                self.lists[name] = self.columns(value)
                return
            case _:
                self.give(target, self.value(value))
                return
        for each, one in zip(targets, given, strict=False):
            self.give(each, one)

    def give(self, target: ast.expr, value: Value) -> None:
        """Bind a name; a part of it takes the value in beside what was there."""
        match target:
            case ast.Name(id=name):
                self.names[name] = value
                self.lists.pop(name, None)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for each in targets:
                    self.give(each, value)
            case ast.Starred(value=inner):
                self.give(inner, value)
            case ast.Subscript(value=owner) | ast.Attribute(value=owner):
                self.give(owner, self.with_part(self.value(owner), self.columns(target), value))
            case _:
                pass

    def with_part(self, old: Value, columns: frozenset[str] | None, value: Value) -> Value:
        """Say what a table comes from after some of its columns are set."""
        if not old.sources:
            return old | value
        if columns is None:
            return replace(old, fits=old.fits | value.all_fits())
        pairs = {(column, fit) for column in columns for fit in value.all_fits()}
        return replace(old, columns=old.without(columns).columns | pairs)

    def columns(self, node: ast.expr | None) -> frozenset[str] | None:
        """Read the columns that a subscript, an attribute, a text or a list means; None if that is not plain."""
        match node:
            case ast.Subscript(slice=index):
                return self.columns(index)
            case ast.Attribute(attr=name) | ast.Constant(value=str() as name):
                return frozenset({name})
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                texts = [each.value for each in elements if isinstance(each, ast.Constant)]
                plain = len(texts) == len(elements) and all(isinstance(each, str) for each in texts)
                return frozenset(map(str, texts)) if plain else None
            case ast.Name(id=name):
                return self.lists.get(name)
            case _:
                return None

    def value(self, node: ast.expr | None) -> Value:  # noqa: PLR0911 - one for each kind of expression
        """Say what an expression comes from."""
        match node:
            case None | ast.Constant() | ast.Lambda():
                return Value()
            case ast.Name(id=name):
                return self.names.get(name, Value())
            case ast.Call():
                return self.call(node)
            case ast.Attribute(value=owner, attr=name):
                whole = self.value(owner)
                known = {column for column, _ in whole.columns}
                return Value() if name in DESCRIPTIONS else whole.only(frozenset({name})) if name in known else whole
            case ast.Subscript(value=owner, slice=index):
                rows, chosen = self.value(owner).only(self.columns(index)), self.value(index)
                return replace(rows, part=chosen.part or rows.part, splits=rows.splits | chosen.splits)
            case ast.NamedExpr(target=target, value=value):
                self.give(target, self.value(value))
                return self.value(target)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self.comprehension(node)
            case _:
                return self.together(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))

    def together(self, nodes: Iterable[ast.expr]) -> Value:
        """Say what several expressions come from."""
        found = Value()
        for node in nodes:
            found |= self.value(node)
        return found

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
        """Bind its variables for its own time."""
        before = dict(self.names)
        for generator in node.generators:
            self.give(generator.target, self.value(generator.iter))
        found = self.together([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self.names = before
        return found

    def call(self, node: ast.Call) -> Value:
        """Say what a call gives, and note it if it splits, fits or predicts."""
        if self.is_split(node):
            return self.together(node.args)
        match node.func:
            case ast.Attribute(value=owner, attr=method):
                return self.method(node, owner, method)
            case ast.Name(id=name):
                return self.function(node, name, Value())
            case _:
                return self.function(node, "", self.value(node.func))

    def method(self, node: ast.Call, owner: ast.expr, method: str) -> Value:
        """Say what a method of a table, of an estimator or of a module gives."""
        receiver = self.value(owner)
        if method in FITS:
            return self.fit(node, owner, receiver, method)
        if method in ASKS and node.args:
            return self.ask(node, receiver)
        if receiver.sources and method not in JOINS:
            return self.of_table(node, receiver, method)
        if not receiver.sources and receiver.learners | receiver.fits:
            given = self.together(_arguments(node))
            learners = frozenset[str]() if given.sources else receiver.learners
            return replace(given, fits=given.fits | receiver.fits, learners=learners)
        return self.function(node, method, receiver)

    def of_table(self, node: ast.Call, table: Value, method: str) -> Value:
        """Say what a table's method gives: a number learnt from all rows, or the table with other columns."""
        if method in AGGREGATES:
            return Value(fits=table.fits)
        if method == "drop":
            return table.without(self.columns(_argument(node, "columns")) or frozenset())
        return replace(table, fits=table.fits | self.together(_arguments(node)).all_fits())

    def function(self, node: ast.Call, name: str, receiver: Value) -> Value:
        """Say what a function or a class gives: an estimator, or everything that its arguments come from."""
        given = self.together(_arguments(node))
        if (name in COMPOSED or (name[:1].isupper() and name not in TABLES)) and not given.sources:
            return Value(learners=given.learners | {name}, fits=given.fits)
        found = receiver | given
        return found if found.sources else replace(found, sources=frozenset({self.statement}))

    def ask(self, node: ast.Call, model: Value) -> Value:
        """Note what a model is asked for."""
        data = self.value(node.args[0])
        self.found.asked.append(Asked(self.place(node), model, data))
        return replace(data, fits=data.fits | model.fits)

    def fit(self, node: ast.Call, owner: ast.expr, receiver: Value, method: str) -> Value:
        """Note a fit; the estimator now holds it, and so does what `fit_transform` gives."""
        self.together(_arguments(node))
        data = self.value(_argument(node, "X", "x"))
        number = self.calls.get(node)
        if number is None:
            number = self.calls[node] = len(self.found.fits)
            count = len(node.args) + sum(each.arg in {"X", "x", "y"} for each in node.keywords)
            self.found.fits.append(Fit(self.place(node), receiver.learners, method, data, count))
        fitted = Value(learners=receiver.learners, fits=frozenset({number}))
        if isinstance(owner, ast.Name):
            self.names[owner.id] = fitted
        elif isinstance(owner, ast.Subscript | ast.Attribute):
            self.give(owner, fitted)
        return fitted if method in GIVE_THEMSELVES else replace(data, fits=data.fits | {number})

    def is_split(self, node: ast.Call) -> bool:
        """Tell whether it is scikit-learn's train_test_split."""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name == "train_test_split" and name not in self.own

    def split(self, node: ast.Call) -> Iterator[Value]:
        """Yield what the sides of a split come from, in their order."""
        number = self.calls.setdefault(node, len(self.found.splits))
        values = [self.value(each) for each in node.args]
        if number == len(self.found.splits):
            self.found.splits.append(Split(self.place(node), self.together(node.args)))
        for each in values:
            for side in ("train", "test"):
                yield replace(each, part=frozenset({(number, side)}), splits=each.splits | {number})

    def place(self, node: ast.expr) -> Location:
        """Where a node of this statement starts."""
        return location(node, self.cell, self.lines[self.cell])


def _arguments(node: ast.Call) -> list[ast.expr]:
    return [*node.args, *(each.value for each in node.keywords if each.arg != "columns")]


def _argument(node: ast.Call, *names: str) -> ast.expr | None:
    """Find the first argument, given by position or by one of these names."""
    return node.args[0] if node.args else next((each.value for each in node.keywords if each.arg in names), None)

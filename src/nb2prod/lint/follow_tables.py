"""What methods of tables give: fewer rows or columns, numbers learnt from all rows, copies, neighbours' values."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint import learners as known
from nb2prod.lint.follow_names import Names
from nb2prod.lint.learning import Value, replace
from nb2prod.tree import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Tables(Names):
    """Methods of tables, and the functions that do the same."""

    def of_table(self, node: ast.Call, table: Value, method: str) -> Value:
        """Say what a table's method gives: a number learnt from all rows, or the table with other columns."""
        if method in known.CHOOSERS - {"max", "min"} and self.scores_in(table):
            return self.choice(node, table, method)
        if method in known.AGGREGATES or (method in {"agg", "aggregate"} and table.shape != "windowed"):
            return self.aggregate(node, table, method)
        if table.shape == "grouped" and method in {"transform", "apply"}:
            mark = self.note("statistic", node, "group statistic", data=table, method=method)
            return replace(table.blurred(), shape="", marks=table.marks | {mark})
        if method in known.NEIGHBOURS:
            mark = self.note("past", node, method, data=table, method=method)
            return replace(
                table.marked(mark), shape="windowed" if method in known.WINDOWS else "", column=None, needs=None
            )
        if method in known.ENCODES:
            mark = self.note("encode", node, method, data=table, method=method)
            return replace(table.marked(mark), column=None, needs=None)
        if method in known.WRITES and node.args:
            self.files[ast.dump(node.args[0])] = replace(table)
        handle = _HANDLED.get(method)
        return handle(self, node, table) if handle is not None else self.of_rows(node, table, method)

    def of_rows(self, node: ast.Call, table: Value, method: str) -> Value:
        """Say what a method gives that leaves the rows where they are, as far as is known."""
        given = self.together(arguments(node))
        if method in {"apply", "transform"} and _aggregates_its_columns(node):
            return table.marked(self.note("statistic", node, f"{method}(lambda …)", data=table, method=method))
        if method == "fillna" and table.column is None and not given.sources:
            return self.filled(table, given)
        by_rows = method in {"apply", "map"} and _by_rows(node) and table.column is None
        kept = (method in known.KEEP_COLUMNS or table.column is not None) and not by_rows
        found = table if kept else table.blurred()
        needs = None if found.needs is None or given.needs is None else found.needs | given.needs
        return replace(found, marks=found.marks | given.all_marks(), needs=needs)

    def filled(self, table: Value, number: Value) -> Value:
        """`df.fillna(df["a"].mean())` is meant for the column that the number comes from."""
        whole, pairs = set[int](), set[tuple[str, int]]()
        for mark in number.all_marks():
            of = self.found.events[mark].data.column
            if of is None:
                whole.add(mark)
            else:
                pairs.add((of[1], mark))
        return replace(table, marks=table.marks | whole, columns=table.columns | pairs)

    def pipe(self, node: ast.Call, table: Value) -> Value:
        """`df.pipe(clean, 3)` is `clean(df, 3)`."""
        first = node.args[0] if node.args else None
        if (
            not isinstance(first, ast.Name)
            or first.id not in self.functions
            or not isinstance(node.func, ast.Attribute)
        ):
            return self.of_rows(node, table, "pipe")
        call = self.piped.get(node)
        if call is None:
            call = ast.Call(func=first, args=[node.func.value, *node.args[1:]], keywords=node.keywords)
            self.piped[node] = ast.copy_location(call, node)
        return self.value(call)

    def group(self, node: ast.Call, table: Value) -> Value:
        """Group rows."""
        by = self.columns(argument(node, "by"))
        return replace(table.blurred() if by is None else table, shape="grouped", needs=None)

    def pop(self, node: ast.Call, table: Value) -> Value:
        """Take a column out."""
        columns = self.columns(argument(node, "item"))
        self.change(table, table.without(columns or frozenset()))
        return table.only(columns)

    def rename(self, node: ast.Call, table: Value) -> Value:
        """Give the columns other names, or make other columns."""
        return self.retabled(table | self.together(arguments(node)).blurred(), node)

    def index_by(self, node: ast.Call, table: Value) -> Value:
        """Make a column the index."""
        return table.without(self.columns(argument(node, "keys")) or frozenset())

    def pick(self, node: ast.Call, table: Value) -> Value:
        """Take columns."""
        return table.only(self.columns(argument(node, "items", "key")))

    def repeat(self, node: ast.Call, table: Value) -> Value:
        """Repeat rows."""
        return table.marked(self.note("copy", node, "repeat", data=table, method="repeat"))

    def aggregate(self, node: ast.Call, table: Value, method: str) -> Value:
        """Say what a mean, a count, … gives: a number for each row, or one of all rows."""
        axis = next((each.value for each in node.keywords if each.arg == "axis"), None)
        if axis is None and node.args and method not in {"quantile", "agg", "aggregate", "nlargest"}:
            axis = node.args[0]
        if isinstance(axis, ast.Constant) and axis.value in {1, -1, "columns"}:
            return replace(table, column=None)
        if table.shape == "windowed":
            return replace(table, shape="", column=None, needs=None)
        return self.learnt(node, table, method)

    def learnt(self, node: ast.Call, data: Value, method: str) -> Value:
        """Say what a number computed from all rows carries: that it was, and the models behind predictions."""
        asked = [mark for mark in data.marks if self.found.events[mark].kind in {"ask", "score"}]
        if asked and method in known.LEARN | {"sum", "all"}:
            return self.score(node, data, method)
        kept = frozenset(mark for mark in data.marks if self.found.events[mark].kind == "setting")
        if method not in known.LEARN and method not in {"value_counts", "agg", "aggregate"} and data.shape != "grouped":
            return Value(marks=kept)
        name = "group statistics" if method in {"agg", "aggregate"} else method
        mark = self.note("statistic", node, name, data=data, method=method)
        table = data.shape == "grouped" or method == "value_counts"
        return Value(sources=self.table(self.key(node)).sources if table else frozenset(), marks=kept | {mark})

    def score(self, node: ast.Call, data: Value, method: str) -> Value:
        """Note a number that tells how good predictions are."""
        return Value(marks=frozenset({self.note("score", node, method, data=data, method=method)}))

    def scores_in(self, value: Value) -> frozenset[int]:
        """The scores that a value comes from."""
        return frozenset(mark for mark in value.marks if self.found.events[mark].kind == "score")

    def choices_in(self, value: Value) -> frozenset[int]:
        """The choices by scores that a value comes from."""
        return frozenset(mark for mark in value.marks if self.found.events[mark].kind == "choice")

    def choice(self, node: ast.expr | ast.stmt, given: Value, name: str) -> Value:
        """Note that the best of several scores is looked for."""
        mark = self.note("choice", node, name, data=given, method=name)
        return Value(marks=frozenset({mark}), sources=given.sources, learners=given.learners)

    def drop(self, node: ast.Call, table: Value) -> Value:
        """Drop columns, or the rows of a sample."""
        first = node.args[0] if node.args else None
        keywords = {each.arg: each.value for each in node.keywords}
        axis = keywords.get("axis") or (node.args[1] if len(node.args) > 1 else None)
        by_column = isinstance(axis, ast.Constant) and axis.value in {1, "columns"}
        if "columns" in keywords:
            first, by_column = keywords["columns"], True
        first = first or keywords.get("labels")
        if by_column:
            columns = self.columns(first)
            return table.blurred() if columns is None else table.without(columns)
        if isinstance(first, ast.Attribute) and first.attr == "index":
            drawn = self.value(first.value)
            for split, side in sorted(drawn.sides - table.sides):
                if side == "drawn":
                    return self.sided(table, split, "rest")
        return replace(table)

    def sample(self, node: ast.Call, table: Value) -> Value:
        """Draw rows: some of them, all in another order, or the same ones again and again."""
        keywords = {each.arg: each.value for each in node.keywords}
        if is_true(keywords.get("replace")):
            return table.marked(self.note("copy", node, "sample", data=table, method="sample"))
        part = keywords.get("frac") or keywords.get("n") or (node.args[0] if node.args else None)
        if part is None or (isinstance(part, ast.Constant) and part.value == 1):
            return table
        return self.sided(table, self.cut(self.key(node), node, table, "part", random=True), "drawn")

    def reindex(self, node: ast.Call, table: Value) -> Value:
        """Give a table the columns of another: what its own rows decided about them no longer matters."""
        of_other = any(each.arg == "columns" for each in node.keywords) or bool(node.args)
        return self.unencoded(table) if of_other else table

    def align(self, node: ast.Call, table: Value) -> Value:
        """Give two tables the same columns."""
        mine, theirs = self.unencoded(table), self.unencoded(self.together(arguments(node)))
        return replace(mine, parts=(mine, theirs))

    def unencoded(self, table: Value) -> Value:
        """Forget that the columns came from its own rows."""
        return replace(table, marks=frozenset(m for m in table.marks if self.found.events[m].kind != "encode"))

    def encode(self, node: ast.Call, name: str, given: Value) -> Value:
        """Make dummy columns, codes or bins, which depend on which rows there are."""
        if name == "cut" and not (len(node.args) > 1 and isinstance(node.args[1], ast.Constant)):
            return replace(given, column=None)
        mark = self.note("encode", node, name, data=given, method=name)
        kept = given if name == "get_dummies" and given.column is None else given.blurred()
        return replace(kept, marks=given.marks | {mark}, learners=frozenset())

    def scaled(self, node: ast.Call, given: Value) -> Value:
        """Scale a table by its own numbers."""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return given.marked(self.note("statistic", node, name, data=given, method=name))

    def join(self, node: ast.Call, receiver: Value, given: Value) -> Value:
        """Put tables together; the same rows twice are copies."""
        found = self.retabled(receiver | given, node)
        tables = [self.value(each) for each in self.joined(node)]
        rows = [each for each in tables if each.sources]
        if len({id(each) for each in rows}) < len(rows) and not _by_rows(node):
            return found.marked(self.note("copy", node, "concat", data=found, method="concat"))
        return found

    def joined(self, node: ast.Call) -> list[ast.expr]:
        """List the tables that a call puts together."""
        first = node.args[0] if node.args else None
        listed = list(first.elts) if isinstance(first, (ast.List, ast.Tuple)) else list(node.args)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "append":
            listed.append(node.func.value)
        return [each for each in listed if isinstance(each, ast.Name)]


_HANDLED: Mapping[str, Callable[[Tables, ast.Call, Value], Value]] = {
    "align": Tables.align,
    "drop": Tables.drop,
    "filter": Tables.pick,
    "get": Tables.pick,
    "groupby": Tables.group,
    "pipe": Tables.pipe,
    "pop": Tables.pop,
    "reindex": Tables.reindex,
    "repeat": Tables.repeat,
    "sample": Tables.sample,
    "set_index": Tables.index_by,
} | dict.fromkeys(
    ["assign", "explode", "melt", "pivot", "pivot_table", "rename", "set_axis", "stack", "unstack"], Tables.rename
)


def arguments(node: ast.Call) -> list[ast.expr]:
    """List what is given to a call, names of columns aside."""
    return [*node.args, *(each.value for each in node.keywords if each.arg != "columns")]


def argument(node: ast.Call, *names: str, at: int = 0) -> ast.expr | None:
    """Find an argument, given by position or by one of these names."""
    if len(node.args) > at:
        return node.args[at]
    return next((each.value for each in node.keywords if each.arg in names), None)


def is_true(node: ast.expr | None) -> bool:
    """Whether an argument is written as true."""
    return isinstance(node, ast.Constant) and bool(node.value)


def _by_rows(node: ast.Call) -> bool:
    """Whether a call goes along the rows: `axis=1`."""
    return any(
        each.arg == "axis" and isinstance(each.value, ast.Constant) and each.value.value in {1, "columns"}
        for each in node.keywords
    )


def _aggregates_its_columns(node: ast.Call) -> bool:
    """Whether `df.apply(lambda c: c.fillna(c.mean()))` computes something from each whole column."""
    if _by_rows(node) or not node.args or not isinstance(node.args[0], ast.Lambda) or not node.args[0].args.args:
        return False
    own = node.args[0].args.args[0].arg
    return any(
        isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and each.func.attr in known.LEARN
        and isinstance(each.func.value, ast.Name)
        and each.func.value.id == own
        for each in walk(node.args[0].body)
    )

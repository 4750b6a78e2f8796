"""What an expression comes from."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint import learners as known
from nb2prod.lint.follow_calls import Calls
from nb2prod.lint.learning import NOTHING, Value, all_of, replace
from nb2prod.tree import children, walk

if TYPE_CHECKING:
    from collections.abc import Hashable

    from nb2prod.lint.learning import How

_INDEXERS = {"at", "iat", "iloc", "ix", "loc"}
_OPPOSITE = {
    ast.GtE: (ast.Lt, "rest"),
    ast.Gt: (ast.LtE, "rest"),
    ast.NotEq: (ast.Eq, "rest"),
    ast.NotIn: (ast.In, "rest"),
}


class Expressions(Calls):
    """Names, parts of tables, arithmetic, comprehensions."""

    def value(self, node: ast.expr | None) -> Value:  # noqa: PLR0911, PLR0912, C901 - one for each kind of expression
        """Say what an expression comes from."""
        if isinstance(node, ast.Name):  # most are one of these three
            return self.look(node.id)
        if isinstance(node, ast.Constant):
            return NOTHING
        if isinstance(node, ast.Call):
            return self.call(node)
        match node:
            case None | ast.Lambda() | ast.JoinedStr():
                return NOTHING
            case ast.Attribute(value=owner, attr=name):
                return self.attribute(node, self.value(owner), name)
            case ast.Subscript():
                return self.subscript(node)
            case ast.BinOp(left=left, op=op, right=right):
                return self.arithmetic(self.value(left), op, self.value(right))
            case ast.Tuple(elts=elements):
                parts = tuple(self.value(each) for each in elements)
                return replace(all_of(parts), parts=parts)
            case ast.List(elts=elements):
                return self.together(elements)
            case ast.NamedExpr(target=target, value=value):
                self.bind(target.id, self.value(value))
                return self.look(target.id)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self.comprehension(node)
            case ast.IfExp(body=body, orelse=orelse):
                return self.value(body) | self.value(orelse)
            case ast.Compare(left=left, comparators=others):
                found = self.together([left, *others])
                self.found.used |= self.choices_in(found) if self.asks_in(found) else frozenset()
                return found
            case _:
                return self.together(child for child in children(node) if isinstance(child, ast.expr))

    def asks_in(self, value: Value) -> bool:
        """Whether predictions are in a value."""
        return any(self.found.events[mark].kind == "ask" for mark in value.marks)

    def arithmetic(self, left: Value, op: ast.operator, right: Value) -> Value:
        """Put rows and numbers together; a shift by the smallest or largest value tells nothing."""
        if isinstance(op, (ast.Add, ast.Sub)):
            for rows, number in ((left, right), (right, left)):
                events = [self.found.events[mark] for mark in number.marks]
                if rows.sources and not number.sources and events and all(e.name in {"min", "max"} for e in events):
                    return rows
        found = left | right
        if found.sources and found.shape:
            found = replace(found, shape="")
        return found

    def attribute(self, node: ast.Attribute, whole: Value, name: str) -> Value:  # noqa: PLR0911 - one for each kind
        """Say what an attribute of a table or of an estimator comes from."""
        if whole is NOTHING or name in known.DESCRIPTIONS:
            return NOTHING
        if not whole.sources:
            return replace(whole, learners=whole.learners if name != "best_params_" else frozenset())
        if name == "codes":
            return whole.marked(self.note("encode", node, "category codes", data=whole, method="codes"))
        if name in {"str", "dt", "cat", "values", "T", "array", *_INDEXERS}:
            return whole if name != "T" else whole.blurred()
        if name == "index":
            return Value(sources=whole.sources, sides=whole.sides, needs=None)
        if whole.column is not None or whole.table is None:
            return replace(whole, column=None, needs=None) if whole.column is None else whole
        return whole.only(frozenset({name}))

    def subscript(self, node: ast.Subscript) -> Value:
        """Say what a part comes from: columns, rows, a side of a split by hand, an element of a container."""
        owner, index = self.value(node.value), node.slice
        chosen = NOTHING if isinstance(index, (ast.Constant, ast.Slice)) else self.value(index)
        if owner.parts is not None and isinstance(index, ast.Constant) and isinstance(index.value, int):
            return owner.parts[index.value] if -len(owner.parts) <= index.value < len(owner.parts) else owner
        if owner.learners:
            self.found.used |= self.choices_in(chosen)
        if not owner.sources:
            return replace(owner | chosen, parts=None)
        by_label = isinstance(node.value, ast.Attribute) and node.value.attr in _INDEXERS
        rows, columns = self.axes(owner, index, by_label=by_label)
        part = owner
        if columns is not None:
            part = owner.only(self.columns(columns))
            picked = self.value(columns) if not isinstance(columns, (ast.Slice, ast.Constant)) else NOTHING
            if not picked.sources & owner.sources:
                part = replace(part, marks=part.marks | self.fits_in(picked))
        if rows is not None:
            part = self.rows_of(node, part, rows)
        return part

    def axes(self, owner: Value, index: ast.expr, *, by_label: bool) -> tuple[ast.expr | None, ast.expr | None]:
        """Tell the rows from the columns that an index chooses."""
        if isinstance(index, ast.Tuple) and len(index.elts) > 1:
            whole = isinstance(index.elts[0], ast.Slice) and index.elts[0].lower is None and index.elts[0].upper is None
            return None if whole else index.elts[0], index.elts[1]
        if isinstance(index, ast.Slice) or by_label:
            return index, None
        joined = isinstance(index, ast.BinOp) and isinstance(index.op, ast.Add)  # `["a"] + others`
        if self.columns(index) is not None or joined or isinstance(index, ast.JoinedStr):
            return None, index
        chosen = self.value(index)
        rowwise = bool(chosen.sources & owner.sources or chosen.sides)
        named = isinstance(index, ast.Name) and (chosen is NOTHING or bool(chosen.sources))
        masked = named or isinstance(index, (ast.UnaryOp, ast.Compare, ast.BinOp))
        return (index, None) if rowwise or masked else (None, index)

    def rows_of(self, node: ast.Subscript, table: Value, rows: ast.expr) -> Value:
        """Take some rows, perhaps one side of a split by hand or of a fold."""
        if isinstance(rows, ast.Slice):
            return self.slice_of(node, table, rows)
        chosen = self.value(rows)
        table = table.marked(*self.choices_in(chosen))
        new = chosen.sides - table.sides
        if any(not self.found.splits[split].by_hand for split, _ in new):
            return replace(table, sides=table.sides | new)
        key, side = _mask(rows)
        if isinstance(rows, ast.Name) or not chosen.sources & table.sources:
            table = table.blurred()  # a list of columns as well
        if key is None:
            return replace(table)
        return self.by_hand(node, table, key, side)

    def slice_of(self, node: ast.Subscript, table: Value, rows: ast.Slice) -> Value:
        """`X[:n]` and `X[n:]` are the two sides of one cut, `X[:, 1:]` is none."""
        lower, upper = rows.lower, rows.upper
        if (
            lower is not None
            and isinstance(upper, ast.Call)
            and isinstance(upper.func, ast.Name)
            and upper.func.id == "len"
        ):
            upper = None
        if isinstance(lower, ast.Constant) and lower.value == 0:
            lower = None
        if rows.step is not None or (lower is None) == (upper is None):
            return self.window(node, table, self.value(lower) | self.value(upper))
        bound = lower or upper
        side = "rest" if upper is None else "first"
        return self.by_hand(node, table, ast.dump(bound) if bound is not None else "", side, "slice")

    def window(self, node: ast.Subscript, table: Value, bounds: Value) -> Value:
        """`series[i - 60 : i]` for each i: rows that overlap those cut out before."""
        if any(self.found.events[mark].kind == "setting" for mark in bounds.marks):
            return table.blurred().marked(self.note("past", node, "windows", data=table, method="window"))
        return replace(table)

    def by_hand(self, node: ast.Subscript, table: Value, key: str, side: str, kind: How = "part") -> Value:
        """Take a side of what may be a split by hand; its use will tell."""
        hashable: Hashable = (table.sources, key)
        split = self.cut(hashable, node, table, kind, random="random" in key)
        return self.sided(replace(table), split, side)

    def fits_in(self, value: Value) -> frozenset[int]:
        """The fits that chose something: columns by `get_support()` or by importance."""
        return frozenset(mark for mark in value.marks if self.found.events[mark].kind == "fit")

    def columns(self, node: ast.expr | None) -> frozenset[str] | None:  # noqa: PLR0911 - one case for each kind
        """Read the columns that a text, a list or the name of one means; None if that is not plain."""
        match node:
            case ast.Constant(value=str() as name):
                return frozenset({name})
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                texts = [each.value for each in elements if isinstance(each, ast.Constant)]
                plain = len(texts) == len(elements) and all(isinstance(each, str) for each in texts)
                return frozenset(map(str, texts)) if plain else None
            case ast.Name(id=name):
                return self.lists.get(name)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                if _is_text(left) or _is_text(right):
                    return self.written([left, right])
                one, other = self.columns(left), self.columns(right)
                return None if one is None or other is None else one | other
            case ast.JoinedStr(values=values):
                return self.written(values)
            case _:
                return None

    def written(self, parts: list[ast.expr]) -> frozenset[str] | None:
        """Put the name of one column together: `f"{target}_log"`; None where a part may be several."""
        texts: list[str] = []
        for part in parts:
            match part:
                case ast.FormattedValue(value=ast.Name() as inner, conversion=-1, format_spec=None):
                    found = self.columns(inner)
                case ast.FormattedValue():
                    return None
                case _:
                    found = self.columns(part)
            if found is None or len(found) != 1:
                return None
            texts += found
        return frozenset({"".join(texts)})

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
        """Bind its variables for its own time."""
        before = dict(self.scopes[-1])
        loops = len(self.loops)
        for generator in node.generators:
            self.turn(generator.target, generator.iter, self.value(generator.iter))
            self.loops.append(id(node))
        kept = self.together([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        del self.loops[loops:]
        after = self.scopes[-1]
        for name in [*after]:
            if name in before and after[name] is not before[name] and name in _targets(node):
                after[name] = before[name]
        return replace(kept, table=None, column=None, parts=None)

    def turn(self, target: ast.expr, iterated: ast.expr, value: Value) -> None:
        """Bind a loop's variables to what one turn gives."""
        raise NotImplementedError


def _targets(node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> set[str]:
    return {each.id for g in node.generators for each in walk(g.target) if isinstance(each, ast.Name)}


def _mask(node: ast.expr) -> tuple[str | None, str]:
    """Give a mask a key that it shares with its opposite, and say which of the two it is."""
    match node:
        case ast.UnaryOp(op=ast.Invert() | ast.USub() | ast.Not(), operand=inner):
            key, side = _mask(inner)
            return key, "rest" if side == "first" else "first"
        case ast.Call(func=ast.Attribute(value=owner, attr="notnull" | "notna")):
            return f"null {ast.dump(owner)}", "rest"
        case ast.Call(func=ast.Attribute(value=owner, attr="isnull" | "isna")):
            return f"null {ast.dump(owner)}", "first"
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            kind, side = _OPPOSITE.get(type(op), (type(op), "first"))
            return f"{kind.__name__} {ast.dump(left)} {ast.dump(right)}", side
        case ast.Name(id=name):
            return f"mask {name}", "first"
        case _:
            return None, "first"


def _is_text(node: ast.expr) -> bool:
    """Whether an expression is text for certain, so that `+` puts it behind another."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))

"""One statement as predict runs it: rows computed alike, learnt values loaded, filters left out."""

from __future__ import annotations

import ast
import copy
import keyword
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from nb2prod.conversion import Learnt
from nb2prod.plan.lists_of_parts import with_kept_type
from nb2prod.problems import Location, Refusal
from nb2prod.rows.kinds import Fixed, Learned, Rows, Unknown
from nb2prod.rows.knowledge import estimators
from nb2prod.rows.special import (
    AppliedWritten,
    Binned,
    ChosenColumns,
    Codes,
    Dated,
    Dummies,
    EachRow,
    Factorized,
    FitTransform,
    GroupTransform,
    Skipped,
    SplitApart,
    WithConstant,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nb2prod.dataflow import Dataflow
    from nb2prod.rows.interpreter import Provenance

WAY_OUT = "Write the step so that a row's value depends on that row alone or on something fitted, or use train only"


_LONG = 300


class CannotReplay(Exception):  # noqa: N818 - it is a refusal on its way, not an error
    """Carries the refusal from deep inside an expression to the plan."""

    def __init__(self, where: Location | None, why: str) -> None:
        super().__init__(why)
        self.refusal = Refusal(where, why, WAY_OUT)


@dataclass(frozen=True, slots=True, eq=False)
class Store:
    """A learnt value that a statement of the training computes: stored right after it."""

    after: int
    attribute: str
    name: str
    copied: bool


@dataclass(slots=True)
class Names:
    """The names given to learnt values, and what each is."""

    learnt: dict[str, Learnt] = field(default_factory=dict)
    keyed: set[str] = field(default_factory=set)
    stores: dict[tuple[int, str], Store] = field(default_factory=dict)
    helpers: set[str] = field(default_factory=set)

    def new(self, wanted: str, where: Location, expression: str, frame: str) -> str:
        """A fresh attribute of `Learned`."""
        base = wanted if wanted.isidentifier() and not keyword.iskeyword(wanted) else "learnt"
        number, name = 1, base
        while name in self.learnt:
            number += 1
            name = f"{base}_{number}"
        self.learnt[name] = Learnt(name=name, where=where, expression=expression, frame=frame)
        return name


@dataclass(slots=True)
class Replay:
    """Rewrites the expressions of one statement; `fit` collects what training does before it."""

    flow: Dataflow
    rows: Provenance
    names: Names
    statement: int
    loop_key: str | None = None
    predicted: bool = False  # the expression is what the model is given, and training does nothing there
    local: frozenset[str] = frozenset()
    fit: list[ast.stmt] = field(default_factory=list)
    both: list[tuple[ast.stmt, ...]] = field(default_factory=list)
    fitted: Mapping[str, str] = field(default_factory=dict)

    def expression(self, node: ast.expr) -> ast.expr:
        """The expression as predict evaluates it (a copy where it changed)."""
        new = self._expression(node)
        value = self.rows.values.get(node)
        if new is not node and value is not None:
            self.rows.values.setdefault(new, value)
        return new

    def _expression(self, node: ast.expr) -> ast.expr:
        value = self.rows.values.get(node)
        special = self.rows.specials.get(node)
        if isinstance(value, Unknown):
            raise CannotReplay(value.where, value.why)
        if isinstance(value, Learned):
            return self._learned(node, value)
        if isinstance(value, Rows) and value.numbered:
            raise CannotReplay(self._where(node), "the rows' labels enter, which number them")
        if special is not None and isinstance(value, Rows):
            return self._special(node, special)
        if isinstance(value, Rows) and isinstance(node, ast.Call) and _reshapes(node):
            return self._reshaped(node)
        new = self._encoding(node) or self._as_text(node) or self._children(node)
        return with_kept_type(node, new)

    def _as_text(self, node: ast.expr) -> ast.expr | None:
        """`values.astype(str)`: whole numbers are written as in training where another row's value is missing."""
        match node:
            case ast.Call(func=ast.Attribute(value=values, attr="astype"), args=[kind], keywords=[]):
                value, told = self.rows.values.get(values), self.rows.values.get(kind)
                text = isinstance(told, Fixed) and (told.dotted == "str" or told.constant == "str")
                if not text or not isinstance(value, Rows) or value.shape != "series" or self.predicted:
                    return None
                attribute = self.names.new(f"{_speaking_name(values)}_type", self._where(node), ast.unparse(node), "")
                learnt = self.learn(attribute, ast.Attribute(values, "dtype", ast.Load()))
                return self._helper("as_text", [self.expression(values), learnt])
            case _:
                return None

    def _reshaped(self, node: ast.Call) -> ast.expr:
        """`rows.reshape(len(df), 1)`: as many as there are rows."""
        function = self.expression(node.func)
        news = [a if isinstance(self.rows.values.get(a), Learned) else self.expression(a) for a in node.args]
        if function is node.func and all(a is b for a, b in zip(news, node.args, strict=True)):
            return node
        return ast.Call(function, news, node.keywords)

    def _encoding(self, node: ast.expr) -> ast.expr | None:
        """`encoder.transform(rows)` of a LabelEncoder: with an error that says which row."""
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr="transform"), args=[argument]):
                encoder = self.rows.values.get(owner)
                if isinstance(encoder, Learned) and encoder.estimator == "LabelEncoder":
                    return self._helper("encoded", [self.expression(owner), self.expression(argument)])
            case _:
                pass
        return None

    def _children(self, node: ast.expr) -> ast.expr:
        changed: dict[str, object] = {}
        for name, child in ast.iter_fields(node):
            if isinstance(child, ast.expr):
                new = self.expression(child)
                if new is not child:
                    changed[name] = new
            elif isinstance(child, list):
                news = [self._item(item) for item in child]
                if any(new is not old for new, old in zip(news, child, strict=True)):
                    changed[name] = news
        if not changed:
            return node
        result = copy.copy(node)
        for name, child in changed.items():
            setattr(result, name, child)
        return result

    def _item(self, item: object) -> object:
        match item:
            case ast.expr():
                return self.expression(item)
            case ast.keyword(value=value):
                new = self.expression(value)
                return item if new is value else ast.keyword(arg=item.arg, value=new)
            case ast.comprehension(target=target, iter=iterable, ifs=ifs):
                news = [self.expression(i) for i in ifs]
                return ast.comprehension(
                    target=target, iter=self.expression(iterable), ifs=news, is_async=item.is_async
                )
            case _:
                return item

    # learnt values

    def _learned(self, node: ast.expr, value: Learned) -> ast.expr:
        if isinstance(node, ast.Attribute) and node.attr == "columns":
            return self._children(node)  # the same columns as in training, by construction
        if isinstance(node, ast.Name):
            if node.id == self.loop_key or node.id in self.local:
                return node
            if node.id in self.fitted:
                return self._loaded(self.fitted[node.id])
            return self._loaded(self.stored(node.id, node))
        if _only_columns(node, self.rows) or _loop_names(node, self.loop_key):
            return node if not isinstance(node, ast.Subscript) or self.loop_key is None else self._keyed(node, value)
        return self._keyed(node, value)

    def _keyed(self, node: ast.expr, value: Learned) -> ast.expr:
        """A learnt value computed inside the statement gets a name of its own."""
        attribute = self.names.new(_speaking_name(node), value.where, ast.unparse(node), _frame_of(node))
        return self.learn(attribute, node)

    def learn(self, attribute: str, value: ast.expr) -> ast.expr:
        """`learned.attribute = value` in training (by the loop's key inside a loop); gives what predict reads."""
        target = self._loaded(attribute)
        if self.loop_key is not None:
            self.names.keyed.add(attribute)
            target = ast.Subscript(value=target, slice=ast.Name(self.loop_key, ast.Load()), ctx=ast.Load())
        self.fit.append(ast.Assign(targets=[_store_context(target)], value=value, lineno=0))
        return target

    def stored(self, name: str, node: ast.expr) -> str:
        """The attribute under which a name's learnt value is stored where training computes it."""
        effects = self.flow.effects[self.statement]
        if name in effects.binds or name in effects.mutates:
            raise CannotReplay(self._where(node), f"`{name}` is learnt and used in one statement")
        definitions = [
            d
            for use in self.flow.uses[self.statement]
            if use.name == name
            for d in use.definitions
            if d != self.statement
        ]
        if not definitions:
            raise CannotReplay(self._where(node), f"it is not known where `{name}` is learnt")
        return self.stored_after(name, max(definitions), node)

    def stored_after(self, name: str, after: int, node: ast.expr) -> str:
        """Likewise, given the statement that learns it."""
        key = (after, name)
        if key not in self.names.stores:
            statement = self.flow.program.statements[after]
            expression = self.flow.program.source(statement)
            attribute = self.names.new(
                name,
                statement.where,
                expression if len(expression) < _LONG else name,
                _fitted_on(statement.node, name) or _frame_of(node),
            )
            changed_later = any(
                name in (*self.flow.effects[i].mutates, *self.flow.effects[i].binds)
                for i in self.flow.order
                if i > after
            )
            self.names.stores[key] = Store(after, attribute, name, changed_later)
        return self.names.stores[key].attribute

    # what means something else at predict time

    def _special(self, node: ast.expr, special: object) -> ast.expr:
        match special:
            case Skipped(base=base):
                if base is node:
                    return self._all_rows(node)
                return self.expression(base)
            case EachRow(rows=rows, count=count):
                length = ast.Attribute(self.expression(rows), "shape", ast.Load())
                return with_replaced(node, count, ast.Subscript(length, ast.Constant(0), ast.Load()))
            case AppliedWritten(call=call, function=function):
                return self._children(ast.Call(call.func, [function, *call.args[1:]], call.keywords))
            case FitTransform():
                return self._fitted_before(node, special) or self._fit_transform(node, special)
            case Dummies():
                return self._dummies(node, special)
            case ChosenColumns(base=base):
                attribute = self.names.new("columns", self._where(node), ast.unparse(node), ast.unparse(base))
                chosen = ast.Call(ast.Name("list", ast.Load()), [ast.Attribute(node, "columns", ast.Load())], [])
                return ast.Subscript(self.expression(base), self.learn(attribute, chosen), ast.Load())
            case GroupTransform(frame=frame, key=key, column=column, aggregate=aggregate):
                grouped = ast.Call(ast.Attribute(frame, "groupby", ast.Load()), [ast.Constant(key)], [])
                values = ast.Call(ast.Attribute(_item_of(grouped, column), "agg", ast.Load()), [aggregate], [])
                name = f"{_slug(column)}_{_slug(str(getattr(aggregate, 'value', 'value')))}_by_{_slug(key)}"
                attribute = self.names.new(name, self._where(node), ast.unparse(node), ast.unparse(frame))
                return self._helper("looked_up", [_item_of(self.expression(frame), key), self.learn(attribute, values)])
            case Binned(call=call, values=values):
                return self._binned(node, call, values)
            case Dated(call=call, values=values):
                attribute = self.names.new(
                    f"{_speaking_name(values)}_format", self._where(node), ast.unparse(node), ast.unparse(values)
                )
                learnt = self.learn(
                    attribute, self._helper("date_format", [values], [k for k in call.keywords if k.arg == "dayfirst"])
                )
                keywords = [*call.keywords, ast.keyword("format", learnt)]
                return ast.Call(call.func, [self.expression(a) for a in call.args], keywords)
            case Factorized(call=call, values=values):
                attribute = self.names.new(
                    f"{_speaking_name(values)}_values", self._where(node), ast.unparse(node), ast.unparse(values)
                )
                learnt = self.learn(attribute, ast.Subscript(call, ast.Constant(1), ast.Load()))
                return self._helper("numbered", [self.expression(values), learnt])
            case SplitApart(call=call):
                attribute = self.names.new("parts", self._where(node), ast.unparse(node), _frame_of(node))
                made = ast.Call(ast.Name("list", ast.Load()), [ast.Attribute(call, "columns", ast.Load())], [])
                return self._helper("parted", [self._children(call), self.learn(attribute, made)])
            case WithConstant(call=call, rows=rows):
                return self._with_constant(call, rows)
            case Codes(base=base):
                attribute = self.names.new(
                    f"{_speaking_name(base)}_categories", self._where(node), ast.unparse(node), ast.unparse(base)
                )
                learnt = self.learn(attribute, ast.Attribute(base, "dtype", ast.Load()))
                known = self._helper("as_categories", [self.expression(base), learnt])
                return ast.Attribute(ast.Attribute(known, "cat", ast.Load()), "codes", ast.Load())
            case _:
                raise CannotReplay(self._where(node), "this step is not replayed yet")

    def _fitted_before(self, node: ast.expr, special: FitTransform) -> ast.expr | None:
        """`model.predict(poly.fit_transform(X))`: what learns nothing from rows is fitted anew, a copy of it."""
        estimator = special.estimator
        if not self.predicted or special.name not in estimators.STATELESS or not isinstance(estimator, ast.Name):
            return None
        before = [d for use in self.flow.uses[self.statement] if use.name == estimator.id for d in use.definitions]
        last = max((d for d in before if d < self.statement), default=None)
        if last is None or not _fits(self.flow.program.statements[last].node, estimator.id):
            return None
        fitted = self._loaded(self.stored_after(estimator.id, last, node))
        anew = ast.Attribute(ast.Name("replay", ast.Load()), "fitted_anew", ast.Load())
        return ast.Call(anew, [fitted, self.expression(special.argument)], [])

    def _fit_transform(self, node: ast.expr, special: FitTransform) -> ast.expr:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            raise CannotReplay(self._where(node), "this step is not replayed yet")
        estimator = special.estimator
        named = isinstance(estimator, ast.Name)
        wanted = estimator.id if isinstance(estimator, ast.Name) else _slug(special.name)
        attribute = self.names.new(wanted, self._where(node), ast.unparse(node), ast.unparse(special.argument))
        fit_call: ast.expr
        argument = self.expression(special.argument)
        learnt_from = self._learnt_from(special.argument, argument)
        alone = learnt_from is argument or not named or self.loop_key is not None
        if special.name in estimators.SAME_WHEN_FITTED_FIRST and alone:
            more = [a for a in (*node.args, *(k.value for k in node.keywords)) if a is not special.argument]
            fit_call = ast.Call(ast.Attribute(estimator, "fit", ast.Load()), [learnt_from, *more], [])
            if named:
                self.names.helpers.add("deepcopy")
                fit_call = ast.Call(ast.Name("deepcopy", ast.Load()), [fit_call], [])
            loaded = self.learn(attribute, fit_call)
            if special.name == "LabelEncoder":
                return self._helper("encoded", [loaded, argument])
            return self._asked(loaded, special, argument)
        if self.loop_key is not None or not named:
            raise CannotReplay(self._where(node), f"{special.name}.fit_transform in a loop or without a name")
        self.names.helpers.add("deepcopy")
        kept = ast.Call(ast.Name("deepcopy", ast.Load()), [estimator], [])
        loaded = self._loaded(attribute)
        self.both.append((ast.Assign(targets=[_store_context(loaded)], value=kept, lineno=0),))
        if special.name == "LabelEncoder":
            return self._helper("encoded", [loaded, argument])
        return self._asked(loaded, special, argument)

    def _asked(self, fitted: ast.expr, special: FitTransform, argument: ast.expr) -> ast.expr:
        """`learned.scaler.transform(rows)`."""
        self.rows.values.setdefault(fitted, Learned(self._where(argument), estimator=special.name))
        return ast.Call(ast.Attribute(fitted, special.method, ast.Load()), [argument], [])

    def _learnt_from(self, written: ast.expr, argument: ast.expr) -> ast.expr:
        """What training learns from: what predict is given, or, where that leaves no rows out, what is written."""
        if not leaves_out_inside(written, self.rows):
            return argument
        specials = [self.rows.specials.get(n) for n in ast.walk(written) if isinstance(n, ast.expr)]
        if any(s is not None and not isinstance(s, Skipped | ChosenColumns) for s in specials):
            raise CannotReplay(self._where(written), "several things are learnt in one statement that leaves rows out")
        return written

    def _dummies(self, node: ast.expr, special: Dummies) -> ast.expr:
        if not isinstance(node, ast.Call):
            raise CannotReplay(self._where(node), "this step is not replayed yet")
        argument = self.expression(special.argument)
        value = self.rows.values.get(special.argument)
        is_frame = isinstance(value, Rows) and value.shape == "frame"
        learnt_from = self._learnt_from(special.argument, argument)
        encoded: ast.expr = learnt_from
        if is_frame and special.columns is not None:
            encoded = ast.Subscript(learnt_from, self.expression(special.columns), ast.Load())
        elif is_frame:
            kinds = ast.List([ast.Constant(k) for k in ("object", "string", "category")], ast.Load())
            encoded = ast.Call(ast.Attribute(learnt_from, "select_dtypes", ast.Load()), [kinds], [])
        as_category = ast.Call(ast.Attribute(encoded, "astype", ast.Load()), [ast.Constant("category")], [])
        learnt = ast.Attribute(as_category, "dtypes" if is_frame else "dtype", ast.Load())
        attribute = self.names.new("categories", self._where(node), ast.unparse(node), ast.unparse(special.argument))
        known = self._helper("as_categories", [argument, self.learn(attribute, learnt)])
        arguments = [known if a is special.argument else self.expression(a) for a in node.args]
        keywords = [
            ast.keyword(k.arg, known if k.value is special.argument else self.expression(k.value))
            for k in node.keywords
        ]
        dummies = ast.Call(node.func, arguments, keywords)
        if is_frame or len(node.args) > 1 or any(k.arg == "prefix" for k in node.keywords):
            return dummies
        names = self.names.new("dummies", self._where(node), ast.unparse(node), ast.unparse(special.argument))
        of_training = self.learn(
            names, ast.Attribute(self._of_training(node, special, learnt_from), "columns", ast.Load())
        )
        across = ast.keyword("axis", ast.Constant(1))  # the names of a category's dummies are a category themselves
        return ast.Call(ast.Attribute(dummies, "set_axis", ast.Load()), [of_training], [across])

    def _of_training(self, call: ast.Call, special: Dummies, learnt_from: ast.expr) -> ast.expr:
        return with_replaced(call, special.argument, learnt_from)

    def _with_constant(self, call: ast.Call, rows: ast.expr) -> ast.expr:
        """A column of ones, or none, as in training; `has_constant="add"`, since one row has only constant columns."""
        replayed = self.expression(rows)
        arguments = [replayed if a is rows else a for a in call.args]
        keywords = [ast.keyword(k.arg, replayed if k.value is rows else k.value) for k in call.keywords]
        kept = [k for k in keywords if k.arg != "has_constant"]
        always = ast.Call(call.func, arguments, [*kept, ast.keyword("has_constant", ast.Constant("add"))])
        if self.predicted:  # another number of columns than the model was fitted on is an error
            return always
        attribute = self.names.new("constant_added", self._where(call), ast.unparse(call), _frame_of(rows))
        made, given = ast.Attribute(call, "size", ast.Load()), ast.Attribute(rows, "size", ast.Load())
        return ast.IfExp(self.learn(attribute, ast.Compare(made, [ast.Gt()], [given])), always, replayed)

    def _binned(self, node: ast.expr, call: ast.Call, values: ast.expr) -> ast.expr:
        if not isinstance(call.func, ast.Attribute):
            raise CannotReplay(self._where(node), "this step is not replayed yet")
        quantiles = call.func.attr == "qcut"
        kept = [k for k in call.keywords if k.arg not in {"labels", "retbins", "bins", "q"}]
        counts = [ast.keyword(k.arg, k.value) for k in call.keywords if k.arg in {"bins", "q"}]
        edges = ast.Call(call.func, call.args, [*counts, *kept, ast.keyword("retbins", ast.Constant(value=True))])
        attribute = self.names.new(
            f"{_speaking_name(values)}_edges", self._where(node), ast.unparse(node), ast.unparse(values)
        )
        learnt = self.learn(attribute, ast.Subscript(edges, ast.Constant(1), ast.Load()))
        labels = [*(ast.keyword("labels", a) for a in call.args[2:3]), *(k for k in call.keywords if k.arg == "labels")]
        lowest = [ast.keyword("include_lowest", ast.Constant(value=True))] if quantiles else []
        kept_too = [k for k in kept if not (quantiles and k.arg == "include_lowest")]
        cut = ast.Attribute(call.func.value, "cut", ast.Load())
        return ast.Call(cut, [self.expression(values), learnt], [*labels, *kept_too, *lowest])

    def _all_rows(self, node: ast.expr) -> ast.expr:
        """`df.loc[mask, columns]` without the mask."""
        if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Tuple):
            raise CannotReplay(self._where(node), "rows and columns are chosen together")
        first: ast.expr = ast.Slice()
        rest = [self.expression(e) for e in node.slice.elts[1:]]
        return ast.Subscript(self._children(node.value), ast.Tuple([first, *rest], ast.Load()), ast.Load())

    def _helper(self, name: str, arguments: list[ast.expr], keywords: list[ast.keyword] | None = None) -> ast.expr:
        self.names.helpers.add(name)
        return ast.Call(ast.Name(name, ast.Load()), arguments, keywords or [])

    def _loaded(self, attribute: str) -> ast.expr:
        return ast.Attribute(ast.Name("learned", ast.Load()), attribute, ast.Load())

    def _where(self, node: ast.expr) -> Location:
        statement = self.flow.program.statements[self.statement]
        return Location(statement.cell, getattr(node, "lineno", statement.where.line), 1)


def with_replaced(node: ast.expr, old: ast.expr, new: ast.expr) -> ast.expr:
    """The expression with one of its parts, told by identity, replaced; what stays is the same node."""
    return cast("ast.expr", _replaced(node, old, new))


def _replaced(node: ast.AST, old: ast.expr, new: ast.expr) -> ast.AST:
    if node is old:
        return new
    changed: dict[str, object] = {}
    for name, child in ast.iter_fields(node):
        if isinstance(child, ast.AST):
            one = _replaced(child, old, new)
            if one is not child:
                changed[name] = one
        elif isinstance(child, list):
            made = [_replaced(c, old, new) if isinstance(c, ast.AST) else c for c in child]
            if any(a is not b for a, b in zip(made, child, strict=True)):
                changed[name] = made
    if not changed:
        return node
    result = copy.copy(node)
    for name, part in changed.items():
        setattr(result, name, part)
    return result


def leaves_out_inside(node: ast.expr, rows: Provenance) -> bool:
    """Whether rows are left out somewhere in an expression."""
    return any(isinstance(n, ast.expr) and isinstance(rows.specials.get(n), Skipped) for n in ast.walk(node))


def _reshapes(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr == "reshape"


def _only_columns(node: ast.expr, rows: Provenance) -> bool:
    """It speaks of columns only (`len(df.columns)`, `X.shape[1]`), so it is the same for any rows."""
    match node:
        case ast.Attribute(attr="columns"):
            return True
        case ast.Compare(left=ast.Constant(), ops=[ast.In() | ast.NotIn()], comparators=[names]):
            return _only_columns(names, rows)
        case ast.Subscript(value=ast.Attribute(attr="shape"), slice=ast.Constant(value=1)):
            return True
        case ast.Subscript(value=inner, slice=key) if isinstance(rows.values.get(inner), Learned):
            return _only_columns(inner, rows) and not any(isinstance(n, ast.Name | ast.Call) for n in ast.walk(key))
        case _:
            return False


def _loop_names(node: ast.expr, loop_key: str | None) -> bool:
    """An expression of the loop's own key alone, such as `col + "_log"`."""
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return loop_key is not None and names == {loop_key} and not any(isinstance(n, ast.Call) for n in ast.walk(node))


def _speaking_name(node: ast.expr) -> str:
    """`age_mean` for `df["Age"].mean()`, `is_object` for `df[c].dtype == "object"`."""
    match node:
        case ast.Compare(
            left=ast.Attribute(attr="dtype" | "dtypes"),
            ops=[ast.Eq() | ast.NotEq() as sign],
            comparators=[ast.Constant(value=str(kind))],
        ):
            return f"is_{_slug(kind)}" if isinstance(sign, ast.Eq) else f"is_not_{_slug(kind)}"
        case _:
            pass
    words: list[str] = []
    for child in ast.walk(node):
        match child:
            case ast.Subscript(slice=ast.Constant(value=str(text))):
                words.insert(0, _slug(text))
            case ast.Call(func=ast.Attribute(attr=attr)) if attr not in {"groupby", "agg", "astype", "get"}:
                words.append(_slug(attr))
            case ast.Attribute(value=ast.Name(), attr=attr) if not words or attr not in words:
                words.insert(0, _slug(attr))
            case _:
                pass
    kept = list(dict.fromkeys(w for w in words if w))
    return "_".join(kept[:3]) or "learnt"


def _fits(node: ast.stmt, name: str) -> bool:
    """Whether a statement fits what has this name."""
    return any(
        isinstance(n, ast.Call)
        and isinstance(n.func, ast.Attribute)
        and n.func.attr in estimators.FITS
        and isinstance(n.func.value, ast.Name)
        and n.func.value.id == name
        for n in ast.walk(node)
    )


def _slug(text: str) -> str:
    spaced = "".join(
        f"_{c.lower()}" if c.isupper() and i and text[i - 1].islower() else c.lower() for i, c in enumerate(text)
    )
    clean = "".join(c if c.isascii() and c.isalnum() else "_" for c in spaced)
    result = "_".join(part for part in clean.split("_") if part)
    return f"n{result}" if result[:1].isdigit() else result


def _fitted_on(statement: ast.stmt, name: str) -> str | None:
    """`X_train` for `sc` in `sc.fit(X_train)`, also in `sc = StandardScaler().fit(X_train)`."""
    for node in ast.walk(statement):
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr=attr), args=[given, *_]) if attr.startswith("fit"):
                inline = isinstance(owner, ast.Call) and isinstance(statement, ast.Assign)
                if inline or (isinstance(owner, ast.Name) and owner.id == name):
                    return ast.unparse(given)
            case _:
                pass
    return None


def _frame_of(node: ast.expr) -> str:
    names: Iterable[str] = (n.id for n in ast.walk(node) if isinstance(n, ast.Name))
    return next(iter(names), "")


def _item_of(frame: ast.expr, column: str) -> ast.expr:
    return ast.Subscript(frame, ast.Constant(column), ast.Load())


def _store_context(target: ast.expr) -> ast.expr:
    result = copy.copy(target)
    if isinstance(result, ast.Attribute | ast.Subscript | ast.Name):
        result.ctx = ast.Store()
    return result

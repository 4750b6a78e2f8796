"""What a call gives, and what it notes: splits, fits, predictions, statistics, copies of rows."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from nb2prod.lint import learners as known
from nb2prod.lint.follow_tables import Tables, argument, arguments, is_true
from nb2prod.lint.learning import NOTHING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEEPEST = 4


class Calls(Tables):
    """Calls of functions, of methods, of estimators, and of the notebook's own functions."""

    def call(self, node: ast.Call) -> Value:
        """Say what a call gives."""
        if self.is_split(node):
            sides = tuple(self.split(node))
            return replace(self.together(node.args), parts=sides)
        match node.func:
            case ast.Attribute(value=owner, attr=method):
                return self.method(node, owner, method)
            case ast.Name(id=name) if name in self.functions and len(self.calling) < _DEEPEST:
                return self.own_function(node, name)
            case ast.Name(id=name):
                return self.function(node, self.real.get(name, name), NOTHING)
            case _:
                return self.function(node, "", self.value(node.func))

    def method(self, node: ast.Call, owner: ast.expr, method: str) -> Value:
        """Say what a method of a table, of an estimator or of a module gives."""
        receiver = self.value(owner)
        if isinstance(owner, ast.Name) and method in {"append", "extend", "insert", "pop", "remove"}:
            self.lists.pop(owner.id, None)
        found = self.of_learner(node, owner, receiver, method)
        if found is not None:
            return found
        if receiver.sources:
            joins = method in known.JOINS
            return self.function(node, method, receiver) if joins else self.of_table(node, receiver, method)
        if method in known.CHOOSERS and self.scores_in(receiver):
            return self.choice(node, receiver, method)
        if receiver.learners or receiver.given:
            return self.of_estimator(node, owner, receiver, method)
        holds = not isinstance(owner, ast.Name) or any(owner.id in scope for scope in self.scopes)  # `np` is a module
        if holds and method in {"append", "add", "extend", "insert", "update", "setdefault"}:
            self.take_in(owner, receiver, self.together(arguments(node)))
            return NOTHING
        return self.function(node, method, receiver)

    def of_learner(self, node: ast.Call, owner: ast.expr, receiver: Value, method: str) -> Value | None:  # noqa: PLR0911 - one for each kind
        """Say what fits, predictions and folds give; None for other methods."""
        if method == "train" and isinstance(owner, ast.Name) and not receiver.sources and len(node.args) > 1:
            return self.fit_of(node, None, Value(learners=frozenset({"Booster"})), method, node.args[1])
        if method in known.RESAMPLES:
            return self.resample(node, receiver)
        if method in known.FITS and not (receiver.sources and not receiver.learners):
            return self.fit_of(node, owner, receiver, method, argument(node, "X", "x"))
        if method in known.FORECASTS and receiver.learners & known.GIVEN_ROWS and not self.together(node.args).sources:
            number = self.note("ask", node, method, model=receiver, method=method)
            return Value(marks=receiver.marks | {number}, needs=None)
        if method in known.ASKS and (receiver.learners or receiver.marks) and argument(node, "X", "x") is not None:
            return self.ask(node, receiver, method)
        if method in {"split", "flow"} and receiver.learners & known.FOLDS and node.args:
            return self.folds(node, receiver)
        return None

    def of_estimator(self, node: ast.Call, owner: ast.expr, receiver: Value, method: str) -> Value:
        """Say what another method of an estimator gives: `transform`, `add`, `compile`, and so on."""
        given = self.together(arguments(node))
        if method in {"append", "add", "extend", "update"}:
            self.take_in(owner, receiver, given)
            return NOTHING
        if method in {"items", "values", "keys", "copy", "get", "set_params", "compile", "pop"}:
            return receiver | given
        if not given.sources:
            return replace(given, marks=given.marks | receiver.marks, learners=receiver.learners | given.learners)
        kept = given if receiver.learners <= known.SCALERS | known.IMPUTERS else given.blurred()
        return replace(kept, marks=given.marks | receiver.marks, learners=frozenset())

    def take_in(self, owner: ast.expr, receiver: Value, given: Value) -> None:
        """Put something into a container."""
        new = receiver | given
        if isinstance(owner, ast.Name):
            if receiver is not NOTHING:
                self.change(receiver, new)
            self.rebind(owner.id, new)

    def rebind(self, name: str, value: Value) -> None:
        """Let a name hold another value, in the scope that it is in."""
        for scope in reversed(self.scopes):
            if name in scope:
                scope[name] = value
                return
        self.scopes[-1][name] = value

    # functions ------------------------------------------------------------------------------------------------------

    def function(self, node: ast.Call, name: str, receiver: Value) -> Value:
        """Say what a function or a class gives: an estimator, or everything that its arguments come from."""
        special = self.special(node, name)
        if special is not None:
            return special
        given = self.together(arguments(node))
        if name in known.SAY_NOTHING and name not in known.HOLD and receiver is NOTHING:
            return NOTHING
        made = None
        if name[:1].isupper() or name in known.COMPOSED | known.GIVEN_ROWS:
            made = self.made(node, name, given)
        if made is None and (given.marks or given.sources or receiver.sources):
            made = self.of_known(node, name, given, receiver)
        return made if made is not None else self.of_unknown(node, name, receiver | given, receiver)

    def of_unknown(self, node: ast.Call, name: str, found: Value, receiver: Value) -> Value:
        """Say what a function gives that nobody knows: the rows that it is given, or rows that it reads."""
        if found.sources or name in known.HOLD or receiver is not NOTHING or _counts(name):
            if found.column is None and name not in known.TABLES:
                return found
            return replace(found, column=None, learners=frozenset() if name in known.TABLES else found.learners)
        return replace(self.table(self.key(node)), marks=found.marks)

    def special(self, node: ast.Call, name: str) -> Value | None:
        """Say what a few functions give that are like no others; None for the others."""
        if name == "next" and node.args and isinstance(node.func, ast.Name):
            return self.value(node.args[0])
        if name == "load_data" and not node.args:
            return self.loaded(node)
        if name in known.READS and node.args:
            return self.files.get(ast.dump(node.args[0]))
        if name in known.CROSS and len(node.args) + len(node.keywords) > 1:
            return self.cross(node)
        return None

    def loaded(self, node: ast.Call) -> Value:
        """`(X_train, y_train), (X_test, y_test) = load_data()`: Keras' data sets come split."""
        table = self.table(self.key(node))
        split = self.cut(self.key(node), node, table, "call")
        train, test = self.sided(table, split, "train"), self.sided(table, split, "test")
        return replace(table, parts=(replace(train, parts=(train, train)), replace(test, parts=(test, test))))

    def made(self, node: ast.Call, name: str, given: Value) -> Value | None:
        """Say what making an object of a class gives; None where it holds rows."""
        if name in known.GIVEN_ROWS:
            return Value(learners=frozenset({name}), given=given)
        if given.sources or (name in known.TABLES and name not in self.own):
            return None
        return (
            Value(learners=frozenset({name}), marks=given.marks)
            if name in self.own
            else self.estimator(node, name, given)
        )

    def of_known(self, node: ast.Call, name: str, given: Value, receiver: Value) -> Value | None:  # noqa: PLR0911 - one for each kind
        """Say what a function that is known gives; None for others."""
        if name in known.SCORES and given.marks:
            return self.score(node, given, name)
        if name in known.CHOOSERS and self.scores_in(given):
            return self.choice(node, given, name)
        if name in known.JOINS:
            return self.join(node, receiver, given)
        if not given.sources and not receiver.sources:
            return None
        if name == "resample" and not receiver.sources:
            undersamples = any(each.arg == "replace" and not is_true(each.value) for each in node.keywords)
            return given if undersamples else given.marked(self.note("copy", node, name, data=given, method=name))
        if name in known.SCALES and given.sources:
            return self.scaled(node, given)
        if name in known.AGGREGATES:
            return self.aggregate(node, receiver | (self.value(node.args[0]) if node.args else given), name)
        if name in known.ENCODES | {"cut"} and given.sources:
            return self.encode(node, name, given)
        return None

    def estimator(self, node: ast.Call, name: str, given: Value) -> Value:
        """Make an estimator, of others or not."""
        given_categories = any(each.arg == "categories" for each in node.keywords)
        learners = given.learners | {known.GIVEN_CATEGORIES.get(name, name) if given_categories else name}
        if any(each.arg and each.arg.startswith("early_stopping") for each in node.keywords) or (
            name == "EarlyStopping" and not _watches_training(node)
        ):
            learners |= {"stops_early"}
        free = [each.value for each in node.keywords if each.arg not in {"random_state", "seed"}]
        settings = self.together([*node.args, *free])
        marks = frozenset(m for m in given.marks if self.found.events[m].kind != "setting") | settings.marks
        self.found.used |= {m for m in marks if self.found.events[m].kind == "choice"}
        return Value(learners=learners, marks=marks)

    # estimators -----------------------------------------------------------------------------------------------------

    def resample(self, node: ast.Call, receiver: Value) -> Value:
        """Note rows that are repeated, invented or left out."""
        given = self.together(arguments(node))
        name = " or ".join(sorted(receiver.learners)) or "resampling"
        mark = self.note("copy", node, name, data=given, model=receiver, method="fit_resample")
        parts = tuple(self.value(each).marked(mark) for each in arguments(node)[:2])
        return replace(given.marked(mark), parts=parts)

    def ask(self, node: ast.Call, model: Value, method: str) -> Value:
        """Note what a model is asked for."""
        data = self.value(argument(node, "X", "x"))
        self.together(arguments(node))
        number = self.note("ask", node, method, data=data, model=model, method=method)
        marks = data.marks | model.marks | {number}
        if method in {"score", "evaluate"}:
            return self.score(node, Value(sides=data.sides, marks=marks), method)
        return Value(sources=data.sources, sides=data.sides, marks=marks, needs=None)

    def fit_of(
        self, node: ast.Call, owner: ast.expr | None, receiver: Value, method: str, rows: ast.expr | None
    ) -> Value:
        """Note a fit of what a name or a part of something holds; it is then in what `fit_transform` gives, too."""
        everything = self.together(each for each in arguments(node) if each is not rows)
        data = self.value(rows) if rows is not None else receiver.given or NOTHING
        if receiver.learners & known.SEARCHES and data.sources and not data.sides:
            split = self.cut(("cross", self.key(node)), node, data, "cross")
            data = self.sided(data, split, "train")
        target = self.value(argument(node, "y", at=1))
        watched = [each for k in node.keywords if k.arg in known.WATCHED for each in _pairs(k.value)]
        learners = receiver.learners | {"stops_early"} if _stops_early(node, everything) else receiver.learners
        count = len(node.args) + sum(each.arg in {"X", "x", "y"} for each in node.keywords)
        count = max(count, 2) if receiver.given is not None or method == "train" else count
        name = known.called(learners)
        number = self.note(
            "fit",
            node,
            name,
            data=data,
            target=target,
            model=replace(receiver, learners=learners),
            check=tuple(self.value(each) for each in watched),
            method=method,
            count=count,
        )
        goes_on = receiver.marks if receiver.learners & known.KEEP_LEARNING or method == "partial_fit" else frozenset()
        fitted = Value(learners=receiver.learners, marks=goes_on | {number})
        self.hold(owner, receiver, fitted)
        if method in known.GIVE_THEMSELVES or method == "train":
            return fitted
        kept = data if receiver.learners <= known.SCALERS | known.IMPUTERS | known.LABEL_ENCODERS else data.blurred()
        return replace(kept, marks=data.marks | {number}, learners=frozenset())

    def hold(self, owner: ast.expr | None, receiver: Value, fitted: Value) -> None:
        """Let the estimator be fitted under all its names."""
        if receiver.learners and receiver is not NOTHING:
            self.change(receiver, fitted)
        if isinstance(owner, ast.Name):
            self.rebind(owner.id, fitted)
        elif isinstance(owner, ast.Subscript | ast.Attribute):
            root = self.value(owner.value)
            new = root | fitted
            self.change(root, new)

    def folds(self, node: ast.Call, receiver: Value) -> Value:
        """Give the indices of folds: for each turn those of the training rows and those of the others."""
        data = self.value(node.args[0])
        shuffled = bool(receiver.learners & known.SHUFFLED_FOLDS)
        split = self.cut(self.key(node), node, data, "folds", random=shuffled)
        index = Value(sources=data.sources, sides=data.sides, needs=None)
        return replace(index, parts=(self.sided(index, split, "train"), self.sided(index, split, "test")))

    def cross(self, node: ast.Call) -> Value:
        """Note what a function that cross-validates does: a split, a fit on one side, a score on the other."""
        keywords = {each.arg: each.value for each in node.keywords}
        model = self.value(node.args[0] if node.args else keywords.get("estimator"))
        data = self.value(node.args[1] if len(node.args) > 1 else keywords.get("X"))
        target = self.value(node.args[2] if len(node.args) > 2 else keywords.get("y"))  # noqa: PLR2004 - as documented
        if data.sources:
            split = self.cut(("cross", self.key(node)), node, data, "cross")
            name = known.called(model.learners)
            rows = self.sided(data, split, "train")
            self.note("fit", node, name, data=rows, target=target, model=model, method="cross", count=2)
        return NOTHING

    def is_split(self, node: ast.Call) -> bool:
        """Tell whether it is scikit-learn's train_test_split."""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return self.real.get(name, name) == "train_test_split" and name not in self.own

    def split(self, node: ast.Call) -> Iterator[Value]:
        """Yield what the sides of a split come from, in their order."""
        values = [self.value(each) for each in node.args]
        ordered = any(each.arg == "shuffle" and not is_true(each.value) for each in node.keywords)
        number = self.cut(self.key(node), node, self.together(node.args), "call", random=not ordered)
        for each in values:
            for side in ("train", "test"):
                yield self.sided(each, number, side)


def _pairs(node: ast.expr) -> list[ast.expr]:
    """List the tables to watch a fit on: each is the first of a pair."""
    several = isinstance(node, ast.List) or (
        isinstance(node, ast.Tuple) and isinstance(next(iter(node.elts), None), ast.Tuple)
    )
    pairs = node.elts if several and isinstance(node, ast.List | ast.Tuple) else [node]
    return [each.elts[0] if isinstance(each, ast.Tuple) and each.elts else each for each in pairs]


def _stops_early(node: ast.Call, given: Value) -> bool:
    by_argument = any(each.arg == "early_stopping_rounds" for each in node.keywords)
    return by_argument or bool(given.learners & {"stops_early", "early_stopping"})


def _watches_training(node: ast.Call) -> bool:
    """Whether early stopping looks at the training loss: `monitor="loss"`."""
    watched = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg == "monitor"), None)
    return isinstance(watched, ast.Constant) and not str(watched.value).startswith("val")


def _counts(name: str) -> bool:
    """Whether a function gives plain numbers, not rows."""
    return name in {"arange", "linspace", "logspace", "geomspace", "zip", "enumerate", "int", "float", "round", "now"}

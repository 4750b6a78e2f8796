"""What a call gives: of a function, of a method, of what is known by its name and of what is not."""

from __future__ import annotations

import ast

from nb2prod.lint import learners as known
from nb2prod.lint.follow_estimators import Estimators
from nb2prod.lint.follow_tables import argument, arguments, is_true
from nb2prod.lint.learning import NOTHING, Value, replace

_DEEPEST = 4


class Calls(Estimators):
    """Calls of functions, of methods, and of the notebook's own functions."""

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

    # functions ------------------------------------------------------------------------------------------------------

    def function(self, node: ast.Call, name: str, receiver: Value) -> Value:
        """Say what a function or a class gives: an estimator, or everything that its arguments come from."""
        special = self.special(node, name)
        if special is not None:
            return special
        given = self.together(arguments(node))
        if name in known.CHOOSERS and (by_key := _for_each(node)) is not None:
            given |= self.value(by_key)
        if name in known.SAY_NOTHING and name not in known.HOLD and receiver is NOTHING:
            return NOTHING
        made = None
        if name[:1].isupper() or name in known.COMPOSED | known.GIVEN_ROWS | {"early_stopping"}:
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
        if name in known.READS | {"load_model"} and node.args:
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


def _for_each(node: ast.Call) -> ast.ListComp | None:
    """Write what `max(models, key=lambda each: …)` asks of each: `[… for each in models]`; None for other calls."""
    keys = [each.value for each in node.keywords if each.arg == "key"]
    match keys, node.args:
        case [ast.Lambda(args=ast.arguments(args=[each]), body=body)], [several]:
            target = ast.copy_location(ast.Name(each.arg, ast.Store()), each)
            turn = ast.comprehension(target=target, iter=several, ifs=[], is_async=0)
            return ast.copy_location(ast.ListComp(elt=body, generators=[turn]), node)
        case _:
            return None


def _counts(name: str) -> bool:
    """Whether a function gives plain numbers, not rows."""
    return name in {"arange", "linspace", "logspace", "geomspace", "zip", "enumerate", "int", "float", "round", "now"}

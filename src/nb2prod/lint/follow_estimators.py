"""What estimators, splits and folds are given, and what is noted of it: fits, predictions, scores, copies of rows."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.lint import learners as known
from nb2prod.lint.follow_tables import Tables, argument, arguments, is_true
from nb2prod.lint.learning import NOTHING, Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterator


class Estimators(Tables):
    """Splits, and what is fitted and asked on their sides."""

    def estimator(self, node: ast.Call, name: str, given: Value) -> Value:
        """Make an estimator, of others or not."""
        given_categories = any(each.arg == "categories" for each in node.keywords)
        learners = given.learners | {known.GIVEN_CATEGORIES.get(name, name) if given_categories else name}
        if any(each.arg and each.arg.startswith("early_stopping") for each in node.keywords) or (
            name == "EarlyStopping" and not _watches_training(node)
        ):
            learners |= {"stops_early"}
        if name == "ModelCheckpoint" and _keeps_best(node) and not _watches_training(node, at=1):
            learners |= {"keeps_best"}
            self.kept_in = [ast.dump(each) for each in (argument(node, "filepath"),) if each is not None]
        free = [each.value for each in node.keywords if each.arg not in {"random_state", "seed"}]
        settings = self.together([*node.args, *free])
        marks = frozenset(m for m in given.marks if self.found.events[m].kind != "setting") | settings.marks
        self.found.used |= {m for m in marks if self.found.events[m].kind == "choice"}
        return Value(learners=learners, marks=marks)

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
        self.found.used |= self.choices_in(model)
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
        learners = receiver.learners | (everything.learners & {"keeps_best"})
        learners |= {"stops_early"} if _stops_early(node, everything) else frozenset()
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
        if "keeps_best" in learners:
            self.files |= dict.fromkeys(self.kept_in, replace(fitted, learners=fitted.learners | {"kept_best"}))
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
        elif isinstance(owner, (ast.Subscript, ast.Attribute)):
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
        seeds = self.together(each.value for each in node.keywords if each.arg == "random_state")
        seeded = self.choices_in(seeds)
        self.found.used |= seeded
        number = self.cut(self.key(node), node, self.together(node.args), "call", random=not ordered)
        self.found.seeded[number] = seeded
        for each in values:
            for side in ("train", "test"):
                yield self.sided(each, number, side)

    def rebind(self, name: str, value: Value) -> None:
        """Let a name hold another value, in the scope that it is in."""
        for scope in reversed(self.scopes):
            if name in scope:
                scope[name] = value
                return
        self.scopes[-1][name] = value


def _pairs(node: ast.expr) -> list[ast.expr]:
    """List the tables to watch a fit on: each is the first of a pair."""
    several = isinstance(node, ast.List) or (
        isinstance(node, ast.Tuple) and isinstance(next(iter(node.elts), None), ast.Tuple)
    )
    pairs = node.elts if several and isinstance(node, (ast.List, ast.Tuple)) else [node]
    return [each.elts[0] if isinstance(each, ast.Tuple) and each.elts else each for each in pairs]


def _stops_early(node: ast.Call, given: Value) -> bool:
    by_argument = any(each.arg == "early_stopping_rounds" for each in node.keywords)
    return by_argument or bool(given.learners & {"stops_early", "early_stopping"})


def _keeps_best(node: ast.Call) -> bool:
    return any(
        each.arg == "save_best_only" and isinstance(each.value, ast.Constant) and each.value.value is True
        for each in node.keywords
    )


def _watches_training(node: ast.Call, at: int = 0) -> bool:
    """Whether a callback looks at the training loss: `monitor="loss"`, or the argument at that place."""
    given = node.args[at] if len(node.args) > at else None
    watched = given or next((k.value for k in node.keywords if k.arg == "monitor"), None)
    return isinstance(watched, ast.Constant) and not str(watched.value).startswith("val")

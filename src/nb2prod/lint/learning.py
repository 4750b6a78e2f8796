"""Where a notebook learns and from which rows: its splits, its fits, and how values flow between them.

One pass over the statements in document order. A value is not its name but what it came from: the statement that read
it in, the splits it went through, and the fits whose result is in it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from nb2prod.problems import Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nb2prod.program import Program

SCALERS = frozenset(
    "MaxAbsScaler MinMaxScaler PowerTransformer QuantileTransformer RobustScaler StandardScaler KBinsDiscretizer".split()
)
IMPUTERS = frozenset("Imputer IterativeImputer KNNImputer SimpleImputer".split())
SELECTORS = frozenset(
    """BorutaPy GenericUnivariateSelect RFE RFECV SelectFdr SelectFpr SelectFromModel SelectFwe SelectKBest SelectPercentile
    SequentialFeatureSelector VarianceThreshold""".split()
)
PROJECTIONS = frozenset(
    """FactorAnalysis FastICA IncrementalPCA KernelPCA LatentDirichletAllocation LinearDiscriminantAnalysis NMF PCA SparsePCA
    TruncatedSVD""".split()
)
VECTORIZERS = frozenset("CountVectorizer TfidfTransformer TfidfVectorizer Tokenizer".split())
TARGET_ENCODERS = frozenset("CatBoostEncoder JamesSteinEncoder LeaveOneOutEncoder MEstimateEncoder TargetEncoder WOEEncoder".split())
CATEGORY_ENCODERS = frozenset("BinaryEncoder CountEncoder OneHotEncoder OrdinalEncoder".split())
COMPOSED = frozenset("ColumnTransformer FeatureUnion Pipeline make_column_transformer make_pipeline make_union".split())
STATEFUL = SCALERS | IMPUTERS | SELECTORS | PROJECTIONS | VECTORIZERS | TARGET_ENCODERS | CATEGORY_ENCODERS
"""Transformers that keep something they computed from many rows."""

_NOT_MODELS = STATEFUL | frozenset(
    """Binarizer DictVectorizer FunctionTransformer HashingVectorizer LabelBinarizer LabelEncoder MultiLabelBinarizer
    Normalizer PolynomialFeatures TSNE UMAP""".split()
)

_FITS = frozenset("fit fit_transform fit_predict fit_on_texts fit_generator".split())
_ASKS = frozenset("predict predict_proba predict_log_proba decision_function score evaluate predict_classes".split())
_TABLES = frozenset("DataFrame Series Index".split())
_DESCRIPTIONS = frozenset("columns dtype dtypes ndim shape size".split())
_AGGREGATES = frozenset("count max mean median min mode nunique quantile std sum var value_counts".split())
_JOINS = frozenset("append concat join merge combine_first".split())


@dataclass(frozen=True, slots=True)
class Value:
    """What a value came from.

    `sources` are the statements that read the rows in, `part` the sides of the last split, `splits` all splits on the way,
    `fits` the fits whose result is in it; `learners` are the classes of an estimator.
    """

    sources: frozenset[int] = frozenset()
    part: frozenset[tuple[int, str]] = frozenset()
    splits: frozenset[int] = frozenset()
    fits: frozenset[int] = frozenset()
    learners: frozenset[str] = frozenset()

    def __or__(self, other: Value) -> Value:
        """Both together."""
        return Value(
            self.sources | other.sources,
            self.part | other.part,
            self.splits | other.splits,
            self.fits | other.fits,
            self.learners | other.learners,
        )

    def side(self) -> Literal["train", "test"] | None:
        """The side of the last split that all its rows are on, if there is one."""
        sides = {side for _, side in self.part}
        return "test" if sides == {"test"} else "train" if sides == {"train"} else None


@dataclass(frozen=True, slots=True)
class Split:
    """A call of train_test_split, and what it splits."""

    where: Location
    data: Value


@dataclass(frozen=True, slots=True)
class Fit:
    """A call that fits: the estimator's classes, the method, its first argument, and all arguments together."""

    where: Location
    learners: frozenset[str]
    method: str
    data: Value
    arguments: Value
    count: int

    @property
    def is_model(self) -> bool:
        """Whether it predicts rather than transforms."""
        return self.method in {"fit", "fit_generator", "fit_predict"} and not self.learners & _NOT_MODELS

    @property
    def name(self) -> str:
        """The class, for people."""
        return " or ".join(sorted(self.learners)) or "a model"


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that predicts or scores: with which fits, on what."""

    where: Location
    model: Value
    data: Value


@dataclass(slots=True)
class Learning:
    """Splits, fits and predictions of a notebook; splits and fits are known by their index."""

    splits: list[Split] = field(default_factory=list)
    fits: list[Fit] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)


def follow(program: Program) -> Learning:
    """Follow every value through the notebook, from top to bottom."""
    walk = _Walk(_own_functions(program))
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

    def __init__(self, own: frozenset[str]) -> None:
        self.own = own
        self.names: dict[str, Value] = {}
        self.found = Learning()
        self.cell = self.statement = 0
        self.calls: dict[ast.Call, int] = {}

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
                case ast.With(items=items) | ast.AsyncWith(items=items):
                    for item in items:
                        entered = self.value(item.context_expr)
                        if item.optional_vars is not None:
                            self.give(item.optional_vars, entered)
                    self.body(node.body)
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

    def assign(self, target: ast.expr, value: ast.expr) -> None:
        """Bind the targets, those of a split side by side."""
        match target, value:
            case ast.Tuple(elts=targets) | ast.List(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
                given = [self.value(each) for each in values]
            case ast.Tuple(elts=targets) | ast.List(elts=targets), ast.Call() if self.is_split(value):
                given = list(self.split(value))
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
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for each in targets:
                    self.give(each, value)
            case ast.Starred(value=inner):
                self.give(inner, value)
            case ast.Subscript(value=owner) | ast.Attribute(value=owner):
                old = self.value(owner)
                self.give(owner, replace(old, fits=old.fits | value.fits) if old.sources else old | value)

    def value(self, node: ast.expr | None) -> Value:
        """Say what an expression comes from."""
        match node:
            case None | ast.Constant() | ast.Lambda():
                return Value()
            case ast.Name(id=name):
                return self.names.get(name, Value())
            case ast.Call():
                return self.call(node)
            case ast.Attribute(value=owner, attr=name):
                return Value() if name in _DESCRIPTIONS else self.value(owner)
            case ast.Subscript(value=owner, slice=index):
                rows, chosen = self.value(owner), self.value(index)
                return replace(rows, part=chosen.part or rows.part, splits=rows.splits | chosen.splits)
            case ast.NamedExpr(target=target, value=value):
                self.give(target, self.value(value))
                return self.value(target)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self.comprehension(node)
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
                receiver = self.value(owner)
            case _:
                method, receiver, owner = getattr(node.func, "id", ""), Value(), None
        arguments = self.together(_arguments(node))
        if owner is not None and method in _FITS:
            return self.fit(node, owner, receiver, method, arguments)
        if owner is not None and method in _ASKS and node.args:
            data = self.value(node.args[0])
            self.found.asked.append(Asked(self.place(node), receiver, data))
            return replace(data, fits=data.fits | receiver.fits)
        if receiver.sources and method in _AGGREGATES:
            return Value(fits=receiver.fits)
        if receiver.sources and method not in _JOINS:
            return replace(receiver, fits=receiver.fits | arguments.fits)
        if not receiver.sources and receiver.learners | receiver.fits:
            learners = frozenset[str]() if arguments.sources else receiver.learners
            return replace(arguments, fits=arguments.fits | receiver.fits, learners=learners)
        if (method in COMPOSED or (method[:1].isupper() and method not in _TABLES)) and not arguments.sources:
            return Value(learners=arguments.learners | {method}, fits=arguments.fits)
        found = receiver | arguments
        return found if found.sources else replace(found, sources=frozenset({self.statement}))

    def fit(self, node: ast.Call, owner: ast.expr, receiver: Value, method: str, arguments: Value) -> Value:
        """Note a fit; the estimator now holds it, and so does what `fit_transform` gives."""
        first = node.args[0] if node.args else next((each.value for each in node.keywords if each.arg in {"X", "x"}), None)
        data = self.value(first)
        number = self.calls.get(node)
        if number is None:
            number = self.calls[node] = len(self.found.fits)
            count = len(node.args) + sum(each.arg in {"X", "x", "y"} for each in node.keywords)
            learners = receiver.learners
            self.found.fits.append(Fit(self.place(node), learners, method, data, arguments, count))
        fitted = Value(learners=receiver.learners, fits=frozenset({number}))
        if isinstance(owner, ast.Name):
            self.names[owner.id] = fitted
        elif isinstance(owner, ast.Subscript | ast.Attribute):
            self.give(owner, fitted)
        return fitted if method in {"fit", "fit_on_texts", "fit_generator"} else replace(data, fits=data.fits | {number})

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
        return Location(self.cell, node.lineno, node.col_offset + 1)


def _arguments(node: ast.Call) -> list[ast.expr]:
    return [*node.args, *(each.value for each in node.keywords if each.arg != "columns")]

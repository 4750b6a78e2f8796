"""Which estimators draw from numpy's global random state when they are fitted."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.names.knowledge import words

if TYPE_CHECKING:
    from nb2prod.names.context import Context
    from nb2prod.names.scopes import Scope

DRAWING = words(
    """
    RandomForestClassifier RandomForestRegressor ExtraTreesClassifier ExtraTreesRegressor DecisionTreeClassifier
    DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor GradientBoostingClassifier
    GradientBoostingRegressor HistGradientBoostingClassifier HistGradientBoostingRegressor AdaBoostClassifier
    AdaBoostRegressor BaggingClassifier BaggingRegressor IsolationForest RandomTreesEmbedding MLPClassifier
    MLPRegressor SGDClassifier SGDRegressor SGDOneClassSVM Perceptron PassiveAggressiveClassifier
    PassiveAggressiveRegressor SVC NuSVC SVR NuSVR OneClassSVM LinearSVC LinearSVR KMeans MiniBatchKMeans
    BisectingKMeans SpectralClustering SpectralEmbedding TSNE MDS PCA SparsePCA IncrementalPCA KernelPCA
    TruncatedSVD FastICA NMF MiniBatchNMF LatentDirichletAllocation FactorAnalysis DictionaryLearning
    GaussianMixture BayesianGaussianMixture RandomizedSearchCV HalvingRandomSearchCV HalvingGridSearchCV KFold
    StratifiedKFold ShuffleSplit StratifiedShuffleSplit GroupShuffleSplit RepeatedKFold RepeatedStratifiedKFold
    QuantileTransformer KBinsDiscretizer IterativeImputer RANSACRegressor TheilSenRegressor HuberRegressor
    LogisticRegressionCV RidgeClassifier RBFSampler Nystroem GaussianRandomProjection SparseRandomProjection
    BernoulliRBM MultiTaskElasticNet GaussianProcessClassifier GaussianProcessRegressor EllipticEnvelope MinCovDet
    SMOTE ADASYN BorderlineSMOTE SVMSMOTE KMeansSMOTE SMOTENC SMOTEN SMOTEENN SMOTETomek RandomOverSampler
    RandomUnderSampler NearMiss ClusterCentroids BalancedRandomForestClassifier BalancedBaggingClassifier
    EasyEnsembleClassifier RUSBoostClassifier BorutaPy MeanShift AffinityPropagation CalibratedClassifierCV
    StackingClassifier StackingRegressor
    """
)

QUIET = words(
    """
    LinearRegression Ridge Lasso ElasticNet LassoCV RidgeCV ElasticNetCV Lars LassoLars BayesianRidge
    ARDRegression PolynomialFeatures StandardScaler MinMaxScaler MaxAbsScaler RobustScaler Normalizer Binarizer
    PowerTransformer LabelEncoder OneHotEncoder OrdinalEncoder LabelBinarizer MultiLabelBinarizer TargetEncoder
    SimpleImputer KNNImputer CountVectorizer TfidfVectorizer TfidfTransformer HashingVectorizer DictVectorizer
    GaussianNB MultinomialNB BernoulliNB ComplementNB CategoricalNB KNeighborsClassifier KNeighborsRegressor
    NearestNeighbors RadiusNeighborsClassifier NearestCentroid KernelRidge LinearDiscriminantAnalysis
    QuadraticDiscriminantAnalysis AgglomerativeClustering DBSCAN OPTICS Birch IsotonicRegression SelectKBest
    SelectPercentile SelectFromModel VarianceThreshold RFE RFECV FunctionTransformer ColumnTransformer Pipeline
    FeatureUnion make_pipeline make_column_transformer make_union GridSearchCV VotingClassifier VotingRegressor
    OneVsRestClassifier OneVsOneClassifier MultiOutputClassifier MultiOutputRegressor TransformedTargetRegressor
    XGBClassifier XGBRegressor LGBMClassifier LGBMRegressor CatBoostClassifier CatBoostRegressor Prophet ARIMA
    SARIMAX OLS Logit GLM TimeSeriesSplit GroupKFold LeaveOneOut DummyRegressor
    """
)
"""Deterministic, or with a random state of their own; what they are given may still draw."""

_INNER = frozenset(
    "estimator estimators base_estimator regressor classifier transformers steps model cv".split()  # noqa: SIM905 - words
)
_FREE_SOLVERS = ("sag", "saga", "liblinear")


def estimator(context: Context, scope: Scope | None, node: ast.expr | None) -> bool | None:
    """Whether fitting what the expression makes draws: True, False, or None where we cannot tell."""
    if isinstance(node, ast.Name):
        key = node.id if scope is None else scope.key(node.id)
        return None if "#" in key else _of_name(context, key, set())
    return _made(context, node, set())


def _of_name(context: Context, name: str, visiting: set[str]) -> bool | None:
    values = context.given(name)
    if not values or name in visiting:
        return None
    return _any([_made(context, value, visiting | {name}) for value in values])


def _made(context: Context, node: ast.expr | None, visiting: set[str]) -> bool | None:
    match node:
        case ast.Name(id=name):
            return _of_name(context, name, visiting)
        case ast.Constant():
            return False
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts) | ast.Dict(values=parts):
            return _any([_made(context, part, visiting) for part in parts])
        case ast.Call(func=ast.Attribute(value=receiver, attr="fit" | "set_params")):
            return _made(context, receiver, visiting)
        case ast.Call():
            return _constructed(context, node, visiting)
        case _:
            return None


def _constructed(context: Context, node: ast.Call, visiting: set[str]) -> bool | None:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    given = {k.arg: k.value for k in node.keywords}
    seed = given.get("random_state", given.get("seed"))
    seeded = seed is not None and not (isinstance(seed, ast.Constant) and seed.value is None)
    parts = [*node.args, *(value for key, value in given.items() if key in _INNER)]
    inner = _any([_made(context, part, visiting) for part in parts]) if parts else False
    if name == "LogisticRegression":
        solver = given.get("solver", ast.Constant("lbfgs"))
        quiet = isinstance(solver, ast.Constant) and solver.value not in _FREE_SOLVERS
        return not (quiet or seeded)
    if name in DRAWING:
        return True if not seeded else inner is True
    return inner if name in QUIET else None


def _any(found: list[bool | None]) -> bool | None:
    if True in found:
        return True
    return None if None in found else False

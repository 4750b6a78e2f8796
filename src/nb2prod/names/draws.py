"""Which estimators draw from numpy's global random state when they are fitted."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nb2prod.names.context import Context

DRAWING = frozenset(
    [
        "RandomForestClassifier",
        "RandomForestRegressor",
        "ExtraTreesClassifier",
        "ExtraTreesRegressor",
        "DecisionTreeClassifier",
        "DecisionTreeRegressor",
        "ExtraTreeClassifier",
        "ExtraTreeRegressor",
        "GradientBoostingClassifier",
        "GradientBoostingRegressor",
        "HistGradientBoostingClassifier",
        "HistGradientBoostingRegressor",
        "AdaBoostClassifier",
        "AdaBoostRegressor",
        "BaggingClassifier",
        "BaggingRegressor",
        "IsolationForest",
        "RandomTreesEmbedding",
        "MLPClassifier",
        "MLPRegressor",
        "SGDClassifier",
        "SGDRegressor",
        "SGDOneClassSVM",
        "Perceptron",
        "PassiveAggressiveClassifier",
        "PassiveAggressiveRegressor",
        "SVC",
        "NuSVC",
        "LinearSVC",
        "LinearSVR",
        "KMeans",
        "MiniBatchKMeans",
        "BisectingKMeans",
        "SpectralClustering",
        "SpectralEmbedding",
        "TSNE",
        "MDS",
        "PCA",
        "SparsePCA",
        "IncrementalPCA",
        "KernelPCA",
        "TruncatedSVD",
        "FastICA",
        "NMF",
        "MiniBatchNMF",
        "LatentDirichletAllocation",
        "FactorAnalysis",
        "DictionaryLearning",
        "GaussianMixture",
        "BayesianGaussianMixture",
        "RandomizedSearchCV",
        "HalvingRandomSearchCV",
        "HalvingGridSearchCV",
        "KFold",
        "StratifiedKFold",
        "ShuffleSplit",
        "StratifiedShuffleSplit",
        "GroupShuffleSplit",
        "RepeatedKFold",
        "RepeatedStratifiedKFold",
        "QuantileTransformer",
        "KBinsDiscretizer",
        "IterativeImputer",
        "RANSACRegressor",
        "TheilSenRegressor",
        "HuberRegressor",
        "LogisticRegressionCV",
        "RidgeClassifier",
        "RBFSampler",
        "Nystroem",
        "GaussianRandomProjection",
        "SparseRandomProjection",
        "BernoulliRBM",
        "MultiTaskElasticNet",
        "GaussianProcessClassifier",
        "GaussianProcessRegressor",
        "EllipticEnvelope",
        "MinCovDet",
        "SMOTE",
        "ADASYN",
        "BorderlineSMOTE",
        "SVMSMOTE",
        "KMeansSMOTE",
        "SMOTENC",
        "SMOTEN",
        "SMOTEENN",
        "SMOTETomek",
        "RandomOverSampler",
        "RandomUnderSampler",
        "NearMiss",
        "ClusterCentroids",
        "BalancedRandomForestClassifier",
        "BalancedBaggingClassifier",
        "EasyEnsembleClassifier",
        "RUSBoostClassifier",
        "BorutaPy",
        "MeanShift",
        "AffinityPropagation",
        "CalibratedClassifierCV",
        "StackingClassifier",
        "StackingRegressor",
    ]
)

QUIET = frozenset(
    [
        "LinearRegression",
        "Ridge",
        "Lasso",
        "ElasticNet",
        "LassoCV",
        "RidgeCV",
        "ElasticNetCV",
        "Lars",
        "LassoLars",
        "BayesianRidge",
        "ARDRegression",
        "PolynomialFeatures",
        "StandardScaler",
        "MinMaxScaler",
        "MaxAbsScaler",
        "RobustScaler",
        "Normalizer",
        "Binarizer",
        "PowerTransformer",
        "LabelEncoder",
        "OneHotEncoder",
        "OrdinalEncoder",
        "LabelBinarizer",
        "MultiLabelBinarizer",
        "TargetEncoder",
        "SimpleImputer",
        "KNNImputer",
        "CountVectorizer",
        "TfidfVectorizer",
        "TfidfTransformer",
        "HashingVectorizer",
        "DictVectorizer",
        "GaussianNB",
        "MultinomialNB",
        "BernoulliNB",
        "ComplementNB",
        "CategoricalNB",
        "KNeighborsClassifier",
        "KNeighborsRegressor",
        "NearestNeighbors",
        "RadiusNeighborsClassifier",
        "NearestCentroid",
        "SVR",
        "NuSVR",
        "OneClassSVM",
        "KernelRidge",
        "LinearDiscriminantAnalysis",
        "QuadraticDiscriminantAnalysis",
        "AgglomerativeClustering",
        "DBSCAN",
        "OPTICS",
        "Birch",
        "IsotonicRegression",
        "SelectKBest",
        "SelectPercentile",
        "SelectFromModel",
        "VarianceThreshold",
        "RFE",
        "RFECV",
        "FunctionTransformer",
        "ColumnTransformer",
        "Pipeline",
        "FeatureUnion",
        "make_pipeline",
        "make_column_transformer",
        "make_union",
        "GridSearchCV",
        "VotingClassifier",
        "VotingRegressor",
        "OneVsRestClassifier",
        "OneVsOneClassifier",
        "MultiOutputClassifier",
        "MultiOutputRegressor",
        "TransformedTargetRegressor",
        "XGBClassifier",
        "XGBRegressor",
        "LGBMClassifier",
        "LGBMRegressor",
        "CatBoostClassifier",
        "CatBoostRegressor",
        "Prophet",
        "ARIMA",
        "SARIMAX",
        "OLS",
        "Logit",
        "GLM",
        "TimeSeriesSplit",
        "GroupKFold",
        "LeaveOneOut",
        "DummyRegressor",
    ]
)
"""Deterministic, or with a random state of their own; what they are given may still draw."""

_FREE_SOLVERS = ("sag", "saga", "liblinear")

_ON_REQUEST = {"KFold": "shuffle", "StratifiedKFold": "shuffle", "SVC": "probability", "NuSVC": "probability"}
"""What draws only when this argument asks for it."""


def estimator(context: Context, node: ast.expr | None) -> bool | None:
    """Whether fitting what the expression makes draws: True, False, or None where we cannot tell."""
    if isinstance(node, ast.Name):
        return context.draws(node.id)
    if isinstance(node, ast.Constant):
        return False
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return _any([estimator(context, e) for e in node.elts])
    if isinstance(node, ast.Dict):
        return _any([estimator(context, e) for e in node.values])
    if isinstance(node, ast.Call):
        return _call(context, node)
    return None


def _call(context: Context, node: ast.Call) -> bool | None:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name in ("fit", "set_params") and isinstance(function, ast.Attribute):
        return estimator(context, function.value)
    seeds = [k.value for k in node.keywords if k.arg in ("random_state", "seed")]
    if seeds:
        seeded: bool | None = not (isinstance(seeds[0], ast.Constant) and seeds[0].value is None)
    else:
        seeded = False
    inner = _any(
        [estimator(context, a) for a in node.args]
        + [estimator(context, k.value) for k in node.keywords if k.arg in _INNER]
    )
    if name == "LogisticRegression":
        free = any(
            k.arg == "solver" and (not isinstance(k.value, ast.Constant) or k.value.value in _FREE_SOLVERS)
            for k in node.keywords
        )
        return free and not seeded
    if name in _ON_REQUEST and not _asked(node, _ON_REQUEST[name]):
        return False
    if name in DRAWING:
        return True if not seeded or inner is True else False
    if name in QUIET:
        return inner if node.args or any(k.arg in _INNER for k in node.keywords) else False
    return None


def _asked(node: ast.Call, argument: str) -> bool:
    """Whether the argument is given, and not as a plain False."""
    return any(k.arg in (argument, None) and not (isinstance(k.value, ast.Constant) and not k.value.value) for k in node.keywords)


_INNER = frozenset(
    ("estimator", "estimators", "base_estimator", "regressor", "classifier", "transformers", "steps", "model", "cv")
)


def _any(found: list[bool | None]) -> bool | None:
    return True if True in found else (None if None in found else False)

"""Which classes learn from rows and what kind of thing they learn, by name."""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


SCALERS = _names(
    "KBinsDiscretizer MaxAbsScaler MinMaxScaler PowerTransformer QuantileTransformer RobustScaler StandardScaler"
)
IMPUTERS = _names("Imputer IterativeImputer KNNImputer SimpleImputer")
SELECTORS = _names(
    """BorutaPy GenericUnivariateSelect RFE RFECV SelectFdr SelectFpr SelectFromModel SelectFwe SelectKBest
    SelectPercentile SequentialFeatureSelector VarianceThreshold"""
)
PROJECTIONS = _names(
    """FactorAnalysis FastICA IncrementalPCA KernelPCA LatentDirichletAllocation LinearDiscriminantAnalysis NMF PCA
    SparsePCA TruncatedSVD"""
)
VECTORIZERS = _names("CountVectorizer TfidfTransformer TfidfVectorizer Tokenizer")
TARGET_ENCODERS = _names(
    "CatBoostEncoder JamesSteinEncoder LeaveOneOutEncoder MEstimateEncoder TargetEncoder WOEEncoder"
)
CATEGORY_ENCODERS = _names("BinaryEncoder CountEncoder OneHotEncoder OrdinalEncoder")
"""They learn which categories there are, which rarely tells a model anything about the test rows."""

COMPOSED = _names("ColumnTransformer FeatureUnion Pipeline make_column_transformer make_pipeline make_union")

STATEFUL = SCALERS | IMPUTERS | SELECTORS | PROJECTIONS | VECTORIZERS | TARGET_ENCODERS | CATEGORY_ENCODERS
"""Transformers that keep something they computed from many rows."""

NO_MODELS = STATEFUL | _names(
    """Binarizer DictVectorizer FunctionTransformer HashingVectorizer LabelBinarizer LabelEncoder MultiLabelBinarizer
    Normalizer PermutationImportance PolynomialFeatures TSNE UMAP"""
)
"""What has a `fit` and predicts nothing."""

TABLES = _names("DataFrame Index Series")
"""Classes that hold rows and learn nothing."""

FITS = _names("fit fit_generator fit_on_texts fit_predict fit_transform")
GIVE_THEMSELVES = _names("fit fit_generator fit_on_texts")
ASKS = _names("decision_function evaluate predict predict_classes predict_log_proba predict_proba score")
DESCRIPTIONS = _names("columns dtype dtypes ndim shape size")
"""Attributes that say nothing about which rows there are."""

AGGREGATES = _names("count max mean median min mode nunique quantile std sum value_counts var")
JOINS = _names("append combine_first concat join merge")

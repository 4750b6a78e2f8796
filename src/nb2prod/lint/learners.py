"""Which classes, functions and methods learn from rows and what kind of thing they learn, by name."""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


SCALERS = _names(
    "KBinsDiscretizer MaxAbsScaler MinMaxScaler PowerTransformer QuantileTransformer RobustScaler StandardScaler"
)
IMPUTERS = _names("Imputer IterativeImputer KNNImputer SimpleImputer")
SELECTORS = _names(
    """BorutaPy GenericUnivariateSelect RFE RFECV SelectFdr SelectFpr SelectFromModel SelectFwe SelectKBest
    SelectPercentile SequentialFeatureSelector SFS"""
)
"""They look at the target: the more features to choose from, the more the score is worth nothing."""
PROJECTIONS = _names(
    """FactorAnalysis FastICA IncrementalPCA KernelPCA LatentDirichletAllocation LinearDiscriminantAnalysis NMF PCA
    SparsePCA TruncatedSVD VarianceThreshold"""
)
VECTORIZERS = _names("CountVectorizer TfidfTransformer TfidfVectorizer")
TOKENIZERS = _names("TextVectorization Tokenizer")
TARGET_ENCODERS = _names(
    "CatBoostEncoder JamesSteinEncoder LeaveOneOutEncoder MEstimateEncoder TargetEncoder WOEEncoder"
)
CATEGORY_ENCODERS = _names("BinaryEncoder CountEncoder OneHotEncoder OrdinalEncoder") | TOKENIZERS
"""They learn which categories or words there are, which rarely tells a model anything about the test rows."""

GIVEN_CATEGORIES = {name: f"{name} of given categories" for name in ("OneHotEncoder", "OrdinalEncoder")}
"""With `categories=` there is nothing that they learn."""

COMPOSED = _names("ColumnTransformer FeatureUnion Pipeline make_column_transformer make_pipeline make_union")
CHOOSE_COLUMNS = _names("ColumnTransformer DataFrameMapper make_column_transformer")

STATEFUL = SCALERS | IMPUTERS | SELECTORS | PROJECTIONS | VECTORIZERS | TARGET_ENCODERS | CATEGORY_ENCODERS
"""Transformers that keep something they computed from many rows."""

LABEL_ENCODERS = _names("LabelBinarizer LabelEncoder MultiLabelBinarizer")
LEARN_NOTHING = _names(
    """Binarizer DMatrix Dataset DictVectorizer EarlyStopping FunctionTransformer HashingVectorizer
    ImageDataGenerator KFold ModelCheckpoint Normalizer PolynomialFeatures Pool SplineTransformer
    early_stopping early_stopping_rounds keeps_best kept_best stops_early"""
) | frozenset(GIVEN_CATEGORIES.values())
"""What has a `fit`, or is given to one, and keeps nothing of the rows."""
EXPLAIN = _names("PartialDependenceDisplay PermutationImportance")
"""They are given a model, and look at it on any rows."""
CLUSTERS = _names(
    """AgglomerativeClustering Birch DBSCAN GaussianMixture IsolationForest KMeans LocalOutlierFactor MeanShift
    MiniBatchKMeans NearestNeighbors OneClassSVM OPTICS SpectralClustering"""
)
ARE_NO_MODELS = (
    (STATEFUL - _names("LinearDiscriminantAnalysis")) | LABEL_ENCODERS | CLUSTERS | _names("SMOTE TSNE UMAP")
)
"""What has a `fit` and predicts no target."""

SEARCHES = _names(
    "BayesSearchCV GridSearchCV HalvingGridSearchCV HalvingRandomSearchCV OptunaSearchCV RandomizedSearchCV"
)
GIVEN_ROWS = _names(
    """ARIMA AutoReg ExponentialSmoothing GLM GLS Logit MNLogit OLS Poisson Probit SARIMAX WLS glm logit ols probit"""
)
"""statsmodels: the rows are given when the model is made, and its `fit` takes none."""
KEEP_LEARNING = _names("Model Sequential")
"""A second `fit` goes on from the first."""

TABLES = _names("Categorical Counter DataFrame DatetimeIndex Generator Index Random RandomState Series")
"""Classes that hold or draw rows and learn nothing."""

FITS = _names("fit fit_generator fit_on_texts fit_predict fit_transform partial_fit")
RESAMPLES = _names("fit_resample fit_sample")
GIVE_THEMSELVES = _names("fit fit_generator fit_on_texts partial_fit")
ASKS = _names("decision_function evaluate predict predict_classes predict_log_proba predict_proba score")
FORECASTS = _names("forecast get_forecast get_prediction predict")
"""What statsmodels' results tell about the time to come, without being given rows."""
WATCHED = _names("eval_set evals valid_sets validation_data")
"""Arguments of a fit that bring rows to watch it on."""
DESCRIPTIONS = _names("columns dtype dtypes ndim shape size")
"""Attributes that say nothing about which rows there are."""

LEARN = _names("max mean median min mode quantile std var nanmean nanmedian nanstd percentile average ptp zscore")
"""Aggregates whose result, put into rows, is something that was learnt from all of them."""
COUNT = _names(
    """all any argmax argmin corr count cov describe idxmax idxmin info isnull_sum kurt nunique sem skew sum
    unique value_counts memory_usage nlargest nsmallest item"""
)
"""Aggregates that tell little about single rows; only their sum is kept apart from rows."""
AGGREGATES = LEARN | COUNT
READS = _names("read_csv read_excel read_feather read_json read_parquet read_pickle")
WRITES = _names("to_csv to_excel to_feather to_json to_parquet to_pickle")
"""What is read is what was written to the same file."""
JOINS = _names("append combine_first concat join merge")
NEIGHBOURS = _names("diff ewm expanding pct_change rolling shift")
WINDOWS = _names("ewm expanding rolling")
ENCODES = _names("factorize get_dummies qcut rank")
SCALES = _names("minmax_scale maxabs_scale power_transform quantile_transform robust_scale scale zscore")
"""Functions that scale a table by itself."""
CROSS = _names("cross_val_predict cross_val_score cross_validate")
FOLDS = _names(
    """GroupKFold KFold LeaveOneOut LeavePOut RepeatedKFold RepeatedStratifiedKFold ShuffleSplit StratifiedGroupKFold
    StratifiedKFold StratifiedShuffleSplit TimeSeriesSplit"""
)
SHUFFLED_FOLDS = _names(
    "RepeatedKFold RepeatedStratifiedKFold ShuffleSplit StratifiedShuffleSplit LeaveOneOut LeavePOut"
)
KEEP_COLUMNS = _names(
    """abs astype asfreq bfill clip copy drop_duplicates dropna ffill fillna head infer_objects interpolate nlargest
    query replace reset_index round sample sort_index sort_values tail to_numpy where mask apply map
    pipe persist compute"""
)
"""Methods of a table that leave its columns as they are, if they give a table at all."""
CHOOSERS = _names("argmax argmin argsort idxmax idxmin max min nlargest nsmallest sort sorted sort_values")
SCORES = _names(
    """accuracy_score auc average_precision_score balanced_accuracy_score brier_score_loss classification_report
    cohen_kappa_score confusion_matrix explained_variance_score f1_score fbeta_score hamming_loss jaccard_score log_loss
    matthews_corrcoef max_error mean_absolute_error mean_absolute_percentage_error mean_squared_error
    mean_squared_log_error median_absolute_error precision_recall_curve precision_score r2_score recall_score
    roc_auc_score roc_curve root_mean_squared_error zero_one_loss"""
)
SAY_NOTHING = _names(
    """bool callable dict getattr hasattr id input isinstance len list open print range repr set setattr str
    super time tuple type"""
)
"""Builtins whose result is not the rows that they are given (containers of rows aside)."""
HOLD = _names("dict list set tuple")
STOCKS = _names("DataReader get_data_yahoo get_history")


def called(learners: frozenset[str]) -> str:
    """Name an estimator for people, by its classes."""
    going_on = sorted(learners & KEEP_LEARNING)
    if going_on:
        return going_on[0]
    outer, inner = sorted(learners & (COMPOSED | SEARCHES)), sorted(learners - COMPOSED - SEARCHES - LEARN_NOTHING)
    shown = inner if len(inner) <= _SHOWN else [*inner[: _SHOWN - 1], f"{len(inner) + 1 - _SHOWN} more"]
    if outer and inner:
        return f"{outer[0]} of {' and '.join(shown)}"
    return " or ".join(outer or shown) or "a model"


_SHOWN = 3

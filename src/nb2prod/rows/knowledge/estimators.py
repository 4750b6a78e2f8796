"""Estimators by their interface: which libraries define them, and what their methods give."""

from __future__ import annotations

LIBRARIES = frozenset(
    {"sklearn", "xgboost", "lightgbm", "catboost", "imblearn", "category_encoders", "mlxtend", "feature_engine"}
)
# Models of a series in its order, by library.
FORECASTING = frozenset({"statsmodels", "pmdarima", "prophet", "fbprophet"})
FORECASTERS = frozenset(
    {"ARIMA", "ARMA", "AR", "AutoReg", "SARIMAX", "VAR", "VARMAX", "ExponentialSmoothing", "SimpleExpSmoothing"}
    | {"Holt", "ETSModel", "ThetaModel", "UnobservedComponents", "auto_arima", "Prophet"}
)
FUNCTIONS_MAKING = frozenset({"make_pipeline", "make_column_transformer", "make_union", "clone"})

FITS = frozenset({"fit", "partial_fit", "fit_predict", "fit_transform", "fit_resample"})
# per-row results of a fitted estimator
ROW_WISE = frozenset(
    {
        "transform",
        "predict",
        "predict_classes",
        "predict_proba",
        "predict_log_proba",
        "decision_function",
        "inverse_transform",
        "score_samples",
        "apply",
    }
)
PREDICTS = frozenset({"predict", "predict_proba", "decision_function", "predict_log_proba", "predict_classes"})

# fit(X).transform(X) gives bit for bit what fit_transform(X) gives
SAME_WHEN_FITTED_FIRST = frozenset(
    {
        "LabelEncoder",
        "OrdinalEncoder",
        "OneHotEncoder",
        "LabelBinarizer",
        "MultiLabelBinarizer",
        "StandardScaler",
        "MinMaxScaler",
        "MaxAbsScaler",
        "RobustScaler",
        "SimpleImputer",
        "CountVectorizer",
        "TfidfVectorizer",
        "TfidfTransformer",
        "Binarizer",
        "Normalizer",
        "PolynomialFeatures",
        "KBinsDiscretizer",
        "VarianceThreshold",
        "SelectKBest",
        "FunctionTransformer",
    }
)
# each column is transformed by itself, a missing value stays one, and columns keep their number and order
COLUMN_BY_COLUMN = frozenset(
    {"StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler", "QuantileTransformer", "PowerTransformer"}
)
# transforms without having learnt anything from the rows
STATELESS = frozenset({"Normalizer", "Binarizer", "PolynomialFeatures", "HashingVectorizer", "FunctionTransformer"})
# fit_transform of the training rows is no transform of them (cross-fitting, out-of-fold values)
CROSS_FITTING = frozenset({"TargetEncoder", "LeaveOneOutEncoder", "CatBoostEncoder", "JamesSteinEncoder"})
LABELS = frozenset({"LabelEncoder", "LabelBinarizer"})
# label or place only the rows they were fitted on
WITHOUT_TRANSFORM = frozenset({"TSNE", "MDS", "SpectralEmbedding"})
WITHOUT_PREDICT = frozenset(
    {"DBSCAN", "AgglomerativeClustering", "SpectralClustering", "OPTICS", "HDBSCAN", "FeatureAgglomeration"}
)
# fit(X).predict(X) gives the labels that fit_predict(X) gives
PREDICTS_WHAT_IT_FITTED = frozenset(
    {"KMeans", "MiniBatchKMeans", "BisectingKMeans", "GaussianMixture", "BayesianGaussianMixture", "IsolationForest"}
    | {"OneClassSVM", "EllipticEnvelope"}
)
# write a fitted model to a file, and read it back
STORES = frozenset({"joblib.dump", "sklearn.externals.joblib.dump", "pickle.dump", "cloudpickle.dump", "dill.dump"})
LOADS = frozenset({"joblib.load", "sklearn.externals.joblib.load", "pickle.load", "cloudpickle.load", "dill.load"}) | {
    f"{library}.models.load_model" for library in ("keras", "tensorflow.keras")
}

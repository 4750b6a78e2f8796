"""pandas: what a method of a frame or series does to rows, by its name."""

from __future__ import annotations

# one result row per row, from that row alone (arguments: Fixed, Learned, or Rows of the same rows)
ROW_WISE = frozenset(
    [
        "abs",
        "add",
        "and_",
        "astype",
        "between",
        "bool",
        "clip",
        "combine_first",
        "copy",
        "div",
        "divide",
        "eq",
        "fillna",
        "floordiv",
        "ge",
        "gt",
        "infer_objects",
        "isin",
        "isna",
        "isnull",
        "le",
        "lt",
        "mask",
        "mod",
        "mul",
        "multiply",
        "ne",
        "notna",
        "notnull",
        "pow",
        "radd",
        "rdiv",
        "rename",
        "replace",
        "rmul",
        "round",
        "rpow",
        "rsub",
        "rtruediv",
        "sub",
        "subtract",
        "to_frame",
        "to_numpy",
        "to_period",
        "to_timestamp",
        "truediv",
        "where",
        "xor",
        "rename_axis",
        "add_prefix",
        "add_suffix",
        "tz_localize",
        "tz_convert",
        "toarray",
        "todense",
        "tolist",
        "ravel",
        "flatten",
        "squeeze",
    ]
)

# methods of .str, .dt and .cat that work on each element alone
ACCESSORS = frozenset({"str", "dt"})
NOT_ELEMENTWISE = frozenset({"get_dummies", "cat"})

# element-wise with a function of the user's: row-wise if the function is
WITH_FUNCTION = frozenset({"apply", "map", "applymap", "pipe", "transform", "agg", "aggregate"})

# fewer rows, or the same in another order
FILTERS = frozenset({"query", "sample", "head", "tail", "drop_duplicates", "nlargest", "nsmallest", "truncate", "take"})
REORDERS = frozenset({"sort_values", "sort_index"})

# one value (or a few) from many rows
LEARNED = frozenset(
    [
        "agg",
        "aggregate",
        "all",
        "any",
        "argmax",
        "argmin",
        "argsort",
        "corr",
        "corrwith",
        "count",
        "cov",
        "describe",
        "idxmax",
        "idxmin",
        "info",
        "items",
        "iteritems",
        "keys",
        "kurt",
        "kurtosis",
        "mad",
        "max",
        "mean",
        "median",
        "min",
        "mode",
        "nunique",
        "prod",
        "product",
        "quantile",
        "sem",
        "skew",
        "std",
        "sum",
        "unique",
        "value_counts",
        "var",
        "memory_usage",
        "to_dict",
        "first_valid_index",
        "last_valid_index",
        "pivot_table",
        "equals",
        "autocorr",
        "hasnans",
        "select_dtypes_columns",
    ]
)
LEARNED_ATTRIBUTES = frozenset({"columns", "dtypes", "dtype", "shape", "size", "ndim", "empty", "name", "categories"})

# need rows that are not there at predict time
WINDOWED = frozenset(
    [
        "shift",
        "rolling",
        "diff",
        "cumsum",
        "cumprod",
        "cummax",
        "cummin",
        "pct_change",
        "rank",
        "expanding",
        "ewm",
        "interpolate",
        "ffill",
        "bfill",
        "pad",
        "backfill",
        "resample",
        "asfreq",
        "duplicated",
    ]
)

READS = frozenset(
    {"read_csv", "read_table", "read_excel", "read_json", "read_parquet", "read_feather", "read_pickle", "read_fwf"}
)

# change the frame or array they are called on (besides `inplace=True`)
IN_PLACE = frozenset(
    {
        "reverse",
        "append",
        "extend",
        "remove",
        "setflags",
        "clear",
        "pop",
        "insert",
        "update",
        "sort",
        "fill",
        "resize",
        "put",
        "itemset",
        "partition",
        "eval",
    }
)

# arguments that rows are looked up in: lists and tables of any length
LOOKED_UP = frozenset({"isin", "replace", "rename", "astype", "map", "to_frame", "to_period"})
# of those learnt: one value from a series (or one for each column of a frame), or a list of values
TO_ONE = frozenset(
    [
        "all",
        "any",
        "argmax",
        "argmin",
        "count",
        "idxmax",
        "idxmin",
        "kurt",
        "kurtosis",
        "mad",
        "max",
        "mean",
        "median",
        "min",
        "nunique",
        "prod",
        "product",
        "quantile",
        "sem",
        "skew",
        "std",
        "sum",
        "var",
    ]
)
TO_VALUES = frozenset({"mode", "unique", "value_counts", "keys"})

# functions that change an argument
CHANGE_AN_ARGUMENT = frozenset({"shuffle", "put", "place", "putmask", "copyto", "fill_diagonal"})

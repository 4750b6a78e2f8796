"""pandas: what a method of a frame or series does to rows, by its name."""

from __future__ import annotations

from nb2prod.rows.knowledge.table import names, table

# what a method gives: `rows`, one element for each row from that row alone (arguments: Fixed, Learned, or Rows of the
# same rows); `one` value for a series, one for each column of a frame; `values`, a list of any length; `many`, not
# told; `window`, for each row something that needs others; `fewer` rows; the same in another `order`
METHODS = table("""
    # name          gives    on    call
    abs             rows     nfa   abs(x)
    add             rows     nf    x.add(2)
    and_            rows     b     x & ~x
    astype          rows     nfa   x.astype(str)
    between         rows     n     x.between(0, 2)
    clip            rows     nfa   x.clip(0, 2)
    combine_first   rows     n     x.combine_first(y)
    copy            rows     nfat  x.copy()
    div             rows     nf    x.div(2)
    divide          rows     nf    x.divide(2)
    eq              rows     nft   x.eq(2)
    fillna          rows     nf    x.fillna(0)
    floordiv        rows     nf    x.floordiv(2)
    ge              rows     nf    x.ge(2)
    gt              rows     nf    x.gt(2)
    infer_objects   rows     nf    x.infer_objects()
    isin            rows     nft   x.isin([1, "a"])
    isna            rows     nft   x.isna()
    isnull          rows     nft   x.isnull()
    le              rows     nf    x.le(2)
    lt              rows     nf    x.lt(2)
    mask            rows     nf    x.mask(x > 1, 0)
    mod             rows     nf    x.mod(2)
    mul             rows     nf    x.mul(2)
    multiply        rows     nf    x.multiply(2)
    ne              rows     nft   x.ne(2)
    notna           rows     nft   x.notna()
    notnull         rows     nft   x.notnull()
    pow             rows     nf    x.pow(2)
    radd            rows     nf    x.radd(2)
    rdiv            rows     nf    x.rdiv(2)
    rename          rows     n     x.rename("other")
    replace         rows     nft   x.replace({1: 5, "a": "z"})
    rmul            rows     nf    x.rmul(2)
    round           rows     nfa   x.round(1)
    rpow            rows     nf    x.rpow(2)
    rsub            rows     nf    x.rsub(2)
    rtruediv        rows     nf    x.rtruediv(2)
    sub             rows     nf    x.sub(2)
    subtract        rows     nf    x.subtract(2)
    to_frame        rows     nt    x.to_frame()
    to_numpy        rows     nft   x.to_numpy()
    to_period       rows     d     x.dt.to_period("M")
    to_timestamp    rows     d     x.dt.to_period("M").dt.to_timestamp()
    truediv         rows     nf    x.truediv(2)
    where           rows     nf    x.where(x > 1, 0)
    xor             rows     b     x ^ True
    rename_axis     rows     nf    x.rename_axis("place")
    add_prefix      rows     f     x.add_prefix("p_")
    add_suffix      rows     f     x.add_suffix("_s")
    tz_localize     rows     d     x.dt.tz_localize("UTC")
    tz_convert      rows     d     x.dt.tz_localize("UTC").dt.tz_convert("Europe/Oslo")
    toarray         rows     s     x.toarray()
    todense         rows     s     x.todense()
    tolist          rows     nta   x.tolist()

    all             one      nf    x.all()
    any             one      nf    x.any()
    argmax          one      n     x.argmax()
    argmin          one      n     x.argmin()
    count           one      nft   x.count()
    idxmax          one      nf    x.idxmax()
    idxmin          one      nf    x.idxmin()
    kurt            one      nf    x.kurt()
    kurtosis        one      nf    x.kurtosis()
    mad             one      nf    x.mad()         <2
    max             one      nf    x.max()
    mean            one      nf    x.mean()
    median          one      nf    x.median()
    min             one      nf    x.min()
    nunique         one      nft   x.nunique()
    prod            one      nf    x.prod()
    product         one      nf    x.product()
    quantile        one      nf    x.quantile(0.3)
    sem             one      nf    x.sem()
    skew            one      nf    x.skew()
    std             one      nf    x.std()
    sum             one      nf    x.sum()
    var             one      nf    x.var()

    mode            values   nt    x.mode()
    unique          values   nt    x.unique()
    value_counts    values   nt    x.value_counts()
    keys            values   f     x.keys()

    agg             many     nf    x.agg("sum")
    aggregate       many     nf    x.aggregate("sum")
    argsort         many     n     x.argsort()
    autocorr        many     n     x.autocorr()
    corr            many     f     x.corr()
    corrwith        many     f     x.corrwith(x)
    cov             many     f     x.cov()
    describe        many     nf    x.describe()
    equals          many     nf    x.equals(x)
    first_valid_index  many  n     x.first_valid_index()
    hasnans         many     n     x.hasnans
    info            many     f     x.info(buf=io.StringIO())
    items           many     f     list(x.items())
    iteritems       many     f     list(x.iteritems())  <2
    last_valid_index  many   n     x.last_valid_index()
    memory_usage    many     nf    x.memory_usage()
    pivot_table     many     f     x.pivot_table(index="a")
    to_dict         many     nf    x.to_dict()

    shift           window   nf    x.shift()
    rolling         window   nf    x.rolling(2).sum()
    diff            window   nf    x.diff()
    cumsum          window   nf    x.cumsum()
    cumprod         window   nf    x.cumprod()
    cummax          window   nf    x.cummax()
    cummin          window   nf    x.cummin()
    pct_change      window   n     x.fillna(3).pct_change()
    rank            window   nf    x.rank()
    expanding       window   nf    x.expanding().sum()
    ewm             window   nf    x.ewm(2).mean()
    interpolate     window   n     x.interpolate()
    ffill           window   n     x.ffill()
    bfill           window   n     x.bfill()
    pad             window   n     x.pad()         <3
    backfill        window   n     x.backfill()    <3
    resample        window   i     x.resample("2D").sum()
    asfreq          window   i     x.asfreq("12h").isna()
    duplicated      window   nt    x.duplicated()

    query           fewer    f     x.query("a > 1")
    sample          fewer    nft   x.sample(3, random_state=0)
    head            fewer    nft   x.head(3)
    tail            fewer    nft   x.tail(3)
    drop_duplicates  fewer   nft   x.drop_duplicates()
    nlargest        fewer    n     x.nlargest(3)
    nsmallest       fewer    n     x.nsmallest(3)
    truncate        fewer    nf    x.truncate(2, 5)
    take            fewer    nft   x.take([1, 3])
    sort_values     order    n     x.sort_values()
    sort_index      order    nf    x.sort_index(ascending=False)
""")
ROW_WISE = names(METHODS, "rows")
# one value (or a few) from many rows
LEARNED = names(METHODS, "one", "values", "many")
TO_ONE = names(METHODS, "one")
TO_VALUES = names(METHODS, "values")
# where `axis` stands among the arguments of these, if not first
PLACE_OF_AXIS = {"quantile": 1}
# need rows that are not there at predict time
WINDOWED = names(METHODS, "window")
# fewer rows, or the same in another order
FILTERS = names(METHODS, "fewer")
REORDERS = names(METHODS, "order")

# methods of .str, .dt and .cat that work on each element alone
ACCESSORS = frozenset({"str", "dt"})
NOT_ELEMENTWISE = frozenset({"get_dummies", "cat"})

# element-wise with a function of the user's: row-wise if the function is
WITH_FUNCTION = frozenset({"apply", "map", "applymap", "pipe", "transform", "agg", "aggregate"})

LEARNED_ATTRIBUTES = frozenset({"columns", "dtypes", "dtype", "shape", "size", "ndim", "empty", "name", "categories"})

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
# functions that change an argument
CHANGE_AN_ARGUMENT = frozenset({"shuffle", "put", "place", "putmask", "copyto", "fill_diagonal"})

# give columns or rows of a frame as they were
CHOOSING = frozenset(
    {"copy", "drop", "drop_duplicates", "dropna", "head", "query", "reset_index", "sample", "sort_index", "sort_values"}
    | {"tail", "read_csv"}
)

# ruff: noqa: E501, ISC004 - templates, each statement as it stands in a notebook
"""What people write in notebooks, as templates: statements for random notebooks (tests/random_notebooks.py).

`{f}` is the frame's name, `{a}` and `{b}` are columns of numbers, `{k}` and `{l}` of text, `{n}` a new column of
numbers, `{v}` the name of a value, `{c}` of a loop's variable, `{i}` a small number, `{stat}` a statistic.
"""

STATISTICS = ("mean()", "median()", "min()", "max()", "std()", "quantile(0.3)", "quantile(.75)", "mode()[0]")

MISSING = (
    '{f}["{a}"] = {f}["{a}"].fillna({f}["{a}"].{stat})',
    '{f}["{a}"] = {f}["{a}"].fillna({i})',
    "{f}['{a}'] = {f}.{a}.fillna(value={f}.{a}.mean())",
    '{v} = {f}["{a}"].{stat}\n{f}["{a}"] = {f}["{a}"].fillna({v})',
    '{f}.fillna({{"{a}": {f}["{a}"].median(), "{b}": 0}}, inplace=True)',
    '{f}["{k}"] = {f}["{k}"].fillna({f}["{k}"].mode()[0])',
    '{f}["{k}"] = {f}["{k}"].fillna("Unknown")',
    '{f}["{k}"] = {f}["{k}"].replace(np.nan, {f}["{k}"].mode().iloc[0])',
    'for {c} in ["{a}", "{b}"]:\n    {f}[{c}] = {f}[{c}].fillna({f}[{c}].median())',
    'for {c} in {f}.select_dtypes(include="number").columns:\n    {f}[{c}] = {f}[{c}].fillna({f}[{c}].mean())',
    (
        'for {c} in ["{a}", "{k}"]:\n    if {f}[{c}].dtype == "object" or {f}[{c}].dtype == "str":\n'
        "        {f}[{c}] = {f}[{c}].fillna({f}[{c}].mode()[0])\n    else:\n"
        "        {f}[{c}] = {f}[{c}].fillna({f}[{c}].median())"
    ),
    (
        'num = {f}.select_dtypes(include="number").columns.drop(["bought", "price"])\n'
        "{f}[num] = {f}[num].fillna({f}[num].median())"
    ),
    'if {f}["{a}"].isnull().sum() > 0:\n    {f}["{a}"] = {f}["{a}"].fillna({f}["{a}"].mean())',
    '{f}.loc[{f}["{a}"].isna(), "{a}"] = {f}["{a}"].median()',
    '{f}["{n}"] = {f}["{a}"].isnull().astype(int)',
    '{f}["{a}"] = {f}["{a}"].fillna({f}.groupby("sex")["{a}"].transform("median"))\n{f}["{a}"] = {f}["{a}"].fillna(0)',
    '{f}["{a}"] = np.where({f}["{a}"].isnull(), {f}["{a}"].mean(), {f}["{a}"])',
    '{f}["{n}"] = {f}[["{a}", "{b}", "{k}"]].isnull().sum(axis=1)',
    '{f} = {f}.dropna(subset=["age"])',
    '{f}.dropna(subset=["income"], inplace=True)',
    '{f} = {f}[{f}["age"].notna()]',
    '{f} = {f}.dropna(subset=["{a}", "{k}"]).reset_index(drop=True)',
    "{f} = {f}[~{f}.{a}.isnull()]",
)

NUMBERS_MADE = (
    '{f}["{n}"] = np.log1p({f}["{a}"].abs())',
    '{f}["{n}"] = {f}["{a}"] / ({f}["{b}"].abs() + 1)',
    '{f}["{n}"] = {f}[["{a}", "{b}"]].mean(axis=1)',
    '{f}["{n}"] = {f}[["{a}", "{b}"]].max(axis=1) - {f}[["{a}", "{b}"]].min(1)',
    '{f}["{a}"] = {f}["{a}"] * {i}',
    '{f}["{a}"] += {i}',
    '{f}["{a}"] = {f}["{a}"].apply(lambda x: np.sqrt(abs(x)))',
    '{f}["{a}"] = ({f}["{a}"] - {f}["{a}"].mean()) / {f}["{a}"].std()',
    '{f}["{a}"] = ({f}["{a}"] - {f}["{a}"].min()) / ({f}["{a}"].max() - {f}["{a}"].min())',
    '{f}["{a}"] = {f}["{a}"].clip({f}["{a}"].quantile(0.05), {f}["{a}"].quantile(0.95))',
    '{f}["{a}"] = {f}["{a}"].clip(upper={f}["{a}"].quantile(0.95))',
    '{f}["{n}"] = np.where({f}["{a}"] > {f}["{a}"].median(), 1, 0)',
    '{f}["{n}"] = ({f}["{a}"] > {i}).astype(int)',
    '{f}["{n}"] = (({f}["{a}"] > {f}["{a}"].mean()) & ({f}["{b}"] < {f}["{b}"].max())).astype(int)',
    '{v} = {i}\n{f}["{n}"] = {f}["{a}"].apply(lambda x: x if x > {v} else {v})',
    '{v} = {f}["{a}"].quantile(0.3)\n{f}["{n}"] = {f}["{a}"].apply(lambda x: min(x, {v}))',
    'def {v}_of(x):\n    if x > {i}:\n        return 1\n    return 0\n{f}["{n}"] = {f}["{a}"].apply({v}_of)',
    '{f}["{n}"] = {f}.apply(lambda r: r["{a}"] + 2 * r["{b}"], axis=1)',
    (
        "def {n}_group(row):\n    if row['{a}'] > {i} and row['{b}'] > 0:\n        return 2\n"
        "    elif row['{a}'] > 0:\n        return 1\n    else:\n        return 0\n"
        "{f}['{n}'] = {f}.apply({n}_group, axis=1)"
    ),
    'def {n}_added(d):\n    d = d.copy()\n    d["{n}"] = d["{a}"] * 3 + 1\n    return d\n{f} = {n}_added({f})',
    '{f} = {f}.assign({n}={f}["{a}"] ** 2)',
    '{f} = {f}.assign({n}=lambda d: d["{a}"] - d["{a}"].mean())',
    '{f}.loc[{f}["{a}"] > {f}["{a}"].quantile(0.8), "{a}"] = {f}["{a}"].quantile(0.8)',
    '{f}.loc[{f}["{a}"] > {i}, "{n}"] = 1\n{f}["{n}"] = {f}["{n}"].fillna(0)',
    (
        "{f}['{n}'] = 0\n{f}.loc[{f}['{a}'] <= {i}, '{n}'] = 1\n"
        "{f}.loc[({f}['{a}'] > {i}) & ({f}['{a}'] <= {i} * 4), '{n}'] = 2"
    ),
    '{f}["{n}"] = [x * 2 for x in {f}["{a}"]]',
    '{f}["{n}"] = [1 if x > {i} else 0 for x in {f}["{a}"]]',
    '{f}["{n}"] = [p + q for p, q in zip({f}["{a}"], {f}["{b}"])]',
    '{f}["{n}"] = pd.cut({f}["{a}"], {i} + 1, labels=False)',
    '{f}["{n}"] = pd.cut({f}["{a}"], bins=[-1e9, 2, 8, 1e9], labels=[0, 1, 2]).astype(float)',
    '{f}["{n}"] = pd.cut({f}["{a}"], [-np.inf, {i}, 20, np.inf], labels=False, right=False)',
    '{f}["{n}"] = pd.qcut({f}["{a}"], {i} + 1, labels=False, duplicates="drop")',
    '{f}["{n}"] = np.select([{f}["{a}"] > 30, {f}["{a}"] > {i}], [2, 1], default=0)',
    '{f}["{n}"] = {f}["{a}"].round(1).astype(str).str.len()',
    '{f}["{n}"] = np.digitize({f}["{a}"].fillna(0), [0, {i}, 20])',
    '{f}["{a}"] = {f}["{a}"].replace(0, {f}["{a}"].median())',
    '{f}["{a}"] = {f}["{a}"].mask({f}["{a}"] < 0, {f}["{a}"].median())',
    'q1, q3 = {f}["{a}"].quantile([0.25, 0.75])\n{f}["{n}"] = ({f}["{a}"] > q3 + 1.5 * (q3 - q1)).astype(int)',
    'mu, sd = {f}.{a}.mean(), {f}.{a}.std()\n{f}["{n}"] = (({f}.{a} - mu) / sd).clip(-3, 3)',
)

TEXT_AND_DATES = (
    '{f}["{n}"] = {f}["note"].str.len()',
    '{f}["{n}"] = {f}["note"].str.contains("good").astype(float)',
    '{f}["{n}"] = {f}["note"].fillna("").apply(lambda t: len(t.split()))',
    '{f}["{n}"] = {f}["note"].str.count("a")',
    '{f}["{n}"] = {f}["fee"].str.replace("$", "", regex=False).str.replace(",", "").astype(float)',
    '{f}["{n}"] = {f}.fee.apply(lambda t: float(t.strip("$").replace(",", "")))',
    '{f}["{n}"] = pd.to_numeric({f}["mixed"], errors="coerce")\n{f}["{n}"] = {f}["{n}"].fillna({f}["{n}"].median())',
    '{f}["{n}"] = {f}["mixed"].replace("?", np.nan).astype(float)',
    '{f}["{n}"] = {f}["smoker"].str.strip().str.lower().map({{"yes": 1, "no": 0}})',
    '{f}["{n}"] = {f}["smoker"].apply(lambda s: 1 if "es" in s.lower() else 0)',
    '{f}["{n}"] = {f}["member"].map({{True: 1, False: 0, "True": 1, "False": 0}})',
    '{f}["{n}"] = ({f}["member"].astype(str) == "True").astype(int)',
    '{f}["{n}"] = {f}["code"] % 10',
    '{f}["{n}"] = {f}["code"].astype(str).str.zfill(4).str[0].astype(int)',
    '{f}["{n}"] = {f}["note"].str.extract(r"(g\\w+)", expand=False).notna().astype(int)',
    '{f}["{n}"] = {f}["note"].str.split(" ").str[0].map({{"good": 2, "bad": 1}}).fillna(0)',
    '{f}["{n}"] = pd.to_datetime({f}["joined"]).dt.month',
    '{f}["joined"] = pd.to_datetime({f}["joined"])\n{f}["{n}"] = {f}["joined"].dt.year - 2000',
    '{f}["{n}"] = (pd.to_datetime({f}["joined"]) - pd.to_datetime({f}["joined"]).min()).dt.days',
    '{f}["{n}"] = (pd.to_datetime({f}["joined"]).max() - pd.to_datetime({f}["joined"])) / np.timedelta64(1, "D")',
    '{f}["{n}"] = pd.to_datetime({f}["joined"]).apply(lambda d: d.dayofweek)',
    '{f}["{n}"] = pd.to_datetime({f}["seen"], errors="coerce").dt.hour.fillna(-1)',
    '{f}["{n}"] = pd.to_datetime({f}["seen"]).dt.quarter.fillna(0).astype(int)',
    '{f}["{n}"] = pd.DatetimeIndex({f}["joined"]).month',
    '{f}["{n}"] = {f}["{k}"].str.lower().str[0].map({{"m": 0, "f": 1, "s": 2}})',
)

CATEGORIES = (
    '{f}["{n}"] = {f}["{k}"].map({f}["{k}"].value_counts(normalize=True))',
    '{f}["{n}"] = {f}["{k}"].map({f}["{k}"].value_counts().to_dict())',
    'freq = {f}.groupby("{k}").size() / len({f})\n{f}["{n}"] = {f}["{k}"].map(freq)',
    '{f}["{n}"] = {f}["{k}"].astype("category").cat.codes',
    '{f}["{n}"] = pd.Categorical({f}["{k}"]).codes',
    '{f}["{n}"] = pd.factorize({f}["{k}"])[0]',
    '{f}["{n}"] = LabelEncoder().fit_transform({f}["{k}"].astype(str))',
    'le = LabelEncoder()\n{f}["{n}"] = le.fit_transform({f}["{k}"].astype(str))',
    'le = LabelEncoder()\nle.fit({f}["{k}"].fillna("none"))\n{f}["{n}"] = le.transform({f}["{k}"].fillna("none"))',
    'le = LabelEncoder()\nfor {c} in ["sex", "size"]:\n    {f}[{c} + "_{n}"] = le.fit_transform({f}[{c}].astype(str))',
    '{f}["{n}"] = OrdinalEncoder().fit_transform({f}[["{k}"]]).ravel()',
    '{f}["{n}"] = {f}.groupby("{k}")["{a}"].transform("mean")',
    '{f}["{n}"] = {f}["{a}"] - {f}.groupby("{k}")["{a}"].transform("median")',
    '{f}["{n}"] = {f}.groupby("{k}")["{a}"].transform("count")',
    'table = {f}.groupby("{k}")["{a}"].mean()\n{f}["{n}"] = {f}["{k}"].map(table)',
    'table = {f}.groupby("{k}")["{a}"].mean().to_dict()\n{f}["{n}"] = {f}["{k}"].map(table).fillna(0)',
    '{f}["{n}"] = {f}["{k}"].map({f}.groupby("{k}")["bought"].mean())',
    '{f} = {f}.join({f}.groupby("{k}")["{a}"].mean().rename("{n}"), on="{k}")',
    (
        'by = {f}.groupby("{k}")["{a}"].agg(["mean", "max"]).reset_index()\n'
        'by.columns = ["{k}", "{n}", "{n}m"]\n{f} = {f}.merge(by, on="{k}", how="left")'
    ),
    'by = {f}.groupby("{k}", as_index=False)["{a}"].mean().rename(columns={{"{a}": "{n}"}})\n'
    '{f} = pd.merge({f}, by, on="{k}", how="left")',
    '{f}["{n}"] = {f}["size"].map({{"small": 0, "medium": 1, "large": 2}})',
    '{f}["{n}"] = {f}["sex"].replace({{"male": 0, "female": 1}})\n{f}["{n}"] = pd.to_numeric({f}["{n}"])',
    '{f}["{n}"] = ({f}["{k}"] == {f}["{k}"].mode()[0]) * 1',
    '{f}["{n}"] = {f}["{k}"].isin({f}["{k}"].value_counts().index[:2]).astype(int)',
    (
        'rare = {f}["{k}"].value_counts()[{f}["{k}"].value_counts() < 20].index\n'
        '{f}["{n}"] = {f}["{k}"].apply(lambda z: 1 if z in rare else 0)'
    ),
    'top = {f}["{k}"].value_counts().nlargest(2).index.tolist()\n{f}["{n}"] = np.where({f}["{k}"].isin(top), 1, 0)',
    'mapping = {{name: i for i, name in enumerate({f}["{k}"].unique())}}\n{f}["{n}"] = {f}["{k}"].map(mapping)',
    'mapping = dict(zip(sorted({f}["{k}"].dropna().unique()), range(9)))\n{f}["{n}"] = {f}["{k}"].map(mapping)',
)

LEARNERS = (
    'sc = StandardScaler()\n{f}[["{a}", "{b}"]] = sc.fit_transform({f}[["{a}", "{b}"]])',
    'sc = RobustScaler().fit({f}[["{a}"]])\n{f}["{n}"] = sc.transform({f}[["{a}"]])',
    '{f}["{a}"] = MinMaxScaler().fit_transform({f}[["{a}"]])',
    'sc = StandardScaler()\n{f}["{n}"] = sc.fit_transform({f}["{a}"].values.reshape(-1, 1))',
    'sc = MinMaxScaler()\nfor {c} in ["{a}", "{b}"]:\n    {f}[{c}] = sc.fit_transform({f}[[{c}]])',
    'imp = SimpleImputer(strategy="median")\n{f}[["{a}", "{b}"]] = imp.fit_transform({f}[["{a}", "{b}"]])',
    '{f}[["{k}"]] = SimpleImputer(strategy="most_frequent").fit_transform({f}[["{k}"]])',
    '{f}[["{a}", "{b}"]] = KNNImputer(n_neighbors=2).fit_transform({f}[["{a}", "{b}"]])',
    (
        'km = KMeans(2, n_init=1, random_state=0).fit({f}[["{a}"]].fillna(0))\n'
        '{f}["{n}"] = km.predict({f}[["{a}"]].fillna(0))'
    ),
    '{f}["{n}"] = KMeans(3, n_init=1, random_state=0).fit_predict({f}[["{a}", "{b}"]].fillna(0))',
    'pca = PCA(1, random_state=0)\n{f}["{n}"] = pca.fit_transform({f}[["{a}", "{b}"]].fillna(0))[:, 0]',
    'kb = KBinsDiscretizer(3, encode="ordinal", strategy="uniform")\n{f}[["{n}"]] = kb.fit_transform({f}[["{a}"]].fillna(0))',
    'pt = PowerTransformer()\n{f}["{n}"] = pt.fit_transform({f}[["{a}"]].fillna(1))',
)

ROWS_LEFT_OUT = (
    '{f} = {f}[~({f}["{a}"] > {f}["{a}"].quantile(0.97))]',
    '{f}.drop({f}[{f}["{a}"] > {f}["{a}"].quantile(0.98)].index, inplace=True)',
    '{f} = {f}[{f}["price"] < {f}["price"].quantile(0.99)]',
    "{f} = {f}.drop_duplicates()",
    '{f}.drop_duplicates(subset=["id"], keep="first", inplace=True)',
    "{f} = {f}.sample(frac=1, random_state=1)",
    "{f} = {f}.sample(frac=1, random_state=1).reset_index(drop=True)",
    '{f} = {f}.sort_values("score")',
    "{f} = {f}.reset_index(drop=True)",
    '{f} = {f}.query("{a} > -5 or {a} != {a}")',
    (
        'q1 = {f}["{a}"].quantile(0.25)\nq3 = {f}["{a}"].quantile(0.75)\niqr = q3 - q1\n'
        '{f} = {f}[~(({f}["{a}"] < q1 - 2 * iqr) | ({f}["{a}"] > q3 + 2 * iqr))]'
    ),
    '{f} = {f}[(np.abs({f}["{a}"] - {f}["{a}"].mean()) <= 3 * {f}["{a}"].std()) | {f}["{a}"].isna()]',
    '{f} = {f}.loc[{f}["size"] != "tiny"]',
    "{f} = {f}.set_index('id', drop=False)",
)

LOOKED_AT = (
    "{f}.head()",
    'print({f}["{a}"].mean(), {f}.shape)',
    "{f}.isnull().sum()",
    "{f}.describe().T",
    "{f}['{k}'].value_counts()",
    'tmp = {f}["price"] * 2\nprint(tmp.mean())',
    '{f}["share{i}"] = {f}["price"] / {f}["price"].max()',
    'corr = {f}.select_dtypes("number").corr()\ncorr["bought"].sort_values()',
    "import warnings\nwarnings.filterwarnings('ignore')\npd.set_option('display.max_columns', None)",
    "for {c} in {f}.columns:\n    print({c}, {f}[{c}].nunique())",
    "data_copy = {f}.copy()\ndata_copy['{a}'] = data_copy['{a}'].fillna(-1)\ndata_copy.head()",
    "{f}.groupby('{k}')['price'].mean()  # looks fine",
    'print("rows:", len({f}));',
)

FROM_OTHER_FILES = (
    'cities = pd.read_csv("cities.csv")\n{f} = {f}.merge(cities[["city", "inhabitants"]], on="city", how="left")\n'
    '{f}["{n}"] = {f}["inhabitants"].fillna(0)\n{f} = {f}.drop(columns="inhabitants")',
    'cities = pd.read_csv("cities.csv").set_index("city")\n{f}["{n}"] = {f}["city"].map(cities["inhabitants"])',
    'cities = pd.read_csv("cities.csv")\nsizes = dict(zip(cities["city"], cities["inhabitants"]))\n'
    '{f}["{n}"] = {f}["city"].map(sizes).fillna(cities["inhabitants"].mean())',
)

ORDINARY = (
    *MISSING,
    *NUMBERS_MADE,
    *TEXT_AND_DATES,
    *CATEGORIES,
    *LEARNERS,
    *ROWS_LEFT_OUT,
    *LOOKED_AT,
    *FROM_OTHER_FILES,
)

DEVIOUS = (
    'held = {f}["{a}"]\n{f}["{n}"] = held * 2 - held.mean()',
    'before = {f}.copy()\n{f}["{a}"] = {f}["{a}"] - 1\n{f}["{n}"] = before["{a}"] - {f}["{a}"].median()',
    '{v} = {f}["{a}"].{stat}\n{v} = {v} * 2 + {f}["{b}"].mean()\n{f}["{n}"] = {f}["{b}"] - {v}',
    '{v} = {f}["{a}"].mean()\n{f}["{a}"] = {f}["{a}"] * 3\n{f}["{n}"] = {f}["{a}"] - {v}',
    'low, high = {f}["{a}"].quantile(0.1), {f}["{a}"].quantile(0.9)\n{f}["{a}"] = {f}["{a}"].clip(low, high)',
    (
        "{v} = {i}\ndef fn_{n}(z):\n    return z + {v} if z > {v} else 0\n"
        '{f}["{n}"] = {f}["{a}"].apply(fn_{n})\n{v} = {v} + 1\n{f}["{n}"] = {f}["{n}"] + {f}["{a}"].apply(fn_{n})'
    ),
    'cols = ["{a}", "{b}"]\ncols.append("visits")\n{f}["{n}"] = {f}[cols].sum(axis=1)',
    'stats = {{"{a}": {f}["{a}"].mean(), "{b}": {f}["{b}"].median()}}\n{f} = {f}.fillna(stats)\nstats["{a}"] = 0',
    'sc = StandardScaler().fit({f}[["{a}"]])\n{f}["{n}"] = sc.transform({f}[["{a}"]]).ravel()\nsc.fit({f}[["{b}"]])',
    'kept = {f}["{a}"] * 2\n{f} = {f}.drop(columns="{a}")\n{f}["{a}"] = kept',
    '{f}["{a}"] = {f}["{a}"] * (2 if {f}["{b}"].mean() > 5 else 3)',
    (
        'agg = {f}.groupby("{k}")["{a}"].mean()\n{f} = {f}[{f}["{a}"] > {f}["{a}"].min()]\n'
        '{f}["{n}"] = {f}["{k}"].map(agg) - agg.mean()'
    ),
    'values = {f}["{a}"].to_numpy()\n{f}["{n}"] = values - np.nanmean(values)',
    '{f}["{a}"], {f}["{b}"] = {f}["{b}"], {f}["{a}"]',
    '{f}["{n}"] = {f}["{a}"].rank()',
    '{f}["{n}"] = {f}["{a}"].shift(1).fillna(0)',
    '{f}["{n}"] = {f}["{a}"].cumsum()',
    '{f}["{n}"] = range(len({f}))',
    '{f}["{n}"] = {f}.index % 7',
    '{f}["{n}"] = np.sort({f}["{a}"])',
    '{f}["{n}"] = ({f}["{a}"] - {f}["{a}"].iloc[0])',
    '{f}["{n}"] = {f}["{k}"].map(lambda t: len(t) if isinstance(t, str) else 0)',
    'A = {f}[["{a}", "{b}"]].to_numpy(dtype=float)\nA[A > {i}] = {i}\n{f}["{n}"] = A[:, 0]',
    'A = {f}[["{a}", "{b}"]].to_numpy(dtype=float)\nB = A[:, 0]\nB[B > {i}] = {i}\n{f}["{n}"] = A.sum(axis=1)',
    'same = {f}\nsame["{a}"] = same["{a}"] * 2 + same["{a}"].min()',
    'seen = []\n{f}["{n}"] = {f}["{a}"].apply(lambda z: seen.append(z) or len(seen))',
    'other = pd.read_csv("people.csv")\n{f}["{n}"] = {f}["{a}"] - other["visits"].mean()',
    '{f}["{n}"] = {f}.groupby("{k}")["{a}"].transform(lambda s: s - s.mean())',
    '{f}["{n}"] = {f}.groupby("{k}").cumcount()',
    '{f}["{n}"] = np.gradient({f}["{a}"].fillna(0))',
    '{f}["{a}"] = {f}["{a}"].ffill()',
    '{f}["{n}"] = pd.to_numeric({f}["code"], downcast="integer") // 2',
    '{f}["{n}"] = {f}["{k}"].duplicated().astype(int)',
    '{f}["{n}"] = {f}["{a}"].apply(lambda z: z > {f}["{a}"].mean()).astype(int)',
    '{v} = {f}["{a}"].median()\n{f} = {f}[{f}["{b}"] > {f}["{b}"].min()]\n{f}["{a}"] = {f}["{a}"].fillna({v})',
    (
        "def standard(s):\n    return (s - s.mean()) / s.std()\n"
        '{f}["{n}"] = standard({f}["{a}"])\n{f}["{b}"] = standard({f}["{b}"])'
    ),
    '{f}[["{a}", "{b}"]] = {f}[["{a}", "{b}"]].apply(lambda s: s.fillna(s.mean()))',
    '{f}[["{a}", "{b}"]] = {f}[["{a}", "{b}"]].apply(lambda s: (s - s.min()) / (s.max() - s.min()))',
    'M = {f}[["{a}", "{b}"]].values\n{f}["{n}"] = (M - np.nanmean(M, axis=0))[:, 1]',
    '{f}["{n}"] = {f}["{a}"].values / {f}["{a}"].abs().max()',
    '{f}["{n}"] = {f}["{k}"].map({f}["{k}"].value_counts()) / {f}.shape[0]',
    '{f}["{n}"] = {f}["{a}"].where({f}["{a}"] > {f}["{b}"], {f}["{b}"].mean())',
    'before = {f}["{a}"].mean()\n{f}["{a}"] = {f}["{a}"].fillna(before)\nafter = {f}["{a}"].mean()\n'
    '{f}["{n}"] = {f}["{a}"] > after\n{f}["{n}"] = {f}["{n}"].astype(int) + (before > after)',
)

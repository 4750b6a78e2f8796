# ruff: noqa: E501, ISC004 - templates, each statement as it stands in a notebook
"""What people write from the split to the prediction, for random notebooks (tests/random_notebooks.py)."""

AFTER_SPLIT = (
    "",
    "",
    "X_train = X_train.fillna(X_train.median())\nX_test = X_test.fillna(X_train.median())",
    "m = X_train.mean()\nX_train = X_train - m\nX_test = X_test - m",
    "imp = SimpleImputer()\nX_train = imp.fit_transform(X_train)\nX_test = imp.transform(X_test)",
    "sc = StandardScaler()\nX_train, X_test = sc.fit_transform(X_train), sc.transform(X_test)",
    "sc = MinMaxScaler()\nX_train = sc.fit_transform(X_train)\nX_test = sc.fit_transform(X_test)",
    'X_train["extra"] = X_train.iloc[:, 0] * 2\nX_test["extra"] = X_test.iloc[:, 0] * 2',
    (
        "X_train = X_train.fillna(0)\nX_test = X_test.fillna(0)\npca = PCA(2, random_state=0)\n"
        "X_train = pca.fit_transform(X_train)\nX_test = pca.transform(X_test)"
    ),
    (
        "X_train = X_train.fillna(0)\nX_test = X_test.fillna(0)\nsel = SelectKBest(f_classif, k=2)\n"
        "X_train = sel.fit_transform(X_train, y_train)\nX_test = sel.transform(X_test)"
    ),
    (
        "sc = StandardScaler()\ncols = X_train.columns\n"
        "X_train = pd.DataFrame(sc.fit_transform(X_train), columns=cols)\n"
        "X_test = pd.DataFrame(sc.transform(X_test), columns=cols)"
    ),
    (
        "num = X_train.columns[:2]\nsc = StandardScaler().fit(X_train[num])\nX_train[num] = sc.transform(X_train[num])\n"
        "X_test[num] = sc.transform(X_test[num])"
    ),
    (
        "corr = X_train.corr().abs()\nhigh = [c for c in corr.columns[1:] if corr.loc[c, corr.columns[0]] > 0.9]\n"
        "X_train = X_train.drop(columns=high)\nX_test = X_test.drop(columns=high)"
    ),
    (
        "lacking = X_train.columns[X_train.isnull().mean() > 0.1]\nX_train = X_train.drop(lacking, axis=1)\n"
        "X_test = X_test.drop(lacking, axis=1)"
    ),
    (
        "for c in X_train.columns:\n    m = X_train[c].median()\n    X_train[c] = X_train[c].fillna(m)\n"
        "    X_test[c] = X_test[c].fillna(m)"
    ),
    (
        "poly = PolynomialFeatures(2, include_bias=False)\nX_train = poly.fit_transform(X_train.fillna(0))\n"
        "X_test = poly.transform(X_test.fillna(0))"
    ),
    "X_train = X_train.values\nX_test = X_test.values",
)

CLASSIFIERS = (
    "model = DecisionTreeClassifier(random_state=0)\nmodel.fit(X_train, y_train)\ny_pred = model.predict(X_test)",
    (
        "model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression())\nmodel.fit(X_train, y_train)\n"
        "y_pred = model.predict(X_test)"
    ),
    (
        "first = DecisionTreeClassifier(max_depth=1).fit(X_train, y_train)\nprint(first.score(X_test, y_test))\n"
        "model = RandomForestClassifier(5, random_state=0).fit(X_train, y_train)\ny_pred = model.predict(X_test)"
    ),
    (
        "models = {'tree': DecisionTreeClassifier(random_state=0), 'forest': RandomForestClassifier(4, random_state=1)}\n"
        "for name, model in models.items():\n    model.fit(X_train, y_train)\n    y_pred = model.predict(X_test)\n"
        "    print(name, accuracy_score(y_test, y_pred))"
    ),
    (
        "best, best_score = None, -1\nfor depth in [1, 3, 5]:\n"
        "    candidate = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(X_train, y_train)\n"
        "    if candidate.score(X_test, y_test) > best_score:\n"
        "        best, best_score = candidate, candidate.score(X_test, y_test)\ny_pred = best.predict(X_test)"
    ),
    (
        "grid = GridSearchCV(DecisionTreeClassifier(random_state=0), {'max_depth': [1, 3]}, cv=2)\n"
        "grid.fit(X_train, y_train)\ny_pred = grid.best_estimator_.predict(X_test)"
    ),
    (
        "vote = VotingClassifier([('t', DecisionTreeClassifier(random_state=0)), ('f', RandomForestClassifier(3, "
        "random_state=0))])\nvote = vote.fit(X_train, y_train)\ny_pred = vote.predict(X_test)"
    ),
    (
        "stack = StackingClassifier([('t', DecisionTreeClassifier(random_state=0))], RandomForestClassifier(3, "
        "random_state=0), cv=2)\nstack.fit(X_train, y_train)\ny_pred = stack.predict(X_test)"
    ),
    (
        "model = RandomForestClassifier(5, random_state=0)\nmodel.fit(X_train, y_train)\n"
        "proba = model.predict_proba(X_test)[:, 1]\ny_pred = (proba > 0.4).astype(int)"
    ),
    (
        "le_y = LabelEncoder()\nmodel = DecisionTreeClassifier(random_state=0)\n"
        "model.fit(X_train, le_y.fit_transform(y_train.map({0: 'no', 1: 'yes'})))\n"
        "y_pred = le_y.inverse_transform(model.predict(X_test))"
    ),
    (
        "model = DecisionTreeClassifier(random_state=0).fit(X_train, y_train)\npred = model.predict(X_test)\n"
        "names = {0: 'no', 1: 'yes'}\ny_pred = [names[p] for p in pred]"
    ),
    (
        "model = DecisionTreeClassifier(random_state=0).fit(X_train, y_train)\npred = model.predict(X_test)\n"
        "y_pred = pd.Series(pred).map({0: 'no', 1: 'yes'})"
    ),
    (
        "import joblib\nmodel = DecisionTreeClassifier(random_state=0).fit(X_train, y_train)\n"
        "joblib.dump(model, 'model.pkl')\nloaded = joblib.load('model.pkl')\ny_pred = loaded.predict(X_test)"
    ),
    (
        "def evaluate(m, X_tr, y_tr, X_te, y_te):\n    m.fit(X_tr, y_tr)\n    p = m.predict(X_te)\n"
        "    print(accuracy_score(y_te, p))\n    return p\n"
        "y_pred = evaluate(RandomForestClassifier(4, random_state=0), X_train, y_train, X_test, y_test)"
    ),
    (
        "print(cross_val_score(GaussianNB(), X_train.fillna(0) if hasattr(X_train, 'fillna') else X_train, y_train))\n"
        "clf = RandomForestClassifier(3, random_state=0)\nclf.fit(X_train, y_train)\ny_pred = clf.predict(X_test)"
    ),
)

REGRESSORS = (
    (
        "model = DecisionTreeRegressor(random_state=0)\nmodel.fit(X_train, np.log1p(y_train))\n"
        "y_pred = model.predict(X_test)\ny_pred = np.expm1(y_pred)"
    ),
    (
        "model = RandomForestRegressor(4, random_state=0)\nmodel.fit(X_train, y_train)\n"
        "y_pred = np.round(model.predict(X_test))"
    ),
    (
        "model = make_pipeline(SimpleImputer(), Ridge())\nmodel.fit(X_train, y_train)\ny_pred = model.predict(X_test)\n"
        "y_pred = np.clip(y_pred, 0, 100)"
    ),
    (
        "sy = StandardScaler()\nmodel = DecisionTreeRegressor(random_state=0)\n"
        "model.fit(X_train, sy.fit_transform(y_train.values.reshape(-1, 1)))\n"
        "y_pred = sy.inverse_transform(model.predict(X_test).reshape(-1, 1))"
    ),
    (
        "top = y_train.max()\nmodel = RandomForestRegressor(4, random_state=0).fit(X_train, y_train / top)\n"
        "y_pred = model.predict(X_test) * top"
    ),
    (
        "model = DecisionTreeRegressor(max_depth=4, random_state=0).fit(X_train, y_train)\ny_pred = model.predict(X_test)\n"
        "y_pred = y_pred.round(1)\ny_pred[y_pred < 30] = 30"
    ),
)

PIPELINES = (
    (
        "numeric = {numbers!r}\ntext = {texts!r}\n"
        "pre = ColumnTransformer([('n', Pipeline([('i', SimpleImputer(strategy='median')), ('s', StandardScaler())]), "
        "numeric),\n    ('c', Pipeline([('i', SimpleImputer(strategy='most_frequent')), "
        "('o', OneHotEncoder(handle_unknown='ignore'))]), text)])\n"
        "model = Pipeline([('pre', pre), ('m', RandomForestClassifier(4, random_state=0))])"
    ),
    (
        "class Chosen(BaseEstimator, TransformerMixin):\n    def __init__(self, names):\n        self.names = names\n"
        "    def fit(self, X, y=None):\n        return self\n    def transform(self, X):\n        return X[self.names]\n\n\n"
        "model = Pipeline([('c', Chosen({numbers!r})), ('i', SimpleImputer()), "
        "('m', DecisionTreeClassifier(random_state=0))])"
    ),
    (
        "class Filled(BaseEstimator, TransformerMixin):\n    def fit(self, X, y=None):\n"
        "        self.medians_ = X[{numbers!r}].median()\n        return self\n    def transform(self, X):\n"
        "        X = X[{numbers!r}].copy()\n        return X.fillna(self.medians_)\n\n\n"
        "model = Pipeline([('f', Filled()), ('m', DecisionTreeClassifier(random_state=0))])"
    ),
    (
        "cat = X.select_dtypes(exclude='number').columns\nnum = X.select_dtypes(include='number').columns\n"
        "pre = ColumnTransformer([('c', OrdinalEncoder(handle_unknown='use_encoded_value', unknown_value=-1), cat), "
        "('n', SimpleImputer(), num)], remainder='drop')\n"
        "model = make_pipeline(pre, RandomForestClassifier(4, random_state=0))"
    ),
)

WORDS = (
    (
        "vec = TfidfVectorizer()\nX_train = vec.fit_transform(X_train)\nX_test = vec.transform(X_test)\n"
        "model = LogisticRegression().fit(X_train, y_train)\ny_pred = model.predict(X_test)"
    ),
    (
        "cv = CountVectorizer(ngram_range=(1, 2), max_features=12)\nX_train = cv.fit_transform(X_train).toarray()\n"
        "X_test = cv.transform(X_test).toarray()\nmodel = GaussianNB()\nmodel.fit(X_train, y_train)\n"
        "y_pred = model.predict(X_test)"
    ),
    (
        "model = make_pipeline(TfidfVectorizer(stop_words=['bad']), TruncatedSVD(2, random_state=0), "
        "RandomForestClassifier(3, random_state=0))\nmodel.fit(X_train, y_train)\ny_pred = model.predict(X_test)"
    ),
)
CLEANED = (
    "",
    "def clean(text):\n    words = [w for w in text.lower().split() if w != 'late']\n    return ' '.join(words)\n\n"
    '{f}["note"] = {f}["note"].apply(clean)',
    '{f}["note"] = {f}["note"].str.replace(r"[aeiou]", "", regex=True)',
)

SUBMITTED = (
    "",
    "\nsubmission = pd.DataFrame({'id': test['id'], 'answer': y_pred})\nsubmission.to_csv('submission.csv', index=False)",
)

ARRAYS = (
    [
        "X = dataset.iloc{places}.values\ny = dataset.iloc[:, -1].values",
        "imputer = SimpleImputer(missing_values=np.nan, strategy='mean')\nimputer.fit(X)\nX = imputer.transform(X)",
    ],
    [
        "X = dataset.iloc[:, [1, 4, 8]].values\ny = dataset.iloc[:, -1].values",
        "X[:, 1] = LabelEncoder().fit_transform(X[:, 1].astype(str))\nX = X.astype(float)",
    ],
    [
        "X = dataset.iloc[:, [4, 6, 8]].values\ny = dataset['bought'].to_numpy()",
        "ct = ColumnTransformer([('o', OneHotEncoder(), [0, 1])], remainder='passthrough', sparse_threshold=0)\nX = np.array(ct.fit_transform(X), dtype=float)",
        "X = X[:, 1:]",
    ],
    [
        "A = dataset[['age', 'visits']].to_numpy()\nB = dataset[['score']].values\ny = dataset['bought'].values",
        "A = (A - np.nanmean(A, axis=0)) / np.nanstd(A, axis=0)\nX = np.hstack([A, B])",
    ],
    [
        "enc = OneHotEncoder(sparse_output=False, handle_unknown='ignore')\nH = enc.fit_transform(dataset[['size', 'city']])",
        "X = np.concatenate([H, dataset[['age', 'score']].fillna(0).values], axis=1)\ny = dataset.bought",
    ],
    [
        "X = dataset[['age', 'visits', 'score']].values\ny = dataset.values[:, -1].astype(int)",
        "X[np.isnan(X)] = 0\nX = np.c_[X, X[:, 0] * X[:, 1], np.log1p(np.abs(X[:, 2]))]",
    ],
    [
        "vec = CountVectorizer()\nW = vec.fit_transform(dataset['note'].fillna(''))\ny = dataset['bought']",
        "X = hstack([W, dataset[['age', 'score']].fillna(0).values]).tocsr()",
    ],
)

AFTER_ARRAYS = (
    "",
    "sc = StandardScaler()\nX_train = sc.fit_transform(X_train)\nX_test = sc.transform(X_test)",
    "lda = PCA(n_components=2, random_state=0)\nX_train = lda.fit_transform(np.nan_to_num(X_train))\nX_test = lda.transform(np.nan_to_num(X_test))",
)

PIPED = (
    "model.fit(X_train, y_train)\ny_pred = model.predict(X_test)",
    "print(cross_val_score(model, X_train, y_train, cv=2))\nmodel.fit(X_train, y_train)\ny_pred = model.predict(X_test)",
    "model.fit(X_train, y_train)\ny_pred = (model.predict_proba(X_test)[:, 1] >= 0.5).astype(int)",
)

CLUSTERS = (
    "kmeans = KMeans(n_clusters=3, n_init=2, random_state=0)\nkmeans.fit(X)\ny_pred = kmeans.predict(X)",
    "kmeans = KMeans(n_clusters=3, n_init=2, random_state=0)\ny_pred = kmeans.fit_predict(X)",
    "pca = PCA(2, random_state=0)\nP = pca.fit_transform(X)\nkmeans = KMeans(2, n_init=2, random_state=0).fit(P)\ny_pred = kmeans.predict(P)",
)

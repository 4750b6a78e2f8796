"""What well-known functions and methods do to their receiver and arguments."""

from __future__ import annotations

import builtins


def words(text: str) -> frozenset[str]:
    """Make a table of words, which are read more easily than quoted strings."""
    return frozenset(text.split())


BUILTINS = frozenset(dir(builtins)) | {
    "__file__", "__name__", "__doc__", "__builtins__", "__annotations__",
    "get_ipython", "display", "exit", "quit", "In", "Out", "_", "__", "___", "_i", "_ii", "_iii", "_dh", "_oh", "_ih",
}  # fmt: skip

CHANGING_METHODS = words(
    """
    append extend insert remove pop popitem clear update sort reverse setdefault add discard appendleft popleft
    extendleft rotate difference_update intersection_update symmetric_difference_update subtract write writelines
    writerow writerows close read readline readlines seek truncate put get_nowait fit fit_transform fit_predict
    fit_resample fit_sample fit_generator train_on_batch partial_fit train compile build set_params add_vocab
    learn fine_tune fit_one_cycle load_weights load_state_dict load_model warm_start step zero_grad backward eval
    requires_grad_ to cuda cpu half double apply_ fill_ zero_ copy_ add_ sub_ mul_ div_ itemset fill resize
    partition setflags setfield byteswap shuffle add_module register_buffer register_hook insert_before
    set_index_inplace add_node add_edge add_nodes_from add_edges_from remove_node remove_edge execute executemany
    commit rollback cursor rand randn randint random random_sample normal uniform permutation permuted integers
    standard_normal choice choices gauss betavariate triangular expovariate poisson binomial exponential beta
    gamma lognormal multivariate_normal multinomial seed bytes spawn jumped set_title set_xlabel set_ylabel
    set_xlim set_ylim set_xticks set_yticks set_xticklabels set_yticklabels set legend imshow text annotate
    axhline axvline axis grid tick_params pie fill_between violinplot errorbar contour contourf pcolormesh stem
    step_plot suptitle tight_layout add_subplot add_axes add_patch subplots_adjust invert_yaxis invert_xaxis
    set_size_inches add_trace update_layout update_traces update_xaxes update_yaxes map_dataframe set_axis_labels
    set_titles add_legend add_child add_to push push_back enqueue put_nowait send throw __setitem__ __delitem__
    __setattr__ __next__ move_to_end add_argument add_model add_layer add_weight drop_database insert_one
    insert_many update_one delete_one delete_many
    """
)

DRAWING_METHODS = words(
    """
    plot scatter bar barh hist hist2d boxplot violinplot pie fill fill_between imshow matshow contour contourf
    pcolormesh stem step errorbar text annotate axhline axvline axhspan axvspan axis grid legend tick_params table
    add_patch add_artist plot_surface plot_wireframe plot3D scatter3D view_init quiver streamplot invert_yaxis
    invert_xaxis suptitle tight_layout subplots_adjust autofmt_xdate colorbar savefig map map_dataframe
    add_legend add_trace update_layout update_traces update_xaxes update_yaxes
    """
) - {"map", "savefig", "text", "step"}
"""Methods that draw on a figure, or on the current one; they keep nothing that anybody changes later."""

PURE_METHODS = words(
    """
    head tail describe info show display sample nunique unique value_counts isnull isna notnull notna sum mean
    median std var min max count mode corr cov skew kurt quantile groupby agg aggregate apply map applymap
    transform pipe predict predict_proba predict_log_proba decision_function score score_samples evaluate
    inverse_transform get_params get_feature_names get_feature_names_out summary copy deepcopy astype fillna
    dropna drop rename sort_values sort_index reset_index set_index merge join concat pivot pivot_table melt stack
    unstack crosstab replace where mask clip round abs diff shift rolling expanding resample cumsum cumprod rank
    query filter assign isin between duplicated drop_duplicates nlargest nsmallest idxmax idxmin argmax argmin
    argsort any all items iteritems iterrows itertuples keys values get to_csv to_excel to_json to_pickle
    to_parquet to_hdf to_feather to_sql to_dict to_list tolist to_numpy to_frame to_string to_html to_latex
    to_markdown to_datetime to_series memory_usage split rsplit strip lstrip rstrip lower upper title capitalize
    startswith endswith format format_map encode decode splitlines find rfind index partition rpartition zfill
    center ljust rjust isdigit isalpha isnumeric isalnum casefold swapcase translate expandtabs union intersection
    difference symmetric_difference issubset issuperset isdisjoint reshape ravel flatten squeeze transpose
    swapaxes dot view item nonzero select_dtypes select printSchema get_dummies explode to_period to_timestamp
    tz_localize tz_convert strftime strptime date time weekday isoformat timestamp background_gradient style
    hide_index render most_common elements first last nth size cat contains extract extractall findall match
    fullmatch search group groups span numpy detach parameters named_parameters state_dict children modules
    __len__ __repr__ __str__ equals getvalue tell getcwd exists is_file is_dir read_text read_bytes glob iterdir
    mkdir savefig save dump dumps save_model to_image plot_importance ffill bfill interpolate eq ne lt gt le ge
    add_prefix add_suffix reindex nsmallest combine_first xs pct_change floor ceil get_group ngroup cumcount
    set_precision to_period combine last_valid_index first_valid_index asfreq at_time between_time tz info
    """
) - {"sample_"}

SHARING_METHODS = words(
    """
    reshape ravel view squeeze transpose swapaxes to_numpy get setdefault pop popleft popitem values items keys
    groupby rolling expanding resample fit partial_fit set_params train eval to cuda cpu compile parameters
    named_parameters children modules state_dict detach numpy iterrows itertuples iteritems pipe ax subplots
    add_subplot add_axes gca twinx twiny get_figure get_axes flatten __getitem__ __iter__ __enter__ add_trace
    update_layout union most_common elements cursor execute get_group
    """
) - {"flatten", "union", "most_common", "elements"}
"""Methods whose result may be the receiver, a part of it, or hold on to it."""

FRESH_ATTRIBUTES = words(
    """
    shape size ndim dtype dtypes columns index name names nlevels empty is_unique nbytes itemsize
    """
)
"""Attributes whose value is immutable or new, so that changing it cannot change its owner."""

MASK_METHODS = words(
    """
    isin isnull isna notnull notna duplicated between eq ne lt gt le ge contains startswith
    """
)
"""Methods whose result selects rows."""

CHANGED_ARGUMENTS: dict[str, tuple[int, ...]] = {
    "numpy.random.shuffle": (0,),
    "random.shuffle": (0,),
    "numpy.put": (0,),
    "numpy.place": (0,),
    "numpy.copyto": (0,),
    "numpy.putmask": (0,),
    "numpy.fill_diagonal": (0,),
    "numpy.put_along_axis": (0,),
    "heapq.heappush": (0,),
    "heapq.heappop": (0,),
    "heapq.heapify": (0,),
    "heapq.heapreplace": (0,),
    "heapq.heappushpop": (0,),
    "bisect.insort": (0,),
    "bisect.insort_left": (0,),
    "bisect.insort_right": (0,),
    "setattr": (0,),
    "delattr": (0,),
    "next": (0,),
    "json.dump": (1,),
    "pickle.dump": (1,),
    "pickle.load": (0,),
    "json.load": (0,),
    "csv.writer": (0,),
    "operator.setitem": (0,),
    "operator.delitem": (0,),
    "operator.iadd": (0,),
    "torch.nn.utils.clip_grad_norm_": (0,),
    "torch.nn.utils.clip_grad_value_": (0,),
}
"""Library functions that change an argument in place, and which."""

SHARING_FUNCTIONS = words(
    """
    list tuple dict set frozenset sorted reversed zip enumerate iter next map filter max min getattr vars super
    numpy.asarray numpy.asanyarray numpy.ravel numpy.reshape numpy.squeeze numpy.transpose numpy.atleast_1d
    numpy.atleast_2d numpy.expand_dims numpy.swapaxes numpy.moveaxis numpy.split numpy.array_split
    numpy.broadcast_to numpy.ascontiguousarray numpy.nan_to_num_ copy.copy functools.partial functools.reduce
    itertools.chain itertools.islice itertools.cycle itertools.product itertools.zip_longest itertools.tee
    itertools.groupby itertools.repeat collections.deque collections.OrderedDict collections.defaultdict
    collections.ChainMap sklearn.pipeline.make_pipeline sklearn.pipeline.make_union
    sklearn.compose.make_column_transformer imblearn.pipeline.make_pipeline torch.from_numpy torch.as_tensor
    tqdm.tqdm tqdm.notebook.tqdm tqdm.auto.tqdm tqdm.tqdm_notebook operator.itemgetter
    """
)
"""Functions whose result may be, hold or iterate over an argument."""

FRESH_CONSTRUCTORS = words(
    """
    pandas.Series pandas.Timestamp pandas.Timedelta pandas.DatetimeIndex pandas.Index pandas.Categorical
    collections.Counter datetime.datetime datetime.timedelta datetime.date pathlib.Path decimal.Decimal
    fractions.Fraction
    """
) - {"pandas.Series"}

ITERATOR_FUNCTIONS = words(
    """
    map filter zip iter enumerate reversed open csv.reader csv.DictReader os.walk os.scandir re.finditer
    itertools.chain itertools.islice itertools.cycle itertools.count itertools.product itertools.permutations
    itertools.combinations itertools.zip_longest itertools.groupby itertools.starmap itertools.takewhile
    itertools.dropwhile itertools.accumulate itertools.repeat gzip.open bz2.open codecs.open io.open
    """
)
"""Functions that give something which reading uses up."""

ITERATOR_METHODS = words(
    """
    iterrows itertuples iteritems iterdir glob rglob finditer
    """
)

KNOWN_MODULES = words(
    """
    holoviews hvplot datashader geoviews theano jax flax fastai lazypredict vaex polars numba Bio pytorch_lightning
    lightning torchmetrics sktime tsfresh featuretools pyproj cartopy xarray netCDF4 vega_datasets rdkit pgmpy gym
    gymnasium skopt bayes_opt ray streamlit gradio flask fastapi pymongo boto3 tweepy praw cvxpy pulp pymc3 pymc arviz
    librosa soundfile sentence_transformers huggingface_hub openai langchain faiss annoy scikeras colorcet param panel
    numpy pandas scipy sklearn matplotlib seaborn statsmodels xgboost lightgbm catboost imblearn torch torchvision
    torchtext torchaudio tensorflow keras nltk spacy gensim plotly bokeh altair folium geopandas shapely cv2 PIL
    skimage requests bs4 tqdm joblib IPython wordcloud missingno pandas_profiling ydata_profiling
    category_encoders mlxtend shap lime eli5 optuna hyperopt transformers datasets networkx sympy yellowbrick
    textblob prophet fbprophet pmdarima feature_engine scikitplot graphviz pydot pydotplus umap hdbscan kmodes
    surprise implicit dask pyarrow sqlalchemy psycopg2 pymysql openpyxl xlrd yaml tabulate termcolor colorama
    squarify cufflinks plotnine google kaggle wandb mlflow tensorboard dtreeviz ppscore sweetviz autoviz pycountry
    emoji contractions unidecode langdetect googletrans selenium lxml html5lib wget gdown six mpl_toolkits pylab
    ipywidgets sklearn_pandas tensorflow_hub tensorflow_datasets tensorflow_probability tensorflow_addons h2o
    pyspark
    """
)
"""Libraries that are taken to change their arguments only where a table says so."""

STAR_NAMES: dict[str, tuple[str, ...]] = {
    "math": tuple(n for n in dir(__import__("math")) if not n.startswith("_")),
    "random": ("seed", "random", "randint", "choice", "choices", "sample", "shuffle", "uniform", "gauss", "randrange"),
    "pylab": ("np", "plt", "plot", "figure", "show", "title", "xlabel", "ylabel", "legend", "hist", "scatter",
              "array", "arange", "linspace", "zeros", "ones", "sin", "cos", "exp", "log", "sqrt", "mean", "std"),
}  # fmt: skip
"""Public names that well-known star imports bind."""

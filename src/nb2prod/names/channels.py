"""Hidden channels: random state, files, working directory, environment, options, the current figure."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.names.draws import DRAWING, estimator
from nb2prod.names.model import ANY_FILE, CWD, ENVIRON, EVERYTHING, FIGURE, SYSPATH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nb2prod.names.walk import Sources, Walk

NUMPY, RANDOM, TORCH, TENSORFLOW = "rng:numpy", "rng:random", "rng:torch", "rng:tensorflow"
GRADIENTS = "grad:torch"

_SEEDS = {
    "numpy.random.seed": (NUMPY,),
    "numpy.random.set_state": (NUMPY,),
    "random.seed": (RANDOM,),
    "random.setstate": (RANDOM,),
    "torch.manual_seed": (TORCH,),
    "torch.random.manual_seed": (TORCH,),
    "tensorflow.random.set_seed": (TENSORFLOW,),
    "tensorflow.random.set_random_seed": (TENSORFLOW,),
    "tensorflow.set_random_seed": (TENSORFLOW,),
    "tensorflow.keras.utils.set_random_seed": (TENSORFLOW, NUMPY, RANDOM),
    "keras.utils.set_random_seed": (TENSORFLOW, NUMPY, RANDOM),
}
_OWN_STATE = frozenset(
    ("default_rng", "RandomState", "Generator", "PCG64", "MT19937", "Philox", "SeedSequence", "Random", "SystemRandom")
)
_DRAWING_FUNCTIONS = frozenset(
    [
        "train_test_split",
        "resample",
        "shuffle",
        "make_classification",
        "make_regression",
        "make_blobs",
        "make_moons",
        "make_circles",
        "permutation_importance",
        "learning_curve",
        "randomized_svd",
        "cross_val_score",
        "cross_validate",
        "cross_val_predict",
        "validation_curve",
        "mutual_info_classif",
        "mutual_info_regression",
    ]
)
_CROSS = frozenset(("cross_val_score", "cross_validate", "cross_val_predict", "validation_curve", "learning_curve"))
_FITS = frozenset(("fit", "fit_transform", "fit_predict", "fit_resample", "fit_sample", "partial_fit"))
_JITTER = frozenset(
    [
        "barplot",
        "pointplot",
        "lineplot",
        "regplot",
        "lmplot",
        "stripplot",
        "catplot",
        "factorplot",
        "relplot",
        "jointplot",
        "pairplot",
        "residplot",
        "scatterplot",
        "violinplot",
    ]
) - {"scatterplot", "violinplot"}
_PLOT_METHODS = frozenset(("plot", "hist", "boxplot", "plot_feature_importance"))
_READERS = frozenset(
    [
        "numpy.load",
        "numpy.loadtxt",
        "numpy.genfromtxt",
        "numpy.fromfile",
        "joblib.load",
        "cv2.imread",
        "matplotlib.pyplot.imread",
        "matplotlib.image.imread",
        "PIL.Image.open",
        "skimage.io.imread",
        "scipy.io.loadmat",
        "scipy.io.wavfile.read",
        "os.path.exists",
        "os.path.isfile",
        "os.path.getsize",
        "os.listdir",
        "os.walk",
        "os.scandir",
        "glob.glob",
        "glob.iglob",
        "zipfile.ZipFile",
        "tarfile.open",
        "torch.load",
        "tensorflow.keras.models.load_model",
        "keras.models.load_model",
        "geopandas.read_file",
        "librosa.load",
        "h5py.File",
        "sqlite3.connect",
        "gzip.open",
        "bz2.open",
        "codecs.open",
        "io.open",
        "open",
        "image.imread",
        "json.read",
        "dask.dataframe.read_csv",
        "xlrd.open_workbook",
        "openpyxl.load_workbook",
        "yaml.load_file",
        "sklearn.externals.joblib.load",
    ]
)
_WRITERS = {
    "numpy.save": 0, "numpy.savetxt": 0, "numpy.savez": 0, "numpy.savez_compressed": 0, "joblib.dump": 1,
    "sklearn.externals.joblib.dump": 1, "torch.save": 1, "matplotlib.pyplot.savefig": 0, "matplotlib.pyplot.imsave": 0,
    "cv2.imwrite": 0, "imageio.imwrite": 0, "urllib.request.urlretrieve": 1, "wget.download": -1,
    "os.remove": 0, "os.unlink": 0, "os.rename": -1, "os.replace": -1, "os.makedirs": -1, "os.mkdir": -1, "shutil.copy": -1,
    "shutil.copyfile": -1, "shutil.move": -1, "shutil.rmtree": -1, "shutil.unpack_archive": -1, "os.system": -1,
    "subprocess.run": -1, "subprocess.call": -1, "subprocess.check_call": -1, "subprocess.check_output": -1,
    "subprocess.Popen": -1, "gdown.download": -1,
}  # fmt: skip
_WRITING_METHODS = frozenset(
    [
        "to_csv",
        "to_excel",
        "to_parquet",
        "to_pickle",
        "to_feather",
        "to_hdf",
        "to_json",
        "to_stata",
        "to_sql",
        "to_html",
        "to_latex",
        "savefig",
        "save",
        "save_model",
        "save_weights",
        "write_text",
        "write_bytes",
        "write_html",
        "write_image",
        "extractall",
        "extract",
        "save_pretrained",
        "export_graphviz",
        "unlink",
        "rename",
        "touch",
    ]
)
_READING_METHODS = frozenset(("read_text", "read_bytes", "load_model", "load_weights"))
_OPTIONS = {
    "pandas.set_option": "options:pandas",
    "pandas.reset_option": "options:pandas",
    "numpy.seterr": "options:numpy",
    "numpy.set_printoptions": "options:numpy",
    "sklearn.set_config": "options:sklearn",
    "warnings.filterwarnings": "options:warnings",
    "warnings.simplefilter": "options:warnings",
    "matplotlib.pyplot.style.use": "options:matplotlib",
    "matplotlib.style.use": "options:matplotlib",
    "matplotlib.use": "options:matplotlib",
    "matplotlib.rc": "options:matplotlib",
    "matplotlib.pyplot.rc": "options:matplotlib",
    "matplotlib.pyplot.rcParams.update": "options:matplotlib",
    "matplotlib.rcParams.update": "options:matplotlib",
    "seaborn.set": "options:matplotlib",
    "seaborn.set_style": "options:matplotlib",
    "seaborn.set_theme": "options:matplotlib",
    "seaborn.set_context": "options:matplotlib",
    "seaborn.set_palette": "options:matplotlib",
    "seaborn.despine": FIGURE,
}


def call(  # noqa: PLR0913 - the parts of a call
    walk: Walk, node: ast.Call, path: str | None, method: str, receiver: Sources, named: dict[str | None, Sources]
) -> Sources:
    """The channels a call touches; the result is the channels its value is a handle of."""
    if path is not None:
        if path.startswith("get_ipython") or method in ("run_line_magic", "run_cell_magic", "system", "getoutput"):
            _magic(walk, node, method)
            return ()
        return _function(walk, node, path, named)
    if method in ("run_line_magic", "run_cell_magic", "system", "getoutput"):
        _magic(walk, node, method)
        return ()
    return _method(walk, node, method, receiver, named)


def _function(walk: Walk, node: ast.Call, path: str, named: dict[str | None, Sources]) -> Sources:
    name = path.rpartition(".")[2]
    for channel in _SEEDS.get(path, ()):
        walk.bind(channel, node)
    if path in _SEEDS or name in _OWN_STATE:
        return ()
    if path in _OPTIONS:
        _touch(walk, (_OPTIONS[path],), node)
        return ()
    if path.startswith(("numpy.random.", "scipy.stats.")) and (path.startswith("numpy") or "random_state" not in named):
        if path.startswith("numpy") or name == "rvs":
            _draw(walk, (NUMPY,), node)
    elif path.startswith("random."):
        _draw(walk, (RANDOM,), node)
    elif path.startswith(("torch.", "torchvision.")):
        if name not in ("load", "save", "device", "no_grad", "tensor", "from_numpy", "is_available"):
            _draw(walk, (TORCH,), node, suspected=True)
    elif path.startswith(("tensorflow.", "keras.")):
        _draw(walk, (TENSORFLOW,), node, suspected=True)
    elif name in _DRAWING_FUNCTIONS:
        _drawing_function(walk, node, name)
    elif path.startswith("seaborn.") and name in _JITTER:
        _draw(walk, (NUMPY,), node)
    if path.startswith(("matplotlib.pyplot.", "seaborn.", "pylab.")):
        return _pyplot(walk, node, path, name)
    return _files(walk, node, path, named)


def _method(walk: Walk, node: ast.Call, method: str, receiver: Sources, named: dict[str | None, Sources]) -> Sources:
    if method in _FITS:
        _fit(walk, node)
    elif (method == "sample" and _unseeded(node)) or (method == "rvs" and _unseeded(node)):
        _draw(walk, (NUMPY,), node)
    elif method == "split" and isinstance(node.func, ast.Attribute):
        if estimator(walk.context, node.func.value) is True:
            _draw(walk, (NUMPY,), node)
    elif method in ("backward", "step", "zero_grad") and "torch" in walk.context.modules:
        _touch(walk, (GRADIENTS,), node)
    function = node.func
    if method in _PLOT_METHODS or (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Attribute)
        and function.value.attr == "plot"
    ):
        _touch(walk, (FIGURE,), node)
        walk.reads.setdefault("options:matplotlib", node)
        return (FIGURE,)
    if method in _WRITING_METHODS:
        first = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg in _PATH_KEYWORDS), None)
        if method in ("to_csv", "to_json", "to_html", "to_latex") and first is None:
            return ()
        if method in ("write_text", "write_bytes", "unlink", "rename", "touch") and isinstance(function, ast.Attribute):
            first = function.value
        _write(walk, node, first)
    elif method in _READING_METHODS and isinstance(function, ast.Attribute):
        _read_file(walk, node, function.value if method.startswith("read") else (node.args[0] if node.args else None))
    elif method == "open" and isinstance(function, ast.Attribute):
        return _open(walk, node, function.value, node.args[0] if node.args else None)
    return ()


_PATH_KEYWORDS = frozenset(
    (
        "path_or_buf",
        "path",
        "fname",
        "filename",
        "filepath_or_buffer",
        "excel_writer",
        "fp",
        "file",
        "filepath",
        "io",
        "buf",
    )
)


def _fit(walk: Walk, node: ast.Call) -> None:
    """Fitting an unseeded estimator draws from numpy's global state; one we do not know may."""
    function = node.func
    assert isinstance(function, ast.Attribute)  # noqa: S101 - it is a method
    known = estimator(walk.context, function.value)
    if known is None and isinstance(function.value, ast.Name) and "#" not in walk.key(function.value.id):
        known = walk.context.draws(function.value.id)
    if known is not False:
        _draw(walk, (NUMPY,), node, suspected=known is None)
    if {"tensorflow", "keras"} & walk.context.modules:
        _draw(walk, (TENSORFLOW,), node, suspected=True)
    if "torch" in walk.context.modules:
        _draw(walk, (TORCH,), node, suspected=True)


def _drawing_function(walk: Walk, node: ast.Call, name: str) -> None:
    if name in _CROSS:
        known = estimator(walk.context, node.args[0]) if node.args else None
        if known is not False:
            _draw(walk, (NUMPY,), node, suspected=known is None)
        return
    ordered = any(
        k.arg == "shuffle" and isinstance(k.value, ast.Constant) and k.value.value is False for k in node.keywords
    )
    if _unseeded(node) and not ordered:
        _draw(walk, (NUMPY,), node)


def _unseeded(node: ast.Call) -> bool:
    for keyword in node.keywords:
        if keyword.arg is None:
            return True
        if keyword.arg in ("random_state", "seed"):
            return isinstance(keyword.value, ast.Constant) and keyword.value.value is None
    return True


def _pyplot(walk: Walk, node: ast.Call, path: str, name: str) -> Sources:
    walk.reads.setdefault("options:matplotlib", node)
    if name in ("savefig", "imsave"):
        walk.read(FIGURE, node)
        _write(walk, node, node.args[0] if node.args else None)
        return ()
    if name == "imread":
        _read_file(walk, node, node.args[0] if node.args else None)
        return ()
    if name in ("load_dataset", "color_palette", "get_cmap"):
        return ()
    _touch(walk, (FIGURE,), node)
    if path.startswith("matplotlib") and name in ("figure", "subplots", "close") and not node.args:
        walk.bind(FIGURE, node)
    return (FIGURE,)


def _files(walk: Walk, node: ast.Call, path: str, named: dict[str | None, Sources]) -> Sources:
    del named
    first = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg in _PATH_KEYWORDS), None)
    if path in ("open", "io.open", "gzip.open", "bz2.open", "codecs.open"):
        mode = node.args[1] if len(node.args) > 1 else next((k.value for k in node.keywords if k.arg == "mode"), None)
        return _open(walk, node, first, mode)
    if path.startswith("pandas.read_") or path in _READERS:
        _read_file(walk, node, first)
        if path in ("sqlite3.connect", "zipfile.ZipFile", "h5py.File"):
            return (_file(walk, first),)
        return ()
    if path in _WRITERS:
        number = _WRITERS[path]
        _write(walk, node, node.args[number] if 0 <= number < len(node.args) else None)
    elif path == "os.chdir":
        _touch(walk, (CWD,), node)
        walk.bind(CWD, node)
    elif path in ("os.getcwd", "os.path.abspath", "pathlib.Path.cwd"):
        walk.read(CWD, node)
    elif path in ("os.getenv", "os.environ.get"):
        walk.read(ENVIRON, node)
    elif path in ("os.putenv", "os.environ.update", "os.environ.setdefault", "dotenv.load_dotenv"):
        _touch(walk, (ENVIRON,), node)
    elif path in ("sys.path.append", "sys.path.insert", "sys.path.extend", "site.addsitedir"):
        _touch(walk, (SYSPATH,), node)
    return ()


def _open(walk: Walk, node: ast.Call, path: ast.expr | None, mode: ast.expr | None) -> Sources:
    text = "r" if mode is None else walk.context.text(mode)
    if text is not None and not set(text) & set("wax+"):
        _read_file(walk, node, path)
        return ()
    if text is None or "w" not in text:
        _read_file(walk, node, path)
    _write(walk, node, path)
    return (_file(walk, path),)


def _file(walk: Walk, path: ast.expr | None) -> str:
    text = walk.context.text(path)
    if text is None:
        return ANY_FILE
    while text.startswith("./"):
        text = text[2:]
    return f"file:{text}"


def _read_file(walk: Walk, node: ast.AST, path: ast.expr | None) -> None:
    walk.read(_file(walk, path), node)
    walk.read(CWD, node)


def _write(walk: Walk, node: ast.AST, path: ast.expr | None) -> None:
    channel = _file(walk, path)
    walk.read(CWD, node)
    if channel == ANY_FILE:
        walk.mutate((channel,), node)
    else:
        walk.bind(channel, node)


def _draw(walk: Walk, channels: Iterable[str], node: ast.AST, *, suspected: bool = False) -> None:
    for channel in channels:
        walk.read(channel, node)
        walk.mutate((channel,), node, suspected=suspected)


def _touch(walk: Walk, channels: Iterable[str], node: ast.AST) -> None:
    _draw(walk, channels, node)


def assign_part(walk: Walk, target: ast.Attribute | ast.Subscript) -> None:
    """Assigning to a part of a library is setting an option."""
    path = walk.context.dotted(target if isinstance(target, ast.Attribute) else target.value, walk.scope)
    if path is None:
        return
    if path.startswith("os.environ"):
        _touch(walk, (ENVIRON,), target)
    elif path.startswith("pandas.options"):
        _touch(walk, ("options:pandas",), target)
    elif "rcParams" in path:
        _touch(walk, ("options:matplotlib",), target)
    elif path.startswith("sys.path"):
        _touch(walk, (SYSPATH,), target)


def read_attribute(walk: Walk, node: ast.Attribute) -> None:
    """`os.environ` is the environment."""
    if node.attr == "environ":
        walk.read(ENVIRON, node)


def _magic(walk: Walk, node: ast.Call, method: str) -> None:
    """IPython's commands, as magics.py writes them."""
    words = [walk.context.text(a) or "" for a in node.args]
    if method in ("system", "getoutput"):
        _draw(walk, (ANY_FILE,), node)
        walk.read(CWD, node)
        return
    command, line = (words[0] if words else ""), (words[1] if len(words) > 1 else "")
    if command == "cd":
        walk.bind(CWD, node)
    elif command in ("env", "set_env"):
        _touch(walk, (ENVIRON,), node)
    elif command == "matplotlib":
        _touch(walk, ("options:matplotlib",), node)
    elif command == "store" and "-r" in line.split():
        names = [w for w in line.split() if w != "-r"]
        for name in names:
            walk.bind(name, node)
        if not names:
            walk.binds.setdefault(EVERYTHING, node)
    elif command in ("run", "load", "pylab", "sql", "R"):
        walk.binds.setdefault(EVERYTHING, node)
        if command == "run":
            walk.reads.setdefault(EVERYTHING, node)
            _draw(walk, (ANY_FILE,), node)
    elif command in ("writefile", "file", "bash", "sh", "script", "sx", "system", "!"):
        _draw(walk, (ANY_FILE,), node)


__all__ = ["DRAWING", "assign_part", "call", "read_attribute"]

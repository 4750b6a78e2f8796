"""Hidden channels: random state, files, working directory, environment, options, the current figure."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

from nb2prod.magics import effects as magic_effects
from nb2prod.names.draws import estimator
from nb2prod.names.knowledge import DRAWING_METHODS, words
from nb2prod.names.model import ANY_FILE, CWD, ENVIRON, EVERYTHING, FIGURE, SYSPATH

if TYPE_CHECKING:
    from nb2prod.names.walk import Sources, Walk

STYLE = "options:matplotlib"
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
_OWN_STATE = words("default_rng RandomState Generator PCG64 MT19937 Philox SeedSequence Random SystemRandom")
_TORCH_WITHOUT_CHANCE = words("load save device no_grad tensor from_numpy is_available")
_DRAWING_FUNCTIONS = words(
    """train_test_split resample shuffle make_classification make_regression make_blobs make_moons make_circles
    permutation_importance randomized_svd mutual_info_classif mutual_info_regression"""
)
_CROSS = words("cross_val_score cross_validate cross_val_predict validation_curve learning_curve")
_FITS = words("fit fit_transform fit_predict fit_resample fit_sample partial_fit")
_GRADIENT_METHODS = words("backward step zero_grad")
_JITTER = words("barplot pointplot lineplot regplot lmplot stripplot catplot factorplot relplot jointplot pairplot")
_PLOTTING = ("matplotlib.pyplot.", "seaborn.", "pylab.")
_PLAIN_PLOT_FUNCTIONS = words("load_dataset color_palette get_cmap")
_PATH_KEYWORDS = words("path_or_buf path fname filename filepath_or_buffer excel_writer fp file filepath io buf")
_OPENERS = words("open io.open gzip.open bz2.open codecs.open")
_READERS = words(
    """numpy.load numpy.loadtxt numpy.genfromtxt numpy.fromfile joblib.load sklearn.externals.joblib.load cv2.imread
    matplotlib.image.imread PIL.Image.open skimage.io.imread scipy.io.loadmat scipy.io.wavfile.read os.path.exists
    os.path.isfile os.path.getsize zipfile.ZipFile tarfile.open
    torch.load tensorflow.keras.models.load_model keras.models.load_model geopandas.read_file librosa.load h5py.File
    sqlite3.connect dask.dataframe.read_csv xlrd.open_workbook openpyxl.load_workbook"""
)
_LISTINGS = words("os.listdir os.walk os.scandir glob.glob glob.iglob")
_BOTH_WAYS = words("sqlite3.connect zipfile.ZipFile h5py.File")
_WRITERS = {  # which argument is the path; -1: several, or anything
    "numpy.save": 0, "numpy.savetxt": 0, "numpy.savez": 0, "numpy.savez_compressed": 0, "joblib.dump": 1,
    "sklearn.externals.joblib.dump": 1, "torch.save": 1, "cv2.imwrite": 0, "imageio.imwrite": 0,
    "urllib.request.urlretrieve": 1, "wget.download": -1, "gdown.download": -1, "os.remove": 0, "os.unlink": 0,
    "os.rename": -1, "os.replace": -1, "os.makedirs": -1, "os.mkdir": -1, "os.system": -1, "shutil.copy": -1,
    "shutil.copyfile": -1, "shutil.move": -1, "shutil.rmtree": -1, "shutil.unpack_archive": -1, "subprocess.run": -1,
    "subprocess.call": -1, "subprocess.check_call": -1, "subprocess.check_output": -1, "subprocess.Popen": -1,
}  # fmt: skip
_WRITING_METHODS = words(
    """to_csv to_excel to_parquet to_pickle to_feather to_hdf to_json to_stata to_sql to_html to_latex savefig save
    save_model save_weights write_text write_bytes write_html write_image extractall extract save_pretrained
    unlink rename touch"""
) - {"extract", "rename"}
_PATH_METHODS = words("write_text write_bytes unlink touch")
_TEXT_WITHOUT_PATH = words("to_csv to_json to_html to_latex")
_READING_METHODS = words("read_text read_bytes load_model load_weights")
_LISTING_METHODS = words("iterdir glob rglob")
_PROCESS_READS = {
    "os.getcwd": CWD,
    "os.path.abspath": CWD,
    "pathlib.Path.cwd": CWD,
    "os.getenv": ENVIRON,
    "os.environ.get": ENVIRON,
}
_PROCESS_WRITES = {
    "os.putenv": ENVIRON,
    "os.environ.update": ENVIRON,
    "os.environ.setdefault": ENVIRON,
    "dotenv.load_dotenv": ENVIRON,
    "sys.path.append": SYSPATH,
    "sys.path.insert": SYSPATH,
    "sys.path.extend": SYSPATH,
    "site.addsitedir": SYSPATH,
}
_OPTIONS = {
    "pandas.set_option": "options:pandas",
    "pandas.reset_option": "options:pandas",
    "numpy.seterr": "options:numpy",
    "numpy.set_printoptions": "options:numpy",
    "sklearn.set_config": "options:sklearn",
    "warnings.filterwarnings": "options:warnings",
    "warnings.simplefilter": "options:warnings",
    "matplotlib.pyplot.style.use": STYLE,
    "matplotlib.style.use": STYLE,
    "matplotlib.use": STYLE,
    "matplotlib.rc": STYLE,
    "matplotlib.pyplot.rc": STYLE,
    "matplotlib.pyplot.rcParams.update": STYLE,
    "matplotlib.rcParams.update": STYLE,
    "seaborn.set": STYLE,
    "seaborn.set_style": STYLE,
    "seaborn.set_theme": STYLE,
    "seaborn.set_context": STYLE,
    "seaborn.set_palette": STYLE,
}
_SETTINGS = {
    "os.environ": ENVIRON,
    "pandas.options": "options:pandas",
    "matplotlib.rcParams": STYLE,
    "matplotlib.pyplot.rcParams": STYLE,
    "sys.path": SYSPATH,
}
MAGICS = words("run_line_magic run_cell_magic system getoutput")
_FILE_MAGICS = words("run writefile file bash sh script sx system ! cp mv rm mkdir perl ruby")
_INSTALLERS = words("pip pip3 conda mamba apt apt-get uv brew python -m")
_LOOKERS = words("ls head tail cat wc pwd echo nvidia-smi which file du df free grep tree")


_TABLES = (
    _SEEDS, _OPTIONS, _OPENERS, _READERS, _LISTINGS, _WRITERS, _PROCESS_READS, _PROCESS_WRITES, frozenset(["os.chdir"])
)  # fmt: skip
_CHANCE = frozenset(["random", "torch", "torchvision", "tensorflow", "keras"])
_METHODS = (
    DRAWING_METHODS | _WRITING_METHODS | _READING_METHODS | _LISTING_METHODS | _FITS | _GRADIENT_METHODS
    | {"open", "sample", "rvs", "split"}
)  # fmt: skip
"""Methods that may touch a channel."""


def call(walk: Walk, node: ast.Call, path: str | None, method: str) -> Sources:
    """Note the channels a call touches; the result is the channels its value is a handle of."""
    if method in MAGICS and path is None:
        magic(walk, node, method)
        return ()
    if path is None:
        return _method(walk, node, method)
    if not _known(path):
        return ()
    name = path.rpartition(".")[2]
    if path in _SEEDS:
        for channel in _SEEDS[path]:
            walk.bind(channel, node)
    elif path in _OPTIONS:
        _touch(walk, _OPTIONS[path], node)
    elif name not in _OWN_STATE:
        _random(walk, node, path, name)
        if path.startswith(_PLOTTING) or name.startswith("plot_"):
            return _plot(walk, node, path, name)
        return _files(walk, node, path)
    return ()


@cache
def _known(path: str) -> bool:
    """Whether calling a library's function of that name may touch a channel; that of most does not."""
    name = path.rpartition(".")[2]
    return (
        path.partition(".")[0] in _CHANCE
        or path.startswith((*_PLOTTING, "numpy.random.", "pandas.read_", "plot_"))
        or ".plot_" in path
        or name in _DRAWING_FUNCTIONS | _CROSS | _JITTER
        or name == "rvs"
        or any(path in table for table in _TABLES)
    )


# Random state


def _random(walk: Walk, node: ast.Call, path: str, name: str) -> None:
    root = path.partition(".")[0]
    if path.startswith("numpy.random."):
        _touch(walk, NUMPY, node)
    elif root == "random":
        _touch(walk, RANDOM, node)
    elif root in ("torch", "torchvision"):
        if name not in _TORCH_WITHOUT_CHANCE:
            _touch(walk, TORCH, node, suspected=True)
    elif root in ("tensorflow", "keras"):
        _touch(walk, TENSORFLOW, node, suspected=True)
    elif name in _CROSS:
        parts = [*node.args[:1], *(k.value for k in node.keywords if k.arg in ("estimator", "cv"))]
        known = {estimator(walk.context, walk.scope, part) for part in parts}
        if known != {False}:
            _touch(walk, NUMPY, node, suspected=True not in known)
    elif (
        (name in _DRAWING_FUNCTIONS and _unseeded(node) and not _ordered(node))
        or (name in _JITTER and root == "seaborn")
        or (name == "rvs" and _unseeded(node))
    ):
        _touch(walk, NUMPY, node)


def _fit(walk: Walk, node: ast.Call, receiver: ast.expr) -> None:
    """Fitting an unseeded estimator draws from numpy's global state; one we do not know may."""
    known = estimator(walk.context, walk.scope, receiver)
    if known is not False:
        _touch(walk, NUMPY, node, suspected=known is None)
    if {"tensorflow", "keras"} & walk.context.modules:
        _touch(walk, TENSORFLOW, node, suspected=True)
    if "torch" in walk.context.modules:
        _touch(walk, TORCH, node, suspected=True)


def _ordered(node: ast.Call) -> bool:
    return any(k.arg == "shuffle" and isinstance(k.value, ast.Constant) and not k.value.value for k in node.keywords)


def _unseeded(node: ast.Call) -> bool:
    for keyword in node.keywords:
        if keyword.arg in ("random_state", "seed"):
            return isinstance(keyword.value, ast.Constant) and keyword.value.value is None
    return True


# Methods


def _method(walk: Walk, node: ast.Call, method: str) -> Sources:
    function = node.func
    if not isinstance(function, ast.Attribute):
        return ()
    receiver = function.value
    if method not in _METHODS and not (isinstance(receiver, ast.Attribute) and receiver.attr == "plot"):
        return ()
    _random_method(walk, node, method, receiver)
    if method in DRAWING_METHODS or (isinstance(receiver, ast.Attribute) and receiver.attr == "plot"):
        walk.read(STYLE, node)
        _touch(walk, FIGURE, node)
        return (FIGURE,)
    if method in _WRITING_METHODS:
        first = receiver if method in _PATH_METHODS else _first(node)
        if first is not None or method not in _TEXT_WITHOUT_PATH:
            _write(walk, node, first)
    elif method in _READING_METHODS:
        _read_file(walk, node, receiver if method.startswith("read") else _first(node))
    elif method in _LISTING_METHODS:
        _list_files(walk, node)
    elif method == "open":
        return _open(walk, node, receiver, node.args[0] if node.args else None)
    return ()


def _random_method(walk: Walk, node: ast.Call, method: str, receiver: ast.expr) -> None:
    if method in _FITS:
        _fit(walk, node, receiver)
    elif (method in ("sample", "rvs") and _unseeded(node)) or (
        method == "split" and estimator(walk.context, walk.scope, receiver) is True
    ):
        _touch(walk, NUMPY, node)
    elif method in _GRADIENT_METHODS and "torch" in walk.context.modules:
        _touch(walk, GRADIENTS, node)


def _plot(walk: Walk, node: ast.Call, path: str, name: str) -> Sources:
    """Draw on the current figure, or begin a new one."""
    first = _first(node)
    if name in _PLAIN_PLOT_FUNCTIONS:
        return ()
    if name == "imread":
        _read_file(walk, node, first)
        return ()
    walk.read(STYLE, node)
    if name in ("savefig", "imsave"):
        walk.read(FIGURE, node)
        _write(walk, node, first)
        return ()
    if path.startswith("matplotlib") and name in ("figure", "subplots") and not _reuses_figure(node):
        walk.bind(FIGURE, node)
    else:
        _touch(walk, FIGURE, node)
    return (FIGURE,)


def _reuses_figure(node: ast.Call) -> bool:
    """`plt.figure(1)` may go back to a figure that is there."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    return name == "figure" and (bool(node.args) or any(k.arg == "num" for k in node.keywords))


# Files and the process


def _files(walk: Walk, node: ast.Call, path: str) -> Sources:
    first = _first(node)
    if path in _OPENERS:
        mode = node.args[1] if len(node.args) > 1 else next((k.value for k in node.keywords if k.arg == "mode"), None)
        return _open(walk, node, first, mode)
    if path.startswith("pandas.read_") or path in _READERS:
        _read_file(walk, node, first)
        return (_file(walk, first),) if path in _BOTH_WAYS else ()
    if path in _LISTINGS:
        _list_files(walk, node)
    elif path in _WRITERS:
        number = _WRITERS[path]
        _write(walk, node, node.args[number] if 0 <= number < len(node.args) else None)
    elif path == "os.chdir":
        walk.read(CWD, node)
        walk.bind(CWD, node)
    elif path in _PROCESS_READS:
        walk.read(_PROCESS_READS[path], node)
    elif path in _PROCESS_WRITES:
        _touch(walk, _PROCESS_WRITES[path], node)
    return ()


def _first(node: ast.Call) -> ast.expr | None:
    """Find the path a call is given: its first argument, or by its usual names."""
    return node.args[0] if node.args else next((k.value for k in node.keywords if k.arg in _PATH_KEYWORDS), None)


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


def _list_files(walk: Walk, node: ast.AST) -> None:
    """What a folder holds depends on every file that was written before."""
    walk.read(ANY_FILE, node)
    walk.read(CWD, node)


def _write(walk: Walk, node: ast.AST, path: ast.expr | None) -> None:
    channel = _file(walk, path)
    walk.read(CWD, node)
    if channel == ANY_FILE:
        walk.mutate((channel,), node)
    else:
        walk.bind(channel, node)


def _touch(walk: Walk, channel: str, node: ast.AST, *, suspected: bool = False) -> None:
    """Read a channel and change it."""
    walk.read(channel, node)
    walk.mutate((channel,), node, suspected=suspected)


def assign_part(walk: Walk, target: ast.Attribute | ast.Subscript) -> None:
    """Assign to a part of a library, which sets an option."""
    path = walk.context.dotted(target if isinstance(target, ast.Attribute) else target.value, walk.scope)
    if path is not None:
        for start, channel in _SETTINGS.items():
            if path.startswith(start):
                _touch(walk, channel, target)


def read_attribute(walk: Walk, node: ast.Attribute) -> None:
    """`os.environ` is the environment."""
    if node.attr == "environ":
        walk.read(ENVIRON, node)


# IPython


def magic(walk: Walk, node: ast.Call, method: str) -> None:
    """IPython's commands, as magics.py writes them."""
    texts = [walk.context.text(argument) for argument in node.args]
    if method in ("system", "getoutput"):
        _shell(walk, node, texts[0] if texts else None)
        return
    name, line, body = [*(text or "" for text in texts), "", "", ""][:3]
    if name == "cd":
        walk.bind(CWD, node)
    elif name in ("env", "set_env"):
        _touch(walk, ENVIRON, node)
    elif name == "matplotlib":
        _touch(walk, STYLE, node)
    elif name in _FILE_MAGICS:
        _touch(walk, ANY_FILE, node)
    _magic_names(walk, node, name, line, body)


def _magic_names(walk: Walk, node: ast.Call, name: str, line: str, body: str) -> None:
    for read in magic_effects.read_by(name, line):
        walk.read(read, node)
    bound = magic_effects.bound_by(name, line, body)
    deleted = magic_effects.deleted_by(name, line)
    if isinstance(bound, magic_effects.Unknown):
        walk.binds.setdefault(EVERYTHING, node)
        walk.read(EVERYTHING, node)
    else:
        for binds in bound:
            walk.bind(binds, node)
    if isinstance(deleted, magic_effects.Unknown):
        walk.read(EVERYTHING, node)
    else:
        for gone in deleted:
            walk.delete(gone, node)


def _shell(walk: Walk, node: ast.Call, command: str | None) -> None:
    """`!command` may write any file, but for a few that only look or install."""
    first = (command or "").split()[:1]
    walk.read(CWD, node)
    if first and first[0] in _INSTALLERS:
        return
    walk.read(ANY_FILE, node)
    if not first or first[0] not in _LOOKERS or ">" in (command or ""):
        walk.mutate((ANY_FILE,), node, suspected=True)

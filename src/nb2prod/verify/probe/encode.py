# ruff: noqa: ANN401, PTH103, PTH105, PTH110, PTH118, PTH123 - values are anything; os.path is enough here
"""A value as plain data, so that it can be compared elsewhere without its classes and without running code.

A node is a builtin scalar or a tuple that starts with its tag:

    ("plain", blob)                       exact builtins all through, marshalled
    ("list" | "tuple" | "set", class, nodes)   ("dict", class, ((key, value), ...))
    ("array", dtype, shape, blob)         ("objects", shape, node)   ("fields", shape, ((name, node), ...))
    ("scalar", dtype, node)               a numpy scalar
    ("frame", columns, index, nodes)      ("series", name, index, node)   ("index", names, node)
    ("categorical", ordered, categories, codes)   ("extension", dtype, missing, node)
    ("sparse", format, shape, node)       ("object", class, nodes)   anything that says how it is rebuilt
    ("named", kind, name)                 functions, classes, modules: by name
    ("ignored", class)                    pictures
    ("opaque", class, reason)             what cannot be looked into

A blob is bytes, or ("at", digest, size) for a file of the store, or ("digest", digest, size) when too large to keep.
Nothing here draws random numbers, copies deeply or changes the value.
"""

from __future__ import annotations

import collections.abc
import hashlib
import io
import marshal
import os
import time
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

INLINE = 512
ATOMS = (type(None), bool, int, float, complex, str, bytes)
_DEEPEST = 100
_ATOMS = frozenset(ATOMS)
_CONTAINERS = frozenset({list, tuple, dict})
PICTURES = frozenset({"matplotlib", "mpl_toolkits", "seaborn", "plotly", "altair", "bokeh", "IPython", "ipywidgets"})
CACHES = frozenset({"_cache", "_item_cache", "_stop_words_id"})  # of pandas; of scikit-learn's vectorizers, an id()


class TooLarge(Exception):  # noqa: N818 - as StopIteration
    """The value has too many parts, or takes too long, to be looked at."""


class Store:
    """Bytes in a folder, each content once, named by its digest."""

    def __init__(self, folder: str, limit: int = 256 * 2**20) -> None:
        """Keep contents of up to `limit` bytes; of larger ones only the digest."""
        self.folder, self.limit = folder, limit
        os.makedirs(folder, exist_ok=True)

    def put(self, content: bytes) -> str:
        """Keep this content; its digest."""
        digest = hashlib.blake2b(content, digest_size=16).hexdigest()
        path = os.path.join(self.folder, digest)
        if not os.path.exists(path):
            with open(path + ".part", "wb") as file:
                file.write(content)
            os.replace(path + ".part", path)
        return digest

    def blob(self, content: bytes) -> Any:
        """Small contents as they are, the others by reference."""
        if len(content) <= INLINE:
            return content
        if len(content) > self.limit:
            return ("digest", hashlib.blake2b(content, digest_size=16).hexdigest(), len(content))
        return ("at", self.put(content), len(content))


def class_name(kind: type, package: str = "") -> str:
    """`module.Class`; what the notebook defines itself goes by its name alone, wherever the project keeps it."""
    module = kind.__module__
    own = module == "__main__" or (package and module.split(".")[0] == package)
    return kind.__qualname__.split("<locals>.")[-1] if own or module == "builtins" else f"{module}.{kind.__qualname__}"


class Encoder:
    """Turns one value into a node; a fresh one for each value."""

    def __init__(self, store: Store, package: str = "", parts: int = 300_000, seconds: float = 30.0) -> None:
        """`package` is the project's own; `parts` and `seconds` bound the work."""
        self.store, self.package, self.parts = store, package, parts
        self.until = time.monotonic() + seconds
        self.open: set[int] = set()

    def node(self, value: Any) -> Any:
        """Any value as a node; what cannot be encoded is opaque, in its place."""
        kind = type(value)
        if kind in ATOMS:
            return value if kind not in (str, bytes) or len(value) <= INLINE else self.plain(value)
        self.parts -= 1
        if self.parts < 0 or (self.parts % 256 == 0 and time.monotonic() > self.until):
            raise TooLarge
        if id(value) in self.open:
            return ("named", "cycle", class_name(kind, self.package))
        self.open.add(id(value))
        try:
            return self._handler(kind, value)(self, value)
        except TooLarge:
            raise
        except Exception as error:  # noqa: BLE001 - a value may fail in any way when looked into; that must not stop the run
            return ("opaque", class_name(kind, self.package), f"{type(error).__name__}: {error}"[:200])
        finally:
            self.open.discard(id(value))

    def plain(self, value: Any) -> Any:
        """Exact builtins in one go: fast, and the same bytes for the same value (version 2 shares nothing)."""
        return ("plain", self.store.blob(marshal.dumps(value, 2)))

    def _handler(self, kind: type, value: Any) -> Callable[[Encoder, Any], Any]:
        for base in kind.__mro__:
            handler = HANDLERS.get(f"{base.__module__.split('.')[0]}.{base.__name__}")
            if handler:
                return handler
            if base.__module__.split(".")[0] in PICTURES:
                return _ignored
        if isinstance(value, (collections.abc.Iterator, io.IOBase)):
            return _stream
        return _rebuilt


def _ignored(encoder: Encoder, value: Any) -> Any:
    return ("ignored", class_name(type(value), encoder.package))


def _stream(encoder: Encoder, value: Any) -> Any:
    return ("opaque", class_name(type(value), encoder.package), "reading it would use it up")


def _named(kind: str) -> Callable[[Encoder, Any], Any]:
    def encode(_: Encoder, value: Any) -> Any:
        return ("named", kind, str(getattr(value, "__name__", type(value).__name__)))

    return encode


def _sequence(encoder: Encoder, value: Any) -> Any:
    if _is_plain(value):
        return encoder.plain(value)
    tag = "list" if isinstance(value, list) else "tuple"
    return (tag, class_name(type(value), encoder.package), tuple(map(encoder.node, value)))


def _set(encoder: Encoder, value: Any) -> Any:
    nodes = sorted(map(encoder.node, value), key=repr)
    return ("set", class_name(type(value), encoder.package), tuple(nodes))


def _dict(encoder: Encoder, value: Any) -> Any:
    if _is_plain(value):
        return encoder.plain(value)
    items = tuple((encoder.node(key), encoder.node(value[key])) for key in list(value))
    return ("dict", class_name(type(value), encoder.package), items)


def _is_plain(value: Any, depth: int = 0) -> bool:
    """Exact builtins all through (marshal itself would take an array or a numpy number for bytes)."""
    if type(value) not in _CONTAINERS or depth > _DEEPEST:
        return False
    found = set(map(type, value)) | (set(map(type, value.values())) if type(value) is dict else set())
    if found <= _ATOMS:
        return True
    if not found <= _ATOMS | _CONTAINERS:
        return False
    inner = [*value, *value.values()] if type(value) is dict else value
    return all(_is_plain(one, depth + 1) for one in inner if type(one) in _CONTAINERS)


def _array(encoder: Encoder, value: Any) -> Any:
    dtype, shape = value.dtype, tuple(map(int, value.shape))
    if dtype.names:
        return ("fields", shape, tuple((name, encoder.node(value[name])) for name in dtype.names))
    if dtype.kind == "O":
        return ("objects", shape, encoder.node(value.ravel().tolist()))
    if dtype.kind in "fc" and dtype.itemsize > 8 * (1 + (dtype.kind == "c")):
        return ("objects", shape, encoder.node([repr(one) for one in value.ravel()]))
    return ("array", dtype.str, shape, encoder.store.blob(value.tobytes()))


def _masked(encoder: Encoder, value: Any) -> Any:
    return ("object", "numpy.ma.MaskedArray", (encoder.node(value.filled(0)), encoder.node(value.mask)))


def _scalar(encoder: Encoder, value: Any) -> Any:
    dtype = value.dtype
    if dtype.names or dtype.kind == "O":
        return ("scalar", str(dtype), encoder.node(value.tolist()))
    if dtype.kind in "mM":
        return ("scalar", dtype.str, int(value.view("i8")))
    return ("scalar", dtype.str, value.item() if type(value.item()) in ATOMS else repr(value))


def _dtype(encoder: Encoder, value: Any) -> Any:
    if hasattr(value, "categories"):
        return ("object", "dtype", (str(value), encoder.node(value.categories), bool(getattr(value, "ordered", False))))
    return ("object", "dtype", (str(value),))


def _frame(encoder: Encoder, value: Any) -> Any:
    columns = tuple(_values(encoder, value.iloc[:, i]) for i in range(value.shape[1]))
    return ("frame", encoder.node(value.columns), encoder.node(value.index), columns)


def _series(encoder: Encoder, value: Any) -> Any:
    return ("series", encoder.node(value.name), encoder.node(value.index), _values(encoder, value))


def _index(encoder: Encoder, value: Any) -> Any:
    return ("index", encoder.node(list(value.names)), _values(encoder, value))


def _multi_index(encoder: Encoder, value: Any) -> Any:
    levels = tuple(_values(encoder, value.get_level_values(i)) for i in range(value.nlevels))
    return ("index", encoder.node(list(value.names)), ("tuple", "tuple", levels))


def _values(encoder: Encoder, holder: Any) -> Any:
    """Give the values of a series or an index, by the kind of array that holds them."""
    encoder.parts -= 1
    values = getattr(holder, "array", None)
    if values is None:
        return encoder.node(holder.values)
    if type(values).__name__ in ("PandasArray", "NumpyExtensionArray"):
        return encoder.node(values.to_numpy())
    return encoder.node(values)


def _categorical(encoder: Encoder, value: Any) -> Any:
    return ("categorical", bool(value.ordered), encoder.node(value.categories), encoder.node(value.codes))


def _extension(encoder: Encoder, value: Any) -> Any:
    dtype = str(value.dtype)
    if hasattr(value, "asi8"):
        return ("extension", dtype, None, encoder.node(value.asi8))
    missing = value.isna()
    missing = missing if hasattr(missing, "tolist") else missing.to_numpy()
    objects = value.astype(object)
    objects = objects if hasattr(objects, "ravel") else objects.to_numpy()
    if missing.any():
        objects = objects.copy()
        objects[missing] = None
    return ("extension", dtype, encoder.node(missing), encoder.node(objects.tolist()))


def _sparse(encoder: Encoder, value: Any) -> Any:
    matrix = value.tocsr(copy=True)
    matrix.sum_duplicates()
    parts = (matrix.data, matrix.indices.astype("int64"), matrix.indptr.astype("int64"))
    return ("sparse", value.format, tuple(map(int, value.shape)), ("tuple", "tuple", tuple(map(encoder.node, parts))))


def _tensor(encoder: Encoder, value: Any) -> Any:
    array = value.detach().cpu().numpy() if hasattr(value, "detach") else value.numpy()
    return ("object", class_name(type(value)), (encoder.node(array),))


def _keras(encoder: Encoder, value: Any) -> Any:
    return ("object", class_name(type(value), encoder.package), (encoder.node(value.get_weights()),))


def _random(encoder: Encoder, value: Any) -> Any:
    state = value.get_state() if hasattr(value, "get_state") else value.bit_generator.state
    return ("object", class_name(type(value)), (encoder.node(state),))


def _group_by(encoder: Encoder, value: Any) -> Any:
    return ("object", class_name(type(value)), (encoder.node(value.obj), encoder.node(getattr(value, "keys", None))))


def _search_tree(encoder: Encoder, value: Any) -> Any:
    """Give the points of a KDTree or BallTree; its counters tell how often it was asked."""
    import numpy  # noqa: ICN001, PLC0415 - only where a tree exists, which needs numpy

    return ("object", class_name(type(value)), (encoder.node(numpy.asarray(value.data)),))


def _rebuilt(encoder: Encoder, value: Any) -> Any:
    """Any object, by what it says to pickle: how it is made, and its state."""
    made = value.__reduce_ex__(4)
    if isinstance(made, str):
        return ("named", "object", made)
    function, arguments, state, items, pairs = (*made, None, None, None)[:5]
    arguments = [one for one in arguments if one is not type(value)]
    if type(value).__module__.split(".")[0] == "sklearn" and isinstance(state, dict):
        state = {key: state[key] for key in state if key != "_sklearn_version"}
    parts = [encoder.node(arguments), _state(encoder, value, state)]
    if items is not None:
        parts.append(encoder.node(list(items)))
    if pairs is not None:
        parts.append(("dict", "dict", tuple((encoder.node(key), encoder.node(one)) for key, one in pairs)))
    name = "" if function in (type(value), *_MAKERS) else f" by {getattr(function, '__name__', '')}"
    return ("object", class_name(type(value), encoder.package) + name, tuple(parts))


def _state(encoder: Encoder, value: Any, state: Any) -> Any:
    if not isinstance(state, dict):
        return encoder.node(state)
    return encoder.node({key: state[key] for key in state if not _is_cache(type(value), key)})


def _is_cache(kind: type, key: Any) -> bool:
    """Whether an attribute is only filled when somebody looks at it."""
    return key in CACHES or "cache" in type(getattr(kind, str(key), None)).__name__.lower()


def _bytes(encoder: Encoder, value: Any) -> Any:
    return encoder.node(bytes(value))


def _makers() -> tuple[Any, ...]:
    import copyreg  # noqa: PLC0415 - private names, kept in one place

    return tuple(
        getattr(copyreg, name) for name in ("__newobj__", "__newobj_ex__", "_reconstructor") if hasattr(copyreg, name)
    )


_MAKERS = _makers()
_FUNCTIONS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    type(str.join),
    type([].__len__),
    type(object.__init__),
)
HANDLERS: dict[str, Callable[[Encoder, Any], Any]] = {
    "builtins.list": _sequence,
    "builtins.tuple": _sequence,
    "builtins.set": _set,
    "builtins.frozenset": _set,
    "builtins.dict": _dict,
    "builtins.bytearray": _bytes,
    "builtins.module": _named("module"),
    "builtins.type": _named("class"),
    "numpy.ufunc": _named("function"),
    "numpy.ndarray": _array,
    "numpy.MaskedArray": _masked,
    "numpy.generic": _scalar,
    "numpy.dtype": _dtype,
    "numpy.RandomState": _random,
    "numpy.Generator": _random,
    "pandas.DataFrame": _frame,
    "pandas.Series": _series,
    "pandas.Index": _index,
    "pandas.MultiIndex": _multi_index,
    "pandas.Categorical": _categorical,
    "pandas.ExtensionArray": _extension,
    "pandas.ExtensionDtype": _dtype,
    "pandas.BaseGroupBy": _group_by,
    "scipy._spbase": _sparse,
    "scipy.spmatrix": _sparse,
    "torch.Tensor": _tensor,
    "tensorflow.Tensor": _tensor,
    "keras.Model": _keras,
    "sklearn.BinaryTree64": _search_tree,
    "sklearn.BinaryTree32": _search_tree,
    "sklearn.BinaryTree": _search_tree,
    **{f"builtins.{kind.__name__}": _named("function") for kind in _FUNCTIONS},
}

"""data.py of a project that predicts: where the raw rows come from."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nb2prod.refactor.modules import module_of
from nb2prod.refactor.pieces import FunctionCode, function_text

if TYPE_CHECKING:
    from nb2prod.conversion import Module
    from nb2prod.plan.plan import Plan
    from nb2prod.plan.predict import Predict
    from nb2prod.refactor.modules import Source

_TYPING = "from __future__ import annotations"
_TYPED = frozenset({"read_csv", "read_table", "read_fwf"})
_WHOLE = frozenset({"chunksize", "iterator", "nrows", "skipfooter"})  # what is read like this is not read in chunks


def data_module(plan: Plan, predict: Predict, source: Source, package: str) -> Module:
    """How the notebook reads its data, for a file of the same form."""
    call = predict.raw.call
    if predict.raw.dataset == "typed":
        return _typed_table(plan, predict, source, package)
    if predict.raw.dataset == "array":
        return _array(plan, predict, source, package)
    if predict.raw.dataset:
        return _dataset(plan, predict, package)
    read = next(r for r in plan.data if r.call is call)
    given = [k.arg for k in call.keywords]
    typed = (
        isinstance(call.func, ast.Attribute) and call.func.attr in _TYPED and "dtype" not in given and None not in given
    )
    changed = ast.Call(
        call.func,
        [ast.Name("path", ast.Load()) if a is read.argument else a for a in call.args],
        [
            *(
                ast.keyword(k.arg, ast.Name("path", ast.Load()) if k.value is read.argument else k.value)
                for k in call.keywords
            ),
            *([ast.keyword("dtype", ast.Name("dtype", ast.Load()))] if typed else []),
            *([ast.keyword(None, ast.Name("how", ast.Load()))] if typed and _WHOLE.isdisjoint(given) else []),
        ],
    )
    more_of_it = ", **how: Any" if typed and _WHOLE.isdisjoint(given) else ""
    setting = f"{plan.ours('settings')}.{read.setting}"
    text = f'''def load() -> pd.DataFrame:
    """Read the training data."""
    return read({setting})


def read(path: Path | str{", dtype: dict[str, Any] | None = None" if typed else ""}{more_of_it}) -> pd.DataFrame:
    """Read a file as the notebook reads its data{"; `dtype` fixes the types of columns" if typed else ""}."""
    return {ast.unparse(changed)}
'''
    more = [
        _TYPING,
        "from pathlib import Path",
        "from typing import Any",
        "import pandas as pd",
        plan.imported(package, "settings"),
    ]
    return module_of("data.py", "Where the raw rows come from.", plan, text, package, more)


def _typed_table(plan: Plan, predict: Predict, source: Source, package: str) -> Module:
    """data.py for a table that is written out in the notebook, or that seaborn brings."""
    load = _made("Give the table that the notebook makes or loads.", predict, source)
    text = f'''{function_text(load)}

def read(path: Path | str) -> pd.DataFrame:
    """Read rows with the columns of the table."""
    return pd.read_csv(path)
'''
    return module_of(
        "data.py",
        "Where the raw rows come from.",
        plan,
        text,
        package,
        [_TYPING, "from pathlib import Path", "import pandas as pd"],
    )


def _array(plan: Plan, predict: Predict, source: Source, package: str) -> Module:
    """data.py for an array that the notebook makes itself."""
    load = _made("Give the rows that the notebook makes itself.", predict, source)
    text = f'''{function_text(load)}

def table(rows: Any) -> pd.DataFrame:
    """An array as a table with the columns x0, x1 and so on."""
    return pd.DataFrame(np.reshape(rows, (len(rows), -1))).add_prefix("x")


def row_shape(rows: Any) -> tuple[int, ...]:
    """The shape of each row of an array."""
    return np.shape(rows)[1:]


def as_array(table: pd.DataFrame, shape: tuple[int, ...]) -> Any:
    """A table as an array with rows of this shape."""
    return table.to_numpy().reshape(len(table), *shape)


def read(path: Path | str) -> pd.DataFrame:
    """Read rows with the columns of the table."""
    return pd.read_csv(path)
'''
    more = [_TYPING, "from pathlib import Path", "from typing import Any", "import numpy as np", "import pandas as pd"]
    return module_of("data.py", "Where the raw rows come from.", plan, text, package, more)


_FEATURES = {
    "bunch": ("loaded.data", "loaded.target", ".to_numpy()"),
    "frame": ("loaded.data", "loaded.target", ""),
    "pair": ("loaded[0]", "loaded[1]", ".to_numpy()"),
}


def _dataset(plan: Plan, predict: Predict, package: str) -> Module:
    """data.py for a data set of scikit-learn: as a table, and back in the form that the notebook uses."""
    raw = predict.raw
    features, target, convert = _FEATURES[raw.dataset or "bunch"]
    call = ast.unparse(raw.call)
    names = "list(loaded.feature_names)" if raw.dataset == "bunch" else "None"
    made = f"pd.DataFrame({features}, columns={names})" if raw.dataset != "frame" else features
    if raw.dataset == "pair":
        made = f'pd.DataFrame({features}).add_prefix("x")'
        back = f'    return rows.drop(columns="target"){convert}, rows["target"]{convert}'
    else:
        whole = "\n    loaded.frame = rows" if raw.dataset == "frame" else ""
        back = (
            f'    loaded = {call}\n    loaded.data = rows.drop(columns="target"){convert}\n'
            f'    loaded.target = rows["target"]{convert}{whole}\n    return loaded'
        )
    text = f'''def load() -> pd.DataFrame:
    """The data set as a table: its features and `target`."""
    return table({call})


def table(loaded: Any) -> pd.DataFrame:
    """What scikit-learn gives, as a table."""
    return {made}.assign(target={target})


def as_loaded(rows: pd.DataFrame) -> Any:
    """A table, in the form that scikit-learn gives."""
{back}


def read(path: Path | str) -> pd.DataFrame:
    """Read rows with the columns of the table."""
    return pd.read_csv(path)
'''
    more = [_TYPING, "from pathlib import Path", "from typing import Any", "import pandas as pd"]
    return module_of("data.py", "Where the raw rows come from.", plan, text, package, more)


def _made(doc: str, predict: Predict, source: Source) -> FunctionCode:
    """The function `load` of a notebook that reads no file: what makes the rows."""
    raw = predict.raw
    return FunctionCode(
        name="load",
        doc=doc,
        annotation="pd.DataFrame",
        pieces=tuple(source.piece(i) for i in raw.feeds),
        result=ast.unparse(raw.call),
    )

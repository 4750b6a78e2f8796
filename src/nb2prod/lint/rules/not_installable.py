"""A module is imported that no installation can bring.

## Why it matters

The notebook stops at the import, and `pip install` of that name fails or, worse, brings
a stranger's package that happens to be called the same.

## Bad

```python
# In [1]:
import cPickle  # !
```

## Good

```python
# In [1]:
import pickle

try:
    from google.colab import drive
except ImportError:
    drive = None
# In [2]:
settings = pickle.loads(b"N.")
```

## How to mend it

Import what took its place (the message names it); put your own module beside the
notebook; keep what only one hosted service has in a `try`, so that it also runs elsewhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nb2prod.apis import standard_library
from nb2prod.lint.rule import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.nodes import Imported
    from nb2prod.lint.rule import Context, Severity

_NOW = {
    "cPickle": "pickle", "cStringIO": "io", "StringIO": "io", "ConfigParser": "configparser", "Queue": "queue",
    "urllib2": "urllib.request", "urlparse": "urllib.parse", "HTMLParser": "html.parser", "httplib": "http.client",
    "Tkinter": "tkinter", "cookielib": "http.cookiejar", "commands": "subprocess", "__builtin__": "builtins",
    "imp": "importlib", "distutils": "setuptools or packaging", "md5": "hashlib", "sha": "hashlib", "sets": "set",
    "UserDict": "collections", "copy_reg": "copyreg", "anydbm": "dbm", "SocketServer": "socketserver",
}  # fmt: skip
_HOSTED = {
    "google.colab": "Colab", "kaggle_secrets": "Kaggle", "kaggle_datasets": "Kaggle", "learntools": "Kaggle's courses",
    "kaggle_web_client": "Kaggle", "dbutils": "Databricks", "dbruntime": "Databricks", "notebookutils": "Azure Synapse",
    "mssparkutils": "Azure Synapse", "project_lib": "IBM Watson Studio", "ibmos2spark": "IBM Watson Studio",
    "arcpy": "ArcGIS",
}  # fmt: skip
_AUTHORS = frozenset(
    """
    cleaning common config constants data_loader dataloader dataset env feature_engineering features func funcs function
    functions helper helper_functions helpers homework layers lib losses metrics model models my_model my_module mylib
    mymodule network networks plotting preprocess preprocessing preprocessor script scripts settings solution solutions
    src testCases tools train trainer training unit_tests util utilities utils visualization visualize visuals
    """.split()  # noqa: SIM905 - words are read more easily than quotes
)
"""Names that people give to modules of their own: a package of that name on the registry is not meant."""
_BRINGS_FILES = re.compile(
    r"sys\.path|git clone|wget|curl|unzip|writefile|chdir|%cd|urlretrieve|drive\.mount|%run|gdown"
)


def check(context: Context) -> Iterator[Finding]:
    """Report each such module at its first import; imports in a `try` are allowed to fail."""
    seen: set[str] = set()
    for each in context.nodes.imports:
        root = each.path.partition(".")[0]
        found = _why(context, each, root)
        if found is None or (why := found[0]) in seen or context.nodes.is_guarded(each.node, each.statement):
            continue
        seen.add(why)
        where = context.place(each.statement.cell, each.node)
        yield Finding(where, f"{context.name(where.cell)} imports {why}", severity=found[1])


def _why(context: Context, imported: Imported, root: str) -> tuple[str, Severity | None] | None:
    python = _version(context.program.notebook.python)
    if not root:
        name = imported.path.rpartition(".")[0]
        return f"from `{name}`, but a notebook is in no package: name the module in full", None
    for module, service in _HOSTED.items():
        if f"{imported.path}.".startswith(f"{module}."):
            return f"`{module}`, which only {service} has: put it into a `try`, so that it runs elsewhere, too", "info"
    gone = standard_library.missing(root, python or (0, 0))
    if not (gone or root in _AUTHORS) or context.exists(f"{root}.py") or context.exists(root):
        return None
    if gone and (python is None or python >= (3, 0)):
        way = f": use `{_NOW[root]}`" if root in _NOW else ""
        return f"`{root}` of Python's own library, {gone}{way}", None
    if root in _AUTHORS and context.exists(f"{root}.py") is False and not _brings_files(context):
        return f"`{root}`, which is not beside the notebook, and no installation brings it: put `{root}.py` there", None
    return None


def _brings_files(context: Context) -> bool:
    """Whether the notebook itself fetches or writes files, or looks for modules elsewhere."""
    return any(_BRINGS_FILES.search(cell.source) for cell in context.program.notebook.code_cells)


def _version(text: str | None) -> tuple[int, int] | None:
    found = re.match(r"(\d+)\.(\d+)", text or "")
    return (int(found[1]), int(found[2])) if found else None


RULE = Rule(code="EN106", name="not-installable", severity="warning", check=check)

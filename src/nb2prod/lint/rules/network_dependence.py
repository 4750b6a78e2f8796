"""What is read comes from the network each time, and may be other data each time.

## Why it matters

What lies there changes, moves or asks for a login; without a network the notebook does
not run at all, and nobody can tell later from which data its results are.

## Bad

```python
# In [1]:
import pandas as pd

days = pd.read_csv("https://weather.org/today/days.csv")  # !
```

## Good

```python
# In [1]:
import pandas as pd

days = pd.read_csv("data/days-2024-01-31.csv")
print("from https://weather.org/today/days.csv")
```

## How to mend it

Fetch it once, keep the file beside the notebook with the day in its name, or an address
that never changes: a commit on GitHub, a DOI, a data set's revision.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule
from nb2prod.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.nodes import Call
    from nb2prod.lint.rule import Context
    from nb2prod.problems import Location

_HOST = re.compile(r"https?://([\w.-]+)\S*|ftp://([\w.-]+)\S*")
_FIXED = re.compile(
    r"[0-9a-f]{40}|zenodo\.org|doi\.org|figshare\.com|archive\.org/web/\d|localhost|127\.0\.0\.1|wget .*-nc\b"
)
_SHELL = re.compile(r"(?:^|[\s;&|])(wget|curl|gdown|kaggle|aria2c|git clone|aws s3|gsutil)\s")
_CLIENTS = re.compile(
    r"(?:requests|httpx)\.(?:get|post|request|stream)|requests\.Session|urllib\.request\.(?:urlopen|urlretrieve)|"
    r"urllib\.(?:urlopen|urlretrieve)|urllib2\.urlopen|wget\.download|gdown\.download\w*|"
    r"aiohttp\.ClientSession|kaggle\.api\.\w+|kagglehub\.\w+_download|opendatasets\.download"
)
_DATA_SETS = re.compile(
    r"seaborn\.load_dataset|yfinance\.(?:download|Ticker)|pandas_datareader\.(?:\w+\.)?\w+|nltk\.download|"
    r"datasets\.load_dataset|sklearn\.datasets\.fetch_openml|statsmodels\.\S*\.get_rdataset|wbdata\.\w+|"
    r"huggingface_hub\.(?:hf_hub_download|snapshot_download)|torch\.hub\.load|tweepy\.\w+|praw\.Reddit|quandl\.get"
)
_ASKS = frozenset(["exists", "isfile", "is_file", "isdir", "is_dir"])
_REVISIONS = frozenset(["revision", "data_id", "version"])


def check(context: Context) -> Iterator[Finding]:
    """Report each host, or each library's data, once; where else it is asked are the further places."""
    found: dict[str, list[Location]] = {}
    for call in context.nodes.calls:
        source = _source(context, call)
        if source is not None and not _is_kept(context, call):
            found.setdefault(source, []).append(context.place(call.statement.cell, call.node))
    for source, places in found.items():
        where, *others = dict.fromkeys(places)
        yield Finding(
            where,
            f"{context.name(where.cell)} fetches data from the network each time ({source}): keep a copy beside the "
            "notebook, or name a version that does not change",
            tuple(others),
        )


def _is_kept(context: Context, call: Call) -> bool:
    """Whether it fetches only what is not there yet: `if not path.exists(): …`."""
    parents = context.nodes.parents(call.statement)
    above = parents.get(call.node)
    while above is not None:
        if isinstance(above, ast.If) and any(
            isinstance(node, ast.Attribute) and node.attr in _ASKS for node in walk(above.test)
        ):
            return True
        above = parents.get(above)
    return False


def _source(context: Context, call: Call) -> str | None:
    """Name what the call fetches from, unless that is the same for ever."""
    path = call.path or ""
    if call.name in {"system", "getoutput", "run_cell_magic"} and path == "":
        return _of_shell(call)
    data_set, client = _kinds(path)
    if data_set:
        named = any(each.arg in _REVISIONS for each in call.node.keywords)
        return None if named else f"`{path}`"
    if path.startswith("pandas.read_") or client:
        address = context.document.facts.text(call.node.args[0]) if call.node.args else None
        host = _HOST.match(address or "")
        if host and _FIXED.search(host[0]):
            return None
        if host:
            return host[1] or host[2]
        return f"`{path}`" if client else None
    return None


@cache  # most notebooks call the same functions
def _kinds(path: str) -> tuple[bool, bool]:
    return _DATA_SETS.fullmatch(path) is not None, _CLIENTS.fullmatch(path) is not None


def _of_shell(call: Call) -> str | None:
    text = "".join(str(node.value) for each in call.node.args for node in walk(each) if isinstance(node, ast.Constant))
    tool = _SHELL.search(text)
    if tool is None or _FIXED.search(text):
        return None
    host = _HOST.search(text)
    return (host[1] or host[2]) if host else f"`{tool[1]}`"


RULE = Rule(code="RP103", name="network-dependence", severity="info", check=check)

"""A saved output shows the user's name, in a path of the computer it was run on.

## Why it matters

The reader learns who ran it and how that computer is laid out, which is nobody's
business outside; and whatever the path stands for will be elsewhere on the next one.

## Bad

```python
# In [1]:
import os

# In [2]:
print(os.path.abspath("."))  # !
# Printed:
# /home/ann.smith/prices
```

## Good

```python
# In [1]:
import os

print(os.path.basename(os.path.abspath(".")))
# Printed:
# prices
```

## How to mend it

Clear these outputs, or run the notebook where the path names nobody, in a container or
in CI. Warnings show the path of the library that warns: fix what it warns of.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule, listed
from nb2prod.problems import Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context

_HOME = re.compile(
    r"(?<![\w.-])/(?:home|Users)/([^\s\\/:*?\"'<>|()\[\],]+)"
    r"|\b[A-Za-z]:[\\/]{1,4}(?:Users|Documents and Settings)[\\/]{1,4}([^\\/:*?\"'<>|\n]{1,40})"
)
_HINTS = ("/home/", "Users", "Documents and Settings")
_NOBODY = frozenset(
    """
    jovyan user users runner ubuntu ec2-user vscode codespace docker root admin administrator student public default
    default_user all app appuser me you username user_name sagemaker-user jupyter notebook conda azureuser shared
    circleci travis nbuser work site packages anaconda3 miniconda3 repl gitpod trusted-service-user yourname
    owner hp dell lenovo asus acer pc
    """.split()  # noqa: SIM905 - words are read more easily than quotes
)


def check(context: Context) -> Iterator[Finding]:
    """Report each user once, at the first cell that shows a path of theirs."""
    found: dict[str, list[int]] = {}
    for cell in context.program.notebook.code_cells:
        for output in cell.outputs:
            for user in _users(output.text):
                found.setdefault(user, []).append(cell.index)
    for user, every in found.items():
        first, *others = dict.fromkeys(every)
        more = (
            f", as {'do' if others[1:] else 'does'} {listed(context.name(cell) for cell in others)}" if others else ""
        )
        yield Finding(
            Location(first, 1, 1),
            f"the saved output of {context.name(first)} shows a path of the user `{user}`{more}: clear it "
            "before others get the notebook",
            tuple(Location(cell, 1, 1) for cell in others),
        )


def _users(text: str) -> set[str]:
    if not any(hint in text for hint in _HINTS):
        return set()
    names = {(found[1] or found[2]).strip() for found in _HOME.finditer(text)}
    return {name for name in names if name.lower() not in _NOBODY}


RULE = Rule(code="SE106", name="path-in-output", severity="info", check=check)

"""A password, key or token is in what a cell showed.

## Why it matters

Clearing it from the code is not enough: the output is saved in the notebook and goes
wherever the notebook goes, and a repository's history keeps it.

## Bad

```python
# In [1]:
import os

# In [2]:
print(os.environ["GITHUB_TOKEN"])  # !
# Printed:
# ghp_a8Fk3Lq9Zx2Wv7Bn5Mc1Rt6Yp4Hd0Js8Ge2U
```

## Good

```python
# In [1]:
import os

print(len(os.environ["GITHUB_TOKEN"]))
# Printed:
# 40
```

## How to mend it

Take the secret back where it was issued and make a new one: it must count as known.
Clear the output, and print whether a secret is there, never the secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nb2prod.lint import secrets
from nb2prod.lint.rule import Finding, Rule
from nb2prod.problems import Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.rule import Context
    from nb2prod.outputs import Output

_OF_PAGES = ("<script", "<html", "<meta", "&quot;")


def check(context: Context) -> Iterator[Finding]:
    """Report each secret once, at the first cell that shows it; one that the source holds is reported there."""
    found: dict[str, tuple[str, list[int]]] = {}
    shown = [output for cell in context.program.notebook.code_cells for output in cell.outputs]
    formats = secrets.formats_in(text for output in shown for text in _texts(output))
    for cell in context.program.notebook.code_cells if formats else ():
        for output in cell.outputs:
            for text in _texts(output):
                for each in secrets.find(text, formats):
                    if not _is_of_a_page(each.kind, text):
                        found.setdefault(each.value, (each.kind, []))[1].append(cell.index)
    for value, (kind, cells) in found.items():
        if any(value in cell.source for cell in context.program.notebook.cells):
            continue
        first, *others = dict.fromkeys(cells)
        yield Finding(
            Location(first, 1, 1),
            f"the saved output of {context.name(first)} shows {kind} (`{secrets.masked(value)}`): take it back where "
            "it was issued, and clear the output",
            tuple(Location(cell, 1, 1) for cell in others),
        )


def _texts(output: Output) -> tuple[str, ...]:
    """Give what is shown; a table of pandas says the same twice."""
    is_table = output.text and output.html and 'class="dataframe"' in output.html
    return (output.text,) if is_table or not output.html else (output.text, output.html)


def _is_of_a_page(kind: str, text: str) -> bool:
    """Whether it is another site's public key, in a page that was downloaded and shown."""
    return kind == "a Google API key" and any(each in text for each in _OF_PAGES)


RULE = Rule(code="SE102", name="secret-in-output", severity="error", check=check)

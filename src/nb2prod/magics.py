"""IPython syntax to Python of the same lines."""

from __future__ import annotations

import re


def to_python(source: str) -> str:
    """The cell as Python, line for line."""
    lines = source.split("\n")
    return "\n".join(re.sub(r"^(\s*)[%!](.*)$", r"\1get_ipython().run_line_magic('x', '')", line) for line in lines)

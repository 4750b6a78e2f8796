"""A cell installs whatever version of a package is the newest that day.

## Why it matters

The next run gets another version and may give other values, or none: the notebook does
not say with what it worked. In an environment that others use, it changes theirs.

## Bad

```python
# In [1]:
!pip install -q lightgbm  # !
```

## Good

```python
# In [1]:
!pip install -q lightgbm==4.3.0
!pip install -r requirements.txt
```

## How to mend it

Name the version, `lightgbm==4.3.0`; better, keep it in `requirements.txt` and install
that once, outside the notebook: `nb2prod requirements NOTEBOOK` writes it, with hashes.
"""

from __future__ import annotations

import ast
import re
import shlex
from typing import TYPE_CHECKING

from nb2prod.lint.rule import Finding, Rule, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.lint.nodes import Call
    from nb2prod.lint.rule import Context

_TOOL = re.compile(r"(?:^|[\s/])(pip3?(?:\.\d+)?|conda|mamba|micromamba|uv pip)\s+install\s+(.*)")
_COMMANDS = re.compile(r"&&|\|\||[;|\n]")
_WITH_VALUE = frozenset(
    {
        *("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "-r", "--requirement", "-c", "--channel"),
        *("--constraint", "-e", "--editable", "-t", "--target", "--trusted-host", "-n", "--name", "-p", "--prefix"),
        *("--proxy", "--timeout", "--root", "--progress-bar", "--file", "--python", "--platform", "--cache-dir"),
    }
)
_PINNED = re.compile(r"={2,3}|@\s*(?:https?|git|file)|\.whl$|\.tar\.gz$|\.zip$|^[./~]|^\w:\\|\.git@[\w.-]{5,}|[{}$]")
_OF_CONDA = re.compile(r"conda|mamba")
_TOOLS = frozenset(["pip", "setuptools", "wheel", "uv", "conda"])
_SHELLS = frozenset(["system", "getoutput", "run", "call", "check_call", "check_output", "Popen", "popen", "main"])


def check(context: Context) -> Iterator[Finding]:
    """Report each command that leaves the version of something open."""
    if not any("install" in cell.source for cell in context.program.notebook.code_cells):
        return
    for call in context.nodes.calls:
        packages = [name for command in _COMMANDS.split(_text(call)) for name in _unpinned(command)]
        if packages:
            where = context.place(call.statement.cell, call.node)
            names = listed(f"`{each}`" for each in dict.fromkeys(packages))
            yield Finding(
                where,
                f"{context.name(where.cell)} installs {names} in whatever version is the newest: name it "
                f"({_pinned(context, where.cell, packages[0])}), or install from `requirements.txt` before the run",
            )


def _pinned(context: Context, cell: int, package: str) -> str:
    """Show how the version is named: the one that the cell's output tells, if it does."""
    if "://" in package:
        return f"`{package}@COMMIT`"
    name = package.partition("[")[0]
    same = re.sub(r"[-_.]", "[-_.]", re.escape(name).replace(r"\-", "-").replace(r"\.", "."))
    told = re.compile(rf"(?:installed\b.* {same}-|satisfied: {same}\b.*?[(=]=?)(\d[\w.]*\w)", re.IGNORECASE)
    outputs = context.program.notebook.cells[cell].outputs
    version = next((found[1] for output in outputs if (found := told.search(output.text))), None)
    return f"`{name}=={version}`, as its output says" if version else f"`{name}==…`"


def _text(call: Call) -> str:
    """Read the command that a magic, a shell or a process is given."""
    match call.node.args:
        case [ast.Constant(value=str() as magic), ast.Constant(value=str() as line)] if call.name == "run_line_magic":
            return f"{magic} {line}"
        case [ast.Constant(value="bash" | "sh" | "script"), _, ast.Constant(value=str() as body)]:
            return body if call.name == "run_cell_magic" else ""
        case [command, *_] if call.name in _SHELLS:
            return _command(command)
        case _:
            return ""


def _command(node: ast.expr) -> str:
    """Read a command, given as one text or as a list of words; `{}` stands for what is put in."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_command(each) for each in parts)
        case ast.List(elts=words):
            return " ".join(_command(each) for each in words)
        case _:
            return "{}"


def _unpinned(command: str) -> Iterator[str]:
    found = _TOOL.search(command) if "install" in command else None
    if found is None:
        return
    try:
        words = iter(shlex.split(found[2], comments=True))
    except ValueError:  # an apostrophe
        words = iter(found[2].split())
    conda = _OF_CONDA.search(found[1]) is not None
    for word in words:
        if word in _WITH_VALUE:
            next(words, None)
        elif word.startswith((">", "2>", "&>")):
            return
        elif re.match(r"[A-Za-z]\w", word) and word.lower() not in _TOOLS:
            pinned = _PINNED.search(word) or (conda and "=" in word)
            if not pinned:
                yield re.split(r"[<>!~=;]", word.strip("'\""))[0]


RULE = Rule(code="EN101", name="install-in-cell", severity="warning", check=check)

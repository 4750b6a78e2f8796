"""IPython syntax to Python of the same lines.

Every cell that IPython can run becomes Python that `ast` can parse, with as many lines as it had, in the forms
IPython itself uses: `get_ipython().run_line_magic("cd", "data")`. Three things differ from IPython's own
translation, because this text is read for its meaning:

- code given to a magic stays code. `%time x = f(y)` is `x = f(y)`; `%timeit f(y)` keeps `f(y)` as a third argument;
  `%%time`, `%%capture out` and their like keep the lines below them, and `%%timeit` turns them into the body of a
  `while`, which may or may not bind;
- what `{...}` and `$name` insert into a command is visible, as an f-string;
- `%pylab` is the imports it stands for.

Text that is Python already is never touched, prompts (`In [1]: x`) and bare automagics (`ls`) excepted.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING

from nb2prod.magics.command_text import literal
from nb2prod.magics.logical_lines import logical_line
from nb2prod.magics.pasted import unpasted

if TYPE_CHECKING:
    from collections.abc import Callable

    from nb2prod.magics.logical_lines import LogicalLine

# A line that is nowhere suspicious is Python or broken; most cells are, and cost one search.
_SUSPICIOUS = re.compile(
    r"^[ \t\f]*(?:[%!?,;/]|>>>|\.{3,}:)|[\w*\]]\?\??[ \t]*$|=[ \t\\\n]*[%!]|\bIn \[\d+\]: |\A\s*\n?[ \t]",
    re.MULTILINE,
)
_NEWLINE = re.compile(r"\r\n?")
_HELP_AT_END = re.compile(r"(%{0,2}(?!\d)[\w*]+(?:\.(?!\d)[\w*]+|\[-?[0-9]+\])*)(\?\??)\Z")
_BLANK = re.compile(r"(?:[ \t\f]|\\\n)*")
_ASSIGNED_ESCAPE = re.compile(r"(?:[ \t\f]|\\\n)*(!|%(?=[ \t]*[^\W\d]))")
_LONG_OPTIONS = re.compile(r"(?:--[\w-]+(?:=\S*)?(?:\s+|$))*")
_OPTION = re.compile(r"--[\w-]+(?:=\S*)?(?:\s+|$)|-([A-Za-z]+)(\S*)\s*")
_WORD = re.compile(r"\S+\s*")
_AUTOMAGIC = re.compile(r"\s*([^\W\d]\w*)(?=\s|;|$)\s*(.*)")

# Line magics that run the code given to them in the notebook's own namespace, and their options that take a value
# (None: no short options, so that `%time -x` is code).
_RUN_THEIR_LINE = {
    "time": None,
    "debug": "b",
    "prun": "DlsT",
    "lprun": "fmDTsu",
    "memit": "rti",
    "mprun": "fT",
    "snakeviz": "f",
}
_RUN_THEIR_CELL = frozenset(
    {
        *_RUN_THEIR_LINE,
        "capture",
        "ipytest",
        "local",
        "opts",
        "output",
        "pyinstrument",
        "run_pytest",
        "scalene",
        "timeit",
    }
)
_LINE_MAGICS = frozenset(
    """
    alias alias_magic autoawait autocall automagic autoreload autosave bookmark cat cd clear cls code_wrap colors conda
    config connect_info cp debug dhist dirs doctest_mode ed edit env gui hist history killbgscripts ldir less lf lk ll
    load load_ext loadpy logoff logon logstart logstate logstop ls lsmagic lx macro magic mamba man matplotlib
    micromamba mkdir more mv notebook page pastebin pdb pdef pdoc pfile pinfo pinfo2 pip popd pprint precision prun
    psearch psource pushd pwd pycat pylab qtconsole quickref recall rehashx reload_ext rep rerun reset reset_selective
    rm rmdir run save sc set_env store sx system tb time timeit unalias unload_ext uv who who_ls whos xdel xmode
    """.split()  # noqa: SIM905 - words are read more easily than quotes
)
_PYLAB = (
    "import numpy, matplotlib; from matplotlib import pylab, mlab, pyplot; np = numpy; plt = pyplot; "
    "from pylab import *; from numpy import *"
)


def to_python(source: str, *, shadowed: Callable[[str], bool] = lambda _name: False) -> str:
    """Return the cell as Python, line for line; line ends become line feeds, as they do for `ast`.

    `shadowed` tells whether the notebook has a variable of that name, which then hides an automagic:
    `ls` alone in a cell lists files only where nothing is called `ls`.
    """
    text = _NEWLINE.sub("\n", source) if "\r" in source else source
    alone = _AUTOMAGIC.fullmatch(text.strip("\n"))
    if _SUSPICIOUS.search(text) is None and not (alone and alone[1] in _LINE_MAGICS):
        return text
    lines = text.split("\n")
    blank = next((i for i, line in enumerate(lines) if line and not line.isspace()), len(lines))
    head, body = lines[:blank], lines[blank:]
    if not body:
        return text
    if "In [" in text or not is_python(text):
        body = unpasted(body)
    if body[0].startswith("%%") and not re.match(r"%%\w+\?", body[0]):
        return "\n".join([*head, *_cell_magic(body, shadowed)])
    code = "\n".join(body)
    if len(code.splitlines()) == 1:
        code = _automagic(code, shadowed)
    if not is_python(code):
        code = _escapes(code)
    return "\n".join([*head, code]) if head else code


def is_python(text: str) -> bool:
    """Whether the text parses as a cell (`await` may stand at top level)."""
    return _parsed(text) is not None


def _parsed(text: str) -> ast.Module | None:
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes are the notebook's business
            tree = compile(text, "<cell>", "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None
    return tree if isinstance(tree, ast.Module) else None


def _automagic(line: str, shadowed: Callable[[str], bool]) -> str:
    """`ls -la` alone in a cell; IPython tries it for cells of one line only, and the notebook's names go first.

    IPython takes `run(x)` and `history[0]`, too; they are left, since a star import may give such a name.
    """
    found = _AUTOMAGIC.match(line)
    if not found or found[1] not in _LINE_MAGICS or found[2].startswith(("=", ",")) or shadowed(found[1]):
        return line
    return _line_magic(f"{found[1]} {found[2].rstrip()}".rstrip()) + line[len(line.rstrip("\n")) :]


def _escapes(text: str) -> str:
    """Line magics, shell commands and help, one logical line after the other."""
    out = []
    at = 0
    while at <= len(text):
        line = logical_line(text, at)
        start, end, call = _escape(text, line) or (line.end, line.end, "")
        out.append(text[at:start] + call + "\n" * text.count("\n", start, end))
        at = end + 1
    return "\n".join(out)


def _escape(text: str, line: LogicalLine) -> tuple[int, int, str] | None:
    """Find what to replace in a logical line (from, to, by), if it holds IPython syntax."""
    begin = _BLANK.match(text, line.start, line.end)
    start = begin.end() if begin else line.start
    if line.open_ended and text.endswith("?", start, line.end):
        content = text[start : line.end]
        asked = _HELP_AT_END.search(content)
        if asked:
            return start, line.end, _help(asked[1], asked[2])
    two = text[start : start + 2]
    if two[:1] in tuple("!?%,;/") and two not in {"!=", "%=", "/=", "//"}:
        content, end = _continued(text, start)
        call = _escaped_call(content)
        return (start, end, call) if call else None
    if line.assign is None:
        return None
    value = _ASSIGNED_ESCAPE.match(text, line.assign, line.end)
    if value is None:
        return None
    start = value.start(1)
    content, end = _continued(text, start)
    if value[1] == "!":
        return start, end, f"get_ipython().getoutput({literal(content[1:])})"
    return start, end, _line_magic(content[1:], assigned=True)


def _continued(text: str, start: int) -> tuple[str, int]:
    """Take the command from `start` to the end of its line, lines that end in a backslash taken together."""
    end = _line_end(text, start)
    parts = [text[start:end]]
    while parts[-1].endswith("\\") and end < len(text):
        start, end = end + 1, _line_end(text, end + 1)
        parts.append(text[start:end])
    return " ".join([*(part[:-1] for part in parts[:-1]), parts[-1].rstrip()]), end


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end if end >= 0 else len(text)


def _escaped_call(content: str) -> str | None:
    escape, rest = content[0], content[1:]
    name, _, arguments = rest.partition(" ")
    match escape:
        case "!" if rest.startswith("!"):
            call = f"get_ipython().getoutput({literal(rest[1:])})"
        case "!":
            call = f"get_ipython().system({literal(rest)})"
        case "%":
            call = _line_magic(rest)
        case "?":
            call = _help(rest.removeprefix("?"), "??" if rest.startswith("?") else "?")
        case ";":
            call = f'{name}("{arguments}")'
        case ",":
            call = '{}("{}")'.format(name, '", "'.join(arguments.split()))
        case _:
            call = f"{name}({', '.join(arguments.split())})" if name else ""
    return call or None


def _help(target: str, mark: str) -> str:
    if not target:
        return "get_ipython().show_usage()"
    magic = "pinfo2" if mark == "??" else "psearch" if "*" in target else "pinfo"
    return f"get_ipython().run_line_magic({magic!r}, {target!r})"


def _line_magic(content: str, *, assigned: bool = False) -> str:
    """`content` is what follows the `%`. IPython before version 7 took `% time x`, too."""
    name, arguments = _name_and_arguments(content)
    if name == "timeit":
        return _timeit(arguments)
    if name == "pylab" and not assigned:
        return _PYLAB if "--no-import-all" not in arguments else _PYLAB.partition("; from pylab")[0]
    if name in _RUN_THEIR_LINE:
        code = _code(_split_options(arguments, _RUN_THEIR_LINE[name])[1])
        if code.strip() and (_is_expression(code) if assigned else is_python(code)):
            return code
        return f"get_ipython().run_line_magic({name!r}, {arguments!r})"
    return f"get_ipython().run_line_magic({name!r}, {literal(arguments)})"


def _name_and_arguments(content: str) -> tuple[str, str]:
    name, *arguments = content.split(None, 1) or [""]
    return name, arguments[0] if arguments else ""


def _timeit(arguments: str) -> str:
    options, code = _split_options(arguments, "nrp")
    run = _run_by_timeit(code)
    return f"get_ipython().run_line_magic('timeit', {', '.join([repr(options), *run]) if run else repr(arguments)})"


def _run_by_timeit(code: str, *, bind: bool = False) -> list[str]:
    """Give the code as arguments of a call. `%timeit` binds nothing: of an assignment its value is kept.

    Of statements that cannot stand in a call the names they read are kept. `bind` is for the first line of
    `%%timeit`, whose names the lines below it use.
    """
    code = _code(code)
    run = []
    for statement in getattr(_parsed(code), "body", []):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if bind:
                run.append(f"({name} := {_segment(code, value)})")
            case ast.Assign(value=value) | ast.Expr(value=value):
                run.append(_segment(code, value))
            case _:
                run += _names_read(statement)
    return run


def _segment(code: str, value: ast.expr) -> str:
    text = ast.get_source_segment(code, value) or ""
    return f"({text})" if isinstance(value, (ast.Tuple, ast.NamedExpr)) else text


def _names_read(statement: ast.stmt) -> list[str]:
    names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
    bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    return sorted({node.id for node in names} - bound)


def _code(text: str) -> str:
    """Code given to a line magic; names that look like automagics are names."""
    return to_python(text, shadowed=lambda _name: True)


def _split_options(arguments: str, with_value: str | None) -> tuple[str, str]:
    """Options at the front, and the code after them."""
    found = _LONG_OPTIONS.match(arguments)
    at = found.end() if found else 0
    while with_value is not None and (option := _OPTION.match(arguments, at)) is not None:
        at = option.end()
        if option[1] and option[1][-1] in with_value and not option[2]:
            value = _WORD.match(arguments, at)
            at = value.end() if value else at
    return arguments[:at].rstrip(), arguments[at:]


def _is_expression(code: str) -> bool:
    tree = _parsed(code)
    return tree is not None and len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr)


def _cell_magic(lines: list[str], shadowed: Callable[[str], bool]) -> list[str]:
    """`lines[0]` is the magic; those that run their lines in the notebook keep them, others are one call."""
    name, arguments = _name_and_arguments(lines[0][2:].rstrip())
    below = "\n".join(lines[1:])
    if not below.strip() or name not in _RUN_THEIR_CELL:
        body = below + "\n" if lines[1:] and not below.endswith("\n") else below
        call = f"get_ipython().run_cell_magic({name!r}, {literal(arguments)}, {body!r})"
        return [call] + [""] * len(lines[1:])
    code = to_python(below, shadowed=shadowed)
    if name == "timeit":
        _, setup = _split_options(arguments, "nrp")
        call = ", ".join([f"'timeit', {arguments!r}, ''", *_run_by_timeit(setup, bind=True)])
        looped = f"while get_ipython().run_cell_magic({call}):\n{_indented(code)}"
        if is_python(looped):
            return looped.split("\n")
    head = f"get_ipython().run_cell_magic({name!r}, {arguments!r}, '')"
    target = _split_options(arguments, "")[1].split()[:1] if name == "capture" else []
    if target and target[0].isidentifier():
        head = f"{target[0]} = {head}"
    return [head, *code.split("\n")]


def _indented(code: str) -> str:
    """One space before each logical line; the insides of strings stay as they are."""
    out = []
    at = 0
    while at <= len(code):
        line = logical_line(code, at)
        out.append(" " + code[at : line.end])
        at = line.end + 1
    return "\n".join(out)

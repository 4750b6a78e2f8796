"""What magics do to the notebook's names: which they bind, read and delete.

`to_python` leaves a magic as a call of `run_line_magic` or `run_cell_magic`; here is what such a call means.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import pairwise

_IDENTIFIER = re.compile(r"[^\W\d]\w*\Z")
# A `cdef` function is not seen from Python.
_CYTHON_NAMES = re.compile(
    r"^(?:cpdef\s+(?:inline\s+)?(?:[\w.\[\], *]+\s)?|def\s+|(?:cdef\s+)?class\s+)(\w+)", re.MULTILINE
)
_SQL_RESULT = re.compile(r"(?:^|\s)(\w+)\s*<<")

_PYLAB = ("numpy", "matplotlib", "pylab", "mlab", "pyplot", "np", "plt", "display", "figsize", "getfigs")
_BIND_NOTHING = frozenset(
    # (those that run Python lines are that Python after `to_python`)
    """
    time timeit prun lprun memit mprun snakeviz pyinstrument scalene debug ipytest run_pytest local opts output
    ! sx system writefile file cat cd cp ls ll lf lk ldir lx man mkdir more less mv page popd pushd pwd pycat rehashx
    rm rmdir dhist dirs bookmark env set_env pip conda mamba micromamba uv
    html HTML svg SVG latex markdown javascript js matplotlib config colors xmode precision pprint who who_ls whos
    pinfo pinfo2 psearch pdef pdoc pfile psource quickref history hist lsmagic magic notebook tensorboard watermark
    version_information cls clear tb doctest_mode reset reset_selective xdel
    load_ext reload_ext unload_ext autoreload autosave autoawait autocall automagic alias unalias alias_magic
    logon logoff logstart logstop logstate killbgscripts pdb gui connect_info qtconsole load loadpy recall rep
    save pastebin edit ed code_wrap subshell wandb nb_black lab_black
    """.split()  # noqa: SIM905 - words are read more easily than quotes
)
_FROM_A_SCRIPT = ("--out", "--err", "--proc")
_FROM_ANOTHER_LANGUAGE = ("-o", "--output")
_SCRIPTS = ("bash", "script", "sh", "perl", "ruby", "python", "python2", "python3", "pypy")
_LANGUAGES = ("R", "octave", "matlab", "julia", "spark")
# The options after which a magic binds names.
_BINDING_OPTIONS = dict.fromkeys(_SCRIPTS, _FROM_A_SCRIPT) | dict.fromkeys(_LANGUAGES, _FROM_ANOTHER_LANGUAGE)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Any name may be concerned: a magic nobody here knows, or one that runs another file."""

    magic: str


def bound_by(magic: str, arguments: str, body: str = "") -> tuple[str, ...] | Unknown:
    """Return the names a line magic, or a cell magic with its body, may bind in the notebook."""
    words = _words(arguments)
    bound: tuple[str, ...] | Unknown
    match magic:
        case "capture" | "bigquery" | "macro":
            bound = _names(words[:1])
        case "store":
            bound = (_names(words) or Unknown(magic)) if "r" in _flags(arguments) else ()
        case "aimport":
            bound = _names([word.strip(",") for word in words])
        case "pylab":
            bound = _PYLAB if "--no-import-all" in arguments else Unknown(magic)
        case "sql":
            bound = _names(_SQL_RESULT.findall(arguments)[:1])
        case "cython":
            bound = tuple(dict.fromkeys(_CYTHON_NAMES.findall(body)))
        case _ if magic in _BINDING_OPTIONS:
            bound = _names(_values(arguments, *_BINDING_OPTIONS[magic]))
        case _:
            bound = () if magic in _BIND_NOTHING else Unknown(magic)
    return bound


def read_by(magic: str, arguments: str) -> tuple[str, ...]:
    """Return the notebook's names whose values a magic reads, beyond those inserted by `{name}` and `$name`."""
    match magic:
        case "store":
            return () if _flags(arguments) & set("rdz") else _names(_words(arguments)[:1])
        case "R" | "octave" | "matlab" | "julia":
            return _names(_values(arguments, "-i", "--input"))
        case "sql":
            return _names(_values(arguments, "--persist", "--append"))
        case _:
            return ()


def deleted_by(magic: str, arguments: str) -> tuple[str, ...] | Unknown:
    """Return the names a magic deletes from the notebook."""
    if magic == "xdel":
        return _names(_words(arguments))
    return Unknown(magic) if magic in {"reset", "reset_selective"} else ()


def _words(arguments: str) -> list[str]:
    """Split at blanks, options left out."""
    return [word for word in _split(arguments) if not word.startswith("-")]


def _flags(arguments: str) -> set[str]:
    return {letter for word in _split(arguments) if re.match(r"-\w", word) for letter in word[1:]}


def _values(arguments: str, *options: str) -> list[str]:
    """Return what follows one of the options, `-o a,b`, `--out a` or `--out=a`."""
    words = _split(arguments)
    found = [value for option, value in pairwise(words) if option in options]
    found += [word.partition("=")[2] for word in words if word.partition("=")[0] in options and "=" in word]
    return [name for value in found for name in value.split(",")]


def _split(arguments: str) -> list[str]:
    try:
        return shlex.split(arguments)
    except ValueError:  # an apostrophe
        return arguments.split()


def _names(words: list[str]) -> tuple[str, ...]:
    return tuple(word for word in words if _IDENTIFIER.match(word))

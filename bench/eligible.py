# ruff: noqa: INP001, T201 - a program that prints
"""Draw notebooks for bench/revival.py: real ones whose data is at hand and that need no network, told by their text.

    python bench/eligible.py FOLDER... --output SAMPLE.tsv [--dates FILE] [--number N] [--seed N] [--of-each N]

Each folder directly below a FOLDER is a repository. Nothing is run: what sets a notebook apart is read in its text and
its saved outputs, before and without any look at how it ends. The counts are printed. SAMPLE.tsv has a line for each
drawn notebook: half (develop or kept), repository's folder, notebook, day, and what its own text says will stop it
wherever it runs, or that it never ran ("-": nothing). No more than --of-each are from one repository; equal notebooks
count once.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import data_at_hand

from nb2prod.notebook import read
from nb2prod.problems import NotebookError
from nb2prod.program import BrokenCell, parse
from nb2prod.requirements import imports, names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nb2prod.notebook import Notebook
    from nb2prod.program import Program

LONGEST = 300
"""Seconds: what by its own saved times takes longer is not run."""

_SHELL = re.compile(r"(?:^|[\s;&|!])(?:wget|curl|gdown|kaggle|git clone|aws s3|gsutil|aria2c)\s")
_ASKS_NETWORK = re.compile(
    r"requests\.(?:get|post|Session)|urllib\.request|urlopen|urlretrieve|wget\.download|gdown\.|kagglehub|opendatasets|"
    r"\.fetch_(?!all|one|many)\w+|^fetch_(?!all|one|many)\w+|^fetch_ucirepo|\.fetch_ucirepo|(?:sns|seaborn)\.load_dataset|"
    r"(?:keras|tf|tensorflow)\.(?:\w+\.)*datasets|nltk\.download|^word_tokenize|^sent_tokenize|\.word_tokenize|"
    r"\.sent_tokenize|^pos_tag|\.pos_tag|WordNetLemmatizer|stopwords\.words|SentimentIntensityAnalyzer|spacy\.load|"
    r"get_rdataset|from_pretrained|SentenceTransformer|torch\.hub|hub\.load|tfds\.load|api\.load|MongoClient|"
    r"(?:mysql|psycopg2|pymysql|MySQLdb|pyodbc|cx_Oracle)\S*\.connect|yf\.|yfinance\.|pdr\.|DataReader|load_mnist_from"
)
_NETWORK_MODULES = {
    *("requests", "urllib3", "wget", "gdown", "kagglehub", "opendatasets", "yfinance", "pandas_datareader", "tweepy"),
    *(
        "openai",
        "transformers",
        "datasets",
        "sentence_transformers",
        "huggingface_hub",
        "tensorflow_datasets",
        "kaggle",
    ),
    *("tensorflow_hub", "ucimlrepo", "boto3", "wandb", "pymongo", "selenium", "psycopg2", "mysql", "pymysql", "quandl"),
    *("google.cloud", "wbdata", "praw", "textblob", "spacy", "torchvision", "openml", "pyodbc", "comet_ml"),
}
_NETWORK_NAMES = re.compile(
    r"(?:keras|tensorflow\.keras)\.datasets|nltk\.corpus|sklearn\.datasets\.fetch_\w+|nltk\.book"
)
_HOSTED = {"google.colab", "kaggle_secrets", "dbutils", "kaggle_datasets"}
_PROGRAMS = {"pyspark": "java", "h2o": "java", "graphviz": "dot", "pydotplus": "dot", "pydot": "dot"}
_HEAVY = {"tensorflow", "keras", "torch", "fastai", "mxnet", "jax", "pytorch_lightning", "tensorflow_addons", "pycaret"}
_LANGUAGES = re.compile(r"\s*%%(?:R|bash|sh|script|javascript|js|html|sql|bigquery|ruby|perl)\b")
_BELOW = re.compile(r"\A\s*#[^\n]*\n(?:\s*#[^\n]*\n)*\s*%%[a-z]")  # under a comment, it is no cell magic for IPython
_SCREEN = re.compile(r"(?:cv2\.(?:imshow|VideoCapture)|tkinter|pygame|turtle|sounddevice|pyaudio)")
_UNDEFINED = {"read-before-write", "read-of-undefined", "read-after-delete"}
_HIDDEN = {"run-order-changes-value", "shadowed-builtin", "shadowed-import", "unfitted-estimator"}
_TOOK = re.compile(r"(?:Wall time|elapsed|total):?\s*:?\s*((?:[\d.]+\s*(?:d|h|min|s|ms)\b\s*)+)")
_PARTS = re.compile(r"([\d.]+)\s*(d|h|min|s|ms)\b")
_EPOCH = re.compile(r" - (\d+)s ")
_SECONDS = {"d": 86400.0, "h": 3600.0, "min": 60.0, "s": 1.0, "ms": 0.001}


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge every notebook, print what was set apart, draw and write."""
    options = _parser().parse_args(arguments)
    days = dict(line.split("\t") for line in options.dates.read_text("utf-8").splitlines()) if options.dates else {}
    verdicts: Counter[str] = Counter()
    eligible: list[tuple[Path, Path]] = []
    seen: set[str] = set()
    for folder in sorted(each for top in options.folders for each in top.iterdir() if each.is_dir()):
        for path in sorted(folder.rglob("*.ipynb")):
            verdict = "in a hidden folder" if _hidden(path.relative_to(folder)) else judge(path, folder, seen)
            verdicts[verdict or "eligible"] += 1
            if verdict is None:
                eligible.append((folder, path))
    print(f"{sum(verdicts.values())} notebooks")
    print("\n".join(f"{number:6} {verdict}" for verdict, number in verdicts.most_common()))
    drawn = draw(eligible, options.number, options.of_each, options.seed)
    if options.drawn:
        drawn = [(Path(row[1]), Path(row[2])) for row in map(_row, options.drawn.read_text("utf-8").splitlines())]
    stops = _stops([path for _, path in eligible])
    wherever = sum(path in stops for _, path in eligible)
    repositories = len({folder for folder, _ in eligible})
    print(f"{len(eligible)} eligible of {repositories} repositories; {wherever} of them stop wherever they run:")
    print("\n".join(f"{number:6} {why}" for why, number in Counter(stops.values()).most_common()))
    print(f"{len(drawn)} drawn of {len({folder for folder, _ in drawn})} repositories")
    rows = [
        "\t".join(
            (("develop", "kept")[n % 2], str(folder), str(path), days.get(str(path), "auto"), stops.get(path, "-"))
        )
        for n, (folder, path) in enumerate(drawn)
    ]
    options.output.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return 0


def judge(path: Path, folder: Path, seen: set[str]) -> str | None:
    """Say why a notebook is set apart; None where it is not. `seen`: the code of those before."""
    try:
        program = parse(read(path))
    except NotebookError:
        return "no Python notebook, or none that can be read"
    code = "\n".join(cell.source for cell in program.notebook.code_cells)
    if code in seen:
        return "equal to another"
    seen.add(code)
    found = {name for each in imports.find(program) for name in (each.module, each.root, *each.dotted)}
    if not {each.root for each in imports.find(program)} - sys.stdlib_module_names:
        return "imports no library"
    if any(names.is_authors(name) and not _is_in(folder, name) for name in found):
        return "a module of its author is absent"
    return _needs(program, found) or _data(program, path, folder)


def draw(eligible: Sequence[tuple[Path, Path]], number: int, of_each: int, seed: int) -> list[tuple[Path, Path]]:
    """Draw at random, from as many repositories as there are first, then seconds and thirds of them."""
    chance = random.Random(seed)  # noqa: S311 - to be drawn again the same
    shuffled = chance.sample(eligible, len(eligible))
    place: Counter[Path] = Counter()
    rounds: list[tuple[int, int]] = []
    for index, (folder, _) in enumerate(shuffled):
        rounds.append((place[folder], index))
        place[folder] += 1
    return [shuffled[index] for round_, index in sorted(rounds) if round_ < of_each][:number]


def _needs(program: Program, found: set[str]) -> str | None:
    code = "\n".join(cell.source for cell in program.notebook.code_cells)
    roots = {name.partition(".")[0] for name in found}
    called = {ast.unparse(node.func) for node in _nodes(program) if isinstance(node, ast.Call)}
    reasons = {
        "another language in a cell": any(_LANGUAGES.match(cell.source) for cell in program.notebook.code_cells),
        "a hosted service": any(name in _HOSTED or name.startswith("google.colab") for name in found),
        "asks for input": bool({"input", "raw_input", "getpass", "getpass.getpass"} & called),
        "the network": bool(roots & _NETWORK_MODULES or found & _NETWORK_MODULES)
        or any(_NETWORK_NAMES.match(name) for name in found)
        or any(_ASKS_NETWORK.search(name) for name in called)
        or bool(_SHELL.search(code)),
        "a screen, a camera or sound": bool(_SCREEN.search(code)),
        "a GPU": bool(roots & {"cudf", "cuml", "cupy"}) or any(name.endswith(".cuda") for name in called),
        "a program that is not on this machine": any(
            root in roots and shutil.which(program) is None for root, program in _PROGRAMS.items()
        ),
        "deep learning: gigabytes for each environment": bool(roots & _HEAVY),
        f"more than {LONGEST} s by its own saved times": took(program.notebook) > LONGEST,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _data(program: Program, path: Path, folder: Path) -> str | None:
    reads = data_at_hand.look(program, path, folder)
    if reads.addresses:
        return "the network"
    if reads.absent:
        return "data absent"
    return "its text does not tell which files it reads" if reads.untold else None


def took(notebook: Notebook) -> float:
    """Add up the seconds that saved outputs tell: `%%time`, progress of parallel jobs, epochs."""
    seconds = 0.0
    for cell in notebook.code_cells:
        text = "\n".join(output.text for output in cell.outputs)
        told = [_duration(found[1]) for found in _TOOK.finditer(text)]
        seconds += max(told, default=0.0) + sum(int(found) for found in _EPOCH.findall(text))
    return seconds


def _duration(text: str) -> float:
    return sum(float(number) * _SECONDS[unit] for number, unit in _PARTS.findall(text) if number.strip("."))


def _stops(paths: Sequence[Path]) -> dict[Path, str]:
    """Find what stops wherever it runs, or never ran: the first that holds, by the text and the saved outputs.

    A cell that is no Python; a saved error; no cell that was ever run; a column that is read and not in the file at
    hand; a name that nothing has defined; a state that no run from top to bottom has, as lint tells.
    """
    found: dict[Path, str] = {}
    for path in paths:
        program = parse(read(path))
        if any(isinstance(cell, BrokenCell) or _BELOW.search(cell.cell.source) for cell in program.cells):
            found[path] = "a cell is no Python"
        elif any(output.kind == "error" for cell in program.notebook.code_cells for output in cell.outputs):
            found[path] = "it ended in an error when its author ran it"
        elif not any(cell.run or cell.uncounted or cell.outputs for cell in program.notebook.code_cells):
            found[path] = "none of its cells was ever run, as saved"
        elif data_at_hand.other_columns(program, path):
            found[path] = "it reads columns that the file at hand does not have"
    for why, rules in (
        ("a name is read that nothing has defined", _UNDEFINED),
        ("hidden state: from top to bottom it computes something else", _HIDDEN),
    ):
        found |= dict.fromkeys(_reported([path for path in paths if path not in found], rules), why)
    return found


def _reported(paths: Sequence[Path], rules: set[str]) -> set[Path]:
    """Find which notebooks lint reports an error of these rules in."""
    if not paths:
        return set()
    select = [word for name in sorted(rules) for word in ("--select", name)]
    command = [sys.executable, "-m", "nb2prod", "lint", "--format", "json", "--no-cache", "--exit-zero", *select]
    done = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, check=True)  # noqa: S603 - ourselves
    return {Path(each["path"]) for each in json.loads(done.stdout)["diagnostics"] if each["severity"] == "error"}


def _nodes(program: Program) -> Iterator[ast.AST]:
    for statement in program.statements:
        yield from ast.walk(statement.node)


def _is_in(folder: Path, module: str) -> bool:
    return any(True for pattern in (module, f"{module}.py") for _ in folder.rglob(pattern))


def _row(line: str) -> list[str]:
    return line.split("\t")


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts) or path.stem.endswith("-checkpoint")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--drawn", type=Path, help="a sample that was drawn before, to be judged anew")
    parser.add_argument("--dates", type=Path)
    parser.add_argument("--number", type=int, default=190)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--of-each", type=int, default=3)
    return parser


if __name__ == "__main__":
    sys.exit(main())

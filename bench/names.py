# ruff: noqa: INP001, T201 - a program that prints
"""Which distribution brings an import: nb2prod against the right answers, with pipreqs and pigar beside it.

    python bench/names.py [--pipreqs PYTHON] [--pigar PYTHON] [--wrong]

The answers are in names.tsv: import<TAB>distribution (several, parted by blanks: any of them is right; "-": none on
the registry). An answer is right, unconfirmed with the right one among the candidates, unconfirmed without it, or
wrong: the one that installs a stranger's package without a word. --pipreqs and --pigar are interpreters that have
them installed; pipreqs is asked for its map and its name function only, pigar without its network.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from nb2prod import requirements
from nb2prod.notebook import Notebook
from nb2prod.program import parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PIPREQS = """
import json, sys
from pipreqs import pipreqs
names = json.loads(sys.stdin.read())
print(json.dumps({name: pipreqs.get_pkg_names([name]) for name in names}))
"""
_PIGAR = """
import json, sys
from pigar.db import database
names = json.loads(sys.stdin.read())
with database() as db:
    found = {name: [row.name for row in db.query_distributions_by_top_level_module(name) or ()] for name in names}
print(json.dumps(found))
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each tool; 1 when nb2prod is wrong somewhere."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipreqs", type=Path)
    parser.add_argument("--pigar", type=Path)
    parser.add_argument("--wrong", action="store_true", help="list what is not right")
    options = parser.parse_args(arguments)
    answers = read(Path(__file__).with_name("names.tsv"))
    verdicts = {name: ours(name, right) for name, right in answers.items()}
    show("nb2prod", verdicts, wrong=options.wrong)
    for tool, python, code in (("pipreqs", options.pipreqs, _PIPREQS), ("pigar", options.pigar, _PIGAR)):
        if python:
            show(tool, theirs(python, code, answers), wrong=options.wrong)
    return int(any(verdict.startswith("wrong") for verdict in verdicts.values()))


def read(path: Path) -> dict[str, tuple[str, ...]]:
    """Read the answers."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return {name: tuple(right.split()) for name, right in (line.split("\t")[:2] for line in lines)}


def ours(name: str, right: tuple[str, ...]) -> str:
    """Judge what nb2prod says, with nothing installed and nothing else in the notebook."""
    found = requirements.resolve(parse(Notebook.from_prompts(f"# In [1]:\nimport {name}\n")))
    if not found.requirements:
        return "right" if "-" in right else "unconfirmed, without the right one"
    only = found.requirements[0]
    if only.lockable:
        return "right" if only.distribution in right else f"wrong ({only.distribution})"
    return _unsure((only.distribution, *only.candidates), right)


def _unsure(candidates: Sequence[str | None], right: tuple[str, ...]) -> str:
    among = bool({*candidates} & {*right}) or "-" in right
    return f"unconfirmed, {'the right one among the candidates' if among else 'without the right one'}"


def theirs(python: Path, code: str, answers: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Judge another tool: one name is its answer, several are its candidates."""
    roots = {name: name.partition(".")[0] for name in answers}
    done = subprocess.run(  # noqa: S603 - an interpreter that the user names
        [python, "-c", code], input=json.dumps(sorted(set(roots.values()))), capture_output=True, text=True, check=True
    )
    given = json.loads(done.stdout)
    verdicts = {}
    for name, right in answers.items():
        found = [canonicalize_name(each) for each in given[roots[name]]]
        if len(found) == 1:
            verdicts[name] = "right" if found[0] in right else f"wrong ({found[0]})"
        else:
            verdicts[name] = _unsure(found, right) if found else "unconfirmed, without the right one"
    return verdicts


def show(tool: str, verdicts: Mapping[str, str], *, wrong: bool) -> None:
    """Print the numbers, and on request the cases."""
    numbers = Counter("wrong" if verdict.startswith("wrong") else verdict for verdict in verdicts.values())
    print(f"{tool}: {len(verdicts)} imports: {', '.join(f'{number} {kind}' for kind, number in numbers.most_common())}")
    for name, verdict in verdicts.items():
        if wrong and verdict != "right":
            print(f"  {name}: {verdict}")


if __name__ == "__main__":
    sys.exit(main())

# ruff: noqa: INP001, T201 - a program that prints
"""How well the ML rules agree with notebooks that were labelled by hand, from the code.

    python bench/leakage.py LABELS.jsonl FOLDER [--half seen|held] [--why]

LABELS has a JSON object a line: `notebook` (its path below FOLDER), `cell` and `kind` (the name of an ML rule, or
"clean" without a cell), `half`. A notebook counts as found when any warning or error of the ML family is reported in
it; a label counts as found when a finding of its rule names its cell, as its place or beside it. Information is counted
apart.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from nb2prod.lint.choice import choose
from nb2prod.lint.rule import Context
from nb2prod.notebook import read
from nb2prod.program import parse

if TYPE_CHECKING:
    from nb2prod.lint.rule import Finding


def main() -> None:
    """Compare, and print each half's numbers."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("labels", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half")
    parser.add_argument("--why", action="store_true", help="print what was missed, and what was reported besides")
    given = parser.parse_args()
    halves: dict[str, dict[str, list[tuple[int | None, str]]]] = defaultdict(lambda: defaultdict(list))
    for line in given.labels.read_text(encoding="utf-8").splitlines():
        label = json.loads(line)
        if given.half in {None, label["half"]}:
            halves[label["half"]][label["notebook"]].append((label["cell"], label["kind"]))
    for half, notebooks in sorted(halves.items()):
        compare(half, notebooks, given.folder, why=given.why)


def compare(half: str, notebooks: dict[str, list[tuple[int | None, str]]], folder: Path, *, why: bool) -> None:
    """Print how one half came out."""
    rules = choose(["ML"])
    counts: dict[str, int] = defaultdict(int)
    for name, labels in sorted(notebooks.items()):
        context = Context(parse(read(folder / name)))
        found = [(rule, finding) for rule in rules for finding in rule.check(context)]
        grave = [(rule, finding) for rule, finding in found if (finding.severity or rule.severity) != "info"]
        leaky = labels[0][1] != "clean"
        counts["leaky" if leaky else "clean"] += 1
        counts["leaky found" if leaky else "clean reported"] += bool(grave)
        counts["leaky or information"] += leaky and bool(found)
        counts["clean with information"] += not leaky and bool(found)
        for cell, kind in labels if leaky else ():
            hit = any(rule.name == kind and cell in _cells(finding) for rule, finding in found)
            counts["labels"] += 1
            counts["labels found"] += hit
            if why and not hit:
                print(f"  missed {name}: {kind} in cell {cell}")
        kinds = {kind for _, kind in labels}
        for rule, finding in grave:
            counts["findings"] += 1
            counts["findings of a labelled kind"] += rule.name in kinds
            if why and rule.name not in kinds:
                print(f"  besides {name}: {rule.name}: {finding.message}")
    recall = counts["leaky found"] / max(1, counts["leaky"])
    precision = counts["leaky found"] / max(1, counts["leaky found"] + counts["clean reported"])
    print(f"{half}: recall {recall:.2f}, precision {precision:.2f} by notebook")
    print("  " + ", ".join(f"{key} {value}" for key, value in sorted(counts.items())))


def _cells(finding: Finding) -> set[int]:
    return {finding.where.cell, *(place.cell for place in finding.also)}


if __name__ == "__main__":
    main()

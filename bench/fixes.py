# ruff: noqa: INP001, T201 - a script: it is run as it lies there, and prints
"""Whether fixes keep their promises on real notebooks: nothing is left to fix, and nothing else is touched.

    python bench/fixes.py LIST [--safe] [--show]

LIST is a file with the path of a notebook a line. Each is mended in memory, with all rules, nothing is written. Then
it is mended again, which must change nothing; a finding that still offers a fix, which then does not help, is counted
as idle. All that is no source of a cell must be the same, byte for byte, but for cells that were moved or put in.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from nb2prod.lint import json_text
from nb2prod.lint.choice import choose
from nb2prod.lint.diagnostic import Unread
from nb2prod.lint.fix import Replace
from nb2prod.lint.mend import mend
from nb2prod.lint.run import check_bytes


def main() -> None:
    """Mend every notebook of the list, twice, and count."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("list", type=Path)
    parser.add_argument("--safe", action="store_true", help="make the safe fixes only")
    parser.add_argument("--show", action="store_true", help="print which rules mended what")
    given = parser.parse_args()
    counts: Counter[str] = Counter()
    for line in given.list.read_text(encoding="utf-8").splitlines():
        for what in _tried(Path(line), unsafe=not given.safe):
            counts[what.partition(": ")[0]] += 1
            if given.show or what.startswith(("LEFT", "TOUCHED")):
                print(f"{line}: {what}")
    for what, number in sorted(counts.items()):
        print(f"{number:6} {what}")


def _tried(path: Path, *, unsafe: bool) -> list[str]:
    content = path.read_bytes()
    once = mend(path, content, choose(["ALL"]), unsafe=unsafe)
    if isinstance(once, Unread):
        return ["not read"]
    found = ["notebooks", *(f"mended by {rule.name}: {each.message}" for rule, each in once.mended)]
    if not once.mended:
        return found
    found.append("notebooks mended")
    again = mend(path, once.now.content, choose(["ALL"]), unsafe=unsafe)
    fresh = check_bytes(path, once.now.content, choose(["ALL"]))
    if isinstance(again, Unread) or isinstance(fresh, Unread):
        return [*found, "TOUCHED so that it cannot be read"]
    found += [f"LEFT to fix by {rule.name}: {each.message}" for rule, each in again.mended]
    found += [
        f"idle fix of {rule.name}: {each.message}"
        for rule, each in fresh.found
        if each.fix and (each.fix.safe or unsafe)
    ]
    edits = [edit for _, each in once.mended if each.fix for edit in each.fix.edits]
    if not _same_rest(content.decode(), once.now.content.decode(), plain=all(isinstance(e, Replace) for e in edits)):
        found.append("TOUCHED something else")
    return found


def _same_rest(before: str, after: str, *, plain: bool) -> bool:
    """Tell whether two files are the same but for sources; where cells were moved or put in, each old cell is there."""
    old, new = _without_sources(before), _without_sources(after)
    return old == new if plain else not Counter(old[1::2]) - Counter(new[1::2])


def _without_sources(text: str) -> list[str]:
    """Give the text in pieces: cells without their sources, and what is between them, in turn."""
    pieces, at = [], 0
    for cell in json_text.cells(text):
        whole, source = cell.whole, cell.source or json_text.Span(cell.whole.end, cell.whole.end)
        pieces += [text[at : whole.start], text[whole.start : source.start] + text[source.end : whole.end]]
        at = whole.end
    return [*pieces, text[at:]]


if __name__ == "__main__":
    main()

# ruff: noqa: INP001, T201 - a program that prints
"""How long locking takes, warm: the 30 packages that notebooks use most, with uv, and with pip-tools on request.

    python bench/lock.py [--pip-tools] [--rounds N]

Looking into the locked wheels is a step of its own, and timed apart: first as it is, then from what was kept.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from typing import TYPE_CHECKING

from nb2prod import requirements
from nb2prod.requirements import contents

if TYPE_CHECKING:
    from collections.abc import Callable

_ASKED = """
numpy pandas matplotlib scikit-learn seaborn scipy xgboost-cpu statsmodels plotly requests tqdm joblib nltk pillow
bokeh imbalanced-learn mlxtend xarray lightgbm ipywidgets missingno wordcloud graphviz dask shap beautifulsoup4
networkx sqlalchemy category-encoders openpyxl
""".split()  # noqa: SIM905 - words are read more easily than quotes


def main() -> int:
    """Print the times; 1 when something cannot be locked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pip-tools", action="store_true", help="time pip-tools, too")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    empty = requirements.Requirements(python=python, python_evidence="the bench", requirements=())
    asked = requirements.including(empty, _ASKED, "the bench")
    locked = requirements.lock(asked, locker="uv")  # so that it is warm
    if isinstance(locked, requirements.LockFailed):
        print(f"could not be locked: {locked.reason}")
        return 1
    print(f"{len(_ASKED)} packages, {len(locked.pins)} pins")
    _time("uv, with the development tools", lambda: requirements.lock(asked, locker="uv"), options.rounds)
    _time("the wheels' contents, first time or kept", lambda: contents.read(locked, python), 1)
    _time("the wheels' contents, kept", lambda: contents.read(locked, python), options.rounds)
    if options.pip_tools:
        other = _time("pip-tools", lambda: requirements.lock(asked, locker="pip-tools"), 1)
        print(f"pip-tools: {_compared(locked, other)}")
    return 0


def _compared(locked: requirements.Lock, other: object) -> str:
    if not isinstance(other, requirements.Lock):
        return str(other)
    ours, theirs = ({(pin.distribution, pin.version) for pin in each.pins} for each in (locked, other))
    hashes = [{word for word in each.runtime.split() if word.startswith("--hash")} for each in (locked, other)]
    unlike = ", ".join("==".join(each) for each in sorted(ours ^ theirs))
    alike = "hashes" if hashes[0] == hashes[1] else "other hashes"
    return (
        f"{'other pins: ' + unlike if unlike else 'the same pins'}, {'the same ' if alike == 'hashes' else ''}{alike}"
    )


def _time(what: str, function: Callable[[], object], rounds: int) -> object:
    took, worked, result = [], [], None
    for _ in range(rounds):
        started, before = time.perf_counter(), _worked()
        result = function()
        took.append(time.perf_counter() - started)
        worked.append(_worked() - before)
    print(
        f"{what}: median {statistics.median(took):.2f} s, least {min(took):.2f} s, most {max(took):.2f} s; "
        f"of the processor {statistics.median(worked):.2f} s"
    )
    return result


def _worked() -> float:
    """Seconds of the processor, ours and the lockers'; the rest is waiting for the index, and for others here."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


if __name__ == "__main__":
    sys.exit(main())

# ruff: noqa: INP001 - scripts
"""Run cells as a notebook server would, quickly: in a fork of a process that has the usual libraries loaded."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import select
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.cells import Cell

Outputs = list[dict[str, Any]]

_USUAL = ("numpy", "pandas", "matplotlib.pyplot", "seaborn", "sklearn.ensemble", "sklearn.linear_model", "scipy.stats")
_LARGEST_FOLDER = 10_000_000
_CHANGING = re.compile(
    r"\b0x[0-9a-f]+\b|\b(?:CPU times|Wall time)[^\n]*|\d+(?:\.\d+)? ?[mµn]?s\b|\b\d\d:\d\d(?::\d\d)?\b"
)


@dataclass(frozen=True)
class Ran:
    """What a run gave: the outputs of each step that was run, the error that ended it, digests of the variables.

    `seconds` is the processor's time.
    """

    outputs: list[Outputs]
    error: str | None
    values: dict[str, str]
    seconds: float


def load() -> Any:  # noqa: ANN401 - IPython has no types
    """Import what most notebooks use, and make the shell, once for all forks."""
    from IPython.core.interactiveshell import InteractiveShell  # noqa: PLC0415 - only where notebooks are run
    from traitlets.config import Config  # noqa: PLC0415 - as above

    for name in _USUAL:
        with contextlib.suppress(ImportError):
            __import__(name)
    config = Config()
    config.HistoryManager.enabled = False  # it has a thread, which no fork inherits
    config.InlineBackend.print_figure_kwargs = {"bbox_inches": None}
    shell: Any = InteractiveShell.instance(config=config)
    with contextlib.suppress(Exception):
        shell.enable_matplotlib("inline")
        shell.run_cell("import matplotlib; matplotlib.rcParams['figure.dpi'] = 30; del matplotlib", silent=True)
    shell.enable_gui = lambda _gui=None: None
    return shell


def small(folder: Path) -> bool:
    """Tell whether a folder is quickly copied."""
    total = 0
    for path in folder.rglob("*"):
        total += path.lstat().st_size
        if total > _LARGEST_FOLDER:
            return False
    return True


def run(steps: Sequence[Cell], folder: Path, seed: int, seconds: float) -> Ran | None:
    """Run the cells one after the other in a fresh process and a copy of the folder; None: not within the time.

    The generators are seeded for each cell by its number: what another cell drew before makes no difference.
    """
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / folder.name
        shutil.copytree(folder, place, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        out, into = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.close(out)
                os.setsid()
                _child(steps, place, seed, into)
            finally:
                os._exit(0)
        os.close(into)
        data = _received(out, seconds)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return Ran(**json.loads(data)) if data else None


def plain(outputs: Outputs, by_chance: bool = False) -> list[str]:  # noqa: FBT001, FBT002 - of what the text speaks
    """Give what a reader of the outputs sees, without what changes with every run: addresses and times.

    Of outputs that depend on chance, only the words.
    """
    found = []
    for each in outputs:
        if each["output_type"] == "stream" and each.get("name") == "stderr":
            continue
        data = each.get("data", {})
        text = each.get("text") or data.get("text/plain") or each.get("ename") or ""
        if by_chance:
            found += re.findall(r"[^\W\d]{3,}", _CHANGING.sub("", text)) if "text" in each else []
        else:
            found.append(_CHANGING.sub("…", text) + str(hash(data.get("image/png"))))
    return found


def _received(pipe: int, seconds: float) -> bytes:
    parts: list[bytes] = []
    end = time.monotonic() + seconds
    with os.fdopen(pipe, "rb", buffering=0) as source:
        while (left := end - time.monotonic()) > 0 and select.select([source], [], [], left)[0]:
            part = source.read(1 << 20)
            if not part:
                return b"".join(parts)
            parts.append(part)
    return b""


def _child(steps: Sequence[Cell], place: Path, seed: int, into: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    os.chdir(place)
    from IPython import get_ipython  # noqa: PLC0415 - only in the child
    from IPython.utils.capture import capture_output  # noqa: PLC0415 - only in the child

    shell = get_ipython()
    own = set(shell.user_ns)
    results: list[dict[str, Any]] = []
    hook = shell.displayhook
    hook.write_output_prompt = hook.finish_displayhook = lambda: None
    hook.write_format_data = lambda data, _metadata=None: results.append(data)
    outputs: list[Outputs] = []
    error = None
    for cell in steps:
        _seed(1000 * seed + cell.number)
        with capture_output() as captured:
            result = shell.run_cell(cell.source, store_history=True)
        outputs.append([*_shown(captured), *(_result(data, len(outputs) + 1) for data in results)])
        results.clear()
        failed = result.error_before_exec or result.error_in_exec
        if failed is not None:
            error = f"{type(failed).__name__}: {failed}"[:300]
            break
    values = {} if error else dict(_digests(shell.user_ns, own))
    with os.fdopen(into, "wb") as pipe:
        found = {"outputs": outputs, "error": error, "values": values, "seconds": time.process_time()}
        pipe.write(json.dumps(found, default=str).encode())


def _seed(seed: int) -> None:
    random.seed(seed)
    with contextlib.suppress(ImportError):
        import numpy as np  # noqa: PLC0415 - only in the child

        np.random.seed(seed)  # noqa: NPY002 - what notebooks draw from


def _shown(captured: object) -> Iterator[dict[str, Any]]:
    for name in ("stdout", "stderr"):
        if text := getattr(captured, name):
            yield {"output_type": "stream", "name": name, "text": text}
    for each in getattr(captured, "outputs", ()):
        yield {"output_type": "display_data", "data": _usual(each.data), "metadata": {}}


def _result(data: dict[str, Any], count: int) -> dict[str, Any]:
    return {"output_type": "execute_result", "data": _usual(data), "metadata": {}, "execution_count": count}


def _usual(data: dict[str, Any]) -> dict[str, Any]:
    return {mime: value for mime, value in data.items() if mime in {"text/plain", "text/html", "image/png"}}


def _digests(names: dict[str, Any], own: set[str]) -> Iterator[tuple[str, str]]:
    import joblib  # type: ignore[import-untyped] # noqa: PLC0415 - only in the child

    for name, value in names.items():
        if name in own or name.startswith("_") or callable(value) or type(value).__name__ == "module":
            continue
        with contextlib.suppress(Exception):
            yield name, str(joblib.hash(value))

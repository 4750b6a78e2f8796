# ruff: noqa: ANN401, PTH118, PTH123 - values are anything; os.path is enough here
"""What a run saw: one line for each value at each visit of a statement, written as it happens."""

from __future__ import annotations

import json
import marshal
import os
import time
from typing import Any

from .encode import Encoder, Store, TooLarge, class_name

SEED = 20_011


class Recorder:
    """Writes `events.jsonl` and the values beside it."""

    def __init__(self, folder: str, package: str = "", reseed: bool = False) -> None:  # noqa: FBT001, FBT002 - from JSON
        """`reseed`: reset the shared random states before each mapped statement."""
        self.store = Store(folder)
        self.file = os.path.join(folder, "events.jsonl")
        self.package, self.process = package, os.getpid()
        self.visits: dict[Any, int] = {}
        self.reseeding = reseed
        if reseed:
            _seed_generators()

    def seen(self, key: Any, names: list[str], *scopes: dict[str, Any]) -> None:
        """Keep the values of these names; the statement `key` has just run."""
        if os.getpid() != self.process:
            return
        visit = self.visits[key] = self.visits.get(key, -1) + 1
        for name in names:
            scope = next((scope for scope in scopes if name in scope), None)
            if scope is None:
                self.event("value", key=key, visit=visit, name=name, absent=True)
            else:
                self.value(key, visit, name, scope[name])

    def value(self, key: Any, visit: int, name: str, value: Any) -> None:
        """Keep one value."""
        started = time.monotonic()
        try:
            node = Encoder(self.store, self.package).node(value)
        except TooLarge:
            node = ("opaque", class_name(type(value), self.package), "too many parts to compare")
        self.event(
            "value",
            key=key,
            visit=visit,
            name=name,
            digest=self.store.put(marshal.dumps(node, 2)),
            type=class_name(type(value), self.package),
            model=hasattr(type(value), "fit") and hasattr(value, "predict"),
            data=type(value).__name__ in ("DataFrame", "Series", "ndarray", "csr_matrix"),
            seconds=round(time.monotonic() - started, 4),
        )

    def reseed(self) -> None:
        """Draw the same from here on, on both sides."""
        import random  # noqa: PLC0415 - only when reseeding
        import sys  # noqa: PLC0415

        random.seed(SEED)
        modules = sys.modules
        if "numpy" in modules:
            modules["numpy"].random.seed(SEED)
        if "torch" in modules:
            modules["torch"].manual_seed(SEED)
        if "tensorflow" in modules:
            modules["tensorflow"].random.set_seed(SEED)

    def event(self, event: str, **fields: Any) -> None:
        """Append one line."""
        if os.getpid() == self.process:
            with open(self.file, "a", encoding="utf-8") as file:
                file.write(json.dumps({"event": event, **fields}) + "\n")


def _seed_generators() -> None:
    """Give generators made without a seed ours."""
    try:
        import numpy  # noqa: ICN001, PLC0415 - may be absent
    except ImportError:
        return
    made = getattr(numpy.random, "default_rng", None)
    if made is not None:
        numpy.random.default_rng = lambda seed=None: made(SEED if seed is None else seed)

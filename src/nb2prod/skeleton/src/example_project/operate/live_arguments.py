"""The arguments of `models challenge | withdraw | live | decide | rules`, whose modules are imported when they run."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import Callable

SETTINGS: dict[str, tuple[type, str]] = {
    "automatic": (str, "yes: what the rules say is done; no: it is proposed only (what is sick goes in any case)"),
    "canary": (float, "the share for a challenger that has proven itself in shadow"),
    "key": (str, "'header NAME' or 'field NAME': the same value, the same model ('': every request alone)"),
    "patience": (float, "seconds that an answer waits for a challenger before the champion gives it"),
    "rows": (int, "labelled rows that a decision needs"),
    "most": (int, "labelled rows after which a challenger has had its chance"),
    "effect": (float, "the smallest gain that is worth a change, in the metric's unit"),
    "alpha": (float, "how often an equal challenger may be promoted"),
    "failures": (float, "the share of a model's answers that may be errors"),
    "slower": (float, "how many times as long as the champion's its answers may take"),
    "slack": (float, "seconds by which they may take longer in any case"),
    "answers": (int, "answers that are needed to judge errors (requests: slowness), and in canary before promotion"),
}
STEPS = {
    "challenge": "let a version score every request beside the champion",
    "withdraw": "let a version score no longer",
    "live": "who is live, how they stand, what was decided",
    "decide": "the same, and do what the rules say (the service does so by itself)",
    "rules": "show or change the rules of the live comparison",
}


def add(parser: argparse.ArgumentParser, name: str) -> None:
    """Set the arguments of one of the steps."""
    parser.set_defaults(run=_run(name))
    if name == "challenge":
        parser.add_argument(
            "version", nargs="?", default="challenger", help="a version or an alias (default: challenger)"
        )
        parser.add_argument("--share", type=float, help="of the requests that it answers (default: none, in shadow)")
    if name == "withdraw":
        parser.add_argument("version", help="a version or an alias")
    if name in ("live", "decide"):
        parser.add_argument("--page", type=Path, metavar="HTML", help="write a page for people")
    for setting, (kind, what) in SETTINGS.items() if name == "rules" else ():
        choices = ("yes", "no") if setting == "automatic" else None
        parser.add_argument(f"--{setting}", type=kind, choices=choices, help=what)


def _run(name: str) -> Callable[[argparse.Namespace], int]:
    def run(options: argparse.Namespace) -> int:
        return int(getattr(import_module("example_project.operate.challengers"), f"run_{name}")(options))

    return run

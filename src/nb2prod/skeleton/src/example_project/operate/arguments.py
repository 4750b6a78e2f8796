"""The arguments of the commands in this folder; what they need is imported only when one of them runs."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """More about an evaluation: a page, and the same over time from the store."""
    parser.add_argument("--page", type=Path, metavar="HTML", help="write a page: intervals, baselines, slices")
    parser.add_argument("--live", action="store_true", help="evaluate what the store has, over time")
    parser.add_argument("--by", choices=("day", "week"), default="day", help="with --live (default: day)")


def add_monitor(parser: argparse.ArgumentParser) -> None:
    """`monitor`: 0 all quiet, 1 an alarm."""
    parser.add_argument("input", metavar="IN", type=Path, nargs="?", help="new raw rows (default: those in the store)")
    parser.add_argument("--days", type=float, default=1.0, help="how far back to look in the store (default: 1)")
    parser.add_argument("--oldest", type=float, metavar="DAYS", help="an older model is an alarm")
    parser.add_argument("--page", type=Path, metavar="HTML", help="write a page for people")
    parser.add_argument("--output", "-o", type=Path, metavar="JSON", help="write what was found, for programs")
    parser.add_argument("--prometheus", type=Path, metavar="PROM", help="write gauges for node_exporter's textfiles")
    parser.add_argument("--webhook", metavar="URL", help="where an alarm is told (a POST with the JSON)")
    parser.add_argument("--retrain", action="store_true", help="after an alarm, train a challenger (see retrain)")
    parser.set_defaults(run=lambda options: import_module("example_project.operate.monitor").run(options))


def add_retrain(parser: argparse.ArgumentParser) -> None:
    """`retrain`: 0 there is a new challenger, 1 the gate refused the candidate."""
    parser.add_argument("data", metavar="DATA", type=Path, nargs="?", help=_DATA)
    parser.add_argument("--days", type=float, default=30.0, help="how far back to look in the store (default: 30)")
    parser.add_argument("--add", action="store_true", help="train on the training data as well, before the new rows")
    parser.add_argument("--judge-on", type=Path, metavar="LABELLED", help="rows for the gate (default: some are kept)")
    parser.add_argument("--share", type=float, default=0.2, help="the share that is kept for the gate (default: 0.2)")
    parser.add_argument("--rows", type=int, default=100, help="the gate needs so many rows (default: 100)")
    parser.add_argument("--better", action="store_true", help="it must be surely better; else: not surely worse")
    parser.add_argument("--shadow", action="store_true", help="the new challenger scores every request from now on")
    parser.add_argument("--seed", type=int, default=0, help="of all that is drawn (default: 0)")
    parser.add_argument("--output", "-o", type=Path, metavar="JSON", help="write the decision, for programs")
    parser.set_defaults(run=lambda options: import_module("example_project.operate.retrain").run(options))


def retraining(*given: str) -> argparse.Namespace:
    """The arguments of `retrain`, for those who start it."""
    parser = argparse.ArgumentParser()
    add_retrain(parser)
    return parser.parse_args(given)


_DATA = "a labelled file, or a folder with new versions of the files the notebook reads (default: the store's rows)"

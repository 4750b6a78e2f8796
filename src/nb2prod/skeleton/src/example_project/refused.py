"""What could not be made from the notebook; nb2prod.json has the reasons."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

from example_project.errors import Refused

COMMANDS = ("train", "predict")


def refusals() -> dict[str, Refused]:
    """The refused commands, each with its place, its reason and a way out."""
    for folder in (Path.cwd(), Path(__file__).resolve().parents[2]):
        try:
            record = json.loads((folder / "nb2prod.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        if record.get("package") == "example_project":
            return {name: _refused(name, record[name]) for name in COMMANDS if record[name]["status"] == "refused"}
    absent = [name for name in COMMANDS if not find_spec(f"example_project.{name}")]
    return {name: Refused(f"{name} could not be made from the notebook; HANDOFF.md says why") for name in absent}


def _refused(command: str, outcome: dict[str, str | int | None]) -> Refused:
    place = "" if outcome["cell"] is None else f" (cell {outcome['cell']} of the notebook, counted from 0)"
    return Refused(f"{command} could not be made from the notebook: {outcome['reason']}{place}. {outcome['way_out']}")

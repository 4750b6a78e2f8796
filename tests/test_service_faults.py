"""The short form of the bench that kills the service, its store and the trainer: what it promises holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parent.parent / "bench" / "service_faults.py"


def test_nothing_acknowledged_is_lost_and_no_half_model_is_served() -> None:
    """How soon it is ready again is the bench's alone: here, others use the machine as well."""
    line = [sys.executable, str(BENCH), "--minutes", "0.33"]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=600)  # noqa: S603 - ourselves
    told = done.stdout.splitlines()
    wrong = [each for each in told if each.startswith("BROKEN") and "ready again" not in each]
    assert not wrong, done.stdout
    assert any("refused while the service ran: 0" in each for each in told), done.stdout + done.stderr
    assert sum(" exit 2: " in each for each in told) == 15, done.stdout + done.stderr

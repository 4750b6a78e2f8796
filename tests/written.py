"""Notebook files that tests write."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def notebook(*cells: str | Mapping[str, Any], **metadata: object) -> dict[str, Any]:
    """A Python notebook of these cells: sources of code cells that were run in their order, or whole cells."""
    whole = [
        each
        if not isinstance(each, str)
        else {
            "cell_type": "code",
            "execution_count": count,
            "metadata": {},
            "outputs": [],
            "source": each.splitlines(keepends=True),
        }
        for count, each in enumerate(cells, start=1)
    ]
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return {"cells": whole, "metadata": {"kernelspec": kernel, **metadata}, "nbformat": 4, "nbformat_minor": 4}


def write(path: Path, *cells: str | Mapping[str, Any], **metadata: object) -> Path:
    """Write such a notebook as Jupyter does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(notebook(*cells, **metadata), indent=1, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8")
    return path

"""What a person can put right: the message says what is wrong and what to do."""

from __future__ import annotations


class ProjectError(Exception):
    """The command cannot go on; `python -m example_project` prints the message and exits with 2."""


class DataError(ProjectError, ValueError):
    """The rows given cannot be used; the message names the column and the row, where it is one."""

    def __init__(self, message: str, *, row: int | None = None, column: str | None = None) -> None:
        super().__init__(message)
        self.row, self.column = row, column


class ModelError(ProjectError):
    """There is no stored model, or it is not the one that was stored."""


class Refused(ProjectError):
    """What could not be made from the notebook: the message says why and what would help."""

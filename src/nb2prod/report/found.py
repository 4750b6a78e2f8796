"""What the formats of lint are given: the findings, and the sources they speak of, read when first asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from nb2prod.problems import NotebookError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nb2prod.lint.diagnostic import Diagnostic, Unread
    from nb2prod.lint.session import Mend
    from nb2prod.problems import Location


@dataclass(frozen=True)
class Source:
    """A notebook as findings show it."""

    path: Path
    content: bytes

    @cached_property
    def cells(self) -> tuple[tuple[str, ...], ...]:
        """The lines of each cell."""
        from nb2prod.notebook import from_bytes  # noqa: PLC0415 - only for those who show sources

        try:
            notebook = from_bytes(self.path, self.content)
        except NotebookError:
            return ()
        return tuple(tuple(cell.source.splitlines()) for cell in notebook.cells)

    def file_line(self, where: Location) -> int:
        """The line of the file, as editors and code reviews show it; 1 where there is none."""
        lines = self._file_lines[where.cell] if where.cell < len(self._file_lines) else []
        return lines[min(where.line, len(lines)) - 1] if lines else 1

    @cached_property
    def _file_lines(self) -> list[list[int]]:
        from nb2prod.lint.json_text import file_lines  # noqa: PLC0415 - as above

        try:
            return file_lines(self.content.decode())
        except (ValueError, IndexError):
            return []


@dataclass(frozen=True, kw_only=True)
class Found:
    """What lint found: in `checked`, the files that could be read, and what stopped it at the others.

    `contents` are those of files that are not on the disk as they were checked. `known`: a baseline has so many more.
    """

    diagnostics: tuple[Diagnostic, ...] = ()
    unread: tuple[Unread, ...] = ()
    checked: tuple[Path, ...] = ()
    mended: tuple[Mend, ...] = ()
    known: int = 0
    contents: Mapping[Path, bytes] = field(default_factory=dict)
    show_source: bool = False
    paint: Callable[[str, str], str] = lambda text, _: text
    _sources: dict[Path, Source] = field(default_factory=dict, init=False, repr=False)

    def source(self, path: Path) -> Source:
        """Give a notebook's source."""
        from nb2prod.notebook import file_bytes  # noqa: PLC0415 - as above

        if path not in self._sources:
            try:
                content = self.contents[path] if path in self.contents else file_bytes(path)
            except NotebookError:
                content = b""
            self._sources[path] = Source(path, content)
        return self._sources[path]


def shown(path: Path) -> str:
    """A path as services that know the repository want it: seen from the working folder, with `/`."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - links are not followed
    here = Path.cwd()
    return absolute.relative_to(here).as_posix() if absolute.is_relative_to(here) else absolute.as_posix()

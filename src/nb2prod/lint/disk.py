"""A file's new content, in its place at once."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Put a file's new content in its place, through links and with its permissions; OSError if that cannot be."""
    path = path.resolve()
    mode = stat.S_IMODE(path.stat().st_mode)
    if not os.access(path, os.W_OK):  # else a read-only file would be replaced all the same
        raise PermissionError(13, "permission denied", str(path))
    written = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        written.write_bytes(content)
        written.chmod(mode)
        written.replace(path)
    except BaseException:
        written.unlink(missing_ok=True)
        raise

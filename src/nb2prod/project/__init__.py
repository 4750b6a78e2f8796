"""Conversion -> Project (a tuple of files) -> disk, whole or not at all."""

from __future__ import annotations

from nb2prod.project import pieces
from nb2prod.project.build import build
from nb2prod.project.disk import write
from nb2prod.project.model import Environment, File, Lock, Noticed, Project, ProjectError
from nb2prod.project.naming import package_name
from nb2prod.project.static import runtime

__all__ = [
    "Environment",
    "File",
    "Lock",
    "Noticed",
    "Project",
    "ProjectError",
    "build",
    "package_name",
    "pieces",
    "runtime",
    "write",
]

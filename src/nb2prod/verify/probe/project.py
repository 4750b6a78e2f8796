# ruff: noqa: ANN401, PTH118, PTH119, PTH120, PTH123 - values are anything; os.path is enough here
"""`python -m nb2prod_probe.project PACKAGE ARGUMENTS…`: runs the project with its modules watched, files untouched."""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import json
import os
import runpy
import sys
import traceback
from typing import Any

from . import insert
from .record import Recorder


class Watched(importlib.machinery.SourceFileLoader):
    """Compiles a module with calls to the recorder; line numbers stay those of the file."""

    watch: Watch

    def get_code(self, fullname: str) -> Any:
        """Compile the source always: neither read nor write a cached compilation."""
        path = self.get_filename(fullname)
        return self.watch.compile(path, self.get_data(path))


class Watch(importlib.abc.MetaPathFinder):
    """Finds the modules of the project's package."""

    def __init__(self, plan: dict[str, Any], package: str) -> None:
        """`plan`: folder, reseed, and modules `{file: [{key, line, last_line, names}]}`."""
        self.package, self.reseed, self.modules = package, plan["reseed"], plan["modules"]
        self.recorder = Recorder(plan["folder"], package, reseed=plan["reseed"])
        self.names = {one["key"]: one["names"] for places in self.modules.values() for one in places}
        insert.install(self.seen)
        sys.meta_path.insert(0, self)

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002 - importlib's signature
        """Only the package itself and what is in it."""
        if fullname.split(".", maxsplit=1)[0] != self.package:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is not None and type(spec.loader) is importlib.machinery.SourceFileLoader:
            spec.loader = Watched(fullname, spec.loader.path)
            spec.loader.watch = self
        return spec

    def compile(self, path: str, source: bytes) -> Any:
        """Give the module's code with the calls in it."""
        tree = ast.parse(source, path)
        for name, places in self.modules.items():
            if os.path.normpath(path).endswith(os.path.join(self.package, os.path.normpath(name))):
                for key in insert.into_module(tree, places, reseed=self.reseed):
                    self.recorder.event("lost", key=key)
        return compile(tree, path, "exec", dont_inherit=True)

    def seen(self, key: Any, before: bool, *scopes: dict[str, Any]) -> None:  # noqa: FBT001 - called from inserted code
        """Take note of a statement that is about to run, or has just run."""
        if before:
            self.recorder.reseed()
        else:
            self.recorder.seen(key, self.names.get(key, []), *scopes)

    def failed(self, error: BaseException) -> None:
        """Where in the package the error came through, innermost last."""
        frames = [
            {"module": os.path.basename(one.filename), "line": one.lineno}
            for one in traceback.extract_tb(error.__traceback__)
            if os.path.basename(os.path.dirname(one.filename)) == self.package
        ]
        self.recorder.event("error", type=type(error).__name__, message=str(error)[:2000], frames=frames)


def main(package: str, arguments: list[str]) -> None:
    """Run `python -m PACKAGE ARGUMENTS…` in this process."""
    with open(os.environ["NB2PROD_PLAN"], encoding="utf-8") as file:
        watch = Watch(json.load(file), package)
    sys.argv = [package, *arguments]
    try:
        runpy.run_module(package, run_name="__main__", alter_sys=True)
    except SystemExit as error:
        if error.code not in (None, 0):
            watch.failed(error)
        raise
    except BaseException as error:
        watch.failed(error)
        raise


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

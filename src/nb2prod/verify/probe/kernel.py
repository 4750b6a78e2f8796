# ruff: noqa: ANN401, PTH123 - values are anything; os.path is enough here
"""An IPython extension: records the values that the notebook's statements bind, as its own kernel runs them."""

from __future__ import annotations

import ast
import json
import os
import sys
from typing import Any

from . import insert
from .record import Recorder


def load_ipython_extension(shell: Any) -> None:
    """IPython calls this when the kernel starts."""
    with open(os.environ["NB2PROD_PLAN"], encoding="utf-8") as file:
        Watch(shell, json.load(file))


class Watch(ast.NodeTransformer):
    """Knows which cell is running and what to record in it."""

    def __init__(self, shell: Any, plan: dict[str, Any]) -> None:
        """`plan`: folder, reseed, and cells `[{cell, source, statements: [{key, kind, names}]}]` in their order."""
        self.shell = shell
        self.cells: list[dict[str, Any]] = plan["cells"]
        self.questions: dict[str, Any] = plan.get("evaluate") or {}
        self.inside: str | None = self.questions.get("inside")
        self.left: dict[str, Any] = {}
        self.reseed = plan["reseed"]
        self.recorder = Recorder(plan["folder"], reseed=plan["reseed"])
        self.names = {one["key"]: one["names"] for cell in self.cells for one in cell["statements"]}
        self.running: dict[str, Any] | None = None
        self.inserted = False
        self.last: Any = None
        insert.install(self.seen)
        shell.ast_transformers.append(self)
        shell.events.register("pre_run_cell", self.before)
        shell.events.register("post_run_cell", self.after)

    def seen(self, key: Any, before: bool, *scopes: dict[str, Any]) -> None:  # noqa: FBT001 - called from inserted code
        """Take note of a statement that is about to run, or has just run."""
        self.last = key
        if before:
            if self.reseed:
                self.recorder.reseed()
            if self.inside and self.questions["statement"] == key:
                sys.setprofile(self.returned)
            return
        left = (self.left,) if self.questions.get("statement") == key else ()
        self.recorder.seen(key, self.names.get(key, []), *scopes, *left)
        self.answer(key)

    def returned(self, frame: Any, event: str, _: object) -> None:
        """Keep the names of the function in which the questions are asked, as its last call leaves them."""
        if event == "return" and frame.f_code.co_name == self.inside and frame.f_globals is self.shell.user_ns:
            self.left = dict(frame.f_locals)

    def answer(self, key: Any) -> None:
        """Evaluate what verify wants to know after this statement: the model's input and output."""
        if self.questions.get("statement") != key:
            return
        if self.inside:
            sys.setprofile(None)
        scope = {**self.shell.user_ns, **self.left}
        for name, expression in self.questions["expressions"].items():
            try:
                value = eval(expression, scope)  # noqa: S307 - the notebook's own expression, in the notebook
            except Exception as error:  # noqa: BLE001, PERF203 - reported, one by one
                self.recorder.event("unanswered", name=name, error=f"{type(error).__name__}: {error}")
            else:
                self.recorder.value("predict", 0, name, value)

    def before(self, info: Any) -> None:
        """Take note of a cell that starts, if it is the next of the plan."""
        if self.running is None and self.cells and info.raw_cell == self.cells[0]["source"]:
            self.running, self.inserted = self.cells.pop(0), False
            self.recorder.event("cell", cell=self.running["cell"])

    def visit_Module(self, tree: ast.Module) -> ast.Module:
        """Put the calls into the tree of the running cell (or of the body of its cell magic)."""
        statements = self.running["statements"] if self.running and not self.inserted else []
        inside = statements[1:] if self.running and self.running["source"].lstrip().startswith("%%") else []
        kinds = [type(node).__name__ for node in tree.body]
        for some in (statements, inside):  # a cell magic is the cell's first statement, its body a tree of its own
            if some and kinds == [one["kind"] for one in some]:
                announced = self.questions.get("statement") if self.inside else None
                insert.into_cell(tree, [one["key"] for one in some], reseed=self.reseed, announced=announced)
                self.inserted = True
                break
        return tree

    def visit(self, tree: ast.AST) -> Any:
        """Never look below the cell's own statements."""
        return self.visit_Module(tree) if isinstance(tree, ast.Module) else tree

    def after(self, result: Any) -> None:
        """Record the last statement of a cell that has ended; without calls inside, what the cell left."""
        if self.running is None or result.info.raw_cell != self.running["source"]:
            return
        cell, self.running = self.running, None
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            self.recorder.event("error", cell=cell["cell"], **_describe(error))
        elif self.inserted:
            self.seen(cell["statements"][-1]["key"], False, self.shell.user_ns)  # noqa: FBT003
        else:
            self.left_behind(cell)
        self.recorder.event("cell-end", cell=cell["cell"])

    def left_behind(self, cell: dict[str, Any]) -> None:
        """Only the last statement that binds a name can be seen from the end of the cell."""
        for i, one in enumerate(cell["statements"]):
            later = {name for other in cell["statements"][i + 1 :] for name in other["names"]}
            names = [name for name in one["names"] if name not in later]
            self.recorder.seen(one["key"], names, self.shell.user_ns)
            self.answer(one["key"])


def _describe(error: BaseException) -> dict[str, Any]:
    """Type, message, and the line of the cell that was running: the outermost frame of IPython's own file for it."""
    line, trace = getattr(error, "lineno", None), error.__traceback__
    while trace is not None:
        if (
            trace.tb_frame.f_code.co_name in ("<module>", "<cell line: 1>")
            or "ipykernel_" in trace.tb_frame.f_code.co_filename
        ):
            line = trace.tb_lineno
            break
        trace = trace.tb_next
    return {"type": type(error).__name__, "message": str(error)[:2000], "line": line}

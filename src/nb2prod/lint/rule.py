"""What a rule is, what it is given, how rules are found, and how their docstrings become examples."""

from __future__ import annotations

import ast
import os
import re
from dataclasses import dataclass, field
from functools import cache, cached_property, wraps
from importlib import import_module
from inspect import getdoc
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from nb2prod.dataflow import analyse
from nb2prod.lint import rules
from nb2prod.lint.changes import changed_in_place
from nb2prod.lint.nodes import Nodes
from nb2prod.notebook import Notebook
from nb2prod.program import ParsedCell, location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Set as AbstractSet
    from types import ModuleType

    from nb2prod.dataflow import Dataflow, Use
    from nb2prod.lint.fix import Fix
    from nb2prod.lint.learning import Learning
    from nb2prod.problems import Location
    from nb2prod.program import Program

Severity = Literal["error", "warning", "info"]

LEARNING = "fit|split|train|predict|score"
"""Words of which every notebook that learns something has one."""

_T = TypeVar("_T")
_NOTHING: frozenset[str] = frozenset()

_SECTION = re.compile(
    r"^## (Bad|Good)\b[^\n]*\n(?:(?!## |```)[^\n]*\n)*```python\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
_EXPECTED = re.compile(r"# !$", re.MULTILINE)
_BESIDE = re.compile(r"^# Beside it: (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something a rule has to say about one place.

    `also` are the other places it speaks of; `severity` is set where it is not the rule's own; `fix` mends it
    (made with the functions of `lint/fix.py`). One that puts several together has them as its `causes`: where a
    comment silences some of them, the others are reported on their own.
    """

    where: Location
    message: str
    also: tuple[Location, ...] = ()
    severity: Severity | None = None
    fix: Fix | None = field(default=None, compare=False)
    causes: tuple[Finding, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Context:
    """What every rule may look at; each view is computed once, when first asked for."""

    program: Program
    asked: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What `exists` answered."""
    known: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was found out `once`."""

    def exists(self, path: str) -> bool | None:
        """Tell whether a file or folder is there, seen from the notebook's folder; None where that is not known.

        Rules look at the disk through this only: what is found is cached until an answer changes.
        """
        if self.program.notebook.path is None:
            return None
        if path not in self.asked:
            self.asked[path] = os.path.exists(os.path.join(self._folder, path))  # noqa: PTH110, PTH118 - asked often, and fast
        return self.asked[path]

    @cached_property
    def _folder(self) -> str:
        return os.path.dirname(self.program.notebook.path or "")  # noqa: PTH120 - as above

    def written_beside(self) -> dict[str, str]:
        """Map files to the notebook of the same folder that writes them; none where the folder is not known."""
        from nb2prod.lint import beside  # noqa: PLC0415 - for notebooks that read files

        path = self.program.notebook.path
        if path is None or not path.parent.is_dir():
            return {}
        found, state = beside.written(path)
        self.asked[state] = True
        return found

    @cached_property
    def document(self) -> Dataflow:
        """What each read sees when the notebook is run from top to bottom."""
        return analyse(self.program)

    @cached_property
    def recorded(self) -> Dataflow:
        """What each read saw in the order that the execution counts tell."""
        return self.document.in_order("recorded")

    def reads(self, statement: int) -> list[Use]:
        """List what a statement reads from top to bottom, without what it only changes through another name."""
        return self._reads[statement]

    @cached_property
    def _reads(self) -> list[list[Use]]:
        flow = self.document
        pairs = zip(flow.uses, flow.effects, strict=True)
        return [[use for use in uses if use.name in effects.reads] for uses, effects in pairs]

    @cached_property
    def learning(self) -> Learning:
        """What the notebook splits, fits and predicts, and how values flow between that."""
        from nb2prod.lint.follow import follow  # noqa: PLC0415 - eight modules, which most notebooks need not

        return follow(self.program)

    def has(self, words: str) -> bool:
        """Whether a pattern is found somewhere in the code; one of plain words is found much faster."""
        several = words.split("|")
        if all(map(str.isidentifier, several)):
            return any(word in self._code for word in several)
        return re.search(words, self._code) is not None

    @cached_property
    def _code(self) -> str:
        return "\n".join(cell.source for cell in self.program.notebook.code_cells)

    @cached_property
    def nodes(self) -> Nodes:
        """Every node by its kind, every call with the full name of what it calls, every import."""
        return Nodes(self.program)

    @cached_property
    def texts(self) -> frozenset[str]:
        """The texts that stand somewhere in the code, but for very short ones."""
        few = 3
        values = (node.value.strip() for _, node in self.nodes.of(ast.Constant) if isinstance(node.value, str))
        return frozenset(each for each in values if len(each) > few)

    @cached_property
    def parsed(self) -> tuple[ParsedCell, ...]:
        """The cells that parse."""
        return tuple(each for each in self.program.cells if isinstance(each, ParsedCell))

    @cached_property
    def changed(self) -> tuple[AbstractSet[str], ...]:
        """The names that each statement plainly changes in place."""
        found = changed_in_place(self.nodes)
        return tuple(found.get(each.index, _NOTHING) for each in self.program.statements)

    @cached_property
    def runs(self) -> dict[int, int]:
        """The execution count of each cell that has one, by cell index."""
        return {cell.index: cell.run for cell in self.program.notebook.cells if cell.run}

    def place(self, cell: int, node: ast.stmt | ast.expr) -> Location:
        """Where a node of a cell starts."""
        return location(node, cell, self._lines[cell])

    @cached_property
    def _lines(self) -> dict[int, tuple[str, ...]]:
        return {each.cell.index: each.lines for each in self.program.cells if isinstance(each, ParsedCell)}

    def name(self, cell: int) -> str:
        """Name a cell as the reader knows it: `cell 7 [In 12]`."""
        return f"cell {cell} [In {self.runs[cell]}]" if cell in self.runs else f"cell {cell}"


def once(find: Callable[[Context], _T]) -> Callable[[Context], _T]:
    """Find something out once for each notebook, though several rules ask for it."""

    @wraps(find)
    def found(context: Context) -> _T:
        if find not in context.known:
            context.known[find] = find(context)
        known: _T = context.known[find]
        return known

    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A check with a stable code and a readable name.

    One that is off by `default` runs only when it is selected, by its code, its name or its family. `words` is a
    pattern without which in the code the rule finds nothing, and is not asked: it saves much where most rules stop.
    """

    code: str
    name: str
    severity: Severity
    check: Callable[[Context], Iterable[Finding]]
    default: bool = True
    words: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A notebook from a rule's page; `# !` marks each line it must report, and no other may be."""

    kind: Literal["Bad", "Good"]
    text: str

    @property
    def notebook(self) -> Notebook:
        """The example as the tool would read it."""
        return Notebook.from_prompts(self.text)

    @property
    def beside(self) -> tuple[str, ...] | None:
        """The files beside the notebook, as `# Beside it: days.csv, data/rain.csv` says; None: it is not on disk."""
        found = _BESIDE.match(self.text)
        return tuple(each.strip() for each in found[1].split(",")) if found else None

    @property
    def expected(self) -> set[tuple[int, int]]:
        """The marked places, as (cell, line)."""
        return {
            (cell.index, line)
            for cell in self.notebook.cells
            for line, text in enumerate(cell.source.splitlines(), start=1)
            if _EXPECTED.search(text)
        }


def listed(names: Iterable[str]) -> str:
    """Put names into a sentence: `a, b and c`; many are cut short."""
    most = 4
    *some, last = names
    if len(some) >= most:
        return f"{', '.join(some[:most])} and {len(some) + 1 - most} more"
    return f"{', '.join(some)} and {last}" if some else last


@cache
def discover() -> tuple[tuple[Rule, ModuleType], ...]:
    """Give every rule: one module of `nb2prod.lint.rules` each."""
    names = sorted(path.stem for path in Path(rules.__path__[0]).glob("[!_]*.py"))
    modules = [import_module(f"{rules.__name__}.{name}") for name in names]
    return tuple((module.RULE, module) for module in modules)


def summary(module: ModuleType) -> str:
    """Say in one line what a rule finds."""
    return (module.__doc__ or "").partition("\n")[0]


def page(module: ModuleType) -> str:
    """Give a rule's page: its docstring, under the rule's code and name."""
    rule: Rule = module.RULE
    return f"# {rule.code} {rule.name} ({rule.severity})\n\n{getdoc(module) or ''}\n"


def examples(text: str) -> list[Example]:
    """Read the `## Bad` and `## Good` notebooks of a rule's page or of its file of cases."""
    return [Example(kind, code) for kind, code in _SECTION.findall(text)]

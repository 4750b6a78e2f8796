"""Bounds that saved outputs tell: a library shows its values otherwise from some version on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.program import Program


@dataclass(frozen=True, slots=True)
class Trace:
    """An output that only versions from `version` on (">="), or before it ("<"), give."""

    distribution: str
    operator: Literal[">=", "<"]
    version: str
    what: str
    cell: int

    @property
    def said(self) -> str:
        """The trace in words."""
        since = "as from" if self.operator == ">=" else "as before"
        return f"the output of cell {self.cell} shows {self.what}, {since} {self.version}"


@dataclass(frozen=True, slots=True)
class _Form:
    """`needs` and `unless`: what must be, or must not be, somewhere in the notebook's code for it to count.

    `pythons`: the first and the last that such versions have wheels for.
    """

    distribution: str
    operator: Literal[">=", "<"]
    version: str
    what: str
    shown: re.Pattern[str]
    needs: str = ""
    unless: str = ""
    pythons: tuple[tuple[int, int], tuple[int, int]] = ((3, 0), (3, 99))


_PRINTED = "print_changed_only"
_TO_8, _TO_11 = ((3, 0), (3, 8)), ((3, 0), (3, 11))
_FROM_9, _FROM_11 = ((3, 9), (3, 99)), ((3, 11), (3, 99))
_FORMS = (
    # https://pandas.pydata.org/docs/whatsnew/v3.0.0.html: texts that are read have a dtype of their own
    _Form("pandas", "<", "3.0.0", "texts of dtype object", re.compile(r"non-null +object\b"), needs="read_"),
    _Form("pandas", ">=", "3.0.0", "texts of dtype str", re.compile(r"non-null +str$", re.MULTILINE), pythons=_FROM_11),
    # https://pandas.pydata.org/docs/whatsnew/v2.0.0.html: dummies are bool
    _Form(
        "pandas",
        "<",
        "2.0.0",
        "dummies of dtype uint8",
        re.compile(r"non-null +uint8\b"),
        "get_dummies",
        "uint8",
        _TO_11,
    ),
    # https://pandas.pydata.org/docs/whatsnew/v1.0.0.html: info() numbers the columns
    _Form("pandas", ">=", "1.0.0", "info() with numbers", re.compile(r"^ # +Column +Non-Null Count", re.MULTILINE)),
    _Form(
        "pandas",
        "<",
        "1.0.0",
        "info() without numbers",
        re.compile(r"^Data columns \(total \d+ columns\):\n(?! #).+ non-null ", re.MULTILINE),
        pythons=_TO_8,
    ),
    # https://numpy.org/doc/stable/release/2.0.0-notes.html: scalars say their type
    _Form(
        "numpy",
        ">=",
        "2.0.0",
        "scalars with their type",
        re.compile(r"\bnp\.(?:float|int)(?:32|64)\("),
        pythons=_FROM_9,
    ),
    # https://scikit-learn.org/stable/whats_new/v0.23.html: only what is not the default is printed
    _Form(
        "scikit-learn",
        "<",
        "0.23.0",
        "the defaults of an estimator",
        re.compile(r"\b[A-Z]\w+\((?:[^()]|\([^()]*\))*\b(?:warm_start=False|copy_X=True|fit_intercept=True)\b"),
        unless=_PRINTED,
        pythons=_TO_8,
    ),
    _Form(
        "scikit-learn",
        ">=",
        "0.23.0",
        "an estimator without its defaults",
        re.compile(r"^(?:L(?:inear|ogistic)Regression|(?:RandomForest|DecisionTree)\w+|SVC|StandardScaler)\(\)$"),
        unless=_PRINTED,
    ),
)
_IMPORTED = {"pandas": r"\bpandas\b", "numpy": r"\b(?:numpy|pandas|sklearn)\b", "scikit-learn": r"\bsklearn\b"}


def find(program: Program, python: str) -> Iterator[Trace]:
    """Find what each form of output tells, once, at its last place; errors and warnings tell nothing.

    Outputs of versions that this Python cannot have are left from another one.
    """
    major, minor = (int(part) for part in python.split(".")[:2])
    code = "\n".join(cell.cell.source for cell in program.cells)
    for form in _FORMS:
        counts = form.needs in code and not (form.unless and form.unless in code)
        counts = counts and form.pythons[0] <= (major, minor) <= form.pythons[1]
        if not counts or not re.search(_IMPORTED[form.distribution], code):
            continue
        for cell in reversed(program.cells):
            texts = (each.text for each in cell.cell.outputs if each.kind != "error" and each.name != "stderr")
            if any(form.shown.search(text) for text in texts):
                yield Trace(form.distribution, form.operator, form.version, form.what, cell.cell.index)
                break

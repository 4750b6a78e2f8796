"""Where training is cut into functions, and what they take and give."""

from __future__ import annotations

import pytest

from nb2prod.dataflow import analyse
from nb2prod.notebook import Notebook
from nb2prod.plan.cutting import Section, cut
from nb2prod.program import parse

FIRST = "# In [1]:\na = [1]\nb = len(a)\nc = a + [b]\n"
TITLES = {0: "First part", 1: "2nd, the sum", 2: "Third"}


def _cut(second: str, third: str = "f = [d]\ng = f + c\nh = [g]", titles: dict[int, str] | None = None) -> list[str]:
    """Each section as `results = name(parameters)`, each single statement as its text."""
    flow = analyse(parse(Notebook.from_prompts(f"{FIRST}# In [2]:\n{second}\n# In [3]:\n{third}\n")))
    parts = cut(flow, flow.order, TITLES if titles is None else titles, {"h"}, {"third"})
    return [
        f"{', '.join(part.results)} = {part.name}({', '.join(part.parameters)})"
        if isinstance(part, Section)
        else flow.program.source(flow.program.statements[part])
        for part in parts
    ]


def test_parameters_and_results() -> None:
    assert _cut("d = sum(c)\ne = d + b\nd += e") == [
        "b, c = first_part()",
        "d = nd_the_sum(b, c)",
        "h = do_third(c, d)",
    ]


def test_what_a_loop_binds_before_it_reads_it_is_no_parameter() -> None:
    found = _cut("for d in c:\n    e = [d]\n    print(e)\nk = 1\nm = k", "f = [b]\ng = f + c\nh = [g]")
    assert found[1] == " = nd_the_sum(c)"


def test_without_headings_the_roles_cut() -> None:
    found = _cut("d = open('x').read()\ne = d\nm = [d]", "f = K()\nf.fit(c)\nh = f.score(m)", titles={})
    assert found == ["c, m = load_the_data()", "h = fit_and_evaluate(c, m)"]


STAYS = {
    "two statements are too few": "d = sum(c)\ne = d + b",
    "a name is perhaps unbound": "if b: d = 1\ne = 2\nk = e",
    "a lambda reads what is bound later": "e = lambda: k\nd = 1\nk = e",
    "a generator reads what is bound later": "e = (i for i in [1] if k)\nd = 1\nk = e",
}


@pytest.mark.parametrize("second", STAYS.values(), ids=STAYS.keys())
def test_a_stretch_stays(second: str) -> None:
    found = _cut(second, "f = [b]\ng = f + c\nh = [g]")
    assert found[0] == "b, c = first_part()"
    assert found[1:-1] == second.split("\n")
    assert "do_third(" in found[-1]


EVERYTHING_STAYS = {
    "a name is deleted": "d = sum(c)\ne = d\ndel e",
    "global": "d = 1\ndef e():\n    global d\n    d = 2\ne()",
    "names in a query": "d = sum(c)\ne = d.query('x > @d')\nk = e",
    "a query that is not written out": "d = sum(c)\ne = d.query(d)\nk = e",
    "a builtin is bound": "d = sum(c)\nmax = d\nk = max",
    "locals": "d = sum(c)\ne = locals()\nk = e",
}


@pytest.mark.parametrize("second", EVERYTHING_STAYS.values(), ids=EVERYTHING_STAYS.keys())
def test_everything_stays(second: str) -> None:
    assert not any("first_part" in part for part in _cut(second))


def test_a_lambda_keeps_its_variable_from_being_bound_in_a_section() -> None:
    assert _cut("d = 1\ne = lambda: f\nk = e") == _cut("d = 1\ne = lambda: f\nk = e", titles={})


def test_what_is_bound_again_first_is_not_given_back() -> None:
    found = _cut("d = sum(c)\ne = d\nk = e", "b = d\nf = [b]\nh = f + c")
    assert found[0] == "c = first_part()"


def test_one_section_is_not_worth_it_and_bare_headings_give_no_name() -> None:
    assert len(_cut("d = 1", "h = d", titles={1: "Only one"})) == 5
    assert _cut("d = 1\ne = 2\nk = e", titles={0: "Erste", 1: "数据", 2: "Ende"})[1:4] == ["d = 1", "e = 2", "k = e"]


def test_names_are_names() -> None:
    found = _cut("d = sum(c)\ne = d\nk = e", titles={0: "Class", 1: "Print", 2: "Models"})
    assert [part.partition(" = ")[2].partition("(")[0] for part in found[-2:]] == ["do_print", "do_models"]

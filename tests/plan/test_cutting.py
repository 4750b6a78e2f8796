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


CUT = {
    "a name is deleted": ("d = sum(c)\ne = d\ndel e", "d = nd_the_sum(c)"),
    "a name of before is deleted": ("d = sum(c)\nk = d\ndel a", "d = nd_the_sum(a, c)"),
    "a name in a query": ("d = sum(c)\ne = d.query('x > @b')\nd = e", "d = nd_the_sum(b, c)"),
    "a builtin is bound": ("d = sum(c)\nmax = d\nk = max", "d = nd_the_sum(c)"),
}


@pytest.mark.parametrize(("second", "call"), CUT.values(), ids=CUT.keys())
def test_what_is_cut(second: str, call: str) -> None:
    assert _cut(second)[1] == call


def test_a_builtin_that_is_bound_later_is_still_the_builtin() -> None:
    found = _cut("d = max(c)\ne = d\nk = e", "max = d\nf = max\nh = f")
    assert found[1:4] == ["d = max(c)", "e = d", "k = e"]


def test_comments_cut_a_long_stretch() -> None:
    many = "\n".join(f"d{i} = c" for i in range(21))
    found = _cut(f"# Step 1: the sums\n{many}", "# The rest!\nf = d1\nh = f", titles={})
    assert found[-1].startswith("h = ")
    assert "the_sums(" in found[-1]


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
    "global": "d = 1\ndef e():\n    global d\n    d = 2\ne()",
    "a query that is not written out": "d = sum(c)\ne = d.query(d)\nk = e",
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


def test_one_section_is_not_worth_it() -> None:
    assert len(_cut("d = 1", "h = d", titles={1: "Only one"})) == 5


def test_names_are_names() -> None:
    found = _cut("d = sum(c)\ne = d\nk = e", titles={0: "Class", 1: "Print", 2: "Models"})
    assert [part.partition(" = ")[2].partition("(")[0] for part in found[-2:]] == ["do_print", "do_models"]


def test_a_heading_that_gives_no_name_is_named_by_its_role() -> None:
    found = _cut(
        "d = K()\nd.fit(c)\ne = d", "f = [e]\nprint(f)\nh = f", titles={0: "Данные", 1: "模型", 2: "Résumé à la fin"}
    )
    assert found == ["c = prepare_the_data()", "e = fit_the_model(c)", "h = resume_a_la_fin(e)"]

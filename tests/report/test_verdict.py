"""What verify prints: the counts, the first differences, and the verdict as the last line."""

from dataclasses import replace

from nb2prod.report.verdict import lines
from nb2prod.verify.verdict import Check, Counts, Difference, Failed, Verdict

EQUIVALENT = Verdict(
    status="equivalent",
    date="2026-11-23",
    python="3.11.7",
    seconds=12.4,
    train="equivalent",
    predict="equal",
    counts=Counts(equal=38),
    checks=(Check(name="target absent", status="equal", rows=480),),
)


def test_equivalent() -> None:
    assert list(lines(EQUIVALENT)) == [
        "train    equivalent: 38 values equal, 0 different, 0 by chance, 0 not comparable",
        "predict  equal",
        "  target absent: equal (480 rows)",
        "Verdict: equivalent (Python 3.11.7, 12 s)",
    ]


def test_differences_name_cell_name_and_both_values_and_long_lists_are_cut() -> None:
    one = Difference(statement=3, cell=4, line=2, name="df", path="['a'][0]", notebook="1.0", project="2.0")
    printed = list(lines(replace(EQUIVALENT, status="different", differences=(one,) * 9)))
    shown = [line for line in printed if line.startswith("differs")]
    assert shown == ["differs  cell 4, line 2: `df['a'][0]` is 1.0 in the notebook and 2.0 in the project"] * 5
    assert "The rest stands in nb2prod.json." in printed
    assert printed[-1].startswith("Verdict: different")


def test_a_run_that_broke_off_says_where() -> None:
    failed = Failed(side="notebook", error="KeyError: 'a'", cell=4, line=2, detail="Traceback …\n")
    printed = list(lines(replace(EQUIVALENT, status="failed", failed=failed)))
    assert "failed   the notebook failed, cell 4, line 2: KeyError: 'a'" in printed
    assert "Traceback …" in printed

"""What is found, and how it is said, does not depend on the order of sets, which differs from process to process."""

import os
import subprocess
import sys
from pathlib import Path

CASES = Path(__file__).parents[1] / "cases"
PRINT_ALL = """
import sys
from pathlib import Path
from nb2prod.lint.rule import Context, discover, examples, page
from nb2prod.program import parse

rules = list(discover())
cases = Path(sys.argv[1])
for rule, module in rules:
    for text in (page(module), (cases / f"{rule.name}.md").read_text(encoding="utf-8")):
        for n, example in enumerate(examples(text)):
            context = Context(parse(example.notebook))
            for each, _ in rules:
                for found in each.check(context):
                    print(rule.name, n, each.name, found)
"""


def _printed(seed: int) -> str:
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", PRINT_ALL, str(CASES)],
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_findings_do_not_depend_on_the_order_of_sets() -> None:
    first = _printed(1)
    assert first.count("\n") > 100
    assert _printed(2) == first

from __future__ import annotations

import pytest

from nb2prod.magics.pasted import unpasted


@pytest.mark.parametrize(
    ("pasted", "lines"),
    [
        ("x\n y", "x\n y"),
        ("  x\n    y\n", "x\n  y\n"),
        ("  x\ny", "x\ny"),
        ("  # x\ny", "  # x\ny"),
        (">>> x\n... y\nz", "x\ny\nz"),
        ("    >>> x\n    ... y", "x\ny"),
        ('s = """\n>>> x\n"""', 's = """\n>>> x\n"""'),
        (">>> s = '''a\n... b'''", "s = '''a\nb'''"),
        ("...\nx", "...\nx"),
        ("In [3]: x\n   ...: y\nz", "x\ny\nz"),
        ("x\n   ...: y", "x\ny"),
        ("[ins] In [3]: x", "x"),
        ("In [3]:x", "In [3]:x"),
    ],
)
def test_unpasted(pasted: str, lines: str) -> None:
    assert unpasted(pasted.split("\n")) == lines.split("\n")

"""Walks give what ast's own give, but for contexts and operators."""

import ast
import sys
from pathlib import Path

import pytest

from nb2prod.tree import children, walk

LEFT_OUT = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop)
CODE = {
    "everything": """
@decorated(1)
async def f(a: int = 1, *b: int, c=2, d, **e: str) -> int:
    global g
    async with x as (y, z), w:
        async for i in j:
            await k
        else:
            pass
    return [m async for m in n if o if p]
class C(A, metaclass=M):
    x: int = 3
    y: str
def h(a, /, b=lambda q, *r, s=None, **t: q):
    nonlocal_ = yield from u
    del a[1:2, ::3], b.c
    raise E from F
try:
    import a.b as c, d
    from e import f as g, h
except (A, B) as error:
    pass
else:
    assert a < b <= c, d
finally:
    x = {**a, 'b': c, None: d}
f"{a!r:>{b}} {c}"
a if not b else c and d or -e @ f
(g := h)
x[*y] += {1, *z}
print(*a, **b, c=d)
match a:
    case {"b": c, **rest} | [1, *d] | D(1, e=f) | None | "s" as h if i:
        pass
while True:
    break
""",
}
STANDARD = [
    Path(sys.modules[name].__file__ or "") for name in ("ast", "argparse", "dataclasses", "typing", "subprocess")
]


@pytest.mark.parametrize("text", [*CODE.values(), *(path.read_text(encoding="utf-8") for path in STANDARD)])
def test_walks_are_as_asts_own(text: str) -> None:
    tree = ast.parse(text)
    expected = [node for node in ast.walk(tree) if not isinstance(node, LEFT_OUT)]
    assert walk(tree) == expected
    for node in expected:
        assert children(node) == [one for one in ast.iter_child_nodes(node) if not isinstance(one, LEFT_OUT)]

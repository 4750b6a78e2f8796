"""Walks give what ast's own give, but for contexts and operators."""

import ast
import sys
from pathlib import Path

import pytest

from nb2prod.tree import children, same, walk

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


SIMILAR = """
x; y; x + 1; x + 1.0; x + True; x - 1; x + 1 + 1; f(x); f(x, y); f(x=y); (x, y); 'x'; b'x'; 0.0; -0.0; 0.0j; [x]; {x}
x.y; x[y]; x[y:]; x[:y]; not x; f'{x}'; f'{x!r}'; lambda: x; lambda y: x; ...; None; True; 1; {x: y}; {**x}
x = y; x += y; x -= y; x: y; del x; import x; import x as y; from x import y; from . import y; pass
"""


def test_trees_are_the_same_where_their_dumps_are() -> None:
    trees = [*ast.parse(SIMILAR).body, *ast.parse(SIMILAR.replace("(x", "( x").replace("; ", ";  ")).body]
    assert all(same(one, other) == (ast.dump(one) == ast.dump(other)) for one in trees for other in trees)

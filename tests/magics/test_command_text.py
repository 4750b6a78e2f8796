from __future__ import annotations

import ast

import pytest

from nb2prod.magics.command_text import literal

INSERTS = {
    "cat {path}": "f'cat {path}'",
    "{sys.executable} -m pip": "f'{sys.executable} -m pip'",
    "cat $path": "f'cat {path}'",
    "cat $job.path": "f'cat {job.path}'",
    "echo {x[1:3]} {y!r}": "f'echo {x[1:3]} {y!r}'",
    'ls {folder / "a"}': "f'ls {folder / \"a\"}'",
    "ls {d['a']}": "'ls {}'.format(d['a'])",
    "echo '{x}' {{y}}": "f'echo \\'{x}\\' {{y}}'",
    "echo $HOME {x}": "f'echo $HOME {x}'",
    "a\\b {x}": "f'a\\\\b {x}'",
    "echo {x[{1: 2}[y]]}": None,
}

INSERTS_NOTHING = [
    "ls -la",
    "it's",
    "awk '{print $1}'",
    "find . -exec rm {} ;",
    "mkdir {train,test}",
    "echo {1..3}",
    "echo $HOME ${HOME} $1 $? $$",
    "for f in *; do echo $f; done",
    "n=1; echo $n",
    "echo '$x'",
    "echo {",
    "cat $a.b.",
    "{x:{w}}",
    "printf {x:.2f}",
    "",
]


@pytest.mark.parametrize(("text", "expression"), INSERTS.items())
def test_inserted_names_are_visible(text: str, expression: str | None) -> None:
    ours = literal(text)
    assert any(isinstance(node, ast.Name) for node in ast.walk(ast.parse(ours, mode="eval")))
    assert expression is None or ours == expression


@pytest.mark.parametrize("text", INSERTS_NOTHING)
def test_what_belongs_to_the_shell_is_text(text: str) -> None:
    assert ast.literal_eval(literal(text)) == text


def test_means_what_ipython_runs() -> None:
    text = pytest.importorskip("IPython.utils.text")
    names = {"x": 1.5, "path": "a b", "d": {"a": 1}}
    for command in (
        "cat {path} $x",
        "echo {x} {path!r} {path[:2]}",
        "ls {d['a']}",
        "echo {{x}} {x}",
        "a\\b '{x}'",
        '"{path}"',
    ):
        assert eval(literal(command), dict(names)) == text.DollarFormatter().vformat(command, [], names)  # noqa: S307 - our own text

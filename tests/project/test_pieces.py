"""Which optional pieces a project has."""

from __future__ import annotations

import pytest

from nb2prod.project import ProjectError, pieces


def test_by_default_there_is_the_service_only() -> None:
    assert pieces.chosen() == ("service",)


@pytest.mark.parametrize(
    ("given", "without", "expected"),
    [
        (("operate",), (), ("service", "operate")),
        (("operate",), ("service",), ("operate",)),
        ((), ("service",), ()),
        (("k8s", "operate"), (), ("service", "operate", "k8s")),
        ((), ("k8s",), ("service",)),
    ],
)
def test_what_is_asked_for_is_there(
    given: tuple[str, ...], without: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert pieces.chosen(given, without) == expected


@pytest.mark.parametrize(
    ("given", "without", "said"),
    [
        (("k8s",), ("operate",), "operate cannot be left out: k8s is asked for and needs it"),
        (("k8s",), ("service",), "service cannot be left out: k8s is asked for and needs it"),
        (("operate",), ("operate",), "operate cannot be left out: operate is asked for$"),
        (("kubernetes",), (), "no piece 'kubernetes'; there are service, operate, k8s"),
        ((), ("server",), "no piece 'server'"),
    ],
)
def test_what_cannot_be_is_told(given: tuple[str, ...], without: tuple[str, ...], said: str) -> None:
    with pytest.raises(ProjectError, match=said):
        pieces.chosen(given, without)


def test_every_piece_has_files_and_no_file_is_in_two() -> None:
    files = [path for piece in pieces.PIECES for path in pieces.paths(piece)]
    assert len(files) == len(set(files))
    for piece in pieces.PIECES:
        assert pieces.paths(piece)
    assert all((pieces.ROOT / path).is_file() for path in files)

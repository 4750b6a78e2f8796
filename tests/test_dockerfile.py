"""What an emitted Dockerfile promises, line by line; that it is true of a running image is seen in test_image.py."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from nb2prod.project import Environment, Project, build
from tests.example_conversion import conversion, notebook

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS: tuple[Literal["ok", "none"], ...] = ("ok", "none")


@dataclass(frozen=True, slots=True)
class Step:
    stage: str
    word: str
    rest: str


@pytest.fixture(params=KINDS, ids=["service", "batch"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return build(conversion(tmp_path, request.param), notebook(tmp_path))


@pytest.fixture
def steps(project: Project) -> list[Step]:
    return list(parsed(project.text("Dockerfile")))


def parsed(text: str) -> Iterator[Step]:
    stage = ""
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for line in lines.replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            if word == "FROM":
                stage = rest.rpartition(" AS ")[2]
            yield Step(stage, word, " ".join(rest.split()))


def final(steps: list[Step]) -> list[Step]:
    """The steps of the last stage and of those that it is made from."""
    wanted, found = steps[-1].stage, []
    for step in reversed(steps):
        if step.stage == wanted:
            found.append(step)
            if step.word == "FROM" and "$" not in step.rest:
                wanted = step.rest.partition(" ")[0]
    return list(reversed(found))


def only(steps: list[Step], word: str) -> Step:
    (found,) = [step for step in steps if step.word == word]
    return found


def test_the_base_is_an_argument_with_a_tag_and_every_stage_is_named(steps: list[Step]) -> None:
    assert re.fullmatch(r"BASE=python:3\.\d+-slim-bookworm", only(steps[:1], "ARG").rest)
    stages = [step.rest for step in steps if step.word == "FROM"]
    assert len(stages) > 1
    assert all(" AS " in each for each in stages)


def test_the_base_may_be_a_digest(tmp_path: Path) -> None:
    digest = f"registry.example/python@sha256:{'0' * 64}"
    project = build(conversion(tmp_path), notebook(tmp_path), Environment(base=digest))
    assert only(list(parsed(project.text("Dockerfile")))[:1], "ARG").rest == f"BASE={digest}"


def test_nobody_is_root_and_the_user_is_a_number(steps: list[Step]) -> None:
    user = only(final(steps), "USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user.rest)
    after = final(steps)[final(steps).index(user) :]
    assert not [step for step in after if step.word == "RUN" and "apt-get" in step.rest]


def test_packages_are_wheels_with_hashes_and_come_before_the_source(steps: list[Step]) -> None:
    (install,) = [step for step in steps if "pip " in step.rest and " install " in step.rest]
    assert "--require-hashes" in install.rest
    assert "--only-binary :all:" in install.rest
    assert "--no-cache-dir" in install.rest
    source = next(step for step in steps if step.word == "COPY" and step.rest.startswith("src "))
    assert steps.index(install) < steps.index(source)


def test_a_compiler_is_only_where_things_are_built(steps: list[Step]) -> None:
    (builds,) = [step for step in steps if "apt-build.txt apt-get" in step.rest]
    assert builds.stage == "build"
    assert "build" not in {step.stage for step in final(steps)}
    assert not re.search(r"gcc|g\+\+|build-essential|apt-build", " ".join(step.rest for step in final(steps)))


def test_apt_installs_no_more_than_the_list_and_leaves_nothing(steps: list[Step]) -> None:
    for step in steps:
        if "apt-get" in step.rest:
            assert "--no-install-recommends" in step.rest
            assert "rm -rf /var/lib/apt/lists/*" in step.rest
    assert any("-a /tmp/apt.txt" in step.rest for step in final(steps))


def test_it_starts_without_a_shell_and_stops_when_told(steps: list[Step]) -> None:
    last = final(steps)
    for word in ("ENTRYPOINT", "CMD"):
        assert isinstance(json.loads(only(last, word).rest), list)
    assert only(last, "STOPSIGNAL").rest == "SIGTERM"


def test_it_tells_how_it_is_without_curl(project: Project, steps: list[Step]) -> None:
    health = [step.rest for step in steps if step.word == "HEALTHCHECK"]
    assert len(health) == (1 if "compose.yaml" in {file.path for file in project.files} else 0)
    for each in health:
        assert json.loads(each.partition("CMD ")[2])[0] == "python"
        assert "curl" not in each


def test_labels_say_which_model_it_is(project: Project, steps: list[Step]) -> None:
    label = only(final(steps), "LABEL").rest
    assert "org.opencontainers.image.title=" in label
    assert "org.opencontainers.image.revision=" in label
    if "compose.yaml" in {file.path for file in project.files}:
        assert 'org.opencontainers.image.version="${MODEL_VERSION}"' in label
        assert 'model.manifest.sha256="${MODEL_SHA256}"' in label


def test_nothing_need_be_written_and_it_is_compiled_already(steps: list[Step]) -> None:
    said = " ".join(step.rest for step in final(steps) if step.word == "ENV")
    for variable in ("PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1", "HOME=/tmp", "MPLCONFIGDIR=/tmp"):
        assert variable in said
    compiled = " ".join(step.rest for step in steps if "compileall" in step.rest)
    assert "/opt/venv" in compiled
    assert "/app/src" in compiled
    assert "--invalidation-mode unchecked-hash" in compiled


def test_the_number_of_threads_is_set(steps: list[Step]) -> None:
    said = " ".join(step.rest for step in final(steps) if step.word == "ENV")
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        assert f"{variable}=1" in said


def test_only_what_is_named_goes_into_the_image(project: Project, steps: list[Step]) -> None:
    lines = [line for line in project.text(".dockerignore").splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    let_in = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        name.rstrip("*").removeprefix("./")
        for step in steps
        if step.word == "COPY" and not step.rest.startswith("--from")
        for name in step.rest.split()[:-1]
    }
    assert copied == let_in & copied
    assert let_in - copied <= {"data", "models"}


def test_compose_gives_no_rights_either(project: Project) -> None:
    if "compose.yaml" not in {file.path for file in project.files}:
        pytest.skip("a batch job has no compose.yaml")
    yaml = pytest.importorskip("yaml")
    for service in yaml.safe_load(project.text("compose.yaml"))["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_hadolint_has_nothing_to_say(project: Project) -> None:
    hadolint = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if hadolint is None:
        pytest.skip("NOT TESTED: hadolint is not here (it is among the development tools)")
    text = project.text("Dockerfile")
    done = subprocess.run([hadolint, "-"], input=text, capture_output=True, text=True, check=False)  # noqa: S603 - a linter
    assert (done.returncode, done.stdout) == (0, ""), done.stdout

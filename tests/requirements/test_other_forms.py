"""What convert writes of the lock besides requirements.txt, where it is asked to."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry
from referencing.jsonschema import DRAFT7

from nb2prod import cli
from tests.requirements.wheels import buildable, wheel

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


CODE = """
import top
import made
with open("sum.txt", "w") as file:
    file.write(f"{top.value} {made.value}")
"""


def notebook(folder: Path, settings: str) -> Path:
    folder.mkdir()
    options = f'as-of = "never"\n{settings}\nimports = {{top = "top", made = "made"}}\n'
    (folder / "pyproject.toml").write_text(f"[tool.nb2prod]\n{options}")
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": 1, "outputs": [], "source": CODE}
    metadata = {"language_info": {"name": "python", "version": f"{RUNNING}.1"}}
    path = folder / "work.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
    return path


def convert(path: Path, *options: str) -> Path:
    assert cli.run(["convert", str(path), "-o", str(path.parent / "project"), *options]) == 0
    return path.parent / "project"


def pins(project: Path) -> set[str]:
    return {line.split()[0] for line in (project / "requirements.txt").read_text().splitlines() if "==" in line}


def bill_of(project: Path) -> dict[str, Any]:
    """Read the bill of materials, which must fit the schema of its format."""
    schemas = Path(pytest.importorskip("cyclonedx.schema").__file__).parent / "_res"
    known = {
        path.name.replace(".SNAPSHOT", ""): json.loads(path.read_text(encoding="utf-8"))
        for path in schemas.glob("*.schema.json")
    }
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], DRAFT7.create_resource(schema)) for schema in known.values()
    )
    bill: dict[str, Any] = json.loads((project / "sbom.cdx.json").read_text())
    check = jsonschema.Draft7Validator(known["bom-1.6.schema.json"], registry=registry)
    assert [each.message for each in check.iter_errors(bill)] == []
    return bill


def lock_of(project: Path) -> dict[str, Any]:
    """Read pylock.toml, which must be one."""
    lock = tomllib.loads((project / "pylock.toml").read_text())
    pytest.importorskip("packaging.pylock").Pylock.from_dict(lock).validate()
    return lock


@pytest.mark.parametrize(
    ("settings", "options"), [("", ("--sbom", "--pylock")), ("sbom = true\npylock = true", ())], ids=["line", "file"]
)
def test_convert_writes_the_same_pins_in_both_forms(
    wheels: Path, tmp_path: Path, settings: str, options: tuple[str, ...]
) -> None:
    wheel(wheels, "made", "1.0")
    project = convert(notebook(tmp_path / "work", settings), *options)
    locked = pins(project)
    assert locked == {"top==2.0", "made==1.0", "base==2.5"}
    assert {f"{each['name']}=={each['version']}" for each in bill_of(project)["components"]} == locked
    packages = lock_of(project)["packages"]
    assert {f"{each['name']}=={each['version']}" for each in packages} == locked


def test_what_may_be_built_is_in_both_forms_and_only_that(wheels: Path, tmp_path: Path) -> None:
    buildable(wheels, "made", "1.0")
    project = convert(notebook(tmp_path / "work", 'allow-build = ["made"]'), "--sbom", "--pylock")
    assert "made==1.0" in {f"{each['name']}=={each['version']}" for each in bill_of(project)["components"]}
    built = [each["name"] for each in lock_of(project)["packages"] if "wheels" not in each]
    assert built == ["made"]
    made = next(each for each in lock_of(project)["packages"] if each["name"] == "made")
    hashes = made.get("sdist", made.get("archive"))["hashes"]
    assert f"sha256:{hashes['sha256']}" in (project / "requirements.txt").read_text()


def test_neither_is_written_unless_asked_for(wheels: Path, tmp_path: Path) -> None:
    wheel(wheels, "made", "1.0")
    project = convert(notebook(tmp_path / "work", ""))
    assert not {"sbom.cdx.json", "pylock.toml"} & {each.name for each in project.iterdir()}


@pytest.mark.usefixtures("wheels")
def test_without_a_lock_the_project_is_written_and_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = convert(notebook(tmp_path / "work", ""), "--sbom", "--pylock")  # there is no wheel of `made`
    assert not {"sbom.cdx.json", "pylock.toml"} & {each.name for each in project.iterdir()}
    said = capsys.readouterr().out
    assert "no sbom.cdx.json, since nothing is locked" in said
    assert "no pylock.toml, since nothing is locked" in said

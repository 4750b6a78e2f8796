# ruff: noqa: INP001, S603 - a part of service_faults.py; what is run is the project
"""Models that were damaged, swapped or do not belong to the code: the service must refuse to start, and say why."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from service_faults_place import Place

    Damage = Callable[[Path, Path], dict[str, str]]  # of the champion's folder and another's; gives variables to set


def tried(place: Place) -> Iterator[tuple[str, bool]]:
    """Each damage, what the service said, and whether it refused to start and gave the reason that was meant."""
    models = place.project / "models"
    champion = _champion(models)
    other = next(each for each in reversed(place.versions()) if each != champion)
    kept = place.folder / "kept"
    shutil.copytree(models, kept)
    for name, (damage, reason) in DAMAGES.items():
        variables = damage(models / champion, models / other)
        code, said = _start(place, variables)
        short = said.replace(f"{models}/", "").replace(f"{place.package}: ", "", 1)
        yield (
            f"{name}: {'STARTED' if code is None else f'exit {code}'}: {short}",
            code not in {0, None} and reason in said,
        )
        shutil.rmtree(models)
        shutil.copytree(kept, models)


def _champion(models: Path) -> str:
    lines = dict(line.split("=") for line in (models / "aliases").read_text(encoding="utf-8").split())
    return lines["champion"]


def _start(place: Place, variables: dict[str, str]) -> tuple[int | None, str]:
    """The exit code and the last line of what it said; None where it went on."""
    line = place.line("serve", "--port", "0")
    environment = {**place.environment, **variables}
    with subprocess.Popen(
        line, cwd=place.project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            said, _ = process.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
            return None, said.strip().splitlines()[0]
    return process.returncode, said.strip().splitlines()[-1]


def _flipped(name: str) -> Damage:
    def damage(champion: Path, _: Path) -> dict[str, str]:
        content = bytearray((champion / name).read_bytes())
        content[len(content) // 2] ^= 1
        (champion / name).write_bytes(content)
        return {}

    return damage


def _half(name: str) -> Damage:
    def damage(champion: Path, _: Path) -> dict[str, str]:
        content = (champion / name).read_bytes()
        (champion / name).write_bytes(content[: len(content) // 2])
        return {}

    return damage


def _swapped(*names: str) -> Damage:
    def damage(champion: Path, other: Path) -> dict[str, str]:
        for name in names:
            shutil.copy(other / name, champion / name)
        return {}

    return damage


def _all_swapped(champion: Path, other: Path) -> dict[str, str]:
    """Another whole version in the champion's folder."""
    shutil.rmtree(champion)
    shutil.copytree(other, champion)
    return {}


def _pinned(damage: Damage) -> Damage:
    """The same where the image pins the manifest."""

    def pinned(champion: Path, other: Path) -> dict[str, str]:
        pin = hashlib.sha256((champion / "manifest.json").read_bytes()).hexdigest()
        return {**damage(champion, other), "MODEL_SHA256": pin}

    return pinned


def _gone(name: str) -> Damage:
    def damage(champion: Path, _: Path) -> dict[str, str]:
        (champion / name).unlink()
        return {}

    return damage


def _schema(change: Callable[[list[dict[str, Any]]], object]) -> Damage:
    """A schema that does not belong to the model, with a manifest that was made to fit it."""

    def damage(champion: Path, _: Path) -> dict[str, str]:
        content = json.loads((champion / "schema.json").read_text(encoding="utf-8"))
        change(content["columns"])
        (champion / "schema.json").write_text(json.dumps(content), encoding="utf-8")
        manifest = json.loads((champion / "manifest.json").read_text(encoding="utf-8"))
        manifest["sha256"]["schema.json"] = hashlib.sha256((champion / "schema.json").read_bytes()).hexdigest()
        (champion / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return {}

    return damage


def _renamed(columns: list[dict[str, Any]]) -> None:
    next(each for each in columns if each["required"])["name"] = "of another notebook"


def _as_text(columns: list[dict[str, Any]]) -> None:
    number = next(each for each in columns if each["required"] and each["dtype"] in {"float64", "int64"})
    number.update(dtype="object", text=True, seen=None)


def _aliased(champion: Path, _: Path) -> dict[str, str]:
    (champion.parent / "aliases").write_text("champion=20200101T000000Z-00000000\n", encoding="utf-8")
    return {}


_OTHER = "is not the file that train stored"
DAMAGES: dict[str, tuple[Damage, str]] = {
    "model: one bit flipped": (_flipped("model.joblib"), _OTHER),
    "model: cut in half": (_half("model.joblib"), _OTHER),
    "model: of another version": (_swapped("model.joblib"), _OTHER),
    "learnt state: of another version": (_swapped("learned.joblib"), _OTHER),
    "learnt state: missing": (_gone("learned.joblib"), "is missing"),
    "manifest: missing": (_gone("manifest.json"), "no readable manifest.json"),
    "manifest: cut in half": (_half("manifest.json"), "no readable manifest.json"),
    "manifest: one bit flipped, MODEL_SHA256 set": (_pinned(_flipped("manifest.json")), "MODEL_SHA256"),
    "all of another version, MODEL_SHA256 set": (_pinned(_all_swapped), "MODEL_SHA256"),
    "all of another version in its folder": (_all_swapped, "another version"),
    "schema: one bit flipped": (_flipped("schema.json"), _OTHER),
    "schema: a column of another name, in the manifest too": (_schema(_renamed), "schema"),
    "schema: a number is text, in the manifest too": (_schema(_as_text), "schema"),
    "schema: no columns, in the manifest too": (_schema(list.clear), "schema"),
    "champion: a version that is not there": (_aliased, "there is no model version"),
}

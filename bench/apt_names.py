# ruff: noqa: INP001, T201 - a program that prints
"""Whether every Debian package that our tables name is in that release: bookworm and trixie.

    python bench/apt_names.py [--mirror ADDRESS]

It takes a machine with apt, which brings the lists of both releases into a folder of its own; the mirror is the one
that this machine has for Debian. A name may also be provided by another package: apt-get installs that where it is the
only one. For libraries, it also looks at whether the soname that leads to a package is the one in its name.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from nb2prod.requirements import names, system

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def main() -> int:
    """Print what is wrong; 1 when something is, 2 when the lists cannot be had."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", help="of Debian, as sources.list has it")
    mirror = parser.parse_args().mirror or _mirror()
    wrong = 0
    for debian in get_args(system.Debian):
        with tempfile.TemporaryDirectory(prefix="nb2prod-apt-") as folder:
            there, provided = _lists(Path(folder), mirror, debian)
        asked = dict(_named(debian))
        absent = sorted(each for each in asked if each not in there and len(provided.get(each, ())) != 1)
        stood_in = sorted(each for each in asked if each not in there and len(provided.get(each, ())) == 1)
        print(f"{debian}: {len(there)} packages; {len(asked)} names of ours, {len(absent)} are not there")
        for each in absent:
            print(f"  {each} ({asked[each]}): provided by {', '.join(sorted(provided.get(each, ()))) or 'nothing'}")
        for each in stood_in:
            print(f"  {each} ({asked[each]}) is provided by {', '.join(provided[each])}, call it so")
        wrong += len(absent) + len(stood_in)
    return int(bool(wrong))


def _named(debian: system.Debian) -> Iterator[tuple[str, str]]:
    """Every name that may get into apt.txt or apt-build.txt, and where it stands."""
    for soname, row in names.table("libraries")["packages"].items():
        yield (row if isinstance(row, str) else row[debian]), soname
    for kind, rows in names.table("system").items():
        if kind == "renamed":
            continue
        for distribution, packages in rows.items():
            for package in packages:
                if name := system.called(package, debian):
                    yield name, f"{kind} {distribution}"


def _lists(folder: Path, mirror: str, debian: str) -> tuple[set[str], Mapping[str, set[str]]]:
    """The packages of a release, and what is provided by which others."""
    sources = folder / "debian.list"
    signed = f"[signed-by={_KEYRING}] " if _KEYRING.exists() else ""
    sources.write_text(f"deb {signed}{mirror} {debian} main\n", encoding="utf-8")
    (folder / "lists" / "partial").mkdir(parents=True)
    settings = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder,
        "Acquire::Languages": "none",
        "Acquire::GzipIndexes": "false",
        "Debug::NoLocking": "true",
    }
    _apt(*(word for key, value in settings.items() for word in ("-o", f"{key}={value}")), "update")
    there: set[str] = set()
    provided: dict[str, set[str]] = defaultdict(set)
    for path in (folder / "lists").glob("*_Packages"):
        name = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("Package: "):
                name = line.removeprefix("Package: ")
                there.add(name)
            elif line.startswith("Provides: "):
                for each in re.findall(r"([^\s,(]+)(?: \([^)]*\))?", line.removeprefix("Provides: ")):
                    provided[each].add(name)
    if not there:
        raise SystemExit(2)
    return there, provided


def _mirror() -> str:
    """The address of the first Debian release that apt is set up for here."""
    told = _apt("indextargets", "--format", "$(REPO_URI)", "Origin: Debian", "Created-By: Packages")
    return next(iter(told.splitlines()), "") or sys.exit(2)


def _apt(*words: str) -> str:
    done = subprocess.run(["apt-get", *words], capture_output=True, text=True, check=False)  # noqa: S603, S607 - apt, our own words
    if done.returncode:
        print(done.stderr.strip() or "apt-get failed")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())

"""Where packages come from: uv's own settings, or pip's (which uv does not read) handed on to the locker.

A lock is for other machines than this one. So folders of this machine (pip's `find-links = /wheels`, a `file:` index)
are asked only when the indexes alone do not have everything: their hashes and local builds exist nowhere else.
"""

from __future__ import annotations

import configparser
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_UV_VARIABLES = (
    *("UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_CONFIG_FILE"),
)
_UV_OPTION = re.compile(
    r"^\s*(?:\[\[index\]\]|(?:index|index-url|extra-index-url|find-links|no-index|pip)\b)", re.MULTILINE
)
_SOURCES = ("extra-index-url", "find-links")


@dataclass(frozen=True, slots=True)
class Settings:
    """Environment variables and arguments for a locker; `here_only`: they name folders of this machine."""

    variables: tuple[tuple[str, str], ...]
    here_only: bool = False
    arguments: tuple[str, ...] = ()

    def environment(self) -> dict[str, str]:
        """Add these to the variables of this process."""
        return {**os.environ, **dict(self.variables)}


def for_uv() -> tuple[Settings, ...]:
    """Give the settings to try one after the other with uv."""
    own = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
    if _uv_is_configured():
        return (Settings(tuple(own.items())),)
    pip = _pip_options()
    no_index = ("--no-index",) if _on(pip, "no-index") else ()  # uv has no variable for it
    return tuple(
        Settings(tuple({**own, **_uv_variables(pip, local=local)}.items()), local, no_index) for local in _rounds(pip)
    )


def for_pip() -> tuple[Settings, ...]:
    """Give the settings to try one after the other with pip-tools: pip's own, folders of this machine last."""
    pip = _pip_options()
    return tuple(Settings(tuple(_pip_variables(pip, local=local).items()), local) for local in _rounds(pip))


def only_public() -> bool:
    """Whether packages come from the installers' own index alone, none being configured: its addresses are no secret.

    Folders of this machine do not count: they are asked last, and what is only there is told apart.
    """
    pip = _pip_options()
    more = (each for each in pip.get("extra-index-url", "").split() if not _is_local(each))
    return not (_uv_is_configured() or pip.get("index-url") or any(more))


def _rounds(pip: Mapping[str, str]) -> tuple[bool, ...]:
    """Say which rounds there are, by whether folders of this machine take part."""
    if _on(pip, "no-index"):
        return (True,)
    return (False, True) if any(_is_local(each) for key in _SOURCES for each in pip.get(key, "").split()) else (False,)


def _uv_variables(pip: Mapping[str, str], *, local: bool) -> dict[str, str]:
    found = {}
    if index := pip.get("index-url"):
        found["UV_DEFAULT_INDEX"] = index
    if extra := _kept(pip, "extra-index-url", local=local):
        found["UV_INDEX"] = " ".join(extra)
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # what pip itself does with these very settings
    if links := _kept(pip, "find-links", local=local):
        found["UV_FIND_LINKS"] = ",".join(links)
    if hosts := pip.get("trusted-host"):
        found["UV_INSECURE_HOST"] = " ".join(hosts.split())
    if (certificate := pip.get("cert")) and "SSL_CERT_FILE" not in os.environ:
        found["SSL_CERT_FILE"] = certificate
    if proxy := pip.get("proxy"):
        found["ALL_PROXY"] = proxy
    return found


def _pip_variables(pip: Mapping[str, str], *, local: bool) -> dict[str, str]:
    """Everything pip is configured with, by variables alone: a variable cannot take a configured value away."""
    kept = {key: " ".join(_kept(pip, key, local=local)) for key in _SOURCES}
    options = {**pip, **kept}
    variables = {f"PIP_{key.upper().replace('-', '_')}": value for key, value in options.items()}
    return {**variables, "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def _kept(pip: Mapping[str, str], key: str, *, local: bool) -> list[str]:
    return [each for each in pip.get(key, "").split() if local or not _is_local(each)]


def _on(pip: Mapping[str, str], key: str) -> bool:
    return pip.get(key, "").lower() in {"1", "true", "yes", "on", "t", "y"}


def _is_local(address: str) -> bool:
    return address.startswith("file:") or "://" not in address


def _uv_is_configured() -> bool:
    if any(os.environ.get(name) for name in _UV_VARIABLES):
        return True
    folders = [Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config", "uv"), Path("/etc/uv")]
    if sys.platform == "win32":
        folders += [Path(os.environ[name], "uv") for name in ("APPDATA", "PROGRAMDATA") if name in os.environ]
    files = [folder / "uv.toml" for folder in folders]
    return any(file.is_file() and _UV_OPTION.search(file.read_text(encoding="utf-8")) for file in files)


def _pip_options() -> dict[str, str]:
    """Pip's options for installing, as pip itself puts them together: files in their order, then variables."""
    found: dict[str, str] = {}
    for file in _pip_files():
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (OSError, configparser.Error, UnicodeDecodeError):
            continue
        for section in ("global", "install"):
            if parser.has_section(section):
                found |= {key.replace("_", "-"): value for key, value in parser.items(section) if value}
    for name, value in os.environ.items():
        if name.startswith("PIP_") and name != "PIP_CONFIG_FILE" and value:
            found[name.removeprefix("PIP_").lower().replace("_", "-")] = value
    return found


def _pip_files() -> Iterator[Path]:
    """Pip's configuration files, the most general first."""
    chosen = os.environ.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return
    home = Path.home()
    name = "pip.ini" if sys.platform == "win32" else "pip.conf"
    if sys.platform == "win32":
        yield Path(os.environ.get("PROGRAMDATA", "C:\\ProgramData"), "pip", name)
    elif sys.platform == "darwin":
        yield Path("/Library/Application Support/pip", name)
    else:
        for folder in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"):
            yield Path(folder, "pip", name)
        yield Path("/etc", name)
    yield home / ("pip" if sys.platform == "win32" else ".pip") / name
    if sys.platform == "win32":
        yield Path(os.environ.get("APPDATA", home), "pip", name)
    elif sys.platform == "darwin" and (home / "Library/Application Support/pip").is_dir():
        yield home / "Library/Application Support/pip" / name
    else:
        yield Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config", "pip", name)
    yield Path(sys.prefix, name)
    if chosen:
        yield Path(chosen)

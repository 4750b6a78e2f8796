"""Which challengers are live, with which share of the traffic, and by which rules: `models/live.json`.

Every process that serves looks at this file, so what is changed in it holds for all of them within a second or two.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Callable, Mapping

from example_project import aliases
from example_project.aliases import VERSION
from example_project.errors import ModelError
from example_project.operate.compare import Rules

FILE = "live.json"
MOST = 3  # challengers beside the champion


@dataclass(frozen=True)
class Challenger:
    """A version that scores every request since then (seconds since 1970); share 0: shadow, above: canary."""

    version: str
    share: float = 0.0
    since: float = 0.0


@dataclass(frozen=True)
class Routes:
    """The challengers and how they are treated.

    `automatic`: what the rules say is done, not only proposed; `canary`: the share of the traffic for a challenger that
    has proven itself in shadow; `key`: `header NAME` or `field NAME`, whose value always gets the same model's
    answers (empty: every request is routed alone); `patience`: seconds that an answer waits for a challenger.
    """

    challengers: tuple[Challenger, ...] = ()
    automatic: bool = True
    canary: float = 0.1
    key: str = ""
    patience: float = 0.5
    rules: Rules = field(default_factory=Rules)

    def of(self, version: str) -> Challenger | None:
        """The challenger of that version."""
        return next((each for each in self.challengers if each.version == version), None)

    def without(self, version: str) -> Routes:
        """The same with this one gone."""
        return replace(self, challengers=tuple(each for each in self.challengers if each.version != version))

    def having(self, challenger: Challenger) -> Routes:
        """The same with this one added, or changed."""
        if self.of(challenger.version):
            changed = (challenger if each.version == challenger.version else each for each in self.challengers)
            return replace(self, challengers=tuple(changed))
        return replace(self, challengers=(*self.challengers, challenger))


def read(root: Path) -> Routes:
    """What holds now; no challenger where nothing was ever said."""
    try:
        content = json.loads((root / FILE).read_text(encoding="utf-8"))
        found = [Challenger(**each) for each in content.pop("challengers", ())]
        routes = Routes(tuple(found), rules=Rules(**content.pop("rules", {})), **content)
    except FileNotFoundError:
        return Routes()
    except (AttributeError, TypeError, ValueError) as error:
        raise ModelError(f"{root / FILE} cannot be read: {error}") from None
    return checked(routes)


def change(root: Path, step: Callable[[Routes], Routes]) -> Routes:
    """Replace the routes by what `step` makes of them; nobody else changes them meanwhile. Gives the new ones."""
    with aliases.locked(root):
        new = checked(step(read(root)))
        aliases.write(root, FILE, json.dumps(asdict(new), indent=1) + "\n")
    return new


def promoted(known: Routes, version: str, before: str | None, now: float) -> Routes:
    """The routes once a version is champion: all begin anew in shadow, the champion before among them.

    So it can come back by the same rules if the new one turns out worse.
    """
    rest = [each.version for each in known.challengers if each.version not in (version, before)]
    again = [*rest[: MOST - 1], *([before] if before and before != version else [])]
    return replace(known, challengers=tuple(Challenger(each, 0.0, now) for each in again))


def checked(routes: Routes) -> Routes:
    """The same, if it can be followed; raises ModelError."""
    versions = [each.version for each in routes.challengers]
    shares = [each.share for each in routes.challengers]
    if len(versions) > MOST or len(set(versions)) != len(versions):
        raise ModelError(f"at most {MOST} different challengers can be live: withdraw one (models withdraw VERSION)")
    if not all(VERSION.fullmatch(version) for version in versions):
        raise ModelError(f"{', '.join(versions)}: these are not all names of model versions")
    if not all(0 <= share <= 1 for share in (*shares, routes.canary)) or sum(shares) > 1:
        raise ModelError("shares are from 0 to 1, and 1 in all at most")
    if routes.key and routes.key.partition(" ")[0] not in ("header", "field"):
        raise ModelError(f"the key {routes.key!r} is neither `header NAME` nor `field NAME`")
    return routes


def pick(shares: Mapping[str, float], key: str) -> str:
    """Whose answer is given for this key: always the same for the same key and shares.

    Rendezvous hashing with weights: where one share grows, keys go to that version only, and none moves between others.
    """
    return max(shares, key=lambda version: (_score(shares[version], version, key), version))


def shares(champion: str, live: Mapping[str, float]) -> dict[str, float]:
    """The champion has what the challengers leave."""
    return {champion: max(0.0, 1 - sum(live.values())), **live}


def key_of(routes: Routes, headers: Mapping[str, str], row: Callable[[], Any]) -> str:
    """The key of a request; empty where it has none. `row` gives its first row as it was sent."""
    kind, _, name = routes.key.partition(" ")
    if kind == "header":
        return headers.get(name.strip(), "")
    found = row() if kind == "field" else None
    value = found.get(name.strip()) if isinstance(found, dict) else None
    return "" if value is None else json.dumps(value)


def _score(share: float, version: str, key: str) -> float:
    if share <= 0:
        return -1.0
    digest = hashlib.sha256(f"{version} {key}".encode(errors="surrogatepass")).digest()
    chance = (int.from_bytes(digest[:8], "big") + 0.5) / 2**64
    return -share / math.log(chance)

"""The commands of the live comparison: `models challenge | withdraw | live | rules | decide`."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, Iterator, Sequence

from example_project import aliases, models
from example_project.errors import ModelError, ProjectError
from example_project.operate import comparison_page, decisions, registry, routes
from example_project.operate.compare import Rules
from example_project.operate.live_arguments import SETTINGS
from example_project.operate.routes import Challenger, Routes
from example_project.operate.store import Store, StoreError

ROOT = registry.ROOT
_SHOWN = 20  # decisions


def challenge(version: str, share: float | None = None, root: Path = ROOT) -> Routes:
    """Let a whole and unchanged version score every request; a share above 0 lets it answer so many of them."""
    models.check(version, root)
    if version == aliases.read(root).get("champion"):
        raise ModelError(f"{version} is the champion")

    def step(known: Routes) -> Routes:
        there = known.of(version) or Challenger(version, 0.0, time.time())
        return known.having(there if share is None else replace(there, share=share))

    return routes.change(root, step)


def withdraw(version: str, root: Path = ROOT) -> Routes:
    """Let a version score no longer."""

    def step(known: Routes) -> Routes:
        if known.of(version) is None:
            raise ModelError(f"{version} is not live")
        return known.without(version)

    return routes.change(root, step)


def run_challenge(options: argparse.Namespace) -> int:
    """`models challenge`."""
    version = registry.resolve(options.version)
    known = challenge(version, options.share)
    _note("challenge", version, f"share {(known.of(version) or Challenger(version)).share:g}")
    return _said(known, options)


def run_withdraw(options: argparse.Namespace) -> int:
    """`models withdraw`."""
    version = registry.resolve(options.version)
    known = withdraw(version)
    _note("withdraw", version, "")
    return _said(known, options)


def run_rules(options: argparse.Namespace) -> int:
    """`models rules`: show them, or change those that are given."""
    given = {name: value for name in SETTINGS if (value := getattr(options, name)) is not None}
    if "automatic" in given:
        given["automatic"] = given["automatic"] == "yes"
    of_rules = {each.name for each in fields(Rules)}

    def step(known: Routes) -> Routes:
        rules = replace(known.rules, **{name: value for name, value in given.items() if name in of_rules})
        return replace(known, rules=rules, **{name: value for name, value in given.items() if name not in of_rules})

    known = routes.change(ROOT, step) if given else routes.read(ROOT)
    values = {name: getattr(known.rules if name in of_rules else known, name) for name in SETTINGS}
    lines = (f"{name:<10}{value!s:<8}{SETTINGS[name][1]}" for name, value in values.items())
    print(json.dumps(values, indent=1) if options.json else "\n".join(lines))
    return 0


def run_live(options: argparse.Namespace) -> int:
    """`models live`: who is live, how they stand, what was decided."""
    return _shown(options, act=False)


def run_decide(options: argparse.Namespace) -> int:
    """`models decide`: the same, and do what the rules say."""
    return _shown(options, act=True)


def _shown(options: argparse.Namespace, *, act: bool) -> int:
    store = Store()
    try:
        done = decisions.look(store, ROOT)[1] if act else ""
        champion, known = models.current(ROOT), routes.read(ROOT)
        found = decisions.standings(store, known, champion, ROOT)
        decided = store.decided()
    except StoreError as error:
        raise ProjectError(f"the store does not answer: {type(error).__name__}") from error
    finally:
        store.close()
    if options.page:
        options.page.write_text(comparison_page.html(champion, known, found, decided), encoding="utf-8")
    if options.json:
        rivals = [{"version": e.challenger.version, "decision": asdict(e.decision), **e.facts} for e in found]
        print(json.dumps({"champion": champion, "done": done, "challengers": rivals, "decisions": decided}, indent=1))
        return 0
    print("\n".join(_lines(champion, known, found, decided[-_SHOWN:])))
    return 0


def _lines(
    champion: str, known: Routes, found: Sequence[decisions.Standing], decided: Sequence[dict[str, Any]]
) -> Iterator[str]:
    yield f"champion    {champion}"
    for each in found:
        place = f"canary {each.challenger.share:.0%}" if each.challenger.share else "shadow"
        yield f"challenger  {each.challenger.version}  {place}: {each.decision.action}, {each.decision.why}"
    if not known.challengers:
        yield "no challenger is live: python -m example_project models challenge VERSION"
    for one in decided:
        when = time.strftime("%Y-%m-%d %H:%M", time.gmtime(one["at"]))
        yield f"{when}  {one['kind']:<9} {one['version']}  {one['reason']}"


def _note(kind: str, version: str, why: str) -> None:
    """What a person does is in the store too, if that is there."""
    store = Store()
    try:
        store.decide(kind, version, f"by {registry.who()}{why and f': {why}'}")
    except StoreError as error:
        print(f"the store does not answer ({type(error).__name__}): this is not among the decisions there")
    finally:
        store.close()


def _said(known: Routes, options: argparse.Namespace) -> int:
    told = [
        (each.version, f"{each.share:.0%} of the traffic" if each.share else "shadow") for each in known.challengers
    ]
    lines = [f"{version}  {share}" for version, share in told]
    print(json.dumps(asdict(known), indent=1) if options.json else "\n".join(lines or ["no challenger is live"]))
    return 0

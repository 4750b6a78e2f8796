"""Results -> points: half for a test that was passed once, one where it is passed again; the least section counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from nb2prod.problems import NotebookError
from nb2prod.score.evidence import champion, gathered, package
from nb2prod.score.rubric import tests

if TYPE_CHECKING:
    from pathlib import Path

    from nb2prod.score.evidence import Result
    from nb2prod.score.rubric import Test

SECTIONS = ("data", "model", "infra", "monitor")
FRESH = timedelta(days=90)  # what ran longer ago says nothing of today
_APART = timedelta(hours=20)
_MEANINGS = (
    (0, "more of a research project than a productionized system"),
    (1, "not totally untested, but serious holes in reliability are possible"),
    (2, "a first pass at basic productionization; more investment may be needed"),
    (3, "reasonably tested, but more of those tests could be automated"),
    (5, "strong levels of automated testing and monitoring, appropriate for mission-critical systems"),
)


@dataclass(frozen=True, slots=True)
class Rated:
    """A test with its points (0, 0.5 or 1) and what they rest on."""

    test: Test
    points: float
    evidence: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """All 28, and the score: the least of the four sections' sums."""

    rated: tuple[Rated, ...]

    @property
    def sections(self) -> dict[str, float]:
        """The sum of each section."""
        return {name: sum(each.points for each in self.rated if each.test.id.startswith(name)) for name in SECTIONS}

    @property
    def points(self) -> float:
        """The score."""
        return min(self.sections.values())

    @property
    def meaning(self) -> str:
        """What the paper says of such a score."""
        return next((told for most, told in _MEANINGS if self.points <= most), "exceptional levels of automation")

    @property
    def next(self) -> Rated | None:
        """The cheapest step that brings points, in the least section."""
        least = self.sections
        missing = [each for each in self.rated if each.points == 0]
        return min(missing, key=lambda each: (least[each.test.id.rstrip("1234567")], each.test.cost), default=None)

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        told = [
            {
                "test": each.test.id,
                "title": each.test.title,
                "points": each.points,
                "evidence": [{"at": one.at.isoformat(), "what": one.kind, "in": one.source} for one in each.evidence],
                "step": None if each.points == 1 else each.test.step,
            }
            for each in self.rated
        ]
        step = self.next and {"test": self.next.test.id, "title": self.next.test.title, "do": self.next.test.step}
        return {"score": self.points, "meaning": self.meaning, "sections": self.sections, "next": step, "tests": told}

    def lines(self) -> list[str]:
        """For people."""
        found = [f"ML Test Score {self.points:g}: {self.meaning}"]
        for name, points in self.sections.items():
            found.append(f"{name}  {points:g} of 7")
            found += [_line(each) for each in self.rated if each.test.id.startswith(name)]
        if self.next:
            found += [f"Next: {self.next.test.title.lower()} ({self.next.test.id})", f"  {self.next.test.step}"]
        return found


def rate(project: Path, now: datetime | None = None) -> Score:
    """Rate a project by what ran in it during the last 90 days."""
    if not (project / "nb2prod.json").is_file():
        message = f"{project}: there is no nb2prod.json, so this is no project of nb2prod"
        raise NotebookError(message)
    today = now or datetime.now(timezone.utc)
    results = [each for each in gathered(project) if today - FRESH <= each.at <= today + timedelta(days=1)]
    by_hand = [each for each in results if each.kind == "manual"]
    rated = []
    for test in tests(champion(project), package(project)):
        ran = test.found(results)
        said = [each for each in by_hand if each.content["test"] == test.id]
        again = bool(ran) and ran[-1].at - ran[0].at >= _APART
        rated.append(Rated(test, 1.0 if again else 0.5 if ran or said else 0.0, tuple(ran or said)))
    return Score(tuple(rated))


def _line(each: Rated) -> str:
    last = each.evidence[-1] if each.evidence else None
    told = f"  ({last.kind}, {last.at:%Y-%m-%d}, {last.source})" if last else ""
    return f"  {each.points:<4g}{each.test.id:<9} {each.test.title}{told}"

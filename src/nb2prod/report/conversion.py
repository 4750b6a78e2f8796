"""What became of a notebook, as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from nb2prod.conversion import Conversion, Outcome


def lines(
    conversion: Conversion, output: Path, *, lock: str, notes: Iterable[str], verdict: str | None = None
) -> list[str]:
    """Where the project is, the status of its parts with reason and way out, and last what is proven."""
    return [
        f"{output}",
        *_outcome("train", conversion.train),
        *_predict(conversion),
        f"  lock     {lock}",
        f"  cells    {_accounting(conversion)}",
        *(f"  data     {each.written}: {each.reason}" for each in conversion.data if each.reason),
        *(f"  note     {note}" for note in notes),
        _proof(conversion, output, verdict),
    ]


def complete(conversion: Conversion, verdict: str | None) -> bool:
    """Whether nothing was refused, and what was verified holds (`none` is complete: there is no model)."""
    return "refused" not in {conversion.train.status, conversion.predict.status} and verdict in {None, "equivalent"}


def _outcome(part: str, outcome: Outcome) -> Iterator[str]:
    match outcome.status:
        case "ok":
            yield f"  {part:<8} ok{f': {outcome.chosen}' if outcome.chosen else ''}"
        case "none":
            yield f"  {part:<8} none: {outcome.refusal.why if outcome.refusal else 'the notebook has no model'}"
        case "refused":
            yield f"  {part:<8} refused{f': {outcome.refusal}' if outcome.refusal else ''}"
            if outcome.chosen:
                yield f"  {'':<8} it would be {outcome.chosen}"
    if outcome.alternatives:
        yield f"  {'':<8} instead of {', '.join(outcome.alternatives)}"


def _predict(conversion: Conversion) -> Iterator[str]:
    refusal = conversion.predict.refusal
    if refusal is not None and refusal == conversion.train.refusal:
        yield f"  {'predict':<8} refused, as training is"
    else:
        yield from _outcome("predict", conversion.predict)


def _accounting(conversion: Conversion) -> str:
    roles = [each.role for each in conversion.statements]
    counted = ", ".join(f"{roles.count(role)} {role}" for role in dict.fromkeys(roles))
    return f"{len(roles)} statements: {counted}" if roles else "no statements"


def _proof(conversion: Conversion, output: Path, verdict: str | None) -> str:
    if verdict == "equivalent":
        what = "values and predictions" if conversion.predict.status == "ok" else "values"
        return f"Proven: the project's {what} equal the notebook's."
    if verdict is not None:
        return f"Not proven: verify says `{verdict}`; {output / 'nb2prod.json'} has the details."
    if conversion.train.status == "refused":
        return "Nothing to prove yet: training was refused, for the reason above; the project holds the rest."
    what = "trains and predicts" if conversion.predict.status == "ok" else "trains"
    return f"Not proven yet: that the project {what} as the notebook does. To prove it: nb2prod verify {output}"

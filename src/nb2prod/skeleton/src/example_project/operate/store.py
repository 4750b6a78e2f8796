"""Predictions, feedback and decisions in a database: SQLite in `store/`, or what DATABASE_URL names (PostgreSQL)."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

PLACE = "sqlite:///store/operate.db"
_DAY = 86_400
_AT_ONCE = 5_000  # rows that one transaction forgets
_ID = sa.String(64)

_tables = sa.MetaData()
predictions = sa.Table(
    "predictions",
    _tables,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("at", sa.Float, nullable=False, index=True),  # seconds since 1970
    sa.Column("version", sa.String(64), nullable=False, index=True),
    sa.Column("ms", sa.Float, nullable=False),
    sa.Column("inputs", sa.Text),  # JSON, if values are stored
    sa.Column("answer", sa.Text),  # JSON, as above
)
scores = sa.Table(  # what every live model made of a request, while there are challengers
    "scores",
    _tables,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("id", _ID, nullable=False, index=True),  # of the prediction
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("ms", sa.Float, nullable=False),
    sa.Column("answer", sa.Text),  # JSON; none where it failed, or values are not stored
    sa.Column("error", sa.String(200)),
    sa.Index("scores_by_version", "version", "at"),
)
feedback = sa.Table(
    "feedback",
    _tables,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("id", _ID, nullable=False, index=True),  # of the prediction, which may be written later
    sa.Column("at", sa.Float, nullable=False, index=True),
    sa.Column("truth", sa.Text, nullable=False),  # JSON
)
decisions = sa.Table(
    "decisions",
    _tables,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", sa.Float, nullable=False, index=True),
    sa.Column("kind", sa.String(32), nullable=False),  # promote, rollback …
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),  # JSON: the numbers that it rests on
)
StoreError = sa.exc.SQLAlchemyError
"""What every function here raises where the database does not do as it is told."""


@dataclass(frozen=True)
class Predicted:
    """One row's prediction; `inputs` and `answer` are None where values are not stored."""

    id: str
    at: float
    version: str
    ms: float
    inputs: Mapping[str, Any] | None = None
    answer: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Score:
    """What one of the live models made of one row: an answer or an error."""

    id: str
    at: float
    version: str
    ms: float
    answer: Mapping[str, Any] | None = None
    error: str | None = None


@dataclass(frozen=True)
class Feedback:
    """The true value for a prediction."""

    id: str
    at: float
    truth: Any


class Store:
    """A database with the four tables; they are made when they are first needed."""

    def __init__(self, url: str | None = None) -> None:
        self._engine = _engine(url or os.environ.get("DATABASE_URL") or PLACE)
        self._made = False

    def write(self, made: Sequence[Predicted], told: Sequence[Feedback] = (), scored: Sequence[Score] = ()) -> None:
        """Store all of it, or nothing; a prediction that is there already stays. It is on the disk afterwards."""
        with self._begin() as connection:
            if made:
                rows = [{**vars(each), "inputs": _json(each.inputs), "answer": _json(each.answer)} for each in made]
                connection.execute(self._insert().on_conflict_do_nothing(), rows)
            if scored:
                connection.execute(scores.insert(), [{**vars(each), "answer": _json(each.answer)} for each in scored])
            if told:
                connection.execute(
                    feedback.insert(), [{**vars(each), "truth": json.dumps(each.truth)} for each in told]
                )

    def decide(self, kind: str, version: str, reason: str, facts: Mapping[str, Any] | None = None) -> None:
        """Record a decision about a model version."""
        values = {"at": time.time(), "kind": kind, "version": version, "reason": reason, "facts": _json(facts or {})}
        with self._begin() as connection:
            connection.execute(decisions.insert(), values)

    def decided(self) -> list[dict[str, Any]]:
        """All decisions, the oldest first."""
        with self._begin() as connection:
            rows = connection.execute(sa.select(decisions).order_by(decisions.c.number)).mappings().all()
        return [{**row, "facts": json.loads(row["facts"])} for row in rows]

    def predicted(self, since: float = 0.0, version: str | None = None) -> list[dict[str, Any]]:
        """Predictions from that time on, the oldest first, each with its `truth`: the last feedback, or None."""
        last = sa.select(feedback.c.id, sa.func.max(feedback.c.number).label("number")).group_by(feedback.c.id)
        newest = last.subquery()
        joined = predictions.outerjoin(newest, newest.c.id == predictions.c.id)
        joined = joined.outerjoin(feedback, feedback.c.number == newest.c.number)
        query = sa.select(predictions, feedback.c.truth, feedback.c.at.label("truth_at")).select_from(joined)
        query = query.where(predictions.c.at >= since).order_by(predictions.c.at, predictions.c.id)
        if version is not None:
            query = query.where(predictions.c.version == version)
        with self._begin() as connection:
            rows = connection.execute(query).mappings().all()
        return [{**row, **{name: _loads(row[name]) for name in ("inputs", "answer", "truth")}} for row in rows]

    def pairs(self, one: str, other: str, since: float, most: int) -> list[tuple[Any, Any, Any]]:
        """The predictions of two live versions and the truth, for the first `most` rows that have all three."""
        first, second, newest = scores.alias(), scores.alias(), feedback.alias()
        last = sa.select(sa.func.max(newest.c.number)).where(newest.c.id == feedback.c.id).scalar_subquery()
        query = (
            sa.select(first.c.answer, second.c.answer, feedback.c.truth)
            .join_from(first, second, sa.and_(second.c.id == first.c.id, second.c.version == other))
            .join(feedback, sa.and_(feedback.c.id == first.c.id, feedback.c.number == last))
            .where(first.c.version == one, first.c.at >= since)
            .where(first.c.answer.is_not(None), second.c.answer.is_not(None))
            .order_by(feedback.c.number)
            .limit(most)
        )
        with self._begin() as connection:
            rows = connection.execute(query).all()
        return [(json.loads(a)["prediction"], json.loads(b)["prediction"], json.loads(c)) for a, b, c in rows]

    def health(self, version: str, since: float, most: int) -> list[tuple[float, str | None]]:
        """The newest scores of a live version: milliseconds, and what went wrong."""
        query = sa.select(scores.c.ms, scores.c.error).where(scores.c.version == version, scores.c.at >= since)
        with self._begin() as connection:
            rows = connection.execute(query.order_by(scores.c.at.desc()).limit(most)).all()
        return [(row[0], row[1]) for row in rows]

    def answered(self, version: str, since: float) -> int:
        """How many rows a version has answered."""
        query = sa.select(sa.func.count()).select_from(predictions)
        with self._begin() as connection:
            chosen = query.where(predictions.c.version == version, predictions.c.at >= since)
            return int(connection.execute(chosen).scalar_one())

    def fed_back(self) -> list[dict[str, Any]]:
        """All feedback, the oldest first."""
        with self._begin() as connection:
            rows = connection.execute(sa.select(feedback).order_by(feedback.c.number)).mappings().all()
        return [{**row, "truth": json.loads(row["truth"])} for row in rows]

    def forget(self, days: float) -> int:
        """Delete predictions, scores and feedback older than that, a few thousand at a time; gives how many."""
        before, gone = time.time() - days * _DAY, 0
        keys = {predictions: predictions.c.id, scores: scores.c.number, feedback: feedback.c.number}
        for table, key in keys.items():
            old = sa.select(key).where(table.c.at < before).limit(_AT_ONCE)
            while True:
                with self._begin() as connection:
                    count = connection.execute(table.delete().where(key.in_(old))).rowcount
                gone += count
                if count < _AT_ONCE:
                    break
        return gone

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def _begin(self) -> Any:
        if not self._made:
            _tables.create_all(self._engine)
            self._made = True
        return self._engine.begin()

    def _insert(self) -> Any:
        return (postgresql if self._engine.dialect.name == "postgresql" else sqlite).insert(predictions)


def _engine(url: str) -> sa.Engine:
    """PostgreSQL may be away: then it is noticed within seconds."""
    parsed = sa.make_url(url.replace("postgres://", "postgresql://", 1))
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
        limits = {"connect_timeout": 3, "options": "-c statement_timeout=10000"}
        return sa.create_engine(parsed, pool_pre_ping=True, pool_size=2, connect_args=limits)
    if parsed.database and parsed.database != ":memory:":
        _make_folder(Path(parsed.database).parent)
    engine = sa.create_engine(parsed, connect_args={"timeout": 5})
    sa.event.listen(engine, "connect", _as_durable)
    return engine


def _make_folder(folder: Path) -> None:
    """Where it cannot be made, the first write tells."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return


def _as_durable(connection: Any, _: Any) -> None:
    """Readers do not wait for the writer, and what is committed survives a loss of power."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=True, default=str)


def _loads(text: str | None) -> Any:
    return None if text is None else json.loads(text)

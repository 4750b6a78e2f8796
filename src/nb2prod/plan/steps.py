"""The statements that predict replays, found backwards from the model's input, and the columns needed."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from nb2prod.plan import shapes
from nb2prod.plan.needs import (
    KEEPING,
    before_renaming,
    dropped_columns,
    existing,
    frame_reads,
    literal_names,
    narrowed,
    needed_by,
    renaming,
)
from nb2prod.plan.replay import CannotReplay, Names, Replay
from nb2prod.rows.kinds import EVERY_COLUMN, NO_COLUMNS, TARGET, Columns, Dataset, Fixed, Learned, Parts, Rows, Unknown
from nb2prod.rows.knowledge.python import GENERATORS
from nb2prod.rows.special import Skipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nb2prod.plan.plan import Plan
    from nb2prod.problems import Location
    from nb2prod.rows.interpreter import Provenance
    from nb2prod.rows.kinds import Value


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A statement on the way from the raw rows to the model's input.

    `same`: one text for training and predict (`code`, with `fit` done before it in training only).
    `guard`: rows with missing needed values are left out in both. `skip`: only in training rows are left out;
    `instead` is what predict does. `split`: as `skip`, and what follows works on another part of the rows.
    """

    statement: int
    kind: Literal["same", "guard", "skip", "split"]
    code: tuple[ast.stmt, ...] | None = None
    fit: tuple[ast.stmt, ...] = ()
    instead: tuple[ast.stmt, ...] = ()
    binds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """The read that the way ends at: the names it binds and the raw columns that are needed.

    `dataset` is set for a data set of scikit-learn: `bunch`, a `frame` bunch, or a `pair` of features and target;
    and for a table `typed` into the notebook, whose values `feeds` (statements) hold.
    """

    statement: int
    names: tuple[str, ...]
    call: ast.Call
    needed: Columns
    header: tuple[str, ...] | None
    dataset: Literal["bunch", "frame", "pair", "typed"] | None = None
    feeds: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The name of the table."""
        return self.names[0]


@dataclass(slots=True)
class Walk:
    """The walk backwards: which names, and which of their columns, are needed at this point."""

    plan: Plan
    rows: Provenance
    names: Names
    need: dict[str, Columns]
    steps: list[Step]

    def back_to_raw(self, before: int) -> Raw:
        """Collect the steps before a statement until the raw read; raises CannotReplay."""
        raw: Raw | None = None
        for index in reversed(self.plan.train):
            if index < before:
                raw = self._statement(index) or raw
        left = sorted(self.need)
        if raw is None or left:
            where = self.plan.flow.program.statements[before].where
            why = f"`{left[0]}` does not come from a file" if left else "the rows predicted do not come from a file"
            raise CannotReplay(where, why)
        return raw

    def read_of(self, index: int, node: ast.expr) -> None:
        """The names that an expression of a statement reads are needed."""
        self._read(index, node, EVERY_COLUMN)

    def _statement(self, index: int) -> Raw | None:
        effects = self.plan.flow.effects[index]
        statement = self.plan.flow.program.statements[index]
        written = {n for n in (*effects.binds, *effects.mutates) if n in self.need}
        written = {n for n in written if not self._untouched(index, n)}
        if not written:
            return None
        raw = self._raw(index, statement.node)
        if raw is not None:
            return raw
        for name in written:
            value = self.rows.after[index].get(name)
            if isinstance(value, Unknown):
                raise CannotReplay(value.where, value.why)
        self._step(index, statement.node, written)
        return None

    def _untouched(self, index: int, name: str) -> bool:
        """A statement that only might have changed the value, and of which the rows say that it did not."""
        if name in self.plan.flow.effects[index].binds:
            return False
        value = self.rows.after[index].get(name)
        if isinstance(value, Parts):  # a list of tables: what changes in it is a table
            return True
        return isinstance(value, Rows | Fixed) and self._before(index, name) is value

    def _raw(self, index: int, node: ast.stmt) -> Raw | None:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                value = self.rows.values.get(call)
                if isinstance(value, Rows) and value.source == index:
                    self._refuse_partial_read(index, call)
                if isinstance(value, Rows) and value.source == index and not value.cuts and call in self._read_calls():
                    header = tuple(n for n, _ in value.columns or ()) if value.rest is None else None
                    return Raw(index, (name,), call, self.need.pop(name), header)
                if isinstance(value, Rows) and value.source == index and not value.cuts and value.typed:
                    header = tuple(n for n, _ in value.columns or ()) if value.rest is None else None
                    return Raw(index, (name,), call, self.need.pop(name), header, "typed", self._feeds(index))
                if isinstance(value, Dataset):
                    return Raw(index, (name,), call, self.need.pop(name), None, "frame" if value.frame else "bunch")
            case ast.Assign(
                targets=[ast.Tuple(elts=[ast.Name(id=name), ast.Name(id=other)])], value=ast.Call() as call
            ):
                if isinstance(self.rows.values.get(call), Parts) and shapes.called_name(call).startswith(
                    ("make_", "load_", "fetch_")
                ):
                    if other in self.need:
                        where = self.plan.flow.program.statements[index].where
                        raise CannotReplay(where, "the model's input needs the target")
                    self.need.pop(name)
                    return Raw(index, (name, other), call, Columns(all_but=frozenset({TARGET})), None, "pair")
            case _:
                pass
        return None

    def _refuse_partial_read(self, index: int, call: ast.Call) -> None:
        """Refuse a read that leaves out lines, and dates whose format each file's first line tells."""
        given = {k.arg: k.value for k in call.keywords}
        lines = given.get("skiprows")
        where = self.plan.flow.program.statements[index].where
        if set(given) & {"nrows", "skipfooter", "chunksize", "iterator"} or not (
            lines is None or isinstance(lines, ast.Constant)
        ):
            raise CannotReplay(where, "the read leaves out lines of the file")
        if "parse_dates" in given and "date_format" not in given and not _is_false(given["parse_dates"]):
            raise CannotReplay(where, "the dates' format is told by each file's first line; give `date_format`")

    def _feeds(self, index: int) -> tuple[int, ...]:
        """The statements that hold the values of a table typed into the notebook."""
        found: set[int] = set()
        todo = [index]
        while todo:
            for use in self.plan.flow.uses[todo.pop()]:
                for definition in set(use.definitions) - found - {index}:
                    counts = ":" not in use.name or use.name.startswith("rng:")
                    if counts and use.name not in self.plan.module_level and definition in self.plan.train:
                        found.add(definition)
                        todo.append(definition)
        self._refuse_unseeded(index, found | {index})
        return tuple(sorted(found))

    def _refuse_unseeded(self, index: int, made_by: set[int]) -> None:
        """Rows that are drawn anew each time are not those that the notebook predicted."""
        effects = self.plan.flow.effects
        drawn = {name for i in made_by for name in effects[i].reads if name.startswith("rng:")}
        seeded = {name for i in made_by for name in effects[i].binds}
        anew = any(
            isinstance(call.func, ast.Name | ast.Attribute)
            and shapes.called_name(call) in GENERATORS
            and not call.args
            and not call.keywords
            for i in made_by
            for call in shapes.calls(self.plan.flow.program.statements[i].node)
        )
        if drawn - seeded or anew:
            raise CannotReplay(self.plan.flow.program.statements[index].where, "the rows are drawn without a seed")

    def _read_calls(self) -> set[ast.Call]:
        return {read.call for read in self.plan.data}

    def _step(self, index: int, node: ast.stmt, written: set[str]) -> None:
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value):
                self._unpacked(index, targets, value, written)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.List(elts=tables) | ast.Tuple(elts=tables)) if (
                isinstance(self.rows.after[index].get(name), Parts)
            ):
                self._listed(index, node, name, tables)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in self.need:
                self._bound(index, node, name, value)
            case ast.Assign(
                targets=[ast.Name()], value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="pop"))
            ) if written == {name}:  # the column is gone afterwards, and nothing needs it
                self._add(Step(index, "same", None, binds=frozenset({name})))
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=key)]) if name in self.need:
                self._column(index, node, name, key)
            case ast.Assign(
                targets=[
                    ast.Subscript(
                        value=ast.Attribute(value=ast.Name(id=name), attr="loc"), slice=ast.Tuple(elts=[_, key])
                    )
                ]
            ) if name in self.need and not isinstance(key, ast.Slice):
                self._column_part(index, node, name, key)
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr="columns")]) if name in self.need:
                self._columns_named(index, node, name)
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr=attr)]) if (
                attr != "index" and name in self.need
            ):
                self._column(index, node, name, ast.Constant(attr))
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name))) as call) if (
                _inplace(call) and name in self.need
            ):
                self._changed_in_place(index, node, name, call)
            case ast.FunctionDef():
                self.need.pop(node.name, None)
                self._add(Step(index, "same", None, binds=frozenset({node.name})))
            case ast.If() | ast.AugAssign() if (unneeded := self._sets_unneeded(node, written)) is not None:
                for name, columns in unneeded.items():
                    self._unneeded(index, node, name, columns)
            case ast.For() | ast.If() | ast.Assign() | ast.AugAssign() | ast.Expr() | ast.Delete() | ast.AnnAssign():
                self._same(index, node, written)
            case _:
                where = self.plan.flow.program.statements[index].where
                raise CannotReplay(
                    where, f"a `{type(node).__name__.lower()}` statement on the way to the model's input"
                )

    def _replay(self, index: int) -> Replay:
        return Replay(self.plan.flow, self.rows, self.names, index)

    def _bound(self, index: int, node: ast.Assign, name: str, value: ast.expr) -> None:
        found = self.rows.after[index].get(name)
        needed = self.need.pop(name)
        if isinstance(found, Fixed):
            self._read(index, node.value, needed)
            self._add(Step(index, "same", None, binds=frozenset({name})))
            return
        special = self.rows.specials.get(value)
        replay = self._replay(index)
        new = replay.expression(value)
        if isinstance(special, Skipped):
            self._left_out(index, node, name, special, new, needed, replay)
            return
        self._read(index, new, needed)
        code = None if new is value and not replay.fit else (_assign(node.targets[0], new, node),)
        if _leaves_out_inside(value, self.rows) or replay.both:
            after = tuple(s for group in replay.both for s in group)
            step = Step(index, "skip", None, (), tuple(code or (node,)), frozenset({name}))
            self._add(replace(step, fit=(*replay.fit, *after)))
            return
        self._add(Step(index, "same", code, tuple(replay.fit), binds=frozenset({name})))

    def _left_out(  # noqa: PLR0913 - what is known of one statement
        self, index: int, node: ast.Assign, name: str, special: Skipped, new: ast.expr, needed: Columns, replay: Replay
    ) -> None:
        self._read(index, new, needed)
        identity = isinstance(new, ast.Name) and new.id == name
        if special.cut.kind == "missing":
            guard = self._guard(node.value, needed, new)
            self._add(
                Step(
                    index, "guard", None, tuple(replay.fit), (_assign(node.targets[0], guard, node),), frozenset({name})
                )
            )
            return
        instead = () if identity else (_assign(node.targets[0], new, node),)
        cuts = _slices_rows(node.value)
        self._add(
            Step(
                index, "split" if cuts and not identity else "skip", None, tuple(replay.fit), instead, frozenset({name})
            )
        )

    def _guard(self, node: ast.expr, needed: Columns, base: ast.expr) -> ast.expr:
        """`rows.dropna(subset=needed columns)`: also rows to be predicted need these values."""
        subset = self._guarded(node)
        if needed.all_but is None:
            names = [n for n in sorted(needed.named) if subset is None or n in subset]
        elif subset is not None:
            names = [n for n in subset if needed.may_hold(n)]
        else:
            names = None
        if names is not None:
            columns: ast.expr = ast.List([ast.Constant(n) for n in names], ast.Load())
        else:
            self.names.helpers.add("all_but")
            unneeded = ast.List([ast.Constant(n) for n in sorted(needed.all_but or ())], ast.Load())
            columns = ast.Call(ast.Name("all_but", ast.Load()), [base, unneeded], [])
        return ast.Call(ast.Attribute(base, "dropna", ast.Load()), [], [ast.keyword("subset", columns)])

    def _guarded(self, node: ast.expr) -> list[str] | None:
        """The columns that a missing-value filter looks at; None means all."""
        match node:
            case ast.Call(func=ast.Attribute(attr="dropna"), args=args, keywords=keywords):
                if any(k.arg in {"how", "thresh"} for k in keywords) or args:
                    raise CannotReplay(None, "rows with few missing values are left out")
                for k in keywords:
                    if k.arg == "subset":
                        value = self.rows.values.get(k.value)
                        constant = value.constant if isinstance(value, Fixed) else None
                        names = [constant] if isinstance(constant, str) else constant
                        if not isinstance(names, list):
                            raise CannotReplay(
                                None, "the columns whose missing values are looked at are not written out"
                            )
                        return [str(n) for n in names]
                return None
            case ast.Subscript(slice=ast.Call(func=ast.Attribute(value=column))):
                names = [n for columns in frame_reads(column, self.rows).values() for n in columns.named]
                if names:
                    return names
                raise CannotReplay(None, "the column whose missing values are looked at is not written out")
            case _:
                return None

    def _unpacked(self, index: int, targets: list[ast.expr], value: ast.expr, written: set[str]) -> None:
        names = [t.id if isinstance(t, ast.Name) else None for t in targets]
        where = self.plan.flow.program.statements[index].where
        if any(isinstance(t, ast.Subscript | ast.Attribute) and _root(t) in written for t in targets):
            raise CannotReplay(where, "several columns are set in one statement")
        if isinstance(value, ast.Tuple) and len(value.elts) == len(targets):
            parts = list(value.elts)
        elif (
            isinstance(value, ast.Call)
            and shapes.called_name(value) == "train_test_split"
            and len(targets) == 2 * len(value.args)
        ):
            parts = [argument for argument in value.args for _ in range(2)]
            instead: list[ast.stmt] = []
            for name, part in zip(names, parts, strict=True):
                if name in written and name is not None:
                    needed = self.need.pop(name)
                    replay = self._replay(index)
                    new = replay.expression(part)
                    if replay.fit:
                        raise CannotReplay(where, "the split learns from the data")
                    self._read(index, new, needed)
                    instead.append(_assign(ast.Name(name, ast.Store()), new, value))
            self._add(Step(index, "split", None, (), tuple(instead), frozenset(written)))
            return
        else:
            raise CannotReplay(where, "several names are bound at once by something that is not followed")
        code: list[ast.stmt] = []
        fit: list[ast.stmt] = []
        fitted: dict[str, str] = {}
        for name, target, part in zip(names, targets, parts, strict=True):
            if name in written and name is not None:
                needed = self.need.pop(name)
                replay = self._replay(index)
                replay.fitted = fitted
                new = replay.expression(part)
                self._read(index, new, needed)
                code.append(_assign(ast.Name(name, ast.Store()), new, value))
                fit += replay.fit
            else:
                fit.append(_assign(target, part, value))
                fit += self._fitted_here(index, part, fitted)
        earlier = [set(filter(None, names[:number])) for number in range(len(parts))]
        if any(bound & set(frame_reads(part, self.rows)) for bound, part in zip(earlier, parts, strict=True)):
            raise CannotReplay(where, "names are exchanged in one statement")
        self._add(Step(index, "same", tuple(code), tuple(fit), binds=frozenset(n for n in names if n)))

    def _fitted_here(self, index: int, part: ast.expr, fitted: dict[str, str]) -> list[ast.stmt]:
        """`sc.fit_transform(X_train), sc.transform(X_test)`: the second is given what the first has fitted."""
        match part:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name) as owner, attr="fit_transform")):
                where = self.plan.flow.program.statements[index].where
                fitted[name] = self.names.new(name, where, ast.unparse(part), "")
                self.names.helpers.add("deepcopy")
                kept = ast.Call(ast.Name("deepcopy", ast.Load()), [owner], [])
                learnt = ast.Attribute(ast.Name("learned", ast.Load()), fitted[name], ast.Load())
                return [_assign(learnt, kept, part)]
            case _:
                return []

    def _columns_named(self, index: int, node: ast.Assign, name: str) -> None:
        """`df.columns = [...]`: what was needed was needed under the old names."""
        old = self._before(index, name)
        new = self.rows.after[index].get(name)
        known = isinstance(old, Rows) and isinstance(new, Rows) and old.columns and new.columns
        if (
            not known
            or not isinstance(old, Rows)
            or not isinstance(new, Rows)
            or len(old.columns or ()) != len(new.columns or ())
        ):
            self._same(index, node, {name})
            return
        mapping = {a: b for (a, _), (b, _) in zip(old.columns or (), new.columns or (), strict=True)}
        self.need[name] = before_renaming(self.need[name], mapping)
        self._add(Step(index, "same", None, binds=frozenset({name})))

    def _column(self, index: int, node: ast.Assign, name: str, key: ast.expr) -> None:
        value = self.rows.values.get(key)
        constant = value.constant if isinstance(value, Fixed) else key.value if isinstance(key, ast.Constant) else None
        names = frozenset([constant] if isinstance(constant, str) else constant if isinstance(constant, list) else [])
        needed = self.need[name]
        if names and not any(needed.may_hold(str(n)) for n in names):
            self._unneeded(index, node, name, names)
            return
        replay = self._replay(index)
        statement = self._statement_replayed(node, replay)
        if names:
            self.need[name] = Columns(needed.named - names, None if needed.all_but is None else needed.all_but | names)
        reads = frame_reads(statement.value, self.rows) if isinstance(statement, ast.Assign) else {}
        if not names:
            among = value.among if isinstance(value, Learned) else None
            if among is None or not isinstance(statement, ast.Assign):
                reads = {**reads, name: EVERY_COLUMN}
            else:
                reads = needed_by(statement.value, narrowed(among, needed), self.rows)
        self._need(index, frame_reads(key, self.rows))
        self._need(index, reads)
        self._add(
            Step(index, "same", None if statement is node else (statement,), tuple(replay.fit), binds=frozenset({name}))
        )

    def _column_part(self, index: int, node: ast.Assign, name: str, key: ast.expr) -> None:
        """`df.loc[mask, "a"] = value`: a column changed in some rows."""
        value = self.rows.values.get(key)
        constant = value.constant if isinstance(value, Fixed) else None
        names = frozenset([constant] if isinstance(constant, str) else constant if isinstance(constant, list) else [])
        if not names:
            self._same(index, node, {name})
            return
        if not any(self.need[name].may_hold(str(n)) for n in names):
            self._unneeded(index, node, name, names)
            return
        replay = self._replay(index)
        statement = self._statement_replayed(node, replay)
        target = statement.targets[0] if isinstance(statement, ast.Assign) else node.targets[0]
        mask = (
            target.slice.elts[0] if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Tuple) else key
        )
        self._need(index, frame_reads(mask, self.rows))
        if isinstance(statement, ast.Assign):
            self._need(index, frame_reads(statement.value, self.rows))
        self._need(index, {name: Columns(frozenset(map(str, names)))})
        code = None if statement is node else (statement,)
        self._add(Step(index, "same", code, tuple(replay.fit), binds=frozenset({name})))

    def _sets_unneeded(self, node: ast.stmt, written: set[str]) -> dict[str, frozenset[object]] | None:
        """The columns that a statement sets, if it changes nothing else and none of them is needed."""
        found = _columns_set(node, self.rows)
        if found is None or set(found) != written:
            return None
        needed = any(self.need[name].may_hold(str(c)) for name, columns in found.items() for c in columns)
        return None if needed else {name: frozenset(columns) for name, columns in found.items()}

    def _unneeded(self, index: int, node: ast.stmt, name: str, columns: frozenset[object]) -> None:
        """Only training computes it; predict has a new column empty, so that drop lists and positions hold."""
        held = self._before(index, name)
        known = {c for c, _ in held.columns or ()} if isinstance(held, Rows) else set()
        if columns <= known:
            return
        empty = ast.Call(ast.Name("float", ast.Load()), [ast.Constant("nan")], [])
        frame = ast.Name(name, ast.Load())
        targets: list[ast.expr] = [
            ast.Subscript(frame, ast.Constant(str(c)), ast.Store()) for c in sorted(map(str, columns - known))
        ]
        if isinstance(node, ast.Assign) and not _is_located(node.targets[0]):
            targets = list(node.targets[:1])
        instead = tuple(_assign(target, empty, node) for target in targets)
        self._add(Step(index, "skip", None, (), instead, frozenset({name})))

    def _changed_in_place(self, index: int, node: ast.Expr, name: str, call: ast.Call) -> None:
        needed = self.need[name]
        special = self.rows.specials.get(call)
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if method == "drop" and (columns := dropped_columns(call, self.rows)) is not None:
            self.need[name] = Columns(
                needed.named, None if needed.all_but is None else needed.all_but | frozenset(columns)
            )
            self._add(Step(index, "same", None, binds=frozenset({name})))
            return
        mapping = renaming(call, self.rows)
        if mapping is not None:
            self.need[name] = before_renaming(needed, mapping)
            self._add(Step(index, "same", None, binds=frozenset({name})))
            return
        if method in KEEPING and isinstance(self.rows.after[index].get(name), Rows):
            replay = self._replay(index)
            statement = self._statement_replayed(node, replay)
            self._read(index, statement.value if isinstance(statement, ast.Expr) else call, needed)
            self._add(
                Step(
                    index,
                    "same",
                    None if statement is node else (statement,),
                    tuple(replay.fit),
                    binds=frozenset({name}),
                )
            )
            return
        if isinstance(special, Skipped):
            if special.cut.kind == "missing":
                target, base = ast.Name(name, ast.Store()), ast.Name(name, ast.Load())
                guard = _assign(target, self._guard(call, needed, base), node)
                self._add(Step(index, "guard", None, (), (guard,), frozenset({name})))
            else:
                self._add(Step(index, "skip", None, (), (), frozenset({name})))
            return
        self._same(index, node, {name})

    def _same(self, index: int, node: ast.stmt, written: set[str]) -> None:
        """A statement whose text serves both, its learnt values taken out."""
        replay = self._replay(index)
        statement = self._statement_replayed(node, replay)
        frames = {n for n in written if isinstance(self.rows.after[index].get(n), Rows)}
        reads = self._reads_of(node, statement, frames)
        if isinstance(node, ast.For) and isinstance(statement, ast.For) and len(frames) == 1 and _per_column(node):
            frame = next(iter(frames))
            statement = _without_unneeded(statement, self.need[frame])
            reads.pop(frame, None)
        else:
            for name in frames:
                before, after = self._before(index, name), self.rows.after[index].get(name)
                if _sets_attributes(node):
                    self.need[name] = EVERY_COLUMN
                self.need[name] = existing(
                    self.need[name].without(_deleted(node, name)) | reads.pop(name, NO_COLUMNS), before, after
                )
        self._need(index, reads)
        code = None if statement is node else (statement,)
        self._add(Step(index, "same", code, tuple(replay.fit), binds=frozenset(written)))

    def _reads_of(self, node: ast.stmt, statement: ast.stmt, frames: set[str]) -> dict[str, Columns]:
        """What a statement reads; a table changed under the name of a loop's variable is read under that name."""
        reads = frame_reads(statement, self.rows)
        if isinstance(node, ast.For) and isinstance(self.rows.values.get(node.iter), Parts):
            body = ast.Module(body=statement.body if isinstance(statement, ast.For) else [], type_ignores=[])
            inside = frame_reads(body, self.rows)
            variable = node.target.id if isinstance(node.target, ast.Name) else ""
            return {**reads, **inside, **dict.fromkeys(frames, inside.get(variable, EVERY_COLUMN))}
        written_out = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        return {**reads, **dict.fromkeys(frames - written_out, EVERY_COLUMN)}

    def _before(self, index: int, name: str) -> Value | None:
        """What a name held before a statement."""
        before = [i for i in self.plan.flow.order if i < index]
        return self.rows.after[before[-1]].get(name) if before else None

    def _statement_replayed(self, node: ast.stmt, replay: Replay) -> ast.stmt:
        where = self.plan.flow.program.statements[replay.statement].where
        match node:
            case ast.Assign(targets=targets, value=value):
                self._no_filter(value, where)
                news = [replay.expression(t) if not isinstance(t, ast.Name) else t for t in targets]
                new = replay.expression(value)
                if new is value and all(a is b for a, b in zip(news, targets, strict=True)):
                    return node
                return ast.copy_location(ast.Assign(targets=[_stored(t) for t in news], value=new), node)
            case ast.AugAssign(target=target, value=value):
                new = replay.expression(value)
                return (
                    node
                    if new is value
                    else ast.copy_location(ast.AugAssign(target=target, op=node.op, value=new), node)
                )
            case ast.Expr(value=value):
                self._no_filter(value, where)
                new = replay.expression(value)
                return node if new is value else ast.copy_location(ast.Expr(new), node)
            case ast.For():
                return self._loop(node, replay)
            case ast.If() if shapes.is_main_guard(node):
                raise CannotReplay(where, "a step that runs only where the notebook is the main program")
            case ast.If(test=test, body=body, orelse=orelse):
                new_test = replay.expression(test)
                new_body = [s for b in body for s in self._inner(b, replay)]
                new_else = [s for b in orelse for s in self._inner(b, replay)]
                return ast.copy_location(ast.If(test=new_test, body=new_body, orelse=new_else), node)
            case ast.Delete() | ast.Pass() | ast.Import() | ast.ImportFrom() | ast.Continue() | ast.Break():
                return node
            case _:
                raise CannotReplay(
                    where, f"a `{type(node).__name__.lower()}` statement on the way to the model's input"
                )

    def _loop(self, node: ast.For, replay: Replay) -> ast.stmt:
        where = self.plan.flow.program.statements[replay.statement].where
        if not isinstance(node.target, ast.Name) or replay.loop_key is not None or node.orelse:
            raise CannotReplay(where, "a loop in a loop, or over several names")
        iterable = self.rows.values.get(node.iter)
        if isinstance(iterable, Parts):
            return self._loop_over_tables(node, replay)
        if not isinstance(iterable, Fixed | Learned):
            raise CannotReplay(where, "a loop over rows or tables")
        keys = iterable.constant if isinstance(iterable, Fixed) else None
        if isinstance(keys, list | tuple) and len(set(map(repr, keys))) != len(keys):
            raise CannotReplay(where, "a loop goes over the same column twice")
        over = replay.expression(node.iter)
        replay.loop_key = node.target.id
        replay.local = frozenset(
            n.id for s in node.body for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        )
        body = [s for b in node.body for s in self._inner(b, replay)]
        replay.loop_key, replay.local = None, frozenset()
        return ast.copy_location(ast.For(target=node.target, iter=over, body=body, orelse=[]), node)

    def _loop_over_tables(self, node: ast.For, replay: Replay) -> ast.stmt:
        """`for table in [train, test]:`; predict has only the table that is predicted."""
        where = self.plan.flow.program.statements[replay.statement].where
        over: ast.expr = node.iter
        if isinstance(node.iter, ast.List | ast.Tuple):
            names = [e.id for e in node.iter.elts if isinstance(e, ast.Name)]
            mine = self._predicted_last(names, where)
            if len(names) != len(node.iter.elts):
                raise CannotReplay(where, "a loop over tables without names")
            over = ast.IfExp(ast.Name("fit", ast.Load()), node.iter, ast.List([ast.Name(mine, ast.Load())], ast.Load()))
        elif not isinstance(node.iter, ast.Name):
            raise CannotReplay(where, "a loop over rows or tables")
        body = [s for b in node.body for s in self._inner(b, replay)]
        return ast.copy_location(ast.For(target=node.target, iter=over, body=body, orelse=[]), node)

    def _predicted_last(self, names: list[str], where: Location) -> str:
        """Of tables treated alike the last, so that what each learns from itself is learnt from this one in the end."""
        if not names or names[-1] not in self.need or any(n in self.need for n in names[:-1]):
            raise CannotReplay(where, "the table that is predicted is not the last of those treated together")
        return names[-1]

    def _listed(self, index: int, node: ast.Assign, name: str, tables: list[ast.expr]) -> None:
        """`both = [train, test]`: predict has a list of the one table."""
        where = self.plan.flow.program.statements[index].where
        names = [t.id for t in tables if isinstance(t, ast.Name)]
        if len(names) != len(tables):
            raise CannotReplay(where, "a list of tables without names")
        mine = self._predicted_last(names, where)
        self.need.pop(name)
        alone = _assign(node.targets[0], ast.List([ast.Name(mine, ast.Load())], ast.Load()), node)
        self._add(Step(index, "split", None, (), (alone,), frozenset({name})))

    def _inner(self, node: ast.stmt, replay: Replay) -> list[ast.stmt]:
        """A statement inside a loop or branch, what training learns before it."""
        outer, replay.fit = replay.fit, []
        if isinstance(node, ast.Expr) and not _inplace(node.value):
            fit: list[ast.stmt] = [node]
            replay.fit = outer
            return [_if_fit(fit)]
        match node:
            case ast.Assign(targets=[ast.Name() as target], value=value) if isinstance(
                self.rows.values.get(value), Learned
            ):
                learnt = replay.learn(
                    replay.names.new(
                        target.id, self.plan.flow.program.statements[replay.statement].where, ast.unparse(value), ""
                    ),
                    value,
                )
                statement: ast.stmt = _assign(target, learnt, node)
            case _:
                statement = self._statement_replayed(node, replay)
        if replay.both:
            raise CannotReplay(None, "a transformer is fitted inside a loop or branch")
        found = [*([_if_fit(replay.fit)] if replay.fit else []), statement]
        replay.fit = outer
        return found

    def _no_filter(self, node: ast.expr, where: Location) -> None:
        if _leaves_out_inside(node, self.rows):
            raise CannotReplay(where, "rows are left out inside a larger expression")

    def _read(self, index: int, node: ast.expr, needed: Columns) -> None:
        """What is read is needed; a frame passed on as a whole only in the columns needed of the result."""
        self._need(index, needed_by(node, needed, self.rows))

    def _need(self, index: int, reads: Mapping[str, Columns]) -> None:
        """Note what a statement reads, and what functions of the notebook that it uses read."""
        through = {u.name for u in self.plan.flow.uses[index] if u.through and u.definitions and ":" not in u.name}
        reads = {**dict.fromkeys(through - self.plan.module_level, EVERY_COLUMN), **reads}
        outside = {n for n in self.plan.flow.effects[index].reads if ":" not in n} | through
        outside -= self.plan.module_level
        for name, columns in reads.items():
            if name not in outside or not self._is_defined(index, name):
                continue
            self.need[name] = self.need[name] | columns if name in self.need else columns

    def _is_defined(self, index: int, name: str) -> bool:
        """A name of the notebook, and no builtin."""
        return name not in dir(builtins) or any(u.name == name and u.definitions for u in self.plan.flow.uses[index])

    def _add(self, step: Step) -> None:
        self.steps.append(step)


def _without_unneeded(loop: ast.For, needed: Columns) -> ast.For:
    """The loop, passing over the columns that predict does not need (the target is one)."""
    names = needed.named if needed.all_but is None else needed.all_but - needed.named
    if not isinstance(loop.target, ast.Name) or (needed.all_but is not None and not names):
        return loop
    written = ast.Tuple([ast.Constant(n) for n in sorted(names)], ast.Load())
    operator: ast.cmpop = ast.NotIn() if needed.all_but is None else ast.In()
    unneeded = ast.Compare(ast.Name(loop.target.id, ast.Load()), [operator], [written])
    test = ast.BoolOp(ast.And(), [ast.UnaryOp(ast.Not(), ast.Name("fit", ast.Load())), unneeded])
    skip = ast.If(test=test, body=[ast.Continue()], orelse=[])
    return ast.copy_location(ast.For(target=loop.target, iter=loop.iter, body=[skip, *loop.body], orelse=[]), loop)


def _per_column(node: ast.For) -> bool:
    """A loop over column names whose body changes only `frame[name]`, and reads frames only there."""
    if not isinstance(node.target, ast.Name):
        return False
    key = node.target.id
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(), slice=ast.Name(id=name))]) if name == key:
                pass
            case ast.Assign(targets=[ast.Name()]) | ast.Expr():
                pass
            case _:
                return False
    return True


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _deleted(node: ast.stmt, name: str) -> frozenset[str]:
    """The columns that `del df["a"]` takes away."""
    targets = node.targets if isinstance(node, ast.Delete) else []
    return frozenset(
        target.slice.value
        for target in targets
        if isinstance(target, ast.Subscript)
        and isinstance(target.value, ast.Name)
        and target.value.id == name
        and isinstance(target.slice, ast.Constant)
        and isinstance(target.slice.value, str)
    )


def _is_located(target: ast.expr) -> bool:
    """`df.loc[mask, "a"]`."""
    return isinstance(target, ast.Subscript) and isinstance(target.value, ast.Attribute)


def _sets_attributes(node: ast.stmt) -> bool:
    """`df.columns = ...`: what has a name before has another one afterwards."""
    return any(isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store) for n in ast.walk(node))


def _columns_set(node: ast.stmt, rows: Provenance) -> dict[str, set[str]] | None:
    """The columns of frames that an assignment or branch sets, where it does nothing else."""
    match node:
        case (
            ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=key)])
            | ast.AugAssign(target=ast.Subscript(value=ast.Name(id=name), slice=key))
        ):
            names = literal_names(key, rows)
            return None if names is None else {name: set(names)}
        case ast.If(body=body, orelse=orelse):
            found: dict[str, set[str]] = {}
            for part in (*body, *orelse):
                inner = {} if isinstance(part, ast.Pass) else _columns_set(part, rows)
                if inner is None:
                    return None
                for name, columns in inner.items():
                    found.setdefault(name, set()).update(columns)
            return found
        case _:
            return None


def _leaves_out_inside(node: ast.expr, rows: Provenance) -> bool:
    return any(isinstance(n, ast.expr) and isinstance(rows.specials.get(n), Skipped) for n in ast.walk(node))


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _slices_rows(node: ast.expr) -> bool:
    """`X[:800]`, `df.iloc[:800]`: a split by position."""
    if not isinstance(node, ast.Subscript):
        return False
    first = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
    return isinstance(first, ast.Slice)


def _inplace(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and any(
        k.arg == "inplace" and isinstance(k.value, ast.Constant) and k.value.value is True for k in node.keywords
    )


def _if_fit(body: Iterable[ast.stmt]) -> ast.stmt:
    return ast.If(test=ast.Name("fit", ast.Load()), body=list(body), orelse=[])


def _assign(target: ast.expr, value: ast.expr, like: ast.AST) -> ast.Assign:
    return ast.copy_location(ast.Assign(targets=[_stored(target)], value=value), like)


def _stored(target: ast.expr) -> ast.expr:
    if isinstance(target, ast.Name | ast.Subscript | ast.Attribute) and not isinstance(target.ctx, ast.Store):
        fields = {k: getattr(target, k) for k in target._fields}
        fields["ctx"] = ast.Store()
        return ast.copy_location(type(target)(**fields), target)
    return target

"""The statements that predict replays, found backwards from the model's input, and the columns needed."""

from __future__ import annotations

import ast
import builtins
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from nb2prod.plan.building import assign
from nb2prod.plan.changes import (
    columns_set,
    deleted,
    dropped_if_there,
    inplace,
    is_located,
    per_column,
    popped,
    read_besides,
    root,
    sets_attributes,
    slices_rows,
    without_unneeded,
)
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
    scaled,
)
from nb2prod.plan.raw import raw_read
from nb2prod.plan.replay import CannotReplay, Names, Replay, leaves_out_inside, with_replaced
from nb2prod.plan.restated import Restated
from nb2prod.plan.turns import drawn, names_read, split_rows
from nb2prod.rows.given import inserted, keyword
from nb2prod.rows.kinds import EVERY_COLUMN, NO_COLUMNS, Columns, Fixed, Learned, Parts, Rows, Unknown
from nb2prod.rows.special import Factorized, RowLoop, Skipped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nb2prod.plan.plan import Plan
    from nb2prod.plan.raw import Raw
    from nb2prod.problems import Location
    from nb2prod.rows.interpreter import Provenance
    from nb2prod.rows.kinds import Value


_WHOLE_NUMBERS = re.compile(r"(numpy\.)?u?int(8|16|32|64|p|_)?")


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A statement on the way from the raw rows to the model's input.

    `same`: one text for training and predict (`code`, with `fit` done before it in training only).
    `guard`: rows with missing needed values are left out in both. `skip`: only in training rows are left out;
    `instead` is what predict does, `after` is done after the statement in training. `split`: as `skip`, and what
    follows works on another part of the rows.
    """

    statement: int
    kind: Literal["same", "guard", "skip", "split"]
    code: tuple[ast.stmt, ...] | None = None
    fit: tuple[ast.stmt, ...] = ()
    instead: tuple[ast.stmt, ...] = ()
    binds: frozenset[str] = frozenset()
    after: tuple[ast.stmt, ...] = ()


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
        train = frozenset(self.plan.train)
        for index in reversed(self.plan.flow.order):
            if index >= before:
                continue
            if index in train:
                found = self._statement(index)
                if found is not None and raw is not None:
                    where = self.plan.flow.program.statements[index].where
                    why = f"rows of two tables, `{found.name}` and `{raw.name}`, are prepared in one statement"
                    raise CannotReplay(where, why)
                raw = found or raw
            elif index not in self.plan.hoisted.definitions and (lost := self._written(index)):
                where = self.plan.flow.program.statements[index].where
                raise CannotReplay(where, f"training leaves out what is done to `{min(lost)}` there")
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
        statement = self.plan.flow.program.statements[index]
        written = self._written(index)
        if not written:
            return None
        raw = raw_read(self.plan, self.rows, self.need, index, self._after_reading(index, statement.node))
        if raw is not None:
            return raw
        for name in written:
            value = self.rows.after[index].get(name)
            if isinstance(value, Unknown):
                raise CannotReplay(value.where, value.why)
        before = len(self.steps)
        self._step(index, statement.node, self._under_the_name_used(index, statement.node, written))
        for number in range(before, len(self.steps)):
            self.steps[number] = replace(self.steps[number], binds=self.steps[number].binds | written)
        return None

    def _under_the_name_used(self, index: int, node: ast.stmt, written: set[str]) -> set[str]:
        """`other = df`, `other["a"] = 1`: what is needed of the table is needed under the name that is changed."""
        held, inside = self.rows.after[index], {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        found = set(written)
        for name in written - inside:
            same = [n for n in sorted(inside) if isinstance(held.get(n), Rows) and held.get(n) is held.get(name)]
            if len(same) == 1 and isinstance(node, ast.Assign | ast.AugAssign | ast.Delete):
                needed, self.need[name] = self.need[name], NO_COLUMNS  # the name itself is still to be made
                self.need[same[0]] = self.need[same[0]] | needed if same[0] in self.need else needed
                found = found - {name} | {same[0]}
        return found

    def _written(self, index: int) -> set[str]:
        """What is needed, and bound or changed by a statement."""
        effects = self.plan.flow.effects[index]
        return {n for n in (*effects.binds, *effects.mutates) if n in self.need and not self._untouched(index, n)}

    def _after_reading(self, index: int, node: ast.stmt) -> ast.stmt:
        """`df = pd.read_csv("a.csv")[["a", "b"]]`: the read alone, what is done to the rows at once a step after it."""
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in self.need:
                calls = [read.call for read in self.plan.data if read.statement == index and read.call is not value]
            case _:
                return node
        if len(calls) != 1 or not isinstance(self.rows.values.get(calls[0]), Rows):
            return node
        table = ast.copy_location(ast.Name(name, ast.Load()), calls[0])
        self.rows.values[table] = self.rows.values[calls[0]]
        rest = with_replaced(value, calls[0], table)
        where = self.plan.flow.program.statements[index].where
        if leaves_out_inside(value, self.rows):
            raise CannotReplay(where, "rows are left out where the file is read; do it in a statement of its own")
        self._copied(value, rest, table, where)
        step = assign(node.targets[0], rest, node)
        needed = self.need[name]
        self._bound(index, step, name, rest)
        self.need[name] = needed_by(rest, needed, self.rows).get(name, NO_COLUMNS)
        last = self.steps[-1]
        if last.kind == "same" and last.code is None:
            self.steps[-1] = replace(last, code=(step,))
        return assign(node.targets[0], calls[0], node)

    def _copied(self, old: ast.AST, new: ast.AST, table: ast.expr, where: Location) -> None:
        """Parts that were copied because something inside of them was replaced are worth what they were."""
        if new is old or new is table:
            return
        if isinstance(old, ast.expr) and isinstance(new, ast.expr):
            if old in self.rows.values:
                self.rows.values.setdefault(new, self.rows.values[old])
            if old in self.rows.specials:
                raise CannotReplay(where, "something is learnt where the file is read; do it in a statement of its own")
        for one, other in zip(ast.iter_child_nodes(old), ast.iter_child_nodes(new), strict=True):
            self._copied(one, other, table, where)

    def _untouched(self, index: int, name: str) -> bool:
        """A statement that only might have changed the value, and of which the rows say that it did not."""
        if name in self.plan.flow.effects[index].binds:
            return False
        value = self.rows.after[index].get(name)
        if isinstance(value, Parts):  # a list of tables: what changes in it is a table
            return True
        return isinstance(value, Rows | Fixed) and self._before(index, name) is value

    def _step(self, index: int, node: ast.stmt, written: set[str]) -> None:
        match node:
            case ast.Assign(
                targets=[ast.Tuple(elts=[ast.Subscript(value=ast.Name(id=name)) as column, ast.Name() as other])],
                value=value,
            ) if isinstance(numbered := self.rows.specials.get(value), Factorized) and written == {name}:
                self._numbered_column(index, column, other, value, numbered)
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value):
                self._unpacked(index, targets, value, written)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.List(elts=tables) | ast.Tuple(elts=tables)) if (
                isinstance(self.rows.after[index].get(name), Parts)
            ):
                self._listed(index, node, name, tables)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in self.need:
                self._bound(index, node, name, value)
            case ast.Expr() | ast.Assign(targets=[ast.Name()]) if (taken := popped(node)) and written == {taken[0]}:
                self.need[taken[0]] = self.need[taken[0]].without(frozenset({taken[1]}))
                self._add(Step(index, "same", None, binds=frozenset(self.plan.flow.effects[index].binds)))
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
                inplace(call) and name in self.need
            ):
                self._changed_in_place(index, node, name, call)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="insert")) as call) if (
                name in self.need and (put := inserted(call)) is not None
            ):
                self._inserted(index, call, name, *put)
            case ast.For() if isinstance(loop := self.rows.specials.get(node.target), RowLoop):
                self._row_loop(index, node, loop.over, written)
            case ast.For() if (found := drawn(node, self.plan.flow.effects[index], self.rows)).keys() >= written:
                self._split_in_turns(index, {name: found[name] for name in found if name in written})
            case ast.FunctionDef():
                self._defined(index, node)
            case ast.If() if (gone := dropped_if_there(node, self.rows)) is not None and written == {gone[0]}:
                needed = self.need[gone[0]]
                others = None if needed.all_but is None else needed.all_but | gone[1]
                self.need[gone[0]] = Columns(needed.named, others)
                self._add(Step(index, "same", None, binds=frozenset(written)))
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

    def _defined(self, index: int, node: ast.FunctionDef) -> None:
        """A function; its defaults are worked out where it is defined, in predict too."""
        self.need.pop(node.name, None)
        for default in [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]:
            held = [self.rows.after[index].get(n.id) for n in ast.walk(default) if isinstance(n, ast.Name)]
            if any(isinstance(value, Learned | Rows | Parts | Unknown) for value in held):
                where = self.plan.flow.program.statements[index].where
                raise CannotReplay(where, f"a default of `{node.name}` is computed from the data")
            self._read(index, default, EVERY_COLUMN)
        self._add(Step(index, "same", None, binds=frozenset({node.name})))

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
        new = self._cast(value, new, needed)
        self._read(index, new, needed)
        code = None if new is value and not replay.fit else (assign(node.targets[0], new, node),)
        if leaves_out_inside(value, self.rows) or replay.both:
            after = tuple(s for group in replay.both for s in group)
            step = Step(index, "skip", None, tuple(replay.fit), tuple(code or (node,)), frozenset({name}), after)
            self._add(step)
            return
        self._add(Step(index, "same", code, tuple(replay.fit), binds=frozenset({name})))

    def _cast(self, value: ast.expr, new: ast.expr, needed: Columns) -> ast.expr:
        """`df.astype(int)`: in predict of the columns needed alone, since an empty one holds no whole numbers."""
        match value, new:
            case ast.Call(func=ast.Attribute(value=owner, attr="astype"), args=[kind], keywords=[]), ast.Call(
                func=ast.Attribute(value=frame), args=[dtype]
            ):
                held, told = self.rows.values.get(owner), self.rows.values.get(kind)
            case _:
                return new
        named = str(told.dotted or told.constant) if isinstance(told, Fixed) else ""
        unneeded = sorted((needed.all_but or frozenset()) - needed.named)
        whole = needed.all_but is not None and not unneeded
        if whole or not isinstance(held, Rows) or held.shape != "frame" or not _WHOLE_NUMBERS.fullmatch(named):
            return new
        names: list[ast.expr] = [
            ast.Constant(n) for n in (sorted(needed.named) if needed.all_but is None else unneeded)
        ]
        fit, written = ast.Name("fit", ast.Load()), ast.List(names, ast.Load())
        if needed.all_but is None:
            part = ast.keyword("only", ast.IfExp(fit, ast.Constant(None), written))
        else:
            part = ast.keyword("but", ast.IfExp(fit, ast.Tuple([], ast.Load()), written))
        self.names.helpers.add("cast")
        made = ast.Call(ast.Name("cast", ast.Load()), [frame, dtype], [part])
        self.rows.values[made] = self.rows.values[value]
        return made

    def _left_out(  # noqa: PLR0913 - what is known of one statement
        self, index: int, node: ast.Assign, name: str, special: Skipped, new: ast.expr, needed: Columns, replay: Replay
    ) -> None:
        self._read(index, new, needed)
        identity = isinstance(new, ast.Name) and new.id == name
        if special.cut.kind == "missing":
            guard = self._guard(node.value, needed, new)
            self._add(
                Step(
                    index, "guard", None, tuple(replay.fit), (assign(node.targets[0], guard, node),), frozenset({name})
                )
            )
            return
        instead = () if identity else (assign(node.targets[0], new, node),)
        cuts = slices_rows(node.value)
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
            unneeded = ast.List(
                [ast.Constant(n) for n in sorted((needed.all_but or frozenset()) - needed.named)], ast.Load()
            )
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
        if any(isinstance(t, ast.Subscript | ast.Attribute) and root(t) in written for t in targets):
            raise CannotReplay(where, "several columns are set in one statement")
        if isinstance(value, ast.Tuple) and len(value.elts) == len(targets):
            parts = list(value.elts)
        elif isinstance(numbered := self.rows.specials.get(value), Factorized) and len(targets) == 2:  # noqa: PLR2004 - codes and values
            parts = self._codes_and_values(value, numbered)
        elif isinstance(value, ast.Call) and (cut := split_rows(value, len(targets))):
            parts = cut
            instead: list[ast.stmt] = []
            for name, part in zip(names, parts, strict=True):
                if name in written and name is not None:
                    needed = self.need.pop(name)
                    replay = self._replay(index)
                    new = replay.expression(part)
                    if replay.fit:
                        raise CannotReplay(where, "the split learns from the data")
                    self._read(index, new, needed)
                    instead.append(assign(ast.Name(name, ast.Store()), new, value))
            self._add(Step(index, "split", None, (), tuple(instead), frozenset(written)))
            return
        else:
            raise CannotReplay(where, "several names are bound at once by something that is not followed")
        code: list[ast.stmt] = []
        fit: list[ast.stmt] = []
        after: list[ast.stmt] = []
        fitted: dict[str, str] = {}
        cuts = [part for name, part in zip(names, parts, strict=True) if name in written and self._leaves_out(part)]
        for name, target, part in zip(names, targets, parts, strict=True):
            if name in written and name is not None:
                needed = self.need.pop(name)
                replay = self._replay(index)
                replay.fitted = fitted
                new = replay.expression(part)
                self._read(index, new, needed)
                code.append(assign(ast.Name(name, ast.Store()), new, value))
                fit += replay.fit
                after += [s for group in replay.both for s in group]
            elif not cuts:
                fit.append(assign(target, part, value))
                fit += self._fitted_here(index, part, fitted)
        earlier = [set(filter(None, names[:number])) for number in range(len(parts))]
        if any(bound & set(frame_reads(part, self.rows)) for bound, part in zip(earlier, parts, strict=True)):
            raise CannotReplay(where, "names are exchanged in one statement")
        binds = frozenset(n for n in names if n)
        if cuts or after:
            kind: Literal["split", "skip"] = "split" if any(map(slices_rows, cuts)) and not fit else "skip"
            self._add(Step(index, kind, None, tuple(fit), tuple(code), binds, tuple(after)))
        else:
            self._add(Step(index, "same", tuple(code), tuple(fit), binds=binds))

    def _split_in_turns(self, index: int, found: dict[str, ast.expr]) -> None:
        """A loop whose turns each split the same rows anew; the last turn's are those that training goes on with."""
        changed = {*self.plan.flow.effects[index].binds, *self.plan.flow.effects[index].mutates}
        instead: list[ast.stmt] = []
        for name, rows in found.items():
            needed = self.need.pop(name)
            replay = self._replay(index)
            new = replay.expression(rows)
            if replay.fit or replay.both or changed & names_read(new):
                where = self.plan.flow.program.statements[index].where
                raise CannotReplay(where, "the rows that a loop splits change from turn to turn")
            self._read(index, new, needed)
            instead.append(assign(ast.Name(name, ast.Store()), new, rows))
        self._add(Step(index, "split", None, (), tuple(instead), frozenset(found)))

    def _numbered_column(
        self, index: int, column: ast.Subscript, other: ast.Name, value: ast.expr, numbered: Factorized
    ) -> None:
        """`df["a"], kinds = pd.factorize(df["a"])`: the values are for training only."""
        codes, kinds = self._codes_and_values(value, numbered)
        before = len(self.steps)
        self._column(index, assign(column, codes, value), ast.unparse(column.value), column.slice)
        for number in range(before, len(self.steps)):
            step = self.steps[number]
            if step.kind == "same":
                self.steps[number] = replace(step, fit=(assign(other, kinds, value), *step.fit))

    def _codes_and_values(self, value: ast.expr, numbered: Factorized) -> list[ast.expr]:
        """`codes, values = pd.factorize(rows)` as two parts."""
        parts: list[ast.expr] = [ast.Subscript(value, ast.Constant(number), ast.Load()) for number in range(2)]
        both = self.rows.values.get(value)
        for part, each in zip(parts, both.elements if isinstance(both, Parts) else (), strict=True):
            ast.copy_location(part, value)
            self.rows.values[part] = each
        self.rows.specials[parts[0]] = numbered
        return parts

    def _leaves_out(self, part: ast.expr) -> bool:
        return isinstance(self.rows.specials.get(part), Skipped) or leaves_out_inside(part, self.rows)

    def _fitted_here(self, index: int, part: ast.expr, fitted: dict[str, str]) -> list[ast.stmt]:
        """`sc.fit_transform(X_train), sc.transform(X_test)`: the second is given what the first has fitted."""
        match part:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name) as owner, attr="fit_transform")):
                where = self.plan.flow.program.statements[index].where
                fitted[name] = self.names.new(name, where, ast.unparse(part), "")
                self.names.helpers.add("deepcopy")
                kept = ast.Call(ast.Name("deepcopy", ast.Load()), [owner], [])
                learnt = ast.Attribute(ast.Name("learned", ast.Load()), fitted[name], ast.Load())
                return [assign(learnt, kept, part)]
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
        statement = self._restated(node, replay, fits=True)
        if names:
            self.need[name] = Columns(needed.named - names, None if needed.all_but is None else needed.all_but | names)
        reads = frame_reads(statement.value, self.rows) if isinstance(statement, ast.Assign) else {}
        if isinstance(statement, ast.Assign) and self._each_by_itself(statement.value, constant):
            frame = scaled(statement.value, self.rows) or statement.value
            reads = needed_by(frame, narrowed(Columns(frozenset(map(str, names))), needed), self.rows)
            reads |= {n: c for n, c in frame_reads(statement.value, self.rows).items() if n not in reads}
        if not names:
            among = value.among if isinstance(value, Learned) else None
            if among is None or not isinstance(statement, ast.Assign):
                reads = {**reads, name: EVERY_COLUMN}
            else:
                reads = needed_by(statement.value, narrowed(among, needed), self.rows)
        self._need(index, frame_reads(key, self.rows))
        self._need(index, reads)
        code = None if statement is node else (statement,)
        if not replay.both:
            self._add(Step(index, "same", code, tuple(replay.fit), binds=frozenset({name})))
            return
        after = tuple(s for group in replay.both for s in group)
        self._add(Step(index, "skip", None, tuple(replay.fit), code or (node,), frozenset({name}), after))

    def _inserted(self, index: int, call: ast.Call, name: str, column: ast.expr, values: ast.expr) -> None:
        """`df.insert(0, "a", values)`: a column that predict has at the same place."""
        where = self.plan.flow.program.statements[index].where
        if (taken := popped(ast.Expr(values))) is not None and [*taken] == [name, getattr(column, "value", None)]:
            self._add(Step(index, "same", None, binds=frozenset({name})))  # moved: needed as it was
            return
        names, place = literal_names(column, self.rows), keyword(call, "loc", 0)
        if place is None or names is None or not isinstance(self.rows.values.get(place), Fixed):
            raise CannotReplay(where, "a column is put at a place that is computed from the data")
        needed, made = self.need[name], frozenset(names)
        replay = self._replay(index)
        wanted = any(map(needed.may_hold, names))
        new = (
            replay.expression(values) if wanted else ast.Call(ast.Name("float", ast.Load()), [ast.Constant("nan")], [])
        )
        self.need[name] = needed.without(made)
        self._need(index, frame_reads(place, self.rows))
        changed = ast.Expr(ast.Call(call.func, [place, column, new], []))
        if not wanted:
            self._add(Step(index, "skip", None, (), (changed,), frozenset({name})))
            return
        self._need(index, frame_reads(new, self.rows))
        if replay.both:
            raise CannotReplay(where, "something is fitted and used in a statement of this kind")
        code = None if new is values else (changed,)
        self._add(Step(index, "same", code, tuple(replay.fit), binds=frozenset({name})))

    def _each_by_itself(self, value: ast.expr, names: object) -> bool:
        """`df[names] = scaler.transform(df[names])`, or filled: each column depends on itself alone."""
        frame = scaled(value, self.rows)
        match value:
            case ast.Call(func=ast.Attribute(value=owner, attr="fillna")) if frame is None:
                frame = owner
            case _:
                pass
        if not isinstance(frame, ast.Subscript) or not isinstance(names, list):
            return False
        return literal_names(frame.slice, self.rows) == names

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
        statement = self._restated(node, replay)
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
        found = columns_set(node, self.rows)
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
        if isinstance(node, ast.Assign) and not is_located(node.targets[0]):
            targets = list(node.targets[:1])
        instead = tuple(assign(target, empty, node) for target in targets)
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
            statement = self._restated(node, replay)
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
                guard = assign(target, self._guard(call, needed, base), node)
                self._add(Step(index, "guard", None, (), (guard,), frozenset({name})))
            else:
                self._add(Step(index, "skip", None, (), (), frozenset({name})))
            return
        self._same(index, node, {name})

    def _same(self, index: int, node: ast.stmt, written: set[str]) -> None:
        """A statement whose text serves both, its learnt values taken out."""
        replay = self._replay(index)
        statement = self._restated(node, replay)
        frames = {n for n in written if isinstance(self.rows.after[index].get(n), Rows)}
        reads = self._reads_of(index, node, statement, frames)
        besides = None
        over_tables = isinstance(node, ast.For) and isinstance(self.rows.values.get(node.iter), Parts)
        if (
            isinstance(node, ast.For)
            and isinstance(statement, ast.For)
            and len(frames) == 1
            and per_column(node)
            and not over_tables
        ):
            besides = read_besides(statement, next(iter(frames)))
        if besides is not None and isinstance(statement, ast.For):
            frame = next(iter(frames))
            self.need[frame] = self.need[frame] | Columns(besides)
            statement = without_unneeded(statement, self.need[frame])
            reads.pop(frame, None)
        else:
            for name in frames:
                before, after = self._before(index, name), self.rows.after[index].get(name)
                if sets_attributes(node):
                    self.need[name] = EVERY_COLUMN
                self.need[name] = existing(
                    self.need[name].without(deleted(node, name)) | reads.pop(name, NO_COLUMNS), before, after
                )
        self._need(index, reads)
        code = None if statement is node else (statement,)
        self._add(Step(index, "same", code, tuple(replay.fit), binds=frozenset(written)))

    def _row_loop(self, index: int, node: ast.For, over: ast.expr | None, written: set[str]) -> None:
        """`for i in range(1000): cleaned.append(clean(df["text"][i]))`: in predict as often as there are rows."""
        where = self.plan.flow.program.statements[index].where
        replay = self._replay(index)
        around: ast.expr = node.iter if over is None else replay.expression(over)
        inside = [n for s in node.body for n in ast.walk(s) if isinstance(n, ast.expr)]
        if replay.fit or len(written) != 1 or any(n in self.rows.specials for n in inside):
            raise CannotReplay(where, "a loop over rows that learns from them, or leaves some out")
        if over is None:
            around = replay.expression(node.iter) if not isinstance(node.iter, ast.Call) else node.iter
        else:
            count = ast.Call(ast.Name("len", ast.Load()), [around], [])
            every = ast.Call(ast.Name("range", ast.Load()), [count], [])
            around = ast.IfExp(ast.Name("fit", ast.Load()), node.iter, every)
        loop = ast.copy_location(ast.For(target=node.target, iter=around, body=node.body, orelse=[]), node)
        (name,) = written
        self.need[name] = NO_COLUMNS
        self._need(index, {n: columns for n, columns in frame_reads(loop, self.rows).items() if n != name})
        self._add(Step(index, "same", None if around is node.iter else (loop,), binds=frozenset({name})))

    def _reads_of(self, index: int, node: ast.stmt, statement: ast.stmt, frames: set[str]) -> dict[str, Columns]:
        """What a statement reads; a table changed under the name of a loop's variable is read under that name."""
        reads = frame_reads(statement, self.rows)
        if isinstance(node, ast.For) and isinstance(self.rows.values.get(node.iter), Parts):
            body = ast.Module(body=statement.body if isinstance(statement, ast.For) else [], type_ignores=[])
            inside = frame_reads(body, self.rows)
            variable = node.target.id if isinstance(node.target, ast.Name) else ""
            return {**reads, **inside, **dict.fromkeys(frames, inside.get(variable, EVERY_COLUMN))}
        written_out = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        held = self.rows.after[index]
        for frame in frames - written_out:
            others = [reads[name] for name in written_out & set(reads) if held.get(name) is held.get(frame)]
            reads[frame] = others[0] if others else EVERY_COLUMN
        return reads

    def _before(self, index: int, name: str) -> Value | None:
        """What a name held before a statement."""
        before = [i for i in self.plan.flow.order if i < index]
        return self.rows.after[before[-1]].get(name) if before else None

    def _listed(self, index: int, node: ast.Assign, name: str, tables: list[ast.expr]) -> None:
        """`both = [train, test]`: predict has a list of the one table."""
        where = self.plan.flow.program.statements[index].where
        names = [t.id for t in tables if isinstance(t, ast.Name)]
        if len(names) != len(tables):
            raise CannotReplay(where, "a list of tables without names")
        mine = Restated(self.plan.flow, self.rows, self.need).predicted_last(names, where)
        self.need.pop(name)
        alone = assign(node.targets[0], ast.List([ast.Name(mine, ast.Load())], ast.Load()), node)
        self._add(Step(index, "split", None, (), (alone,), frozenset({name})))

    def _restated(self, node: ast.stmt, replay: Replay, *, fits: bool = False) -> ast.stmt:
        statement = Restated(self.plan.flow, self.rows, self.need).statement(node, replay)
        if replay.both and not fits:
            where = self.plan.flow.program.statements[replay.statement].where
            raise CannotReplay(where, "something is fitted and used in a statement of this kind")
        return statement

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

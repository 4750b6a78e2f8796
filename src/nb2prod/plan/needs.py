"""Which names, and which columns of those that are frames, something reads: by itself, or for some of its columns."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nb2prod.plan import shapes
from nb2prod.rows.functions import row_columns
from nb2prod.rows.given import new_names
from nb2prod.rows.kinds import EVERY_COLUMN, NO_COLUMNS, TARGET, Columns, Dataset, Fixed, Learned, Rows
from nb2prod.rows.knowledge import estimators

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nb2prod.rows.interpreter import Provenance
    from nb2prod.rows.kinds import Value

# methods whose result has the frame's columns, each from itself; their arguments are read besides
KEEPING = frozenset(
    ["abs", "astype", "clip", "copy", "fillna", "infer_objects", "mask", "replace", "reset_index", "round", "where"]
)
_PASSING = frozenset(["copy", "drop", "reset_index"])  # methods that give the frame on, perhaps with fewer columns
_NO_VALUES = frozenset({"columns", "index", "shape"})  # attributes of a frame that tell nothing of its values


def frame_reads(node: ast.AST, rows: Provenance) -> dict[str, Columns]:
    """The names that an expression or statement reads, and which columns of those that are frames."""
    reader = _Reader(rows)
    reader.visit(node)
    return reader.found


def needed_by(node: ast.expr, needed: Columns, rows: Provenance) -> dict[str, Columns]:
    """Likewise, where only some columns of the expression's value are needed."""
    reader = _Reader(rows)
    reader.through(node, needed)
    return reader.found


def narrowed(read: Columns, needed: Columns) -> Columns:
    """Of the columns read of a frame that is passed on, those needed of the result."""
    named = frozenset(n for n in read.named | needed.named if read.may_hold(n) and needed.may_hold(n))
    if read.all_but is None or needed.all_but is None:
        return Columns(named)
    return Columns(named, read.all_but | needed.all_but)


def existing(needed: Columns, before: Value | None, after: Value | None) -> Columns:
    """Of the columns needed of a changed frame, those that were there before; the others are made by the change."""
    if not isinstance(before, Rows) or before.columns is None:
        return needed
    known = {name for name, _ in before.columns}
    if before.rest is None and before.unnamed is None:
        return Columns(needed.named & known, needed.all_but)
    made = {name for name, _ in after.columns or ()} - known if isinstance(after, Rows) else set()
    return Columns(needed.named - made, needed.all_but)


def before_renaming(needed: Columns, mapping: Mapping[str, str]) -> Columns:
    """Which columns were needed under their old names."""
    old = {new: name for name, new in mapping.items()}
    named = frozenset(old.get(n, n) for n in needed.named)
    return Columns(named, None if needed.all_but is None else frozenset(old.get(n, n) for n in needed.all_but))


def renaming(node: ast.expr, rows: Provenance) -> dict[str, str] | None:
    """The written-out new names of `df.rename(columns={...})`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "rename":
        return None
    names = new_names(node)
    if isinstance(names, ast.Dict):
        pairs = [(_constant(k, rows), _constant(v, rows)) for k, v in zip(names.keys, names.values, strict=True)]
        if all(isinstance(a, str) and isinstance(b, str) for a, b in pairs):
            return {str(a): str(b) for a, b in pairs}
    return None


def _constant(node: ast.expr | None, rows: Provenance) -> object:
    value = rows.values.get(node) if node is not None else None
    return value.constant if isinstance(value, Fixed) else getattr(node, "value", None)


def scaled(node: ast.expr, rows: Provenance) -> ast.expr | None:
    """The frame whose columns `scaler.transform(frame)` scales, each by itself."""
    match node:
        case ast.Call(func=ast.Attribute(value=owner, attr="transform"), args=[frame], keywords=[]):
            scaler, given = rows.values.get(owner), rows.values.get(frame)
            by_column = isinstance(scaler, Learned) and scaler.estimator in estimators.COLUMN_BY_COLUMN
            return frame if by_column and isinstance(given, Rows) and given.shape == "frame" else None
        case _:
            return None


def same_columns(made: Value | None, before: Value | None) -> bool:
    """Whether a frame has the columns of another, in their order."""
    if not isinstance(made, Rows) or not isinstance(before, Rows) or made.columns is None or before.columns is None:
        return False
    names = [name for name, _ in made.columns]
    alike = names == [name for name, _ in before.columns] and made.rest == before.rest
    return alike and made.unnamed == before.unnamed


def dropped_columns(call: ast.Call, rows: Provenance) -> list[str] | None:
    """The columns that `df.drop(...)` takes away, where they are written out."""
    by_name = {k.arg: k.value for k in call.keywords}
    axis = getattr(by_name.get("axis"), "value", getattr(call.args[1], "value", None) if len(call.args) > 1 else None)
    columns = by_name.get("columns")
    if columns is None and axis in (1, "columns"):
        columns = call.args[0] if call.args else by_name.get("labels")
    return None if columns is None else literal_names(columns, rows)


def literal_names(node: ast.expr, rows: Provenance) -> list[str] | None:
    """Column names that are written out, or known."""
    value = rows.values.get(node)
    constant = value.constant if isinstance(value, Fixed) else getattr(node, "value", None)
    if isinstance(constant, str):
        return [constant]
    if isinstance(constant, list | tuple) and all(isinstance(c, str) for c in constant):
        return [str(c) for c in constant]
    return None


@dataclass(slots=True)
class _Reader:
    """Collects what is read; `varying` are the values that a loop's variable or a parameter has, where known."""

    rows: Provenance
    found: dict[str, Columns] = field(default_factory=dict)
    depth: int = 0
    varying: dict[str, list[str] | None] = field(default_factory=dict)

    def read(self, name: str, columns: Columns) -> None:
        self.found[name] = self.found[name] | columns if name in self.found else columns

    def visit(self, part: ast.AST) -> None:
        """Everything that is read for the whole of a part."""
        match part:
            case ast.Name(id=name, ctx=ast.Load()):
                self.read(name, EVERY_COLUMN)
            case ast.For(target=target, iter=iterable):
                for variable in (n.id for n in ast.walk(target) if isinstance(n, ast.Name)):
                    self.varying[variable] = self._columns(iterable) if isinstance(target, ast.Name) else None
                self._children(part)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr="drop"), args=arguments) as call) if (
                self._is_frame(owner) and {"columns", "axis"} & {k.arg for k in call.keywords}
            ):  # in place: columns that are gone afterwards
                self.through(owner, NO_COLUMNS)
                for argument in (*arguments, *(k.value for k in call.keywords)):
                    self.visit(argument)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _passes_whole(value) == name:
                self.through(value, NO_COLUMNS)  # what is needed of it is needed before
            case ast.AugAssign(target=target, value=value):
                self.visit(_loaded(target))
                self.visit(value)
            case ast.Attribute(value=owner, attr=attr) if self._is_frame(owner) and attr in _NO_VALUES:
                self.through(owner, NO_COLUMNS)
            case ast.Subscript(value=ast.Attribute(value=owner, attr="iloc" | "loc"), slice=key) if (
                located := self._located(part)
            ) is not None:
                self.through(owner, Columns(frozenset(located)))
                self.visit(key)
            case ast.Subscript(value=ast.Attribute(value=owner, attr="iloc"), slice=key) if (
                gone := self._leading_gone(part, owner)
            ) is not None:
                self.through(owner, Columns(all_but=gone))
                self.visit(key)
            case ast.Subscript(value=ast.Attribute(value=owner, attr="loc"), slice=ast.Tuple(elts=[rows, key])) if (
                self._is_frame(owner) and (among := self._among(key)) is not None
            ):
                self.through(owner, among)
                self.visit(rows)
                self.visit(key)
            case ast.Attribute(value=ast.Name(id=name) as owner, attr=attr) if self._is(owner, Dataset):
                self.read(name, _dataset_columns(attr))
            case ast.Subscript(value=ast.Name(id=name) as owner, slice=ast.Constant(value=str(attr))) if self._is(
                owner, Dataset
            ):
                self.read(name, _dataset_columns(attr))
            case ast.Subscript(value=owner, slice=key, ctx=ast.Store()) if self._is_frame(owner):
                self.through(owner, NO_COLUMNS)  # what is set is not read
                self.visit(key)
            case ast.Subscript(value=owner, slice=key, ctx=ctx) if (
                isinstance(owner, ast.Name) or self._is_frame(owner)
            ) and (columns := self._columns(key)) is not None:
                self.through(owner, Columns(frozenset(columns)) if isinstance(ctx, ast.Load) else NO_COLUMNS)
                self.visit(key)
            case ast.Attribute(value=owner, attr=attr) if self._is_column(part):
                self.through(owner, Columns(frozenset({attr})))
            case ast.Subscript(value=owner, slice=key) if self._is_frame(owner) and self._among(key) is not None:
                self.through(owner, self._among(key) or EVERY_COLUMN)
                self.visit(key)
            case ast.Call(func=ast.Name(id="len"), args=[ast.expr() as owner], keywords=[]) if self._is_frame(owner):
                self.through(owner, NO_COLUMNS)
            case ast.Call():
                self.through(part, EVERY_COLUMN)
            case _:
                for child in ast.iter_child_nodes(part):
                    self.visit(child)

    def through(self, node: ast.expr, needed: Columns) -> None:
        """What is read where only some columns of a frame are needed: of what is passed on, no more than these."""
        match node:
            case ast.Name(id=name):
                self.read(name, needed)
            case ast.Subscript(value=ast.Attribute(value=owner, attr="iloc" | "loc"), slice=key) if (
                self._is_frame(node) and (located := self._located(node)) is not None
            ):
                self.through(owner, narrowed(Columns(frozenset(located)), needed))
                self.visit(key)
            case ast.Subscript(value=ast.Attribute(value=owner, attr="iloc"), slice=key) if (
                self._is_frame(node) and (gone := self._leading_gone(node, owner)) is not None
            ):
                self.through(owner, narrowed(Columns(all_but=gone), needed))
                self.visit(key)
            case ast.Subscript(value=ast.Attribute(attr="iloc" | "loc")):
                self.visit(node)
            case ast.Subscript(value=owner, slice=key) if self._is_frame(owner) and self._is_frame(node):
                names = self._columns(key)
                if names is not None:
                    self.through(owner, narrowed(Columns(frozenset(names)), needed))
                    self.visit(key)
                elif self._is(key, Learned) or _is_learnt(key):
                    self.through(owner, narrowed(self._among(key) or EVERY_COLUMN, needed))
                    self.visit(key)
                else:
                    self._children(node)
            case ast.Call():
                self._call(node, needed)
            case _:
                self.visit(node)

    def _call(self, node: ast.Call, needed: Columns) -> None:
        function, arguments = node.func, [*node.args, *(k.value for k in node.keywords)]
        name = shapes.called_name(node)
        if name in {"as_categories", "cast"} and isinstance(function, ast.Name):
            self.through(node.args[0], needed)
        elif name == "get_dummies" and (node.args or any(k.arg == "data" for k in node.keywords)):
            self._dummies(node, needed)
        elif name == "DataFrame" and len(arguments) == 1 and node.args and self._is_frame(node.args[0]):
            self.through(node.args[0], needed)  # `pd.DataFrame(pd.read_csv("a.csv"))`
        elif name == "DataFrame" and node.args and (frame := self._named_as_before(node)) is not None:
            self.through(frame, needed)
            for argument in (*node.args[1:], *(k.value for k in node.keywords)):
                self.visit(argument)
        elif name == "concat" and (tables := _side_by_side(node)):
            for table in tables:
                self.through(table, existing(needed, self.rows.values.get(table), None))
        elif isinstance(function, ast.Name) and self._own(function) is not None:
            self._own_function(node, needed)
        elif isinstance(function, ast.Attribute) and self._is_frame(function.value):
            self._method(node, function, needed, arguments)
        else:
            self._children(node)

    def _named_as_before(self, node: ast.Call) -> ast.expr | None:
        """The frame of `pd.DataFrame(scaler.transform(df), columns=df.columns)`."""
        frame = scaled(node.args[0], self.rows)
        made = self.rows.values.get(node)
        named = frame is not None and same_columns(made, self.rows.values.get(frame))
        return frame if named and isinstance(made, Rows) and made.shape == "frame" else None

    def _method(self, node: ast.Call, function: ast.Attribute, needed: Columns, arguments: list[ast.expr]) -> None:
        owner, method = function.value, function.attr
        inside = any(isinstance(n, ast.Name) and n.id in self.varying for a in arguments for n in ast.walk(a))
        dropped = dropped_columns(node, self.rows) if method == "drop" and not inside else None
        mapping = renaming(node, self.rows) if not inside else None
        read = _row_columns(node, self.rows) if method == "apply" else None
        if dropped is not None:
            self.through(owner, narrowed(Columns(all_but=frozenset(dropped)), needed))
        elif mapping is not None:
            self.through(owner, before_renaming(needed, mapping))
        elif method in KEEPING or (method in _PASSING and needed == NO_COLUMNS) or _drops_columns(node):
            self.through(owner, needed)
        elif method == "pop" and node.args and (column := self._columns(node.args[0])):
            self.through(owner, Columns(frozenset(column)))
        elif method == "assign" and all(k.arg for k in node.keywords):
            made = frozenset(str(k.arg) for k in node.keywords)
            self.through(owner, Columns(needed.named - made, None if needed.all_but is None else needed.all_but | made))
        elif read is not None:
            self.through(owner, Columns(read))
        elif method == "set_index" and node.args and (keys := self._columns(node.args[0])):
            self.through(owner, needed | Columns(frozenset(keys)))
        else:
            self.visit(owner)
        for argument in arguments:
            self.visit(argument)

    def _dummies(self, node: ast.Call, needed: Columns) -> None:
        """`get_dummies(frame, ...)`: the columns encoded, and of the others those needed."""
        options = {k.arg: k.value for k in node.keywords}
        given = node.args[0] if node.args else options.pop("data")
        options |= dict(zip(("prefix", "prefix_sep"), node.args[1:], strict=False))
        frame = given.args[0] if isinstance(given, ast.Call) and shapes.called_name(given) == "as_categories" else given
        for argument in (*node.args[1:], *options.values()):
            self.visit(argument)
        names = self._columns(options["columns"]) if "columns" in options else None
        before = self.rows.values.get(frame)
        if not isinstance(before, Rows) or before.shape != "frame" or len(node.args) > 3:  # noqa: PLR2004 - what more means
            self.visit(frame)
            return
        if names is not None:
            encoded, plain = frozenset(names), existing(needed, before, None)
            whole = (before.rest is None and before.unnamed is None) or needed.all_but is not None
            self.through(frame, Columns(plain.named | encoded, plain.all_but) if whole else EVERY_COLUMN)
            return
        made = needed.named - existing(needed, before, None).named
        origin = frozenset(c for c, _ in before.columns or () if any(n.startswith(f"{c}_") for n in made))
        found = all(any(n.startswith(f"{c}_") for c in origin) for n in made)
        if "columns" in options or {"prefix", "prefix_sep"} & set(options) or before.rest is not None or not found:
            self.through(
                frame, Columns(needed.named - made, needed.all_but) if needed.all_but is not None else EVERY_COLUMN
            )
        else:
            self.through(frame, Columns((needed.named - made) | origin, needed.all_but))

    def _own_function(self, node: ast.Call, needed: Columns) -> None:
        """A function of the notebook: what it reads of a frame, and what it gives back of it."""
        definition = self._own(node.func)
        self.visit(node.func)
        if definition is None:
            return
        names = [a.arg for a in (*definition.args.posonlyargs, *definition.args.args)]
        given = [*zip(names, node.args, strict=False), *((k.arg, k.value) for k in node.keywords)]
        for name, argument in given:
            known = {n: self._columns(a) for n, a in given if n is not None}
            varying: dict[str, list[str] | None] = {**dict.fromkeys(_parameters(definition)), **known}
            frame = name is not None and self._is_frame(argument)
            read = self._body_reads(definition, str(name), varying) if frame else None
            if read is None or len(node.args) > len(names):
                self.visit(argument)
            else:
                kept = existing(needed, self.rows.values.get(argument), self.rows.values.get(node))
                self.through(argument, kept | read)

    def _body_reads(
        self, definition: ast.FunctionDef, parameter: str, varying: dict[str, list[str] | None]
    ) -> Columns | None:
        """The columns of a parameter that a body reads, besides passing it on; None where that cannot be told."""
        if self.depth > 3:  # noqa: PLR2004 - functions that call each other
            return None
        inner = _Reader(self.rows, depth=self.depth + 1, varying=varying)
        same = {parameter}
        for statement in definition.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if _passes_whole(value) in same:
                    inner.through(value, NO_COLUMNS)
                    same.add(name)
                case ast.Return(value=ast.expr() as value) if _passes_whole(value) in same:
                    inner.through(value, NO_COLUMNS)
                case _:
                    inner.visit(statement)
        total = NO_COLUMNS
        for name in same:
            total |= inner.found.get(name, NO_COLUMNS)
        return total

    def _own(self, function: ast.expr) -> ast.FunctionDef | None:
        value = self.rows.values.get(function)
        found = value.function if isinstance(value, Fixed) else None
        return found if isinstance(found, ast.FunctionDef) else None

    def _children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            self.visit(child)

    def _is(self, node: ast.expr, kind: type) -> bool:
        return isinstance(self.rows.values.get(node), kind)

    def _columns(self, key: ast.expr) -> list[str] | None:
        """The names of columns that an expression stands for, whenever it is evaluated."""
        varying = {n.id for n in ast.walk(key) if isinstance(n, ast.Name) and n.id in self.varying}
        if not varying:
            return literal_names(key, self.rows)
        variable = varying.pop()
        values = self.varying[variable]
        if varying or values is None:
            return None
        texts = [self._folded(part, variable, value) for part in _parts(key) for value in values]
        return [text for text in texts if text is not None] if None not in texts else None

    def _folded(self, node: ast.expr, variable: str, value: str) -> str | None:
        """The text that `c + "_log"` or an f-string gives for one value of the variable."""
        match node:
            case ast.Name(id=name) if name == variable:
                return value
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                both = [self._folded(part, variable, value) for part in (left, right)]
            case ast.JoinedStr(values=parts):
                both = [self._folded(part, variable, value) for part in parts]
            case ast.FormattedValue(value=inner, conversion=-1, format_spec=None):
                return self._folded(inner, variable, value)
            case _:
                constant = _constant(node, self.rows)
                return constant if isinstance(constant, str) else None
        texts = [text for text in both if text is not None]
        return "".join(texts) if len(texts) == len(both) else None

    def _among(self, key: ast.expr) -> Columns | None:
        """The columns among which those of a learnt list are."""
        value = self.rows.values.get(key)
        return value.among if isinstance(value, Learned) else None

    def _is_frame(self, node: ast.expr) -> bool:
        value = self.rows.values.get(node)
        return isinstance(value, Rows) and value.shape == "frame"

    def _is_column(self, node: ast.Attribute) -> bool:
        """`df.age`: a column that is known, or one of those whose names are not."""
        frame, value = self.rows.values.get(node.value), self.rows.values.get(node)
        if not isinstance(frame, Rows) or frame.shape != "frame":
            return False
        known = frame.columns is not None and node.attr in dict(frame.columns)
        return known or (isinstance(value, Rows) and value.shape == "series" and value.label == node.attr)

    def _leading_gone(self, node: ast.Subscript, owner: ast.expr) -> frozenset[str] | None:
        """The first columns that `iloc[:, 1:]` leaves out, where only their places are known."""
        frame, value = self.rows.values.get(owner), self.rows.values.get(node)
        if not isinstance(frame, Rows) or not isinstance(value, Rows) or not frame.leading or value.unnamed is None:
            return None
        kept = {name for name, _ in value.columns or ()}
        return frozenset(name for name, _ in frame.columns or () if name not in kept)

    def _located(self, node: ast.Subscript) -> list[str] | None:
        """The columns that `df.iloc[:, 1:3]` or `df.loc[mask, "a"]` chooses, where they are known."""
        value = self.rows.values.get(node)
        if not isinstance(node.slice, ast.Tuple) or len(node.slice.elts) != 2:  # noqa: PLR2004 - rows and columns
            return None
        if isinstance(node.value, ast.Attribute) and node.value.attr == "loc":
            names = self._columns(node.slice.elts[1])
            if names is not None:
                return names
        if not isinstance(value, Rows):
            return None
        if value.shape == "series" and value.label is not None:
            return [value.label]
        known = value.columns is not None and value.rest is None and value.unnamed is None
        return [name for name, _ in value.columns or ()] if known else None


def _is_learnt(key: ast.expr) -> bool:
    return isinstance(key, ast.Attribute) and isinstance(key.value, ast.Name) and key.value.id == "learned"


def _parts(key: ast.expr) -> list[ast.expr]:
    """The names in `[c, c + "_log"]`, or the one that it is."""
    return key.elts if isinstance(key, ast.List | ast.Tuple) else [key]


def _parameters(definition: ast.FunctionDef) -> list[str]:
    arguments = definition.args
    return [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def _passes_whole(node: ast.expr) -> str | None:
    """The name of the frame that `d`, `d.copy()`, `d.drop(...)` give on."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method in _PASSING:
            return _passes_whole(owner)
        case ast.Call(func=ast.Attribute(attr="concat")) if tables := _side_by_side(node):
            return _passes_whole(next(iter(tables)))
        case _:
            return None


def _drops_columns(call: ast.Call) -> bool:
    """`df.drop(columns=names)`, whatever the names are."""
    drops = isinstance(call.func, ast.Attribute) and call.func.attr == "drop"
    by_name = {k.arg: getattr(k.value, "value", None) for k in call.keywords}
    axis = by_name.get("axis", getattr(call.args[1], "value", None) if len(call.args) > 1 else None)
    return drops and (
        ("columns" in by_name and "index" not in by_name) or (axis in (1, "columns") and axis is not True)
    )


def _side_by_side(call: ast.Call) -> Iterable[ast.expr]:
    """The tables of `pd.concat([...], axis=1)`."""
    given = [*call.args[:1], *(k.value for k in call.keywords if k.arg == "objs")]
    across = any(k.arg == "axis" and getattr(k.value, "value", None) in {1, "columns"} for k in call.keywords)
    match given:
        case [ast.List(elts=tables) | ast.Tuple(elts=tables)] if across:
            return tables
        case _:
            return ()


def _row_columns(call: ast.Call, rows: Provenance) -> frozenset[str] | None:
    """What `df.apply(function, axis=1)` reads of each row."""
    value = rows.values.get(call.args[0]) if call.args else None
    across = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "axis")]
    if not across or getattr(across[0], "value", None) not in {1, "columns"}:
        return None
    function = value.function if isinstance(value, Fixed) else call.args[0]
    return row_columns(function) if isinstance(function, ast.FunctionDef | ast.Lambda) else None


def _dataset_columns(part: str) -> Columns:
    if part == "data":
        return Columns(all_but=frozenset({TARGET}))
    return Columns(frozenset({TARGET})) if part == "target" else EVERY_COLUMN if part == "frame" else Columns()


def _loaded(target: ast.expr) -> ast.expr:
    """A target as an expression that reads it."""
    copied = {name: getattr(target, name) for name in target._fields}
    return ast.copy_location(type(target)(**{**copied, "ctx": ast.Load()}), target)

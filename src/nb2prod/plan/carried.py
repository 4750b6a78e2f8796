"""What becomes of each prediction: the names and columns that hold it, what is made of it, what is written to files."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nb2prod.plan import shapes
from nb2prod.plan.places import (
    ANY,
    PASSING,
    Place,
    in_place,
    is_any,
    is_element,
    is_table,
    loaded,
    names_in,
    output,
    pairs,
    place_of,
    root,
    series_name,
    text,
)
from nb2prod.plan.rowwise import Kind, RowWise, changed, with_prediction
from nb2prod.rows.given import inserted
from nb2prod.rows.kinds import Fixed, Learned, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nb2prod.dataflow import Dataflow
    from nb2prod.rows.interpreter import Prediction, Provenance, Unfollowed

    Origin = Prediction | Unfollowed

_WRITES = frozenset({"write", "writelines", "writerow", "writerows"})
_EXPORTS = _WRITES | frozenset(
    {"savetxt", "to_csv", "to_excel", "to_feather", "to_json", "to_parquet", "to_pickle", "to_sql"}
)
_BESIDE = frozenset(
    {"array", "column_stack", "concat", "concatenate", "hstack", "list", "merge", "stack", "vstack", "zip"}
)
_TOGETHER = frozenset({"array", "average", "max", "mean", "median", "min", "stack", "sum", "vstack"})
_COLLECTS = frozenset({"append", "add", "extend", "insert", "update"})


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A prediction as the notebook has it after `statement`, where `output` evaluates to it.

    `step`, of the name `prediction`, makes it of `before` (None: the same values). `lost` says why it cannot be
    followed; `beyond`: because other rows enter, so that what it was made of is the notebook's prediction.
    `listed`: it is a column of a table now; `collected`: a list made of it in a loop.
    """

    origin: Origin
    statement: int
    output: str
    kind: Kind
    step: ast.expr | None = None
    before: Held | None = None
    named: bool = False
    listed: bool = False
    lost: Unknown | None = None
    beyond: bool = False
    collected: bool = False


Columns = list[tuple[str, Held]]


@dataclass(frozen=True, slots=True)
class Carried:
    """Every form of every prediction, in the order they come to be, and those that are written to files."""

    held: tuple[Held, ...]
    exported: frozenset[Held]

    def of(self, origin: Origin) -> list[Held]:
        """The forms of one prediction."""
        return [each for each in self.held if each.origin is origin]

    def is_exported(self, origin: Origin) -> bool:
        """Whether it, or something made of it, is written to a file."""
        return any(each.origin is origin for each in self.exported)


def carried(flow: Dataflow, rows: Provenance, origins: Mapping[ast.expr, Origin]) -> Carried:
    """Follow the predictions made by these calls through the notebook."""
    aside = {node for node in origins if isinstance(rows.values.get(node), Fixed | Learned)}
    follower = _Follower(flow, RowWise(flow, rows), {n: o for n, o in origins.items() if n not in aside})
    for index in flow.order:
        for origin in (origins[node] for node in aside if origins[node].statement == index):
            follower.beside(origin, index)
        follower.statement(index)
    return Carried(tuple(follower.held), frozenset(follower.exported))


@dataclass(slots=True)
class _Follower:
    flow: Dataflow
    row_wise: RowWise
    origins: dict[ast.expr, Origin]
    live: dict[Place, Held] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)
    exported: list[Held] = field(default_factory=list)
    roots: dict[ast.expr, Held] = field(default_factory=dict)
    index: int = 0
    inside: bool = False

    def statement(self, index: int) -> None:
        """Follow one statement of the notebook, those inside of it one by one."""
        self.index = index
        node = self.flow.program.statements[index].node
        self._run(node, inside=False)
        if isinstance(node, ast.For | ast.While | ast.If | ast.Try | ast.With):
            self._collected(node)

    def beside(self, origin: Origin, index: int) -> None:
        """A prediction made, and kept, inside of a function."""
        output = f"{ast.unparse(origin.model)}.{origin.method}({ast.unparse(origin.input)})"
        lost = getattr(origin, "why", None)
        self._keep(Held(origin, index, output, self.row_wise.predicted(origin), lost=lost))

    def _run(self, node: ast.stmt, *, inside: bool) -> None:
        self.inside = inside
        match node:
            case ast.FunctionDef() | ast.ClassDef() | ast.AsyncFunctionDef():
                return
            case ast.Assign(targets=targets, value=value):
                for target, each in ((t, v) for one in targets for t, v in pairs(one, value)):
                    self._assign(target, each)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, value)
            case ast.AugAssign(target=target, op=op, value=value):
                self._assign(target, ast.copy_location(ast.BinOp(loaded(target), op, value), node))
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr="insert")) as call) if given := inserted(
                call
            ):
                self._assign(ast.Subscript(owner, given[0], ast.Store()), given[1])
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[value])):
                self._listed(name, value)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner)) as call) if in_place(call):
                kept = [k for k in call.keywords if k.arg != "inplace"]
                self._assign(owner, ast.copy_location(ast.Call(call.func, call.args, kept), call))
            case ast.Delete(targets=targets):
                for target in targets:
                    self._forget(target)
            case ast.For() | ast.While() | ast.If() | ast.Try() | ast.With():
                self._compound(node, inside=inside)
                return
            case _:
                for part in ast.iter_child_nodes(node):
                    if isinstance(part, ast.expr):
                        self._shown(part)
        self._exports(node)

    def _compound(self, node: ast.stmt, *, inside: bool) -> None:
        for part in ast.iter_child_nodes(node):
            match part:
                case ast.stmt():
                    self._run(part, inside=inside or not isinstance(node, ast.With))
                case ast.ExceptHandler(body=body):
                    for each in body:
                        self._run(each, inside=True)
                case ast.expr():
                    self._shown(part)
                case _:
                    pass

    # what is bound

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if self._changed_part(target, value):
            return
        found = self.made(value)
        if isinstance(target, ast.Name) and (found is None or found.lost is not None or is_table(value)):
            columns = self.columns(value)
            if columns:
                self._forget(target)
                for name, each in columns:
                    self.live[Place(target.id, name)] = self._keep(_under(each, target.id, name))
                return
        if found is None or found.lost is not None:
            self._shown(value)
        place = place_of(target)
        if place is None:
            self._lose(target, found)
            return
        if found is not None and found.beyond and (place in self.live or self._divides(value)):
            # its name holds the other thing from here on, or labels that the rows together give
            found = replace(found, beyond=False)
        elif found is None and place in self.live and place.name in names_in(value) and not shapes.measures(value):
            found = _lost(self.live[place], self.index, self.why(f"what `{ast.unparse(value)}` gives is not followed"))
        if found is not None and self.inside and place not in self.live and place.name in names_in(value):
            found = _lost(found.before or found, self.index, self.why("predictions are summed up in a loop"))
        self._forget(target)
        if found is not None:
            self.live[place] = self._placed(found, place)
            label = series_name(value)
            if label is not None and place.column is None:
                self.labels[place.name] = label

    def _divides(self, value: ast.expr) -> bool:
        """`proba > np.median(proba)`: predictions compared with nothing but what they are together."""
        orders = ast.Gt | ast.GtE | ast.Lt | ast.LtE
        compared = [n for n in ast.walk(value) if isinstance(n, ast.Compare) and isinstance(n.ops[0], orders)]
        live = {place.name for place in self.live}
        modules = {name for name, held in self.row_wise.rows.after[self.index].items() if isinstance(held, Fixed)}
        return not shapes.measures(value) and any(
            names_in(n) & live and names_in(n) <= live | modules for n in compared
        )

    def _keep(self, held: Held) -> Held:
        """Note a form, after those it was made of."""
        if held not in self.held:
            if held.before is not None:
                self._keep(held.before)
            self.held.append(held)
        return held

    def _placed(self, found: Held, place: Place) -> Held:
        """The form under a name; as a column it is another form of the same values."""
        listed = place.column is not None
        if found.lost is not None or (found.named and (found.listed or not listed)):
            return self._keep(found)
        same = found in self.held or found.step is None
        return self._keep(
            replace(
                found,
                statement=self.index,
                output=output(place),
                kind=found.kind.as_column() if listed else found.kind,
                step=None if same else found.step,
                before=found if same else found.before,
                named=True,
                listed=listed,
            )
        )

    def _changed_part(self, target: ast.expr, value: ast.expr) -> bool:
        """`pred[pred < 0] = 0`, `out.loc[out["p"] < 0, "p"] = 0`: one value changed where the mask says so."""
        match target:
            case ast.Subscript(value=ast.Name(id=name), slice=mask) if Place(name) in self.live:
                place = Place(name)
            case ast.Subscript(
                value=ast.Attribute(value=ast.Name(id=name), attr="loc"),
                slice=ast.Tuple(elts=[mask, ast.Constant(value=str(column))]),
            ) if Place(name, column) in self.live and not isinstance(mask, ast.Slice):
                place = Place(name, column)
            case _:
                return False
        self.live[place] = self._keep(self._changed(place, mask, value))
        return True

    def _changed(self, place: Place, mask: ast.expr, value: ast.expr) -> Held:
        before = self.live[place]
        if before.lost is not None:
            return before
        marked, given = self._with_prediction(mask, before), self._with_prediction(value, before)
        if marked is None or given is None or self._from_outside(before):
            return _lost(before, self.index, self.why("the prediction is changed in parts"))
        why = self.row_wise.of_mask(marked, given, before.kind, self.index, inside=self.inside)
        if why is not None:
            return _lost(before, self.index, why, beyond=self.row_wise.is_beyond(why))
        return replace(
            before,
            statement=self.index,
            output=output(place),
            step=changed(marked, given),
            before=before,
            named=True,
        )

    def _with_prediction(self, node: ast.expr, before: Held) -> ast.expr | None:
        """The expression with `prediction` where this form stands; None where another one stands, too."""
        found = list(self._occurrences(node))
        if any(held is not before for _, held in found):
            return None
        return with_prediction(node, [each for each, _ in found])

    def _from_outside(self, held: Held) -> bool:
        """Whether a branch or loop changes a prediction that was made before it."""
        return self.inside and held.statement != self.index

    def _lose(self, target: ast.expr, found: Held | None) -> None:
        """A target of another form: what it may change of a live prediction is not known any more."""
        elements = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
        for each in elements:
            name = root(each)
            for place in [p for p in self.live if p.name == name]:
                if isinstance(each, ast.Name):
                    del self.live[place]
                elif isinstance(each, ast.Attribute) and each.attr == "columns":
                    self.live[Place(place.name, f"{ANY}{len(self.live)}")] = self.live.pop(place)
                elif not (isinstance(each, ast.Attribute) and each.attr in {"index", "name"}):
                    why = self.why("the prediction is changed in parts")
                    self.live[place] = self._keep(_lost(self.live[place], self.index, why))
            if found is not None and isinstance(each, ast.Name) and found.lost is not None:
                self.live[Place(each.id)] = self._keep(found)

    def _forget(self, target: ast.expr) -> None:
        place = place_of(target)
        if place is None:
            return
        for each in [p for p in self.live if p == place or (place.column is None and p.name == place.name)]:
            del self.live[each]
        if place.column is None:
            self.labels.pop(place.name, None)
        for unclear in [p for p in self.live if place.column is not None and p.name == place.name and is_any(p)]:
            if isinstance(target, ast.Subscript):
                why = self.why(f"it cannot be told whether `{ast.unparse(target)}` is the prediction")
                self.live[unclear] = self._keep(_lost(self.live[unclear], self.index, why))

    # what is made

    def made(self, node: ast.expr) -> Held | None:
        """What the whole expression is of a prediction; None where it holds none, or is no value for each row."""
        found = list(self._occurrences(node))
        forms = list(dict.fromkeys(held for _, held in found))
        if not forms:
            return None
        if found[0][0] is node:
            return forms[0]
        before = forms[-1]
        step = with_prediction(node, [each for each, _ in found])
        collected = [held for held in forms if held.collected]
        if collected and isinstance(node, ast.Call) and shapes.called_name(node) in _TOGETHER:
            return replace(collected[-1], statement=self.index, before=collected[-1], collected=False)
        kind = self.row_wise.of(step, before.kind, self.index, inside=self.inside)
        if kind is None:
            return None
        if isinstance(kind, Unknown) and self.row_wise.is_beyond(kind):
            return _lost(before, self.index, kind, beyond=True)
        lost = next((held for held in forms if held.lost is not None and not held.beyond), None)
        lost = lost or next((held for held in forms if held.lost is not None), None)
        if lost is not None:
            return lost
        if len(forms) > 1:
            return self._combined(forms)
        if isinstance(kind, Unknown):
            return _lost(before, self.index, kind)
        if kind.some_rows:
            return before
        if self._from_outside(before):
            return _lost(before, self.index, self.why("the prediction is changed in a branch or a loop"))
        return Held(before.origin, self.index, ast.unparse(node), kind, step, before)

    def _combined(self, forms: list[Held]) -> Held:
        last = forms[-1]
        if len({held.origin for held in forms}) == 1:
            return _lost(last, self.index, self.why("several forms of the prediction are put together"))
        if len({id(held.origin.model_value) for held in forms}) == 1:
            return _lost(last, self.index, self.why("predictions of several tables are put together"), beyond=True)
        why = self.why("the predictions of several models are combined")
        for held in forms[:-1]:
            self._keep(_lost(held, self.index, why))
        return _lost(last, self.index, why)

    def why(self, reason: str) -> Unknown:
        """A reason, with the place of the statement."""
        return Unknown(self.flow.program.statements[self.index].where, reason)

    def _occurrences(self, node: ast.AST) -> Iterator[tuple[ast.expr, Held]]:
        """The parts of an expression that are a prediction, from the outside in."""
        if isinstance(node, ast.Lambda):
            return
        if isinstance(node, ast.expr):
            if node in self.origins:
                yield node, self._root_of(node)
                return
            place = place_of(node)
            if place in self.live:
                yield node, self.live[place]
                return
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                inside = [held for p, held in self.live.items() if p.name == node.id]
                if inside:
                    yield node, self._whole_table(inside)
                return
        for child in ast.iter_child_nodes(node):
            yield from self._occurrences(child)

    def _whole_table(self, columns: list[Held]) -> Held:
        several = len({id(held.origin.model_value) for held in columns}) > 1
        if several:
            return _lost(columns[-1], self.index, self.why("the predictions of several models are combined"))
        return _lost(columns[-1], self.index, self.why("the prediction is changed with the table"), beyond=True)

    def _root_of(self, node: ast.expr) -> Held:
        if node not in self.roots or self.roots[node].statement != self.index:
            origin = self.origins[node]
            lost = getattr(origin, "why", None)
            if lost is None and node is origin.through and not self._gives_back(origin):
                lost = self.why(f"what `{ast.unparse(origin.through.func)}` makes of the prediction is not followed")
            self.roots[node] = Held(origin, self.index, ast.unparse(node), self.row_wise.predicted(origin), lost=lost)
        return self.roots[node]

    def _gives_back(self, origin: Origin) -> bool:
        """Whether the function that predicts gives just that back."""
        for function in self._functions(ast.unparse(origin.through.func) if origin.through is not None else ""):
            given = [n.value for n in ast.walk(function) if isinstance(n, ast.Return)]
            names = [
                t.id
                for n in ast.walk(function)
                if isinstance(n, ast.Assign) and n.value is origin.call
                for t in n.targets
                if isinstance(t, ast.Name)
            ]
            stored = [n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
            once = {name for name in names if stored.count(name) == 1}
            if all(v is origin.call or (isinstance(v, ast.Name) and v.id in once) for v in given):
                return True
        return False

    def _functions(self, name: str) -> list[ast.FunctionDef]:
        found = [s.node for s in self.flow.program.statements if isinstance(s.node, ast.FunctionDef)]
        return [function for function in found if function.name == name]

    def pieces(self, node: ast.AST) -> list[Held]:
        """The largest parts of an expression that are a prediction, or made of one row by row."""
        if isinstance(node, ast.expr):
            found = self.made(node)
            if found is not None and (found.lost is None or place_of(node) in self.live):
                return [found]
            if node in self.origins:
                return [self._root_of(node)]
        return [each for child in ast.iter_child_nodes(node) for each in self.pieces(child)]

    def _shown(self, node: ast.expr) -> None:
        """What is computed of a new prediction and not kept under a name is a form of it, too."""
        if any(child in self.origins for child in ast.walk(node)):
            for each in self.pieces(node):
                self._keep(each)

    # tables

    def columns(self, node: ast.expr) -> Columns | None:
        """The columns of a table that hold predictions; None where it is no table that is followed."""
        match node:
            case ast.Name(id=name):
                found = [(p.column, held) for p, held in self.live.items() if p.name == name and p.column is not None]
                return found or None
            case ast.Call() if is_table(node) and shapes.called_name(node) == "DataFrame":
                return self._table(node)
            case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method in PASSING:
                return _renamed(self.columns(owner) or self._beside(node.args), node)
            case ast.Call() if shapes.called_name(node) in _BESIDE:
                return self._beside(
                    [*node.args, *(k.value for k in node.keywords if k.arg in {"objs", "left", "right"})]
                )
            case ast.Subscript(value=ast.Attribute(attr="loc" | "iloc") as located, slice=ast.Tuple(elts=[_, key])):
                return _only(self.columns(located.value), key)
            case ast.Subscript(value=ast.Attribute(attr="c_"), slice=ast.Tuple(elts=parts)):
                return self._beside(parts)
            case ast.Subscript(value=owner, slice=key):
                return None if isinstance(key, ast.Constant) else _only(self.columns(owner), key)
            case ast.Attribute(value=owner, attr="T" | "loc" | "iloc" | "values"):
                return self.columns(owner)
            case _:
                return None

    def _table(self, node: ast.Call) -> Columns | None:
        """`pd.DataFrame(...)`."""
        by_name = {k.arg: k.value for k in node.keywords}
        data = node.args[0] if node.args else by_name.get("data")
        if data is None:
            return None
        if isinstance(data, ast.Dict):
            pairs = [(text(k) or ANY, v) for k, v in zip(data.keys, data.values, strict=True)]
            return [(name, _in_table(each, node, name)) for name, v in pairs for each in self._part(v)] or None
        inner = self.columns(data)
        if inner is not None:
            return inner
        labels = by_name.get("columns")
        one = text(labels.elts[0]) if isinstance(labels, ast.List | ast.Tuple) and len(labels.elts) == 1 else None
        return [(one or ANY, _in_table(each, node, one or ANY)) for each in self._part(data)] or None

    def _beside(self, arguments: list[ast.expr]) -> Columns | None:
        """Columns put beside each other."""
        found: Columns = []
        parts = [p for a in arguments for p in (a.elts if isinstance(a, ast.List | ast.Tuple) else [a])]
        for part in parts:
            columns = self.columns(part) if not isinstance(part, ast.Call) or is_table(part) else None
            if columns is not None:
                found += columns
                continue
            label = self.labels.get(part.id) if isinstance(part, ast.Name) else series_name(part)
            found += [(label or f"{ANY}{len(found)}", _in_table(each, part, ANY)) for each in self._part(part)]
        return found or None

    def _part(self, node: ast.expr) -> list[Held]:
        """The predictions in a part of a table or file; what other rows enter into is none."""
        found = self.made(node)
        inside = self.pieces(node) if found is None or place_of(node) in self.live else []
        if found is None and inside and isinstance(node, ast.Call) and not shapes.measures(node):
            return [_lost(inside[-1], self.index, self.why(f"what `{ast.unparse(node)}` gives is not followed"))]
        return inside if found is None or inside or found.beyond else [found]

    # files, and lists filled in loops

    def _exports(self, node: ast.stmt) -> None:
        for call in shapes.calls(node):
            name = shapes.called_name(call)
            if name in _EXPORTS and "stdout" not in ast.unparse(call.func):
                of_table = isinstance(call.func, ast.Attribute) and name.startswith("to_")
                subject = [call.func.value] if of_table and isinstance(call.func, ast.Attribute) else call.args
                for part in subject:
                    columns = self.columns(part)
                    made = self.pieces(part) if name in _WRITES else self._part(part)
                    found = [held for _, held in columns] if columns is not None else made
                    self.exported += [self._keep(each) for each in found]
            elif isinstance(call.func, ast.Name) and self._writes(call.func.id):
                why = self.why(f"what `{call.func.id}` writes of the prediction is not followed")
                self.exported += [self._keep(_lost(each, self.index, why)) for each in self.pieces(call)]

    def _writes(self, name: str) -> bool:
        """Whether a function of the notebook writes data to a file."""
        return any(shapes.called_name(call) in _EXPORTS for f in self._functions(name) for call in shapes.calls(f))

    def _collected(self, node: ast.stmt) -> None:
        """Lists filled, and files written, in a loop over predictions (not in one that makes them: see `_listed`)."""
        read = [held for child in ast.walk(node) for _, held in self._direct(child)]
        if not read or any(child in self.origins for child in ast.walk(node)):
            return
        elements = self._elements(node)
        beyond = self.row_wise.reads_rows(node, {p.name for p in self.live}, self.index)
        why = self.why("the prediction is changed in a branch or a loop")
        lost = replace(_lost(read[-1], self.index, why, beyond=beyond), collected=True)
        tests: list[ast.expr] = [n for n in ast.walk(node) if isinstance(n, ast.Compare)]
        tests += [n.test for n in ast.walk(node) if isinstance(n, ast.IfExp)]
        tested = any(elements & names_in(test) for test in tests)
        for child in ast.walk(node):
            match child:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr), args=[*_, value]) if (
                    attr in _COLLECTS
                ):
                    self.live[Place(name)] = self._keep(read[-1] if is_element(value) and not tested else lost)
                case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))], value=value) if (
                    Place(name) not in self.live
                ):
                    self.live[Place(name)] = self._keep(read[-1] if is_element(value) and not tested else lost)
                case ast.Call() if shapes.called_name(child) in _WRITES:
                    self.exported.append(self._keep(replace(lost, collected=False)) if tested else read[-1])
                case _:
                    pass

    def _elements(self, node: ast.stmt) -> set[str]:
        """The names of predictions, and of loop variables that go through them."""
        found = {p.name for p in self.live}
        for child in ast.walk(node):
            counted = isinstance(child, ast.For) and ast.unparse(child.iter).startswith("range(")
            if isinstance(child, ast.For | ast.comprehension) and not counted and names_in(child.iter) & found:
                found |= {n.id for n in ast.walk(child.target) if isinstance(n, ast.Name)}
        return found

    def _listed(self, name: str, value: ast.expr) -> None:
        """`predictions.append(model.predict(X))`: one of several, perhaps; a list of scores holds none."""
        parts = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
        parts = value.values if isinstance(value, ast.Dict) else parts
        for scored in (part for part in parts if shapes.is_score(part)):
            self._shown(scored)
        for each in (held for part in parts if not shapes.is_score(part) for held in self.pieces(part)):
            others = self.live.get(Place(name))
            several = self.inside or (others is not None and others.origin is not each.origin)
            why = "the predictions of several models are combined" if several else "the prediction is put into a list"
            self.live[Place(name)] = self._keep(replace(_lost(each, self.index, self.why(why)), collected=True))

    def _direct(self, node: ast.AST) -> list[tuple[ast.expr, Held]]:
        place = place_of(node) if isinstance(node, ast.expr) else None
        return [(node, self.live[place])] if isinstance(node, ast.expr) and place in self.live else []


def _renamed(columns: Columns | None, call: ast.Call) -> Columns | None:
    if not columns or shapes.called_name(call) not in {"rename", "set_axis"}:
        return columns
    given = next((k.value for k in call.keywords if k.arg == "columns"), None)
    if isinstance(given, ast.Dict):
        new = {text(k): text(v) for k, v in zip(given.keys, given.values, strict=True)}
        return [(new.get(name, name) or ANY, held) for name, held in columns]
    return [(f"{ANY}{number}", held) for number, (_, held) in enumerate(columns)]


def _only(columns: Columns | None, key: ast.expr) -> Columns | None:
    if columns is None or not isinstance(key, ast.List | ast.Constant):
        return columns
    names = [text(part) for part in (key.elts if isinstance(key, ast.List) else [key])]
    if None in names:
        return columns
    return [(name, held) for name, held in columns if name in names or name.startswith(ANY)] or None


def _lost(before: Held, index: int, why: Unknown, *, beyond: bool = False) -> Held:
    return Held(before.origin, index, before.output, before.kind, None, before, lost=why, beyond=beyond)


def _in_table(held: Held, table: ast.expr, column: str) -> Held:
    """A form as a column of a table that has no name yet."""
    if held.lost is not None or held.listed:
        return held
    if held.named or held.step is None:
        return replace(held, step=None, before=held, kind=held.kind.as_column(), listed=True)
    output = held.output if column.startswith(ANY) else f"{ast.unparse(table)}[{column!r}]"
    return replace(held, output=output, kind=held.kind.as_column(), listed=True)


def _under(held: Held, name: str, column: str) -> Held:
    """A column of a table that gets a name."""
    if held.named or held.lost is not None or held.step is None or column.startswith(ANY):
        return held
    return replace(held, output=f"{name}[{column!r}]", named=True)

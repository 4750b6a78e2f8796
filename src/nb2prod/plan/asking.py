"""What a person says is the final prediction (`--model`, `--prediction`, `--input`, `--target`), among those found."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nb2prod.rows.kinds import Rows

if TYPE_CHECKING:
    from nb2prod.dataflow import Dataflow
    from nb2prod.options import Wanted
    from nb2prod.plan.carried import Carried, Held, Origin
    from nb2prod.rows.interpreter import Provenance
    from nb2prod.rows.kinds import Value


@dataclass(frozen=True, slots=True)
class Asking:
    """What is wanted, and what the notebook has."""

    flow: Dataflow
    rows: Provenance
    forms: Carried
    wanted: Wanted

    @property
    def for_something(self) -> bool:
        """Whether anything but the target is asked for."""
        return bool(self.wanted.model or self.wanted.prediction or self.wanted.input)

    @property
    def text(self) -> str:
        """What is asked for, as options."""
        pairs = {"model": self.wanted.model, "prediction": self.wanted.prediction, "input": self.wanted.input}
        return ", ".join(f"--{name} {value}" for name, value in pairs.items() if value)

    @property
    def reason(self) -> str:
        """Why it is chosen."""
        return f"it was asked for ({self.text})"

    def fits(self, prediction: Origin) -> bool:
        """Whether a prediction is one that is asked for."""
        return (
            self.fits_model(prediction.statement, prediction.model, prediction.model_value)
            and self.fits_input(prediction)
            and (not self.wanted.prediction or self._is_prediction(prediction))
        )

    def fits_model(self, statement: int, model: ast.expr, value: Value | None) -> bool:
        """Whether a model is the one asked for: by a name that holds it, or by its class."""
        wanted = self.wanted.model
        if not wanted or wanted in {ast.unparse(model), getattr(value, "estimator", None)}:
            return True
        return value is not None and self.rows.after.get(statement, {}).get(wanted) is value

    def fits_input(self, prediction: Origin) -> bool:
        """Whether the rows come from the table, or the file, that is asked for."""
        wanted, given = self.wanted.input, prediction.input_value
        if not wanted or wanted == ast.unparse(prediction.input):
            return True
        if not isinstance(given, Rows):
            return False
        read = self.flow.program.statements[given.source].node
        texts = [n.value for n in ast.walk(read) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        names = [n.id for n in ast.walk(read) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        return wanted in names or any(text == wanted or text.endswith(f"/{wanted}") for text in texts)

    def form_of(self, prediction: Origin) -> Held | None:
        """The form of a prediction that is asked for."""
        wanted = _normal(self.wanted.prediction)
        found = [form for form in self.forms.of(prediction) if wanted and _normal(form.output) == wanted]
        return found[-1] if found else None

    def _is_prediction(self, prediction: Origin) -> bool:
        call = f"{ast.unparse(prediction.model)}.{prediction.method}({ast.unparse(prediction.input)})"
        return call == _normal(self.wanted.prediction) or self.form_of(prediction) is not None


def _normal(text: str) -> str:
    """An expression without its spaces and kinds of quotes."""
    try:
        return ast.unparse(ast.parse(text, mode="eval"))
    except SyntaxError:
        return text

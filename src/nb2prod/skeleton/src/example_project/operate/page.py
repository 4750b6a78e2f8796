"""Pages that people read: one HTML file each, with its pictures inside and nothing from elsewhere; all text escaped."""

from __future__ import annotations

import io
import re
import warnings
from html import escape
from typing import Any, Iterable, Sequence

import matplotlib as mpl
from matplotlib.figure import Figure

NOW, BEFORE, BAD = "#2563a8", "#b8bfc8", "#b3261e"
_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1f24; background: #fff; overflow-wrap: anywhere;
  margin: 0 auto; padding: 2rem 1.2rem 4rem; max-width: 68rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .6rem; border-top: 1px solid #dde1e6; padding-top: 1.2rem; }
p { margin: .4rem 0; max-width: 46rem; }
.lead { color: #4a525c; }
.good, .bad { display: inline-block; padding: .1rem .6rem; border-radius: .3rem; font-weight: 600; }
.good { background: #e3f1e6; color: #17602b; }
.bad { background: #fbe4e2; color: #8c1d18; }
.scroll { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
th, td { text-align: right; padding: .35rem .8rem; border-bottom: 1px solid #e6e9ed; overflow-wrap: normal; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
td { white-space: nowrap; }
td.text, th.text { text-align: left; }
td.text { white-space: normal; min-width: 7rem; max-width: 26rem; overflow-wrap: break-word; }
tr.alarm td { background: #fdf2f1; }
thead th { color: #4a525c; font-weight: 600; border-bottom: 2px solid #cfd5dc; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 1.2rem; margin: 1rem 0; }
figure { margin: 0; } .wide { grid-column: 1 / -1; } figure svg { width: 100%; height: auto; display: block; }
figcaption { font-size: .88rem; color: #4a525c; }
"""


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def page(title: str, lead: str, parts: Iterable[Html]) -> str:
    """A whole page; `lead` is the sentence below the title."""
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f'<style>{_STYLE}</style>\n<h1>{escape(title)}</h1>\n<p class="lead">{escape(lead)}</p>\n{body}\n</html>\n'
    )


def heading(text: str) -> Html:
    """A part begins."""
    return Html(f"<h2>{escape(text)}</h2>")


def paragraph(text: str, kind: str = "") -> Html:
    """A sentence; `kind` is `good` or `bad` for a verdict."""
    inside = f'<span class="{kind}">{escape(text)}</span>' if kind else escape(text)
    return Html(f"<p>{inside}</p>")


def table(headers: Sequence[str], rows: Iterable[Sequence[Any]], *, alarms: Iterable[int] = ()) -> Html:
    """Numbers to the right, texts to the left; rows with the numbers in `alarms` stand out."""
    rows, marked = [list(row) for row in rows], set(alarms)
    texts = [any(_is_text(row[place]) for row in rows) for place in range(len(headers))]
    kinds = [' class="text"' if text else "" for text in texts]
    head = "".join(f"<th{kind}>{escape(each)}</th>" for kind, each in zip(kinds, headers))
    lines = [
        _row([f"<td{kind}>{escape(cell(value))}</td>" for kind, value in zip(kinds, row)], alarm=number in marked)
        for number, row in enumerate(rows)
    ]
    return Html(f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n{"".join(lines)}</table></div>')


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not re.fullmatch(r"(< )?-?[\d.]+(e-?\d+)?%?", value)


def _row(cells: Sequence[str], *, alarm: bool) -> str:
    kind = ' class="alarm"' if alarm else ""
    return f"<tr{kind}>{''.join(cells)}</tr>"


def cell(value: Any) -> str:
    """A value as a table shows it: four digits of a number, nothing for None."""
    if value is None or value != value:  # noqa: PLR0124 - NaN is not itself
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def shown(text: str, most: int = 24) -> str:
    """A text of the data as a label in a picture: not too long, and no formula."""
    plain = " ".join(text.split())
    return (plain if len(plain) <= most else f"{plain[: most - 1]}…").replace("$", r"\$")


def pictures(figures: Iterable[tuple[Figure, str]]) -> Html:
    """Figures with what is said below each, beside each other where there is room."""
    inside = "".join(
        f"<figure{_wide(figure)}>{_svg(figure)}<figcaption>{escape(text)}</figcaption></figure>"
        for figure, text in figures
    )
    return Html(f'<div class="pictures">{inside}</div>')


def _wide(made: Figure) -> str:
    """One that is much wider than high gets a row of its own."""
    width, height = made.get_size_inches()
    return ' class="wide"' if width > 2.5 * height else ""


def figure(width: float = 4.2, height: float = 2.8) -> tuple[Figure, Any]:
    """An empty figure of that many inches, and its axes; no window is opened."""
    made = Figure(figsize=(width, height), layout="constrained")
    axes = made.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    return made, axes


def _svg(made: Figure) -> str:
    target = io.StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the browser has the letters
        with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "page", "font.family": "sans-serif"}):
            made.savefig(target, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    text = target.getvalue()
    return text[text.index("<svg") :]

"""README.md of the emitted project: what it is and how it is run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nb2prod.conversion import Conversion


_HOLDS = {
    "settings.py": "what a person may want to change: paths, seeds, parameters",
    "data.py": "where the raw rows come from",
    "features.py": "from the raw rows to the model's input, in training and prediction alike; what it learns",
    "train.py": "the notebook's computation",
    "predict.py": "new rows through the same steps to the stored model",
    "functions.py": "the notebook's own functions and classes",
    "explore.py": "what the notebook shows; nothing else needs it",
}


def text(conversion: Conversion, facts: dict[str, Any], python: str, title: str | None = None) -> str:
    """Write the README as Markdown; `title` is the notebook's own."""
    return "\n".join(_lines(conversion, facts, python, title)) + "\n"


def _lines(conversion: Conversion, facts: dict[str, Any], python: str, title: str | None) -> Iterator[str]:
    package, path = conversion.package, facts["notebook"]["path"]
    pieces = tuple(each["name"] for each in facts.get("pieces", ()))
    yield f"# {package}"
    yield ""
    if title:
        yield from (title, "")
    yield f"Made by nb2prod from [{path}]({quote(path)}). {_does(conversion)}"
    yield "[HANDOFF.md](HANDOFF.md) says what is proven, what is not, and where each statement of the notebook went."
    yield from _section("What is where")
    modules = {module.name for module in conversion.modules}
    yield from (f"- `src/{package}/{name}`: {holds}" for name, holds in _HOLDS.items() if name in modules)
    yield from _section("Set up")
    yield from _block("python -m venv .venv", ". .venv/bin/activate", *_install(facts))
    yield from _section("Run")
    yield from _block(*_commands(conversion, pieces))
    if conversion.predict.status == "ok":
        yield ""
        yield "`IN.csv` has the columns of the raw training data; the target may be absent."
        yield "`OUT.csv` has one row per row of `IN.csv`, in order."
        yield f"In Python: `from {package}.predict import predict`."
    if "service" in pieces:
        yield f"Over HTTP: `python -m {package} serve`, on this machine only unless `--host` says otherwise."
    missing = [each for each in facts["data"] if not each["copied"]]
    if missing:
        yield from _section("Data to bring")
        for each in missing:
            place = f"put it at `{each['target']}`" if each["target"] else "it is read from where the notebook reads it"
            yield f"- `{each['written']}`: {each['reason']}; {place}"
    yield from _section("Check")
    yield from _block("pip install -r requirements-dev.txt", "python -m pytest", "ruff check .")
    yield from _section("Image")
    if facts["lock"]["status"] == "ok":
        yield from _block(*_image(conversion, pieces))
    else:
        yield "The image needs exact versions with hashes in `requirements.txt`, which has none yet. To make them:"
        yield ""
        lock = "uv pip compile --generate-hashes --only-binary :all: --python-platform linux"
        yield from _block(f"{lock} --python-version {python} requirements.in -o requirements.txt")


def _does(conversion: Conversion) -> str:
    """What it trains and predicts, or why not."""
    train, predict = conversion.train, conversion.predict
    if train.status == "refused":
        return f"**Training was refused**: {str(train.refusal).rstrip('.')}."
    if predict.status == "refused":
        return f"It trains; **prediction was refused**: {str(predict.refusal).rstrip('.')}."
    if predict.status == "none":
        return "It runs the notebook's computation; there is no model to predict with."
    what = f" `{conversion.target}`" if conversion.target else ""
    call = (predict.chosen or "").partition(": ")[0]
    return f"It trains the notebook's model and predicts{what} as `{call}` does there."


def _install(facts: dict[str, Any]) -> tuple[str, ...]:
    packages = (
        "pip install -r requirements.txt" if facts["lock"]["status"] == "ok" else "pip install -r requirements.in"
    )
    return (packages, "pip install --no-deps -e .")


def _commands(conversion: Conversion, pieces: tuple[str, ...]) -> Iterator[str]:
    start = f"python -m {conversion.package}"
    modules = {module.name for module in conversion.modules}
    if conversion.train.status == "ok":
        yield f"{start} train"
    if conversion.predict.status == "ok":
        yield f"{start} predict IN.csv --output OUT.csv"
        yield f"{start} evaluate IN.csv"
    if "operate" in pieces:
        yield f"{start} models list"
    if "explore.py" in modules:
        yield f"{start} explore"


def _image(conversion: Conversion, pieces: tuple[str, ...]) -> Iterator[str]:
    """With the model in it where one is predicted with; else it works on the project's folder."""
    name = conversion.package.replace("_", "-")
    run = 'docker run --rm --user "$(id -u):$(id -g)" -v "$PWD":/mnt'
    if "service" in pieces:
        yield f"python -m {conversion.package} train"
        yield f"docker build -t {name} ."
        yield f"{run} {name} predict /mnt/IN.csv --output /mnt/OUT.csv"
    else:
        yield f"docker build -t {name} ."
        yield f"{run} -w /mnt {name} train"
        if conversion.predict.status == "ok":
            yield f"{run} -w /mnt {name} predict IN.csv --output OUT.csv"


def _section(title: str) -> tuple[str, ...]:
    return ("", f"## {title}", "")


def _block(*lines: str) -> tuple[str, ...]:
    return ("```sh", *lines, "```")

"""The project's commands: `python -m example_project train | predict | evaluate | serve | models | explore`."""

from __future__ import annotations

import argparse
import contextlib
import inspect
import json
import os
import sys
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Iterator, Sequence

os.environ.setdefault("MPLBACKEND", "Agg")  # pictures become files, no window is opened

from example_project.errors import DataError, ProjectError

if TYPE_CHECKING:
    import pandas as pd

MODELS = Path("models")
_PROVEN = ("arrays", "example")  # what a service rests on is tried when a model is trained


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 done, 1 it failed, 2 it could not be done as asked."""
    parser = _parser()
    options, unknown = parser.parse_known_args(arguments)
    if unknown and options.run is not _refuse:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        return int(options.run(options))
    except ProjectError as error:
        print(f"example_project: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m example_project", description="Made from a notebook by nb2prod.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="command")
    refused = import_module("example_project.refused").refusals() if find_spec("example_project.refused") else {}
    for name, (add, explanation) in COMMANDS.items():
        if name in refused:
            commands.add_parser(name, help="refused: HANDOFF.md says why").set_defaults(run=_refuse, why=refused[name])
        elif _is_there(_MODULE.get(name, name)):  # a command is there where its module is
            add(commands.add_parser(name, help=explanation, description=explanation))
    return parser


def _is_there(module: str) -> bool:
    """Whether the project has this module; `operate.registry` is in a piece that may be absent."""
    package = module.rpartition(".")[0]
    return (not package or _is_there(package)) and find_spec(f"example_project.{module}") is not None


def _refuse(options: argparse.Namespace) -> int:
    raise options.why


def _add_train(parser: argparse.ArgumentParser) -> None:
    if _is_there("models"):
        names = ("champion", "challenger", "candidate")
        said = "what the version is from then on; a candidate is only stored (default: %(default)s)"
        parser.add_argument("--as", dest="alias", choices=names, default="champion", help=said)
    if _is_there("operate.onnx"):
        parser.add_argument("--fast", choices=("no", "onnx"), default="no", help="how the estimator is stored besides")
    if _is_there("operate.tracking"):
        parser.add_argument("--tracking", choices=("none", "mlflow"), default="none", help="who else is told of it")
    parser.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> int:
    tracking = import_module("example_project.operate.tracking") if "mlflow" in vars(options).values() else None
    if tracking:
        tracking.check()
    stored = trained(options)
    if stored is None:
        print("done; no model was stored")
        return 0
    print(f"model stored in {stored}")
    for name, value in _metrics(stored).items():
        print(f"  {name}: {value:.6g}")
    if tracking:
        print(f"tracked by MLflow: {tracking.track(stored)}")
    return 0


def trained(options: argparse.Namespace) -> Path | None:
    """Run the notebook's training; gives the folder of the version, if there is one."""
    train = import_module("example_project.train").train
    with _no_windows(), _training(options):
        stored = train()
    return None if stored is None else Path(stored)


@contextlib.contextmanager
def _training(options: argparse.Namespace) -> Iterator[None]:
    """What is to happen when the model is stored."""
    if not _is_there("models"):
        yield
        return
    models = import_module("example_project.models")
    ways = [import_module("example_project.operate.onnx").attach] if "onnx" in vars(options).values() else []
    ways += [import_module(f"example_project.serving.{each}").attach for each in _PROVEN if _is_there("serving")]
    with models.training_as(options.alias, *ways):
        yield


def _no_windows() -> contextlib.AbstractContextManager[None]:
    """What training draws on its way is for explore to save."""
    if not find_spec("example_project.pictures"):
        return contextlib.nullcontext()
    saved: contextlib.AbstractContextManager[None] = import_module("example_project.pictures").saved(keep=False)
    return saved


def _metrics(folder: Path) -> dict[str, float]:
    try:
        return dict(json.loads((folder / "metrics.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def _add_predict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="IN", type=Path, help="rows with the columns of the raw training data")
    parser.add_argument("--output", "-o", metavar="OUT", type=Path, required=True, help="one prediction per row of IN")
    if _is_there("operate.batches"):
        import_module("example_project.operate.batches").add(parser)
    parser.set_defaults(run=_predict)


def _predict(options: argparse.Namespace) -> int:
    with _written_whole(options.output) as path:
        if _is_there("operate.batches"):
            _check_there(options.input)
            rows, empty = import_module("example_project.operate.batches").predict(options.input, path, options)
        else:
            answers = import_module("example_project.predict").answers(read(options.input))
            answers.to_csv(path, index=False)
            rows, empty = len(answers), int(answers["prediction"].isna().sum())
    note = f", {empty} of them empty because a needed value is missing" if empty else ""
    print(f"{rows} predictions written to {options.output}{note}")
    return 0


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="IN", type=Path, nargs="?", help="labelled rows (default: the training data)")
    parser.add_argument(
        "--output", "-o", metavar="OUT", type=Path, help="write the metrics as JSON (default: print only)"
    )
    if _is_there("operate.evaluation"):
        import_module("example_project.operate.arguments").add_evaluate(parser)
    parser.set_defaults(run=_evaluate, page=None, live=False)


def _evaluate(options: argparse.Namespace) -> int:
    if options.live:
        return int(import_module("example_project.operate.live").run(options))
    evaluate = import_module("example_project.evaluate")
    frame = read(options.input) if options.input else evaluate.training_data()
    source = str(options.input or "the training data")
    training = not options.input or evaluate.is_training_data(frame)
    report = evaluate.evaluate(frame, source=source, training=training)
    if _is_there("operate.evaluation") and (options.page or options.output):
        more = import_module("example_project.operate.evaluation")
        found = more.evaluated(frame)
        report.update(more.summary(found))
        if options.page:
            options.page.write_text(more.page_of(found, source, training=training), encoding="utf-8")
    print(evaluate.text(report))
    if options.output:
        with _written_whole(options.output) as target:
            target.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


def _add_explore(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_explore)


def _explore(_: argparse.Namespace) -> int:
    explore = import_module("example_project.explore").explore
    pictures = import_module("example_project.pictures")
    with pictures.saved():
        explore()
    number = pictures.count()
    print(f"{number or 'no'} {'picture' if number == 1 else 'pictures'} saved in {pictures.FOLDER}")
    return 0


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8000, help="the port to listen on (default: 8000)")
    parser.set_defaults(run=_serve)


def _serve(options: argparse.Namespace) -> int:
    import_module("example_project.service").serve(options.host, options.port)
    return 0


def _add_monitor(parser: argparse.ArgumentParser) -> None:
    import_module("example_project.operate.arguments").add_monitor(parser)


def read(path: Path) -> pd.DataFrame:
    """New rows as the notebook reads its data; columns that held text in training are read as text."""
    _check_there(path)
    data = import_module("example_project.data")
    models = import_module("example_project.models")
    if (
        "dtype" not in inspect.signature(data.read).parameters
    ):  # the file carries its own types, or the notebook gives them
        frame = data.read(path)
    else:
        frame = data.read(path, dtype=models.load().schema.text)
    return frame


def _check_there(path: Path) -> None:
    if not path.is_file():
        raise DataError(f"there is no file {path}")


@contextlib.contextmanager
def _written_whole(target: Path) -> Iterator[Path]:
    """A path beside the target that takes its place when everything has been written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-", suffix=target.suffix)
    os.close(handle)
    path = Path(name)
    try:
        yield path
        path.chmod(0o644)
        with path.open("rb") as file:
            os.fsync(file.fileno())
        path.replace(target)
    except BaseException:
        path.unlink()
        raise


def _add_models(parser: argparse.ArgumentParser) -> None:
    import_module("example_project.operate.registry").add(parser)


def _add_retrain(parser: argparse.ArgumentParser) -> None:
    import_module("example_project.operate.arguments").add_retrain(parser)


Add = Callable[[argparse.ArgumentParser], None]
COMMANDS: dict[str, tuple[Add, str]] = {
    "train": (_add_train, "run the notebook's training and store what came out"),
    "predict": (_add_predict, "predict every row of a file with the stored model"),
    "evaluate": (_add_evaluate, "compare the stored model's predictions with known answers"),
    "serve": (_add_serve, "answer over HTTP with the stored model's predictions"),
    "models": (_add_models, "list, compare, promote and roll back model versions"),
    "monitor": (_add_monitor, "look for drift in new rows: data, predictions, errors"),
    "retrain": (_add_retrain, "train a challenger on new rows, if it passes the gate"),
    "explore": (_add_explore, "run the notebook's exploration and save its pictures"),
}
_MODULE = {  # where the command is called otherwise than its module
    "serve": "service",
    "models": "operate.registry",
    "monitor": "operate.monitor",
    "retrain": "operate.retrain",
}


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tlcore.experiments.helper_process`: serves a `Helper` over its pipes until it falls idle or its parent dies.

Every method imports what it needs when it is first asked, so that an import of a CSV loads no torch.
"""

import json
import logging
import os
import queue
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tlcore.errors import ChoiceError, TransferLabError
from tlcore.settings import Workspace

if TYPE_CHECKING:
    from tlcore.data.pictures.records import Upload
    from tlcore.models.model import Model

IDLE_SECONDS = 600.0
_LOADED_MODELS = 2
_log = logging.getLogger(__name__)

Say = Callable[[int, int], None]


def look_at(workspace: Workspace, say: Say, path: str, options: dict[str, Any], file_name: str | None = None) -> Any:
    """What a CSV file holds (`data.look.look_at`); the answer is its FileLook. Progress counts in thousandths."""
    from tlcore.data import look
    from tlcore.data.csv import load as csv

    how = csv.CsvOptions.model_validate(options)
    seen = look.look_at(workspace, Path(path), how, file_name, lambda share: say(round(1000 * share), 1000))
    return seen.model_dump(mode="json")


def import_csv(
    workspace: Workspace, say: Say, path: str, choices: dict[str, Any], test: str | None = None, file_name: str | None = None
) -> Any:
    """Read, check and store a CSV file (`data.importer.import_csv`); the answer is its DatasetCard."""
    from tlcore.data import importer
    from tlcore.encoders.catalogue import DEFAULT_ENCODER, token_counter

    card = importer.import_csv(
        workspace,
        Path(path),
        importer.ImportChoices.model_validate(choices),
        test=Path(test) if test else None,
        file_name=file_name,
        count_tokens=token_counter(DEFAULT_ENCODER, workspace),
        on_progress=say,
    )
    return card.model_dump(mode="json")


def add_sample(workspace: Workspace, say: Say, name: str) -> Any:
    """Add a dataset that ships with the project; the answer is its DatasetCard."""
    from tlcore.data import importer
    from tlcore.encoders.catalogue import DEFAULT_ENCODER, token_counter

    return importer.add_sample(workspace, name, token_counter(DEFAULT_ENCODER, workspace), say).model_dump(mode="json")


def apply_cure(workspace: Workspace, say: Say, dataset: str, action: str) -> Any:
    """Store what a cure leaves of a dataset; the answer is the new DatasetCard."""
    from tlcore.data.store import DatasetStore
    from tlcore.encoders.catalogue import DEFAULT_ENCODER, token_counter

    return (
        DatasetStore(workspace, token_counter(DEFAULT_ENCODER, workspace)).apply_cure(dataset, action).model_dump(mode="json")
    )


def predict(workspace: Workspace, say: Say, model: str, items: list[str | None]) -> Any:
    """Classify texts; `model` is a run's id or the path of a bundle. The answer: `predictions`, and `notes` about the model."""
    loaded = _model(workspace, model)
    return {"predictions": [one.model_dump(mode="json") for one in loaded.predict(items)], "notes": list(loaded.notes)}


def predict_table(workspace: Workspace, say: Say, model: str, source: str, target: str, choices: dict[str, Any]) -> Any:
    """Classify the rows of a CSV file into another (`models.table.predict_table`); the answer is its TableReport."""
    from tlcore.models import table

    loaded, how = _model(workspace, model), table.TableChoices.model_validate(choices)
    return table.predict_table(loaded, Path(source), Path(target), how, workspace, say).model_dump(mode="json")


def look_at_pictures(workspace: Workspace, say: Say, paths: list[str], names: list[str]) -> Any:
    """What an import of a zip or of files would find (`data.pictures.importer.look_at_pictures`), told from names alone."""
    from tlcore.data.pictures import importer

    return importer.look_at_pictures(workspace, _uploads(paths, names)).model_dump(mode="json")


def import_pictures(workspace: Workspace, say: Say, paths: list[str], names: list[str], choices: dict[str, Any]) -> Any:
    """Read, check and store pictures (`data.pictures.importer.import_pictures`); the answer is the DatasetCard."""
    from tlcore.data.pictures import importer

    wanted = importer.PictureChoices.model_validate(choices)
    card = importer.import_pictures(workspace, _uploads(paths, names), wanted, on_progress=say)
    return card.model_dump(mode="json")


def predict_pictures(workspace: Workspace, say: Say, model: str, paths: list[str], names: list[str], target: str) -> Any:
    """Classify pictures into a CSV file; the first ones are kept beside it, to be shown with their predictions."""
    from tlcore.models import pictures

    loaded, keep = _model(workspace, model), Path(f"{target}.pictures")
    report, shown = pictures.predict_pictures(loaded, _uploads(paths, names), Path(target), workspace, keep, say)
    return {
        "pictures": [
            {"name": one.name, "path": one.path and str(one.path), "prediction": one.prediction.model_dump(mode="json")}
            for one in shown
        ],
        "report": report.model_dump(mode="json"),
        "notes": list(loaded.notes),
    }


def augment_preview(
    workspace: Workspace, say: Say, dataset: str, settings: dict[str, Any], image_size: int, count: int, seed: int
) -> Any:
    """Some augmented views of one of a dataset's own pictures, as files; `of` is what the picture is called."""
    from tlcore.experiments.preview import augmented_views

    return augmented_views(workspace, dataset, settings, image_size, count, seed)


def thumbnails(workspace: Workspace, say: Say, dataset: str, positions: list[int], side: int) -> Any:
    """Small pictures of a dataset as data URIs (`data.pictures.thumbnails.thumbnails`); null for one whose file is gone."""
    from tlcore.data.pictures import thumbnails as small

    return small.thumbnails(workspace, dataset, positions, side)


def forecast(workspace: Workspace, say: Say, spec: dict[str, Any]) -> Any:
    """How long a spec will take, measuring this machine first if need be; the answer is its `estimate.Estimate`."""
    from tlcore.experiments import estimate
    from tlcore.experiments import spec as specs

    wanted = specs.ExperimentSpec.model_validate(spec)
    found = estimate.estimate(workspace, wanted)
    if found is None:
        from tlcore.experiments.calibrate import calibrate

        for encoder in wanted.encoders:
            if estimate.calibration(workspace, encoder, wanted.image_size) is None:
                calibrate(workspace, encoder, wanted.image_size)
        found = estimate.estimate(workspace, wanted)
    assert found is not None
    return found.model_dump(mode="json")


def side_by_side(workspace: Workspace, say: Say, first: str, second: str) -> Any:
    """Two experiments compared (`experiments.side_by_side`); the answer is the SideBySide."""
    from tlcore.experiments.side_by_side import compare_experiments

    return compare_experiments(workspace, first, second).model_dump(mode="json")


def rename_experiment(workspace: Workspace, say: Say, experiment: str, name: str) -> Any:
    """Give an experiment another name."""
    from tlcore.experiments.store import RunStore

    RunStore(workspace).rename(experiment, name)


def delete_experiment(workspace: Workspace, say: Say, experiment: str) -> Any:
    """Remove an experiment with its runs and models."""
    from tlcore.experiments.store import RunStore

    RunStore(workspace).delete(experiment)


METHODS: dict[str, Callable[..., Any]] = {
    method.__name__: method
    for method in (
        look_at,
        import_csv,
        add_sample,
        apply_cure,
        predict,
        predict_table,
        look_at_pictures,
        import_pictures,
        predict_pictures,
        augment_preview,
        thumbnails,
        forecast,
        side_by_side,
        rename_experiment,
        delete_experiment,
    )
}
"""What can be asked for; their parameters after the first two are those of a request."""


def serve(requests: IO[str], answers: IO[str], workspace: Workspace, idle_seconds: float = IDLE_SECONDS) -> None:
    """Answer requests in their order until there is none for `idle_seconds`; a closed pipe ends the process at once."""
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, waiting), daemon=True).start()

    def tell(message: dict[str, Any]) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    while True:
        try:
            line = waiting.get(timeout=idle_seconds)
        except queue.Empty:
            return
        tell({"accepted": True})
        tell(_answer(workspace, json.loads(line), lambda done, total: tell({"progress": [done, total]})))


def _answer(workspace: Workspace, request: dict[str, Any], say: Say) -> dict[str, Any]:
    """One request's answer, or its error as (kind, sentence)."""
    try:
        if request["method"] not in METHODS:
            raise ChoiceError(f"The helper does not know “{request['method']}”.")
        return {"answer": METHODS[request["method"]](workspace, say, **request["params"])}
    except TransferLabError as error:
        return {"error": {"kind": type(error).__name__, "sentence": str(error)}}
    except MemoryError:
        return {
            "error": {"kind": "OutOfMemoryError", "sentence": "This needs more memory than there is. Try with less at a time."}
        }
    except Exception as error:
        _log.exception("request %s failed", request["method"])
        log = workspace.root / "helper.log"
        sentence = f"Something went wrong that should not have ({type(error).__name__}). {log} has the details."
        return {"error": {"kind": "TransferLabError", "sentence": sentence}}


def _listen(requests: IO[str], waiting: "queue.SimpleQueue[str]") -> None:
    """Pass requests on; when there is nobody left to answer to, end the process, whatever it is doing."""
    for line in requests:
        waiting.put(line)
    os._exit(0)


def _uploads(paths: list[str], names: list[str]) -> list["Upload"]:
    """Files that were dropped, with what they were called."""
    from tlcore.data.pictures.records import Upload

    return [Upload(Path(path), name) for path, name in zip(paths, names, strict=True)]


def _model(workspace: Workspace, model: str) -> "Model":
    """A loaded model, by its run's id or its bundle's path."""
    from tlcore.experiments.store import RunStore

    path = Path(model)
    if not path.is_absolute():
        path = RunStore(workspace).bundle(model)
    return _loaded(path, path.stat().st_mtime_ns, workspace.root)


@lru_cache(maxsize=_LOADED_MODELS)
def _loaded(path: Path, _changed: int, root: Path) -> "Model":
    """A model in memory."""
    from tlcore.models.bundle import load_model

    return load_model(path, Workspace(root))


def main() -> None:
    """Serve the parent process; whatever libraries print goes to the log instead of into the answers."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    serve(requests, answers, Workspace())


if __name__ == "__main__":
    main()

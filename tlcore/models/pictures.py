"""Strangers' pictures in, predictions out: each is read as carefully as for a dataset, and one that is broken gets a reason.

Shared by the command line, the Predict page and Python. Importing it loads no torch.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tlcore.data.pictures.layout import sort_out
from tlcore.data.pictures.records import PictureLimits, Upload
from tlcore.data.pictures.sources import Files, open_files
from tlcore.errors import ChoiceError, DataError
from tlcore.files import atomic_path, temporary_folder
from tlcore.models.card import ModelCard
from tlcore.models.cells import safe_cell
from tlcore.models.items import Prediction
from tlcore.records import Item, Picture, Record

if TYPE_CHECKING:
    from tlcore.settings import Workspace

SHOWN = 200
"""Pictures whose files are kept to be looked at."""
_CHUNK = 128

OnPictures = Callable[[int, int], None]
"""Called with (pictures done, pictures in all); may raise `Stopped`."""


class Judge(Protocol):
    """What a finished model is here."""

    card: ModelCard

    def predict(self, items: Sequence[Item | None]) -> list[Prediction]:
        """One prediction an item."""


class Received(NamedTuple):
    """A picture as it came: decoded and written anew, or the reason why not."""

    name: str
    picture: Picture | None
    reason: str = ""


class PicturesReport(Record):
    """What came of a lot of pictures."""

    pictures: int
    predicted: int
    not_predicted: int
    """Those that could not be read; `reason` says why in the output."""
    junk: int
    """Files among them that are no pictures, such as `.DS_Store`."""
    by_class: dict[str, int]


class Shown(NamedTuple):
    """One of the first `SHOWN` pictures, with its prediction."""

    name: str
    path: Path | None
    prediction: Prediction


def receive(files: Files, positions: Sequence[int], folder: Path, limits: PictureLimits) -> Iterator[Received]:
    """Read files one by one and write what is a picture into `folder` anew."""
    from tlcore.data.pictures.picture import keep_picture, read_picture

    for position in positions:
        name = files.names[position]
        try:
            path = folder / keep_picture(read_picture(files.read(position), name, limits), folder)
        except DataError as error:
            yield Received(name, None, str(error))
        else:
            yield Received(name, Picture(path, path.stem))


def predict_pictures(
    model: Judge,
    source: Path | Sequence[Upload],
    target: Path,
    workspace: "Workspace",
    keep: Path | None = None,
    on_progress: OnPictures | None = None,
) -> tuple[PicturesReport, list[Shown]]:
    """Classify a zip, a folder or files into a CSV with `name`, `prediction`, `confidence`, `p_<label>`…, and `reason`.

    The output is whole or absent. The first pictures are kept in `keep`, where it is given, to be shown with their predictions.
    Raises ChoiceError for a model of texts, DataError when there is nothing to read.
    """
    check_reads_pictures(model)
    with (
        open_files(source, workspace.settings) as files,
        temporary_folder(workspace.uploads) as folder,
        atomic_path(target) as temporary,
    ):
        sorted_out = sort_out(files.names)
        if not sorted_out.pictures:
            raise DataError(f"{files.shown} holds no pictures. Give PNG, JPEG, WEBP, GIF or BMP files.")
        output = _Output(model, temporary, keep)
        limits, total = PictureLimits.of(workspace.settings), len(sorted_out.pictures)
        with output:
            for start in range(0, total, _CHUNK):
                chunk = sorted_out.pictures[start : start + _CHUNK]
                output.add(list(receive(files, chunk, folder, limits)))
                if on_progress:
                    on_progress(output.done, total)
    known = sum(output.by_class.values())
    report = PicturesReport(
        pictures=output.done,
        predicted=known,
        not_predicted=output.done - known,
        junk=sorted_out.junk,
        by_class=output.by_class,
    )
    return report, output.shown


def predict_files(model: Judge, paths: Sequence[Path | str]) -> list[Prediction]:
    """One prediction a picture file, in the order given; what cannot be read gets a reason instead of a label.

    Raises ChoiceError for a model of texts.
    """
    check_reads_pictures(model)
    from tlcore.settings import Settings

    settings, found = Settings(), []
    with TemporaryDirectory() as folder:
        for path in map(Path, paths):
            try:
                with open_files([Upload(path, path.name)], settings) as files:
                    found += list(receive(files, [0], Path(folder), PictureLimits.of(settings)))
            except DataError as error:
                found.append(Received(path.name, None, str(error)))
        return judge(model, found)


def judge(model: Judge, received: Sequence[Received]) -> list[Prediction]:
    """Predictions of pictures; the unreadable ones keep their reason."""
    predictions = model.predict([one.picture for one in received])
    return [
        prediction.model_copy(update={"reason": one.reason}) if one.reason else prediction
        for one, prediction in zip(received, predictions, strict=True)
    ]


def check_reads_pictures(model: Judge) -> None:
    """Raise ChoiceError unless the model judges pictures."""
    if model.card.modality != "image":
        raise ChoiceError(
            f"The model “{model.card.name}” reads texts, not pictures. Give it a CSV file, or choose another one."
        )


class _Output:
    """The predictions on their way out."""

    def __init__(self, model: Judge, target: Path, keep: Path | None) -> None:
        self._model, self._keep = model, keep
        self._stream = target.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._stream)
        self.done, self.shown = 0, list[Shown]()
        self.by_class = dict.fromkeys(model.card.classes, 0)
        columns = ["name", "prediction", "confidence", *(f"p_{label}" for label in model.card.classes), "reason"]
        self._writer.writerow([safe_cell(column) for column in columns])

    def __enter__(self) -> "_Output":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def add(self, received: Sequence[Received]) -> None:
        """Judge and write some pictures; keep the first ones to be looked at, drop the others' files."""
        for one, prediction in zip(received, judge(self._model, received), strict=True):
            figures = [prediction.confidence, *(prediction.probabilities.get(label) for label in self._model.card.classes)]
            cells = ["" if figure is None else f"{figure:.6f}" for figure in figures]
            label = prediction.label
            self._writer.writerow([safe_cell(one.name), safe_cell(label or ""), *cells, safe_cell(prediction.reason)])
            if label is not None:
                self.by_class[label] += 1
            if len(self.shown) < SHOWN:
                self.shown.append(Shown(one.name, self._kept(one.picture), prediction))
            self.done += 1
        for picture in {one.picture for one in received if one.picture}:
            picture.path.unlink(missing_ok=True)

    def _kept(self, picture: Picture | None) -> Path | None:
        """Where a picture can be looked at."""
        if picture is None or self._keep is None:
            return None
        target = self._keep / picture.path.name
        with atomic_path(target) as temporary:
            temporary.write_bytes(picture.path.read_bytes())
        return target

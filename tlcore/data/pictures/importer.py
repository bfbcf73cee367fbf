"""From a zip, a folder or dropped files of pictures to a stored dataset, or to one plain sentence and nothing stored."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tlcore.data.pictures.decoding import Decoded, decode_all
from tlcore.data.pictures.layout import Parts, settle_parts
from tlcore.data.pictures.names import shown
from tlcore.data.pictures.plan import Plan, make_plan
from tlcore.data.pictures.records import OnProgress, PictureChoices, PictureLook, Upload
from tlcore.data.pictures.sources import Files, open_files
from tlcore.data.store import DatasetDraft, DatasetStore
from tlcore.errors import DataError
from tlcore.files import check_room, stem, temporary_folder
from tlcore.records import DatasetCard, DatasetSource
from tlcore.settings import Workspace

__all__ = ["PictureChoices", "PictureLook", "Upload", "import_pictures", "look_at_pictures"]

_LISTED = 100
_FIRST_NAMES = 10
_LONGEST_NAME = 300
_SPACE_FLOOR = 64 * 1024**2
_LARGEST_STORED = 800_000
"""Bytes: 512 × 512 RGB pixels that no packing helps."""
_SPACE_FACTOR = 3


def import_pictures(
    workspace: Workspace,
    source: Path | Sequence[Upload],
    choices: PictureChoices | None = None,
    *,
    file_name: str | None = None,
    on_progress: OnProgress | None = None,
) -> DatasetCard:
    """Read, check and store the pictures of a zip, a folder, or dropped files; `file_name` is what the source is called.

    Labels come from folders or from a CSV file among the files. Pictures that cannot be read are listed and left out. Raises
    DataError for a source that cannot be used, StorageError when the disk is too full. Whatever is raised, nothing is stored.
    """
    choices = choices or PictureChoices()
    with open_files(source, workspace.settings, file_name) as files, temporary_folder(workspace.uploads) as folder:
        table, origin = gather_pictures(files, choices, folder, workspace, on_progress)
        name = choices.name or stem(files.shown)
        draft = DatasetDraft(name=name, task="classification", source=origin, modality="image")
        return DatasetStore(workspace).add(table, draft, folder)


def gather_pictures(
    files: Files, choices: PictureChoices, folder: Path, workspace: Workspace, on_progress: OnProgress | None = None
) -> tuple[pd.DataFrame, DatasetSource]:
    """Read pictures, write what is kept into `folder`, and say what it is: the items' table, and where they came from."""
    plan = make_plan(files, choices, folder, workspace.settings)
    check_room(workspace.root, _bytes_needed([files.sizes[one.position] for one in plan.pictures]))
    decoded = decode_all(files, plan.pictures, folder, workspace.settings, on_progress)
    kept = [one for one in decoded if not one.problem]
    _check_left(decoded, files.shown)
    parts = settle_parts([one.planned.part for one in kept], choices.use_split)
    return _table(kept, parts.parts), _source(files, plan, decoded, parts, choices)


def look_at_pictures(workspace: Workspace, source: Path | Sequence[Upload]) -> PictureLook:
    """What an import would find, from names and tables alone; takes moments. Raises DataError as an import would."""
    choices = PictureChoices()
    with open_files(source, workspace.settings) as files, temporary_folder(workspace.uploads) as folder:
        plan = make_plan(files, choices, folder, workspace.settings)
    parts = settle_parts([one.part for one in plan.pictures], choices.use_split)
    classes = Counter(one.label for one in plan.pictures)
    return PictureLook(
        pictures=len(plan.pictures),
        classes=dict(sorted(classes.items())),
        parts=dict(sorted(Counter(part for part in parts.parts if part).items())),
        validation=parts.validation,
        junk=plan.junk,
        layout=" ".join([*plan.layout.words, *([parts.words] if parts.words else [])]),
        names=tuple(shown(one.name) for one in plan.pictures[:_FIRST_NAMES]),
    )


def _bytes_needed(sizes: Sequence[int]) -> int:
    """Room on the disk for pictures whose files have these sizes in bytes."""
    return _SPACE_FLOOR + sum(min(_SPACE_FACTOR * size, _LARGEST_STORED) for size in sizes)


def _check_left(decoded: Sequence[Decoded], file_name: str) -> None:
    """Refuse a source of which nothing can be read, or nothing of a class."""
    kept = Counter(one.planned.label for one in decoded if not one.problem)
    problems = [one for one in decoded if one.problem]
    if not kept:
        raise DataError(f"{file_name} has no picture that can be read. {problems[0].problem}")
    for one in problems:
        if one.planned.label and one.planned.label not in kept:
            raise DataError(
                f"{file_name} has no picture of the class “{shown(one.planned.label)}” that can be read. {one.problem} "
                "Mend the class or remove its folder."
            )


def _table(kept: Sequence[Decoded], parts: Sequence[str]) -> pd.DataFrame:
    """The items' table."""
    rows = [
        {
            "file": one.file,
            "label": one.planned.label,
            "part": part,
            "line": one.planned.line,
            "name": shown(one.planned.name, _LONGEST_NAME),
            "pixels": one.pixels,
            "look": one.look,
            **one.facts.model_dump(exclude={"frames"}),
        }
        for one, part in zip(kept, parts, strict=True)
        if one.facts
    ]
    return pd.DataFrame(rows)


def _source(files: Files, plan: Plan, decoded: Sequence[Decoded], parts: Parts, choices: PictureChoices) -> DatasetSource:
    """Where the pictures came from and what became of them."""
    contents = [""] * len(files.names)
    for one in decoded:
        contents[one.planned.position] = one.content
    absent = (
        [f"{name}: is named in {plan.table.file}, and there is no such picture." for name in _absent(plan)]
        if plan.table
        else []
    )
    problems = [one.problem for one in decoded if one.problem] + absent
    return DatasetSource(
        file_name=files.shown,
        sha256=files.digest(contents),
        rows_read=len(decoded) - sum(bool(one.problem) for one in decoded) + plan.left_out,
        rows_skipped=len(problems),
        rows_left_out=plan.left_out,
        rows_validation=parts.validation,
        unreadable=tuple(problems[:_LISTED]),
        animated=sum(one.facts is not None and one.facts.frames > 1 for one in decoded),
        junk=plan.junk,
        label_column=plan.table.label_column if plan.table else None,
        label_mapping=choices.labels,
        split_column=plan.table.split_column if plan.table and any(parts.parts) else None,
    )


def _absent(plan: Plan) -> Sequence[str]:
    """Names in the table that no picture has."""
    return plan.table.absent if plan.table else ()

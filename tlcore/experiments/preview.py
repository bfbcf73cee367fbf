"""Augmented views of a dataset's own pictures, to be looked at before a race. Imports torch."""

from typing import Any
from uuid import uuid4

import numpy as np

from tlcore.data.store import DatasetStore
from tlcore.encoders.pixels import View, decode
from tlcore.errors import ChoiceError
from tlcore.records import IMAGE_SIZES, Picture
from tlcore.settings import Workspace
from tlcore.training.augmentation import preview
from tlcore.training.settings import TrainingSettings

_MOST = 24


def augmented_views(
    workspace: Workspace, dataset: str, settings: dict[str, Any], image_size: int, count: int, seed: int
) -> dict[str, Any]:
    """Up to 24 views of one picture, chosen by `seed`, as training would see it: `paths` of PNG files, and its name as `of`.

    Raises ChoiceError for a dataset without pictures or a size that cannot be chosen.
    """
    import torch
    from PIL import Image

    store = DatasetStore(workspace)
    if store.card(dataset).modality != "image" or image_size not in IMAGE_SIZES:
        raise ChoiceError("Only pictures at one of the working resolutions can be augmented. Choose a dataset of pictures.")
    table = store.items(dataset)
    row = table.iloc[[int(np.random.default_rng(seed).integers(len(table)))]]
    pictures = [item for item in store.contents(dataset, row) if isinstance(item, Picture)]
    pixels = torch.from_numpy(decode(pictures, View(image_size))[0]).permute(2, 0, 1)
    views = preview(pixels, TrainingSettings.model_validate(settings), min(max(count, 1), _MOST), seed)
    workspace.uploads.mkdir(parents=True, exist_ok=True)
    paths = [workspace.uploads / f"view-{uuid4().hex}.png" for _ in views]
    for path, view in zip(paths, views, strict=True):
        Image.fromarray(view.permute(1, 2, 0).numpy()).save(path)
    return {"paths": list(map(str, paths)), "of": row["name"].iloc[0]}

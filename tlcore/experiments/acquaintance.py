"""What a glance at an experiment's training items says, taken once a process: several runs and a worker that waits share it."""

from collections.abc import Hashable
from functools import lru_cache
from typing import cast

import numpy as np

from tlcore.encoders.base import Encoder
from tlcore.encoders.familiarity import familiarity
from tlcore.evaluation.alarm_records import Familiarity
from tlcore.experiments.plan import Prepared
from tlcore.models.items import Writing, writing_of
from tlcore.records import Item

_SHOWN = 2_000
"""Training items looked at."""


def written_in(prepared: Prepared) -> Writing:
    """Languages and scripts of the training part."""
    return _writing(_shown(prepared))


def familiar_to(encoder: Encoder, prepared: Prepared) -> Familiarity:
    """How near the training part is to what an encoder learned from."""
    return _familiarity(cast("Hashable", encoder), _shown(prepared))


def _shown(prepared: Prepared) -> tuple[Item, ...]:
    """Training items, evenly picked."""
    train = prepared.split.train
    return tuple(prepared.items(train[np.linspace(0, len(train) - 1, min(_SHOWN, len(train)), dtype=int)]))


@lru_cache(maxsize=1)
def _writing(items: tuple[Item, ...]) -> Writing:
    """Known by the items themselves, so that nothing can be out of date."""
    return writing_of(items)


@lru_cache(maxsize=4)
def _familiarity(encoder: Encoder, items: tuple[Item, ...]) -> Familiarity:
    """The same, of each encoder."""
    return familiarity(encoder, items)

"""Two experiments side by side: frozen records that command line, page and chart read.

`first` and `second` are the two experiments; a difference is always first minus second, a fraction.
"""

from typing import Literal

from tlcore.records import Record, RunStatus, StrategySummary

Basis = Literal["paired", "unpaired", "settings"]
"""What can be compared: single answers to the same items; scores on different items; the settings alone."""
PairKind = Literal["first_better", "second_better", "no_difference", "not_enough_evidence"]


class SideFacts(Record):
    """One of the two experiments."""

    experiment: str
    name: str
    label: str
    """Its name in sentences, in quotation marks; with the beginning of its id where both have one name."""
    dataset: str
    dataset_name: str
    created_at: str
    status: RunStatus
    reason: str = ""
    runs: int
    finished: int
    n_test: int | None = None
    """Items of its locked test; None before its worker began."""


class Change(Record):
    """Something that is not the same in both experiments."""

    what: str
    first: str | None
    """In words; None when it is unknown or does not apply."""
    second: str | None
    strategy: str | None = None
    """Id of the strategy that it concerns; None when it concerns all."""
    moves_scores: bool = True
    """False for what cannot change a run's score, such as how many seeds there are."""


class SharedItems(Record):
    """On which test items the two are compared."""

    shared: int
    """Test items compared: in both tests with the same label, and in neither training part."""
    relabelled: int = 0
    """Test items of both that have another label in the other one; left out."""
    learned: int = 0
    """Test items of both that a training part holds too, as a copy or near copy; left out."""
    first_learned: int = 0
    """The second's test items that the first's training part holds, compared or not."""
    second_learned: int = 0
    whole: bool
    """True when both tests hold these items and no others."""


class PairedDifference(Record):
    """One strategy at one budget in both experiments, paired over seeds and test items."""

    strategy: str
    budget: int
    first_encoder: str
    second_encoder: str
    seeds: tuple[int, ...]
    """Those that both have."""
    items: int
    first_score: float
    """Mean accuracy over these seeds and items."""
    second_score: float
    difference: float
    low: float
    """95 % interval, both ends corrected for all pairs that were looked at."""
    high: float
    identical: bool = False
    """True when both give the same probabilities to the last digit: then nothing is uncertain."""
    kind: PairKind
    settle: str = ""
    """Where it is open: what would settle it."""
    sentence: str = ""
    first_runs: tuple[str, ...] = ()
    second_runs: tuple[str, ...] = ()


class ScorePair(Record):
    """The scores of one strategy at one budget, each on its own experiment's whole test."""

    strategy: str
    budget: int
    first: StrategySummary | None
    """None when that experiment has no finished run of it."""
    second: StrategySummary | None


class SideBySide(Record):
    """Two experiments, as far as they can be compared."""

    first: SideFacts
    second: SideFacts
    basis: Basis
    sentence: str
    """The finding, for people who read nothing else."""
    reason: str
    """Which items the comparison stands on; or why there is none, and the cure."""
    band: float
    """Differences inside ±band do not matter in practice: the larger of the two experiments' bands."""
    looked_at: int = 0
    """How many pairs the intervals are corrected for; pairs that are identical need no correction."""
    items: SharedItems | None = None
    pairs: tuple[PairedDifference, ...] = ()
    """In the order of strategies, then budgets."""
    headline: int | None = None
    """Place in `pairs` of the one the sentence is about."""
    without_partner: tuple[str, ...] = ()
    """What stands in one experiment alone, one sentence each."""
    scores: tuple[ScorePair, ...] = ()
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    """What else a reader must know."""

"""The verdict's evidence: frozen records that charts, pages and reports read, stored as JSON.

As everywhere, scores and differences are fractions in 0-1, times are seconds, and `None` means "unknown", never zero.
"""

from typing import Literal

from tlcore.evaluation.alarm_records import Alarm
from tlcore.records import Record

Measure = Literal["accuracy", "macro_f1", "balanced_accuracy", "log_loss"]
"""What runs are compared by. Log loss is in nats and better when lower; the others are fractions and better when higher."""


class CurvePoint(Record):
    """A strategy's score at one budget, averaged over its seeds."""

    budget: int
    score: float
    low: float | None
    """95 % interval over seeds and test items, of this point alone; None when there is but one test item."""
    high: float | None
    seeds: int
    train_seconds: float | None
    """Mean a run; None when a run did not record it."""
    encode_seconds: float | None
    runs: tuple[str, ...]
    """Ids of the runs behind it, in the order of their seeds."""


class Curve(Record):
    """Score against labels of one strategy with one encoder, budgets rising."""

    strategy: str
    encoder: str
    measure: Measure
    points: tuple[CurvePoint, ...]


class MeasureDifference(Record):
    """Two strategies by one measure, paired over seeds and test items."""

    measure: Measure
    first: str
    second: str
    encoder: str
    """The first side's."""
    budget: int
    difference: float
    """First minus second: for log loss, below zero speaks for the first."""
    low: float
    high: float
    better: str | None
    """Id of the strategy that is better beyond chance; None where zero lies inside the interval."""
    seeds: int
    sentence: str


class LabelsSaved(Record):
    """How many labels the control needs to match a strategy at `budget` labels, read off both curves."""

    strategy: str
    control: str
    encoder: str
    measure: Measure
    budget: int
    kind: Literal["factor", "more_than", "fewer_than", "unknown"]
    """`more_than`: the control never got there. `fewer_than`: it was there already with its smallest budget."""
    factor: float | None = None
    """The control's labels over `budget`, where its curve reaches the score."""
    low: float | None = None
    """Lower end of the 95 % interval; None: nothing that was run rules out fewer."""
    high: float | None = None
    """Upper end; None: nothing that was run rules out more."""
    seeds: int = 0
    budgets: tuple[int, ...] = ()
    """The control's budgets that it was read off."""
    runs: tuple[str, ...] = ()
    """Ids of all runs it was read off."""
    sentence: str


class TimeSaved(Record):
    """The control's time over a strategy's at the same budget, training and encoding from cold."""

    strategy: str
    control: str
    encoder: str
    budget: int
    ratio: float | None = None
    """4.0: a quarter of the time. None where a run did not record its time."""
    low: float | None = None
    """95 % interval over seeds; None with one seed."""
    high: float | None = None
    seeds: int = 0
    sentence: str


class TimePoint(Record):
    """Score against total time of one strategy, encoder and budget."""

    strategy: str
    encoder: str
    budget: int
    seconds: float
    """Mean a run, training and encoding from cold."""
    score: float
    low: float | None
    high: float | None
    front: bool
    """True when nothing else scores as well in less time (the Pareto front)."""
    runs: tuple[str, ...]


class TimeToMatch(Record):
    """The least time at which a strategy was seen to reach the best score of the control."""

    strategy: str
    control: str
    encoder: str
    target: float
    """The control's best mean score."""
    control_budget: int
    """Where the control reached it."""
    control_seconds: float | None
    budget: int | None = None
    """Where the strategy does; None when it never did."""
    seconds: float | None = None
    sentence: str


class GrowthPoint(Record):
    """The score that a fitted curve foresees at more labels than were run."""

    budget: int
    score: float
    low: float
    high: float
    """95 % interval of the expected score, over seeds, test items and the curves that fit."""
    gain: float
    """Over the score the fitted curve has at the largest budget that was run."""
    gain_low: float
    gain_high: float


class Growth(Record):
    """How much more data would bring: an inverse power law fitted to a strategy's curve."""

    strategy: str
    encoder: str
    measure: Measure
    budgets: tuple[int, ...]
    """What it was fitted on."""
    points: tuple[GrowthPoint, ...] = ()
    """Up to four times the largest budget; empty when refused."""
    refused: str = ""
    """Why nothing is foreseen, in one sentence."""
    seeds: int = 0
    runs: tuple[str, ...] = ()
    sentence: str


class LabelsNeeded(Record):
    """The labels at which a foreseen curve reaches a target."""

    target: float
    labels: int | None = None
    low: int | None = None
    """The fewest labels that the interval allows; None when not even the largest foreseen budget would do."""
    high: int | None = None
    """The most; None when it may take more than is foreseen."""
    sentence: str


class ClassChange(Record):
    """One class's recall with two strategies: the ends of a dumbbell."""

    label: str
    support: int
    """Test items of this class."""
    first: float | None
    """Recall, averaged over the shared seeds; None without a test item."""
    second: float | None
    difference: float | None = None
    """First minus second."""
    low: float | None = None
    """95 % interval, corrected over the classes; None when there are fewer than two test items."""
    high: float | None = None
    reason: str = ""
    """Why there is no interval."""


class ItemDifferences(Record):
    """Where two strategies differ on the locked test. Items are positions in the order of the test items."""

    first: str
    second: str
    encoder: str
    budget: int
    seeds: tuple[int, ...]
    """Shared seeds; an item counts as right when more than half of them get it right."""
    only_first: tuple[int, ...]
    """Items that only the first gets right, clearest first."""
    only_second: tuple[int, ...]
    both: int
    neither: int
    classes: tuple[ClassChange, ...]
    confusion: tuple[tuple[float, ...], ...]
    """First's mean confusion matrix minus second's: rows true, columns predicted, in items."""


class ReliabilityBin(Record):
    """Predictions of similar confidence."""

    confidence: float
    """Mean confidence."""
    accuracy: float
    low: float
    high: float
    """95 % interval of the accuracy (Wilson)."""
    count: int


class Calibration(Record):
    """How far confidence can be believed, over all predictions of a group's seeds."""

    strategy: str
    encoder: str
    budget: int
    bins: tuple[ReliabilityBin, ...]
    """Equal mass, confidence rising."""
    error: float
    """Expected calibration error as it is usually reported; chance alone pushes it up."""
    error_debiased: float
    """The same with what chance adds taken off."""
    overconfidence: float
    """Mean confidence minus accuracy: above zero, it claims more than it knows."""
    overconfidence_low: float | None
    overconfidence_high: float | None
    histogram: tuple[int, ...]
    """Predictions by confidence, in twenty equal steps from 0 to 1."""
    temperatures: tuple[float, ...] = ()
    """One a run, fitted on labels held out of its fit; empty unless every run has one."""
    scaled_bins: tuple[ReliabilityBin, ...] = ()
    """`bins` with each run's confidence scaled by its temperature."""
    scaled_error_debiased: float | None = None
    runs: tuple[str, ...]
    sentence: str
    scaled_sentence: str = ""
    """What scaling brings, or why there is none; empty in answers from before it was known."""


class Evidence(Record):
    """All that stands behind a verdict."""

    curves: tuple[Curve, ...] = ()
    """By every measure."""
    measures: tuple[MeasureDifference, ...] = ()
    """The verdict's pair by every measure."""
    labels_saved: tuple[LabelsSaved, ...] = ()
    """Every transfer strategy at each of its budgets."""
    headline: LabelsSaved | None = None
    """The one of the verdict's strategy that says most; None when there is nothing to read off."""
    time_saved: tuple[TimeSaved, ...] = ()
    times: tuple[TimePoint, ...] = ()
    time_to_match: tuple[TimeToMatch, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    growth: Growth | None = None
    """Of the strategy that scores best at the largest budget."""
    differences: ItemDifferences | None = None
    """Of the verdict's pair."""
    calibration: tuple[Calibration, ...] = ()
    """Of each strategy at its largest budget."""
    notes: tuple[str, ...] = ()
    """What could not be said, and why."""

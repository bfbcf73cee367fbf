"""Plain words for numbers, used by verdicts and charts alike."""

from collections.abc import Iterable

from tlcore.evaluation.intervals import Interval
from tlcore.evaluation.outcomes import Measure, Metric

METRIC_NAMES: dict[Metric, str] = {"accuracy": "accuracy", "macro_f1": "macro F1"}
MEASURE_NAMES: dict[Measure, str] = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "balanced_accuracy": "balanced accuracy",
    "log_loss": "log loss",
}

_FRACTIONS = {2: "half", 3: "a third", 4: "a quarter", 5: "a fifth", 6: "a sixth", 7: "a seventh", 8: "an eighth", 9: "a ninth"}


def points(fraction: float, metric: Metric) -> str:
    """A difference's size: 0.183 is "18.3 points of accuracy"."""
    return f"{tenths(abs(fraction))} points of {METRIC_NAMES[metric]}"


def interval_words(interval: Interval) -> str:
    """The ends in points: "(95 % interval 15.1 to 21.4)"."""
    return f"(95 % interval {tenths(interval.low)} to {tenths(interval.high)})"


def flipped(interval: Interval) -> Interval:
    """The same interval seen from the other side."""
    return Interval(-interval.estimate, -interval.high, -interval.low)


def band_words(band: float) -> str:
    """The practical band: 0.01 is "±1 point"."""
    return f"±{100 * band:g} point{'' if band == 0.01 else 's'}"


def tenths(fraction: float) -> str:
    """Percent or points with one decimal and no minus zero: 0.183 is "18.3"."""
    return f"{round(100 * fraction, 1) + 0.0:.1f}"


def labels_words(budget: int) -> str:
    """A budget, e.g. "540 labels" or "1 label"."""
    return f"{budget:,} label{'' if budget == 1 else 's'}"


def time_words(ratio: float | None) -> str:
    """How long the first side took, from the second's time over its own: 4.1 is ", in a quarter of the time"."""
    if ratio is None:
        return ""
    if ratio >= 9.5:
        return f", {ratio:.0f} times as fast"
    if ratio >= 1.75:
        return f", in about {_FRACTIONS[round(ratio)]} of the time"
    if ratio >= 1.1:
        return f", in {round(100 / ratio):d} % of the time"
    if ratio > 1 / 1.1:
        return ", in about the same time"
    return f", taking {1 / ratio:.1f} times as long" if ratio > 0.1 else f", taking {1 / ratio:.0f} times as long"


def seconds_words(seconds: float) -> str:
    """A duration at a glance: "under 0.1 s", "0.4 s", "38 s", "4 min", "2.5 h"."""
    if 0 < seconds < 0.05:
        return "under 0.1 s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 99.5 * 60 else f"{seconds / 3600:.1f} h"


def listed(names: Iterable[str], most: int = 5) -> str:
    """Names in a row: "a, b and c"; beyond `most`, "a, b, c, d, e and 12 more"."""
    names = list(names)
    shown, rest = names[:most], len(names) - most
    if rest > 0:
        return f"{', '.join(shown)} and {rest} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def trained(name: str) -> str:
    """A strategy as something that is done: "From scratch" becomes "training from scratch"."""
    return f"training {in_sentence(name)}" if name.startswith("From ") else in_sentence(name)


def opening(words: str) -> str:
    """The same at the start of a sentence."""
    return words[:1].upper() + words[1:]


def in_sentence(name: str) -> str:
    """A strategy's name inside a sentence: "Full fine-tuning" becomes "full fine-tuning"."""
    return name[:1].lower() + name[1:]


def times_words(factor: float, bare: bool = False) -> str:
    """A factor with two digits at most before ten and none after: "6.2 times", "11 times"; `bare` leaves the word out."""
    number = f"{factor:.2g}" if factor < 10 else f"{factor:,.0f}"
    return number if bare else f"{number} times"

"""Numbers and names as the report writes them; every number carries its exact value with it."""

from tlcore.charts.style import strategy_name
from tlcore.evaluation.wording import seconds_words, tenths, trained
from tlcore.records import RunStatus
from tlcore.report.markup import Html, html, joined, number

STATES = {
    RunStatus.SCHEDULED: "waiting",
    RunStatus.RUNNING: "running",
    RunStatus.FINISHED: "finished",
    RunStatus.FAILED: "failed",
    RunStatus.KILLED: "cancelled or interrupted",
}


def percent(value: float | None) -> Html:
    """A score: 0.874 is "87.4 %"."""
    return number(value, f"{tenths(value)} %") if value is not None else html(None)


def signed(value: float | None) -> Html:
    """A difference in points with its sign: 0.183 is "+18.3"."""
    if value is None:
        return html(None)
    words = tenths(value)
    return number(value, words if words.startswith("-") or words == "0.0" else f"+{words}")


def interval(low: float | None, high: float | None, points: bool = False) -> Html:
    """Both ends, as percent or points; unknown unless both are known."""
    if low is None or high is None:
        return html(None)
    ends = (signed(low), signed(high)) if points else (number(low, tenths(low)), number(high, tenths(high)))
    return joined((ends[0], " to ", ends[1]))


def seconds(value: float | None) -> Html:
    """A duration at a glance."""
    return number(value, seconds_words(value)) if value is not None else html(None)


def count(value: int | None) -> Html:
    """A number of things."""
    return number(value, f"{value:,}") if value is not None else html(None)


def side(strategy: str) -> str:
    """A strategy inside a sentence, as something that is done."""
    return trained(strategy_name(strategy))


def moment(instant: str | None) -> str:
    """An instant in UTC: "2026-11-21 12:04 UTC"."""
    return f"{instant[:16].replace('T', ' ')} UTC" if instant else "not known"


def encoder_words(encoder: str) -> str:
    """The encoder's id; a dash where a strategy has none."""
    return "–" if encoder == "none" else encoder

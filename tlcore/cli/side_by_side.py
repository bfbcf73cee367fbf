"""Two experiments side by side, as `results --against` shows them."""

from typing import TYPE_CHECKING

from tlcore.cli.session import Session, table
from tlcore.training.catalogue import STRATEGIES

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tlcore.evaluation.side_by_side_records import SideBySide
    from tlcore.records import StrategySummary

WORDS = {
    "first_better": "better",
    "second_better": "worse",
    "no_difference": "no practical difference",
    "not_enough_evidence": "not enough evidence",
}
"""How a pair came out, said of the first experiment."""


def show_side_by_side(session: Session, first: str, second: str) -> None:
    """Two experiments (ids) as the answer."""
    from tlcore.experiments.side_by_side import compare_experiments

    found = compare_experiments(session.workspace, first, second)
    session.answer(
        found.model_dump(mode="json"),
        found.sentence,
        found.reason,
        *(("", f"{found.first.label} (first) against {found.second.label} (second):", _pairs(found)) if found.pairs else ()),
        *(("", "Scores, each on its own test:", _scores(found)) if found.scores else ()),
        "",
        "What differs:" if found.changes else "Nothing that was recorded differs.",
        *((_changes(found),) if found.changes else ()),
        *(("", *found.notes) if found.notes else ()),
        *(("", *found.without_partner) if found.without_partner else ()),
    )


def _pairs(found: "SideBySide") -> "RenderableType":
    columns = ("strategy", "labels", "seeds", "items", "first", "second", "difference", "low", "high", "the first is")
    rows = [
        (_name(pair.strategy), pair.budget, len(pair.seeds), pair.items, pair.first_score, pair.second_score, pair.difference,
         pair.low, pair.high, "the same to the last digit" if pair.identical else WORDS[pair.kind])
        for pair in found.pairs
    ]  # fmt: skip
    return table(columns, rows)


def _scores(found: "SideBySide") -> "RenderableType":
    columns = ("strategy", "labels", "first: encoder", "accuracy", "low", "high", "second: encoder", "accuracy", "low", "high")
    rows = [(_name(one.strategy), one.budget, *_score(one.first), *_score(one.second)) for one in found.scores]
    return table(columns, rows)


def _score(row: "StrategySummary | None") -> tuple[object, ...]:
    return (None,) * 4 if row is None else (row.encoder, row.accuracy, row.accuracy_low, row.accuracy_high)


def _changes(found: "SideBySide") -> "RenderableType":
    rows = [
        (f"{change.what} ({_name(change.strategy)})" if change.strategy else change.what, change.first, change.second)
        for change in found.changes
    ]
    return table(("", "first", "second"), rows)


def _name(strategy: str) -> str:
    return STRATEGIES[strategy].name if strategy in STRATEGIES else strategy

"""What each strategy costs in time."""

from collections.abc import Sequence
from math import floor, log10
from typing import NamedTuple

import plotly.graph_objects as go

from tlcore.charts.comparison import ROW, largest_budget, row_names
from tlcore.charts.style import figure, label, nothing, rows_axis, strategy_colour, strategy_marker, value_axis
from tlcore.evaluation.wording import in_sentence, seconds_words
from tlcore.records import StrategySummary

_LOG_FROM = 30
"""A log axis from here on: the longest time over the shortest."""
_SHORTEST = 0.01


class _Timed(NamedTuple):
    name: str
    strategy: str
    train: float
    encode: float

    @property
    def total(self) -> float:
        return self.train + self.encode

    @property
    def words(self) -> str:
        encoding = f" ({seconds_words(self.encode)} of it encoding)" if self.encode else ""
        return f"{seconds_words(self.total)}{encoding}"


def time_chart(summary: Sequence[StrategySummary]) -> go.Figure:
    """Mean seconds a run of each strategy, encoding from cold included, quickest on top, at the largest budget."""
    rows = _timed(largest_budget(summary))
    if not rows:
        return nothing("No finished run has recorded its time yet.")
    log = rows[-1].total > _LOG_FROM * max(rows[0].total, _SHORTEST)
    return _log_chart(rows) if log else _bar_chart(rows)


def _timed(summary: Sequence[StrategySummary]) -> list[_Timed]:
    found = [
        _Timed(name, row.strategy, row.train_seconds, row.encode_seconds)
        for name, row in zip(row_names(summary), summary, strict=True)
        if row.train_seconds is not None and row.encode_seconds is not None
    ]
    return sorted(found, key=lambda row: row.total)


def _bar_chart(rows: Sequence[_Timed]) -> go.Figure:
    chart = _frame(rows, ("mean of the seeds", "faint: encoding", "solid: training"), barmode="stack")
    chart.update_xaxes(range=[0, 1.25 * max(row.total for row in rows) or 1])
    for part, opacity in (("encode", 0.4), ("train", 1.0)):
        chart.add_bar(
            x=[getattr(row, part) for row in rows],
            y=list(range(len(rows))),
            orientation="h",
            width=0.5,
            marker={"color": [strategy_colour(row.strategy) for row in rows], "opacity": opacity, "line": {"width": 0}},
            hovertemplate=f"{'encoding' if part == 'encode' else 'training'}: %{{x:.1f}} s<extra></extra>",
        )
    for place, row in enumerate(rows):
        chart.add_annotation(x=row.total, y=place, text=seconds_words(row.total), showarrow=False, xanchor="left", xshift=6)
    return chart


def _log_chart(rows: Sequence[_Timed]) -> go.Figure:
    """Marks, not bars: a bar on a log axis has no honest length."""
    chart = _frame(rows, ("mean of the seeds, encoding included", "each line to the right is ten times as long"))
    ends = [log10(max(row.total, _SHORTEST)) for row in rows]
    chart.update_xaxes(type="log", dtick=1, range=[floor(ends[0]), ends[-1] + 0.3 * (ends[-1] - floor(ends[0]))])
    for place, (row, end) in enumerate(zip(rows, ends, strict=True)):
        chart.add_scatter(
            x=[10**end],
            y=[place],
            mode="markers",
            marker=strategy_marker(row.strategy, size=15),
            hovertemplate=f"{label(row.name)}: {row.words}<extra></extra>",
        )
        chart.add_annotation(x=end, y=place, text=seconds_words(row.total), showarrow=False, xanchor="left", xshift=12)
    return chart


def _frame(rows: Sequence[_Timed], key: Sequence[str], **layout: str) -> go.Figure:
    quick, slow = rows[0], rows[-1]
    title = f"{quick.name} takes {seconds_words(quick.total)} a run"
    if len(rows) > 1:
        title += f", {in_sentence(slow.name)} {seconds_words(slow.total)}"
    return figure(
        f"{title}.",
        "; ".join(f"{row.name}: {row.words}" for row in rows),
        height=ROW * len(rows) + 50,
        key=key,
        xaxis=value_axis("seconds a run"),
        yaxis=rows_axis([row.name for row in rows]),
        **layout,
    )

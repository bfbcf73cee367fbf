"""Two experiments side by side: each strategy's difference with its interval against zero."""

from collections import Counter
from collections.abc import Sequence

import plotly.graph_objects as go

from tlcore.charts.comparison import add_interval
from tlcore.charts.style import NEUTRAL, SOFT, figure, label, nothing, rows_axis, strategy_name, value_axis
from tlcore.evaluation.intervals import Interval
from tlcore.evaluation.side_by_side_records import PairedDifference, SideBySide
from tlcore.evaluation.wording import band_words, interval_words, labels_words, tenths

_ROW = 44
_NAME = 24
"""Characters of an experiment's name in the title and beside the axis."""


def side_by_side_chart(found: SideBySide) -> go.Figure:
    """A mark and its interval for each strategy and budget, zero and the practical band behind them; points of accuracy."""
    if not found.pairs:
        return nothing(found.sentence)
    pairs, band = found.pairs, 100 * found.band
    reach = max(2 * band, *(100 * abs(end) for pair in pairs for end in (pair.low, pair.high))) * 1.1
    names = [_row_name(pair, pairs) for pair in pairs]
    sides = [_short(side.label) for side in (found.first, found.second)]
    chart = figure(
        _title(found, sides),
        "; ".join(f"{name}: {_words(pair)}" for name, pair in zip(names, pairs, strict=True)),
        height=_ROW * len(pairs) + 106,
        key=("mark: difference", "line: 95 % interval, corrected", f"shaded: practical band of {band_words(found.band)}"),
        xaxis=value_axis("points of accuracy", range=[-reach, reach]),
        yaxis=rows_axis(names, most=48),
    )
    chart.update_yaxes(range=[len(pairs) - 0.4, -1.7])
    chart.add_vrect(x0=-band, x1=band, fillcolor=SOFT, line_width=0, layer="below")
    chart.add_vline(x=0, line={"color": NEUTRAL, "width": 1.5}, layer="below")
    for place, (name, pair) in enumerate(zip(names, pairs, strict=True)):
        interval = Interval(pair.difference, pair.low, pair.high)
        add_interval(chart, interval, place, pair.strategy, f"{label(name, 80)}: {_words(pair)}")
        said = "same answers" if pair.identical else signed(pair.difference)
        anchor, shift = ("left", 4) if pair.difference >= 0 else ("right", -4)  # beside the line at zero, not on it
        chart.add_annotation(
            x=100 * pair.difference, y=place, text=f"<b>{said}</b>", showarrow=False, xanchor=anchor, xshift=shift, yshift=17
        )
    # One above the other: on a phone there is no room beside each other.
    chart.add_annotation(x=-reach, y=-1.35, text=label(f"← {sides[1]} is better", 2 * _NAME), showarrow=False, xanchor="left")
    chart.add_annotation(x=reach, y=-0.9, text=label(f"{sides[0]} is better →", 2 * _NAME), showarrow=False, xanchor="right")
    return chart


def signed(fraction: float) -> str:
    """A difference in points with its sign; zero has none."""
    text = tenths(abs(fraction))
    return text if text == "0.0" else f"{'+' if fraction > 0 else '−'}{text}"


def _title(found: SideBySide, sides: Sequence[str]) -> str:
    kinds = Counter(pair.kind for pair in found.pairs)
    count = f"{len(found.pairs)} comparison{'s' * (len(found.pairs) != 1)}"
    times = kinds["first_better"], kinds["second_better"]
    better = [f"{side} is better in {many}" for side, many in zip(sides, times, strict=True) if many]
    if better:
        return f"Of {count}, {' and '.join(better)}."
    if kinds["not_enough_evidence"]:
        return f"In none of {count} is either one better beyond chance."
    return f"In {count} the two score the same in practice."


def _words(pair: PairedDifference) -> str:
    if pair.identical:
        return "exactly the same answers"
    return f"{signed(pair.difference)} points {interval_words(Interval(pair.difference, pair.low, pair.high))}"


def _row_name(pair: PairedDifference, pairs: Sequence[PairedDifference]) -> str:
    """Strategy and labels, with the encoders where a strategy stands there twice."""
    name = f"{strategy_name(pair.strategy)}, {labels_words(pair.budget)}"
    several = sum((one.strategy, one.budget) == (pair.strategy, pair.budget) for one in pairs) > 1
    if not several:
        return name
    same = pair.first_encoder == pair.second_encoder
    return f"{name}, {pair.first_encoder if same else f'{pair.first_encoder} – {pair.second_encoder}'}"


def _short(name: str) -> str:
    return name if len(name) <= _NAME + 2 else f"{name[:_NAME].rstrip()}…”"

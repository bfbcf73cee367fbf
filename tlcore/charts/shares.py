"""Charts of predicted labels by any column and over time."""

import pandas as pd
import plotly.graph_objects as go

from tlcore.charts.labels import OTHERS
from tlcore.charts.names import spread
from tlcore.charts.style import NEUTRAL, class_colours, figure, label, nothing, quoted, rows_axis, value_axis
from tlcore.evaluation.wording import tenths

_ROW = 36
_MOST_CLASSES = 6
_MOST_VALUES = 20
_GAP = 5.5
"""Points of percent between two names at the ends of lines."""
_ENOUGH = 10
"""Rows a value needs before a title names its share."""


def share_by_column_chart(frame: pd.DataFrame, column: str) -> go.Figure:
    """The share of each class for each value of a column, the most frequent values on top.

    Args:
        frame: columns `value`, `label`, `count`, labels in class order (`TableSummary.frame`).
        column: its name.
    """
    counts = _by_value(frame)
    if counts.empty:
        return nothing("Nothing was predicted, so there are no shares to show.")
    sizes = counts.sum(axis=1).sort_values(ascending=False, kind="stable")
    drawn = counts.loc[sizes.index[:_MOST_VALUES]]
    shares = drawn.div(drawn.sum(axis=1), axis=0)
    left_out = len(counts) - len(drawn)
    rest = f"; the {left_out} rarest values are not drawn" if left_out else ""
    chart = figure(
        _column_title(shares, sizes, column),
        f"Shares of the predicted classes for {len(drawn)} values of {column}{rest}.",
        height=_ROW * len(drawn) + 60,
        barmode="stack",
        key=("share of the rows", "in brackets: rows", *([f"the {left_out} rarest values are not drawn"] if left_out else [])),
        xaxis=value_axis(range=[0, 100.5], dtick=25, ticksuffix=" %"),
        yaxis=rows_axis([f"{value or '(empty)'} ({sizes[value]:,})" for value in drawn.index]),
        showlegend=True,
        legend={
            "orientation": "h",
            "x": 0,
            "y": 0,
            "yref": "container",
            "yanchor": "bottom",
            "traceorder": "normal",
            "itemclick": False,
        }
        | {"itemdoubleclick": False},
    )
    for name, colour in _colours(shares).items():
        chart.add_bar(
            x=100 * shares[name],
            y=list(range(len(drawn))),
            orientation="h",
            width=0.7,
            name=label(name, 24),
            marker={"color": colour, "line": {"width": 0}},
            text=[f"{100 * share:.0f} %" if share >= 0.08 else "" for share in shares[name]],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": "#ffffff"},
            hovertemplate=f"{label(name)}: %{{x:.1f}} %<extra></extra>",
        )
    return chart


def share_over_time_chart(frame: pd.DataFrame, column: str) -> go.Figure:
    """The share of each class by period, a line a class.

    Args:
        frame: columns `value` (ISO day on which a period begins), `label`, `count`, labels in class order.
        column: name of the column the dates are from.
    """
    counts = _by_value(frame).sort_index()
    if len(counts) < 2:
        return nothing("There is only one period, so there is no change over time to show.")
    shares = counts.div(counts.sum(axis=1), axis=0)
    chart = figure(
        _time_title(counts),
        f"A line for each class by {column}, {counts.index[0]} to {counts.index[-1]}.",
        height=320,
        xaxis=value_axis(label(column), type="date"),
        yaxis=value_axis("share of the rows", rangemode="tozero", ticksuffix=" %"),
    )
    for name, colour in _colours(shares).items():
        chart.add_scatter(
            x=list(shares.index),
            y=100 * shares[name],
            mode="lines+markers" if len(shares) <= 40 else "lines",
            line={"color": colour, "width": 2.5},
            marker={"size": 6},
            customdata=counts.sum(axis=1),
            hovertemplate=f"{label(name)}, %{{x|%Y-%m-%d}}: %{{y:.1f}} % of %{{customdata}} rows<extra></extra>",
        )
    last = 100 * shares.iloc[-1]
    for name, height in zip(last.index, spread(last.tolist(), _GAP, low=0.0), strict=True):
        chart.add_annotation(
            xref="paper", x=1, y=height, text=label(str(name), 18), showarrow=False, xanchor="left", xshift=6,
            font={"color": _colours(shares)[str(name)]},
        )  # fmt: skip
    longest = max(len(label(str(name), 18)) for name in shares.columns)
    return chart.update_layout(margin={"r": 20 + 8 * longest})


def _by_value(frame: pd.DataFrame) -> pd.DataFrame:
    """Values × labels; labels beyond the six most frequent are added up, values without rows dropped."""
    labels = list(dict.fromkeys(frame["label"]))
    values = list(dict.fromkeys(frame["value"]))
    table = frame.pivot_table(index="value", columns="label", values="count", aggfunc="sum", fill_value=0)
    table = table.reindex(index=values, columns=labels, fill_value=0)
    if len(labels) > _MOST_CLASSES + 1:
        frequent = set(table.sum().nlargest(_MOST_CLASSES).index)
        rare = [name for name in labels if name not in frequent or name == OTHERS]
        table = table.drop(columns=rare).assign(**{OTHERS: table[rare].sum(axis=1)})
    return table[table.sum(axis=1) > 0]


def _colours(shares: pd.DataFrame) -> dict[str, str]:
    names = [str(name) for name in shares.columns]
    return class_colours([name for name in names if name != OTHERS]) | ({OTHERS: NEUTRAL} if OTHERS in names else {})


def _column_title(shares: pd.DataFrame, sizes: "pd.Series[int]", column: str) -> str:
    """Names the class whose share differs most between values that have enough rows."""
    sure = shares[sizes[shares.index] >= _ENOUGH]
    if len(sure) < 2:
        return f"Predicted classes by {quoted(column)}."
    name = (sure.max() - sure.min()).drop(OTHERS, errors="ignore").idxmax()
    high, low = sure[name].idxmax(), sure[name].idxmin()
    if sure[name][high] == sure[name][low]:
        return f"The predicted classes do not differ by {quoted(column)}."
    return (
        f"{quoted(str(name))} is most frequent for {quoted(str(high))} ({tenths(sure[name][high])} %) "
        f"and rarest for {quoted(str(low))} ({tenths(sure[name][low])} %)."
    )


def _time_title(counts: pd.DataFrame) -> str:
    """Names the class whose share changed most from the first half of the periods to the second."""
    middle = len(counts) // 2
    early, late = counts.iloc[:middle].sum(), counts.iloc[middle:].sum()
    early, late = early / early.sum(), late / late.sum()
    name = (late - early).drop(OTHERS, errors="ignore").abs().idxmax()
    if tenths(early[name]) == tenths(late[name]):
        return "The shares of the predicted classes stay the same over time."
    moved = "rises" if late[name] > early[name] else "falls"
    return (
        f"{quoted(str(name))} {moved} from {tenths(early[name])} % in the first half to {tenths(late[name])} % in the second."
    )

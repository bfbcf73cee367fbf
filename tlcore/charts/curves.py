"""How training went, epoch by epoch."""

from collections.abc import Sequence
from statistics import median_low

import plotly.graph_objects as go

from tlcore.charts.style import add_panels, figure, nothing, strategy_colour, strategy_name, strategy_rank, value_axis
from tlcore.evaluation.wording import in_sentence
from tlcore.records import EpochRecord, RunRecord

_PANEL = 230
_COLUMNS = 3


def learning_curves(runs: Sequence[RunRecord]) -> go.Figure:
    """Loss by epoch at the largest budget: a panel a strategy, a line a seed, the epoch that was kept marked with a ring."""
    curved = [run for run in runs if run.curve]
    budget = max((run.budget for run in curved), default=0)
    panels: dict[tuple[str, str], list[RunRecord]] = {}
    for run in sorted(curved, key=lambda run: (strategy_rank(run.strategy), run.encoder, run.seed)):
        if run.budget == budget:
            panels.setdefault((run.strategy, run.encoder), []).append(run)
    if not panels:
        return nothing("No run here learns in epochs, so there are no curves to show.")
    names, columns = _panel_names(panels), min(len(panels), _COLUMNS)
    rows = -(-len(panels) // columns)
    chart = figure(
        _title(names, list(panels.values())),
        "Each panel shows the training and validation loss of each seed by epoch; lower is better.",
        height=_PANEL * rows,
        key=("solid: validation", "dotted: training", "ring: the epoch kept"),
    )
    add_panels(chart, rows, names)
    for place, group in enumerate(panels.values()):
        where = {"row": place // columns + 1, "col": place % columns + 1}
        for run in group:
            _add_run(chart, run, where)
    chart.update_xaxes(**value_axis("epoch", rangemode="tozero", dtick=_step(panels)))
    chart.update_yaxes(**value_axis(rangemode="tozero"))
    chart.update_yaxes(title="loss", col=1)
    return chart


def kept_epoch(run: RunRecord) -> int | None:
    """The epoch whose weights the run kept, counted from 1; None when it did not say."""
    kept = run.chosen.get("epochs")
    return int(kept) if isinstance(kept, int | float) and not isinstance(kept, bool) else None


def _add_run(chart: go.Figure, run: RunRecord, where: dict[str, int]) -> None:
    colour, kept = strategy_colour(run.strategy), kept_epoch(run)
    for part, dash in (("train_loss", "dot"), ("validation_loss", "solid")):
        points = [epoch for epoch in run.curve if getattr(epoch, part) is not None]
        chart.add_scatter(
            x=[epoch.epoch for epoch in points],
            y=[getattr(epoch, part) for epoch in points],
            mode="lines+markers" if len(points) == 1 else "lines",
            line={"color": colour, "dash": dash, "width": 2},
            opacity=0.75,
            hovertemplate=f"seed {run.seed}, epoch %{{x}}<br>{part.replace('_', ' ')} %{{y:.3f}}<extra></extra>",
            **where,
        )
    loss = next((_loss(epoch) for epoch in run.curve if epoch.epoch == kept), None)
    if loss is not None:
        ring = {"color": colour, "size": 11, "symbol": "circle-open", "line": {"width": 2.5}}
        hover = f"seed {run.seed} keeps epoch {kept}<extra></extra>"
        chart.add_scatter(x=[kept], y=[loss], mode="markers", marker=ring, hovertemplate=hover, **where)


def _loss(epoch: EpochRecord) -> float:
    return epoch.train_loss if epoch.validation_loss is None else epoch.validation_loss


def _title(names: Sequence[str], panels: Sequence[Sequence[RunRecord]]) -> str:
    parts: list[str] = []
    for name, group in zip(names, panels, strict=True):
        epochs = median_low([run.curve[-1].epoch for run in group])
        kept = [epoch for epoch in map(kept_epoch, group) if epoch is not None]
        did = f"keeps epoch {median_low(kept)} of {epochs}" if kept else f"trains for {epochs} epoch{'s' if epochs > 1 else ''}"
        parts.append(f"{in_sentence(name) if parts else name} {did}")
    return f"{'; '.join(parts)}."


def _panel_names(panels: dict[tuple[str, str], list[RunRecord]]) -> list[str]:
    several = len({encoder for _, encoder in panels}) > 1
    return [f"{strategy_name(strategy)} · {encoder}" if several else strategy_name(strategy) for strategy, encoder in panels]


def _step(panels: dict[tuple[str, str], list[RunRecord]]) -> int:
    """Whole epochs between two ticks."""
    return -(-max(run.curve[-1].epoch for group in panels.values() for run in group) // 4)

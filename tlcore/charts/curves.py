"""How training went, epoch by epoch."""

from collections.abc import Sequence
from statistics import median_low

import plotly.graph_objects as go

from tlcore.charts.style import add_panels, figure, nothing, strategy_colour, strategy_name, strategy_rank, value_axis
from tlcore.evaluation.wording import in_sentence
from tlcore.records import EpochRecord, RunRecord

MOST_SEEDS = 10
"""Drawn at most in a panel: more lines would be a thicket."""
_PANEL = 230
_COLUMNS = 3


def learning_curves(runs: Sequence[RunRecord]) -> go.Figure:
    """Loss by epoch at the largest budget: a panel a strategy, a line a seed, the epoch that was kept marked with a ring.

    Of very many seeds the first `MOST_SEEDS` are drawn; the title speaks of all.
    """
    curved = [run for run in runs if run.curve]
    budget = max((run.budget for run in curved), default=0)
    panels: dict[tuple[str, str], list[RunRecord]] = {}
    for run in sorted(curved, key=lambda run: (strategy_rank(run.strategy), run.encoder, run.seed)):
        if run.budget == budget:
            panels.setdefault((run.strategy, run.encoder), []).append(run)
    if not panels:
        return nothing("No run here learns in epochs, so there are no curves to show.")
    names, columns = _panel_names(panels), min(len(panels), _COLUMNS)
    rows, most = -(-len(panels) // columns), max(map(len, panels.values()))
    validated = any(epoch.validation_loss is not None for group in panels.values() for run in group for epoch in run.curve)
    chart = figure(
        _title(names, list(panels.values())),
        "Each panel shows the training and validation loss of each seed by epoch; lower is better.",
        height=_PANEL * rows,
        key=(*(["solid: validation"] if validated else []), "dotted: training", "ring: the epoch kept",
             *([f"the first {MOST_SEEDS} seeds of up to {most}"] if most > MOST_SEEDS else [])),
    )  # fmt: skip
    add_panels(chart, rows, names)
    for place, group in enumerate(panels.values()):
        where = {"row": place // columns + 1, "col": place % columns + 1}
        _add_panel(chart, group[:MOST_SEEDS], where)
    chart.update_xaxes(**value_axis("epoch", rangemode="tozero", dtick=_step(panels)))
    chart.update_yaxes(**value_axis(rangemode="tozero"))
    chart.update_yaxes(title="loss", col=1)
    return chart


def kept_epoch(run: RunRecord) -> int | None:
    """The epoch whose weights the run kept, counted from 1; None when it did not say."""
    kept = run.chosen.get("epochs")
    return int(kept) if isinstance(kept, int | float) and not isinstance(kept, bool) else None


def _add_panel(chart: go.Figure, group: Sequence[RunRecord], where: dict[str, int]) -> None:
    """One trace a kind of line, the seeds with a gap between them: a trace each would take a second for hundreds of runs."""
    colour = strategy_colour(group[0].strategy)
    for part, dash in (("train_loss", "dot"), ("validation_loss", "solid")):
        points = [_points(run, part) for run in group if any(getattr(epoch, part) is not None for epoch in run.curve)]
        joined = [point for number, line in enumerate(points) for point in ([(None, None, ""), *line] if number else line)]
        chart.add_scatter(
            x=[x for x, _, _ in joined], y=[y for _, y, _ in joined], text=[text for _, _, text in joined],
            mode="lines+markers" if any(len(line) == 1 for line in points) else "lines",
            line={"color": colour, "dash": dash, "width": 2}, opacity=0.75,
            hovertemplate=f"%{{text}}, epoch %{{x}}<br>{part.replace('_', ' ')} %{{y:.3f}}<extra></extra>", **where,
        )  # fmt: skip
    rings = [(run.seed, epoch.epoch, _loss(epoch)) for run in group for epoch in run.curve if epoch.epoch == kept_epoch(run)]
    if rings:
        chart.add_scatter(
            x=[epoch for _, epoch, _ in rings], y=[loss for _, _, loss in rings], mode="markers",
            marker={"color": colour, "size": 11, "symbol": "circle-open", "line": {"width": 2.5}},
            text=[f"seed {seed} keeps epoch {epoch}" for seed, epoch, _ in rings], hovertemplate="%{text}<extra></extra>",
            **where,
        )  # fmt: skip


def _points(run: RunRecord, part: str) -> list[tuple[int | None, float | None, str]]:
    known = ((epoch.epoch, getattr(epoch, part)) for epoch in run.curve)
    return [(epoch, loss, f"seed {run.seed}") for epoch, loss in known if loss is not None]


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

"""The charts of a verdict's evidence, drawn from simulated experiments."""

import json
import re

import pytest

from benchmarks.verdict_simulation import STRATEGIES, Simulation, outcomes_of, power_law
from tlcore import charts
from tlcore.evaluation.alarms import Watch
from tlcore.evaluation.evidence import find_evidence

LADDER = (50, 100, 200, 400)
CLASSES = ("<b>bad</b>", "good $x$")


def evidence(ladder=LADDER, seeds=3, items=300):
    truth = {
        "classic": power_law(ladder, 0.9, 1.6, 0.4),
        "scratch": power_law(ladder, 0.93, 1.6, 0.38),
        "full_fine_tuning": power_law(ladder, 0.93, 1.6, 0.38, factor=5),
    }
    runs = outcomes_of(Simulation(seeds, items, draw_seed=1).curves(truth), ladder)
    return find_evidence(runs, Watch(STRATEGIES, n_train=400), CLASSES)


def drawn(found):
    growth = found.growth
    key = (growth.strategy, growth.encoder, growth.measure)
    curve = next(one for one in found.curves if (one.strategy, one.encoder, one.measure) == key)
    return {
        "efficiency": charts.efficiency_chart(found.curves),
        "log loss": charts.efficiency_chart([one for one in found.curves if one.measure == "log_loss"]),
        "pareto": charts.pareto_chart(found.times),
        "growth": charts.growth_chart(growth, curve),
        "classes": charts.class_change_chart(found.differences),
        "confusion": charts.confusion_difference_chart(found.differences, CLASSES),
        "reliability": charts.reliability_chart(found.calibration),
        "confidence": charts.confidence_chart(found.calibration[0]),
        "labels saved": charts.labels_saved_chart(found.labels_saved),
    }


@pytest.mark.parametrize("choices", [{}, {"ladder": (50,)}, {"seeds": 1}, {"items": 3}])
def test_every_chart_says_its_finding_and_draws_no_number_that_is_none(choices):
    for name, chart in drawn(evidence(**choices)).items():
        written = json.dumps({**json.loads(chart.to_json()), "meta": None}).replace(json.dumps(charts.alt_text(chart)), "")
        assert "NaN" not in written and "Infinity" not in written, name
        assert re.search(r"\d", chart.layout.title.text) and len(charts.alt_text(chart)) > 40, name
        assert not any(mark in written for mark in ("<b>bad", "$x$", "\\u003cb\\u003ebad")), name
        for trace in chart.data:
            assert trace.hoverinfo == "skip" or "<extra></extra>" in trace.hovertemplate, name


def test_one_measure_is_drawn_with_every_point_and_its_runs():
    found = evidence()
    lines = [trace for trace in charts.efficiency_chart(found.curves).data if trace.customdata is not None]
    wanted = {curve.strategy: curve for curve in found.curves if curve.measure == "accuracy"}
    assert len(lines) == len(wanted) == 3
    assert list(lines[-1].x) == list(LADDER)
    assert list(lines[-1].y) == pytest.approx([100 * point.score for point in wanted["full_fine_tuning"].points])
    assert tuple(lines[-1].customdata[0]) == wanted["full_fine_tuning"].points[0].runs


def test_unknown_ends_and_nothing_at_all_are_said_not_drawn():
    found = evidence()
    bare = [curve.model_copy(update={"points": tuple(p.model_copy(update={"low": None, "high": None}) for p in curve.points)})
            for curve in found.curves]  # fmt: skip
    assert all(trace.fill is None for trace in charts.efficiency_chart(bare).data)
    for chart in (
        charts.efficiency_chart([]),
        charts.pareto_chart([]),
        charts.labels_saved_chart([]),
        charts.reliability_chart([]),
    ):
        assert not chart.data and chart.layout.title.text
    refused = found.growth.model_copy(update={"points": (), "sentence": "It cannot be said: too few."})
    assert "cannot be said" in charts.growth_chart(refused, None).layout.title.text

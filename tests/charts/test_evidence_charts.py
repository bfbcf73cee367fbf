"""The charts of a verdict's evidence, drawn from simulated experiments."""

import json
import re

import numpy as np
import pytest

from benchmarks.verdict_simulation import STRATEGIES, Simulation, outcomes_of, power_law
from tlcore import charts
from tlcore.charts.names import spread
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


def test_a_temperature_is_drawn_beside_what_it_mends():
    found = evidence().calibration[0]
    assert "Too few labels were held out" in charts.alt_text(charts.temperature_chart(found))
    update = {"temperatures": (1.5,), "scaled_bins": found.bins[:2], "error_debiased": 0.08, "scaled_error_debiased": 0.02}
    chart = charts.temperature_chart(found.model_copy(update=update))
    assert "Scaling brings the confidence of classic baseline from 8.0 to 2.0 points off" in charts.alt_text(chart)
    assert [len(trace.x) for trace in chart.data[1:]] == [len(found.bins), 2]
    worse = charts.temperature_chart(found.model_copy(update={**update, "scaled_error_debiased": 0.09}))
    assert "Scaling takes" in worse.layout.title.text


def test_one_strategy_stands_out_and_the_title_is_about_it():
    known = evidence().calibration
    worst = max(known, key=lambda one: abs(one.overconfidence))
    for chosen in (None, *known):
        chart = charts.reliability_chart(known, chosen)
        [front] = [trace for trace in chart.data if trace.mode == "lines+markers"]
        assert list(front.x) == pytest.approx([100 * each.confidence for each in (chosen or worst).bins])
        assert ("farthest off" in charts.alt_text(chart)) is (chosen in (None, worst))
        assert len([trace for trace in chart.data if trace.opacity]) == len(known) - 1


def test_one_measure_is_drawn_with_every_point_and_its_runs():
    found = evidence()
    lines = [trace for trace in charts.efficiency_chart(found.curves).data if trace.customdata is not None]
    wanted = {curve.strategy: curve for curve in found.curves if curve.measure == "accuracy"}
    assert len(lines) == len(wanted) == 3
    assert list(lines[-1].x) == list(LADDER)
    assert list(lines[-1].y) == pytest.approx([100 * point.score for point in wanted["full_fine_tuning"].points])
    assert tuple(lines[-1].customdata[0]) == wanted["full_fine_tuning"].points[0].runs


def names_on(chart):
    """The texts beside lines and marks."""
    return [re.sub("<br>|<[^>]*>", " ", one.text).split() for one in chart.layout.annotations]


@pytest.mark.parametrize("kind", ["efficiency", "pareto", "reliability"])
def test_strategies_are_named_at_their_lines_or_marks(kind):
    chart = drawn(evidence())[kind]
    said = [" ".join(word for word in words if word not in "◆■●") for words in names_on(chart)]
    assert sorted(said) == ["Classic baseline", "From scratch", "Full fine-tuning"]


def test_a_point_says_how_many_labels_seeds_and_seconds_and_how_sure():
    found = evidence()
    hover = next(trace for trace in charts.efficiency_chart(found.curves).data if trace.customdata is not None).text[0]
    point = found.curves[0].points[0]
    assert "50 labels, 3 seeds" in hover and "10 s a run" in hover
    assert f"{100 * point.score:.1f} % (95 % interval {100 * point.low:.1f} to {100 * point.high:.1f})" in hover


def test_points_against_time_stand_for_their_runs():
    found = evidence()
    marks = [tuple(trace.customdata[0]) for trace in charts.pareto_chart(found.times).data if trace.customdata is not None]
    assert sorted(marks) == sorted(point.runs for point in found.times)


def test_names_that_would_cover_each_other_are_pushed_apart_no_further_than_needed():
    assert spread([1.0, 1.0, 9.0], 2.0) == pytest.approx([0.0, 2.0, 9.0])
    assert spread([5.0, 1.0], 2.0) == [5.0, 1.0]
    assert spread([], 2.0) == []
    assert spread([9.0, 9.0, 9.0], 2.0, 0.0, 10.0) == pytest.approx([6.0, 8.0, 10.0])
    assert spread([0.0, 0.0], 2.0, low=0.0) == [0.0, 2.0]


def test_of_very_many_classes_those_that_change_most_are_drawn():
    found = evidence().differences
    classes = [f"class {place}" for place in range(200)]
    changes = [found.classes[0].model_copy(update={"label": name, "first": 0.5, "second": 0.5, "difference": 0.0})
               for name in classes]  # fmt: skip
    changes[150] = changes[150].model_copy(update={"first": 0.9, "difference": 0.4})
    confusion = np.zeros((200, 200))
    confusion[150, 150], confusion[150, 3] = 4.0, -4.0
    many = found.model_copy(update={"classes": tuple(changes), "confusion": tuple(map(tuple, confusion.tolist()))})
    chart = charts.class_change_chart(many)
    assert len(chart.layout.yaxis.ticktext) == 30 and chart.layout.yaxis.ticktext[0].startswith("class 150 ")
    assert "of 200 classes" in charts.alt_text(chart)
    cells = charts.confusion_difference_chart(many, classes)
    marks = next(trace for trace in cells.data if trace.type == "scatter" and trace.mode == "markers")
    assert len(marks.x) == 900
    assert [150, 3] in [list(point[:2]) for point in marks.customdata]


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

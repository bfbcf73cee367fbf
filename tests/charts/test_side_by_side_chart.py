"""The chart of two experiments side by side."""

import json
import re

import pytest

from tlcore import charts
from tlcore.charts.side_by_side import signed
from tlcore.evaluation.side_by_side_records import PairedDifference, SideBySide, SideFacts
from tlcore.records import RunStatus

EVIL = "<img src=http://evil.example/x> $\\alpha$ %{x}"
OUR_TAGS = re.compile(r'</?b>|<br>|</?extra>|<span style="[a-z0-9:#;-]+">|</span>')


def pair(strategy, difference, kind, budget=120, **more):
    return PairedDifference(
        strategy=strategy, budget=budget, seeds=(0, 1), items=135, first_score=0.7, second_score=0.7 - difference,
        difference=difference, kind=kind,
        **{"first_encoder": "minilm", "second_encoder": "minilm", "low": difference - 0.03, "high": difference + 0.03, **more},
    )  # fmt: skip


def side(name):
    return SideFacts(
        experiment="0" * 12, name=name, label=f"“{name}”", dataset="d", dataset_name="Reviews", created_at="2026-01-01",
        status=RunStatus.FINISHED, runs=3, finished=3, n_test=135,
    )  # fmt: skip


def found(*pairs, names=("A", "B")):
    return SideBySide(
        first=side(names[0]), second=side(names[1]), basis="paired", sentence="They were compared 1 time.", reason="",
        band=0.01, pairs=pairs,
    )  # fmt: skip


BETTER = pair("full_fine_tuning", 0.1, "first_better")
WORSE = pair("scratch", -0.08, "second_better")
OPEN = pair("classic", 0.01, "not_enough_evidence")
SAME = pair("feature_extraction", 0.0, "no_difference", low=0.0, high=0.0, identical=True)


@pytest.mark.parametrize(
    ("pairs", "title"),
    [
        ((BETTER, WORSE, OPEN), "Of 3 comparisons, “A” is better in 1 and “B” is better in 1."),
        ((WORSE,), "Of 1 comparison, “B” is better in 1."),
        ((OPEN, SAME), "In none of 2 comparisons is either one better beyond chance."),
        ((SAME,), "In 1 comparison the two score the same in practice."),
    ],
)
def test_the_title_is_the_finding(pairs, title):
    assert charts.alt_text(charts.side_by_side_chart(found(*pairs))).startswith(title)


def test_every_pair_has_its_mark_interval_and_number():
    chart = charts.side_by_side_chart(found(BETTER, WORSE, OPEN, SAME))
    assert [round(trace.x[0], 6) for trace in chart.data] == [10.0, -8.0, 1.0, 0.0]
    assert [round(trace.error_x.array[0], 6) for trace in chart.data] == [3.0, 3.0, 3.0, 0.0]
    written = [note.text for note in chart.layout.annotations]
    assert {"<b>+10.0</b>", "<b>−8.0</b>", "<b>+1.0</b>", "<b>same answers</b>", "← “B” is better", "“A” is better →"} <= set(
        written
    )
    assert list(chart.layout.yaxis.ticktext)[:2] == ["Full fine-tuning, 120 labels", "From scratch, 120 labels"]
    low, high = chart.layout.xaxis.range
    assert low == -high and high > 13


def test_zero_and_the_band_are_drawn():
    shapes = charts.side_by_side_chart(found(OPEN)).layout.shapes
    assert {(shape.x0, shape.x1) for shape in shapes} == {(-1.0, 1.0), (0, 0)}


def test_encoders_are_named_where_a_strategy_stands_twice():
    twice = found(pair("scratch", 0.1, "first_better", second_encoder="other"), pair("scratch", 0.2, "first_better"))
    assert list(charts.side_by_side_chart(twice).layout.yaxis.ticktext) == [
        "From scratch, 120 labels, minilm – other", "From scratch, 120 labels, minilm",
    ]  # fmt: skip


def test_names_are_drawn_letter_by_letter():
    chart = charts.side_by_side_chart(found(BETTER, names=(EVIL, EVIL * 5)))
    written = json.dumps({**json.loads(chart.to_json()), "meta": None}).replace(json.dumps(charts.alt_text(chart)), "")
    assert "<img" not in OUR_TAGS.sub("", written) and "$\\\\alpha" not in written and "NaN" not in written
    for trace in chart.data:
        assert "<extra></extra>" in trace.hovertemplate


def test_without_a_pair_it_says_why():
    assert "compared 1 time" in charts.side_by_side_chart(found()).layout.title.text


@pytest.mark.parametrize(("fraction", "text"), [(0.0004, "0.0"), (-0.0004, "0.0"), (0.041, "+4.1"), (-0.041, "−4.1")])
def test_signs(fraction, text):
    assert signed(fraction) == text

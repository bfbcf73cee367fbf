import pytest

from tlcore import charts
from tlcore.records import RunStatus, Verdict, VerdictKind


def names_on(chart):
    return list(chart.layout.yaxis.ticktext)


def mark(chart, place):
    """The large mark in a row, and its interval."""
    trace = next(one for one in chart.data if one.error_x.array and one.y[0] == place)
    return trace.x[0] - trace.error_x.arrayminus[0], trace.x[0], trace.x[0] + trace.error_x.array[0]


def seeds_of(chart):
    """The traces of small marks."""
    return [trace for trace in chart.data if trace.customdata is not None and not trace.error_x.array]


def test_scores_come_best_first_with_their_intervals(make_row):
    chart = charts.score_by_strategy([make_row("scratch", 0.6), make_row("full_fine_tuning", 0.8)], [])
    assert names_on(chart) == ["Full fine-tuning", "From scratch"]
    assert mark(chart, 0) == pytest.approx((75, 80, 84)) and mark(chart, 1) == pytest.approx((55, 60, 64))
    assert chart.layout.yaxis.range[0] > chart.layout.yaxis.range[1], "the first row is on top"
    assert "scores best: 80.0\u00a0% accuracy" in chart.layout.title.text and "60.0\u00a0%" in chart.layout.title.text


def test_the_other_metric_is_named_and_drawn(make_row, make_run):
    chart = charts.score_by_strategy([make_row("scratch", 0.6)], [make_run("scratch", macro_f1=0.33)], "macro_f1")
    assert mark(chart, 0)[1] == pytest.approx(30) and "macro F1" in chart.layout.title.text
    assert [trace.x[0] for trace in seeds_of(chart)] == pytest.approx([33])


def test_single_seeds_belong_to_their_row_and_are_finished(make_row, make_run):
    runs = [
        make_run("scratch", 0, accuracy=0.5), make_run("scratch", 1, accuracy=0.7),
        make_run("full_fine_tuning", 0, accuracy=0.9),
        make_run("scratch", 2, accuracy=0.1, status=RunStatus.FAILED), make_run("scratch", 3, accuracy=0.2, budget=9),
    ]  # fmt: skip
    chart = charts.score_by_strategy([make_row("scratch", 0.6)], runs)
    (seeds,) = seeds_of(chart)
    assert list(seeds.x) == pytest.approx([50, 70])
    assert [list(runs) for runs in seeds.customdata] == [["scratch-0"], ["scratch-1"]]


def test_a_mean_stands_for_its_runs(make_row, make_run):
    runs = [make_run("scratch", 0), make_run("scratch", 1), make_run("scratch", 2, status=RunStatus.FAILED)]
    chart = charts.score_by_strategy([make_row("scratch", 0.6)], runs)
    (large,) = (trace for trace in chart.data if trace.error_x.array)
    assert [list(each) for each in large.customdata] == [["scratch-0", "scratch-1"]]


def test_only_the_largest_budget_is_drawn(make_row):
    chart = charts.score_by_strategy([make_row("scratch", 0.9, budget=10), make_row("classic", 0.5, budget=540)], [])
    assert names_on(chart) == ["Classic baseline"] and "540 labels" in chart.layout.xaxis.title.text


def test_encoders_are_named_when_there_are_several(make_row):
    rows = [make_row("scratch", 0.6), make_row("scratch", 0.7, encoder="other"), make_row("classic", 0.5, encoder="none")]
    assert names_on(charts.score_by_strategy(rows, [])) == ["From scratch · other", "From scratch · minilm", "Classic baseline"]


def test_scratch_as_the_winner_is_said_as_plainly(make_row):
    chart = charts.score_by_strategy([make_row("scratch", 0.9), make_row("full_fine_tuning", 0.8)], [])
    assert charts.alt_text(chart).startswith("From scratch scores best: 90.0 % accuracy, ahead of everything")


def test_the_difference_stands_against_zero_and_the_band(verdict):
    chart = charts.difference_chart(verdict)
    assert mark(chart, 0) == pytest.approx((15.1, 18.3, 21.4))
    band, zero = chart.layout.shapes
    assert (band.x0, band.x1, zero.x0) == (-1, 1, 0)
    assert charts.alt_text(chart).startswith("Full fine-tuning is 18.3 points of accuracy ahead of training from scratch (95 %")


def test_a_loss_is_behind_with_positive_numbers(verdict):
    lost = verdict.model_copy(update={"difference": -0.1, "low": -0.15, "high": -0.04})
    chart = charts.difference_chart(lost)
    assert "10.0 points of accuracy behind training from scratch (95 % interval 4.0 to 15.0)" in charts.alt_text(chart)
    assert mark(chart, 0)[1] == pytest.approx(-10)


def test_without_an_answer_the_charts_say_so():
    verdict = Verdict(kind=VerdictKind.NOT_ENOUGH_EVIDENCE, sentence="No answer yet: no run has finished.")
    assert "No answer yet" in charts.difference_chart(verdict).layout.title.text
    assert "No run has finished" in charts.score_by_strategy([], []).layout.title.text
    assert "No finished run" in charts.time_chart([]).layout.title.text


def test_times_stack_encoding_and_training_quickest_first(make_row):
    chart = charts.time_chart([make_row("full_fine_tuning", 0.8, 42.0, 2.0), make_row("feature_extraction", 0.8, 3.0, 2.0)])
    encode, train = chart.data
    assert names_on(chart) == ["Frozen encoder", "Full fine-tuning"]
    assert list(encode.x) == [2.0, 2.0] and list(train.x) == [3.0, 42.0] and chart.layout.barmode == "stack"
    assert charts.alt_text(chart).startswith("Frozen encoder takes 5.0 s a run, full fine-tuning 44 s.")


def test_far_apart_times_get_a_log_axis_and_no_bars(make_row):
    chart = charts.time_chart([make_row("scratch", 0.6, 95.0), make_row("classic", 0.6, 0.0)])
    assert chart.layout.xaxis.type == "log" and all(trace.type == "scatter" for trace in chart.data)
    assert all(trace.x[0] > 0 for trace in chart.data)


def test_unknown_times_are_left_out(make_row):
    chart = charts.time_chart([make_row("scratch", 0.6, None), make_row("classic", 0.6, 0.5)])
    assert names_on(chart) == ["Classic baseline"]

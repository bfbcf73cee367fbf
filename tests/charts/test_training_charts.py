import numpy as np
import pytest

from tlcore import charts


def test_curves_have_a_panel_a_strategy_and_a_ring_at_the_epoch_kept(make_run):
    runs = [
        make_run("full_fine_tuning", 0, losses=(1.0, 0.6, 0.7), chosen={"epochs": 2}),
        make_run("scratch", 0, losses=(1.2, 1.1), chosen={}),
        make_run("feature_extraction"),
    ]
    chart = charts.learning_curves(runs)
    assert [one.text for one in chart.layout.annotations] == ["From scratch", "Full fine-tuning"]
    (ring,) = (trace for trace in chart.data if trace.mode == "markers")
    assert (ring.x, ring.y) == ((2,), (0.6,))
    assert charts.alt_text(chart).startswith("From scratch trains for 2 epochs; full fine-tuning keeps epoch 2 of 3.")
    dashes = {trace.line.dash: list(trace.y) for trace in chart.data if trace.mode == "lines" and trace.xaxis == "x"}
    assert dashes == {"dot": [0.6, 0.55], "solid": [1.2, 1.1]}


def test_without_validation_the_ring_sits_on_the_training_loss(make_run):
    run = make_run(losses=(1.0, 0.6), chosen={"epochs": 2})
    bare = run.model_copy(update={"curve": tuple(one.model_copy(update={"validation_loss": None}) for one in run.curve)})
    (ring,) = (trace for trace in charts.learning_curves([bare]).data if trace.mode == "markers")
    assert ring.y == (0.3,)


def test_curves_of_the_largest_budget_alone(make_run):
    runs = [make_run("scratch", budget=10, losses=(1.0, 0.5)), make_run("full_fine_tuning", losses=(1.0, 0.5))]
    assert [one.text for one in charts.learning_curves(runs).layout.annotations] == ["Full fine-tuning"]


def test_without_epochs_there_are_no_curves(make_run):
    assert "no curves" in charts.learning_curves([make_run("classic")]).layout.title.text.replace("<br>", " ")


def test_hardest_class_on_top_and_means_over_seeds(make_run):
    runs = [make_run(seed=0, confusion=((8, 2), (0, 10))), make_run(seed=1, confusion=((4, 6), (0, 10)))]
    chart = charts.per_class_chart(runs)
    assert list(chart.layout.yaxis.ticktext) == ["bad (10)", "good (10)"]
    recall = next(trace for trace in chart.data if trace.xaxis == "x2")
    assert list(recall.x) == pytest.approx([60, 100])
    assert "finds “bad” hardest" in charts.alt_text(chart)


def test_what_is_undefined_has_no_mark_and_comes_last(make_run):
    chart = charts.per_class_chart([make_run(confusion=((3, 1, 0), (0, 4, 0), (0, 0, 0)), classes=("a", "b", "never"))])
    precision, recall, f1 = chart.data
    assert list(chart.layout.yaxis.ticktext)[-1] == "never (0)"
    assert precision.x[-1] is recall.x[-1] is f1.x[-1] is None
    assert "never: precision undefined" in charts.alt_text(chart)


def test_two_strategies_are_joined_where_both_are_defined(make_run):
    both = [make_run("full_fine_tuning"), make_run("scratch", confusion=((0, 10), (0, 10)))]
    lines = [trace for trace in charts.per_class_chart(both).data if trace.mode == "lines"]
    assert [sum(x is None for x in line.x) for line in lines] == [1, 2, 2], (
        "no line to the precision of a class never predicted"
    )


def test_one_strategy_with_two_encoders_makes_two_sides(make_run):
    chart = charts.per_class_chart([make_run(encoder="small"), make_run(encoder="large")])
    assert {trace.marker.symbol for trace in chart.data if trace.mode == "markers"} == {"circle", "circle-open"}
    assert "small, 540 labels" in chart.layout.title.text and "large, 540 labels" in chart.layout.title.text


def test_confusion_counts_shades_and_finding(make_run):
    chart = charts.confusion_chart(make_run(confusion=((8, 2), (0, 10))))
    right, wrong = (trace for trace in chart.data if trace.type == "heatmap")
    assert np.array(right.z)[0, 0] == pytest.approx(0.8) and np.isnan(np.array(right.z, dtype=float)[0, 1])
    assert np.array(wrong.z)[0, 1] == pytest.approx(0.2) and np.isnan(np.array(wrong.z, dtype=float)[1, 0])
    texts = {text for trace in chart.data if trace.type == "scatter" and trace.mode == "text" for text in trace.text}
    assert texts == {"8", "2", "10"}
    assert charts.alt_text(chart).startswith("2 of 20 are wrong, most often “bad” taken for “good” (2 of 10).")


def test_a_perfect_matrix(make_run):
    assert "No mistake on 20 test items" in charts.alt_text(charts.confusion_chart(make_run(confusion=((10, 0), (0, 10)))))


def many_classes(make_run, size, wrong=()):
    confusion = 2 * np.eye(size, dtype=int)
    for cell in wrong:
        confusion[cell] = 1
    return make_run(confusion=confusion.tolist(), classes=tuple(f"class {place}" for place in range(size)))


def test_many_classes_show_no_counts_but_stay_apart(make_run):
    chart = charts.confusion_chart(many_classes(make_run, 38))
    assert not any(trace.type == "scatter" and trace.mode == "text" for trace in chart.data)
    assert len(chart.layout.yaxis.ticktext) == 38
    assert chart.layout.height > 10 * 38 and chart.layout.xaxis.showticklabels is False


def test_of_very_many_classes_those_with_mistakes_are_drawn_and_the_title_speaks_of_all(make_run):
    chart = charts.confusion_chart(many_classes(make_run, 200, wrong=[(150, 199), (7, 150)]))
    assert len(chart.layout.yaxis.ticktext) == 30
    assert {"class 7", "class 150", "class 199"} <= set(chart.layout.yaxis.ticktext)
    assert "drawn: 30 of 200 classes" in chart.layout.title.text
    assert charts.alt_text(chart).startswith("2 of 402 are wrong")
    (marks,) = (trace for trace in chart.data if trace.type == "scatter" and trace.mode == "markers")
    assert {(150, 199), (7, 150)} <= {tuple(point[:2]) for point in marks.customdata}
    place = list(chart.layout.yaxis.ticktext).index("class 150")
    assert {point[0] for point, y in zip(marks.customdata, marks.y, strict=True) if y == place} == {150}


def test_of_very_many_classes_the_hardest_or_the_most_different_are_drawn(make_run):
    first, second = many_classes(make_run, 200, wrong=[(150, 199)]), many_classes(make_run, 200, wrong=[(7, 8)])
    alone = charts.per_class_chart([first])
    assert len(alone.layout.yaxis.ticktext) == 30 and "class 150 (3)" in alone.layout.yaxis.ticktext
    both = charts.per_class_chart([first, second.model_copy(update={"strategy": "scratch"})])
    assert {"class 7 (2)", "class 150 (3)"} <= set(both.layout.yaxis.ticktext)
    assert "drawn: 30 of 200 classes, those whose F1 differs most" in both.layout.title.text


def test_of_very_many_seeds_some_are_drawn_in_as_few_traces_as_one(make_run):
    runs = [make_run("scratch", seed, losses=(1.0, 0.5), chosen={"epochs": 2}) for seed in range(40)]
    chart = charts.learning_curves(runs)
    assert len(chart.data) == 3
    assert sum(x is None for x in chart.data[0].x) == 9
    assert "the first 10 seeds of up to 40" in chart.layout.title.text
    (ring,) = (trace for trace in chart.data if trace.mode == "markers")
    assert len(ring.x) == 10


def test_a_run_without_scores_has_no_matrix(make_run):
    run = make_run(scores=None)
    assert "no confusion matrix" in charts.alt_text(charts.confusion_chart(run))
    assert "no scores by class" in charts.alt_text(charts.per_class_chart([run]))

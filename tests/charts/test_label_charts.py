from itertools import pairwise

import pandas as pd
import pytest

from tlcore import charts


def frame(rows):
    return pd.DataFrame(rows, columns=["value", "label", "count"])


def test_probabilities_surest_first():
    chart = charts.probabilities_chart({"bad": 0.1, "good": 0.87, "so so": 0.03})
    assert list(chart.layout.yaxis.ticktext) == ["good", "bad", "so so"] and list(chart.data[0].x) == pytest.approx([87, 10, 3])
    assert charts.alt_text(chart).startswith("“good”, 87.0 % sure.")


def test_of_very_many_classes_the_largest_are_drawn_and_the_rest_counted():
    chart = charts.class_shares_chart({f"c{number}": number for number in range(40)})
    assert len(chart.data[0].x) == 15 and min(chart.data[0].x) == 25
    assert "25 smaller classes are not drawn" in charts.alt_text(chart) and "25 smaller" in chart.layout.xaxis.title.text


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        ({"a": 3, "b": 1}, "2 classes, from 1 items (“b”) to 3 (“a”)."),
        ({"a": 2, "b": 2}, "2 classes with 2 items each."),
        ({"a": 5}, "5 items, one class."),
        ({}, "No item has a label."),
        ({"a": 0}, "No item has a label."),
    ],
)
def test_class_balance_says_what_there_is(classes, words):
    assert charts.alt_text(charts.class_balance_chart(classes)).startswith(words)


def test_shares_name_the_most_frequent_with_its_percent():
    chart = charts.class_shares_chart({"bad": 1, "good": 3})
    assert charts.alt_text(chart).startswith("“good” is predicted most: 3 of 4 rows (75.0 %).")
    assert "No row was predicted." in charts.alt_text(charts.class_shares_chart({"bad": 0}))
    assert "no prediction" in charts.alt_text(charts.probabilities_chart({}))


def test_by_column_adds_up_to_one_hundred_with_the_most_frequent_value_on_top():
    chart = charts.share_by_column_chart(
        frame([("rare", "bad", 10), ("rare", "good", 10), ("often", "bad", 10), ("often", "good", 90)]), "topic"
    )
    assert list(chart.layout.yaxis.ticktext) == ["often (100)", "rare (20)"]
    bad, good = chart.data
    assert list(bad.x) == pytest.approx([10, 50]) and list(good.x) == pytest.approx([90, 50])
    assert charts.alt_text(chart).startswith("“bad” is most frequent for “rare” (50.0 %) and rarest for “often” (10.0 %).")


def test_values_with_hardly_any_rows_make_no_headline():
    chart = charts.share_by_column_chart(frame([("a", "bad", 1), ("b", "good", 300), ("b", "bad", 100)]), "topic")
    assert charts.alt_text(chart).startswith("Predicted classes by “topic”.")


def test_many_values_and_classes_are_folded():
    rows = [(f"v{value}", f"c{name}", 1 + value + name) for value in range(30) for name in range(12)]
    chart = charts.share_by_column_chart(frame(rows), "topic")
    assert len(chart.layout.yaxis.ticktext) == 20 and [trace.name for trace in chart.data][-1] == "all others"
    assert len(chart.data) == 7 and "10 rarest values are not drawn" in charts.alt_text(chart)
    totals = [sum(trace.x[place] for trace in chart.data) for place in range(20)]
    assert totals == pytest.approx([100] * 20)


def test_a_class_named_like_the_rest_is_not_lost():
    names = ["all others", *(f"c{name}" for name in range(11))]
    chart = charts.share_by_column_chart(frame([("v", name, 100 if name == "all others" else 10) for name in names]), "topic")
    assert sum(trace.x[0] for trace in chart.data) == pytest.approx(100)
    assert next(trace.x[0] for trace in chart.data if trace.name == "all others") == pytest.approx(100 * 160 / 210)


def test_over_time_in_order_with_the_largest_change_as_headline():
    rows = [("2025-03-01", "bad", 9), ("2025-03-01", "good", 1), ("2025-01-01", "bad", 1), ("2025-01-01", "good", 9)]
    chart = charts.share_over_time_chart(frame(rows), "date")
    assert list(chart.data[0].x) == ["2025-01-01", "2025-03-01"] and list(chart.data[0].y) == pytest.approx([10, 90])
    assert charts.alt_text(chart).startswith("“bad” rises from 10.0 % in the first half to 90.0 % in the second.")


def test_line_names_do_not_cover_each_other():
    rows = [(day, name, 10) for day in ("2025-01-01", "2025-02-01") for name in ("bad", "good", "so so", "other")]
    heights = sorted(one.y for one in charts.share_over_time_chart(frame(rows), "date").layout.annotations)
    assert all(later - earlier >= 5 for earlier, later in pairwise(heights))


def test_nothing_over_time_without_two_periods():
    assert "only one period" in charts.alt_text(charts.share_over_time_chart(frame([("2025-01-01", "bad", 3)]), "date"))
    assert "Nothing was predicted" in charts.alt_text(charts.share_by_column_chart(frame([("a", "bad", 0)]), "topic"))

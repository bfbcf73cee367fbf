from datetime import date, timedelta

import pytest

from tlcore.models.summary import MAX_VALUES, TableSummary, Tally

CLASSES = ("good", "bad")


def summary(columns: dict[str, list[str]], labels: list[str | None], chunk: int = 4) -> TableSummary:
    tally = Tally(list(columns), CLASSES)
    for start in range(0, len(labels), chunk):
        rows = {name: values[start : start + chunk] for name, values in columns.items()}
        tally.add(rows, labels[start : start + chunk])
    return tally.summary()


def test_counts_by_class_leave_out_what_was_not_predicted() -> None:
    assert summary({}, ["good", None, "good", "bad", None]).by_class == {"good": 2, "bad": 1}


def test_class_never_predicted_counts_zero() -> None:
    assert summary({}, ["good"]).by_class == {"good": 1, "bad": 0}


def test_counts_by_column_are_the_same_however_the_rows_arrive() -> None:
    columns = {"shop": ["b", "a", "b", "", "a", "b"]}
    labels: list[str | None] = ["good", "bad", None, "good", "bad", "good"]
    found = [summary(columns, labels, chunk).by_column for chunk in (1, 2, 6)]
    expected = {"": {"good": 1, "bad": 0}, "a": {"good": 0, "bad": 2}, "b": {"good": 2, "bad": 0}}
    assert found == [{"shop": expected}] * 3


def test_columns_with_one_or_very_many_values_are_left_out() -> None:
    n = MAX_VALUES + 1
    columns = {"id": [f"n{row}" for row in range(n)], "same": ["x"] * n, "edge": [f"v{row % MAX_VALUES}" for row in range(n)]}
    assert list(summary(columns, ["good"] * n).by_column) == ["edge"]


@pytest.mark.parametrize(
    ("values", "read_as"),
    [
        (["2024-03-01", "2024-03-13"], "%Y-%m-%d"),
        (["2024-03-01T10:00:00Z", "2024-03-13 11:30"], "%Y-%m-%d"),
        (["2024/3/1", "2024/3/13"], "%Y-%m-%d"),
        (["1/3/2024", "13/3/2024"], "%d-%m-%Y"),
        (["01.03.2024", "13.03.2024"], "%d-%m-%Y"),
        (["3/1/2024", "3/13/2024"], "%m-%d-%Y"),
        (["3/1/24", "3/13/24"], "%m-%d-%y"),
        (["1 Mar 2024", "13 Mar 2024"], "%d %b %Y"),
        (["March 1, 2024", "March 13, 2024"], "%B %d %Y"),
    ],
)
def test_dates_are_read_in_the_usual_spellings(values: list[str], read_as: str) -> None:
    found = summary({"when": values}, ["good", "bad"]).over_time["when"]
    assert found.format == read_as
    assert found.period == "day"
    assert found.counts == {"2024-03-01": {"good": 1, "bad": 0}, "2024-03-13": {"good": 0, "bad": 1}}


@pytest.mark.parametrize(
    "values",
    [
        ["2023", "2024"],
        ["1.1.1", "1.1.2"],
        ["10.0.0.1", "10.0.0.2"],
        ["20240301", "20240302"],
        ["5", "7"],
        ["soon", "later"],
        ["", ""],
    ],
)
def test_what_is_no_date_is_not_read_as_one(values: list[str]) -> None:
    assert summary({"when": values}, ["good", "bad"]).over_time == {}


def test_a_few_broken_dates_are_left_out_and_many_drop_the_column() -> None:
    days = [(date(2024, 1, 1) + timedelta(days=row % 30)).isoformat() for row in range(100)]
    few = summary({"when": [*days, "n/a", "", ""]}, ["good"] * 103, chunk=200).over_time["when"]
    assert sum(labels["good"] for labels in few.counts.values()) == 100
    assert summary({"when": [*days, *["n/a"] * 20]}, ["good"] * 120, chunk=50).over_time == {}


@pytest.mark.parametrize(("days", "period"), [(60, "day"), (300, "week"), (1500, "month"), (9000, "year")])
def test_period_follows_the_span(days: int, period: str) -> None:
    begin = date(2000, 1, 3)
    values = [(begin + timedelta(days=days * step // 10)).isoformat() for step in range(11)]
    found = summary({"when": values}, ["good"] * 11).over_time["when"]
    assert found.period == period
    assert sum(labels["good"] for labels in found.counts.values()) == 11
    assert list(found.counts) == sorted(found.counts)


def test_weeks_begin_on_monday() -> None:
    values = ["2024-01-03", "2024-12-31"]  # a Wednesday, a Tuesday
    assert list(summary({"when": values}, ["good"] * 2).over_time["when"].counts) == ["2024-01-01", "2024-12-30"]


def test_frame_is_long() -> None:
    found = summary({"shop": ["a", "b"], "when": ["2024-01-01", "2024-01-02"]}, ["good", "bad"])
    assert found.frame("shop").to_dict("list") == {
        "value": ["a", "a", "b", "b"],
        "label": ["good", "bad", "good", "bad"],
        "count": [1, 0, 0, 1],
    }
    assert found.frame("when")["value"].tolist()[0] == "2024-01-01"

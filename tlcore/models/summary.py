"""Counts of predictions for charts, gathered while a table streams by: by class, by any column, over time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd

from tlcore.records import Record

MAX_VALUES = 50
"""A column with more distinct values than this is not counted by."""
_MAX_COLUMNS = 200
_MAX_DAYS = 40_000
_MAX_POINTS = 62
_MIN_DATES = 0.95
_NUMERIC_DATE = r"^(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})(?:[T ].*)?$"
# Where day-first and month-first both fit every value, day-first wins.
_NUMERIC_FORMATS = ("%Y-%m-%d", "%d-%m-%Y", "%m-%d-%Y", "%d-%m-%y", "%m-%d-%y")
_WORD_FORMATS = ("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y")

_PERIODS: tuple[tuple["Period", str, int], ...] = (("day", "D", 1), ("week", "W", 7), ("month", "M", 30), ("year", "Y", 365))

LabelCounts = dict[str, int]
Period = Literal["day", "week", "month", "year"]


class TimeCounts(Record):
    """Predictions over time."""

    period: Period
    counts: dict[str, LabelCounts]
    """First day of each period (ISO) -> label -> rows, in order of time."""
    format: str
    """How the dates were read, e.g. `%d-%m-%Y`."""


class TableSummary(Record):
    """Counts of predicted rows."""

    by_class: LabelCounts
    by_column: dict[str, dict[str, LabelCounts]]
    """Column -> value -> label -> rows, for columns of 2 to 50 distinct values."""
    over_time: dict[str, TimeCounts]
    """Column -> counts, for columns that hold dates."""

    def frame(self, column: str) -> pd.DataFrame:
        """Rows of `value`, `label`, `count` for one column of `by_column` or `over_time`."""
        counts = self.over_time[column].counts if column in self.over_time else self.by_column[column]
        rows = [(value, label, count) for value, labels in counts.items() for label, count in labels.items()]
        return pd.DataFrame(rows, columns=["value", "label", "count"])


class Tally:
    """Counts predictions chunk by chunk in bounded memory; a column that turns out unfit is dropped on the way."""

    def __init__(self, columns: Sequence[str], classes: Sequence[str]) -> None:
        self._classes = classes
        self._by_class: Counter[str] = Counter()
        self._by_column: dict[str, Counter[tuple[str, str]]] = {column: Counter() for column in columns[:_MAX_COLUMNS]}
        self._dates = {column: _Dates() for column in columns[:_MAX_COLUMNS]}

    def add(self, rows: Mapping[str, Sequence[str | None]], labels: Sequence[str | None]) -> None:
        """Count a chunk: `rows` column by column, and the label of each row (None = not predicted, not counted)."""
        judged = [position for position, label in enumerate(labels) if label is not None]
        known = pd.Series([str(labels[position]) for position in judged], dtype=object)
        self._by_class.update(known)
        for column in list(self._by_column.keys() | self._dates.keys()):
            values = pd.Series([rows[column][position] or "" for position in judged], dtype=object)
            if column in self._by_column and not _count(self._by_column[column], values, known):
                del self._by_column[column]
            if column in self._dates and not self._dates[column].add(values, known):
                del self._dates[column]

    def summary(self) -> TableSummary:
        """The counts so far."""
        times = {column: dates.counts(self._classes) for column, dates in self._dates.items()}
        tables = {column: _nested(counts, self._classes) for column, counts in self._by_column.items()}
        return TableSummary(
            by_class={label: self._by_class[label] for label in self._classes},
            by_column={column: table for column, table in tables.items() if len(table) > 1},
            over_time={column: counts for column, counts in times.items() if counts},
        )


class _Dates:
    """Counts by day for one column, as long as nearly all its values read as dates in the one format of its first chunk."""

    def __init__(self) -> None:
        self._format = ""
        self._filled = self._read = 0
        self._days: Counter[tuple[pd.Timestamp, str]] = Counter()

    def add(self, values: pd.Series, labels: pd.Series) -> bool:
        """Count a chunk; False when the column holds no dates after all."""
        filled = values[values.str.strip() != ""]
        if filled.empty:
            return True
        self._format = self._format or _best_format(filled)
        days = _parsed(filled, self._format).dropna() if self._format else pd.Series(dtype=object)
        self._filled += len(filled)
        self._read += len(days)
        return self._read >= _MIN_DATES * self._filled and _count(self._days, days, labels[days.index], _MAX_DAYS)

    def counts(self, classes: Sequence[str]) -> TimeCounts | None:
        """Counts by the finest period that gives few enough points; None without two different days."""
        days = sorted({day for day, _ in self._days})
        if len(days) < 2:
            return None
        span = (days[-1] - days[0]).days
        fitting = (choice for choice in _PERIODS if span <= _MAX_POINTS * choice[2])
        period, code, _ = next(fitting, _PERIODS[-1])
        rolled: Counter[tuple[str, str]] = Counter()
        for (day, label), count in self._days.items():
            rolled[day.to_period(code).start_time.date().isoformat(), label] += count
        return TimeCounts(period=period, counts=_nested(rolled, classes), format=self._format)


def _count(counts: Counter[tuple[Any, str]], values: pd.Series, labels: pd.Series, limit: int = MAX_VALUES) -> bool:
    """Add the pairs (value, label) to `counts`; False when there are more distinct values than `limit`."""
    if values.nunique() > limit:
        return False
    counts.update(zip(values, labels, strict=True))
    return len({value for value, _ in counts}) <= limit


def _nested(counts: Counter[tuple[str, str]], classes: Sequence[str]) -> dict[str, LabelCounts]:
    """Value -> label -> rows, values sorted, every label there."""
    values = sorted({value for value, _ in counts})
    return {value: {label: counts[value, label] for label in classes} for value in values}


def _best_format(values: pd.Series) -> str:
    """The format that reads most of the values, if it reads nearly all; "" otherwise."""
    shares = {form: _parsed(values, form).notna().mean() for form in (*_NUMERIC_FORMATS, *_WORD_FORMATS)}
    best = max(shares, key=shares.__getitem__)
    return best if shares[best] >= _MIN_DATES else ""


def _parsed(values: pd.Series, form: str) -> pd.Series:
    """Days, NaT where a value does not read as `form`; a time of day after the date is ignored."""
    if form in _NUMERIC_FORMATS:
        values = values.str.extract(_NUMERIC_DATE, expand=False).str.replace(r"[/.]", "-", regex=True)
    else:
        values = values.str.replace(",", " ").str.split().str.join(" ")
    return pd.to_datetime(values, format=form, errors="coerce")

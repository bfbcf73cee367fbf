import pytest
from csv_reading import load

from tlcore.errors import DataError
from tlcore.settings import Settings

ROWS = b"text,label\n" + b"good phone,positive\n" * 200_000


def test_a_file_over_the_limit_is_refused_before_it_is_read():
    with pytest.raises(DataError, match=r"reviews.csv has 4,000,011 bytes; the limit is 1,000,000. Split the file"):
        load(ROWS, settings=Settings(max_file_bytes=1_000_000))


def test_too_many_rows_are_refused_with_their_likely_number():
    with pytest.raises(DataError, match=r"reviews.csv has about (199|200),\d{3} rows; the limit is 1,000. Give fewer rows"):
        load(ROWS, settings=Settings(max_rows=1_000))


def test_bad_rows_count_as_rows():
    with pytest.raises(DataError, match=r"about \d+,\d{3} rows; the limit is 1,000"):
        load(b"text,label\ngood,fine\n" + b"bad\n" * 100_000, settings=Settings(max_rows=1_000), bad_rows="skip", delimiter=",")


def test_too_many_columns_are_refused_with_their_number():
    content = ",".join(f"c{at}" for at in range(5_000)) + "\n" + ",".join("1" * 5_000) + "\n"
    with pytest.raises(DataError, match=r"reviews.csv has 5,000 columns; the limit is 2,000"):
        load(content.encode())


def test_a_header_longer_than_the_sample_is_refused():
    content = ",".join(f"column number {at}" for at in range(10_000)) + "\n"
    with pytest.raises(DataError, match=r"first line longer than 65,536 bytes, with at least 3,\d{3} fields"):
        load(content.encode())


def test_a_cell_over_the_limit_is_a_bad_row_and_one_within_it_is_read():
    content = b"text,label\n" + "é".encode() * 1000 + b",fine\n" + b"x" * 1001 + b",long\nok,fine\n"
    settings = Settings(max_cell_characters=1000)
    with pytest.raises(DataError, match=r"line 3 has a cell of 1,001 characters; the limit is 1,000"):
        load(content, settings=settings)
    assert [label for _, label in load(content, settings=settings, bad_rows="skip").rows] == ["fine", "fine"]


def test_a_cell_longer_than_other_readers_take_is_read():
    text = "long, text\n" * 60_000
    assert load(f'text,label\n"{text}",x\nshort,y\n'.encode()).rows == [[text, "x"], ["short", "y"]]


def test_a_line_without_end_is_refused():
    content = b"text,label\n" + b"x" * 3_000_000
    with pytest.raises(DataError, match=r"reviews.csv has a line longer than 1,048,576 bytes"):
        load(content, settings=Settings(max_cell_characters=1000))


def test_a_quote_that_stays_open_for_longer_than_a_row_may_be_costs_its_own_line_only():
    content = b'text,label\n"open,x\n' + b"good phone,positive\n" * 100_000
    loaded = load(content, settings=Settings(max_cell_characters=1000), bad_rows="skip")
    assert [str(bad) for bad in loaded.report.bad_rows] == ["line 2 opens a quote that never closes"]
    assert len(loaded.rows) == 100_000
    assert loaded.lines[-1] == 100_002

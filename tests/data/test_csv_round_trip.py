import csv
import io

import pytest
from csv_reading import load
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tlcore.data.csv import arrow as csv_arrow
from tlcore.errors import DataError

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "shift_jis", "gb18030", "koi8-r"]
DIALECTS = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;\t|^ "),
        "quotechar": st.sampled_from("\"'"),
        "lineterminator": st.sampled_from(["\n", "\r\n", "\r"]),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    }
)
HARD = st.text(st.sampled_from("a,;\t|'\" \n\r\\7é\ufeff\u200b\u202e\x01"), max_size=8)
CELLS = st.one_of(st.sampled_from(["", "NA", "null", "007", "1.0", "TRUE", "None"]), st.text(max_size=6), HARD)
TABLES = st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[CELLS] * width).map(list), min_size=1, max_size=8))
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
LABELLED = st.lists(st.tuples(TEXTS, st.sampled_from(["pos", "neg"])), min_size=1, max_size=6)
NOISE = st.one_of(st.binary(max_size=400), st.text('a,";\n\r\té\0', max_size=80).map(str.encode))


@settings(max_examples=80)
@given(TABLES, DIALECTS, st.sampled_from(ENCODINGS))
def test_what_a_writer_wrote_is_what_is_read(table, dialect, encoding):
    table = [[cell.replace("\0", "") for cell in row] for row in table]
    written = io.StringIO(newline="")
    # Python's writer leaves a break that is not its own unquoted, and the breaks of other conventions cannot be told from rows.
    if dialect["quoting"] == csv.QUOTE_MINIMAL:
        assume(not any(sign in cell for row in table for cell in row for sign in "\r\n"))
    csv.writer(written, **dialect).writerows([[f"name {at}" for at in range(len(table[0]))], *table])
    try:
        content = written.getvalue().encode(encoding)
    except UnicodeEncodeError:
        assume(False)
    loaded = load(
        content,
        encoding=encoding.removesuffix("-sig"),
        delimiter=dialect["delimiter"],
        quote=dialect["quotechar"],
        header=True,
    )
    assert loaded.rows == table


@settings(max_examples=80)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"])), st.sampled_from(["pos", "neg"])
        ),
        min_size=1,
        max_size=6,
    )
)
def test_what_a_writer_wrote_is_read_without_being_told_how(table):
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([("text", "label"), *table])
    assert load(written.getvalue().encode()).rows == [list(row) for row in table]


@settings(max_examples=80)
@given(
    st.one_of(st.binary(max_size=400), st.text('a,";\n\r\té\0', max_size=80).map(str.encode)), st.sampled_from(["stop", "skip"])
)
def test_any_bytes_are_read_or_refused_in_words(content, bad_rows):
    try:
        loaded = load(content, bad_rows=bad_rows)
    except DataError as error:
        assert str(error).startswith("reviews.csv")
    else:
        assert loaded.report.rows == len(loaded.rows) > 0


@settings(max_examples=80)
@given(st.text('ab,"\n', max_size=60), st.integers(0, 5))
def test_good_rows_are_never_lost_to_bad_ones(noise, extra):
    good = [f"row {at},label" for at in range(extra)]
    content = "\n".join(["text,label", *good, noise]) + "\n"
    try:
        loaded = load(content.encode(), bad_rows="skip", delimiter=",", quote='"', header=True)
    except DataError:
        assert extra == 0
    else:
        assert [f"{text},{label}" for text, label in loaded.rows[:extra]] == good
        assert loaded.lines[:extra] == list(range(2, extra + 2))


@pytest.mark.parametrize("segment", [1, 10_000, csv_arrow._SEGMENT])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_reader_of_good_rows_leaves_every_cell_as_it_is(segment, newline, monkeypatch):
    monkeypatch.setattr(csv_arrow, "_SEGMENT", segment)
    hard = ["\ufeff", "", "NULL", "\\N", "\\", "#", " x ", "a\nb", "a\r\nb", "\r", "\n", '"', "\x1a", "\u202e", "x" * 5_000]
    table = [[cell, other] for cell in hard for other in hard] * (1 if segment == 1 else 10)
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator=newline, quoting=csv.QUOTE_ALL).writerows([["text", "label"], *table])
    assert load(written.getvalue().encode(), delimiter=",", quote='"', header=True).rows == table


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_blank_and_null_like_cells_of_a_single_column_are_text(newline):
    cells = ["\ufeffNULL", '""', "NA", " ", "null", '""', '"\ufeff"']
    loaded = load(newline.join(["text", *cells, ""]).encode(), delimiter=",", quote='"', header=True)
    assert loaded.rows == [["\ufeffNULL"], [""], ["NA"], [" "], ["null"], [""], ["\ufeff"]]


def test_a_space_that_is_to_quote_takes_nothing_from_a_cell():
    loaded = load(b'text,label\n a b ,x\n"c", d\n', delimiter=",", quote=" ", header=True)
    assert loaded.rows == [[" a b ", "x"], ['"c"', " d"]]

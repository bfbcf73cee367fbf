import pytest
from csv_reading import load, look

from tlcore.errors import DataError

GOOD = [f"this is review number {at},{'positive' if at % 2 else 'negative'}" for at in range(10)]


def table(*middle: str) -> bytes:
    """Ten good rows on lines 2 to 11, `middle` from line 12 on, ten good rows after it."""
    return "\n".join(["text,label", *GOOD, *middle, *GOOD, ""]).encode()


def skipped(*middle: str):
    loaded = load(table(*middle), bad_rows="skip")
    assert loaded.rows[:10] == loaded.rows[-10:] == [row.split(",") for row in GOOD], "every good row around is kept"
    return [str(bad) for bad in loaded.report.bad_rows], loaded.rows[10:-10]


def test_rows_of_another_width_are_named_by_line_and_shift_nothing():
    problems, kept = skipped("too, many,fields", "fine,positive", "too few")
    assert problems == ["line 12 has 3 fields instead of 2", "line 14 has 1 field instead of 2"]
    assert kept == [["fine", "positive"]]


def test_a_surplus_field_on_every_row_moves_no_column():
    with pytest.raises(DataError, match=r"line 2 has 3 fields instead of 2; line 3 has 3 fields"):
        load(b"text,label\ngood,1,x\nbad,0,y\n")


def test_stop_names_file_lines_and_cure_and_counts_the_rest():
    with pytest.raises(DataError) as caught:
        load(table(*["short"] * 8))
    assert str(caught.value).startswith("reviews.csv has rows that cannot be read: line 12 has 1 field instead of 2; line 13")
    assert str(caught.value).endswith("and 3 more. Mend them, or choose to skip bad rows.")


def test_an_unclosed_quote_is_named_where_it_opens_and_costs_one_line():
    problems, kept = skipped('"it never ends,positive')
    assert problems == ["line 12 opens a quote that never closes"]
    assert kept == []


def test_a_quote_that_finds_a_later_quote_swallows_no_rows():
    problems, kept = skipped('"it opens,positive', "between,negative", 'the screen has 5",positive')
    assert problems == ["line 12 opens a quote that swallows the rows below it"]
    assert kept == [["between", "negative"], ['the screen has 5"', "positive"]]


def test_a_quote_that_finds_a_later_quote_in_a_bad_row_swallows_no_rows():
    problems, kept = skipped('"it opens,positive', "between,negative", 'the screen has 5",very,positive')
    assert problems == ["line 12 opens a quote that swallows the rows below it", "line 14 has 3 fields instead of 2"]
    assert kept == [["between", "negative"]]


def test_a_quote_closed_by_another_rows_opening_quote_is_named_where_it_opens():
    problems, kept = skipped('"it opens,positive', "between,negative", '"a, b",positive')
    assert problems == ["line 12 opens a quote that closes in the middle of a text on line 14"]
    assert kept == [["between", "negative"], ["a, b", "positive"]]


def test_both_halves_of_a_cell_with_bare_quotes_are_left_out():
    problems, kept = skipped('"He said "hello"', 'and left",positive')
    assert problems == [
        "line 12 opens a quote that closes in the middle of a text",
        "line 13 closes the quote that line 12 opens",
    ]
    assert kept == []


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('"Well, it\nworks"', "Well, it\nworks"),
        ('"one\n\ntwo, three\nfour"', "one\n\ntwo, three\nfour"),
        ('"she said ""no""\nand left"', 'she said "no"\nand left'),
        ('a 5" screen', 'a 5" screen'),
        ('say "hello" twice', 'say "hello" twice'),
        ('  "spaces, around"  ', "spaces, around"),
    ],
)
def test_what_only_looks_like_a_stray_quote_is_read(cell, text):
    problems, kept = skipped(f"{cell},positive")
    assert problems == []
    assert kept == [[text, "positive"]]


def test_lines_are_those_of_the_file_after_cells_of_several_lines_and_empty_lines():
    loaded = load(b'text,label\n\n"one\ntwo\nthree",a\n\nfour,b\nbad\nfive,c\n', bad_rows="skip")
    assert loaded.lines == [3, 7, 9]
    assert [bad.line for bad in loaded.report.bad_rows] == [8]


def test_the_preview_shows_the_same_problems():
    guess = look(table("short"))
    assert [str(bad) for bad in guess.problems] == ["line 12 has 1 field instead of 2"]
    assert guess.preview[0] == ("this is review number 0", "negative")


def test_skipping_counts_all_and_lists_the_first_thousand():
    report = load(table(*["short"] * 1500), bad_rows="skip", delimiter=",").report
    assert (report.rows, report.skipped, len(report.bad_rows)) == (20, 1500, 1000)


def test_nothing_but_bad_rows_is_no_data():
    with pytest.raises(
        DataError, match=r"reviews.csv has no data rows: all 2 were skipped, as line 2 has 1 field instead of 2"
    ):
        load(b"text,label\nfirst\nsecond\n", bad_rows="skip", delimiter=",")


def test_an_unreadable_header_is_refused():
    with pytest.raises(DataError, match=r"the header, line 1, opens a quote that never closes"):
        load(b'"text,label\nfine,a\n', delimiter=",", bad_rows="skip")


@pytest.mark.parametrize("content", [b"", b"\n\r\n", b"\xef\xbb\xbf", b"text,label", b"text,label\n", b"text,label\n\n \n"])
def test_a_file_without_data_rows_is_refused(content):
    for read in (load, look):
        with pytest.raises(DataError, match=r"reviews.csv has no data rows"):
            read(content)


def test_cells_keep_the_text_that_other_readers_take_for_missing_or_numbers():
    cells = ["NA", "None", "null", "nan", "NaN", "007", "1.0", "1", "TRUE", "", " ", "#N/A", "1e5", "2024-01-02", "\\N"]
    content = "text,label\n" + "".join(f"x,{cell}\n" for cell in cells)
    assert [label for _, label in load(content.encode()).rows] == cells


def test_control_zero_width_and_right_to_left_characters_stay_and_nul_goes():
    content = "text,label\n" + "a\u200bb\u202ec\x07d\x00e\ufeff,x\n"
    assert load(content.encode()).rows == [["a\u200bb\u202ec\x07de\ufeff", "x"]]

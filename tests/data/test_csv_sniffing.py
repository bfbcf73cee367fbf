import random

import pytest
from csv_reading import load, look

from tlcore.errors import ChoiceError


def rows(delimiter: str, count: int = 6) -> str:
    return "".join(f"this, that; and | more {at}{delimiter}{'good' if at % 2 else 'bad'}\n" for at in range(count))


@pytest.mark.parametrize("delimiter", ["\t", "~"])
def test_a_delimiter_is_found_or_chosen_among_others_in_the_text(delimiter):
    chosen = None if delimiter == "\t" else delimiter
    guess = look(f"text{delimiter}label\n{rows(delimiter)}".encode(), delimiter=chosen)
    assert (guess.delimiter, guess.columns) == (delimiter, ("text", "label"))
    assert guess.preview[0] == ("this, that; and | more 0", "bad")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_usual_delimiters_are_found(delimiter):
    guess = look(f"text{delimiter}label\nI like it{delimiter}good\nnot me{delimiter}bad\n".encode())
    assert guess.delimiter == delimiter


def test_decimal_commas_are_no_delimiters():
    assert look(b"text;score\nfine;1,5\nbad;2,5\nok;3,5\n").columns == ("text", "score")


def test_of_mixed_delimiters_the_common_one_counts_and_the_others_are_bad_rows():
    content = "text,label\n" + "I like it,good\n" * 8 + "not me;bad\n"
    guess = look(content.encode())
    assert guess.delimiter == ","
    assert [str(bad) for bad in guess.problems] == ["line 10 has 1 field instead of 2"]


def test_a_single_column_of_sentences_stays_one_column():
    assert load(b"text\nI like it, really\nno\nyes, yes, yes\nwell; no\n").rows == [
        ["I like it, really"],
        ["no"],
        ["yes, yes, yes"],
        ["well; no"],
    ]


def test_excels_hint_names_the_delimiter_and_is_no_row():
    loaded = load(b"sep=;\r\ntext;label\r\na, b;good\r\n")
    assert (loaded.report.columns, loaded.rows, loaded.lines) == (("text", "label"), [["a, b", "good"]], [3])


def test_single_quotes_are_found():
    content = b"'text','label'\n'I, me','good'\n'it''s','bad'\n'no','bad'\n"
    assert load(content).rows == [["I, me", "good"], ["it's", "bad"], ["no", "bad"]]


def test_apostrophes_do_not_quote():
    content = b"text,label\n'tis fine,good\n'twas bad,bad\nit's,good\n"
    assert load(content).rows == [["'tis fine", "good"], ["'twas bad", "bad"], ["it's", "good"]]


def test_quotes_that_only_ever_stand_in_the_text_do_not_quote():
    content = 'text\tlabel\n"Great" he said\tgood\n"Bad" she said\tbad\n"Ok" they said\tgood\n'
    assert load(content.encode(), "reviews.tsv").rows[0] == ['"Great" he said', "good"]


def test_no_quoting_can_be_chosen():
    assert load(b'text\tlabel\n"fine\tgood\nok\tbad\n', quote="").rows == [['"fine', "good"], ["ok", "bad"]]


@pytest.mark.parametrize(
    ("content", "header"),
    [
        ("review,sentiment\ngood,1\nbad,0\n", True),
        ("I like this phone very much,good\nnot me,bad\nnever again,good\n", False),
        ("great,5\nbad,1\nok,3\n", False),
        ("text,2024\ngood,1\nbad,0\n", True),
        ("0,1\ngood,pos\nbad,neg\n", True),
        ("first,second\ngood,pos\nfirst,second\nbad,neg\n", True),
    ],
)
def test_a_header_is_told_from_data(content, header):
    guess = look(content.encode())
    assert guess.header is header
    assert len(guess.preview) == content.count("\n") - header


def test_the_user_decides_on_the_header():
    assert look(b"review,sentiment\ngood,1\n", header=False).columns == ("column_1", "column_2")
    assert look(b"review,sentiment\ngood,1\n", header=False).preview[0] == ("review", "sentiment")
    assert look(b"great,5\nbad,1\n", header=True).columns == ("great", "column_5")


def test_names_that_make_trouble_are_renamed_visibly():
    report = load(b"text,text,,2024,__proto__,Text, label ,constructor,__line,a\x07b\na,b,c,d,e,f,g,h,i,j\n").report
    assert report.columns == (
        "text",
        "text_2",
        "column_3",
        "column_2024",
        "column_proto",
        "Text_3",
        "label",
        "column_constructor",
        "column_line",
        "ab",
    )
    assert report.renamed == {
        "text_2": "text",
        "column_3": "",
        "column_2024": "2024",
        "column_proto": "__proto__",
        "Text_3": "Text",
        "label": " label ",
        "column_constructor": "constructor",
        "column_line": "__line",
        "ab": "a\x07b",
    }


def test_an_overlong_name_is_cut_visibly():
    guess = look(b"x" * 5000 + b",label\na,b\n")
    assert len(guess.columns[0]) == 120
    assert guess.renamed == {guess.columns[0]: "x" * 5000}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delimiter": ";;"}, "';;' must be one plain character"),
        ({"delimiter": "é"}, "'é' must be one plain character"),
        ({"delimiter": "\n"}, "must be one plain character"),
        ({"delimiter": '"'}, "A double quote cannot be the delimiter"),
        ({"quote": "''"}, "must be one plain character"),
        ({"delimiter": "'", "quote": "'"}, "are both"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(ChoiceError, match=message):
        look(b"text,label\na,b\n", **options)


@pytest.mark.parametrize("alphabet", [b'",\n', b'",;\t|\n', b'a"\n', b'""",', b"'\",\n", b",;\t|"])
def test_sniffing_hostile_text_ends(alphabet):
    noise = bytes(random.Random(0).choices(alphabet, k=300_000))
    guess = look(b"text,label\nx,y\n" + noise, delimiter=None)
    assert guess.columns


def test_only_the_first_rows_are_shown():
    guess = look(("text,label\n" + "I like it,good\n" * 50_000).encode())
    assert len(guess.preview) == 20

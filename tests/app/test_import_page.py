"""The Data page: from a file to a dataset, or to one plain sentence and nothing stored."""

import gzip
import io
import zipfile

import pytest
from app_visit import Visit
from datasets_toys import HOSTILE, a_text, csv_of

from tlcore.data.store import DatasetStore
from tlcore.settings import Workspace


def stored(workspace: Workspace) -> list[str]:
    return [card.name for card in DatasetStore(workspace).list()]


def test_an_empty_workspace_asks_for_a_file_or_a_sample(workspace: Workspace) -> None:
    visit = Visit("data")
    assert visit.here == "Data"
    assert visit.expander[0].proto.expanded
    assert "A CSV file with a text and a label in every row" in visit.words
    assert "No file at hand? Take a sample:" in visit.words
    assert not visit.selectbox


def test_a_file_is_shown_before_it_is_stored_and_then_opened(workspace: Workspace) -> None:
    visit = Visit("data").upload("shop.csv", csv_of(labels=("pos", "neg ", "neutral")))
    assert "40 rows, 2 columns · read as utf-8 · separated by comma" in visit.words
    assert "“review” holds the longest texts" in visit.words
    assert visit.dataframe[0].value["review"].tolist() == [a_text(number) for number in range(20)]
    assert visit.dataframe[1].value["means"].tolist() == ["positive", "negative", "neutral"]
    assert stored(workspace) == []
    visit.click("Add dataset")
    [card] = DatasetStore(workspace).list()
    assert (card.name, card.items, card.classes) == ("shop", 40, {"negative": 13, "neutral": 13, "positive": 14})
    assert visit.query_params == {"dataset": card.id}
    assert "From shop.csv" in visit.words
    assert visit.errors == []
    assert list(workspace.uploads.iterdir()) == []


def test_a_packed_file_of_another_language_is_read(workspace: Workspace) -> None:
    lines = [
        "レビュー;評価",
        *(f"これは{number}番目のとても良い商品の感想です;{'良い悪い'[number % 2 * 2 :][:2]}" for number in range(30)),
    ]
    visit = Visit("data").upload("sjis.csv.gz", gzip.compress("\r\n".join(lines).encode("shift_jis")))
    assert "30 rows, 2 columns · read as shift_jis · separated by semicolon" in visit.words
    visit.click("Add dataset")
    assert stored(workspace) == ["sjis"]


def test_the_guesses_are_open_to_change(workspace: Workspace) -> None:
    rows = "\n".join(f"{number},{a_text(number)},{'ab'[number % 2]},{'pos' if number % 2 else 'neg'}" for number in range(40))
    visit = Visit("data").upload("x.csv", f"nr,words,kind,sentiment\n{rows}\n".encode())
    choose = {box.label: box for box in visit.selectbox}
    assert (choose["Text"].value, choose["Label"].value) == ("words", "sentiment")
    choose["Label"].select("kind").run()
    assert "Your choice." in visit.words
    visit.text_input[0].input("mine").run()
    visit.click("Add dataset")
    [card] = DatasetStore(workspace).list()
    assert (card.name, card.classes, card.task) == ("mine", {"a": 20, "b": 20}, "classification")


def test_another_way_of_reading_is_looked_at_at_once(workspace: Workspace) -> None:
    visit = Visit("data").upload("x.csv", csv_of())
    next(box for box in visit.selectbox if box.label == "Columns are separated by").select(";").run()
    assert "40 rows, 1 column · read as utf-8 · separated by semicolon" in visit.words
    assert "No column repeats a few values, as labels do" in visit.words
    visit.click("Add dataset")
    assert len(visit.errors) == 1
    assert stored(workspace) == []


def test_columns_that_had_to_be_renamed_are_named(workspace: Workspace) -> None:
    rows = "".join(f"{a_text(number)},{'ab'[number % 2]},x,y\n" for number in range(30))
    visit = Visit("data").upload("x.csv", f"text,label,label,\n{rows}".encode())
    assert "column label is called label_2 here" in visit.words
    assert "column without a name is called" in visit.words
    visit.click("Add dataset")
    assert stored(workspace) == ["x"]


def test_rows_that_cannot_be_read_are_listed_and_left_out_only_when_the_user_says_so(workspace: Workspace) -> None:
    good = csv_of()
    visit = Visit("data").upload("x.csv", good + b"one,two,three,four\nalone\n")
    assert "2 rows cannot be read." in visit.words
    assert "42" in visit.text[0].value
    assert "43" in visit.text[0].value
    visit.radio[0].set_value("stop, I will mend the file").run()
    visit.click("Add dataset")
    assert len(visit.errors) == 1
    assert "42" in visit.errors[0]
    assert stored(workspace) == []
    visit.radio[0].set_value("leave them out").run()
    visit.click("Add dataset")
    [card] = DatasetStore(workspace).list()
    assert (card.items, card.source.rows_skipped) == (40, 2)
    assert "2 malformed rows left out" in visit.words


def excel() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/workbook.xml", "<workbook/>")
    return content.getvalue()


REFUSED = {
    "nothing": (b"", "x.csv"),
    "header only": (b"review,opinion\n", "no data rows"),
    "excel": (excel(), "Excel"),
    "pdf": (b"%PDF-1.7\n1 0 obj\n", "PDF"),
    "web page": (b"<!DOCTYPE html><html><body><table><tr><td>a</td></tr></table></body></html>", "web page"),
    "broken gzip": (b"\x1f\x8b\x08\x00garbage", "x.csv"),
    "zeros": (b"\0" * 5_000, "x.csv"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_table_gets_one_sentence_and_is_not_stored(workspace: Workspace, case: str) -> None:
    content, word = REFUSED[case]
    visit = Visit("data").upload("x.csv", content)
    [sentence] = visit.errors
    assert word in sentence
    assert "\n" not in sentence
    assert "fault" not in sentence
    assert "add_dataset" not in [button.key for button in visit.button]
    visit.click("Take another file")
    assert list(workspace.uploads.iterdir()) == []
    assert stored(workspace) == []
    assert len(visit.file_uploader) == 1


def test_an_unfit_choice_is_said_and_the_file_stays_for_another_try(workspace: Workspace) -> None:
    visit = Visit("data").upload("x.csv", csv_of())
    next(box for box in visit.selectbox if box.label == "Label").select("review").run()
    visit.click("Add dataset")
    assert len(visit.errors) == 1
    assert stored(workspace) == []
    next(box for box in visit.selectbox if box.label == "Label").select("opinion").run()
    visit.click("Add dataset")
    assert stored(workspace) == ["x"]


def test_an_own_test_file_becomes_the_locked_test(workspace: Workspace) -> None:
    rows = csv_of(60).splitlines(keepends=True)
    visit = Visit("data").upload("train.csv", b"".join(rows[:41])).upload("test.csv", rows[0] + b"".join(rows[41:]))
    assert "Test set: test.csv" in visit.words
    visit.click("Add dataset")
    [card] = DatasetStore(workspace).list()
    assert (card.own_split, card.items) == (True, 60)
    assert "with its own train and test parts" in visit.words
    assert list(workspace.uploads.iterdir()) == []


def test_a_file_survives_a_look_at_another_page(workspace: Workspace) -> None:
    visit = Visit("data").upload("shop.csv", csv_of())
    visit.go("home").go("data")
    visit.click("Add dataset")
    assert stored(workspace) == ["shop"]


def test_a_sample_is_one_click(workspace: Workspace) -> None:
    visit = Visit("data").click("sample_reviews")
    [card] = DatasetStore(workspace).list()
    assert visit.query_params == {"dataset": card.id}
    assert "Product reviews" in visit.words


def test_hostile_columns_and_file_names_are_shown_as_text(workspace: Workspace) -> None:
    name = "x <script> $x$ :red[x] ![y](https:__evil.example_y.png).csv"
    visit = Visit("data").upload(name, csv_of(header=f"{HOSTILE},label").replace(b"otter", b"<b>otter</b>"))
    assert visit.errors == []
    assert name in visit.words
    assert HOSTILE in visit.words
    assert visit.oddities == {}
    visit.click("Add dataset")
    assert f"text in “{HOSTILE}”" in visit.words
    assert visit.oddities == {}

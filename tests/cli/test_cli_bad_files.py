"""Difficult CSV files through the command line: taken whole, or refused in one sentence with the workspace as it was."""

import gzip
from pathlib import Path

import pytest
from cli_help import Call, assert_refused

from tlcore.settings import Workspace

HEAD = "review,label\n"
ROWS = "".join(
    f"{'splendid' if row % 2 else 'dreadful'} thing number {row} that I bought,{'good' if row % 2 else 'bad'}\n"
    for row in range(20)
)
GOOD = HEAD + ROWS

REFUSED: dict[str, tuple[bytes, list[str]]] = {
    "empty": (b"", ["no data rows"]),
    "header only": (HEAD.encode(), ["no data rows"]),
    "surplus field": ((GOOD + "one,two,three\n").encode(), ["22"]),
    "missing field": ((GOOD + "only one\n").encode(), ["22"]),
    "unclosed quote": ((GOOD + '"never closed,bad\n' + ROWS).encode(), ["22"]),
    "undecodable": (GOOD.encode("utf-16") + b"\x00\xd8\x41\x00", []),
    "excel": (b"PK\x03\x04" + b"\0" * 26 + b"xl/workbook.xml" + b"\0" * 100, ["Excel", "CSV"]),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"x" * 100, ["PDF"]),
    "html": (b"<!DOCTYPE html><html><body><table></table></body></html>", ["HTML"]),
    "broken gzip": (gzip.compress(GOOD.encode())[:-20], []),
    "no label": (b"review\nsome text\nsome other text\n", ["label"]),
}


def tree(folder: Path) -> list[str]:
    """All files under a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def added(call: Call, path: Path, content: bytes | str, *options: str) -> dict:
    """The dataset made from a file."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    answer = call("data", "add", path, "--json", *options)
    assert answer.code == 0, answer.err
    return answer.document


@pytest.mark.parametrize("case", REFUSED)
def test_file_is_refused_in_one_sentence_and_nothing_is_stored(
    outside: Call, workspace: Workspace, tmp_path: Path, case: str
) -> None:
    content, words = REFUSED[case]
    path = tmp_path / "reviews.csv"
    path.write_bytes(content)
    assert_refused(outside("data", "add", path, "--json"), "reviews.csv", *words)
    assert tree(workspace.root) == []


def test_earlier_datasets_survive_a_refusal(call: Call, workspace: Workspace, tmp_path: Path) -> None:
    before = added(call, tmp_path / "reviews.csv", GOOD)
    files = tree(workspace.root)
    (tmp_path / "reviews.csv").write_bytes(b"%PDF-1.7\n")
    assert_refused(call("data", "add", tmp_path / "reviews.csv"))
    assert tree(workspace.root) == files
    assert call("data", "show", before["id"], "--json").document == before


@pytest.mark.parametrize(("setting", "value"), [("MAX_ROWS", "10"), ("MAX_COLUMNS", "1"), ("MAX_FILE_BYTES", "200")])
def test_file_over_a_limit_is_refused_with_limit_and_size(
    call: Call, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    monkeypatch.setenv(f"TLCORE_{setting}", value)
    (tmp_path / "reviews.csv").write_text(GOOD)
    assert_refused(call("data", "add", tmp_path / "reviews.csv"), "reviews.csv", value)
    assert tree(workspace.root) == []


def test_cell_over_the_limit_is_named_by_row_and_a_long_one_is_taken(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = GOOD + "long " * 40_000 + ",good\n"
    assert added(call, tmp_path / "reviews.csv", long)["items"] == 21
    monkeypatch.setenv("TLCORE_MAX_CELL_CHARACTERS", "100000")
    assert_refused(call("data", "add", tmp_path / "reviews.csv"), "22")


def test_malformed_rows_are_skipped_on_request_and_counted(call: Call, tmp_path: Path) -> None:
    card = added(call, tmp_path / "reviews.csv", GOOD + "one,two,three\n" + "fine thing,good\n", "--bad-rows", "skip")
    assert card["items"] == 21
    assert card["source"]["rows_skipped"] == 1


@pytest.mark.parametrize(
    ("encoding", "given"),
    [
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "latin-1"),
        ("shift-jis", "Shift-JIS"),
    ],
)
def test_encodings_are_found_and_can_be_given(call: Call, tmp_path: Path, encoding: str, given: str) -> None:
    word = "とても良い買い物でした" if encoding == "shift-jis" else "größere Überraschung für Käufer"
    label = "台所" if encoding == "shift-jis" else "Küche"
    content = (HEAD + "".join(f"{word}{word} {row},{label if row % 2 else 'Bad'}\n" for row in range(30))).encode(encoding)
    found = added(call, tmp_path / "reviews.csv", content)
    assert label in found["classes"]
    assert added(call, tmp_path / "reviews.csv", content, "--encoding", given)["classes"] == found["classes"]


@pytest.mark.parametrize(("delimiter", "word"), [(";", "semicolon"), ("\t", "tab"), ("|", "pipe")])
def test_delimiters_are_found_and_can_be_given(call: Call, tmp_path: Path, delimiter: str, word: str) -> None:
    content = GOOD.replace(",", delimiter)
    found = added(call, tmp_path / "reviews.csv", content)
    assert found["classes"] == {"negative": 10, "positive": 10}
    assert added(call, tmp_path / "reviews.csv", content, "--delimiter", word) == found
    assert added(call, tmp_path / "reviews.csv", content, "--delimiter", delimiter) == found


def test_labels_stay_what_they_were(call: Call, tmp_path: Path) -> None:
    labels = ["NA", "None", "null", "nan", "007", "TRUE", "1", "1.0"]
    content = HEAD + "".join(f"a text with some words and the number {row},{labels[row % 8]}\n" for row in range(64))
    card = added(call, tmp_path / "reviews.csv", content, "--text", "review", "--label", "label", "--task", "classification")
    assert card["classes"] == dict.fromkeys(sorted(labels), 8)


def test_odd_characters_and_headers_are_survived(call: Call, tmp_path: Path) -> None:
    rows = [
        "zero\u200bwidth joke",
        "\u202eright to left",
        "bell\x07 and escape \x1b[31m",
        "<script>alert(1)</script>",
        "=1+1",
        "🤷🏽‍♀️ indeed",
    ]
    content = "review,label,label,,1,__proto__\n" + "".join(
        f"{rows[row % 6]} number {row},{'good' if row % 2 else 'bad'},x,y,z,w\n" for row in range(24)
    )
    card = added(call, tmp_path / "reviews.csv", content, "--text", "review", "--label", "label")
    assert card["items"] == 24
    assert "\x1b" not in call("data", "show", card["id"]).out


def test_sentiment_mapping_is_taken_from_the_options(call: Call, tmp_path: Path) -> None:
    content = GOOD.replace(",good\n", ",thumbs=up\n") + "nobody knows what to think,unsure\n"
    options = ("--map", "thumbs=up=positive", "--map", "bad=negative", "--map", "unsure=")
    card = added(call, tmp_path / "reviews.csv", content, "--task", "sentiment", *options)
    assert card["classes"] == {"negative": 10, "positive": 10}
    assert_refused(call("data", "add", tmp_path / "reviews.csv", "--map", "bad"), "bad")
    assert_refused(call("data", "add", tmp_path / "reviews.csv", "--task", "sentiment", *options, "--map", "bad=evil"), "evil")


def test_group_split_and_test_options_reach_the_dataset(call: Call, tmp_path: Path) -> None:
    lines = GOOD.splitlines()
    content = "\n".join(
        [f"{lines[0]},shop,part"]
        + [f"{line},s{row % 5},{'test' if row >= 16 else 'train'}" for row, line in enumerate(lines[1:])]
    )
    card = added(call, tmp_path / "reviews.csv", content + "\n", "--split", "part", "--group", "shop")
    assert (card["own_split"], card["grouped"]) == (True, True)
    (tmp_path / "test.csv").write_text(HEAD + "another splendid one,good\nanother dreadful one,bad\n")
    card = added(call, tmp_path / "reviews.csv", GOOD, "--test", str(tmp_path / "test.csv"))
    assert (card["own_split"], card["items"]) == (True, 22)


def test_sample_is_added_by_name(call: Call, workspace: Workspace) -> None:
    answer = call("data", "add", "--sample", "reviews", "--json")
    assert answer.code == 0, answer.err
    assert list(answer.document["classes"]) == ["negative", "neutral", "positive"]

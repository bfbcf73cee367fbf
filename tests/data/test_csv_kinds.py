import gzip
import io
import tarfile
import zipfile

import pytest
from csv_reading import load, look

from tlcore.errors import DataError
from tlcore.settings import Settings

TABLE = b"text,label\ngood phone,positive\nbad phone,negative\n"


def zipped(name: str) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(name, "<x/>")
    return memory.getvalue()


def tarred() -> bytes:
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("reviews.csv"), io.BytesIO())
    return memory.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (zipped("xl/workbook.xml"), "an Excel workbook"),
        (zipped("word/document.xml"), "a Word document"),
        (zipped("reviews.csv"), "a zip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "an old Excel or Word file"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document"),
        (b"\xef\xbb\xbf\n <!-- saved --><!DOCTYPE html>\n<html><body><table>", "a web page"),
        (b"<table><tr><td>text</td></tr></table>", "a web page"),
        (b"<?xml version='1.0'?><rows/>", "an XML file"),
        (b'[{"text": "good", "label": 1}]', "a JSON file"),
        (b'{"text": "good", "label": 1}\n{"text": "bad", "label": 0}\n', "a JSON file"),
        (b"PAR1\x15\x04", "a Parquet file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "an image"),
        (b"SQLite format 3\0", "an SQLite database"),
        (tarred(), "a tar archive"),
    ],
)
def test_another_kind_of_file_is_named_with_the_cure(content, kind):
    for name in ("reviews.csv", "reviews.csv.gz"):
        packed = gzip.compress(content) if name.endswith(".gz") else content
        with pytest.raises(DataError, match=rf"{name} is {kind}.*, not a CSV file\. (Open|Export|Unpack|Give) .*\.") as caught:
            look(packed, name)
        assert str(caught.value).count(". ") == 1


def test_hostile_markup_is_judged_in_linear_time():
    assert look(b"<!---->" * 9_000 + b"\nx\n").columns


def test_text_that_starts_like_a_known_kind_is_still_text():
    assert load(b"BM,PK\nx,y\n").rows == [["x", "y"]]
    assert load(b"<text>,label\nx,y\n").rows == [["x", "y"]]
    assert load(b'{"a",b\nx,y\n', quote="").rows == [["x", "y"]]


def test_a_packed_file_is_read():
    loaded = load(gzip.compress(TABLE), "reviews.csv.gz")
    assert loaded.rows == [["good phone", "positive"], ["bad phone", "negative"]]
    assert loaded.lines == [2, 3]


def test_a_packed_file_under_a_plain_name_is_refused_with_the_cure():
    with pytest.raises(DataError, match=r"reviews.csv is compressed with gzip. Unpack it, or rename it to reviews.csv.gz"):
        load(gzip.compress(TABLE))


def test_a_plain_file_under_a_packed_name_is_read():
    assert load(TABLE, "reviews.csv.gz").report.rows == 2


@pytest.mark.parametrize("content", [gzip.compress(TABLE * 5000)[:-20], gzip.compress(TABLE)[:15], b"\x1f\x8b\x08" + b"x" * 50])
def test_a_damaged_packed_file_is_refused(content):
    with pytest.raises(DataError, match=r"reviews.csv.gz is a damaged or incomplete gzip file"):
        load(content, "reviews.csv.gz")


def test_a_packed_bomb_stops_at_the_limit():
    bomb = gzip.compress(b"text,label\n" + b"x,y\n" * 2_000_000)
    assert len(bomb) < 20_000
    with pytest.raises(DataError, match=r"reviews.csv.gz has more bytes once unpacked than allowed; the limit is 1,000,000"):
        load(bomb, "reviews.csv.gz", Settings(max_file_bytes=1_000_000))


def test_a_tab_separated_file_is_read():
    assert load(b"text\tlabel\nI like it, really\tpositive\n", "reviews.tsv").rows == [["I like it, really", "positive"]]


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    from tlcore.data.csv.load import sniff

    with pytest.raises(DataError, match=r"gone.csv cannot be opened: No such file"):
        sniff(tmp_path / "gone.csv")
    with pytest.raises(DataError, match=r"my file.csv is not a file"):
        sniff(tmp_path, file_name="my file.csv")

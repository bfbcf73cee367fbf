"""A file is read block by block, and most blocks take a short cut: neither may show in what is read."""

import csv
import hashlib
import io
from pathlib import Path

import pytest
from csv_reading import load
from hypothesis import given, settings
from hypothesis import strategies as st

from tlcore.data.csv import audit as csv_audit
from tlcore.data.csv import source as csv_source
from tlcore.data.csv.audit import Audit
from tlcore.data.csv.load import CsvOptions, load_csv
from tlcore.data.csv.source import Text, open_source
from tlcore.data.csv.table import examine, limits_of
from tlcore.errors import Stopped
from tlcore.settings import Settings

CELLS = st.sampled_from(["a", "bc", '"q"', '"a, b"', '"x\ny"', '"say ""hi"""', '5"', '"stray', "", "é", '"', '""', " ", '"z" '])
LINES = st.lists(st.lists(CELLS, min_size=1, max_size=3).map(",".join), max_size=12)
NEWLINES = st.sampled_from(["\n", "\r\n", "\r"])
LIMITS = Settings()


def judged(path: Path, block: int, monkeypatch: pytest.MonkeyPatch, *, short_cut: bool = True):
    """Rows with their lines, and bad rows, of a file of two columns read in blocks of that many bytes."""
    monkeypatch.setattr(csv_source, "_BLOCK", block)
    if not short_cut:
        monkeypatch.setattr(csv_audit, "clean_rows", lambda block, rules: None)
    options = CsvOptions(delimiter=",", quote='"', header=True, bad_rows="skip")
    source = open_source(path, None)
    table = examine(source, source.encoding("utf-8"), options, LIMITS)
    audit = Audit(Text(source, table.encoding, limits_of(LIMITS)), table.writing, table.rules)
    rows, lines = [], []
    for good in audit:
        rows += csv.reader(io.StringIO(good.text.decode(), newline=""))
        lines += good.lines.tolist()
    assert audit.rows == len(rows) == len(lines)
    return rows, lines, audit.bad


@settings(max_examples=150)
@given(LINES, NEWLINES, st.integers(1, 40))
def test_neither_blocks_nor_the_short_cut_change_what_is_read(tmp_path_factory, lines, newline, block):
    path = tmp_path_factory.getbasetemp() / "blocks.csv"
    breaks = [line.replace("\n", newline) for line in lines]
    path.write_bytes(newline.join(["text,label", "é,x", *breaks, ""]).encode())
    with pytest.MonkeyPatch.context() as patch:
        whole = judged(path, 1 << 20, patch)
        assert judged(path, block, patch) == whole
        assert judged(path, 1 << 20, patch, short_cut=False) == whole


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "shift_jis", "gb18030"])
@pytest.mark.parametrize("block", [1, 2, 3, 7])
def test_no_character_is_cut_between_blocks(encoding, block, monkeypatch):
    monkeypatch.setattr(csv_source, "_BLOCK", block)
    text = "text,label\r\n" + '"日本語\r\nテキスト",良い\r\nこれは,悪い\r\n' * 3
    expected = [["日本語\r\nテキスト", "良い"], ["これは", "悪い"]] * 3
    assert load(text.encode(encoding), encoding=encoding).rows == expected


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_large_files_keep_rows_and_lines(newline):
    cells = [[f"review {at}, long enough{newline if at % 7 == 0 else ' '}to matter", f"label {at % 3}"] for at in range(40_000)]
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator=newline, quoting=csv.QUOTE_ALL).writerows([["text", "label"], *cells])
    loaded = load(written.getvalue().encode())
    assert loaded.rows == cells
    lines = 1 + sum(1 + ("\n" in text or "\r" in text) for text, _ in cells[:-1])
    assert loaded.lines[-1] == lines + 1


def test_progress_rises_to_the_end_and_may_stop_the_work(tmp_path):
    path, target = tmp_path / "reviews.csv", tmp_path / "rows.arrow"
    path.write_bytes(b"text,label\n" + b"good phone,positive\n" * 100_000)
    shares: list[float] = []
    report = load_csv(path, CsvOptions(), target, Settings(), on_progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) > 3
    assert report.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()

    def stop(share: float) -> None:
        raise Stopped("You stopped it.")

    before = target.read_bytes()
    with pytest.raises(Stopped):
        load_csv(path, CsvOptions(), target, Settings(), on_progress=stop)
    assert target.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["reviews.csv", "rows.arrow"]

import pytest
from csv_reading import load, look

from tlcore.data.csv.encoding import ENCODINGS
from tlcore.errors import ChoiceError, DataError

WRITTEN = {
    "windows-1252": "Très bon téléphone, écran magnifique;positif\nL’appareil est arrivé cassé, déçu;négatif\n",
    "windows-1250": "Świetny telefon, bardzo szybki;dobry\nNie działa, żałuję zakupu i całej łączności;zły\n",
    "windows-1251": "Отличный телефон, очень доволен;хорошо\nНе работает, деньги на ветер;плохо\n",
    "koi8-r": "Отличный телефон, очень доволен;хорошо\nНе работает, деньги на ветер;плохо\n",
    "windows-1253": "Πολύ καλό τηλέφωνο και γρήγορο;θετικό\nΔεν δουλεύει καθόλου;αρνητικό\n",
    "windows-1254": "Çok güzel bir ürün, şiddetle öneririm;olumlu\nHiç beğenmedim, çalışmıyor;olumsuz\n",
    "windows-1255": "מוצר מצוין אני מאוד מרוצה;טוב\nלא עובד בכלל;רע\n",
    "windows-1256": "منتج رائع جدا أنا سعيد;جيد\nلا يعمل على الإطلاق;سيئ\n",
    "windows-874": "สินค้าดีมาก ชอบมากค่ะ;ดี\nใช้ไม่ได้เลย เสียใจ;แย่\n",
    "mac-roman": "Très bon téléphone, écran magnifique;positif\nL’appareil est arrivé cassé, déçu;négatif\n",
    "shift_jis": "とても良い製品です。気に入りました;良い\n二日で壊れました。最悪です;悪い\n",
    "euc-jp": "とても良い製品です。気に入りました;良い\n二日で壊れました。最悪です;悪い\n",
    "iso-2022-jp": "とても良い製品です。気に入りました;良い\n二日で壊れました。最悪です;悪い\n",
    "gb18030": "这个产品非常好，我很喜欢;好\n两天就坏了，非常失望;差\n",
    "big5": "這個產品非常好，我很喜歡;好\n兩天就壞了，非常失望;差\n",
    "euc-kr": "정말 좋은 제품입니다 마음에 들어요;좋음\n이틀 만에 고장났어요;나쁨\n",
    "utf-8": "Très bon téléphone;positif\n二日で壊れました;悪い\n",
    "utf-16-le": "Très bon téléphone;positif\n二日で壊れました;悪い\n",
    "utf-16-be": "とても良い製品です。気に入りました;良い\n二日で壊れました。最悪です;悪い\n",
}


@pytest.mark.parametrize("encoding", WRITTEN)
def test_the_encoding_is_found_and_the_text_is_right(encoding):
    text = "text;label\n" + WRITTEN[encoding]
    loaded = load(text.encode("cp874" if encoding == "windows-874" else encoding))
    assert loaded.report.encoding == encoding
    assert loaded.rows == [line.split(";") for line in text.splitlines()[1:]]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides_and_is_no_part_of_the_first_name(codec):
    content = "text,label\ncafé,好\n".encode(codec)
    assert "byte-order mark" in look(content).encoding_reason
    assert load(content).report.columns == ("text", "label")
    assert load(content).rows == [["café", "好"]]


def test_one_western_letter_among_plain_ones_is_enough():
    content = ("text,label\n" + "a plain review,good\n" * 50 + "the café was good,good\n").encode("latin-1")
    assert load(content).rows[-1] == ["the café was good", "good"]


def test_letters_beyond_ascii_that_come_late_in_a_large_file_are_found():
    content = b"text,label\n" + b"a plain review of a phone,good\n" * 20_000 + "I don’t like it,bad\n".encode("cp1252")
    assert look(content).encoding == "utf-8"
    loaded = load(content)
    assert loaded.report.encoding == "windows-1252"
    assert loaded.rows[-1] == ["I don’t like it", "bad"]


def test_the_user_has_the_last_word():
    content = "text,label\n20 € très bien,bon\n".encode("iso-8859-15")
    assert load(content).rows == [["20 ¤ très bien", "bon"]]
    assert load(content, encoding="latin-9").rows == [["20 € très bien", "bon"]]
    assert look(content, encoding="ISO-8859-15").encoding_reason == "chosen by you"


@pytest.mark.parametrize("alias", ["latin1", "Latin-1", "cp1252", "SJIS", "gb2312", "UTF8", "utf-16", "ansi"])
def test_usual_names_of_encodings_are_known(alias):
    assert look("text,label\nx,y\n".encode("utf-16" if alias == "utf-16" else "ascii"), encoding=alias).encoding in ENCODINGS


@pytest.mark.parametrize("name", ["klingon", "utf-7", "rot13", "base64", "idna", ""])
def test_an_unknown_encoding_is_refused_by_name(name):
    if name:
        with pytest.raises(ChoiceError, match=f"'{name}' is not known. Choose one of: utf-8, "):
            look(b"text,label\nx,y\n", encoding=name)


def test_bytes_that_cannot_be_decoded_are_named_by_line_and_offset_and_skipped_on_demand():
    content = "text,label\ncafé crème à la carte,é\n".encode() + b"bad \xc3(\n,x\n" + "fine,ü\n".encode()
    content = content.replace(b"\xc3(\n", b"\xc3( text")
    offset = content.index(b"\xc3(")
    with pytest.raises(DataError, match=f"line 3 cannot be decoded as utf-8 at byte {offset} of the file. .* another encoding"):
        load(content)
    loaded = load(content, bad_rows="skip")
    assert loaded.rows == [["café crème à la carte", "é"], ["fine", "ü"]]
    assert (loaded.report.skipped, loaded.report.bad_rows[0].line) == (1, 3)


def test_offsets_count_the_bytes_of_the_file_in_its_own_encoding():
    lines = [line.encode("utf-16-le") for line in ["text,label\n", "日本語,a\n", "bad ", "", ",b\n", "fine,c\n"]]
    lines[3] = b"\x00\xd8"
    content = b"\xff\xfe" + b"".join(lines)
    offset = content.index(b"\x00\xd8,\x00")
    with pytest.raises(DataError, match=f"line 3 cannot be decoded as utf-16-le at byte {offset} of the file"):
        load(content)


def test_an_undecodable_byte_in_a_cell_of_several_lines_is_named_by_its_own_line():
    content = 'text,label\n"é è à ù\nsecond '.encode() + b"\xff" + 'ç ê\n",x\nô,y\n'.encode()
    loaded = load(content, bad_rows="skip", encoding="utf-8")
    assert [bad.line for bad in loaded.report.bad_rows] == [3]
    assert loaded.rows == [["ô", "y"]]


def test_bytes_of_no_text_are_refused():
    with pytest.raises(DataError, match=r"reviews.csv does not look like text"):
        load(bytes(range(256)) * 20)

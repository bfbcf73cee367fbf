"""Which encoding a file is written in, and why we think so."""

import codecs
import re
import unicodedata
from dataclasses import dataclass

from tlcore.errors import ChoiceError, DataError

ENCODINGS: dict[str, str] = {
    "utf-8": "Unicode, the usual one",
    "utf-16-le": "Unicode in 16-bit units, little-endian (Excel's “Unicode Text”)",
    "utf-16-be": "Unicode in 16-bit units, big-endian",
    "utf-32-le": "Unicode in 32-bit units, little-endian",
    "utf-32-be": "Unicode in 32-bit units, big-endian",
    "windows-1252": "Western European, Windows",
    "iso-8859-1": "Western European, Latin-1",
    "iso-8859-15": "Western European with €, Latin-9",
    "mac-roman": "Western European, old Macintosh",
    "cp850": "Western European, DOS",
    "windows-1250": "Central European, Windows",
    "iso-8859-2": "Central European, Latin-2",
    "windows-1251": "Cyrillic, Windows",
    "koi8-r": "Cyrillic, KOI8-R",
    "windows-1253": "Greek",
    "windows-1254": "Turkish",
    "windows-1255": "Hebrew",
    "windows-1256": "Arabic",
    "windows-1257": "Baltic",
    "windows-1258": "Vietnamese",
    "windows-874": "Thai",
    "shift_jis": "Japanese, Shift-JIS",
    "euc-jp": "Japanese, EUC",
    "iso-2022-jp": "Japanese, JIS",
    "gb18030": "Chinese, simplified (GBK and GB2312 too)",
    "big5": "Chinese, traditional",
    "euc-kr": "Korean",
}
"""Every encoding that can be read -> what it is, in words."""

_CODECS = {"windows-874": "cp874", "shift_jis": "cp932", "big5": "cp950", "euc-kr": "cp949"}
_ALIASES = {
    "latin-1": "iso-8859-1",
    "ansi": "windows-1252",
    "shift-jis": "shift_jis",
    "sjis": "shift_jis",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "utf-8-sig": "utf-8",
    "latin-9": "iso-8859-15",
}
_BOMS = (
    ("utf-8", codecs.BOM_UTF8),
    ("utf-32-le", codecs.BOM_UTF32_LE),
    ("utf-32-be", codecs.BOM_UTF32_BE),
    ("utf-16-le", codecs.BOM_UTF16_LE),
    ("utf-16-be", codecs.BOM_UTF16_BE),
)
_NEVER_GUESSED = {name for name in ENCODINGS if name.startswith(("utf", "iso-8859"))} | {"cp850", "iso-2022-jp"}
_GUESS_BYTES = 16_384
_CONTROLS = re.compile(rb"[\x00\x02-\x08\x0e-\x1a\x1c\x1d]")
_JIS_ESCAPES = (b"\x1b$B", b"\x1b$@")
_TURKISH = re.compile("[ðþýÐÞÝ]")
_ICELANDIC = re.compile("[æáíúóÆÁÍÚÓ]")
_WRITTEN_IN_WORDS = re.compile(r"(?<=[^\W\d_])[^\w\s\x00-\x7f’‘´`·ʼ­-](?=[^\W\d_])|[^\W\d_][¹²³¼½¾¿¡](?=[^\W\d_])")


@dataclass(frozen=True)
class Encoding:
    """An encoding and what the reader must know of it."""

    name: str
    """A key of `ENCODINGS`."""
    reason: str

    @property
    def codec(self) -> str:
        """Python's name for it."""
        return _CODECS.get(self.name, self.name)

    @property
    def unit(self) -> int:
        """Bytes that a line break takes."""
        return {"utf-16": 2, "utf-32": 4}.get(self.name[:6], 1)


def bom_length(head: bytes, encoding: str) -> int:
    """How many bytes of byte-order mark `head` starts with, 0 when the mark is another encoding's."""
    return next((len(mark) for name, mark in _BOMS if name == encoding and head.startswith(mark)), 0)


def chosen_encoding(name: str, head: bytes = b"") -> Encoding:
    """The encoding a user names; a plain "utf-16" or "utf-32" goes by the byte-order mark in `head`.

    Raises ChoiceError for one that is not in `ENCODINGS`.
    """
    key = name.strip().casefold().replace(" ", "-")
    if key in {"utf-16", "utf-32", "utf16", "utf32"}:
        size = key[-2:]
        big = bom_length(head, f"utf-{size}-be") > 0
        key = f"utf-{size}-{'be' if big else 'le'}"
    for known in ENCODINGS:
        if _ALIASES.get(key, key) == known or _same_codec(_ALIASES.get(key, key), known):
            return Encoding(known, "chosen by you")
    raise ChoiceError(f"Encoding {name!r} is not known. Choose one of: {', '.join(ENCODINGS)}.")


def detect_encoding(head: bytes, *, whole: bool, name: str) -> Encoding:
    """The encoding of a file that starts with `head`; `whole` says that nothing follows.

    Raises DataError when the bytes are no text in any encoding.
    """
    for found, mark in _BOMS:
        if head.startswith(mark):
            return Encoding(found, "the file starts with this encoding's byte-order mark")
    unicode = _wide(head) or _jis(head) or _utf8(head, whole)
    if unicode is None and 20 * len(_CONTROLS.findall(head)) > len(head):
        raise DataError(f"{name} does not look like text in any known encoding. Save the table as CSV (UTF-8) and try again.")
    return unicode or _legacy(head, whole)


def _same_codec(name: str, known: str) -> bool:
    """Whether two names mean one of Python's codecs."""
    try:
        return codecs.lookup(name).name == codecs.lookup(_CODECS.get(known, known)).name
    except (LookupError, ValueError):
        return False


def _wide(head: bytes) -> Encoding | None:
    """UTF-16 without a mark: zero bytes, all on the same side of each pair."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 50 < len(head) or min(even, odd) * 10 > max(even, odd):
        return None
    name, feed = ("utf-16-le", b"\n\0") if odd > even else ("utf-16-be", b"\0\n")
    if 2 * head.count(feed) < head.count(b"\n") or (b"\n" not in head and max(even, odd) * 5 < len(head)):
        return None
    side = "second" if odd > even else "first"
    text = head[: len(head) // 2 * 2].decode(name, errors="replace")
    if text.count("\ufffd") * 10 > len(text):
        return None
    return Encoding(name, f"every {side} byte of plain letters is zero, as in UTF-16 without a byte-order mark")


def _jis(head: bytes) -> Encoding | None:
    """Japanese in seven bits, which looks like ASCII but for its escape sequences."""
    if head.isascii() and any(escape in head for escape in _JIS_ESCAPES):
        return Encoding("iso-2022-jp", "it switches alphabets with this encoding's escape sequences")
    return None


def _utf8(head: bytes, whole: bool) -> Encoding | None:
    """UTF-8, also when a few bytes among many are damaged."""
    if head.isascii():
        return Encoding("utf-8", f"{'all' if whole else 'the first'} {len(head):,} bytes are plain ASCII, which UTF-8 contains")
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(head, final=whole)
    damaged = text.count("\ufffd") - head.count("\ufffd".encode())
    good = sum(1 for character in text if character > "\x7f") - damaged
    if damaged == 0:
        return Encoding("utf-8", "all characters beyond ASCII are well-formed UTF-8")
    if good >= 4 * damaged:
        return Encoding("utf-8", f"{good:,} of {good + damaged:,} characters beyond ASCII are well-formed UTF-8")
    return None


def _legacy(head: bytes, whole: bool) -> Encoding:
    """An older encoding, by how natural the text looks in each; Windows-1252 wins a near tie."""
    from charset_normalizer import from_bytes

    names = {_python_name(name): name for name in ENCODINGS if name not in _NEVER_GUESSED}
    matches = from_bytes(_telling_part(head, whole), cp_isolation=list(names), enable_fallback=False)
    best = matches.best()
    if best is None:
        return Encoding("windows-1252", "no encoding makes all of it natural text, and this is the most common one")
    readings: dict[str, str] = {}
    for match in matches:
        if match.chaos <= best.chaos + 0.02 and match.coherence >= best.coherence - 0.12:
            readings |= {names[codec]: str(match) for codec in match.could_be_from_charset if codec in names}
    chosen = _most_natural(readings)
    return Encoding(chosen, f"read as {ENCODINGS[chosen].split(',')[0]} text, it looks most natural")


def _python_name(name: str) -> str:
    """What charset-normalizer calls an encoding; plain EUC-KR and Big5, as their supersets accept nearly anything."""
    codec = name if name in {"euc-kr", "big5"} else _CODECS.get(name, name)
    return codecs.lookup(codec).name.replace("-", "_")


def _most_natural(readings: dict[str, str]) -> str:
    """The encoding whose reading has the fewest oddities; of equals Windows-1252, if the letters are not Turkish."""
    oddities = {name: _oddities(text) for name, text in readings.items()}
    likely = [name for name in readings if oddities[name] == min(oddities.values())]
    if "windows-1252" not in likely:
        return likely[0]
    western = readings["windows-1252"]
    turkish = "windows-1254" in likely and _TURKISH.search(western) and not _ICELANDIC.search(western)
    return "windows-1254" if turkish else "windows-1252"


def _telling_part(head: bytes, whole: bool) -> bytes:
    """The lines of `head` with bytes beyond ASCII, cut where no character can be cut, short enough for a quick guess."""
    if not whole:
        head = head[: _last_break(head)]
    telling = b"".join(line for line in head.splitlines(keepends=True) if not line.isascii())
    return telling if len(telling) <= _GUESS_BYTES else telling[: _last_break(telling[:_GUESS_BYTES])]


def _last_break(text: bytes) -> int:
    """Where the last sign that is never part of a longer character ends; everything when there is none."""
    return max(text.rfind(sign) for sign in (b"\n", b"\r", b"\t", b" ", b",", b";")) + 1 or len(text)


def _oddities(text: str) -> int:
    """Signs inside words that no language writes there: the mark of a wrong encoding."""
    strange = sum(1 for character in text if character > "\x7f" and unicodedata.category(character) in {"Cc", "Co", "Cn"})
    return strange + len(_WRITTEN_IN_WORDS.findall(text))

"""Names of files as strangers give them: judged, cleaned for showing, and never used as a path."""

import re
import unicodedata

_SUSPECT = re.compile(r"\0|\.\.|^[/\\~]|^[A-Za-z]:")
"""What any dangerous name has: most names are cleared at once."""
_DRIVE = re.compile(r"^[A-Za-z]:")
_LONGEST_SHOWN = 120
_JUNK_FOLDERS = frozenset({"__macosx", "@eadir", "$recycle.bin", "system volume information"})
_JUNK_FILES = frozenset({"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r"})
_BESIDE_ENDINGS = """
    txt md rst csv tsv json jsonl xml yaml yml toml ini cfg log pdf doc docx xls xlsx ods odt ppt pptx rtf py ipynb r m
    parquet npy npz h5 hdf5 mat pkl pt pth onnx safetensors db sqlite sha1 sha256 md5 lnk url bak tmp
"""
_BESIDE = frozenset(_BESIDE_ENDINGS.split())
_ARCHIVES = frozenset({"zip", "7z", "rar", "tar", "gz", "tgz", "bz2", "xz", "zst"})
_TABLES = frozenset({"csv", "tsv"})
_BARE = frozenset({"readme", "license", "licence", "copying", "authors", "notice", "changelog", "makefile"})


def danger_of(name: str) -> str | None:
    """What is wrong with an entry's name, as the rest of a sentence; None for a name that stays within its folder."""
    if not _SUSPECT.search(name):
        return None
    parts = re.split(r"[/\\]", name)
    if "\0" in name:
        return "has a NUL character in its name"
    if ".." in parts:
        return "leads out of the zip's folder with “..”"
    if name.startswith(("/", "\\")):
        return "has an absolute path for a name"
    if _DRIVE.match(name):
        return "has a drive in its name"
    if parts[0].startswith("~") and (len(parts) > 1 or parts[0] == "~"):
        return "points to somebody's home folder with “~”"
    return None


def is_junk(name: str) -> bool:
    """Whether a file is left behind by an operating system or a program: no data, and nothing to speak of."""
    name = name.replace("\\", "/").removeprefix("./")
    *folders, last = name.split("/")
    hidden = name.startswith(".") or "/." in name or last.startswith("~$")
    return hidden or last.casefold() in _JUNK_FILES or any(part.casefold() in _JUNK_FOLDERS for part in folders)


def is_beside(name: str) -> bool:
    """Whether a file's ending says that it is no picture but goes with them: a README, a table, a licence."""
    return ending_of(name) in _BESIDE or name.rpartition("/")[2].casefold() in _BARE


def is_table(name: str) -> bool:
    """Whether a file may be a table of labels."""
    return ending_of(name) in _TABLES


def is_archive(name: str) -> bool:
    """Whether a file's ending says that it holds other files."""
    return ending_of(name) in _ARCHIVES


def ending_of(name: str) -> str:
    """What follows the last dot, in small letters."""
    stem, _, ending = name.rpartition("/")[2].rpartition(".")
    return ending.casefold() if stem else ""


def shown(name: str, longest: int = _LONGEST_SHOWN) -> str:
    """A name fit for a sentence: in one line, without control characters, of at most 120 (or `longest`) characters."""
    clean = "".join("�" if unicodedata.category(letter)[0] == "C" else letter for letter in name)
    if len(clean) <= longest:
        return clean
    half = longest // 2
    return f"{clean[: half - 1]}…{clean[-half:]}"


def as_text(name: str) -> str:
    """A name that can be stored: bytes of it that are no characters become question marks."""
    return name.encode("utf-8", "replace").decode()


def as_label(folder: str) -> str:
    """A folder's name as a label: composed letters (Unicode NFC), no spaces around, no control characters."""
    plain = "".join(letter for letter in folder if unicodedata.category(letter) not in {"Cc", "Cs", "Cn"})
    return unicodedata.normalize("NFC", plain).strip()


def look_alike(label: str) -> str:
    """What two labels share that differ in nothing but case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", label).casefold())

"""Column names that are safe to show, store and query, and telling a header from a first row of data."""

import re
import unicodedata
from collections.abc import Sequence

from tlcore.data.columns import KNOWN_NAMES

_LONGEST = 120
_RESERVED = {"constructor", "prototype", "hasownproperty", "tostring", "valueof"}
_NUMBER = re.compile(r"[+-]?[\d.,]+%?")
_DATA_WORDS = 8


def tidy_names(cells: Sequence[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Names for columns whose header cells are given, and name -> header cell of those that had to be renamed.

    Blank, numeric, doubled and script-like names (`__proto__`), invisible characters and overlong names are put right. Names
    that differ only in upper and lower case count as doubled, because a query could not tell them apart.
    """
    names: list[str] = []
    renamed: dict[str, str] = {}
    taken: set[str] = set()
    for number, cell in enumerate(cells, start=1):
        unique = _unique(_acceptable(_plain(cell), number), taken)
        taken.add(unique.casefold())
        names.append(unique)
        if unique != cell:
            renamed[unique] = cell
    return tuple(names), renamed


def numbered_names(width: int) -> tuple[str, ...]:
    """Names for the columns of a file without a header."""
    return tuple(f"column_{number}" for number in range(1, width + 1))


def looks_like_header(rows: Sequence[tuple[str, ...]]) -> bool:
    """Whether the first of `rows` names the columns: it does unless something in it speaks for data."""
    first, rest = rows[0], rows[1:]
    counted = [str(number) for number in range(len(first))]
    if not rest or [cell.strip() for cell in first] == counted or any(_plain(cell).casefold() in KNOWN_NAMES for cell in first):
        return True
    if any(len(cell.split()) > _DATA_WORDS or (_NUMBER.fullmatch(cell.strip()) and cell.strip()) for cell in first):
        return False
    recurs = [bool(cell.strip()) and any(row[at : at + 1] == (cell,) for row in rest) for at, cell in enumerate(first)]
    return not any(recurs) or first in rest


def _plain(cell: str) -> str:
    """A header cell without control characters, invisible marks and outer spaces."""
    visible = "".join(" " if c in "\t\r\n" else c for c in cell if c in "\t\r\n" or unicodedata.category(c) not in {"Cc", "Cf"})
    return " ".join(visible.split())[:_LONGEST].strip()


def _acceptable(name: str, number: int) -> str:
    """`name`, or what to call column `number` instead."""
    if not name:
        return f"column_{number}"
    if _NUMBER.fullmatch(name) or name.casefold() in _RESERVED:
        return f"column_{name}"
    if name.startswith("__"):
        return f"column_{name.strip('_') or number}"
    return name


def _unique(name: str, taken: set[str]) -> str:
    """`name`, or `name` with the first number that makes it the only one."""
    if name.casefold() not in taken:
        return name
    number = 2
    while f"{name}_{number}".casefold() in taken:
        number += 1
    return f"{name}_{number}"

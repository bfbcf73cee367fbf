"""Which columns hold text, label, parts and groups: a guess with its reason."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlcore.data.sentiment import suggest_mapping
from tlcore.records import Record, Task

if TYPE_CHECKING:
    import pandas as pd

_TEXT_WORDS = """
    text texts review reviews comment comments sentence tweet message body content post question description feedback
    utterance query headline title document abstract summary answer phrase opinion remark note transcript narrative
    texte avis commentaire texto comentario reseña opinión frase testo recensione commento kommentar rezension satz
    nachricht tekst zin recensie komentarz opinia yorum metin текст отзыв комментарий сообщение 文本 评论 內容 内容 評論
    テキスト レビュー 本文 コメント 텍스트 리뷰 댓글 نص تعليق
"""
_LABEL_WORDS = {
    5: "sentiment sentiments label labels polarity gold target stimmung sentimiento étiquette etiqueta метка 标签 ラベル",
    4: "class category emotion intent klasse kategorie catégorie categoría categoria kategoria класс 类别 カテゴリ",
    3: "topic rating stars star score y tag genre type subject bewertung note theme",
}
_GROUP_WORDS = "group user author reviewer patient speaker customer session conversation thread document subject participant"
_TEXT_NAMES = frozenset(_TEXT_WORDS.split())
_LABEL_NAMES = {word: weight for weight, words in _LABEL_WORDS.items() for word in words.split()}
_GROUP_NAMES = frozenset(_GROUP_WORDS.split())
_SPLIT_NAMES = frozenset({"split", "set", "subset", "fold", "partition", "part", "dataset", "phase"})
_PARTS = {"train", "training", "test", "testing", "valid", "validation", "val", "dev", "eval"}
KNOWN_NAMES = _TEXT_NAMES | _LABEL_NAMES.keys() | _GROUP_NAMES | _SPLIT_NAMES | {"id", "date", "product", "name", "index"}
"""Words that name columns rather than being data."""
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T]\d.*)?")
_LONGEST_LABEL = 60
_LOOKED_AT = 500


class ColumnGuess(Record):
    """The likely part of each column, with the reasons to show."""

    text: str
    text_reason: str
    label: str | None
    """`None` when no column looks like one."""
    label_reason: str
    task: Task
    split: str | None = None
    """Column whose values say "train" or "test"."""
    group: str | None = None
    """Column whose values must not straddle the split, such as an author."""


@dataclass(frozen=True)
class _Column:
    """What is known of a column after looking at its cells."""

    name: str
    position: int
    words_of_name: tuple[str, ...]
    filled: int
    distinct: int
    values: frozenset[str]
    letters: float
    """Mean length in characters."""
    words: float
    """Mean number of words."""
    numeric: float
    """Share of cells that are numbers or dates."""

    @property
    def different(self) -> float:
        """Share of filled cells that no other cell repeats, roughly: distinct values over cells."""
        return self.distinct / self.filled if self.filled else 0.0

    @property
    def repeats(self) -> bool:
        """Whether few values come again and again, as those of a label do and those of an id do not."""
        return self.filled > 1 and self.different <= (0.5 if self.filled >= 20 else 0.8) and self.letters <= _LONGEST_LABEL

    @property
    def is_prose(self) -> bool:
        """Whether cells are texts of several words that differ, which ids, dates and labels are not."""
        return self.words >= 2 and self.numeric < 0.5 and not self.repeats


def guess_columns(frame: "pd.DataFrame", rows: int) -> ColumnGuess:
    """The likely text, label, split and group columns of a table with `rows` rows, of which `frame` is a sample.

    All columns hold text; one called `__line` is passed over.
    """
    columns = [_look_at(frame[name], str(name), at) for at, name in enumerate(frame.columns) if name != "__line"]
    text = max(columns, key=lambda column: _text_score(column, columns))
    others = [column for column in columns if column is not text]
    split = next((column for column in others if _is_split(column)), None)
    label = max((c for c in others if c is not split and _label_score(c) > 0), key=_label_score, default=None)
    group = next((c for c in others if c not in (label, split) and _is_group(c)), None)
    sentiment = label is not None and suggest_mapping(label.values, label.name) is not None
    return ColumnGuess(
        text=text.name,
        text_reason=_text_reason(text, alone=not others),
        label=label.name if label else None,
        label_reason=_label_reason(label, others, min(len(frame), rows)),
        task="sentiment" if sentiment else "classification",
        split=split.name if split else None,
        group=group.name if group else None,
    )


def _look_at(cells: "pd.Series[str]", name: str, position: int) -> _Column:
    """Measure a column; lengths on its first cells, distinct values on all."""
    filled = cells[cells.str.strip() != ""]
    some = filled.head(_LOOKED_AT).tolist()
    count = len(some) or 1
    plain = [cell.strip() for cell in some]
    return _Column(
        name=name,
        position=position,
        words_of_name=tuple(re.split(r"[\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold())),
        filled=len(filled),
        distinct=int(filled.nunique()),
        values=frozenset(filled.unique().tolist()),
        letters=sum(map(len, plain)) / count,
        words=sum(len(cell.split()) for cell in plain) / count,
        numeric=sum(bool(_NUMBER.fullmatch(cell) or _DATE.fullmatch(cell)) for cell in plain) / count,
    )


def _text_score(column: _Column, columns: list[_Column]) -> float:
    """How much a column looks like the text to learn from; its name does not count beside longer texts if it repeats values."""
    named = 3.0 if column.words_of_name[-1:] and column.words_of_name[-1] in _TEXT_NAMES else 0.0
    named = max(named, 1.5 if _TEXT_NAMES & set(column.words_of_name) else 0.0)
    if column.repeats and any(other.is_prose and other.letters > column.letters for other in columns):
        named = 0.0
    length = min(column.letters, 200) / 25
    return named + length + column.different - 8 * column.numeric - 4 * (column.letters == 0)


def _label_score(column: _Column) -> float:
    """How much a column looks like a label; 0 or less when it cannot be one."""
    if not column.repeats:
        return 0.0
    named = max((_LABEL_NAMES.get(word, 0) for word in column.words_of_name), default=0)
    identity = 4 if {"id", "date", "time"} & set(column.words_of_name) else 0
    few = 1.5 / (1 + column.distinct / 10) if column.distinct > 1 else -2.0
    return named + few - 0.8 * column.numeric - identity + column.position / 10_000


def _is_split(column: _Column) -> bool:
    """Whether a column tells training from test items."""
    parts = {value.strip().casefold() for value in column.values}
    return bool(_SPLIT_NAMES & set(column.words_of_name)) and len(parts) > 1 and parts <= _PARTS


def _is_group(column: _Column) -> bool:
    """Whether a column says who or what several items belong to."""
    named = bool(_GROUP_NAMES & set(column.words_of_name)) and column.letters <= _LONGEST_LABEL
    return named and 2 < column.distinct < column.filled


def _text_reason(column: _Column, *, alone: bool) -> str:
    """Why this column is the text."""
    if alone:
        return f"“{column.name}” is the only column"
    named = ", and its name says so" if _TEXT_NAMES & set(column.words_of_name) else ""
    size = f"{column.words:.0f} words on average, {column.different:.0%} of them different"
    return f"“{column.name}” holds the longest texts: {size}{named}"


def _label_reason(label: _Column | None, others: list[_Column], looked_at: int) -> str:
    """Why this column is the label, or why none is."""
    if label:
        named = ", and its name says so" if set(label.words_of_name) & _LABEL_NAMES.keys() else ""
        values = "value" if label.distinct == 1 else "different values"
        return f"“{label.name}” has {label.distinct:,} {values} in {looked_at:,} rows{named}"
    named_ones = [column for column in others if set(column.words_of_name) & _LABEL_NAMES.keys()]
    if named_ones:
        column = named_ones[0]
        return f"“{column.name}” has {column.distinct:,} different values in {looked_at:,} rows: no label repeats so little"
    return "No column repeats a few values, as labels do"

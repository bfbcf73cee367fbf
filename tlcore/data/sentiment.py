"""Labels that mean negative, neutral or positive, however they are spelled."""

import re
import unicodedata
from collections.abc import Iterable

SENTIMENTS = ("negative", "neutral", "positive")
LEFT_OUT = ""
"""What a label maps to when items that carry it should not be used."""

_WORDS: dict[str, str] = {
    "negative": """
        neg negative negativ negativo negativa negativos negativas négatif négative negatif negatief negatywny negatywna
        negativní negatív negatiivne negatiivinen отрицательный отрицательная отрицательно негативный негативная негативно
        негатив негативний αρνητικό αρνητική 负面 负向 消极 差评 負面 負向 消極 ネガティブ 否定的 부정 부정적 سلبي سلبية שלילי
        नकारात्मक olumsuz เชิงลบ ลบ tiêu-cực
        bad very-bad terrible awful horrible poor very-poor dislike unhappy unsatisfied dissatisfied very-dissatisfied
        not-recommended thumbs-down worst mauvais mauvaise schlecht sehr-schlecht malo mala muy-malo cattivo ruim slecht плохо
        悪い 差 坏 나쁨 kötü
        very-negative somewhat-negative slightly-negative strongly-negative extremely-negative mostly-negative n
        - -- 👎 😞 😠 😡 🙁 ☹ 😢
    """,
    "neutral": """
        neu neut neutral neutrale neutro neutra neutre neutraal neutralny neutralna neutrální semleges neutraali нейтральный
        нейтральная нейтрально нейтральний ουδέτερο ουδέτερη 中性 中立 ニュートラル 중립 중립적 محايد ניטרלי तटस्थ nötr tarafsız
        เป็นกลาง กลาง trung-tính
        mixed ok okay average so-so neither meh 😐 😶
    """,
    "positive": """
        pos positive positiv positivo positiva positivos positivas positif positief pozytywny pozytywna pozitivní pozitív
        positiivne positiivinen положительный положительная положительно позитивный позитивная позитивно позитив позитивний
        θετικό θετική 正面 正向 积极 好评 積極 ポジティブ 肯定的 긍정 긍정적 إيجابي إيجابية חיובי सकारात्मक olumlu เชิงบวก บวก
        tích-cực
        good very-good great excellent amazing like happy satisfied very-satisfied recommended thumbs-up best bon bonne
        gut sehr-gut bueno buena muy-bueno buono bom goed хорошо 良い 好 좋음 iyi
        very-positive somewhat-positive slightly-positive strongly-positive extremely-positive mostly-positive p
        + ++ 👍 😀 😃 😄 😊 🙂 😍 ❤
    """,
    LEFT_OUT: "none null nan na n/a unknown unclear unsure irrelevant unrelated not-relevant unlabeled unlabelled ?",
}
_MEANING = {word: meaning for meaning, words in _WORDS.items() for word in words.split()}
_STRUCTURE = re.compile(r"[\s_\-–—]+")
_STARS = re.compile(
    r"(?P<number>\d+(?:[.,]\d+)?)(?P<unit>\s*(?:/\s*|out of\s*|von\s*|sur\s*|de\s*)(?P<top>5|10)(?:[.,]0)?)?"
    r"(?P<star>[\s-]*(?:★|⭐|stars?|sterne?|stern|étoiles?|etoiles?|estrellas?|estrelas?|stelle?|stella|sterren|звезд\w*|星|つ星))?"
)
_DRAWN = re.compile(r"(?P<full>[★⭐]{0,5})[☆✩]{0,5}")
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_CODES = ({0.0, 1.0}, {1.0, 2.0}, {0.0, 1.0, 2.0}, {0.0, 4.0}, {0.0, 2.0, 4.0})
"""Codes for negative to positive that some datasets use, and that as well might number any classes."""
_COLUMN_OF_OPINION = re.compile(r"sentiment|polarity|opinion|stimmung|tonalit|rating|stars?\b|bewertung|note\b|avis|点数|評価")


def suggest_mapping(labels: Iterable[str], column: str = "") -> dict[str, str] | None:
    """What each label means: `negative`, `neutral`, `positive`, or "" for "leave out"; `None` when they are no sentiment.

    Words in several languages, signs, faces, and ratings by number or stars are understood: of five stars one and two are
    negative, three is neutral. Bare numbers that could as well number any classes (0 and 1, 1 to 4) count only if `column`,
    the name of the column, speaks of sentiment or rating. One label without a known meaning makes the answer `None`.
    """
    distinct = list(dict.fromkeys(labels))
    plain = {label: _plain(label) for label in distinct}
    meant = [label for label in distinct if _MEANING.get(plain[label]) != LEFT_OUT and plain[label]]
    if not meant:
        return None
    found = _by_word([plain[label] for label in meant]) or _by_number([plain[label] for label in meant], column)
    if found is None or len(set(found)) < 2:
        return None
    meanings = dict(zip(meant, found, strict=True))
    return {label: meanings.get(label, LEFT_OUT) for label in distinct}


def _plain(label: str) -> str:
    """A label without the ways in which one spelling differs from another."""
    text = unicodedata.normalize("NFKC", label).casefold().replace("\ufe0f", "").strip().strip("\"'“”„«»‘’.,;:!()[]")
    return text.strip() if len(set(text)) == 1 or text[:1] in "+-" else _STRUCTURE.sub("-", text.strip())


def _by_word(labels: list[str]) -> list[str] | None:
    """Meanings of labels that are all words or signs of sentiment; "very x" and "x review" are read as x."""
    found = [_MEANING.get(label) or _MEANING.get(_core(label)) for label in labels]
    known = [meaning for meaning in found if meaning]
    return known if len(known) == len(labels) else None


def _core(label: str) -> str:
    """The word that carries the meaning: "class negative", "negative sentiment" -> "negative"."""
    words = [word for word in label.split("-") if word not in {"sentiment", "class", "label", "review", "label:"}]
    return "-".join(words)


def _by_number(labels: list[str], column: str) -> list[str] | None:
    """Meanings of labels that are all ratings or all codes."""
    read = [_rating(label) for label in labels]
    values = [value for value, _, _ in filter(None, read)]
    if len(values) < len(labels):
        return None
    starred = any(star for _, star, _ in filter(None, read))
    top = max((top for _, _, top in filter(None, read)), default=0)
    named = bool(_COLUMN_OF_OPINION.search(column.casefold()))
    scale = _scale({*values}, starred=starred, named=named, top=top)
    if scale is None:
        return None
    low, high = scale
    return [SENTIMENTS[0 if value < low else 2 if value > high else 1] for value in values]


def _rating(label: str) -> tuple[float, bool, int] | None:
    """Value, whether stars or a scale are named, and the top of the scale if named; None for what is no number."""
    drawn = _DRAWN.fullmatch(label)
    if drawn and label:
        return float(len(drawn["full"])), True, 5
    word, _, rest = label.partition("-")
    text = f"{_NUMBERS[word]} {rest}" if word in _NUMBERS else label.replace("-", " ") if label[:1] != "-" else label
    negative = text.startswith(("-", "−"))
    match = _STARS.fullmatch(text.lstrip("+-−").strip())
    if not match:
        return None
    value = float(match["number"].replace(",", "."))
    top = int(match["top"] or 0)
    return (-value if negative else value), bool(match["star"] or top), top


def _scale(values: set[float], *, starred: bool, named: bool, top: int) -> tuple[float, float] | None:
    """Lowest and highest neutral value of the scale that `values` are on, if it is surely one of sentiment."""
    whole = all(value == int(value) for value in values)
    if values in ({-1.0, 1.0}, {-1.0, 0.0, 1.0}):
        return 0.0, 0.0
    if top == 10 or (named and values <= set(map(float, range(11))) and max(values) > 5):
        return 5.0, 6.0
    if min(values) < 0 or max(values) > 5:
        return None
    if named and not starred and values in _CODES:
        middle = (min(values) + max(values)) / 2
        return middle, middle
    full = values >= {1.0, 5.0} and (len(values) >= 4 or not whole)
    return (3.0, 3.0) if starred or full or (named and min(values) >= 0.5) else None

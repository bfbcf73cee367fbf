from collections.abc import Sequence

import numpy as np
import pytest

from tlcore.models.card import ModelCard
from tlcore.models.items import Writing, readable, unfit, writing_of
from tlcore.models.model import Model
from tlcore.training.strategies.base import FeatureSource, Probabilities, Strategy


class ByLength(Strategy):
    """Says the third class of long texts, the first of short ones; remembers what it was asked."""

    fit = state = load_state = None  # type: ignore[assignment]

    def predict_proba(self, items: Sequence[str], features: FeatureSource | None = None) -> Probabilities:
        self.asked = list(items)
        return np.array([[0.1, 0.2, 0.7] if len(item) > 5 else [0.6, 0.3, 0.1] for item in items])


ByLength.__abstractmethods__ = frozenset()


@pytest.fixture
def strategy() -> ByLength:
    return ByLength(3, None, None)  # type: ignore[arg-type]


def test_prediction_names_the_likeliest_class(card: ModelCard, strategy: ByLength) -> None:
    first, second = Model(card, strategy).predict(["tiny", "rather long"])
    assert (first.label, first.confidence) == ("bad", 0.6)
    assert (second.label, second.confidence) == ("good", 0.7)
    assert list(second.probabilities.items()) == [("bad", 0.1), ("so so", 0.2), ("good", 0.7)]
    assert first.reason == second.reason == ""


@pytest.mark.parametrize("blank", ["", "  \n\t", "\u200b\u2060", "\ufeff", "\x00\x07", "\u3000", None, float("nan")])
def test_blank_text_gets_a_reason_and_the_others_a_label(card: ModelCard, strategy: ByLength, blank: str | None) -> None:
    before, middle, after = Model(card, strategy).predict(["rather long", blank, "tiny"])
    assert (before.label, after.label) == ("good", "bad")
    assert (middle.label, middle.confidence, middle.probabilities) == (None, None, {})
    assert middle.reason in ("no text", "the text is blank")
    assert strategy.asked == ["rather long", "tiny"]


@pytest.mark.parametrize("text", ["👍", "1", "?", "a\u200b", "नमस्ते"])
def test_short_text_is_not_blank(text: str) -> None:
    assert unfit(text) == ""


def test_probabilities_of_nothing(card: ModelCard, strategy: ByLength) -> None:
    model = Model(card, strategy)
    assert model.predict_proba([]).shape == (0, 3)
    assert np.isnan(model.predict_proba(["", None])).all()


def test_lone_surrogates_do_not_reach_the_tokenizer(card: ModelCard, strategy: ByLength) -> None:
    assert Model(card, strategy).predict(["bad \ud800 byte"])[0].label == "good"
    assert strategy.asked == ["bad \ufffd byte"]
    assert readable("fine 👍") == "fine 👍"


def test_text_in_a_script_not_learnt_from_is_judged_with_a_caution(card: ModelCard, strategy: ByLength) -> None:
    model = Model(card.model_copy(update={"writing": Writing(scripts=("Latin",))}), strategy)
    latin, greek, none = model.predict(["plain words", "απλά λόγια", "12345678"])
    assert latin.reason == none.reason == ""
    assert greek.label == "good"
    assert "Greek" in greek.reason


def test_text_in_a_language_not_learnt_from_is_judged_with_a_caution(card: ModelCard, strategy: ByLength) -> None:
    model = Model(card.model_copy(update={"writing": Writing(scripts=("Latin",), languages=("English",))}), strategy)
    german = "Die Lieferung kam viel zu spät, und die Verpackung war schon aufgerissen, als ich sie bekam."
    english = "The delivery came far too late, and the wrapping had been torn open before it reached my door."
    answers = model.predict([english, german, "zu kurz", None])
    assert [answer.label for answer in answers] == ["good", "good", "good", None]
    assert [answer.reason for answer in answers] == [
        "",
        "seems to be German, which the model has not learnt from",
        "",
        "no text",
    ]


def test_writing_is_that_of_the_texts() -> None:
    german = "Die Lieferung kam viel zu spät, und die Verpackung war schon aufgerissen, als ich sie bekam."
    texts = ["hello", "ça va"] * 100 + ["привет"] * 10 + ["γεια"] + ["123", "", german]
    assert writing_of(texts) == Writing(scripts=("Latin", "Cyrillic"), languages=("German",))
    assert writing_of([]) == Writing()

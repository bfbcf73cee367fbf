import pytest

from tlcore.models.card import ModelCard, bundle_name, readme
from tlcore.records import EncoderCard


def test_download_name_carries_the_run(card: ModelCard) -> None:
    assert bundle_name(card) == "Reviews-classic-0123456789abcdef.zip"
    for name in ("../../etc/passwd", "日本", "<script>", "a" * 500, ""):
        found = bundle_name(card.model_copy(update={"name": name}))
        assert found.endswith("-0123456789abcdef.zip")
        assert len(found) < 100
        assert not set(found) & set("/\\<>")


def test_limits_name_margin_and_weak_classes(card: ModelCard) -> None:
    text = " ".join(card.limits)
    assert "400 items" in text
    assert "± 6.0 points" in text  # Wilson, 90 of 100
    assert "weak on “so so”" in text
    assert "“good”" not in text


def test_limits_without_scores_invent_none(card: ModelCard) -> None:
    text = " ".join(card.model_copy(update={"scores": None, "n_test": None}).limits)
    assert "±" not in text
    assert "weak" not in text


@pytest.mark.parametrize(("strategy", "tokens"), [("feature_extraction", 64), ("full_fine_tuning", 32)])
def test_length_limit_is_the_one_in_force(card: ModelCard, encoder_card: EncoderCard, strategy: str, tokens: int) -> None:
    settings = card.settings.model_copy(update={"max_length": 32})
    changed = card.model_copy(update={"strategy": strategy, "encoder": encoder_card, "settings": settings})
    assert changed.max_length == tokens
    assert any(f"first {tokens} tokens" in sentence for sentence in changed.limits)


def test_readme_tells_data_settings_scores_limits_and_use(card: ModelCard) -> None:
    text = readme(card)
    for part in (
        "Reviews",
        "500 items",
        "Class weights",
        "Accuracy 0.900",
        "| bad | 0.900",
        "| so so | – |",
        "weak on",
        "load_model(",
    ):
        assert part in text
    assert "Learning rate" not in text  # a setting that the classic baseline has no use for


def test_readme_shows_hostile_names_as_text(card: ModelCard) -> None:
    hostile = "<script>alert(1)</script> ![x](http://evil/x.png) | `a`\n# Title"
    dataset = card.dataset.model_copy(update={"name": hostile})
    text = readme(card.model_copy(update={"name": hostile, "dataset": dataset, "classes": (hostile, "b")}))
    assert "<script" not in text.replace("\\<", "")
    assert "![" not in text.replace("\\!", "")
    assert "](" not in text.replace("\\]", "")
    assert "\n# " not in text

"""The Experiment page for a dataset of pictures: its own defaults, the working resolution, and what augmentation does."""

from pathlib import Path

import pytest
from app_visit import Visit
from pictures_toys import store_pictures

from tlcore.encoders.catalogue import DEFAULT_ENCODERS
from tlcore.experiments.control import all_controls
from tlcore.experiments.spec import DEFAULT_IMAGE_SIZE, ExperimentSpec, spec_for
from tlcore.records import DatasetCard
from tlcore.settings import Workspace
from tlcore.training.catalogue import STRATEGIES

NAME = "toys: transfer or scratch?"
AUGMENTED = "full_fine_tuning"


@pytest.fixture
def card(workspace: Workspace) -> DatasetCard:
    """A dataset of pictures."""
    return store_pictures(workspace)


def form(card: DatasetCard, level: str = "Defaults", opened: str = "") -> Visit:
    visit = Visit("experiment", dataset=card.id)
    visit.button_group(key="level").set_value(level).run()
    if opened:
        visit.session_state[f"open_{opened}"] = True
        visit.run()
    return visit


def submitted(workspace: Workspace) -> ExperimentSpec:
    [control] = all_controls(workspace)
    return control.submission().spec


def test_the_defaults_are_those_for_pictures(workspace: Workspace, card: DatasetCard, workers: list[str]) -> None:
    visit = form(card)
    assert all(strategy.about_for("image") in visit.words for strategy in STRATEGIES.values())
    visit.click("start")
    assert visit.errors == []
    assert submitted(workspace) == spec_for(card, name=NAME)


def test_the_working_resolution_is_one_for_all_and_says_what_it_costs(
    workspace: Workspace, card: DatasetCard, workers: list[str]
) -> None:
    visit = form(card, "Usual choices")
    sizes = visit.button_group(key="race_image_size")
    assert sizes.value == DEFAULT_IMAGE_SIZE
    sizes.set_value(224).run()
    assert "times the pixels of" in visit.words
    assert visit.multiselect(key="race_encoders_image").value == [DEFAULT_ENCODERS["image"]]
    visit.click("start")
    assert submitted(workspace) == spec_for(card, name=NAME, image_size=224)


def test_every_setting_untouched_is_the_default(workspace: Workspace, card: DatasetCard, workers: list[str]) -> None:
    visit = form(card, "Every setting", AUGMENTED)
    assert visit.number_input(key=f"setting_{AUGMENTED}_epochs_image")
    assert not [box.key for box in visit.number_input if "max_length" in str(box.key)]
    visit.click("start")
    assert visit.errors == []
    spec = submitted(workspace)
    assert spec.settings == {name: strategy.defaults_for("image") for name, strategy in STRATEGIES.items()}


def test_a_knob_is_open_until_it_is_said(workspace: Workspace, card: DatasetCard, workers: list[str]) -> None:
    visit = form(card, "Every setting", AUGMENTED)
    knob = visit.number_input(key=f"setting_{AUGMENTED}_rotation_image")
    assert (knob.value, knob.placeholder) == (None, "as the preset says")
    knob.set_value(30.0).run()
    visit.click("start")
    settings = submitted(workspace).settings
    assert (settings[AUGMENTED].rotation, settings[AUGMENTED].flip) == (30.0, None)
    assert settings["scratch"] == STRATEGIES["scratch"].defaults_for("image")


def test_augmentation_is_seen_on_the_users_own_pictures(workspace: Workspace, card: DatasetCard) -> None:
    visit = form(card, "Every setting", AUGMENTED)
    assert visit.errors == []
    assert len(visit.image) == 8
    assert "What the network would see of “" in visit.words
    before = set(workspace.uploads.iterdir())
    visit.click(f"another_{AUGMENTED}")
    after = set(workspace.uploads.iterdir())
    assert len(visit.image) == len(after) == 8
    assert not before & after
    visit.number_input(key=f"setting_{AUGMENTED}_epochs_image").set_value(7).run()
    assert set(workspace.uploads.iterdir()) == after
    visit.selectbox(key=f"setting_{AUGMENTED}_augmentation_image").select("none").run()
    assert not visit.image


def test_a_preview_whose_pictures_are_gone_is_one_sentence(workspace: Workspace, card: DatasetCard) -> None:
    for path in (workspace.datasets / card.id / "images").iterdir():
        Path(path).unlink()
    visit = form(card, "Every setting", AUGMENTED)
    assert len(visit.errors) == 1
    assert "fault" not in visit.errors[0]


def test_nothing_is_previewed_where_nothing_is_varied(card: DatasetCard) -> None:
    assert not form(card, "Every setting").image
    assert not form(card, "Every setting", "partial_fine_tuning").image

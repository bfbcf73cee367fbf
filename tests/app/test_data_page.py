"""The Data page: a stored dataset, what was found in it, and what can be done with it."""

from app_visit import Visit
from datasets_toys import HOSTILE, HOSTILE_LABELS, a_text, store_dataset, store_numbered

from tlcore.data.store import DatasetStore
from tlcore.experiments import queue
from tlcore.experiments.spec import ExperimentSpec
from tlcore.settings import Workspace


def test_a_dataset_is_shown_with_its_numbers_and_the_way_on(workspace: Workspace) -> None:
    card = store_numbered(workspace)
    visit = Visit("data", dataset=card.id)
    assert {metric.label: metric.value for metric in visit.metric} == {"Texts": "40", "Classes": "2", "Task": "Classification"}
    assert "Nothing to worry about was found in this dataset." in visit.words
    assert not visit.expander[0].proto.expanded
    visit.multiselect[0].select("b").run()
    assert visit.dataframe[0].value["text"].tolist() == [a_text(number) for number in range(1, 40, 2)]
    assert visit.follow("Race on this dataset").here == "Experiment"
    assert visit.query_params == {"dataset": card.id}


def test_the_only_dataset_is_shown_at_once(workspace: Workspace) -> None:
    card = store_numbered(workspace)
    visit = Visit("data")
    assert visit.query_params == {"dataset": card.id}
    assert visit.metric[0].value == "40"


def test_of_several_datasets_none_is_chosen_for_the_visitor(workspace: Workspace) -> None:
    card = store_numbered(workspace)
    store_numbered(workspace, "other", start=100)
    visit = Visit("data")
    assert "Choose a dataset to look at it, or add one." in visit.words
    visit.selectbox[0].select(card.id).run()
    assert visit.query_params == {"dataset": card.id}
    assert visit.go("home").go("data").metric[0].value == "40"


def test_a_link_to_a_deleted_dataset_says_so_and_offers_the_others(workspace: Workspace) -> None:
    store_numbered(workspace)
    visit = Visit("data", dataset="0123456789ab")
    assert "The dataset this link or page pointed to is not here any more. Choose another one." in visit.words
    assert visit.query_params == {}
    assert visit.errors == []
    assert visit.selectbox[0].options == ["toys"]


def test_a_link_that_leads_out_of_the_workspace_leads_nowhere(workspace: Workspace) -> None:
    store_numbered(workspace)
    visit = Visit("data", dataset="../../../../etc")
    assert "not here any more" in visit.words
    assert visit.errors == []


def test_a_dataset_that_another_tab_deletes_is_missed_at_the_next_step(workspace: Workspace) -> None:
    card = store_numbered(workspace)
    store_numbered(workspace, "other", start=100)
    visit = Visit("data", dataset=card.id)
    DatasetStore(workspace).delete(card.id)
    visit.multiselect[0].select("b").run()
    assert "The dataset this link or page pointed to is not here any more." in visit.words
    assert visit.errors == []


def test_the_cure_makes_a_new_dataset_and_opens_it(workspace: Workspace) -> None:
    texts = [a_text(number) for number in range(40)]
    card = store_dataset(workspace, [*texts, *texts[:6]], ["ab"[number % 2] for number in range(46)])
    visit = Visit("data", dataset=card.id)
    assert any("6" in warning.value for warning in visit.warning)
    [cure] = [button for button in visit.button if (button.key or "").startswith("cure_")]
    cure.click().run()
    [cured] = [other for other in DatasetStore(workspace).list() if other.id != card.id]
    assert visit.query_params == {"dataset": cured.id}
    assert (cured.items, visit.metric[0].value) == (40, "40")
    assert DatasetStore(workspace).card(card.id) == card


def test_what_must_be_cured_first_is_an_error(workspace: Workspace) -> None:
    texts = [a_text(number) for number in range(41)]
    card = store_dataset(workspace, texts, [*("ab"[number % 2] for number in range(40)), "only one"])
    visit = Visit("data", dataset=card.id)
    assert len(visit.errors) == 1
    assert "a single item" in visit.errors[0]
    assert "only one" in visit.words


def test_name_and_notes_are_kept(workspace: Workspace) -> None:
    card = store_numbered(workspace)
    visit = Visit("data", dataset=card.id)
    visit.text_input[0].input("better name").run()
    visit.text_area[0].input("Ask Ann first.").run()
    visit.click("Save")
    kept = DatasetStore(workspace).card(card.id)
    assert (kept.name, kept.notes) == ("better name", "Ask Ann first.")
    again = Visit("data", dataset=card.id)
    assert again.selectbox[0].options == ["better name"]
    assert again.text_area[0].value == "Ask Ann first."


def test_a_taken_name_is_refused(workspace: Workspace) -> None:
    store_numbered(workspace, "taken", start=100)
    card = store_numbered(workspace)
    visit = Visit("data", dataset=card.id)
    visit.text_input[0].input("taken").run()
    visit.click("Save")
    assert len(visit.errors) == 1
    assert "taken" in visit.errors[0]
    assert DatasetStore(workspace).card(card.id).name == "toys"


def test_deleting_takes_a_second_thought_and_names_what_depends_on_it(workspace: Workspace, workers: list[str]) -> None:
    card = store_numbered(workspace)
    queue.submit(workspace, ExperimentSpec(name="first race", dataset=card.id, strategies=("classic",), seeds=1))
    queue.submit(workspace, ExperimentSpec(name=HOSTILE[:120], dataset=card.id, strategies=("classic",), seeds=1))
    visit = Visit("data", dataset=card.id)
    assert "Used by 2 experiments" in visit.words
    assert "“first race”" in visit.words
    assert f"“{HOSTILE[:120]}”" in visit.words
    assert visit.oddities == {}
    [delete] = [button for button in visit.button if button.label == "Delete"]
    assert delete.disabled
    visit.checkbox[0].check().run()
    visit.click("Delete")
    assert DatasetStore(workspace).list() == []
    assert visit.query_params == {}
    assert visit.errors == []
    assert "A CSV file with a text and a label in every row" in visit.words


def test_hostile_names_labels_and_texts_are_shown_letter_by_letter(workspace: Workspace) -> None:
    texts = [f"{a_text(number)} {HOSTILE}" for number in range(40)] + [f"{a_text(1)} {HOSTILE}"] * 2
    labels = [HOSTILE_LABELS[number % 3] for number in range(40)] + [HOSTILE_LABELS[1]] * 2
    card = store_dataset(workspace, texts, labels, HOSTILE, f"{HOSTILE}.csv")
    assert card.findings
    visit = Visit("data", dataset=card.id)
    assert visit.errors == []
    assert f"From {HOSTILE}.csv" in visit.words
    assert visit.selectbox[0].options == [HOSTILE]
    assert visit.multiselect[0].options == sorted(HOSTILE_LABELS)
    assert visit.oddities == {}
    assert all("<img" not in chart and "<b>up" not in chart for chart in visit.charts)
    assert visit.dataframe[0].value["text"].tolist() == texts


def test_a_name_of_three_hundred_characters_is_shown_whole(workspace: Workspace) -> None:
    card = store_numbered(workspace, "n" * 300)
    visit = Visit("data", dataset=card.id)
    assert visit.selectbox[0].options == ["n" * 300]
    assert visit.follow("Race on this dataset").errors == []

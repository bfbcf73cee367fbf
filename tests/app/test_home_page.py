"""Home: what this is, and the way in."""

from app_visit import Visit
from datasets_toys import store_numbered

from tlcore.data.store import DatasetStore
from tlcore.experiments import queue
from tlcore.experiments.rows import ExperimentRecord
from tlcore.experiments.spec import ExperimentSpec
from tlcore.settings import Workspace


def test_an_empty_workspace_is_told_what_to_do(workspace: Workspace) -> None:
    visit = Visit("home")
    assert visit.here == "Does transfer learning help on your data?"
    assert [button.label for button in visit.button] == ["Try the sample", "Try it with pictures"]
    assert "Recent experiments" not in visit.words
    assert visit.follow("Upload your own data").here == "Data"


def test_the_sample_is_one_click_from_the_form(workspace: Workspace) -> None:
    visit = Visit("home").click("Try the sample")
    assert (visit.here, visit.errors) == ("Experiment", [])
    [card] = DatasetStore(workspace).list()
    assert visit.query_params == {"dataset": card.id}
    assert card.items >= 600


def test_finished_experiments_are_shown_with_their_answer_and_the_way_to_it(raced: ExperimentRecord) -> None:
    visit = Visit("home")
    assert visit.errors == []
    assert "Recent experiments" in visit.words
    assert raced.verdict
    assert raced.verdict in visit.words
    assert raced.name in visit.words
    assert visit.oddities == {}
    visit.follow("Open the results")
    assert (visit.here, visit.query_params["experiment"]) == ("Results", raced.id)


def test_what_still_waits_is_followed_where_it_runs(workspace: Workspace, workers: list[str]) -> None:
    card = store_numbered(workspace)
    experiment = queue.submit(workspace, ExperimentSpec(name="toys", dataset=card.id, strategies=("classic",)))
    visit = Visit("home").follow("Follow it")
    assert (visit.here, visit.query_params) == ("Runs", {"experiment": experiment})

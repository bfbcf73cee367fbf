"""Two experiments side by side: equals against equals, corrected for how many, the same whichever comes first."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.verdict_side_by_side import DECIDED, row
from benchmarks.verdict_simulation import Simulation, outcomes_of
from tlcore.evaluation.outcomes import group_outcomes
from tlcore.evaluation.side_by_side import (
    number_looked_at,
    on_items,
    pair_up,
    paired_differences,
    pick_headline,
    score_pairs,
)
from tlcore.evaluation.side_by_side_records import Change, SharedItems, SideFacts
from tlcore.evaluation.side_by_side_words import (
    Scene,
    items_sentence,
    lone_sentences,
    no_items_sentence,
    no_pairs_sentence,
    pair_notes,
    pair_sentence,
    summary_sentence,
)
from tlcore.records import RunStatus

BAND = 0.01


@pytest.fixture
def side(make_outcomes):
    """Groups of one experiment: (strategy, budget) -> table of right answers; `encoder` for all of them."""

    def make(tables, encoder="minilm"):
        return group_outcomes(
            [
                one
                for (strategy, budget), table in tables.items()
                for one in make_outcomes(strategy, table, budget=budget, encoder=encoder)
            ]
        )

    return make


def facts(name):
    known = {"experiment": "0" * 12, "name": name, "label": f"“{name}”", "dataset": "d", "dataset_name": "Reviews"}
    return SideFacts(**known, created_at="2026-01-01", status=RunStatus.FINISHED, runs=3, finished=3, n_test=300)


@pytest.fixture
def scene(strategies):
    def make(*changes, **more):
        return Scene(facts("A"), facts("B"), strategies, BAND, changes, nouns=("text", "texts"), **more)

    return make


def test_the_same_answers_are_no_difference_and_cost_the_others_nothing(side, simulation):
    same, one, other = simulation(3, 200, seed=3).draw(0.7, 0.6, 0.8)
    first = side({("classic", 100): same, ("scratch", 100): one})
    second = side({("classic", 100): same, ("scratch", 100): other})
    classic, scratch = paired_differences(first, second, BAND)
    assert (classic.identical, classic.kind) == (True, "no_difference")
    assert (classic.difference, classic.low, classic.high) == (0.0, 0.0, 0.0)
    [alone] = paired_differences(first[1:], second[1:], BAND)
    assert scratch == alone


def test_a_known_difference_is_found_and_named_on_the_right_side(side, simulation):
    weak, strong = simulation(3, 400, seed=1).draw(0.6, 0.8)
    [found] = paired_differences(side({("scratch", 50): weak}), side({("scratch", 50): strong}), BAND)
    assert found.kind == "second_better" and found.high < 0
    assert found.difference == pytest.approx(weak.mean() - strong.mean())
    assert (found.first_score, found.second_score) == (pytest.approx(weak.mean()), pytest.approx(strong.mean()))
    assert (found.seeds, found.items) == ((0, 1, 2), 400)


def test_more_pairs_make_wider_intervals(side, simulation):
    """With one seed; with several, what the pairs know of chance in training is pooled, which may outweigh the correction."""
    one, other, third, fourth = simulation(1, 300, seed=2).draw(0.6, 0.7, 0.6, 0.7)
    first, second = {("scratch", 50): one}, {("scratch", 50): other}
    [alone] = paired_differences(side(first), side(second), BAND)
    among = paired_differences(side({**first, ("classic", 50): third}), side({**second, ("classic", 50): fourth}), BAND)
    [wider] = [pair for pair in among if pair.strategy == "scratch"]
    assert wider.difference == alone.difference and wider.low < alone.low and wider.high > alone.high


def test_one_seed_needs_a_large_difference(side, simulation):
    small, large, base = simulation(1, 500, seed=4).draw(0.75, 0.9, 0.68)
    [unsure] = paired_differences(side({("scratch", 50): small}), side({("scratch", 50): base}), BAND)
    [sure] = paired_differences(side({("scratch", 50): large}), side({("scratch", 50): base}), BAND)
    assert unsure.low > 0 and unsure.kind == "not_enough_evidence"
    assert sure.kind == "first_better"


def test_a_wide_band_calls_a_small_difference_no_difference(side, simulation):
    one, other = simulation(3, 2000, seed=5).draw(0.8, 0.8)
    first, second = side({("scratch", 50): one}), side({("scratch", 50): other})
    assert paired_differences(first, second, 0.2)[0].kind == "no_difference"
    assert paired_differences(first, second, 0.0001)[0].kind != "no_difference"


def test_only_equal_budgets_and_shared_seeds_meet(side, simulation):
    one, other = simulation(3, 50, seed=6).draw(0.6, 0.7)
    first, second = (
        side({("scratch", 50): one, ("scratch", 99): one}),
        side({("scratch", 50): other[:2], ("scratch", 80): other}),
    )
    [found] = paired_differences(first, second, BAND)
    assert (found.budget, found.seeds) == (50, (0, 1))
    early, late = ([group.only([seed]) for group in side({("scratch", 50): one})] for seed in (0, 2))
    assert paired_differences(early, late, BAND) == ()


def test_encoders_meet_their_equals_and_strangers_only_where_there_are_none(side, simulation):
    table = {("scratch", 50): simulation(2, 20, seed=7).draw(0.6)[0]}
    mini, other, third = (side(table, encoder) for encoder in ("minilm", "other", "third"))
    names = [[(a.encoder, b.encoder) for a, b in pair_up(*two)] for two in ((mini, other), (mini + other, mini + third))]
    assert names == [[("minilm", "other")], [("minilm", "minilm")]]


def test_different_items_are_refused(side, simulation):
    first, second = simulation(2, 20, seed=7).draw(0.6)[0], simulation(2, 21, seed=7).draw(0.6)[0]
    with pytest.raises(ValueError, match="different test items"):
        paired_differences(side({("scratch", 50): first}), side({("scratch", 50): second}), BAND)


def test_one_item_is_too_few(side):
    one = side({("scratch", 50): np.ones((2, 1), dtype=bool)})
    assert paired_differences(one, one, BAND) == () and pick_headline(()) is None and number_looked_at([]) == 1


def test_runs_on_some_of_their_items(make_outcomes):
    [run] = make_outcomes("scratch", np.array([[1, 0, 1, 1]], dtype=bool))
    [some] = on_items([run], np.array([3, 1]))
    assert (some.predicted == some.labels).tolist() == [True, False] and some.run is run.run


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(2, 60))
def test_exchanging_the_two_changes_signs_and_nothing_else(seed, seeds, items):
    tables = Simulation(seeds, items, draw_seed=seed).curves({"one": [0.5, 0.7], "other": [0.7, 0.9], "third": [0.9, 0.5]})
    sides = ({"scratch": tables[name], "classic": tables["third"]} for name in ("one", "other"))
    first, second = (group_outcomes(outcomes_of(side, (50, 100))) for side in sides)
    turned = {"first_better": "second_better", "second_better": "first_better"}
    there, back = paired_differences(first, second, BAND), paired_differences(second, first, BAND)
    for pair, mirrored in zip(there, back, strict=True):
        assert (mirrored.difference, mirrored.low, mirrored.high) == (-pair.difference, -pair.high, -pair.low)
        assert mirrored.kind == turned.get(pair.kind, pair.kind) and mirrored.settle == pair.settle
        assert np.isfinite([pair.difference, pair.low, pair.high]).all()
    assert pick_headline(there) == pick_headline(back)


def test_scores_have_a_gap_where_one_side_ran_nothing(make_outcomes, simulation):
    one, other = simulation(2, 30, seed=8).draw(0.6, 0.7)
    first = make_outcomes("scratch", one, budget=50) + make_outcomes("classic", one, budget=50)
    found = score_pairs(first, make_outcomes("scratch", other, budget=50))
    assert [(pair.strategy, pair.first is None, pair.second is None) for pair in found] == [
        ("classic", False, True), ("scratch", False, False),
    ]  # fmt: skip
    assert found[1].second.accuracy == pytest.approx(other.mean())


def test_what_is_decided_speaks_before_what_is_open(side, simulation):
    weak, strong, one, other = simulation(3, 400, seed=9).draw(0.6, 0.85, 0.7, 0.71)
    found = paired_differences(
        side({("scratch", 50): strong, ("classic", 900): one}), side({("scratch", 50): weak, ("classic", 900): other}), BAND
    )
    assert found[pick_headline(found)].strategy == "scratch" and found[pick_headline(found)].kind in DECIDED


def test_the_sentence_names_the_one_thing_that_differs(side, simulation, scene):
    weak, strong = simulation(3, 400, seed=1).draw(0.6, 0.8)
    [pair] = paired_differences(side({("scratch", 540): strong}, "big"), side({("scratch", 540): weak}, "small"), BAND)
    size, low, high = (f"{100 * value:.1f}" for value in (pair.difference, pair.low, pair.high))
    assert pair_sentence(pair, scene()) == (
        f"With encoder big instead of small, from scratch gains {size} points of accuracy (95 % interval {low} to {high})"
        " with 540 labels on the same 400 test texts."
    )
    epochs = Change(what="epochs", first="2", second="4", strategy="scratch")
    assert pair_sentence(pair, scene(epochs)).startswith("With the choices of “A” instead of “B”, from scratch gains ")
    assert any("Several things differ (epochs and encoder)" in note for note in pair_notes([pair], 0, 1, scene(epochs)))
    [same] = paired_differences(side({("scratch", 540): weak}), side({("scratch", 540): strong}), BAND)
    loses = pair_sentence(same, scene(epochs, Change(what="seeds", first="2", second="3", moves_scores=False)))
    assert loses.startswith(f"With epochs 2 instead of 4, from scratch loses {size} points of accuracy (95 % interval {low} to")
    assert pair_sentence(same, scene()).startswith("In “A”, which ran as “B” did, from scratch loses ")


def test_what_goes_the_other_way_is_in_the_summary(side, simulation, scene):
    weak, strong = simulation(3, 400, seed=1).draw(0.6, 0.85)
    pairs = paired_differences(
        side({("scratch", 540): strong, ("classic", 50): weak}), side({("scratch", 540): weak, ("classic", 50): strong}), BAND
    )
    said = summary_sentence(pairs, pick_headline(pairs), scene())
    assert said.endswith(" It is the other way round for classic baseline with 50 labels.")
    notes = list(pair_notes(pairs, 1, 2, scene()))
    assert notes[0] == "Of 2 comparisons “A” is better in 1 and “B” in 1; 0 make no practical difference and 0 are open."


def test_all_the_same_is_one_sentence(side, simulation, scene):
    table = simulation(3, 100, seed=1).draw(0.6)[0]
    both = side({("scratch", 540): table, ("classic", 50): table})
    pairs = paired_differences(both, both, BAND)
    assert summary_sentence(pairs, 0, scene()) == "“A” and “B” give exactly the same answers in all 2 comparisons."
    assert "gives exactly the same answers with 540 labels" in pair_sentence(pairs[1], scene())


def test_items_and_leaks_are_said(scene):
    some = SharedItems(shared=27, relabelled=3, first_learned=108, whole=False)
    said = items_sentence(some, scene())
    assert "the 27 test texts that both hold with the same label and that neither learned from" in said
    assert "The training part of “A” holds 108 test texts of “B”." in said and "3 test texts of both have another label" in said
    assert "same 300 test texts" in items_sentence(SharedItems(shared=300, whole=True), scene())
    none = no_items_sentence(SharedItems(shared=0, whole=False), scene())
    assert "share no test text " in none and "Give both datasets the same test set" in none
    assert "share only 1 test text " in no_items_sentence(SharedItems(shared=1, whole=False), scene())


def test_what_has_no_partner_is_said(side, simulation, scene):
    table = simulation(2, 20, seed=7).draw(0.6)[0]
    first, second = side({("scratch", 50): table, ("classic", 50): table}), side({("scratch", 99): table})
    assert list(lone_sentences(first, second, scene())) == [
        "Only “A” has 50 labels for classic baseline and from scratch.",
        "Only “B” has 99 labels for from scratch.",
    ]
    assert "Run them with 99 labels" in no_pairs_sentence(first, second, 120, scene())
    assert "Run them with 50 labels" in no_pairs_sentence(first, second, 60, scene())
    assert "no strategy in common" in no_pairs_sentence(first[:1], second, 60, scene())
    early, late = ([group.only([seed]) for group in second] for seed in (0, 1))
    assert list(lone_sentences(early, late, scene())) == ["From scratch with 99 labels has no finished seed that both share."]
    assert "the same seed" in no_pairs_sentence(early, late, None, scene())


@pytest.mark.parametrize(("seeds", "items"), [(1, 300), (3, 300)])
def test_equal_experiments_are_hardly_ever_called_different(seeds, items):
    assert row((seeds, items), (0.01, 0.03), ways=3, comparisons=150)["any"] <= 0.08

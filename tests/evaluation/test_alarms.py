import numpy as np
import pytest

from tlcore.evaluation.alarm_records import Familiarity
from tlcore.evaluation.alarms import Watch, find_alarms
from tlcore.evaluation.outcomes import group_outcomes
from tlcore.records import EpochRecord

CLASSES = ("bad", "good")


@pytest.fixture
def look(simulation, make_outcomes, strategies):
    """Alarms of a race with these accuracies; `curve` is given to the losers' runs."""

    def run(seeds=3, items=400, luck=0.0, budget=540, curve=(), n_train=2000, familiar=(), **accuracies):
        tables = simulation(seeds, items, luck=luck, seed=7).draw(*accuracies.values())
        outcomes = [
            one
            for name, table in zip(accuracies, tables, strict=True)
            for one in make_outcomes(name, table, budget=budget, curve=curve if name == "full_fine_tuning" else ())
        ]
        return find_alarms(group_outcomes(outcomes), Watch(strategies, n_train=n_train, familiar=familiar), CLASSES)

    return run


def codes(alarm):
    return [cause.code for cause in alarm.causes]


def test_a_clear_loss_raises_the_alarm_with_its_runs(look):
    alarm = look(scratch=0.85, full_fine_tuning=0.65)[0]
    assert (alarm.kind, alarm.strategy, alarm.against, alarm.budget) == (
        "negative_transfer",
        "full_fine_tuning",
        "scratch",
        540,
    )
    assert alarm.low < alarm.difference < alarm.high < 0 and alarm.looked_at == 1
    assert (
        alarm.sentence.startswith("Negative transfer: full fine-tuning falls ")
        and "short of training from scratch" in alarm.sentence
    )
    assert "scratch-540-0" in alarm.runs and "full_fine_tuning-540-2" in alarm.runs


def test_where_transfer_wins_there_is_none(look):
    assert look(classic=0.6, scratch=0.6, full_fine_tuning=0.9) == ()


def test_the_simple_thing_comes_first(look):
    alarms = look(classic=0.95, scratch=0.85, feature_extraction=0.6, full_fine_tuning=0.65)
    assert alarms[0].kind == "classic_wins" and alarms[0].strategy == "full_fine_tuning"
    assert alarms[0].sentence.startswith("The simple thing wins: classic baseline")


def test_the_more_is_looked_at_the_wider_the_interval(look):
    alone = look(scratch=0.85, full_fine_tuning=0.65)[0]
    among = next(
        one for one in look(scratch=0.85, full_fine_tuning=0.65, feature_extraction=0.8) if one.strategy == alone.strategy
    )
    assert among.looked_at == 2 and among.high > alone.high


def test_one_seed_must_clear_the_band(look):
    alarms = look(seeds=1, items=2000, scratch=0.85, full_fine_tuning=0.65)
    assert alarms[0].high < -0.01


def test_a_class_that_loses_is_named_even_when_the_whole_wins(make_outcomes, strategies):
    items = np.arange(800)
    scratch, transfer = items % 2 == 0, (items % 2 == 1) | (items % 8 == 0)
    outcomes = [
        *make_outcomes("scratch", np.stack([scratch] * 3)),
        *make_outcomes("full_fine_tuning", np.stack([transfer] * 3)),
    ]
    (alarm,) = find_alarms(group_outcomes(outcomes), Watch(strategies), CLASSES)
    assert (alarm.kind, alarm.label, alarm.looked_at) == ("class_loss", "bad", 2) and alarm.difference == pytest.approx(-0.75)
    assert "recognises “bad” less often than training from scratch, by 75.0 points of recall" in alarm.sentence


def epochs(validation):
    return tuple(
        EpochRecord(epoch=place + 1, train_loss=1 / (place + 1), validation_loss=loss, seconds=1.0)
        for place, loss in enumerate(validation)
    )


def test_overfitting_is_seen_in_the_epochs_and_cured_by_fewer(look):
    alarm = look(curve=epochs([0.6, 0.5, 0.7, 0.9]), scratch=0.85, full_fine_tuning=0.65)[0]
    assert codes(alarm)[0] == "overfitting" and "rises after epoch 2" in alarm.causes[0].sentence
    assert alarm.next_step.changes == {"settings": {"full_fine_tuning": {"early_stopping": True, "epochs": 2}}}
    assert "overfitting" not in codes(look(curve=epochs([0.6, 0.5, 0.52]), scratch=0.85, full_fine_tuning=0.65)[0])


def test_few_labels_are_counted_by_class_and_cured_by_more(look):
    alarm = look(budget=12, scratch=0.85, full_fine_tuning=0.65)[0]
    assert codes(alarm) == ["few_labels"] and "12 labels are only 6.0 for each of 2 classes" in alarm.causes[0].sentence
    assert alarm.next_step.changes == {"budgets": [12, "all"]}
    assert look(budget=12, n_train=12, scratch=0.85, full_fine_tuning=0.65)[0].next_step.changes == {"seeds": 5}


def test_data_far_from_what_the_encoder_knows_is_named(look):
    strange = Familiarity(encoder="minilm", looked_at=500, strange=("it spells their words in 2.7 pieces each", "they are odd"))
    alarm = look(scratch=0.85, full_fine_tuning=0.65, familiar=[strange])[0]
    cause = next(cause for cause in alarm.causes if cause.code == "far_data")
    assert "these 500 items: it spells their words in 2.7 pieces each and they are odd." in cause.sentence
    assert cause.next_step.changes["strategies"][-1] == "full_fine_tuning"
    near, other = strange.model_copy(update={"strange": ()}), strange.model_copy(update={"encoder": "another"})
    assert "far_data" not in codes(look(scratch=0.85, full_fine_tuning=0.65, familiar=[near, other])[0])


def test_poor_features_and_forgetting_are_told_apart(look):
    poor = look(scratch=0.85, full_fine_tuning=0.6, feature_extraction=0.5)
    assert "poor_features" in codes(poor[0]) and "forgetting" not in codes(poor[0])
    forgot = next(
        one for one in look(scratch=0.85, full_fine_tuning=0.6, feature_extraction=0.8) if one.strategy == "full_fine_tuning"
    )
    assert "forgetting" in codes(forgot) and "poor_features" not in codes(forgot)
    assert forgot.next_step.changes == {"strategies": ["classic", "scratch", "feature_extraction"]}


def test_unstable_training_asks_for_seeds(look):
    alarm = next(one for one in look(luck=0.15, seeds=6, scratch=0.95, full_fine_tuning=0.55))
    assert "unstable" in codes(alarm)
    assert next(one for one in alarm.causes if one.code == "unstable").next_step.changes == {"seeds": 8}


@pytest.mark.parametrize("items", [1, 2, 10])
def test_tiny_test_sets_raise_none_or_one_without_nan(items, make_outcomes, strategies):
    outcomes = [
        *make_outcomes("scratch", np.ones((3, items), dtype=bool)),
        *make_outcomes("full_fine_tuning", np.zeros((3, items), dtype=bool)),
    ]
    for alarm in find_alarms(group_outcomes(outcomes), Watch(strategies), CLASSES):
        assert np.isfinite([alarm.low, alarm.high]).all() and "nan" not in alarm.sentence

"""What is particular to each strategy that trains a network, and to the classic baseline."""

import numpy as np
import pytest
import torch
from fitting import MemoryCheckpoints, build, fit, labelled

from tlcore.encoders.backbone import TextBackbone
from tlcore.encoders.base import DirectFeatures
from tlcore.errors import ChoiceError, OutOfMemoryError
from tlcore.training.classifier import predict_logits
from tlcore.training.strategies.base import FitContext, Labelled
from tlcore.training.strategies.network import NetworkStrategy

NETWORKS = ["scratch", "partial_fine_tuning", "full_fine_tuning"]


def moved(fitted, encoder):
    """Names of the backbone's weights that are no longer the encoder's."""
    before = encoder.network("pretrained").state_dict()
    after = fitted.network.backbone.state_dict()
    return {name for name, tensor in after.items() if not torch.allclose(tensor, before[name], atol=1e-3)}


@pytest.mark.parametrize("top_blocks", [1, 2, 3])
def test_partial_fine_tuning_moves_the_top_blocks_and_nothing_else(top_blocks, tiny_encoder, toy_texts):
    data = labelled(toy_texts)
    fitted = fit("partial_fine_tuning", tiny_encoder, data, top_blocks=top_blocks, learning_rate=1e-2, epochs=4)
    blocks = {name.split(".")[1] for name in moved(fitted, tiny_encoder) if name.startswith("blocks.")}
    assert blocks == {"0", "1", "2"} - {str(number) for number in range(3 - top_blocks)}
    assert not any(name.startswith("embeddings.") for name in moved(fitted, tiny_encoder))
    assert not any("embeddings" in name or "blocks.0." in name for name in fitted.state().arrays) or top_blocks == 3


def test_partial_fine_tuning_runs_the_frozen_part_once_and_without_dropout(tiny_encoder, toy_texts, monkeypatch):
    modes, run = [], TextBackbone.embed
    monkeypatch.setattr(TextBackbone, "embed", lambda self, batch: (modes.append(self.training), run(self, batch))[1])
    strategy = build("partial_fine_tuning", tiny_encoder, epochs=6)
    features = DirectFeatures().features(tiny_encoder, toy_texts.texts)
    monkeypatch.setattr(DirectFeatures, "features", lambda *_: features)
    modes.clear()
    strategy.fit(labelled(toy_texts), FitContext())
    once = len(modes)
    modes.clear()
    build("partial_fine_tuning", tiny_encoder, epochs=1).fit(labelled(toy_texts), FitContext())
    assert once == len(modes)
    assert not any(modes)


def test_frozen_parts_stay_in_eval_mode_when_the_rest_trains(tiny_encoder):
    network = build("partial_fine_tuning", tiny_encoder, top_blocks=3)._build().train()
    assert not network.backbone.embeddings.training
    assert all(block.training for block in network.backbone.blocks)
    assert network.dropout.training


def test_more_blocks_than_there_are_is_refused(tiny_encoder, toy_texts):
    with pytest.raises(ChoiceError, match="has only 3 blocks to train, not 4"):
        fit("partial_fine_tuning", tiny_encoder, labelled(toy_texts), top_blocks=4)


def test_full_fine_tuning_moves_every_block_and_the_rows_of_used_words(tiny_encoder, toy_texts):
    fitted = fit("full_fine_tuning", tiny_encoder, labelled(toy_texts), learning_rate=1e-2, layer_decay=1.0, epochs=4)
    assert {name.split(".")[1] for name in moved(fitted, tiny_encoder) if name.startswith("blocks.")} == {"0", "1", "2"}
    before, after = (
        network.vocabulary.weight.detach() for network in (tiny_encoder.network("pretrained"), fitted.network.backbone)
    )
    used = np.unique(tiny_encoder.prepare(toy_texts.texts).batch(np.arange(60))["ids"].numpy())
    unused = np.setdiff1d(np.arange(len(before)), used)
    assert not torch.allclose(before[used[1:]], after[used[1:]], atol=1e-3)
    assert torch.allclose(before[unused], after[unused], atol=1e-3)


@pytest.mark.parametrize("strategy", ["partial_fine_tuning", "full_fine_tuning"])
def test_training_begins_at_a_fitted_head(strategy, tiny_encoder, toy_texts):
    still = fit(strategy, tiny_encoder, labelled(toy_texts), epochs=1, learning_rate=1e-9, head_learning_rate=1e-9)
    first = still.predict_proba(toy_texts.texts)
    assert (first.argmax(axis=1) == toy_texts.labels).mean() > 0.5
    assert np.allclose(first, still.predict_proba(toy_texts.texts))


def test_scratch_owes_the_encoder_its_shape_only(tiny_encoder, toy_texts, monkeypatch):
    data = labelled(toy_texts)
    expected = fit("scratch", tiny_encoder, data).predict_proba(toy_texts.texts)
    pretrained = tiny_encoder.network
    monkeypatch.setattr(
        tiny_encoder,
        "network",
        lambda weights, seed=0: pretrained(weights, seed) if weights == "random" else pytest.fail("peeked"),
    )
    monkeypatch.setattr(tiny_encoder, "encode", lambda *_: pytest.fail("peeked"))
    assert np.array_equal(fit("scratch", tiny_encoder, data).predict_proba(toy_texts.texts), expected)


def test_scratch_starts_elsewhere_for_each_seed(tiny_encoder):
    first, second = (build("scratch", tiny_encoder, seed=seed)._build().backbone.vocabulary.weight for seed in (0, 1))
    assert not torch.equal(first, second)


@pytest.mark.parametrize("strategy", NETWORKS)
def test_the_stored_half_size_model_is_the_one_that_predicts(strategy, tiny_encoder, toy_texts):
    fitted = fit(strategy, tiny_encoder, labelled(toy_texts))
    for name, array in fitted.state().arrays.items():
        assert array.dtype == np.float16
        assert np.array_equal(array.astype(np.float32), fitted.network.learned()[name].detach().numpy())


@pytest.mark.parametrize("strategy", NETWORKS)
def test_a_text_gets_the_same_answer_alone_and_in_company(strategy, tiny_encoder, toy_texts):
    fitted = fit(strategy, tiny_encoder, labelled(toy_texts))
    alone = np.concatenate([fitted.predict_proba([text]) for text in toy_texts.texts[:9]])
    assert np.allclose(fitted.predict_proba(toy_texts.texts)[:9], alone, atol=1e-6)


def test_predicting_drops_nothing(tiny_encoder, toy_texts):
    fitted = fit("full_fine_tuning", tiny_encoder, labelled(toy_texts), dropout=0.5)
    fitted.network.train()
    inputs = tiny_encoder.prepare(toy_texts.texts)
    assert np.array_equal(predict_logits(fitted.network, inputs), predict_logits(fitted.network, inputs))


def test_lack_of_memory_names_half_the_batch_size(tiny_encoder, toy_texts, monkeypatch):
    def full(*_):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried ...")

    monkeypatch.setattr(NetworkStrategy, "_train", full)
    with pytest.raises(OutOfMemoryError, match="Try a batch size of 12"):
        fit("full_fine_tuning", tiny_encoder, labelled(toy_texts), batch_size=24)


def test_encoding_counts_what_it_costs_from_nothing(tiny_encoder, toy_texts):
    class Stored(DirectFeatures):
        def seconds_cold(self, encoder, items):
            return 42.0

    for strategy, seconds in {"feature_extraction": 42.0, "full_fine_tuning": 42.0, "scratch": 0.0, "classic": 0.0}.items():
        report = build(strategy, tiny_encoder).fit(labelled(toy_texts), FitContext(features=Stored()))
        assert report.encode_seconds == seconds
    assert build("feature_extraction", tiny_encoder).fit(labelled(toy_texts), FitContext()).encode_seconds < 42


@pytest.mark.parametrize("strategy", NETWORKS)
def test_the_report_tells_the_epoch_of_the_model(strategy, tiny_encoder, toy_texts):
    report = build(strategy, tiny_encoder, epochs=3).fit(labelled(toy_texts), FitContext(checkpoints=MemoryCheckpoints()))
    assert report.chosen == {"epochs": 3}


def test_classic_works_without_an_encoder_and_keeps_its_terms_as_text(toy_texts):
    fitted = fit("classic", None, labelled(toy_texts))
    facts = fitted.state().facts
    assert {"soup", "noodle"} <= set(facts["words"])
    assert any(len(term) < 4 for term in facts["characters"])


@pytest.mark.parametrize(
    "texts",
    [["今日は天気がいい", "映画が悪い", "とてもいい", "最悪だった"], ["🎉🎉", "💔", "🎉 !", "💔 ?"], ["!", "?", "!!", "??"]],
)
def test_classic_reads_any_script_and_signs(texts):
    probabilities = fit("classic", None, Labelled(texts, np.array([0, 1, 0, 1])), n_classes=2).predict_proba(texts)
    assert (probabilities.argmax(axis=1) == [0, 1, 0, 1]).all()

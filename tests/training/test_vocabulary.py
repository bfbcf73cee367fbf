"""Training only the rows of the vocabulary that are used."""

import pytest
import torch

from tlcore.training.vocabulary import only_used_rows

TEXTS = ["the old train", "a match today", "soup"]


def table_of(backbone):
    return backbone.vocabulary.weight.detach().clone()


def all_of(inputs):
    return inputs.batch(torch.arange(len(inputs)).numpy())


def test_features_are_the_same_inside_with_a_small_table(tiny_encoder):
    backbone, inputs = tiny_encoder.network("pretrained").eval(), tiny_encoder.prepare(TEXTS)
    before, whole = backbone(all_of(inputs)), table_of(backbone)
    with only_used_rows(backbone, inputs):
        assert len(backbone.vocabulary.weight) == 10  # padding, two marks around a text, seven words
        assert torch.equal(backbone(all_of(inputs)), before)
    assert torch.equal(table_of(backbone), whole)
    assert torch.equal(backbone(all_of(inputs)), before)


def test_what_is_learned_inside_ends_up_in_the_right_rows(tiny_encoder):
    small, whole = (tiny_encoder.network("pretrained").eval() for _ in range(2))
    inputs = tiny_encoder.prepare(TEXTS)

    def step(backbone):
        backbone(all_of(inputs)).square().sum(dim=0)[:7].sum().backward()
        torch.optim.SGD(backbone.parameters(), lr=0.5).step()

    with only_used_rows(small, inputs):
        step(small)
    step(whole)
    assert not torch.equal(table_of(small), table_of(tiny_encoder.network("pretrained")))
    assert torch.allclose(table_of(small), table_of(whole), atol=1e-6)


def test_the_table_is_whole_again_after_a_stop(tiny_encoder):
    backbone, inputs = tiny_encoder.network("pretrained"), tiny_encoder.prepare(TEXTS)
    whole = table_of(backbone)
    with pytest.raises(KeyError), only_used_rows(backbone, inputs):
        raise KeyError
    assert torch.equal(table_of(backbone), whole)
    assert backbone(all_of(tiny_encoder.prepare(["words that nobody used"]))).isfinite().all()


def test_a_frozen_table_stays_as_it_is(tiny_encoder):
    backbone = tiny_encoder.network("pretrained").requires_grad_(False)
    weight = backbone.vocabulary.weight
    with only_used_rows(backbone, tiny_encoder.prepare(TEXTS)):
        assert backbone.vocabulary.weight is weight

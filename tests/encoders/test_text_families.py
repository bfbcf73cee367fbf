"""Each family, on tiny random networks, against transformers' own forward pass and sentence-transformers' own pooling."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from tiny_networks import write_network, write_tokenizer

from tlcore.encoders.text import TextEncoder, card_of
from tlcore.errors import EncoderError
from tlcore.runtime import Precision

FP32 = Precision("fp32", "asked for by the test")
SIZES = {
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "max_position_embeddings": 50,
    "initializer_range": 0.3,
}
DISTILBERT = {"dim": 24, "n_layers": 2, "n_heads": 3, "hidden_dim": 40, "max_position_embeddings": 50, "initializer_range": 0.3}
CASES = {"Bert": SIZES, "Roberta": SIZES, "XLMRoberta": SIZES, "DistilBert": DISTILBERT, "MPNet": SIZES}
TEXTS = ["a goal", "we had soup and bread with cheese today", "train", "", "the old hotel near the harbour " * 20]


def make_folder(folder: Path, kind: str) -> Path:
    size = write_tokenizer(folder)
    config = getattr(transformers, f"{kind}Config")(vocab_size=size, **CASES[kind])
    write_network(folder, getattr(transformers, f"{kind}Model"), config)
    return folder


@pytest.fixture(params=CASES)
def folder(request, tmp_path: Path) -> Path:
    return make_folder(tmp_path / "encoder", request.param)


def load(folder: Path) -> TextEncoder:
    return TextEncoder(folder, card_of(folder, "it"), FP32)


def test_features_agree_with_transformers(folder, recwarn, capfd):
    encoder = load(folder)
    batch = encoder.prepare(TEXTS).batch(np.arange(len(TEXTS)))
    reference = transformers.AutoModel.from_pretrained(folder).eval()
    ids = batch["ids"].long() + (1 - batch["mask"]) * reference.config.pad_token_id
    with torch.no_grad():
        hidden = reference(input_ids=ids, attention_mask=batch["mask"]).last_hidden_state
        padded = encoder.network("pretrained").eval()(batch)
    mean = (hidden * batch["mask"][:, :, None]).sum(1) / batch["mask"].sum(1, keepdim=True)
    expected = torch.nn.functional.normalize(mean)
    assert torch.allclose(padded, expected, atol=1e-5)
    assert np.allclose(encoder.encode(TEXTS), expected.numpy(), atol=1e-5)


def test_the_longest_text_uses_every_position_there_is(folder):
    encoder = load(folder)
    positions = 50 if encoder.card.max_length == 50 else 48
    assert encoder.prepare([TEXTS[-1]]).lengths[0] == positions == encoder.card.max_length
    assert np.isfinite(encoder.encode([TEXTS[-1]])).all()


def test_a_stored_prefix_equals_the_whole(folder):
    encoder = load(folder)
    network, inputs = encoder.network("pretrained").eval(), encoder.prepare(TEXTS)
    rows = np.arange(len(TEXTS))
    with torch.no_grad():
        assert torch.allclose(network(network.below(inputs, 1).batch(rows), 1), network(inputs.batch(rows)), atol=1e-5)


def test_loading_says_nothing(folder, capfd, recwarn):
    load(folder).encode(TEXTS)
    assert capfd.readouterr() == ("", "")
    assert [str(warning.message) for warning in recwarn] == []


def test_first_token_pooling_is_read_in_both_spellings(tiny_encoder_folder, tmp_path):
    folder = make_folder(tmp_path / "encoder", "Bert")
    mean = load(folder).encode(TEXTS)
    for facts in ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, {"pooling_mode": "cls"}):
        (folder / "1_Pooling").mkdir(exist_ok=True)
        (folder / "1_Pooling" / "config.json").write_text(json.dumps(facts))
        encoder = load(folder)
        network, batch = encoder.network("pretrained").eval(), encoder.prepare(TEXTS[:1]).batch(np.arange(1))
        with torch.no_grad():
            first = network.run_block(1, network.run_block(0, network.embed(batch), batch), batch)[:, 0]
        assert np.allclose(encoder.encode(TEXTS)[:1], torch.nn.functional.normalize(first), atol=1e-5)
        assert not np.allclose(encoder.encode(TEXTS), mean, atol=1e-3)


def test_weights_under_old_names_and_prefixes_are_found(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = make_folder(tmp_path / "encoder", "Bert")
    expected = load(folder).encode(TEXTS)
    weights = load_file(folder / "model.safetensors")
    old = {f"bert.{name}".replace("LayerNorm.weight", "LayerNorm.gamma"): weight for name, weight in weights.items()}
    save_file(old | {"cls.predictions.bias": torch.zeros(3)}, folder / "model.safetensors")
    assert np.array_equal(load(folder).encode(TEXTS), expected)


def test_a_fingerprint_follows_weights_preprocessing_and_precision(tmp_path):
    folder = make_folder(tmp_path / "encoder", "Bert")
    seen = {load(folder).fingerprint}
    assert seen == {load(folder).fingerprint}
    seen.add(TextEncoder(folder, card_of(folder, "it"), Precision("bf16", "test")).fingerprint)
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 20}')
    seen.add(load(folder).fingerprint)
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode": "cls"}')
    seen.add(load(folder).fingerprint)
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "model.safetensors").write_bytes(content)
    seen.add(load(folder).fingerprint)
    assert len(seen) == 5


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("config.json", None, "config.json"),
        ("config.json", b"[]", "holds no settings"),
        ("config.json", b'{"model_type": "gpt2"}', '"gpt2"'),
        ("config.json", b'{"model_type": "bert", "auto_map": {"AutoModel": "evil.Model"}}', "never run"),
        ("tokenizer.json", None, "tokenizer.json"),
        ("tokenizer.json", b"{}", "damaged"),
        ("model.safetensors", None, "model.safetensors"),
        ("model.safetensors", b"\x80\x04pickle", "damaged"),
        ("2_Dense/config.json", b"{}", "dense"),
        ("1_Pooling/config.json", b'{"pooling_mode_max_tokens": true}', "max"),
    ],
)
def test_an_unfit_folder_is_refused_by_name(tmp_path, file, content, says):
    folder = make_folder(tmp_path / "encoder", "Bert")
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).unlink() if content is None else (folder / file).write_bytes(content)
    with pytest.raises(EncoderError, match=says) as caught:
        load(folder).encode(TEXTS)
    assert str(folder) in str(caught.value)


def test_weights_that_do_not_fit_are_refused(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = make_folder(tmp_path / "encoder", "Bert")
    weights = load_file(folder / "model.safetensors")
    name = "encoder.layer.1.output.dense.weight"
    save_file({**weights, name: torch.zeros(2, 2)}, folder / "model.safetensors")
    with pytest.raises(EncoderError, match="do not fit"):
        load(folder).load()
    del weights[name]
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(EncoderError, match=f"lack {name}"):
        load(folder).load()

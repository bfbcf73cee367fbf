"""Each family, on tiny random networks, against transformers' own forward pass and its own image processor."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from image_toys import FAMILIES, write_image_network, write_pictures

from tlcore.encoders.image import ImageEncoder
from tlcore.encoders.image_families import ImageFolder
from tlcore.errors import EncoderError
from tlcore.runtime import Precision

FP32 = Precision("fp32", "asked for by the test")
BF16 = Precision("bf16", "asked for by the test")
SIZE = 96


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    """A folder of each family."""
    root = tmp_path_factory.mktemp("families")
    return {kind: write_image_network(root / kind, kind) for kind in FAMILIES}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("pictures"))


def load(folder: Path, arithmetic: Precision = FP32, size: int = SIZE) -> ImageEncoder:
    source = ImageFolder(folder)
    return ImageEncoder(source, source.card("it", "It"), size, arithmetic=arithmetic)


def reference(folder: Path, kind: str, pixels: torch.Tensor) -> np.ndarray:
    """What transformers makes of squares `(b, 3, s, s)` uint8, scaled to length 1."""
    processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    squares = list(pixels.permute(0, 2, 3, 1).numpy())
    values = processor(squares, do_resize=False, do_center_crop=False, return_tensors="pt")["pixel_values"]
    interpolates = any(name in kind for name in ("vit", "deit", "swin", "clip"))
    how = {"interpolate_pos_encoding": True} if interpolates else {}
    with torch.no_grad():
        if kind.startswith("clip") and "without" not in kind:
            features = transformers.CLIPVisionModelWithProjection.from_pretrained(folder).eval()(values, **how).image_embeds
        else:
            name = "CLIPVisionModel" if kind.startswith("clip") else FAMILIES[kind][1]
            output = getattr(transformers, name).from_pretrained(folder).eval()(values, **how)
            token = kind in ("vit", "deit")  # their pooler is a layer that was trained for another task, or not at all
            features = output.last_hidden_state[:, 0] if token else output.pooler_output.flatten(1)
        if kind == "efficientnet":  # its own pooler averages windows of 1,280 px, padding not counted: the same for less
            features = output.last_hidden_state.mean((2, 3))
    return torch.nn.functional.normalize(features).numpy()


@pytest.mark.parametrize("kind", FAMILIES)
def test_features_agree_with_transformers(folders, pictures, kind):
    encoder = load(folders[kind])
    batch = encoder.prepare(pictures).batch(np.arange(len(pictures)))
    expected = reference(folders[kind], kind, batch["pixels"])
    with torch.no_grad():
        assert np.allclose(encoder.network("pretrained").eval()(batch).numpy(), expected, atol=1e-5)
    assert np.allclose(encoder.encode(pictures), expected, atol=1e-5)
    assert len(np.unique(expected.round(3), axis=0)) == len(pictures) - 1


@pytest.mark.parametrize("kind", FAMILIES)
def test_blocks_are_named_and_a_stored_prefix_equals_the_whole(folders, pictures, kind):
    encoder = load(folders[kind])
    network, inputs = encoder.network("pretrained").eval(), encoder.prepare(pictures)
    rows = np.arange(len(pictures))
    assert len(network.blocks) == len(encoder.card.blocks) == len(set(encoder.card.blocks)) > 1
    assert network.dim == encoder.card.dim
    with torch.no_grad():
        whole = network(inputs.batch(rows))
        for start in range(len(network.blocks)):
            assert torch.allclose(network(network.below(inputs, start).batch(rows), start), whole, atol=1e-5)


@pytest.mark.parametrize("kind", FAMILIES)
def test_bf16_stays_close(folders, pictures, kind):
    exact, rounded = (load(folders[kind], arithmetic).encode(pictures) for arithmetic in (FP32, BF16))
    assert (exact * rounded).sum(1).min() > 0.99
    assert not np.array_equal(exact, rounded)


@pytest.mark.parametrize("kind", FAMILIES)
def test_random_weights_come_from_the_seed_and_every_weight_learns(folders, pictures, kind):
    encoder = load(folders[kind])
    one, again, other, trained = (
        encoder.network("random", 1),
        encoder.network("random", 1),
        encoder.network("random", 2),
        encoder.network("pretrained"),
    )
    weights = [next(w for w in network.blocks[0].parameters() if w.ndim > 1) for network in (one, again, other, trained)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert not torch.equal(weights[0], weights[3])
    one.train()(encoder.prepare(pictures).batch(np.arange(len(pictures))))[:, 0].sum().backward()
    still = [name for name, weight in one.named_parameters() if weight.grad is None and "mask_token" not in name]
    assert still == []


@pytest.mark.parametrize("kind", FAMILIES)
def test_without_dropout_training_is_no_game_of_chance(folders, pictures, kind):
    encoder = load(folders[kind])
    network, batch = encoder.network("pretrained").train(), encoder.prepare(pictures).batch(np.arange(len(pictures)))
    network.set_dropout(0.0)
    with torch.no_grad():
        assert torch.equal(network(batch), network(batch))


@pytest.mark.parametrize("kind", ["resnet", "vit", "clip"])
def test_loading_says_nothing_and_draws_no_random_numbers(folders, pictures, kind, capfd, recwarn):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    load(folders[kind]).encode(pictures)
    assert torch.equal(torch.get_rng_state(), before)
    assert capfd.readouterr() == ("", "")
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("config.json", b"[]", "holds no settings"),
        ("config.json", b'{"model_type": "resnet", "auto_map": {"AutoModel": "evil.Model"}}', "never run"),
        ("preprocessor_config.json", None, "preprocessor_config.json"),
        ("preprocessor_config.json", b'{"image_processor_type": "Nothing"}', "preprocessor_config.json"),
        ("model.safetensors", None, "model.safetensors"),
        ("model.safetensors", b"\x80\x04pickle", "cannot be used"),
    ],
)
def test_an_unfit_folder_is_refused_by_name(tmp_path, file, content, says):
    folder = write_image_network(tmp_path / "encoder", "resnet")
    (folder / file).unlink() if content is None else (folder / file).write_bytes(content)
    with pytest.raises(EncoderError, match=says) as caught:
        load(folder).load()
    assert str(folder) in str(caught.value)


def test_weights_that_lack_some_are_refused(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = write_image_network(tmp_path / "encoder", "vit")
    weights = load_file(folder / "model.safetensors")
    del weights[next(name for name in weights if "layernorm_before" in name)]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EncoderError, match="lack"):
        load(folder).load()


def test_a_fingerprint_follows_weights_preprocessing_size_and_precision(tmp_path):
    folder = write_image_network(tmp_path / "encoder", "resnet")
    seen = {load(folder).fingerprint, load(folder).fingerprint, load(folder, BF16).fingerprint}
    seen.add(load(folder, size=128).fingerprint)
    facts = json.loads((folder / "preprocessor_config.json").read_text())
    (folder / "preprocessor_config.json").write_text(json.dumps({**facts, "image_mean": [0.4, 0.5, 0.6]}))
    seen.add(load(folder).fingerprint)
    write_image_network(folder, "resnet", seed=1)
    seen.add(load(folder).fingerprint)
    assert len(seen) == 5

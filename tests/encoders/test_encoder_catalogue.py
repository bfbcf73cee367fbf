import errno
import json
import os
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest
from image_toys import write_image_network, write_pictures

from tlcore.encoders.catalogue import (
    DEFAULT_ENCODERS,
    add_encoder,
    encoder_card,
    encoder_cards,
    load_encoder,
    token_counter,
)
from tlcore.errors import EncoderError, NotFoundError, StorageError
from tlcore.settings import Workspace


@pytest.fixture
def folder(tiny_encoder_folder, tmp_path):
    return shutil.copytree(tiny_encoder_folder, tmp_path / "My encoder")


def test_the_default_encoders_are_there_without_adding_anything(workspace):
    assert {card.modality: card.id for card in encoder_cards(workspace)} == DEFAULT_ENCODERS
    assert all(card.ready for card in encoder_cards(workspace))


def test_the_bundled_card_says_what_the_folder_says(workspace):
    from tlcore.encoders.text import card_of

    card, encoder = encoder_card("minilm", workspace), load_encoder("minilm", workspace)
    found = card_of(encoder._folder, "minilm")
    assert (card.dim, card.blocks, card.max_length) == (found.dim, found.blocks, found.max_length) == (384, card.blocks, 256)


def test_an_added_encoder_is_listed_and_works_without_its_source(workspace, folder):
    card = add_encoder(workspace, folder)
    shutil.rmtree(folder)
    assert card.id == "my-encoder"
    assert encoder_cards(workspace)[-1] == encoder_card("my-encoder", workspace) == card
    assert load_encoder("my-encoder", workspace).encode(["a goal"]).shape == (1, 32)


def test_an_encoder_that_is_added_where_nothing_computes_in_8_bits_keeps_the_machines_arithmetic(
    workspace, folder, monkeypatch
):
    monkeypatch.setattr("tlcore.encoders.text.computes", lambda name: name != "int8")
    assert add_encoder(workspace, folder).agreement is None


def test_adding_twice_changes_nothing(workspace, folder):
    first = add_encoder(workspace, folder, name="Mine")
    stamp = (workspace.encoders / "mine" / "model.safetensors").stat().st_mtime_ns
    assert add_encoder(workspace, folder, name="Mine") == first
    assert (workspace.encoders / "mine" / "model.safetensors").stat().st_mtime_ns == stamp


def test_another_encoder_cannot_take_a_name(workspace, folder):
    add_encoder(workspace, folder, name="mine")
    facts = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(facts | {"layer_norm_eps": 0.5}))
    with pytest.raises(EncoderError, match='called "mine" already'):
        add_encoder(workspace, folder, name="mine")
    assert load_encoder("mine", workspace).card.name == "mine"


@pytest.mark.parametrize("name", ["minilm", "EfficientNet Lite0", "none", "../..", "", "😀"])
def test_a_name_that_is_taken_or_empty_is_refused(workspace, folder, name):
    if name:
        with pytest.raises(EncoderError, match="cannot be called"):
            add_encoder(workspace, folder, name=name)
    assert not list(workspace.root.rglob("model.safetensors"))


def test_a_hostile_name_stays_inside_the_workspace(workspace, folder):
    card = add_encoder(workspace, folder, name="../../etc/<b>passwd")
    assert card.id == "etc-b-passwd"
    assert (workspace.encoders / card.id / "card.json").is_file()


@pytest.mark.parametrize(
    ("file", "content"),
    [("model.safetensors", b"junk"), ("model.safetensors", None), ("tokenizer.json", None), ("config.json", b"{}")],
)
def test_an_unfit_folder_leaves_nothing_behind(workspace, folder, file, content):
    (folder / file).unlink() if content is None else (folder / file).write_bytes(content)
    with pytest.raises(EncoderError) as caught:
        add_encoder(workspace, folder)
    assert str(folder) in str(caught.value)
    assert not workspace.encoders.exists()


def test_a_full_disk_leaves_nothing_behind(workspace, folder, monkeypatch):
    def no_space(source, target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfile", no_space)
    with pytest.raises(StorageError, match="No space left"):
        add_encoder(workspace, folder)
    assert [path.name for path in workspace.encoders.iterdir()] == [".lock"]
    assert len(encoder_cards(workspace)) == len(DEFAULT_ENCODERS)


def test_left_overs_of_a_killed_copy_are_swept_and_never_listed(workspace, folder):
    left_over = workspace.encoders / ".adding-x"
    left_over.mkdir(parents=True)
    (left_over / "card.json").write_text("{}")
    assert len(encoder_cards(workspace)) == len(DEFAULT_ENCODERS)
    add_encoder(workspace, folder)
    assert not left_over.exists()


def test_code_and_pickles_in_a_folder_are_left_behind(workspace, folder):
    for name in ("evil.py", "pytorch_model.bin", "model.pkl"):
        (folder / name).write_bytes(b"evil")
    add_encoder(workspace, folder, name="mine")
    kept = {path.name for path in (workspace.encoders / "mine").rglob("*")}
    assert kept == {"config.json", "tokenizer.json", "model.safetensors", "card.json", "content.sha256"}


def test_a_missing_folder_is_named(workspace, tmp_path):
    with pytest.raises(EncoderError, match="nowhere is not a folder"):
        add_encoder(workspace, tmp_path / "nowhere")


def test_an_unknown_id_names_those_there_are(tiny_workspace):
    for ask in (encoder_card, load_encoder, token_counter):
        with pytest.raises(NotFoundError, match="minilm, efficientnet-lite0, tiny"):
            ask("../tiny", tiny_workspace)


def test_a_damaged_added_encoder_is_refused_by_name(tiny_workspace):
    path = tiny_workspace.encoders / "tiny" / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(EncoderError, match=r'"tiny".*damaged'):
        load_encoder("tiny", tiny_workspace)


def test_all_callers_and_threads_share_one_encoder(tiny_workspace):
    found = []
    threads = [threading.Thread(target=lambda: found.append(load_encoder("tiny", tiny_workspace))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len({id(encoder) for encoder in found}) == 1


def test_tokens_are_counted_uncut_and_without_torch(workspace):
    script = (
        "import sys\n"
        "from tlcore.settings import Workspace\n"
        "from tlcore.encoders.catalogue import token_counter\n"
        "print(token_counter('minilm', Workspace())(['', 'hello', 'hello ' * 400]).tolist())\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)\n"
    )
    out = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert out == "[2, 3, 402]\n"


def test_the_bundled_image_card_says_what_the_network_is(workspace):
    card, encoder = encoder_card("efficientnet-lite0", workspace), load_encoder("efficientnet-lite0", workspace)
    network = encoder.network("pretrained")
    assert (card.dim, len(card.blocks), encoder.image_size) == (network.dim, len(network.blocks), 224)


def test_an_image_folder_is_recognised_and_works_without_its_source(workspace, tmp_path):
    folder = write_image_network(tmp_path / "ViT tiny", "vit")
    card = add_encoder(workspace, folder)
    shutil.rmtree(folder)
    assert (card.id, card.modality, card.dim, card.max_length) == ("vit-tiny", "image", 24, None)
    assert card.blocks == ("block 1", "block 2", "block 3")
    assert "48 px" in card.about
    pictures = write_pictures(tmp_path / "pictures")
    assert load_encoder("vit-tiny", workspace, 96).encode(pictures).shape == (6, 24)
    kept = {path.name for path in (workspace.encoders / "vit-tiny").rglob("*")}
    assert kept == {"config.json", "preprocessor_config.json", "model.safetensors", "card.json", "content.sha256"}


def test_a_folder_of_neither_kind_is_told_all_kinds(workspace, folder):
    (folder / "config.json").write_text('{"model_type": "gpt2"}')
    with pytest.raises(EncoderError, match=r'"gpt2".*bert.*resnet'):
        add_encoder(workspace, folder)


def test_pixels_are_kept_only_when_asked_for(workspace, tmp_path):
    pictures = write_pictures(tmp_path / "pictures")
    load_encoder("efficientnet-lite0", workspace, 96, keep_pixels=False).prepare(pictures).batch(np.arange(6))
    assert not workspace.features.exists()
    load_encoder("efficientnet-lite0", workspace, 96).prepare(pictures)
    assert len(list(workspace.features.glob("pixels-96-*/*.npy"))) == 1


def test_each_resolution_is_loaded_once(workspace):
    first, again, other = (load_encoder("efficientnet-lite0", workspace, size) for size in (96, 96, 128))
    assert first is again
    assert (first.image_size, other.image_size) == (96, 128)


def test_reading_the_catalogue_imports_no_torch_and_no_pillow(workspace):
    script = (
        "import sys\n"
        "from tlcore.settings import Workspace\n"
        "from tlcore.encoders.catalogue import encoder_cards\n"
        "encoder_cards(Workspace())\n"
        "assert not {'torch', 'transformers', 'PIL', 'efficientnet_lite_pytorch'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("encoder", DEFAULT_ENCODERS.values())
def test_an_encoder_that_is_not_installed_is_shown_as_not_ready(workspace, monkeypatch, encoder):
    from tlcore.encoders import catalogue

    monkeypatch.setitem(catalogue._PACKAGES, encoder, ("no_such_package",))
    assert [card.id for card in encoder_cards(workspace) if not card.ready] == [encoder]
    with pytest.raises(EncoderError, match="not installed"):
        load_encoder(encoder, Workspace())

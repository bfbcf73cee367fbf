import errno
import json
import os
import shutil
import subprocess
import sys
import threading

import pytest

from tlcore.encoders.catalogue import (
    DEFAULT_ENCODER,
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


def test_the_default_encoder_is_there_without_adding_anything(workspace):
    assert [card.id for card in encoder_cards(workspace)] == [DEFAULT_ENCODER]
    assert encoder_card(DEFAULT_ENCODER, workspace).ready


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


@pytest.mark.parametrize("name", ["minilm", "none", "../..", "", "😀"])
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
    assert len(encoder_cards(workspace)) == 1


def test_left_overs_of_a_killed_copy_are_swept_and_never_listed(workspace, folder):
    left_over = workspace.encoders / ".adding-x"
    left_over.mkdir(parents=True)
    (left_over / "card.json").write_text("{}")
    assert len(encoder_cards(workspace)) == 1
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
        with pytest.raises(NotFoundError, match="minilm, tiny"):
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


def test_an_encoder_that_is_not_installed_is_shown_as_not_ready(workspace, monkeypatch):
    from tlcore.encoders import catalogue

    monkeypatch.setattr(catalogue, "_PACKAGES", {"minilm": "no_such_package"})
    assert [card.ready for card in encoder_cards(workspace)] == [False]
    with pytest.raises(EncoderError, match="not installed"):
        load_encoder("minilm", Workspace())

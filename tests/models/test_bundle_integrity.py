import json
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tlcore.errors import BundleError
from tlcore.files import sha256_of
from tlcore.models.bundle import FILES, VERSION, load_model, read_card, save_bundle, zip_bundle
from tlcore.models.card import ModelCard
from tlcore.training.strategies.base import State


@pytest.fixture
def archive(folder: Path) -> Path:
    target = folder.parent / "model.zip"
    zip_bundle(folder, target)
    return target


def test_card_survives_folder_and_zip(folder: Path, archive: Path, card: ModelCard) -> None:
    assert read_card(folder) == card
    assert read_card(str(archive)) == card


def test_bundle_holds_the_declared_files_and_no_other(folder: Path) -> None:
    assert {entry.name for entry in folder.iterdir()} == {"bundle.json", "weights.safetensors", "state.json", "README.md"}
    declared = json.loads((folder / "bundle.json").read_text())["files"]
    for name, fact in declared.items():
        assert fact == {"sha256": sha256_of(folder / name), "bytes": (folder / name).stat().st_size}


def test_same_model_gives_same_bytes(tmp_path: Path, card: ModelCard, state: State) -> None:
    for name in ("one", "two"):
        save_bundle(tmp_path / name, card, state)
        zip_bundle(tmp_path / name, tmp_path / f"{name}.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_saving_again_replaces_the_bundle(folder: Path, card: ModelCard, state: State) -> None:
    renamed = card.model_copy(update={"name": "Another"})
    save_bundle(folder, renamed, state)
    assert read_card(folder) == renamed
    assert [entry.name for entry in folder.parent.iterdir()] == ["model"]


def test_failed_saving_leaves_the_bundle_before(folder: Path, card: ModelCard) -> None:
    with pytest.raises(ValueError):
        save_bundle(folder, card.model_copy(update={"name": "Another"}), State(arrays={}, facts={"loss": float("nan")}))
    assert read_card(folder) == card
    assert [entry.name for entry in folder.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_flipped_byte_is_refused_by_file_name(folder: Path, name: str, data: st.DataObject) -> None:
    content = (folder / name).read_bytes()
    position = data.draw(st.integers(0, len(content) - 1))
    bit = data.draw(st.integers(0, 7))
    flipped = bytearray(content)
    flipped[position] ^= 1 << bit
    (folder / name).write_bytes(bytes(flipped))
    try:
        with pytest.raises(BundleError, match=name):
            load_model(folder)
    finally:
        (folder / name).write_bytes(content)


def test_every_flipped_byte_of_the_zip_is_refused(archive: Path, tmp_path: Path) -> None:
    content = archive.read_bytes()
    broken = tmp_path / "broken.zip"
    unharmed = []
    for position in range(0, len(content), 13):
        flipped = bytearray(content)
        flipped[position] ^= 0x10
        broken.write_bytes(bytes(flipped))
        try:
            read_card(broken)
            unharmed.append(position)
        except BundleError:
            pass
    # What a zip says about dates, attributes and versions is not part of the model.
    assert len(unharmed) < len(content) / 13 * 0.1


@pytest.mark.parametrize("name", FILES)
def test_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BundleError, match=name):
        read_card(folder)


@pytest.mark.parametrize("name", FILES)
def test_truncated_file_is_named(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(BundleError, match=name):
        read_card(folder)


@pytest.mark.parametrize("name", ["model.pkl", "weights.pt", "weights.bin", "arrays.npz", "notes.txt", ".hidden"])
def test_undeclared_file_is_named(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"cos\nsystem\n")
    with pytest.raises(BundleError, match=name.replace(".", r"\.")):
        load_model(folder)


def test_a_pickle_stays_refused_when_the_manifest_lists_it(folder: Path) -> None:
    (folder / "weights.pkl").write_bytes(b"x")
    document = json.loads((folder / "bundle.json").read_text())
    document["files"]["weights.pkl"] = {"sha256": sha256_of(folder / "weights.pkl"), "bytes": 1}
    reseal(folder, document)
    with pytest.raises(BundleError, match=r"weights\.pkl"):
        load_model(folder)


def test_link_is_refused(folder: Path, tmp_path: Path) -> None:
    shutil.move(folder / "state.json", tmp_path / "elsewhere.json")
    (folder / "state.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(BundleError, match=r"state\.json is not a plain file"):
        read_card(folder)


def test_folder_inside_is_refused(folder: Path) -> None:
    (folder / "more").mkdir()
    with pytest.raises(BundleError, match="more"):
        read_card(folder)


def test_newer_version_says_what_to_do(folder: Path) -> None:
    document = json.loads((folder / "bundle.json").read_text())
    reseal(folder, document | {"version": VERSION + 1, "novelty": True})
    with pytest.raises(BundleError, match=f"format version {VERSION + 1}.*update Transfer Lab"):
        read_card(folder)


def test_changed_label_is_refused(folder: Path) -> None:
    text = (folder / "bundle.json").read_text()
    (folder / "bundle.json").write_text(text.replace('"good"', '"evil"'))
    with pytest.raises(BundleError, match=r"bundle\.json is damaged"):
        read_card(folder)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b"{}", b"\xff\xfe", b"[" * 100_000, b"<html>", b'{"format": "transfer-lab-model"}']
)
def test_nonsense_manifest_is_refused(folder: Path, content: bytes) -> None:
    (folder / "bundle.json").write_bytes(content)
    with pytest.raises(BundleError, match=r"bundle\.json"):
        read_card(folder)


def test_unknown_strategy_is_refused(folder: Path) -> None:
    document = json.loads((folder / "bundle.json").read_text())
    document["card"]["strategy"] = "alchemy"
    reseal(folder, document)
    with pytest.raises(BundleError, match="does not know"):
        read_card(folder)


@pytest.mark.parametrize("content", [b"", b"\x80\x04\x95", b"\xff" * 64, (1 << 62).to_bytes(8, "little") + b"{}"])
def test_weights_that_are_no_safetensors_are_refused(tmp_path: Path, folder: Path, content: bytes) -> None:
    (folder / "weights.safetensors").write_bytes(content)
    document = json.loads((folder / "bundle.json").read_text())
    fact = {"sha256": sha256_of(folder / "weights.safetensors"), "bytes": len(content)}
    document["files"]["weights.safetensors"] = fact
    reseal(folder, document)
    with pytest.raises(BundleError, match=r"weights\.safetensors"):
        load_model(folder)


def test_absent_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="nowhere"):
        read_card(tmp_path / "nowhere")


def reseal(folder: Path, document: dict[str, object]) -> None:
    """Write bundle.json so that its own checksum holds."""
    import hashlib

    document.pop("sha256", None)
    text = json.dumps(document | {"sha256": ""}, ensure_ascii=False, indent=2) + "\n"
    digest = hashlib.sha256(text.encode()).hexdigest()
    (folder / "bundle.json").write_text(text[: -len('""\n}\n')] + f'"{digest}"\n}}\n')

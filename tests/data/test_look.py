import pytest

from tlcore.data.csv.load import CsvOptions, load_csv
from tlcore.data.look import look_at
from tlcore.data.row_sample import sample_rows


def write(path, labels, header="a,b"):
    path.write_text(header + "\n" + "".join(f"the thing numbered {at} came today,{label}\n" for at, label in enumerate(labels)))
    return path


def sampled(workspace, path):
    target = path.with_suffix(".arrow")
    load_csv(path, CsvOptions(header=True), target, workspace.settings)
    return sample_rows(target)


SORTED = ["pos"] * 6_000 + ["neg"] * 6_000


@pytest.mark.parametrize("header", ["a,b", "text,label"])
@pytest.mark.parametrize("labels", [SORTED, ["pos"] * 8_000 + ["neg"] * 2_000])
def test_labels_of_a_sorted_file_are_seen_wherever_they_begin(workspace, tmp_path, header, labels):
    look = look_at(workspace, write(tmp_path / "sorted.csv", labels, header), CsvOptions(header=True))
    text, label = header.split(",")
    assert (look.guess.text, look.guess.label, look.guess.task) == (text, label, "sentiment")
    assert look.values[label] == {"pos": labels.count("pos"), "neg": labels.count("neg")}


def test_the_preview_shows_the_first_rows(workspace, tmp_path):
    look = look_at(workspace, write(tmp_path / "sorted.csv", SORTED), CsvOptions(header=True))
    assert look.preview["a"] == tuple(f"the thing numbered {at} came today" for at in range(20))


def test_a_small_file_is_sampled_whole_and_a_large_one_evenly(workspace, tmp_path):
    assert sampled(workspace, write(tmp_path / "small.csv", ["x", "y", "z"]))["b"].tolist() == ["x", "y", "z"]
    sample = sampled(workspace, write(tmp_path / "large.csv", ["even", "odd"] * 10_000))
    assert 4_900 < len(sample) < 5_100
    assert list(sample.columns) == ["a", "b"]
    assert sample["b"].value_counts(normalize=True).min() > 0.45

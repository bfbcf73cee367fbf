"""From a CSV file and choices to a stored dataset, or to one sentence and nothing stored."""

import gzip
import shutil

import pandas as pd
import pytest

from tlcore.data.csv.records import CsvOptions
from tlcore.data.importer import ImportChoices, add_sample, import_csv
from tlcore.data.samples import SAMPLES
from tlcore.data.store import DatasetStore
from tlcore.errors import ChoiceError, DataError, StorageError, UserError

ANIMALS = ("otter", "heron", "badger", "lynx", "falcon", "marten", "vole", "osprey", "stoat", "plover", "weasel", "curlew")


def text(number):
    return f"{ANIMALS[number % 12]} {number * 7919:x} by the {number * 104729:x} river"


def write(path, columns, rows):
    lines = [",".join(columns), *(",".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def reviews(path, count=40, labels=("pos", "neg"), start=0, label="opinion"):
    rows = [(text(number), labels[number % len(labels)]) for number in range(start, start + count)]
    return write(path, ["review", label], rows)


def files(workspace):
    return sorted(path for path in workspace.root.rglob("*") if path.is_file())


def refused(workspace, error, words, *arguments, **options):
    """Import must raise `error` with `words` and leave the workspace as it was."""
    before = files(workspace)
    with pytest.raises(error, match=words) as caught:
        import_csv(workspace, *arguments, **options)
    assert files(workspace) == before
    assert "\n" not in str(caught.value)


def test_a_file_alone_becomes_a_sentiment_dataset(workspace, tmp_path):
    card = import_csv(workspace, reviews(tmp_path / "shop.csv", labels=("pos", "neg ", "neutral")))
    assert (card.name, card.task, card.items) == ("shop", "sentiment", 40)
    assert card.classes == {"negative": 13, "neutral": 13, "positive": 14}
    assert (card.source.text_column, card.source.label_column) == ("review", "opinion")
    assert card.source.label_mapping == {"pos": "positive", "neg": "negative", "neutral": "neutral"}
    assert (card.source.file_name, card.source.delimiter, card.source.rows_read) == ("shop.csv", ",", 40)
    items = DatasetStore(workspace).items(card.id)
    assert items["text"].tolist() == [text(number) for number in range(40)]
    assert items["line"].tolist() == list(range(2, 42))
    assert not card.own_split
    assert list(workspace.uploads.iterdir()) == []


def test_labels_that_are_no_sentiment_make_a_classification(workspace, tmp_path):
    card = import_csv(workspace, reviews(tmp_path / "x.csv", labels=("NA", "007", "7", "1.0", "null"), label="kind"))
    assert card.task == "classification"
    assert set(card.classes) == {"NA", "007", "7", "1.0", "null"}
    assert card.source.label_mapping is None


def test_the_users_choices_go_before_the_guess(workspace, tmp_path):
    rows = [(text(number), text(number + 500), ["pos", "neg"][number % 2], "ab"[number % 2]) for number in range(30)]
    path = write(tmp_path / "x.csv", ["one", "two", "sentiment", "kind"], rows)
    choices = ImportChoices(name="mine", text="two", label="kind", task="classification")
    card = import_csv(workspace, path, choices)
    assert (card.name, card.classes) == ("mine", {"a": 15, "b": 15})
    assert DatasetStore(workspace).items(card.id)["text"][0] == text(500)


def test_a_mapping_leaves_out_what_it_maps_to_nothing_and_counts_it(workspace, tmp_path):
    path = reviews(tmp_path / "x.csv", labels=("good", "bad", "unsure", ""))
    mapping = {"good": "positive", "bad": "negative", "unsure": ""}
    card = import_csv(workspace, path, ImportChoices(label="opinion", task="sentiment", label_mapping=mapping))
    assert card.classes == {"negative": 10, "positive": 10}
    assert (card.items, card.source.rows_left_out, card.source.rows_read) == (30, 10, 40)
    assert {finding.code: finding.count for finding in card.findings} == {"missing_labels": 10, "rows_left_out": 10}


def test_labels_may_be_merged_without_a_sentiment(workspace, tmp_path):
    path = reviews(tmp_path / "x.csv", labels=("cat", "dog", "kitten", "fox"), label="kind")
    card = import_csv(workspace, path, ImportChoices(label_mapping={"kitten": "cat", "fox": ""}))
    assert (card.task, card.classes, card.source.rows_left_out) == ("classification", {"cat": 20, "dog": 10}, 10)


def test_one_late_label_without_a_mood_makes_a_classification(workspace, tmp_path):
    rows = [(text(number), "pos" if number % 2 else "neg") for number in range(60)] + [(text(99), "sideways")] * 2
    assert import_csv(workspace, write(tmp_path / "x.csv", ["text", "label"], rows)).task == "classification"


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"text": "no such"}, "no column “no such” for the text"),
        ({"group": "x"}, "no column “x” for the group"),
        ({"text": "opinion", "label": "opinion"}, "both"),
        ({"label_mapping": {"pos": "positive"}, "task": "sentiment"}, "“neg”"),
        ({"label": "review"}, "both"),
        ({"label_mapping": {"pos": "great", "neg": "negative"}, "task": "sentiment"}, "“great”"),
        ({"split": "opinion"}, "split column “opinion” holds “neg”, “pos”"),
    ],
)
def test_choices_that_do_not_fit_are_named(workspace, tmp_path, choices, words):
    refused(workspace, ChoiceError, words, reviews(tmp_path / "x.csv"), ImportChoices(**choices))


def test_labels_that_are_no_sentiment_cannot_be_taken_for_it(workspace, tmp_path):
    path = reviews(tmp_path / "x.csv", labels=("kitchen", "garden"))
    refused(workspace, ChoiceError, "do not look like sentiments", path, ImportChoices(task="sentiment"))


def with_split(path, values, extra=("author",)):
    rows = [(text(number), "ab"[number % 2], values[number % len(values)], f"user{number // 8}") for number in range(40)]
    return write(path, ["text", "label", "split", *extra], rows)


def test_an_own_split_column_is_found_and_validation_joins_train(workspace, tmp_path):
    card = import_csv(workspace, with_split(tmp_path / "x.csv", ("Train", "train", "TEST", "dev")))
    items = DatasetStore(workspace).items(card.id)
    assert card.own_split
    assert items["part"].tolist() == ["train", "train", "test", "train"] * 10
    assert (card.source.rows_validation, card.source.split_column) == (10, "split")


def test_a_guessed_split_without_a_test_part_is_passed_over(workspace, tmp_path):
    card = import_csv(workspace, with_split(tmp_path / "x.csv", ("train", "validation")))
    assert (card.own_split, card.source.rows_validation, card.source.split_column) == (False, 0, None)


@pytest.mark.parametrize(
    "values", [("train", "validation"), ("test", "test"), ("train", "test", ""), ("train", "test", "fold3")]
)
def test_a_chosen_split_column_must_hold_both_parts_in_every_row(workspace, tmp_path, values):
    refused(
        workspace, ChoiceError, "split column “split”", with_split(tmp_path / "x.csv", values), ImportChoices(split="split")
    )


def test_groups_are_kept(workspace, tmp_path):
    path = with_split(tmp_path / "x.csv", ("train", "validation"))
    card = import_csv(workspace, path, ImportChoices(group="author"))
    assert card.grouped
    assert DatasetStore(workspace).items(card.id)["group"].nunique() == 5


def test_an_own_test_file_is_the_test_part(workspace, tmp_path):
    test = reviews(tmp_path / "held-out.csv", count=10, start=100)
    card = import_csv(workspace, reviews(tmp_path / "x.csv"), test=test)
    items = DatasetStore(workspace).items(card.id)
    assert items["part"].tolist() == ["train"] * 40 + ["test"] * 10
    assert items["line"].tolist() == [*range(2, 42), *range(2, 12)]
    assert (card.source.test_file_name, card.source.rows_read) == ("held-out.csv", 50)
    assert card.source.test_sha256 != card.source.sha256


def test_what_the_test_file_shares_with_the_train_file_is_found(workspace, tmp_path):
    card = import_csv(workspace, reviews(tmp_path / "x.csv"), test=reviews(tmp_path / "y.csv", count=10, start=35))
    leak = next(finding for finding in card.findings if finding.code == "leakage")
    assert leak.count == 5
    cured = DatasetStore(workspace).apply_cure(card.id, "remove_leaks")
    assert (cured.items, "leakage" in {finding.code for finding in cured.findings}) == (45, False)


def test_labels_that_only_the_test_file_has_are_named(workspace, tmp_path):
    train, test = reviews(tmp_path / "x.csv", labels=("a", "b")), reviews(tmp_path / "y.csv", labels=("a", "zebra"))
    refused(workspace, DataError, "y.csv has the labels “zebra”", train, test=test)


def test_a_test_file_with_other_columns_is_named(workspace, tmp_path):
    test = write(tmp_path / "y.csv", ["review", "stars"], [(text(1), "5"), (text(2), "1")])
    refused(workspace, ChoiceError, "y.csv has no column “opinion” for the label", reviews(tmp_path / "x.csv"), test=test)


def test_a_split_column_and_a_test_file_are_one_too_many(workspace, tmp_path):
    path = with_split(tmp_path / "x.csv", ("train", "test"))
    refused(workspace, ChoiceError, "not both", path, ImportChoices(split="split"), test=path)


def test_skipped_rows_are_counted_on_the_card(workspace, tmp_path):
    path = reviews(tmp_path / "x.csv")
    with path.open("a") as stream:
        stream.write("one,two,three,four\n")
    refused(workspace, DataError, "42", path)
    card = import_csv(workspace, path, ImportChoices(csv=CsvOptions(bad_rows="skip")))
    assert (card.items, card.source.rows_skipped) == (40, 1)
    assert "rows_skipped" in {finding.code for finding in card.findings}


@pytest.mark.parametrize("content", ["", "review,opinion\n", "review,opinion\n\n\n"])
def test_a_file_without_rows_creates_nothing(workspace, tmp_path, content):
    (tmp_path / "reviews.csv").write_text(content)
    refused(workspace, DataError, "reviews.csv", tmp_path / "reviews.csv")


def test_a_file_that_is_not_there_is_named(workspace, tmp_path):
    refused(workspace, DataError, "no file", tmp_path / "nowhere.csv")


def test_an_id_column_as_label_is_stored_with_a_finding_that_stops(workspace, tmp_path):
    rows = [(text(number), f"id-{number % 250}") for number in range(300)]
    card = import_csv(workspace, write(tmp_path / "x.csv", ["text", "number"], rows), ImportChoices(label="number"))
    assert [finding.code for finding in card.findings if finding.severity == "stop"] == ["label_is_id"]


def test_a_compressed_file_and_the_name_it_was_uploaded_under(workspace, tmp_path):
    upload = tmp_path / "upload-123.gz"
    upload.write_bytes(gzip.compress(reviews(tmp_path / "x.csv").read_bytes()))
    card = import_csv(workspace, upload, file_name="my reviews.csv.gz")
    assert (card.name, card.source.file_name, card.items) == ("my reviews", "my reviews.csv.gz", 40)


def test_the_same_file_twice_is_one_dataset(workspace, tmp_path):
    path = reviews(tmp_path / "x.csv")
    assert import_csv(workspace, path) == import_csv(workspace, path)
    assert len(DatasetStore(workspace).list()) == 1


def test_a_full_disk_is_refused_before_reading(workspace, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000)
    monkeypatch.setattr("tlcore.files.shutil.disk_usage", lambda _path: usage)
    monkeypatch.setattr("tlcore.data.importer.load_csv", lambda *_args, **_options: pytest.fail("the file was read"))
    refused(workspace, StorageError, "MB left", reviews(tmp_path / "x.csv"))


def test_stopping_half_way_stores_nothing(workspace, tmp_path):
    class Enough(Exception):
        pass

    def stop(*_where):
        raise Enough

    with pytest.raises(Enough):
        import_csv(workspace, reviews(tmp_path / "x.csv"), on_progress=stop)
    assert files(workspace) == []


def test_progress_goes_from_reading_to_the_end(workspace, tmp_path):
    told = []
    test = reviews(tmp_path / "y.csv", start=50)
    import_csv(workspace, reviews(tmp_path / "x.csv"), test=test, on_progress=lambda *at: told.append(at))
    done = [at for at, _ in told]
    assert {total for _, total in told} == {100}
    assert done == sorted(done)
    assert {30, 60, 100} <= set(done)


def test_hostile_names_stay_text(workspace, tmp_path):
    name = "../../<b>&![x](http://a.b)"
    card = import_csv(workspace, reviews(tmp_path / "x.csv"), ImportChoices(name=name), file_name="../../etc/pass.csv")
    assert (card.name, card.source.file_name) == (name, "../../etc/pass.csv")
    assert {path.parent.parent for path in files(workspace)} == {workspace.datasets}


@pytest.mark.parametrize("name", [name for name, sample in SAMPLES.items() if sample.modality == "text"])
def test_every_sample_is_ready_to_use(workspace, name):
    told = []
    card = add_sample(workspace, name, on_progress=lambda *at: told.append(at))
    assert told[-1] == (100, 100)
    assert card.items >= 600
    assert card.task == SAMPLES[name].task
    assert len(card.classes) == (3 if card.task == "sentiment" else 6)
    assert card.findings == ()
    assert add_sample(workspace, name) == card


def test_an_unknown_sample_is_named(workspace):
    with pytest.raises(UserError, match=r"“\.\./x”.*reviews"):
        add_sample(workspace, "../x")


def test_all_rows_arrive_whatever_the_frame_says(workspace, tmp_path):
    frame = pd.DataFrame({"text": [f"{text(n)}, “{n}”\nsecond line" for n in range(30)], "label": ["a", "b", "c"] * 10})
    frame.to_csv(tmp_path / "x.tsv", sep="\t", index=False)
    card = import_csv(workspace, tmp_path / "x.tsv")
    assert DatasetStore(workspace).items(card.id)["text"].tolist() == frame["text"].tolist()
    assert card.source.delimiter == "\t"

"""The document: self-contained, sound, true to the records, and safe whatever names it is given."""

import base64
import hashlib
import json
import re
from itertools import pairwise

import pytest
from report_toys import Page, card_of, class_names, facts_of, found_of, simulated

from tlcore import charts
from tlcore.charts.style import figure
from tlcore.cli.experiments import results_document
from tlcore.errors import StorageError
from tlcore.evaluation.evidence import opening_sentences
from tlcore.records import EpochRecord, RunRecord, RunStatus
from tlcore.report import report_html, report_name
from tlcore.report.drawing import Charts, plotly_script
from tlcore.report.markup import html, name, tag
from tlcore.training.settings import TrainingSettings

HOSTILE = (
    "</script><script>alert(1)</script> \"'><img src=x onerror=alert(2)> \u202e\u05e9\u05dc\u05d5\u05dd $x$ \x00\ud800 {{7*7}}"
)
BAD_WORDS = re.compile(r"\b(nan|None|inf|Infinity|undefined|Traceback|Html|VerdictKind|RunStatus)\b")


def read(facts) -> Page:
    page = Page(report_html(facts))
    assert page.faults == []
    assert not BAD_WORDS.search(page.text), BAD_WORDS.search(page.text)
    return page


def unfinished(status, reason="", **changes):
    known = {"id": "f" * 32, "experiment": "x", "strategy": "scratch", "encoder": "minilm", "budget": 400, "seed": 9}
    return RunRecord(**{**known, "status": status, "reason": reason, **changes})


@pytest.fixture(scope="module")
def found():
    return found_of(simulated(), class_names(2))


def test_the_first_screen_answers_what_was_asked(found):
    page = read(facts_of(found))
    head = page.text[: page.text.index(" Evidence ")]
    assert "Does starting from a pre-trained network beat training from scratch at telling apart the 2 classes of" in head
    places = [head.index(sentence) for sentence in opening_sentences(found.verdict, found.evidence)]
    assert places == sorted(places)
    for words in ("Difference in accuracy", "Labels saved", "Time"):
        assert words in head
    assert "warning" not in [attributes.get("class") for _, attributes in page.elements]


def test_nothing_is_loaded_from_anywhere(found):
    page = read(facts_of(found))
    loading = {"src", "href", "srcset", "data", "action", "poster", "background", "style"}
    for element, attributes in page.elements:
        assert element not in {"link", "iframe", "object", "embed", "img", "base", "form", "a", "video", "audio"}
        assert not any(key in attributes and "//" in (attributes[key] or "") for key in loading)
        assert not any(key.startswith("on") for key in attributes)
    assert not re.search(r"url\(|@import|https?:", "".join(page.styles))
    policy = next(one["content"] for _, one in page.elements if one.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none';") and "http" not in policy


def test_only_its_own_two_scripts_may_run(found):
    page = read(facts_of(found))
    policy = next(one["content"] for _, one in page.elements if one.get("http-equiv") == "Content-Security-Policy")
    running = [text for attributes, text in page.scripts if attributes.get("type") != "application/json"]
    assert len(running) == 2 and running[0] == plotly_script()
    for script in running:
        assert f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]


def test_every_chart_has_words_a_caption_and_data(found):
    page = read(facts_of(found))
    drawn = [attributes for element, attributes in page.elements if attributes.get("role") == "img"]
    data = [json.loads(text) for attributes, text in page.scripts if attributes.get("type") == "application/json"]
    assert len(drawn) == len(data) >= 4
    assert sum(element == "figcaption" for element, _ in page.elements) == len(data)
    assert all(len(one["aria-label"]) > 20 for one in drawn)
    assert all("title" not in one["layout"] and "template" not in one["layout"] and one["data"] for one in data)


def test_headings_go_down_by_one_and_tables_have_captions_and_heads(found):
    page = read(facts_of(found))
    levels = [int(element[1]) for element, _ in page.elements if re.fullmatch(r"h[1-6]", element)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    tables = sum(element == "table" for element, _ in page.elements)
    assert tables == sum(element == "caption" for element, _ in page.elements) >= 8
    assert all(attributes.get("scope") in {"col", "row"} for element, attributes in page.elements if element == "th")


def test_its_numbers_are_those_of_the_results_document(found):
    document, numbers = results_document(found), set(read(facts_of(found)).numbers)
    wanted = [document["verdict"][key] for key in ("difference", "low", "high", "time_ratio")]
    for row in document["summary"]:
        wanted += [row[key] for key in ("accuracy", "accuracy_low", "accuracy_high", "macro_f1", "train_seconds")]
    wanted += [run[key] for run in document["runs"] for key in ("accuracy", "macro_f1", "train_seconds")]
    evidence = document["evidence"]
    wanted += [one[key] for one in evidence["measures"] for key in ("difference", "low", "high")]
    wanted += [one["ratio"] for one in evidence["time_saved"]] + [one["error"] for one in evidence["calibration"]]
    wanted += [point[key] for point in evidence["growth"]["points"] for key in ("score", "low", "high", "gain")]
    wanted += [one[key] for one in evidence["differences"]["classes"] for key in ("first", "second", "difference")]
    assert len(wanted) > 100 and [value for value in wanted if value not in numbers] == []


def test_equal_facts_give_equal_bytes(found):
    assert report_html(facts_of(found)) == report_html(facts_of(found))


def test_alarms_come_with_causes_and_a_next_step():
    turned = {"full_fine_tuning": "scratch", "scratch": "full_fine_tuning", "classic": "classic"}
    outcomes = simulated(items=1000)
    for one in outcomes:
        object.__setattr__(one, "run", one.run.model_copy(update={"strategy": turned[one.run.strategy]}))
    found = found_of(outcomes, class_names(2))
    text = read(facts_of(found)).text
    assert found.evidence.alarms
    for alarm in found.evidence.alarms:
        assert alarm.sentence in text and alarm.next_step.label in text
        assert all(cause.sentence in text for cause in alarm.causes)


CASES = {
    "no run yet": lambda: found_of([], (), status=RunStatus.SCHEDULED, evidence=None, n_train=None, n_test=None, split=""),
    "still running": lambda: found_of(simulated(), class_names(2), [unfinished(RunStatus.RUNNING)], status=RunStatus.RUNNING),
    "cancelled half-way": lambda: found_of(
        simulated()[:20], class_names(2), [unfinished(RunStatus.KILLED, "cancelled")], status=RunStatus.KILLED
    ),
    "a failed run": lambda: found_of(simulated(), class_names(2), [unfinished(RunStatus.FAILED, "Out of memory.")]),
    "all failed": lambda: found_of(
        [], class_names(2), [unfinished(RunStatus.FAILED, "Out of memory.")], status=RunStatus.FAILED, reason="No run finished."
    ),
    "one seed": lambda: found_of(simulated(seeds=1), class_names(2)),
    "one budget": lambda: found_of(simulated(ladder=(100,)), class_names(2)),
    "one of each": lambda: found_of(simulated(ladder=(100,), seeds=1, items=10), class_names(2)),
    "one test item": lambda: found_of(simulated(items=1), class_names(2)),
    "only the classic": lambda: found_of([one for one in simulated() if one.run.strategy == "classic"], class_names(2)),
    "an old answer": lambda: found_of(simulated(), class_names(2), evidence=None),
    "200 classes": lambda: found_of(simulated(ladder=(100, 400), classes=200), class_names(200)),
    "times unknown": lambda: timeless(),
}


def timeless():
    outcomes = simulated()
    for one in outcomes:
        object.__setattr__(one, "run", one.run.model_copy(update={"train_seconds": None, "encode_seconds": None}))
    return found_of(outcomes, class_names(2))


@pytest.mark.parametrize("case", CASES)
def test_what_can_be_said_is_said(case):
    found = CASES[case]()
    page = read(facts_of(found))
    text = page.text
    for sentence in (*(found.verdict.notes if found.verdict else ()), *(found.evidence.notes if found.evidence else ())):
        assert sentence in text
    assert "How to reproduce it" in text
    said = {
        "no run yet": "There is no answer yet: no run has finished.",
        "still running": "36 of 37 runs finished so far, so the answer may still change",
        "cancelled half-way": "ended before its time: 20 of 21 runs finished",
        "a failed run": "36 of 37 runs finished, 1 failed",
        "all failed": "0 of 1 runs finished, 1 failed. The table of runs says why. It ended with: No run finished.",
        "one budget": "with 100 labels?",
        "an old answer": "from before its evidence was kept",
        "200 classes": "the 200 classes",
        "times unknown": "Time not known",
    }
    assert said.get(case, "") in text
    if case == "a failed run":
        assert "failed: Out of memory." in text


def test_unknown_times_are_not_zero():
    found = timeless()
    page = read(facts_of(found))
    assert "0.0 s" not in page.text and found.verdict.time_ratio is None


def test_a_deleted_dataset_leaves_what_the_answer_kept(found):
    text = read(facts_of(found, dataset=None)).text
    assert "The dataset was deleted or can no longer be read" in text
    assert "A fifth of the items was drawn." in text and "Locked test set 200" in text
    assert f"its id must be {found.dataset}" in text and "data add" not in text


def test_unreadable_choices_are_said(found):
    assert "its command cannot be given" in read(facts_of(found, spec=None)).text


def test_data_facts_and_findings(found):
    text = read(facts_of(found, dataset=card_of(cures=("Remove 3 items: short",), rows_skipped=4))).text
    for words in ("ab" * 32, "Three texts are very short.", "3 concerned", "Skipped as malformed 4", "Remove 3 items: short"):
        assert words in text


def test_changed_settings_are_marked_with_their_defaults(found):
    changed = TrainingSettings(learning_rate=3e-5)
    page = read(facts_of(found, settings={"full_fine_tuning": changed}))
    assert "3e-05 (default 0.0001)" in page.text
    assert sum(element == "mark" for element, _ in page.elements) == 1


def test_learning_curves_are_drawn_where_there_are_epochs(found):
    curve = tuple(EpochRecord(epoch=place, train_loss=1 / place, validation_loss=1 / place, seconds=1.0) for place in (1, 2))
    runs = tuple(run.model_copy(update={"curve": curve}) for run in found.runs)
    assert "How training went" in read(facts_of(found.model_copy(update={"runs": runs}))).text
    assert "How training went" not in read(facts_of(found)).text


def test_charts_of_the_evidence_get_the_records_they_draw(found, monkeypatch):
    seen = {}

    def draws(kind):
        def draw(*records):
            seen[kind] = records
            return figure(f"This is the {kind}.", "Alt.", 100)

        return draw

    kinds = (
        "efficiency_chart", "labels_saved_chart", "pareto_chart", "growth_chart", "class_change_chart", "reliability_chart",
        "confusion_difference_chart",
    )  # fmt: skip
    for kind in kinds:
        monkeypatch.setattr(charts, kind, draws(kind))
    text, evidence = read(facts_of(found)).text, found.evidence
    assert [kind for kind in kinds if f"This is the {kind}." not in text] == []
    assert text.index("efficiency_chart") < text.index(" Evidence ")
    assert {curve.measure for curve in seen["efficiency_chart"][0]} == {"accuracy"} and len(seen["efficiency_chart"][0]) == 3
    assert seen["labels_saved_chart"] == (evidence.labels_saved,) and seen["pareto_chart"] == (evidence.times,)
    assert seen["growth_chart"][0] == evidence.growth and seen["growth_chart"][1].strategy == evidence.growth.strategy
    assert seen["class_change_chart"] == (evidence.differences,)
    assert seen["confusion_difference_chart"] == (evidence.differences, [one.label for one in evidence.differences.classes])
    assert seen["reliability_chart"] == (evidence.calibration,)


@pytest.fixture(scope="module")
def hostile():
    names = (HOSTILE, "\u05d8\u05d5\u05d1 \u202egood")
    outcomes = simulated()
    found = found_of(outcomes, names, [unfinished(RunStatus.FAILED, HOSTILE, encoder=HOSTILE)])
    card = card_of(names, file_name=HOSTILE, text_column=HOSTILE, cures=(HOSTILE,), label_mapping={HOSTILE: "x"})
    card = card.model_copy(update={"notes": HOSTILE, "name": HOSTILE})
    found = found.model_copy(update={"name": HOSTILE, "dataset_name": HOSTILE, "split": HOSTILE, "notes": (HOSTILE,)})
    facts = facts_of(found, dataset=card)
    return facts_of(found, dataset=card, spec=facts.spec.model_copy(update={"encoders": (HOSTILE,), "name": HOSTILE}))


def test_hostile_names_are_text_and_nothing_else(hostile):
    source = report_html(hostile)
    page = read(hostile)
    source.encode()
    assert "alert(1)</script>" not in source and "<img" not in source.replace(plotly_script(), "")
    assert not re.search("[\x00\u202a-\u202e\u2066-\u2069]", source.replace(plotly_script(), ""))
    scripts = [attributes for attributes, _ in page.scripts]
    assert sum(not attributes for attributes in scripts) == 2
    assert page.text.count("</script><script>alert(1)</script>") > 8
    assert all(json.loads(text) for attributes, text in page.scripts if attributes)


def test_attributes_and_children_are_escaped():
    assert tag("p", '<b>"', title="\"'><i>") == '<p title="&quot;&#x27;&gt;&lt;i&gt;">&lt;b&gt;&quot;</p>'
    assert name("<b>") == "<bdi>&lt;b&gt;</bdi>" and html(None) == "not known"


def test_a_title_keeps_its_words_and_loses_its_markup():
    drawn = Charts().draw(figure("Half of <b>R&D</b> costs $5", "Alt.", 100, key=('<span style="color:#112233">●</span> x',)))
    caption = drawn[drawn.index("<figcaption>") : drawn.index("</figcaption>")]
    assert "<strong>Half of &lt;b&gt;R&amp;D&lt;/b&gt; costs $5</strong>" in caption
    assert '<small><span style="color:#112233">●</span> x</small>' in caption


def test_the_library_cannot_end_its_script():
    assert "</script" not in plotly_script().lower() and "\r" not in plotly_script()


def test_a_file_name_is_safe_and_its_own(found):
    assert report_name(found) == "toys-0123456789ab.html"
    assert report_name(found.model_copy(update={"name": "../</\u05e9"})) == "report-0123456789ab.html"


def test_notes_of_damage_reach_the_reader(found):
    note = str(StorageError("The file results.json of run x is damaged."))
    assert note in read(facts_of(found.model_copy(update={"notes": (note,)}))).text


def test_long_ratios_are_written_out(found):
    saved = tuple(one.model_copy(update={"ratio": 1234.5}) for one in found.evidence.time_saved)
    evidence = found.evidence.model_copy(update={"time_saved": saved})
    text = read(facts_of(found.model_copy(update={"evidence": evidence}))).text
    assert "1,234" in text and "e+" not in text

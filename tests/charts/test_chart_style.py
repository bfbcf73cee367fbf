"""What holds for every chart, whatever it shows."""

import json
import re
import subprocess
import sys
from html import unescape

import pandas as pd
import pytest

from tlcore import charts
from tlcore.charts.style import class_colours, figure, label, nothing, strategy_colour, strategy_name
from tlcore.training.catalogue import STRATEGIES

EVIL = ("<img src=http://evil.example/x>", "$\\alpha$ %{x}", "line\nbreak \u202e\x00 reversed", "2020-01-01")
OUR_TAGS = re.compile(r'</?b>|<br>|</?extra>|<span style="[a-z0-9:#;-]+">|</span>')


@pytest.fixture
def all_charts(make_row, make_run, verdict):
    run = make_run(classes=EVIL, confusion=((5, 1, 0, 2), (1, 4, 1, 0), (0, 0, 3, 2), (1, 0, 0, 6)), losses=(1.0, 0.5))
    other = run.model_copy(update={"strategy": "scratch", "encoder": "<i>enc</i>"})
    rows = [make_row("full_fine_tuning", 0.8), make_row("scratch", 0.6, encoder="<i>enc</i>")]
    counts = dict(zip(EVIL, (40, 30, 20, 10), strict=True))
    frame = pd.DataFrame([(value, name, 10 + place) for place, value in enumerate(EVIL) for name in EVIL[: place + 1]])
    frame.columns = ["value", "label", "count"]
    days = frame.assign(value=frame["value"].map({value: f"2025-0{place + 1}-01" for place, value in enumerate(EVIL)}))
    return {
        "scores": charts.score_by_strategy(rows, [run, other]),
        "difference": charts.difference_chart(verdict),
        "time": charts.time_chart(rows),
        "log time": charts.time_chart([make_row("classic", 0.5, train=0.1), *rows]),
        "curves": charts.learning_curves([run, other]),
        "classes": charts.per_class_chart([run, other]),
        "confusion": charts.confusion_chart(run),
        "probabilities": charts.probabilities_chart({name: count / 100 for name, count in counts.items()}),
        "balance": charts.class_balance_chart(counts),
        "shares": charts.class_shares_chart(counts),
        "by column": charts.share_by_column_chart(frame, EVIL[0]),
        "over time": charts.share_over_time_chart(days, EVIL[0]),
    }


def strings(value):
    if isinstance(value, dict):
        return [text for key, each in value.items() if key not in {"meta", "template"} for text in strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return [value] if isinstance(value, str) else []


def test_nothing_that_users_wrote_is_read_as_markup(all_charts):
    for name, chart in all_charts.items():
        for text in strings(json.loads(chart.to_json())):
            assert "<" not in OUR_TAGS.sub("", text), (name, text)
            assert "$" not in text and "\u202e" not in text and "\n" not in text, (name, text)


def test_every_title_is_a_sentence_with_a_number_and_every_alt_repeats_it_in_plain_text(all_charts):
    for name, chart in all_charts.items():
        title, alt = chart.layout.title.text, charts.alt_text(chart)
        assert re.search(r"\d", title), name
        assert len(alt) > 20 and "<br>" not in alt and "&lt;" not in alt, name
        plain = unescape(OUR_TAGS.sub(" ", title)).split()
        assert alt.split()[:4] == plain[:4], name


def test_the_theme_shows_through(all_charts):
    for chart in all_charts.values():
        layout = chart.layout
        assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert layout.font.color is None and layout.title.font.color is None


def test_no_library_defaults_show(all_charts):
    for name, chart in all_charts.items():
        for trace in chart.data:
            assert trace.hoverinfo == "skip" or "<extra></extra>" in (trace.hovertemplate or ""), name
            assert not chart.layout.showlegend or trace.name, name
        assert chart.layout.dragmode is False


def test_lines_of_a_title_fit_on_a_phone():
    chart = figure("word " * 40, "", 100)
    assert all(len(line) <= 56 for line in chart.layout.title.text.split("<br>"))
    assert chart.layout.margin.t > figure("word", "", 100).layout.margin.t + 40


def test_numbers_stay_with_their_units():
    chart = figure("x" * 50 + " 12.5 % and 3 s", "", 100)
    assert "12.5\u00a0%" in chart.layout.title.text and "3\u00a0s" in chart.layout.title.text


def test_labels_are_shortened_before_they_are_escaped():
    assert label("&" * 50, most=10) == "&amp;" * 9 + "…"
    assert label("  a \t b\n") == "a b"


def test_names_that_begin_alike_stay_apart():
    chart = charts.class_balance_chart({"a" * 60 + "1": 3, "a" * 60 + "2": 5})
    assert list(chart.data[0].y) == [0, 1] and list(chart.data[0].x) == [3, 5]
    assert chart.layout.yaxis.tickmode == "array" and list(chart.layout.yaxis.tickvals) == [0, 1]


def test_nothing_to_draw_says_why():
    chart = nothing("No run has finished.")
    assert "No run has finished." in chart.layout.title.text and not chart.data and chart.layout.xaxis.visible is False


def test_each_strategy_has_its_own_colour():
    assert len({strategy_colour(strategy) for strategy in STRATEGIES}) == len(STRATEGIES)
    assert strategy_name("unheard_of") == "unheard_of" and strategy_colour("unheard_of")


def luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("background", ["#ffffff", "#0f1524"])
def test_marks_stand_out_on_light_and_dark(background):
    colours = {strategy_colour(strategy) for strategy in STRATEGIES} | set(class_colours([str(n) for n in range(9)]).values())
    for colour in colours | set(class_colours(["negative", "neutral", "positive"]).values()):
        high, low = sorted([luminance(colour) + 0.05, luminance(background) + 0.05], reverse=True)
        assert high / low >= 3, colour


def test_charts_stay_light():
    heavy = "{'torch', 'transformers', 'sklearn', 'scipy', 'streamlit', 'plotly.express', 'mlflow', 'duckdb'}"
    code = f"import sys, tlcore.charts; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

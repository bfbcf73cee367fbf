"""Charts about pictures: how large they are, and examples in the cells of a confusion matrix."""

import numpy as np
import pytest

from tlcore import charts

TINY = "data:image/jpeg;base64,AAAA"


def scatters(chart, mode):
    return [trace for trace in chart.data if trace.type == "scatter" and trace.mode == mode]


@pytest.mark.parametrize(
    ("widths", "heights", "title"),
    [
        ([64, 64], [48, 48], "All pictures are 64 × 48 pixels."),
        (
            [640] * 8 + [100, 50],
            [480] * 8 + [100, 80],
            "Most pictures are 640 × 480; 80 % landscape, 10 % square, 10 % portrait.",
        ),
        ([10, 20, 3000], [20, 10, 31], "Pictures measure 10 to 3,000 pixels a side; 67 % landscape, 33 % portrait."),
        ([640] * 999 + [1], [480] * 999 + [9], "Most pictures are 640 × 480; 99 % landscape, 1 % portrait."),
        ([], [], "There are no pictures."),
    ],
)
def test_the_title_of_sizes_is_the_finding(widths, heights, title):
    assert charts.alt_text(charts.picture_sizes_chart(widths, heights)).startswith(title)


def test_a_size_is_one_mark_as_large_as_it_is_frequent():
    chart = charts.picture_sizes_chart([64, 64, 64, 64, 32], [48, 48, 48, 48, 32])
    marks = chart.data[-1]
    assert sorted(zip(marks.x, marks.y, marks.customdata, strict=True)) == [(32, 32, 1), (64, 48, 4)]
    assert marks.marker.size[0] == pytest.approx(2 * marks.marker.size[1])


def test_a_hundred_thousand_sizes_draw_a_bounded_number_of_marks():
    rng = np.random.default_rng(0)
    chart = charts.picture_sizes_chart(rng.integers(1, 5_000, 100_000).tolist(), rng.integers(1, 5_000, 100_000).tolist())
    assert len(chart.data[-1].x) == 2_000


def test_examples_stand_in_their_cells_above_their_counts(make_run):
    chart = charts.confusion_chart(make_run(confusion=((8, 2), (0, 10))), {(0, 1): TINY})
    [image] = chart.layout.images
    assert (image.source, image.x, round(image.y)) == (TINY, 1, 0)
    counts = {text: y for trace in scatters(chart, "text") for text, y in zip(trace.text, trace.y, strict=True)}
    assert counts["2"] > image.y
    assert counts["8"] == 0


def test_every_cell_with_items_can_be_clicked(make_run):
    chart = charts.confusion_chart(make_run(confusion=((8, 2), (0, 10))))
    [marks] = scatters(chart, "markers")
    assert [tuple(point[:2]) for point in marks.customdata] == [(0, 0), (0, 1), (1, 1)]
    assert [(y, x) for x, y in zip(marks.x, marks.y, strict=True)] == [(0, 0), (0, 1), (1, 1)]

"""Items that lie end to end."""

from tlcore.encoders.blocks import runs_of


def test_runs_are_equally_long_neighbours():
    assert [(run.start, run.items, run.length) for run in runs_of([4, 4, 2, 1, 1, 1])] == [(0, 2, 4), (8, 1, 2), (10, 3, 1)]
    assert runs_of([]) == []

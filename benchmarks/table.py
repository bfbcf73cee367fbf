"""The table of all comparisons, from their records."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import RESULTS

DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- python -m benchmarks table: begin -->", "<!-- python -m benchmarks table: end -->"
QUIET = 0.1
"""Others' share of the processors from which on a machine is not called quiet."""
_HEADINGS = ("what", "against", "times as fast (range)", "pairs", "seconds, ours", "theirs", "accuracy, ours", "theirs")


def fill(targets: Sequence[str]) -> None:
    """Put the table of the committed records between the marks of docs/performance.md."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{rendered(RESULTS, targets)}\n{END}{after}", encoding="utf-8")


def rendered(folder: Path, targets: Sequence[str]) -> str:
    """All records of a folder as Markdown: the table, what to know beside it, and what was measured on."""
    records = [json.loads(path.read_text(encoding="utf-8")) for name in targets if (path := folder / f"{name}.json").exists()]
    if not records:
        return "Nothing has been measured yet.\n"
    lines = [_line(_HEADINGS), _line("---" for _ in _HEADINGS)]
    lines += [_line(_cells(record, name)) for record in records for name in record["peers"]]
    lines += ["", *(f"- {_short(record)}: {note}" for record in records for note in _notes(record))]
    if missing := [name for name in targets if not (folder / f"{name}.json").exists()]:
        lines += ["", f"Not measured: {', '.join(missing)}."]
    return "\n".join([*lines, "", *_machines(records)]) + "\n"


def _cells(record: dict[str, Any], name: str) -> Iterable[str]:
    """One comparison."""
    peer, ours = record["peers"][name], record["turns"][record["ours"]]
    ratio = peer["ratio"]
    spread = f" ({_times(ratio['low'])} to {_times(ratio['high'])})" if record["pairs"] > 1 else ""
    yield record["title"]
    yield name
    yield f"**{_times(ratio['median'])}**{spread}"
    yield str(record["pairs"])
    yield from (_seconds(turns) for turns in (ours, record["turns"][name]))
    yield from (_percent(value) for value in (peer["accuracy"], peer["peer_accuracy"]))


def _times(ratio: float) -> str:
    """A ratio with two digits, or whole."""
    return f"{ratio:.2g}" if ratio < 99.5 else f"{ratio:,.0f}"


def _notes(record: dict[str, Any]) -> Iterable[str]:
    """What must be known beside the ratios."""
    yield from record["notes"]
    for name, peer in record["peers"].items():
        if peer["as_accurate"] is False:
            yield f"**less accurate** than {name}, by {100 * (peer['peer_accuracy'] - peer['accuracy']):.1f} points."
    for fact in record["turns"][record["ours"]][0]["facts"]:
        found = {name: sorted(turn["facts"][fact] for turn in turns) for name, turns in record["turns"].items()}
        yield f"{fact}: " + ", ".join(f"{values[len(values) // 2]:,.4g} ({name})" for name, values in found.items()) + "."
    if record["small"]:
        yield "**a quick try with little data, which says nothing.**"
    if record["others_share"] > QUIET:
        yield f"the machine was **not quiet**: other programs took {record['others_share']:.0%} of its processors."


def _machines(records: Sequence[dict[str, Any]]) -> Iterable[str]:
    """Where and with what it was measured, each kind once."""
    seen: dict[str, list[str]] = {}
    for record in records:
        here, versions = record["machine"], ", ".join(f"{name} {number}" for name, number in record["versions"].items())
        words = (
            f"{here['cores']} cores of {here['processor']}, {here['memory_gb']} GB, {here['device']}, {here['precision']} "
            f"(texts encoded in {here['encoding']}), {here['threads']} threads; Python {here['python']}, {versions}"
        )
        seen.setdefault(words, []).append(record["measured_at"][:10])
    for words, days in seen.items():
        when = min(days) if min(days) == max(days) else f"{min(days)} to {max(days)}"
        yield f"Measured {when} on {words}."


def _short(record: dict[str, Any]) -> str:
    """What a note is about."""
    return f"`{record['target']}`"


def _seconds(turns: Sequence[dict[str, Any]]) -> str:
    values = sorted(turn["spent"]["seconds"] for turn in turns)
    return f"{values[len(values) // 2]:.3g}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"

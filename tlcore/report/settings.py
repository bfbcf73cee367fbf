"""How it was done: the experiment's choices, every strategy's settings with changes marked, environment, and all runs."""

from collections import Counter
from collections.abc import Iterator

from tlcore.charts.style import strategy_name
from tlcore.evaluation.wording import band_words
from tlcore.experiments.spec import ExperimentSpec
from tlcore.records import RunRecord, RunStatus
from tlcore.report.evidence import long_table
from tlcore.report.facts import ReportFacts
from tlcore.report.markup import Html, facts, html, joined, name, part, section, table, tag
from tlcore.report.wording import STATES, count, encoder_words, moment, percent, seconds
from tlcore.training.catalogue import STRATEGIES
from tlcore.training.settings import TrainingSettings


def settings_section(report: ReportFacts) -> Html:
    """Choices, settings and environment."""
    spec = report.spec
    gone = tag("p", "The choices of this experiment can no longer be read.", class_="warning")
    return section(
        "Settings and environment",
        part("Choices", facts(_choices(spec)) if spec else gone),
        part("Settings of every strategy", _settings_table(report, spec)) if spec else "",
        part("Environment", _environment(report)),
    )


_BUDGETS = {"all": "all labels", "ladder": "a ladder up to all labels"}


def runs_section(report: ReportFacts) -> Html:
    """Every run with how it ended."""
    rows = [_run(run) for run in report.found.runs]
    columns = ("run", "strategy", "encoder", "labels", "seed", "state", "accuracy", "macro F1", "training", "encoding")
    if not rows:
        return section("Runs", tag("p", "No run was recorded."))
    return section("Runs", long_table("All runs of the experiment", columns, rows))


def _choices(spec: ExperimentSpec) -> Iterator[tuple[str, object]]:
    yield "Encoders", ", ".join(spec.encoders)
    yield "Budgets", ", ".join(_BUDGETS[budget] if isinstance(budget, str) else f"{budget:,}" for budget in spec.budgets)
    yield "Seeds", count(spec.seeds)
    yield "Practical band", band_words(spec.band)
    yield "Share drawn for the test set, where the data brings none", percent(spec.test_share)
    yield "Seed of that draw", str(spec.split_seed)
    if spec.image_size is not None:
        yield "Working resolution", f"{spec.image_size} × {spec.image_size} pixels"


def _settings_table(report: ReportFacts, spec: ExperimentSpec) -> Html:
    """Settings down, strategies across; what a strategy has no use for is a dash."""
    known = [strategy for strategy in spec.strategies if strategy in STRATEGIES]
    used = {strategy: STRATEGIES[strategy].fields_for(spec.modality) for strategy in known}
    fields = [field for field in TrainingSettings.model_fields if any(field in names for names in used.values())]
    rows = []
    for field in fields:
        cells = [_setting(report, spec, strategy, field) if field in used[strategy] else html("–") for strategy in known]
        about = TrainingSettings.model_fields[field].description or ""
        rows.append((joined((field.replace("_", " "), tag("small", f" {about}"))), *cells))
    caption = "Settings; what differs from the defaults is marked, with the default in brackets"
    return table(caption, ("setting", *map(strategy_name, known)), rows)


def _setting(report: ReportFacts, spec: ExperimentSpec, strategy: str, field: str) -> Html:
    settings = report.settings.get(strategy) or spec.settings_of(strategy)
    value, default = getattr(settings, field), getattr(STRATEGIES[strategy].defaults_for(spec.modality), field)
    if value == default:
        return html(_value(value))
    return joined((tag("mark", _value(value)), f" (default {_value(default)})"))


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "as the preset says" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _environment(report: ReportFacts) -> Html:
    here = report.environment
    arithmetic = Counter(run.precision for run in report.found.runs if run.precision)
    ended = max((run.ended_at for run in report.found.runs if run.ended_at), default=None)
    rows: list[tuple[str, object]] = [
        ("Transfer Lab", here.transfer_lab),
        ("Python", here.python),
        ("System", here.platform),
        ("Processor", here.processor),
        ("Threads", count(here.threads)),
        ("Arithmetic of the networks", ", ".join(f"{kind} ({runs:,} runs)" for kind, runs in arithmetic.items()) or None),
        ("Last run ended", moment(ended)),
        *here.libraries.items(),
    ]
    when = f"Versions and machine as of {moment(report.made_at)}, when this was written; arithmetic as the runs recorded it."
    return joined((facts(rows), tag("p", when, class_="note")))


def _run(run: RunRecord) -> tuple[object, ...]:
    state = f"{STATES[run.status]}: {run.reason}" if run.reason else STATES[run.status]
    if run.status is RunStatus.KILLED and run.reason:
        state = run.reason
    cells = (percent(run.accuracy), percent(run.macro_f1), seconds(run.train_seconds), seconds(run.encode_seconds))
    return (tag("code", run.id[:12], title=run.id), strategy_name(run.strategy), name(encoder_words(run.encoder)),
            count(run.budget), str(run.seed), state, *cells)  # fmt: skip

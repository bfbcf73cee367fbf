"""The report as one HTML document: nothing in it asks for another file, and no script runs in it but its own."""

import base64
import hashlib
import re

from tlcore.experiments.results import ExperimentResults
from tlcore.report.assets import DRAW, STYLE
from tlcore.report.caveats import caveats_section
from tlcore.report.data import data_section
from tlcore.report.drawing import Charts, plotly_script
from tlcore.report.evidence import evidence_section
from tlcore.report.facts import ReportFacts
from tlcore.report.first import first_screen
from tlcore.report.markup import Html, joined, tag
from tlcore.report.reproduce import reproduce_section
from tlcore.report.settings import runs_section, settings_section


def report_html(facts: ReportFacts) -> str:
    """The whole document; equal facts give equal bytes. About five megabytes, nearly all of them plotly.js."""
    drawn = Charts()
    found = facts.found
    body = tag(
        "main",
        first_screen(facts, drawn),
        evidence_section(found, drawn),
        caveats_section(found),
        data_section(facts, drawn),
        settings_section(facts),
        runs_section(facts),
        reproduce_section(facts),
    )
    scripts = [plotly_script(), DRAW] if drawn.count else []
    head = tag(
        "head",
        Html('<meta charset="utf-8">'),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(scripts)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="generator", content=f"Transfer Lab {facts.environment.transfer_lab}"),
        tag("title", f"{found.name} – Transfer Lab report"),
        Html(f"<style>{STYLE}</style>"),
    )
    run = joined(Html(f"<script>{script}</script>") for script in scripts)
    return f"<!DOCTYPE html>\n{tag('html', head, tag('body', body, run), lang='en')}\n"


def report_name(found: ExperimentResults) -> str:
    """File name of the report's download: carries the experiment's id, so that no two share a name."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", found.name).strip("-")[:60]
    return f"{words or 'report'}-{found.experiment}.html"


def _policy(scripts: list[str]) -> str:
    """Nothing is loaded from anywhere, and only these very scripts run: a second wall behind the escaping of names."""
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in scripts)
    return (
        f"default-src 'none'; script-src {hashes or repr('none')}; style-src 'unsafe-inline'; img-src data: blob:;"
        " base-uri 'none'; form-action 'none'"
    )

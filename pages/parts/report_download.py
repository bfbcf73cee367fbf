"""The report of an experiment, as a download."""

import streamlit as st

from pages.parts.cached import workspace
from tlcore.experiments.results import ExperimentResults
from tlcore.report import report_facts, report_html, report_name


def report_button(found: ExperimentResults) -> None:
    """A button that makes the report when it is clicked, from what is stored by then."""
    st.download_button(
        "Download the report (HTML)",
        lambda: report_html(report_facts(workspace(), found.experiment)).encode(),
        report_name(found),
        "text/html",
        icon=":material/description:",
        help="One file that opens in any browser without a network, prints, and says how to reproduce this.",
        on_click="ignore",
        key="report_download",
    )

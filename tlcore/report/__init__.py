"""An experiment as one HTML file for people who never saw the app: opens offline, prints, and says how to reproduce it."""

from tlcore.report.facts import ReportFacts, report_facts
from tlcore.report.page import report_html, report_name

__all__ = ["ReportFacts", "report_facts", "report_html", "report_name"]

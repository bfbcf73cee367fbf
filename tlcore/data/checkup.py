"""Runs all the checks that a dataset's items call for."""

from tlcore.data.checks import CHECKS, Checked
from tlcore.records import Finding, Severity


def check_items(checked: Checked) -> tuple[Finding, ...]:
    """All findings, the ones that stop training first."""
    if checked.modality == "image":
        from tlcore.data.picture_checks import PICTURE_CHECKS as checks
    else:
        checks = CHECKS
    found = [finding for check in checks for finding in check(checked)]
    return tuple(sorted(found, key=lambda finding: list(Severity).index(finding.severity)))

"""Runs all the checks that a dataset's items call for."""

from collections.abc import Callable, Iterator

from tlcore.data.checks import CHECKS, Checked
from tlcore.data.pictures.checks import PICTURE_CHECKS
from tlcore.records import Finding, Modality, Severity

_CHECKS: dict[Modality, tuple[Callable[[Checked], Iterator[Finding]], ...]] = {"text": CHECKS, "image": PICTURE_CHECKS}


def check_items(checked: Checked) -> tuple[Finding, ...]:
    """All findings, the ones that stop training first."""
    found = [finding for check in _CHECKS[checked.modality] for finding in check(checked)]
    return tuple(sorted(found, key=lambda finding: list(Severity).index(finding.severity)))

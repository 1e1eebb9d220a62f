"""Verdicts, severities and the order in which they weigh."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Verdict(Enum):
    """The outcome of a check, a case or an attempt, in the words of ISO/IEC 9646 and ETSI."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not_applicable"
    NOT_RUN = "not_run"
    ERROR = "error"


class Severity(Enum):
    """How bad a fail is.

    ``security``: accepted what must not be accepted. ``function``: claimed behaviour does not work.
    ``form``: refused, but not in the form asked for. ``silent``: no reaction within the limit, although
    the device still associates. ``unavailable``: no reaction, and the device no longer associates.
    ``declaration``: the PICS contradicts itself or the wire.
    """

    SECURITY = "security"
    FUNCTION = "function"
    FORM = "form"
    SILENT = "silent"
    UNAVAILABLE = "unavailable"
    DECLARATION = "declaration"


class InconclusiveReason(Enum):
    """Why nothing could be decided; ``prerequisite`` carries a name behind a colon."""

    BASELINE = "baseline"
    PREREQUISITE = "prerequisite"
    CLOCK = "clock"
    ENVIRONMENT = "environment"
    EDITION = "edition"
    OPERATOR = "operator"
    INTERRUPTED = "interrupted"


WORST_FIRST = (
    Verdict.ERROR,
    Verdict.FAIL,
    Verdict.INCONCLUSIVE,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
    Verdict.NOT_RUN,
)
UNDISTURBED = (Verdict.PASS, Verdict.NOT_APPLICABLE)
"""What a check may come to so that its case goes on."""
SEVERITY_WORST_FIRST = (
    Severity.UNAVAILABLE,
    Severity.SECURITY,
    Severity.FUNCTION,
    Severity.SILENT,
    Severity.FORM,
    Severity.DECLARATION,
)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of ``verdicts``; without any, ``not_run``: no check was made, so nothing passed."""
    present = set(verdicts)
    return next((verdict for verdict in WORST_FIRST if verdict in present), Verdict.NOT_RUN)

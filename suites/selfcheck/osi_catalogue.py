"""Every stimulus of session, presentation and ACSE."""

from __future__ import annotations

from conform62351.suites.selfcheck import (
    osi_stimuli_acse,
    osi_stimuli_presentation,
    osi_stimuli_session,
)

STIMULI = (
    *osi_stimuli_session.STIMULI,
    *osi_stimuli_presentation.STIMULI,
    *osi_stimuli_acse.STIMULI,
)

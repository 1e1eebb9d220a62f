"""What the cases on combinations leave to the device: a pass, with a warning where there is one to give."""

from __future__ import annotations

import pytest

from conform62351.fixtures.faults.building import AddStep, LeaveOut, MuteAfter, ReplaceReaction, of_pdu
from conform62351.profiles.osi.apdu import AARE, AARQ
from conform62351.profiles.policy import Policy, Reaction
from conform62351.reports.model.verdict import Severity, Verdict
from conform62351.suites.loading import load
from conform62351.tooling.proof.bench import SHORT_LIMITS, Bench

ALONE = {"result": 1, "source": 1, "diagnostic": 1}
KEPT = "is kept"


def authenticated(apdu: AARQ | AARE) -> bool:
    return apdu.mechanism_name is not None


def refuses_authentication(reaction: Reaction) -> Policy:
    return AddStep.when("ACSE.AARQ", of_pdu(authenticated), reaction, **ALONE)


def refuses_authenticated_answers(reaction: Reaction) -> Policy:
    return AddStep.when("ACSE.AARE", of_pdu(authenticated), reaction, source=0)


@pytest.mark.parametrize(
    ("policy", "identifier", "warning"),
    [
        (refuses_authentication(Reaction.REFUSE), "COMB/SRV/A-PROFILE/BV-associate", "claimed, and refused"),
        (refuses_authentication(Reaction.CLOSE), "COMB/SRV/A-PROFILE/BV-associate", "claimed, and refused"),
        (
            refuses_authenticated_answers(Reaction.ABORT),
            "COMB/CLI/A-PROFILE/BV-associate",
            "claimed, and refused",
        ),
        (refuses_authentication(Reaction.REFUSE), "COMB/SRV/LEVEL/BV-above-plain", ""),
        (refuses_authentication(Reaction.ABORT), "COMB/SRV/LEVEL/BV-above-TLS-alone", ""),
        (refuses_authentication(Reaction.CLOSE), "COMB/SRV/LEVEL/BV-above-plain", "without an answer"),
        (refuses_authenticated_answers(Reaction.ABORT), "COMB/CLI/LEVEL/BV-above-plain", ""),
        (
            refuses_authenticated_answers(Reaction.CLOSE),
            "COMB/CLI/LEVEL/BV-above-TLS-alone",
            "without an answer",
        ),
        (ReplaceReaction("CMP.11", Reaction.ABORT), "COMB/SRV/CERTIFICATE/BI-that-of-TLS", ""),
        (ReplaceReaction("CMP.11", Reaction.ABORT), "COMB/CLI/CERTIFICATE/BI-that-of-TLS", ""),
        (Policy(), "COMB/SRV/CERTIFICATE/BI-that-of-TLS", "is accepted"),
        (LeaveOut("DEV.9"), "COMB/SRV/TLS/BI-expired", "local policy"),
        (LeaveOut("DEV.9"), "COMB/CLI/TLS/BI-expired", "local policy"),
        (ReplaceReaction("TPKT.1", Reaction.IGNORE), "COMB/SRV/PORT/BI-TLS-on-plain-port", KEPT),
    ],
)
def test_what_is_left_to_the_device_passes(
    bench: Bench, policy: Policy, identifier: str, warning: str
) -> None:
    # A connection that is kept shows to a tester that is less patient than the device.
    with bench.device(policy, SHORT_LIMITS if warning == KEPT else {}) as subject:
        checks = subject.play(load()[identifier])
    assert {check.verdict for check in checks} == {Verdict.PASS}
    assert any(warning in text for check in checks for text in check.warnings) is bool(warning)


@pytest.mark.parametrize(
    ("policy", "identifier", "severity"),
    [
        (LeaveOut("DEV.8"), "COMB/SRV/PORT/BI-without-TLS", Severity.SECURITY),
        (LeaveOut("DEV.9"), "COMB/SRV/TLS/BI-no-certificate", Severity.SECURITY),
        (LeaveOut("DEV.9"), "COMB/CLI/TLS/BI-unknown-authority", Severity.SECURITY),
        (LeaveOut("CMP.1", "CMP.3"), "COMB/SRV/LEVEL/BI-TLS-alone", Severity.SECURITY),
        (ReplaceReaction("CMP.11", Reaction.CLOSE), "COMB/SRV/CERTIFICATE/BI-that-of-TLS", Severity.FORM),
        (
            MuteAfter("ACSE.AARQ", of_pdu(authenticated)),
            "COMB/SRV/LEVEL/BV-above-plain",
            Severity.SILENT,
        ),
    ],
)
def test_what_is_wrong_has_its_severity(
    bench: Bench, policy: Policy, identifier: str, severity: Severity
) -> None:
    with bench.device(policy, {}) as subject:
        checks = subject.play(load()[identifier])
    failed = [check for check in checks if check.verdict is Verdict.FAIL]
    assert [check.severity for check in failed] == [severity]

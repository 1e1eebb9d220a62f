"""Devices that read an open point of compatibility mode the other way pass the cases all the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conform62351.fixtures.faults.building import AddStep
from conform62351.fixtures.faults.compatibility_replay import OwnMemory, verified_instant
from conform62351.profiles.compatibility.examination import Examination
from conform62351.profiles.compatibility.signing import SignatureInput
from conform62351.profiles.policy import Policy, Reaction
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.loading import load
from conform62351.tooling.proof.bench import Bench

REPLAY = [name for name in load() if "/REPLAY/" in name and name.startswith("CMP/")]
OCTETS_SIGNED = [name for name in load() if name.endswith("/SIGNATURE/BV-octets-signed")]


def times_alone() -> Policy:
    """Return the policy of a device that takes no time twice, whoever signed it."""
    return OwnMemory(verified_instant)


def field_alone() -> Policy:
    """Return the policy of a device that knows one encoding of the time: the field's own."""

    def other(examination: Examination) -> bool:
        return examination.signature_input in (SignatureInput.RAW, SignatureInput.UNIVERSAL)

    return AddStep.when("CMP", other, Reaction.ABORT, source=0)


@pytest.mark.parametrize(
    ("reading", "identifiers"), [(times_alone, REPLAY), (field_alone, OCTETS_SIGNED)], ids=["times", "octets"]
)
def test_the_other_reading_passes(
    bench: Bench, reading: Callable[[], Policy], identifiers: list[str]
) -> None:
    assert identifiers
    with bench.device(reading(), {}) as subject:
        verdicts = {(name, check.verdict) for name in identifiers for check in subject.play(load()[name])}
    assert verdicts == {(name, Verdict.PASS) for name in identifiers}

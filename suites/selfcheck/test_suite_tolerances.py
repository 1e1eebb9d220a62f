"""Deviations that the cases on presentation and ACSE tolerate: a pass, and a warning that tells them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from conform62351.fixtures.faults.building import Combine, ReplaceReaction, Rewrite, RewriteField
from conform62351.profiles.osi.parameters import ACSE_SYNTAX, BER_SYNTAX, MMS_SYNTAX
from conform62351.profiles.osi.ppdu import ContextDefinition
from conform62351.profiles.policy import Policy, Reaction
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.loading import load
from conform62351.tooling.proof.bench import Bench

FOR_ACSE, FOR_MMS = 2, 4
SOON = {"limit.respond": 0.3}
"""Sooner than the device gives up what it leaves open."""
KEPT = "the connection is left open"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("bench"))
    yield made
    made.close()


def external(**members: Any) -> Any:
    def changed(apdu: Any) -> Any:
        return replace(apdu, user_information=(replace(apdu.user_information[0], **members),))

    return changed


def even_numbers(cp: Any) -> Any:
    return replace(
        cp,
        contexts=(ContextDefinition(FOR_ACSE, ACSE_SYNTAX), ContextDefinition(FOR_MMS, MMS_SYNTAX)),
        user_data=(replace(cp.user_data[0], context=FOR_ACSE),),
    )


@pytest.mark.parametrize(
    ("policy", "identifier", "warning"),
    [
        (
            RewriteField("ACSE.AARE", protocol_version=None),
            "OSI/SRV/ACSE/BV-accept-form",
            "no protocol version",
        ),
        (
            RewriteField("ACSE.AARQ", protocol_version=None),
            "OSI/CLI/ACSE/BV-request-form",
            "no protocol version",
        ),
        (RewriteField("ACSE.RLRE", reason=None), "OSI/SRV/ACSE-RELEASE/BV-answered", "no reason"),
        (RewriteField("ACSE.RLRQ", reason=None), "OSI/CLI/ACSE-RELEASE/BV-asked", "no reason"),
        (
            Rewrite("ACSE.AARE", external(direct_reference=BER_SYNTAX)),
            "OSI/SRV/ACSE-EXTERNAL/BV-form",
            "direct reference 2.1.1",
        ),
        (
            Rewrite("ACSE.AARQ", external(direct_reference=BER_SYNTAX)),
            "OSI/CLI/ACSE-EXTERNAL/BV-form",
            "direct reference 2.1.1",
        ),
        (
            ReplaceReaction("ACSE.AARQ.13", diagnostic=9),
            "OSI/SRV/ACSE-TITLES/BI-called",
            "diagnostic 9, the number in X.227, in place of 10",
        ),
        (
            ReplaceReaction("ACSE.AARQ.11", diagnostic=5),
            "OSI/SRV/ACSE-TITLES/BI-calling",
            "diagnostic 5, the number in X.227, in place of 6",
        ),
        (
            Combine(
                Rewrite("ACSE.AARQ", external(indirect_reference=FOR_MMS)), Rewrite("PRES.CP", even_numbers)
            ),
            "OSI/CLI/PRES/BV-connect-form",
            "context numbers are odd, not 2, 4",
        ),
        (
            ReplaceReaction("PRES.CPA.1", Reaction.IGNORE),
            "OSI/CLI/PRES-BER/BI-cpa-undecodable",
            KEPT,
        ),
    ],
)
def test_a_tolerated_deviation_passes_with_a_warning(
    bench: Bench, policy: Policy, identifier: str, warning: str
) -> None:
    with bench.device(policy, SOON if warning == KEPT else {}) as subject:
        checks = subject.play(load()[identifier])
    assert {check.verdict for check in checks} == {Verdict.PASS}
    assert any(warning in text for check in checks for text in check.warnings)

"""Cases on handshakes against devices that are in order, and behave otherwise than the built-in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from conform62351.fixtures.faults.building import RewriteField
from conform62351.profiles.native.outcomes import handshake_fault
from conform62351.profiles.policy import CheckTable, Context, Fault, Policy, Step
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.loading import load
from conform62351.tooling.proof.bench import Bench


def test_a_client_with_one_number_takes_an_acceptance_that_comes_again_for_a_replay(bench: Bench) -> None:
    policy = RewriteField("E2E.HandshakeReq.token", assoID="1")
    with bench.device(policy, {}) as subject:
        checks = subject.play(load()["E2E/CLI/REPLAY/BI-acceptance-again"])
    assert {check.verdict for check in checks} == {Verdict.PASS}
    logged = [check.got for check in checks if check.requirement == "R-LOG-event"]
    assert len(logged) == 3
    assert all("IEC62351-4:2.10" in got for got in logged)


class SplitOtherwise(Policy):
    """Answers what is wrong with a certificate by what is due for another of the rows 6 and 7."""

    def __init__(self, rows: Mapping[str, str]) -> None:
        self._rows = {f"E2E.HS.{own}": other for own, other in rows.items()}

    def steps(self, table: CheckTable[Context]) -> Sequence[Step[Context]]:
        """Return the steps, those of certificates with other outcomes."""
        return tuple(self._changed(step) for step in table.steps)

    def _changed(self, step: Step[Context]) -> Step[Context]:
        row = self._rows.get(step.id)
        if row is None:
            return step

        def test(it: Any) -> Fault | None:
            found = step.test(it)
            return None if found is None else handshake_fault(row, it.role, found.detail)

        return replace(step, test=test)


ALARMS = {"4.1": "6.5", "6.1": "6.5", "7.2": "6.5"}
DIAGNOSTICS = dict.fromkeys(("6.2", "6.3", "6.4", "6.5"), "6.1")


@pytest.mark.parametrize("role", ["SRV", "CLI"])
@pytest.mark.parametrize(
    ("rows", "names"),
    [
        (ALARMS, ("CERTIFICATE/BI-version", "CERTIFICATE/BI-encoding", "PATH/BI-no-authority")),
        (DIAGNOSTICS, ("CERTIFICATE/BI-expired", "CERTIFICATE/BI-not-yet-valid", "CERTIFICATE/BI-not-known")),
        (DIAGNOSTICS, ("CERTIFICATE/BI-revoked-CRL", "PATH/BI-expired", "CERTIFICATE/BI-signature")),
    ],
)
def test_faults_of_certificates_may_be_split_otherwise(
    bench: Bench, role: str, rows: dict[str, str], names: tuple[str, ...]
) -> None:
    with bench.device(SplitOtherwise(rows), {}) as subject:
        for name in names:
            checks = subject.play(load()[f"E2E/{role}/{name}"])
            assert {check.verdict for check in checks} == {Verdict.PASS}, [check.got for check in checks]

"""Cases on handshakes against devices that are in order, and behave otherwise than the built-in one."""

from __future__ import annotations

from conform62351.fixtures.faults.building import RewriteField
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.loading import load
from conform62351.suites.selfcheck.case_bench import HASTY_LIMITS, Bench


def test_a_client_with_one_number_takes_an_acceptance_that_comes_again_for_a_replay(bench: Bench) -> None:
    policy = RewriteField("E2E.HandshakeReq.token", assoID="1")
    with bench.device(policy, HASTY_LIMITS) as subject:
        checks = subject.play(load()["E2E/CLI/REPLAY/BI-acceptance-again"])
    assert {check.verdict for check in checks} == {Verdict.PASS}
    logged = [check.got for check in checks if check.requirement == "R-LOG-event"]
    assert len(logged) == 3
    assert all("IEC62351-4:2.10" in got for got in logged)

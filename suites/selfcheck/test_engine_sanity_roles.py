"""Sanity associations are made in a role in which the device has what its configuration is for."""

from __future__ import annotations

import pytest

from conform62351.profiles.policy import Policy
from conform62351.suites.selfcheck.random_declarations import consistent, differing
from conform62351.tooling.engine.dut import STACK_CLAIMS
from conform62351.tooling.engine.sanity import Sanity
from conform62351.tooling.proof.bench import Bench

MODES = {
    "compatibility": "T7.compatibility",
    "native": "T7.native",
    "native-tls": "T7.native",
    "tls": "COMB.TLS-alone",
    "a-profile": "COMB.A-security-profile-alone",
}


@pytest.mark.parametrize("lacking", ["server", "client"])
@pytest.mark.parametrize("stack", MODES)
def test_a_device_with_a_mode_in_one_role_is_there(bench: Bench, stack: str, lacking: str) -> None:
    answers = differing(consistent([f"{MODES[stack]}.{lacking}"]))
    with bench.device(Policy(), {}, has=answers, says=answers) as subject:
        assert subject.dut.is_server
        subject.dut.configure(stack)
        assert subject.dut.is_server is (lacking == "client")
        assert Sanity(subject.dut, subject.log).associates(), lacking


def test_every_stack_rests_on_something_but_the_plain_one() -> None:
    assert [stack for stack, codes in STACK_CLAIMS.items() if not codes] == ["plain"]

"""The benchmark prints what it promises; how fast it is, no test asks."""

from __future__ import annotations

import re

import pytest

from conform62351.fixtures.peers.running import PeerServer
from conform62351.suites.selfcheck.peers import require_module
from conform62351.tooling.bench import associations, authentication


def test_every_measurement_gives_both_rates_and_their_ratio(capsys: pytest.CaptureFixture[str]) -> None:
    require_module("iec61850")
    with PeerServer("iec61850") as peer:
        associations.measure(peer.address, rounds=1, associations=2, reads=5)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0].strip() for line in lines] == list(associations.MEASUREMENTS)
    assert all(re.search(r" \d+/s ours, +\d+/s raw, ratio \d+\.\d\d$", line) for line in lines)


def test_a_server_that_does_not_answer_ends_it_with_the_reason() -> None:
    require_module("iec61850")
    with PeerServer("iec61850") as peer:
        pass
    with pytest.raises(SystemExit, match="did not do its part"):
        associations.measure(peer.address, rounds=1, associations=1, reads=1)


def test_authentication_gives_both_rates_and_their_ratio(capsys: pytest.CaptureFixture[str]) -> None:
    authentication.measure(rounds=1, associations=2)
    assert re.search(r" \d+/s ours, +\d+/s bound, ratio \d+\.\d\d$", capsys.readouterr().out)

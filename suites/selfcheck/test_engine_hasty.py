"""A device that does more than it was asked for at that moment: the tester's next step no longer fits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from conform62351.fixtures.device.configuration import device_file
from conform62351.pics.declaration import load_declaration
from conform62351.pics.pixit import load_pixit
from conform62351.profiles.osi.events import AssociateIndication
from conform62351.reports.model.eventlog import EventLog
from conform62351.reports.model.events import CheckMade
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.osi.conversations import server_association, server_connection
from conform62351.suites.selfcheck.device_peer import Peers
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.outcomes import RELEASED, expect
from conform62351.tooling.engine.player import HarnessError, Player
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.sanity import Sanity
from conform62351.tooling.engine.steps import AnyStep, Conversation, Release, Verify
from conform62351.tooling.net.clock import Clock


def play(tmp_path: Path, dut: Dut, *steps: AnyStep) -> list[CheckMade]:
    with EventLog(tmp_path / "events.jsonl") as log:
        player = Player(dut, RunLog(log, dut.clock), "OSI/SRV/X/BV-x", 1, lambda: True)
        return player.play(Conversation(steps=steps))


@pytest.fixture
def hasty(peers: Peers) -> Iterator[Dut]:
    """Serve one association: it is accepted, and its release asked for, with the same octets."""
    listener = peers.listening()

    def serve() -> None:
        peer = peers.called(listener)
        try:
            indication = peer.wait(AssociateIndication)
        except AssertionError:
            return  # the tester has not asked for an association
        (reply,) = peer.server.handle(indication.user_data, 0.0).replies
        assert reply.octets is not None
        peer.association.accept(reply.octets, reply.name)
        peer.association.release()
        peer.channel.send(b"".join(each.octets for each in peer.association.take_output()), limit=5.0)

    serving = threading.Thread(target=serve)
    serving.start()
    pixit = load_pixit(device_file("pixit.toml"), substitutions={"control": "http://127.0.0.1:1/"})
    pixit = pixit.with_overrides({"dut.host": "127.0.0.1", "dut.port": listener.address.port})
    dut = Dut(load_declaration(device_file("pics.toml")), pixit, clock=Clock(), operator=Operator(None))
    yield dut
    serving.join()


def test_a_sanity_association_with_it_does_not_work_and_ends_no_run(tmp_path: Path, hasty: Dut) -> None:
    with EventLog(tmp_path / "events.jsonl") as log:
        assert not Sanity(hasty, RunLog(log, hasty.clock)).associates()


def test_a_stimulus_that_it_makes_impossible_was_not_delivered(tmp_path: Path, hasty: Dut) -> None:
    checks = play(tmp_path, hasty, *server_association, Release(), expect("R-MMS-read", RELEASED))
    assert (checks[-1].verdict, checks[-1].reason) == (Verdict.INCONCLUSIVE, "environment")
    assert "the device has done something else by then" in checks[-1].got


def test_a_stimulus_that_follows_a_fail_leaves_it_at_that(tmp_path: Path, hasty: Dut) -> None:
    failing = Verify(requirement="R-ACSE-AARE-form", field="ACSE.AARE.result", is_in=(7,))
    checks = play(tmp_path, hasty, *server_association, failing, Release(), expect("R-MMS-read", RELEASED))
    assert (checks[-1].verdict, checks[-1].reason) == (Verdict.FAIL, "")


def test_a_conversation_that_does_not_fit_by_itself_is_a_mistake_of_ours(tmp_path: Path, hasty: Dut) -> None:
    with pytest.raises(HarnessError, match="does not fit"):
        play(tmp_path, hasty, *server_connection, Release(), expect("R-MMS-read", RELEASED))

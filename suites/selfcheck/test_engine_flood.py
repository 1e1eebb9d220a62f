"""A device that does not stop sending: the tester stops reading, and neither waits nor writes without end."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from conform62351.pics.declaration import load_declaration
from conform62351.pics.pixit import Pixit
from conform62351.profiles.role import Role
from conform62351.reports.model.eventlog import EventLog
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine import link as link_module
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.link import Link
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.frontend.inputs import device_file
from conform62351.tooling.net.channel import Channel
from conform62351.tooling.net.clock import Clock

UNFINISHED = b"\x03\x00\xff\xff\x02\xf0\x00" + bytes(65528)


@pytest.fixture
def flood() -> Iterator[int]:
    """Return the port of a server that sends parts of one TSDU as fast as they are taken."""

    def send() -> None:
        peer, _ = server.accept()
        with peer:
            try:
                while True:
                    peer.sendall(UNFINISHED)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=send)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


@pytest.fixture
def flooded(flood: int, tmp_path: Path) -> Iterator[Link]:
    clock = Clock()
    dut = Dut(load_declaration(device_file("pics.toml")), Pixit(), clock=clock, operator=Operator(None))
    with (
        Channel.connect("127.0.0.1", flood, limit=5.0, clock=clock) as channel,
        EventLog(tmp_path / "events.jsonl") as log,
    ):
        assert select.select([channel], [], [], 20.0)[0], "nothing comes"
        yield Link(0, Role.CLIENT, channel, dut, RunLog(log, clock))


def test_octets_without_end_are_not_waited_for(flooded: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "GATHER_S", 0.0)
    seen = flooded.observe(0.02)
    assert (seen.kind, seen.detail) == (Kind.TIMEOUT, "octets, but no whole PDU within 0.02 s")


def test_a_flood_is_not_read_for_ever(flooded: Link, tmp_path: Path) -> None:
    flooded.most_received = 1_000_000
    seen = flooded.observe(60.0)
    assert seen.kind is Kind.TIMEOUT
    assert "then not read on" in seen.detail
    written = (tmp_path / "events.jsonl").stat().st_size
    assert written < 3_000_000
    assert flooded.observe(60.0).kind is Kind.TIMEOUT
    assert (tmp_path / "events.jsonl").stat().st_size == written

"""Clients that nobody here wrote use the reference device: they browse, read, write and get a report."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from conform62351.fixtures.device.process import DeviceProcess, start_device
from conform62351.fixtures.peers.running import CLIENTS, PeerError, visit
from conform62351.profiles.securitylog_reader import parse_line
from conform62351.suites.selfcheck.device_peer import Peers
from conform62351.suites.selfcheck.peers import require_module
from conform62351.tooling.net.flow import Address


@pytest.fixture(scope="module")
def device() -> Iterator[DeviceProcess]:
    with start_device() as started:
        yield started
    assert started.errors == ""


@pytest.mark.parametrize("client", CLIENTS)
def test_client_finds_all_it_needs(device: DeviceProcess, client: str) -> None:
    require_module(client)
    before = len(device.log.read_bytes())
    met = visit(client, device.address)
    records = [parse_line(line).record for line in device.log.read_bytes()[before:].splitlines()]
    assert met.domains == ["IEDREF1LD0"]
    assert met.nodes == ["GGIO1", "LLN0", "LPHD1", "MHAI1"]
    assert met.data_sets == ["events", "settings"]
    assert met.members == 4
    assert {"mag", "q", "t"} <= set(met.attributes)
    assert (met.read, met.written) == (0, 4711)
    assert met.reports == [
        {"id": "IEDREF1LD0/LLN0$RP$urcb01", "data_set": "IEDREF1LD0/LLN0$events", "entries": 4}
    ]
    # That the visit before this one ended may be told late.
    assert "IEC62351-14:4.1" in [record.id for record in records]


@pytest.mark.parametrize("client", CLIENTS)
def test_client_is_served_beside_others(device: DeviceProcess, client: str, peers: Peers) -> None:
    require_module(client)
    other = peers.associated(device.address)
    other.ask(other.client.write(("IEDREF1LD0", "GGIO1$SP$IntSet1$setVal", ("integer", 0))))
    assert visit(client, device.address).written == 4711
    response = other.ask(other.client.read(("IEDREF1LD0", "GGIO1$SP$IntSet1$setVal")))
    assert response.results[0].data == ("integer", 4711)
    other.release()


@pytest.mark.parametrize("client", CLIENTS)
def test_client_without_a_server_fails_in_words(client: str) -> None:
    require_module(client)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(PeerError, match="exit code 1: "):
            visit(client, Address(*nobody.getsockname()))

"""The reference device in native mode: the client role of one against the server role of another."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from conform62351.fixtures.device.client import ClientEndpoint
from conform62351.fixtures.device.configuration import Stack
from conform62351.fixtures.device.control import ActionError
from conform62351.fixtures.device.requesting import RequestingEndpoint
from conform62351.fixtures.faults.building import (
    Combine,
    LeaveOut,
    Rewrite,
    RewriteOctets,
    Withhold,
)
from conform62351.profiles.native.parameters import LocalPolicy
from conform62351.profiles.osi.apdu import REJECTED_PERMANENT, REJECTED_TRANSIENT
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.device_native_pair import (
    ASSOCIATED,
    IN_TLS,
    Pair,
    Spy,
    both,
    configuration,
    endpoint_of,
)
from conform62351.suites.selfcheck.device_peer import LIMIT_S, act, wait_for_event
from conform62351.tooling.net.channel import Channel, End

CONCLUDED = ["EncrTransfer conclude-RequestPDU", "ReleaseReq"]
ANSWERED = ["EncrTransfer conclude-ResponsePDU", "ReleaseRsp"]
WITHOUT_CONCLUDE = dict.fromkeys(Role, frozenset({"read", "identify"}))
FAILED = "IEC62351-14:4.2"
REFUSED = "IEC62351-14:4.3"
REPLAYED = "IEC62351-4:1.11"
REJECT_OF_ANOTHER = "IEC62351-4:4.4"
"""A reject repeats the assoID of the request: of the one before."""


@pytest.mark.parametrize("stack", [Stack.NATIVE, Stack.NATIVE_TLS])
def test_client_associates_reads_and_releases(pair: Pair, spies: dict[str, Spy], stack: Stack) -> None:
    pair.start(configuration(stack=stack), client=spies["client"], server=spies["server"])
    pair.associate()
    pair.read()
    pair.release()
    assert pair.events() == both([IN_TLS, ASSOCIATED] if stack.tls else [ASSOCIATED])
    asked, answered = "EncrTransfer confirmed-RequestPDU", "EncrTransfer confirmed-ResponsePDU"
    assert spies["client"].sent == ["HandshakeReq initiate-RequestPDU", asked, asked, *CONCLUDED]
    assert spies["server"].sent == ["HandshakeAcc initiate-ResponsePDU", answered, answered, *ANSWERED]


def test_server_releases(pair: Pair, spies: dict[str, Spy]) -> None:
    pair.start(client=spies["client"], server=spies["server"])
    pair.associate()
    pair.release(pair.server)
    assert pair.events() == both([ASSOCIATED])
    assert spies["server"].sent[-2:] == CONCLUDED
    assert spies["client"].sent[-2:] == ANSWERED
    with pytest.raises(ActionError, match="there is no association"):
        act(pair.server, "release")


@pytest.mark.parametrize("releasing", ["client", "server"])
def test_conclude_rides_in_the_release_where_the_pixit_says_so(
    pair: Pair, spies: dict[str, Spy], releasing: str
) -> None:
    pair.start(configuration(concludes_in_release=True), client=spies["client"], server=spies["server"])
    pair.associate()
    pair.release(getattr(pair, releasing))
    answering = "server" if releasing == "client" else "client"
    assert spies[releasing].sent[-1] == "ReleaseReq conclude-RequestPDU"
    assert spies[answering].sent[-1] == "ReleaseRsp conclude-ResponsePDU"
    assert pair.events() == both([ASSOCIATED])


@pytest.mark.parametrize(
    ("server", "answered"),
    [(Policy(), "ReleaseRsp"), (LeaveOut("DEV.11"), "ReleaseRsp confirmed-ResponsePDU")],
    ids=["correct", "check left out"],
)
def test_nothing_but_a_conclude_is_carried_out_of_a_release(
    pair: Pair, spies: dict[str, Spy], server: Policy, answered: str
) -> None:
    identify = RewriteOctets("MMS.conclude-RequestPDU", lambda _: bytes.fromhex("a0050201018200"))
    pair.start(
        configuration(concludes_in_release=True),
        client=Combine(identify, spies["client"]),
        server=Combine(server, spies["server"]),
    )
    pair.associate()
    act(pair.client, "release")
    pair.wait_for_end()
    assert spies["server"].sent[-1] == answered


class Together(Policy):
    """Holds the release of each side back until both ask for it."""

    def __init__(self) -> None:
        self._both = threading.Barrier(2)

    def delay(self, names: Sequence[str]) -> float:
        """Return no delay, having waited for the other side."""
        if "ACSE.RLRQ" in names:
            self._both.wait(LIMIT_S)
        return 0.0


def test_releases_that_cross_end_both_ways(pair: Pair, spies: dict[str, Spy]) -> None:
    together = Together()
    client, server = (Combine(spies[side], together) for side in ("client", "server"))
    pair.start(services=WITHOUT_CONCLUDE, client=client, server=server)
    pair.associate()
    act(pair.client, "release")
    act(pair.server, "release")
    pair.wait_for_end()
    assert pair.events() == both([ASSOCIATED])
    for spy in spies.values():
        assert spy.sent[-2:] == ["ReleaseReq", "ReleaseRsp"]


@pytest.mark.parametrize("side", ["client", "server"])
def test_disconnect_is_an_abort_of_the_application(pair: Pair, spies: dict[str, Spy], side: str) -> None:
    pair.start(client=spies["client"], server=spies["server"])
    pair.associate()
    act(getattr(pair, side), "disconnect")
    pair.wait_for_end()
    assert spies[side].sent[-1] == "ApplAbort"
    assert pair.events() == both([ASSOCIATED])


def version_0(value: Any) -> Any:
    detail = {**value["initRequestDetail"], "proposedVersionNumber": 0}
    return {**value, "initRequestDetail": detail}


@pytest.mark.parametrize(
    ("policy", "sent"),
    [
        (Rewrite("MMS.initiate-RequestPDU", version_0), "ApplicationReject initiate-ErrorPDU"),
        (RewriteOctets("MMS.initiate-RequestPDU", lambda _: b"\x8b\x00"), "ApplicationReject"),
        (RewriteOctets("MMS.initiate-RequestPDU", lambda _: b""), "ApplicationReject"),
    ],
)
def test_what_mms_refuses_is_rejected_for_good(
    pair: Pair, spies: dict[str, Spy], policy: Policy, sent: str
) -> None:
    pair.start(client=policy, server=spies["server"])
    pair.connect()
    pair.wait_for_end()
    assert spies["server"].sent == [sent]
    assert spies["server"].results == [REJECTED_PERMANENT]
    assert pair.events()["server"] == [REFUSED]


def test_device_that_is_full_rejects_for_now(pair: Pair, spies: dict[str, Spy]) -> None:
    pair.start(server=spies["server"], max_associations=1)
    pair.associate()
    other = dial(pair)
    other.run()
    assert spies["server"].sent[-1] == "ApplicationReject"
    assert spies["server"].results[-1] == REJECTED_TRANSIENT
    assert not other.associated
    pair.read()
    pair.release()


def test_acceptance_without_initiate_response_is_aborted(pair: Pair, spies: dict[str, Spy]) -> None:
    pair.start(
        client=spies["client"], server=RewriteOctets("MMS.initiate-ResponsePDU", lambda _: b"\xa4\x00")
    )
    pair.connect()
    pair.wait_for_end()
    assert spies["client"].sent[-1] == "ApplAbort"
    assert ASSOCIATED not in pair.events()["client"]


def dial(pair: Pair) -> ClientEndpoint:
    """Return another connection of the client to the server; its user runs it."""
    address, shared = pair.server.address, pair.client.shared
    channel = Channel.connect(address.host, address.port, limit=LIMIT_S, clock=shared.clock)
    return ClientEndpoint(channel, shared)


def test_fifty_associations_at_once(pair: Pair) -> None:
    pair.start()
    endpoints = [dial(pair) for _ in range(50)]
    threads = [threading.Thread(target=endpoint.run) for endpoint in endpoints]
    for thread in threads:
        thread.start()
    for endpoint in endpoints:
        assert endpoint.settled.wait(LIMIT_S)
        assert endpoint.is_open()
    numbers = {endpoint.native.asso_id for endpoint in endpoints if endpoint.native is not None}
    assert len(numbers) == 50
    for work in (ClientEndpoint.request, ClientEndpoint.rekey, ClientEndpoint.release):
        for endpoint in endpoints:
            endpoint.calls.call(partial(work, endpoint)).result(LIMIT_S)
    for thread in threads:
        thread.join(LIMIT_S)
    pair.wait_for_end()
    assert pair.events() == both([ASSOCIATED] * 50)


@pytest.mark.parametrize("sent", [b"", b"\x03\x00\x00", b"\x03\x00\x00\x16\x11\xe0\x00\x00"])
def test_peer_that_stalls_in_the_handshake_is_left(pair: Pair, sent: bytes) -> None:
    pair.start(associate_limit=0.2)
    address = pair.server.address
    with Channel.connect(address.host, address.port, limit=LIMIT_S, clock=pair.server.clock) as channel:
        channel.send(sent, limit=LIMIT_S)
        assert channel.receive(LIMIT_S) is End.CLOSED
    wait_for_event(pair.server, FAILED, "DEV.2")


def test_server_that_does_not_answer_the_handshake_is_left(pair: Pair) -> None:
    pair.start(associate_limit=0.3, server=Withhold("E2E.HandshakeAcc"))
    pair.connect()
    pair.wait_for_end()
    assert pair.events()["client"] == [FAILED]


def test_silent_server_is_aborted(pair: Pair, spies: dict[str, Spy]) -> None:
    mute = Withhold("MMS.confirmed-ResponsePDU")
    pair.start(client=spies["client"], server=mute, respond_limit=0.2)
    pair.connect()
    act(pair.client, "send-request")
    pair.wait_for_end()
    assert spies["client"].sent[-1] == "ApplAbort"
    assert pair.events() == {"client": [ASSOCIATED, FAILED], "server": [ASSOCIATED]}


@pytest.mark.parametrize(("action", "arguments"), [("reset", {}), ("configure", {"name": "other"})])
def test_memory_of_replays_outlives_a_restart_and_another_configuration(
    pair: Pair, action: str, arguments: dict[str, str]
) -> None:
    sent: list[bytes] = []

    def again(octets: bytes) -> bytes:
        sent.append(octets)
        return sent[0]

    pair.start(configuration(), configuration("other"), client=RewriteOctets("E2E.HandshakeReq", again))
    pair.associate()
    pair.release()
    assert pair.events() == both([ASSOCIATED])
    act(pair.server, action, **arguments)
    pair.connect()
    pair.wait_for_end()
    assert pair.events() == {"client": [REJECT_OF_ANOTHER], "server": [REPLAYED]}


def test_check_that_is_left_out_lets_a_peer_in(pair: Pair) -> None:
    stranger = LocalPolicy(protocols=("OTHER",))
    policy = LeaveOut("E2E.HS.5")
    pair.start(configuration(client=stranger), server=policy)
    pair.associate()
    assert isinstance(endpoint_of(pair.server), RequestingEndpoint)
    pair.release()

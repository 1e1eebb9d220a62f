"""What both reference devices log in native mode when one of them does something wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest

from conform62351.fixtures.device.configuration import Configuration
from conform62351.fixtures.device.native_side import LOCAL_POLICY, NATIVE_CREDENTIAL
from conform62351.fixtures.faults.building import Rewrite, RewriteField, RewriteOctets
from conform62351.profiles.asn1.contents import Bits
from conform62351.profiles.events62351 import Level
from conform62351.profiles.native.parameters import Encryption, LocalPolicy, Mode
from conform62351.profiles.osi.parameters import MMS_CONTEXT
from conform62351.profiles.osi.ppdu import TD, Pdv
from conform62351.profiles.policy import Policy
from conform62351.suites.selfcheck.device_native_pair import ASSOCIATED, Pair, configuration

CLIENT: Final = "client"
SERVER: Final = "server"
LONG_AGO: Final = b"20200101000000.000Z"


def start(pair: Pair, side: str, policy: Policy, made: Configuration) -> None:
    """Start both, one of them with a policy."""
    policies = {CLIENT: Policy(), SERVER: Policy(), side: policy}
    pair.start(made, client=policies[CLIENT], server=policies[SERVER])


def flipped(octets: bytes) -> bytes:
    """Return octets whose last one is another."""
    return octets[:-1] + bytes((octets[-1] ^ 1,))


def signed(name: str) -> Callable[[], Policy]:
    return lambda: RewriteOctets(f"E2E.{name}.tbs", flipped)


def without_icv(pdu: Any) -> Any:
    """Return a data transfer whose ICV is another."""
    return msgspec.structs.replace(pdu, auth=msgspec.structs.replace(pdu.auth, icv=bytes(32)))


def field(name: str, **values: Any) -> Callable[[], Policy]:
    return lambda: RewriteField(name, **values)


def shows(credential: str) -> Callable[[], Policy]:
    return lambda: Rewrite(NATIVE_CREDENTIAL, lambda _: credential)


def wants(**changes: Any) -> Callable[[], Policy]:
    return lambda: Rewrite(LOCAL_POLICY, lambda local: msgspec.structs.replace(local, **changes))


HANDSHAKE: Final = {
    "signature of the request": (CLIENT, signed("HandshakeReq"), "4.11", "1.3"),
    "protocol": (CLIENT, field("E2E.HandshakeReq", pp="OTHER"), "4.13", "1.4"),
    "version": (CLIENT, field("E2E.HandshakeReq.token", version=Bits(frozenset({1}))), "4.15", "1.9"),
    "time": (CLIENT, field("E2E.HandshakeReq.token", time=LONG_AGO), "4.16", "1.10"),
    "subject": (CLIENT, shows("bad/other-subject"), "4.11", "1.8"),
    "unknown authority": (CLIENT, shows("bad/unknown-ca"), "4.11", "1.7"),
    "revoked": (CLIENT, shows("bad/revoked-crl"), "4.11", "1.7"),
    "form": (CLIENT, shows("bad/no-key-agreement"), None, "1.6"),
    "group": (SERVER, wants(groups=("modp-2048",)), "4.17", "1.12"),
    "AE required": (SERVER, wants(ae_required=True), "4.22", "1.17"),
    "no encryption": (SERVER, wants(wanted=Encryption.UNWANTED), "4.23", "1.18"),
    "calling title": (CLIENT, field("ACSE.AARQ", calling_ap_title=None), None, "15.7"),
    "requirements": (CLIENT, field("ACSE.AARQ", requirements=b"\x07\x80"), None, "15.15"),
    "octets": (CLIENT, lambda: RewriteOctets("E2E.HandshakeReq", lambda _: b"\x05\x00"), "4.14", "1.5"),
}
"""What goes wrong before there is an association: who does it, how, and the events of client and server."""


@pytest.mark.parametrize("what", HANDSHAKE)
def test_fault_of_the_handshake_is_logged_once_on_either_side(pair: Pair, what: str) -> None:
    side, policy, client, server = HANDSHAKE[what]
    separate = LocalPolicy(groups=("secp256r1",), mode=Mode.SEPARATE)
    start(pair, side, policy(), configuration(local=LocalPolicy(), client=separate))
    pair.connect()
    pair.wait_for_end()
    expected = {CLIENT: client, SERVER: server}
    logged = {name: [f"IEC62351-4:{event}"] if event else [] for name, event in expected.items()}
    assert pair.events() == logged


@pytest.mark.parametrize(
    ("policy", "client", "server"),
    [
        (signed("HandshakeAcc"), "2.3", "5.11"),
        (field("E2E.HandshakeAcc.token", time=LONG_AGO), "2.9", "5.15"),
        (field("E2E.HandshakeAcc.token", dhKey=()), "2.4", "5.13"),
        (field("ACSE.AARE", responding_ap_title=None), "15.12", None),
    ],
)
def test_fault_of_the_acceptance_is_logged_once_on_either_side(
    pair: Pair, policy: Callable[[], Policy], client: str, server: str | None
) -> None:
    pair.start(server=policy())
    pair.connect()
    pair.wait_for_end()
    at_server = [f"IEC62351-4:{server}"] if server else []
    assert pair.events() == {CLIENT: [f"IEC62351-4:{client}"], SERVER: [ASSOCIATED, *at_server]}


def test_reject_whose_signature_is_wrong_is_an_alarm_of_its_own(pair: Pair) -> None:
    class Both(RewriteOctets):
        def rewrite(self, name: str, value: Any) -> Any:
            if name == LOCAL_POLICY:
                return msgspec.structs.replace(value, protocols=("OTHER",))
            return value

    pair.start(server=Both("E2E.HandshakeSecReject.tbs", flipped))
    pair.connect()
    pair.wait_for_end()
    assert pair.events() == {CLIENT: ["IEC62351-4:4.3"], SERVER: ["IEC62351-4:1.4"]}


@pytest.mark.parametrize(
    ("mode", "side", "name", "policy", "client", "server"),
    [
        (Mode.AE, CLIENT, "EncrTransfer.sealed", flipped, "6.11", "11.5"),
        (Mode.AE, SERVER, "EncrTransfer.sealed", flipped, "11.5", "6.11"),
        (Mode.SEPARATE, CLIENT, "EncrTransfer", without_icv, "6.11", "11.5"),
        (Mode.CLEAR, CLIENT, "ClearTransfer", without_icv, "6.11", "10.5"),
        (Mode.CLEAR, SERVER, "ClearTransfer", without_icv, "10.5", "6.11"),
        (Mode.AE, CLIENT, "EncrTransfer.token", {"seq": 9}, None, "11.8"),
        (Mode.AE, CLIENT, "EncrTransfer.token", {"assoID": "1:2"}, "6.12", "11.1"),
        (Mode.AE, CLIENT, "EncrTransfer.token", {"changedKey": True}, "6.12", "11.1"),
        (Mode.AE, SERVER, "EncrTransfer.token", {"changedKey": True}, "11.11", "6.16"),
        (Mode.CLEAR, CLIENT, "ClearTransfer.token", {"time": LONG_AGO}, None, "10.6"),
    ],
)
def test_fault_of_data_is_logged_once_on_either_side(
    pair: Pair, mode: Mode, side: str, name: str, policy: Any, client: str | None, server: str | None
) -> None:
    made = (
        RewriteField(f"E2E.{name}", **policy)
        if isinstance(policy, dict)
        else Rewrite(f"E2E.{name}", policy)
        if policy is without_icv
        else RewriteOctets(f"E2E.{name}", policy)
    )
    start(pair, side, made, configuration(local=LocalPolicy(mode=mode)))
    pair.connect()
    pair.ask()
    pair.wait_for_end()
    expected = {CLIENT: client, SERVER: server}
    assert pair.events() == {
        one: [ASSOCIATED, *([f"IEC62351-4:{event}"] if event else [])] for one, event in expected.items()
    }


def test_alarms_are_alarms_and_name_the_peer(pair: Pair) -> None:
    pair.start(client=signed("HandshakeReq")())
    pair.connect()
    pair.wait_for_end()
    (at_server,) = pair.records(SERVER)
    (at_client,) = pair.records(CLIENT)
    assert (at_server.level, at_client.level) == (Level.ALARM, Level.ALARM)
    assert at_client.peer_info == str(pair.server.address)
    assert at_server.peer_info is not None
    assert at_server.peer_info.startswith("127.0.0.1:")
    assert at_client.text == "HandshakeSecReject received because of an alarm"
    assert at_server.text is not None
    assert "E2E.HS.4" in at_server.text


def test_release_at_fault_is_answered_by_an_abort(pair: Pair) -> None:
    pair.start(client=signed("ReleaseReq")())
    pair.associate()
    pair.release()
    assert pair.events() == {CLIENT: [ASSOCIATED, "IEC62351-4:6.11"], SERVER: [ASSOCIATED, "IEC62351-4:12.3"]}


def test_answer_to_a_release_at_fault_is_logged_and_released(pair: Pair) -> None:
    pair.start(server=signed("ReleaseRsp")())
    pair.associate()
    pair.release()
    assert pair.events() == {CLIENT: [ASSOCIATED, "IEC62351-4:13.3"], SERVER: [ASSOCIATED]}


def test_data_outside_protection_are_not_executed(pair: Pair) -> None:
    pair.start(client=Rewrite("PRES.TD", lambda td: TD((Pdv(MMS_CONTEXT, td.user_data[0].octets),))))
    pair.connect()
    pair.ask()
    pair.wait_for_end()
    assert pair.events() == {CLIENT: [ASSOCIATED], SERVER: [ASSOCIATED, "IEC62351-4:15.3"]}

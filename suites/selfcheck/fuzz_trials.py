"""Faulty devices that the oracles of the fuzzer are tried with, and the case that shows each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from conform62351.fixtures.device.endpoint import OVER_TLS
from conform62351.fixtures.faults.building import (
    LeaveOut,
    ReplaceReaction,
    RewriteOctets,
)
from conform62351.fixtures.firmware.bug import Bug
from conform62351.fixtures.firmware.harming import Board
from conform62351.fixtures.firmware.mms import second_initiate
from conform62351.fixtures.firmware.tls import suites_odd
from conform62351.fixtures.firmware.transport import error_echoes_memory
from conform62351.profiles.policy import CheckTable, Context, Finding, Policy, Reaction, Step
from conform62351.suites.selfcheck.fuzz_bench import LIMIT_S
from conform62351.tooling.engine.mutations import (
    AnyMutation,
    Edit,
    EditTlv,
    FlipBit,
    Overwrite,
    SetField,
)

READ = "server/plain/data/read"
NATIVE = "server/native/ae/associating"
NATIVE_READ = "server/native/ae/data/read"
CLEAR_READ = "server/native/clear/data/read"
A_PROFILE = "server/a-profile/associating"
CLIENT = "client/native/ae/associating"

UNKNOWN_SERVICE = FlipBit(pdu="MMS.confirmed-RequestPDU", at=5, bit=3)
OTHER_OBJECT = FlipBit(pdu="MMS.confirmed-RequestPDU", at=-1)
SPOILT_SIGNATURE = FlipBit(pdu="E2E.HandshakeReq", at=-1)
NO_POINT = SetField(pdu="E2E.HandshakeReq.token", field="dhKey.0.dhPublicKey", octets=b"\x04" + bytes(64))
SEQUENCE = SetField(pdu="E2E.ClearTransfer.token", field="seq", value=7)
NO_VERSION = SetField(pdu="E2E.HandshakeReq.token", field="version", value=())
SECOND_INITIATE = EditTlv(pdu="MMS.confirmed-RequestPDU", path="a0", edit=Edit.RETAG, octets=b"\xa8")
NOT_THERE = b"\x80\x01\x0a"
"""object-non-existent, as a read answers."""


class Unprotects(Policy):
    """Sends what it says to a request that it does not know past native mode's protection."""

    def __init__(self) -> None:
        self._said: bytes | None = None

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        """Keep a reject, and put it in the place of the SecPDU that is to carry it."""
        if name == "MMS.rejectPDU":
            self._said = octets
        if name == "E2E.EncrTransfer" and self._said is not None:
            return self._said
        return octets


class Floods(Policy):
    """Says thousands of times what it says to a request that it does not know."""

    def __init__(self) -> None:
        self._rejects = False

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        """Repeat the packet that carries a reject."""
        self._rejects = self._rejects or name == "MMS.rejectPDU"
        return octets * 2000 if name == "TPKT" and self._rejects else octets


class Wavers(Policy):
    """Overlooks the version of TPKTs on every other connection."""

    def __init__(self) -> None:
        self._connections = 0

    def rewrite(self, name: str, value: Any) -> Any:
        """Count the connections: each is asked for once whether it begins with TLS."""
        self._connections += name == OVER_TLS
        return value

    def reacts(self, finding: Finding) -> bool:
        """Return whether this connection is one that looks."""
        return finding.step != "TPKT.1" or self._connections % 2 == 1


class Stalling(Board):
    """A board on which a thread that never goes on does so in the end: the device is to be stopped."""

    def hold(self) -> None:
        """Take longer than anybody waits."""
        self.spend(3 * LIMIT_S)


def _stalling(policy: Policy) -> Policy:
    """Return the policy of a device that does not go on where it would hang for ever."""
    assert isinstance(policy, Bug)
    policy.board = Stalling()
    return policy


class Hesitates(Policy):
    """Takes much longer than before once a TSDU has come in several pieces."""

    def __init__(self) -> None:
        self._pieces = False

    def steps(self, table: CheckTable[Context]) -> Sequence[Step[Context]]:
        """Return the steps with one that sees pieces."""
        if table.name != "COTP.DT":
            return table.steps
        return (*table.steps, Step("COTP.DT.0", "pieces", "", "I", self._look))

    def _look(self, it: Any) -> None:
        self._pieces = self._pieces or not it.tpdu.eot

    def delay(self, names: Sequence[str]) -> float:
        """Return nearly as much as anybody waits."""
        return LIMIT_S / 2 if self._pieces and "ACSE.AARE" in names else 0.0


def _hides_failures(octets: bytes) -> bytes | None:
    return None if NOT_THERE in octets else octets


@dataclass(frozen=True)
class Trial:
    """A faulty device, and the case that shows it: oracle and severity of what is then said."""

    oracle: str
    severity: str
    policy: Callable[[], Policy]
    base: str
    mutations: tuple[AnyMutation, ...]


TRIALS = {
    "signature": Trial(
        "security-fault", "security", lambda: LeaveOut("E2E.HS.4.2"), NATIVE, (SPOILT_SIGNATURE,)
    ),
    "behind-a-valid-signature": Trial(
        "security-fault", "security", lambda: LeaveOut("E2E.HS.13"), NATIVE, (NO_POINT,)
    ),
    "ICV": Trial(
        "security-fault",
        "security",
        lambda: LeaveOut("E2E.DT.6"),
        CLEAR_READ,
        (FlipBit(pdu="E2E.ClearTransfer", at=-1),),
    ),
    "behind-a-valid-ICV": Trial(
        "security-fault", "security", lambda: LeaveOut("E2E.DT.9"), CLEAR_READ, (SEQUENCE,)
    ),
    "authentication-value": Trial(
        "security-fault",
        "security",
        lambda: LeaveOut("CMP.23"),
        A_PROFILE,
        (FlipBit(pdu="CMP.value", at=-1),),
    ),
    "signature-to-a-client": Trial(
        "security-fault",
        "security",
        lambda: LeaveOut("E2E.HS.4.2"),
        CLIENT,
        (FlipBit(pdu="E2E.HandshakeAcc", at=-1),),
    ),
    "TPKT-version": Trial(
        "fault-taken", "form", lambda: LeaveOut("TPKT.1"), READ, (FlipBit(pdu="TPKT", at=0, bit=2),)
    ),
    "drops-what-is-malformed": Trial(
        "silence",
        "form",
        lambda: ReplaceReaction("COTP.1", Reaction.IGNORE),
        READ,
        (Overwrite(pdu="TPKT", at=4, octets=b"\x00"),),
    ),
    "hangs-on-a-request": Trial(
        "silence",
        "unavailable",
        lambda: RewriteOctets("MMS.confirmed-ResponsePDU", _hides_failures),
        READ,
        (OTHER_OBJECT,),
    ),
    "garbage": Trial(
        "readable",
        "form",
        lambda: RewriteOctets("MMS.rejectPDU", lambda _: b"\xff\x01"),
        READ,
        (UNKNOWN_SERVICE,),
    ),
    "plaintext": Trial("no-plaintext", "security", Unprotects, NATIVE_READ, (UNKNOWN_SERVICE,)),
    "tells-of-a-signature": Trial(
        "refusal",
        "security",
        lambda: ReplaceReaction("E2E.HS.4.2", diagnostic=10),
        NATIVE,
        (SPOILT_SIGNATURE,),
    ),
    "wrong-diagnostic": Trial(
        "refusal", "form", lambda: ReplaceReaction("E2E.HS.9", diagnostic=2), NATIVE, (NO_VERSION,)
    ),
    "wrong-diagnostic-of-data": Trial(
        "refusal", "form", lambda: ReplaceReaction("E2E.DT.9", diagnostic=3), CLEAR_READ, (SEQUENCE,)
    ),
    "memory-in-an-ER": Trial(
        "returned",
        "security",
        error_echoes_memory,
        "server/plain/opening",
        (Overwrite(pdu="COTP.CR", at=0, octets=b"\x7f"),),
    ),
    "does-not-go-on": Trial(
        "lets-go", "unavailable", lambda: _stalling(second_initiate()), READ, (SECOND_INITIATE,)
    ),
    "does-not-go-on-in-TLS": Trial(
        "silence",
        "unavailable",
        lambda: _stalling(suites_odd()),
        "server/tls/opening",
        (FlipBit(pdu="TLS.ClientHello", at=40, bit=0),),
    ),
    "flood": Trial("flood", "resource", Floods, READ, (UNKNOWN_SERVICE,)),
}

"""What holds for a device of native mode in every state, as a machine that sends it every SecPDU."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, Final

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)

from conform62351.fixtures.device.device import ReferenceDevice
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.asn1.notation import Bits
from conform62351.profiles.mms.messages import MmsMessage
from conform62351.profiles.native.codec import Carrier
from conform62351.profiles.native.parameters import LocalPolicy, Mode
from conform62351.profiles.osi.parameters import MMS_SYNTAX
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.device_native_pair import (
    ASSOCIATED,
    Pair,
    as_device,
    configuration,
    until,
)
from conform62351.suites.selfcheck.device_peer import LIMIT_S, PATIENCE_S
from conform62351.suites.selfcheck.native_stateful import (
    CARRIERS,
    GROUPS,
    LONG_AGO,
    OTHER_ASSOCIATION,
    SECPDUS,
    Link,
    Sender,
)
from conform62351.tooling.net.channel import Listener
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.service import IDLE

DOMAIN: Final = "IEDREF1LD0"
SET_POINT: Final = "GGIO1$SP$IntSet1$setVal"
FORBIDDEN: Final = 6235
"""A value that no message may write."""
TRANSFER: Final = {Mode.AE: "EncrTransfer", Mode.SEPARATE: "EncrTransfer", Mode.CLEAR: "ClearTransfer"}
ANSWER: Final = bytes.fromhex("a1050201008200")
"""An answer to what nobody has asked."""
REFUSALS: Final = {"E2E.HandshakeSecReject", "E2E.HandshakeSecAbort"}
ENVIRONMENT: Final = {"E2E.osiDiagnostics"}
SETTINGS: Final = settings(deadline=None, suppress_health_check=list(HealthCheck))


def member(**changes: Any) -> Callable[[Any], Any]:
    return lambda token: msgspec.structs.replace(token, **changes)


def spoilt(octets: bytes) -> bytes:
    return octets[:-1] + bytes((octets[-1] ^ 1,))


def cut(octets: bytes) -> bytes:
    return octets[:-1]


SIGNED: Final[dict[str, Callable[[Any], Any]]] = {
    "assoID": member(assoID=OTHER_ASSOCIATION),
    "time": member(time=LONG_AGO),
    "version": member(version=Bits(frozenset({1}))),
    "certificate": member(pkCert=b""),
}
PROTECTED: Final[dict[str, Callable[[Any], Any]]] = {
    "assoID": member(assoID=OTHER_ASSOCIATION),
    "time": member(time=LONG_AGO),
    "seq": lambda token: msgspec.structs.replace(token, seq=token.seq + 5),
}
OCTETS: Final = {"signature": spoilt, "cut": cut}
FAULTS: Final = st.sampled_from((*SIGNED, *OCTETS))


class Laboratory:
    """A device, and whoever speaks to it; ``records`` returns what has come into the device's log."""

    def __init__(self, pair: Pair, role: Role, sender: Sender) -> None:
        self.pair = pair
        self.role = role
        self.sender = sender
        self.device = pair.server if role is Role.SERVER else pair.client
        self.listener = Listener.bind("127.0.0.1", clock=pair.server.clock)
        self.before = usage()

    def events(self) -> list[str]:
        """Return what has come into the log of the device, all of the catalogue and without remark."""
        return [record.id for record in self.pair.records(self.role.value)]


def usage() -> tuple[int, int]:
    """Return how many threads that do something, and how many descriptors this process has."""
    threads = [thread for thread in threading.enumerate() if thread.name != IDLE]
    return len(threads), len(os.listdir("/proc/self/fd"))


def modes() -> dict[str, Any]:
    return {
        mode.value: configuration(mode.value, local=LocalPolicy(groups=GROUPS, mode=mode)) for mode in Mode
    }


def laboratory(pair: Pair, workshop: Workshop, role: Role) -> Laboratory:
    pair.start(*modes().values(), associate_limit=LIMIT_S, respond_limit=LIMIT_S)
    if role is Role.SERVER:
        return Laboratory(pair, role, Sender(Role.CLIENT, as_device(workshop.tester), pair.client))
    return Laboratory(pair, role, Sender(Role.SERVER, CredentialFolder.load(workshop.dut), pair.server))


class EveryState(RuleBasedStateMachine):
    """What holds for a device in both roles; ``link`` is None while there is no connection."""

    def __init__(self, lab: Laboratory) -> None:
        super().__init__()
        self.lab = lab
        self.link: Link | None = None
        self.is_open = False
        self.good = 0
        self.value = 0

    @property
    def device(self) -> ReferenceDevice:
        return self.lab.device

    @property
    def bend(self) -> Any:
        return self.lab.sender.bend

    def now(self) -> Link:
        assert self.link is not None
        return self.link

    def gone(self) -> None:
        """See that nothing is left of the connection."""
        self.link, self.is_open = None, False
        self.bend.values.clear()
        self.bend.octets.clear()
        until(lambda: not self.device.shared.endpoints, "the end of the connection in the device")

    def ends(self, behind: bytes = b"") -> list[str]:
        """See that the connection ends, and return the SecPDUs that came before."""
        said = self.now().farewell(behind)
        self.gone()
        return said

    def bends(self, pdu: str, fault: str) -> None:
        """Have the next SecPDU of a name be faulty."""
        if fault in OCTETS:
            self.bend.octets[f"E2E.{pdu}"] = OCTETS[fault]
        elif fault:
            faults = PROTECTED if pdu in TRANSFER.values() else SIGNED
            self.bend.values[f"E2E.{pdu}.token"] = faults[fault]

    def forbidden(self) -> bytes:
        """Return an MMS PDU that is not to be carried out."""
        raise NotImplementedError

    def protected(self) -> bytes:
        """Return a good message with what is not to be carried out, unsent."""
        if not self.is_open:
            return b""
        link = self.now()
        link.association.send_data(self.forbidden(), "MMS")
        return link.queued()

    def unexpected(self, pdu: str, carrier: Carrier, fault: str) -> Callable[[list[str]], bool]:
        """Return what the device may say to a SecPDU that it does not expect."""
        match carrier:
            case Carrier.ABRT:
                return lambda said: said == []
            case Carrier.RLRQ if self.is_open and pdu == "ReleaseReq" and not fault:
                return lambda said: said == ["E2E.ReleaseRsp"]
            case Carrier.RLRQ | Carrier.DATA if self.is_open:
                return lambda said: said == ["E2E.DtSecAbort"]
            case _:
                return lambda said: set(said) <= ENVIRONMENT

    @precondition(lambda self: self.link is not None)
    @rule(
        pdu=st.sampled_from(SECPDUS),
        carrier=st.sampled_from(CARRIERS),
        fault=st.sampled_from(("", "", *SIGNED, *OCTETS)),
        behind=st.booleans(),
    )
    def anything(self, pdu: str, carrier: Carrier, fault: str, behind: bool) -> None:
        link = self.now()
        if pdu in TRANSFER.values() or pdu == "osiDiagnostics":
            fault = ""
        due = self.unexpected(pdu, carrier, fault)
        self.bends(pdu, fault)
        octets = self.lab.sender.secpdu(pdu, link.association.asso_id, self.forbidden())
        if fault in OCTETS:
            octets = OCTETS[fault](octets)
        link.association.send_secpdu(octets, f"E2E.{pdu}", carrier)
        faulty = link.queued()
        follows = self.protected()
        link.raw(faulty + follows if behind else faulty)
        said = self.ends(b"" if behind else follows)
        assert due(said), (pdu, carrier, fault, said)

    @precondition(lambda self: self.link is not None and self.lab.sender.sent)
    @rule(back=st.integers(0, 11), behind=st.booleans())
    def again(self, back: int, behind: bool) -> None:
        """What was sent before, on this connection or on another one, is sent once more."""
        link = self.now()
        sent = self.lab.sender.sent
        octets = sent[-1 - back % len(sent)]
        follows = self.protected() if behind else b""
        link.raw(octets + follows)
        said = self.ends()
        assert set(said) <= {*REFUSALS, "E2E.DtSecAbort", *ENVIRONMENT}, said
        assert len(said) <= 1

    @precondition(lambda self: self.is_open)
    @rule(fault=st.sampled_from((*PROTECTED, *OCTETS)), behind=st.booleans())
    def faulty_data(self, fault: str, behind: bool) -> None:
        link, pdu = self.now(), TRANSFER[self.mode]
        self.bends(pdu, fault)
        link.association.send_data(self.forbidden(), "MMS")
        faulty = link.queued()
        follows = self.protected() if behind else b""
        link.raw(faulty + follows)
        assert self.ends() == ["E2E.DtSecAbort"]

    @precondition(lambda self: self.is_open)
    @rule()
    def unprotected_data(self) -> None:
        link = self.now()
        (context,) = (number for number, syntax in link.association.contexts.items() if syntax == MMS_SYNTAX)
        link.association.send_data(self.forbidden(), "MMS", context=context)
        link.flush()
        assert self.ends() == ["E2E.osiDiagnostics"]

    @precondition(lambda self: self.link is not None)
    @rule(octets=st.binary(min_size=1, max_size=40))
    def garbage(self, octets: bytes) -> None:
        self.now().raw(b"\x03\x00" + (len(octets) + 7).to_bytes(2, "big") + b"\x02\xf0\x80" + octets)
        assert set(self.ends()) <= ENVIRONMENT

    @precondition(lambda self: self.link is not None)
    @rule()
    def hang_up(self) -> None:
        self.now().close()
        self.gone()

    @initialize(mode=st.sampled_from(Mode))
    def begin(self, mode: Mode) -> None:
        self.mode = mode
        self.lab.sender.sent.clear()
        self.lab.events()

    def works(self) -> None:
        """See that a good association comes about, is used, and is released."""
        raise NotImplementedError

    def teardown(self) -> None:
        if self.link is not None:
            self.link.close()
            self.gone()
        if not hasattr(self, "mode"):
            return
        self.works()
        threads, descriptors = self.lab.before
        until(lambda: usage()[0] <= threads, "as many threads as before", PATIENCE_S)
        until(lambda: usage()[1] <= descriptors, "as many descriptors as before", PATIENCE_S)
        assert self.lab.events().count(ASSOCIATED) == self.good


def encoded(message: MmsMessage) -> bytes:
    assert message.octets is not None
    return message.octets

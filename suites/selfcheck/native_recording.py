"""Whole associations of native mode, every message of them and their key file kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from conform62351.profiles.events import CloseRequested
from conform62351.profiles.identifiers import IDENTIFIERS
from conform62351.profiles.mms.codec import encode_pdu
from conform62351.profiles.native.derivation import Derivation, transcript, transcript_salt
from conform62351.profiles.native.keyfile import key_line
from conform62351.profiles.native.parameters import Mode
from conform62351.profiles.native.signing import Message
from conform62351.profiles.native.taken import Established
from conform62351.profiles.native.transfer import DataTransfer
from conform62351.profiles.osi.apdu import External
from conform62351.profiles.osi.parameters import (
    ACSE_CONTEXT,
    ACSE_SYNTAX,
    BER_SYNTAX,
    MMS_CONTEXT,
    MMS_SYNTAX,
    OsiParameters,
)
from conform62351.profiles.osi.ppdu import ContextDefinition
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.dissection_samples import INITIATE, request
from conform62351.suites.selfcheck.native_bench import BER, Handshakes, Stream, octets_of, parameters
from conform62351.suites.selfcheck.osi_pairing import CLIENT, Bent, Pair
from conform62351.suites.selfcheck.pki_samples import NOW
from conform62351.tooling.net.flow import Address, End, Flow
from conform62351.tooling.net.reconstruction import Reconstruction

E2E_CONTEXT: Final = 5
E2E_SYNTAX: Final = IDENTIFIERS.oid("e2eSecurityAS")
RESPONSE: Final = b"\xa9" + INITIATE[1:]
IDENTIFY: Final = request("identify", None)
ANSWER: Final = encode_pdu(
    "confirmed-ResponsePDU",
    {"invokeID": 7, "service": ("identify", {"vendorName": "V", "modelName": "M", "revision": "1"})},
)
SYNTAXES: Final = ((ACSE_CONTEXT, ACSE_SYNTAX), (MMS_CONTEXT, MMS_SYNTAX), (E2E_CONTEXT, E2E_SYNTAX))


def osi(*, server: bool = False) -> OsiParameters:
    """Return the parameters of an association that carries SecPDUs."""
    return OsiParameters(
        calling=OsiParameters().calling if server else CLIENT.calling,
        called=CLIENT.called,
        contexts=tuple(ContextDefinition(number, syntax, (BER_SYNTAX,)) for number, syntax in SYNTAXES),
        abstract_syntaxes=tuple(syntax for _, syntax in SYNTAXES),
        protocol_syntax=E2E_SYNTAX,
        application_context=IDENTIFIERS.oid("e2eMmsAC"),
    )


class NativeRecorded(Pair):
    """A pair that carries SecPDUs: ``log`` has sender, octets and names of every message.

    ``secpdus`` are the SecPDUs alone, by their order. ``key_file`` grows with every set of keys.
    """

    def __init__(self, mode: Mode = Mode.AE, derivation: Derivation | None = None, **local: Any) -> None:
        self._policies = {Role.CLIENT: Bent(), Role.SERVER: Bent()}
        super().__init__(osi(), osi(server=True), *self._policies.values())
        self._derivation = derivation or Derivation()
        sides = [parameters(name, local={"mode": mode, **local}) for name in ("client", "server")]
        self.handshakes = Handshakes(*sides)
        self.log: list[tuple[str, bytes, tuple[str, ...]]] = []
        self.secpdus: list[tuple[str, bytes]] = []
        self.key_file = ""
        self._now = NOW + 1.0
        self._epoch = 0

    def opened(self) -> NativeRecorded:
        """Open the association."""
        self.client.open_transport()
        self._moved()
        asked = self._signed(self.handshakes.client.request(INITIATE))
        self.client.associate(asked, "E2E.HandshakeReq")
        self._moved()
        assert self.handshakes.server.take_request(asked).fault is None
        accepted = self.handshakes.server.accept(RESPONSE)
        answer = self._signed(accepted.message)
        self.server.accept(answer, "E2E.HandshakeAcc")
        self._moved()
        taken = self.handshakes.client.take_response(answer)
        assert taken.established is not None
        assert accepted.established is not None
        self._established = self._by_reading(taken.established)
        self.transfers = {
            Role.CLIENT: self._transfer(Role.CLIENT, self._established),
            Role.SERVER: self._transfer(Role.SERVER, self._by_reading(accepted.established)),
        }
        self._tell(self._established.secret)
        return self

    def sent(self, role: Role, data: bytes) -> NativeRecorded:
        """Send data from a side, which the other takes."""
        self._now += 1.0
        (outgoing,) = self.transfers[role].protect(data)
        self.secpdus.append((outgoing.names[0], outgoing.octets))
        self._side(role).send_data(outgoing.octets, outgoing.names[0])
        self._moved()
        other = Role.SERVER if role is Role.CLIENT else Role.CLIENT
        assert self.transfers[other].receive(outgoing.octets).fault is None
        return self

    def rekeyed(self) -> NativeRecorded:
        """Change the keys, with the messages that it takes."""
        self.transfers[Role.CLIENT].rekey()
        group, transfer = self._established.agreed.group, self.transfers[Role.CLIENT]
        made: list[int] = []
        private_key = group.private_key

        def keeping(randomness: bytes) -> int:
            made.append(private_key(randomness))
            return made[-1]

        group.private_key = keeping  # type: ignore[method-assign]
        try:
            self.sent(Role.CLIENT, IDENTIFY)
        finally:
            group.private_key = private_key  # type: ignore[method-assign]
        assert transfer is self.transfers[Role.CLIENT]
        self._epoch += 1
        self._tell(group.shared_secret(made[0], self._established.peer_public))
        return self.sent(Role.SERVER, ANSWER).sent(Role.CLIENT, IDENTIFY).sent(Role.SERVER, ANSWER)

    def released(self) -> NativeRecorded:
        """Release the association: ReleaseReq and ReleaseRsp."""
        asked = self._signed(self.handshakes.client.release_request())
        self._carrying(Role.CLIENT, "ACSE.RLRQ", asked)
        self.client.release()
        self._moved()
        assert self.handshakes.server.take_release_request(asked).fault is None
        self._carrying(Role.SERVER, "ACSE.RLRE", self._signed(self.handshakes.server.release_response()))
        self.server.accept_release()
        self._moved()
        return self

    def aborted(self, message: Message, role: Role = Role.SERVER) -> NativeRecorded:
        """Abort the association with a SecPDU."""
        self._side(role).abort(user_data=self._signed(message), name=message.name)
        self._moved()
        return self

    def whole(self) -> NativeRecorded:
        """Open, exchange data, change the keys, exchange data, release."""
        self.opened().sent(Role.CLIENT, IDENTIFY).sent(Role.SERVER, ANSWER)
        return self.rekeyed().released()

    def capture(self, path: Path, *, first: int = 0) -> Path:
        """Write a capture of the messages from ``first`` on."""
        flow = Flow(1, Address("192.0.2.1", 40000), Address("192.0.2.2", 102), True)
        with path.open("wb") as file:
            recorder = Reconstruction(
                file, application="test", comment="", to_epoch=lambda at: 1_700_000_000 + at
            )
            recorder.opened(flow, 0.0)
            for number, (who, octets, _) in enumerate(self.log[first:]):
                recorder.carried(flow, who == "client", octets, number / 10)
            recorder.ended(flow, True, End.RESET, 9.0)
        return path

    def _signed(self, message: Message) -> bytes:
        octets = octets_of(message.octets)
        self.secpdus.append((message.name, octets))
        return octets

    def _side(self, role: Role) -> Any:
        return self.client if role is Role.CLIENT else self.server

    def _moved(self) -> None:
        """Carry what both have to say, and keep it."""
        for role, other in ((Role.CLIENT, self.server), (Role.SERVER, self.client)) * 2:
            for message in self._side(role).take_output():
                self.log.append((role.value, message.octets, message.names))
                events = other.receive(message.octets)
                assert not [event for event in events if isinstance(event, CloseRequested)] or (
                    {"COTP.DR", "SES.AB", "SES.DN", "SES.RF"} & set(message.names)
                ), events

    def _carrying(self, role: Role, apdu: str, secpdu: bytes) -> None:
        information = (External(E2E_CONTEXT, secpdu),)
        self._policies[role].values[apdu] = lambda value: msgspec.structs.replace(
            value, user_information=information
        )

    def _by_reading(self, established: Established) -> Established:
        """Return an association whose salt is by the reading that this pair goes by."""
        handshake = transcript(established.request_tbs, established.response_tbs)
        salt = transcript_salt(handshake, self._derivation)
        agreed = msgspec.structs.replace(established.agreed, salt=salt)
        return msgspec.structs.replace(established, agreed=agreed)

    def _transfer(self, role: Role, established: Established) -> DataTransfer:
        return DataTransfer(
            role,
            established.agreed,
            established.own,
            established.peer_public,
            BER,
            clock=lambda: self._now,
            randomness=Stream(f"{role.value} data"),
            derivation=self._derivation,
        )

    def _tell(self, secret: bytes) -> None:
        line = key_line(self._established.request_tbs, self._established.agreed, secret, self._epoch)
        self.key_file += f"{line}\n"

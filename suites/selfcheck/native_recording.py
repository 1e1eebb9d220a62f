"""Whole associations of native mode, every message of them and their key file kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

from conform62351.profiles.environments.osi.events import KeysChanged, KeysEstablished
from conform62351.profiles.events import Outgoing
from conform62351.profiles.identifiers import IDENTIFIERS
from conform62351.profiles.mms.codec import encode_pdu
from conform62351.profiles.native.codec import Carrier
from conform62351.profiles.native.derivation import Derivation
from conform62351.profiles.native.keyfile import key_line
from conform62351.profiles.native.parameters import Mode
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck import dissection_samples
from conform62351.suites.selfcheck.environment_osi_bench import CLIENT, NativePair, of_kind, security
from conform62351.suites.selfcheck.native_bench import replaced
from conform62351.suites.selfcheck.osi_pairing import DATA, REQUEST, RESPONSE
from conform62351.tooling.net.flow import Address, End, Flow
from conform62351.tooling.net.reconstruction import Reconstruction

E2E_SYNTAX: Final = IDENTIFIERS.oid("e2eSecurityAS")
INITIATE: Final = dissection_samples.INITIATE
IDENTIFY: Final = dissection_samples.request("identify", None)
ANSWER: Final = encode_pdu(
    "confirmed-ResponsePDU",
    {"invokeID": 7, "service": ("identify", {"vendorName": "V", "modelName": "M", "revision": "1"})},
)


class NativeRecorded(NativePair):
    """A pair of native mode: ``log`` has sender, octets and names of every message.

    ``secpdus`` are name and octets of the SecPDUs that were received, ``key_file`` tells the keys.
    """

    def __init__(
        self,
        mode: Mode = Mode.AE,
        derivation: Derivation | None = None,
        *,
        tpdu_size: int | None = None,
        **changes: Any,
    ) -> None:
        reading = derivation or Derivation()
        sides = (
            security(name, local={"mode": mode}, derivation=reading, **changes)
            for name in ("client", "server")
        )
        super().__init__(*sides, client_osi=replaced(CLIENT, tpdu_size=tpdu_size))
        self.log: list[tuple[str, bytes, tuple[str, ...]]] = []
        self.secpdus: list[tuple[str, bytes]] = []
        for role, machine in ((Role.CLIENT, self.client), (Role.SERVER, self.server)):
            machine.take_output = self._keeping(role, machine.take_output)  # type: ignore[method-assign]

    @property
    def key_file(self) -> str:
        """The lines of the key file."""
        (established,) = of_kind(self.client_events, KeysEstablished)
        association = established.established
        secrets = [(0, association.secret)]
        secrets += [(event.number, event.secret) for event in of_kind(self.client_events, KeysChanged)]
        agreed = self.client.agreed
        assert agreed is not None
        lines = [key_line(association.request_tbs, agreed, secret, epoch) for epoch, secret in secrets]
        return "".join(f"{line}\n" for line in lines)

    def carry(self) -> Self:
        """Let both talk until they are silent, and keep the SecPDUs."""
        super().carry()
        received = [*self.server.take_received(), *self.client.take_received()]
        self.secpdus += [(pdu.name, pdu.octets) for pdu in received if pdu.name.startswith("E2E.")]
        return self

    def opened(self) -> Self:
        """Open the association."""
        self.connected()
        self.client.associate(INITIATE, REQUEST)
        self.carry()
        self.server.accept(b"\xa9" + INITIATE[1:], RESPONSE)
        return self.carry()

    def exchanged(self) -> Self:
        """Have the client ask and the server answer."""
        self.client.send_data(IDENTIFY, DATA)
        self.carry()
        self.server.send_data(ANSWER, "MMS.confirmed-ResponsePDU")
        return self.carry()

    def whole(self) -> Self:
        """Open, exchange data, change the keys, exchange data, release."""
        self.opened().exchanged()
        self.client.rekey()
        self.exchanged().exchanged()
        self.client.release()
        self.carry()
        self.server.accept_release()
        return self.carry()

    def sends(self, octets: bytes, carrier: Carrier = Carrier.DATA) -> Self:
        """Have the client send octets as a SecPDU, which nobody receives."""
        self.client.send_secpdu(octets, "E2E.SecPDU", carrier)
        self.client.take_output()
        return self

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

    def _keeping(self, role: Role, take: Callable[[], list[Outgoing]]) -> Callable[[], list[Outgoing]]:
        def taken() -> list[Outgoing]:
            messages = take()
            self.log += [(role.value, message.octets, message.names) for message in messages]
            return messages

        return taken

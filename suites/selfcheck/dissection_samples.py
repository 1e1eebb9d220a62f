"""Whole associations, every message of them kept."""

from __future__ import annotations

from typing import Any

from conform62351.profiles.mms.codec import encode_pdu
from conform62351.profiles.osi.parameters import OsiParameters
from conform62351.suites.selfcheck.osi_pairing import CLIENT, DATA, SERVER, Pair

INITIATE = bytes.fromhex("a826800300fde881010582010583010aa416800101810305f100820c03ee1c00000408000079ef18")


def request(service: str, value: Any) -> bytes:
    return encode_pdu("confirmed-RequestPDU", {"invokeID": 7, "service": (service, value)})


class Recorded(Pair):
    """A pair whose messages are kept: sender, octets, names."""

    def __init__(self, client: OsiParameters = CLIENT, server: OsiParameters = SERVER) -> None:
        super().__init__(client, server)
        self.log: list[tuple[str, bytes, tuple[str, ...]]] = []
        for who, machine in (("client", self.client), ("server", self.server)):
            machine.take_output = self._keeping(who, machine.take_output)  # type: ignore[method-assign]

    def _keeping(self, who: str, take: Any) -> Any:
        def taken() -> Any:
            messages = take()
            self.log += [(who, message.octets, message.names) for message in messages]
            return messages

        return taken

    def indicated(self) -> Recorded:
        self.connected()
        self.client.associate(INITIATE, "MMS.initiate-RequestPDU")
        self.carry()
        return self

    def whole(self) -> Recorded:
        self.indicated()
        self.server.accept(b"\xa9" + INITIATE[1:], "MMS.initiate-ResponsePDU")
        self.carry()
        self.client.send_data(request("identify", None), DATA)
        self.carry()
        self.client.release()
        self.carry()
        self.server.accept_release()
        self.carry()
        return self


MESSAGES = [entry[1] for entry in Recorded().whole().log]

"""What is no PDU of the protected protocol, in data that are in order (13.4)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    NATIVE,
    SERVER_AE,
    SERVER_BASELINE,
    client_association,
    client_exchanges,
    server_association,
)
from conform62351.suites.native.ways import CLEAR
from conform62351.suites.osi.conversations import client_usable, server_usable
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.outcomes import REJECT_PDU, expect
from conform62351.tooling.engine.steps import AnyStep, Conversation, Inject, NoFinding, Rekey, conversation

UNDECODABLE = "R-E2E-PrPDU-undecodable"
NO_PDU = {
    "no PDU of MMS": bytes.fromhex("ae00"),
    "a PDU that is cut short": bytes.fromhex("a0 10 02 01 07 82 00"),
    "a request without a service": bytes.fromhex("a0 03 02 01 07"),
    "octets that are no BER": bytes.fromhex("ff ff ff ff"),
}
NO_BER = {
    "a PDU with octets inside that are no BER": bytes.fromhex("a0 04 02 01 02 09"),
    "a long tag, and octets inside that are no BER": bytes.fromhex("bf 1f 03 02 09 00"),
    "a longer tag, and octets inside that are no BER": bytes.fromhex("bf 81 1f 03 02 09 00"),
}
"""What has a beginning and an end, so that it can be told from what stands behind it in a ClearTransfer."""


@case("E2E/SRV/DT/BV-no-PrPDU", UNDECODABLE, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_no_prpdu() -> Iterator[Conversation]:
    """A server that finds no PDU of MMS in protected data answers with a Reject, protected, and goes on; also
    where data are not encrypted, so that what is no BER stands within the SecPDU, and beside a rekey.
    """

    def told(
        handshake: Handshake, octets: bytes, label: str, pics: str = "", *first: AnyStep
    ) -> Conversation:
        return conversation(
            server_association(handshake),
            *first,
            Inject(layer="presentation", octets=octets, name="MMS"),
            expect(UNDECODABLE, REJECT_PDU),
            server_usable(UNDECODABLE),
            NoFinding(requirement=UNDECODABLE, steps=("E2E.DT", "E2E.OSI")),
            label=label,
            pics=pics,
        )

    for label, octets in NO_PDU.items():
        yield told(Handshake(), octets, label)
    clear, pics = CLEAR[0].handshake(), CLEAR[0].pics(Role.SERVER)
    for label, octets in NO_BER.items():
        yield told(clear, octets, f"{CLEAR[0].label}: {label}", pics)
        yield told(clear, octets, f"{CLEAR[0].label}, with a rekey: {label}", pics, Rekey())


@case("E2E/CLI/DT/BV-no-PrPDU", UNDECODABLE, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_no_prpdu() -> Iterator[Conversation]:
    """A client that finds no PDU of MMS in protected data answers with a Reject, protected, and goes on."""
    for label, octets in NO_PDU.items():
        yield conversation(
            client_association(),
            client_exchanges(1),
            Inject(layer="presentation", octets=octets, name="MMS"),
            expect(UNDECODABLE, REJECT_PDU),
            client_usable(UNDECODABLE),
            NoFinding(requirement=UNDECODABLE, steps=("E2E.DT", "E2E.OSI")),
            label=label,
        )

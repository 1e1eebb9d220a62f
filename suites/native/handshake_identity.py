"""What a handshake states of itself: protected protocol, version, and whose it is (clause 14: 5, 8, 9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    SERVER,
    SERVER_BASELINE,
)
from conform62351.suites.native.refusals import SENT, Ways, credentials, refuses_each, way
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.mutations import FlipBit, SetField, SetText
from conform62351.tooling.engine.steps import Conversation

PROTOCOL = "R-E2E-protocol"
VERSION = "R-E2E-version"
ADDRESS = "R-E2E-address"
SUBJECT = "R-CERT-subject-other"

SOMEBODY = "bad/other-subject"
"""The credential of the tester whose certificate is for the titles of somebody else."""
OTHER_SUBJECTS: Final = {
    "another AE-qualifier": SOMEBODY,
    "another AP-title": "bad/other-AP-title",
    "one more arc behind the titles": "bad/longer-title",
}
"""Credentials of the tester whose certificates are for other titles, by what is other in them."""
OTHER_PROTOCOLS: Final = {
    "that of XMPP": "IEC 61850-8-2",
    "MMS": "MMS",
    "nothing": "",
    "in small letters": "iec 61850-8-1",
    "with a blank behind it": "IEC 61850-8-1 ",
    "with more behind it": "IEC 61850-8-1-1",
    "cut off": "IEC 61850-8",
    "with a tabulator in place of the space": "IEC\t61850-8-1",
    "with hyphens that are no minus": "IEC 61850\u20108\u20101",
    "with a zero octet behind it": "IEC 61850-8-1\x00",
    "thousands of characters": "IEC 61850-8-1" * 150,
}

"""What pp must not be: it is compared exactly (decision 28)."""
VERSIONS: Final[dict[str, tuple[int, ...]]] = {
    "no bit": (),
    "the second bit": (1,),
    "all others of an octet": (1, 2, 3, 4, 5, 6, 7),
    "the last of 32": (31,),
}


def other_protocols(role: Role) -> Ways:
    """Return the handshakes for another protected protocol."""
    return {
        label: way(SetField(pdu=SENT[role].pdu, field="pp", value=value))
        for label, value in OTHER_PROTOCOLS.items()
    }


def other_protocol_unsigned(role: Role) -> Ways:
    """Return the handshake for another protected protocol whose signature does not verify."""
    pdu = SENT[role].pdu
    return {"": way(SetField(pdu=pdu, field="pp", value="MMS"), FlipBit(pdu=pdu, at=-1))}


def other_versions(role: Role) -> Ways:
    """Return the handshakes without version 1."""
    return {
        label: way(SetField(pdu=SENT[role].token, field="version", value=bits))
        for label, bits in VERSIONS.items()
    }


def other_subject() -> Ways:
    """Return the handshakes with a certificate for somebody else."""
    return {label: way(handshake=Handshake(credential=name)) for label, name in OTHER_SUBJECTS.items()}


def other_titles() -> Ways:
    """Return the requests in an AARQ with other calling titles than those of the certificate."""
    title = "calling_ap_title"
    return {
        "AP-title": way(SetField(pdu="ACSE.AARQ", field=title, value="1.1.1.999.77")),
        "AP-title with an arc before it": way(SetText(pdu="ACSE.AARQ", field=title, pattern="1.{0}")),
        "AP-title with an arc behind it": way(SetText(pdu="ACSE.AARQ", field=title, pattern="{0}.1")),
        "AE-qualifier": way(SetField(pdu="ACSE.AARQ", field="calling_ae_qualifier", value=32_001)),
    }


@case(
    "E2E/SRV/PROTOCOL/BI-other",
    PROTOCOL,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_protocol() -> Iterator[Conversation]:
    """A server answers protected-protocol-not-supported when pp is not exactly that of MMS over OSI."""
    return refuses_each(Role.SERVER, PROTOCOL, "5", other_protocols(Role.SERVER))


@case(
    "E2E/CLI/PROTOCOL/BI-other",
    PROTOCOL,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_protocol() -> Iterator[Conversation]:
    """A client answers protocol-error when pp of a HandshakeAcc is not exactly the one that it has
    asked for.
    """
    return refuses_each(Role.CLIENT, PROTOCOL, "5", other_protocols(Role.CLIENT))


@case(
    "E2E/SRV/PROTOCOL/BI-other-unsigned",
    PROTOCOL,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_protocol_unsigned() -> Iterator[Conversation]:
    """A server refuses another protected protocol when the signature does not verify either; pp lies outside
    of it.
    """
    return refuses_each(Role.SERVER, PROTOCOL, ("5", "4.2"), other_protocol_unsigned(Role.SERVER))


@case(
    "E2E/CLI/PROTOCOL/BI-other-unsigned",
    PROTOCOL,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_protocol_unsigned() -> Iterator[Conversation]:
    """A client refuses another protected protocol when the signature does not verify either; pp lies outside
    of it.
    """
    return refuses_each(Role.CLIENT, PROTOCOL, ("5", "4.2"), other_protocol_unsigned(Role.CLIENT))


@case(
    "E2E/SRV/VERSION/BI-not-1",
    VERSION,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_version() -> Iterator[Conversation]:
    """A server answers unexpected-version when a HandshakeReq does not have version 1."""
    return refuses_each(Role.SERVER, VERSION, "9", other_versions(Role.SERVER))


@case(
    "E2E/CLI/VERSION/BI-not-1",
    VERSION,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_version() -> Iterator[Conversation]:
    """A client answers unexpected-version when a HandshakeAcc does not have version 1."""
    return refuses_each(Role.CLIENT, VERSION, "9", other_versions(Role.CLIENT))


@case(
    "E2E/SRV/ADDRESS/BI-other-subject",
    ADDRESS,
    SUBJECT,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*OTHER_SUBJECTS.values()),
)
def server_other_subject() -> Iterator[Conversation]:
    """A server raises an alarm when the certificate is for the titles of somebody else than who calls."""
    return refuses_each(Role.SERVER, ADDRESS, "8", other_subject())


@case(
    "E2E/CLI/ADDRESS/BI-other-subject",
    ADDRESS,
    SUBJECT,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*OTHER_SUBJECTS.values()),
)
def client_other_subject() -> Iterator[Conversation]:
    """A client raises an alarm when the certificate is for the titles of somebody else than who answers."""
    return refuses_each(Role.CLIENT, ADDRESS, "8", other_subject())


@case(
    "E2E/SRV/ADDRESS/BI-other-titles",
    ADDRESS,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_other_titles() -> Iterator[Conversation]:
    """A server raises an alarm when the calling titles of the AARQ are not those of the certificate."""
    return refuses_each(Role.SERVER, ADDRESS, "8", other_titles())

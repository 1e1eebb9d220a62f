"""Attribute certificates with a role in handshakes (clause 14, row 24; 11-decisions 30)."""

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
from conform62351.tooling.engine.handshake import Handshake, attributes_of
from conform62351.tooling.engine.mutations import Edit, SetField
from conform62351.tooling.engine.steps import Conversation

ENCODING = "R-E2E-attCert-encoding"
HOLDER = "R-E2E-attCert-holder"
VALIDITY = "R-E2E-attCert-validity"
AUTHORITY = "R-E2E-attCert-authority"
ALTERED = "R-E2E-handshake-altered"

OF_OTHERS: Final = ("bad/other-certificate", "bad/other-subject")
NOT_NOW: Final = ("bad/expired", "bad/not-yet-valid")
NOT_SIGNED: Final = ("bad/unknown-authority", "bad/broken-signature")
UNREADABLE: Final = "bad/truncated"
GOOD: Final = "e2e"


def attributes(*names: str) -> tuple[str, ...]:
    """Return the means of having the attribute certificates ``names``."""
    return credentials(*map(attributes_of, names))


def shown(*names: str) -> Ways:
    """Return the handshakes with one of the attribute certificates ``names`` each."""
    return {name: way(handshake=Handshake(att_cert=name)) for name in names}


def unreadable(role: Role) -> Ways:
    """Return the handshakes with what is no attribute certificate."""
    others = {
        "nothing": SetField(pdu=SENT[role].token, field="attCert", octets=b""),
        "NULL": SetField(pdu=SENT[role].token, field="attCert", octets=b"\x05\x00"),
    }
    return {**shown(UNREADABLE), **{label: way(mutation) for label, mutation in others.items()}}


def taken_out(role: Role) -> Ways:
    """Return the handshake whose attribute certificate was taken out on its way."""
    return {"": way(SENT[role].outside("30/30/04[1]", Edit.DROP), handshake=Handshake(att_cert=GOOD))}


@case(
    "E2E/SRV/ATTCERT/BI-encoding",
    ENCODING,
    EVENT,
    pics=f"{SERVER} and E2E.attribute-certificates.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=attributes(UNREADABLE),
)
def server_encoding() -> Iterator[Conversation]:
    """A server answers invalid-attribute-certificate when attCert of a HandshakeReq is no attribute
    certificate.
    """
    return refuses_each(Role.SERVER, ENCODING, "24", unreadable(Role.SERVER))


@case(
    "E2E/CLI/ATTCERT/BI-encoding",
    ENCODING,
    EVENT,
    pics=f"{CLIENT} and E2E.attribute-certificates.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=attributes(UNREADABLE),
)
def client_encoding() -> Iterator[Conversation]:
    """A client answers invalid-attribute-certificate when attCert of a HandshakeAcc is no attribute
    certificate.
    """
    return refuses_each(Role.CLIENT, ENCODING, "24", unreadable(Role.CLIENT))


@case(
    "E2E/SRV/ATTCERT/BI-holder",
    HOLDER,
    EVENT,
    pics=f"{SERVER} and E2E.attribute-certificates.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=attributes(*OF_OTHERS),
)
def server_holder() -> Iterator[Conversation]:
    """A server answers invalid-attribute-certificate when attCert of a HandshakeReq is for another
    certificate, or for somebody else.
    """
    return refuses_each(Role.SERVER, HOLDER, "24", shown(*OF_OTHERS))


@case(
    "E2E/CLI/ATTCERT/BI-holder",
    HOLDER,
    EVENT,
    pics=f"{CLIENT} and E2E.attribute-certificates.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=attributes(*OF_OTHERS),
)
def client_holder() -> Iterator[Conversation]:
    """A client answers invalid-attribute-certificate when attCert of a HandshakeAcc is for another
    certificate, or for somebody else.
    """
    return refuses_each(Role.CLIENT, HOLDER, "24", shown(*OF_OTHERS))


@case(
    "E2E/SRV/ATTCERT/BI-validity",
    VALIDITY,
    EVENT,
    pics=f"{SERVER} and E2E.attribute-certificates.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=attributes(*NOT_NOW),
)
def server_validity() -> Iterator[Conversation]:
    """A server answers invalid-attribute-certificate when attCert of a HandshakeReq has expired, or is not
    valid yet.
    """
    return refuses_each(Role.SERVER, VALIDITY, "24", shown(*NOT_NOW))


@case(
    "E2E/CLI/ATTCERT/BI-validity",
    VALIDITY,
    EVENT,
    pics=f"{CLIENT} and E2E.attribute-certificates.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=attributes(*NOT_NOW),
)
def client_validity() -> Iterator[Conversation]:
    """A client answers invalid-attribute-certificate when attCert of a HandshakeAcc has expired, or is not
    valid yet.
    """
    return refuses_each(Role.CLIENT, VALIDITY, "24", shown(*NOT_NOW))


@case(
    "E2E/SRV/ATTCERT/BI-authority",
    AUTHORITY,
    EVENT,
    pics=f"{SERVER} and E2E.attribute-certificates.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=attributes(*NOT_SIGNED),
)
def server_authority() -> Iterator[Conversation]:
    """A server answers invalid-attribute-certificate when no attribute authority that is known has signed
    attCert of a HandshakeReq.
    """
    return refuses_each(Role.SERVER, AUTHORITY, "24", shown(*NOT_SIGNED))


@case(
    "E2E/CLI/ATTCERT/BI-authority",
    AUTHORITY,
    EVENT,
    pics=f"{CLIENT} and E2E.attribute-certificates.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=attributes(*NOT_SIGNED),
)
def client_authority() -> Iterator[Conversation]:
    """A client answers invalid-attribute-certificate when no attribute authority that is known has signed
    attCert of a HandshakeAcc.
    """
    return refuses_each(Role.CLIENT, AUTHORITY, "24", shown(*NOT_SIGNED))


@case(
    "E2E/SRV/ATTCERT/BI-taken-out",
    ALTERED,
    EVENT,
    pics=f"{SERVER} and E2E.attribute-certificates.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=attributes(GOOD),
)
def server_taken_out() -> Iterator[Conversation]:
    """A server raises an alarm when attCert was taken out of a HandshakeReq on its way."""
    return refuses_each(Role.SERVER, ALTERED, "4.2", taken_out(Role.SERVER))


@case(
    "E2E/CLI/ATTCERT/BI-taken-out",
    ALTERED,
    EVENT,
    pics=f"{CLIENT} and E2E.attribute-certificates.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=attributes(GOOD),
)
def client_taken_out() -> Iterator[Conversation]:
    """A client raises an alarm when attCert was taken out of a HandshakeAcc on its way."""
    return refuses_each(Role.CLIENT, ALTERED, "4.2", taken_out(Role.CLIENT))

"""Signatures of handshakes, and what is believed of what they cover (clause 14, rows 2 to 4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.crypto.signatures import ECDSA_WITH_SHA256
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
from conform62351.tooling.engine.mutations import Edit, FlipBit, SetField
from conform62351.tooling.engine.steps import Conversation

SUPPORTED = "R-E2E-signature-supported"
PARAMETERS = "R-E2E-signature-parameters"
STATED = "R-E2E-signature-stated"
FITTING = "R-E2E-signature-fits-key"
VERIFIES = "R-E2E-signature-verifies"

RSA = "e2e-rsa"
ANOTHER = "e2e-brainpool"
"""Credentials of the tester with keys of another kind, and on another curve."""
ROLES: Final = "e2e"
"""An attribute certificate of the tester."""
HAS_RSA: Final = "T13.sha256WithRSAEncryption"
HAS_BRAINPOOL: Final = "T13.ecPublicKey-brainpoolP256r1"
BY_ECDSA: Final = ("ecdsa-with-SHA1", "ecdsa-with-SHA224", "ecdsa-with-SHA384", "ecdsa-with-SHA512")
BY_RSA: Final = ("sha1WithRSAEncryption", "sha384WithRSAEncryption", "sha512WithRSAEncryption")
"""Signature algorithms that Table 13 does not have."""
NULL: Final = b"\x05\x00"
OCTET_STRING: Final = b"\x04\x00"

RSA_STATED: Final = "RSA"
ZERO_SIGNATURE: Final = bytes.fromhex("30 06 02 01 00 02 01 00")


def unsupported(role: Role) -> Ways:
    """Return the handshakes that are signed by what native mode does not have, and say so."""
    by_ecdsa = {name: way(handshake=Handshake(algorithm=name)) for name in BY_ECDSA}
    by_rsa = {name: way(handshake=Handshake(credential=RSA, algorithm=name)) for name in BY_RSA}
    unknown = SetField(pdu=SENT[role].token, field="sigAlg.oid", value="1.2.3")
    return {**by_ecdsa, **by_rsa, "an unknown one": way(unknown)}


def parameters(role: Role) -> Ways:
    """Return the handshakes whose signature algorithm has parameters that it does not go with."""
    field = "sigAlg.parameters"
    return {
        "ECDSA with NULL": way(SetField(pdu=SENT[role].token, field=field, octets=NULL)),
        "ECDSA with an OCTET STRING": way(SetField(pdu=SENT[role].token, field=field, octets=OCTET_STRING)),
        "RSA with an OCTET STRING": way(
            SetField(pdu=SENT[role].token, field=field, octets=OCTET_STRING),
            handshake=Handshake(credential=RSA),
        ),
    }


def stated_otherwise(role: Role) -> Ways:
    """Return the handshakes signed by ECDSA as they say outside; sigAlg, which is signed, says another."""
    outside = SetField(
        pdu=SENT[role].pdu, field="sign.algo", value={"oid": ECDSA_WITH_SHA256, "parameters": None}
    )
    unknown = SetField(pdu=SENT[role].token, field="sigAlg.oid", value="1.2.3")
    return {
        RSA_STATED: way(outside, handshake=Handshake(algorithm="sha256WithRSAEncryption")),
        "an unknown one": way(unknown, outside),
    }


def not_fitting(role: Role) -> Ways:
    """Return the handshakes whose signature is of another kind than the key of the certificate."""
    return {
        "RSA, with a key on secp256r1": way(handshake=Handshake(key=RSA), pics=f"{HAS_RSA}.{role.value}"),
        "ECDSA, with an RSA key": way(handshake=Handshake(credential=RSA, key="e2e")),
    }


def wrongly_signed(role: Role) -> Ways:
    """Return the handshakes whose signature does not verify."""
    sent = SENT[role]
    signature = "30[-1]/04"
    return {
        "one bit inverted": way(FlipBit(pdu=sent.pdu, at=-1)),
        "RSA, one bit inverted": way(
            FlipBit(pdu=sent.pdu, at=-1),
            handshake=Handshake(credential=RSA),
            pics=f"{HAS_RSA}.{role.value}",
        ),
        "brainpoolP256r1, one bit inverted": way(
            FlipBit(pdu=sent.pdu, at=-1),
            handshake=Handshake(credential=ANOTHER),
            pics=f"{HAS_BRAINPOOL}.{role.value}",
        ),
        "group 14, one bit inverted": way(
            FlipBit(pdu=sent.pdu, at=-1), handshake=Handshake(groups=("modp-2048",))
        ),
        "with roles, one bit inverted": way(
            FlipBit(pdu=sent.pdu, at=-1), handshake=Handshake(att_cert=ROLES)
        ),
        "r and s in a row": way(handshake=Handshake(plain=True)),
        "over the whole of tbs": way(handshake=Handshake(covers="whole")),
        "over other octets": way(handshake=Handshake(covers="other")),
        "by another key": way(handshake=Handshake(key=ANOTHER)),
        "of nothing": way(sent.outside(signature, Edit.CONTENT)),
        "zeros": way(sent.outside(signature, Edit.CONTENT, bytes(72))),
        "r and s zero": way(sent.outside(signature, Edit.CONTENT, ZERO_SIGNATURE)),
        "thousands of octets": way(sent.outside(signature, Edit.CONTENT, bytes(2000))),
    }


@case(
    "E2E/SRV/SIGNATURE/BI-algorithm",
    SUPPORTED,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(RSA),
)
def server_algorithm() -> Iterator[Conversation]:
    """A server answers invalid-signatureAlgorithm when a HandshakeReq is signed by an algorithm that native
    mode does not have.
    """
    return refuses_each(Role.SERVER, SUPPORTED, "2", unsupported(Role.SERVER))


@case(
    "E2E/CLI/SIGNATURE/BI-algorithm",
    SUPPORTED,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(RSA),
)
def client_algorithm() -> Iterator[Conversation]:
    """A client answers invalid-signatureAlgorithm when a HandshakeAcc is signed by an algorithm that native
    mode does not have.
    """
    return refuses_each(Role.CLIENT, SUPPORTED, "2", unsupported(Role.CLIENT))


@case(
    "E2E/SRV/SIGNATURE/BI-parameters",
    PARAMETERS,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(RSA),
)
def server_parameters() -> Iterator[Conversation]:
    """A server takes a signature algorithm with parameters that it does not go with for one that it does not
    have.
    """
    return refuses_each(Role.SERVER, PARAMETERS, "2", parameters(Role.SERVER))


@case(
    "E2E/CLI/SIGNATURE/BI-parameters",
    PARAMETERS,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(RSA),
)
def client_parameters() -> Iterator[Conversation]:
    """A client takes a signature algorithm with parameters that it does not go with for one that it does not
    have.
    """
    return refuses_each(Role.CLIENT, PARAMETERS, "2", parameters(Role.CLIENT))


@case(
    "E2E/SRV/SIGNATURE/BI-stated",
    STATED,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_stated() -> Iterator[Conversation]:
    """A server raises an alarm when the algorithm of the signature is not the one that the signed token
    states, though it verifies.
    """
    return refuses_each(Role.SERVER, STATED, "3.1", stated_otherwise(Role.SERVER))


@case(
    "E2E/CLI/SIGNATURE/BI-stated",
    STATED,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_stated() -> Iterator[Conversation]:
    """A client raises an alarm when the algorithm of the signature is not the one that the signed token
    states, though it verifies.
    """
    return refuses_each(Role.CLIENT, STATED, "3.1", stated_otherwise(Role.CLIENT))


@case(
    "E2E/SRV/SIGNATURE/BI-key-kind",
    FITTING,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(RSA),
)
def server_key_kind() -> Iterator[Conversation]:
    """A server raises an alarm when the algorithm of the signature is for another kind of key than that of
    the certificate.
    """
    return refuses_each(Role.SERVER, FITTING, "3.2", not_fitting(Role.SERVER))


@case(
    "E2E/CLI/SIGNATURE/BI-key-kind",
    FITTING,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(RSA),
)
def client_key_kind() -> Iterator[Conversation]:
    """A client raises an alarm when the algorithm of the signature is for another kind of key than that of
    the certificate.
    """
    return refuses_each(Role.CLIENT, FITTING, "3.2", not_fitting(Role.CLIENT))


@case(
    "E2E/SRV/SIGNATURE/BI-invalid",
    VERIFIES,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(RSA, ANOTHER, attributes_of(ROLES)),
)
def server_invalid() -> Iterator[Conversation]:
    """A server raises an alarm when the signature of a HandshakeReq does not verify."""
    return refuses_each(Role.SERVER, VERIFIES, "4.2", wrongly_signed(Role.SERVER))


@case(
    "E2E/CLI/SIGNATURE/BI-invalid",
    VERIFIES,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(RSA, ANOTHER, attributes_of(ROLES)),
)
def client_invalid() -> Iterator[Conversation]:
    """A client raises an alarm when the signature of a HandshakeAcc does not verify."""
    return refuses_each(Role.CLIENT, VERIFIES, "4.2", wrongly_signed(Role.CLIENT))

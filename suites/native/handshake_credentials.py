"""Certificates of every kind in the handshake of native mode, their paths and what goes with them.

(clauses 8, 13 and Annex G)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    NATIVE,
    NATIVE_BRAINPOOL,
    NATIVE_RSA,
    SERVER,
    SERVER_BASELINE,
    client_takes,
    own_handshake,
    server_connection_on,
    server_takes,
)
from conform62351.suites.osi.conversations import Steps, client_request
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import ANCHOR, CHAIN, Handshake
from conform62351.tooling.engine.mutations import Edit, EditTlv
from conform62351.tooling.engine.steps import Conversation, conversation

KINDS = "R-E2E-own-kinds"
PATH = "R-E2E-certPath-read"
SUBJECT = "R-E2E-subject-read"
ATTRIBUTES = "R-E2E-attribute-certificate-read"
ROLE = "R-E2E-role-extension-read"
LARGE = "R-E2E-large"
OWN_HANDSHAKE = "R-E2E-own-handshake"

RSA, ON_SECP256R1, ON_BRAINPOOL = (
    "T13.rsaEncryption",
    "T13.ecPublicKey-secp256r1",
    "T13.ecPublicKey-brainpoolP256r1",
)
BY_KIND: Mapping[str, tuple[str, str]] = {
    "RSA": ("e2e-rsa", RSA),
    "secp256r1": ("e2e", ON_SECP256R1),
    "brainpoolP256r1": ("e2e-brainpool", ON_BRAINPOOL),
}
"""The credential of the tester by the kind of its key, and what a DUT claims who can read it."""
TWO_AUTHORITIES = "two-intermediates"
TITLE_AS_STRING = "utf8-title"
LARGEST = "large"
WITH_ROLE = "e2e-role"
ATTRIBUTE_CERTIFICATES = {"by issuer and serial number": "e2e", "by name": "by-name"}


def claimed(code: str, role: Role) -> str:
    """Return the condition that a DUT of ``role`` reads certificates with keys of this kind."""
    signature = "sha256WithRSAEncryption" if code == RSA else "ecdsa-with-SHA256"
    return f"{code}.{role.value} and T13.{signature}.{role.value}"


SERVER_RSA = f"{SERVER} and {claimed(RSA, Role.SERVER)}"
CLIENT_RSA = f"{CLIENT} and {claimed(RSA, Role.CLIENT)}"
SERVER_BRAINPOOL = f"{SERVER} and {claimed(ON_BRAINPOOL, Role.SERVER)}"
CLIENT_BRAINPOOL = f"{CLIENT} and {claimed(ON_BRAINPOOL, Role.CLIENT)}"


def _taken(role: Role, requirement: str, handshake: Handshake, *edits: EditTlv) -> Steps:
    """Return the steps in which the DUT takes a handshake that is signed so, and data after it."""
    if role is Role.SERVER:
        return (*server_connection_on(0), *server_takes(requirement, *edits, handshake=handshake))
    return (*client_request, *client_takes(requirement, *edits, handshake=handshake))


def _takes(role: Role, requirement: str, handshake: Handshake, label: str, *edits: EditTlv) -> Conversation:
    return conversation(_taken(role, requirement, handshake, *edits), label=label)


def _kinds(role: Role) -> Iterator[Conversation]:
    """Show the DUT a certificate of each kind that it can read, whatever its own is."""
    for label, (credential, code) in BY_KIND.items():
        steps = _taken(role, KINDS, Handshake(credential=credential))
        yield conversation(steps, own_handshake, label=label, pics=claimed(code, role))


def _paths(role: Role) -> Iterator[Conversation]:
    tbs = "E2E.HandshakeReq.tbs" if role is Role.SERVER else "E2E.HandshakeAcc.tbs"
    path = "30/30/30[1]/04"
    turned = EditTlv(pdu=tbs, path=path, edit=Edit.SWAP, other=f"{path}[1]")
    yield _takes(role, PATH, Handshake(credential=TWO_AUTHORITIES), "two authorities")
    yield _takes(role, PATH, Handshake(credential=TWO_AUTHORITIES), "the lower authority first", turned)
    yield _takes(role, PATH, Handshake(path=()), "left out")
    yield _takes(role, PATH, Handshake(credential="e2e-direct"), "nothing between the anchor and pkCert")
    yield _takes(role, PATH, Handshake(path=(ANCHOR, CHAIN)), "the anchor first")
    yield _takes(role, PATH, Handshake(path=(CHAIN, ANCHOR)), "the anchor last")


def _each_attribute_certificate(role: Role) -> Iterator[Conversation]:
    for label, name in ATTRIBUTE_CERTIFICATES.items():
        yield _takes(role, ATTRIBUTES, Handshake(att_cert=name), f"its holder {label}")


@case(
    "E2E/SRV/HS/BV-kinds",
    KINDS,
    OWN_HANDSHAKE,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_kinds() -> Iterator[Conversation]:
    """A server with a key on secp256r1 takes certificates with keys of every kind that it claims."""
    return _kinds(Role.SERVER)


@case(
    "E2E/CLI/HS/BV-kinds",
    KINDS,
    OWN_HANDSHAKE,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_kinds() -> Iterator[Conversation]:
    """A client with a key on secp256r1 takes certificates with keys of every kind that it claims."""
    return _kinds(Role.CLIENT)


@case(
    "E2E/SRV/HS/BV-kinds-RSA",
    KINDS,
    OWN_HANDSHAKE,
    pics=SERVER_RSA,
    baseline=SERVER_BASELINE,
    configuration=NATIVE_RSA,
)
def server_kinds_rsa() -> Iterator[Conversation]:
    """A server with an RSA key takes certificates with keys of every kind that it claims."""
    return _kinds(Role.SERVER)


@case(
    "E2E/CLI/HS/BV-kinds-RSA",
    KINDS,
    OWN_HANDSHAKE,
    pics=CLIENT_RSA,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_RSA,
)
def client_kinds_rsa() -> Iterator[Conversation]:
    """A client with an RSA key takes certificates with keys of every kind that it claims."""
    return _kinds(Role.CLIENT)


@case(
    "E2E/SRV/HS/BV-kinds-brainpool",
    KINDS,
    OWN_HANDSHAKE,
    pics=SERVER_BRAINPOOL,
    baseline=SERVER_BASELINE,
    configuration=NATIVE_BRAINPOOL,
)
def server_kinds_brainpool() -> Iterator[Conversation]:
    """A server with a key on brainpoolP256r1 takes certificates with keys of every kind that it claims."""
    return _kinds(Role.SERVER)


@case(
    "E2E/CLI/HS/BV-kinds-brainpool",
    KINDS,
    OWN_HANDSHAKE,
    pics=CLIENT_BRAINPOOL,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_BRAINPOOL,
)
def client_kinds_brainpool() -> Iterator[Conversation]:
    """A client with a key on brainpoolP256r1 takes certificates with keys of every kind that it claims."""
    return _kinds(Role.CLIENT)


@case(
    "E2E/SRV/HS/BV-certPath",
    PATH,
    pics=f"{SERVER_RSA} and E2E.certPath.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_cert_path() -> Iterator[Conversation]:
    """A server takes certPath in any order, with the anchor in it, and does without it."""
    return _paths(Role.SERVER)


@case(
    "E2E/CLI/HS/BV-certPath",
    PATH,
    pics=f"{CLIENT_RSA} and E2E.certPath.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_cert_path() -> Iterator[Conversation]:
    """A client takes certPath in any order, with the anchor in it, and does without it."""
    return _paths(Role.CLIENT)


@case("E2E/SRV/HS/BV-subject", SUBJECT, pics=SERVER_RSA, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_subject() -> Conversation:
    """A server takes a certificate whose subject has the title as a UTF8String."""
    return _takes(Role.SERVER, SUBJECT, Handshake(credential=TITLE_AS_STRING), "UTF8String")


@case("E2E/CLI/HS/BV-subject", SUBJECT, pics=CLIENT_RSA, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_subject() -> Conversation:
    """A client takes a certificate whose subject has the title as a UTF8String."""
    return _takes(Role.CLIENT, SUBJECT, Handshake(credential=TITLE_AS_STRING), "UTF8String")


@case(
    "E2E/SRV/HS/BV-role-extension",
    ROLE,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_role_extension() -> Conversation:
    """A server takes a certificate with the extension for user roles."""
    return _takes(Role.SERVER, ROLE, Handshake(credential=WITH_ROLE), "")


@case(
    "E2E/CLI/HS/BV-role-extension",
    ROLE,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_role_extension() -> Conversation:
    """A client takes a certificate with the extension for user roles."""
    return _takes(Role.CLIENT, ROLE, Handshake(credential=WITH_ROLE), "")


@case(
    "E2E/SRV/HS/BV-attribute-certificate",
    ATTRIBUTES,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_attributes() -> Iterator[Conversation]:
    """A server takes a valid attribute certificate, however it names its holder."""
    return _each_attribute_certificate(Role.SERVER)


@case(
    "E2E/CLI/HS/BV-attribute-certificate",
    ATTRIBUTES,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_attributes() -> Iterator[Conversation]:
    """A client takes a valid attribute certificate, however it names its holder."""
    return _each_attribute_certificate(Role.CLIENT)


@case("E2E/SRV/HS/BV-large", LARGE, pics=SERVER_RSA, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_large() -> Conversation:
    """A server takes a certificate of 8192 octets, in connect data of nearly 10 240."""
    return _takes(Role.SERVER, LARGE, Handshake(credential=LARGEST), "a certificate of 8192 octets")


@case("E2E/CLI/HS/BV-large", LARGE, pics=CLIENT_RSA, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_large() -> Conversation:
    """A client takes a certificate of 8192 octets, in connect data of nearly 10 240."""
    return _takes(Role.CLIENT, LARGE, Handshake(credential=LARGEST), "a certificate of 8192 octets")

"""Paths of certificates in handshakes: what comes along in certPath, and what must not (rows 6 and 7)."""

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
from conform62351.suites.native.refusals import Ways, credentials, refuses_each, way
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import CHAIN, Handshake
from conform62351.tooling.engine.steps import Conversation

SUPERFLUOUS = "R-E2E-path-superfluous"
UNREADABLE = "R-E2E-path-encoding"
ABSENT = "R-E2E-path-absent"
LINKS = "R-E2E-path-links"
FLAG = "R-CERT-CA-flag"
KEY_USAGE = "R-CERT-CA-key-usage"
PATH_LENGTH = "R-CERT-CA-path-length"
HASH = "R-CERT-CA-hash"
VALIDITY = "R-CERT-CA-validity"
CA_REVOKED = "R-CERT-CA-revoked"

OTHERS: Final = ("e2e-rsa", "tester-tls", "bad/self-signed")
"""Certificates that belong to no path of the tester's."""
NO_CERTIFICATES: Final = ("bad/truncated", "bad/pem")
ALONE: Final = "e2e-path"
"""The credential below an authority that the device has from certPath alone."""

READS: Final = "7.1"
NOTHING_MORE: Final = "7.3"
BROKEN: Final = ("7.2", "6.5")
NOT_TRUSTED: Final = "6.5"
DEAD: Final = ("6.5", "7.2")
"""Rows of clause 14: a broken link is one of certPath, and leaves the certificate without trust as well."""


def along(*names: str) -> Ways:
    """Return the handshakes in which one of ``names`` comes behind the right path, or before it."""
    behind = {f"{name} behind it": way(handshake=Handshake(path=(CHAIN, name))) for name in names}
    before = {f"{name} before it": way(handshake=Handshake(path=(name, CHAIN))) for name in names}
    return {**behind, **before}


def itself() -> Ways:
    """Return the handshake in which pkCert is in certPath too."""
    return {"the certificate itself": way(handshake=Handshake(path=(CHAIN, "e2e")))}


def below(name: str) -> Ways:
    """Return the handshake that shows the credential ``name``, its authorities along with it."""
    return {"": way(handshake=Handshake(credential=name))}


def left_out() -> Ways:
    """Return the handshake without the path that is needed."""
    return {"": way(handshake=Handshake(credential=ALONE, path=()))}


@case(
    "E2E/SRV/PATH/BI-superfluous",
    SUPERFLUOUS,
    EVENT,
    pics=f"{SERVER} and E2E.certPath.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*OTHERS),
)
def server_superfluous() -> Iterator[Conversation]:
    """A server refuses a certPath with a certificate that no path of the sender needs."""
    return refuses_each(Role.SERVER, SUPERFLUOUS, NOTHING_MORE, {**along(*OTHERS), **itself()})


@case(
    "E2E/CLI/PATH/BI-superfluous",
    SUPERFLUOUS,
    EVENT,
    pics=f"{CLIENT} and E2E.certPath.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*OTHERS),
)
def client_superfluous() -> Iterator[Conversation]:
    """A client refuses a certPath with a certificate that no path of the sender needs."""
    return refuses_each(Role.CLIENT, SUPERFLUOUS, NOTHING_MORE, {**along(*OTHERS), **itself()})


@case(
    "E2E/SRV/PATH/BI-encoding",
    UNREADABLE,
    EVENT,
    pics=f"{SERVER} and E2E.certPath.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*NO_CERTIFICATES),
)
def server_encoding() -> Iterator[Conversation]:
    """A server refuses a certPath with what is no certificate in DER."""
    return refuses_each(Role.SERVER, UNREADABLE, READS, along(*NO_CERTIFICATES))


@case(
    "E2E/CLI/PATH/BI-encoding",
    UNREADABLE,
    EVENT,
    pics=f"{CLIENT} and E2E.certPath.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*NO_CERTIFICATES),
)
def client_encoding() -> Iterator[Conversation]:
    """A client refuses a certPath with what is no certificate in DER."""
    return refuses_each(Role.CLIENT, UNREADABLE, READS, along(*NO_CERTIFICATES))


@case(
    "E2E/SRV/PATH/BI-absent",
    ABSENT,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(ALONE),
)
def server_absent() -> Iterator[Conversation]:
    """A server refuses a certificate of an authority that it does not have, when no certPath brings it."""
    return refuses_each(Role.SERVER, ABSENT, NOT_TRUSTED, left_out())


@case(
    "E2E/CLI/PATH/BI-absent",
    ABSENT,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(ALONE),
)
def client_absent() -> Iterator[Conversation]:
    """A client refuses a certificate of an authority that it does not have, when no certPath brings it."""
    return refuses_each(Role.CLIENT, ABSENT, NOT_TRUSTED, left_out())


@case(
    "E2E/SRV/PATH/BI-no-authority",
    FLAG,
    LINKS,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/not-a-ca"),
)
def server_no_authority() -> Iterator[Conversation]:
    """A server refuses a certificate whose issuer is no authority by its basicConstraints."""
    return refuses_each(Role.SERVER, FLAG, BROKEN, below("bad/not-a-ca"))


@case(
    "E2E/CLI/PATH/BI-no-authority",
    FLAG,
    LINKS,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/not-a-ca"),
)
def client_no_authority() -> Iterator[Conversation]:
    """A client refuses a certificate whose issuer is no authority by its basicConstraints."""
    return refuses_each(Role.CLIENT, FLAG, BROKEN, below("bad/not-a-ca"))


@case(
    "E2E/SRV/PATH/BI-key-usage",
    KEY_USAGE,
    LINKS,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/ca-no-cert-sign"),
)
def server_key_usage() -> Iterator[Conversation]:
    """A server refuses a certificate whose issuer has a keyUsage without keyCertSign."""
    return refuses_each(Role.SERVER, KEY_USAGE, BROKEN, below("bad/ca-no-cert-sign"))


@case(
    "E2E/CLI/PATH/BI-key-usage",
    KEY_USAGE,
    LINKS,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/ca-no-cert-sign"),
)
def client_key_usage() -> Iterator[Conversation]:
    """A client refuses a certificate whose issuer has a keyUsage without keyCertSign."""
    return refuses_each(Role.CLIENT, KEY_USAGE, BROKEN, below("bad/ca-no-cert-sign"))


@case(
    "E2E/SRV/PATH/BI-path-length",
    PATH_LENGTH,
    LINKS,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/path-length"),
)
def server_path_length() -> Iterator[Conversation]:
    """A server refuses a certificate below more authorities than a path length allows."""
    return refuses_each(Role.SERVER, PATH_LENGTH, BROKEN, below("bad/path-length"))


@case(
    "E2E/CLI/PATH/BI-path-length",
    PATH_LENGTH,
    LINKS,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/path-length"),
)
def client_path_length() -> Iterator[Conversation]:
    """A client refuses a certificate below more authorities than a path length allows."""
    return refuses_each(Role.CLIENT, PATH_LENGTH, BROKEN, below("bad/path-length"))


@case(
    "E2E/SRV/PATH/BI-hash",
    HASH,
    LINKS,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/weak-ca"),
)
def server_hash() -> Iterator[Conversation]:
    """A server refuses a certificate below an authority whose own certificate is signed with SHA-1."""
    return refuses_each(Role.SERVER, HASH, BROKEN, below("bad/weak-ca"))


@case(
    "E2E/CLI/PATH/BI-hash",
    HASH,
    LINKS,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/weak-ca"),
)
def client_hash() -> Iterator[Conversation]:
    """A client refuses a certificate below an authority whose own certificate is signed with SHA-1."""
    return refuses_each(Role.CLIENT, HASH, BROKEN, below("bad/weak-ca"))


@case(
    "E2E/SRV/PATH/BI-expired",
    VALIDITY,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/expired-ca"),
)
def server_expired() -> Iterator[Conversation]:
    """A server refuses a certificate of an authority whose own certificate has expired."""
    return refuses_each(Role.SERVER, VALIDITY, DEAD, below("bad/expired-ca"))


@case(
    "E2E/CLI/PATH/BI-expired",
    VALIDITY,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/expired-ca"),
)
def client_expired() -> Iterator[Conversation]:
    """A client refuses a certificate of an authority whose own certificate has expired."""
    return refuses_each(Role.CLIENT, VALIDITY, DEAD, below("bad/expired-ca"))


@case(
    "E2E/SRV/PATH/BI-revoked",
    CA_REVOKED,
    EVENT,
    pics=f"{SERVER} and E2E.CRL.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/revoked-ca"),
)
def server_revoked() -> Iterator[Conversation]:
    """A server refuses a certificate of an authority that the CRL of the root has."""
    return refuses_each(Role.SERVER, CA_REVOKED, DEAD, below("bad/revoked-ca"))


@case(
    "E2E/CLI/PATH/BI-revoked",
    CA_REVOKED,
    EVENT,
    pics=f"{CLIENT} and E2E.CRL.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/revoked-ca"),
)
def client_revoked() -> Iterator[Conversation]:
    """A client refuses a certificate of an authority that the CRL of the root has."""
    return refuses_each(Role.CLIENT, CA_REVOKED, DEAD, below("bad/revoked-ca"))

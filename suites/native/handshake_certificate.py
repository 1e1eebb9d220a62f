"""Certificates in handshakes whose encoding, numbers, algorithms, key or size break Annex G (rows 4 and 6).

invalid-public-key-certificate is due. That it is no alarm is inferred, so that one passes as well; nothing
else does.
"""

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
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.steps import Conversation

RULES = "R-E2E-certificate-rules"
ENCODING = "R-CERT-encoding"
VERSION = "R-CERT-version"
SERIAL = "R-CERT-serial"
HASH = "R-CERT-hash"
ALGORITHMS = "R-CERT-algorithms-equal"
KEY = "R-CERT-key"
SIZE = "R-CERT-size"

NOT_DER: Final = ("bad/truncated", "bad/trailing", "bad/twice", "bad/pem")
SERIALS: Final = ("bad/negative-serial", "bad/short-serial")
HASHES: Final = ("bad/sha1", "bad/md5")
"""Names of the tester's credentials, by what is wrong with their certificates."""

FORM: Final = "6.1"
UNREADABLE: Final = ("4.1", "6.1")
"""Rows of clause 14."""


def shown(*names: str) -> Ways:
    """Return the handshakes that show one of the credentials ``names`` each."""
    return {name: way(handshake=Handshake(credential=name)) for name in names}


def without_path(*names: str) -> Ways:
    """Return the same without a certPath."""
    return {name: way(handshake=Handshake(credential=name, path=())) for name in names}


@case(
    "E2E/SRV/CERTIFICATE/BI-encoding",
    ENCODING,
    RULES,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*NOT_DER),
)
def server_encoding() -> Iterator[Conversation]:
    """A server refuses what is no certificate in DER: cut off, followed by two octets or by itself, or in
    PEM.
    """
    return refuses_each(Role.SERVER, ENCODING, UNREADABLE, shown(*NOT_DER))


@case(
    "E2E/CLI/CERTIFICATE/BI-encoding",
    ENCODING,
    RULES,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*NOT_DER),
)
def client_encoding() -> Iterator[Conversation]:
    """A client refuses what is no certificate in DER: cut off, followed by two octets or by itself, or in
    PEM.
    """
    return refuses_each(Role.CLIENT, ENCODING, UNREADABLE, shown(*NOT_DER))


@case(
    "E2E/SRV/CERTIFICATE/BI-version",
    VERSION,
    RULES,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/v1"),
)
def server_version() -> Iterator[Conversation]:
    """A server refuses a certificate of version 1."""
    return refuses_each(Role.SERVER, VERSION, FORM, shown("bad/v1"))


@case(
    "E2E/CLI/CERTIFICATE/BI-version",
    VERSION,
    RULES,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/v1"),
)
def client_version() -> Iterator[Conversation]:
    """A client refuses a certificate of version 1."""
    return refuses_each(Role.CLIENT, VERSION, FORM, shown("bad/v1"))


@case(
    "E2E/SRV/CERTIFICATE/BI-serial",
    SERIAL,
    RULES,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*SERIALS),
)
def server_serial() -> Iterator[Conversation]:
    """A server refuses a certificate whose serial number is negative, or of 32 bits."""
    return refuses_each(Role.SERVER, SERIAL, FORM, shown(*SERIALS))


@case(
    "E2E/CLI/CERTIFICATE/BI-serial",
    SERIAL,
    RULES,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*SERIALS),
)
def client_serial() -> Iterator[Conversation]:
    """A client refuses a certificate whose serial number is negative, or of 32 bits."""
    return refuses_each(Role.CLIENT, SERIAL, FORM, shown(*SERIALS))


@case(
    "E2E/SRV/CERTIFICATE/BI-hash",
    HASH,
    RULES,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*HASHES),
)
def server_hash() -> Iterator[Conversation]:
    """A server refuses a certificate that is signed with SHA-1 or MD5."""
    return refuses_each(Role.SERVER, HASH, FORM, shown(*HASHES))


@case(
    "E2E/CLI/CERTIFICATE/BI-hash",
    HASH,
    RULES,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*HASHES),
)
def client_hash() -> Iterator[Conversation]:
    """A client refuses a certificate that is signed with SHA-1 or MD5."""
    return refuses_each(Role.CLIENT, HASH, FORM, shown(*HASHES))


@case(
    "E2E/SRV/CERTIFICATE/BI-algorithms",
    ALGORITHMS,
    RULES,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/algorithm-mismatch"),
)
def server_algorithms() -> Iterator[Conversation]:
    """A server refuses a certificate with another signature algorithm inside than outside."""
    return refuses_each(Role.SERVER, ALGORITHMS, FORM, shown("bad/algorithm-mismatch"))


@case(
    "E2E/CLI/CERTIFICATE/BI-algorithms",
    ALGORITHMS,
    RULES,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/algorithm-mismatch"),
)
def client_algorithms() -> Iterator[Conversation]:
    """A client refuses a certificate with another signature algorithm inside than outside."""
    return refuses_each(Role.CLIENT, ALGORITHMS, FORM, shown("bad/algorithm-mismatch"))


@case(
    "E2E/SRV/CERTIFICATE/BI-short-key",
    KEY,
    RULES,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/rsa1024"),
)
def server_short_key() -> Iterator[Conversation]:
    """A server refuses a certificate with an RSA key of 1024 bits, although the handshake is signed by it."""
    return refuses_each(Role.SERVER, KEY, UNREADABLE, shown("bad/rsa1024"))


@case(
    "E2E/CLI/CERTIFICATE/BI-short-key",
    KEY,
    RULES,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/rsa1024"),
)
def client_short_key() -> Iterator[Conversation]:
    """A client refuses a certificate with an RSA key of 1024 bits, although the handshake is signed by it."""
    return refuses_each(Role.CLIENT, KEY, UNREADABLE, shown("bad/rsa1024"))


@case(
    "E2E/SRV/CERTIFICATE/BI-other-curve",
    KEY,
    RULES,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/secp384r1"),
)
def server_other_curve() -> Iterator[Conversation]:
    """A server refuses a certificate with a key on secp384r1, although the handshake is signed by it."""
    return refuses_each(Role.SERVER, KEY, UNREADABLE, shown("bad/secp384r1"))


@case(
    "E2E/CLI/CERTIFICATE/BI-other-curve",
    KEY,
    RULES,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/secp384r1"),
)
def client_other_curve() -> Iterator[Conversation]:
    """A client refuses a certificate with a key on secp384r1, although the handshake is signed by it."""
    return refuses_each(Role.CLIENT, KEY, UNREADABLE, shown("bad/secp384r1"))


@case(
    "E2E/SRV/CERTIFICATE/BI-size",
    SIZE,
    RULES,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/oversized"),
)
def server_size() -> Iterator[Conversation]:
    """A server refuses a certificate of 8193 octets, one more than the standard has."""
    return refuses_each(Role.SERVER, SIZE, FORM, without_path("bad/oversized"))


@case(
    "E2E/CLI/CERTIFICATE/BI-size",
    SIZE,
    RULES,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/oversized"),
)
def client_size() -> Iterator[Conversation]:
    """A client refuses a certificate of 8193 octets, one more than the standard has."""
    return refuses_each(Role.CLIENT, SIZE, FORM, without_path("bad/oversized"))

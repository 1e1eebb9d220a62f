"""What may stand in a partner's certificate in TLS, and what may not: sizes, keys, signatures, extensions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.cipher_suites import KeyExchange
from conform62351.suites.osi.conversations import as_declared
from conform62351.suites.tls.conversations import CLIENT_BASELINE, SERVER, SERVER_BASELINE, TLS
from conform62351.suites.tls.handshakes import EVENT
from conform62351.suites.tls.showing import (
    CLIENT_OF_RSA,
    ECDSA_SUITES,
    RSA,
    SIGNED_BY_RSA,
    SIGNED_FIRST,
    Refuses,
    claims_one,
    client_refuses,
    client_takes,
    logged,
    server_refuses,
    server_takes,
    shows,
    suites_of,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import FlipBit
from conform62351.tooling.engine.outcomes import (
    AARQ,
    TRANSPORT_CONNECTED,
    over,
    warned,
)
from conform62351.tooling.engine.steps import (
    Alternative,
    Conversation,
    Tls,
    conversation,
)

SIZE = "R-TLS-certificate-size"
TOO_LARGE = "R-TLS-certificate-too-large"
SECP256R1 = "R-TLS-certificate-ECDSA-secp256r1"
BRAINPOOL = "R-TLS-certificate-ECDSA-brainpoolP256r1"
RSA_1024 = "R-TLS-certificate-RSA-1024"
RSA_1024_ENABLED = "R-TLS-certificate-RSA-1024-enabled"
SHORT_KEY = "R-TLS-certificate-short-key"
CURVE = "R-TLS-certificate-curve"
SHA_1 = "R-TLS-certificate-SHA-1"
SHA_1_ENABLED = "R-TLS-certificate-SHA-1-enabled"
MD5 = "R-TLS-certificate-MD5"
ALGORITHMS_EQUAL = "R-TLS-certificate-algorithms-equal"
SIGNATURE = "R-TLS-certificate-signature"
ENCODING = "R-TLS-certificate-encoding"
CRITICAL = "R-TLS-certificate-critical"
USAGE = "R-TLS-certificate-usage"
AUTHORITY_FLAG = "R-TLS-certificate-authority-flag"
FORM = "R-TLS-certificate-form"
WIRE = "R-PICS-wire"

WEAK: Final = "tls-weak"
"""The configuration in which RSA 1024 and SHA-1 are enabled."""
LARGE: Final = "bad-tls/size-8192"
OVERSIZED: Final = "bad-tls/oversized"
NOT_REFUSED: Final = "a certificate of more than 8192 octets is accepted"
ENABLED: Final = "what is deprecated is enabled from the beginning"
CA_TAKEN: Final = "a certificate with the CA flag is accepted"
OTHER_CURVE: Final = "a key on a curve that the tables do not name is accepted"
NOT_MADE: Final = "a certificate that no authority should make is accepted"
FORMS: Final = {
    "version 1": "bad-tls/v1",
    "negative serial number": "bad-tls/negative-serial",
    "unique identifiers": "bad-tls/unique-ids",
}
CURVES: Final = {
    "secp256r1": (SECP256R1, "tls-ecdsa"),
    "brainpoolP256r1": (BRAINPOOL, "tls-brainpool"),
}
DEPRECATED: Final = {
    "RSA-1024": (RSA_1024, RSA_1024_ENABLED, "bad-tls/rsa-1024", ("2.11", "2.12"), "2.12"),
    "SHA-1": (SHA_1, SHA_1_ENABLED, "bad-tls/sha1", ("2.14", "2.9"), "2.14"),
}
"""By the name of the PICS item: requirements of what is disabled and enabled, who has it, and the events."""
WRONG_HASHES: Final = {
    "an authority signed with SHA-1": (SHA_1, "bad-tls/weak-ca"),
    "MD5": (MD5, "bad-tls/md5"),
}
HASH: Final = ("2.14", "2.9")
BROKEN: Final = {
    "does not verify": (SIGNATURE, "bad-tls/broken-signature", ("2.10",)),
    "inner and outer algorithm differ": (ALGORITHMS_EQUAL, "bad-tls/algorithm-mismatch", ("2.9",)),
}
NO_CERTIFICATES: Final = {
    "cut": "bad-tls/truncated",
    "octets behind it": "bad-tls/trailing",
    "twice in one element": "bad-tls/twice",
    "PEM": "bad-tls/pem",
}
LENGTHS: Final = {
    "length of the list": FlipBit(pdu="TLS.Certificate", at=6),
    "length of the certificate": FlipBit(pdu="TLS.Certificate", at=9),
}
"""The last octets of both lengths: one octet more than there is, or less."""


@case("TLS/SRV/CERT/BV-size", SIZE, pics=SERVER, baseline=SERVER_BASELINE, configuration=TLS)
def server_size() -> Conversation:
    """A server takes a certificate of 8192 octets."""
    return conversation(server_takes(SIZE, shows(LARGE)))


@case("TLS/CLI/CERT/BV-size", SIZE, pics=CLIENT_OF_RSA, baseline=CLIENT_BASELINE, configuration=TLS)
def client_size() -> Conversation:
    """A client takes a certificate of 8192 octets."""
    return conversation(client_takes(SIZE, shows(LARGE)))


@case(
    "TLS/SRV/CERT/BI-oversized",
    TOO_LARGE,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=TLS,
)
def server_oversized() -> Conversation:
    """A server refuses a certificate of 8193 octets, or takes it with a warning here, and logs it."""
    taken = warned(NOT_REFUSED, TRANSPORT_CONNECTED)
    return conversation(server_refuses(TOO_LARGE, shows(OVERSIZED), "2.1", taken=taken))


@case(
    "TLS/CLI/CERT/BI-oversized",
    TOO_LARGE,
    EVENT,
    pics=CLIENT_OF_RSA,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_oversized() -> Conversation:
    """A client refuses a certificate of 8193 octets, or takes it with a warning here, and logs it."""
    return conversation(client_refuses(TOO_LARGE, shows(OVERSIZED), "2.1", taken=warned(NOT_REFUSED, AARQ)))


@case(
    "TLS/SRV/CERT/BV-ECDSA",
    SECP256R1,
    BRAINPOOL,
    pics=f"({SERVER}) and (TLS.ECDSA-secp256r1.server or TLS.ECDSA-brainpoolP256r1.server)",
    baseline=SERVER_BASELINE,
    configuration=TLS,
)
def server_ecdsa() -> Iterator[Conversation]:
    """A server takes certificates with keys on the curves that its PICS claims, whatever its own is."""
    for curve, (requirement, credential) in CURVES.items():
        yield conversation(
            server_takes(requirement, shows(credential)), label=curve, pics=f"TLS.ECDSA-{curve}.server"
        )


@case(
    "TLS/CLI/CERT/BV-ECDSA",
    SECP256R1,
    BRAINPOOL,
    pics=f"({CLIENT_OF_RSA}) and (TLS.ECDSA-secp256r1.client or TLS.ECDSA-brainpoolP256r1.client)",
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_ecdsa() -> Iterator[Conversation]:
    """A client takes certificates with keys on the curves that its PICS claims, if it has suites for them."""
    suites = claims_one(ECDSA_SUITES, "client")
    for curve, (requirement, credential) in CURVES.items():
        yield conversation(
            client_takes(requirement, Tls(suites=ECDSA_SUITES, credentials=(credential,))),
            label=curve,
            pics=f"TLS.ECDSA-{curve}.client and ({suites})",
        )


@case(
    "TLS/SRV/CERT/BI-short-key",
    RSA_1024,
    SHORT_KEY,
    CURVE,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=TLS,
)
def server_short_key() -> Iterator[Conversation]:
    """A server that nobody has told to take it refuses an RSA key of 1024 bits, and one on secp192r1 always;
    one on secp384r1, which the tables do not name, it had better refuse.

    Where RSA 1024 is claimed, and enabled as the device comes, it may take it: that is a warning.
    """
    yield from _deprecated("RSA-1024", server_refuses, TRANSPORT_CONNECTED, Role.SERVER)
    yield conversation(server_refuses(SHORT_KEY, shows("bad-tls/short-ec"), "2.13"), label="secp192r1")
    taken = over(warned(OTHER_CURVE, TRANSPORT_CONNECTED))
    yield conversation(server_refuses(CURVE, shows("bad-tls/secp384r1"), taken=taken), label="secp384r1")


@case(
    "TLS/CLI/CERT/BI-short-key",
    RSA_1024,
    SHORT_KEY,
    CURVE,
    EVENT,
    pics=CLIENT_OF_RSA,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_short_key() -> Iterator[Conversation]:
    """A client that nobody has told to take it refuses an RSA key of 1024 bits, and one on secp192r1 always;
    one on secp384r1, which the tables do not name, it had better refuse.

    Where RSA 1024 is claimed, and enabled as the device comes, it may take it: that is a warning.
    """
    yield from _deprecated("RSA-1024", client_refuses, AARQ, Role.CLIENT)
    suites = claims_one(ECDSA_SUITES, "client")
    short, other = (
        Tls(suites=ECDSA_SUITES, imposes=True, credentials=(credential,))
        for credential in ("bad-tls/short-ec", "bad-tls/secp384r1")
    )
    yield conversation(client_refuses(SHORT_KEY, short, "2.13"), label="secp192r1", pics=suites)
    taken = over(warned(OTHER_CURVE, AARQ))
    yield conversation(client_refuses(CURVE, other, taken=taken), label="secp384r1", pics=suites)


@case(
    "TLS/SRV/CERT/BI-hash",
    SHA_1,
    MD5,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=TLS,
)
def server_hash() -> Iterator[Conversation]:
    """A server that nobody has told to take it refuses a certificate signed with SHA-1, in its path too, and
    one signed with MD5 always.

    Where SHA-1 is claimed, and enabled as the device comes, it may take it: that is a warning.
    """
    yield from _hashes(server_refuses, TRANSPORT_CONNECTED, Role.SERVER)


@case(
    "TLS/CLI/CERT/BI-hash",
    SHA_1,
    MD5,
    EVENT,
    pics=CLIENT_OF_RSA,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_hash() -> Iterator[Conversation]:
    """A client that nobody has told to take it refuses a certificate signed with SHA-1, in its path too, and
    one signed with MD5 always.

    Where SHA-1 is claimed, and enabled as the device comes, it may take it: that is a warning.
    """
    yield from _hashes(client_refuses, AARQ, Role.CLIENT)


def _hashes(refuses: Refuses, goes_on: Alternative, role: Role) -> Iterator[Conversation]:
    """Show certificates signed with SHA-1 and MD5; ``goes_on`` is what a device does that takes one."""
    yield from _deprecated("SHA-1", refuses, goes_on, role)
    claimed = f"TLS.SHA-1.{role.value}"
    taken = over(warned(ENABLED, goes_on))
    for label, (requirement, credential) in WRONG_HASHES.items():
        tolerated = taken if requirement == SHA_1 else ()
        yield conversation(
            refuses(requirement, shows(credential), *HASH, taken=tolerated),
            label=label,
            pics=claimed if tolerated else "",
        )
    yield conversation(
        refuses(SHA_1, shows("bad-tls/weak-ca"), *HASH),
        label="an authority signed with SHA-1, which is not claimed",
        pics=f"not {claimed}",
    )


def _deprecated(item: str, refuses: Refuses, goes_on: Alternative, role: Role) -> Iterator[Conversation]:
    """Show who has what is deprecated to devices that do not claim it, and that do."""
    requirement, _, credential, events, _ = DEPRECATED[item]
    yield conversation(
        refuses(requirement, shows(credential), *events),
        label=f"{item}, which is not claimed",
        pics=f"not TLS.{item}.{role.value}",
    )
    yield conversation(
        refuses(requirement, shows(credential), *events, taken=warned(ENABLED, goes_on)),
        label=item,
        pics=f"TLS.{item}.{role.value}",
    )


@case(
    "TLS/SRV/CERT/BV-deprecated",
    RSA_1024_ENABLED,
    SHA_1_ENABLED,
    WIRE,
    EVENT,
    pics=f"({SERVER}) and (TLS.RSA-1024.server or TLS.SHA-1.server)",
    baseline=SERVER_BASELINE,
    configuration=WEAK,
)
def server_deprecated() -> Iterator[Conversation]:
    """A server in which they are enabled takes a certificate with an RSA key of 1024 bits, and one signed
    with SHA-1, and logs a warning about each. Where it refuses one, its declaration is wrong.
    """
    for item, (_, _, credential, _, event) in DEPRECATED.items():
        yield conversation(
            as_declared(server_takes(WIRE, shows(credential))),
            logged(event),
            label=item,
            pics=f"TLS.{item}.server",
        )


@case(
    "TLS/CLI/CERT/BV-deprecated",
    RSA_1024_ENABLED,
    SHA_1_ENABLED,
    WIRE,
    EVENT,
    pics=f"({CLIENT_OF_RSA}) and (TLS.RSA-1024.client or TLS.SHA-1.client)",
    baseline=CLIENT_BASELINE,
    configuration=WEAK,
)
def client_deprecated() -> Iterator[Conversation]:
    """A client in which they are enabled takes a certificate with an RSA key of 1024 bits, and one signed
    with SHA-1, and logs a warning about each. Where it refuses one, its declaration is wrong.
    """
    for item, (_, _, credential, _, event) in DEPRECATED.items():
        yield conversation(
            as_declared(client_takes(WIRE, shows(credential))),
            logged(event),
            label=item,
            pics=f"TLS.{item}.client",
        )


@case(
    "TLS/SRV/CERT/BI-signature",
    SIGNATURE,
    ALGORITHMS_EQUAL,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=TLS,
)
def server_signature() -> Iterator[Conversation]:
    """A server refuses a certificate whose signature does not verify, and one that names two algorithms."""
    for label, (requirement, credential, events) in BROKEN.items():
        yield conversation(server_refuses(requirement, shows(credential), *events), label=label)


@case(
    "TLS/CLI/CERT/BI-signature",
    SIGNATURE,
    ALGORITHMS_EQUAL,
    EVENT,
    pics=CLIENT_OF_RSA,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_signature() -> Iterator[Conversation]:
    """A client refuses a certificate whose signature does not verify, and one that names two algorithms."""
    for label, (requirement, credential, events) in BROKEN.items():
        yield conversation(client_refuses(requirement, shows(credential), *events), label=label)


@case("TLS/SRV/CERT/BI-encoding", ENCODING, pics=SERVER, baseline=SERVER_BASELINE, configuration=TLS)
def server_encoding() -> Iterator[Conversation]:
    """A server refuses what is no certificate: one that is cut, with octets behind it, twice in the place of
    one, in PEM, or in a list whose lengths do not fit.
    """
    for label, credential in NO_CERTIFICATES.items():
        yield conversation(server_refuses(ENCODING, shows(credential)), label=label)
    for label, mutation in LENGTHS.items():
        yield conversation(server_refuses(ENCODING, Tls(mutations=(mutation,))), label=label)


@case("TLS/CLI/CERT/BI-encoding", ENCODING, pics=CLIENT_OF_RSA, baseline=CLIENT_BASELINE, configuration=TLS)
def client_encoding() -> Iterator[Conversation]:
    """A client refuses what is no certificate: one that is cut, with octets behind it, twice in the place of
    one, in PEM, or in a list whose lengths do not fit.
    """
    for label, credential in NO_CERTIFICATES.items():
        tls = Tls(suites=SIGNED_FIRST, credentials=(credential,))
        yield conversation(client_refuses(ENCODING, tls), label=label)
    for label, mutation in LENGTHS.items():
        tls = Tls(suites=SIGNED_FIRST, mutations=(mutation,))
        yield conversation(client_refuses(ENCODING, tls), label=label)


@case(
    "TLS/SRV/CERT/BI-rules",
    CRITICAL,
    USAGE,
    AUTHORITY_FLAG,
    FORM,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=TLS,
)
def server_rules() -> Iterator[Conversation]:
    """A server refuses a certificate with a critical extension that nobody knows, and one whose keyUsage does
    not permit the client to sign; one with the CA flag it had better refuse, and one whose version, serial
    number or identifiers are such as no authority should make.
    """
    yield conversation(
        server_refuses(CRITICAL, shows("bad-tls/critical-extension")), label="critical extension"
    )
    yield conversation(server_refuses(USAGE, shows("bad-tls/no-digital-signature")), label="keyUsage")
    taken = over(warned(CA_TAKEN, TRANSPORT_CONNECTED))
    yield conversation(server_refuses(AUTHORITY_FLAG, shows("bad-tls/ca-flag"), taken=taken), label="CA flag")
    taken = over(warned(NOT_MADE, TRANSPORT_CONNECTED))
    for label, credential in FORMS.items():
        yield conversation(server_refuses(FORM, shows(credential), taken=taken), label=label)


@case(
    "TLS/CLI/CERT/BI-rules",
    CRITICAL,
    USAGE,
    AUTHORITY_FLAG,
    FORM,
    pics=CLIENT_OF_RSA,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_rules() -> Iterator[Conversation]:
    """A client refuses a certificate with a critical extension that nobody knows, and one whose keyUsage does
    not permit what the suite needs; one with the CA flag it had better refuse, and one whose version,
    serial number or identifiers are such as no authority should make.
    """
    yield conversation(
        client_refuses(CRITICAL, shows("bad-tls/critical-extension")), label="critical extension"
    )
    signing = Tls(suites=SIGNED_BY_RSA, credentials=("bad-tls/no-digital-signature",))
    yield conversation(
        client_refuses(USAGE, signing),
        label="keyUsage, where the key signs",
        pics=claims_one(SIGNED_BY_RSA, "client"),
    )
    by_rsa = suites_of(KeyExchange.RSA, by=RSA)
    yield conversation(
        client_refuses(USAGE, Tls(suites=by_rsa, credentials=("bad-tls/no-key-encipherment",))),
        label="keyUsage, where the key encrypts",
        pics=claims_one(by_rsa, "client"),
    )
    taken = over(warned(CA_TAKEN, AARQ))
    yield conversation(client_refuses(AUTHORITY_FLAG, shows("bad-tls/ca-flag"), taken=taken), label="CA flag")
    taken = over(warned(NOT_MADE, AARQ))
    for label, credential in FORMS.items():
        yield conversation(client_refuses(FORM, shows(credential), taken=taken), label=label)

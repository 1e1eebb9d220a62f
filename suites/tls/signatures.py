"""Signatures in the handshake: whether they verify, which algorithms are taken, and which are used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.cipher_suites import KeyExchange
from conform62351.profiles.tls.engine.extensions import ExtensionType
from conform62351.suites.tls.extensions import BY_RSA, EPHEMERAL, of_client
from conform62351.suites.tls.handshakes import EVENT, EVERY_KIND, begins, logged, refused
from conform62351.suites.tls.sides import Wanted, claimed, of_exchange, suites, tls_case
from conform62351.tooling.engine.mutations import AnyMutation, FlipBit, SetField
from conform62351.tooling.engine.outcomes import TLS_REFUSED, expect
from conform62351.tooling.engine.steps import Conversation, Tls, Verify, conversation
from conform62351.tooling.engine.tls_names import suite_code
from conform62351.tooling.engine.tls_outcomes import TLS_STANDS

VERIFIED: Final = "R-TLS-signature-verified"
ACCEPTED: Final = "R-TLS-signature-accepted"
MD5: Final = "R-TLS-signature-MD5"
DEPRECATED: Final = "R-TLS-signature-deprecated"
SELECTED: Final = "R-TLS-signature-selected"
CERTIFICATE_SHOWN: Final = "R-TLS-certificate-shown"

DEPRECATED_SIGNATURE: Final = "IEC62351-3:1.16"
SIGNED: Final = "TLS.signed"
OTHER_KEY: Final = "bad-tls/other-holder"
"""A credential of the tester's with another RSA key."""
RSA: Final = ("tester-tls",)
CLIENT_RANDOM, SERVER_RANDOM = 0, 32
"""Where the randoms stand in what the signature of a ServerKeyExchange covers."""
ECDSA: Final = 3
USUAL: Final = ((4, 1), (4, 3), (4, 2), (5, 1), (5, 3), (2, 1), (2, 3), (2, 2))
"""The pairs of hash and signature that the tester names, though it signs by another."""
USUAL_OCTETS: Final = bytes((0, 2 * len(USUAL))) + b"".join(map(bytes, USUAL))
ALONE: Final = ("sha256/rsa", "sha256/ecdsa", "sha384/rsa", "sha256/dsa", "sha1/rsa")
PREFERRED_LAST: Final = ("sha1/rsa", "sha1/ecdsa", "sha384/rsa", "sha256/rsa")
NUMBERS: Final = {
    "sha1/rsa": (2, 1),
    "sha1/ecdsa": (2, 3),
    "sha256/rsa": (4, 1),
    "sha256/dsa": (4, 2),
    "sha256/ecdsa": (4, 3),
    "sha384/rsa": (5, 1),
}

BY_RSA_SIGNED: Final = of_exchange(KeyExchange.DHE, KeyExchange.ECDHE)


def _signs_by(role: Role, algorithm: str) -> Iterator[tuple[str, Tls, str]]:
    """Yield the handshakes in which the tester signs by ``algorithm``, and names the usual ones.

    Each is with its label and the condition under which the DUT has it: to a DUT client each suite is chosen
    alone, lest it is refused for one that it has not offered.
    """
    if role is Role.SERVER:
        # The server does not sign with RSA: whether it could matters to nothing.
        named: AnyMutation = of_client(ExtensionType.SIGNATURE_ALGORITHMS, USUAL_OCTETS)
        tls = Tls(suites=suites(BY_RSA), signature_algorithms=(algorithm,), mutations=(named,))
        yield algorithm, tls, claimed(BY_RSA, role)
        return
    named = SetField(pdu="TLS.CertificateRequest", field="signature_algorithms", value=USUAL)
    for name in _of_rsa():
        tls = Tls(
            suites=(name,),
            credentials=RSA,
            signature_algorithms=(algorithm,),
            imposes=True,
            mutations=(named,),
        )
        yield f"{algorithm}, {name}", tls, claimed(_is(name), role)


def _is(name: str) -> Wanted:
    """Return whether a suite is the one of this name."""
    code = suite_code(name)
    return lambda suite: suite.code == code


def _of_rsa() -> tuple[str, ...]:
    """Return the suites in which a server signs its key exchange with RSA."""
    return tuple(name for name in suites(BY_RSA_SIGNED) if "_RSA_" in name)


@tls_case("SIGN/BI-signature", VERIFIED, ACCEPTED, MD5)
def signature(role: Role) -> Iterator[Conversation]:
    """A {role} refuses a {peer} whose signature does not verify: altered, empty, of another key or over other
    octets; one with MD5, and one of an algorithm that does not go with the key.
    """
    if role is Role.SERVER:
        message, usual = "TLS.CertificateVerify", Tls()
        elsewhere = {"over other messages": 0}
    else:
        message, usual = "TLS.ServerKeyExchange", Tls(suites=_of_rsa(), credentials=RSA)
        elsewhere = {
            "over another random of the client": CLIENT_RANDOM,
            "over another random of the server": SERVER_RANDOM,
            "over other parameters": -1,
        }
    changes: dict[str, AnyMutation] = {
        "altered": FlipBit(pdu=message, at=-1),
        "empty": SetField(pdu=message, field="signature.octets", octets=b""),
        **{label: FlipBit(pdu=SIGNED, at=at) for label, at in elsewhere.items()},
    }
    for label, change in changes.items():
        tls = Tls(suites=usual.suites, credentials=usual.credentials, mutations=(change,))
        yield conversation(refused(role, VERIFIED, tls), label=label)
    if role is Role.CLIENT:
        of_curves = tuple(name for name in suites(of_exchange(KeyExchange.ECDHE)) if "_RSA_" in name)
        tls = Tls(suites=of_curves, credentials=RSA, mutations=(changes["altered"],))
        condition = claimed(of_exchange(KeyExchange.ECDHE), role)
        yield conversation(refused(role, VERIFIED, tls), label="altered, on a curve", pics=condition)
    other = Tls(suites=usual.suites, credentials=usual.credentials, key=OTHER_KEY)
    yield conversation(refused(role, VERIFIED, other), label="of another key")
    wrong = SetField(pdu=message, field="signature.algorithm", value=ECDSA)
    unfit = Tls(suites=usual.suites, credentials=usual.credentials, mutations=(wrong,))
    yield conversation(refused(role, ACCEPTED, unfit), label="of an algorithm for other keys")
    for label, tls, condition in _signs_by(role, "md5/rsa"):
        yield conversation(refused(role, MD5, tls), label=label, pics=condition)


@tls_case("SIGN/BI-SHA-1", DEPRECATED, EVENT)
def sha_1(role: Role) -> Iterator[Conversation]:
    """A {role} warns of a {peer} that signs with SHA-1, and goes on or refuses it."""
    for label, tls, condition in _signs_by(role, "sha1/rsa"):
        yield conversation(
            begins(role, tls),
            expect(DEPRECATED, TLS_STANDS, TLS_REFUSED, limit="limit.connect"),
            logged(DEPRECATED_SIGNATURE),
            label=label,
            pics=condition,
        )


def _named() -> Iterator[tuple[str, tuple[str, ...]]]:
    for name in ALONE:
        yield f"{name} alone", (name,)
    yield "the preferred one last", PREFERRED_LAST


@tls_case("SIGN/BV-selected", SELECTED, roles=(Role.SERVER,), claims=claimed(EPHEMERAL, Role.SERVER))
def server_selects(role: Role) -> Iterator[Conversation]:
    """A server signs its key exchange by an algorithm that the client has named, each alone and the preferred
    last; it refuses a client that has named none that it has.
    """
    for label, names in _named():
        pairs = b"".join(bytes(NUMBERS[name]) for name in names)
        octets = len(pairs).to_bytes(2, "big") + pairs
        tls = Tls(
            suites=suites(EPHEMERAL), mutations=(of_client(ExtensionType.SIGNATURE_ALGORITHMS, octets),)
        )
        yield conversation(
            begins(role, tls),
            expect(SELECTED, TLS_STANDS, TLS_REFUSED, limit="limit.connect"),
            Verify(requirement=SELECTED, field="TLS.ServerKeyExchange.signature", is_in=names, optional=True),
            label=label,
        )


@tls_case("SIGN/BV-selected", SELECTED, CERTIFICATE_SHOWN, roles=(Role.CLIENT,))
def client_selects(role: Role) -> Iterator[Conversation]:
    """A client that is asked for its certificate shows it and signs by an algorithm that the server names,
    each alone and the preferred last; one that has none of them shows no certificate, or ends the handshake.
    """
    usual = Tls(credentials=EVERY_KIND)
    yield conversation(
        begins(role, usual),
        expect(CERTIFICATE_SHOWN, TLS_STANDS, limit="limit.connect"),
        Verify(requirement=CERTIFICATE_SHOWN, field="TLS.Certificate.sizes", at_least=1),
        label="the usual ones",
    )
    for label, names in _named():
        pairs = tuple(NUMBERS[name] for name in names)
        named = SetField(pdu="TLS.CertificateRequest", field="signature_algorithms", value=pairs)
        yield conversation(
            begins(role, Tls(credentials=EVERY_KIND, mutations=(named,))),
            expect(SELECTED, TLS_STANDS, TLS_REFUSED, limit="limit.connect"),
            Verify(requirement=SELECTED, field="TLS.CertificateVerify.signature", is_in=names, optional=True),
            label=label,
        )

"""Features of TLS that a PICS denies, as they are on the wire.

A device that has one all the same has a wrong declaration. What is used only where it is enabled shows in a
configuration of the PIXIT that is for it: without one there is nothing to be tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.reports.model.observation import Kind
from conform62351.suites.osi.conversations import Steps, as_declared
from conform62351.suites.tls.authorities import EXTENSION
from conform62351.suites.tls.certificate_contents import CURVES, DEPRECATED
from conform62351.suites.tls.connections import INTERVALS, USUAL, WEAK, standing, within_wait
from conform62351.suites.tls.handshakes import EVERY_KIND, begins
from conform62351.suites.tls.showing import (
    ECDSA_SUITES,
    RSA_SUITES,
    claims_one,
    client_handshake,
    client_refuses,
    client_takes,
    server_handshake,
    server_refuses,
    server_takes,
    shows,
)
from conform62351.suites.tls.sides import claimed, suites, tls_case, with_blocks
from conform62351.suites.tls.tls_1_3 import ALONE
from conform62351.suites.tls.tls_1_3 import CONFIGURATION as WITH_1_3
from conform62351.suites.tls.versions import NO_SUITE, WEAK_VERSIONS, of_version
from conform62351.suites.tls.white_list import LISTS
from conform62351.tooling.engine.outcomes import TLS_REFUSED, expect, one, over, refuse
from conform62351.tooling.engine.steps import Conversation, Tls, Verify, conversation
from conform62351.tooling.engine.tls import ANCHORS
from conform62351.tooling.engine.tls_outcomes import ON_THE_WAY, RENEGOTIATED

WIRE: Final = "R-PICS-wire"
BY_OCSP: Final = "bad-tls/revoked-ocsp"
"""Who is revoked by no list, but by a responder."""
SECOND_ANCHOR: Final = "bad-tls/second-anchor"
NO_VERSION: Final = one(Kind.TLS_ALERT, "protocol_version", by="tester")
"""What the tester says of a client that does not offer the only version that it has."""
LISTED_ALONE: Final = "bad-tls/listed"
"""Who is trusted by a list of individual certificates, and by nothing else."""


def denied(*items: str) -> str:
    """Return the condition that some of these items of TLS are not claimed; {role} is that of the DUT."""
    return f"not ({' and '.join(('T6.OSI.{role}', *(f'TLS.{item}.{{role}}' for item in items)))})"


def _tried(item: str, role: Role, steps: Steps, also: str = "") -> Conversation:
    """Return what is tried where ``item`` is denied, and ``also`` is claimed."""
    pics = f"not TLS.{item}.{role.value}"
    return conversation(as_declared(steps), label=pics, pics=f"{pics} and ({also})" if also else pics)


def _handshake(role: Role, tls: Tls, *judged: Verify) -> Steps:
    shakes = server_handshake if role is Role.SERVER else client_handshake
    return (*shakes(WIRE, tls), *judged)


def _refuses(role: Role, tls: Tls) -> Steps:
    return (server_refuses if role is Role.SERVER else client_refuses)(WIRE, tls)


def _is_off(field: str) -> Verify:
    return Verify(requirement=WIRE, field=field, is_in=(False,))


def _of_rsa(role: Role) -> str:
    """Return what else a DUT claims to which the tester shows certificates with RSA keys."""
    return claims_one(RSA_SUITES, role.value) if role is Role.CLIENT else ""


def _authorities(role: Role) -> Steps:
    """Show that trusted_ca_keys is not sent by a client, or not answered by a server."""
    if role is Role.CLIENT:
        named = Verify(requirement=WIRE, field="TLS.ClientHello.trusted_authorities", absent=True)
        return _handshake(role, Tls(), named)
    offer = Tls(trusted_ca_keys=(ANCHORS,))
    answer = Verify(requirement=WIRE, field="TLS.ServerHello.extensions", excludes=(EXTENSION,))
    return _handshake(role, offer, answer)


@tls_case(
    "CLAIMS/BI-features",
    WIRE,
    claims=denied(
        "several-trust-anchors",
        "trusted-ca-keys",
        "ECDSA-secp256r1",
        "ECDSA-brainpoolP256r1",
        "extended-master-secret",
        "encrypt-then-MAC",
        "OCSP",
    ),
)
def features(role: Role) -> Iterator[Conversation]:
    """A {role} does not have what its PICS denies: it trusts no second anchor, does not send or answer
    trusted_ca_keys, extended_master_secret or encrypt_then_mac, takes no keys on a curve, and takes who is
    revoked by OCSP alone.

    Where it has it all the same its declaration is wrong.
    """
    shown = EVERY_KIND if role is Role.CLIENT else ()
    yield _tried("several-trust-anchors", role, _refuses(role, shows(SECOND_ANCHOR)), _of_rsa(role))
    yield _tried("trusted-ca-keys", role, _authorities(role))
    for curve, (_, credential) in CURVES.items():
        is_client = role is Role.CLIENT
        tls = Tls(suites=ECDSA_SUITES if is_client else (), credentials=(credential,), imposes=is_client)
        also = claims_one(ECDSA_SUITES, role.value) if is_client else ""
        yield _tried(f"ECDSA-{curve}", role, _refuses(role, tls), also)
    off = _is_off("TLS.extended_master_secret")
    yield _tried("extended-master-secret", role, _handshake(role, Tls(credentials=shown), off))
    in_blocks = Tls(suites=suites(with_blocks), credentials=shown)
    off = _is_off("TLS.encrypt_then_mac")
    yield _tried("encrypt-then-MAC", role, _handshake(role, in_blocks, off), claimed(with_blocks, role))
    takes = server_takes if role is Role.SERVER else client_takes
    yield _tried("OCSP", role, takes(WIRE, shows(BY_OCSP)), _of_rsa(role))


def _not_of(role: Role, version: str) -> Steps:
    """Show that there is no TLS of a version; a client may have no suite that is one of it."""
    return (
        *begins(role, of_version(role, version)),
        refuse(WIRE, TLS_REFUSED, over(NO_SUITE), limit="limit.connect"),
    )


@tls_case(
    "CLAIMS/BI-weak",
    WIRE,
    claims=denied("TLS-1_0", "TLS-1_1", "RSA-1024", "SHA-1"),
    configuration=WEAK,
    denies=True,
)
def weak(role: Role) -> Iterator[Conversation]:
    """A {role} in which what is weak is enabled does not have that of it which its PICS denies: TLS 1.0,
    TLS 1.1, RSA keys of 1024 bits, certificates signed with SHA-1.

    Where it has it all the same its declaration is wrong.
    """
    for version, claim in WEAK_VERSIONS.items():
        yield _tried(claim.removeprefix("TLS."), role, _not_of(role, version))
    for item, (_, _, credential, _, _) in DEPRECATED.items():
        yield _tried(item, role, _refuses(role, shows(credential)), _of_rsa(role))


@tls_case("CLAIMS/BI-1-3", WIRE, claims=denied("TLS-1_3"), configuration=WITH_1_3, denies=True)
def version_1_3(role: Role) -> Iterator[Conversation]:
    """A {role} whose PICS denies TLS 1.3 does not have it where it is enabled.

    Where it has it all the same its declaration is wrong.
    """
    refused = refuse(WIRE, TLS_REFUSED, NO_VERSION, limit="limit.connect")
    yield _tried("TLS-1_3", role, (*begins(role, ALONE), refused))


@tls_case("CLAIMS/BI-white-list", WIRE, claims=denied("white-list"), configuration=LISTS, denies=True)
def white_list(role: Role) -> Iterator[Conversation]:
    """A {role} whose PICS denies lists of individual certificates refuses who is on the list alone.

    Where it has one all the same its declaration is wrong.
    """
    yield _tried("white-list", role, _refuses(role, shows(LISTED_ALONE)), _of_rsa(role))


@tls_case(
    "CLAIMS/BI-refresh",
    WIRE,
    claims=denied("resumption-refresh"),
    configuration=INTERVALS,
    prerequisites=within_wait("renegotiation_interval"),
    weight=1,
    denies=True,
)
def refresh(role: Role) -> Iterator[Conversation]:
    """A {role} whose PICS denies that keys are refreshed by resumption has nothing but renegotiations.

    Where it refreshes them all the same its declaration is wrong.
    """
    comes = expect(WIRE, RENEGOTIATED, meanwhile=ON_THE_WAY, serve=True, due="tls.renegotiation_interval")
    yield _tried(
        "resumption-refresh",
        role,
        (*standing(role, Tls(asked="resume") if role is Role.SERVER else USUAL), comes),
    )

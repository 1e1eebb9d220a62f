"""Versions of TLS: the highest of both sides, those that are weak or disallowed, and what is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.cipher_suites import TLS_1_0
from conform62351.reports.model.observation import Kind
from conform62351.suites.osi.conversations import as_declared
from conform62351.suites.tls.handshakes import (
    EVENT,
    EVERY_KIND,
    associates_over,
    begins,
    logged,
    refused,
)
from conform62351.suites.tls.sides import claimed, tls_case
from conform62351.tooling.engine.mutations import SetField
from conform62351.tooling.engine.outcomes import (
    TLS_ENDED,
    TLS_REFUSED,
    expect,
    one,
    over,
    refuse,
    tls_alert,
    warned,
)
from conform62351.tooling.engine.steps import Connect, Conversation, SendTls, Tls, Verify, conversation
from conform62351.tooling.engine.tls_outcomes import TLS_STANDS, established

VERSION: Final = "R-TLS-version-1-2"
HIGHEST: Final = "R-TLS-version-highest"
WEAK_DISABLED: Final = "R-TLS-version-weak-disabled"
WEAK_ENABLED: Final = "R-TLS-version-weak-enabled"
DISALLOWED: Final = "R-TLS-version-disallowed"
ANSWER: Final = "R-TLS-version-answer"
FALLBACK: Final = "R-TLS-fallback"
WIRE: Final = "R-PICS-wire"

TLS_WEAK: Final = "tls-weak"
"""The configuration of the DUT in which it has TLS 1.0 and 1.1, as far as it claims them."""
DEPRECATED: Final = "IEC62351-3:1.2"
WEAK: Final = "IEC62351-3:1.3"
DISALLOWED_VERSION: Final = "IEC62351-3:1.4"

OF_TLS_1_2: Final = established(version="TLSv1.2", renegotiated=False)
WEAK_VERSIONS: Final = {"TLSv1": "TLS.TLS-1_0", "TLSv1.1": "TLS.TLS-1_1"}
"""Versions that are weak, and what claims them."""
USED: Final = "{version} is used in the usual configuration"
UNTRIED: Final = "{version} is not tried: the client offers no suite that it has with it"
NO_SUITE: Final = one(Kind.TLS_ALERT, "handshake_failure", by="tester")
"""The tester finds no suite of the version in what a client offers."""
NO_FALLBACK: Final = "a client that falls back to TLS 1.1 is not refused"
INAPPROPRIATE: Final = "inappropriate_fallback"

HELLO_OF_SSL_2: Final = bytes.fromhex(
    "802e0100020015000000100100800200800300800400800500800600400700c0"
) + bytes(16)
"""A CLIENT-HELLO of SSL 2.0, with all its ciphers and a challenge of 16 octets."""


def _hello_of(version: int) -> SetField:
    return SetField(pdu="TLS.ClientHello", field="version", value=version)


def _answer_of(version: int) -> SetField:
    return SetField(pdu="TLS.ServerHello", field="version", value=version)


def of_version(role: Role, version: str) -> Tls:
    """Return TLS of one version alone."""
    return Tls(minimum=version, maximum=version, credentials=EVERY_KIND if role is Role.CLIENT else ())


@tls_case("VERSION/BV-highest", VERSION, HIGHEST, roles=(Role.SERVER,))
def highest(role: Role) -> Iterator[Conversation]:
    """A server answers with TLS 1.2 to a ClientHello of 0303, of 0304, 03FF and 0400, which it may not know,
    and whatever version the first record has.
    """
    for version in (0x0303, 0x0304, 0x03FF, 0x0400):
        tls = Tls(mutations=(_hello_of(version),))
        yield conversation(
            associates_over(role, HIGHEST, tls, OF_TLS_1_2), label=f"ClientHello {version:04X}"
        )
    for name in ("SSLv3", "TLSv1", "TLSv1.2"):
        tls = Tls(record_version=name)
        yield conversation(associates_over(role, VERSION, tls, OF_TLS_1_2), label=f"record of {name}")


@tls_case("VERSION/BV-1-2", VERSION, roles=(Role.CLIENT,))
def client_has_1_2(role: Role) -> Iterator[Conversation]:
    """A client offers TLS 1.2, and has it with a server that chooses it."""
    tls = Tls(credentials=EVERY_KIND)
    offered = Verify(requirement=VERSION, field="TLS.ClientHello.version", is_in=("TLSv1.2",))
    steps = associates_over(role, VERSION, tls, OF_TLS_1_2)
    yield conversation(*steps[:2], offered, *steps[2:])


@tls_case("VERSION/BI-weak", WEAK_DISABLED, EVENT)
def weak(role: Role) -> Iterator[Conversation]:
    """A {role} that has not been told to does not use TLS 1.0 or 1.1 with a {peer} that has nothing newer.

    Where it claims one, the report warns of it: somebody may have enabled it.
    """
    for version, claim in WEAK_VERSIONS.items():
        tls = of_version(role, version)
        code = f"{claim}.{role.value}"
        untried = over(warned(UNTRIED.format(version=version), NO_SUITE))
        used = over(warned(USED.format(version=version), TLS_STANDS))
        for label, condition, taken in (("denied", f"not {code}", ()), ("claimed", code, used)):
            yield conversation(
                begins(role, tls),
                refuse(WEAK_DISABLED, TLS_REFUSED, taken, untried, limit="limit.connect"),
                logged(DEPRECATED),
                label=f"{version}, {label}",
                pics=condition,
            )


@tls_case(
    "VERSION/BV-weak-enabled",
    WEAK_ENABLED,
    WIRE,
    EVENT,
    claims="TLS.TLS-1_0.{role} or TLS.TLS-1_1.{role}",
    configuration=TLS_WEAK,
)
def weak_enabled(role: Role) -> Iterator[Conversation]:
    """A {role} in which TLS 1.0 or 1.1 is enabled has it with a {peer} that has nothing newer, and warns.

    A {role} that refuses all the same is no worse, but its declaration is wrong, if it has a suite of it.
    """
    old = claimed(lambda suite: suite.minimum_version == TLS_1_0, role)
    for version, claim in WEAK_VERSIONS.items():
        tls = of_version(role, version)
        untried = over(warned(UNTRIED.format(version=version), NO_SUITE))
        stands = established(version=version, renegotiated=False)
        yield conversation(
            as_declared(associates_over(role, WIRE, tls, stands, *untried)),
            logged(WEAK),
            label=version,
            pics=f"{claim}.{role.value} and ({old})",
        )
        yield conversation(
            begins(role, tls),
            expect(WEAK_ENABLED, TLS_REFUSED, NO_SUITE, limit="limit.connect"),
            label=f"{version}, without a suite of it",
            pics=f"{claim}.{role.value} and not ({old})",
        )


@tls_case("VERSION/BI-disallowed", DISALLOWED, EVENT)
def disallowed(role: Role) -> Iterator[Conversation]:
    """A {role} refuses a {peer} with SSL 3.0, or with 0200, a server also a ClientHello in the form of SSL
    2.0.
    """
    change = _hello_of if role is Role.SERVER else _answer_of
    for version in (0x0300, 0x0200):
        tls = Tls(mutations=(change(version),))
        yield conversation(refused(role, DISALLOWED, tls, DISALLOWED_VERSION), label=f"{version:04X}")
    if role is Role.SERVER:
        yield conversation(
            Connect(tls=Tls(hold="TLS.ClientHello")),
            SendTls(content="plain", octets=HELLO_OF_SSL_2, name="CLIENT-HELLO of SSL 2.0", may_break=True),
            refuse(DISALLOWED, TLS_ENDED, limit="limit.connect"),
            label="the form of SSL 2.0",
        )


@tls_case("VERSION/BI-other", ANSWER, roles=(Role.CLIENT,))
def other(role: Role) -> Iterator[Conversation]:
    """A client refuses a ServerHello of a version that it did not offer: 0304 without the extension that says
    so, 0305 and 0399.
    """
    for version in (0x0304, 0x0305, 0x0399):
        tls = Tls(mutations=(_answer_of(version),))
        yield conversation(refused(role, ANSWER, tls), label=f"{version:04X}")


@tls_case(
    "VERSION/BI-fallback", FALLBACK, claims="TLS.TLS-1_1.{role}", configuration=TLS_WEAK, roles=(Role.SERVER,)
)
def fallback(role: Role) -> Iterator[Conversation]:
    """A server that has TLS 1.2 refuses a client that says it has fallen back to TLS 1.1, and takes one that
    says so with TLS 1.2.
    """
    fallen = Tls(minimum="TLSv1.1", maximum="TLSv1.1", fallback=True)
    forms = (tls_alert(INAPPROPRIATE), *TLS_REFUSED)
    yield conversation(
        begins(role, fallen),
        refuse(FALLBACK, forms, over(warned(NO_FALLBACK, TLS_STANDS)), limit="limit.connect"),
        label="TLS 1.1",
    )
    yield conversation(associates_over(role, FALLBACK, Tls(fallback=True), OF_TLS_1_2), label="TLS 1.2")

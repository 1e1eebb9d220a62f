"""Renegotiations that have to be refused, and what leads to one: values, certificates, lists, changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.cipher_suites import TLS_1_1, TLS_1_2
from conform62351.profiles.tls.engine.extensions import ExtensionType
from conform62351.profiles.tls.engine.parameters import RENEGOTIATION_SCSV
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.tls.connections import WEAK, begun, standing, usable
from conform62351.suites.tls.handshakes import EVENT
from conform62351.suites.tls.renegotiation import DATA, FULL
from conform62351.suites.tls.revocation import BY_ANSWER, BY_LIST, FETCHED, SERVED, refreshes
from conform62351.suites.tls.showing import RSA_SUITES, claims_one, logged, shows
from conform62351.suites.tls.sides import claimed, tls_case
from conform62351.tooling.engine.mutations import AnyMutation, SetExtension, SetField
from conform62351.tooling.engine.outcomes import (
    TLS_ENDED,
    TLS_REFUSED,
    expect,
    over,
    reach,
    refuse,
    warned,
)
from conform62351.tooling.engine.steps import (
    Act,
    Conversation,
    PublishAnswer,
    PublishList,
    Renegotiate,
    Tls,
    conversation,
)
from conform62351.tooling.engine.tls_names import suites_of_the_standard
from conform62351.tooling.engine.tls_outcomes import ASKS, BEGINS, ON_THE_WAY, REFRESHED, RENEGOTIATED
from conform62351.tooling.net.revocation_data import AnswerState, ListState

FIRST: Final = "R-TLS-renegotiation-first"
VALUE: Final = "R-TLS-renegotiation-value"
CHECKED: Final = "R-TLS-renegotiation-checked"
REVOKED: Final = "R-TLS-renegotiation-revoked"
NEW_LIST: Final = "R-TLS-renegotiation-refresh"
VERSION: Final = "R-TLS-renegotiation-version"
SUITE: Final = "R-TLS-renegotiation-suite"

INFO: Final = ExtensionType.RENEGOTIATION_INFO
FINISHED: Final = 12
"""Octets of verify_data."""
HELLOS: Final = {Role.SERVER: "TLS.ClientHello", Role.CLIENT: "TLS.ServerHello"}
"""The hello that a DUT reads."""
VALUES: Final[Mapping[str, bytes | None]] = {
    "no extension": None,
    "an empty value": b"\0",
    "zeros": bytes((FINISHED, *bytes(FINISHED))),
    "zeros, an octet short": bytes((FINISHED - 1, *bytes(FINISHED - 1))),
    "zeros for both sides": bytes((2 * FINISHED, *bytes(2 * FINISHED))),
}
"""What is wrong with a renegotiation_info in either direction."""
ALTERED: Final[Mapping[str, Mapping[Role, int]]] = {
    "its first octet altered": {Role.SERVER: 1, Role.CLIENT: 1},
    "its last octet altered": {Role.SERVER: -1, Role.CLIENT: -1},
    "the client's part altered at its end": {Role.CLIENT: FINISHED},
    "the server's part altered at its beginning": {Role.CLIENT: FINISHED + 1},
}
"""Where the value is altered that a DUT in a role reads; its length stands in the first octet."""
BOTH_ZERO: Final = bytes((FINISHED, *bytes(FINISHED)))
ISSUER: Final = "intermediate"
"""The authority of the tester's usual certificates."""
RC4: Final = ("TLS_RSA_WITH_RC4_128_SHA",)
FULL_ONES_ALONE: Final = "not TLS.resumption-refresh.{role}"

NO_CERTIFICATE: Final = ("1.6",)
NOT_TRUSTED: Final = ("2.2", "2.3")
NOT_VERIFIED: Final = ("2.10",)
EXPIRED: Final = ("2.8",)
BY_REVOCATION: Final = "1.8"
VERSION_CHANGED: Final = "1.5"
RESUMED: Final = "1.13"
LOCAL_POLICY: Final = "an expired certificate is accepted at a renegotiation: local policy"
FOLLOWED: Final = "the session is resumed in place of a renegotiation"
ENDED: Final = "the connection is ended, where a full handshake would have done"


def _of_rsa(role: Role) -> str:
    """Return the condition under which the tester can show certificates with RSA keys."""
    return f"({claims_one(RSA_SUITES, role.value)})" if role is Role.CLIENT else ""


def _ended(requirement: str, *events: str) -> Steps:
    """Show that the DUT ends the connection in the middle of a renegotiation, and logs one of ``events``."""
    return (refuse(requirement, TLS_ENDED, meanwhile=ON_THE_WAY), *logged(*events))


@tls_case("RENEG/BI-value", VALUE, FIRST)
def value(role: Role) -> Iterator[Conversation]:
    """A {role} refuses a first hello that says something of a handshake before, and at a renegotiation a
    hello that does not say, or says otherwise, what was agreed before; a server one with the suite 00FF, too.
    """
    hello = HELLOS[role]
    first = SetExtension(pdu=hello, kind=INFO, octets=BOTH_ZERO)
    yield conversation(
        begun(role, Tls(mutations=(first,))),
        refuse(FIRST, TLS_REFUSED, limit="limit.connect"),
        label="in the first hello",
    )
    wrong: dict[str, AnyMutation] = {
        label: SetExtension(pdu=hello, kind=INFO, octets=octets) for label, octets in VALUES.items()
    }
    for label, places in ALTERED.items():
        if role in places:
            wrong[label] = SetExtension(pdu=hello, kind=INFO, flip=places[role])
    if role is Role.SERVER:
        offered = (*suites_of_the_standard(), RENEGOTIATION_SCSV)
        wrong["the suite 00FF"] = SetField(pdu=hello, field="suites", value=offered)
    for label, mutation in wrong.items():
        yield conversation(
            standing(role),
            Renegotiate(mutations=(mutation,)),
            _ended(VALUE),
            label=f"at a renegotiation: {label}",
        )


@tls_case(
    "RENEG/BI-abbreviated",
    FULL,
    EVENT,
    roles=(Role.SERVER,),
    claims="TLS.resumption-identifier.{role} or TLS.resumption-ticket.{role}",
)
def server_abbreviated(role: Role) -> Iterator[Conversation]:
    """A {role} has a full handshake with a client that offers the session of the connection in place of a
    renegotiation, and raises an alarm.

    A server that has keys refreshed so is tried when it has asked for a renegotiation itself.
    """
    full: Steps = (
        expect(FULL, RENEGOTIATED, warned(ENDED, TLS_ENDED), meanwhile=ON_THE_WAY),
        *logged(RESUMED),
    )
    ways = {"identifier": Tls(asked="ignore"), "ticket": Tls(asked="ignore", tickets=True)}
    for way, tls in ways.items():
        claimed = f"TLS.resumption-{way}.server"
        yield conversation(
            standing(role, tls),
            Renegotiate(resume=True),
            full,
            label=f"by {way}",
            pics=f"{claimed} and {FULL_ONES_ALONE.format(role=role.value)}",
        )
        yield conversation(
            standing(role, tls),
            Act(action="renegotiate"),
            reach(ASKS),
            Renegotiate(resume=True),
            full,
            label=f"by {way}, where the server has asked",
            pics=f"{claimed} and TLS.renegotiation-request.server",
        )


@tls_case(
    "RENEG/BI-abbreviated", FULL, EVENT, roles=(Role.CLIENT,), claims="TLS.resumption-identifier.{role}"
)
def client_abbreviated(role: Role) -> Iterator[Conversation]:
    """A {role} that is asked for a renegotiation does not let the server resume the session instead, and
    raises an alarm.
    """
    yield conversation(
        standing(role),
        Renegotiate(tls=Tls(resume=0)),
        refuse(FULL, TLS_ENDED, warned(FOLLOWED, REFRESHED), meanwhile=ON_THE_WAY),
        logged(RESUMED),
    )


@tls_case("RENEG/BI-certificate", CHECKED, EVENT, DATA)
def certificate(role: Role) -> Iterator[Conversation]:
    """A {role} checks the certificate of its partner again at a renegotiation, and ends the connection of one
    who shows none (to a server), one that is not trusted or does not verify, or one that has expired, unless
    its local policy takes that.

    What it makes of another holder is its own matter; an association that goes on works.
    """
    shown: dict[str, tuple[str, tuple[str, ...]]] = {
        "of an unknown authority": ("bad-tls/unknown-ca", NOT_TRUSTED),
        "signed by its own key": ("bad-tls/self-signed", NOT_TRUSTED),
        "whose signature does not verify": ("bad-tls/broken-signature", NOT_VERIFIED),
    }
    if role is Role.SERVER:
        shown["none"] = ("", NO_CERTIFICATE)
    for label, (name, events) in shown.items():
        yield conversation(
            standing(role),
            Renegotiate(tls=shows(name)),
            _ended(CHECKED, *events),
            label=label,
            pics=_of_rsa(role),
        )
    yield conversation(
        standing(role),
        Renegotiate(tls=shows("bad-tls/expired")),
        refuse(CHECKED, TLS_ENDED, over(warned(LOCAL_POLICY, RENEGOTIATED)), meanwhile=ON_THE_WAY),
        logged(*EXPIRED),
        label="expired",
        pics=_of_rsa(role),
    )
    yield conversation(
        standing(role),
        Renegotiate(tls=shows("bad-tls/other-holder")),
        expect(CHECKED, RENEGOTIATED, over(TLS_ENDED), meanwhile=ON_THE_WAY),
        usable(role, DATA),
        label="of another holder",
        pics=_of_rsa(role),
    )


@tls_case(
    "RENEG/BI-revoked", REVOKED, EVENT, claims="TLS.CRL.{role} or TLS.OCSP.{role}", prerequisites=SERVED
)
def revoked(role: Role) -> Iterator[Conversation]:
    """A {role} that has fetched newer revocation data ends the connection of a partner who is revoked by
    then, at the renegotiation that follows, and raises an alarm.
    """
    again = (refreshes, Renegotiate(may_break=True), _ended(REVOKED, BY_REVOCATION))
    yield conversation(
        PublishList(authority=FETCHED),
        refreshes,
        standing(role, shows(BY_LIST)),
        PublishList(authority=FETCHED, state=ListState.LATER),
        *again,
        label="by a new list",
        pics=" and ".join(filter(None, (f"TLS.CRL.{role.value}", _of_rsa(role)))),
    )
    yield conversation(
        PublishAnswer(credential=BY_ANSWER),
        refreshes,
        standing(role, shows(BY_ANSWER)),
        PublishAnswer(credential=BY_ANSWER, state=AnswerState.REVOKED),
        *again,
        label="by a new answer",
        pics=" and ".join(filter(None, (f"TLS.OCSP.{role.value}", _of_rsa(role)))),
    )


@tls_case("RENEG/BV-new-list", NEW_LIST, DATA, claims="TLS.CRL.{role}", prerequisites=SERVED)
def new_list(role: Role) -> Iterator[Conversation]:
    """A {role} that has fetched a newer certificate list has the connections renegotiated that stand; one
    whose partner the list does not name goes on.
    """
    yield conversation(
        PublishList(authority=ISSUER),
        refreshes,
        standing(role),
        PublishList(authority=ISSUER, state=ListState.LATER),
        Act(action="refresh-revocation"),
        expect(NEW_LIST, ASKS if role is Role.SERVER else BEGINS),
        expect(NEW_LIST, RENEGOTIATED, meanwhile=ON_THE_WAY),
        usable(role, DATA),
        PublishList(authority=ISSUER),
        refreshes,
    )


@tls_case("RENEG/BI-changed", VERSION, SUITE, EVENT, configuration=WEAK)
def changed(role: Role) -> Iterator[Conversation]:
    """A {role} refuses a renegotiation by which a connection of TLS 1.2 would go over to TLS 1.1, though it
    has that enabled, and raises an alarm; or to a suite that is disallowed.
    """
    if role is Role.SERVER:
        older = Renegotiate(mutations=(SetField(pdu="TLS.ClientHello", field="version", value=TLS_1_1),))
        other = Renegotiate(tls=Tls(suites=RC4))
    else:
        older = Renegotiate(tls=Tls(minimum="TLSv1", maximum="TLSv1.1"))
        other = Renegotiate(tls=Tls(suites=RC4, imposes=True))
    # A client is answered with a suite that it has in the older version.
    has_one = claimed(lambda suite: suite.minimum_version < TLS_1_2, role) if role is Role.CLIENT else ""
    yield conversation(
        standing(role), older, _ended(VERSION, VERSION_CHANGED), label="another version", pics=has_one
    )
    yield conversation(standing(role), other, _ended(SUITE), label="a disallowed suite")

"""What a device has to put up with: partners that leave something out, or do more than they need (clause 11).

Where a partner should be put up with, a refusal in order is a warning: silence, and a connection that is
closed without a word, are a fail.
"""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.compatibility.examination import AUTHENTICATION_SYNTAX, VALUE
from conform62351.suites.compatibility.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    COMPATIBILITY,
    P_ABORT,
    SERVER,
    SERVER_BASELINE,
    client_request_on,
    client_takes,
    server_connection_on,
    server_takes,
)
from conform62351.suites.compatibility.own_value import ACCEPTED, for_authentication
from conform62351.suites.osi.conversations import Steps, client_request, server_connection, server_usable
from conform62351.suites.osi.ppdus import FOR_ACSE, FOR_MMS, PACKED_SYNTAX, UNKNOWN_NAME, proposing
from conform62351.suites.osi.session_user_data import NOT_TAKEN
from conform62351.tooling.engine.authenticate import TESTER, Authenticate
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditTlv, SetField
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ASSOCIATED,
    REQUEST,
    expect,
    over,
    reach,
    rejected,
    warned,
)
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    AnswerAssociation,
    Associate,
    Close,
    Conversation,
    Respond,
    conversation,
)

OPTIONAL = "R-CMP-context-optional"
REFUSED = "R-CMP-context-refused"
UNIT_MISSING = "R-CMP-functional-unit-missing"
EXTRA_SEQUENCE = "R-CMP-extra-sequence"
TITLES = "R-CMP-titles-not-compared"
ASSOCIATES = "R-COMB-compatibility"

IDENTITIES = (TESTER, "second", TESTER)
OTHER_TITLES = Authenticate(credential="bad/other-subject")
"""A certificate that is good but for its subject: the titles of somebody else."""

IN_BER = FOR_MMS[2]
OF_NOBODY = (7, UNKNOWN_NAME, IN_BER)
WITHOUT = {
    "left out": proposing(FOR_ACSE, FOR_MMS),
    "another in its place": proposing(FOR_ACSE, FOR_MMS, OF_NOBODY),
}
LISTS = {
    "before the others": proposing(for_authentication(5), FOR_ACSE, FOR_MMS),
    "before one of nobody": proposing(FOR_ACSE, FOR_MMS, for_authentication(5), OF_NOBODY),
    "with two transfer syntaxes": proposing(
        FOR_ACSE, FOR_MMS, (5, AUTHENTICATION_SYNTAX, (PACKED_SYNTAX, *IN_BER))
    ),
}
BIT_NOT_SET = b"\x07\x00"
CHOICE = "a2/a0/a0"
SEQUENCES: dict[str, tuple[AnyMutation, ...]] = {
    "around the choice": (EditTlv(pdu=VALUE, path=CHOICE, edit=Edit.WRAP, octets=b"\x30"),),
    "within the choice": (
        EditTlv(pdu=VALUE, path=CHOICE, edit=Edit.RETAG, octets=b"\x30"),
        EditTlv(pdu=VALUE, path="a2/a0/30", edit=Edit.WRAP, octets=b"\xa0"),
    ),
}


def _no_unit(apdu: str) -> dict[str, AnyMutation]:
    return {
        "no requirements": SetField(pdu=f"ACSE.{apdu}", field="requirements"),
        "the bit not set": SetField(pdu=f"ACSE.{apdu}", field="requirements", octets=BIT_NOT_SET),
    }


def _server_should_take(
    requirement: str, *mutations: AnyMutation, authentication: Authenticate | None = None
) -> Steps:
    """Show that such an association works; one that is refused in order is a warning."""
    refused = over(warned(NOT_TAKEN, P_ABORT, rejected()))
    return (
        *server_connection,
        Associate(mutations=mutations, authentication=authentication),
        expect(requirement, ASSOCIATED, refused, limit="limit.associate"),
        *server_usable(requirement),
    )


def _client_should_take(
    requirement: str, *mutations: AnyMutation, authentication: Authenticate | None = None
) -> Steps:
    """Answer the AARQ that has come so, and show that the client goes on; a P-ABORT is a warning."""
    return (
        AnswerAssociation(mutations=mutations, authentication=authentication),
        Act(action="send-request", may_fail=True),
        expect(requirement, REQUEST, over(warned(NOT_TAKEN, P_ABORT)), limit="limit.associate"),
        Respond(),
    )


@case(
    "CMP/SRV/PARTNER/BV-context-left-out",
    OPTIONAL,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_context_left_out() -> Iterator[Conversation]:
    """A server takes a client that proposes no context for mmsAuthenticationAS but authenticates itself."""
    for label, mutation in WITHOUT.items():
        yield conversation(server_connection, server_takes(OPTIONAL, mutation), label=label)


@case(
    "CMP/SRV/PARTNER/BV-context-lists",
    ACCEPTED,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_context_lists() -> Iterator[Conversation]:
    """A server knows contexts by their abstract syntax, wherever in the list they stand."""
    for label, mutation in LISTS.items():
        yield conversation(server_connection, server_takes(ACCEPTED, mutation), label=label)


@case(
    "CMP/CLI/PARTNER/BV-context-refused",
    REFUSED,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_context_refused() -> Conversation:
    """A client goes on where mmsAuthenticationAS is refused by a server that authenticates itself."""
    return conversation(
        Act(action="connect"),
        Accept(not_known=AUTHENTICATION_SYNTAX),
        reach(AARQ, limit="limit.associate"),
        _client_should_take(REFUSED),
    )


@case(
    "CMP/SRV/PARTNER/BV-functional-unit-missing",
    UNIT_MISSING,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_unit_missing() -> Iterator[Conversation]:
    """A server takes mechanism-name and value from a client that forgets the bit of the functional unit."""
    for label, mutation in _no_unit("AARQ").items():
        yield conversation(_server_should_take(UNIT_MISSING, mutation), label=label)


@case(
    "CMP/CLI/PARTNER/BV-functional-unit-missing",
    UNIT_MISSING,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_unit_missing() -> Iterator[Conversation]:
    """A client takes mechanism-name and value from a server that forgets the bit of the functional unit."""
    for label, mutation in _no_unit("AARE").items():
        yield conversation(client_request, _client_should_take(UNIT_MISSING, mutation), label=label)


@case(
    "CMP/SRV/PARTNER/BV-extra-sequence",
    EXTRA_SEQUENCE,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_extra_sequence() -> Iterator[Conversation]:
    """A server reads a value with one more SEQUENCE around certificate, time and signature."""
    for label, mutations in SEQUENCES.items():
        yield conversation(_server_should_take(EXTRA_SEQUENCE, *mutations), label=label)


@case(
    "CMP/CLI/PARTNER/BV-extra-sequence",
    EXTRA_SEQUENCE,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_extra_sequence() -> Iterator[Conversation]:
    """A client reads a value with one more SEQUENCE around certificate, time and signature."""
    for label, mutations in SEQUENCES.items():
        yield conversation(client_request, _client_should_take(EXTRA_SEQUENCE, *mutations), label=label)


@case(
    "CMP/SRV/PARTNER/BV-titles",
    TITLES,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_titles() -> Conversation:
    """A server takes a client whose certificate has other titles as its subject than its AARQ."""
    return conversation(_server_should_take(TITLES, authentication=OTHER_TITLES))


@case(
    "CMP/CLI/PARTNER/BV-titles",
    TITLES,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_titles() -> Conversation:
    """A client takes a server whose certificate has other titles as its subject than its AARE."""
    return conversation(client_request, _client_should_take(TITLES, authentication=OTHER_TITLES))


@case(
    "CMP/SRV/PARTNER/BV-identities",
    ASSOCIATES,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_identities() -> Conversation:
    """A server takes whomever it can trust: now one partner, now another."""
    rounds: list[Steps] = []
    for on, name in enumerate(IDENTITIES):
        authentication = Authenticate(credential=name)
        rounds.append(server_connection_on(on))
        rounds.append((*server_takes(ASSOCIATES, authentication=authentication, on=on), Close(on=on)))
    return conversation(*rounds)


@case(
    "CMP/CLI/PARTNER/BV-identities",
    ASSOCIATES,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_identities() -> Conversation:
    """A client takes whomever it can trust: now one partner, now another."""
    rounds: list[Steps] = []
    for on, name in enumerate(IDENTITIES):
        authentication = Authenticate(credential=name)
        rounds.append(client_request_on(on))
        rounds.append((*client_takes(ASSOCIATES, authentication=authentication, on=on), Close(on=on)))
    return conversation(*rounds)

"""Partners of TLS that are revoked, and data about revocation that are late, wrong or not there.

``revocation server`` is the tester's: certificates of the workshop's authority for it have their lists, or
the answers of OCSP, there and nowhere else. Where what was fetched before would count, a conversation begins
by having the device fetch anew what the server gives then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.osi.conversations import Steps, client_usable, server_usable
from conform62351.suites.tls.conversations import CLIENT_BASELINE, SERVER, SERVER_BASELINE, TLS
from conform62351.suites.tls.handshakes import EVENT
from conform62351.suites.tls.showing import (
    CLIENT_OF_RSA,
    Refuses,
    client_refuses,
    client_takes,
    logged,
    server_refuses,
    server_takes,
    shows,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.log_steps import Logged
from conform62351.tooling.engine.outcomes import (
    AARQ,
    TLS_ENDED,
    TRANSPORT_CONNECTED,
    expect,
    warned,
)
from conform62351.tooling.engine.revocation_steps import MEANS, Trouble
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    Close,
    Connect,
    Conversation,
    OpenTransport,
    PublishAnswer,
    PublishList,
    Tls,
    TroubleRevocation,
    conversation,
)
from conform62351.tooling.net.revocation_data import AnswerState, ListState

BY_CRL: Final = "R-TLS-revoked-CRL"
BY_OCSP: Final = "R-TLS-revoked-OCSP"
OF_AUTHORITY: Final = "R-TLS-revoked-authority"
FORGED: Final = "R-TLS-revocation-OCSP-forged"
ABSENT: Final = "R-TLS-revocation-absent"
OUTDATED: Final = "R-TLS-revocation-outdated"
OCSP_OUTDATED: Final = "R-TLS-revocation-OCSP-outdated"
SILENT: Final = "R-TLS-revocation-silent"
REFRESHED: Final = "R-TLS-revocation-refreshed"

EITHER: Final = "(TLS.CRL.{role} or TLS.OCSP.{role})"
SERVER_LOOKS_UP: Final = f"({SERVER}) and {EITHER.format(role='server')}"
CLIENT_LOOKS_UP: Final = f"({CLIENT_OF_RSA}) and {EITHER.format(role='client')}"
SERVER_HAS_LISTS: Final = f"({SERVER}) and TLS.CRL.server"
CLIENT_HAS_LISTS: Final = f"({CLIENT_OF_RSA}) and TLS.CRL.client"
SERVED: Final = (MEANS,)

REVOKED: Final = "2.4"
NO_LIST: Final = "2.5"
LIST_OUTDATED: Final = "2.6"
ANSWER_OUTDATED: Final = "2.7"
FETCHED: Final = "fetched-ca"
"""The authority whose data are to be had from the tester alone."""
BY_LIST: Final = "bad-tls/fetched-crl"
BY_ANSWER: Final = "bad-tls/fetched-ocsp"
REVOKED_BY_ANSWER: Final = "bad-tls/fetched-revoked-ocsp"
BY_OLD_ANSWER: Final = "bad-tls/outdated-ocsp"
BY_FORGED_ANSWER: Final = "bad-tls/forged-ocsp"
"""Nobody has another answer about this one, by which a device could go instead."""
LEADS_UP: Final = ""
NO_DATA: Final = "who is not known to be good is refused"
OLD_DATA: Final = "who was good by data that are outdated is refused"
FORGERIES: Final = {
    "signed by who may not": AnswerState.WRONG_SIGNER,
    "about another certificate": AnswerState.OTHER_CERTIFICATE,
}
TROUBLES: Final[tuple[Trouble, ...]] = (
    "garbage",
    "refusing",
    "silent",
    "late",
    "status 500",
    "cut short",
    "empty",
)
LATE_S: Final = 0.3

refreshes: Steps = (Act(action="refresh-revocation", first=True),)
"""Have the device fetch its revocation data again, and give it a moment for that."""


def _revoked(refuses: Refuses, role: Role) -> Iterator[Conversation]:
    """Show partners that are revoked, in every way that the PICS claims."""
    lists, answers = f"TLS.CRL.{role.value}", f"TLS.OCSP.{role.value}"
    yield conversation(
        refuses(BY_CRL, shows("bad-tls/revoked"), REVOKED), label="by a list that the device has", pics=lists
    )
    yield conversation(
        refuses(BY_CRL, shows("bad-tls/fetched-revoked"), REVOKED),
        label="by a list that it fetches",
        pics=lists,
    )
    yield conversation(
        refuses(BY_OCSP, shows(REVOKED_BY_ANSWER), REVOKED),
        label="by OCSP",
        pics=answers,
    )
    yield conversation(
        refuses(OF_AUTHORITY, shows("bad-tls/revoked-ca"), REVOKED),
        label="under an authority that is revoked",
        pics=lists,
    )


def _forged(role: Role) -> Iterator[Conversation]:
    """Show a partner who is good by an answer that is none: nothing is known of it."""
    shown = shows(BY_FORGED_ANSWER)
    meets: Steps = (
        (
            Connect(tls=shown),
            OpenTransport(may_break=True),
            expect(FORGED, TRANSPORT_CONNECTED, TLS_ENDED, limit="limit.connect"),
        )
        if role is Role.SERVER
        else (
            Act(action="connect", may_fail=True),
            Accept(tls=shown),
            expect(FORGED, AARQ, TLS_ENDED, limit="limit.associate"),
        )
    )
    told = tuple(f"IEC62351-3:{event}" for event in (NO_LIST, REVOKED, ANSWER_OUTDATED))
    for label, state in FORGERIES.items():
        yield conversation(
            PublishAnswer(credential=BY_FORGED_ANSWER, state=state),
            meets,
            Logged(requirement=FORGED, events=told, aspects=("event",)),
            label=f"good by an answer {label}",
            pics=f"TLS.OCSP.{role.value}",
        )


@case(
    "TLS/SRV/REVOKE/BI-revoked",
    BY_CRL,
    BY_OCSP,
    OF_AUTHORITY,
    FORGED,
    EVENT,
    pics=SERVER_LOOKS_UP,
    baseline=SERVER_BASELINE,
    configuration=TLS,
    prerequisites=SERVED,
)
def server_revoked() -> Iterator[Conversation]:
    """A server refuses a client that is revoked, by a list, by OCSP, or with its authority.

    An answer by OCSP that is not signed by who may, or is about another certificate, makes nobody good: the
    server tells that it knows nothing of the client, whatever it does then.
    """
    yield from _revoked(server_refuses, Role.SERVER)
    yield from _forged(Role.SERVER)


@case(
    "TLS/CLI/REVOKE/BI-revoked",
    BY_CRL,
    BY_OCSP,
    OF_AUTHORITY,
    FORGED,
    EVENT,
    pics=CLIENT_LOOKS_UP,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
    prerequisites=SERVED,
)
def client_revoked() -> Iterator[Conversation]:
    """A client refuses a server that is revoked, by a list, by OCSP, or with its authority.

    An answer by OCSP that is not signed by who may, or is about another certificate, makes nobody good: the
    client tells that it knows nothing of the server, whatever it does then.
    """
    yield from _revoked(client_refuses, Role.CLIENT)
    yield from _forged(Role.CLIENT)


def _server_tolerates(requirement: str, credential: str, why: str, *events: str) -> Steps:
    """Show that the DUT server takes a client in spite of what it then logs, or refuses with a warning."""
    return (
        Connect(tls=shows(credential)),
        OpenTransport(may_break=True),
        expect(requirement, TRANSPORT_CONNECTED, warned(why, TLS_ENDED), limit="limit.connect"),
        *logged(*events),
    )


def _client_tolerates(requirement: str, credential: str, why: str, *events: str) -> Steps:
    """Show that the DUT client takes a server in spite of what it then logs, or refuses with a warning."""
    return (
        Act(action="connect", may_fail=True),
        Accept(tls=shows(credential)),
        expect(requirement, AARQ, warned(why, TLS_ENDED), limit="limit.associate"),
        *logged(*events),
    )


@case(
    "TLS/SRV/REVOKE/BV-no-list",
    ABSENT,
    EVENT,
    pics=SERVER_HAS_LISTS,
    baseline=SERVER_BASELINE,
    configuration=TLS,
)
def server_no_list() -> Conversation:
    """A server goes on where it cannot have a list of the client's authority, and logs a warning; to refuse
    is local policy.
    """
    return conversation(_server_tolerates(ABSENT, "bad-tls/no-crl", NO_DATA, NO_LIST))


@case(
    "TLS/CLI/REVOKE/BV-no-list",
    ABSENT,
    EVENT,
    pics=CLIENT_HAS_LISTS,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_no_list() -> Conversation:
    """A client goes on where it cannot have a list of the server's authority, and logs a warning; to refuse
    is local policy.
    """
    return conversation(_client_tolerates(ABSENT, "bad-tls/no-crl", NO_DATA, NO_LIST))


def _outdated(tolerates: Refuses, refuses: Refuses, role: Role) -> Iterator[Conversation]:
    """Show partners about whom there is nothing but an outdated list or answer."""
    lists = f"TLS.CRL.{role.value}"
    yield conversation(
        tolerates(OUTDATED, "bad-tls/outdated-crl", OLD_DATA, LIST_OUTDATED),
        label="good by an outdated list",
        pics=lists,
    )
    yield conversation(
        PublishList(authority=FETCHED, state=ListState.EXPIRED),
        refreshes,
        refuses(OUTDATED, shows("bad-tls/fetched-revoked"), REVOKED),
        label="revoked by an outdated list",
        pics=lists,
    )
    yield conversation(
        PublishAnswer(credential=BY_OLD_ANSWER, state=AnswerState.EXPIRED),
        refreshes,
        tolerates(OCSP_OUTDATED, BY_OLD_ANSWER, OLD_DATA, ANSWER_OUTDATED),
        label="good by an outdated answer",
        pics=f"TLS.OCSP.{role.value}",
    )


@case(
    "TLS/SRV/REVOKE/BV-outdated",
    OUTDATED,
    OCSP_OUTDATED,
    EVENT,
    pics=SERVER_LOOKS_UP,
    baseline=SERVER_BASELINE,
    configuration=TLS,
    prerequisites=SERVED,
)
def server_outdated() -> Iterator[Conversation]:
    """A server tells by a warning that a list, or an answer by OCSP, is outdated, and goes by it: it refuses
    who is revoked in it. To refuse others too is local policy.
    """
    yield from _outdated(_server_tolerates, server_refuses, Role.SERVER)


@case(
    "TLS/CLI/REVOKE/BV-outdated",
    OUTDATED,
    OCSP_OUTDATED,
    EVENT,
    pics=CLIENT_LOOKS_UP,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
    prerequisites=SERVED,
)
def client_outdated() -> Iterator[Conversation]:
    """A client tells by a warning that a list, or an answer by OCSP, is outdated, and goes by it: it refuses
    who is revoked in it. To refuse others too is local policy.
    """
    yield from _outdated(_client_tolerates, client_refuses, Role.CLIENT)


@case(
    "TLS/SRV/REVOKE/BV-silent",
    SILENT,
    pics=SERVER_LOOKS_UP,
    baseline=SERVER_BASELINE,
    configuration=TLS,
    prerequisites=SERVED,
    weight=1,
)
def server_silent() -> Iterator[Conversation]:
    """A session of a server goes on, and the server answers, while it fetches revocation data from a server
    that is silent, late, not there or wrong.
    """
    for trouble in TROUBLES:
        yield conversation(
            refreshes,
            server_takes(LEADS_UP, shows(BY_LIST)),
            TroubleRevocation(trouble=trouble, seconds=LATE_S if trouble == "late" else 0.0),
            Act(action="refresh-revocation"),
            server_usable(SILENT),
            Act(action="refresh-revocation", first=True),
            server_usable(SILENT),
            label=f"the revocation server: {trouble}",
        )


@case(
    "TLS/CLI/REVOKE/BV-silent",
    SILENT,
    pics=CLIENT_LOOKS_UP,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
    prerequisites=SERVED,
    weight=1,
)
def client_silent() -> Iterator[Conversation]:
    """A session of a client goes on, and the client asks, while it fetches revocation data from a server that
    is silent, late, not there or wrong.
    """
    for trouble in TROUBLES:
        yield conversation(
            refreshes,
            client_takes(LEADS_UP, shows(BY_LIST)),
            TroubleRevocation(trouble=trouble, seconds=LATE_S if trouble == "late" else 0.0),
            Act(action="refresh-revocation"),
            client_usable(SILENT),
            Act(action="refresh-revocation", first=True),
            client_usable(SILENT),
            label=f"the revocation server: {trouble}",
        )


def _refreshed(takes: Refuses, refuses: Refuses, role: Role) -> Iterator[Conversation]:
    """Show a partner that is good, and then by newer data is not."""
    yield conversation(
        PublishList(authority=FETCHED),
        refreshes,
        takes(LEADS_UP, shows(BY_LIST)),
        Close(),
        PublishList(authority=FETCHED, state=ListState.LATER),
        refreshes,
        refuses(REFRESHED, Tls(credentials=(BY_LIST,), forget=True), REVOKED, on=1),
        label="by a new list",
        pics=f"TLS.CRL.{role.value}",
    )
    yield conversation(
        PublishAnswer(credential=BY_ANSWER),
        refreshes,
        takes(LEADS_UP, shows(BY_ANSWER)),
        Close(),
        PublishAnswer(credential=BY_ANSWER, state=AnswerState.REVOKED),
        refreshes,
        refuses(REFRESHED, Tls(credentials=(BY_ANSWER,), forget=True), REVOKED, on=1),
        label="by a new answer",
        pics=f"TLS.OCSP.{role.value}",
    )


@case(
    "TLS/SRV/REVOKE/BI-refreshed",
    REFRESHED,
    EVENT,
    pics=SERVER_LOOKS_UP,
    baseline=SERVER_BASELINE,
    configuration=TLS,
    prerequisites=SERVED,
)
def server_refreshed() -> Iterator[Conversation]:
    """A server that has fetched its revocation data again refuses a client that it took before, and that is
    revoked by then.
    """
    yield from _refreshed(server_takes, server_refuses, Role.SERVER)


@case(
    "TLS/CLI/REVOKE/BI-refreshed",
    REFRESHED,
    EVENT,
    pics=CLIENT_LOOKS_UP,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
    prerequisites=SERVED,
)
def client_refreshed() -> Iterator[Conversation]:
    """A client that has fetched its revocation data again refuses a server that it took before, and that is
    revoked by then.
    """
    yield from _refreshed(client_takes, client_refuses, Role.CLIENT)

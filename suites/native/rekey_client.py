"""The refresh of keys by a DUT client, of its own or when it is asked (13.3.1.4; 11-decisions 33, 34)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.reports.model.verdict import Severity
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_SEPARATE,
    client_association,
    client_exchanges,
    own_data,
)
from conform62351.suites.native.data import CLIENT_CLEAR, CLIENT_SEPARATE
from conform62351.suites.native.data_course import client_has_more
from conform62351.suites.native.rekey import (
    AGAIN,
    FOLLOWED,
    FRESH,
    GROUPS,
    IDLE,
    INITIATES,
    LATE,
    NOT_YET,
    ON_REQUEST,
    OUTSTANDING,
    OWN_DATA,
    REPORT,
    REQUEST_AGAIN,
    SENT,
    TIMES,
    keys_changed,
    request_of_client,
    under_new_keys,
)
from conform62351.suites.native.ways import client_ways
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.osi.mms_pdus import REPORT_PDU
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.outcomes import REQUEST, expect, reach
from conform62351.tooling.engine.steps import (
    Act,
    AnyStep,
    Conversation,
    Inject,
    NoFinding,
    Rekey,
    Respond,
    conversation,
)

ONE = "R-E2E-rekey-one"
ASKED_WHILE_OPEN: Final = 4
"""How many messages ask for new keys, or come under the old ones, before changedKey.

Each may have brought a request of the client's own, behind which its later ones wait to be answered; and what
asked for new keys once more may have been kept for a further rekey.
"""


def client_renews(requirement: str) -> Steps:
    """Show that a rekey of the DUT client comes with its next request, and that it follows to the new keys.

    A client may have sent that request by itself, so that there is another one under way; and the next may
    have been asked for before the client had read the answer that changes the keys.
    """
    return (
        *request_of_client(requirement),
        keys_changed(requirement),
        NoFinding(requirement=FRESH, steps=("E2E.OWN.6",)),
        Respond(),
        *client_exchanges(4, FOLLOWED),
        under_new_keys(FOLLOWED),
        *client_exchanges(1, FOLLOWED),
    )


def client_initiates(configuration: str) -> Iterator[Conversation]:
    """Yield a refresh by the DUT client itself in every way of ``configuration``."""
    for way, pics in client_ways(configuration):
        yield conversation(
            client_association(way.handshake()),
            client_exchanges(1),
            Act(action="rekey", first=True),
            client_renews(SENT),
            own_data,
            label=way.label,
            pics=pics,
        )


def client_is_asked(configuration: str) -> Iterator[Conversation]:
    """Yield a refresh that the tester asks the DUT client for, in every way of ``configuration``."""
    for way, pics in client_ways(configuration):
        yield conversation(
            client_association(way.handshake()),
            Rekey(),
            client_exchanges(1),
            client_renews(ON_REQUEST),
            own_data,
            label=way.label,
            pics=pics,
        )


@case(
    "E2E/CLI/REKEY/BV-groups",
    ON_REQUEST,
    FRESH,
    FOLLOWED,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_groups() -> Iterator[Conversation]:
    """A client sends rekey in whatever group the handshake has agreed, under the number that it has there."""
    for group, code in GROUPS.items():
        yield conversation(
            client_association(Handshake(groups=(group,))),
            Rekey(),
            client_exchanges(1),
            client_renews(ON_REQUEST),
            NoFinding(requirement=ON_REQUEST, steps=("E2E.DT.12", "E2E.OWN.3")),
            label=group,
            pics=f"{code}.client",
        )


@case(
    "E2E/CLI/REKEY/BV-outstanding",
    OUTSTANDING,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_outstanding() -> Conversation:
    """A client that has several requests outstanding sends rekey with the next one when it is asked for new
    keys, and takes the answers to all of them.
    """
    return conversation(
        client_association(),
        Act(action="send-request", first=True),
        Act(action="send-request", may_fail=True, first=True),
        expect(OUTSTANDING, REQUEST),
        Rekey(),
        Respond(),
        request_of_client(OUTSTANDING),
        Respond(),
        client_exchanges(2, OUTSTANDING),
        Respond(),
        client_exchanges(2, OUTSTANDING),
        keys_changed(OUTSTANDING),
    )


@case(
    "E2E/CLI/REKEY/BV-again",
    AGAIN,
    FRESH,
    *OWN_DATA,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_again() -> Conversation:
    """A client refreshes the keys ten times in one association, as often as it is asked to, each time with a
    new public value.
    """
    return conversation(
        client_association(),
        (Rekey(), *client_exchanges(2, AGAIN), *client_has_more(AGAIN)) * TIMES,
        client_exchanges(1, AGAIN),
        keys_changed(AGAIN, TIMES),
        NoFinding(requirement=FRESH, steps=("E2E.OWN.6",)),
        own_data,
    )


@case(
    "E2E/CLI/REKEY/BV-sent",
    SENT,
    FRESH,
    FOLLOWED,
    *OWN_DATA,
    pics=f"{INITIATES} and T11.AE.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_sends() -> Iterator[Conversation]:
    """A client refreshes the keys by itself: rekey comes with its next message, with a fresh public value in
    the group of the handshake; once it has seen changedKey it sends under the new keys.
    """
    return client_initiates(NATIVE)


@case(
    "E2E/CLI/REKEY/BV-idle",
    IDLE,
    FOLLOWED,
    pics=f"{INITIATES} and T11.AE.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_idle() -> Conversation:
    """A client that has nothing to send when it is to renew the keys sends a request with rekey in it."""
    return conversation(
        client_association(),
        client_exchanges(1),
        Act(action="rekey"),
        expect(IDLE, REQUEST),
        keys_changed(IDLE),
        Respond(),
        client_exchanges(2, FOLLOWED),
        under_new_keys(FOLLOWED),
    )


@case(
    "E2E/CLI/REKEY/BV-sent-separate",
    SENT,
    FRESH,
    FOLLOWED,
    *OWN_DATA,
    pics=f"{CLIENT_SEPARATE} and E2E.rekey-initiation.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_sends_separate() -> Iterator[Conversation]:
    """A client refreshes the keys by itself where encryption and ICV are separate: all four keys change."""
    return client_initiates(NATIVE_SEPARATE)


@case(
    "E2E/CLI/REKEY/BV-sent-clear",
    SENT,
    FRESH,
    FOLLOWED,
    *OWN_DATA,
    pics=f"{CLIENT_CLEAR} and E2E.rekey-initiation.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_sends_clear() -> Iterator[Conversation]:
    """A client refreshes the keys by itself where there is an ICV alone."""
    return client_initiates(NATIVE_CLEAR)


@case(
    "E2E/CLI/REKEY/BV-on-request",
    ON_REQUEST,
    FRESH,
    FOLLOWED,
    *OWN_DATA,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_on_request() -> Iterator[Conversation]:
    """A client that is asked for new keys sends rekey with its next message, and follows to the new keys."""
    return client_is_asked(NATIVE)


@case(
    "E2E/CLI/REKEY/BV-on-request-separate",
    ON_REQUEST,
    FRESH,
    FOLLOWED,
    *OWN_DATA,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_on_request_separate() -> Iterator[Conversation]:
    """A client that is asked for new keys refreshes all four of encryption and ICV."""
    return client_is_asked(NATIVE_SEPARATE)


@case(
    "E2E/CLI/REKEY/BV-on-request-clear",
    ON_REQUEST,
    FRESH,
    FOLLOWED,
    *OWN_DATA,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_on_request_clear() -> Iterator[Conversation]:
    """A client that is asked for new keys refreshes them where there is an ICV alone."""
    return client_is_asked(NATIVE_CLEAR)


@case(
    "E2E/CLI/REKEY/BV-asked-again",
    REQUEST_AGAIN,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_asked_again() -> Conversation:
    """A client that is asked for new keys several times, also while its rekey is open, refreshes them once
    and goes on.
    """
    ask: tuple[AnyStep, ...] = (Rekey(), REPORT)
    return conversation(
        client_association(),
        client_exchanges(1),
        ask * 2,
        request_of_client(REQUEST_AGAIN),
        keys_changed(REQUEST_AGAIN),
        Rekey(),
        Inject(layer="presentation", octets=REPORT_PDU, name="MMS.unconfirmed-PDU", mutations=(NOT_YET,)),
        Respond(),
        client_exchanges(3, REQUEST_AGAIN),
    )


@case(
    "E2E/CLI/REKEY/BV-late",
    LATE,
    ONE,
    FOLLOWED,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_late() -> Conversation:
    """A client that has sent rekey takes messages under the old keys until changedKey comes, and follows.

    Till then it sends no second rekey, not when one of these messages asks for it either: its second request
    shows it, for it may send one before it reads what has come. It may answer each of them with a request
    for want of another message, so that some under the old keys are still to come, and renew the keys twice.
    """
    late = Inject(layer="presentation", octets=REPORT_PDU, name="MMS.unconfirmed-PDU", mutations=(NOT_YET,))
    return conversation(
        client_association(),
        Rekey(),
        client_exchanges(1),
        Act(action="send-request"),
        reach(REQUEST),
        keys_changed(LATE),
        late,
        Rekey(),
        late,
        (Respond(mutations=(NOT_YET,)), *request_of_client(LATE)) * 2,
        NoFinding(requirement=ONE, steps=("E2E.DT.10",), severity=Severity.FUNCTION),
        Respond(),
        client_exchanges(3 * ASKED_WHILE_OPEN, LATE),
        under_new_keys(FOLLOWED),
        client_exchanges(1, LATE),
    )

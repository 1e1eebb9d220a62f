"""The refresh of keys with a DUT server, and what both roles are judged by (13.3.1.4; 11-decisions 33)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.native.conversations import (
    CLIENT,
    NATIVE,
    SERVER,
    SERVER_AE,
    SERVER_BASELINE,
    own_data,
    server_association,
    server_exchanges,
)
from conform62351.suites.native.ways import server_ways
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.osi.mms_pdus import REPORT_PDU
from conform62351.suites.osi.session_last_words import LAST_WORDS, nothing_more
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.judging_steps import UNASKED
from conform62351.tooling.engine.mutations import SetField
from conform62351.tooling.engine.native_outcomes import data_aborted
from conform62351.tooling.engine.outcomes import REQUEST, RESPONSE, expect
from conform62351.tooling.engine.steps import (
    Act,
    Conversation,
    Inject,
    NoFinding,
    Rekey,
    Request,
    Verify,
    Wait,
    conversation,
)

SENT = "R-E2E-rekey-sent"
FRESH = "R-E2E-rekey-fresh"
IDLE = "R-E2E-rekey-idle"
ANSWERED = "R-E2E-rekey-answered"
OLD_KEYS = "R-E2E-rekey-old-keys"
ASKED = "R-E2E-rekey-asked"
LIMIT = "R-E2E-rekey-limit"
ON_REQUEST = "R-E2E-rekey-on-request"
FOLLOWED = "R-E2E-rekey-followed"
REQUEST_AGAIN = "R-E2E-rekey-request-again"
LATE = "R-E2E-rekey-late"
AGAIN = "R-E2E-rekey-again"
OUTSTANDING = "R-E2E-rekey-outstanding"
OWN_DATA = ("R-E2E-own-data", "R-E2E-fresh-iv")
"""The requirements that the checks on the DUT's own data judge."""

INITIATES = f"{CLIENT} and E2E.rekey-initiation.client"
ASKS = f"{SERVER_AE} and E2E.rekey-request.server"
LIMITS = f"{ASKS} and E2E.rekey-limit.server"
GROUPS = {"modp-2048": "E2E.group-14", "group-23": "E2E.group-23", "brainpoolP256r1": "E2E.group-28"}
ENCR = "E2E.EncrTransfer"
TIMES = 10
REKEY_LIMIT = "native.rekey_limit"
A_MOMENT_S = 0.3
"""How long the tester hesitates before it sends rekey."""
WAITING = 3
"""How many requests are outstanding at the same time."""
REQUEST_READ = Request(service="read", point="data.read")
REPORT = Inject(layer="presentation", octets=REPORT_PDU, name="MMS.unconfirmed-PDU")
NOT_YET = SetField(pdu="E2E.turn", field="changes", value=False)
"""The tester, as server, goes on under the old keys for a message."""


NO_REKEY = SetField(pdu=f"{ENCR}.token", field="rekey")
"""The tester, as client, says nothing of the rekey that it is asked for."""


def keys_changed(requirement: str, times: int = 1) -> Verify:
    """Check that the keys have been refreshed so many times."""
    return Verify(requirement=requirement, field="E2E.rekeys", is_in=(times,))


def flagged(requirement: str, pdu: str, flag: str, value: bool = True) -> Verify:
    """Check that the last message of the DUT has a flag, or has it not."""
    return Verify(requirement=requirement, field=f"{pdu}.token2.{flag}", is_in=(value,))


def under_new_keys(requirement: str) -> Verify:
    """Check that the last message of the DUT is under the newest keys."""
    return Verify(requirement=requirement, field="E2E.newest_keys", is_in=(True,))


def server_renews(requirement: str, pdu: str = ENCR) -> Steps:
    """Refresh the keys with the DUT server, and show that it does what is due."""
    return (
        Rekey(),
        REQUEST_READ,
        expect(requirement, RESPONSE),
        flagged(requirement, pdu, "changedKey"),
        keys_changed(requirement),
        REQUEST_READ,
        expect(requirement, RESPONSE),
        flagged(requirement, pdu, "changedKey", False),
        *server_exchanges(2, requirement),
    )


def request_of_client(requirement: str) -> Steps:
    """Have the DUT client send a request."""
    return (Act(action="send-request"), expect(requirement, REQUEST))


@case(
    "E2E/SRV/REKEY/BV-answered",
    ANSWERED,
    *OWN_DATA,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_answers() -> Iterator[Conversation]:
    """A server answers a rekey under the new keys, with changedKey in its first message and in no other, in
    every mode.
    """
    for way, pics in server_ways():
        yield conversation(
            server_association(way.handshake()),
            server_exchanges(1),
            server_renews(ANSWERED, way.data),
            own_data,
            label=way.label,
            pics=pics,
        )


@case("E2E/SRV/REKEY/BV-groups", ANSWERED, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_groups() -> Iterator[Conversation]:
    """A server answers a rekey in whatever group the handshake has agreed."""
    for group, code in GROUPS.items():
        yield conversation(
            server_association(Handshake(groups=(group,))),
            server_renews(ANSWERED),
            label=group,
            pics=f"{code}.server",
        )


@case("E2E/SRV/REKEY/BV-old-keys", OLD_KEYS, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_old_keys() -> Conversation:
    """A server that has taken a rekey, and changed its own keys, still answers requests that were under way
    under the old keys.
    """
    return conversation(
        server_association(),
        Rekey(),
        (REQUEST_READ,) * WAITING,
        (expect(OLD_KEYS, RESPONSE),) * WAITING,
        server_exchanges(2, OLD_KEYS),
        keys_changed(OLD_KEYS),
    )


@case(
    "E2E/SRV/REKEY/BV-outstanding",
    OUTSTANDING,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_outstanding() -> Conversation:
    """A server answers all requests around a rekey that comes between them."""
    return conversation(
        server_association(),
        server_exchanges(1),
        REQUEST_READ,
        Rekey(),
        REQUEST_READ,
        REQUEST_READ,
        (expect(OUTSTANDING, RESPONSE),) * 3,
        keys_changed(OUTSTANDING),
        server_exchanges(2, OUTSTANDING),
    )


@case(
    "E2E/SRV/REKEY/BV-again", AGAIN, *OWN_DATA, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE
)
def server_again() -> Iterator[Conversation]:
    """A server takes ten rekeys in one association, with data between them or without."""
    for label, reads in {"with each message": 1, "with every third message": 3}.items():
        yield conversation(
            server_association(),
            (Rekey(), *server_exchanges(reads, AGAIN)) * TIMES,
            keys_changed(AGAIN, TIMES),
            own_data,
            label=label,
        )


@case("E2E/SRV/REKEY/BV-asked", ASKED, pics=ASKS, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_asks() -> Conversation:
    """A server that wants new keys says so with its next message, takes the rekey, and changes the keys.

    The tester sends rekey when it has been asked to. A server may ask by a request of its own.
    """
    answered = expect(ASKED, RESPONSE, meanwhile=(UNASKED, REQUEST))
    return conversation(
        server_association(),
        server_exchanges(1),
        Act(action="rekey", first=True),
        (REQUEST_READ, answered) * 2,
        keys_changed(ASKED),
        (REQUEST_READ, answered) * 2,
        NoFinding(requirement=ASKED, steps=("E2E.DT",)),
    )


@case("E2E/SRV/REKEY/BV-crossing", ASKED, pics=ASKS, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_asks_meanwhile() -> Conversation:
    """A server that is about to ask for new keys takes a rekey that comes before, and goes on."""
    return conversation(
        server_association(),
        server_exchanges(1),
        Rekey(),
        Act(action="rekey", first=True),
        REQUEST_READ,
        expect(ASKED, RESPONSE),
        flagged(ASKED, ENCR, "changedKey"),
        server_exchanges(4, ASKED),
    )


@case(
    "E2E/SRV/REKEY/BV-limit",
    LIMIT,
    LAST_WORDS,
    pics=LIMITS,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=(f"{REKEY_LIMIT} within tls.largest_wait",),
    weight=1,
)
def server_limits() -> Iterator[Conversation]:
    """A server that has asked for new keys waits for them as long as its PIXIT says, and then aborts; that
    is its last word.
    """
    answered = expect(LIMIT, RESPONSE, meanwhile=(UNASKED, REQUEST))
    asked = (server_association(), Act(action="rekey", first=True), REQUEST_READ, answered)
    yield conversation(
        *asked,
        expect(LIMIT, data_aborted("no-reason-given"), meanwhile=(UNASKED, REQUEST), due=REKEY_LIMIT),
        nothing_more,
        label="no rekey comes",
    )
    unheeding = Request(service="read", point="data.read", mutations=(NO_REKEY,))
    yield conversation(
        *asked,
        (REQUEST_READ, answered) * 2,
        Act(action="rekey", first=True),
        (REQUEST_READ, answered),
        Wait(seconds=A_MOMENT_S),
        (unheeding, answered) * 2,
        expect(LIMIT, data_aborted("no-reason-given"), meanwhile=(UNASKED, REQUEST), due=REKEY_LIMIT),
        nothing_more,
        label="data without rekey come",
    )
    yield conversation(
        *asked,
        Wait(seconds=A_MOMENT_S),
        (REQUEST_READ, answered),
        keys_changed(LIMIT),
        Wait(limit=REKEY_LIMIT),
        server_exchanges(1, LIMIT),
        label="it comes in time",
    )

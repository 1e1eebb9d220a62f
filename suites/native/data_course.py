"""The course of data on an association: fast, slow, long, and side by side (13.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.mms.codec import encode_pdu
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    NATIVE,
    OWN,
    SERVER_AE,
    SERVER_BASELINE,
    client_association,
    client_exchanges,
    own_data,
    own_secpdus,
    server_association,
    server_exchanges,
)
from conform62351.suites.native.data_forms import read
from conform62351.suites.osi.conversations import Steps, client_connection, client_usable, server_usable
from conform62351.suites.osi.mms_pdus import REPORT_PDU
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, FlipBit, SetField, SetTime
from conform62351.tooling.engine.native_judging import ALARM
from conform62351.tooling.engine.native_outcomes import RELEASED_SECURELY, data_aborted
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ASSOCIATED,
    REQUEST,
    RESPONSE,
    SILENT,
    TRANSPORT_CONNECTED,
    expect,
    reach,
)
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    AnswerAssociation,
    AnyStep,
    Associate,
    Connect,
    Conversation,
    Inject,
    NoFinding,
    OpenTransport,
    Rekey,
    Release,
    Request,
    Respond,
    Verify,
    Wait,
    conversation,
)

BER = "R-E2E-BER"
SEQUENCE = "R-E2E-sequence-read"
SIZE = "R-E2E-data-size"
IDLE = "R-E2E-idle"
LONG = "R-E2E-long-association"
APART = "R-E2E-associations-apart"
OWN_DATA = ("R-E2E-own-data", "R-E2E-fresh-iv")
BEGINS_ANEW = Verify(requirement="R-E2E-own-data", field="E2E.EncrTransfer.token2.seq", is_in=(0,))
"""The time of the last message is newer than that of the one before: so its seq is 0."""
"""The requirements that the checks on the DUT's own data judge."""
SEVERAL = f"{SERVER_AE} and OSI.several-associations.server"
ENCR = "E2E.EncrTransfer"
SAME_TIME = 4
"""How many messages have the same time."""
BATCHES = 52
"""Five requests or more at a time, they make more messages than an octet counts."""
REPORTS = 200
READS = 70
REQUESTS = 25
REFRESHES = 4
SMALL_TPDU = 7
"""The exponent of TPDUs of 128 octets."""
VARIABLES = 60
"""Named in one read, they make a request of several thousand octets, and a long answer."""
LONG_REPORT = encode_pdu(
    "unconfirmed-PDU",
    {
        "service": (
            "informationReport",
            {
                "variableAccessSpecification": ("variableListName", ("vmd-specific", "RPT")),
                "listOfAccessResult": [("success", ("visible-string", "." * 100))] * 20,
            },
        )
    },
)
"""A report of four thousand octets."""
ANOTHER_TIME: Final = Wait(seconds=0.002)
"""Behind a message with an older time: in the same millisecond the tester's next one would go on with the seq
of the time that it did not have.
"""


def report(octets: bytes = REPORT_PDU) -> Inject:
    """Send a report, protected, on an association that stands."""
    return Inject(layer="presentation", octets=octets, name="MMS.unconfirmed-PDU")


def client_has_more(requirement: str) -> Steps:
    """Answer the request that a DUT client may have sent by itself, for its rekey to ride on.

    One that came later would be taken for a request of the next round, and a refresh be missing in the end:
    so it may take as long as any other.
    """
    return (expect(requirement, REQUEST, SILENT), Respond())


def with_seq(pdu: str, seq: int) -> tuple[AnyMutation, ...]:
    """Return the mutations by which a message has the time of the last one, and ``seq``."""
    token = f"{pdu}.token"
    return (SetTime(pdu=token, again=0), SetField(pdu=token, field="seq", value=seq))


def transport_for(exponent: int) -> Steps:
    """Return the steps of a transport connection to the DUT server that has TPDUs of this size."""
    return (Connect(tpdu_size=exponent), OpenTransport(), reach(TRANSPORT_CONNECTED, limit="limit.connect"))


@case("E2E/SRV/DT/BV-same-time", SEQUENCE, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_same_time() -> Iterator[Conversation]:
    """A server takes messages that all have the same time, and sequence numbers that rise by one."""
    requests = tuple(read(*with_seq(ENCR, seq)) for seq in range(1, SAME_TIME))
    answered = expect(SEQUENCE, RESPONSE)
    each = tuple(step for request in requests for step in (request, answered))
    begin = (server_association(), read(), expect(SEQUENCE, RESPONSE))
    yield conversation(*begin, each, label="one after the other")
    yield conversation(*begin, requests, (answered,) * len(requests), label="at once")


@case("E2E/CLI/DT/BV-same-time", SEQUENCE, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_same_time() -> Conversation:
    """A client takes messages that all have the same time, and sequence numbers that rise by one."""
    steps: list[AnyStep] = [Act(action="send-request"), expect(SEQUENCE, REQUEST), Respond()]
    for seq in range(1, SAME_TIME):
        steps += [
            Act(action="send-request"),
            expect(SEQUENCE, REQUEST),
            Respond(mutations=with_seq(ENCR, seq)),
        ]
    return conversation(
        client_association(), tuple(steps), Act(action="send-request"), expect(SEQUENCE, REQUEST)
    )


@case(
    "E2E/SRV/DT/BV-many",
    SEQUENCE,
    *OWN_DATA,
    BER,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_many() -> Conversation:
    """A server answers requests that come as fast as may be, as many at a time as were agreed, more than an
    octet counts, and no iv comes twice.
    """
    batch = (
        Request(service="read", point="data.read", until_full=True),
        expect(SEQUENCE, RESPONSE, every=True),
    )
    return conversation(
        server_association(),
        batch * BATCHES,
        NoFinding(requirement=SEQUENCE, steps=("E2E.DT.8", "E2E.DT.9")),
        NoFinding(requirement=BER, steps=("E2E.OWN.10",)),
        own_data,
    )


@case("E2E/CLI/DT/BV-many", SEQUENCE, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_many() -> Conversation:
    """A client takes two hundred messages in one go, and goes on."""
    return conversation(client_association(), (report(),) * REPORTS, client_usable(SEQUENCE) * 2)


@case("E2E/SRV/DT/BV-long-PDUs", SIZE, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_long_pdus() -> Iterator[Conversation]:
    """A server takes a data transfer that comes in many TPDUs, and answers with one that needs several."""
    for label, cut in {"TPDUs of 128 octets": (), "a few octets at a time": (3, 50, 1, 7)}.items():
        yield conversation(
            transport_for(SMALL_TPDU),
            Associate(),
            reach(ASSOCIATED, limit="limit.associate"),
            Request(service="read", point="data.read", arguments={"repeat": VARIABLES}, tpdus=cut),
            expect(SIZE, RESPONSE),
            server_usable(SIZE),
            NoFinding(requirement=SIZE, steps=("E2E.DT", "E2E.OSI")),
            label=label,
        )


@case("E2E/CLI/DT/BV-long-PDUs", SIZE, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_long_pdus() -> Iterator[Conversation]:
    """A client takes a data transfer that comes in many TPDUs, and sends in those of the size agreed."""
    for label, cut in {"TPDUs of 128 octets": (), "a few octets at a time": (3, 50, 1, 7)}.items():
        yield conversation(
            client_connection[0],
            Accept(tpdu_size=SMALL_TPDU),
            reach(AARQ, limit="limit.associate"),
            AnswerAssociation(),
            Inject(layer="presentation", octets=LONG_REPORT, name="MMS.unconfirmed-PDU", tpdus=cut),
            client_usable(SIZE) * 2,
            NoFinding(requirement=SIZE, steps=("E2E.DT", "E2E.OSI")),
            label=label,
        )


@case(
    "E2E/SRV/DT/BV-idle",
    IDLE,
    *OWN_DATA,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    weight=20,
)
def server_idle() -> Conversation:
    """An association in native mode without traffic for the PIXIT's idle_time still works; the time that the
    server sends has gone on.
    """
    return conversation(
        server_association(),
        server_exchanges(1),
        Wait(limit="idle_time"),
        server_exchanges(1, IDLE),
        BEGINS_ANEW,
        server_usable(IDLE),
        own_data,
    )


@case(
    "E2E/CLI/DT/BV-idle",
    IDLE,
    *OWN_DATA,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    weight=20,
)
def client_idle() -> Conversation:
    """An association in native mode without traffic for the PIXIT's idle_time still works; the time that the
    client sends has gone on.
    """
    return conversation(
        client_association(),
        client_exchanges(1),
        Wait(limit="idle_time"),
        client_exchanges(1, IDLE),
        BEGINS_ANEW,
        client_usable(IDLE) * 2,
        own_data,
    )


@case("E2E/SRV/DT/BV-long", LONG, *OWN, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_long() -> Conversation:
    """A server answers hundreds of requests over several refreshes of keys, and then the release."""
    return conversation(
        server_association(),
        (Rekey(), *server_exchanges(READS, LONG)) * REFRESHES,
        Verify(requirement=LONG, field="E2E.rekeys", is_in=(REFRESHES,)),
        own_secpdus,
        Release(),
        expect(LONG, RELEASED_SECURELY),
    )


@case("E2E/CLI/DT/BV-long", LONG, *OWN, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_long() -> Conversation:
    """A client sends a hundred requests over several refreshes of keys that it is asked for, and then answers
    the release.
    """
    return conversation(
        client_association(),
        (Rekey(), *client_exchanges(REQUESTS, LONG), *client_has_more(LONG)) * REFRESHES,
        Verify(requirement=LONG, field="E2E.rekeys", is_in=(REFRESHES,)),
        own_secpdus,
        Release(),
        expect(LONG, RELEASED_SECURELY, serve=True),
    )


@case("E2E/SRV/DT/BV-apart", APART, pics=SEVERAL, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_apart() -> Conversation:
    """Associations side by side, in turn and over a refresh of keys in one of them, have nothing to do with
    each other: the time and seq of one may come in another, and when one ends, by a release or over data that
    do not verify, the others go on.
    """
    numbers = (0, 1, 2)
    turn = tuple(
        step for on in numbers for step in (Request(service="read", point="data.read", on=on),)
    ) + tuple(expect(APART, RESPONSE, on=on) for on in reversed(numbers))
    token = f"{ENCR}.token"
    same_time = (SetTime(pdu=token, again=0), SetField(pdu=token, field="seq", value=0))
    return conversation(
        *(server_association(on=on) for on in numbers),
        server_exchanges(1, APART),
        Request(service="read", point="data.read", mutations=same_time, on=1),
        expect(APART, RESPONSE, on=1),
        ANOTHER_TIME,
        turn * 2,
        Rekey(on=1),
        turn * 3,
        Verify(requirement=APART, field="E2E.rekeys", is_in=(1,), on=1),
        Verify(requirement=APART, field="E2E.rekeys", is_in=(0,)),
        Release(on=1),
        expect(APART, RELEASED_SECURELY, on=1),
        *(server_usable(APART, on) for on in (0, 2)),
        Request(service="read", point="data.read", mutations=(FlipBit(pdu=ENCR, at=-1),), on=2),
        reach(data_aborted(ALARM), on=2),
        server_usable(APART),
        *(NoFinding(requirement=APART, steps=("E2E.DT", "E2E.T3", "E2E.OWN.1"), on=on) for on in numbers),
    )

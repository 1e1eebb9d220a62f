"""The course of data on an association: fast, slow, long, side by side, and what is no MMS (13.4)."""

from __future__ import annotations

from collections.abc import Iterator

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
    own_secpdus,
    server_association,
    server_exchanges,
)
from conform62351.suites.native.data_forms import read
from conform62351.suites.osi.conversations import Steps, client_connection, client_usable, server_usable
from conform62351.suites.osi.mms_pdus import ACCESSED, REPORT_PDU
from conform62351.suites.osi.mms_reports import reserved, write
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, SetField, SetTime
from conform62351.tooling.engine.native_outcomes import RELEASED_SECURELY
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ASSOCIATED,
    REJECT_PDU,
    REPORT,
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

SEQUENCE = "R-E2E-sequence-read"
SIZE = "R-E2E-data-size"
UNDECODABLE = "R-E2E-PrPDU-undecodable"
UNCONFIRMED = "R-E2E-unconfirmed"
IDLE = "R-E2E-idle"
LONG = "R-E2E-long-association"
APART = "R-E2E-associations-apart"
SEVERAL = f"{SERVER_AE} and OSI.several-associations.server"
ENCR = "E2E.EncrTransfer"
SAME_TIME = 4
"""How many messages have the same time."""
BATCHES = 40
"""Five requests or more at a time, they make two hundred messages."""
REPORTS = 200
READS = 70
REQUESTS = 25
REFRESHES = 4
SMALL_TPDU = 7
"""The exponent of TPDUs of 128 octets."""
VARIABLES = 60
"""Named in one read, they make a request of several thousand octets, and a long answer."""
NO_PDU = {
    "no PDU of MMS": bytes.fromhex("ae00"),
    "a PDU that is cut short": bytes.fromhex("a0 10 02 01 07 82 00"),
    "a request without a service": bytes.fromhex("a0 03 02 01 07"),
    "octets that are no BER": bytes.fromhex("ff ff ff ff"),
}
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


@case("E2E/SRV/DT/BV-many", SEQUENCE, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_many() -> Conversation:
    """A server answers requests that come as fast as may be, as many at a time as were agreed, two hundred
    and more.
    """
    batch = (
        Request(service="read", point="data.read", until_full=True),
        expect(SEQUENCE, RESPONSE, every=True),
    )
    return conversation(
        server_association(),
        batch * BATCHES,
        NoFinding(requirement=SEQUENCE, steps=("E2E.DT.8", "E2E.DT.9")),
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


@case("E2E/SRV/DT/BV-no-PrPDU", UNDECODABLE, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_no_prpdu() -> Iterator[Conversation]:
    """A server that finds no PDU of MMS in protected data answers with a Reject, protected, and goes on."""
    for label, octets in NO_PDU.items():
        yield conversation(
            server_association(),
            Inject(layer="presentation", octets=octets, name="MMS"),
            expect(UNDECODABLE, REJECT_PDU),
            server_usable(UNDECODABLE),
            NoFinding(requirement=UNDECODABLE, steps=("E2E.DT", "E2E.OSI")),
            label=label,
        )


@case("E2E/CLI/DT/BV-no-PrPDU", UNDECODABLE, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_no_prpdu() -> Iterator[Conversation]:
    """A client that finds no PDU of MMS in protected data answers with a Reject, protected, and goes on."""
    for label, octets in NO_PDU.items():
        yield conversation(
            client_association(),
            client_exchanges(1),
            Inject(layer="presentation", octets=octets, name="MMS"),
            expect(UNDECODABLE, REJECT_PDU),
            client_usable(UNDECODABLE),
            NoFinding(requirement=UNDECODABLE, steps=("E2E.DT", "E2E.OSI")),
            label=label,
        )


@case(
    "E2E/SRV/DT/BV-reports",
    UNCONFIRMED,
    pics=f"{SERVER_AE} and MMS.report-control-block.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_reports() -> Conversation:
    """A server protects the report that a general interrogation asks for like all other data."""
    return conversation(
        server_association(),
        reserved(True),
        write("RptEna", True),
        reach(ACCESSED),
        write("GI", True),
        expect(UNCONFIRMED, REPORT, meanwhile=(ACCESSED,)),
        write("RptEna", False),
        reach(RESPONSE),
        reserved(False),
        NoFinding(requirement=UNCONFIRMED, steps=("E2E.DT", "E2E.OSI")),
    )


@case("E2E/CLI/DT/BV-reports", UNCONFIRMED, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_reports() -> Conversation:
    """A client takes protected reports, at rest and between its request and the response."""
    return conversation(
        client_association(),
        report(),
        Act(action="send-request"),
        expect(UNCONFIRMED, REQUEST),
        report(),
        Respond(),
        client_usable(UNCONFIRMED),
    )


@case("E2E/SRV/DT/BV-idle", IDLE, pics=SERVER_AE, baseline=SERVER_BASELINE, configuration=NATIVE, weight=20)
def server_idle() -> Conversation:
    """An association in native mode without traffic for the PIXIT's idle_time still works."""
    return conversation(
        server_association(), server_exchanges(1), Wait(limit="idle_time"), server_usable(IDLE)
    )


@case("E2E/CLI/DT/BV-idle", IDLE, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE, weight=20)
def client_idle() -> Conversation:
    """An association in native mode without traffic for the PIXIT's idle_time still works."""
    return conversation(
        client_association(), client_exchanges(1), Wait(limit="idle_time"), client_usable(IDLE) * 2
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
    each other; when one ends the others go on.
    """
    numbers = (0, 1, 2)
    turn = tuple(
        step for on in numbers for step in (Request(service="read", point="data.read", on=on),)
    ) + tuple(expect(APART, RESPONSE, on=on) for on in reversed(numbers))
    return conversation(
        *(server_association(on=on) for on in numbers),
        turn * 2,
        Rekey(on=1),
        turn * 3,
        Verify(requirement=APART, field="E2E.rekeys", is_in=(1,), on=1),
        Verify(requirement=APART, field="E2E.rekeys", is_in=(0,)),
        Release(on=1),
        expect(APART, RELEASED_SECURELY, on=1),
        *(server_usable(APART, on) for on in (0, 2)),
        *(NoFinding(requirement=APART, steps=("E2E.DT", "E2E.OWN.1"), on=on) for on in numbers),
    )

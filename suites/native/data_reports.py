"""Reports in native mode: protected like all other data, though nobody has just asked for them (13.4)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    NATIVE,
    SERVER,
    SERVER_AE,
    SERVER_BASELINE,
    client_association,
    own_data,
    server_association,
    server_exchanges,
)
from conform62351.suites.native.data_course import report
from conform62351.suites.native.ways import server_ways
from conform62351.suites.osi.conversations import client_usable
from conform62351.suites.osi.mms_pdus import ACCESSED
from conform62351.suites.osi.mms_reports import reserved, write
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.outcomes import REPORT, REQUEST, RESPONSE, expect, reach
from conform62351.tooling.engine.steps import Act, Conversation, NoFinding, Rekey, Respond, conversation

UNCONFIRMED = "R-E2E-unconfirmed"


@case(
    "E2E/SRV/DT/BV-reports",
    UNCONFIRMED,
    "R-E2E-own-data",
    "R-E2E-fresh-iv",
    pics=f"{SERVER} and MMS.report-control-block.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_reports() -> Iterator[Conversation]:
    """A server protects the report that a general interrogation asks for like all other data: by the keys of
    the association that it is for, by the new ones when they have changed, with an iv of its own.
    """
    asked = (write("GI", True), expect(UNCONFIRMED, REPORT, meanwhile=(ACCESSED,)))
    done = (write("RptEna", False), reach(RESPONSE), *reserved(False))
    in_order = (*own_data, NoFinding(requirement=UNCONFIRMED, steps=("E2E.DT", "E2E.OSI", "PRES")))
    for way, pics in server_ways():
        yield conversation(
            server_association(way.handshake()),
            (*reserved(True), write("RptEna", True), reach(ACCESSED)),
            asked,
            (Rekey(), *server_exchanges(2)),
            asked,
            done,
            in_order,
            label=way.label,
            pics=pics,
        )
    yield conversation(
        server_association(),
        (*reserved(True), write("RptEna", True), reach(ACCESSED)),
        (*server_association(on=1), *server_exchanges(1, on=1)),
        asked,
        done,
        in_order,
        label="beside another association",
        pics=f"{SERVER_AE} and OSI.several-associations.server",
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

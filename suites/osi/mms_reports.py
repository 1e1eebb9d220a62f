"""Reports: of a DUT server that is asked for them or not, and to a DUT client (ISO 9506-2 clause 14)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.reports.model.verdict import Severity
from conform62351.suites.osi.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    SERVER,
    SERVER_BASELINE,
    client_association,
    client_first_request,
    client_usable,
    server_association,
)
from conform62351.suites.osi.mms_pdus import ACCESSED, REPORT_PDU, send
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.outcomes import (
    ERROR_RESPONSE,
    REJECT_PDU,
    REPORT,
    RESPONSE,
    expect,
    reach,
)
from conform62351.tooling.engine.steps import (
    AnyStep,
    Conversation,
    Request,
    Respond,
    conversation,
)

WIRE = "R-PICS-wire"
REPORTS = f"{SERVER} and MMS.report-control-block.server"
GENERAL_INTERROGATION = "000001"
"""TrgOps: the report that is asked for, and none because something changes."""
IN_RESPONSE = (RESPONSE, ERROR_RESPONSE, REJECT_PDU)


def write(attribute: str, value: bool) -> Request:
    """Return the request to write an attribute of the report control block."""
    return Request(
        service="write",
        point="data.report_block",
        arguments={"component": attribute, "data": ["boolean", value]},
    )


def reserved(value: bool) -> tuple[AnyStep, ...]:
    """Reserve the block for the tester, or give it back; a device may have no such attribute."""
    return (write("Resv", value), reach(*IN_RESPONSE))


def asked_in_vain(requirement: str) -> tuple[AnyStep, ...]:
    """Ask a disabled block for a report, and read: nothing comes but the answers."""
    return (
        write("GI", True),
        expect(requirement, *IN_RESPONSE, meanwhile=()),
        Request(service="read", point="data.read"),
        expect(requirement, RESPONSE, meanwhile=()),
    )


@case(
    "OSI/SRV/MMS-REPORTS/BV-enabled",
    "R-MMS-informationReport",
    WIRE,
    pics=REPORTS,
    baseline=SERVER_BASELINE,
)
def server_enabled() -> Conversation:
    """A report control block that is enabled sends the report that a general interrogation asks for.

    It is reserved first, which some servers insist on, and released at the end. The trigger options are set
    to that alone, where the device lets a client set them, and set back.
    """
    trigger_options = {"component": "TrgOps"}
    return conversation(
        server_association,
        Request(service="read", point="data.report_block", arguments={"component": "RptEna"}),
        expect(WIRE, ACCESSED, severity=Severity.DECLARATION),
        reserved(True),
        Request(service="read", point="data.report_block", arguments=trigger_options),
        reach(ACCESSED),
        Request(
            service="write",
            point="data.report_block",
            arguments={**trigger_options, "data": ["bit-string", GENERAL_INTERROGATION]},
        ),
        reach(RESPONSE),
        write("RptEna", True),
        expect("R-MMS-informationReport", ACCESSED),
        write("GI", True),
        expect("R-MMS-informationReport", REPORT, meanwhile=(ACCESSED,)),
        write("RptEna", False),
        reach(RESPONSE),
        Request(
            service="write",
            point="data.report_block",
            arguments={**trigger_options, "value": "original"},
        ),
        reach(RESPONSE),
        reserved(False),
    )


@case(
    "OSI/SRV/MMS-REPORTS/BV-disabled",
    "R-MMS-informationReport-disabled",
    pics=REPORTS,
    baseline=SERVER_BASELINE,
)
def server_disabled() -> Iterator[Conversation]:
    """A report control block that is not enabled, or no longer, sends nothing, whatever it is asked for."""
    requirement = "R-MMS-informationReport-disabled"
    yield conversation(
        server_association,
        reserved(True),
        asked_in_vain(requirement),
        reserved(False),
        label="never enabled",
    )
    yield conversation(
        server_association,
        reserved(True),
        write("RptEna", True),
        reach(ACCESSED),
        write("RptEna", False),
        reach(ACCESSED),
        asked_in_vain(requirement),
        reserved(False),
        label="no longer enabled",
    )


@case(
    "OSI/CLI/MMS-REPORTS/BO-received",
    "R-MMS-informationReport-received",
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
)
def client_received() -> Iterator[Conversation]:
    """A report that a client did not ask for harms nothing, also between a request and its response."""
    requirement = "R-MMS-informationReport-received"
    report = send("unconfirmed-PDU", REPORT_PDU)
    goes_on = client_usable(requirement) * 2
    yield conversation(client_association, report, goes_on, label="at rest")
    yield conversation(
        client_first_request,
        report,
        Respond(),
        goes_on,
        label="between request and response",
    )

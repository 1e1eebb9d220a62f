"""What of the OSI environment and of MMS a device does not do by its PICS: whether that is so on the wire.

A device that does it all the same has a wrong declaration. What it does only when it is told to, or set to,
is tried where the PIXIT has the means.
"""

from __future__ import annotations

from typing import Final

from conform62351.suites.osi.acse_titles import FOREIGN_AP_TITLE, title
from conform62351.suites.osi.conversations import (
    ABORT_FORMS,
    ASSOCIATION_REFUSAL_FORMS,
    CLIENT,
    CLIENT_BASELINE,
    CONNECT_REFUSAL_FORMS,
    INSISTING,
    SERVER,
    SERVER_BASELINE,
    Steps,
    as_declared,
    client_association,
    client_usable,
    server_association,
    server_connection,
    server_takes,
    server_usable,
)
from conform62351.suites.osi.environment_claims import WIRE
from conform62351.suites.osi.mms_pdus import NOT_ACCESSED
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.outcomes import (
    ASSOCIATED,
    ENDED,
    ERROR_RESPONSE,
    REJECT_PDU,
    RELEASE_REQUESTED,
    SILENT,
    TCP_REFUSED,
    TLS_REFUSED,
    TRANSPORT_CONNECTED,
    expect,
    over,
    refuse,
)
from conform62351.tooling.engine.steps import (
    Act,
    Associate,
    Connect,
    Conversation,
    OpenTransport,
    Request,
    conversation,
)

NOT_MADE: Final = over(TCP_REFUSED, TLS_REFUSED, CONNECT_REFUSAL_FORMS, SILENT)
NOT_ASSOCIATED: Final = over(ASSOCIATION_REFUSAL_FORMS, SILENT)
"""How a second association does not come about: it may be left waiting, too."""
CALLED_TITLE: Final = "called-ap-title"


def _denied(code: str, *steps: Steps) -> Conversation:
    flat = tuple(step for part in steps for step in part)
    return conversation(as_declared(flat), label=f"not {code}")


@case(
    "OSI/SRV/CLAIMS/BI-several",
    WIRE,
    pics=f"{SERVER} and not OSI.several-associations.server",
    baseline=SERVER_BASELINE,
)
def server_holds_one() -> Conversation:
    """A server whose PICS denies more than one association at a time makes no second, or ends the first."""
    second: Steps = (
        Connect(on=1),
        OpenTransport(may_break=True, on=1),
        expect(WIRE, TRANSPORT_CONNECTED, NOT_MADE, limit="limit.connect", on=1),
        Associate(may_break=True, on=1),
        expect(WIRE, ASSOCIATED, NOT_ASSOCIATED, limit="limit.associate", on=1),
        Request(service="read", point="data.read", may_break=True),
        expect(WIRE, ABORT_FORMS),
    )
    return _denied("OSI.several-associations.server", server_association, second)


@case(
    "OSI/SRV/CLAIMS/BI-address-check",
    WIRE,
    pics=f"{SERVER} and not OSI.address-check.server",
    baseline=SERVER_BASELINE,
    configuration=INSISTING,
    prerequisites=(f"any {CALLED_TITLE}",),
    denies=True,
)
def server_checks_no_address() -> Conversation:
    """A server whose PICS denies that it refuses calls for others takes one for another AP-title, however it
    is set.
    """
    foreign = title("called", "ap_title", FOREIGN_AP_TITLE)
    return _denied("OSI.address-check.server", server_connection, server_takes(WIRE, foreign))


@case(
    "OSI/CLI/CLAIMS/BI-release",
    WIRE,
    pics=f"{CLIENT} and not OSI.release-initiation.client",
    baseline=CLIENT_BASELINE,
    denies=True,
)
def client_does_not_release() -> Conversation:
    """A client whose PICS denies that it releases associations does not, even when it is told to."""
    told: Steps = (Act(action="release", may_fail=True, first=True),)
    return _denied(
        "OSI.release-initiation.client", client_association, client_usable(WIRE), told, client_usable(WIRE)
    )


def _ends_otherwise() -> Steps:
    """Have the device end the association, and show that it sends no ABRT."""
    otherwise = (*ENDED, RELEASE_REQUESTED, SILENT)
    return (Act(action="disconnect", may_fail=True), expect(WIRE, otherwise, limit="limit.associate"))


@case(
    "OSI/SRV/CLAIMS/BI-abort",
    WIRE,
    pics=f"{SERVER} and not OSI.abort-initiation.server",
    baseline=SERVER_BASELINE,
    denies=True,
)
def server_does_not_abort() -> Conversation:
    """A server whose PICS denies that it aborts associations ends them in another way, if at all."""
    return _denied("OSI.abort-initiation.server", server_association, server_usable(WIRE), _ends_otherwise())


@case(
    "OSI/CLI/CLAIMS/BI-abort",
    WIRE,
    pics=f"{CLIENT} and not OSI.abort-initiation.client",
    baseline=CLIENT_BASELINE,
    denies=True,
)
def client_does_not_abort() -> Conversation:
    """A client whose PICS denies that it aborts associations ends them in another way, if at all."""
    return _denied("OSI.abort-initiation.client", client_association, client_usable(WIRE), _ends_otherwise())


@case(
    "OSI/SRV/CLAIMS/BI-reports",
    WIRE,
    pics=f"{SERVER} and not MMS.report-control-block.server",
    baseline=SERVER_BASELINE,
    denies=True,
)
def server_has_no_reports() -> Conversation:
    """A server whose PICS denies a report control block has none by the name that its PIXIT gives."""
    block = Request(service="read", point="data.report_block", arguments={"component": "RptEna"})
    steps: Steps = (block, refuse(WIRE, NOT_ACCESSED, ERROR_RESPONSE, REJECT_PDU))
    return _denied("MMS.report-control-block.server", server_association, steps)

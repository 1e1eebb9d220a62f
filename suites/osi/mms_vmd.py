"""Services on the VMD, Cancel and Conclude, with a DUT server (ISO 9506-2 clauses 8 and 9)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from conform62351.suites.osi.conversations import (
    SERVER,
    SERVER_BASELINE,
    server_association,
    server_usable,
)
from conform62351.suites.osi.mms_pdus import CANCEL_ERROR, INITIATED, NOT_OUTSTANDING, RESULT
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.judging_steps import UNASKED
from conform62351.tooling.engine.outcomes import (
    CONCLUDED,
    REJECT_PDU,
    RELEASE_REQUESTED,
    RELEASED,
    RESPONSE,
    TRANSPORT_CONNECTED,
    expect,
    reach,
    refuse,
)
from conform62351.tooling.engine.steps import (
    Associate,
    Conclude,
    Connect,
    Conversation,
    ListNames,
    OpenTransport,
    Release,
    Request,
    Verify,
    conversation,
)

STATES = (0, 1, 2, 3)
LISTS = "MMS.getNamedVariableListAttributes.server"
LARGE, SMALL = 0, 1
SMALL_PDU = 1024
"""Octets: small enough for the names of a device to come in parts, large enough for devices to agree."""


@case(
    "OSI/SRV/MMS-VMD/BV-status",
    "R-MMS-status",
    pics=f"{SERVER} and MMS.status.server",
    baseline=SERVER_BASELINE,
)
def server_status() -> Iterator[Conversation]:
    """Status tells the logical and the physical status, derived anew or not."""
    for label, extended in {"plain": False, "extended derivation": True}.items():
        yield conversation(
            server_association,
            Request(service="status", arguments={"extended": extended}),
            expect("R-MMS-status", RESPONSE),
            Verify(requirement="R-MMS-status", field=f"{RESULT}.vmdLogicalStatus", is_in=STATES),
            Verify(requirement="R-MMS-status", field=f"{RESULT}.vmdPhysicalStatus", is_in=STATES),
            label=label,
        )


@case(
    "OSI/SRV/MMS-VMD/BV-identify",
    "R-MMS-identify",
    pics=f"{SERVER} and MMS.identify.server",
    baseline=SERVER_BASELINE,
)
def server_identify() -> Conversation:
    """Identify tells vendor, model and revision."""
    return conversation(
        server_association,
        Request(service="identify"),
        expect("R-MMS-identify", RESPONSE),
        *(
            Verify(requirement="R-MMS-identify", field=f"{RESULT}.{name}")
            for name in ("vendorName", "modelName", "revision")
        ),
    )


@case(
    "OSI/SRV/MMS-VMD/BV-getNameList",
    "R-MMS-getNameList",
    pics=f"{SERVER} and MMS.getNameList.server",
    baseline=SERVER_BASELINE,
)
def server_names() -> Iterator[Conversation]:
    """GetNameList lists the domains, and the variables and variable lists of one, as the PIXIT knows them."""
    requirement = "R-MMS-getNameList"
    yield conversation(
        server_association,
        ListNames(requirement=requirement, object_class="DOMAIN", point="data.read"),
        ListNames(requirement=requirement, object_class="NAMED_VARIABLE", point="data.read"),
        label="domains and variables",
    )
    yield conversation(
        server_association,
        ListNames(requirement=requirement, object_class="NAMED_VARIABLE_LIST", point="data.data_set"),
        label="variable lists",
        pics=LISTS,
    )


@case(
    "OSI/SRV/MMS-VMD/BV-getNameList-parts",
    "R-MMS-getNameList-continue",
    pics=f"{SERVER} and MMS.getNameList.server",
    baseline=SERVER_BASELINE,
)
def server_names_in_parts() -> Conversation:
    """The names of a domain that come in parts are, put together, those that come in larger PDUs.

    A domain whose names fit one small PDU shows nothing here.
    """
    names = ListNames(
        requirement="R-MMS-getNameList-continue", object_class="NAMED_VARIABLE", point="data.read"
    )
    return conversation(
        server_association,
        names,
        Release(),
        reach(RELEASED),
        Connect(on=SMALL),
        OpenTransport(on=SMALL),
        reach(TRANSPORT_CONNECTED, limit="limit.connect", on=SMALL),
        Associate(initiate={"local_detail": SMALL_PDU}, on=SMALL),
        reach(INITIATED, limit="limit.associate", on=SMALL),
        msgspec.structs.replace(names, as_on=LARGE, on=SMALL),
    )


@case(
    "OSI/SRV/MMS-VMD/BV-conclude",
    "R-MMS-conclude",
    pics=f"{SERVER} and MMS.conclude.server",
    baseline=SERVER_BASELINE,
)
def server_conclude() -> Conversation:
    """A conclude-Request is answered with a conclude-Response, and the release behind it as usual.

    A release that the server asks for meanwhile is passed over.
    """
    return conversation(
        server_association,
        Conclude(),
        expect("R-MMS-conclude", CONCLUDED),
        Release(may_break=True),
        expect("R-MMS-conclude", RELEASED, limit="limit.associate", meanwhile=(UNASKED, RELEASE_REQUESTED)),
    )


@case("OSI/SRV/MMS-VMD/BO-cancel", "R-MMS-cancel", pics=SERVER, baseline=SERVER_BASELINE)
def server_cancel() -> Iterator[Conversation]:
    """Cancel of a request that does not exist is refused, and the association goes on."""
    for pics, forms in {
        "MMS.cancel.server": (CANCEL_ERROR,),
        "not MMS.cancel.server": (CANCEL_ERROR, REJECT_PDU),
    }.items():
        yield conversation(
            server_association,
            Request(service="cancel", arguments={"invoke_id": NOT_OUTSTANDING}),
            refuse("R-MMS-cancel", *forms),
            server_usable("R-MMS-cancel"),
            label=pics,
            pics=pics,
        )

"""What comes inside a ReleaseReq, and is no conclude (13.2, 13.3.3; 11-decisions 35)."""

from __future__ import annotations

from typing import Final

from conform62351.suites.native.conversations import SERVER, server_association
from conform62351.suites.native.endings import server_case
from conform62351.suites.osi.mms_pdus import ACCESSED
from conform62351.suites.osi.mms_variables import read_is
from conform62351.tooling.engine.native_outcomes import RELEASED_SECURELY
from conform62351.tooling.engine.outcomes import ABORTED, ENDED, expect, reach
from conform62351.tooling.engine.steps import Conversation, Release, Request, conversation

CONCLUDE_ALONE = "R-E2E-release-request-conclude-alone"

POINT: Final = "data.write"
WRITES: Final = f"{SERVER} and MMS.read.server and MMS.write.server and OSI.several-associations.server"


@server_case("E2E/SRV/RELEASE-REQ/BI-write-inside", CONCLUDE_ALONE, pics=WRITES)
def server_write_inside() -> Conversation:
    """A server does not carry out a write that comes inside ReleaseReq, where it is signed and not encrypted:
    over another association the variable has the value that it had.
    """
    read = Request(service="read", point=POINT)
    return conversation(
        server_association(),
        (read, reach(ACCESSED)),
        server_association(on=1),
        (Request(service="read", point=POINT, on=1), reach(ACCESSED, on=1)),
        Release(inside="write", point=POINT, arguments={"value": "another"}, on=1),
        expect(CONCLUDE_ALONE, RELEASED_SECURELY, ABORTED, ENDED, on=1),
        read_is(CONCLUDE_ALONE, "original"),
    )

"""Data at fault have no effect, whatever is in them: what ends the association is not carried out (14)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    NATIVE,
    SERVER,
    SERVER_BASELINE,
    server_association,
    server_exchanges,
)
from conform62351.suites.native.transfer_sequence import BACK_S
from conform62351.suites.native.transfers import (
    EARLIER,
    ICV,
    MODES,
    REPLAY,
    SEQUENCE,
    UNDECODABLE,
    Line,
    Mutations,
    due,
    token,
    tried,
)
from conform62351.suites.native.ways import Way
from conform62351.suites.osi.mms_pdus import ACCESSED
from conform62351.suites.osi.mms_variables import read_is
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.judging_steps import UNASKED
from conform62351.tooling.engine.mutations import AnyMutation, FlipBit, SetTime
from conform62351.tooling.engine.outcomes import reach, refuse
from conform62351.tooling.engine.steps import Conversation, Request, conversation

NO_EFFECT = "R-E2E-transfer-no-effect"

POINT: Final = "data.write"
WRITES: Final = f"{SERVER} and MMS.read.server and MMS.write.server and OSI.several-associations.server"


def faults(way: Way) -> Mapping[str, tuple[Mutations, Line]]:
    """Return what is at fault in a write whose content can be read all the same, and what is due for it."""
    pdu = f"{way.data}.token"
    return {
        "that does not verify": ((FlipBit(pdu=way.data, at=-1),), ICV),
        "of another association": ((token(way, "assoID", "999:998"),), UNDECODABLE),
        "with a time that is used up": ((SetTime(pdu=pdu, again=1), token(way, "seq", 0)), REPLAY),
        "with a time that goes back": ((SetTime(pdu=pdu, shift=BACK_S), token(way, "seq", 0)), EARLIER),
        "behind one that is missing": ((SetTime(pdu=pdu), token(way, "seq", 1)), SEQUENCE),
    }


def write(*mutations: AnyMutation) -> Request:
    """Return the request to write another value, on the connection that will not last."""
    return Request(
        service="write",
        point=POINT,
        arguments={"value": "another"},
        mutations=mutations,
        may_break=True,
        on=1,
    )


@case("E2E/SRV/DT/BI-write", NO_EFFECT, pics=WRITES, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_write() -> Iterator[Conversation]:
    """A server does not carry out a write in data that it aborts over, nor one that comes right behind them:
    over another association the variable has the value that it had.
    """
    for way, pics in tried(Role.SERVER, MODES):
        for label, (mutations, line) in faults(way).items():
            forms, _ = due(Role.SERVER, way.data, (line,))
            yield conversation(
                server_association(),
                (Request(service="read", point=POINT), reach(ACCESSED)),
                server_association(way.handshake(), on=1),
                server_exchanges(1, on=1),
                (Request(service="read", point=POINT, on=1), reach(ACCESSED, on=1)),
                (write(*mutations), write()),
                refuse(NO_EFFECT, forms, meanwhile=(UNASKED,), on=1),
                read_is(NO_EFFECT, "original"),
                label=f"{way.label}: {label}",
                pics=pics,
            )

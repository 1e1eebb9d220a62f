"""Data over a session connection, and SPDUs where they do not belong (X.225 clauses 6.3, 7, 8.3).

Whether an SPDU out of place is obeyed shows what is sent behind it on the same connection: an association
that is made or released all the same has not ended.
"""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.osi.conversations import (
    ABORT_FORMS,
    CLIENT,
    CLIENT_BASELINE,
    CLIENT_RELEASES,
    SERVER,
    SERVER_BASELINE,
    Steps,
    client_association,
    client_first_request,
    client_request,
    client_usable,
    server_association,
    server_connection,
    server_usable,
)
from conform62351.suites.osi.spdus import TITLES, inject, inject_octets
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import Edit, EditSpdu, Repeat, SetField
from conform62351.tooling.engine.outcomes import (
    ASSOCIATED,
    RELEASE_REQUESTED,
    RELEASED,
    expect,
    over,
    reach,
    refuse,
)
from conform62351.tooling.engine.steps import (
    Act,
    AnswerAssociation,
    Associate,
    Conversation,
    NoFinding,
    Release,
    Request,
    Respond,
    SendAgain,
    conversation,
)

UNKNOWN_SPDUS = {
    "EXCEPTION REPORT, identifier 0": b"\x00\x00",
    "EXPEDITED, identifier 5": b"\x05\x00",
    "NOT FINISHED, identifier 8": b"\x08\x00",
    "CONNECT DATA OVERFLOW, identifier 15": b"\x0f\x03\x19\x01\x02",
    "TYPED DATA, identifier 33": b"\x01\x00\x21\x00\x61\x00",
    "identifier 238": b"\xee\x00",
    "identifier 255": b"\xff\x03\xc1\x01\x00",
}
"""SPDUs of other functional units than kernel and duplex, and identifiers that no standard defines."""
SEGMENTS = {"the beginning": 1, "in the middle": 0, "the end": 2}
"""Enclosure items of data that are not a whole message."""


then_associate: Steps = (Associate(may_break=True),)
then_accept: Steps = (AnswerAssociation(may_break=True), Release(may_break=True))
then_release: Steps = (Release(may_break=True),)


@case("OSI/SRV/SES-DATA/BV-prefix", "R-SES-data-prefix", pics=SERVER, baseline=SERVER_BASELINE)
def server_prefix() -> Conversation:
    """The server sends data behind GIVE TOKENS and DATA TRANSFER, neither with parameters."""
    return conversation(
        server_association,
        server_usable("R-SES-data-prefix"),
        NoFinding(requirement="R-SES-data-prefix", steps=("SES.DT",)),
    )


@case("OSI/CLI/SES-DATA/BV-prefix", "R-SES-data-prefix", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_prefix() -> Conversation:
    """The client sends data behind GIVE TOKENS and DATA TRANSFER, neither with parameters."""
    return conversation(
        client_association,
        client_usable("R-SES-data-prefix"),
        NoFinding(requirement="R-SES-data-prefix", steps=("SES.DT",)),
    )


@case("OSI/SRV/SES-DATA/BI-no-prefix", "R-SES-data-prefix", pics=SERVER, baseline=SERVER_BASELINE)
def server_no_prefix() -> Conversation:
    """Data without GIVE TOKENS are an SPDU that does not exist: they are not taken, the connection ends."""
    return conversation(
        server_association,
        Request(
            service="read",
            point="data.read",
            mutations=(EditSpdu(pdu="SES.DT", path="1", edit=Edit.DROP),),
        ),
        then_release,
        refuse("R-SES-data-prefix", ABORT_FORMS, limit="limit.close"),
    )


@case("OSI/CLI/SES-DATA/BI-no-prefix", "R-SES-data-prefix", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_no_prefix() -> Conversation:
    """Data without GIVE TOKENS are an SPDU that does not exist: they are not taken, the connection ends."""
    return conversation(
        client_first_request,
        Respond(mutations=(EditSpdu(pdu="SES.DT", path="1", edit=Edit.DROP),)),
        then_release,
        refuse("R-SES-data-prefix", ABORT_FORMS, limit="limit.close", serve=True),
    )


@case("OSI/SRV/SES-DATA/BI-segment", "R-SES-data-prefix", pics=SERVER, baseline=SERVER_BASELINE)
def server_segment() -> Iterator[Conversation]:
    """A segment of data is not taken for the whole: segmenting is not agreed, and the connection ends."""
    for label, enclosure in SEGMENTS.items():
        yield conversation(
            server_association,
            Request(
                service="read",
                point="data.read",
                mutations=(SetField(pdu="SES.DT", field="enclosure", value=enclosure),),
            ),
            then_release,
            refuse("R-SES-data-prefix", ABORT_FORMS, limit="limit.close"),
            label=label,
        )


@case("OSI/CLI/SES-DATA/BI-segment", "R-SES-data-prefix", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_segment() -> Iterator[Conversation]:
    """A segment of data is not taken for the whole: segmenting is not agreed, and the connection ends."""
    for label, enclosure in SEGMENTS.items():
        yield conversation(
            client_first_request,
            Respond(mutations=(SetField(pdu="SES.DT", field="enclosure", value=enclosure),)),
            then_release,
            refuse("R-SES-data-prefix", ABORT_FORMS, limit="limit.close", serve=True),
            label=label,
        )


@case("OSI/SRV/SES-DATA/BI-unknown-spdu", "R-SES-unknown-SPDU", pics=SERVER, baseline=SERVER_BASELINE)
def server_unknown() -> Iterator[Conversation]:
    """An SPDU whose identifier is not known ends the connection, before the CONNECT and in an association."""
    for label, octets in UNKNOWN_SPDUS.items():
        yield conversation(
            server_connection,
            inject_octets(octets, label),
            then_associate,
            refuse("R-SES-unknown-SPDU", ABORT_FORMS, limit="limit.close"),
            label=f"{label}, before the CONNECT",
        )
        yield conversation(
            server_association,
            inject_octets(octets, label),
            then_release,
            refuse("R-SES-unknown-SPDU", ABORT_FORMS, limit="limit.close"),
            label=f"{label}, in an association",
        )


@case("OSI/CLI/SES-DATA/BI-unknown-spdu", "R-SES-unknown-SPDU", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_unknown() -> Iterator[Conversation]:
    """An SPDU whose identifier is not known ends the connection, before the ACCEPT and in an association."""
    for label, octets in UNKNOWN_SPDUS.items():
        yield conversation(
            client_request,
            inject_octets(octets, label),
            then_accept,
            refuse("R-SES-unknown-SPDU", ABORT_FORMS, limit="limit.close"),
            label=f"{label}, before the ACCEPT",
        )
        yield conversation(
            client_association,
            inject_octets(octets, label),
            then_release,
            refuse("R-SES-unknown-SPDU", ABORT_FORMS, limit="limit.close", serve=True),
            label=f"{label}, in an association",
        )


@case("OSI/SRV/SES-DATA/BO-before-connect", "R-SES-out-of-place", pics=SERVER, baseline=SERVER_BASELINE)
def server_before_connect() -> Iterator[Conversation]:
    """Before the CONNECT no other SPDU is obeyed: the connection ends, and no CONNECT is taken behind it."""
    for name in ("SES.AC", "SES.RF", "SES.FN", "SES.DN", "SES.DT"):
        yield conversation(
            server_connection,
            inject(name),
            then_associate,
            refuse("R-SES-out-of-place", ABORT_FORMS, limit="limit.close"),
            label=TITLES[name],
        )


@case("OSI/SRV/SES-DATA/BO-in-association", "R-SES-out-of-place", pics=SERVER, baseline=SERVER_BASELINE)
def server_in_association() -> Iterator[Conversation]:
    """In an association no SPDU is obeyed that makes one, or that answers what the server did not ask."""
    for name in ("SES.AC", "SES.RF", "SES.DN"):
        yield conversation(
            server_association,
            inject(name),
            then_release,
            refuse("R-SES-out-of-place", ABORT_FORMS, limit="limit.close"),
            label=TITLES[name],
        )


@case("OSI/SRV/SES-DATA/BO-second-connect", "R-SES-out-of-place", pics=SERVER, baseline=SERVER_BASELINE)
def server_second_connect() -> Iterator[Conversation]:
    """A second CONNECT on the same connection is not obeyed, whether it follows at once or later."""
    yield conversation(
        server_association,
        SendAgain(pdu="SES.CN"),
        then_release,
        refuse("R-SES-out-of-place", ABORT_FORMS, limit="limit.close"),
        label="in an association",
    )
    yield conversation(
        server_connection,
        Associate(mutations=(Repeat(pdu="TPKT", times=2),)),
        reach(ASSOCIATED, over(ABORT_FORMS), limit="limit.associate"),
        then_release,
        refuse("R-SES-out-of-place", ABORT_FORMS, limit="limit.close"),
        label="before the answer",
    )


@case("OSI/CLI/SES-DATA/BO-before-accept", "R-SES-out-of-place", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_before_accept() -> Iterator[Conversation]:
    """A client that waits for its ACCEPT obeys no SPDU that does not answer: the connection ends."""
    for name in ("SES.CN", "SES.FN", "SES.DN", "SES.DT"):
        yield conversation(
            client_request,
            inject(name),
            then_accept,
            refuse("R-SES-out-of-place", ABORT_FORMS, limit="limit.close"),
            label=TITLES[name],
        )


@case("OSI/CLI/SES-DATA/BO-in-association", "R-SES-out-of-place", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_in_association() -> Iterator[Conversation]:
    """In an association a client obeys no SPDU that makes one, or that answers what it did not ask."""
    for name in ("SES.CN", "SES.RF", "SES.DN"):
        yield conversation(
            client_association,
            inject(name),
            then_release,
            refuse("R-SES-out-of-place", ABORT_FORMS, limit="limit.close", serve=True),
            label=TITLES[name],
        )
    yield conversation(
        client_association,
        SendAgain(pdu="SES.AC"),
        then_release,
        refuse("R-SES-out-of-place", ABORT_FORMS, limit="limit.close", serve=True),
        label="a second ACCEPT",
    )


@case("OSI/CLI/SES-DATA/BO-in-release", "R-SES-out-of-place", pics=CLIENT_RELEASES, baseline=CLIENT_BASELINE)
def client_in_release() -> Iterator[Conversation]:
    """A client that waits for its DISCONNECT obeys no SPDU that belongs to making an association."""
    for name in ("SES.CN", "SES.AC", "SES.RF"):
        yield conversation(
            client_association,
            Act(action="release"),
            reach(RELEASE_REQUESTED, serve=True),
            inject(name),
            inject("SES.FN", may_break=True),
            refuse("R-SES-out-of-place", ABORT_FORMS, limit="limit.close"),
            label=TITLES[name],
        )


@case("OSI/SRV/SES-DATA/BO-abort-accept", "R-SES-no-ABORT-ACCEPT", pics=SERVER, baseline=SERVER_BASELINE)
def server_abort_accept() -> Iterator[Conversation]:
    """An ABORT ACCEPT that comes although nothing was aborted is ignored, or ends the connection."""
    yield conversation(
        server_connection,
        inject("SES.AA"),
        then_associate,
        expect("R-SES-no-ABORT-ACCEPT", ASSOCIATED, over(ABORT_FORMS), limit="limit.close"),
        server_usable("R-SES-no-ABORT-ACCEPT"),
        label="before the CONNECT",
    )
    yield conversation(
        server_association,
        inject("SES.AA"),
        then_release,
        expect("R-SES-no-ABORT-ACCEPT", RELEASED, ABORT_FORMS, limit="limit.close"),
        label="in an association",
    )


@case("OSI/CLI/SES-DATA/BO-abort-accept", "R-SES-no-ABORT-ACCEPT", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_abort_accept() -> Iterator[Conversation]:
    """An ABORT ACCEPT that comes although nothing was aborted is ignored, or ends the connection."""
    for label, state, then in (
        ("before the ACCEPT", client_request, then_accept),
        ("in an association", client_association, then_release),
    ):
        yield conversation(
            state,
            inject("SES.AA"),
            then,
            expect("R-SES-no-ABORT-ACCEPT", RELEASED, ABORT_FORMS, limit="limit.close", serve=True),
            label=label,
        )

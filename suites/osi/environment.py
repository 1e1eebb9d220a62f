"""A DUT server as a partner beside others and over time (clause 10): what no single protocol owns."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.osi.conversations import (
    ASSOCIATION_REFUSAL_FORMS,
    SERVER,
    SERVER_BASELINE,
    server_associates,
    server_association,
    server_connection,
    server_usable,
)
from conform62351.suites.osi.garbage import GARBAGE
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import Cut, Repeat, SetField, SetParameter
from conform62351.tooling.engine.outcomes import (
    ASSOCIATED,
    ENDED,
    RELEASED,
    RESPONSE,
    SILENT,
    TCP_REFUSED,
    TLS_REFUSED,
    TRANSPORT_CONNECTED,
    TRANSPORT_ERROR,
    TRANSPORT_REFUSED,
    expect,
    over,
    reach,
    refuse,
)
from conform62351.tooling.engine.steps import (
    Abort,
    AnyStep,
    Associate,
    Close,
    Connect,
    Conversation,
    Fill,
    Inject,
    OpenTransport,
    Release,
    Request,
    Wait,
    conversation,
)

SEVERAL = f"{SERVER} and OSI.several-associations.server"
CALLED_SELECTOR = 0xC2
FLOOD_OF_CONNECTIONS = 40
FLOOD_OF_REQUESTS = 200
FIRST_OF_MANY = 100
"""The number of the first connection of those that fill the device."""
READ = Request(service="read", point="data.read")
ENDINGS: dict[str, tuple[AnyStep, ...]] = {
    "a release": (*server_association, Release(), reach(RELEASED, limit="limit.associate"), Close()),
    "an abort": (*server_association, Abort(), reach(ENDED, SILENT, limit="limit.close"), Close()),
    "a TCP close": (*server_association, Close()),
    "a TCP reset": (*server_association, Close(how="reset")),
    "a TCP half close": (*server_association, Close(how="half")),
    "a TCP close before any octet": (Connect(), Close()),
    "a TCP reset behind the CC": (*server_connection, Close(how="reset")),
    "a TCP close within the AARQ": (
        *server_connection,
        Associate(mutations=(Cut(pdu="TPKT", keep=60),)),
        Close(),
    ),
    "a TCP reset behind the AARQ": (*server_connection, Associate(), Close(how="reset")),
    "a TCP reset behind a request": (*server_association, READ, Close(how="reset")),
}


@case("OSI/SRV/ENV/BV-answer-in-time", "R-ENV-answer-limit", pics=SERVER)
def server_answers_in_time() -> Conversation:
    """CC, AARE, MMS response and RLRE come within the limits of the PIXIT."""
    return conversation(
        server_associates("R-ENV-answer-limit"),
        Release(),
        expect("R-ENV-answer-limit", RELEASED, limit="limit.associate"),
    )


@case("OSI/SRV/ENV/BV-idle", "R-ENV-idle", pics=SERVER, baseline=SERVER_BASELINE, weight=20)
def server_idle() -> Conversation:
    """An association without traffic for the PIXIT's idle_time still works."""
    return conversation(server_association, Wait(limit="idle_time"), server_usable("R-ENV-idle"))


@case("OSI/SRV/ENV/BV-side-by-side", "R-ENV-several-associations", pics=SEVERAL, baseline=SERVER_BASELINE)
def server_side_by_side() -> Conversation:
    """Two associations each get the answers to their own requests, and one outlives the other."""
    requirement = "R-ENV-several-associations"
    return conversation(
        server_associates(requirement),
        server_associates(requirement, on=1),
        Request(service="read", point="data.read"),
        Request(service="read", point="data.read", on=1),
        expect(requirement, RESPONSE, on=1),
        expect(requirement, RESPONSE),
        Release(),
        expect(requirement, RELEASED, limit="limit.associate"),
        server_usable(requirement, on=1),
    )


@case("OSI/SRV/ENV/BV-full", "R-ENV-several-associations", pics=SEVERAL, baseline=SERVER_BASELINE)
def server_full() -> Conversation:
    """As many associations as the PIXIT's max_associations stand side by side."""
    return conversation(
        Fill(requirement="R-ENV-several-associations"), server_usable("R-ENV-several-associations")
    )


@case("OSI/SRV/ENV/BI-too-many", "R-ENV-too-many-associations", pics=SEVERAL, baseline=SERVER_BASELINE)
def server_too_many() -> Conversation:
    """One association more than the PIXIT's max_associations is refused; those that are open go on."""
    requirement = "R-ENV-too-many-associations"
    return conversation(
        Fill(on=FIRST_OF_MANY),
        Connect(),
        OpenTransport(may_break=True),
        expect(
            requirement,
            TRANSPORT_CONNECTED,
            ENDED,
            over(TCP_REFUSED, TLS_REFUSED, TRANSPORT_REFUSED, TRANSPORT_ERROR),
            limit="limit.connect",
        ),
        Associate(may_break=True),
        refuse(requirement, ASSOCIATION_REFUSAL_FORMS, limit="limit.associate"),
        server_usable(requirement, on=FIRST_OF_MANY),
    )


@case("OSI/SRV/ENV/BO-ended", "R-ENV-association-freed", pics=SERVER, baseline=SERVER_BASELINE)
def server_ended() -> Iterator[Conversation]:
    """However and whenever a connection ends, the device can hold as many associations as before."""
    for label, ending in ENDINGS.items():
        yield conversation(
            ending,
            Fill(requirement="R-ENV-association-freed", on=FIRST_OF_MANY),
            server_usable("R-ENV-association-freed", on=FIRST_OF_MANY),
            label=label,
        )


@case("OSI/SRV/ENV/BO-ended-beside", "R-ENV-association-freed", pics=SEVERAL, baseline=SERVER_BASELINE)
def server_ended_beside() -> Iterator[Conversation]:
    """However and whenever a connection ends, another association goes on."""
    for label, ending in ENDINGS.items():
        yield conversation(
            Connect(on=1),
            OpenTransport(on=1),
            reach(TRANSPORT_CONNECTED, limit="limit.connect", on=1),
            Associate(on=1),
            reach(ASSOCIATED, limit="limit.associate", on=1),
            ending,
            server_usable("R-ENV-association-freed", on=1),
            label=label,
        )


@case(
    "OSI/SRV/ENV/BV-any-called-selector",
    "R-ENV-called-selectors-ignored",
    pics=SERVER,
    baseline=SERVER_BASELINE,
    prerequisites=(
        "any called-transport-selector",
        "any called-session-selector",
        "any called-presentation-selector",
    ),
)
def server_any_selector() -> Iterator[Conversation]:
    """Called selectors of transport, session and presentation do not matter, nor does their absence."""
    other = b"\x7a"
    presentation = SetField(pdu="PRES.CP", field="called_selector", octets=other)
    for label, in_cr, in_connect in (
        ("another transport selector", SetParameter(pdu="COTP.CR", code=CALLED_SELECTOR, octets=other), None),
        ("no transport selector", SetParameter(pdu="COTP.CR", code=CALLED_SELECTOR), None),
        ("another session selector", None, SetField(pdu="SES.CN", field="called_selector", octets=other)),
        ("no session selector", None, SetField(pdu="SES.CN", field="called_selector")),
        ("another presentation selector", None, presentation),
        ("no presentation selector", None, SetField(pdu="PRES.CP", field="called_selector")),
    ):
        yield conversation(
            Connect(),
            OpenTransport(mutations=(in_cr,) if in_cr else ()),
            expect("R-ENV-called-selectors-ignored", TRANSPORT_CONNECTED, limit="limit.connect"),
            Associate(mutations=(in_connect,) if in_connect else ()),
            expect("R-ENV-called-selectors-ignored", ASSOCIATED, limit="limit.associate"),
            label=label,
        )


@case("OSI/SRV/ENV/BO-flood", "R-ENV-flood", pics=SERVER, baseline=SERVER_BASELINE, weight=10)
def server_flood() -> Iterator[Conversation]:
    """After many connections at once, or many requests at once, the device associates as before."""
    numbers = range(1, FLOOD_OF_CONNECTIONS + 1)
    afterwards = (
        Fill(requirement="R-ENV-flood", on=FIRST_OF_MANY),
        server_usable("R-ENV-flood", on=FIRST_OF_MANY),
    )
    yield conversation(
        tuple(Connect(on=number) for number in numbers),
        tuple(OpenTransport(on=number, may_break=True) for number in numbers),
        tuple(Close(on=number) for number in numbers),
        *afterwards,
        label=f"{FLOOD_OF_CONNECTIONS} connections",
    )
    yield conversation(
        server_association,
        Request(
            service="read",
            point="data.read",
            mutations=(Repeat(pdu="TPKT", times=FLOOD_OF_REQUESTS),),
            may_break=True,
        ),
        Close(),
        *afterwards,
        label=f"{FLOOD_OF_REQUESTS} requests",
    )


@case("OSI/SRV/ENV/BI-garbage", "R-ENV-garbage", pics=SERVER, baseline=SERVER_BASELINE)
def server_garbage() -> Iterator[Conversation]:
    """After octets that belong to no protocol of the stack, over any layer, the server associates again."""
    for label, layer, octets in GARBAGE:
        beginning = {"tcp": (Connect(),), "tpkt": server_connection}.get(layer, server_association)
        yield conversation(
            beginning,
            Inject(layer=layer, octets=octets, name="garbage", may_break=True),
            Close(),
            server_associates("R-ENV-garbage", on=1),
            label=label,
        )

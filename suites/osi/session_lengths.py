"""SPDUs whose lengths do not fit each other (X.225 clause 8.2; 11-decisions 17)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.reports.model.observation import Kind
from conform62351.suites.osi.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    CLOSE_FORMS,
    SERVER,
    SERVER_BASELINE,
    client_association,
    client_first_request,
    client_must_not_use,
    client_request,
    server_association,
    server_connection,
)
from conform62351.suites.osi.spdus import inject_octets
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Append, Cut, Edit, EditSpdu
from conform62351.tooling.engine.outcomes import one, refuse
from conform62351.tooling.engine.steps import (
    Associate,
    Conversation,
    Expect,
    Release,
    Request,
    Respond,
    conversation,
)

FORMS = (*CLOSE_FORMS, one(Kind.ABORTED, warning="an ABORT came before the TCP connection was closed"))
TORN_ABORTS = {
    "no length": b"\x19",
    "longer than the TSDU": b"\x19\x04\x11\x01\x03",
    "a parameter longer than the SPDU": b"\x19\x03\x11\x02\x03",
}


def shifted(pdu: str, path: str, by: int) -> EditSpdu:
    """Return the mutation that makes a length wrong by a number of octets."""
    return EditSpdu(pdu=pdu, path=path, edit=Edit.LENGTH, by=by)


def connection_lengths(pdu: str, identifier: int) -> dict[str, AnyMutation]:
    """Return what can be wrong about the lengths of a CONNECT or an ACCEPT."""
    item = f"{identifier}/5"
    user_data = f"{identifier}/193"
    beyond = b"\xff\xff\xff"
    return {
        "octets behind it": Append(pdu=pdu, octets=bytes(4)),
        "longer than the TSDU": shifted(pdu, f"{identifier}", 1),
        "shorter than the TSDU": shifted(pdu, f"{identifier}", -1),
        "no length": Cut(pdu=pdu, keep=1),
        "the end of the TSDU within its length": EditSpdu(
            pdu=pdu, path=f"{identifier}", edit=Edit.LENGTH, octets=b"\xff"
        ),
        "half of it": Cut(pdu=pdu, keep=40),
        "the connect/accept item longer than its parameters": shifted(pdu, item, 1),
        "the version longer than its item": shifted(pdu, f"{item}/22", 1),
        "the user requirements longer than the SPDU": EditSpdu(
            pdu=pdu, path=f"{identifier}/20", edit=Edit.LENGTH, octets=beyond
        ),
        "the user data longer than the SPDU": shifted(pdu, user_data, 1),
        "the user data shorter than what is there": shifted(pdu, user_data, -1),
        "a parameter without length at the end": EditSpdu(
            pdu=pdu, path=f"{identifier}", edit=Edit.APPEND, octets=b"\xc3"
        ),
    }


FINISH_LENGTHS: dict[str, AnyMutation] = {
    "octets behind it": Append(pdu="SES.FN", octets=bytes(4)),
    "longer than the TSDU": shifted("SES.FN", "9", 1),
    "shorter than the TSDU": shifted("SES.FN", "9", -1),
    "no length": Cut(pdu="SES.FN", keep=1),
    "transport disconnect longer than the SPDU": EditSpdu(
        pdu="SES.FN", path="9/17", edit=Edit.LENGTH, octets=b"\xff\x7f\xff"
    ),
    "the user data longer than the SPDU": shifted("SES.FN", "9/193", 1),
}
DATA_LENGTHS: dict[str, AnyMutation] = {
    "GIVE TOKENS longer than the TSDU": EditSpdu(
        pdu="SES.DT", path="1", edit=Edit.LENGTH, octets=b"\xff\x7f\xff"
    ),
    "DATA TRANSFER longer than the TSDU": EditSpdu(
        pdu="SES.DT", path="1[1]", edit=Edit.LENGTH, octets=b"\xff\x7f\xff"
    ),
    "a parameter of DATA TRANSFER longer than the SPDU": EditSpdu(
        pdu="SES.DT", path="1[1]", edit=Edit.APPEND, octets=b"\x19\x7f"
    ),
    "no length of GIVE TOKENS": Cut(pdu="SES.DT", keep=1),
    "no length of DATA TRANSFER": Cut(pdu="SES.DT", keep=3),
}


def closes(*, serve: bool = False) -> Expect:
    """Return the step that wants the TCP connection closed."""
    return refuse("R-SES-length-inconsistent", FORMS, limit="limit.close", serve=serve)


@case("OSI/SRV/SES-CONNECT/BI-lengths", "R-SES-length-inconsistent", pics=SERVER, baseline=SERVER_BASELINE)
def server_connect_lengths() -> Iterator[Conversation]:
    """A CONNECT whose lengths do not fit each other makes the server close the TCP connection."""
    for label, mutation in connection_lengths("SES.CN", 13).items():
        yield conversation(server_connection, Associate(mutations=(mutation,)), closes(), label=label)


@case("OSI/CLI/SES-CONNECT/BI-lengths", "R-SES-length-inconsistent", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_accept_lengths() -> Iterator[Conversation]:
    """An ACCEPT whose lengths do not fit each other makes the client close the TCP connection."""
    for label, mutation in connection_lengths("SES.AC", 14).items():
        yield conversation(
            client_request,
            client_must_not_use(mutation),
            closes(),
            label=label,
        )


@case("OSI/SRV/SES-DATA/BI-lengths", "R-SES-length-inconsistent", pics=SERVER, baseline=SERVER_BASELINE)
def server_data_lengths() -> Iterator[Conversation]:
    """Data whose lengths do not fit each other make the server close the TCP connection."""
    for label, mutation in DATA_LENGTHS.items():
        yield conversation(
            server_association,
            Request(service="read", point="data.read", mutations=(mutation,)),
            Release(may_break=True),
            closes(),
            label=label,
        )


@case("OSI/CLI/SES-DATA/BI-lengths", "R-SES-length-inconsistent", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_data_lengths() -> Iterator[Conversation]:
    """Data whose lengths do not fit each other make the client close the TCP connection."""
    for label, mutation in DATA_LENGTHS.items():
        yield conversation(
            client_first_request,
            Respond(mutations=(mutation,)),
            Release(may_break=True),
            closes(serve=True),
            label=label,
        )


@case("OSI/SRV/SES-RELEASE/BI-lengths", "R-SES-length-inconsistent", pics=SERVER, baseline=SERVER_BASELINE)
def server_finish_lengths() -> Iterator[Conversation]:
    """A FINISH whose lengths do not fit each other makes the server close the TCP connection."""
    for label, mutation in FINISH_LENGTHS.items():
        yield conversation(server_association, Release(mutations=(mutation,)), closes(), label=label)


@case("OSI/CLI/SES-RELEASE/BI-lengths", "R-SES-length-inconsistent", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_finish_lengths() -> Iterator[Conversation]:
    """A FINISH whose lengths do not fit each other makes the client close the TCP connection."""
    for label, mutation in FINISH_LENGTHS.items():
        yield conversation(
            client_association, Release(mutations=(mutation,)), closes(serve=True), label=label
        )


@case("OSI/SRV/SES-ABORT/BI-lengths", "R-SES-length-inconsistent", pics=SERVER, baseline=SERVER_BASELINE)
def server_abort_lengths() -> Iterator[Conversation]:
    """An ABORT whose lengths do not fit each other ends the connection like a good one."""
    for label, octets in TORN_ABORTS.items():
        yield conversation(
            server_association,
            inject_octets(octets, "SES.AB"),
            Release(may_break=True),
            closes(),
            label=label,
        )


@case("OSI/CLI/SES-ABORT/BI-lengths", "R-SES-length-inconsistent", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_abort_lengths() -> Iterator[Conversation]:
    """An ABORT whose lengths do not fit each other ends the connection like a good one."""
    for label, octets in TORN_ABORTS.items():
        yield conversation(
            client_association,
            inject_octets(octets, "SES.AB"),
            Release(may_break=True),
            closes(serve=True),
            label=label,
        )

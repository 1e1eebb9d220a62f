"""How a session connection is aborted: ABORT in every form, in every state (X.225 clauses 7.9, 7.10, 8.3)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.osi import session
from conform62351.profiles.osi.spdu import AbortSpdu
from conform62351.suites.osi.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    CLIENT_RELEASES,
    SERVER,
    SERVER_BASELINE,
    Steps,
    client_association,
    client_first_request,
    client_request,
    server_association,
    server_connection,
)
from conform62351.suites.osi.session_release import client_release
from conform62351.suites.osi.spdus import inject, inject_octets, well_formed
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.outcomes import ABORTED, ENDED, over, reach, refuse
from conform62351.tooling.engine.steps import (
    Act,
    AnswerAssociation,
    Associate,
    Close,
    Conversation,
    NoFinding,
    Release,
    Respond,
    Verify,
    conversation,
)

SERVER_ABORTS = f"{SERVER} and OSI.abort-initiation.server"
CLIENT_ABORTS = f"{CLIENT} and OSI.abort-initiation.client"
BARE_ABORTS = {
    "transport disconnect 03": AbortSpdu(),
    "a protocol error": AbortSpdu(transport_disconnect=5),
    "no reason": AbortSpdu(transport_disconnect=9),
    "transport connection to be kept": AbortSpdu(transport_disconnect=2),
    "reflect parameter values": AbortSpdu(transport_disconnect=5, reflect=bytes(range(9))),
    "no parameter": AbortSpdu(transport_disconnect=None),
}


def other_aborts() -> dict[str, bytes]:
    """Return aborts with user data in other forms than the usual one."""
    spdu, _ = session.decode(well_formed()["SES.AB"])
    assert isinstance(spdu, AbortSpdu)
    return {
        "user data in group 194": session.encode(AbortSpdu(user_data=spdu.user_data, user_data_pgi=194)),
        "transport connection to be kept": session.encode(
            AbortSpdu(transport_disconnect=2, user_data=spdu.user_data)
        ),
        "user data that nobody reads": session.encode(AbortSpdu(user_data=b"\xa0\x7f\x30")),
        "octets behind it": well_formed()["SES.AB"] + bytes(4),
    }


def ended_by(requirement: str, abort: bytes, *, serve: bool = False) -> Steps:
    """Send an ABORT and then a FINISH, which no device must be there to read."""
    return (
        inject_octets(abort, "SES.AB"),
        Release(may_break=True),
        refuse(requirement, ENDED, limit="limit.close", serve=serve),
    )


def not_answered() -> Steps:
    """Abort, and end what the tester sends: a device that answers an ABORT still can."""
    return (
        inject("SES.AB"),
        Close(how="half"),
        reach(ENDED, limit="limit.close", serve=True),
        Verify(requirement="R-SES-no-ABORT-ACCEPT", field="SES.AA", absent=True),
    )


@case("OSI/SRV/SES-ABORT/BV-received", "R-SES-AB-received", pics=SERVER, baseline=SERVER_BASELINE)
def server_aborted() -> Iterator[Conversation]:
    """A server that receives an ABORT, whenever it comes, closes the TCP connection."""
    states: dict[str, tuple[Steps, Steps]] = {
        "before the CONNECT": (server_connection, (Associate(may_break=True),)),
        "in an association": (server_association, (Release(may_break=True),)),
    }
    for label, (state, then) in states.items():
        yield conversation(
            state,
            inject("SES.AB"),
            then,
            refuse("R-SES-AB-received", ENDED, limit="limit.close"),
            label=label,
        )


@case("OSI/CLI/SES-ABORT/BV-received", "R-SES-AB-received", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_aborted() -> Iterator[Conversation]:
    """A client that receives an ABORT, whenever it comes, closes the TCP connection."""
    states: dict[str, tuple[Steps, Steps]] = {
        "before the ACCEPT": (
            client_request,
            (AnswerAssociation(may_break=True), Release(may_break=True)),
        ),
        "in an association": (client_association, (Release(may_break=True),)),
    }
    for label, (state, then) in states.items():
        yield conversation(
            state,
            inject("SES.AB"),
            then,
            refuse("R-SES-AB-received", ENDED, limit="limit.close", serve=True),
            label=label,
        )


@case(
    "OSI/CLI/SES-ABORT/BV-received-in-release",
    "R-SES-AB-received",
    pics=CLIENT_RELEASES,
    baseline=CLIENT_BASELINE,
)
def client_aborted_in_release() -> Conversation:
    """A client that receives an ABORT in place of the DISCONNECT closes the TCP connection."""
    return conversation(
        client_release,
        inject("SES.AB"),
        inject("SES.FN", may_break=True),
        refuse("R-SES-AB-received", ENDED, limit="limit.close"),
    )


@case("OSI/SRV/SES-ABORT/BV-not-answered", "R-SES-no-ABORT-ACCEPT", pics=SERVER, baseline=SERVER_BASELINE)
def server_answers_no_abort() -> Conversation:
    """A server answers an ABORT with nothing, least of all with an ABORT ACCEPT."""
    return conversation(server_association, not_answered())


@case("OSI/CLI/SES-ABORT/BV-not-answered", "R-SES-no-ABORT-ACCEPT", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_answers_no_abort() -> Conversation:
    """A client answers an ABORT with nothing, least of all with an ABORT ACCEPT."""
    return conversation(client_association, not_answered())


@case("OSI/SRV/SES-ABORT/BV-bare", "R-SES-AB-bare", pics=SERVER, baseline=SERVER_BASELINE)
def server_bare_abort() -> Iterator[Conversation]:
    """An ABORT without user data ends the association like any other."""
    for label, abort in BARE_ABORTS.items():
        yield conversation(
            server_association,
            ended_by("R-SES-AB-bare", session.encode(abort)),
            label=label,
        )


@case("OSI/CLI/SES-ABORT/BV-bare", "R-SES-AB-bare", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_bare_abort() -> Iterator[Conversation]:
    """An ABORT without user data ends the association like any other, and so it does before the ACCEPT."""
    for label, abort in BARE_ABORTS.items():
        yield conversation(
            client_association,
            ended_by("R-SES-AB-bare", session.encode(abort), serve=True),
            label=label,
        )
    yield conversation(
        client_request,
        inject_octets(session.encode(AbortSpdu()), "SES.AB"),
        AnswerAssociation(may_break=True),
        Release(may_break=True),
        refuse("R-SES-AB-bare", ENDED, limit="limit.close"),
        label="before the ACCEPT",
    )


@case("OSI/SRV/SES-ABORT/BV-other-forms", "R-SES-AB-received", pics=SERVER, baseline=SERVER_BASELINE)
def server_other_aborts() -> Iterator[Conversation]:
    """An ABORT ends the association in whatever form its user data come."""
    for label, octets in other_aborts().items():
        yield conversation(
            server_association,
            ended_by("R-SES-AB-received", octets),
            label=label,
        )


@case("OSI/CLI/SES-ABORT/BV-other-forms", "R-SES-AB-received", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_other_aborts() -> Iterator[Conversation]:
    """An ABORT ends the association in whatever form its user data come."""
    for label, octets in other_aborts().items():
        yield conversation(
            client_association,
            ended_by("R-SES-AB-received", octets, serve=True),
            label=label,
        )


form_of_own_abort: Steps = (
    Verify(requirement="R-SES-AB-form", field="SES.AB.transport_disconnect", is_in=(3,)),
    Verify(requirement="R-SES-AB-form", field="SES.AB.user_data_pgi", is_in=(193,)),
    NoFinding(requirement="R-SES-AB-form", steps=("SES.AB",)),
)
"""What is checked on an ABORT by which the device ends an association of its own will."""


@case("OSI/SRV/SES-ABORT/BV-form", "R-SES-AB-form", pics=SERVER_ABORTS, baseline=SERVER_BASELINE)
def server_abort_form() -> Conversation:
    """An ABORT has transport disconnect 03 and carries its user data in parameter group 193."""
    return conversation(server_association, Act(action="disconnect"), reach(ABORTED), form_of_own_abort)


@case("OSI/CLI/SES-ABORT/BV-form", "R-SES-AB-form", pics=CLIENT_ABORTS, baseline=CLIENT_BASELINE)
def client_abort_form() -> Conversation:
    """An ABORT has transport disconnect 03 and carries its user data in parameter group 193."""
    return conversation(
        client_first_request,
        Respond(),
        Act(action="disconnect"),
        reach(ABORTED, serve=True),
        form_of_own_abort,
    )


@case("OSI/SRV/SES-ABORT/BV-form-after-fault", "R-SES-AB-form", pics=SERVER, baseline=SERVER_BASELINE)
def server_abort_after_fault() -> Conversation:
    """An ABORT over a fault of the client says that the transport connection is released.

    The fault is a DISCONNECT that answers nothing. A server that closes TCP over it without a word is not
    judged.
    """
    return conversation(
        server_association,
        inject("SES.DN"),
        reach(ABORTED, over(ENDED), limit="limit.close"),
        NoFinding(requirement="R-SES-AB-form", steps=("SES.AB",)),
    )


@case("OSI/CLI/SES-ABORT/BV-form-after-fault", "R-SES-AB-form", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_abort_after_fault() -> Conversation:
    """An ABORT over a fault of the server says that the transport connection is released.

    The fault is a DISCONNECT that answers nothing. A client that closes TCP over it without a word is not
    judged.
    """
    return conversation(
        client_association,
        inject("SES.DN"),
        reach(ABORTED, over(ENDED), limit="limit.close", serve=True),
        NoFinding(requirement="R-SES-AB-form", steps=("SES.AB",)),
    )

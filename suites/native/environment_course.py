"""Faults of the OSI environment while an association of native mode stands, and at its end (11-decisions 21).

What is wrong with an ABRT or an RLRE is logged alone: the association is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import EVENT, logged
from conform62351.suites.native.endings import (
    asks,
    associates_again,
    client_asks_case,
    client_case,
    opened,
    server_asks_case,
    server_case,
)
from conform62351.suites.native.environment import (
    CONTEXT,
    PRESENTATION,
    Ways,
    aborted,
    by_abort,
    events,
    externals,
    one_each,
    references_of,
    several,
)
from conform62351.suites.osi.acse_titles import FOREIGN_AP_TITLE
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.osi.ppdus import undecodable
from conform62351.tooling.engine.mutations import AnyMutation, SetField
from conform62351.tooling.engine.native_outcomes import data_aborted
from conform62351.tooling.engine.outcomes import ENDED, REQUEST, expect, reach, refuse, warned
from conform62351.tooling.engine.steps import (
    Abort,
    Act,
    AnswerRelease,
    AnyStep,
    Conversation,
    Logged,
    Release,
    Request,
    Respond,
    SendSecPdu,
    conversation,
)

RELEASE = "R-E2E-environment-release"
ABORT = "R-E2E-environment-abort"
REJECT = "R-E2E-environment-reject"
RESPONSE = "R-E2E-environment-release-response"
RESPONSE_SERVER = "R-E2E-environment-release-response-server"
TOLD = "R-E2E-environment-told"

CONTEXTS: Final = {"that of ACSE": 1, "one that nobody proposed": 99}
FAULTS: Final = 16
NONE_TO_ABORT: Final = "aborts what has been rejected, so that there is no association"
CARRIERS: Final = {"ACSE.RLRQ": "SES.FN", "ACSE.RLRE": "SES.DN"}
"""What ends an association with a SecPDU in any case, by the SPDU that carries it."""
OTHER_TITLES: Final = {"no titles": None, "other titles": FOREIGN_AP_TITLE}
UNREADABLE: Final[Ways] = {**one_each(undecodable("PRES.TD", "61", "30")), **several("PRES.TD", "61/30")}
IN_CONTEXTS: Final[Ways] = {
    label: (SetField(pdu="PRES.TD", field="user_data.0.context", value=number),)
    for label, number in CONTEXTS.items()
}


def data(role: Role, mutations: tuple[AnyMutation, ...]) -> Steps:
    """Return the steps in which the tester sends data with ``mutations``."""
    if role is Role.SERVER:
        return (Request(service="read", point="data.read", mutations=mutations, may_break=True),)
    return (
        Act(action="send-request", may_fail=True),
        reach(REQUEST),
        Respond(mutations=mutations, may_break=True),
    )


def aborts_each(role: Role, requirement: str, ways: Ways, number: int) -> Iterator[Conversation]:
    """Show that the DUT aborts on data sent in each of ``ways``, and logs event 15.``number``."""
    forms = (*by_abort(number), data_aborted("protocol-error"))
    for count, (label, mutations) in enumerate(ways.items(), 1):
        yield conversation(
            opened(role, "ReleaseReq"),
            data(role, mutations),
            refuse(requirement, forms),
            logged(events(number)),
            associates_again(role, requirement) if count == len(ways) else (),
            label=label,
        )


def faults_of(pdu: str, root: str) -> dict[str, tuple[tuple[AnyMutation, ...], tuple[int, ...]]]:
    """Return what may be wrong with the EXTERNAL in ``pdu``, each with the numbers that its fault may have.

    Without user data there is neither an APDU nor a PPDU: the pages settle on none of the two. An ABRT and a
    rejecting AARE need no user information.
    """
    forms: dict[str, tuple[tuple[AnyMutation, ...], tuple[int, ...]]]
    forms = {
        label: (way, (4,))
        for label, way in externals(pdu, root).items()
        if pdu in CARRIERS or "no user" not in label
    }
    references = {label: (way, (2,)) for label, way in references_of(pdu).items()}
    if pdu in CARRIERS:
        forms[f"no {pdu[-4:]}"] = ((SetField(pdu=CARRIERS[pdu], field="user_data", octets=b""),), (4, 1))
    return {**forms, **references}


def ending(pdu: str, mutations: tuple[AnyMutation, ...]) -> AnyStep:
    """Return the step that ends the association by ``pdu`` with ``mutations``."""
    if pdu == "ACSE.RLRQ":
        return Release(mutations=mutations)
    if pdu == "ACSE.AARE":
        return SendSecPdu(pdu="ApplicationReject", mutations=mutations)
    return Abort(mutations=mutations) if pdu == "ACSE.ABRT" else AnswerRelease(mutations=mutations)


def ends_each(role: Role, requirement: str, pdu: str, root: str) -> Iterator[Conversation]:
    """Show what becomes of an APDU that ends the association and has a fault: it is logged.

    An RLRQ is refused by an abort; with all else the association just ends, or there is none: who aborts all
    the same when it has been rejected is warned.
    """
    ways = faults_of(pdu, root)
    for count, (label, (mutations, numbers)) in enumerate(ways.items(), 1):
        aborts = warned(NONE_TO_ABORT, aborted(*numbers)) if pdu == "ACSE.AARE" else ()
        ended = expect(requirement, ENDED, *aborts, limit="limit.close")
        refused = refuse(requirement, by_abort(*numbers))
        yield conversation(
            opened(role, "ApplicationReject" if pdu == "ACSE.AARE" else "ReleaseReq"),
            asks() if pdu == "ACSE.RLRE" else (),
            ending(pdu, mutations),
            refused if pdu == "ACSE.RLRQ" else ended,
            logged(events(*numbers)),
            associates_again(role, requirement) if count == len(ways) else (),
            label=label,
        )


def nothing_logged() -> Logged:
    """Return the step that shows that nothing of group 15 is logged."""
    return Logged(requirement=EVENT, events=events(*range(1, FAULTS + 1)), absent=True, aspects=("event",))


def told(role: Role) -> Iterator[Conversation]:
    """Show that osiDiagnostics ends the association, and that nothing of group 15 is logged."""
    for number in (1, 4, FAULTS):
        yield conversation(
            opened(role, "ReleaseReq"),
            SendSecPdu(pdu="osiDiagnostics", diagnostic=str(number)),
            expect(TOLD, ENDED, limit="limit.close"),
            nothing_logged(),
            label=f"{number}",
        )


@server_case("E2E/SRV/ENVIRONMENT/BI-data", PRESENTATION, EVENT)
def server_data() -> Iterator[Conversation]:
    """A server aborts on presentation data that do not decode, or have two values in them."""
    return aborts_each(Role.SERVER, PRESENTATION, UNREADABLE, 1)


@client_case("E2E/CLI/ENVIRONMENT/BI-data", PRESENTATION, EVENT)
def client_data() -> Iterator[Conversation]:
    """A client aborts on presentation data that do not decode, or have two values in them."""
    return aborts_each(Role.CLIENT, PRESENTATION, UNREADABLE, 1)


@server_case("E2E/SRV/ENVIRONMENT/BI-data-context", CONTEXT, EVENT)
def server_data_context() -> Iterator[Conversation]:
    """A server aborts on a request in the context of ACSE, or in one that nobody proposed."""
    return aborts_each(Role.SERVER, CONTEXT, IN_CONTEXTS, 3)


@client_case("E2E/CLI/ENVIRONMENT/BI-data-context", CONTEXT, EVENT)
def client_data_context() -> Iterator[Conversation]:
    """A client aborts on an answer in the context of ACSE, or in one that nobody proposed."""
    return aborts_each(Role.CLIENT, CONTEXT, IN_CONTEXTS, 3)


@server_case("E2E/SRV/ENVIRONMENT/BI-release", RELEASE, EVENT)
def server_release() -> Iterator[Conversation]:
    """A server aborts on a release without an RLRQ, and on an RLRQ whose EXTERNAL is not in order."""
    return ends_each(Role.SERVER, RELEASE, "ACSE.RLRQ", "62")


@client_case("E2E/CLI/ENVIRONMENT/BI-release", RELEASE, EVENT)
def client_release() -> Iterator[Conversation]:
    """A client aborts on a release without an RLRQ, and on an RLRQ whose EXTERNAL is not in order."""
    return ends_each(Role.CLIENT, RELEASE, "ACSE.RLRQ", "62")


@server_case("E2E/SRV/ENVIRONMENT/BI-abort", ABORT, EVENT)
def server_abort() -> Iterator[Conversation]:
    """A server whose association is aborted logs what is wrong with the EXTERNAL in the ABRT."""
    return ends_each(Role.SERVER, ABORT, "ACSE.ABRT", "64")


@client_case("E2E/CLI/ENVIRONMENT/BI-abort", ABORT, EVENT)
def client_abort() -> Iterator[Conversation]:
    """A client whose association is aborted logs what is wrong with the EXTERNAL in the ABRT."""
    return ends_each(Role.CLIENT, ABORT, "ACSE.ABRT", "64")


@server_asks_case("E2E/SRV/ENVIRONMENT/BI-release-response", RESPONSE_SERVER, EVENT)
def server_release_response() -> Iterator[Conversation]:
    """A server that has asked for the release logs what is wrong with the EXTERNAL in the RLRE."""
    return ends_each(Role.SERVER, RESPONSE_SERVER, "ACSE.RLRE", "63")


@client_asks_case("E2E/CLI/ENVIRONMENT/BI-release-response", RESPONSE, EVENT)
def client_release_response() -> Iterator[Conversation]:
    """A client that has asked for the release logs what is wrong with the EXTERNAL in the RLRE."""
    return ends_each(Role.CLIENT, RESPONSE, "ACSE.RLRE", "63")


@client_case("E2E/CLI/ENVIRONMENT/BI-reject", REJECT, EVENT)
def client_reject() -> Iterator[Conversation]:
    """A client that is rejected logs what is wrong with the EXTERNAL in the AARE, and misses no titles."""
    for label, title in OTHER_TITLES.items():
        mutation = SetField(pdu="ACSE.AARE", field="responding_ap_title", value=title)
        qualifier = SetField(pdu="ACSE.AARE", field="responding_ae_qualifier")
        yield conversation(
            opened(Role.CLIENT, "ApplicationReject"),
            ending("ACSE.AARE", (mutation, qualifier)),
            expect(REJECT, ENDED, limit="limit.close"),
            nothing_logged(),
            label=label,
        )
    yield from ends_each(Role.CLIENT, REJECT, "ACSE.AARE", "61")


@server_case("E2E/SRV/ENVIRONMENT/BV-told", TOLD, EVENT)
def server_told() -> Iterator[Conversation]:
    """A server closes when osiDiagnostics tells it of a fault, and logs nothing of that group."""
    return told(Role.SERVER)


@client_case("E2E/CLI/ENVIRONMENT/BV-told", TOLD, EVENT)
def client_told() -> Iterator[Conversation]:
    """A client closes when osiDiagnostics tells it of a fault, and logs nothing of that group."""
    return told(Role.CLIENT)

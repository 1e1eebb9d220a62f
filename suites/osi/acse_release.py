"""How an association ends: RLRQ and RLRE, and ABRT (X.227 clauses 7.2, 7.3 and 9)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.osi.apdu import ABRT, External
from conform62351.profiles.osi.parameters import MMS_CONTEXT
from conform62351.suites.osi.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    CLIENT_RELEASES,
    SERVER,
    SERVER_BASELINE,
    Steps,
    client_association,
    client_first_request,
    server_association,
    server_obeys_not,
)
from conform62351.suites.osi.ppdus import abort_by_user, client_goes_not_on
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, SetField
from conform62351.tooling.engine.outcomes import (
    ABORTED,
    ENDED,
    RELEASE_REQUESTED,
    RELEASED,
    expect,
    reach,
)
from conform62351.tooling.engine.steps import (
    Act,
    AnswerRelease,
    Conversation,
    NoFinding,
    Release,
    Respond,
    Verify,
    conversation,
)

SERVER_ABORTS = f"{SERVER} and OSI.abort-initiation.server"
CLIENT_ABORTS = f"{CLIENT} and OSI.abort-initiation.client"
NORMAL = 0
OTHER_REASONS = {"urgent, or not finished": 1, "user-defined": 30, "none": None}
ABORTS = {
    "by the user": ABRT(source=0),
    "by the provider": ABRT(source=1),
    "with a diagnostic": ABRT(source=0, diagnostic=1),
    "with user information": ABRT(source=0, user_information=(External(MMS_CONTEXT, b"\xa4\x00"),)),
    "by an unknown source": ABRT(source=5),
    "without source": ABRT(source=None),
}


def reason(pdu: str, value: int | None) -> tuple[AnyMutation, ...]:
    """Return the mutation that sends an RLRQ or RLRE with this reason."""
    return (SetField(pdu=pdu, field="reason", value=value),)


def normal_reason(name: str) -> Steps:
    """Show that an RLRQ or RLRE gives the normal reason; one that gives none is reported as a warning."""
    return (
        Verify(
            requirement="R-ACSE-release-reason",
            field=f"ACSE.{name}.reason",
            is_in=(NORMAL,),
            optional=True,
        ),
        NoFinding(requirement="R-ACSE-release-reason", steps=(f"ACSE.{name}.6",), tolerated=True),
    )


form_of_own_abort: Steps = (
    NoFinding(requirement="R-ACSE-abort-form", steps=("ACSE.ABRT",)),
    Verify(requirement="R-ACSE-abort-form", field="ACSE.ABRT.source", is_in=(0, 1)),
    NoFinding(requirement="R-PRES-ARU-form", steps=("PRES.ARU",)),
)
"""What is checked on an ABRT by which the device ends an association of its own will."""


@case(
    "OSI/SRV/ACSE-RELEASE/BV-answered",
    "R-ACSE-release-server",
    "R-ACSE-release-reason",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_release() -> Conversation:
    """A server answers an RLRQ in a FINISH with an RLRE in a DISCONNECT, for the normal reason."""
    return conversation(
        server_association,
        Release(),
        expect("R-ACSE-release-server", RELEASED),
        Verify(requirement="R-ACSE-release-server", field="ACSE.RLRE"),
        normal_reason("RLRE"),
    )


@case(
    "OSI/CLI/ACSE-RELEASE/BV-answered",
    "R-ACSE-release-received-by-client",
    "R-ACSE-release-reason",
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
)
def client_answers_release() -> Conversation:
    """A client answers an RLRQ in a FINISH with an RLRE in a DISCONNECT, for the normal reason."""
    return conversation(
        client_association,
        Release(),
        expect("R-ACSE-release-received-by-client", RELEASED, serve=True),
        Verify(requirement="R-ACSE-release-received-by-client", field="ACSE.RLRE"),
        normal_reason("RLRE"),
    )


@case(
    "OSI/CLI/ACSE-RELEASE/BV-asked",
    "R-ACSE-release-client",
    "R-ACSE-release-reason",
    pics=CLIENT_RELEASES,
    baseline=CLIENT_BASELINE,
)
def client_release() -> Conversation:
    """A client ends an association by an RLRQ in a FINISH, and takes the RLRE for the end."""
    return conversation(
        client_association,
        Act(action="release"),
        expect("R-ACSE-release-client", RELEASE_REQUESTED, serve=True),
        Verify(requirement="R-ACSE-release-client", field="ACSE.RLRQ"),
        normal_reason("RLRQ"),
        AnswerRelease(),
        expect("R-ACSE-release-client", ENDED, limit="limit.close"),
    )


@case("OSI/SRV/ACSE-RELEASE/BV-reasons", "R-ACSE-release-reason-read", pics=SERVER, baseline=SERVER_BASELINE)
def server_reasons() -> Iterator[Conversation]:
    """An RLRQ with another reason than normal, or with none, is answered like any other."""
    for label, value in OTHER_REASONS.items():
        yield conversation(
            server_association,
            Release(mutations=reason("ACSE.RLRQ", value)),
            expect("R-ACSE-release-reason-read", RELEASED),
            label=label,
        )


@case("OSI/CLI/ACSE-RELEASE/BV-reasons", "R-ACSE-release-reason-read", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_reasons() -> Iterator[Conversation]:
    """An RLRQ with another reason than normal, or with none, is answered like any other."""
    for label, value in OTHER_REASONS.items():
        yield conversation(
            client_association,
            Release(mutations=reason("ACSE.RLRQ", value)),
            expect("R-ACSE-release-reason-read", RELEASED, serve=True),
            label=label,
        )


@case(
    "OSI/CLI/ACSE-RELEASE/BV-reasons-answered",
    "R-ACSE-release-reason-read",
    pics=CLIENT_RELEASES,
    baseline=CLIENT_BASELINE,
)
def client_reasons_answered() -> Iterator[Conversation]:
    """An RLRE with another reason than normal, or with none, is taken for the end like any other."""
    for label, value in OTHER_REASONS.items():
        yield conversation(
            client_association,
            Act(action="release"),
            reach(RELEASE_REQUESTED, serve=True),
            AnswerRelease(mutations=reason("ACSE.RLRE", value)),
            expect("R-ACSE-release-reason-read", ENDED, limit="limit.close"),
            label=label,
        )


@case("OSI/SRV/ACSE-ABORT/BV-received", "R-ACSE-abort-received", pics=SERVER, baseline=SERVER_BASELINE)
def server_aborted() -> Iterator[Conversation]:
    """An ABRT of any content ends the association at once; a request behind it is not answered."""
    for label, abrt in ABORTS.items():
        yield conversation(
            server_association,
            abort_by_user(abrt),
            server_obeys_not("R-ACSE-abort-received", *ENDED),
            label=label,
        )


@case("OSI/CLI/ACSE-ABORT/BV-received", "R-ACSE-abort-received", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_aborted() -> Iterator[Conversation]:
    """An ABRT of any content ends the association at once; an RLRQ behind it is not answered."""
    for label, abrt in ABORTS.items():
        yield conversation(
            client_association,
            abort_by_user(abrt),
            client_goes_not_on("R-ACSE-abort-received", *ENDED),
            label=label,
        )


@case(
    "OSI/SRV/ACSE-ABORT/BV-sent",
    "R-ACSE-abort-by-device",
    "R-ACSE-abort-form",
    "R-PRES-ARU-form",
    pics=SERVER_ABORTS,
    baseline=SERVER_BASELINE,
)
def server_aborts() -> Conversation:
    """A server that ends an association of its own will sends an ABRT with its source, in an ARU."""
    return conversation(
        server_association,
        Act(action="disconnect"),
        expect("R-ACSE-abort-by-device", ABORTED),
        form_of_own_abort,
    )


@case(
    "OSI/CLI/ACSE-ABORT/BV-sent",
    "R-ACSE-abort-by-device",
    "R-ACSE-abort-form",
    "R-PRES-ARU-form",
    pics=CLIENT_ABORTS,
    baseline=CLIENT_BASELINE,
)
def client_aborts() -> Conversation:
    """A client that ends an association of its own will sends an ABRT with its source, in an ARU."""
    return conversation(
        client_first_request,
        Respond(),
        Act(action="disconnect"),
        expect("R-ACSE-abort-by-device", ABORTED, serve=True),
        form_of_own_abort,
    )

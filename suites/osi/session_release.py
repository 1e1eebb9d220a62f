"""How a session connection ends in order: FINISH, DISCONNECT, and who closes TCP (X.225 clauses 7.6, 7.7)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.osi.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    CLIENT_RELEASES,
    SERVER,
    SERVER_BASELINE,
    Steps,
    client_association,
    server_association,
    server_connection,
)
from conform62351.suites.osi.session_refusal import UNKNOWN_CONTEXT_NAME
from conform62351.suites.osi.session_user_data import ENDED_OVER_IT, long_lengths
from conform62351.suites.osi.spdus import inject
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, SetField
from conform62351.tooling.engine.outcomes import (
    ABORTED,
    ASSOCIATED,
    ENDED,
    RELEASE_REQUESTED,
    RELEASED,
    expect,
    over,
    reach,
    rejected,
)
from conform62351.tooling.engine.steps import (
    Act,
    AnswerRelease,
    Associate,
    Conversation,
    NoFinding,
    Release,
    Verify,
    conversation,
)

FINISHES: dict[str, tuple[AnyMutation, ...]] = {
    "no transport disconnect": (SetField(pdu="SES.FN", field="transport_disconnect", value=None),),
    "transport connection to be kept": (SetField(pdu="SES.FN", field="transport_disconnect", value=0),),
}
DISCONNECTS: dict[str, tuple[AnyMutation, ...]] = {
    "in the usual form": (),
    "user data in group 194": (SetField(pdu="SES.DN", field="user_data_pgi", value=194),),
    "no user data": (SetField(pdu="SES.DN", field="user_data", octets=b""),),
    "long lengths": long_lengths("SES.DN", 10, ("", "/193")),
}

client_release: Steps = (*client_association, Act(action="release"), reach(RELEASE_REQUESTED, serve=True))
"""The DUT client has asked for the release."""


@case("OSI/SRV/SES-RELEASE/BV-disconnect-form", "R-SES-DN-form", pics=SERVER, baseline=SERVER_BASELINE)
def server_disconnect_form() -> Conversation:
    """A FINISH is answered with a DISCONNECT that carries its user data in parameter group 193."""
    return conversation(
        server_association,
        Release(),
        expect("R-SES-DN-form", RELEASED),
        Verify(requirement="R-SES-DN-form", field="SES.DN.user_data_pgi", is_in=(193,)),
        NoFinding(requirement="R-SES-DN-form", steps=("SES.DN",)),
    )


@case("OSI/SRV/SES-RELEASE/BV-transport-disconnect", "R-SES-DN-form", pics=SERVER, baseline=SERVER_BASELINE)
def server_transport_disconnect() -> Iterator[Conversation]:
    """A FINISH is answered with a DISCONNECT whatever it says about the transport connection."""
    for label, mutations in FINISHES.items():
        yield conversation(
            server_association, Release(mutations=mutations), expect("R-SES-DN-form", RELEASED), label=label
        )


@case("OSI/SRV/SES-RELEASE/BI-user-data-in-194", "R-SES-194-read", pics=SERVER, baseline=SERVER_BASELINE)
def server_extended_finish() -> Conversation:
    """The user data of a FINISH are read from parameter group 194, too, or refused in order."""
    return conversation(
        server_association,
        Release(mutations=(SetField(pdu="SES.FN", field="user_data_pgi", value=194),)),
        expect("R-SES-194-read", RELEASED, ENDED_OVER_IT),
    )


@case("OSI/CLI/SES-RELEASE/BI-user-data-in-194", "R-SES-194-read", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_extended_finish() -> Conversation:
    """The user data of a FINISH are read from parameter group 194, too, or refused in order."""
    return conversation(
        client_association,
        Release(mutations=(SetField(pdu="SES.FN", field="user_data_pgi", value=194),)),
        expect("R-SES-194-read", RELEASED, ENDED_OVER_IT, serve=True),
    )


@case(
    "OSI/SRV/SES-RELEASE/BI-length-not-minimal", "R-SES-LI-not-minimal", pics=SERVER, baseline=SERVER_BASELINE
)
def server_long_finish() -> Conversation:
    """A FINISH whose short lengths are written as FF and two octets is read, or refused in order."""
    return conversation(
        server_association,
        Release(mutations=long_lengths("SES.FN", 9, ("", "/17", "/193"))),
        expect("R-SES-LI-not-minimal", RELEASED, ENDED_OVER_IT),
    )


@case(
    "OSI/CLI/SES-RELEASE/BI-length-not-minimal", "R-SES-LI-not-minimal", pics=CLIENT, baseline=CLIENT_BASELINE
)
def client_long_finish() -> Conversation:
    """A FINISH whose short lengths are written as FF and two octets is read, or refused in order."""
    return conversation(
        client_association,
        Release(mutations=long_lengths("SES.FN", 9, ("", "/17", "/193"))),
        expect("R-SES-LI-not-minimal", RELEASED, ENDED_OVER_IT, serve=True),
    )


@case("OSI/CLI/SES-RELEASE/BV-finish-form", "R-SES-FN-form", pics=CLIENT_RELEASES, baseline=CLIENT_BASELINE)
def client_finish_form() -> Conversation:
    """A FINISH has transport disconnect 01 and carries its user data in parameter group 193."""
    return conversation(
        client_release,
        Verify(requirement="R-SES-FN-form", field="SES.FN.transport_disconnect", is_in=(1,)),
        Verify(requirement="R-SES-FN-form", field="SES.FN.user_data_pgi", is_in=(193,)),
        NoFinding(requirement="R-SES-FN-form", steps=("SES.FN",)),
    )


@case(
    "OSI/CLI/SES-RELEASE/BV-disconnect-received",
    "R-SES-DN-received",
    pics=CLIENT_RELEASES,
    baseline=CLIENT_BASELINE,
)
def client_disconnected() -> Iterator[Conversation]:
    """A client that receives the DISCONNECT closes the TCP connection, in whatever form it came."""
    for label, mutations in DISCONNECTS.items():
        yield conversation(
            client_release,
            AnswerRelease(mutations=mutations),
            expect("R-SES-DN-received", ENDED, limit="limit.close"),
            label=label,
        )


@case(
    "OSI/SRV/SES-RELEASE/BV-sender-closes",
    "R-SES-sender-closes",
    pics=SERVER,
    baseline=SERVER_BASELINE,
    weight=1,
)
def server_closes() -> Iterator[Conversation]:
    """A server closes TCP by itself behind its DISCONNECT, REFUSE or ABORT, when the client does not.

    A server that refuses no application context, or closes without a word, is not judged by that.
    """
    yield conversation(
        server_association,
        Release(),
        reach(RELEASED),
        expect("R-SES-sender-closes", ENDED, limit="limit.close"),
        label="DISCONNECT",
    )
    yield conversation(
        server_connection,
        Associate(
            mutations=(SetField(pdu="ACSE.AARQ", field="application_context", value=UNKNOWN_CONTEXT_NAME),)
        ),
        reach(rejected(), ABORTED, over(ENDED, ASSOCIATED), limit="limit.associate"),
        expect("R-SES-sender-closes", ENDED, limit="limit.close"),
        label="REFUSE",
    )
    yield conversation(
        server_association,
        inject("SES.DN"),
        reach(ABORTED, over(ENDED), limit="limit.close"),
        expect("R-SES-sender-closes", ENDED, limit="limit.close"),
        label="ABORT",
    )


@case(
    "OSI/CLI/SES-RELEASE/BV-sender-closes",
    "R-SES-sender-closes",
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    weight=1,
)
def client_closes() -> Iterator[Conversation]:
    """A client closes TCP by itself behind its DISCONNECT or ABORT, when the server does not."""
    yield conversation(
        client_association,
        Release(),
        reach(RELEASED, serve=True),
        expect("R-SES-sender-closes", ENDED, limit="limit.close"),
        label="DISCONNECT",
    )
    yield conversation(
        client_association,
        inject("SES.DN"),
        reach(ABORTED, over(ENDED), limit="limit.close", serve=True),
        expect("R-SES-sender-closes", ENDED, limit="limit.close"),
        label="ABORT",
    )

"""How associations of native mode end: by a release that the tester asks for, or by an abort (13.3.3, 13.5).

What a DUT concludes by stands in its PIXIT (``native.conclude``): a conclude as data comes before the
ReleaseReq, one inside it comes with it, and a device without the service has neither.
"""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.reports.model.observation import Kind
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    NATIVE,
    OWN_ENDING,
    SERVER_AE,
    SERVER_BASELINE,
    client_association,
    client_exchanges,
    client_request_on,
    own_ending,
    server_association,
    server_exchanges,
)
from conform62351.suites.osi.acse_release import normal_reason
from conform62351.suites.osi.conversations import Steps, client_usable, server_usable
from conform62351.suites.osi.mms_pdus import REPORT_PDU
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import SetField
from conform62351.tooling.engine.native_outcomes import (
    APPL_ABORTED,
    RELEASED_SECURELY,
)
from conform62351.tooling.engine.outcomes import (
    CONCLUDED,
    ENDED,
    RESPONSE,
    expect,
    one,
)
from conform62351.tooling.engine.steps import (
    Abort,
    Act,
    AnswerAssociation,
    AnyStep,
    Conclude,
    Conversation,
    Inject,
    Release,
    Request,
    SendSecPdu,
    Verify,
    conversation,
)

ANSWERED = "R-E2E-release-answered"
CONCLUDE = "R-E2E-release-conclude"
MIRRORED = "R-E2E-release-mirrored"
MEANWHILE = "R-E2E-release-meanwhile"
OVERTAKEN = "R-E2E-release-overtaken"
OVERTAKEN_SERVER = "R-E2E-release-overtaken-server"
SENT = "R-E2E-release-sent"
SENT_BY_SERVER = "R-E2E-release-sent-by-server"
COLLISION = "R-E2E-release-collision"
COLLISION_SERVER = "R-E2E-release-collision-server"
DROPPED = "R-E2E-release-data-dropped"
DROPPED_SERVER = "R-E2E-release-data-dropped-server"
ABORT_RECEIVED = "R-E2E-abort-received"
ABORT_SENT = "R-E2E-abort-sent"
REASON = "R-ACSE-release-reason"

SERVER_CONCLUDES = f"{SERVER_AE} and MMS.conclude.server"
SERVER_RELEASES = f"{SERVER_AE} and E2E.release-initiation.server"
SERVER_RELEASES_CONCLUDING = f"{SERVER_RELEASES} and MMS.conclude.server"
CLIENT_RELEASES = f"{CLIENT_AE} and OSI.release-initiation.client"
CLIENT_CONCLUDES = f"{CLIENT_RELEASES} and MMS.conclude.client"
READ = Request(service="read", point="data.read")
REPORT = Inject(layer="presentation", octets=REPORT_PDU, name="MMS.unconfirmed-PDU")
WITHOUT_DATA = one(Kind.RELEASED, "ACSE.RLRE", secpdu="E2E.ReleaseRsp", applData=False)
WITH_DATA = one(Kind.RELEASED, "ACSE.RLRE", secpdu="E2E.ReleaseRsp", applData=True)
ASKED_WITHOUT_DATA = one(Kind.RELEASE_REQUESTED, "ACSE.RLRQ", secpdu="E2E.ReleaseReq", applData=False)
BEFORE_RELEASE = 3
"""How many requests come between conclude and release."""
ABORTS: dict[str, AnyStep] = {
    "ApplAbort": Abort(),
    "DtSecAbort, no-reason-given": SendSecPdu(pdu="DtSecAbort", diagnostic="no-reason-given"),
    "DtSecAbort of an alarm": SendSecPdu(pdu="DtSecAbort"),
    "an ABRT without a SecPDU": Abort(
        mutations=(SetField(pdu="ACSE.ABRT", field="user_information", value=None),)
    ),
}


def server_again(requirement: str, on: int = 1) -> Steps:
    """Show that the DUT server associates once more."""
    return (*server_association(on=on), *server_usable(requirement, on))


def client_again(requirement: str, on: int = 1) -> Steps:
    """Show that the DUT client associates once more."""
    return (*client_request_on(on), AnswerAssociation(on=on), *client_usable(requirement, on))


@case(
    "E2E/SRV/REL/BV-answered",
    ANSWERED,
    REASON,
    *OWN_ENDING,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_answers() -> Conversation:
    """A server answers ReleaseReq with a ReleaseRsp without application data, and associates again."""
    return conversation(
        server_association(),
        server_exchanges(1),
        Release(),
        expect(ANSWERED, WITHOUT_DATA),
        normal_reason("RLRE"),
        own_ending,
        server_again(ANSWERED),
    )


@case(
    "E2E/CLI/REL/BV-answered",
    ANSWERED,
    REASON,
    *OWN_ENDING,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_answers() -> Conversation:
    """A client answers ReleaseReq with a ReleaseRsp without application data, and associates again."""
    return conversation(
        client_association(),
        client_exchanges(1),
        Release(),
        expect(ANSWERED, WITHOUT_DATA, serve=True),
        normal_reason("RLRE"),
        own_ending,
        client_again(ANSWERED),
    )


@case(
    "E2E/SRV/REL/BV-conclude", CONCLUDE, pics=SERVER_CONCLUDES, baseline=SERVER_BASELINE, configuration=NATIVE
)
def server_concludes() -> Conversation:
    """A server answers a conclude that comes as data by data, and then the ReleaseReq."""
    return conversation(
        server_association(),
        server_exchanges(1),
        Conclude(),
        expect(CONCLUDE, CONCLUDED),
        Release(),
        expect(CONCLUDE, WITHOUT_DATA),
    )


@case(
    "E2E/SRV/REL/BV-conclude-inside",
    MIRRORED,
    pics=SERVER_CONCLUDES,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_mirrors() -> Conversation:
    """A server answers a conclude that comes inside ReleaseReq inside its ReleaseRsp."""
    return conversation(
        server_association(), server_exchanges(1), Release(conclude=True), expect(MIRRORED, WITH_DATA)
    )


@case(
    "E2E/CLI/REL/BV-conclude-inside",
    MIRRORED,
    pics=f"{CLIENT_AE} and MMS.conclude.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_mirrors() -> Conversation:
    """A client answers a conclude that comes inside ReleaseReq inside its ReleaseRsp."""
    return conversation(
        client_association(),
        client_exchanges(1),
        Release(conclude=True),
        expect(MIRRORED, WITH_DATA, serve=True),
    )


@case(
    "E2E/SRV/REL/BV-meanwhile",
    MEANWHILE,
    pics=SERVER_CONCLUDES,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_answers_meanwhile() -> Conversation:
    """A server that has answered a conclude still answers requests, until ReleaseReq comes."""
    return conversation(
        server_association(),
        server_exchanges(1),
        Conclude(),
        (READ,) * BEFORE_RELEASE,
        expect(MEANWHILE, CONCLUDED),
        (expect(MEANWHILE, RESPONSE),) * BEFORE_RELEASE,
        Release(),
        expect(MEANWHILE, RELEASED_SECURELY),
    )


@case(
    "E2E/SRV/REL/BV-aborted",
    ABORT_RECEIVED,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_aborted() -> Iterator[Conversation]:
    """An abort ends the association, whichever it is: the server closes TCP, and associates again."""
    for label, abort in ABORTS.items():
        yield conversation(
            server_association(),
            server_exchanges(1),
            abort,
            expect(ABORT_RECEIVED, ENDED, limit="limit.close"),
            server_again(ABORT_RECEIVED),
            label=label,
        )


@case(
    "E2E/CLI/REL/BV-aborted",
    ABORT_RECEIVED,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_aborted() -> Iterator[Conversation]:
    """An abort ends the association, whichever it is: the client closes TCP, and associates again."""
    for label, abort in ABORTS.items():
        yield conversation(
            client_association(),
            client_exchanges(1),
            abort,
            expect(ABORT_RECEIVED, ENDED, limit="limit.close"),
            client_again(ABORT_RECEIVED),
            label=label,
        )


@case(
    "E2E/SRV/REL/BV-aborts",
    ABORT_SENT,
    *OWN_ENDING,
    pics=f"{SERVER_AE} and OSI.abort-initiation.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_aborts() -> Conversation:
    """A server that ends the association by itself sends an ApplAbort in an ABRT, and associates again."""
    return conversation(
        server_association(),
        server_exchanges(1),
        Act(action="disconnect"),
        expect(ABORT_SENT, APPL_ABORTED),
        Verify(requirement=ABORT_SENT, field="ACSE.ABRT.diagnostic", absent=True),
        own_ending,
        server_again(ABORT_SENT),
    )


@case(
    "E2E/CLI/REL/BV-aborts",
    ABORT_SENT,
    *OWN_ENDING,
    pics=f"{CLIENT_AE} and OSI.abort-initiation.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_aborts() -> Conversation:
    """A client that ends the association by itself sends an ApplAbort in an ABRT, and associates again."""
    return conversation(
        client_association(),
        client_exchanges(1),
        Act(action="disconnect"),
        expect(ABORT_SENT, APPL_ABORTED, serve=True),
        Verify(requirement=ABORT_SENT, field="ACSE.ABRT.diagnostic", absent=True),
        own_ending,
        client_again(ABORT_SENT),
    )

"""A release that the DUT asks for, in either role (13.3.3; 11-decisions 35)."""

from __future__ import annotations

from conform62351.reports.model.observation import Kind
from conform62351.suites.native.conversations import (
    CLIENT_BASELINE,
    NATIVE,
    OWN_ENDING,
    SERVER_BASELINE,
    client_association,
    client_exchanges,
    own_ending,
    server_association,
    server_exchanges,
)
from conform62351.suites.native.release import (
    ASKED_WITHOUT_DATA,
    CLIENT_CONCLUDES,
    CLIENT_RELEASES,
    COLLISION,
    COLLISION_SERVER,
    CONCLUDE,
    DROPPED,
    DROPPED_SERVER,
    OVERTAKEN,
    OVERTAKEN_SERVER,
    READ,
    REASON,
    REPORT,
    SENT,
    SENT_BY_SERVER,
    SERVER_RELEASES,
    SERVER_RELEASES_CONCLUDING,
    WITHOUT_DATA,
    client_again,
    server_again,
)
from conform62351.suites.osi.acse_release import normal_reason
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.native_outcomes import (
    RELEASE_REQUESTED_SECURELY,
    RELEASED_SECURELY,
)
from conform62351.tooling.engine.outcomes import (
    CONCLUDE_REQUEST,
    ENDED,
    SILENT,
    expect,
    one,
    over,
    reach,
    warned,
)
from conform62351.tooling.engine.steps import (
    Act,
    AnswerRelease,
    Conversation,
    Release,
    Respond,
    Verify,
    Wait,
    conversation,
)

MOMENT_S = 0.1
"""How long a DUT gets to do something about data that it is to drop, or to ask for the release."""
(NOT_CROSSED,) = over(warned("the requests did not cross: it was slow to send its own", RELEASED_SECURELY))


def dut_asks(requirement: str) -> Steps:
    """Have the DUT release the association, answer its conclude if that comes as data, and wait.

    MMS requests that come meanwhile are answered as well.
    """
    return (
        Act(action="release", first=True),
        expect(requirement, RELEASE_REQUESTED_SECURELY, serve=True, limit="limit.associate"),
    )


def collision(requirement: str) -> Steps:
    """Ask for the release when the DUT has sent its ReleaseReq and the tester has not read it yet.

    A DUT that takes longer to send its own answers the tester's, which is in order: they did not cross.
    """
    return (
        Act(action="release"),
        reach(CONCLUDE_REQUEST, limit="limit.associate"),
        Respond(),
        Wait(seconds=MOMENT_S),
        Release(),
        expect(requirement, RELEASE_REQUESTED_SECURELY, NOT_CROSSED, limit="limit.associate"),
        AnswerRelease(),
        expect(requirement, RELEASED_SECURELY),
        expect(requirement, ENDED, limit="limit.close"),
    )


def overtaken(requirement: str) -> Steps:
    """Ask for the release where an answer to the conclude of the DUT is due."""
    return (
        Act(action="release"),
        reach(CONCLUDE_REQUEST, limit="limit.associate"),
        Release(),
        expect(requirement, WITHOUT_DATA),
    )


def answered(requirement: str) -> Steps:
    """Answer the ReleaseReq of the DUT, and show that it closes TCP."""
    return (AnswerRelease(), expect(requirement, ENDED, limit="limit.close"))


@case(
    "E2E/SRV/REL/BV-overtaken",
    OVERTAKEN_SERVER,
    pics=SERVER_RELEASES_CONCLUDING,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_overtaken() -> Conversation:
    """A server whose conclude is not answered yet answers a ReleaseReq, which ends the association."""
    return conversation(server_association(), server_exchanges(1), overtaken(OVERTAKEN_SERVER))


@case(
    "E2E/CLI/REL/BV-overtaken",
    OVERTAKEN,
    pics=CLIENT_CONCLUDES,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_overtaken() -> Conversation:
    """A client whose conclude is not answered yet answers a ReleaseReq, which ends the association."""
    return conversation(client_association(), client_exchanges(1), overtaken(OVERTAKEN))


@case(
    "E2E/SRV/REL/BV-sent",
    SENT_BY_SERVER,
    REASON,
    *OWN_ENDING,
    pics=SERVER_RELEASES,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_releases() -> Conversation:
    """A server releases the association: ReleaseReq comes, behind a conclude as data if it concludes so; when
    it is answered the server closes TCP, and associates again.
    """
    return conversation(
        server_association(),
        server_exchanges(1),
        dut_asks(SENT_BY_SERVER),
        normal_reason("RLRQ"),
        own_ending,
        answered(SENT_BY_SERVER),
        server_again(SENT_BY_SERVER),
    )


@case(
    "E2E/CLI/REL/BV-sent",
    SENT,
    REASON,
    *OWN_ENDING,
    pics=CLIENT_RELEASES,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_releases() -> Conversation:
    """A client releases the association: ReleaseReq comes, behind a conclude as data if it concludes so; when
    it is answered the client closes TCP, and associates again.
    """
    return conversation(
        client_association(),
        client_exchanges(1),
        dut_asks(SENT),
        normal_reason("RLRQ"),
        own_ending,
        answered(SENT),
        client_again(SENT),
    )


@case(
    "E2E/CLI/REL/BV-conclude",
    CONCLUDE,
    pics=CLIENT_CONCLUDES,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_concludes() -> Conversation:
    """A client that concludes does so as data, and sends ReleaseReq without application data once that is
    answered; one that concludes inside ReleaseReq is reported as a warning.
    """
    inside = one(
        Kind.RELEASE_REQUESTED,
        "ACSE.RLRQ",
        "it concludes inside ReleaseReq",
        secpdu="E2E.ReleaseReq",
        applData=True,
    )
    return conversation(
        client_association(),
        client_exchanges(1),
        Act(action="release", first=True),
        expect(CONCLUDE, CONCLUDE_REQUEST, over(inside), limit="limit.associate"),
        Verify(requirement=CONCLUDE, field="ACSE.RLRQ", absent=True),
        Respond(),
        expect(CONCLUDE, ASKED_WITHOUT_DATA, limit="limit.associate"),
        answered(CONCLUDE),
    )


@case(
    "E2E/SRV/REL/BV-collision",
    COLLISION_SERVER,
    pics=SERVER_RELEASES_CONCLUDING,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_collides() -> Conversation:
    """A server that has asked for the release answers the ReleaseReq that crosses its own, and closes
    TCP when its own is answered.
    """
    return conversation(server_association(), server_exchanges(1), collision(COLLISION_SERVER))


@case(
    "E2E/CLI/REL/BV-collision",
    COLLISION,
    pics=CLIENT_CONCLUDES,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_collides() -> Conversation:
    """A client that has asked for the release answers the ReleaseReq that crosses its own, and closes
    TCP when its own is answered.
    """
    return conversation(client_association(), client_exchanges(1), collision(COLLISION))


@case(
    "E2E/SRV/REL/BV-dropped",
    DROPPED_SERVER,
    pics=SERVER_RELEASES,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_drops() -> Conversation:
    """A server that has asked for the release drops a request under way, and takes the ReleaseRsp."""
    return conversation(
        server_association(),
        server_exchanges(1),
        dut_asks(DROPPED_SERVER),
        READ,
        expect(DROPPED_SERVER, SILENT, within=MOMENT_S),
        answered(DROPPED_SERVER),
    )


@case(
    "E2E/CLI/REL/BV-dropped",
    DROPPED,
    pics=CLIENT_RELEASES,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_drops() -> Conversation:
    """A client that has asked for the release drops a report that was under way, and takes the ReleaseRsp."""
    return conversation(
        client_association(),
        client_exchanges(1),
        dut_asks(DROPPED),
        REPORT,
        expect(DROPPED, SILENT, within=MOMENT_S),
        answered(DROPPED),
    )

"""A DUT client as a partner over time (clause 10): what no single protocol owns."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.osi.conversations import (
    ABORT_FORMS,
    CLIENT,
    CLIENT_BASELINE,
    client_associates,
    client_association,
    client_connection,
    client_first_request,
    client_request,
)
from conform62351.suites.osi.cotp_confirm import DR_IN_PLACE_OF_CC
from conform62351.suites.osi.garbage import GARBAGE
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import Withhold
from conform62351.tooling.engine.outcomes import AARQ, ENDED, REQUEST, expect, reach
from conform62351.tooling.engine.steps import (
    Abort,
    Accept,
    Act,
    AnswerAssociation,
    AnyStep,
    Close,
    Conversation,
    Inject,
    Wait,
    conversation,
)

ENDINGS: dict[str, tuple[AnyStep, ...]] = {
    "a rejecting AARE": (*client_request, AnswerAssociation(reject=True), Close()),
    "an abort in place of the AARE": (*client_request, Abort(), Close()),
    "an abort of the association": (*client_first_request, Abort(), Close()),
    "a TCP close before any octet": (*client_connection, Close()),
    "a TCP reset before any octet": (*client_connection, Close(how="reset")),
    "a TCP close of the association": (*client_first_request, Close()),
    "a TCP reset of the association": (*client_first_request, Close(how="reset")),
    "a DR": (
        Act(action="connect"),
        Accept(mutations=DR_IN_PLACE_OF_CC),
        reach(ENDED, limit="limit.associate"),
    ),
}


@case("OSI/CLI/ENV/BV-answer-in-time", "R-ENV-answer-limit", pics=CLIENT)
def client_answers_in_time() -> Conversation:
    """The AARQ comes within the PIXIT's limit after the CC, and a request after the AARE."""
    return conversation(
        Act(action="connect"),
        Accept(),
        expect("R-ENV-answer-limit", AARQ, limit="limit.associate"),
        AnswerAssociation(),
        Act(action="send-request"),
        expect("R-ENV-answer-limit", REQUEST),
    )


@case("OSI/CLI/ENV/BO-no-answer", "R-ENV-no-answer", pics=CLIENT, baseline=CLIENT_BASELINE, weight=20)
def client_no_answer() -> Iterator[Conversation]:
    """A client whose CR, AARQ or request is not answered gives up after the patience of the PIXIT."""
    for label, beginning in (
        ("no CC", (Act(action="connect"), Accept(mutations=(Withhold(pdu="COTP.CC"),)))),
        ("no AARE", client_request),
        ("no response", client_first_request),
    ):
        yield conversation(
            beginning,
            Wait(limit="dut.patience"),
            expect("R-ENV-no-answer", ABORT_FORMS, limit="limit.close"),
            label=label,
        )


@case("OSI/CLI/ENV/BV-reconnect", "R-ENV-reconnect", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_reconnect() -> Iterator[Conversation]:
    """However an association ended or was refused, the client makes another one when it is told to."""
    for label, ending in ENDINGS.items():
        yield conversation(ending, client_associates("R-ENV-reconnect", on=1), label=label)


@case("OSI/CLI/ENV/BI-garbage", "R-ENV-garbage", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_garbage() -> Iterator[Conversation]:
    """After octets that belong to no protocol of the stack, over any layer, the client associates again."""
    for label, layer, octets in GARBAGE:
        beginning = {"tcp": client_connection, "tpkt": client_request}.get(layer, client_association)
        yield conversation(
            beginning,
            Inject(layer=layer, octets=octets, name="garbage", may_break=True),
            Close(),
            client_associates("R-ENV-garbage", on=1),
            label=label,
        )

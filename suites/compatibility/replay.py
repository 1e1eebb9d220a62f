"""Replay: a signed time is good once (clause 11); whether for each certificate is open."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.compatibility.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    COMPATIBILITY,
    EVENT,
    P_ABORT,
    SERVER,
    SERVER_BASELINE,
    client_refuses,
    client_request_on,
    client_takes,
    server_connection_on,
    server_refuses,
    server_takes,
)
from conform62351.suites.osi.conversations import Steps, client_usable, server_usable
from conform62351.tooling.engine.authenticate import Authenticate, TimeForm
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import Replay
from conform62351.tooling.engine.outcomes import (
    ASSOCIATED,
    RELEASED,
    REQUEST,
    expect,
    reach,
)
from conform62351.tooling.engine.steps import (
    Abort,
    Act,
    AnswerAssociation,
    Associate,
    Close,
    Conversation,
    Release,
    conversation,
)

REPLAY = "R-CMP-replay"
OTHER_PARTNER = "R-CMP-replay-other-partner"
UNVERIFIED = "R-CMP-replay-unverified"

REQUEST_REPLAYED = (Replay(pdu="SES.CN", of=0),)
VALUE_REPLAYED = (Replay(pdu="CMP.value", of=0),)
SAME_TIME = Authenticate(same_time_as=0)
OTHER_FORMS = (TimeForm.COMMA, TimeForm.SIX_DIGITS)
SECOND = "second"
"""Another credential of the tester that the DUT trusts."""
BETWEEN = 24
"""Associations between a value and its replay: a memory of few times has forgotten it by then."""
BY_ANOTHER_KEY = Authenticate(key=SECOND)

ENDINGS: dict[str, Steps] = {
    "while the first association stands": (),
    "after its release": (Release(), reach(RELEASED, serve=True), Close()),
    "after an abort": (Abort(), Close()),
    "after the connection was lost": (Close(how="reset"),),
}


def _server_first() -> Steps:
    return (*server_connection_on(0), Associate(), reach(ASSOCIATED, limit="limit.associate"))


def _client_first() -> Steps:
    return (*client_request_on(0), AnswerAssociation(), Act(action="send-request"), reach(REQUEST))


@case(
    "CMP/SRV/REPLAY/BI-request-again",
    REPLAY,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_request_again() -> Iterator[Conversation]:
    """A server answers by P-ABORT when a CONNECT that it has accepted comes again on another connection."""
    for label, ending in ENDINGS.items():
        yield conversation(
            _server_first(),
            ending,
            server_connection_on(1),
            server_refuses(REPLAY, *REQUEST_REPLAYED, on=1),
            label=label,
        )


@case(
    "CMP/SRV/REPLAY/BI-value-again",
    REPLAY,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_value_again() -> Conversation:
    """A server answers by P-ABORT when an authentication value comes again, in another AARQ."""
    return conversation(
        _server_first(), server_connection_on(1), server_refuses(REPLAY, *VALUE_REPLAYED, on=1)
    )


@case(
    "CMP/CLI/REPLAY/BI-value-again",
    REPLAY,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_value_again() -> Iterator[Conversation]:
    """A client answers by P-ABORT when a server shows it the value of an earlier association."""
    for label, ending in ENDINGS.items():
        if ending:
            yield conversation(
                _client_first(),
                ending,
                client_request_on(1),
                client_refuses(REPLAY, *VALUE_REPLAYED, on=1),
                label=label,
            )


@case(
    "CMP/SRV/REPLAY/BI-same-instant",
    REPLAY,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_same_instant() -> Iterator[Conversation]:
    """A server compares times as instants: one that it has seen is no new one for being written otherwise."""
    for form in OTHER_FORMS:
        again = Authenticate(same_time_as=0, time_form=form)
        yield conversation(
            _server_first(),
            server_connection_on(1),
            server_refuses(REPLAY, authentication=again, on=1),
            label=form.value,
        )


@case(
    "CMP/SRV/REPLAY/BI-after-many",
    REPLAY,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    weight=5,
)
def server_after_many() -> Conversation:
    """A server knows a time again after many other associations: it remembers all of ten minutes."""
    others: list[Steps] = []
    for on in range(1, BETWEEN + 1):
        others.append(server_connection_on(on))
        others.append((Associate(on=on), reach(ASSOCIATED, limit="limit.associate", on=on)))
        others.append((Release(on=on), reach(RELEASED, on=on), Close(on=on)))
    last = BETWEEN + 1
    return conversation(
        _server_first(),
        *others,
        server_connection_on(last),
        server_refuses(REPLAY, authentication=SAME_TIME, on=last),
    )


@case(
    "CMP/SRV/REPLAY/BV-other-partner",
    OTHER_PARTNER,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=(f"credential {SECOND}",),
)
def server_other_partner() -> Conversation:
    """A server takes a time that another partner has used, or answers by P-ABORT: both hold."""
    again = Authenticate(same_time_as=0, credential=SECOND)
    return conversation(
        _server_first(),
        server_connection_on(1),
        Associate(authentication=again, on=1),
        expect(OTHER_PARTNER, ASSOCIATED, *P_ABORT, limit="limit.associate", on=1),
    )


@case(
    "CMP/CLI/REPLAY/BV-other-partner",
    OTHER_PARTNER,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=(f"credential {SECOND}",),
)
def client_other_partner() -> Conversation:
    """A client takes a time that another server has used, or answers by P-ABORT: both hold."""
    again = Authenticate(same_time_as=0, credential=SECOND)
    return conversation(
        _client_first(),
        Close(),
        client_request_on(1),
        AnswerAssociation(authentication=again, on=1),
        Act(action="send-request", may_fail=True),
        expect(OTHER_PARTNER, REQUEST, *P_ABORT, limit="limit.associate", on=1),
    )


@case(
    "CMP/SRV/REPLAY/BV-unverified-time",
    UNVERIFIED,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=(f"credential {SECOND}",),
)
def server_unverified_time() -> Conversation:
    """A server takes a time that came before under a signature that did not verify.

    Otherwise whoever guesses the times of a partner keeps it out.
    """
    return conversation(
        server_connection_on(0),
        server_refuses(UNVERIFIED, authentication=BY_ANOTHER_KEY),
        server_connection_on(1),
        server_takes(UNVERIFIED, authentication=SAME_TIME, on=1),
    )


@case(
    "CMP/CLI/REPLAY/BV-unverified-time",
    UNVERIFIED,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=(f"credential {SECOND}",),
)
def client_unverified_time() -> Conversation:
    """A client takes a time that came before under a signature that did not verify."""
    return conversation(
        client_request_on(0),
        client_refuses(UNVERIFIED, authentication=BY_ANOTHER_KEY),
        Close(),
        client_request_on(1),
        client_takes(UNVERIFIED, authentication=SAME_TIME, on=1),
    )


@case(
    "CMP/SRV/REPLAY/BV-times-apart",
    "R-CMP-time-window-inside",
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_times_apart() -> Conversation:
    """A server takes associations one after the other, whose times rise by as little as it can tell apart."""
    requirement = "R-CMP-time-window-inside"
    rounds: list[Steps] = []
    for on in range(3):
        rounds.append(server_connection_on(on))
        rounds.append((Associate(on=on), expect(requirement, ASSOCIATED, limit="limit.associate", on=on)))
        rounds.append((*server_usable(requirement, on), Close(on=on)))
    return conversation(*rounds)


@case(
    "CMP/CLI/REPLAY/BV-times-apart",
    "R-CMP-time-window-inside",
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_times_apart() -> Conversation:
    """A client takes associations one after the other, whose times rise by as little as it can tell apart."""
    requirement = "R-CMP-time-window-inside"
    rounds: list[Steps] = []
    for on in range(3):
        rounds.append((*client_request_on(on), AnswerAssociation(on=on)))
        rounds.append((*client_usable(requirement, on), Close(on=on)))
    return conversation(*rounds)

"""Associations below and above the level that a device is set to (clause 5.1).

ICCP writes the level into its bilateral tables: T-security secure or not, application security secure
(clause 11) or not. A device that is set to compatibility mode has both, one with TLS alone the first.
"""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.reports.model.verdict import Severity
from conform62351.suites.combinations.alone import (
    TLS,
    TLS_CLIENT,
    TLS_CLIENT_BASELINE,
    TLS_SERVER,
    TLS_SERVER_BASELINE,
)
from conform62351.suites.compatibility.association import SIGNED
from conform62351.suites.compatibility.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    COMPATIBILITY,
    EVENT,
    FAILURE,
    NOT_RECOGNISED,
    REQUIRED,
    SERVER,
    SERVER_BASELINE,
    client_refuses,
    rejected_with,
    server_refuses,
)
from conform62351.suites.osi import conversations as osi
from conform62351.suites.osi.conversations import Steps, client_request
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ABORTED,
    ASSOCIATED,
    ENDED,
    REQUEST,
    TLS_REFUSED,
    TRANSPORT_CONNECTED,
    expect,
    over,
    reach,
    rejected,
    warned,
)
from conform62351.tooling.engine.steps import (
    Abort,
    Accept,
    Act,
    AnswerAssociation,
    Associate,
    Close,
    Connect,
    Conversation,
    Inject,
    OpenTransport,
    Respond,
    Verify,
    conversation,
)

BELOW = "R-COMB-below-level"
ABOVE = "R-COMB-above-level"
NO_FALLBACK = "R-COMB-no-fallback"
WITHOUT_ANSWER = "refused without an answer"
HANDSHAKE_FAILURE = bytes.fromhex("15 03 03 00 02 02 28")
"""A fatal alert, in the clear: who answers a ClientHello so has no TLS in common with its sender."""


@case(
    "COMB/SRV/LEVEL/BI-TLS-alone",
    BELOW,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_below() -> Conversation:
    """A server in compatibility mode rejects who has TLS alone: a mechanism-name is required."""
    return conversation(
        Connect(stack="tls"),
        OpenTransport(),
        reach(TRANSPORT_CONNECTED, limit="limit.connect"),
        server_refuses(BELOW, forms=(rejected_with(REQUIRED),)),
    )


@case(
    "COMB/CLI/LEVEL/BI-TLS-alone",
    BELOW,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_below() -> Conversation:
    """A client in compatibility mode answers by P-ABORT when a server has TLS alone."""
    return conversation(
        Act(action="connect"),
        Accept(stack="tls"),
        reach(AARQ, limit="limit.associate"),
        client_refuses(BELOW),
    )


def _server_above(stack: str) -> Steps:
    """Authenticate, though the server does not ask for it: that it associates and works, or refuses."""
    return (
        Connect(stack=stack),
        OpenTransport(),
        reach(TRANSPORT_CONNECTED, limit="limit.connect"),
        Associate(),
        expect(
            ABOVE,
            ASSOCIATED,
            over(ABORTED, rejected(), warned(WITHOUT_ANSWER, ENDED)),
            limit="limit.associate",
        ),
        *osi.server_usable(ABOVE),
    )


def _client_above(stack: str) -> Steps:
    """Authenticate, though the client has not done so: that it goes on, or refuses."""
    return (
        Act(action="connect"),
        Accept(stack=stack),
        reach(AARQ, limit="limit.associate"),
        AnswerAssociation(),
        Act(action="send-request", may_fail=True),
        expect(ABOVE, REQUEST, over(ABORTED, warned(WITHOUT_ANSWER, ENDED)), limit="limit.associate"),
        Respond(),
    )


@case(
    "COMB/SRV/LEVEL/BV-above-TLS-alone",
    ABOVE,
    pics=TLS_SERVER,
    baseline=TLS_SERVER_BASELINE,
    configuration=TLS,
)
def server_above_tls() -> Conversation:
    """A server with TLS alone associates who authenticates, or refuses: the report says which."""
    return conversation(_server_above(COMPATIBILITY))


@case(
    "COMB/CLI/LEVEL/BV-above-TLS-alone",
    ABOVE,
    pics=TLS_CLIENT,
    baseline=TLS_CLIENT_BASELINE,
    configuration=TLS,
)
def client_above_tls() -> Conversation:
    """A client with TLS alone takes a server that authenticates, or refuses: the report says which."""
    return conversation(_client_above(COMPATIBILITY))


@case(
    "COMB/SRV/LEVEL/BV-above-plain",
    ABOVE,
    pics=f"{osi.SERVER} and MMS.unprotected.server",
    baseline=osi.SERVER_BASELINE,
)
def server_above_plain() -> Conversation:
    """A server without protection associates who authenticates, or refuses: the report says which."""
    return conversation(_server_above("a-profile"))


@case(
    "COMB/CLI/LEVEL/BV-above-plain",
    ABOVE,
    pics=f"{osi.CLIENT} and MMS.unprotected.client",
    baseline=osi.CLIENT_BASELINE,
)
def client_above_plain() -> Conversation:
    """A client without protection takes a server that authenticates, or refuses: the report says which."""
    return conversation(_client_above("a-profile"))


def _secured_as_before() -> Steps:
    """Show that the client, which is told to connect once more, comes with TLS and authentication again."""
    return (
        Act(action="connect"),
        Accept(on=1),
        expect(
            NO_FALLBACK, AARQ, over(TLS_REFUSED), severity=Severity.SECURITY, limit="limit.associate", on=1
        ),
        Verify(requirement=NO_FALLBACK, field="CMP.signed", is_in=SIGNED, severity=Severity.SECURITY, on=1),
    )


@case(
    "COMB/CLI/LEVEL/BI-authentication-refused",
    NO_FALLBACK,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_authentication_refused() -> Iterator[Conversation]:
    """A client in compatibility mode does not go on without authentication when its partner refuses that.

    It is judged by the next connection that comes from it, unasked or told to.
    """
    refusals: dict[str, Steps] = {
        "the mechanism is not recognised": (AnswerAssociation(reject=True, diagnostic=NOT_RECOGNISED),),
        "authentication has failed": (AnswerAssociation(reject=True, diagnostic=FAILURE),),
        "an abort": (Abort(),),
        "a reset": (Close(how="reset"),),
    }
    for label, refusal in refusals.items():
        yield conversation(client_request, refusal, Close(), _secured_as_before(), label=label)


@case(
    "COMB/CLI/LEVEL/BI-TLS-refused",
    NO_FALLBACK,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_tls_refused() -> Iterator[Conversation]:
    """A client in compatibility mode does not go on without TLS when its partner has none.

    It is judged by the next connection that comes to the port for TLS, unasked or told to; what it may try at
    the port without TLS is not seen.
    """
    alert = Inject(layer="tcp", octets=HANDSHAKE_FAILURE, name="TLS alert handshake_failure")
    refusals: dict[str, Steps] = {"an alert": (alert, Close()), "a reset": (Close(how="reset"),)}
    for label, refusal in refusals.items():
        yield conversation(
            Act(action="connect", may_fail=True),
            Accept(stack="plain", port=COMPATIBILITY),
            refusal,
            _secured_as_before(),
            label=label,
        )

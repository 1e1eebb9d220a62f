"""Which port is for what (clause 6): TLS on one, everything else on the other."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.reports.model.observation import Kind
from conform62351.suites.combinations.alone import TLS, TLS_SERVER, TLS_SERVER_BASELINE
from conform62351.suites.compatibility.conversations import CLIENT, COMPATIBILITY, SERVER, SERVER_BASELINE
from conform62351.suites.osi import conversations as osi
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.judging import HANDSHAKE
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ASSOCIATED,
    ENDED,
    RELEASED,
    SILENT,
    TCP_REFUSED,
    TLS_REFUSED,
    TRANSPORT_CONNECTED,
    expect,
    one,
    over,
    refuse,
    warned,
)
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    AnswerAssociation,
    Associate,
    Connect,
    Conversation,
    OpenTransport,
    Release,
    conversation,
)

TLS_OFF = "R-COMB-TLS-off"
WITHOUT_TLS = "R-COMB-without-TLS"
PLAIN_ON_TLS_PORT = "R-COMB-plain-on-TLS-port"
TLS_ON_PLAIN_PORT = "R-COMB-TLS-on-plain-port"

PLAIN_STACKS = {"without authentication": "plain", "authenticated at association": "a-profile"}
"""What a partner without TLS may bring."""
A_TLS_RECORD = (one(Kind.UNDECODABLE),)
"""An alert of TLS, read without TLS."""
KEPT_WAITING = "the connection is kept, without a word"


@case("COMB/SRV/PORT/BV-TLS-off", TLS_OFF, pics=f"{SERVER} and MMS.unprotected.server")
def server_tls_off() -> Conversation:
    """A server whose TLS is switched off associates without it, on the port without TLS."""
    return conversation(
        Connect(stack="plain"),
        OpenTransport(),
        expect(TLS_OFF, TRANSPORT_CONNECTED, limit="limit.connect"),
        Associate(),
        expect(TLS_OFF, ASSOCIATED, limit="limit.associate"),
        osi.server_usable(TLS_OFF),
        Release(),
        expect(TLS_OFF, RELEASED),
    )


@case("COMB/CLI/PORT/BV-TLS-off", TLS_OFF, pics=f"{CLIENT} and MMS.unprotected.client")
def client_tls_off() -> Conversation:
    """A client whose TLS is switched off associates without it."""
    return conversation(
        Act(action="connect", stack="plain"),
        Accept(stack="plain"),
        expect(TLS_OFF, AARQ, limit="limit.associate"),
        AnswerAssociation(),
        osi.client_usable(TLS_OFF),
        Release(),
        expect(TLS_OFF, RELEASED, serve=True),
    )


def _not_without_tls(stack: str) -> Steps:
    """Show that the server does not associate on the port without TLS; it may speak COTP there."""
    refusals = over(TCP_REFUSED, osi.CONNECT_REFUSAL_FORMS)
    return (
        Connect(stack=stack),
        OpenTransport(may_break=True),
        expect(WITHOUT_TLS, TRANSPORT_CONNECTED, refusals, limit="limit.connect"),
        Associate(may_break=True),
        refuse(WITHOUT_TLS, osi.ASSOCIATION_REFUSAL_FORMS, limit="limit.associate"),
    )


@case(
    "COMB/SRV/PORT/BI-without-TLS",
    WITHOUT_TLS,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_without_tls() -> Iterator[Conversation]:
    """A server in compatibility mode associates nobody on the port without TLS, not even who authenticates.

    In ICCP that is a bilateral table with T-security secure.
    """
    for label, stack in PLAIN_STACKS.items():
        yield conversation(_not_without_tls(stack), label=label)


@case(
    "COMB/SRV/PORT/BI-without-TLS-alone",
    WITHOUT_TLS,
    pics=TLS_SERVER,
    baseline=TLS_SERVER_BASELINE,
    configuration=TLS,
)
def server_without_tls_alone() -> Conversation:
    """A server with TLS alone associates nobody on the port without TLS."""
    return conversation(_not_without_tls("plain"))


def _not_on_tls_port(usual: str) -> Iterator[Conversation]:
    """Show, with the means of each stack, that without TLS nothing is to be had on the port for TLS."""
    for label, stack in PLAIN_STACKS.items():
        yield conversation(
            Connect(stack=stack, port=usual),
            OpenTransport(may_break=True),
            refuse(
                PLAIN_ON_TLS_PORT,
                ENDED,
                warned(KEPT_WAITING, SILENT),
                limit="limit.connect",
                meanwhile=A_TLS_RECORD,
            ),
            label=label,
        )


@case(
    "COMB/SRV/PORT/BI-plain-on-TLS-port",
    PLAIN_ON_TLS_PORT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_plain_on_tls_port() -> Iterator[Conversation]:
    """A server in compatibility mode answers nobody on the port for TLS who speaks without TLS there.

    Nor when the same partner tries it once more.
    """
    return _not_on_tls_port(COMPATIBILITY)


@case(
    "COMB/SRV/PORT/BI-plain-on-TLS-port-alone",
    PLAIN_ON_TLS_PORT,
    pics=TLS_SERVER,
    baseline=TLS_SERVER_BASELINE,
    configuration=TLS,
)
def server_plain_on_tls_port_alone() -> Iterator[Conversation]:
    """A server with TLS alone answers nobody on the port for TLS who speaks without TLS there.

    Nor when the same partner tries it once more.
    """
    return _not_on_tls_port(TLS)


@case(
    "COMB/SRV/PORT/BI-TLS-on-plain-port",
    TLS_ON_PLAIN_PORT,
    pics=f"{osi.SERVER} and MMS.unprotected.server",
    baseline=osi.SERVER_BASELINE,
)
def server_tls_on_plain_port() -> Conversation:
    """A server answers no TLS handshake on the port without TLS, and associates as before after it."""
    return conversation(
        Connect(stack="tls", port="plain"),
        OpenTransport(may_break=True),
        refuse(
            TLS_ON_PLAIN_PORT,
            TLS_REFUSED,
            warned(KEPT_WAITING, one(Kind.TIMEOUT, HANDSHAKE)),
            limit="limit.connect",
        ),
        osi.server_associates(TLS_ON_PLAIN_PORT, on=1),
    )

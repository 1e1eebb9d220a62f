"""What a device needs of TLS (clause 6), in compatibility mode or alone: certificates that hold."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.combinations.alone import (
    TLS,
    TLS_CLIENT,
    TLS_CLIENT_BASELINE,
    TLS_SERVER,
    TLS_SERVER_BASELINE,
)
from conform62351.suites.compatibility.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    COMPATIBILITY,
    EVENT,
    SERVER,
    SERVER_BASELINE,
)
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.authenticate import NO_CERTIFICATE
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.log_steps import Logged
from conform62351.tooling.engine.outcomes import (
    AARQ,
    TLS_ENDED,
    TRANSPORT_CONNECTED,
    over,
    refuse,
    warned,
)
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    Alternative,
    Connect,
    Conversation,
    OpenTransport,
    conversation,
)

CLIENT_CERTIFICATE = "R-COMB-TLS-client-certificate"
AUTHORITY = "R-COMB-TLS-authority"
VALIDITY = "R-COMB-TLS-validity"

NO_PEER_CERTIFICATE = ("IEC62351-3:1.6",)
NO_MATCH = ("IEC62351-3:2.2", "IEC62351-3:2.3")
"""No trusted authority or, where certificates are trusted one by one, no trusted certificate."""
EXPIRED = ("IEC62351-3:2.8",)
STRANGERS = {
    "of an unknown authority": "bad-tls/unknown-ca",
    "signed by its own key": "bad-tls/self-signed",
}
OUTDATED = "bad-tls/expired"
LOCAL_POLICY = "an expired certificate is accepted in TLS: local policy"

_Taken = tuple[Alternative, ...]


def _server_refuses(requirement: str, credential: str, events: tuple[str, ...], taken: _Taken = ()) -> Steps:
    """Show that TLS does not come about with who shows ``credential``, unless it is ``taken`` so."""
    return (
        Connect(tls_credential=credential),
        OpenTransport(may_break=True),
        refuse(requirement, TLS_ENDED, taken, limit="limit.connect"),
        Logged(requirement=EVENT, events=events, aspects=("event",)),
    )


def _client_refuses(requirement: str, credential: str, events: tuple[str, ...], taken: _Taken = ()) -> Steps:
    """Show that the client does not have TLS with a server that shows ``credential``."""
    return (
        Act(action="connect", may_fail=True),
        Accept(tls_credential=credential),
        refuse(requirement, TLS_ENDED, taken, limit="limit.associate"),
        Logged(requirement=EVENT, events=events, aspects=("event",)),
    )


@case(
    "COMB/SRV/TLS/BI-no-certificate",
    CLIENT_CERTIFICATE,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_no_certificate() -> Conversation:
    """A server ends the TLS connection of a client that shows no certificate."""
    return conversation(_server_refuses(CLIENT_CERTIFICATE, NO_CERTIFICATE, NO_PEER_CERTIFICATE))


@case(
    "COMB/SRV/TLS/BI-unknown-authority",
    AUTHORITY,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_unknown_authority() -> Iterator[Conversation]:
    """A server has no TLS with a client whose certificate is of an authority that it does not trust."""
    for label, credential in STRANGERS.items():
        yield conversation(_server_refuses(AUTHORITY, credential, NO_MATCH), label=label)


@case(
    "COMB/CLI/TLS/BI-unknown-authority",
    AUTHORITY,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_unknown_authority() -> Iterator[Conversation]:
    """A client has no TLS with a server whose certificate is of an authority that it does not trust."""
    for label, credential in STRANGERS.items():
        yield conversation(_client_refuses(AUTHORITY, credential, NO_MATCH), label=label)


@case(
    "COMB/SRV/TLS/BI-expired",
    VALIDITY,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_expired() -> Conversation:
    """A server has no TLS with a client whose certificate has expired, unless its local policy takes it.

    What the policy is, the report tells; a refusal has to be logged.
    """
    taken = over(warned(LOCAL_POLICY, TRANSPORT_CONNECTED))
    return conversation(_server_refuses(VALIDITY, OUTDATED, EXPIRED, taken))


@case(
    "COMB/CLI/TLS/BI-expired",
    VALIDITY,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_expired() -> Conversation:
    """A client has no TLS with a server whose certificate has expired, unless its local policy takes it.

    What the policy is, the report tells; a refusal has to be logged.
    """
    return conversation(_client_refuses(VALIDITY, OUTDATED, EXPIRED, over(warned(LOCAL_POLICY, AARQ))))


@case(
    "COMB/SRV/TLS/BI-no-certificate-alone",
    CLIENT_CERTIFICATE,
    EVENT,
    pics=TLS_SERVER,
    baseline=TLS_SERVER_BASELINE,
    configuration=TLS,
)
def server_no_certificate_alone() -> Conversation:
    """A server with TLS alone, too, ends the TLS connection of a client that shows no certificate."""
    return conversation(_server_refuses(CLIENT_CERTIFICATE, NO_CERTIFICATE, NO_PEER_CERTIFICATE))


@case(
    "COMB/SRV/TLS/BI-unknown-authority-alone",
    AUTHORITY,
    EVENT,
    pics=TLS_SERVER,
    baseline=TLS_SERVER_BASELINE,
    configuration=TLS,
)
def server_unknown_authority_alone() -> Iterator[Conversation]:
    """A server with TLS alone has no TLS with a client of an authority that it does not trust."""
    for label, credential in STRANGERS.items():
        yield conversation(_server_refuses(AUTHORITY, credential, NO_MATCH), label=label)


@case(
    "COMB/CLI/TLS/BI-unknown-authority-alone",
    AUTHORITY,
    EVENT,
    pics=TLS_CLIENT,
    baseline=TLS_CLIENT_BASELINE,
    configuration=TLS,
)
def client_unknown_authority_alone() -> Iterator[Conversation]:
    """A client with TLS alone has no TLS with a server of an authority that it does not trust."""
    for label, credential in STRANGERS.items():
        yield conversation(_client_refuses(AUTHORITY, credential, NO_MATCH), label=label)


@case(
    "COMB/SRV/TLS/BI-expired-alone",
    VALIDITY,
    EVENT,
    pics=TLS_SERVER,
    baseline=TLS_SERVER_BASELINE,
    configuration=TLS,
)
def server_expired_alone() -> Conversation:
    """A server with TLS alone has no TLS with a client whose certificate has expired, unless its local
    policy takes it.
    """
    taken = over(warned(LOCAL_POLICY, TRANSPORT_CONNECTED))
    return conversation(_server_refuses(VALIDITY, OUTDATED, EXPIRED, taken))


@case(
    "COMB/CLI/TLS/BI-expired-alone",
    VALIDITY,
    EVENT,
    pics=TLS_CLIENT,
    baseline=TLS_CLIENT_BASELINE,
    configuration=TLS,
)
def client_expired_alone() -> Conversation:
    """A client with TLS alone has no TLS with a server whose certificate has expired, unless its local
    policy takes it.
    """
    return conversation(_client_refuses(VALIDITY, OUTDATED, EXPIRED, over(warned(LOCAL_POLICY, AARQ))))

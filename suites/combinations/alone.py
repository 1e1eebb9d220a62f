"""One measure without the other (Table 1): TLS alone, and authentication alone, which is not secure."""

from __future__ import annotations

from conform62351.suites.compatibility.association import own_value
from conform62351.suites.compatibility.conversations import (
    EVENT,
    REQUIRED,
    client_refuses,
    rejected_with,
    server_refuses,
)
from conform62351.suites.osi.conversations import (
    ASSOCIATION_REFUSAL_FORMS,
    CONNECT_REFUSAL_FORMS,
    RELEASE_UNANSWERED,
    client_request,
    client_usable,
    server_connection,
    server_usable,
)
from conform62351.tooling.engine.authenticate import Authenticate
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ABORTED,
    ASSOCIATED,
    ENDED,
    RELEASED,
    REQUEST,
    TCP_REFUSED,
    TRANSPORT_CONNECTED,
    expect,
    over,
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
    Respond,
    Verify,
    conversation,
)

TLS = "tls"
"""The configuration of the DUT with TLS alone."""
TLS_SERVER = "COMB.TLS-alone.server"
TLS_CLIENT = "COMB.TLS-alone.client"
TLS_SERVER_BASELINE = "COMB/SRV/TLS-ALONE/BV-associate"
TLS_CLIENT_BASELINE = "COMB/CLI/TLS-ALONE/BV-associate"
VERSIONS = ("TLSv1.2", "TLSv1.3")

A_PROFILE = "a-profile"
"""The configuration of the DUT with authentication at association alone."""
A_SERVER = "COMB.A-security-profile-alone.server"
A_CLIENT = "COMB.A-security-profile-alone.client"
A_SERVER_BASELINE = "COMB/SRV/A-PROFILE/BV-associate"
A_CLIENT_BASELINE = "COMB/CLI/A-PROFILE/BV-associate"

TLS_ALONE = "R-COMB-TLS-alone"
A_PROFILE_ALONE = "R-COMB-A-security-profile-alone"
NOT_SECURE = "not secure: the A-security-profile without TLS"
REFUSED = "the A-security-profile without TLS is claimed, and refused"
NO_AUTHENTICATION = Authenticate(withhold=True)
OTHER_TIME_SIGNED = Authenticate(other_time_signed=True)


@case(TLS_SERVER_BASELINE, TLS_ALONE, pics=TLS_SERVER, configuration=TLS)
def server_tls_alone() -> Conversation:
    """A server with TLS alone associates over TLS who does not authenticate at association, answers a read
    and answers the release.
    """
    return conversation(
        Connect(),
        Verify(requirement=TLS_ALONE, field="TLS.version", is_in=VERSIONS),
        OpenTransport(),
        expect(TLS_ALONE, TRANSPORT_CONNECTED, limit="limit.connect"),
        Associate(),
        expect(TLS_ALONE, ASSOCIATED, limit="limit.associate"),
        server_usable(TLS_ALONE),
        Release(),
        expect(TLS_ALONE, RELEASED),
    )


@case(TLS_CLIENT_BASELINE, TLS_ALONE, pics=TLS_CLIENT, configuration=TLS)
def client_tls_alone() -> Conversation:
    """A client with TLS alone connects over TLS, takes the association with a server that does not
    authenticate at association, sends a request and ends with the release.

    Servers hardly ever ask for it: what a client owes to a release is judged without TLS.
    """
    return conversation(
        Act(action="connect"),
        Accept(),
        Verify(requirement=TLS_ALONE, field="TLS.version", is_in=VERSIONS),
        expect(TLS_ALONE, AARQ, limit="limit.associate"),
        AnswerAssociation(),
        client_usable(TLS_ALONE),
        Release(),
        expect(TLS_ALONE, RELEASED, warned(RELEASE_UNANSWERED, ENDED), serve=True),
    )


@case(A_SERVER_BASELINE, A_PROFILE_ALONE, pics=A_SERVER, configuration=A_PROFILE)
def server_a_profile_alone() -> Conversation:
    """A server with the A-security-profile alone authenticates its partner and itself without TLS.

    That is not secure, as the report says; a server that refuses does not do what its PICS claims, and nobody
    is worse off.
    """
    return conversation(
        Connect(),
        OpenTransport(),
        expect(
            A_PROFILE_ALONE,
            TRANSPORT_CONNECTED,
            over(warned(REFUSED, TCP_REFUSED, CONNECT_REFUSAL_FORMS)),
            limit="limit.connect",
        ),
        Associate(),
        expect(
            A_PROFILE_ALONE,
            warned(NOT_SECURE, ASSOCIATED),
            over(warned(REFUSED, ASSOCIATION_REFUSAL_FORMS)),
            limit="limit.associate",
        ),
        own_value(A_PROFILE_ALONE),
        server_usable(A_PROFILE_ALONE),
        Release(),
        expect(A_PROFILE_ALONE, RELEASED),
    )


@case(A_CLIENT_BASELINE, A_PROFILE_ALONE, pics=A_CLIENT, configuration=A_PROFILE)
def client_a_profile_alone() -> Conversation:
    """A client with the A-security-profile alone authenticates itself and its partner without TLS.

    That is not secure, as the report says; a client that aborts does not do what its PICS claims, and nobody
    is worse off.
    """
    return conversation(
        Act(action="connect"),
        Accept(),
        expect(A_PROFILE_ALONE, warned(NOT_SECURE, AARQ), limit="limit.associate"),
        own_value(A_PROFILE_ALONE),
        AnswerAssociation(),
        Act(action="send-request", may_fail=True),
        expect(A_PROFILE_ALONE, REQUEST, over(warned(REFUSED, ABORTED, ENDED)), limit="limit.associate"),
        Respond(),
        Release(),
        expect(A_PROFILE_ALONE, RELEASED, serve=True),
    )


@case(
    "COMB/SRV/A-PROFILE/BI-not-authenticated",
    A_PROFILE_ALONE,
    EVENT,
    pics=A_SERVER,
    baseline=A_SERVER_BASELINE,
    configuration=A_PROFILE,
)
def server_a_profile_not_authenticated() -> Conversation:
    """A server with the A-security-profile alone rejects who does not authenticate: a mechanism-name is
    required.
    """
    return conversation(
        server_connection,
        server_refuses(A_PROFILE_ALONE, authentication=NO_AUTHENTICATION, forms=(rejected_with(REQUIRED),)),
    )


@case(
    "COMB/CLI/A-PROFILE/BI-not-authenticated",
    A_PROFILE_ALONE,
    EVENT,
    pics=A_CLIENT,
    baseline=A_CLIENT_BASELINE,
    configuration=A_PROFILE,
)
def client_a_profile_not_authenticated() -> Conversation:
    """A client with the A-security-profile alone answers by P-ABORT when a server accepts and does not
    authenticate itself.
    """
    return conversation(client_request, client_refuses(A_PROFILE_ALONE, authentication=NO_AUTHENTICATION))


@case(
    "COMB/SRV/A-PROFILE/BI-signature",
    A_PROFILE_ALONE,
    EVENT,
    pics=A_SERVER,
    baseline=A_SERVER_BASELINE,
    configuration=A_PROFILE,
)
def server_a_profile_signature() -> Conversation:
    """A server with the A-security-profile alone verifies signatures as it does over TLS: by P-ABORT it
    answers who signed another time.
    """
    return conversation(server_connection, server_refuses(A_PROFILE_ALONE, authentication=OTHER_TIME_SIGNED))


@case(
    "COMB/CLI/A-PROFILE/BI-signature",
    A_PROFILE_ALONE,
    EVENT,
    pics=A_CLIENT,
    baseline=A_CLIENT_BASELINE,
    configuration=A_PROFILE,
)
def client_a_profile_signature() -> Conversation:
    """A client with the A-security-profile alone verifies signatures as it does over TLS: by P-ABORT it
    answers a server that signed another time.
    """
    return conversation(client_request, client_refuses(A_PROFILE_ALONE, authentication=OTHER_TIME_SIGNED))

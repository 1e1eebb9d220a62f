"""One certificate for TLS and another for associations (clause 11 with Annex G)."""

from __future__ import annotations

from conform62351.suites.compatibility.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    COMPATIBILITY,
    P_ABORT,
    SERVER,
    SERVER_BASELINE,
    client_association,
    server_association,
)
from conform62351.suites.osi.conversations import client_request, server_connection, server_usable
from conform62351.tooling.engine.authenticate import Authenticate
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.outcomes import ASSOCIATED, REQUEST, over, refuse, warned
from conform62351.tooling.engine.steps import (
    Act,
    AnswerAssociation,
    Associate,
    Conversation,
    NoFinding,
    Respond,
    conversation,
)

TLS_CERTIFICATE = "R-COMB-TLS-certificate"
OWN_CERTIFICATES = "R-COMB-own-certificates"
THAT_OF_TLS = Authenticate(credential="bad/tls-certificate")
"""The certificate that the tester shows in TLS, octet for octet."""
ACCEPTED = "the certificate of the TLS connection is accepted for the association"
NOT_THAT_OF_TLS = "CMP.11"
"""The tester's check that the device's certificate is not the one that it showed in TLS."""


@case(
    "COMB/SRV/CERTIFICATE/BI-that-of-TLS",
    TLS_CERTIFICATE,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_tls_certificate() -> Conversation:
    """A server answers by P-ABORT who authenticates with the certificate of its TLS connection, or
    accepts it.

    Some products want the two to be of one holder, so both are in order.
    """
    return conversation(
        server_connection,
        Associate(authentication=THAT_OF_TLS),
        refuse(TLS_CERTIFICATE, over(P_ABORT), warned(ACCEPTED, ASSOCIATED), limit="limit.associate"),
        server_usable(TLS_CERTIFICATE),
    )


@case(
    "COMB/CLI/CERTIFICATE/BI-that-of-TLS",
    TLS_CERTIFICATE,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_tls_certificate() -> Conversation:
    """A client answers by P-ABORT when a server authenticates with the certificate of its TLS connection, or
    accepts it.

    Some products want the two to be of one holder, so both are in order.
    """
    return conversation(
        client_request,
        AnswerAssociation(authentication=THAT_OF_TLS),
        Act(action="send-request", may_fail=True),
        refuse(TLS_CERTIFICATE, over(P_ABORT), warned(ACCEPTED, REQUEST), limit="limit.associate"),
        Respond(),
    )


@case(
    "COMB/SRV/CERTIFICATE/BV-own",
    OWN_CERTIFICATES,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_own_certificates() -> Conversation:
    """A server authenticates at association with another certificate than in TLS."""
    return conversation(server_association, NoFinding(requirement=OWN_CERTIFICATES, steps=(NOT_THAT_OF_TLS,)))


@case(
    "COMB/CLI/CERTIFICATE/BV-own",
    OWN_CERTIFICATES,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_own_certificates() -> Conversation:
    """A client authenticates at association with another certificate than in TLS."""
    return conversation(client_association, NoFinding(requirement=OWN_CERTIFICATES, steps=(NOT_THAT_OF_TLS,)))

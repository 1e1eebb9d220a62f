"""What a device sends in the handshake of native mode (clauses 12 and 13), in associations that are right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conform62351.reports.model.verdict import Severity
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_AE,
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_SEPARATE,
    NATIVE_TLS,
    SERVER,
    SERVER_BASELINE,
    client_request_on,
    own_form,
    server_association,
    server_connection_on,
    server_takes,
)
from conform62351.suites.osi.conversations import Steps, client_request, server_usable
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.outcomes import AARQ, ASSOCIATED, expect, reach
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    Associate,
    Close,
    Conversation,
    Fill,
    NoFinding,
    Verify,
    conversation,
)

FORM = "R-E2E-own-form"
SIGNATURE = "R-E2E-own-signature"
CERTIFICATE = "R-E2E-own-certificate"
SELECTION = "R-E2E-own-selection"
CONF_PARAMS = "R-E2E-own-confParams"
NUMBER = "R-E2E-own-number"
FRESH = "R-E2E-fresh-keys"
RISING = "R-E2E-rising-times"
WRITTEN = "R-E2E-written-form"
INITIATE = "R-E2E-initiate-inside"
ENCODING = ("R-E2E-encoding", "R-E2E-BER")
MANY = "R-E2E-many-associations"

SERVER_TLS = f"{SERVER} and T10.T-security.server"
CLIENT_TLS = f"{CLIENT} and T10.T-security.client"
SEVERAL = f"{SERVER} and OSI.several-associations.server"
SEPARATE = "E2E.non-AE-encryption.server"
CLEAR = "E2E.integrity-only.server"
CLIENT_SEPARATE = f"{CLIENT} and E2E.non-AE-encryption.client"
CLIENT_CLEAR = f"{CLIENT} and E2E.integrity-only.client"
MODES: Mapping[str, tuple[Handshake, str]] = {
    "authenticated encryption": (Handshake(mode="ae"), "T11.AE.server"),
    "encryption and an ICV of its own": (Handshake(mode="separate"), SEPARATE),
    "an ICV alone": (Handshake(mode="clear"), CLEAR),
}
"""What is offered to a server, and what it claims then."""


def _not_found(requirement: str, *rows: str, tolerated: bool = False) -> NoFinding:
    """Judge that rows of the handshake's checks have found nothing in what the device sent."""
    steps = tuple(f"E2E.HS.{row}" for row in rows)
    return NoFinding(requirement=requirement, steps=steps, tolerated=tolerated, severity=Severity.FUNCTION)


GOOD_FORM: Steps = (
    _not_found(FORM, "1", "5", "9", tolerated=True),
    NoFinding(requirement=WRITTEN, steps=("E2E.OWN.7",), tolerated=True),
    *own_form[1:],
)
GOOD_SIGNATURE: Steps = (_not_found(SIGNATURE, "2", "3", "4"),)
GOOD_CERTIFICATE: Steps = (_not_found(CERTIFICATE, "6", "7", "8", tolerated=True),)
GOOD_SELECTION: Steps = (_not_found(SELECTION, *map(str, range(12, 23)), tolerated=True),)
GOOD_CONF_PARAMS: Steps = (_not_found(CONF_PARAMS, "23", tolerated=True),)
"""A tlsProtected that does not fit is a warning, an applProtected that does not fit a fault."""


@case(
    "E2E/SRV/HS/BV-own-form",
    FORM,
    INITIATE,
    WRITTEN,
    *ENCODING,
    pics=SERVER,
    configuration=NATIVE,
)
def server_own_form() -> Conversation:
    """A HandshakeAcc decodes, with all that it needs: both numbers as assoID, time, initiate-Response.

    What deviates from the form that senders use is a warning.
    """
    return conversation(
        server_connection_on(0),
        Associate(),
        expect(INITIATE, ASSOCIATED, limit="limit.associate"),
        GOOD_FORM,
    )


@case(
    "E2E/CLI/HS/BV-own-form",
    FORM,
    INITIATE,
    WRITTEN,
    *ENCODING,
    pics=CLIENT,
    configuration=NATIVE,
)
def client_own_form() -> Conversation:
    """A HandshakeReq decodes, with all that it needs: one number as assoID, time, initiate-Request.

    What deviates from the form that senders use is a warning.
    """
    return conversation(
        Act(action="connect"), Accept(), expect(INITIATE, AARQ, limit="limit.associate"), GOOD_FORM
    )


@case("E2E/SRV/HS/BV-own-signature", SIGNATURE, pics=SERVER, configuration=NATIVE)
def server_own_signature() -> Conversation:
    """A HandshakeAcc is signed over the content of tbs, by the key of its pkCert and as sigAlg says."""
    return conversation(server_association(), GOOD_SIGNATURE)


@case("E2E/CLI/HS/BV-own-signature", SIGNATURE, pics=CLIENT, configuration=NATIVE)
def client_own_signature() -> Conversation:
    """A HandshakeReq is signed over the content of tbs, by the key of its pkCert and as sigAlg says."""
    return conversation(client_request, GOOD_SIGNATURE)


@case("E2E/SRV/HS/BV-own-certificate", CERTIFICATE, pics=SERVER, configuration=NATIVE)
def server_own_certificate() -> Conversation:
    """A server shows a certificate of Annex G that leads to a trust anchor and is for its own title.

    What is only advice, or seen in the field, is a warning.
    """
    return conversation(server_association(), GOOD_CERTIFICATE)


@case("E2E/CLI/HS/BV-own-certificate", CERTIFICATE, pics=CLIENT, configuration=NATIVE)
def client_own_certificate() -> Conversation:
    """A client shows a certificate of Annex G that leads to a trust anchor and is for its own title.

    What is only advice, or seen in the field, is a warning.
    """
    return conversation(client_request, GOOD_CERTIFICATE)


@case("E2E/SRV/HS/BV-own-selection", SELECTION, CONF_PARAMS, pics=SERVER, configuration=NATIVE)
def server_own_selection() -> Iterator[Conversation]:
    """Of each offer a server selects one, in the mode that was offered, and states how it protects.

    It repeats hmac, and its public value is one of the group.
    """
    for label, (handshake, claimed) in MODES.items():
        yield conversation(
            server_association(handshake), GOOD_SELECTION, GOOD_CONF_PARAMS, label=label, pics=claimed
        )


@case("E2E/CLI/HS/BV-own-offer", SELECTION, CONF_PARAMS, pics=CLIENT_AE, configuration=NATIVE)
def client_own_offer() -> Conversation:
    """A client offers public values that are of their groups and algorithms that there are, and states the
    protection that it asks for: here authenticated encryption.
    """
    return conversation(client_request, GOOD_SELECTION, GOOD_CONF_PARAMS)


@case(
    "E2E/CLI/HS/BV-own-offer-separate",
    SELECTION,
    CONF_PARAMS,
    pics=CLIENT_SEPARATE,
    configuration=NATIVE_SEPARATE,
)
def client_own_offer_separate() -> Conversation:
    """A client that offers encryption with an ICV of its own says applProtected."""
    return conversation(client_request, GOOD_SELECTION, GOOD_CONF_PARAMS)


@case(
    "E2E/CLI/HS/BV-own-offer-clear",
    SELECTION,
    CONF_PARAMS,
    pics=CLIENT_CLEAR,
    configuration=NATIVE_CLEAR,
)
def client_own_offer_clear() -> Conversation:
    """A client that offers an ICV alone does not say applProtected."""
    return conversation(client_request, GOOD_SELECTION, GOOD_CONF_PARAMS)


@case("E2E/SRV/HS/BV-own-TLS", CONF_PARAMS, pics=SERVER_TLS, configuration=NATIVE_TLS)
def server_own_over_tls() -> Conversation:
    """A server in native mode over TLS says so in confParams, beside applProtected where data are encrypted.

    A tlsProtected that does not fit is a warning.
    """
    return conversation(server_association(), GOOD_CONF_PARAMS)


@case("E2E/CLI/HS/BV-own-TLS", CONF_PARAMS, pics=CLIENT_TLS, configuration=NATIVE_TLS)
def client_own_over_tls() -> Conversation:
    """A client in native mode over TLS says so in confParams, beside applProtected where data are encrypted.

    A tlsProtected that does not fit is a warning.
    """
    return conversation(client_request, GOOD_CONF_PARAMS)


@case("E2E/SRV/HS/BV-own-fresh", FRESH, RISING, pics=SERVER, configuration=NATIVE)
def server_own_fresh() -> Conversation:
    """A server has a new public value for every association, and signs no time twice, nor an earlier one."""
    return conversation(
        *(
            (*server_connection_on(on), Associate(on=on), reach(ASSOCIATED, limit="limit.associate", on=on))
            for on in range(3)
        ),
        *(_fresh(on) for on in range(3)),
    )


@case("E2E/CLI/HS/BV-own-fresh", FRESH, RISING, pics=CLIENT, configuration=NATIVE)
def client_own_fresh() -> Conversation:
    """A client has new public values for every association, and signs no time twice, nor an earlier one."""
    return conversation(client_request, Close(), client_request_on(1), _fresh(0), _fresh(1))


def _fresh(on: int) -> Steps:
    return (
        NoFinding(requirement=FRESH, steps=("E2E.OWN.6",), severity=Severity.SECURITY, on=on),
        NoFinding(requirement=RISING, steps=("E2E.OWN.5",), tolerated=True, on=on),
    )


@case("E2E/SRV/HS/BV-own-numbers", NUMBER, pics=SEVERAL, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_own_numbers() -> Conversation:
    """A server gives associations that are open at the same time different numbers."""
    return conversation(
        server_association(),
        server_association(on=1),
        Verify(requirement=NUMBER, field="E2E.number", unlike=0, on=1),
    )


@case("E2E/SRV/HS/BV-many", MANY, pics=SEVERAL, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_many() -> Conversation:
    """As many associations of native mode as the PIXIT's max_associations stand, and the first one works."""
    return conversation(Fill(requirement=MANY), server_usable(MANY))


@case(
    "E2E/SRV/HS/BV-side-by-side",
    MANY,
    pics=SEVERAL,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_side_by_side() -> Conversation:
    """Two associations of native mode take turns: each has its keys, its numbers and its answers."""
    return conversation(
        server_connection_on(0),
        server_takes(MANY),
        server_connection_on(1),
        server_takes(MANY, on=1),
        server_usable(MANY),
        server_usable(MANY, on=1),
        server_usable(MANY),
    )

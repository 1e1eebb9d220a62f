"""Handshakes with one thing in them that is judged, and what must come of them: shared by these suites.

``server_…`` is for a DUT server, ``client_…`` for a DUT client. Without ``tls`` the tester has everything
right, and shows what the suite needs.
"""

from __future__ import annotations

from typing import Final

from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.choice import identity_kind
from conform62351.profiles.tls.engine.cipher_suites import ENGINE_SUITES
from conform62351.reports.model.verdict import Severity
from conform62351.suites.osi.conversations import (
    RELEASE_UNANSWERED,
    Steps,
    client_usable,
    server_usable,
)
from conform62351.tooling.engine.log_steps import Logged
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ASSOCIATED,
    ENDED,
    RELEASED,
    TLS_REFUSED,
    TRANSPORT_CONNECTED,
    expect,
    refuse,
    warned,
)
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    Alternative,
    AnswerAssociation,
    Associate,
    Connect,
    NoFinding,
    OpenTransport,
    Release,
    Tls,
)
from conform62351.tooling.engine.tls_names import suite_code
from conform62351.tooling.engine.tls_outcomes import TLS_STANDS

EVENT: Final = "R-LOG-event"
"""The requirement that checks of logged refusals rest on."""
SUCCESS: Final = "R-TLS-logged"
SUCCEEDED: Final = "IEC62351-3:1.1"
DISALLOWED_SUITE: Final = "IEC62351-3:1.9"
NOT_OFFERED: Final = (DISALLOWED_SUITE, "IEC62351-14:4.2")
"""What a client may log of a suite that it did not offer: it need not know why nobody should have it (I)."""

SHOWN: Final = {
    "rsa": "tester-tls",
    "ecdsa": "tls-ecdsa",
    "dsa": "tls-dsa",
    "dh-rsa": "tls-dh-rsa",
    "dh-dss": "tls-dh-dss",
}
"""The tester's credentials by the kind of certificate that suites need."""
EVERY_KIND: Final[tuple[str, ...]] = ()
"""No credentials by name: all that the tester's folder has for TLS, of which the suite decides."""

OWN_STEPS: Final = ("TLS.FIN", "TLS.SKE.1", "TLS.SKE.4", "TLS.SKE.6", "TLS.SKE.8", "TLS.CKE", "TLS.CV.4")
"""The tester's checks without which a handshake has agreed on nothing, or with nobody."""


def in_order(requirement: str) -> Steps:
    """Show that what the DUT has computed in the handshake is right: the tester goes on in any case."""
    return (NoFinding(requirement=requirement, steps=OWN_STEPS, severity=Severity.SECURITY),)


logged_success: Steps = (Logged(requirement=SUCCESS, events=(SUCCEEDED,), aspects=("event",)),)


def logged(*events: str) -> Steps:
    """Return the check that the DUT has logged one of ``events``; without any, none."""
    return (Logged(requirement=EVENT, events=events, aspects=("event",)),) if events else ()


def shown_for(*suites: str) -> tuple[str, ...]:
    """Return the credentials that a server needs for suites, by their names; of one that needs none, RSA."""
    found = [ENGINE_SUITES.get(suite_code(name)) for name in suites]
    kinds = [identity_kind(suite) or "rsa" for suite in found if suite is not None]
    return tuple(SHOWN[kind] for kind in dict.fromkeys(kinds or ["rsa"]))


def server_associates_over(requirement: str, tls: Tls, *stands: Alternative) -> Steps:
    """Show that the DUT server completes this handshake, associates over it, answers a read and a release."""
    return (
        Connect(tls=tls),
        expect(requirement, *(stands or (TLS_STANDS,)), limit="limit.connect"),
        OpenTransport(),
        expect(requirement, TRANSPORT_CONNECTED, limit="limit.connect"),
        Associate(),
        expect(requirement, ASSOCIATED, limit="limit.associate"),
        *in_order(requirement),
        *server_usable(requirement),
        Release(),
        expect(requirement, RELEASED),
    )


def client_associates_over(requirement: str, tls: Tls, *stands: Alternative) -> Steps:
    """Show that the DUT client completes this handshake, associates over it, asks and takes a release."""
    return (
        Act(action="connect"),
        Accept(tls=tls),
        expect(requirement, *(stands or (TLS_STANDS,)), limit="limit.connect"),
        expect(requirement, AARQ, limit="limit.associate"),
        *in_order(requirement),
        AnswerAssociation(),
        *client_usable(requirement),
        Release(),
        expect(requirement, RELEASED, warned(RELEASE_UNANSWERED, ENDED), serve=True),
    )


def associates_over(role: Role, requirement: str, tls: Tls, *stands: Alternative) -> Steps:
    """Show that the DUT associates over this handshake, in its role."""
    show = server_associates_over if role is Role.SERVER else client_associates_over
    return show(requirement, tls, *stands)


def begins(role: Role, tls: Tls) -> Steps:
    """Return the steps of the handshake alone, of a DUT in this role."""
    if role is Role.SERVER:
        return (Connect(tls=tls),)
    return (Act(action="connect", may_fail=True), Accept(tls=tls))


def refused(
    role: Role, requirement: str, tls: Tls, *events: str, severity: Severity = Severity.SECURITY
) -> Steps:
    """Show that the DUT does not complete this handshake, by an alert or not, and logs one of ``events``."""
    return (
        *begins(role, tls),
        refuse(requirement, TLS_REFUSED, limit="limit.connect", severity=severity),
        *logged(*events),
    )

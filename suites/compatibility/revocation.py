"""Certificates that were revoked, and revocation data that are missing or outdated (11-decisions 39)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.suites.compatibility.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    COMPATIBILITY,
    EVENT,
    SERVER,
    SERVER_BASELINE,
    client_takes,
    server_takes,
)
from conform62351.suites.compatibility.credentials import (
    client_refuses_each,
    client_takes_each,
    needs,
    server_refuses_each,
    server_takes_each,
)
from conform62351.suites.osi.conversations import as_declared, client_request, server_connection
from conform62351.tooling.engine.authenticate import Authenticate
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.log_steps import Logged
from conform62351.tooling.engine.revocation_steps import MEANS
from conform62351.tooling.engine.steps import Conversation, conversation

REVOKED = "R-CMP-certificate-revoked"
DATA = "R-CMP-revocation-data"
CA_REVOKED = "R-CERT-CA-revoked"
CHAIN = "R-CMP-certificate-chain"
WIRE = "R-PICS-wire"

NO_CRL = {
    "of its authority": Authenticate(credential="no-crl"),
    "of one above": Authenticate(credential="no-crl-above"),
}
"""Of whom the DUT has no CRL, and the credentials that are below."""
OUTDATED = Authenticate(credential="outdated-crl")
NO_CRL_EVENT = "IEC62351-3:2.5"
CRL_EXPIRED_EVENT = "IEC62351-3:2.6"
"""The warnings that go with what is accepted all the same (11-decisions 39, mark I)."""


def warning_logged(event: str) -> Logged:
    """Return the check that the DUT has logged ``event`` about its revocation data.

    It may do so when it looks them up for the association, and not about this partner.
    """
    return Logged(requirement=EVENT, events=(event,), about_partner=False, aspects=("event",))


@case(
    "CMP/SRV/REVOCATION/BI-CRL",
    REVOKED,
    EVENT,
    pics=f"{SERVER} and A-PROFILE.CRL.server",
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/revoked-crl"),
)
def server_crl() -> Iterator[Conversation]:
    """A server answers by P-ABORT when the CRL of the authority has the certificate."""
    return server_refuses_each(REVOKED, "bad/revoked-crl")


@case(
    "CMP/CLI/REVOCATION/BI-CRL",
    REVOKED,
    EVENT,
    pics=f"{CLIENT} and A-PROFILE.CRL.client",
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/revoked-crl"),
)
def client_crl() -> Iterator[Conversation]:
    """A client answers by P-ABORT when the CRL of the authority has the certificate."""
    return client_refuses_each(REVOKED, "bad/revoked-crl")


@case(
    "CMP/SRV/REVOCATION/BI-OCSP",
    REVOKED,
    EVENT,
    pics=f"{SERVER} and A-PROFILE.OCSP.server",
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=(*needs("bad/revoked-ocsp"), MEANS),
)
def server_ocsp() -> Iterator[Conversation]:
    """A server answers by P-ABORT when the OCSP responder says that the certificate is revoked.

    The certificate names the responder, which is the tester's own; no CRL has it.
    """
    return server_refuses_each(REVOKED, "bad/revoked-ocsp")


@case(
    "CMP/CLI/REVOCATION/BI-OCSP",
    REVOKED,
    EVENT,
    pics=f"{CLIENT} and A-PROFILE.OCSP.client",
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=(*needs("bad/revoked-ocsp"), MEANS),
)
def client_ocsp() -> Iterator[Conversation]:
    """A client answers by P-ABORT when the OCSP responder says that the certificate is revoked.

    The certificate names the responder, which is the tester's own; no CRL has it.
    """
    return client_refuses_each(REVOKED, "bad/revoked-ocsp")


@case(
    "CMP/SRV/REVOCATION/BI-authority",
    CA_REVOKED,
    CHAIN,
    EVENT,
    pics=f"{SERVER} and A-PROFILE.CRL.server",
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/revoked-ca"),
)
def server_authority() -> Iterator[Conversation]:
    """A server answers by P-ABORT when the root's CRL has the authority of the certificate."""
    return server_refuses_each(CA_REVOKED, "bad/revoked-ca")


@case(
    "CMP/CLI/REVOCATION/BI-authority",
    CA_REVOKED,
    CHAIN,
    EVENT,
    pics=f"{CLIENT} and A-PROFILE.CRL.client",
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/revoked-ca"),
)
def client_authority() -> Iterator[Conversation]:
    """A client answers by P-ABORT when the root's CRL has the authority of the certificate."""
    return client_refuses_each(CA_REVOKED, "bad/revoked-ca")


@case(
    "CMP/SRV/REVOCATION/BV-no-CRL",
    DATA,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("no-crl"),
)
def server_no_crl() -> Iterator[Conversation]:
    """A server takes a certificate of an authority of which it has no CRL."""
    return server_takes_each(DATA, "no-crl")


@case(
    "CMP/CLI/REVOCATION/BV-no-CRL",
    DATA,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("no-crl"),
)
def client_no_crl() -> Iterator[Conversation]:
    """A client takes a certificate of an authority of which it has no CRL."""
    return client_takes_each(DATA, "no-crl")


@case(
    "CMP/SRV/REVOCATION/BV-outdated-CRL",
    DATA,
    pics=f"{SERVER} and A-PROFILE.CRL.server",
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("outdated-crl"),
)
def server_outdated_crl() -> Iterator[Conversation]:
    """A server takes a certificate when the only CRL of its authority is past its nextUpdate, and does not
    have it.
    """
    return server_takes_each(DATA, "outdated-crl")


@case(
    "CMP/CLI/REVOCATION/BV-outdated-CRL",
    DATA,
    pics=f"{CLIENT} and A-PROFILE.CRL.client",
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("outdated-crl"),
)
def client_outdated_crl() -> Iterator[Conversation]:
    """A client takes a certificate when the only CRL of its authority is past its nextUpdate, and does not
    have it.
    """
    return client_takes_each(DATA, "outdated-crl")


@case(
    "CMP/SRV/REVOCATION/BI-outdated-CRL",
    DATA,
    REVOKED,
    EVENT,
    pics=f"{SERVER} and A-PROFILE.CRL.server",
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/revoked-outdated-crl"),
)
def server_outdated_crl_names() -> Iterator[Conversation]:
    """A server answers by P-ABORT when a CRL has the certificate, be it past its nextUpdate."""
    return server_refuses_each(DATA, "bad/revoked-outdated-crl")


@case(
    "CMP/CLI/REVOCATION/BI-outdated-CRL",
    DATA,
    REVOKED,
    EVENT,
    pics=f"{CLIENT} and A-PROFILE.CRL.client",
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/revoked-outdated-crl"),
)
def client_outdated_crl_names() -> Iterator[Conversation]:
    """A client answers by P-ABORT when a CRL has the certificate, be it past its nextUpdate."""
    return client_refuses_each(DATA, "bad/revoked-outdated-crl")


@case(
    "CMP/SRV/REVOCATION/BV-no-CRL-event",
    EVENT,
    DATA,
    pics=f"{SERVER} and A-PROFILE.CRL.server",
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("no-crl", "no-crl-above"),
)
def server_no_crl_event() -> Iterator[Conversation]:
    """A server that has no CRL of the authority, or of one above it, says so in its log."""
    for label, shown in NO_CRL.items():
        yield conversation(
            server_connection,
            server_takes(DATA, authentication=shown),
            warning_logged(NO_CRL_EVENT),
            label=label,
        )


@case(
    "CMP/CLI/REVOCATION/BV-no-CRL-event",
    EVENT,
    DATA,
    pics=f"{CLIENT} and A-PROFILE.CRL.client",
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("no-crl", "no-crl-above"),
)
def client_no_crl_event() -> Iterator[Conversation]:
    """A client that has no CRL of the authority, or of one above it, says so in its log."""
    for label, shown in NO_CRL.items():
        yield conversation(
            client_request,
            client_takes(DATA, authentication=shown),
            warning_logged(NO_CRL_EVENT),
            label=label,
        )


@case(
    "CMP/SRV/REVOCATION/BV-outdated-CRL-event",
    EVENT,
    DATA,
    pics=f"{SERVER} and A-PROFILE.CRL.server",
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("outdated-crl"),
)
def server_outdated_crl_event() -> Conversation:
    """A server that goes by a CRL past its nextUpdate says so in its log."""
    return conversation(
        server_connection, server_takes(DATA, authentication=OUTDATED), warning_logged(CRL_EXPIRED_EVENT)
    )


@case(
    "CMP/CLI/REVOCATION/BV-outdated-CRL-event",
    EVENT,
    DATA,
    pics=f"{CLIENT} and A-PROFILE.CRL.client",
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("outdated-crl"),
)
def client_outdated_crl_event() -> Conversation:
    """A client that goes by a CRL past its nextUpdate says so in its log."""
    return conversation(
        client_request, client_takes(DATA, authentication=OUTDATED), warning_logged(CRL_EXPIRED_EVENT)
    )


_UNSEEN = {"CRL": "bad/revoked-crl", "OCSP": "bad/revoked-ocsp"}
"""Who is revoked in one of the ways alone."""


def _not_looked_up(role: Role) -> Iterator[Conversation]:
    """Show that who is revoked in a way alone that the PICS denies is taken."""
    takes_each = server_takes_each if role is Role.SERVER else client_takes_each
    for way, credential in _UNSEEN.items():
        pics = f"not A-PROFILE.{way}.{role.value}"
        for talk in takes_each(WIRE, credential):
            yield conversation(as_declared(talk.steps), label=pics, pics=pics)


@case(
    "CMP/SRV/CLAIMS/BI-revocation",
    WIRE,
    pics=f"{SERVER} and not (T6.OSI.server and A-PROFILE.CRL.server and A-PROFILE.OCSP.server)",
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(*_UNSEEN.values()),
)
def server_does_not_look_up() -> Iterator[Conversation]:
    """A server whose PICS denies CRLs, or OCSP, takes who is revoked by that alone.

    Where it refuses its declaration is wrong.
    """
    return _not_looked_up(Role.SERVER)


@case(
    "CMP/CLI/CLAIMS/BI-revocation",
    WIRE,
    pics=f"{CLIENT} and not (T6.OSI.client and A-PROFILE.CRL.client and A-PROFILE.OCSP.client)",
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(*_UNSEEN.values()),
)
def client_does_not_look_up() -> Iterator[Conversation]:
    """A client whose PICS denies CRLs, or OCSP, takes who is revoked by that alone.

    Where it refuses its declaration is wrong.
    """
    return _not_looked_up(Role.CLIENT)

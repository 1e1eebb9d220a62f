"""Which authorities either side of TLS names, by trusted_ca_keys (RFC 6066) and in a CertificateRequest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.suites.tls.conversations import CLIENT, CLIENT_BASELINE, SERVER, SERVER_BASELINE, TLS
from conform62351.suites.tls.handshakes import EVENT
from conform62351.suites.tls.showing import (
    client_handshake,
    client_refuses,
    logged,
    server_handshake,
    server_takes,
    shows,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.outcomes import AARQ, TLS_ENDED, TLS_REFUSED, expect, over
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    Connect,
    Conversation,
    NoFinding,
    Tls,
    Verify,
    conversation,
)
from conform62351.tooling.engine.tls import ANCHORS, UNKNOWN_AUTHORITY, NamedBy
from conform62351.tooling.engine.tls_outcomes import TLS_STANDS

NAMES: Final = "R-TLS-authority-asked"
HEEDED: Final = "R-TLS-authority-heeded"
KEPT: Final = "R-TLS-authority-kept"

EXTENSION: Final = "trusted_ca_keys"
UNDER_A_NAMED_ONE: Final = ("TLS.CH.18",)
"""The tester's check, as a server, that it has a certificate under an authority that the client names."""
WAYS: Final[dict[str, NamedBy]] = {
    "by their names": "name",
    "by hashes of their keys": "key",
    "by hashes of their certificates": "certificate",
}


@case(
    "TLS/CLI/AUTHORITY/BV-asked",
    NAMES,
    pics=f"({CLIENT}) and TLS.trusted-ca-keys.client",
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_asked() -> Conversation:
    """A client names its trust anchors by trusted_ca_keys, that of the tester among them."""
    return conversation(
        client_handshake(NAMES, Tls()),
        Verify(requirement=NAMES, field="TLS.ClientHello.trusted_authorities", at_least=1),
        NoFinding(requirement=NAMES, steps=UNDER_A_NAMED_ONE),
        expect(NAMES, AARQ, limit="limit.associate"),
    )


@case(
    "TLS/SRV/AUTHORITY/BV-heeded",
    HEEDED,
    pics=f"({SERVER}) and TLS.trusted-ca-keys.server",
    baseline=SERVER_BASELINE,
    configuration=TLS,
)
def server_heeded() -> Iterator[Conversation]:
    """A server shows a certificate under an authority that the client names, in whatever way, and says in its
    ServerHello that it has read the extension.
    """
    for label, by in WAYS.items():
        tls = Tls(trusted_ca_keys=(ANCHORS,), named_by=by)
        yield conversation(
            server_handshake(HEEDED, tls),
            Verify(requirement=HEEDED, field="TLS.ServerHello.extensions", includes=(EXTENSION,)),
            NoFinding(requirement=HEEDED, steps=("TLS.SCERT.2",)),
            label=f"anchors {label}",
        )
    yield conversation(
        server_takes(HEEDED, Tls(trusted_ca_keys=(UNKNOWN_AUTHORITY, ANCHORS))),
        NoFinding(requirement=HEEDED, steps=("TLS.SCERT.2",)),
        label="behind an authority that nobody knows",
    )


@case(
    "TLS/SRV/AUTHORITY/BI-none-known",
    HEEDED,
    EVENT,
    pics=f"({SERVER}) and TLS.trusted-ca-keys.server",
    baseline=SERVER_BASELINE,
    configuration=TLS,
)
def server_none_known() -> Conversation:
    """A server that has no certificate under any authority that the client names raises an alarm; it refuses
    or goes on (RFC 6066 has both).
    """
    return conversation(
        Connect(tls=Tls(trusted_ca_keys=(UNKNOWN_AUTHORITY,))),
        expect(HEEDED, TLS_STANDS, TLS_REFUSED, limit="limit.connect"),
        logged("1.14"),
    )


@case(
    "TLS/CLI/AUTHORITY/BI-other",
    KEPT,
    EVENT,
    pics=f"({CLIENT}) and TLS.trusted-ca-keys.client",
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_other() -> Iterator[Conversation]:
    """A client refuses a server whose certificate is under no authority that it has named: a stranger, and
    one that it trusts otherwise.

    A client that has named the second anchor of the workshop takes who is under it, and is right.
    """
    yield conversation(
        client_refuses(KEPT, shows("bad-tls/unknown-ca"), "1.20", "2.2"), label="nobody's authority"
    )
    yield conversation(
        Act(action="connect", may_fail=True),
        Accept(tls=shows("bad-tls/second-anchor")),
        expect(KEPT, AARQ, over(TLS_ENDED), limit="limit.associate"),
        NoFinding(requirement=KEPT, steps=UNDER_A_NAMED_ONE),
        label="a second anchor",
    )

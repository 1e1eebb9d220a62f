"""What conversations share in which all depends on the certificate that the tester shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from conform62351.pics.catalogue import catalogue
from conform62351.profiles.tls.engine.cipher_suites import (
    ENGINE_SUITES,
    Authentication,
    Cipher,
    CipherSuite,
    KeyExchange,
)
from conform62351.suites.osi.conversations import Steps, client_usable, server_usable
from conform62351.suites.tls.conversations import CLIENT
from conform62351.suites.tls.handshakes import EVENT
from conform62351.tooling.engine.log_steps import Logged
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ASSOCIATED,
    TLS_ENDED,
    TRANSPORT_CONNECTED,
    expect,
    refuse,
)
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    Alternative,
    AnswerAssociation,
    Associate,
    Connect,
    OpenTransport,
    Tls,
)
from conform62351.tooling.engine.tls_outcomes import TLS_STANDS

TABLES: Final = (9, 12)

Taken = tuple[Alternative, ...]
Refuses = Callable[..., Steps]
"""``server_refuses`` or ``client_refuses``, for what both roles have in common."""


def logged(*events: str, on: int = 0) -> Steps:
    """Return the check that one of ``events`` of part 3 is logged, such as ``2.4``; none for none."""
    names = tuple(f"IEC62351-3:{event}" for event in events)
    return (Logged(requirement=EVENT, events=names, aspects=("event",), on=on),) if names else ()


def shows(*credentials: str) -> Tls:
    """Return TLS in which the tester shows one of ``credentials``, whichever the suite needs."""
    return Tls(credentials=credentials)


def server_handshake(requirement: str, tls: Tls, on: int = 0) -> Steps:
    """Show that a DUT server completes a handshake in which the tester is as ``tls`` says."""
    return (Connect(tls=tls, on=on), expect(requirement, TLS_STANDS, limit="limit.connect", on=on))


def client_handshake(requirement: str, tls: Tls, on: int = 0) -> Steps:
    """Show that a DUT client completes a handshake in which the tester is as ``tls`` says."""
    return (
        Act(action="connect"),
        Accept(tls=tls, on=on),
        expect(requirement, TLS_STANDS, limit="limit.connect", on=on),
    )


def server_takes(requirement: str, tls: Tls, on: int = 0) -> Steps:
    """Show that a DUT server associates with a client that is as ``tls`` says, and answers a read."""
    return (
        *server_handshake(requirement, tls, on),
        OpenTransport(on=on),
        expect(requirement, TRANSPORT_CONNECTED, limit="limit.connect", on=on),
        Associate(on=on),
        expect(requirement, ASSOCIATED, limit="limit.associate", on=on),
        *server_usable(requirement, on),
    )


def client_takes(requirement: str, tls: Tls, on: int = 0) -> Steps:
    """Show that a DUT client associates with a server that is as ``tls`` says, and sends a request."""
    return (
        *client_handshake(requirement, tls, on),
        expect(requirement, AARQ, limit="limit.associate", on=on),
        AnswerAssociation(on=on),
        *client_usable(requirement, on),
    )


def server_refuses(requirement: str, tls: Tls, *events: str, taken: Taken = (), on: int = 0) -> Steps:
    """Show that a DUT server ends the connection of a client that is as ``tls`` says, unless it is ``taken``.

    The DUT logs one of ``events``.
    """
    return (
        Connect(tls=tls, on=on),
        OpenTransport(may_break=True, on=on),
        refuse(requirement, TLS_ENDED, taken, limit="limit.connect", on=on),
        *logged(*events, on=on),
    )


def client_refuses(requirement: str, tls: Tls, *events: str, taken: Taken = (), on: int = 0) -> Steps:
    """Show that a DUT client ends the connection to a server that is as ``tls`` says, unless it is ``taken``.

    The DUT logs one of ``events``.
    """
    return (
        Act(action="connect", may_fail=True),
        Accept(tls=tls, on=on),
        refuse(requirement, TLS_ENDED, taken, limit="limit.associate", on=on),
        *logged(*events, on=on),
    )


def suites_of(*exchanges: KeyExchange, by: Iterable[Authentication]) -> tuple[str, ...]:
    """Return the suites of Tables 9 and 12 with these key exchanges, signed ``by`` these, that encrypt."""
    wanted = frozenset(by)
    found = [
        item.row
        for item in catalogue()
        if item.table in TABLES and (suite := _encrypting(item.suite)) is not None
        if suite.key_exchange in exchanges and suite.authentication in wanted
    ]
    return tuple(dict.fromkeys(found))


def _encrypting(code: str) -> CipherSuite | None:
    suite = ENGINE_SUITES.get(int(code, 16)) if code else None
    return None if suite is None or suite.cipher in (Cipher.NULL, Cipher.RC4_128) else suite


def claims_one(suites: Iterable[str], role: str) -> str:
    """Return the condition that the PICS claims one of ``suites`` for ``role``."""
    codes = [
        item.code for item in catalogue() if item.table in TABLES and item.role == role and item.row in suites
    ]
    return " or ".join(codes)


RSA = (Authentication.RSA,)
DSS = (Authentication.DSS,)
ECDSA = (Authentication.ECDSA,)
EPHEMERAL = (KeyExchange.DHE, KeyExchange.ECDHE)
RSA_SUITES: Final = suites_of(KeyExchange.RSA, *EPHEMERAL, by=RSA)
SIGNED_BY_RSA: Final = suites_of(*EPHEMERAL, by=RSA)
SIGNED_FIRST: Final = tuple(dict.fromkeys((*SIGNED_BY_RSA, *RSA_SUITES)))
"""Those of RSA, and first the ones in which a client can go on whatever the server's certificate is."""
ECDSA_SUITES: Final = suites_of(*EPHEMERAL, by=ECDSA)
DSS_SUITES: Final = suites_of(*EPHEMERAL, by=DSS)
STATIC_RSA: Final = suites_of(KeyExchange.DH, by=RSA)
STATIC_DSS: Final = suites_of(KeyExchange.DH, by=DSS)
CLIENT_OF_RSA: Final = f"({CLIENT}) and ({claims_one(RSA_SUITES, 'client')})"
"""The condition of cases in which the tester is a server that shows a certificate with an RSA key."""

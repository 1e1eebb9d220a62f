"""TLS 1.3 where a device claims it, and what becomes of it where it does not (clause 6, RFC 8446).

The tester speaks it by OpenSSL; ClientHellos that OpenSSL does not make are the engine's, which reads the
answer and goes no further.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.extensions import ExtensionType
from conform62351.reports.model.observation import Kind
from conform62351.reports.model.verdict import Severity
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.tls.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    SERVER,
    SERVER_BASELINE,
    TLS,
)
from conform62351.suites.tls.handshakes import (
    EVENT,
    SUCCESS,
    associates_over,
    begins,
    logged,
    logged_success,
    refused,
)
from conform62351.tooling.engine.authenticate import NO_CERTIFICATE
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Overwrite, SetExtension
from conform62351.tooling.engine.outcomes import TLS_ENDED, TLS_REFUSED, expect, one, refuse
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    Close,
    Connect,
    Conversation,
    OpenTransport,
    Tls,
    Verify,
    conversation,
)
from conform62351.tooling.engine.tls_outcomes import TLS_STANDS, established

HAD: Final = "R-TLS-1-3"
CERTIFICATE: Final = "R-TLS-1-3-certificate"
NOT_CLAIMED: Final = "R-TLS-1-3-not-claimed"
DOWNGRADE: Final = "R-TLS-1-3-downgrade"
EARLY_DATA: Final = "R-TLS-1-3-early-data"
KEY_EXCHANGE_MODE: Final = "R-TLS-1-3-key-exchange-mode"

CONFIGURATION: Final = "tls-1-3"
"""The configuration of the DUT in which it has TLS 1.2 and 1.3."""
TLS_1_2: Final = "TLSv1.2"
TLS_1_3: Final = "TLSv1.3"
ALONE: Final = Tls(machine="library", minimum=TLS_1_3, maximum=TLS_1_3)
BOTH: Final = Tls(machine="library", minimum=TLS_1_2, maximum=TLS_1_3)
WITHOUT: Final = Tls(machine="library", minimum=TLS_1_2, maximum=TLS_1_2)

NO_PEER_CERTIFICATE: Final = "IEC62351-3:1.6"
NO_MATCH: Final = ("IEC62351-3:2.2", "IEC62351-3:2.3")
NO_MODE: Final = ("IEC62351-3:1.17", "IEC62351-3:1.18")
"""The draft has swapped them, it seems: either is taken."""
EARLY: Final = "IEC62351-3:1.21"

HELLO: Final = "TLS.ClientHello"
SERVER_HELLO: Final = "TLS.ServerHello"
SUITES: Final = ("1301", "1302", "1303")
MARK: Final = b"DOWNGRD\x01"
MARK_AT: Final = 4 + 2 + 32 - len(MARK)
"""Where the last octets of the random stand in a hello with its header."""
SELECTS_1_3: Final = SetExtension(
    pdu=SERVER_HELLO, kind=ExtensionType.SUPPORTED_VERSIONS, octets=bytes.fromhex("0304")
)
GENERATOR_OF_P256: Final = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
"""A point of secp256r1 that serves as a public value: nothing is decrypted with it."""
WITH_DIFFIE_HELLMAN: Final = bytes.fromhex("0101")
"""psk_key_exchange_modes with psk_dhe_ke, and behind it with psk_ke alone."""
WITHOUT_DIFFIE_HELLMAN: Final = bytes.fromhex("0100")


def _hello(kind: ExtensionType, octets: bytes) -> SetExtension:
    return SetExtension(pdu=HELLO, kind=kind, octets=octets)


def _vector(octets: bytes, size: int = 2) -> bytes:
    return len(octets).to_bytes(size, "big") + octets


OF_1_3: Final[tuple[AnyMutation, ...]] = (
    _hello(ExtensionType.SUPPORTED_VERSIONS, bytes.fromhex("020304")),
    _hello(ExtensionType.SUPPORTED_GROUPS, _vector(bytes.fromhex("0017"))),
    _hello(ExtensionType.SIGNATURE_ALGORITHMS, _vector(bytes.fromhex("0804 0805 0403 0401"))),
    _hello(ExtensionType.KEY_SHARE, _vector(bytes.fromhex("0017") + _vector(GENERATOR_OF_P256))),
)
"""What makes a ClientHello one of TLS 1.3, with RSASSA-PSS and a value on secp256r1."""
SESSION: Final = _hello(
    ExtensionType.PRE_SHARED_KEY,
    _vector(_vector(bytes(range(64))) + bytes(4)) + _vector(_vector(bytes(32), 1)),
)
"""A session that no server knows; it has to stand behind all other extensions."""


def _claimed(role: Role) -> str:
    mode = SERVER if role is Role.SERVER else CLIENT
    return f"({mode}) and TLS.TLS-1_3.{role.value}"


def _denied(role: Role) -> str:
    mode = SERVER if role is Role.SERVER else CLIENT
    return f"({mode}) and not TLS.TLS-1_3.{role.value}"


def _had(role: Role) -> Iterator[Conversation]:
    partners = {"a partner with it alone": (ALONE, TLS_1_3), "a partner with both": (BOTH, TLS_1_3)}
    for label, (tls, version) in (partners | {"a partner without it": (WITHOUT, TLS_1_2)}).items():
        stands = established(version=version)
        yield conversation(associates_over(role, HAD, tls, stands), logged_success, label=label)


@case("TLS/SRV/1-3/BV-associate", HAD, SUCCESS, pics=_claimed(Role.SERVER), configuration=CONFIGURATION)
def server_had() -> Iterator[Conversation]:
    """A server with TLS 1.3 has it with a client that has it, and TLS 1.2 with one that has not."""
    return _had(Role.SERVER)


@case("TLS/CLI/1-3/BV-associate", HAD, SUCCESS, pics=_claimed(Role.CLIENT), configuration=CONFIGURATION)
def client_had() -> Iterator[Conversation]:
    """A client with TLS 1.3 has it with a server that has it, and TLS 1.2 with one that has not."""
    return _had(Role.CLIENT)


@case(
    "TLS/SRV/1-3/BI-certificate",
    CERTIFICATE,
    EVENT,
    pics=_claimed(Role.SERVER),
    baseline=SERVER_BASELINE,
    configuration=CONFIGURATION,
)
def server_certificate() -> Iterator[Conversation]:
    """In TLS 1.3, too, a server has no association with a client that shows no certificate, or one of an
    authority that it does not trust.

    The client's handshake is complete before the server judges: the refusal may come behind it.
    """
    shown = {
        "no certificate": (NO_CERTIFICATE, (NO_PEER_CERTIFICATE,)),
        "of an unknown authority": ("bad-tls/unknown-ca", NO_MATCH),
    }
    for label, (credential, events) in shown.items():
        yield conversation(
            Connect(tls=ALONE, tls_credential=credential),
            OpenTransport(may_break=True),
            refuse(CERTIFICATE, TLS_ENDED, limit="limit.connect"),
            Close(),
            logged(*events),
            label=label,
        )


@case(
    "TLS/CLI/1-3/BI-certificate",
    CERTIFICATE,
    EVENT,
    pics=_claimed(Role.CLIENT),
    baseline=CLIENT_BASELINE,
    configuration=CONFIGURATION,
)
def client_certificate() -> Conversation:
    """In TLS 1.3, too, a client has no association with a server whose certificate is of an authority that it
    does not trust.
    """
    return conversation(
        Act(action="connect", may_fail=True),
        Accept(tls=ALONE, tls_credential="bad-tls/unknown-ca"),
        refuse(CERTIFICATE, TLS_ENDED, limit="limit.associate"),
        logged(*NO_MATCH),
    )


@case(
    "TLS/SRV/1-3/BI-not-claimed",
    NOT_CLAIMED,
    pics=_denied(Role.SERVER),
    baseline=SERVER_BASELINE,
    configuration=TLS,
)
def server_not_claimed() -> Iterator[Conversation]:
    """A server without TLS 1.3 agrees on TLS 1.2 with a client that offers both, and refuses one that offers
    TLS 1.3 alone.
    """
    stands = established(version=TLS_1_2)
    yield conversation(associates_over(Role.SERVER, NOT_CLAIMED, BOTH, stands), label="both offered")
    declared = Severity.DECLARATION
    yield conversation(refused(Role.SERVER, NOT_CLAIMED, ALONE, severity=declared), label="TLS 1.3 alone")


@case(
    "TLS/CLI/1-3/BI-not-claimed",
    NOT_CLAIMED,
    pics=_denied(Role.CLIENT),
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_not_claimed() -> Conversation:
    """A client without TLS 1.3 does not offer it, and refuses a ServerHello that selects it."""
    tls = Tls(mutations=(SELECTS_1_3,))
    offered = Verify(
        requirement=NOT_CLAIMED,
        field="TLS.ClientHello.versions",
        excludes=(TLS_1_3,),
        severity=Severity.DECLARATION,
    )
    return conversation(refused(Role.CLIENT, NOT_CLAIMED, tls), offered)


@case(
    "TLS/SRV/1-3/BV-downgrade",
    DOWNGRADE,
    pics=_claimed(Role.SERVER),
    baseline=SERVER_BASELINE,
    configuration=CONFIGURATION,
)
def server_downgrade() -> Conversation:
    """A server with TLS 1.3 that agrees on TLS 1.2 says by the last octets of its random that it has more."""
    return conversation(
        begins(Role.SERVER, Tls()),
        expect(DOWNGRADE, TLS_STANDS, limit="limit.connect"),
        Verify(
            requirement=DOWNGRADE,
            field="TLS.ServerHello.downgraded",
            is_in=(TLS_1_2,),
            severity=Severity.SECURITY,
        ),
    )


@case(
    "TLS/CLI/1-3/BI-downgrade",
    DOWNGRADE,
    pics=_claimed(Role.CLIENT),
    baseline=CLIENT_BASELINE,
    configuration=CONFIGURATION,
)
def client_downgrade() -> Conversation:
    """A client with TLS 1.3 refuses a ServerHello of TLS 1.2 whose random says that the server has more:
    somebody in between has taken TLS 1.3 out of the offer.
    """
    marked = Tls(mutations=(Overwrite(pdu=SERVER_HELLO, at=MARK_AT, octets=MARK),))
    return conversation(refused(Role.CLIENT, DOWNGRADE, marked))


def _answered_without_session(requirement: str) -> Steps:
    """Show that a ServerHello of TLS 1.3 selects no session, or that there is none.

    The tester does not go on with it.
    """
    selected = ExtensionType.PRE_SHARED_KEY.name.lower()
    return (
        expect(requirement, one(Kind.TLS_ALERT, by="tester"), TLS_REFUSED, limit="limit.connect"),
        Verify(
            requirement=requirement,
            field="TLS.ServerHello.extensions",
            excludes=(selected,),
            optional=True,
            severity=Severity.SECURITY,
        ),
    )


def _offering(*mutations: AnyMutation) -> Tls:
    return Tls(suites=SUITES, mutations=(*OF_1_3, *mutations))


@case(
    "TLS/SRV/1-3/BI-early-data",
    EARLY_DATA,
    EVENT,
    pics=_claimed(Role.SERVER),
    baseline=SERVER_BASELINE,
    configuration=CONFIGURATION,
)
def server_early_data() -> Conversation:
    """A server is offered early data with a session that it does not know: it takes none, and tells of it.

    Whether it answers by a full handshake or refuses does not matter.
    """
    mode = _hello(ExtensionType.PSK_KEY_EXCHANGE_MODES, WITH_DIFFIE_HELLMAN)
    early = _hello(ExtensionType.EARLY_DATA, b"")
    return conversation(
        begins(Role.SERVER, _offering(mode, early, SESSION)),
        _answered_without_session(EARLY_DATA),
        logged(EARLY),
    )


@case(
    "TLS/SRV/1-3/BI-key-exchange-mode",
    KEY_EXCHANGE_MODE,
    EVENT,
    pics=_claimed(Role.SERVER),
    baseline=SERVER_BASELINE,
    configuration=CONFIGURATION,
)
def server_key_exchange_mode() -> Iterator[Conversation]:
    """A server does not resume a session of TLS 1.3 with a client that names no mode of key exchange for it,
    or none with Diffie-Hellman, and tells of it.
    """
    without = _hello(ExtensionType.PSK_KEY_EXCHANGE_MODES, WITHOUT_DIFFIE_HELLMAN)
    offers = {"none": _offering(SESSION), "without Diffie-Hellman": _offering(without, SESSION)}
    for label, tls in offers.items():
        yield conversation(
            begins(Role.SERVER, tls),
            _answered_without_session(KEY_EXCHANGE_MODE),
            logged(*NO_MODE),
            label=label,
        )

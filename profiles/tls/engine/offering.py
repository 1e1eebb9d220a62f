"""The hellos of this side: what they say by the parameters, and what of them went out."""

from __future__ import annotations

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.checks_server_hello import DOWNGRADED
from conform62351.profiles.tls.engine.choice import Choice
from conform62351.profiles.tls.engine.cipher_suites import ENGINE_SUITES, TLS_1_2, CipherKind, KeyExchange
from conform62351.profiles.tls.engine.connection import Connection
from conform62351.profiles.tls.engine.extensions import (
    Extension,
    ExtensionType,
    ec_point_formats,
    encrypt_then_mac,
    extended_master_secret,
    renegotiation_info,
    server_name,
    session_ticket,
    signature_algorithms,
    supported_groups,
    trusted_ca_keys,
)
from conform62351.profiles.tls.engine.hellos import (
    RANDOM_LENGTH,
    ClientHello,
    ServerHello,
    decode_client_hello,
    decode_server_hello,
)
from conform62351.profiles.tls.engine.offer import Offer
from conform62351.profiles.tls.engine.parameters import RENEGOTIATION_SCSV, EngineParameters
from conform62351.profiles.tls.engine.sessions import Session

_HEADER = 4
_WITH_POINTS = (KeyExchange.ECDHE,)


def client_hello(connection: Connection, earlier: int | None, session: Session | None) -> ClientHello:
    """Return the ClientHello; ``earlier`` is the version before a renegotiation, None in the first handshake.

    A ticket goes with an identifier of a random value when it has none: so the answer tells whether the
    session is resumed (RFC 5077 3.4).
    """
    parameters = connection.parameters
    signalling = parameters.signalling_suites
    if earlier is not None:
        signalling = tuple(code for code in signalling if code != RENEGOTIATION_SCSV)
    identifier = b""
    if session is not None:
        identifier = session.id or parameters.random(RANDOM_LENGTH)
    return ClientHello(
        parameters.maximum if earlier is None else earlier,
        parameters.random(RANDOM_LENGTH),
        identifier,
        parameters.suites + signalling,
        parameters.compression,
        _client_extensions(connection, earlier, session) or None,
    )


def _client_extensions(
    connection: Connection, earlier: int | None, session: Session | None
) -> tuple[Extension, ...]:
    parameters = connection.parameters
    found: list[Extension] = []
    if parameters.server_name:
        found.append(server_name(parameters.server_name))
    if connection.secure or (earlier is None and parameters.secure_renegotiation):
        found.append(renegotiation_info(connection.verify_data.get(Role.CLIENT, b"")))
    exchanges = {ENGINE_SUITES[code].key_exchange for code in parameters.suites if code in ENGINE_SUITES}
    if parameters.groups and any(exchange.ephemeral for exchange in exchanges):
        found.append(supported_groups(parameters.groups))
    if exchanges.intersection(_WITH_POINTS):
        found.append(ec_point_formats())
    if parameters.signature_algorithms and parameters.maximum >= TLS_1_2:
        found.append(signature_algorithms(parameters.signature_algorithms))
    if parameters.trusted_ca_keys:
        found.append(trusted_ca_keys(parameters.trusted_ca_keys))
    if parameters.encrypt_then_mac:
        found.append(encrypt_then_mac())
    if parameters.extended_master_secret:
        found.append(extended_master_secret())
    if parameters.tickets or (session is not None and session.ticket):
        found.append(session_ticket(b"" if session is None else session.ticket))
    return (*found, *parameters.extra_extensions)


def server_random(parameters: EngineParameters, version: int) -> bytes:
    """Return the server's random, which tells of a version below what is possible (RFC 8446 4.1.3)."""
    octets = parameters.random(RANDOM_LENGTH)
    if version < TLS_1_2 <= parameters.maximum:
        return octets[: -len(DOWNGRADED)] + DOWNGRADED
    return octets


def server_extensions(
    connection: Connection, offer: Offer, choice: Choice, *, signalled: bool, ticket: bool
) -> tuple[Extension, ...] | None:
    """Return what a ServerHello adds: nothing but what the client asked for, None for nothing.

    ``signalled`` tells that the client has signalled secure renegotiation, ``ticket`` that one is issued.
    """
    parameters, before = connection.parameters, connection.verify_data
    found: list[Extension] = []
    if signalled and parameters.secure_renegotiation:
        both = before.get(Role.CLIENT, b"") + before.get(Role.SERVER, b"")
        found.append(renegotiation_info(both))
    if offer.point_formats is not None and choice.suite.key_exchange is KeyExchange.ECDHE:
        found.append(ec_point_formats())
    if offer.trusted_authorities and parameters.heeds_authorities and choice.trusted:
        found.append(Extension(ExtensionType.TRUSTED_CA_KEYS))
    blocks = choice.suite.cipher.form.kind is CipherKind.BLOCK
    if offer.encrypt_then_mac and parameters.encrypt_then_mac and blocks:
        found.append(encrypt_then_mac())
    if offer.extended_master_secret and parameters.extended_master_secret:
        found.append(extended_master_secret())
    if ticket:
        found.append(session_ticket())
    return (*found, *parameters.extra_extensions) or None


def sent_hello(octets: bytes, meant: ClientHello) -> ClientHello:
    """Return the ClientHello that went out, as far as it is one; otherwise the one that was meant."""
    try:
        return decode_client_hello(octets[_HEADER:])
    except ProtocolError:
        return meant


def sent_answer(octets: bytes, meant: ServerHello) -> ServerHello:
    """Return the ServerHello that went out, in the same way."""
    try:
        return decode_server_hello(octets[_HEADER:])
    except ProtocolError:
        return meant

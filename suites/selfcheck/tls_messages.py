"""Handshake messages of TLS for the tests of their codec: one of each kind, and strategies that draw them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hypothesis import strategies as st

from conform62351.profiles.tls.engine.cipher_suites import CipherSuite, cipher_suite
from conform62351.profiles.tls.engine.extensions import Extension
from conform62351.profiles.tls.engine.hellos import ClientHello, ServerHello
from conform62351.profiles.tls.engine.key_messages import (
    UNSAID,
    CertificateVerify,
    ClientKeyExchange,
    DheParameters,
    EcdheParameters,
    ServerKeyExchange,
    Signed,
    encode_parameters,
)
from conform62351.profiles.tls.engine.messages import (
    Certificate,
    CertificateRequest,
    CertificateStatus,
    Finished,
    HandshakeBody,
    HelloRequest,
    NewSessionTicket,
    ServerHelloDone,
)
from conform62351.profiles.tls.engine.wire import TlsDecodeError

VERSIONS = (0x0301, 0x0302, 0x0303)
DHE_RSA = cipher_suite(0x009E)
ECDHE_RSA = cipher_suite(0xC02F)
DH_ANON = cipher_suite(0x0034)
RSA = cipher_suite(0x003C)

Read = TypeVar("Read")
Drawn = tuple[HandshakeBody, int, CipherSuite | None]
"""A message, the version and the suite that it is read by."""

_u8 = st.integers(0, 0xFF)
_u16 = st.integers(0, 0xFFFF)
_random = st.binary(min_size=32, max_size=32)
_pairs = st.lists(st.tuples(_u8, _u8), min_size=1, max_size=4).map(tuple)
_extensions = st.none() | st.lists(st.builds(Extension, _u16, st.binary(max_size=8)), max_size=3).map(tuple)


def read_or_alert(read: Callable[[], Read]) -> Read | str:
    """Return what a reader returns, or the alert that is due."""
    try:
        return read()
    except TlsDecodeError as error:
        return error.alert


@st.composite
def _signed(draw: st.DrawFn, version: int) -> Signed:
    octets = draw(st.binary(max_size=8))
    if version < 0x0303:
        return Signed(UNSAID, UNSAID, octets)
    return Signed(draw(_u8), draw(_u8), octets)


@st.composite
def _parameters(draw: st.DrawFn, suite: CipherSuite) -> DheParameters | EcdheParameters:
    if suite is ECDHE_RSA:
        return EcdheParameters(draw(_u16), draw(st.binary(min_size=1, max_size=9)))
    return DheParameters(*draw(st.tuples(*[st.integers(1, 1 << 64)] * 3)))


@st.composite
def messages(draw: st.DrawFn) -> Drawn:
    """Draw a message that has a form, in any version."""
    version = draw(st.sampled_from(VERSIONS))
    suite = None
    session_id = st.binary(max_size=32)
    message: HandshakeBody
    match draw(st.integers(0, 11)):
        case 0:
            message = HelloRequest()
        case 1:
            message = ClientHello(
                draw(_u16),
                draw(_random),
                draw(session_id),
                tuple(draw(st.lists(_u16, min_size=1, max_size=5))),
                tuple(draw(st.lists(_u8, min_size=1, max_size=2))),
                draw(_extensions),
            )
        case 2:
            message = ServerHello(
                draw(_u16), draw(_random), draw(session_id), draw(_u16), draw(_u8), draw(_extensions)
            )
        case 3:
            message = NewSessionTicket(draw(st.integers(0, 0xFFFFFFFF)), draw(st.binary(max_size=9)))
        case 4:
            message = Certificate(tuple(draw(st.lists(st.binary(min_size=1, max_size=9), max_size=3))))
        case 5:
            suite = draw(st.sampled_from([DHE_RSA, ECDHE_RSA, DH_ANON]))
            parameters = draw(_parameters(suite))
            signature = None if suite is DH_ANON else draw(_signed(version))
            message = ServerKeyExchange(parameters, signature, encode_parameters(parameters))
        case 6:
            message = CertificateRequest(
                tuple(draw(st.lists(_u8, min_size=1, max_size=4))),
                draw(_pairs) if version == 0x0303 else None,
                tuple(draw(st.lists(st.binary(min_size=1, max_size=9), max_size=3))),
            )
        case 7:
            message = ServerHelloDone()
        case 8:
            message = CertificateVerify(draw(_signed(version)))
        case 9:
            message = ClientKeyExchange(draw(st.binary(max_size=9)))
        case 10:
            message = Finished(draw(st.binary(min_size=12, max_size=12)))
        case _:
            message = CertificateStatus(draw(_u8), draw(st.binary(min_size=1, max_size=9)))
    return message, version, suite

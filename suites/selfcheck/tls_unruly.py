"""Peers of the TLS engine that do as they like: messages altered, withheld, doubled, swapped and made up."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from hypothesis import strategies as st

from conform62351.profiles.policy import Finding, Policy
from conform62351.profiles.tls.engine.extensions import Extension
from conform62351.profiles.tls.engine.hellos import ClientHello, ServerHello
from conform62351.profiles.tls.engine.key_messages import (
    CertificateVerify,
    ClientKeyExchange,
    DheParameters,
    EcdheParameters,
    ServerKeyExchange,
    Signed,
)
from conform62351.profiles.tls.engine.messages import Certificate, CertificateRequest
from conform62351.profiles.tls.engine.sessions import SessionStore
from conform62351.profiles.tls.interface import HandshakeMessage
from conform62351.suites.selfcheck.spoiling import spoilt
from conform62351.suites.selfcheck.tls_engine_bench import (
    client,
    engine_suites,
    exchange,
    identity,
    random_octets,
    server,
)
from conform62351.suites.selfcheck.tls_pair import Pair

CODES = (0x003C, 0x009E, 0xC02F, 0x003F, 0x0034)
"""RSA, DHE, ECDHE, static DH and DH without certificates; signatures are by RSA, which draws nothing."""

_numbers = st.sampled_from([0, 1, 2, 3, 4, 1 << 600, (1 << 1024) - 1]) | st.integers(0, 1 << 70)
_u16 = st.sampled_from([0, 0x00FF, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0xFFFF]) | st.integers(0, 0xFFFF)
_pairs = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 4)), max_size=4).map(tuple)
_kinds = st.sampled_from([0, 3, 5, 10, 11, 13, 16, 22, 23, 35, 43, 0xFF01])
_extensions = st.none() | st.lists(
    st.builds(
        Extension,
        _kinds | st.integers(0, 0xFFFF),
        st.sampled_from([b"", b"\x00", b"\x00\x00", b"\x01\x00", b"\x00\x02\x00\x17"])
        | st.binary(max_size=40),
    ),
    max_size=5,
).map(tuple)


@cache
def recorded() -> tuple[bytes, ...]:
    """Return one of every message that went by in handshakes of several kinds, whole, with their headers."""
    found: dict[bytes, None] = {b"\x00\x00\x00\x00": None}
    store = SessionStore(random_octets)
    for code in CODES:
        own = () if code == 0x0034 else (identity("rsa"), identity("dh-rsa"))
        session: Any = None
        for _ in range(2):
            pair = Pair(
                client(suites=(code,), identities=own, session=session, tickets=True),
                server(suites=(code,), verify_peer=bool(own), store=store, tickets=True),
            )
            pair.shake_hands()
            exchange(pair)
            session = pair.client.session
            for event in pair.of(pair.client, HandshakeMessage):
                if len(event.octets) >= 4:
                    found[event.octets] = None
    return tuple(found)


@st.composite
def altered(draw: st.DrawFn, message: Any) -> Any:
    """Draw what becomes of a message: itself, or with one of its members changed."""
    changes: dict[str, st.SearchStrategy[Any]]
    match message:
        case ClientHello():
            codes = [suite.code for suite in engine_suites()]
            changes = {
                "version": _u16,
                "session_id": st.binary(max_size=32),
                "suites": st.lists(st.sampled_from(codes) | _u16, min_size=1, max_size=6).map(tuple),
                "compression": st.lists(st.integers(0, 255), min_size=1, max_size=3).map(tuple),
                "extensions": _extensions,
            }
        case ServerHello():
            changes = {
                "version": _u16,
                "session_id": st.binary(max_size=32),
                "suite": st.sampled_from([suite.code for suite in engine_suites()]) | _u16,
                "compression": st.integers(0, 255),
                "extensions": _extensions,
            }
        case Certificate(chain):
            whole = b"".join(chain[:1])
            changes = {"chain": st.lists(spoilt(whole) | st.binary(max_size=9), max_size=3).map(tuple)}
        case ServerKeyExchange():
            changes = {
                "parameters": st.builds(DheParameters, _numbers, _numbers, _numbers)
                | st.builds(EcdheParameters, _u16, st.binary(max_size=70)),
                "signature": st.none() | _signed(),
            }
        case CertificateRequest():
            changes = {
                "types": st.lists(st.integers(0, 255), max_size=4).map(tuple),
                "signature_algorithms": st.none() | _pairs,
                "authorities": st.lists(st.binary(max_size=9), max_size=3).map(tuple),
            }
        case CertificateVerify():
            changes = {"signature": _signed()}
        case ClientKeyExchange(octets):
            changes = {"octets": spoilt(octets) | st.binary(max_size=40)}
        case _:
            return message
    name = draw(st.sampled_from(sorted(changes)))
    return msgspec.structs.replace(message, **{name: draw(changes[name])})


def _signed() -> st.SearchStrategy[Signed]:
    return st.builds(Signed, st.integers(0, 7), st.integers(0, 4), st.binary(max_size=80))


class Unruly(Policy):
    """Alters what goes out as the data say, some of it, and takes no offence at what comes in."""

    def __init__(self, data: st.DataObject, *, seldom: int = 3) -> None:
        self._data = data
        self._seldom = seldom

    def reacts(self, finding: Finding) -> bool:
        return False

    def rewrite(self, name: str, value: Any) -> Any:
        if not isinstance(value, msgspec.Struct) or not self._wants(f"alter {name}"):
            return value
        return self._data.draw(altered(value))

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        if not self._wants(f"spoil {name}"):
            return octets
        ways: list[Callable[[], bytes | None]] = [
            lambda: None,
            lambda: octets * 2,
            lambda: self._data.draw(spoilt(octets)),
            lambda: self._data.draw(st.sampled_from(recorded())) + octets,
            lambda: octets + self._data.draw(st.sampled_from(recorded())),
            lambda: self._data.draw(st.sampled_from(recorded())),
        ]
        return self._data.draw(st.sampled_from(ways))()

    def _wants(self, label: str) -> bool:
        return self._data.draw(st.integers(0, self._seldom), label=label) == self._seldom

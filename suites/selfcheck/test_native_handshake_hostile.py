"""Damaged and arbitrary octets: an outcome that is specified, or a typed error, never anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.crypto.algorithms import AlgorithmIdentifier
from conform62351.profiles.native.handshake import ClientHandshake, ServerHandshake
from conform62351.profiles.native.taken import Taken
from conform62351.profiles.native.tokens import Aea, DhKey
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.native_bench import (
    BER,
    Handshakes,
    certificate,
    connection,
    deterministic,
    octets_of,
    parameters,
)
from conform62351.suites.selfcheck.native_stimuli import judge, token

Edit = tuple[float, str, bytes]
OUTSIDE = {"1", "2", "3", "4", "5"}
"""The rows that can find something in octets whose signature does not verify."""

edits = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.sampled_from(["set", "put", "drop", "cut"]),
        st.binary(max_size=8),
    ),
    min_size=1,
    max_size=4,
)


def damaged(octets: bytes, changes: list[Edit]) -> bytes:
    """Return octets, some changed, put in, taken out, or cut off; places are parts of the whole."""
    made = bytearray(octets)
    for place, kind, new in changes:
        at = int(place * len(made))
        match kind:
            case "set":
                made[at : at + len(new)] = new
            case "put":
                made[at:at] = new
            case "drop":
                del made[at : at + len(new) + 1]
            case _:
                del made[at:]
    return bytes(made)


def pair() -> Handshakes:
    return Handshakes(parameters("client", sign=deterministic), parameters("server", sign=deterministic))


def look(taken: Taken, *, changed: bool) -> None:
    """Look at what came of octets; only what lies outside the signature can be damaged and be taken."""
    if taken.fault is None:
        assert not changed or {one.step.split(".")[2] for one in taken.findings} & {"1", "5"}
        return
    assert taken.fault.step.split(".")[2] in OUTSIDE
    assert taken.events[0].startswith(("IEC62351-4:1.", "IEC62351-4:2."))
    assert taken.answer is not None
    assert taken.answer.octets


@settings(max_examples=100, deadline=None)
@given(edits)
def test_damaged_requests(changes: list[Edit]) -> None:
    sides = pair()
    request = octets_of(sides.client.request().octets)
    octets = damaged(request, changes)
    look(sides.server.take_request(octets), changed=octets != request)


@settings(max_examples=100, deadline=None)
@given(edits)
def test_damaged_accepts(changes: list[Edit]) -> None:
    sides = pair()
    sides.requested()
    accept = octets_of(sides.accepted().message.octets)
    octets = damaged(accept, changes)
    look(sides.client.take_response(octets), changed=octets != accept)


@settings(max_examples=60, deadline=None)
@given(edits)
def test_damaged_aborts_and_releases(changes: list[Edit]) -> None:
    sides = pair()
    sides.run()
    ends: list[tuple[bytes | None, Callable[[bytes], Taken]]] = [
        (sides.client.dt_sec_abort(1).octets, sides.server.take_abort),
        (sides.server.appl_abort(b"\x01\x00").octets, sides.client.take_abort),
        (sides.client.release_request().octets, sides.server.take_release_request),
        (sides.server.release_response().octets, sides.client.take_release_response),
    ]
    for sent, take in ends:
        taken = take(damaged(octets_of(sent), changes))
        assert taken.fault is None or taken.fault.step.split(".")[2] in OUTSIDE


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=64))
def test_arbitrary_octets(octets: bytes) -> None:
    server = ServerHandshake(parameters("server"), BER, connection("server"), 41)
    taken = server.take_request(octets)
    assert taken.fault is not None
    assert taken.fault.step == "E2E.HS.1.1"
    client = ClientHandshake(parameters("client"), BER, connection("client"), 7)
    client.request()
    for rejecting in (False, True):
        assert client.take_response(octets, rejecting=rejecting).fault is not None
    for take in (client.take_abort, client.take_release_request, client.take_release_response):
        found = take(octets)
        assert found.fault is not None or found.events == ()


@pytest.mark.parametrize("octets", [b"\x30\x80" * 5000, b"\x30" * 20000, b"\x30\x84\xff\xff\xff\xff", b""])
def test_bombs(octets: bytes) -> None:
    taken = pair().server.take_request(octets)
    assert taken.fault is not None
    assert taken.fault.step == "E2E.HS.1.1"
    assert taken.answer is not None


HUGE = 1 << 30_000


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        ("12.1", {"dhKey": (DhKey(HUGE, b""),)}),
        ("12.1", {"dhKey": (DhKey(-HUGE, b""),)}),
        ("1.4", {"dhKey": (DhKey(HUGE, b""), DhKey(HUGE, b"x"))}),
        ("12.1", {"dhKey": tuple(DhKey(number, b"x") for number in range(1000, 3000))}),
        ("14", {"hmac": AlgorithmIdentifier("1.2" + ".1" * 4000)}),
        ("17", {"encr_mode": Aea(tuple(AlgorithmIdentifier(f"1.2.{number}") for number in range(2000)))}),
        ("1.2", {"assoID": "9" * 5000}),
        ("1.1", {"certPath": (certificate("client").octets,) * 1000}),
        ("7.1", {"certPath": (certificate("client").octets,) * 250}),
        ("7.1", {"certPath": (b"",) * 1000}),
        ("7.3", {"certPath": (certificate("client").octets,) * 32}),
        ("24", {"attCert": b"\x30\x80" * 2000}),
        ("4.1", {"pkCert": b"\x30\x84\x00\x01\x00\x00" + bytes(65536)}),
    ],
)
def test_hostile_values_under_a_good_signature(row: str, changes: dict[str, Any]) -> None:
    taken, _ = judge(Role.SERVER, token(**changes))
    assert taken.fault is not None
    assert taken.fault.step == f"E2E.HS.{row}"
    assert len(taken.fault.fault.detail) < 1000

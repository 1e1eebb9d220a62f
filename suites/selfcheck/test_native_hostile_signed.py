"""Hostile octets under a good signature or ICV: whoever has keys can send them, and no check may break."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from conform62351.fixtures.pki.naming import common_name
from conform62351.profiles.native.codec import Protected
from conform62351.profiles.native.taken import Taken
from conform62351.profiles.native.tokens import MAXIMUM_SEQ, DhKey
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.profiles.tlv import TlvError, walk
from conform62351.profiles.tlv_edit import EditError, Tree
from conform62351.suites.selfcheck.native_bench import (
    INITIATE,
    Handshakes,
    certificate,
    credential,
    octets_of,
    parameters,
    root,
)
from conform62351.suites.selfcheck.native_stimuli import Stimulus, judge, token
from conform62351.suites.selfcheck.native_transfer_bench import AE, KINDS, STATUS, Noting, Peers, Rewriting
from conform62351.suites.selfcheck.native_transfer_faults import sender_of, sending
from conform62351.suites.selfcheck.pki_samples import authority

HOSTILE: Final = (
    *map(bytes.fromhex, ("3000", "30800000", "31800000", "a000", "a100", "24800000", "0c00", "0c02fffe")),
    *map(bytes.fromhex, ("1800", "0200", "0500", "0400", "0300", "030107", "0600", "060180")),
    *map(bytes.fromhex, ("8000", "8200", "8301ff", "0a00", "0a097f7f7f7f7f7f7f7f7f")),
    b"\x30\x80" * 40 + b"\0\0" * 40,
    b"\x02\x82\x04\x00" + b"\x7f" * 1024,
    b"\x18\x0f20261122173412Z",
)
"""Elements that are empty, huge, deep, or of another type than what they stand in for."""
TAGS: Final = (0x02, 0x03, 0x04, 0x0C, 0x18, 0x24, 0x30, 0x31, 0x80, 0x82, 0xA0, 0xA1)

edits = st.lists(
    st.tuples(
        st.sampled_from(["drop", "double", "replace", "insert", "swap", "content", "indefinite", "retag"]),
        st.integers(0, 200),
        st.integers(0, 200),
    ),
    min_size=1,
    max_size=3,
)


class Damaging(Policy):
    """Changes what is protected before it is protected: of the SecPDUs whose names end so."""

    def __init__(self, changes: list[tuple[str, int, int]]) -> None:
        self._changes = changes

    def rewrite(self, name: str, value: Any) -> Any:
        if not isinstance(value, Protected) or name.split(".")[-1] not in ("tbs", "tbp"):
            return value
        tree = Tree(value.octets)
        try:
            for kind, place, chosen in self._changes:
                edit(tree, kind, place, chosen)
            octets = tree.encode()
            found = walk(octets).root
        except (EditError, TlvError):
            return value
        return Protected(octets, octets[found.content : found.end])


def edit(tree: Tree, kind: str, place: int, chosen: int) -> None:
    """Make one change somewhere below the root of a tree."""
    paths = list(tree.paths())[1:]
    if not paths:
        return
    path = paths[place % len(paths)]
    match kind:
        case "drop":
            tree.drop(path)
        case "double":
            tree.double(path)
        case "replace":
            tree.replace(path, HOSTILE[chosen % len(HOSTILE)])
        case "insert":
            tree.insert(path, HOSTILE[chosen % len(HOSTILE)])
        case "swap":
            tree.swap(path, paths[chosen % len(paths)])
        case "content":
            tree.set_content(path, bytes(chosen))
        case "indefinite":
            tree.set_indefinite(path)
        case _:
            tree.retag(path, TAGS[chosen % len(TAGS)])


def look(taken: Taken) -> None:
    """Look at what came of octets under a good signature: never that this does not verify."""
    if taken.fault is None:
        return
    assert not taken.fault.step.endswith(".4.2")
    assert taken.events[0].startswith("IEC62351-4:")


@settings(max_examples=100, deadline=None)
@given(edits)
def test_handshakes(changes: list[tuple[str, int, int]]) -> None:
    asking = Handshakes(client_policy=Damaging(changes))
    taken = asking.server.take_request(octets_of(asking.client.request(INITIATE).octets))
    look(taken)
    assert (taken.fault is None) == (taken.answer is None)
    if taken.fault is None:
        assert asking.accepted().message.octets
    answering = Handshakes(server_policy=Damaging(changes))
    taken, _ = answering.run()
    look(taken)
    assert (taken.fault is None) == (taken.answer is None)


@settings(max_examples=60, deadline=None)
@given(edits)
def test_aborts_and_releases(changes: list[tuple[str, int, int]]) -> None:
    pair = Handshakes()
    pair.run()
    broken = Handshakes(client_policy=Damaging(changes))
    broken.client.request(INITIATE)
    ends: list[tuple[bytes | None, Callable[[bytes], Taken]]] = [
        (broken.client.dt_sec_abort(1).octets, pair.server.take_abort),
        (broken.client.appl_abort(b"\x01\x00").octets, pair.server.take_abort),
        (broken.client.release_request().octets, pair.server.take_release_request),
        (broken.client.release_response().octets, pair.server.take_release_response),
    ]
    for sent, take in ends:
        look(take(octets_of(sent)))


@settings(max_examples=100, deadline=None)
@given(edits, st.sampled_from(KINDS), st.sampled_from(list(Role)), st.booleans())
def test_data(changes: list[tuple[str, int, int]], mode: str, role: Role, rekeyed: bool) -> None:
    peers = sending(role, mode, Damaging(changes))
    if rekeyed:
        peers.client.rekey()
    received = peers.exchange(sender_of(role))
    if received.fault is None:
        assert received.pdu is not None
        peers.exchange(role)
    else:
        assert received.applData is None
        assert peers.side(role).ended


@pytest.mark.parametrize("seq", [1 << 30_000, -(1 << 30_000), -1, MAXIMUM_SEQ + 1], ids=int.bit_length)
@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_a_tester_goes_on_after_a_seq_of_any_size(role: Role, seq: int) -> None:
    policy = Rewriting({"token": lambda value: replace(value, seq=seq)})
    server, client = (policy, Noting()) if role is Role.CLIENT else (Noting(), policy)
    peers = Peers(AE, client_policy=client, server_policy=server)
    for _ in range(2):
        received = peers.exchange(sender_of(role))
        assert received.applData == STATUS
        assert received.noted[0].step == "E2E.DT.1"
        assert "seq=" in repr(received)
        assert all(len(one.fault.detail) < 200 for one in received.noted)
    assert {one.step for one in received.noted} > {"E2E.DT.1"}


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        ("12.2", {"dhKey": (DhKey(1 << 30_000, b""),)}),
        ("12.2", {"dhKey": tuple(DhKey(number, b"x") for number in range(3000))}),
        ("13", {"dhKey": (DhKey(23, b""),)}),
        ("13", {"dhKey": (DhKey(23, bytes(100_000)),)}),
        ("13", {"dhKey": (DhKey(23, b"\x04" + b"\xff" * 64),)}),
        ("1.2", {"assoID": "7:" + "9" * 5000}),
        ("1.2", {"assoID": ""}),
        ("1.5", {"time": b"9" * 50_000}),
        ("1.5", {"time": b"00000101000000.000Z"}),
        ("10", {"time": b"00010101000000.000Z"}),
        ("10", {"time": b"99991231235959.999Z"}),
        ("7.1", {"certPath": (b"",) * 10_000}),
        ("7.3", {"certPath": (certificate("server").octets,)}),
        ("24", {"attCert": b""}),
        ("4.1", {"pkCert": b""}),
    ],
)
def test_hostile_values_in_an_accept(row: str, changes: dict[str, Any]) -> None:
    taken, _ = judge(Role.CLIENT, token(**changes))
    assert taken.fault is not None
    assert taken.fault.step == f"E2E.HS.{row}"
    assert len(taken.fault.fault.detail) < 1000
    assert taken.answer is not None


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_authorities_that_certify_each_other_lead_nowhere(role: Role) -> None:
    """Each of 32 certifies each other: what is tried is bounded."""
    crowd = [
        authority("Crowd", authority("Crowd", key_name="crowd"), key_name="crowd", serial=number)
        for number in range(1, 33)
    ]
    chain = tuple(one.certificate for one in crowd)
    shown = Stimulus(sender=lambda name: {"credential": credential(name, issuer=crowd[0], chain=chain)})
    taken, _ = judge(role, shown)
    assert taken.fault is not None
    assert taken.fault.step in ("E2E.HS.7.2", "E2E.HS.7.3", "E2E.HS.6.5")


@pytest.mark.parametrize("loop", ["itself", "its own issuer"])
def test_a_path_in_a_circle_ends(loop: str) -> None:
    above = authority("Above", key_name="above")
    below = authority("Below", above, key_name="below")
    ring = (
        authority("Above", below, key_name="above").certificate
        if loop == "its own issuer"
        else above.certificate
    )
    chain = (below.certificate, ring)
    shown = Stimulus(sender=lambda name: {"credential": credential(name, issuer=below, chain=chain)})
    taken, _ = judge(Role.SERVER, shown)
    assert taken.fault is not None
    assert taken.fault.step in ("E2E.HS.7.3", "E2E.HS.6.5")


def test_long_subjects_leave_the_memory_as_it_was() -> None:
    """A self-signed certificate verifies, and what it signs is remembered: its subject must not be (I)."""
    server = parameters("server")
    requests = [request_of(number) for number in range(40)]
    sides = Handshakes(server=server)
    sides.server.take_request(requests[0])
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for request in requests[1:]:
            taken = Handshakes(server=server).server.take_request(request)
            assert taken.fault is not None
            assert taken.fault.step == "E2E.HS.6.1"
        del taken
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(server.store) == len(requests)
    assert after - before < 500_000


def request_of(number: int) -> bytes:
    """Return a request under a certificate with a subject of 20 000 octets."""
    subject = common_name(f"{number} " + "x" * 20_000)
    stranger = parameters("client", credential=credential("client", issuer=root(), subject=subject))
    return octets_of(Handshakes(stranger).client.request(INITIATE).octets)

"""Sweeps: every field at its borders, every layer in the first rounds, the same from the same seed."""

from __future__ import annotations

import tracemalloc
from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.suites.selfcheck.fuzz_places import NAMES, Sampled, sample
from conform62351.tooling.engine.mutations import Edit, EditCertificate, EditTlv, Overwrite, SetField, SetTime
from conform62351.tooling.engine.steps import Conclude, Inject, Request, SendAgain
from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.generating import Generator
from conform62351.tooling.fuzz.layers import Layer
from conform62351.tooling.fuzz.mutators.tlv import nodes_of
from conform62351.tooling.fuzz.sweeping.packed import Packed
from conform62351.tooling.fuzz.sweeping.probe import from_place
from conform62351.tooling.fuzz.sweeping.sweep import ELSEWHERE, Known, Sweep
from conform62351.tooling.fuzz.trial import applied
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.proof.bench import Bench

FIRST_ROUNDS = 5
MANY = 50
MOST_OCTETS = 400
"""Octets that one change of a sweep may take."""
ASSOCIATING = "server/native/ae/associating"
READING = "server/native/ae/data/read"


@pytest.fixture(scope="module")
def sampled(bench: Bench, workshop: Workshop) -> Sampled:
    return sample(bench, CredentialFolder.load(workshop.tester))


def swept(sampled: Sampled, name: str, *layers: Layer, known: Known | None = None, seed: str = "1") -> Sweep:
    base, places = sampled.found[name]
    generator = Generator(base, places, layers, reissue=sampled.reissue)
    return generator.sweep(set() if known is None else known, seed)


def cases(sweep: Sweep, rounds: int = FIRST_ROUNDS) -> list[Case]:
    """Return the cases of the first rounds."""
    found: list[Case] = []
    index = 0
    while (at := sweep.round_at(index)) is not None and at < rounds:
        case, index = sweep.case(index)
        if case is not None:
            found.append(case)
    return found


def fields(sampled: Sampled, name: str, layer: Layer) -> dict[str, list[object]]:
    """Return what the fields of a layer are set to in the first rounds."""
    found: dict[str, list[object]] = {}
    for case in cases(swept(sampled, name, layer)):
        for placed in case.mutations:
            if isinstance(placed.mutation, SetField):
                found.setdefault(placed.mutation.field, []).append(placed.mutation.new_value())
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_has_its_share_of_the_first_round(sampled: Sampled, name: str) -> None:
    base, places = sampled.found[name]
    layers = set(Generator(base, places, reissue=sampled.reissue).layers)
    sweep = swept(sampled, name)
    assert {layer for layer, rank in sweep.counts() if rank <= 1} == layers
    first = [case for case, _ in map(sweep.case, range(2 * len(layers))) if case is not None]
    assert len({case.layer for case in first}) >= min(len(layers), 3)


@pytest.fixture(scope="module")
def sweeps(sampled: Sampled) -> dict[str, Sweep]:
    names = ("server/plain/associating", "server/tls/opening", READING)
    return {name: swept(sampled, name) for name in names}


@settings(max_examples=60, deadline=None)
@given(data=st.data(), at=st.floats(0, 1))
def test_cases_come_back_from_storage(sweeps: dict[str, Sweep], data: st.DataObject, at: float) -> None:
    name = data.draw(st.sampled_from(sorted(sweeps)))
    sweep = sweeps[name]
    case, _ = sweep.case(int(at * (len(sweep) - 1)))
    if case is not None:
        assert msgspec.json.decode(msgspec.json.encode(case), type=Case) == case
        assert len(case.recipe()) == len(case.conversation.steps)
        assert case.base == name


def test_a_sweep_goes_on_where_it_was(sampled: Sampled) -> None:
    """Another sweep of the same seed has the same case at each number: all that is kept is the number."""
    one = swept(sampled, READING)
    index, before = 0, []
    for _ in range(30):
        case, index = one.case(index)
        before.append((case, index))
    again = swept(sampled, READING)
    assert again.case(before[19][1]) == before[20]
    assert [again.case(at)[0] for _, at in before[:-1]] == [case for case, _ in before[1:]]
    other = swept(sampled, READING, seed="2")
    assert [other.case(number)[0] for number in range(20)] != [one.case(number)[0] for number in range(20)]
    assert len(other) == len(one)


def test_what_is_done_is_forgotten_and_the_rest_keeps_its_numbers(sampled: Sampled) -> None:
    whole, left = swept(sampled, READING), swept(sampled, READING)
    half = len(whole) // 2
    left.forget(half)
    assert len(left) == len(whole)
    assert sum(left.counts().values()) == len(whole) - half
    assert left.round_at(half) == whole.round_at(half)
    assert left.case(half) == whole.case(half)
    left.forget(2 * len(whole))
    assert left.case(len(whole)) == (None, len(whole))


def test_changes_ahead_take_little_memory(sampled: Sampled) -> None:
    """There are more than half a million of them, where a device has all roles and stacks."""
    swept(sampled, ASSOCIATING, seed="before")
    tracemalloc.start()
    try:
        sweep = swept(sampled, ASSOCIATING)
        for number in range(0, len(sweep), MANY):
            sweep.case(number)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken / len(sweep) < MOST_OCTETS


@given(rows=st.lists(st.text()), data=st.data())
def test_packed_rows_come_back(rows: list[str], data: st.DataObject) -> None:
    packed = Packed(map(msgspec.json.encode, rows * MANY), msgspec.json.decode)
    begin = 0
    for number in sorted(data.draw(st.lists(st.sampled_from(range(len(rows) * MANY)))) if rows else ()):
        assert packed[number] == rows[number % len(rows)]
        if data.draw(st.booleans()):
            begin = number
            packed.forget(begin)
        assert packed[begin] == rows[begin % len(rows)]


def test_a_sweep_ends(sampled: Sampled) -> None:
    sweep = swept(sampled, "server/plain/opening", Layer.TPKT)
    found = cases(sweep, 1000)
    assert found
    assert sweep.case(len(sweep)) == (None, len(sweep))
    assert sweep.round_at(len(sweep)) is None


def test_what_another_base_sends_as_well_comes_later(sampled: Sampled) -> None:
    known: Known = set()
    first = swept(sampled, "server/plain/associating", known=known)
    later = swept(sampled, "server/plain/associating", known=known)
    assert 0 < len(later) < len(first)
    assert first.round_at(0) == 0
    assert later.round_at(0) == ELSEWHERE


def test_every_element_is_emptied_left_out_and_lied_about(sampled: Sampled) -> None:
    base, places = sampled.found["server/plain/associating"]
    place = next(one for one in places if one.pdu == "ACSE.AARQ" and one.kind == "octets")
    edits: dict[str, set[Edit]] = {}
    for case in cases(swept(sampled, base.name, Layer.ACSE)):
        for placed in case.mutations:
            if isinstance(placed.mutation, EditTlv):
                edits.setdefault(placed.mutation.path, set()).add(placed.mutation.edit)
    mms = next(node.path for node in nodes_of(place.sample) if node.identifier == b"\xa8")
    own = [node for node in nodes_of(place.sample) if not node.path.startswith(f"{mms}/")]
    assert edits.keys() == {node.path for node in own}
    for node in own:
        wanted = {Edit.LENGTH} | ({Edit.CONTENT} if node.octets[-len(node.content) - 1 :] else set())
        assert wanted | ({Edit.DROP} if node.depth else set()) <= edits[node.path]


def test_lengths_of_every_form_come_in_the_first_rounds(sampled: Sampled) -> None:
    forms = Counter(
        placed.mutation.octets[:1]
        for case in cases(swept(sampled, "server/plain/associating", Layer.PRESENTATION))
        for placed in case.mutations
        if isinstance(placed.mutation, EditTlv) and placed.mutation.edit is Edit.LENGTH
    )
    assert {b"\x80", b"\x84", b"\x85", b"\x88"} <= forms.keys()


def test_fields_of_a_token_are_at_their_borders(sampled: Sampled) -> None:
    found = fields(sampled, ASSOCIATING, Layer.TOKEN1)
    assert b"" in found["dhKey.0.dhPublicKey"]
    assert any(isinstance(one, bytes) and len(one) > 512 for one in found["dhKey.0.dhPublicKey"])
    assert {0, -1, 1 << 31} <= set(found["dhKey.0.dhGroup"])
    assert any(isinstance(one, tuple) and len(one) > 4 for one in found["dhKey"])
    assert any(isinstance(one, str) and "%n" in one for one in found["assoID"])
    assert any(isinstance(one, tuple) and len(one) > 4 for one in found["certPath"])
    assert () in found["certPath"]
    shifts = [
        placed.mutation.shift
        for case in cases(swept(sampled, ASSOCIATING, Layer.TOKEN1), 1)
        for placed in case.mutations
        if isinstance(placed.mutation, SetTime)
    ]
    assert max(shifts) > 15 * 366 * 86_400
    assert min(shifts) < -30 * 366 * 86_400


def test_a_rekey_is_put_into_data(sampled: Sampled) -> None:
    keys = [made for made in fields(sampled, READING, Layer.TOKEN2)["rekey"] if isinstance(made, dict)]
    assert {0, 130} <= {len(str(made["dhPublicKey"])) for made in keys}


def test_delimiters_of_names_are_at_odd_places(sampled: Sampled) -> None:
    found = fields(sampled, "server/plain/data/read", Layer.MMS)
    names = next(made for field, made in found.items() if field.endswith("itemID"))
    assert any(isinstance(name, str) and name.endswith("$") for name in names)
    assert any(isinstance(name, str) and name.startswith("$") for name in names)


def test_certificates_are_swept_behind_a_signature(sampled: Sampled) -> None:
    _, places = sampled.found[ASSOCIATING]
    token = next(one for one in places if one.pdu == "E2E.HandshakeReq.token")
    sweep = swept(sampled, ASSOCIATING, Layer.CERTIFICATE)
    first = [case for case, _ in map(sweep.case, range(20)) if case is not None]
    made = [placed.mutation for case in first for placed in case.mutations]
    inner = [one for one in made if isinstance(one, EditCertificate) and one.path.startswith("30/30/")]
    assert sum(one.signed for one in inner) > len(inner) // 2
    assert len(inner) > len(made) // 2
    assert applied(token, made[:1], sampled.reissue) != token.sample


def test_messages_come_in_the_wrong_state(sampled: Sampled) -> None:
    talks = [case.conversation.steps for case in cases(swept(sampled, "server/plain/data/read", Layer.ORDER))]
    base, _ = sampled.found["server/plain/data/read"]
    behind = [steps[base.opening :] for steps in talks]
    kinds = [tuple(type(step) for step in steps) for steps in behind]
    assert any(Conclude in one and Request in one[one.index(Conclude) :] for one in kinds)
    assert any(one.count(Conclude) == 2 for one in kinds)
    injected = {step.name for steps in behind for step in steps if isinstance(step, Inject)}
    assert {"MMS.initiate-RequestPDU", "SES.CN", "COTP.CR", "MMS.conclude-ResponsePDU"} <= injected
    assert any(SendAgain in one for one in kinds)
    assert all(steps[: base.opening] == base.conversation.steps[: base.opening] for steps in talks)


def test_each_value_comes_first_for_some_field() -> None:
    assert {from_place("abc", number)[0] for number in range(3)} == set("abc")
    assert from_place((1,), 7) == (1,)


def test_lengths_of_tls_messages_are_known_by_their_place(sampled: Sampled) -> None:
    """Lengths of session identifier, suites and certificates come in the first rounds, with few others."""
    sweep = swept(sampled, "server/tls/opening", Layer.TLS)
    _, places = sampled.found["server/tls/opening"]
    hello = next(one for one in places if one.pdu == "TLS.ClientHello" and one.kind == "octets").sample
    session, suites = 38, 39 + hello[38]
    changed: dict[str, set[tuple[int, int]]] = {}
    for case in cases(sweep, 2):
        for placed in case.mutations:
            if isinstance(placed.mutation, Overwrite):
                one = placed.mutation
                changed.setdefault(one.pdu, set()).add((one.at, len(one.octets)))
    assert {(1, 3), (session, 1), (suites, 2)} <= changed["TLS.ClientHello"]
    assert {(4, 3), (7, 3)} <= changed["TLS.Certificate"]
    assert len(changed["TLS.Certificate"]) < 20

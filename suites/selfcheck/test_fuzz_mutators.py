"""Mutators: what they make can be stored, printed and applied, has an effect, and knows what it changes."""

from __future__ import annotations

from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.crypto.groups import PublicValueError, groups
from conform62351.profiles.native.tokens import ClearToken1, ClearToken2, DhKey
from conform62351.profiles.tlv import walk
from conform62351.suites.selfcheck.fuzz_places import Sampled, sample
from conform62351.tooling.engine.mutations import (
    AnyMutation,
    EditCertificate,
    EditTlv,
    MutationError,
    SetField,
    SetTime,
)
from conform62351.tooling.fuzz.layers import Layer
from conform62351.tooling.fuzz.mutators import keys, values
from conform62351.tooling.fuzz.mutators.leaves import Meaning, leaves
from conform62351.tooling.fuzz.mutators.menu import mutators_for
from conform62351.tooling.fuzz.mutators.mutator import Mutator
from conform62351.tooling.fuzz.mutators.tlv import nodes_of
from conform62351.tooling.fuzz.places import Place
from conform62351.tooling.fuzz.trial import applied, fits
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.proof.bench import Bench

MUTATORS: tuple[Mutator, ...] = (
    *mutators_for(Layer.SECPDU),
    *mutators_for(Layer.CERTIFICATE, can_sign=True),
)
MANY = settings(max_examples=100, deadline=None)
DRAWS = 25
randoms = st.randoms(use_true_random=False)


@pytest.fixture(scope="module")
def sampled(bench: Bench, workshop: Workshop) -> Sampled:
    return sample(bench, CredentialFolder.load(workshop.tester))


def place_of(sampled: Sampled, pdu: str, kind: str = "value") -> Place:
    return next(place for place in sampled.places if place.pdu == pdu and place.kind == kind)


def mutator(name: str) -> Mutator:
    return next(one for one in MUTATORS if one.name == name)


def drawn(
    sampled: Sampled, name: str, pdu: str, kind: str = "value", draws: int = DRAWS
) -> list[AnyMutation]:
    """Return what a mutator makes of a PDU, for some seeds."""
    place = place_of(sampled, pdu, kind)
    assert mutator(name).suits(place)
    return [one for seed in range(draws) for one in mutator(name).mutate(place, Random(seed))]


@MANY
@given(data=st.data(), random=randoms)
def test_mutations_come_back_from_storage_print_and_apply(
    sampled: Sampled, data: st.DataObject, random: Random
) -> None:
    place = data.draw(st.sampled_from(sampled.places))
    fitting = [one for one in MUTATORS if one.suits(place)]
    if not fitting:
        return
    chosen = data.draw(st.sampled_from(fitting))
    mutations = chosen.mutate(place, random)
    for mutation in mutations:
        assert mutation.pdu == place.pdu
        assert msgspec.json.decode(msgspec.json.encode(mutation), type=AnyMutation) == mutation
        assert str(mutation).startswith(place.pdu)
    try:
        applied(place, mutations, sampled.reissue)
    except MutationError:
        assert not fits(place, mutations, sampled.reissue)
    else:
        fits(place, mutations, sampled.reissue)


def test_every_mutator_finds_its_places_and_has_effects(sampled: Sampled) -> None:
    without: list[str] = []
    for one in MUTATORS:
        places = [place for place in sampled.places if one.suits(place)]
        made = (
            (place, one.mutate(place, Random(f"{place.pdu} {seed}"))) for seed in range(6) for place in places
        )
        if not any(mutations and fits(place, mutations, sampled.reissue) for place, mutations in made):
            without.append(one.name)
    assert without == []


def test_the_same_chance_gives_the_same_mutations(sampled: Sampled) -> None:
    for place in sampled.places:
        for one in MUTATORS:
            if one.suits(place):
                assert one.mutate(place, Random("seed")) == one.mutate(place, Random("seed"))


def test_mutations_with_another_pdu_s_name_have_no_effect(sampled: Sampled) -> None:
    place = place_of(sampled, "COTP.CR")
    assert not fits(place, [SetField(pdu="COTP.CC", field="src_ref", value=7)])
    assert fits(place, [SetField(pdu="COTP.CR", field="src_ref", value=7)])


def test_what_cannot_be_written_does_not_fit(sampled: Sampled) -> None:
    place = place_of(sampled, "COTP.CR")
    assert not fits(place, [SetField(pdu="COTP.CR", field="src_ref", value=65_536)])
    assert not fits(place, [SetField(pdu="COTP.CR", field="src_ref", value="no number")])
    assert not fits(place, [SetField(pdu="COTP.CR", field="src_ref", value=place.sample.src_ref)])


def test_what_was_signed_before_is_left_to_the_token(sampled: Sampled) -> None:
    """A field of a SecPDU whose tbs is made has no effect; that of its token is signed with it."""
    whole, token = place_of(sampled, "E2E.HandshakeReq"), place_of(sampled, "E2E.HandshakeReq.token")
    assert not fits(whole, [SetField(pdu=whole.pdu, field="token1.assoID", value="x")])
    assert not mutator("time").suits(whole)
    assert mutator("time").suits(token)
    assert mutator("signature").suits(whole)


def test_meanings_of_a_token(sampled: Sampled) -> None:
    token = place_of(sampled, "E2E.HandshakeReq.token").sample
    assert isinstance(token, ClearToken1)
    found = {leaf.path: leaf.meaning for leaf in leaves(token)}
    assert found["time"] is Meaning.TIME
    assert found["dhKey"] is Meaning.LIST
    assert found["dhKey.0"] is Meaning.AGREEMENT_KEY
    assert found["dhKey.0.dhPublicKey"] is Meaning.PUBLIC_VALUE
    assert found["encr_mode.algorithms.0.oid"] is Meaning.IDENTIFIER
    assert found["attCert"] is Meaning.ABSENT
    assert found["pkCert"] is Meaning.CERTIFICATE
    assert found["confParams"] is Meaning.BITS


def test_times_are_new_ones_off_or_impossible(sampled: Sampled) -> None:
    made = drawn(sampled, "time", "E2E.HandshakeReq.token", draws=60)
    assert {type(one) for one in made} == {SetField, SetTime}
    assert any(isinstance(one, SetTime) and one.shift for one in made)
    contents = [one.octets for one in made if isinstance(one, SetField)]
    assert all(octets in values.TIMES for octets in contents)


def test_sequence_numbers_wrap(sampled: Sampled) -> None:
    numbers = {
        one.value
        for one in drawn(sampled, "sequence number", "E2E.EncrTransfer.token", draws=200)
        if isinstance(one, SetField)
    }
    assert numbers >= {-1, 0, (1 << 31) - 1, 1 << 31, 1 << 32}


def test_a_rekey_is_made_where_there_is_none(sampled: Sampled) -> None:
    place = place_of(sampled, "E2E.EncrTransfer.token")
    made = [
        one
        for one in drawn(sampled, "member added", place.pdu, draws=60)
        if isinstance(one, SetField) and one.field == "rekey"
    ]
    assert made
    for one in made:
        token = applied(place, [one])
        assert isinstance(token, ClearToken2)
        assert isinstance(token.rekey, DhKey)


@pytest.mark.parametrize("name", ["secp256r1", "modp-2048"])
def test_bad_public_values_are_no_values_of_the_group(name: str) -> None:
    group = groups()[name]
    own = group.public_value(group.private_key(bytes(range(group.private_octets))))
    private = group.private_key(bytes(group.private_octets))
    good = 0
    for seed in range(200):
        try:
            group.shared_secret(private, keys.public_value(Random(seed), own))
        except PublicValueError:
            continue
        good += 1
    # A point without its 04 is read (11-decisions 9); a point mirrored, or a power, may happen to be right.
    assert good <= 40


def test_a_small_subgroup_is_offered_where_the_group_has_one() -> None:
    group = groups()["modp-2048-224"]
    small = keys._small_order("modp-2048-224")
    assert small not in (0, 1)
    assert pow(small, 2 * 3 * 5 * 7, group.prime) == 1  # type: ignore[attr-defined]


def test_signatures_of_ecdsa_keep_a_look_of_der() -> None:
    old = bytes.fromhex("3006020101020101")
    made = {keys.signature(Random(seed), old) for seed in range(100)}
    assert bytes.fromhex("3006020100020100") in made
    assert len(made) > 20


def test_elements_are_picked_at_every_depth(sampled: Sampled) -> None:
    place = place_of(sampled, "PRES.CP", "octets")
    deepest = max(node.depth for node in nodes_of(place.sample))
    depths = set()
    for one in drawn(sampled, "TLV presence", place.pdu, "octets", draws=200):
        assert isinstance(one, EditTlv)
        depths.add(one.path.count("/"))
    assert {1, deepest} <= depths


def test_lengths_around_a_change_follow(sampled: Sampled) -> None:
    place = place_of(sampled, "ACSE.AARQ", "octets")
    for one in drawn(sampled, "TLV content", place.pdu, "octets", draws=60):
        made = applied(place, [one])
        assert walk(made).root.end == len(made)


def test_what_is_nested_is_nested_in_bounds() -> None:
    depths = set()
    for seed in range(60):
        made = values.nested(Random(seed))
        depths.add(max(depth for depth, _ in walk(made).nodes()))
        assert len(made) < 400
    assert max(depths) > 32


def test_certificates_are_signed_again_but_for_some(sampled: Sampled) -> None:
    made = drawn(sampled, "certificate extensions", "E2E.HandshakeReq.token", draws=60)
    assert {one.signed for one in made if isinstance(one, EditCertificate)} == {True, False}
    names = {one.name for one in mutators_for(Layer.CERTIFICATE)}
    for one in mutators_for(Layer.CERTIFICATE):
        place = place_of(sampled, "E2E.HandshakeReq.token")
        assert not any(
            mutation.signed
            for mutation in one.mutate(place, Random(1))
            if isinstance(mutation, EditCertificate)
        )
    assert "certificate key" in names


def test_integers_wrap_every_type_of_c() -> None:
    drawn = {values.integer(Random(seed), 5) for seed in range(3000)}
    assert drawn >= {1 << bits for bits in (7, 8, 15, 16, 31, 32, 63, 64)}
    assert drawn >= {-(1 << bits) - 1 for bits in (7, 15, 31, 63)}
    assert max(number.bit_length() for number in drawn) > 1024
    assert {4, 6, -5} <= drawn


@pytest.mark.parametrize("octets", [1, 2, 4])
def test_numbers_of_a_field_fit_it(octets: int) -> None:
    drawn = {values.unsigned(Random(seed), octets) for seed in range(500)}
    most = (1 << 8 * octets) - 1
    assert {0, most, most - 1} <= drawn
    assert max(drawn) == most
    assert min(drawn) == 0

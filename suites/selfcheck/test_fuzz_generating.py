"""Cases: the same from the same seed, stored and printed, within their layers, and played to the end."""

from __future__ import annotations

from random import Random

import msgspec
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.policy import Policy
from conform62351.suites.selfcheck.fuzz_places import NAMES, Sampled, sample
from conform62351.tooling.engine.mutations import EditCertificate, SetField
from conform62351.tooling.engine.steps import Inject, Request, SendingStep, SendSecPdu
from conform62351.tooling.fuzz.bases import bases_for
from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.delivery import Delivery
from conform62351.tooling.fuzz.generating import Generator, NothingToMutate, generate
from conform62351.tooling.fuzz.layers import Layer, layers_of
from conform62351.tooling.fuzz.places import find_places
from conform62351.tooling.fuzz.strategies import cases
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.proof.bench import Bench

MANY = settings(max_examples=100, deadline=None)
SEEDS = range(30)
PLAYED = 24
PATIENCE_S = 0.5


@pytest.fixture(scope="module")
def sampled(bench: Bench, workshop: Workshop) -> Sampled:
    return sample(bench, CredentialFolder.load(workshop.tester))


def generator(sampled: Sampled, name: str, *layers: Layer) -> Generator:
    base, places = sampled.found[name]
    return Generator(base, places, layers, reissue=sampled.reissue)


@MANY
@given(name=st.sampled_from(NAMES), seed=st.integers(0, 10_000), count=st.integers(1, 4))
def test_cases_come_back_from_storage_and_print(sampled: Sampled, name: str, seed: int, count: int) -> None:
    made = generator(sampled, name)
    case = made.case(Random(seed), count)
    assert msgspec.json.decode(msgspec.json.encode(case), type=Case) == case
    assert case == made.case(Random(seed), count)
    assert 1 <= len(case.mutators) <= count
    assert len(case.recipe()) == len(case.conversation.steps)
    assert all(placed.mutation.pdu in str(placed) for placed in case.mutations)
    further = made.further(case, Random(seed))
    assert msgspec.json.decode(msgspec.json.encode(further), type=Case) == further
    assert further.base == name


@pytest.mark.parametrize("name", NAMES)
def test_cases_stay_within_the_layers_asked_for(sampled: Sampled, name: str) -> None:
    for layer in generator(sampled, name).layers:
        made = generator(sampled, name, layer)
        assert made.layers == (layer,)
        for seed in SEEDS:
            case = made.case(Random(seed), 2)
            assert case.layer == layer.value
            assert all(layer in layers_of(placed.mutation.pdu) for placed in case.mutations)


def test_the_order_of_layers_asked_for_does_not_matter(sampled: Sampled) -> None:
    name = "server/native/ae/associating"
    one = generator(sampled, name, Layer.TOKEN1, Layer.ACSE, Layer.ORDER)
    other = generator(sampled, name, Layer.ORDER, Layer.TOKEN1, Layer.ACSE)
    for seed in SEEDS:
        assert one.case(Random(seed), 2) == other.case(Random(seed), 2)


def test_every_layer_is_aimed_at_by_some_base(sampled: Sampled) -> None:
    assert {layer for name in NAMES for layer in generator(sampled, name).layers} == set(Layer)


def test_cases_of_an_open_association_leave_the_opening_alone(sampled: Sampled) -> None:
    base, _ = sampled.found["server/native/ae/data/read"]
    made = generator(sampled, base.name)
    for seed in SEEDS:
        steps = made.case(Random(seed), 3).conversation.steps
        assert steps[: base.opening] == base.conversation.steps[: base.opening]
        assert steps[base.opening :] != base.conversation.steps[base.opening :]


def test_certificates_are_changed_by_what_knows_them(sampled: Sampled) -> None:
    made = generator(sampled, "server/native/ae/associating", Layer.CERTIFICATE)
    for seed in SEEDS:
        for placed in made.case(Random(seed)).mutations:
            assert isinstance(placed.mutation, EditCertificate)


def test_stray_messages_come_in_native_mode(sampled: Sampled) -> None:
    made = generator(sampled, "server/native/ae/associating", Layer.ORDER)
    talks = [made.case(Random(seed), 2).conversation for seed in range(80)]
    kinds = {type(step) for talk in talks for step in talk.steps}
    assert {SendSecPdu, Inject} <= kinds


def test_messages_are_cut_anywhere(sampled: Sampled) -> None:
    made = generator(sampled, "server/plain/associating", Layer.SEGMENT)
    steps = [step for seed in SEEDS for step in made.case(Random(seed)).conversation.steps]
    sending = [step for step in steps if isinstance(step, SendingStep)]
    assert (1,) in {step.segments for step in sending}
    assert (1,) in {step.tpdus for step in sending}


def test_a_case_is_changed_further(sampled: Sampled) -> None:
    made = generator(sampled, "server/plain/associating", Layer.ACSE)
    case = made.case(Random(1))
    counts = set()
    for seed in SEEDS:
        case = made.further(case, Random(seed))
        counts.add(len(case.mutations))
        assert case.layer == Layer.ACSE.value
    assert max(counts) > 1


def test_a_layer_that_a_base_has_not_gives_nothing(sampled: Sampled) -> None:
    base, places = sampled.found["server/plain/associating"]
    with pytest.raises(NothingToMutate):
        generate(base, places, Random(1), [Layer.TOKEN1])


def test_hypothesis_shrinks_cases(sampled: Sampled) -> None:
    """What a device is sensitive to comes out alone: here any MMS request that is changed at all."""
    base, places = sampled.found["server/plain/data/read"]

    def sensitive(case: Case) -> bool:
        return any(isinstance(step, Request) and step.mutations for step in case.conversation.steps)

    small = find(
        cases(base, places, [Layer.MMS]), sensitive, settings=settings(max_examples=60, deadline=None)
    )
    assert len(small.mutators) == 1


def test_values_keep_their_place_in_json(sampled: Sampled) -> None:
    """A structure within a structure comes back as it was made: lists for what is no field of its own."""
    made = generator(sampled, "server/native/ae/associating", Layer.TOKEN1)
    found = 0
    for seed in range(200):
        for placed in made.case(Random(seed)).mutations:
            if isinstance(placed.mutation, SetField) and isinstance(placed.mutation.value, dict | tuple):
                found += 1
                stored = msgspec.json.decode(msgspec.json.encode(placed.mutation), type=SetField)
                assert stored == placed.mutation
    assert found


@pytest.mark.parametrize(
    "name", ["server/plain/associating", "server/native/ae/associating", "server/tls/opening"]
)
def test_cases_are_delivered(bench: Bench, name: str) -> None:
    """What was tried on the samples reaches the wire, and the device is still there."""
    with bench.device(Policy(), {}) as subject:
        base = next(base for base in bases_for(subject.dut) if base.name == name)
        if base.configuration != "default":
            subject.dut.configure(base.configuration)
        delivery = Delivery(subject.dut, subject.log, patience=PATIENCE_S)
        pdus = [layer for layer in Layer if layer not in (Layer.ORDER, Layer.SEGMENT)]
        made = Generator(base, find_places(delivery, base), pdus, reissue=subject.dut.security.reissue)
        complete = [delivery.deliver(made.case(Random(f"{name} {seed}"))).complete for seed in range(PLAYED)]
        # Of some values nothing can be made; which are drawn hangs on the lengths of signatures as well.
        assert sum(complete) >= PLAYED - 3
        assert find_places(delivery, base)

"""The oracles of the fuzzer: each finds what it is for in a faulty device, and nothing in a correct one."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import msgspec
import pytest

from conform62351.fixtures.faults.building import (
    AddStep,
    Delay,
    Rewrite,
)
from conform62351.profiles.policy import Reaction
from conform62351.suites.selfcheck.fuzz_bench import FuzzedDevice, bare_case, fuzzed
from conform62351.suites.selfcheck.fuzz_trials import (
    A_PROFILE,
    CLEAR_READ,
    CLIENT,
    NATIVE,
    NATIVE_READ,
    READ,
    TRIALS,
    UNKNOWN_SERVICE,
    Hesitates,
    Wavers,
)
from conform62351.tooling.engine.mutations import (
    AnyMutation,
    Append,
    Cut,
    FlipBit,
    Insert,
    Overwrite,
    Repeat,
)
from conform62351.tooling.engine.outcomes import RESPONSE, reach
from conform62351.tooling.engine.steps import Associate, Inject, Request, conversation
from conform62351.tooling.fuzz.case import Case, Placed, with_mutations
from conform62351.tooling.fuzz.layers import layers_of
from conform62351.tooling.fuzz.living import LivingAssociation
from conform62351.tooling.fuzz.oracles import Complaint, unsteady
from conform62351.tooling.fuzz.places import Place
from conform62351.tooling.fuzz.pulse import BEATS
from conform62351.tooling.fuzz.twin import Stage
from conform62351.tooling.proof.bench import Bench


@pytest.fixture(scope="module")
def correct(bench: Bench) -> Iterator[FuzzedDevice]:
    """Run the correct device for all tests of this module."""
    with fuzzed(bench) as device:
        yield device


@pytest.mark.parametrize("name", TRIALS)
def test_an_oracle_finds_what_it_is_for(bench: Bench, name: str) -> None:
    trial = TRIALS[name]
    with fuzzed(bench, trial.policy()) as device:
        found = device.complaints(device.case(trial.base, *trial.mutations))
    assert [(one.oracle, one.severity) for one in found][:1] == [(trial.oracle, trial.severity)], found
    assert found[0].clause
    assert found[0].provenance in "SNERFI"


@pytest.mark.parametrize("name", TRIALS)
def test_no_oracle_complains_of_the_correct_device(correct: FuzzedDevice, name: str) -> None:
    trial = TRIALS[name]
    assert not correct.complaints(correct.case(trial.base, *trial.mutations))


def _twice(device: FuzzedDevice) -> Case:
    """Return two reads on one association, without mutations."""
    base = device.base(NATIVE_READ)
    again = (Request(service="read", point="data.read"), reach(RESPONSE))
    return bare_case(base.name, conversation(base.conversation.steps, again))


def test_a_nonce_that_comes_again_is_found(bench: Bench, correct: FuzzedDevice) -> None:
    policy = Rewrite("E2E.EncrTransfer.token", lambda token: msgspec.structs.replace(token, iv=bytes(12)))
    with fuzzed(bench, policy) as device:
        found = device.complaints(_twice(device))
    assert [(one.oracle, one.severity) for one in found] == [("fresh", "security")]
    assert not correct.complaints(_twice(correct))


def _cut(device: FuzzedDevice) -> Case:
    """Return an association whose request comes in small pieces."""
    base = device.base(READ)
    steps = [
        msgspec.structs.replace(step, tpdus=(40,), segments=(3,)) if isinstance(step, Associate) else step
        for step in base.conversation.steps
    ]
    return bare_case(base.name, conversation(*steps))


def test_what_is_only_cut_otherwise_has_to_be_taken(bench: Bench, correct: FuzzedDevice) -> None:
    with fuzzed(bench, AddStep.when("COTP.DT", lambda dt: not dt.tpdu.eot, Reaction.CLOSE)) as device:
        found = device.complaints(_cut(device))
    assert [(one.oracle, one.severity) for one in found] == [("valid-refused", "form")]
    assert not correct.complaints(_cut(correct))


def test_a_device_that_is_late_has_not_refused_what_is_only_cut_otherwise(bench: Bench) -> None:
    with fuzzed(bench, Hesitates()) as device:
        for _ in range(BEATS):
            device.delivery.pulse.beat(0.001)
        scene = device.panel.scene(_cut(device), device.deliver(_cut(device)))
        assert not [one for one in device.panel.judge(scene) if one.oracle == "valid-refused"]


def test_an_answer_that_takes_much_longer_than_others_is_found(bench: Bench) -> None:
    with fuzzed(bench, Delay("MMS.rejectPDU", 3.0), limit=4.2, patient=True) as device:
        found = device.complaints(device.case(READ, UNKNOWN_SERVICE))
        assert [(one.oracle, one.severity) for one in found] == [("in-time", "unavailable")]


def test_a_device_that_decides_in_turns_is_found(bench: Bench, correct: FuzzedDevice) -> None:
    def said(device: FuzzedDevice, case: Case) -> Complaint | None:
        met = [device.panel.reaction(device.deliver(case)) for _ in range(3)]
        return unsteady(case.conversation, met)

    version = FlipBit(pdu="TPKT", at=0, bit=2)
    with fuzzed(bench, Wavers()) as device:
        complaint = said(device, device.case(READ, version))
        racing = said(device, device.case(READ, version, Repeat(pdu="TPKT", times=2)))
    assert complaint is not None
    assert complaint.provenance == "I"
    assert racing is None
    assert said(correct, correct.case(READ, version)) is None


def test_what_stands_behind_a_message_in_order_makes_it_no_fault(correct: FuzzedDevice) -> None:
    twice = correct.case("server/plain/opening", Repeat(pdu="TPKT", times=2))
    scene = correct.panel.scene(twice, correct.deliver(twice))
    assert [one.step for one in scene.standing.faults] == ["COTP.CR.1"]
    assert scene.standing.stage is Stage.ASSOCIATING
    assert not correct.panel.judge(scene)


def test_nothing_is_certain_of_what_comes_over_an_association_that_was_open_before(
    correct: FuzzedDevice,
) -> None:
    base = correct.base(READ)
    again = Inject(layer="tpkt", octets=b"\x06\xe0\0\0\0\1\0", name="COTP.CR", may_break=True)
    steps = base.conversation.steps
    talk = conversation(*steps[: base.opening], again, *steps[base.opening :])
    with LivingAssociation(correct.delivery, base) as living:
        over = living.deliver(bare_case(READ, talk))
    alone = correct.deliver(bare_case(READ, talk))
    known = [correct.panel.scene(bare_case(READ, talk), one).standing.known for one in (over, alone)]
    assert known == [False, True]


def _altered(place: Place, draw: random.Random) -> AnyMutation:
    at = draw.randrange(max(1, len(place.sample)))
    octets = draw.randbytes(draw.randrange(1, 4))
    kinds: tuple[Callable[[], AnyMutation], ...] = (
        lambda: FlipBit(pdu=place.pdu, at=at, bit=draw.randrange(8)),
        lambda: Overwrite(pdu=place.pdu, at=at, octets=octets),
        lambda: Cut(pdu=place.pdu, keep=at),
        lambda: Insert(pdu=place.pdu, at=at, octets=octets),
    )
    return draw.choice(kinds)() if place.sample else Append(pdu=place.pdu, octets=octets)


BASES = (
    READ,
    "server/plain/release/conclude",
    A_PROFILE,
    NATIVE,
    NATIVE_READ,
    CLEAR_READ,
    "server/native/separate/release",
    "client/plain/associating",
    CLIENT,
)


@pytest.mark.parametrize("name", BASES)
def test_nothing_that_is_altered_makes_the_correct_device_look_wrong(
    correct: FuzzedDevice, name: str
) -> None:
    draw = random.Random(name)
    base = correct.base(name)
    places = [place for place in correct.places(base) if place.kind == "octets"]
    for _ in range(12):
        place = draw.choice(places)
        talk = with_mutations(base.conversation, [Placed(place.step, _altered(place, draw))])
        layer = layers_of(place.pdu)[0]
        case = Case(base=name, layer=layer, mutators=("altered",), conversation=talk)
        scene = correct.panel.scene(case, correct.deliver(case))
        assert not correct.panel.judge(scene), case.recipe()

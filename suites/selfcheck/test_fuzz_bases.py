"""Base conversations: of each role, stack and moment that is claimed, and each passes as it stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.pics.conditions import Answer
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.tooling.engine.security import NATIVE
from conform62351.tooling.engine.steps import Connect
from conform62351.tooling.fuzz.bases import Base, Moment, bases_for
from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.delivery import Delivery
from conform62351.tooling.fuzz.layers import Layer, layers_of
from conform62351.tooling.fuzz.places import NotPassed, Place, find_places
from conform62351.tooling.proof.bench import Bench, Subject

ALWAYS = {Moment.OPENING, Moment.ASSOCIATING, Moment.DATA, Moment.RELEASE, Moment.BEFORE, Moment.AFTER}


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory, workshop: Workshop) -> Iterator[Subject]:
    """Run a correct device."""
    bench = Bench(tmp_path_factory.mktemp("bases"), workshop)
    with bench.device(Policy(), {}) as made:
        yield made
    bench.close()


@pytest.fixture(scope="module")
def places(subject: Subject) -> dict[str, tuple[Place, ...]]:
    """Play every base once; return where mutations can go, by their names."""
    delivery = Delivery(subject.dut, subject.log)
    found = {}
    configured = "default"
    for base in bases_for(subject.dut):
        if base.configuration != configured:
            configured = base.configuration
            subject.dut.configure(configured)
        found[base.name] = find_places(delivery, base)
    subject.dut.configure("default")
    return found


def test_every_base_passes_as_it_stands_in_every_role_stack_mode_and_moment(
    subject: Subject, places: dict[str, tuple[Place, ...]]
) -> None:
    bases = bases_for(subject.dut)
    assert list(places) == [base.name for base in bases]
    moments: dict[tuple[Role, str, str], set[Moment]] = {}
    for base in bases:
        mode = base.name.split("/")[2] if base.stack in NATIVE else ""
        moments.setdefault((base.role, base.stack, mode), set()).add(base.moment)
    of_server = {key for key in moments if key[0] is Role.SERVER}
    assert len(of_server) == 4 + 2 * 3
    for (_, stack, _), of_stack in moments.items():
        assert of_stack == (ALWAYS | {Moment.REKEY} if stack in NATIVE else ALWAYS)


def test_every_layer_of_pdus_has_places(places: dict[str, tuple[Place, ...]]) -> None:
    found = {layer for of_base in places.values() for place in of_base for layer in layers_of(place.pdu)}
    assert found == set(Layer) - {Layer.ORDER, Layer.SEGMENT}


def test_a_place_says_in_which_step_and_what_stood_there(places: dict[str, tuple[Place, ...]]) -> None:
    found = {(place.pdu, place.kind): place for place in places["server/native/ae/associating"]}
    assert found["COTP.CR", "octets"].step == 1
    token = found["E2E.HandshakeReq.token", "value"]
    assert (token.step, type(token.sample).__name__) == (3, "ClearToken1")
    assert ("E2E.HandshakeReq.token", "octets") not in found
    assert found["E2E.HandshakeReq.tbs", "octets"].sample in found["E2E.HandshakeReq", "octets"].sample
    assert found["MMS.confirmed-RequestPDU", "octets"].step == 5


def test_what_the_tester_answers_by_itself_belongs_to_the_step_that_accepted(
    places: dict[str, tuple[Place, ...]],
) -> None:
    steps = {place.pdu: place.step for place in places["client/tls/opening"]}
    assert steps["COTP.CC"] == steps["TLS.ServerHello"] == 1


def test_what_is_injected_is_a_place(places: dict[str, tuple[Place, ...]]) -> None:
    assert ("PRES.TD", "octets") in {(place.pdu, place.kind) for place in places["server/plain/before/data"]}


@pytest.mark.parametrize(
    ("code", "gone"),
    [
        ("T6.OSI.server", "server/"),
        ("T10.E2E-security.client", "client/native"),
        ("T11.AE.server", "server/native/ae"),
        ("E2E.integrity-only.client", "client/native/clear"),
    ],
)
def test_what_the_pics_denies_has_no_base(tmp_path: Path, workshop: Workshop, code: str, gone: str) -> None:
    bench = Bench(tmp_path, workshop)
    with bench.device(Policy(), {}, says={code: Answer.NO}) as denying:
        names = [base.name for base in bases_for(denying.dut)]
    bench.close()
    assert names
    assert not [name for name in names if name.startswith(gone)]


def test_a_base_that_does_not_pass_says_what_came(subject: Subject) -> None:
    base = next(base for base in bases_for(subject.dut) if base.name == "server/native/ae/associating")
    assert subject.dut.configuration != base.configuration
    with pytest.raises(NotPassed, match=r"server/native/ae/associating: .*(aborted|rejected|closed)"):
        find_places(Delivery(subject.dut, subject.log), _as_in_its_configuration(base))


def _as_in_its_configuration(base: Base) -> Base:
    """Return the base with its stack in the step that connects, whatever configuration the device is in."""
    steps = base.conversation.steps
    talk = msgspec.structs.replace(base.conversation, steps=(Connect(stack=base.stack), *steps[1:]))
    return msgspec.structs.replace(base, conversation=talk)


def test_the_steps_of_a_base_have_no_mutations(subject: Subject) -> None:
    for base in bases_for(subject.dut):
        case = Case(base=base.name, layer="order", mutators=(), conversation=base.conversation)
        assert case.mutations == ()

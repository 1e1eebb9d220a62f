"""Delivery of fuzz cases over real sockets: what reached the wire, what came, and what did not fit."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.pics.pixit import Value
from conform62351.profiles.policy import Policy
from conform62351.reports.model.eventlog import read_events
from conform62351.reports.model.events import Received, Sent
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.judging import Observation
from conform62351.tooling.engine.link import StimulusBroken
from conform62351.tooling.engine.mutations import (
    AnyMutation,
    Cut,
    FlipBit,
    Repeat,
    Replace,
    SetField,
    Withhold,
)
from conform62351.tooling.engine.steps import Associate, Connect, OpenTransport, conversation
from conform62351.tooling.fuzz.bases import Base, bases_for
from conform62351.tooling.fuzz.case import Case, Delivered, Placed, with_mutations
from conform62351.tooling.fuzz.course import MOST_OCTETS, MOST_SEEN, Course
from conform62351.tooling.fuzz.delivery import Delivery
from conform62351.tooling.fuzz.living import LivingAssociation
from conform62351.tooling.fuzz.pulse import BEATS, Pulse
from conform62351.tooling.net.flow import Address
from conform62351.tooling.proof.bench import Bench, Subject

PATIENCE_S = 0.3
VERY_PATIENT_S = 60.0
CLIENT_S = 1.0
"""What a client gets for each reaction, once it has connected."""
LIMITS: Mapping[str, Value] = {f"limit.{name}": 20.0 for name in ("connect", "associate", "respond")}
READ = "server/native/ae/data/read"
ANSWER = "MMS.confirmed-ResponsePDU"
REQUEST = 5
"""The step of :data:`READ` that sends the request."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, workshop: Workshop) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("delivery"), workshop)
    yield made
    made.close()


@pytest.fixture(scope="module")
def subject(bench: Bench) -> Iterator[Subject]:
    """Run a correct device."""
    with bench.device(Policy(), LIMITS) as made:
        yield made


@pytest.fixture
def delivery(subject: Subject) -> Delivery:
    """Return what delivers to a device that may take its time."""
    made = Delivery(subject.dut, subject.log, patience=VERY_PATIENT_S)
    known_as_slow(made)
    return made


def base(subject: Subject, name: str) -> Base:
    """Return a base, in whose configuration the device is now."""
    found = next(one for one in bases_for(subject.dut) if one.name == name)
    if subject.dut.configuration != found.configuration:
        subject.dut.configure(found.configuration)
    return found


def mutated(of: Base, step: int, *mutations: AnyMutation) -> Case:
    talk = with_mutations(of.conversation, [Placed(step, one) for one in mutations])
    return Case(base=of.name, layer="test", mutators=(), conversation=talk)


def kinds(delivered: Delivered) -> list[Kind]:
    return [seen.kind for seen in delivered.observations]


def test_a_base_is_delivered_whole_and_reacted_to_as_usual(subject: Subject, delivery: Delivery) -> None:
    came = delivery.deliver(mutated(base(subject, READ), 0))
    assert came.complete
    assert came.usual
    assert kinds(came) == [Kind.TRANSPORT_CONNECTED, Kind.ASSOCIATED, Kind.ANSWER]
    assert len(came.sent) == len(came.received) == 3
    assert came.established is not None
    assert came.seconds >= sum(seen.after_s for seen in came.observations)


def test_a_mutation_before_the_signature_is_refused_by_what_is_behind_it(
    subject: Subject, delivery: Delivery
) -> None:
    early = SetField(pdu="E2E.HandshakeReq.token", field="time", octets=b"20200101000000Z")
    came = delivery.deliver(mutated(base(subject, READ), 3, early))
    assert came.complete
    assert not came.usual
    assert came.observations[1].fields["diag"] == "invalid-time-value"
    assert kinds(came) == [Kind.TRANSPORT_CONNECTED, Kind.REJECTED, Kind.CLOSED]


@pytest.mark.parametrize(
    ("step", "mutation", "why"),
    [
        (3, FlipBit(pdu="ACSE.AARQ", at=9999), "octets"),
        (1, SetField(pdu="COTP.CR", field="no_such_field", value=1), "no_such_field"),
        (1, SetField(pdu="COTP.CR", field="src_ref", value=1 << 40), "does not fit its fields"),
        (3, SetField(pdu="E2E.keys", field="client.encryption", value=None), "nothing can be made of it"),
        (REQUEST, FlipBit(pdu="ACSE.AARQ", at=0), "ended before ACSE.AARQ"),
    ],
)
def test_a_mutation_that_does_not_fit_is_an_ordinary_outcome(
    subject: Subject, delivery: Delivery, step: int, mutation: AnyMutation, why: str
) -> None:
    came = delivery.deliver(mutated(base(subject, READ), step, mutation))
    assert not came.complete
    assert why in came.why
    assert delivery.deliver(mutated(base(subject, READ), 0)).usual


def test_what_comes_behind_the_end_is_not_complete(subject: Subject, delivery: Delivery) -> None:
    talk = with_mutations(
        base(subject, READ).conversation,
        [
            Placed(1, Replace(pdu="TPKT", octets=b"GET / HTTP/1.0\r\n\r\n")),
            Placed(5, Cut(pdu="TPKT", keep=9)),
        ],
    )
    came = delivery.deliver(Case(base=READ, layer="tpkt", mutators=(), conversation=talk))
    assert kinds(came) == [Kind.CLOSED]
    assert came.why == "the conversation ended before the last mutation"


def test_an_order_without_sense_is_an_ordinary_outcome(subject: Subject, delivery: Delivery) -> None:
    base(subject, "server/plain/opening")
    for steps in ((Associate(),), (Connect(), Associate(), OpenTransport())):
        talk = conversation(*steps)
        came = delivery.deliver(Case(base="", layer="order", mutators=(), conversation=talk))
        assert not came.complete
        assert came.why


def test_silence_costs_the_patience_of_delivery_until_the_device_is_known_to_be_quick(
    subject: Subject,
) -> None:
    delivery = Delivery(subject.dut, subject.log, patience=VERY_PATIENT_S)
    of = base(subject, READ)
    silent = mutated(of, 1, Cut(pdu="TPKT", keep=5))
    assert delivery.deliver(mutated(of, 0)).usual
    # On a busy machine this may be late by what is known of the device from then on.
    delivery.deliver(mutated(of, 0))
    came = delivery.deliver(silent)
    assert kinds(came) == [Kind.TIMEOUT]
    assert came.observations[0].after_s < VERY_PATIENT_S
    assert came.complete
    new = Delivery(subject.dut, subject.log, patience=PATIENCE_S)
    assert new.deliver(silent).observations[0].after_s == PATIENCE_S


def known_as_slow(delivery: Delivery) -> None:
    """Have the device known as one that needs long for all it does, and less than ``delivery`` waits for."""
    for name in ("connect", "associate", "respond"):
        for _ in range(BEATS):
            delivery.pulse.beat(VERY_PATIENT_S / 16, f"limit.{name}")
        assert delivery.pulse.overdue(f"limit.{name}") < VERY_PATIENT_S


def speaks_last(connection: socket.socket) -> None:
    """Say something once the tester has nothing more to say."""
    while connection.recv(1000):
        """Read on."""
    connection.sendall(bytes.fromhex("0300000bfe d0 0000 0001 00"))


def test_a_device_that_was_sent_nothing_is_not_waited_for(subject: Subject) -> None:
    """It has the end of the connection at once; what it does then is still about this case."""
    of = base(subject, "server/plain/opening")
    nothing = mutated(of, 1, Withhold(pdu="TPKT"))
    with hostile(subject, speaks_last, VERY_PATIENT_S) as delivery:
        known_as_slow(delivery)
        came = delivery.deliver(nothing)
    assert came.unasked
    assert came.hurried
    assert not any(came.sent)
    assert came.received
    assert Kind.TIMEOUT not in kinds(came)


class SlowAtTheSecond(Policy):
    """Has its second answer only some time after the first."""

    def __init__(self) -> None:
        self._answers = 0

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        """Take that time."""
        self._answers += name == ANSWER
        if name == ANSWER and self._answers == 2:
            time.sleep(PATIENCE_S)
        return octets


def test_a_device_that_owes_an_answer_is_waited_for(bench: Bench) -> None:
    """Two requests were sent before the first answer is looked at."""
    with bench.device(SlowAtTheSecond(), LIMITS) as slow:
        of = base(slow, READ)
        steps = of.conversation.steps
        twice = conversation(*steps[:REQUEST], *[steps[REQUEST]] * 2, *[steps[REQUEST + 1]] * 2)
        delivery = Delivery(slow.dut, slow.log, patience=VERY_PATIENT_S)
        known_as_slow(delivery)
        came = delivery.deliver(Case(base=of.name, layer="order", mutators=(), conversation=twice))
    assert kinds(came)[-2:] == [Kind.ANSWER] * 2
    assert not came.unasked
    assert not came.hurried


def test_answers_are_known_to_be_quicker_than_associations() -> None:
    pulse = Pulse(VERY_PATIENT_S)
    for _ in range(BEATS):
        pulse.beat(1.0, "limit.associate")
    assert pulse.overdue("limit.respond") == pulse.overdue("limit.associate") == pulse.overdue()
    for _ in range(BEATS):
        pulse.beat(0.1, "limit.respond")
    assert pulse.overdue("limit.respond") < pulse.overdue("limit.associate") == pulse.overdue()


def test_a_device_that_does_not_even_end_the_connection_gets_all_the_patience(subject: Subject) -> None:
    of = base(subject, "server/plain/opening")
    over = threading.Event()

    def stays(connection: socket.socket) -> None:
        while connection.recv(1000):
            """Read on, and say nothing."""
        over.wait(VERY_PATIENT_S)

    with hostile(subject, stays) as delivery:
        for _ in range(BEATS):
            delivery.pulse.beat(0.0)
        came = delivery.deliver(mutated(of, 0))
        over.set()
    assert kinds(came) == [Kind.TIMEOUT]
    assert came.seconds >= PATIENCE_S


def test_evidence_of_a_case_goes_to_the_event_log_under_its_name(
    subject: Subject, delivery: Delivery
) -> None:
    subject.log.case = "FUZZ/1"
    came = delivery.deliver(mutated(base(subject, READ), 0))
    subject.log.case = ""
    path = subject.log.write.__self__.path  # type: ignore[attr-defined]
    events = [event for event in read_events(path) if getattr(event, "case", "") == "FUZZ/1"]
    assert [event.octets for event in events if isinstance(event, Sent)] == [one.hex() for one in came.sent]
    received = [event.octets for event in events if isinstance(event, Received)]
    assert received == [one.hex() for one in came.received]


def test_a_device_that_is_client_gets_mutated_answers(subject: Subject, delivery: Delivery) -> None:
    of = base(subject, "client/native/ae/data")
    came = delivery.deliver(mutated(of, 0))
    assert came.usual
    assert came.request is not None
    broken = FlipBit(pdu="E2E.EncrTransfer", at=-1)
    came = delivery.deliver(mutated(of, 6, broken))
    assert came.complete
    assert Kind.ABORTED in kinds(came)


def test_a_client_that_is_not_done_with_its_last_connection_is_told_again(subject: Subject) -> None:
    of = base(subject, "client/plain/data")
    running = subject.dut.start("connect")
    held = subject.dut.accept()
    assert held is not None
    later = threading.Timer(1.5 * CLIENT_S, held.close)
    later.start()
    came = Delivery(subject.dut, subject.log, patience=CLIENT_S).deliver(mutated(of, 0))
    later.join()
    running.join(VERY_PATIENT_S)
    assert came.usual
    assert came.seconds > CLIENT_S


def test_cases_over_one_association_leave_it_standing(subject: Subject, delivery: Delivery) -> None:
    of = base(subject, READ)
    with LivingAssociation(delivery, of) as living:
        for bit in range(8):
            came = living.deliver(
                mutated(of, REQUEST, FlipBit(pdu="MMS.confirmed-RequestPDU", at=8, bit=bit))
            )
            assert came.complete
            assert kinds(came) == [Kind.ANSWER]
            assert len(came.sent) == len(came.received) == 1
        usual = living.deliver(mutated(of, 0))
        assert usual.usual
        assert living.opened == 1
        assert len(living.before) == 9


def test_the_case_that_an_association_is_opened_for_tells_so(subject: Subject, delivery: Delivery) -> None:
    of = base(subject, READ)
    with LivingAssociation(delivery, of) as living:
        assert [living.deliver(mutated(of, 0)).opened for _ in range(2)] == [True, False]
        refused = mutated(of, REQUEST - 2, Withhold(pdu="ACSE.AARQ"))
        assert not living.deliver(refused).opened
        assert [living.deliver(mutated(of, 0)).opened for _ in range(2)] == [True, False]


def test_an_association_that_a_case_ended_is_opened_anew(subject: Subject, delivery: Delivery) -> None:
    of = base(subject, READ)
    with LivingAssociation(delivery, of) as living:
        assert living.deliver(mutated(of, 0)).usual
        came = living.deliver(mutated(of, REQUEST, FlipBit(pdu="E2E.EncrTransfer", at=-1)))
        assert Kind.ABORTED in kinds(came)
        assert living.deliver(mutated(of, 0)).usual
        assert living.opened == 2
        assert len(living.before) == 1


def test_an_association_is_opened_ahead_of_the_next_case_only_where_it_has_ended(
    subject: Subject, delivery: Delivery
) -> None:
    of = base(subject, READ)
    with LivingAssociation(delivery, of) as living:
        assert living.deliver(mutated(of, 0)).usual
        assert not living.reopened()
        assert Kind.ABORTED in kinds(
            living.deliver(mutated(of, REQUEST, FlipBit(pdu="E2E.EncrTransfer", at=-1)))
        )
        assert living.reopened()
        came = living.deliver(mutated(of, 0))
        assert came.usual
        assert not came.opened
        assert len(came.sent) == 1
        assert living.opened == 2


def test_a_mutation_that_does_not_fit_leaves_the_association_only_where_nothing_was_made(
    subject: Subject, delivery: Delivery
) -> None:
    of = base(subject, READ)
    with LivingAssociation(delivery, of) as living:
        unfit = FlipBit(pdu="MMS.confirmed-RequestPDU", at=9999)
        assert not living.deliver(mutated(of, REQUEST, unfit)).complete
        assert living.deliver(mutated(of, 0)).usual
        assert living.opened == 1
        unfit = FlipBit(pdu="PRES.TD", at=9999)
        assert not living.deliver(mutated(of, REQUEST, unfit)).complete
        assert living.deliver(mutated(of, 0)).usual
        assert living.opened == 2


def test_a_case_that_changes_the_opening_gets_an_association_of_its_own(
    subject: Subject, delivery: Delivery
) -> None:
    of = base(subject, READ)
    with LivingAssociation(delivery, of) as living:
        assert living.deliver(mutated(of, 0)).usual
        came = living.deliver(mutated(of, 3, Withhold(pdu="TPKT")))
        assert kinds(came) == [Kind.TRANSPORT_CONNECTED, Kind.TIMEOUT]
        assert living.opened == 1


def test_what_a_device_does_late_is_told_apart_from_the_next_case(
    subject: Subject, delivery: Delivery
) -> None:
    of = base(subject, READ)
    with LivingAssociation(delivery, of) as living:
        living.deliver(mutated(of, REQUEST, Repeat(pdu="TPKT", times=1)))
        subject.dut.actions.perform("disconnect")
        course = living._course
        assert course is not None
        assert select.select([course.connections.links[0].stream], [], [], VERY_PATIENT_S)[0]
        came = living.deliver(mutated(of, 0))
        assert Kind.ABORTED in [seen.kind for seen in living.late]
        assert came.usual
        assert living.opened == 2


class Unanswerable(Course):
    """A conversation in which what comes between two cases cannot be answered any more."""

    def come_since(self) -> tuple[Observation, ...]:
        """Raise what sending does then."""
        raise StimulusBroken("the connection ended before all of it was sent")


class Unanswering(Delivery):
    def course(self) -> Course:
        return Unanswerable(self.dut, self.log, self.pulse)


def test_an_association_that_breaks_between_two_cases_is_opened_anew(subject: Subject) -> None:
    of = base(subject, READ)
    delivery = Unanswering(subject.dut, subject.log, patience=VERY_PATIENT_S)
    known_as_slow(delivery)
    with LivingAssociation(delivery, of) as living:
        assert [living.deliver(mutated(of, 0)).usual for _ in range(2)] == [True, True]
        assert living.opened == 2


@contextmanager
def hostile(
    subject: Subject, serve: Callable[[socket.socket], None], patience: float = PATIENCE_S
) -> Iterator[Delivery]:
    """Have the tester meet a server that does with each connection what ``serve`` does."""
    listening = socket.create_server(("127.0.0.1", 0))

    def work() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                try:
                    serve(connection)
                except OSError:
                    continue

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    address = Address(*listening.getsockname())
    dut = subject.dut
    values: dict[str, Value] = {"dut.host": address.host, "dut.port": address.port}
    before, dut.pixit = dut.pixit, dut.pixit.with_overrides(values)
    try:
        yield Delivery(dut, subject.log, patience=patience)
    finally:
        dut.pixit = before
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def garbage(connection: socket.socket) -> None:
    connection.recv(1000)
    connection.sendall(b"\xff" * 3000)


def flood(connection: socket.socket) -> None:
    connection.recv(1000)
    connection.sendall(bytes.fromhex("0300000702f080") * 3000 + bytes(MOST_OCTETS))


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


@pytest.mark.parametrize("serve", [garbage, flood, reset])
def test_a_device_that_answers_garbage_floods_or_resets_is_an_outcome(
    subject: Subject, serve: Callable[[socket.socket], None]
) -> None:
    of = base(subject, "server/plain/data/read")
    with hostile(subject, serve) as delivery, LivingAssociation(delivery, of) as living:
        for case in (mutated(of, 0), mutated(of, 1, FlipBit(pdu="TPKT", at=2))):
            for came in (delivery.deliver(case), living.deliver(case)):
                assert not came.usual
                assert came.observations
                assert len(came.observations) <= MOST_SEEN
                assert sum(map(len, came.received)) <= MOST_OCTETS + len(came.received)


def test_a_device_that_is_not_there_is_an_outcome(subject: Subject) -> None:
    of = base(subject, "server/plain/data/read")
    with hostile(subject, garbage) as delivery:
        port = subject.dut.pixit.integer("dut.port")
    assert port
    gone = subject.dut.pixit
    subject.dut.pixit = gone.with_overrides({"dut.port": port})
    try:
        came = delivery.deliver(mutated(of, 1, FlipBit(pdu="TPKT", at=2)))
    finally:
        subject.dut.pixit = gone
    assert kinds(came) == [Kind.TCP_REFUSED]
    assert not came.complete

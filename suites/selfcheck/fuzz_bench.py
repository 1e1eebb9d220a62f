"""Devices that the fuzzer's oracles look at: one case at a time, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.pics.pixit import Value
from conform62351.profiles.policy import Policy
from conform62351.tooling.engine.mutations import AnyMutation
from conform62351.tooling.engine.steps import Conversation
from conform62351.tooling.fuzz.bases import Base, bases_for
from conform62351.tooling.fuzz.case import Case, Delivered, Placed, with_mutations
from conform62351.tooling.fuzz.delivery import Delivery
from conform62351.tooling.fuzz.layers import layers_of
from conform62351.tooling.fuzz.oracles import Complaint
from conform62351.tooling.fuzz.panel import Panel
from conform62351.tooling.fuzz.places import Place, find_places
from conform62351.tooling.proof.bench import NO_VALUES, Bench, Subject

LIMIT_S = 0.7


class FuzzedDevice:
    """A device that runs, with the oracles on it; ``patient``: it has all the time of its limits.

    ``delivery`` is what plays cases.
    """

    def __init__(self, subject: Subject, limit: float, *, patient: bool) -> None:
        self.dut = subject.dut
        self.log_path = subject.device.log.path
        self.panel = Panel(subject.dut, limit)
        # A device that is late because the machine is busy is not given up while it is looked at.
        self._patient = Delivery(subject.dut, subject.log)
        self.delivery = self._patient if patient else Delivery(subject.dut, subject.log, patience=limit)
        self._bases = {base.name: base for base in bases_for(subject.dut)}
        self._configuration = "default"
        self._calibrated: set[str] = set()

    def base(self, name: str) -> Base:
        """Return a base, in whose configuration the device is now, and which the oracles know."""
        base = self._bases[name]
        if base.configuration != self._configuration:
            self.dut.configure(base.configuration)
            self._configuration = base.configuration
        if name not in self._calibrated:
            self._calibrated.add(name)
            bare = bare_case(base.name, base.conversation)
            for _ in range(2):
                delivered = self._patient.deliver(bare)
                assert delivered.usual, delivered
                self.panel.calibrate(bare, delivered)
        return base

    def case(self, name: str, *mutations: AnyMutation) -> Case:
        """Return a case of a base with mutations, each put into the first step that sends such a PDU."""
        base = self.base(name)
        steps = {place.pdu: place.step for place in reversed(self.places(base))}
        placed = [Placed(steps[one.pdu], one) for one in mutations]
        talk = with_mutations(base.conversation, placed)
        layer = layers_of(mutations[0].pdu)[0] if mutations else "order"
        return Case(base=name, layer=layer, mutators=("test",), conversation=talk)

    def places(self, base: Base) -> tuple[Place, ...]:
        """Return where mutations can go."""
        return find_places(self._patient, base)

    def deliver(self, case: Case) -> Delivered:
        """Play a case."""
        return self.delivery.deliver(case)

    def complaints(self, case: Case) -> tuple[Complaint, ...]:
        """Play a case and return what the oracles say."""
        delivered = self.deliver(case)
        assert delivered.complete, delivered.why
        return self.panel.judge(self.panel.scene(case, delivered))


def bare_case(name: str, talk: Conversation) -> Case:
    """Return a case without mutations."""
    return Case(base=name, layer="order", mutators=(), conversation=talk)


def credentials_of(workshop: Workshop) -> tuple[str, str]:
    """Return the words by which a command takes credentials that are there: keys cost more than cases."""
    return ("--set", f"pki.folder={workshop.tester}")


@contextmanager
def fuzzed(
    bench: Bench,
    policy: Policy | None = None,
    *,
    limit: float = LIMIT_S,
    limits: Mapping[str, Value] = NO_VALUES,
    patient: bool = False,
) -> Iterator[FuzzedDevice]:
    """Run a device with ``policy``, a correct one without."""
    names = ("connect", "associate", "respond", "close")
    values: dict[str, Value] = {f"limit.{name}": limit for name in names}
    with bench.device(policy or Policy(), {**values, **limits}) as subject:
        yield FuzzedDevice(subject, limit, patient=patient)

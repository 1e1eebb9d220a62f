"""How soon generated cases reach what sets off the faults of firmware, all of them at once.

Run as ``python -m conform62351.tooling.bench.firmware_reach server/plain client/native``. One device in this
process has every fault, with a board that counts in place of what would become of it; cases are drawn as a
campaign draws them, without its corpus. What no case reaches no oracle can see: this tells the gaps of
generators from those of oracles, in seconds where a campaign against each device takes minutes.
"""

from __future__ import annotations

import argparse
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from conform62351.fixtures.faults.building import Combine
from conform62351.fixtures.firmware.bug import Bug
from conform62351.fixtures.firmware.harming import Board
from conform62351.fixtures.firmware.registry import firmware_catalogue
from conform62351.fixtures.pki.workshop import WorkshopPlan, make_workshop
from conform62351.tooling.engine.link import StimulusBroken
from conform62351.tooling.fuzz.delivery import Delivery
from conform62351.tooling.fuzz.drawing import Drawing
from conform62351.tooling.fuzz.examining import Examiner
from conform62351.tooling.fuzz.generating import NothingToMutate
from conform62351.tooling.fuzz.learnt import Learnt
from conform62351.tooling.fuzz.living import LivingAssociation
from conform62351.tooling.fuzz.state import Counts, Settings
from conform62351.tooling.fuzz.target import Target
from conform62351.tooling.fuzz.turns import STRETCH
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.revocation_server import RevocationServer
from conform62351.tooling.proof.bench import Bench, Subject

PATIENCE_S: Final = 0.05
"""How long a reaction is waited for: what comes does not matter."""


class Count:
    """How many cases there were, and for each fault in which it was set off first, and how often."""

    def __init__(self) -> None:
        self.cases = 0
        self.first: dict[str, int] = {}
        self.times: Counter[str] = Counter()

    def clear(self) -> None:
        """Begin anew."""
        self.cases = 0
        self.first.clear()
        self.times.clear()

    def meet(self, name: str) -> None:
        """Take note that a fault was set off."""
        self.first.setdefault(name, self.cases)
        self.times[name] += 1


class CountingBoard(Board):
    """A board on which nothing happens but that it is counted."""

    def __init__(self, name: str, count: Count) -> None:
        super().__init__()
        self._name = name
        self._count = count

    def slip(self) -> None:
        """Count."""
        self._count.meet(self._name)

    def crash(self, number: signal.Signals = signal.SIGSEGV) -> None:  # noqa: ARG002
        """Count."""
        self.slip()

    def exit(self, code: int) -> None:  # noqa: ARG002
        """Count."""
        self.slip()

    def hold(self) -> None:
        """Count."""
        self.slip()

    def spend(self, seconds: float) -> None:  # noqa: ARG002
        """Count."""
        self.slip()

    def keep_memory(self, size: int) -> None:  # noqa: ARG002
        """Count."""
        self.slip()

    def keep_descriptors(self, count: int) -> None:  # noqa: ARG002
        """Count."""
        self.slip()

    def refuses(self) -> bool:
        """Return False: cases are to reach the other faults."""
        return False


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """What cases have reached in one role and stack: ``first`` is the number of a case by fault."""

    cases: int
    seconds: float
    first: Mapping[str, int]
    times: Mapping[str, int]
    trouble: Mapping[str, int]


def reach(subject: Subject, count: Count, role: str, stack: str, cases: int, seed: int) -> Reach:
    """Play ``cases`` in a role and a stack; ``count`` is what the device's boards count to."""
    count.clear()
    trouble: Counter[str] = Counter()
    examiner = Examiner(Target(subject.dut, subject.log))
    settings = Settings(device="", inputs={}, seed=seed, layers=(), stacks=(stack,), roles=(role,))
    delivery = Delivery(subject.dut, subject.log, patience=PATIENCE_S)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, closing(Learnt(Path(folder), 0)) as learnt:
        drawing = Drawing(examiner, settings, learnt, Counts())
        while count.cases < cases and (generator := drawing.generator(count.cases)) is not None:
            with LivingAssociation(delivery, generator.base) as living:
                for _ in range(STRETCH):
                    try:
                        living.deliver(drawing.case(generator, count.cases))
                    except (NothingToMutate, StimulusBroken) as error:
                        trouble[f"{generator.base.name}: {error}"] += 1
                    drawing.played()
                    count.cases += 1
        trouble.update(f"{name}: {why}" for name, why in drawing.not_tested.items())
    seconds = time.monotonic() - began
    return Reach(
        cases=count.cases,
        seconds=seconds,
        first=dict(count.first),
        times=dict(count.times),
        trouble=dict(trouble),
    )


@contextmanager
def everything(bench: Bench, count: Count) -> Iterator[Subject]:
    """Run a device in this process that has all faults, and counts to ``count`` what sets them off."""
    policies = []
    for name, fault in firmware_catalogue().items():
        policy = fault.make()
        assert isinstance(policy, Bug), "the faults of this project have a board"
        policy.board = CountingBoard(name, count)
        policies.append(policy)
    with bench.device(Combine(*policies), {}) as subject:
        yield subject


@contextmanager
def _secured_bench(folder: Path) -> Iterator[Bench]:
    """Make credentials for both sides, and what serves their revocation data."""
    with RevocationServer() as server:
        plan = WorkshopPlan(now=time.time(), ocsp_url=server.ocsp_url)
        workshop = make_workshop(folder / "pki", plan)
        server.publish(CredentialFolder.load(workshop.tester))
        with closing(Bench(folder, workshop, server)) as bench:
            yield bench


def lines_of(found: Reach, role: str, stack: str) -> Iterator[str]:
    """Yield what was reached of the faults that this role and stack have, for people."""
    faults = [
        name for name, fault in firmware_catalogue().items() if role in fault.roles and stack in fault.stacks
    ]
    reached = sum(name in found.first for name in faults)
    rate = found.cases / found.seconds
    yield f"{role}/{stack}: {reached} of {len(faults)} set off in {found.cases} cases, {rate:.0f}/s"
    for name in sorted(faults, key=lambda name: found.first.get(name, found.cases)):
        first = found.first.get(name)
        told = "never" if first is None else f"first in case {first}, {found.times[name]} times"
        yield f"  {name}: {told}"
    for text, times in found.trouble.items():
        yield f"  {times} times: {text}"


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=3000, help="cases in each role and stack")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("which", nargs="+", metavar="ROLE/STACK")
    args = parser.parse_args()
    count = Count()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        subject = stack.enter_context(everything(stack.enter_context(_secured_bench(folder)), count))
        for which in args.which:
            role, _, protection = which.partition("/")
            found = reach(subject, count, role, protection, args.cases, args.seed)
            for line in lines_of(found, role, protection):
                print(line, flush=True)


if __name__ == "__main__":
    main()

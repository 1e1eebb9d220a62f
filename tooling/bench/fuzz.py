"""Cases that campaigns of the fuzzer get done a second, beside those of boofuzz.

Run as ``python -m conform62351.tooling.bench.fuzz [--boofuzz PYTHON]``; PYTHON is that of an environment of
its own into which ``boofuzz>=0.4,<0.5`` was installed. Every target is a process of its own. What is measured
are campaigns as ``conform62351 fuzz`` runs them: cases drawn, delivered and judged, evidence kept, what is
complained of pursued, and the device asked now and then whether it still associates. Each is of one base.

- native handshakes: associations with the built-in device, each on a connection of its own, signed and keyed,
  mutated in ClearToken1, HandshakeReq or the MMS initiate-Request that it carries. Many end there.
- PrPDUs, living: reads with a mutated PrPDU inside valid protection, over an association that stands.
  Both are measured with one process, and with two as ``--workers 2`` has them, each with a device.
- trivial target: CRs, mutated in TPKT and COTP, to a TCP server that answers whatever comes with the same CC.
  boofuzz sends its CRs to the same one, its loggers off, and waits for no answer. It also keeps a data base
  of its cases, which none of its options turns off; another figure is for boofuzz without that.
- TPKT to ACSE: all of TPKT, COTP, session, presentation and ACSE built in each case and one of them mutated,
  to the server of the package ``iec61850``.
  Both are measured with one process, and with the two of ``--workers 2``, which have the one server together.

Ours and those of boofuzz are done in turns, as many of either; figures are the best of several rounds, behind
a first one that counts for nothing: in it the campaign meets what is wrong with its device. A round in which
something new is pursued is done again: it tells what a finding takes, with all the time that a device gets to
show that it is none, and not what cases do.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from conform62351.fixtures.peers.running import PeerServer
from conform62351.tooling.bench import trivial_target
from conform62351.tooling.bench.fuzz_subject import Rate, Round, Subject, device_at, undistracted
from conform62351.tooling.bench.fuzz_workers import Workers
from conform62351.tooling.fuzz.layers import Layer

ERRORS_SHOWN: Final = 400
WIDTH: Final = 28
HANDSHAKES: Final = "native handshakes"
LIVING: Final = "PrPDUs, living"
TRIVIAL: Final = "trivial target"
ACSE: Final = "TPKT to ACSE"
BOOFUZZ: Final = "boofuzz"
BARE: Final = "boofuzz, no data base"
WORKERS: Final = 2
BOTH: Final = f", {WORKERS} workers"
WANTED: Final = {HANDSHAKES + BOTH: 150, LIVING + BOTH: 500}
"""Cases a second that the project has promised, on two cores with nothing else to do."""
HANDSHAKE: Final = (Layer.TOKEN1, Layer.SECPDU, Layer.MMS)
TRANSPORT: Final = (Layer.TPKT, Layer.COTP)
UP_TO_ACSE: Final = (Layer.TPKT, Layer.COTP, Layer.SESSION, Layer.PRESENTATION, Layer.ACSE)


@contextmanager
def _trivial() -> Iterator[int]:
    """Run the trivial target; give its port."""
    command = [sys.executable, trivial_target.__file__]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()


class Sizes(NamedTuple):
    """How many rounds there are, and how many seconds each of them takes."""

    rounds: int
    seconds: float


class Boofuzz:
    """boofuzz against the trivial target; ``python`` is that of an environment that has it."""

    def __init__(self, python: str, port: int, folder: Path) -> None:
        self.rates: dict[str, float] = {}
        """The best figures so far, by what is said of them."""
        self._python = python
        self._port = port
        self._folder = folder

    def round(self, count: int) -> None:
        """Have it send ``count`` cases as it is, and without its data base."""
        for name, options in ((BOOFUZZ, ()), (BARE, ("bare",))):
            self.rates[name] = max(self.rates.get(name, 0.0), self._send(count, *options))

    def _send(self, count: int, *options: str) -> float:
        script = str(Path(__file__).with_name("boofuzz_cases.py"))
        command = [self._python, script, str(self._port), str(count), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self._folder)
        if done.returncode:
            raise SystemExit(f"boofuzz failed: {done.stderr.strip()[-ERRORS_SHOWN:]}")
        return float(done.stdout.split()[-1])


def native(folder: Path, sizes: Sizes) -> dict[str, Rate]:
    """Measure cases against the built-in device in native mode, by one process and by several; return the
    best rounds.
    """
    wanted = {
        HANDSHAKES: ("server/native/ae/associating", HANDSHAKE),
        LIVING: ("server/native/ae/data/read", (Layer.MMS,)),
    }
    found = {}
    with ExitStack() as left:
        device = device_at(folder / "native", left)
        for number, (name, (base, layers)) in enumerate(wanted.items()):
            with ExitStack() as stack:
                subject = Subject(device, folder / f"native-{number}", base, layers, stack)
                found[name] = _best(_rounds(subject.round, sizes))
    for number, (name, (base, layers)) in enumerate(wanted.items()):
        with ExitStack() as stack:
            common = folder / f"workers-{number}"
            common.mkdir()
            workers = Workers(WORKERS, common, base, layers, stack)
            found[name + BOTH] = _best(_rounds(workers.round, sizes))
    return found


def plain(folder: Path, python: str, sizes: Sizes) -> tuple[dict[str, Rate], dict[str, float]]:
    """Measure cases to the trivial target and to ``iec61850``, in turns with boofuzz if there is one.

    Return the best rounds, ours and those of boofuzz, by their names.
    """
    with ExitStack() as stack:
        port = stack.enter_context(_trivial())
        server = stack.enter_context(PeerServer("iec61850"))
        device = device_at(folder / "trivial", stack, port)
        subject = Subject(device, folder / "trivial-0", "server/plain/opening", TRANSPORT, stack)
        ours = {TRIVIAL: _rounds(subject.round, sizes)}
        device = device_at(folder / "acse", stack, server.address.port)
        subject = Subject(device, folder / "acse-0", "server/plain/associating", UP_TO_ACSE, stack)
        ours[ACSE] = _rounds(subject.round, sizes)
        for name, (at, base, layers) in {
            TRIVIAL + BOTH: (port, "server/plain/opening", TRANSPORT),
            ACSE + BOTH: (server.address.port, "server/plain/associating", UP_TO_ACSE),
        }.items():
            common = folder / name
            common.mkdir()
            ours[name] = _rounds(Workers(WORKERS, common, base, layers, stack, at).round, sizes)
        other = Boofuzz(python, port, folder)
        found: dict[str, list[Rate]] = {name: [] for name in ours}
        for _ in range(sizes.rounds):
            for name, rounds in ours.items():
                found[name].append(next(rounds))
            if python:
                other.round(found[TRIVIAL][-1].played)
    return {name: _best(rates) for name, rates in found.items()}, other.rates


def _rounds(done: Round, sizes: Sizes) -> Iterator[Rate]:
    """Yield what each round comes to, behind one that counts for nothing."""
    undistracted(done, sizes.seconds)
    for _ in range(sizes.rounds):
        yield undistracted(done, sizes.seconds)


def _best(rates: Iterable[Rate]) -> Rate:
    return max(rates, key=lambda rate: rate.cases)


def measure(folder: Path, sizes: Sizes, python: str = "") -> None:
    """Measure everything and print it; campaigns leave their folders in ``folder``."""
    found = native(folder, sizes)
    ours, others = plain(folder, python, sizes)
    for name, rate in (found | ours).items():
        text = f"{name:>{WIDTH}}: {rate.cases:6.0f}/s, {rate.complete:4.0%} complete"
        text += f", {rate.processor * 1e3:.2f} ms CPU"
        if rate.device:
            text += f", {rate.device * 1e3:.2f} ms of the device"
        if name in WANTED:
            text += f", {WANTED[name]} wanted"
        if name in ours:
            text += "".join(f", {rate.cases / other:.2f} of {label}" for label, other in others.items())
        print(text)
    for label, other in others.items():
        print(f"{label:>{WIDTH}}: {other:6.0f}/s")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6.0, help="what a round takes")
    parser.add_argument("--boofuzz", metavar="PYTHON", default="", help="the Python that has boofuzz")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        measure(Path(scratch), Sizes(args.rounds, args.seconds), args.boofuzz)


if __name__ == "__main__":
    main()

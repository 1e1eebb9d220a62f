"""The scan of TLS suites beside sslyze, sslscan and nmap, against the same servers in one run.

Run as ``python -m conform62351.tooling.bench.scan``. The servers are OpenSSL's s_server as it comes, the same
with all suites that it has, and one with static Diffie-Hellman, which is the engine of this project.

Each asks for the same: the suites of TLS 1.2, and in which order the server takes them. nmap cannot leave the
other versions out. The tools are timed from their start to their end, and sslyze by its own clock too; ours
by ``elapsed_s``, and as a command from its start to its end, which is mostly Python's reading of modules.
What is compared is done in turns, and figures are the best of several rounds. A tool that is not there is
named. Of the third server only what is found counts: it is written in Python and slower than who asks it.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from conform62351.fixtures.pki.workshop import WorkshopPlan, make_workshop
from conform62351.fixtures.subprocesses import free_port
from conform62351.profiles.tls.suites import CODES, SUITES
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.scan.report import ScanReport
from conform62351.tooling.scan.scanning import EVERYTHING, SUITES_ALONE, Plan, scan

HOST: Final = "127.0.0.1"
OURS: Final = "ours"
WANTED: Final = 10.0
"""How many times faster than the fastest of the others the scan is meant to be."""
LIMIT_S: Final = 120.0
STATIC_KINDS: Final = ("tester-tls", "tls-ecdsa", "tls-dh-rsa", "tls-dh-dss")
_COMMAND: Final = (sys.executable, "-m", "conform62351.tooling.cli.main", "scan")
_NAME: Final = re.compile(r"TLS_[A-Za-z0-9_]+")
_NUMBER: Final = re.compile(r"\b0x([0-9A-F]{4})\b")
_OWN_CLOCK: Final = re.compile(r"SCANS COMPLETED IN ([0-9.]+) S")


@dataclass
class Measured:
    """The best times of one tool in seconds, by how they were taken, and the suites that it found."""

    seconds: dict[str, float] = field(default_factory=dict)
    suites: set[str] = field(default_factory=set)

    def take(self, how: str, seconds: float, suites: set[str]) -> None:
        """Take note of one round."""
        self.seconds[how] = min(seconds, self.seconds.get(how, seconds))
        self.suites |= suites


def tools(sslyze: str | None) -> dict[str, Callable[[int], list[str]]]:
    """Return the command lines of the tools that are there, by their names."""
    known: dict[str, tuple[str | None, Callable[[str, int], list[str]]]] = {
        "sslscan": (
            shutil.which("sslscan"),
            lambda program, port: [
                program,
                *("--tls12", "--show-cipher-ids", "--no-colour", "--no-fallback", "--no-renegotiation"),
                *("--no-compression", "--no-heartbleed", "--no-groups", "--no-check-certificate"),
                f"{HOST}:{port}",
            ],
        ),
        "sslyze": (
            sslyze or shutil.which("sslyze"),
            lambda program, port: [program, "--tlsv1_2", f"{HOST}:{port}"],
        ),
        "nmap": (
            shutil.which("nmap"),
            lambda program, port: [
                program,
                "-Pn",
                "-n",
                "-p",
                str(port),
                "--script",
                "+ssl-enum-ciphers",
                HOST,
            ],
        ),
    }
    there: dict[str, Callable[[int], list[str]]] = {}
    for name, (program, line) in known.items():
        if program is None:
            print(f"{name} is not installed and left out")
            continue
        there[name] = lambda port, program=program, line=line: line(program, port)  # type: ignore[misc]
    return there


def measure(port: int, others: dict[str, Callable[[int], list[str]]], rounds: int) -> dict[str, Measured]:
    """Scan the server at ``port`` in turns; return what each tool needed and found."""
    found = {name: Measured() for name in (OURS, *others)}
    for _ in range(rounds):
        found[OURS].take("everything", _scan(port, EVERYTHING).elapsed_s, set())
        report = _scan(port, SUITES_ALONE)
        found[OURS].take("scan", report.elapsed_s, {suite.name for suite in report.suites})
        seconds, _ = _run([*_COMMAND, f"{HOST}:{port}", "--fast", "--only", "suites"])
        found[OURS].take("process", seconds, set())
        for name, line in others.items():
            seconds, printed = _run(line(port))
            found[name].take("process", seconds, named(printed))
            if own := _OWN_CLOCK.search(printed):
                found[name].take("own clock", float(own[1]), set())
    return found


def named(printed: str) -> set[str]:
    """Return the suites that a tool has printed, by name or number."""
    numbers = (int(number, 16) for number in _NUMBER.findall(printed))
    return {name for name in _NAME.findall(printed) if name in CODES} | {
        SUITES[number] for number in numbers if number in SUITES
    }


def _scan(port: int, only: str) -> ScanReport:
    return scan(Plan(HOST, port, os.urandom, fast=True, only=only), Clock())


def _run(line: Sequence[str]) -> tuple[float, str]:
    begun = time.perf_counter()
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=LIMIT_S)
    return time.perf_counter() - begun, done.stdout


def tell(server: str, found: dict[str, Measured]) -> None:
    """Print times and who found what."""
    print(f"\n{server}")
    everything = set().union(*(measured.suites for measured in found.values()))
    for name, measured in found.items():
        times = ", ".join(f"{seconds:.3f} s ({how})" for how, seconds in measured.seconds.items())
        print(f"  {name:<8}{len(measured.suites):>4} suites  {times}")
        if missed := sorted(everything - measured.suites):
            print(f"{'':>22}without {', '.join(missed)}")


def compare(found: dict[str, Measured]) -> None:
    """Print how many times faster the scan is than each of the others, and than the fastest."""
    ours = found[OURS].seconds["scan"]
    ratios = {name: min(measured.seconds.values()) / ours for name, measured in found.items() if name != OURS}
    for name, ratio in ratios.items():
        print(f"  {ratio:6.1f} times faster than {name}")
    if ratios:
        least = min(ratios.values())
        verdict = "as wanted" if least >= WANTED else f"less than {WANTED:g}"
        print(f"  {least:6.1f} times faster than the fastest: {verdict}")


@contextmanager
def _server(line: Sequence[str], port: int) -> Iterator[int]:
    # s_server ends a connection when its own input ends: it gets one that does not.
    with subprocess.Popen(
        line, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _await(port)
            yield port
        finally:
            process.terminate()


def _await(port: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"no server came up at port {port}")


def _servers(folder: Path, stack: ExitStack) -> Iterator[tuple[str, int, bool]]:
    """Yield servers: what they are, their port, and whether they are quick enough for a race."""
    workshop = make_workshop(folder / "pki", WorkshopPlan(now=time.time()))
    device = CredentialFolder.load(workshop.tester)
    rsa, port = device.files("tester-tls"), free_port()
    openssl = shutil.which("openssl")
    if openssl is None:
        raise SystemExit("openssl is not installed")
    usual = [openssl, "s_server", "-quiet", "-cert", str(rsa.certificate), "-key", str(rsa.key)]
    yield "OpenSSL as it comes", stack.enter_context(_server([*usual, "-accept", str(port)], port)), True
    port = free_port()
    many = [*usual, "-accept", str(port), "-serverpref", "-cipher", "ALL:NULL:@SECLEVEL=0"]
    yield "OpenSSL with all suites that it has", stack.enter_context(_server(many, port)), True
    kinds = [name for name in STATIC_KINDS if name in device.names]
    credentials = [str(path) for name in kinds for path in _files(device, name)]
    port = free_port()
    line = [*_COMMAND, "--listen", f"{HOST}:{port}", *credentials]
    yield "the engine with static Diffie-Hellman", stack.enter_context(_server(line, port)), False


def _files(folder: CredentialFolder, name: str) -> tuple[str, Path, Path]:
    files = folder.files(name)
    return "--credential", files.certificate, files.key


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sslyze", help="where sslyze is, which belongs into an environment of its own")
    args = parser.parse_args()
    others = tools(args.sslyze or os.environ.get("SSLYZE"))
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        for name, port, quick in _servers(Path(scratch), stack):
            found = measure(port, others, args.rounds)
            tell(name, found)
            if quick:
                compare(found)


if __name__ == "__main__":
    main()

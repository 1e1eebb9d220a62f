"""tshark dissects the capture of a whole run; it finds malformed only what a case malforms on purpose.

tshark is nobody's work here: what it reads as MMS over the whole stack was encoded and captured rightly.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from conform62351.suites.loading import load
from conform62351.suites.selfcheck.peers import require_program
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.engine.case import Case
from conform62351.tooling.engine.mutations import AnyMutation, FieldMutation
from conform62351.tooling.engine.steps import Accept, AnyStep, Connect, Inject, SendingStep
from conform62351.tooling.engine.tls_steps import SendTls
from conform62351.tooling.frontend.execution import Execution
from conform62351.tooling.frontend.options import Options
from conform62351.tooling.net.capture import Span

AUTHENTICATING = ("a-profile", "compatibility")
STACK = {"tpkt", "cotp", "ses", "pres", "acse", "mms"}
FIELDS = ("frame.number", "tcp.srcport", "tcp.dstport", "frame.protocols", "_ws.malformed")
LIMIT_S = 120
EMPTY_EXCHANGES = {"tls-dh-rsa", "bad-tls/unknown-ca-dh", "bad-tls/no-key-agreement"}
NO_CERTIFICATES = {f"bad-tls/{name}" for name in ("truncated", "trailing", "twice", "pem")}


@dataclass(frozen=True)
class Frame:
    """A frame as tshark sees it: ``protocols`` from the outermost on, the ``case`` that was under way."""

    number: int
    source: int
    destination: int
    protocols: tuple[str, ...]
    malformed: str
    case: str


@dataclass(frozen=True)
class Dissection:
    """The frames of a run, and the ports at which the device and the tester listened."""

    frames: tuple[Frame, ...]
    device: int
    tester: int

    def from_device(self, frame: Frame) -> bool:
        """Return whether the device sent ``frame``, as server or as client."""
        return frame.source == self.device or frame.destination == self.tester


@pytest.mark.long
def test_what_tshark_makes_of_the_capture_of_a_whole_run(tmp_path: Path) -> None:
    """One run for all: it takes a good part of what the tests take."""
    dissection = dissection_of_a_run(tmp_path / "run")
    whole_stack_is_dissected_in_both_roles_and_directions(dissection)
    only_cases_that_malform_have_malformed_frames(dissection)
    device_sends_nothing_malformed(dissection)


def dissection_of_a_run(out: Path) -> Dissection:
    """Play all cases and return what tshark sees of it."""
    tshark = require_program("tshark")
    with Execution(Options(out=out), Operator(None)) as execution:
        prepared = execution.prepare()
        execution.run(prepared, lambda _: None)
        device = prepared.dut.pixit.integer("dut.port")
        tester = prepared.dut.listener.address.port
    capture = out / "capture.pcapng"
    return Dissection(tuple(dissect(tshark, capture, device, tester)), device, tester)


def dissect(tshark: str, capture: Path, *ports: int) -> Iterator[Frame]:
    """Yield the frames of a capture whose TCP ports speak TPKT."""
    index = json.loads(capture.with_name(capture.name + ".json").read_text())
    spans = [Span(**span) for span in index["cases"]]
    command = [tshark, "-r", str(capture), "-T", "fields"]
    for port in ports:
        command += ["-d", f"tcp.port=={port},tpkt"]
    for field in FIELDS:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=True)
    for line in done.stdout.splitlines():
        number, source, destination, protocols, malformed = line.split("\t")
        at = int(number)
        case = next((span.case for span in spans if span.first <= at <= span.last), "")
        yield Frame(at, int(source), int(destination), tuple(protocols.split(":")), malformed, case)


def malforms(case: Case) -> bool:
    """Return whether a case has the means to send what is malformed, and is there for it.

    Invalid and inopportune behaviour may be by any change to a PDU, valid behaviour by octets that the case
    itself brings along: a member, or a parameter, that no edition defines is valid, and unknown to tshark. So
    is an authentication value for a client that has not proposed a context for it: tshark reads it as MMS.
    """
    steps = [step for talk in case.conversations for step in talk.steps]
    mutations = [mutation for step in steps for mutation in mutations_of(step)]
    own_octets = any(isinstance(step, Inject) for step in steps) or any(
        getattr(mutation, "octets", b"") for mutation in mutations if not isinstance(mutation, FieldMutation)
    )
    unasked = any(isinstance(step, Accept) and step.stack in AUTHENTICATING for step in steps)
    invalid = case.behaviour != "BV" and (bool(mutations) or any(map(malforms_tls, steps)))
    return own_octets or unasked or invalid


def mutations_of(step: AnyStep) -> tuple[AnyMutation, ...]:
    """Return the changes that a step makes to PDUs and to messages of TLS."""
    tls = step.tls if isinstance(step, Connect | Accept) else None
    return (step.mutations if isinstance(step, SendingStep) else ()) + (tls.mutations if tls else ())


def malforms_tls(step: AnyStep) -> bool:
    """Return whether a step sends TLS records of its own, or a certificate that is none.

    The ClientKeyExchange of who shows a key of Diffie-Hellman is empty; tshark reads on in what follows.
    """
    if isinstance(step, Connect | Accept) and step.tls is not None:
        return not {*NO_CERTIFICATES, *EMPTY_EXCHANGES}.isdisjoint(step.tls.credentials)
    return isinstance(step, SendTls)


def whole_stack_is_dissected_in_both_roles_and_directions(dissection: Dissection) -> None:
    server = [frame for frame in dissection.frames if dissection.device in (frame.source, frame.destination)]
    client = [frame for frame in dissection.frames if dissection.tester in (frame.source, frame.destination)]
    for frames in (server, client):
        for sent in (True, False):
            told = {
                name for frame in frames if dissection.from_device(frame) is sent for name in frame.protocols
            }
            assert told >= STACK


def only_cases_that_malform_have_malformed_frames(dissection: Dissection) -> None:
    cases = load()
    malformed = [frame for frame in dissection.frames if frame.malformed]
    assert [frame for frame in malformed if not frame.case or not malforms(cases[frame.case])] == []
    groups = {cases[frame.case].group for frame in malformed}
    assert groups >= {"OSI/SRV/TPKT", "OSI/CLI/TPKT", "OSI/SRV/COTP", "OSI/CLI/COTP"}


def device_sends_nothing_malformed(dissection: Dissection) -> None:
    assert [frame for frame in dissection.frames if frame.malformed and dissection.from_device(frame)] == []

"""The built-in device behind a line, or with small buffers, driven through its PIXIT alone."""

from __future__ import annotations

import random
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from conform62351.fixtures.device.configuration import device_file
from conform62351.fixtures.device.process import start_device
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.reports.model.report import RunReport
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.frontend.execution import Execution
from conform62351.tooling.frontend.inputs import Files
from conform62351.tooling.frontend.options import Options
from conform62351.tooling.net.channel import Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import AddressUnavailable
from conform62351.tooling.net.flow import Address
from conform62351.tooling.net.relay import Relay
from conform62351.tooling.net.relay_line import Line

HOST = "127.0.0.1"
UNSET_CONTROL = "http://127.0.0.1:62351/"
"""The control port in the PIXIT of the built-in device, which each run replaces."""
PORT = "&port={tester_port}"
"""How that PIXIT tells the device where the tester listens."""
BEFORE = "1"
"""Written before the tester's port, it makes the port of the relay that passes on to it."""
PORTS = range(2000, 5000)
"""Below those that the system hands out, with and without that."""
LOG = re.compile(r'^security-events\.(client|server) = "yes"$', re.MULTILINE)
"""What claims the log: behind a relay that names the relay as the partner, and is not declared."""
STOP_LIMIT_S = 30.0
TRIES = 100

Run = Callable[..., RunReport]


@dataclass(frozen=True)
class Link:
    """What lies between tester and device: a ``line``, if any, and octets of buffers, 0 for the usual."""

    line: Line | None = None
    tester_buffers: int = 0
    device_buffers: int = 0


@contextmanager
def passing(listener: Listener, target: Address, line: Line) -> Iterator[Address]:
    """Pass on to ``target`` over ``line``, and yield where."""
    relay = Relay(listener, target, tell=lambda _: None, line=line)
    relay.start()
    try:
        yield relay.address
    finally:
        assert relay.stop(STOP_LIMIT_S)


def before_tester() -> tuple[int, Listener]:
    """Return a free port for the tester, and the listener that the device is told of in its place."""
    draw = random.Random()
    for _ in range(TRIES):
        port = draw.choice(PORTS)
        try:
            with socket.socket() as probe:
                probe.bind((HOST, port))
            return port, Listener.bind(HOST, int(f"{BEFORE}{port}"), clock=Clock())
        except (OSError, AddressUnavailable):
            continue
    raise AssertionError("no two ports are free")


HASTY, PATIENT = "answer_limit = 1.0", "answer_limit = 4.0"
"""TCP sends what the least buffers have no room for in pieces, five a second: a handshake takes longer."""


@contextmanager
def behind(
    link: Link, folder: Path, workshop: Workshop, *, revocation_port: int = 0, overrides: Sequence[str] = ()
) -> Iterator[Run]:
    """Start a device behind ``link``, and yield what runs suites against it.

    That takes the name of a folder for the report, and selectors. ``overrides`` are values of the PIXIT.
    """
    pixit, pics = folder / "pixit.toml", folder / "pics.toml"
    declared = device_file("pics.toml").read_text()
    given = [
        f"pki.folder={workshop.tester}",
        f"tester.revocation_port={revocation_port}",
        f"tester.socket_buffers={link.tester_buffers}",
        *overrides,
    ]
    with ExitStack() as stack:
        text = device_file("pixit.toml").read_text()
        assert HASTY in text
        pixit.write_text(text.replace(HASTY, PATIENT))
        device = stack.enter_context(
            start_device(pixit=pixit, pki=workshop.dut, socket_buffers=link.device_buffers)
        )
        text = pixit.read_text().replace(UNSET_CONTROL, device.control)
        addresses = {"dut.port": device.address, "dut.tls_port": device.tls_address}
        if link.line is not None:
            assert PORT in text
            declared = LOG.sub(r'security-events.\1 = "no"', declared)
            text = text.replace(PORT, PORT.replace("{", BEFORE + "{"))
            for name, target in addresses.items():
                listener = Listener.bind(HOST, clock=Clock())
                addresses[name] = stack.enter_context(passing(listener, target, link.line))
            for name in ("tester.port", "tester.tls_port"):
                port, listener = before_tester()
                stack.enter_context(passing(listener, Address(HOST, port), link.line))
                given.append(f"{name}={port}")
        given += [f"{name}={address.port}" for name, address in addresses.items()]
        pixit.write_text(text)
        pics.write_text(declared)
        files = Files(pics, pixit, device_file("deviations.toml"))

        def run(name: str, *selectors: str, exclude: Sequence[str] = ()) -> RunReport:
            options = Options(
                folder / name, files, selectors, tuple(exclude), capture=False, overrides=tuple(given)
            )
            with Execution(options, Operator(None)) as execution:
                return execution.run(execution.prepare(), lambda _: None)

        yield run

"""Fixtures that several of the harness's own tests use."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conform62351.fixtures.device.configuration import load_description
from conform62351.fixtures.device.device import ReferenceDevice
from conform62351.fixtures.pki.workshop import Workshop, WorkshopPlan, make_workshop
from conform62351.profiles.policy import Policy
from conform62351.suites.selfcheck.case_bench import Bench
from conform62351.suites.selfcheck.decode_bench import Decode
from conform62351.suites.selfcheck.device_native_pair import Pair, Spy
from conform62351.suites.selfcheck.device_peer import Peers, Start
from conform62351.suites.selfcheck.device_secured_peer import SecuredPeers
from conform62351.tooling.cli import decode_command
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.revocation_server import RevocationServer


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Make credentials of a tester and a device, once for all tests; nobody writes into its folders.

    Their revocation data are served where the certificates say.
    """
    with RevocationServer() as server:
        plan = WorkshopPlan(now=time.time(), ocsp_url=server.ocsp_url)
        made = make_workshop(tmp_path_factory.mktemp("pki") / "workshop", plan)
        server.publish(CredentialFolder.load(made.tester))
        yield made


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, workshop: Workshop) -> Iterator[Bench]:
    """Start devices that cases are played against; both sides have credentials."""
    made = Bench(tmp_path_factory.mktemp("bench"), workshop)
    yield made
    made.close()


@pytest.fixture
def pair(tmp_path: Path, workshop: Workshop) -> Iterator[Pair]:
    """Make a client and a server, to be started."""
    made = Pair(tmp_path, workshop)
    yield made
    made.stop()


@pytest.fixture
def spies() -> dict[str, Spy]:
    """Keep what client and server send."""
    return {"client": Spy(), "server": Spy()}


@pytest.fixture
def peers() -> Iterator[Peers]:
    """Make the other side of connections."""
    with Peers() as made:
        yield made


@pytest.fixture
def tester(workshop: Workshop) -> Iterator[SecuredPeers]:
    """Make the other side of secured connections."""
    with SecuredPeers(CredentialFolder.load(workshop.tester)) as made:
        yield made


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a device; keyword arguments replace members of its description."""
    with ExitStack() as stack:

        def started(
            policy: Policy | None = None, *, log: str = "a.log", pki: Path | None = None, **members: Any
        ) -> ReferenceDevice:
            description = replace(load_description(None, None), **members)
            device = ReferenceDevice(description, policy, log_path=tmp_path / log, pki=pki)
            stack.callback(device.stop)
            device.start()
            return device

        yield started


@pytest.fixture
def decode(capsys: pytest.CaptureFixture[str]) -> Decode:
    """Run the decode command in this process."""
    parser = argparse.ArgumentParser()
    decode_command.add_parser(parser.add_subparsers(required=True))

    def run(*arguments: object) -> tuple[int, str, str]:
        args = parser.parse_args(["decode", *map(str, arguments)])
        code: int = args.handler(args)
        return code, *capsys.readouterr()

    return run

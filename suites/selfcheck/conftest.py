"""Fixtures that several of the harness's own tests use."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from conform62351.fixtures.device.device import ReferenceDevice
from conform62351.fixtures.pki.workshop import Workshop, WorkshopPlan, make_workshop
from conform62351.profiles.policy import Policy
from conform62351.suites.selfcheck.decode_bench import Decode
from conform62351.suites.selfcheck.device_engine_peer import EnginePeers
from conform62351.suites.selfcheck.device_native_pair import Pair, Spy
from conform62351.suites.selfcheck.device_peer import Peers, Start, description_of
from conform62351.suites.selfcheck.device_secured_peer import SecuredPeers
from conform62351.suites.selfcheck.tls_peer_bench import PeerBench
from conform62351.tooling.cli import decode_command
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.e2e_keys import KeyFileWriter
from conform62351.tooling.net.revocation_server import RevocationServer
from conform62351.tooling.proof.bench import Bench


@pytest.fixture(scope="session")
def revocation_server() -> Iterator[RevocationServer]:
    """Serve the revocation data of the workshop where its certificates say."""
    with RevocationServer() as server:
        yield server


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory, revocation_server: RevocationServer) -> Workshop:
    """Make credentials of a tester and a device, once for all tests; nobody writes into its folders."""
    plan = WorkshopPlan(now=time.time(), ocsp_url=revocation_server.ocsp_url)
    made = make_workshop(tmp_path_factory.mktemp("pki") / "workshop", plan)
    revocation_server.publish(CredentialFolder.load(made.tester))
    return made


@pytest.fixture
def engine(workshop: Workshop) -> Iterator[EnginePeers]:
    """Make the engine's side of connections with a device over TLS."""
    with EnginePeers(CredentialFolder.load(workshop.tester)) as made:
        yield made


@pytest.fixture(scope="module")
def bench(
    tmp_path_factory: pytest.TempPathFactory, workshop: Workshop, revocation_server: RevocationServer
) -> Iterator[Bench]:
    """Start devices that cases are played against; both sides have credentials."""
    made = Bench(tmp_path_factory.mktemp("bench"), workshop, revocation_server)
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
            policy: Policy | None = None,
            *,
            log: str = "a.log",
            pki: Path | None = None,
            tls_library: bool = False,
            tls_key_log: KeyFileWriter | None = None,
            **members: Any,
        ) -> ReferenceDevice:
            description = description_of(**members)
            device = ReferenceDevice(
                description,
                policy,
                log_path=tmp_path / log,
                pki=pki,
                tls_library=tls_library,
                tls_key_log=tls_key_log,
            )
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


@pytest.fixture(scope="session")
def all_tls_peers(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeerBench]:
    """Keep what takes long to start for all tests."""
    made = PeerBench(workshop, tmp_path_factory.mktemp("peers"))
    yield made
    made.close()


@pytest.fixture
def tls_peers(all_tls_peers: PeerBench) -> Iterator[PeerBench]:
    """Let a test meet TLS stacks of others."""
    yield all_tls_peers
    all_tls_peers.tidy()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that take longest first: begun last, one of them would keep a worker when all is done."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)

"""Two reference devices in native mode over real sockets: the client role of one, the server role of another.

Each has a folder of its own: the client that of the tester, under the names of a device's credentials.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from conform62351.fixtures.device.configuration import (
    Configuration,
    DeviceDescription,
    Stack,
)
from conform62351.fixtures.device.device import ReferenceDevice
from conform62351.fixtures.device.native import NativeIdentity, NativePart
from conform62351.fixtures.device.requesting import RequestingEndpoint
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.environments.osi.association import NativeAssociation
from conform62351.profiles.mms.negotiation import SERVED
from conform62351.profiles.native.parameters import LocalPolicy
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.profiles.securitylog import EventRecord
from conform62351.profiles.securitylog_reader import parse_line
from conform62351.suites.selfcheck.device_peer import LIMIT_S, act, description_of
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.e2e_keys import KeyFileWriter
from conform62351.tooling.net.manifest import read_manifest

ASSOCIATED: Final = "IEC62351-14:4.1"
IN_TLS: Final = "IEC62351-3:1.1"


def as_device(folder: Path) -> CredentialFolder:
    """Return the tester's folder with its credentials under the names that a device looks for."""
    manifest = read_manifest(folder)
    known = manifest.credentials
    named = {**known, "application": known["tester"], "tls": known["tester-tls"]}
    return CredentialFolder(folder, msgspec.structs.replace(manifest, credentials=named))


@cache
def _description() -> DeviceDescription:
    return description_of()


def until(holds: Callable[[], bool], what: str, limit: float = LIMIT_S) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + limit
    while not holds():
        assert time.monotonic() < deadline, f"not within {limit} s: {what}"
        time.sleep(0.002)


def configuration(
    name: str = "native",
    stack: Stack = Stack.NATIVE,
    *,
    local: LocalPolicy | None = None,
    client: LocalPolicy | None = None,
    credential: str = "e2e",
    **identity: Any,
) -> Configuration:
    """Return a configuration of native mode; ``local`` is the policy of both roles but for a ``client``'s."""
    plain = _description().configurations["default"]
    server = local or LocalPolicy()
    parts = {Role.SERVER: NativePart(local=server), Role.CLIENT: NativePart(local=client or server)}
    native = NativeIdentity(credential=credential, parts=parts, **identity)
    return replace(plain, name=name, stack=stack, stacks={}, native=native)


class Pair:
    """A client and a server; ``configurations`` are there on both sides beside the default one."""

    def __init__(self, folder: Path, workshop: Workshop) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._server_pki = workshop.dut
        self._client_pki = as_device(workshop.tester)
        self._read = {"client": 0, "server": 0}
        self.server: ReferenceDevice
        self.client: ReferenceDevice

    def start(
        self,
        *configurations: Configuration,
        client: Policy | None = None,
        server: Policy | None = None,
        keys: bool = False,
        clock_offset: float = 0.0,
        own: Mapping[str, Configuration] | None = None,
        **members: Any,
    ) -> Pair:
        """Start both, in the first configuration.

        ``client`` and ``server`` are their policies, ``clock_offset`` that of the client's clock; ``own`` are
        configurations of the client in place of those. ``members`` are those of both descriptions.
        """
        listed = configurations or (configuration(),)
        services = dict.fromkeys(Role, SERVED)
        made = {one.name: one for one in listed}
        description = replace(
            _description(),
            **{"services": services, "max_associations": 60, **members},
            configurations={"default": listed[0], **made},
        )
        self.server = self._device("server", description, server, self._server_pki, keys, 0.0)
        swapped = {name: _swapped(one) for name, one in {**description.configurations, **(own or {})}.items()}
        description = replace(description, configurations=swapped)
        self.client = self._device("client", description, client, self._client_pki, keys, clock_offset)
        return self

    def _device(
        self,
        name: str,
        description: DeviceDescription,
        policy: Policy | None,
        pki: Path | CredentialFolder,
        keys: bool,
        clock_offset: float,
    ) -> ReferenceDevice:
        log = self._stack.enter_context(KeyFileWriter(self.key_file(name))) if keys else None
        device = ReferenceDevice(
            description,
            policy,
            log_path=self._folder / f"{name}.log",
            pki=pki,
            clock_offset=clock_offset,
            key_log=log,
        )
        self._stack.callback(device.stop)
        device.start()
        return device

    def key_file(self, name: str) -> Path:
        """Return where ``client`` or ``server`` writes its secrets."""
        return self._folder / f"{name}.keys"

    def configure(self, name: str) -> None:
        """Bring both into a configuration."""
        for device in (self.client, self.server):
            act(device, "configure", name=name)

    def connect(self) -> None:
        """Have the client open a connection to the server."""
        over_tls = self.server.shared.configuration.stack.tls
        address = self.server.tls_address if over_tls else self.server.address
        act(self.client, "connect", host=address.host, port=str(address.port))

    def associate(self) -> None:
        """Have the client associate with the server."""
        self.connect()
        self.read()

    def ask(self) -> None:
        """Have the client read a variable, whatever becomes of that."""
        act(self.client, "send-request")

    def read(self) -> None:
        """Have the client read a variable, and wait for the answer."""
        act(self.client, "send-request")
        endpoint = endpoint_of(self.client)
        until(lambda: endpoint.unanswered == 0 or endpoint.closing, "an answer")
        assert not endpoint.closing, self.events()

    def release(self, device: ReferenceDevice | None = None) -> None:
        """Have the client, or ``device``, release, and wait for the end of both ends."""
        act(device or self.client, "release")
        self.wait_for_end()

    def wait_for_end(self, limit: float = LIMIT_S) -> None:
        """Wait until neither side has a connection."""
        devices = (self.client, self.server)
        until(lambda: not any(device.shared.endpoints for device in devices), "the end", limit)

    def events(self) -> dict[str, list[str]]:
        """Return the identifiers that have come into the logs of both sides since the last time."""
        return {name: [record.id for record in self.records(name)] for name in self._read}

    def records(self, name: str) -> list[EventRecord]:
        """Return what has come into the log of ``client`` or ``server`` since the last time."""
        octets = (self._folder / f"{name}.log").read_bytes()
        new, self._read[name] = octets[self._read[name] :], len(octets)
        parsed = [parse_line(line) for line in new.splitlines()]
        assert all(line.remarks == () for line in parsed)
        return [line.record for line in parsed]

    def stop(self) -> None:
        """End both."""
        self._stack.close()


def both(identifiers: list[str]) -> dict[str, list[str]]:
    """Return the same events for both sides."""
    return {"client": identifiers, "server": identifiers}


def _swapped(one: Configuration) -> Configuration:
    """Return a configuration whose titles are those of the tester."""
    calling, called = one.client.called, one.client.calling
    return replace(
        one,
        client=msgspec.structs.replace(one.client, calling=calling, called=called),
        server=msgspec.structs.replace(one.server, called=calling),
    )


def endpoint_of(device: ReferenceDevice) -> RequestingEndpoint:
    """Return the only connection of a device."""
    (endpoint,) = device.shared.endpoints
    assert isinstance(endpoint, RequestingEndpoint)
    return endpoint


def native_of(device: ReferenceDevice) -> NativeAssociation:
    """Return the association of the only connection of a device."""
    native = endpoint_of(device).native
    assert native is not None
    return native


class Spy(Policy):
    """Changes nothing; keeps the names of what is sent, SecPDU and PDU in it, and the results in AAREs."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.results: list[int | None] = []

    def rewrite(self, name: str, value: Any) -> Any:
        """Return the value, having kept the result."""
        if name == "ACSE.AARE":
            self.results.append(value.result)
        return value

    def delay(self, names: Sequence[str]) -> float:
        """Return no delay, having kept the names."""
        told = [
            name.removeprefix("E2E.").removeprefix("MMS.") for name in names if name[:3] in ("E2E", "MMS")
        ]
        if told:
            self.sent.append(" ".join(told))
        return 0.0

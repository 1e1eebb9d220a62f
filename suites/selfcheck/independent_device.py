"""The independent peer against the reference device: over real sockets, with credentials of the workshop."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from conform62351.fixtures.device.device import ReferenceDevice
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.mms.negotiation import SERVED
from conform62351.profiles.native.parameters import Encryption, LocalPolicy, Mode
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.device_native_pair import configuration
from conform62351.suites.selfcheck.device_peer import act, description_of
from conform62351.suites.selfcheck.independent.certificates import Certificate, Identity, Trust
from conform62351.suites.selfcheck.independent.errors import Ended, Verdict
from conform62351.suites.selfcheck.independent.handshake import accept, connect
from conform62351.suites.selfcheck.independent.osi import Titles
from conform62351.suites.selfcheck.independent.peer import Association, Settings
from conform62351.suites.selfcheck.independent_lab import ALL, MODES
from conform62351.tooling.net.manifest import read_manifest

DEVICE, TESTER = Titles("1.1.1.999.1", 12), Titles("1.1.1.999", 12)
POLICIES = {
    "native": LocalPolicy(),
    "native-separate": LocalPolicy(mode=Mode.SEPARATE),
    "native-clear": LocalPolicy(mode=Mode.CLEAR),
    "native-no-encryption": LocalPolicy(mode=Mode.CLEAR, wanted=Encryption.UNWANTED),
    "native-encryption-required": LocalPolicy(wanted=Encryption.REQUIRED),
    "native-ae-required": LocalPolicy(ae_required=True),
    "native-without-ae": LocalPolicy(mode=Mode.SEPARATE, ae=()),
}
EVENT = re.compile(r'ID="([^"]+)"')
LIMIT_S = 10.0
ASSOCIATED = "IEC62351-14:4.1"


def certificates(file: Path) -> list[bytes]:
    """The certificates of a PEM file, in DER."""
    found = re.findall(r"-+BEGIN CERTIFICATE-+.*?-+END CERTIFICATE-+", file.read_text(), re.DOTALL)
    return [ssl.PEM_cert_to_DER_cert(each) for each in found]


def trust(folder: Path) -> Trust:
    """What the owner of a folder trusts."""
    manifest = read_manifest(folder)
    anchors, between = (
        tuple(Certificate(each) for each in certificates(folder / name))
        for name in (manifest.anchors, manifest.intermediates)
    )
    pem = "".join((folder / name).read_text() for name in manifest.crls)
    lists = re.findall(r"-+BEGIN X509 CRL-+.*?-+END X509 CRL-+", pem, re.DOTALL)
    return Trust(anchors, between, tuple(x509.load_pem_x509_crl(each.encode()) for each in lists))


class Laboratory:
    """A device in its own threads, and what the independent peer brings along."""

    def __init__(self, folder: Path, workshop: Workshop) -> None:
        self._folder, self._theirs = workshop.tester, workshop.dut
        self._manifest = read_manifest(self._folder)
        self._log, self._read = folder / "device.log", 0
        made = {name: configuration(name, local=policy) for name, policy in POLICIES.items()}
        for kind in ("e2e-rsa", "e2e-brainpool"):
            made[kind] = configuration(kind, credential=kind)
        description = description_of(
            configurations={"default": made["native"], **made},
            services=dict.fromkeys(Role, SERVED),
            max_associations=60,
        )
        self.device = ReferenceDevice(description, None, log_path=self._log, pki=workshop.dut)
        self.device.start()
        self.pool = ThreadPoolExecutor(4)
        self.identity = cache(self._identity)

    def _identity(self, name: str) -> Identity:
        entry = self._manifest.credentials[name]
        chain = certificates(self._folder / entry.certificate)
        key = serialization.load_pem_private_key((self._folder / str(entry.key)).read_bytes(), None)
        return Identity(key, chain[0], TESTER, tuple(reversed(chain[1:])))  # type: ignore[arg-type]

    def names(self) -> list[str]:
        """Of all certificates that can be shown in native mode, good and bad ones."""
        return [name for name, entry in self._manifest.credentials.items() if entry.key and "tls" not in name]

    def trust(self) -> Trust:
        """What the peer trusts, with an empty memory of replays."""
        return trust(self._folder)

    def trust_of_the_device(self) -> Trust:
        """What the peer would trust in the device's place."""
        return trust(self._theirs)

    def settings(self, kind: str = "e2e", *, server: bool = False, **members: Any) -> Settings:
        """What the peer is and wants, as client or as server."""
        identity = replace(self.identity(kind), last_us=0) if kind.startswith("bad/") else self.identity(kind)
        wanted: dict[str, Any] = {**ALL, "asso_id": 41} if server else {"called": DEVICE, "groups": (23,)}
        if not server and not {"aea", "icv"} & members.keys():
            wanted |= MODES["aes128-GCM"]
        return Settings(identity, self.trust(), **(wanted | members))

    def connected(self, settings: Settings, *, name: str = "native", configure: bool = True) -> Association:
        """Associate with the device; to configure it ends its other associations."""
        if configure:
            act(self.device, "configure", name=name)
        address = self.device.address
        sock = socket.create_connection((address.host, address.port))
        try:
            return connect(sock, settings)
        except BaseException:
            sock.close()
            raise

    def called(self, settings: Settings, *, name: str = "native") -> Association:
        """Have the device associate with the peer."""
        act(self.device, "configure", name=name)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(LIMIT_S)
            act(self.device, "connect", host="127.0.0.1", port=str(listener.getsockname()[1]))
            sock, _ = listener.accept()
        try:
            return accept(sock, settings)
        except BaseException:
            sock.close()
            raise

    def events(self) -> list[str]:
        """Identifiers of the events that came into the log since the last time."""
        octets = self._log.read_bytes() if self._log.exists() else b""
        new, self._read = octets[self._read :].decode(), len(octets)
        return EVENT.findall(new)

    def stop(self) -> None:
        """End the device."""
        self.device.stop()
        self.pool.shutdown()


@contextmanager
def laboratory(folder: Path, workshop: Workshop) -> Iterator[Laboratory]:
    """Start the device once for the tests of a module."""
    made = Laboratory(folder, workshop)
    try:
        yield made
    finally:
        made.stop()


def two_requests(made: Association) -> None:
    made.identify()
    made.identify()


def ended(act_so: Callable[[], object]) -> Verdict:
    with pytest.raises(Ended) as caught:
        act_so()
    assert caught.value.verdict.fault is None
    return caught.value.verdict


def asking(lab: Laboratory, settings: Settings, name: str = "native") -> Verdict:
    """What the device as server says to a faulty client."""
    lab.events()
    return ended(lambda: two_requests(lab.connected(settings, name=name)))


def serving(lab: Laboratory, settings: Settings, name: str) -> Verdict:
    """What the device as client says to a faulty server."""
    lab.events()

    def serve() -> None:
        made = lab.called(settings, name=name)
        act(lab.device, "send-request")
        made.serve()

    return ended(serve)


def logged(lab: Laboratory, *numbers: str) -> bool:
    """Wait for events of part 4 in the log, and for no others of it."""
    deadline = time.monotonic() + LIMIT_S
    found: list[str] = []
    while len(found) < len(numbers) and time.monotonic() < deadline:
        found += [event for event in lab.events() if event != ASSOCIATED]
        time.sleep(0.002)
    return found == [f"IEC62351-4:{number}" for number in numbers]

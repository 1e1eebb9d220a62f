"""The built-in device with what it needs around it: credentials for both sides, and their revocation data."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from conform62351.fixtures.device.process import DeviceError, DeviceProcess, start_device
from conform62351.fixtures.pki.workshop import ApplicationTitle, WorkshopPlan, make_workshop
from conform62351.fixtures.subprocesses import ChildError, free_port
from conform62351.pics.pixit import Pixit, Value
from conform62351.profiles.errors import ProtocolError
from conform62351.tooling.engine.log_access import COLLECTOR
from conform62351.tooling.frontend.inputs import UsageError
from conform62351.tooling.frontend.options import Options
from conform62351.tooling.net.channel import Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.errors import NetError
from conform62351.tooling.net.flow import Address
from conform62351.tooling.net.revocation_server import RevocationServer

TESTER = "tester"
DUT = "dut"
"""The folders of a workshop."""


def start_builtin(
    options: Options, pixit: Pixit, clock: Clock, left: ExitStack, *, secured: bool
) -> tuple[DeviceProcess, dict[str, Value], RevocationServer | None]:
    """Start the built-in device; ``left`` ends it. Return it, and what the PIXIT says of it by then.

    The third is the server of revocation data, where it is for credentials made here.

    With ``secured`` it has credentials, and the tester has some that it trusts: those of a workshop made for
    this run in a temporary folder, or where the PIXIT names the tester's folder those beside it. It has them
    too where the tester collects its log.

    Raises:
        UsageError: it cannot be started, or the credentials cannot be made or used.
    """
    given: dict[str, Value] = {}
    server: RevocationServer | None = None
    pki: Path | None = None
    collector: Address | None = None
    if pixit.text("log.access") == COLLECTOR:
        secured = True
        collector = Address(
            pixit.text("tester.bind"), pixit.integer("tester.log_port") or _free_port(pixit, clock)
        )
        given["tester.log_port"] = collector.port
    if secured:
        tester = pixit.text("pki.folder")
        if tester:
            folder = Path(tester)
        else:
            folder, server = _workshop(pixit, clock, left)
        given["pki.folder"] = str(folder)
        pki = folder.parent / DUT
    log = Path(left.enter_context(tempfile.TemporaryDirectory(prefix="conform62351-device-")))
    try:
        device = start_device(
            host=pixit.text("dut.host"),
            pki=pki,
            log=log / "security.log",
            log_collector=collector,
            faults=options.faults,
            fault_module=options.fault_module,
            spec_data=options.spec_data,
        )
    except DeviceError as error:
        raise UsageError(f"the built-in device does not start: {error}") from error
    left.callback(device.stop)
    given |= {
        "dut.host": device.address.host,
        "dut.port": device.address.port,
        "dut.tls_port": device.tls_address.port,
    }
    return device, given, server


def _workshop(pixit: Pixit, clock: Clock, left: ExitStack) -> tuple[Path, RevocationServer]:
    """Make credentials and serve their revocation data; return the tester's folder and the server."""
    folder = Path(left.enter_context(tempfile.TemporaryDirectory(prefix="conform62351-pki-")))
    try:
        server = _server(pixit, left)
        plan = WorkshopPlan(
            now=clock.unix(),
            tester=_title(pixit, TESTER),
            dut=_title(pixit, DUT),
            ocsp_url=server.ocsp_url,
            dh_form=pixit.text("pki.dh_form"),
        )
        made = make_workshop(folder, plan)
        server.publish(CredentialFolder.load(made.tester))
    except (NetError, ProtocolError) as error:
        raise UsageError(f"no credentials for the built-in device: {error}") from error
    return made.tester, server


def serve_revocation(pixit: Pixit, left: ExitStack) -> RevocationServer:
    """Serve the revocation data of the tester's folder, as its certificates say; ``left`` ends it.

    Raises:
        UsageError: the port cannot be bound, or the folder cannot be used.
    """
    try:
        folder = CredentialFolder.load(Path(pixit.text("pki.folder")))
        server = _server(pixit, left)
        server.publish(folder)
    except (NetError, ProtocolError) as error:
        raise UsageError(f"revocation data cannot be served: {error}") from error
    return server


def _server(pixit: Pixit, left: ExitStack) -> RevocationServer:
    host, port = pixit.text("tester.bind"), pixit.integer("tester.revocation_port")
    return left.enter_context(RevocationServer(host, port))


def _free_port(pixit: Pixit, clock: Clock) -> int:
    """Return a port that stays free: the device has to know it before the tester listens there."""
    with Listener.bind(pixit.text("tester.bind"), clock=clock) as listener:
        host = listener.address.host
    try:
        return free_port(host)
    except ChildError as error:
        raise UsageError(f"nothing can listen for the device's log: {error}") from error


def _title(pixit: Pixit, side: str) -> ApplicationTitle:
    ap_title = pixit.text(f"{side}.ap_title")
    plan = WorkshopPlan(now=0.0)
    usual = plan.tester if side == TESTER else plan.dut
    if not ap_title:
        return usual
    return ApplicationTitle(ap_title, pixit.integer(f"{side}.ae_qualifier"), pixit.text("pki.title_form"))

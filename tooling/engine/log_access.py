"""How the tester gets at the device's security-event log: what the PIXIT's ``log.access`` says."""

from __future__ import annotations

from pathlib import Path

from conform62351.pics.pixit import Pixit
from conform62351.profiles.role import Role
from conform62351.tooling.engine.actions import ActionFailed, Actions
from conform62351.tooling.engine.authenticate import TESTER_TLS
from conform62351.tooling.engine.device_log import DeviceLog
from conform62351.tooling.engine.log_sources import (
    COLLECTED,
    MEANS,
    CollectorSource,
    EndSource,
    FileSource,
    LogSource,
    LogUnreadable,
)
from conform62351.tooling.engine.security import MeansMissing, Security
from conform62351.tooling.net.channel import Channel, Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import NetError
from conform62351.tooling.net.log_collector import LogCollector
from conform62351.tooling.net.secure_channel import SecureChannel

READ_LOG = "read-log"
ANSWERING = ("command", "http")
"""The kinds of actions that answer something: a person asked, or a wait, brings no log."""
COLLECTOR = "collector"


def open_log(pixit: Pixit, actions: Actions, clock: Clock, security: Security) -> DeviceLog:
    """Open the log as ``log.access`` says. A device that sends its log has ``limit.connect`` to connect.

    Raises:
        LogUnreadable: there is no access, or what it needs is not there.
    """
    return DeviceLog(_source(pixit, actions, clock, security), clock)


def log_means(pixit: Pixit, actions: Actions) -> list[str]:
    """Return the means of the set-up that concern the log: those of reading and of collecting it."""
    if not is_offered(pixit, actions):
        return []
    return [MEANS, COLLECTED] if pixit.text("log.access") == COLLECTOR else [MEANS]


def is_offered(pixit: Pixit, actions: Actions) -> bool:
    """Return whether the set-up has what it needs to read the log."""
    match pixit.text("log.access"):
        case "file":
            return bool(pixit.text("log.file"))
        case "action":
            return actions.offers(READ_LOG) and actions.describe(READ_LOG) in ANSWERING
        case access:
            return access == COLLECTOR and bool(pixit.text("pki.folder"))


def _source(pixit: Pixit, actions: Actions, clock: Clock, security: Security) -> LogSource:
    access = pixit.text("log.access")
    if not is_offered(pixit, actions):
        lacking = {
            "file": ["log.file is not given"],
            "action": [f"there is no action {READ_LOG} that answers with the log"],
            COLLECTOR: ["pki.folder is not given"],
        }
        raise LogUnreadable(", ".join([f"log.access is {access}", *lacking.get(access, ())]))
    match access:
        case "file":
            return FileSource(Path(pixit.text("log.file")), clock)
        case "action":
            return EndSource(lambda: _read_by(actions), clock)
        case _:
            return CollectorSource(_collector(pixit, clock, security))


def _read_by(actions: Actions) -> bytes:
    try:
        return actions.perform(READ_LOG)
    except ActionFailed as error:
        raise LogUnreadable(str(error)) from error


def _collector(pixit: Pixit, clock: Clock, security: Security) -> LogCollector:
    limit = pixit.number("limit.connect")

    def secure(channel: Channel) -> SecureChannel:
        return SecureChannel.open(channel, security.machine(Role.SERVER, TESTER_TLS), limit=limit)

    try:
        security.machine(Role.SERVER, TESTER_TLS)
        address = pixit.text("tester.bind"), pixit.integer("tester.log_port")
        collector = LogCollector(Listener.bind(*address, clock=clock), secure)
    except (MeansMissing, NetError) as error:
        raise LogUnreadable(f"the log cannot be collected: {error}") from error
    collector.start()
    collector.wait_for_sender(limit)
    return collector

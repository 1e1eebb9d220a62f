"""A plain association with a device that is server, in one go: for sanity, and to fill the device."""

from __future__ import annotations

from conform62351.profiles.role import Role
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.judging import Observation
from conform62351.tooling.engine.link import Link, StimulusBroken
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.net.channel import Channel
from conform62351.tooling.net.errors import NetError, TcpRefused

RETRY_S = 0.02


def connect(dut: Dut) -> Channel | Observation:
    """Open a TCP connection to the device; without one return what was seen."""
    try:
        return dut.connect()
    except TcpRefused as error:
        return Observation(Kind.TCP_REFUSED, detail=str(error))
    except NetError as error:
        return Observation(Kind.TCP_REFUSED, name="unreachable", detail=str(error))


def associate(dut: Dut, log: RunLog, number: int = 0) -> tuple[Link | None, Observation]:
    """Associate over a new connection; return it and what was seen last.

    The connection is closed again, and None returned, unless the association stands.
    """
    channel = connect(dut)
    if isinstance(channel, Observation):
        return None, channel
    link = Link(number, Role.CLIENT, channel, dut, log)
    try:
        link.association.open_transport()
        link.flush()
        seen = link.observe(dut.pixit.number("limit.connect"))
        if seen.kind is Kind.TRANSPORT_CONNECTED:
            link.associate()
            link.flush()
            seen = link.observe(dut.pixit.number("limit.associate"))
    except StimulusBroken as error:
        seen = Observation(Kind.CLOSED, detail=str(error))
    if seen.kind is Kind.ASSOCIATED:
        return link, seen
    link.close()
    return None, seen


def leave(dut: Dut, link: Link) -> bool:
    """Release the association over ``link`` and close it; return whether the release could be sent."""
    try:
        link.association.release()
        link.flush()
        link.observe(dut.pixit.number("limit.respond"))
        return True
    except StimulusBroken:
        return False
    finally:
        link.close()


def associate_patiently(dut: Dut, log: RunLog, number: int) -> tuple[Link | None, Observation]:
    """Associate; an association that is not made is tried again within ``limit.associate``."""
    deadline = dut.clock.monotonic() + dut.pixit.number("limit.associate")
    while True:
        link, seen = associate(dut, log, number)
        if link is not None or dut.clock.monotonic() >= deadline:
            return link, seen
        dut.clock.sleep(RETRY_S)

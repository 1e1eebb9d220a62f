"""A plain association with a device that is server, in one go: for sanity, and to fill the device."""

from __future__ import annotations

from conform62351.profiles.role import Role
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.authenticate import TESTER_TLS
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.judging import HANDSHAKE, Observation
from conform62351.tooling.engine.link import ENDS, Link, StimulusBroken
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.tls_end import TlsEnd
from conform62351.tooling.net.errors import NetError, TcpRefused, TlsHandshakeFailed
from conform62351.tooling.net.flow import Stream

RETRY_S = 0.02


def connect(
    dut: Dut,
    stack: str = "",
    tls_credential: str = TESTER_TLS,
    port: str = "",
    tls: TlsEnd | None = None,
    raw: str = "",
) -> Stream | Observation:
    """Open a connection to the device; without one return what was seen.

    The arguments are those of :meth:`Dut.connect`; with ``raw`` those of :meth:`Dut.connect_raw`.

    Raises:
        MeansMissing: the set-up lacks a credential, or the privilege for raw sockets.
    """
    try:
        if raw:
            return dut.connect_raw(raw, port or stack)
        return dut.connect(stack, tls_credential, port, tls)
    except TcpRefused as error:
        return Observation(Kind.TCP_REFUSED, detail=str(error))
    except TlsHandshakeFailed as error:
        return handshake_failure(error)
    except NetError as error:
        return Observation(Kind.TCP_REFUSED, name="unreachable", detail=str(error))


def handshake_failure(error: TlsHandshakeFailed) -> Observation:
    """Return what was seen of a TLS handshake that failed.

    It is an alert of the device, or of the tester who did not take what the device sent, or else how the
    connection ended, under the name :data:`~conform62351.tooling.engine.judging.HANDSHAKE`.
    """
    fields = {"during": HANDSHAKE, "by": "device" if error.alert_received else "tester"}
    if error.alert_received:
        fields["alert"] = error.alert_received
        return Observation(Kind.TLS_ALERT, error.alert_received, str(error), fields)
    if error.end is not None:
        return Observation(ENDS[error.end], HANDSHAKE, str(error), fields | {"by": "device"})
    return Observation(Kind.TLS_ALERT, error.alert_sent, str(error), fields)


def associate(
    dut: Dut, log: RunLog, number: int = 0, handshake: Handshake | None = None
) -> tuple[Link | None, Observation]:
    """Associate over a new connection; return it and what was seen last.

    The connection is closed again, and None returned, unless the association stands. Its stack is that of
    the device's configuration; ``handshake`` is what is offered where that is native.

    Raises:
        MeansMissing: the set-up lacks a credential.
    """
    stream = connect(dut)
    if isinstance(stream, Observation):
        return None, stream
    link = Link(number, Role.CLIENT, stream, dut, log)
    try:
        link.association.open_transport()
        link.flush()
        seen = link.observe(dut.pixit.number("limit.connect"))
        if seen.kind is Kind.TRANSPORT_CONNECTED:
            dut.margins.waited("limit.connect", seen.after_s, "transport connection")
            link.associate(handshake=handshake)
            link.flush()
            seen = link.observe(dut.pixit.number("limit.associate"))
    except StimulusBroken as error:
        seen = Observation(Kind.CLOSED, detail=str(error))
    if seen.kind is Kind.ASSOCIATED:
        dut.margins.waited("limit.associate", seen.after_s, "association")
        return link, seen
    link.close()
    return None, seen


def leave(dut: Dut, link: Link) -> bool:
    """Release the association over ``link`` and close it; return whether the release could be sent."""
    try:
        link.association.release()
        link.flush()
        seen = link.observe(dut.pixit.number("limit.respond"))
        if seen.kind is not Kind.TIMEOUT:
            dut.margins.waited("limit.respond", seen.after_s, "answer to a release")
        return True
    except StimulusBroken:
        return False
    finally:
        link.close()


def associate_patiently(dut: Dut, log: RunLog, number: int) -> tuple[Link | None, Observation]:
    """Associate; an association that is not made is tried again within ``limit.associate``."""
    began = dut.clock.monotonic()
    deadline = began + dut.pixit.number("limit.associate")
    tried = began
    while True:
        link, seen = associate(dut, log, number)
        if link is not None and tried > began:
            dut.margins.waited("limit.associate", tried - began, "room for an association")
        if link is not None or dut.clock.monotonic() >= deadline:
            return link, seen
        dut.clock.sleep(RETRY_S)
        tried = dut.clock.monotonic()

"""What the tester does with TLS itself on a connection that stands: renegotiation, records at any moment."""

from __future__ import annotations

from collections.abc import Callable

from conform62351.profiles.osi.association import AssociationError
from conform62351.profiles.tls.engine.machine import EngineTls
from conform62351.profiles.tls.interface import TlsEvent, TlsStateError
from conform62351.profiles.tls.records import ContentType
from conform62351.tooling.engine.link import Link, StimulusBroken
from conform62351.tooling.engine.tls_steps import SendTls
from conform62351.tooling.net.errors import SendIncomplete
from conform62351.tooling.net.secure_channel import SecureChannel

PLAIN = "plain"


def renegotiate(link: Link, machine: EngineTls, *, resume: bool = False, times: int = 1) -> None:
    """Ask for another handshake; ``resume``: the session of this connection is offered.

    With ``times`` it is asked again when that is complete, until the device does not follow in time.

    Raises:
        StimulusBroken: the connection has ended, or a handshake is under way.
    """

    def ask() -> list[TlsEvent]:
        return machine.renegotiate(resume=resume)

    for done in range(times):
        if done and not link.await_handshake():
            return
        if not _drive(link, lambda stream: stream.drive(ask, limit=link.send_limit)):
            return


def send_tls(step: SendTls, link: Link) -> None:
    """Send records at this moment, up to the end of the connection.

    Raises:
        AssociationError: there is no TLS, or what is to be sent again was not sent.
        StimulusBroken: the connection ended before, and may not.
    """
    octets = link.policy.sent.get(step.again) if step.again else step.octets
    if octets is None:
        raise AssociationError(f"no {step.again} was sent")
    for _ in range(step.times):
        if not _drive(link, lambda stream: _send_record(stream, step, octets, link.send_limit)):
            break
    link.put_on_record(octets, step.name or step.again or "TLS.record")


def _send_record(stream: SecureChannel, step: SendTls, octets: bytes, limit: float) -> None:
    if step.content == PLAIN:
        stream.send_plain(octets, limit=limit)
        return
    machine = stream.machine
    if not isinstance(machine, EngineTls):
        raise AssociationError("the engine does no TLS on this connection")
    kind = ContentType[step.content.upper().replace("-", "_")]

    def inject() -> None:
        machine.inject(kind, octets)

    stream.drive(inject, limit=limit)


def proceed(link: Link) -> None:
    """Let a handshake that was stopped go on. Raises AssociationError: there is no TLS."""
    _drive(link, SecureChannel.proceed)


def _drive(link: Link, act: Callable[[SecureChannel], None]) -> bool:
    """Have something done with TLS; return whether the connection stood, which it need not always."""
    if not isinstance(link.stream, SecureChannel):
        raise AssociationError("this connection has no TLS")
    try:
        act(link.stream)
    except (SendIncomplete, TlsStateError) as error:
        if not link.may_break:
            raise StimulusBroken(str(error)) from error
        return False
    return True

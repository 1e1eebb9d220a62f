"""The steps that TLS alone has: another handshake on the connection, and records at any moment."""

from __future__ import annotations

from typing import Final, Literal

from conform62351.tooling.engine.step import SendingStep
from conform62351.tooling.engine.tls import Tls

Content = Literal["handshake", "alert", "change-cipher-spec", "application-data", "plain"]

HELLO_REQUEST: Final = bytes(4)
"""A HelloRequest as it stands on the wire."""
MOST_SHOWN: Final = 24


class Renegotiate(SendingStep, frozen=True, kw_only=True, tag="renegotiate"):
    """Ask for another handshake on the connection: with a ClientHello as client, a HelloRequest as server.

    ``tls`` is what the tester offers or takes from now on, None for the same as before. ``resume``: the
    client offers the session of the connection. Mutations concern the whole handshake to come. ``times``: it
    is asked so often, as soon as the handshake before is complete.
    """

    tls: Tls | None = None
    resume: bool = False
    times: int = 1

    def __str__(self) -> str:
        how = "" if self.tls is None else f" with {self.tls}"
        offer = ", offering the session" if self.resume else ""
        times = f", {self.times} times" if self.times > 1 else ""
        return f"ask for another TLS handshake{how}{offer}{times}{self._how()}"


class SendTls(SendingStep, frozen=True, kw_only=True, tag="send-tls"):
    """Send a TLS record at this moment, in whatever state, ``times`` over.

    ``octets`` are its ``content``, protected as records are now; those of ``plain`` go out as they are, with
    the header of a record among them or not. ``again`` is the name of a message, such as ``TLS.ClientHello``,
    that is sent as it was sent last in place of ``octets``.
    """

    content: Content = "handshake"
    octets: bytes = b""
    name: str = ""
    again: str = ""
    times: int = 1

    def __str__(self) -> str:
        if self.again:
            what = f"the last {self.again} again"
        else:
            shown = self.octets[:MOST_SHOWN].hex(" ") + (" …" if len(self.octets) > MOST_SHOWN else "")
            what = f"{self.name or 'octets'} ({shown or 'empty'})"
        times = f", {self.times} times" if self.times > 1 else ""
        where = "without TLS" if self.content == "plain" else f"in a TLS record for {self.content}"
        return f"send {what} {where}{times}{self._how()}"


class Proceed(SendingStep, frozen=True, kw_only=True, tag="proceed"):
    """Let a TLS handshake that was stopped go on, with mutations of its own."""

    def __str__(self) -> str:
        return f"go on with the TLS handshake{self._how()}"

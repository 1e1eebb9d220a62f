"""What can go wrong between the harness and the network, as typed errors."""

from __future__ import annotations

from conform62351.tooling.net.flow import End


class NetError(Exception):
    """Base of all errors of ``tooling.net``; the message is one line for people."""


class TcpRefused(NetError):
    """The peer's host answered the SYN with RST."""


class ConnectTimeout(NetError):
    """No TCP connection came about within the limit."""


class ConnectionLost(NetError):
    """The network gave the connection up: keep-alive or retransmission got no answer."""


class SendIncomplete(NetError):
    """Not all octets could be handed to TCP: ``accepted`` of ``wanted`` were taken.

    ``cause`` is ``closed``, ``reset`` or ``timeout``: the peer no longer read, or read too slowly.
    """

    def __init__(self, accepted: int, wanted: int, cause: str) -> None:
        super().__init__(f"{accepted} of {wanted} octets sent before {cause}")
        self.accepted = accepted
        self.wanted = wanted
        self.cause = cause


class AddressUnavailable(NetError):
    """A local address cannot be bound: in use, not ours, or not allowed."""


class PrivilegeMissing(NetError):
    """The operating system refuses raw sockets to this process; the message says what is needed."""


class CaptureError(NetError):
    """A capture cannot be read or written; the message names file and place."""


class TlsSettingsError(NetError):
    """No TLS can be set up: a file, suite or version cannot be used; the message names it and says why."""


class TlsHandshakeFailed(NetError):
    """TLS did not come about, and the TCP connection is closed.

    ``alert_received`` and ``alert_sent`` are descriptions of fatal alerts, empty without one. ``end`` tells
    how the peer ended TCP before the handshake was complete, TIMEOUT that it was not complete within the
    limit, None that TLS failed by itself. ``peer_chain`` are the certificates that had come by then, in DER.
    """

    def __init__(
        self,
        peer: str,
        reason: str,
        *,
        alert_received: str = "",
        alert_sent: str = "",
        end: End | None = None,
        peer_chain: tuple[bytes, ...] = (),
    ) -> None:
        alerts = [("alert received: ", alert_received), ("alert sent: ", alert_sent)]
        told = [words + alert for words, alert in alerts if alert]
        super().__init__(f"{peer}: TLS handshake failed: {'; '.join([reason, *told])}")
        self.reason = reason
        self.alert_received = alert_received
        self.alert_sent = alert_sent
        self.end = end
        self.peer_chain = peer_chain

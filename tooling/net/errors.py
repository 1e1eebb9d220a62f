"""What can go wrong between the harness and the network, as typed errors."""

from __future__ import annotations


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

"""What a tester can see a device do; kinds are kept apart because they mean different things."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """One kind of observation."""

    TCP_REFUSED = "tcp-refused"
    CONNECTED = "connected"
    """A TCP connection was opened, by the tester or by the device (DUT client)."""
    CLOSED = "closed"
    """The device closed the TCP connection in order (FIN)."""
    RESET = "reset"
    TLS_ALERT = "tls-alert"
    TLS_WARNING = "tls-warning"
    """An alert that ends nothing; name is its description."""
    TLS_ESTABLISHED = "tls-established"
    """A TLS handshake was completed; name is ``full`` or ``resumed``, fields tell the rest."""
    TLS_RENEGOTIATION = "tls-renegotiation"
    """The device asks for another handshake (``HelloRequest``) or begins one (``ClientHello``)."""
    TIMEOUT = "timeout"
    """Nothing came within the limit; whether the connection still works is judged separately."""
    TRANSPORT_CONNECTED = "transport-connected"
    TRANSPORT_REFUSED = "transport-refused"
    """COTP DR."""
    TRANSPORT_ERROR = "transport-error"
    """COTP ER."""
    ASSOCIATED = "associated"
    REJECTED = "rejected"
    """AARE or CPR or session REFUSE; name and detail tell which, with result and diagnostic."""
    ABORTED = "aborted"
    """ABRT, ARU, ARP or bare session ABORT; name tells which."""
    RELEASED = "released"
    RELEASE_REQUESTED = "release-requested"
    ANSWER = "answer"
    """A PDU of the protected protocol; name is its MMS name."""
    REQUEST = "request"
    """A PDU of the protected protocol that asks for something (DUT client); name is its MMS name."""
    UNDECODABLE = "undecodable"
    """Octets that are no PDU of the layer where they came."""

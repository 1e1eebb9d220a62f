"""How SecPDUs go out: each in the APDU or the presentation data that carries it."""

from __future__ import annotations

from conform62351.profiles.native.signing import Message
from conform62351.profiles.osi.apdu import ABORT_BY_USER, NO_REASON_GIVEN, USER
from conform62351.profiles.osi.sending import Sender


class SecPduSender:
    """Sends the signed SecPDUs of one association; what a policy withholds is not sent.

    ``inner`` is the name of the PDU of the protected protocol in a SecPDU, None without one.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def request(self, message: Message, inner: str | None) -> None:
        """Send a HandshakeReq in AARQ."""
        if message.octets is not None:
            self._sender.associate(message.octets, _names(message, inner))

    def accept(self, message: Message, inner: str | None) -> None:
        """Send a HandshakeAcc in an accepting AARE."""
        if message.octets is not None:
            self._sender.accept(message.octets, _names(message, inner))

    def reject(
        self,
        message: Message,
        result: int,
        source: int = USER,
        diagnostic: int = NO_REASON_GIVEN,
        inner: str | None = None,
    ) -> None:
        """Send an ApplicationReject or HandshakeSecReject in a rejecting AARE."""
        if message.octets is not None:
            self._sender.reject(result, source, diagnostic, message.octets, _names(message, inner))

    def refuse(self, result: int) -> None:
        """Send a rejecting AARE without a SecPDU."""
        self._sender.reject(result, USER, NO_REASON_GIVEN)

    def abort(self, message: Message, inner: str | None = None) -> None:
        """Send one of the aborts in ABRT."""
        if message.octets is not None:
            self._sender.abort(ABORT_BY_USER, message.octets, _names(message, inner))

    def release(self, message: Message, reason: int, inner: str | None) -> None:
        """Send a ReleaseReq in RLRQ."""
        if message.octets is not None:
            self._sender.release(reason, message.octets, _names(message, inner))

    def accept_release(self, message: Message, reason: int, inner: str | None) -> None:
        """Send a ReleaseRsp in RLRE."""
        if message.octets is not None:
            self._sender.accept_release(reason, message.octets, _names(message, inner))


def _names(message: Message, inner: str | None) -> tuple[str, ...]:
    return (message.name,) if inner is None else (message.name, inner)

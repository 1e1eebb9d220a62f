"""The steps that native mode alone has: a refresh of keys, and SecPDUs wherever they may be sent."""

from __future__ import annotations

from typing import Literal

from conform62351.tooling.engine.handshake import Signing
from conform62351.tooling.engine.step import SendingStep, Step

CarrierName = Literal["", "AARE", "ABRT", "RLRQ", "RLRE", "TD"]
SecPduName = Literal[
    "HandshakeReq",
    "HandshakeAcc",
    "ApplicationReject",
    "HandshakeSecReject",
    "HandshakeSecAbort",
    "DtSecAbort",
    "ApplAbort",
    "ReleaseReq",
    "ReleaseRsp",
    "ClearTransfer",
    "EncrTransfer",
    "osiDiagnostics",
]


class Rekey(Step, frozen=True, kw_only=True, tag="rekey"):
    """Have the tester's next data carry rekey; where it is the server, reqRekey."""

    def __str__(self) -> str:
        return f"refresh the keys with the next data{self._where()}"


class SendSecPdu(SendingStep, frozen=True, kw_only=True, tag="send-secpdu"):
    """Send a SecPDU that the tester makes now, in whatever state, in whatever carries it.

    ``carrier`` is ``AARE``, which then rejects, ``ABRT``, ``RLRQ``, ``RLRE`` or ``TD``; empty: its own.
    ``diagnostic`` is the name of the one that a reject or abort tells, or its number; empty: none, which says
    that there was an alarm. That of ``osiDiagnostics`` is a number. ``asso_id`` stands for the assoID of the
    association. A ClearTransfer or EncrTransfer, whichever was not agreed, has an ICV of nothing but zeros.
    """

    pdu: SecPduName
    carrier: CarrierName = ""
    diagnostic: str = ""
    asso_id: str | None = None
    signing: Signing | None = None

    def __str__(self) -> str:
        text = f"send {self.pdu}{f' in {self.carrier}' if self.carrier else ''}"
        if self.diagnostic:
            text += f", diagnostic {self.diagnostic}"
        if self.asso_id is not None:
            text += f", assoID {self.asso_id!r}"
        if self.signing is not None:
            text += f", {self.signing}"
        return text + self._how()

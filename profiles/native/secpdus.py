"""The SecPDUs of native mode, as values (12.2 and 13, annex B; names of the standard).

A SecPDU that was read keeps the octets that are protected: ``tbs`` and ``tbp`` are content octets as they
came, the end-of-contents octets of an indefinite length among them (11-decisions 1, I).
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from conform62351.profiles.native.tokens import (
    Authenticator,
    ClearToken1,
    ClearToken2,
    ClearToken3,
    Signature,
)


class Handshake(msgspec.Struct, frozen=True, kw_only=True):
    """What HandshakeReq and HandshakeAcc have in common; ``sign`` is None until it is signed."""

    pp: str
    token1: ClearToken1
    applData: bytes | None = None
    sign: Signature | None = None
    tbs: bytes = b""


class HandshakeReq(Handshake, frozen=True, kw_only=True):
    """The client's request, in AARQ."""


class HandshakeAcc(Handshake, frozen=True, kw_only=True):
    """The server's acceptance, in AARE."""


class WithToken3(msgspec.Struct, frozen=True, kw_only=True):
    """What rejects, aborts and releases have in common; ``sign`` is None until it is signed."""

    token3: ClearToken3
    sign: Signature | None = None
    tbs: bytes = b""


class WithApplData(WithToken3, frozen=True, kw_only=True):
    """One that can carry a PDU of the protected protocol."""

    applData: bytes | None = None


class WithDiagnostics(WithToken3, frozen=True, kw_only=True):
    """One that can carry a diagnostic: its number. None stands for an alarm, of which nothing is told."""

    diag: int | None = None


class ApplicationReject(WithApplData, frozen=True, kw_only=True):
    """The protected protocol refuses the association, in AARE."""


class HandshakeSecReject(WithDiagnostics, frozen=True, kw_only=True):
    """The server finds a fault in HandshakeReq, in AARE."""


class HandshakeSecAbort(WithDiagnostics, frozen=True, kw_only=True):
    """The client finds a fault in HandshakeAcc, in ABRT."""


class DtSecAbort(WithDiagnostics, frozen=True, kw_only=True):
    """Either side finds a fault in a data transfer, in ABRT."""


class ApplAbort(WithApplData, frozen=True, kw_only=True):
    """The protected protocol ends the association, in ABRT."""


class ReleaseReq(WithApplData, frozen=True, kw_only=True):
    """The request of a release, in RLRQ."""


class ReleaseRsp(WithApplData, frozen=True, kw_only=True):
    """The answer to a release, in RLRE."""


class ClearTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """Data in the clear, with an ICV."""

    token2: ClearToken2
    applData: bytes
    auth: Authenticator | None = None
    tbp: bytes = b""
    aad: bytes = b""


class EncrTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """Encrypted data; ``auth`` is there when encryption and ICV are separate.

    ``aad`` are the content octets of token2 as they came.
    """

    token2: ClearToken2
    applData: bytes
    auth: Authenticator | None = None
    tbp: bytes = b""
    aad: bytes = b""


class OsiFault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault of the environment, in ABRT, not signed: ``diagnostic`` n stands for event 15.n (I)."""

    diagnostic: int

    name: ClassVar[str] = "osiDiagnostics"


SignedPdu = (
    HandshakeReq
    | HandshakeAcc
    | ApplicationReject
    | HandshakeSecReject
    | HandshakeSecAbort
    | DtSecAbort
    | ApplAbort
    | ReleaseReq
    | ReleaseRsp
)
Transfer = ClearTransfer | EncrTransfer
SecPdu = SignedPdu | Transfer | OsiFault

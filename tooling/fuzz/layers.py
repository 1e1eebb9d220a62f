"""The layers that a fuzz case may aim at, and which PDUs belong to each."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Layer(StrEnum):
    """What a case changes; its value is the name on the command line and in reports.

    ``ORDER`` and ``SEGMENT`` are no PDUs: which messages go out when, and how TCP and COTP cut them.
    """

    TPKT = "tpkt"
    COTP = "cotp"
    SESSION = "session"
    PRESENTATION = "presentation"
    ACSE = "acse"
    MMS = "mms"
    AUTHENTICATION = "authentication"
    """The authentication value of compatibility mode."""
    TOKEN1 = "token1"
    TOKEN2 = "token2"
    TOKEN3 = "token3"
    SECPDU = "secpdu"
    CERTIFICATE = "certificate"
    TLS = "tls"
    ORDER = "order"
    SEGMENT = "segment"


_BY_PREFIX: Final = {
    "TPKT": Layer.TPKT,
    "COTP": Layer.COTP,
    "SES": Layer.SESSION,
    "PRES": Layer.PRESENTATION,
    "ACSE": Layer.ACSE,
    "MMS": Layer.MMS,
    "CMP": Layer.AUTHENTICATION,
    "E2E": Layer.SECPDU,
    "TLS": Layer.TLS,
}
_TOKENS: Final = {
    "E2E.HandshakeReq.token": Layer.TOKEN1,
    "E2E.HandshakeAcc.token": Layer.TOKEN1,
    "E2E.ClearTransfer.token": Layer.TOKEN2,
    "E2E.EncrTransfer.token": Layer.TOKEN2,
}
"""The tokens by their names; those of all other SecPDUs are ClearToken3."""
_TOKEN: Final = ".token"
_SIGNED: Final = ".tbs"
_WITH_CERTIFICATES: Final = (Layer.TOKEN1, Layer.TOKEN3, Layer.AUTHENTICATION)
_CERTIFICATE_OF_TLS: Final = "TLS.Certificate"

CERTIFICATE_FIELDS: Final = ("pkCert", "certPath", "certificate", "chain")
"""The fields of tokens, authentication values and messages of TLS that hold certificates."""


def layers_of(pdu: str) -> tuple[Layer, ...]:
    """Return the layers that the PDU of this name belongs to, the one that it is foremost first.

    A token, an authentication value and the TLS message Certificate belong to that of certificates as well,
    which stand in them; so does the tbs of a signed SecPDU. The names are those of
    :class:`~conform62351.profiles.policy.Policy`; one that is unknown belongs to no layer.
    """
    if pdu.startswith("E2E.") and pdu.endswith(_TOKEN):
        own = _TOKENS.get(pdu, Layer.TOKEN3)
    else:
        prefix = pdu.partition(".")[0]
        if prefix not in _BY_PREFIX:
            return ()
        own = _BY_PREFIX[prefix]
    certain = own in _WITH_CERTIFICATES or pdu == _CERTIFICATE_OF_TLS
    return (own, Layer.CERTIFICATE) if certain or pdu.endswith(_SIGNED) else (own,)

"""The alert protocol of TLS: numbers and names (RFC 5246 7.2, RFC 8446 6, IANA registry; R)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

CLOSE_NOTIFY: Final = "close_notify"
FATAL: Final = "fatal"
WARNING: Final = "warning"

DESCRIPTIONS: Final[Mapping[int, str]] = {
    0: CLOSE_NOTIFY,
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    30: "decompression_failure",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    60: "export_restriction",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    111: "certificate_unobtainable",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    114: "bad_certificate_hash_value",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
}
_LEVELS: Final = {1: WARNING, 2: FATAL}


class Alert(msgspec.Struct, frozen=True):
    """An alert: ``level`` is ``warning`` or ``fatal``, ``description`` the registry's name."""

    level: str
    description: str

    @classmethod
    def of(cls, octets: bytes) -> Alert:
        """Return the alert that two octets are; a number without a name stands as ``alert 200``."""
        level, description = octets
        return cls(
            _LEVELS.get(level, f"level {level}"), DESCRIPTIONS.get(description, f"alert {description}")
        )

    def __str__(self) -> str:
        return f"{self.level} {self.description}"

"""The SPDUs of session version 2, kernel and duplex (ITU-T X.225 clause 8.3), as values.

The defaults are what this project sends (11-decisions 15 and 16). A member that is None has no parameter on
the wire. Selectors and user data are octets; the others are numbers as they stand in their parameter.
"""

from __future__ import annotations

from typing import Final

import msgspec

VERSION_1: Final = 1
VERSION_2: Final = 2
"""Bits of the version number parameter."""
DUPLEX: Final = 2
"""Bit of the session user requirements."""

CONNECTION_IDENTIFIER: Final = 1
CONNECT_ITEM: Final = 5
TRANSPORT_DISCONNECT: Final = 17
PROTOCOL_OPTIONS: Final = 19
REQUIREMENTS: Final = 20
TSDU_MAXIMUM: Final = 21
VERSION: Final = 22
ENCLOSURE: Final = 25
REFLECT: Final = 49
REASON_CODE: Final = 50
CALLING: Final = 51
CALLED: Final = 52
"""Called selector in CN, responding selector in AC."""
USER_DATA: Final = 193
EXTENDED_USER_DATA: Final = 194
"""Codes of parameters and of their groups."""
WIDTHS: Final = {
    TRANSPORT_DISCONNECT: 1,
    PROTOCOL_OPTIONS: 1,
    REQUIREMENTS: 2,
    TSDU_MAXIMUM: 4,
    VERSION: 1,
    ENCLOSURE: 1,
}
"""Octets of the parameters whose length is fixed."""

MAX_PLAIN_USER_DATA: Final = 512
"""User data of CONNECT that fit PGI 193; longer ones want PGI 194."""
MAX_SELECTOR: Final = 16

RELEASED: Final = 1
"""Transport disconnect (PI 17): the transport connection is not kept."""
USER_ABORT: Final = 2
PROTOCOL_ERROR: Final = 4

REFUSED_BY_USER: Final = 0
REFUSED_BY_USER_CONGESTION: Final = 1
REFUSED_BY_USER_WITH_DATA: Final = 2
SELECTOR_UNKNOWN: Final = 129
USER_NOT_ATTACHED: Final = 130
CONGESTION: Final = 131
VERSIONS_NOT_SUPPORTED: Final = 132
REFUSED_BY_PROVIDER: Final = 133
IMPLEMENTATION_RESTRICTION: Final = 134
REFUSE_REASONS: Final = frozenset((0, 1, 2, *range(129, 135)))


class ConnectSpdu(msgspec.Struct, frozen=True, kw_only=True):
    """CN. ``user_data_pgi`` None lets the length of the user data decide between 193 and 194."""

    protocol_options: int | None = 0
    tsdu_maximum: bytes | None = None
    version: int | None = VERSION_2
    requirements: int | None = DUPLEX
    calling_selector: bytes | None = None
    called_selector: bytes | None = None
    user_data: bytes = b""
    user_data_pgi: int | None = None


class AcceptSpdu(msgspec.Struct, frozen=True, kw_only=True):
    """AC."""

    protocol_options: int | None = 0
    tsdu_maximum: bytes | None = None
    version: int | None = VERSION_2
    requirements: int | None = DUPLEX
    calling_selector: bytes | None = None
    responding_selector: bytes | None = None
    user_data: bytes = b""
    user_data_pgi: int | None = None


class RefuseSpdu(msgspec.Struct, frozen=True, kw_only=True):
    """RF. The user data stand behind the reason octet in PI 50 unless ``user_data_pgi`` says otherwise."""

    transport_disconnect: int | None = RELEASED
    requirements: int | None = None
    version: int | None = None
    reason: int | None = REFUSED_BY_USER_WITH_DATA
    user_data: bytes = b""
    user_data_pgi: int | None = None


class FinishSpdu(msgspec.Struct, frozen=True, kw_only=True):
    """FN."""

    transport_disconnect: int | None = RELEASED
    user_data: bytes = b""
    user_data_pgi: int | None = None


class DisconnectSpdu(msgspec.Struct, frozen=True, kw_only=True):
    """DN."""

    user_data: bytes = b""
    user_data_pgi: int | None = None


class AbortSpdu(msgspec.Struct, frozen=True, kw_only=True):
    """AB. ``reflect`` (PI 49) is the implementation's own, at most nine octets."""

    transport_disconnect: int | None = RELEASED | USER_ABORT
    reflect: bytes | None = None
    user_data: bytes = b""
    user_data_pgi: int | None = None


class AbortAcceptSpdu(msgspec.Struct, frozen=True, kw_only=True):
    """AA."""


class DataSpdu(msgspec.Struct, frozen=True):
    """DT, behind GIVE TOKENS as basic concatenation wants. ``enclosure`` (PI 25) is for segmenting."""

    user_data: bytes
    give_tokens: bool = True
    enclosure: int | None = None


Spdu = (
    ConnectSpdu
    | AcceptSpdu
    | RefuseSpdu
    | FinishSpdu
    | DisconnectSpdu
    | AbortSpdu
    | AbortAcceptSpdu
    | DataSpdu
)

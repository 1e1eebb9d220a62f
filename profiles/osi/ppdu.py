"""The PPDUs of the presentation protocol, kernel, normal mode (ITU-T X.226 clause 8.2), as values.

A member that is None is absent. BIT STRINGs stand as their content octets: the number of unused bits first.
Object identifiers are in dotted form.
"""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.osi.encodings import SINGLE_ASN1_TYPE

NORMAL_MODE: Final = 1

ACCEPTANCE: Final = 0
USER_REJECTION: Final = 1
PROVIDER_REJECTION: Final = 2
"""Results of a proposed context."""

ABSTRACT_SYNTAX_NOT_SUPPORTED: Final = 1
TRANSFER_SYNTAXES_NOT_SUPPORTED: Final = 2
LIMIT_ON_CONTEXTS_EXCEEDED: Final = 3
"""Provider reasons of a refused context."""

REFUSED_NOT_SPECIFIED: Final = 0
REFUSED_ADDRESS_UNKNOWN: Final = 3
REFUSED_PROTOCOL_VERSION: Final = 4
REFUSED_USER_DATA_NOT_READABLE: Final = 6
"""Provider reasons of a CPR."""

REASON_NOT_SPECIFIED: Final = 0
UNRECOGNIZED_PPDU: Final = 1
UNEXPECTED_PPDU: Final = 2
UNEXPECTED_PRIMITIVE: Final = 3
UNRECOGNIZED_PARAMETER: Final = 4
UNEXPECTED_PARAMETER: Final = 5
INVALID_PARAMETER_VALUE: Final = 6
"""Provider reasons of an ARP."""

EVENT_CP: Final = 0
EVENT_CPA: Final = 1
EVENT_CPR: Final = 2
EVENT_ARU: Final = 3
EVENT_ARP: Final = 4
EVENT_TD: Final = 7
EVENT_RELEASE_INDICATION: Final = 13
EVENT_RELEASE_CONFIRM: Final = 14
"""Event identifiers of an ARP."""


class Pdv(msgspec.Struct, frozen=True):
    """A presentation data value in its context.

    ``octets`` is the encoding of the value for single-ASN1-type and octet-aligned, the content octets of the
    BIT STRING for arbitrary.
    """

    context: int
    octets: bytes
    encoding: str = SINGLE_ASN1_TYPE
    transfer_syntax: str | None = None


class SimplyEncoded(msgspec.Struct, frozen=True):
    """User data without contexts; not used here, and told apart so that it can be judged."""

    octets: bytes


UserData = tuple[Pdv, ...] | SimplyEncoded


class ContextDefinition(msgspec.Struct, frozen=True):
    """A proposed presentation context: its number, abstract syntax and transfer syntaxes."""

    id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...] = ("2.1.1",)


class ContextResult(msgspec.Struct, frozen=True):
    """The answer to one proposed context."""

    result: int
    transfer_syntax: str | None = None
    provider_reason: int | None = None


class ContextIdentifier(msgspec.Struct, frozen=True):
    """A context of an ARU's list and its transfer syntax."""

    id: int
    transfer_syntax: str


class CP(msgspec.Struct, frozen=True, kw_only=True):
    """Connect presentation."""

    mode: int | None = NORMAL_MODE
    protocol_version: bytes | None = None
    calling_selector: bytes | None = None
    called_selector: bytes | None = None
    contexts: tuple[ContextDefinition, ...] | None = None
    requirements: bytes | None = None
    session_requirements: bytes | None = None
    user_data: UserData | None = None


class CPA(msgspec.Struct, frozen=True, kw_only=True):
    """Connect presentation accept."""

    mode: int | None = NORMAL_MODE
    protocol_version: bytes | None = None
    responding_selector: bytes | None = None
    results: tuple[ContextResult, ...] | None = None
    requirements: bytes | None = None
    session_requirements: bytes | None = None
    user_data: UserData | None = None


class CPR(msgspec.Struct, frozen=True, kw_only=True):
    """Connect presentation reject."""

    protocol_version: bytes | None = None
    responding_selector: bytes | None = None
    results: tuple[ContextResult, ...] | None = None
    default_result: int | None = None
    provider_reason: int | None = None
    user_data: UserData | None = None


class ARU(msgspec.Struct, frozen=True, kw_only=True):
    """Abnormal release by the user."""

    contexts: tuple[ContextIdentifier, ...] | None = None
    user_data: UserData | None = None


class ARP(msgspec.Struct, frozen=True, kw_only=True):
    """Abnormal release by the provider."""

    provider_reason: int | None = None
    event_identifier: int | None = None


class TD(msgspec.Struct, frozen=True):
    """Presentation data."""

    user_data: UserData


class UD(msgspec.Struct, frozen=True):
    """The user data of P-RELEASE, which has no PPDU of its own (11-decisions 16)."""

    user_data: UserData


Ppdu = CP | CPA | CPR | ARU | ARP | TD | UD

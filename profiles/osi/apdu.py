"""The APDUs of ACSE (ITU-T X.227 clause 9, with authentication), as values.

A member that is None is absent. BIT STRINGs stand as their content octets: the number of unused bits first.
Object identifiers are in dotted form. Authentication values keep their exact octets, since signatures that
later layers verify may cover them.
"""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.osi.encodings import SINGLE_ASN1_TYPE

VERSION_1: Final = b"\x07\x80"
AUTHENTICATION_UNIT: Final = b"\x07\x80"

ACCEPTED: Final = 0
REJECTED_PERMANENT: Final = 1
REJECTED_TRANSIENT: Final = 2

USER: Final = 1
PROVIDER: Final = 2
"""Sources of a diagnostic: the tags of the choice in result-source-diagnostic."""

NULL: Final = 0
NO_REASON_GIVEN: Final = 1
CONTEXT_NAME_NOT_SUPPORTED: Final = 2
CALLING_AP_TITLE: Final = 3
CALLING_AE_QUALIFIER: Final = 6
CALLED_AP_TITLE: Final = 7
CALLED_AE_QUALIFIER: Final = 10
"""Diagnostics of the user about titles, as this project settled them (inferred). X.227 numbers the
AE-qualifiers 5 and 9, and has 6 and 10 for the AE-invocation-identifiers."""
NO_COMMON_VERSION: Final = 2
"""Diagnostic of the provider."""

ABORT_BY_USER: Final = 0
ABORT_BY_PROVIDER: Final = 1

RELEASE_NORMAL: Final = 0
RELEASE_REASONS: Final = frozenset((0, 1, 30))


class External(msgspec.Struct, frozen=True):
    """An EXTERNAL as ACSE carries it.

    ``octets`` is the encoding of the value for single-ASN1-type and octet-aligned, the content octets of the
    BIT STRING for arbitrary.
    """

    indirect_reference: int | None
    octets: bytes
    encoding: str = SINGLE_ASN1_TYPE
    direct_reference: str | None = None
    descriptor: bytes | None = None


ApTitle = str | bytes
"""An object identifier in dotted form, or the whole encoding of a title of another form."""
AeQualifier = int | bytes
"""A number, or the whole encoding of a qualifier of another form."""
UserInformation = tuple[External, ...]


class AARQ(msgspec.Struct, frozen=True, kw_only=True):
    """Association request."""

    protocol_version: bytes | None = VERSION_1
    application_context: str | None = None
    called_ap_title: ApTitle | None = None
    called_ae_qualifier: AeQualifier | None = None
    called_ap_invocation: int | None = None
    called_ae_invocation: int | None = None
    calling_ap_title: ApTitle | None = None
    calling_ae_qualifier: AeQualifier | None = None
    calling_ap_invocation: int | None = None
    calling_ae_invocation: int | None = None
    requirements: bytes | None = None
    mechanism_name: str | None = None
    authentication_value: bytes | None = None
    implementation_information: bytes | None = None
    user_information: UserInformation | None = None


class AARE(msgspec.Struct, frozen=True, kw_only=True):
    """Association response. ``diagnostic_source`` is 1 for the user, 2 for the provider."""

    protocol_version: bytes | None = VERSION_1
    application_context: str | None = None
    result: int | None = ACCEPTED
    diagnostic_source: int | None = USER
    diagnostic: int | None = NULL
    responding_ap_title: ApTitle | None = None
    responding_ae_qualifier: AeQualifier | None = None
    responding_ap_invocation: int | None = None
    responding_ae_invocation: int | None = None
    requirements: bytes | None = None
    mechanism_name: str | None = None
    authentication_value: bytes | None = None
    implementation_information: bytes | None = None
    user_information: UserInformation | None = None


class RLRQ(msgspec.Struct, frozen=True, kw_only=True):
    """Release request."""

    reason: int | None = RELEASE_NORMAL
    user_information: UserInformation | None = None


class RLRE(msgspec.Struct, frozen=True, kw_only=True):
    """Release response."""

    reason: int | None = RELEASE_NORMAL
    user_information: UserInformation | None = None


class ABRT(msgspec.Struct, frozen=True, kw_only=True):
    """Abort."""

    source: int | None = ABORT_BY_USER
    diagnostic: int | None = None
    user_information: UserInformation | None = None


Apdu = AARQ | AARE | RLRQ | RLRE | ABRT

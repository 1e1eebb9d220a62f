"""What one side of an association brings along: addresses, titles, contexts, what it insists on."""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.identifiers import IDENTIFIERS
from conform62351.profiles.osi.ppdu import ContextDefinition
from conform62351.profiles.transport.parameters import TransportParameters

ACSE_SYNTAX: Final = IDENTIFIERS.oid("acse-abstract-syntax")
MMS_SYNTAX: Final = IDENTIFIERS.oid("mms-abstract-syntax")
BER_SYNTAX: Final = IDENTIFIERS.oid("ber-transfer-syntax")
BASIC_CONTEXT: Final = IDENTIFIERS.oid("basic-AC")

ACSE_CONTEXT: Final = 1
MMS_CONTEXT: Final = 3


class Titles(msgspec.Struct, frozen=True):
    """The application-entity title of one side; ``ap_title`` is a dotted object identifier."""

    ap_title: str | None = None
    ae_qualifier: int | None = None


class Authentication(msgspec.Struct, frozen=True):
    """The authentication members of an AARQ or AARE.

    ``requirements`` is the content of a BIT STRING (bit 0 selects the functional unit: 07 80), ``value`` the
    whole encoding of the Authentication-value, one TLV.
    """

    requirements: bytes | None = None
    mechanism_name: str | None = None
    value: bytes | None = None


class OsiParameters(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of an :class:`~conform62351.profiles.osi.association.Association`.

    ``calling_*`` and ``called_*`` are what a client sends, None to leave one out; a server answers with its
    ``called`` titles as the responding ones. ``own_*`` and ``expected_calling`` are what a server insists on;
    None, and a title that is None, is not looked at (11-decisions 15). ``tpdu_size`` is the exponent of C0.

    ``contexts`` are proposed by a client, ``abstract_syntaxes`` are accepted by a server;
    ``protocol_syntax`` is the one that user information and data are in. ``max_connect_data`` bounds the
    user data of the CONNECT that a server takes, ``max_contexts`` the contexts that it accepts, ``max_tsdu``
    whatever is received, in octets.
    """

    calling_transport: bytes | None = b"\x00\x01"
    called_transport: bytes | None = b"\x00\x01"
    calling_session: bytes | None = b"\x00\x01"
    called_session: bytes | None = b"\x00\x01"
    calling_presentation: bytes | None = b"\x00\x00\x00\x01"
    called_presentation: bytes | None = b"\x00\x00\x00\x01"
    calling: Titles = Titles()
    called: Titles = Titles()

    own_transport: bytes | None = None
    own_session: bytes | None = None
    own_presentation: bytes | None = None
    own_titles: Titles = Titles()
    expected_calling: Titles = Titles()

    tpdu_size: int | None = None
    max_tsdu: int = 131_072
    max_connect_data: int = 10_240
    max_contexts: int = 16

    contexts: tuple[ContextDefinition, ...] = (
        ContextDefinition(ACSE_CONTEXT, ACSE_SYNTAX, (BER_SYNTAX,)),
        ContextDefinition(MMS_CONTEXT, MMS_SYNTAX, (BER_SYNTAX,)),
    )
    abstract_syntaxes: tuple[str, ...] = (ACSE_SYNTAX, MMS_SYNTAX)
    protocol_syntax: str = MMS_SYNTAX
    application_context: str = BASIC_CONTEXT
    authentication: Authentication = Authentication()

    def transport(self) -> TransportParameters:
        """Return the part that the transport layer needs."""
        return TransportParameters(
            calling_selector=self.calling_transport,
            called_selector=self.called_transport,
            own_selector=self.own_transport,
            tpdu_size=self.tpdu_size,
            max_tsdu=self.max_tsdu,
        )

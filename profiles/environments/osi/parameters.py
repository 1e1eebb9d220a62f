"""What one side of native mode over OSI brings along."""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.identifiers import IDENTIFIERS, Identifiers
from conform62351.profiles.native.ber import BerCodec
from conform62351.profiles.native.codec import Codec
from conform62351.profiles.native.derivation import Derivation
from conform62351.profiles.native.identity import Numbers
from conform62351.profiles.native.parameters import NativeParameters
from conform62351.profiles.native.rekey import LONGEST_INTERVAL_S, SHORTEST_INTERVAL_S
from conform62351.profiles.osi.parameters import BASIC_CONTEXT, BER_SYNTAX, MMS_SYNTAX, OsiParameters, Titles
from conform62351.profiles.osi.ppdu import ContextDefinition
from conform62351.profiles.role import Role

E2E_CONTEXT: Final = 5
"""The usual number of the E2E context; the initiator chooses it."""


class NativeSecurity(msgspec.Struct, kw_only=True):
    """What native mode needs beside the parameters of OSI.

    ``native`` is shared by all associations of one identity, ``numbers`` by all that are open with one
    partner, or by all of a device: an association takes one of them and gives it back. ``tls`` and
    ``tls_certificate`` (DER) tell of the connection beneath.

    Keys are refreshed every ``refresh_interval`` seconds, 15 minutes to 24 hours. A server waits
    ``rekey_limit`` seconds for a rekey that it has asked for, with None for ever (decision 34).
    ``derivation`` is the reading that keys go by; with ``search``, which is for testers, one is looked for
    when the first message of the peer does not verify. ``identifiers`` hold the abstract syntax and the
    application context.

    Raises ValueError for another interval.
    """

    native: NativeParameters
    numbers: Numbers
    tls: bool = False
    tls_certificate: bytes | None = None
    codec: Codec = msgspec.field(default_factory=BerCodec)
    refresh_interval: float = LONGEST_INTERVAL_S
    rekey_limit: float | None = None
    search: bool = False
    derivation: Derivation = Derivation()
    identifiers: Identifiers = IDENTIFIERS

    def __post_init__(self) -> None:
        if not SHORTEST_INTERVAL_S <= self.refresh_interval <= LONGEST_INTERVAL_S:
            raise ValueError(f"keys are refreshed every 15 min to 24 h, not every {self.refresh_interval} s")


def native_osi(parameters: OsiParameters, role: Role, identifiers: Identifiers) -> OsiParameters:
    """Return the parameters of OSI for native mode: e2eMmsAC, and the contexts of MMS and e2eSecurityAS.

    An application context other than basic-AC stays as it is, and so does a context for e2eSecurityAS. A
    server that insists on no called titles insists on its own (decision 20).

    Raises ValueError without the titles that this side sends and is called by.
    """
    sent = (parameters.called, parameters.calling) if role is Role.CLIENT else (parameters.called,)
    if any(None in (titles.ap_title, titles.ae_qualifier) for titles in sent):
        raise ValueError("native mode needs AP-title and AE-qualifier: of both sides in a client")
    syntax = identifiers.oid("e2eSecurityAS")
    contexts, syntaxes = parameters.contexts, parameters.abstract_syntaxes
    if all(context.abstract_syntax != syntax for context in contexts):
        taken = {context.id for context in contexts}
        number = next(number for number in range(E2E_CONTEXT, 256, 2) if number not in taken)
        contexts += (ContextDefinition(number, syntax, (BER_SYNTAX,)),)
    for needed in (MMS_SYNTAX, syntax):
        if needed not in syntaxes:
            syntaxes += (needed,)
    name = parameters.application_context
    return msgspec.structs.replace(
        parameters,
        contexts=contexts,
        abstract_syntaxes=syntaxes,
        protocol_syntax=syntax,
        application_context=identifiers.oid("e2eMmsAC") if name == BASIC_CONTEXT else name,
        own_titles=parameters.called if parameters.own_titles == Titles() else parameters.own_titles,
    )

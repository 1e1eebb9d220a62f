"""What a report shows of native mode: handshakes and the keys that came of them, and what steps look into."""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.crypto.algorithms import Algorithm, AlgorithmIdentifier, understood
from conform62351.profiles.crypto.signatures import algorithm_name
from conform62351.profiles.generalized_time import TimeError, TimeReading
from conform62351.profiles.native.agreement import Agreed
from conform62351.profiles.native.derivation import Derivation
from conform62351.profiles.native.secpdus import Handshake, WithToken3
from conform62351.profiles.native.timestamp import read_timestamp
from conform62351.profiles.native.tokens import (
    CONFIDENTIALITY_BITS,
    Aea,
    ClearToken1,
    ClearToken3,
    NonAea,
)
from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.pki.path import Trust
from conform62351.reports.model.events import CertificateFacts, HandshakeSeen, KeysAgreed
from conform62351.tooling.engine.evidence import Direction, Occasion, certificates

SENT: Final = "sent"
NEEDLESS: Final = "needless"
LEFT_OUT: Final = "left out"
"""What can be said of the certPath of a handshake; needless is that of a certificate from a trust anchor."""


class NativeFacts(msgspec.Struct, frozen=True):
    """What native mode came to on a connection, as steps look into it: ``E2E.group``, ``E2E.mode``.

    What is not known, or not agreed, is None or empty. ``number`` is the device's own part of ``asso_id``,
    ``group`` the name of the group that the number ``dhGroup`` stood for; ``mode`` is ``ae``, ``separate`` or
    ``clear``; ``encryption`` and ``integrity`` read like ``aes128-GCM/16``. ``offset_s`` is the signed time
    of the handshake minus the clock of the tester in seconds, ``deviations`` what was found in the handshake.
    ``listed`` are the algorithms in encr-mode of the device's handshake, ``path`` tells whether certPath was
    there: :data:`SENT`, :data:`NEEDLESS`, :data:`LEFT_OUT`. ``derivation`` names a reading that
    is not the usual one, ``rekeys`` counts the changes of keys. ``newest_keys``: the last data of the device
    were under the newest keys.
    """

    asso_id: str = ""
    number: str = ""
    group: str = ""
    dhGroup: int | None = None
    mode: str = ""
    encryption: str = ""
    integrity: str = ""
    hmac: str = ""
    listed: tuple[str, ...] = ()
    path: str = ""
    signature: str = ""
    certificate: Certificate | None = None
    time: TimeReading | None = None
    offset_s: float | None = None
    deviations: tuple[str, ...] = ()
    derivation: str = ""
    rekeys: int = 0
    newest_keys: bool = True


def shown(algorithm: Algorithm | None) -> str:
    """Return an algorithm as steps name it: ``aes128-GCM/16``; empty for none."""
    if algorithm is None:
        return ""
    return f"{algorithm.name}/{algorithm.tag_length}" if algorithm.tag_length else algorithm.name


def shown_identifier(identifier: AlgorithmIdentifier) -> str:
    """Return the algorithm that an identifier means; one that is not understood by its octets."""
    meant = understood(identifier)
    if meant is not None:
        return shown(meant)
    parameters = "" if identifier.parameters is None else f" {identifier.parameters[:24].hex()}"
    return f"{algorithm_name(identifier.oid)}{parameters}"


def listed(mode: Aea | NonAea) -> tuple[str, ...]:
    """Return the algorithms that an encr-mode lists, as steps name them."""
    given = mode.algorithms if isinstance(mode, Aea) else (*(mode.encr or ()), *mode.icvAlgID)
    return tuple(map(shown_identifier, given))


def path_of(token: ClearToken1 | ClearToken3, certificate: Certificate | None, trust: Trust) -> str:
    """Return whether certPath is there, and whether it need be: an empty one is none, one of octets that are
    no ``certificate`` cannot be told.
    """
    if token.certPath:
        return SENT
    if certificate is None:
        return ""
    return NEEDLESS if certificate.issuer in trust.anchors_by_subject else LEFT_OUT


def mode_of(mode: Aea | NonAea) -> str:
    """Return the name that steps have for an encr-mode."""
    if isinstance(mode, Aea):
        return "ae"
    return "clear" if mode.encr is None else "separate"


def mode_agreed(agreed: Agreed) -> str:
    """Return the name of the mode that was agreed."""
    if agreed.is_ae:
        return "ae"
    return "clear" if agreed.encryption is None else "separate"


def time_of(token: ClearToken1 | ClearToken3) -> TimeReading | None:
    """Return the time of a token, None when it cannot be read."""
    try:
        return read_timestamp(token.time)
    except TimeError:
        return None


def token_of(pdu: object) -> ClearToken1 | ClearToken3 | None:
    """Return the token of a signed SecPDU."""
    if isinstance(pdu, Handshake):
        return pdu.token1
    return pdu.token3 if isinstance(pdu, WithToken3) else None


def chain_of(token: ClearToken1 | ClearToken3) -> list[CertificateFacts]:
    """Return the certificates of a token, its own first."""
    return certificates((token.pkCert, *(token.certPath or ())))


def agreed_facts(facts: NativeFacts, agreed: Agreed) -> NativeFacts:
    """Return ``facts`` with what a handshake has agreed."""
    return msgspec.structs.replace(
        facts,
        asso_id=agreed.assoID,
        group=agreed.group.name,
        dhGroup=agreed.dhGroup,
        mode=mode_agreed(agreed),
        encryption=shown(None if agreed.encryption is None else agreed.encryption.algorithm),
        integrity=shown(None if agreed.integrity is None else agreed.integrity.algorithm),
        hmac=agreed.hmac.algorithm.name,
    )


def handshake_seen(
    occasion: Occasion, direction: Direction, pdu: Handshake, offset_s: float | None, remarks: list[str]
) -> HandshakeSeen:
    """Return the event that puts a HandshakeReq or HandshakeAcc on record."""
    token = pdu.token1
    time = time_of(token)
    return HandshakeSeen(
        t=occasion.t,
        case=occasion.case,
        connection=occasion.connection,
        direction=direction,
        pdu=type(pdu).__name__,
        pp=pdu.pp,
        asso_id=token.assoID,
        mode=mode_of(token.encr_mode),
        algorithms=list(listed(token.encr_mode)),
        groups=[key.dhGroup for key in token.dhKey if key.dhGroup.bit_length() <= 31],
        hmac=shown_identifier(token.hmac),
        signature=shown_identifier(token.sigAlg),
        chain=chain_of(token),
        time=token.time.decode("ascii", "backslashreplace"),
        time_utc="" if time is None else str(time),
        offset_s=None if offset_s is None else round(offset_s, 3),
        protection=[name for bit, name in enumerate(CONFIDENTIALITY_BITS) if bit in token.confParams],
        remarks=remarks,
    )


def keys_agreed(occasion: Occasion, agreed: Agreed, number: int, derivation: Derivation) -> KeysAgreed:
    """Return the event that puts keys on record, without anything secret."""
    facts = agreed_facts(NativeFacts(), agreed)
    return KeysAgreed(
        t=occasion.t,
        case=occasion.case,
        connection=occasion.connection,
        number=number,
        asso_id=facts.asso_id,
        group=agreed.dhGroup,
        group_name=facts.group,
        mode=facts.mode,
        encryption=facts.encryption,
        integrity=facts.integrity,
        hmac=facts.hmac,
        derivation=variant(derivation),
    )


def variant(derivation: Derivation) -> str:
    """Return a reading in words, empty for the usual one."""
    return "" if derivation == Derivation() else str(derivation)

"""Which layer octets begin at, where nobody says it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from conform62351.profiles.compatibility.value import decode_value
from conform62351.profiles.dissection.forms import SecPduForms, own_forms
from conform62351.profiles.dissection.tree import ACSE, BER, CMP, COTP, E2E, MMS, PRES, SES, TPKT
from conform62351.profiles.dissection.upper import APDUS
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.mms import codec as mms
from conform62351.profiles.native.codec import Decoded
from conform62351.profiles.osi import acse, presentation, session
from conform62351.profiles.osi.ppdu import TD
from conform62351.profiles.transport import cotp, tpkt

_SET: Final = 0x31


def ppdu_name(octets: bytes) -> str:
    """Return which PPDU ``octets`` rather are, judged by the first tag and by what decodes."""
    first = octets[0] if octets else 0
    candidates: tuple[str, ...]
    if first == _SET:
        candidates = ("PRES.CP", "PRES.CPA")
    elif first == 0x30:
        candidates = ("PRES.CPR", "PRES.ARP")
    elif first == 0xA0:
        candidates = ("PRES.ARU",)
    else:
        candidates = ("PRES.TD",)
    return min(candidates, key=lambda name: _oddities(name, octets))


def _oddities(name: str, octets: bytes) -> int:
    """Return how many components do not belong into the PPDU, many when it does not decode."""
    try:
        return len(presentation.decode(name, octets)[1])
    except ProtocolError:
        return 1_000_000


def detect(octets: bytes, forms: SecPduForms | None = None) -> str:
    """Return the layer (one of LAYERS) that ``octets`` begin at.

    The outermost layer whose codec reads all of them; where none does, the one that their first octets are
    typical of; BER for anything else. ``forms`` are those of SecPDUs, by default our own.
    """
    known = forms or own_forms()
    for layer, reads in _READS.items():
        if _is_secpdu(octets, known) if layer == E2E else reads(octets):
            return layer
    return next((layer for layer, begins in _BEGINS.items() if begins(octets)), BER)


def _is_tpkt(octets: bytes) -> bool:
    if len(octets) < tpkt.MIN_LENGTH:
        return False
    header = tpkt.decode_header(octets[: tpkt.HEADER_LENGTH])
    return header.version == tpkt.VERSION and tpkt.MIN_LENGTH <= header.length <= len(octets)


def _is_session(octets: bytes) -> bool:
    try:
        _, deviations = session.decode(octets)
    except ProtocolError:
        return False
    return not any(deviation.code == "trailing-octets" for deviation in deviations)


def _is_cotp(octets: bytes) -> bool:
    try:
        decoded = cotp.decode(octets)
    except ProtocolError:
        return False
    if isinstance(decoded, cotp.DT):
        return octets[0] == 2
    return not isinstance(decoded, cotp.OtherTpdu) and octets[0] + 1 == len(octets)


def _is_acse(octets: bytes) -> bool:
    name = APDUS.get(octets[0] if octets else 0)
    if name is None:
        return False
    try:
        _, deviations = acse.decode(name, octets)
    except ProtocolError:
        return False
    return not any(deviation.code == "unknown-component" for deviation in deviations)


def _is_presentation(octets: bytes) -> bool:
    name = ppdu_name(octets)
    try:
        ppdu, deviations = presentation.decode(name, octets)
    except ProtocolError:
        return False
    if isinstance(ppdu, TD) and octets[0] != 0x61:
        return False
    return not any(deviation.code == "unknown-component" for deviation in deviations)


def _is_authentication(octets: bytes) -> bool:
    try:
        decode_value(octets)
    except ProtocolError:
        return False
    return True


def _is_secpdu(octets: bytes, forms: SecPduForms) -> bool:
    found = forms.recognized(octets, None)
    return found is not None and isinstance(found.decoded, Decoded)


def _is_mms(octets: bytes) -> bool:
    try:
        mms.decode_pdu(octets)
    except ProtocolError:
        return False
    return True


_READS: Final[dict[str, Callable[[bytes], bool]]] = {
    TPKT: _is_tpkt,
    SES: _is_session,
    COTP: _is_cotp,
    PRES: _is_presentation,
    ACSE: _is_acse,
    CMP: _is_authentication,
    E2E: lambda octets: _is_secpdu(octets, own_forms()),
    MMS: _is_mms,
}
"""The order settles what could be either: an AARE (61) is no user data of presentation, since those are a
series of 30; an ARU (A0) is no confirmed-RequestPDU, since that holds an INTEGER."""

_BEGINS: Final[dict[str, Callable[[bytes], bool]]] = {
    TPKT: lambda octets: octets[:2] == b"\x03\x00",
    SES: lambda octets: session.name_of(octets) != SES,
    COTP: lambda octets: cotp.name_of(octets) != COTP and octets[0] < 0x40,
    PRES: lambda octets: octets[:1] == b"\x31",
    ACSE: lambda octets: octets[:1] != b"" and octets[0] in APDUS,
    MMS: lambda octets: octets[:1] != b"" and octets[0] & 0xC0 == 0x80,
}

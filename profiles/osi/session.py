"""SPDUs to octets and back (ITU-T X.225 clause 8.2).

An SPDU is an identifier (SI), a length indicator and parameters; some parameters are groups (PGI) of others
(PI). A length indicator is one octet up to 254, else FF and two octets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.osi.ber import Deviation
from conform62351.profiles.osi.spdu import (
    CALLED,
    CALLING,
    CONNECT_ITEM,
    CONNECTION_IDENTIFIER,
    ENCLOSURE,
    EXTENDED_USER_DATA,
    PROTOCOL_OPTIONS,
    REASON_CODE,
    REFLECT,
    REQUIREMENTS,
    TRANSPORT_DISCONNECT,
    TSDU_MAXIMUM,
    USER_DATA,
    VERSION,
    WIDTHS,
    AbortAcceptSpdu,
    AbortSpdu,
    AcceptSpdu,
    ConnectSpdu,
    DataSpdu,
    DisconnectSpdu,
    FinishSpdu,
    RefuseSpdu,
    Spdu,
)
from conform62351.profiles.osi.spdu_writer import encode
from conform62351.profiles.tlv import AnomalyCode

__all__ = ["NAMES", "SessionError", "decode", "encode", "name_of"]

DATA_PREFIX: Final = b"\x01\x00\x01\x00"
"""GIVE TOKENS and DATA TRANSFER, both without parameters."""

UNKNOWN_PARAMETER: Final = "unknown-parameter"
REPEATED_PARAMETER: Final = "repeated-parameter"
MISPLACED_PARAMETER: Final = "misplaced-parameter"
LONG_LENGTH_INDICATOR: Final = "long-length-indicator"

NAMES: Final = {
    13: "SES.CN",
    14: "SES.AC",
    12: "SES.RF",
    9: "SES.FN",
    10: "SES.DN",
    25: "SES.AB",
    26: "SES.AA",
    1: "SES.DT",
}

_DATA: Final = 1
_IGNORED: Final = frozenset((CONNECTION_IDENTIFIER, 9, 10, 11, 12, 16, 23, 26))
"""Connection identifier and its parts, token and serial number items: legal, nothing to kernel and duplex."""
_GROUPS: Final = frozenset((CONNECTION_IDENTIFIER, CONNECT_ITEM))
_MAX_PARAMETERS: Final = 64


class SessionError(ProtocolError):
    """Octets that are no SPDU of kernel and duplex."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__("SES", offset, message)


def name_of(octets: bytes) -> str:
    """Return the name of the SPDU that ``octets`` begin, ``SES`` where there is none that we know."""
    return NAMES.get(octets[0], "SES") if octets else "SES"


def decode(octets: bytes) -> tuple[Spdu, tuple[Deviation, ...]]:
    """Return the SPDU that a TSDU holds, and its deviations of form.

    Octets behind an SPDU that must stand alone are a deviation, ``trailing-octets``. Raises SessionError when
    there is no identifier of kernel and duplex, when a length runs past what holds it, or when a parameter
    has the wrong length.
    """
    if not octets:
        raise SessionError(0, "an empty TSDU")
    if octets[0] == _DATA:
        return _read_data(octets)
    reader = _READERS.get(octets[0])
    if reader is None:
        raise SessionError(0, f"SPDU identifier {octets[0]} is not one of kernel and duplex")
    deviations: list[Deviation] = []
    start, end = _length(octets, 1, len(octets), deviations)
    parameters = _Parameters(octets, start, end, deviations)
    if end < len(octets):
        message = f"{len(octets) - end} octets behind the SPDU"
        deviations.append(Deviation(end, AnomalyCode.TRAILING_OCTETS, message))
    spdu = reader(parameters)
    parameters.report_unknown()
    return spdu, tuple(deviations)


def _length(octets: bytes, at: int, bound: int, deviations: list[Deviation]) -> tuple[int, int]:
    """Return where the content begins whose length indicator stands ``at``, and where it ends."""
    if at >= bound:
        raise SessionError(at, "ends before the length indicator")
    length = octets[at]
    start = at + 1
    if length == 0xFF:
        start = at + 3
        if start > bound:
            raise SessionError(at, "ends within the length indicator")
        length = octets[at + 1] << 8 | octets[at + 2]
        if length < 0xFF:
            message = f"length {length} written in three octets"
            deviations.append(Deviation(at, LONG_LENGTH_INDICATOR, message))
    if start + length > bound:
        raise SessionError(at, f"{length} octets announced, {bound - start} are there")
    return start, start + length


class _Parameters:
    """The parameters of one SPDU by code, those of groups included; asking for one makes it known."""

    def __init__(self, octets: bytes, start: int, end: int, deviations: list[Deviation]) -> None:
        self._octets = octets
        self._deviations = deviations
        self._found: dict[int, tuple[int, bytes]] = {}
        self._known: set[int] = set(_IGNORED)
        self._count = 0
        self._read(start, end)

    def _read(self, position: int, end: int) -> None:
        last = -1
        while position < end:
            self._count += 1
            if self._count > _MAX_PARAMETERS:
                raise SessionError(position, f"more than {_MAX_PARAMETERS} parameters")
            at = position
            code = self._octets[at]
            start, position = _length(self._octets, at + 1, end, self._deviations)
            if code < last:
                message = f"parameter {code} stands behind parameter {last}"
                self._deviations.append(Deviation(at, MISPLACED_PARAMETER, message))
            last = max(last, code)
            if code in self._found:
                self._deviations.append(Deviation(at, REPEATED_PARAMETER, f"parameter {code} is there twice"))
                continue
            self._found[code] = (at, self._octets[start:position])
            if code in _GROUPS:
                self._known.add(code)
                self._read(start, position)

    def octets(self, code: int) -> bytes | None:
        """Return the value of a parameter, None where it is absent. Raises SessionError on a wrong length."""
        self._known.add(code)
        if code not in self._found:
            return None
        at, value = self._found[code]
        width = WIDTHS.get(code)
        if width is not None and len(value) != width:
            raise SessionError(at, f"parameter {code} has {len(value)} octets in place of {width}")
        return value

    def number(self, code: int) -> int | None:
        """Return the value of a parameter as a number."""
        value = self.octets(code)
        return None if value is None else int.from_bytes(value, "big")

    def user_data(self) -> tuple[bytes, int | None]:
        """Return the user data and the code of the group that they came in."""
        for code in (USER_DATA, EXTENDED_USER_DATA):
            value = self.octets(code)
            if value is not None:
                return value, code
        return b"", None

    def report_unknown(self) -> None:
        """Make every parameter that nobody asked for a deviation."""
        for code, (at, _) in self._found.items():
            if code not in self._known:
                message = f"parameter {code} has no meaning here"
                self._deviations.append(Deviation(at, UNKNOWN_PARAMETER, message))


def _read_connect(parameters: _Parameters) -> ConnectSpdu:
    user_data, group = parameters.user_data()
    return ConnectSpdu(
        protocol_options=parameters.number(PROTOCOL_OPTIONS),
        tsdu_maximum=parameters.octets(TSDU_MAXIMUM),
        version=parameters.number(VERSION),
        requirements=parameters.number(REQUIREMENTS),
        calling_selector=parameters.octets(CALLING),
        called_selector=parameters.octets(CALLED),
        user_data=user_data,
        user_data_pgi=group,
    )


def _read_accept(parameters: _Parameters) -> AcceptSpdu:
    user_data, group = parameters.user_data()
    return AcceptSpdu(
        protocol_options=parameters.number(PROTOCOL_OPTIONS),
        tsdu_maximum=parameters.octets(TSDU_MAXIMUM),
        version=parameters.number(VERSION),
        requirements=parameters.number(REQUIREMENTS),
        calling_selector=parameters.octets(CALLING),
        responding_selector=parameters.octets(CALLED),
        user_data=user_data,
        user_data_pgi=group,
    )


def _read_refuse(parameters: _Parameters) -> RefuseSpdu:
    user_data, group = parameters.user_data()
    reason = parameters.octets(REASON_CODE)
    if reason and len(reason) > 1 and group is None:
        user_data, group = reason[1:], REASON_CODE
    return RefuseSpdu(
        transport_disconnect=parameters.number(TRANSPORT_DISCONNECT),
        requirements=parameters.number(REQUIREMENTS),
        version=parameters.number(VERSION),
        reason=reason[0] if reason else None,
        user_data=user_data,
        user_data_pgi=group,
    )


def _read_finish(parameters: _Parameters) -> FinishSpdu:
    user_data, group = parameters.user_data()
    return FinishSpdu(
        transport_disconnect=parameters.number(TRANSPORT_DISCONNECT),
        user_data=user_data,
        user_data_pgi=group,
    )


def _read_disconnect(parameters: _Parameters) -> DisconnectSpdu:
    user_data, group = parameters.user_data()
    return DisconnectSpdu(user_data=user_data, user_data_pgi=group)


def _read_abort(parameters: _Parameters) -> AbortSpdu:
    user_data, group = parameters.user_data()
    return AbortSpdu(
        transport_disconnect=parameters.number(TRANSPORT_DISCONNECT),
        reflect=parameters.octets(REFLECT),
        user_data=user_data,
        user_data_pgi=group,
    )


def _read_data(octets: bytes) -> tuple[DataSpdu, tuple[Deviation, ...]]:
    if octets.startswith(DATA_PREFIX):
        return DataSpdu(octets[4:]), ()
    deviations: list[Deviation] = []
    start, end = _length(octets, 1, len(octets), deviations)
    _Parameters(octets, start, end, deviations).report_unknown()
    if octets[end : end + 1] != bytes((_DATA,)):
        raise SessionError(end, "no DATA TRANSFER behind GIVE TOKENS")
    start, end = _length(octets, end + 1, len(octets), deviations)
    parameters = _Parameters(octets, start, end, deviations)
    enclosure = parameters.number(ENCLOSURE)
    parameters.report_unknown()
    return DataSpdu(octets[end:], enclosure=enclosure), tuple(deviations)


_READERS: Final[dict[int, Callable[[_Parameters], Spdu]]] = {
    13: _read_connect,
    14: _read_accept,
    12: _read_refuse,
    9: _read_finish,
    10: _read_disconnect,
    25: _read_abort,
    26: lambda _: AbortAcceptSpdu(),
}

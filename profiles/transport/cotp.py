"""The TPDUs of transport class 0 (ITU-T X.224 clause 13; ISO/IEC 8073): values, encoding, decoding.

Nothing that was received is lost: unknown parameters, their order and doubles, octets behind a header and
bits that class 0 does not use are kept, and the tables of ``checks`` judge them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from conform62351.profiles.errors import EncodingError, ProtocolError

TPDU_SIZE: Final = 0xC0
CALLING_SELECTOR: Final = 0xC1
CALLED_SELECTOR: Final = 0xC2
ALTERNATIVE_CLASSES: Final = 0xC7
PREFERRED_SIZE: Final = 0xF0
ADDITIONAL_INFORMATION: Final = 0xE0
INVALID_TPDU: Final = 0xC1
"""In an ER, C1 is the rejected TPDU up to the octet at fault."""

CAUSE_NOT_SPECIFIED: Final = 0
CAUSE_PARAMETER_CODE: Final = 1
CAUSE_TPDU_TYPE: Final = 2
CAUSE_PARAMETER_VALUE: Final = 3
REASON_NOT_SPECIFIED: Final = 0
REASON_ADDRESS_UNKNOWN: Final = 3

MAX_LI: Final = 254


class CotpError(ProtocolError):
    """Octets that are no TPDU."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__("COTP", offset, message)


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of the variable part (13.2.3)."""

    code: int
    value: bytes


Parameters = tuple[Parameter, ...]


def parameter(parameters: Parameters, code: int) -> bytes | None:
    """Return the value of the last parameter ``code`` (of doubles the later one is used, 13.2.3), or None."""
    found = None
    for candidate in parameters:
        if candidate.code == code:
            found = candidate.value
    return found


class _Connect(msgspec.Struct, frozen=True):
    """What CR and CC have in common (13.3, 13.4).

    ``class_option`` is the octet as it stands: the class in its high half, options in its low one. ``cdt``
    is the low half of the code octet. ``user_data`` is what follows the header; class 0 has none.
    """

    dst_ref: int
    src_ref: int
    class_option: int = 0
    parameters: Parameters = ()
    cdt: int = 0
    user_data: bytes = b""

    @property
    def transport_class(self) -> int:
        """The (preferred) class."""
        return self.class_option >> 4

    @property
    def tpdu_size(self) -> int | None:
        """The exponent of C0, None without C0 or when that is not one octet."""
        value = parameter(self.parameters, TPDU_SIZE)
        return value[0] if value is not None and len(value) == 1 else None

    @property
    def preferred_size(self) -> int | None:
        """The number in F0, in units of 128 octets, None without F0 or when that is not 1 to 4 octets."""
        value = parameter(self.parameters, PREFERRED_SIZE)
        return int.from_bytes(value, "big") if value is not None and 1 <= len(value) <= 4 else None

    @property
    def calling_selector(self) -> bytes | None:
        """The value of C1, or None."""
        return parameter(self.parameters, CALLING_SELECTOR)

    @property
    def called_selector(self) -> bytes | None:
        """The value of C2, or None."""
        return parameter(self.parameters, CALLED_SELECTOR)

    @property
    def alternative_classes(self) -> tuple[int, ...]:
        """The classes in C7, each written like the class octet."""
        return tuple(octet >> 4 for octet in parameter(self.parameters, ALTERNATIVE_CLASSES) or b"")


class CR(_Connect, frozen=True):
    """Connection request."""


class CC(_Connect, frozen=True):
    """Connection confirm."""


class DR(msgspec.Struct, frozen=True):
    """Disconnect request (13.5); in class 0 it only refuses a CR."""

    dst_ref: int
    src_ref: int
    reason: int
    parameters: Parameters = ()
    user_data: bytes = b""


class DC(msgspec.Struct, frozen=True):
    """Disconnect confirm (13.6); not in class 0."""

    dst_ref: int
    src_ref: int
    parameters: Parameters = ()
    user_data: bytes = b""


class DT(msgspec.Struct, frozen=True):
    """Data (13.7): ``eot`` ends a TSDU.

    ``number`` and ``roa`` are bits that class 0 leaves at zero; ``header`` is what the length indicator
    counts beyond the three octets of class 0.
    """

    data: bytes
    eot: bool = True
    number: int = 0
    roa: int = 0
    header: bytes = b""


class ER(msgspec.Struct, frozen=True):
    """TPDU error (13.12)."""

    dst_ref: int
    cause: int
    parameters: Parameters = ()
    user_data: bytes = b""

    @property
    def invalid_tpdu(self) -> bytes | None:
        """The rejected TPDU up to the octet at fault, or None."""
        return parameter(self.parameters, INVALID_TPDU)


class OtherTpdu(msgspec.Struct, frozen=True):
    """A TPDU of another class, or with a code that no class has: all its octets."""

    octets: bytes

    @property
    def code(self) -> int:
        """The code octet."""
        return self.octets[1]


Tpdu = CR | CC | DR | DC | DT | ER | OtherTpdu

_NAMES: Final = {
    0xE0: "COTP.CR",
    0xD0: "COTP.CC",
    0x80: "COTP.DR",
    0xC0: "COTP.DC",
    0xF0: "COTP.DT",
    0x70: "COTP.ER",
    0x10: "COTP.ED",
    0x20: "COTP.EA",
    0x60: "COTP.AK",
    0x50: "COTP.RJ",
}


_LOW_HALF_USED: Final = frozenset((0xE0, 0xD0, 0xF0, 0x60, 0x50))
"""Codes that leave the low half of their octet to a credit, or to ROA in a DT."""


def _kind(code: int) -> int:
    high = code & 0xF0
    return high if high in _LOW_HALF_USED else code


def name_of(octets: bytes) -> str:
    """Return the name of the TPDU that ``octets`` begin, ``COTP`` where there is none."""
    return _NAMES.get(_kind(octets[1]), "COTP") if len(octets) > 1 else "COTP"


def decode(octets: bytes) -> Tpdu:
    """Return the TPDU that all of ``octets`` are.

    Raises CotpError when the length indicator is FF (reserved), runs past the end or is too small for the
    fixed part, and when a parameter runs past the variable part.
    """
    if len(octets) < 2:
        raise CotpError(len(octets), "ends before length indicator and code")
    li, code = octets[0], octets[1]
    if li == 0xFF:
        raise CotpError(0, "length indicator FF is reserved")
    if 1 + li > len(octets):
        raise CotpError(0, f"length indicator {li}, {len(octets) - 1} octets follow it")
    reader = _READERS.get(_kind(code))
    if reader is None:
        return OtherTpdu(octets)
    fixed, read = reader
    if li < fixed:
        raise CotpError(0, f"length indicator {li}, the fixed part has {fixed} octets")
    return read(octets, 1 + li)


def _parameters(octets: bytes, position: int, end: int) -> Parameters:
    parameters = []
    while position < end:
        if position + 2 > end:
            raise CotpError(position, "a parameter ends within code and length")
        value = position + 2
        following = value + octets[position + 1]
        if following > end:
            message = f"a parameter of {octets[position + 1]} octets, {end - value} are there"
            raise CotpError(position + 1, message)
        parameters.append(Parameter(octets[position], octets[value:following]))
        position = following
    return tuple(parameters)


def _reference(octets: bytes, position: int) -> int:
    return octets[position] << 8 | octets[position + 1]


def _read_cr(octets: bytes, end: int) -> CR:
    parameters = _parameters(octets, 7, end)
    return CR(
        _reference(octets, 2), _reference(octets, 4), octets[6], parameters, octets[1] & 0x0F, octets[end:]
    )


def _read_cc(octets: bytes, end: int) -> CC:
    parameters = _parameters(octets, 7, end)
    return CC(
        _reference(octets, 2), _reference(octets, 4), octets[6], parameters, octets[1] & 0x0F, octets[end:]
    )


def _read_dr(octets: bytes, end: int) -> DR:
    parameters = _parameters(octets, 7, end)
    return DR(_reference(octets, 2), _reference(octets, 4), octets[6], parameters, octets[end:])


def _read_dc(octets: bytes, end: int) -> DC:
    return DC(_reference(octets, 2), _reference(octets, 4), _parameters(octets, 6, end), octets[end:])


def _read_dt(octets: bytes, end: int) -> DT:
    last = octets[2]
    return DT(octets[end:], last >= 0x80, last & 0x7F, octets[1] & 0x0F, octets[3:end])


def _read_er(octets: bytes, end: int) -> ER:
    return ER(_reference(octets, 2), octets[4], _parameters(octets, 5, end), octets[end:])


_READERS: Final[dict[int, tuple[int, Callable[[bytes, int], Tpdu]]]] = {
    0xE0: (6, _read_cr),
    0xD0: (6, _read_cc),
    0x80: (6, _read_dr),
    0xC0: (5, _read_dc),
    0xF0: (2, _read_dt),
    0x70: (4, _read_er),
}
"""By code: the least length indicator and the reader."""


_DT: Final = b"\x02\xf0\x00"
_LAST_DT: Final = b"\x02\xf0\x80"
"""The header of a DT as class 0 has it, without and with EOT."""


def encode(tpdu: Tpdu) -> bytes:
    """Return the octets of ``tpdu``. Raises EncodingError when a member passes its field's range."""
    if isinstance(tpdu, OtherTpdu):
        return tpdu.octets
    if isinstance(tpdu, DT) and tpdu.number == tpdu.roa == 0 and not tpdu.header:
        return (_LAST_DT if tpdu.eot else _DT) + tpdu.data
    try:
        header, user_data = _header(tpdu)
    except (OverflowError, ValueError) as error:
        raise EncodingError("COTP", f"{type(tpdu).__name__} does not fit its fields: {error}") from error
    if len(header) > MAX_LI:
        message = f"a header of {len(header)} octets, the length indicator counts to {MAX_LI}"
        raise EncodingError("COTP", message)
    return bytes((len(header),)) + header + user_data


def _header(tpdu: CR | CC | DR | DC | DT | ER) -> tuple[bytes, bytes]:
    """Return what the length indicator counts, and what follows it."""
    match tpdu:
        case DT():
            last = (0x80 if tpdu.eot else 0) | _bits(tpdu.number, 7)
            return bytes((0xF0 | _bits(tpdu.roa, 4), last)) + tpdu.header, tpdu.data
        case CR() | CC():
            code = (0xE0 if isinstance(tpdu, CR) else 0xD0) | _bits(tpdu.cdt, 4)
            fixed = bytes((code,)) + _references(tpdu) + bytes((tpdu.class_option,))
        case DR():
            fixed = b"\x80" + _references(tpdu) + bytes((tpdu.reason,))
        case DC():
            fixed = b"\xc0" + _references(tpdu)
        case ER():
            fixed = b"\x70" + tpdu.dst_ref.to_bytes(2, "big") + bytes((tpdu.cause,))
    return fixed + b"".join(map(_parameter_octets, tpdu.parameters)), tpdu.user_data


def _bits(number: int, width: int) -> int:
    if not 0 <= number < 1 << width:
        raise ValueError(f"{number} in {width} bits")
    return number


def _references(tpdu: CR | CC | DR | DC) -> bytes:
    return tpdu.dst_ref.to_bytes(2, "big") + tpdu.src_ref.to_bytes(2, "big")


def _parameter_octets(item: Parameter) -> bytes:
    return bytes((item.code, len(item.value))) + item.value

"""ASN.1 modules of the upper layers, and the one way to encode and decode with them.

A module is ``<name>.asn`` beside this file. asn1tools writes and reads; it does not judge (it takes trailing
octets, lengths past their container and much else), so the strict walker looks first.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any, Final

import asn1tools

from conform62351.profiles.asn1.guard import guard
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.tlv import DEFAULT_LIMITS, Limits, TlvError, walk


class Asn1Error(ProtocolError):
    """A value that a type cannot hold, or octets that are no value of a type."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__("ASN.1", offset, message)


_EXCEPTIONS: Final = (
    asn1tools.Error,
    ProtocolError,
    ArithmeticError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What asn1tools was seen to raise on hostile values and octets; RecursionError is a RuntimeError."""


class Module:
    """One compiled ASN.1 module, in BER; what is encoded has definite and minimal lengths.

    Values are what asn1tools makes of the types: a dict for SEQUENCE and SET, a pair (name, value) for
    CHOICE, a pair (octets, number of bits) for BIT STRING, dotted text for OBJECT IDENTIFIER, octets for ANY.
    """

    def __init__(self, name: str, text: str) -> None:
        """Compile ``text``. Raises Asn1Error when it is no ASN.1 that asn1tools understands."""
        self.name = name
        try:
            self._specification = asn1tools.compile_string(text, "ber")
        except _EXCEPTIONS as error:
            raise Asn1Error(0, f"module {name}: {error}") from error
        guard(self._specification)

    def encode(self, type_name: str, value: Any) -> bytes:
        """Return ``value`` encoded as ``type_name``. Raises Asn1Error when it is no value of that type."""
        try:
            return bytes(self._specification.encode(type_name, value))
        except _EXCEPTIONS as error:
            raise Asn1Error(0, f"not encoded: {_describe(type_name, error)}") from error

    def decode(self, type_name: str, octets: bytes, *, limits: Limits = DEFAULT_LIMITS) -> Any:
        """Return the value of ``type_name`` that ``octets`` are.

        Raises Asn1Error when they are none, when octets are left behind it, and when they pass ``limits``.
        Unknown, repeated and reordered components are skipped without a word: a verdict takes the walker.
        """
        try:
            walked = walk(octets, limits=limits)
        except TlvError as error:
            raise Asn1Error(error.offset, f"{type_name}: {error.message}") from error
        if walked.root.end != len(octets):
            message = f"{type_name}: {len(octets) - walked.root.end} octets after the end of the value"
            raise Asn1Error(walked.root.end, message)
        try:
            return self._specification.decode(type_name, octets)
        except _EXCEPTIONS as error:
            offset = getattr(error, "offset", None)
            raise Asn1Error(offset or 0, _describe(type_name, error)) from error


def _describe(type_name: str, error: Exception) -> str:
    """Return what asn1tools says about which component, or the kind of an error that is not its own."""
    message = getattr(error, "message", None)
    if message is None:
        return f"{type_name}: {type(error).__name__}: {error}"
    return f"{getattr(error, 'location_str', '') or type_name}: {message}"


@cache
def module(name: str) -> Module:
    """Return the module that ``<name>.asn`` beside this file holds, compiled once.

    Raises Asn1Error when there is no such file or it does not compile.
    """
    try:
        text = resources.files(__name__).joinpath(f"{name}.asn").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Asn1Error(0, f"module {name}: {error}") from error
    return Module(name, text)

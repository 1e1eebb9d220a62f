"""ASN.1 modules of the upper layers, and the one way to encode and decode with them.

A module is ``<name>.asn`` beside this file. asn1tools writes and reads; it does not judge (it takes trailing
octets, lengths past their container and much else), so the strict walker looks first.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any, Final

import asn1tools  # type: ignore[import-untyped]
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.tlv import DEFAULT_LIMITS, AnomalyCode, Limits, TlvError, walk


class Asn1Error(ProtocolError):
    """A value that a type cannot hold, or octets that are no value of a type."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__("ASN.1", offset, message)


_EXCEPTIONS: Final = (
    asn1tools.EncodeError,
    asn1tools.DecodeError,
    asn1tools.ConstraintsError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What asn1tools was seen to raise on hostile values and octets."""


class Module:
    """One compiled ASN.1 module, encoding in BER with definite, minimal lengths."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._specification = asn1tools.compile_string(text, "ber")

    def encode(self, type_name: str, value: Any) -> bytes:
        """Return ``value`` encoded as ``type_name``; values as asn1tools maps them. Raises Asn1Error."""
        try:
            return bytes(self._specification.encode(type_name, value))
        except _EXCEPTIONS as error:
            raise Asn1Error(0, f"{type_name} does not encode: {error}") from error

    def decode(self, type_name: str, octets: bytes, *, limits: Limits = DEFAULT_LIMITS) -> Any:
        """Return the value of ``type_name`` that ``octets`` are, all of them. Raises Asn1Error."""
        try:
            walked = walk(octets, limits=limits)
        except TlvError as error:
            raise Asn1Error(error.offset, f"{type_name}: {error.message}") from error
        for anomaly in walked.anomalies:
            if anomaly.code is AnomalyCode.TRAILING_OCTETS:
                raise Asn1Error(anomaly.offset, f"{type_name}: {anomaly.message}")
        try:
            return self._specification.decode(type_name, octets)
        except _EXCEPTIONS as error:
            raise Asn1Error(0, f"{type_name}: {error}") from error


@cache
def module(name: str) -> Module:
    """Return the module ``name``, compiled once. Raises FileNotFoundError when there is none."""
    text = resources.files(__name__).joinpath(f"{name}.asn").read_text(encoding="utf-8")
    return Module(name, text)

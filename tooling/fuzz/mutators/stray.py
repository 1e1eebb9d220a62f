"""PDUs that come at no moment of their own: of the other side, once only, or never."""

from __future__ import annotations

import functools
from typing import Any, Final

from conform62351.profiles.mms.codec import encode_pdu

_NUMBER: Final = 4711
"""An invokeID that no request has."""
_VARIABLE: Final = ("domain-specific", {"domainID": "STRAY", "itemID": "STRAY$ST$stVal"})
_REPORT: Final = {
    "variableAccessSpecification": ("listOfVariable", [{"variableSpecification": ("name", _VARIABLE)}]),
    "listOfAccessResult": [("success", ("boolean", True))],
}
_STATUS: Final = {"vmdLogicalStatus": 0, "vmdPhysicalStatus": 0}
_PDUS: Final[tuple[tuple[str, Any], ...]] = (
    ("confirmed-ResponsePDU", {"invokeID": _NUMBER, "service": ("status", _STATUS)}),
    ("confirmed-ResponsePDU", {"invokeID": _NUMBER, "service": ("read", {"listOfAccessResult": []})}),
    ("confirmed-ErrorPDU", {"invokeID": _NUMBER, "serviceError": {"errorClass": ("access", 0)}}),
    ("unconfirmed-PDU", {"service": ("informationReport", _REPORT)}),
    ("unconfirmed-PDU", {"service": ("unsolicitedStatus", _STATUS)}),
    ("rejectPDU", {"originalInvokeID": _NUMBER, "rejectReason": ("confirmed-requestPDU", 0)}),
    ("cancel-RequestPDU", _NUMBER),
    ("cancel-ResponsePDU", _NUMBER),
    ("conclude-RequestPDU", None),
    ("conclude-ResponsePDU", None),
    ("initiate-ErrorPDU", {"errorClass": ("initiate", 0)}),
    ("conclude-ErrorPDU", {"errorClass": ("conclude", 0)}),
)


@functools.cache
def stray_pdus() -> tuple[tuple[str, bytes], ...]:
    """Return the names of the PDUs, as policies have them, and their octets (ISO 9506-2)."""
    return tuple((f"MMS.{name}", encode_pdu(name, value)) for name, value in _PDUS)


_SPDUS: Final = {
    "RF": 12,
    "AC": 14,
    "DN": 10,
    "FN": 9,
    "AB": 25,
    "AA": 26,
    "CN": 13,
    "NF": 8,
    "PR": 7,
    "EX": 5,
    "TD": 33,
}
"""Identifiers of SPDUs (X.225, 8.3), by their names there."""


def bare_spdus() -> tuple[tuple[str, bytes], ...]:
    """Return SPDUs without any parameter: their names, as policies have them, and their octets."""
    return tuple((f"SES.{name}", bytes((identifier, 0))) for name, identifier in _SPDUS.items())

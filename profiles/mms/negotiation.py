"""The values that initiate settles (ISO 9506-2 8, with the values that IEC 61850 devices use; R)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from conform62351.profiles.mms.names import (
    PARAMETER_BITS,
    PARAMETERS,
    SERVICE_BITS,
    SERVICES,
    BitString,
    bit_names,
    bits,
)

VERSION: Final = 1

SERVED: Final = frozenset(
    {
        "status",
        "getNameList",
        "identify",
        "read",
        "write",
        "getVariableAccessAttributes",
        "getNamedVariableListAttributes",
        "informationReport",
        "conclude",
        "cancel",
    }
)
"""The services that the server here has, all of them."""


class InitiateParameters(msgspec.Struct, frozen=True):
    """What one side can do. ``local_detail`` is the longest PDU that it takes, in octets; None leaves it out.

    A client lists the services that it asks for among its ``services``, as real ones do (F).
    """

    local_detail: int | None = 65_000
    max_outstanding_calling: int = 5
    max_outstanding_called: int = 5
    nesting_level: int | None = 10
    version: int = VERSION
    parameters: frozenset[str] = frozenset({"str1", "str2", "vnam", "valt", "vlis"})
    services: frozenset[str] = SERVED


class Negotiated(msgspec.Struct, frozen=True):
    """What both sides agreed on; ``services`` are those of the peer. None: the peer set no limit."""

    local_detail: int | None
    max_outstanding_calling: int
    max_outstanding_called: int
    nesting_level: int | None
    version: int
    parameters: frozenset[str]
    services: frozenset[str]


def request(own: InitiateParameters) -> dict[str, Any]:
    """Return the Initiate-RequestPDU that proposes ``own``."""
    value: dict[str, Any] = {
        "proposedMaxServOutstandingCalling": own.max_outstanding_calling,
        "proposedMaxServOutstandingCalled": own.max_outstanding_called,
        "initRequestDetail": {
            "proposedVersionNumber": own.version,
            "proposedParameterCBB": _parameter_bits(own.parameters),
            "servicesSupportedCalling": _service_bits(own.services),
        },
    }
    if own.local_detail is not None:
        value["localDetailCalling"] = own.local_detail
    if own.nesting_level is not None:
        value["proposedDataStructureNestingLevel"] = own.nesting_level
    return value


def agree(proposed: Mapping[str, Any], own: InitiateParameters) -> Negotiated:
    """Return what a server with ``own`` abilities makes of an Initiate-RequestPDU."""
    detail = proposed["initRequestDetail"]
    return Negotiated(
        _smaller(proposed.get("localDetailCalling"), own.local_detail),
        min(proposed["proposedMaxServOutstandingCalling"], own.max_outstanding_calling),
        min(proposed["proposedMaxServOutstandingCalled"], own.max_outstanding_called),
        _smaller(proposed.get("proposedDataStructureNestingLevel"), own.nesting_level),
        min(detail["proposedVersionNumber"], own.version),
        _parameters(detail["proposedParameterCBB"]) & own.parameters,
        _services(detail["servicesSupportedCalling"]),
    )


def response(negotiated: Negotiated, own: InitiateParameters) -> dict[str, Any]:
    """Return the Initiate-ResponsePDU of a server with ``own`` abilities."""
    value: dict[str, Any] = {
        "negotiatedMaxServOutstandingCalling": negotiated.max_outstanding_calling,
        "negotiatedMaxServOutstandingCalled": negotiated.max_outstanding_called,
        "initResponseDetail": {
            "negotiatedVersionNumber": negotiated.version,
            "negotiatedParameterCBB": _parameter_bits(negotiated.parameters),
            "servicesSupportedCalled": _service_bits(own.services),
        },
    }
    if negotiated.local_detail is not None:
        value["localDetailCalled"] = negotiated.local_detail
    if negotiated.nesting_level is not None:
        value["negotiatedDataStructureNestingLevel"] = negotiated.nesting_level
    return value


def agreed(answered: Mapping[str, Any], own: InitiateParameters) -> Negotiated:
    """Return what an Initiate-ResponsePDU settles for a client that proposed ``own``."""
    detail = answered["initResponseDetail"]
    return Negotiated(
        answered.get("localDetailCalled", own.local_detail),
        answered["negotiatedMaxServOutstandingCalling"],
        answered["negotiatedMaxServOutstandingCalled"],
        answered.get("negotiatedDataStructureNestingLevel", own.nesting_level),
        detail["negotiatedVersionNumber"],
        _parameters(detail["negotiatedParameterCBB"]),
        _services(detail["servicesSupportedCalled"]),
    )


def excess(answered: Mapping[str, Any], own: InitiateParameters) -> tuple[str, ...]:
    """Return the components of an Initiate-ResponsePDU that go beyond what ``own`` proposed."""
    detail = answered["initResponseDetail"]
    pairs = {
        "localDetailCalled": (answered.get("localDetailCalled"), own.local_detail),
        "negotiatedMaxServOutstandingCalling": (
            answered["negotiatedMaxServOutstandingCalling"],
            own.max_outstanding_calling,
        ),
        "negotiatedMaxServOutstandingCalled": (
            answered["negotiatedMaxServOutstandingCalled"],
            own.max_outstanding_called,
        ),
        "negotiatedDataStructureNestingLevel": (
            answered.get("negotiatedDataStructureNestingLevel"),
            own.nesting_level,
        ),
        "negotiatedVersionNumber": (detail["negotiatedVersionNumber"], own.version),
    }
    beyond = [
        name
        for name, (value, limit) in pairs.items()
        if value is not None and limit is not None and value > limit
    ]
    if not _parameters(detail["negotiatedParameterCBB"]) <= own.parameters:
        beyond.append("negotiatedParameterCBB")
    return tuple(beyond)


def _smaller(proposed: int | None, own: int | None) -> int | None:
    return min((value for value in (proposed, own) if value is not None), default=None)


# Both sides say the same in every association that they make.


@lru_cache(maxsize=64)
def _parameters(value: BitString) -> frozenset[str]:
    return bit_names(value, PARAMETERS)


@lru_cache(maxsize=64)
def _services(value: BitString) -> frozenset[str]:
    return bit_names(value, SERVICES)


@lru_cache(maxsize=64)
def _parameter_bits(names: frozenset[str]) -> BitString:
    return bits(names, PARAMETERS, PARAMETER_BITS)


@lru_cache(maxsize=64)
def _service_bits(names: frozenset[str]) -> BitString:
    return bits(names, SERVICES, SERVICE_BITS)

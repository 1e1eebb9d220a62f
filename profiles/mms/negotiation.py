"""The values that initiate settles (ISO 9506-2 8, with the values that IEC 61850 devices use; R)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from conform62351.profiles.mms.names import (
    PARAMETER_BITS,
    PARAMETERS,
    SERVICE_BITS,
    SERVICES,
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


@dataclass(frozen=True, slots=True)
class InitiateParameters:
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


@dataclass(frozen=True, slots=True)
class Negotiated:
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
            "proposedParameterCBB": bits(own.parameters, PARAMETERS, PARAMETER_BITS),
            "servicesSupportedCalling": bits(own.services, SERVICES, SERVICE_BITS),
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
        bit_names(detail["proposedParameterCBB"], PARAMETERS) & own.parameters,
        bit_names(detail["servicesSupportedCalling"], SERVICES),
    )


def response(negotiated: Negotiated, own: InitiateParameters) -> dict[str, Any]:
    """Return the Initiate-ResponsePDU of a server with ``own`` abilities."""
    value: dict[str, Any] = {
        "negotiatedMaxServOutstandingCalling": negotiated.max_outstanding_calling,
        "negotiatedMaxServOutstandingCalled": negotiated.max_outstanding_called,
        "initResponseDetail": {
            "negotiatedVersionNumber": negotiated.version,
            "negotiatedParameterCBB": bits(negotiated.parameters, PARAMETERS, PARAMETER_BITS),
            "servicesSupportedCalled": bits(own.services, SERVICES, SERVICE_BITS),
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
        bit_names(detail["negotiatedParameterCBB"], PARAMETERS),
        bit_names(detail["servicesSupportedCalled"], SERVICES),
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
    if not bit_names(detail["negotiatedParameterCBB"], PARAMETERS) <= own.parameters:
        beyond.append("negotiatedParameterCBB")
    return tuple(beyond)


def _smaller(proposed: int | None, own: int | None) -> int | None:
    return min((value for value in (proposed, own) if value is not None), default=None)

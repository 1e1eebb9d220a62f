"""The named numbers and named bits of MMS (ISO 9506-2), by the standard's names.

Provenance of the numbers: R (ISO 9506-2:2003; utc-time and the use of the errors: IEC 61850-8-1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

BitString: TypeAlias = tuple[bytes, int]
"""A BIT STRING value: octets, and the number of bits in them."""

SERVICES: Final[Mapping[str, int]] = {
    "status": 0,
    "getNameList": 1,
    "identify": 2,
    "rename": 3,
    "read": 4,
    "write": 5,
    "getVariableAccessAttributes": 6,
    "defineNamedVariable": 7,
    "defineScatteredAccess": 8,
    "getScatteredAccessAttributes": 9,
    "deleteVariableAccess": 10,
    "defineNamedVariableList": 11,
    "getNamedVariableListAttributes": 12,
    "deleteNamedVariableList": 13,
    "defineNamedType": 14,
    "getNamedTypeAttributes": 15,
    "deleteNamedType": 16,
    "input": 17,
    "output": 18,
    "takeControl": 19,
    "relinquishControl": 20,
    "getDomainAttributes": 37,
    "obtainFile": 46,
    "readJournal": 65,
    "initializeJournal": 67,
    "reportJournalStatus": 68,
    "getCapabilityList": 71,
    "fileOpen": 72,
    "fileRead": 73,
    "fileClose": 74,
    "fileRename": 75,
    "fileDelete": 76,
    "fileDirectory": 77,
    "unsolicitedStatus": 78,
    "informationReport": 79,
    "eventNotification": 80,
    "conclude": 83,
    "cancel": 84,
}
"""Bits of ServiceSupportOptions; those of the confirmed services are their tags as well."""

SERVICE_BITS: Final = 85

PARAMETERS: Final[Mapping[str, int]] = {
    "str1": 0,
    "str2": 1,
    "vnam": 2,
    "valt": 3,
    "vadr": 4,
    "vsca": 5,
    "tpy": 6,
    "vlis": 7,
    "cei": 10,
}
"""Bits of ParameterSupportOptions."""

PARAMETER_BITS: Final = 11


class DataAccessError(IntEnum):
    """Why one variable could not be read or written."""

    OBJECT_INVALIDATED = 0
    HARDWARE_FAULT = 1
    TEMPORARILY_UNAVAILABLE = 2
    OBJECT_ACCESS_DENIED = 3
    OBJECT_UNDEFINED = 4
    INVALID_ADDRESS = 5
    TYPE_UNSUPPORTED = 6
    TYPE_INCONSISTENT = 7
    OBJECT_ATTRIBUTE_INCONSISTENT = 8
    OBJECT_ACCESS_UNSUPPORTED = 9
    OBJECT_NON_EXISTENT = 10
    OBJECT_VALUE_INVALID = 11


class ObjectClass(IntEnum):
    """What getNameList can list."""

    NAMED_VARIABLE = 0
    SCATTERED_ACCESS = 1
    NAMED_VARIABLE_LIST = 2
    NAMED_TYPE = 3
    SEMAPHORE = 4
    EVENT_CONDITION = 5
    EVENT_ACTION = 6
    EVENT_ENROLLMENT = 7
    JOURNAL = 8
    DOMAIN = 9
    PROGRAM_INVOCATION = 10
    OPERATOR_STATION = 11


@dataclass(frozen=True, slots=True)
class ServiceError:
    """Why a service as a whole failed: an alternative of errorClass and its number."""

    error_class: str
    code: int

    def value(self) -> dict[str, object]:
        """Return the value to encode."""
        return {"errorClass": (self.error_class, self.code)}

    def __str__(self) -> str:
        return f"{self.error_class}/{_name(SERVICE_ERRORS, self.error_class, self.code)}"


@dataclass(frozen=True, slots=True)
class Reject:
    """Why a PDU was rejected: an alternative of rejectReason and its number."""

    reason: str
    code: int

    def value(self, invoke_id: int | None) -> dict[str, object]:
        """Return the value to encode, about the request ``invoke_id`` where it is known."""
        about: dict[str, object] = {} if invoke_id is None else {"originalInvokeID": invoke_id}
        return {**about, "rejectReason": (self.reason, self.code)}

    def __str__(self) -> str:
        return f"{self.reason}/{_name(REJECT_REASONS, self.reason, self.code)}"


SERVICE_ERRORS: Final[Mapping[str, Mapping[str, int]]] = {
    "vmd-state": {
        "other": 0,
        "vmd-state-conflict": 1,
        "vmd-operational-problem": 2,
        "domain-transfer-problem": 3,
        "state-machine-id-invalid": 4,
    },
    "application-reference": {
        "other": 0,
        "application-unreachable": 1,
        "connection-lost": 2,
        "application-reference-invalid": 3,
        "context-unsupported": 4,
    },
    "definition": {
        "other": 0,
        "object-undefined": 1,
        "invalid-address": 2,
        "type-unsupported": 3,
        "type-inconsistent": 4,
        "object-exists": 5,
        "object-attribute-inconsistent": 6,
    },
    "resource": {
        "other": 0,
        "memory-unavailable": 1,
        "processor-resource-unavailable": 2,
        "mass-storage-unavailable": 3,
        "capability-unavailable": 4,
        "capability-unknown": 5,
    },
    "service": {
        "other": 0,
        "primitives-out-of-sequence": 1,
        "object-state-conflict": 2,
        "continuation-invalid": 4,
        "object-constraint-conflict": 5,
    },
    "service-preempt": {"other": 0, "timeout": 1, "deadlock": 2, "cancel": 3},
    "time-resolution": {"other": 0, "unsupportable-time-resolution": 1},
    "access": {
        "other": 0,
        "object-access-unsupported": 1,
        "object-non-existent": 2,
        "object-access-denied": 3,
        "object-invalidated": 4,
    },
    "initiate": {
        "other": 0,
        "version-incompatible": 1,
        "max-segment-insufficient": 2,
        "max-services-outstanding-calling-insufficient": 3,
        "max-services-outstanding-called-insufficient": 4,
        "service-CBB-insufficient": 5,
        "parameter-CBB-insufficient": 6,
        "nesting-level-insufficient": 7,
    },
    "conclude": {"other": 0, "further-communication-required": 1},
    "cancel": {"other": 0, "invoke-id-unknown": 1, "cancel-not-possible": 2},
    "file": {"other": 0},
    "others": {"other": 0},
}

REJECT_REASONS: Final[Mapping[str, Mapping[str, int]]] = {
    "confirmed-requestPDU": {
        "other": 0,
        "unrecognized-service": 1,
        "unrecognized-modifier": 2,
        "invalid-invokeID": 3,
        "invalid-argument": 4,
        "invalid-modifier": 5,
        "max-serv-outstanding-exceeded": 6,
        "max-recursion-exceeded": 8,
        "value-out-of-range": 9,
    },
    "confirmed-responsePDU": {
        "other": 0,
        "unrecognized-service": 1,
        "invalid-invokeID": 2,
        "invalid-result": 3,
        "max-recursion-exceeded": 5,
        "value-out-of-range": 6,
    },
    "confirmed-errorPDU": {
        "other": 0,
        "unrecognized-service": 1,
        "invalid-invokeID": 2,
        "invalid-serviceError": 3,
        "value-out-of-range": 4,
    },
    "unconfirmedPDU": {
        "other": 0,
        "unrecognized-service": 1,
        "invalid-argument": 2,
        "max-recursion-exceeded": 3,
        "value-out-of-range": 4,
    },
    "pdu-error": {"unknown-pdu-type": 0, "invalid-pdu": 1, "illegal-acse-mapping": 2},
    "cancel-requestPDU": {"other": 0, "invalid-invokeID": 1},
    "cancel-responsePDU": {"other": 0, "invalid-invokeID": 1},
    "cancel-errorPDU": {
        "other": 0,
        "invalid-invokeID": 1,
        "invalid-serviceError": 2,
        "value-out-of-range": 3,
    },
    "conclude-requestPDU": {"other": 0, "invalid-argument": 1},
    "conclude-responsePDU": {"other": 0, "invalid-result": 1},
    "conclude-errorPDU": {"other": 0, "invalid-serviceError": 1, "value-out-of-range": 2},
}


def service_error(error_class: str, name: str) -> ServiceError:
    """Return the service error called ``name``. Raises KeyError when the standard has none."""
    return ServiceError(error_class, SERVICE_ERRORS[error_class][name])


def reject(reason: str, name: str) -> Reject:
    """Return the reject reason called ``name``. Raises KeyError when the standard has none."""
    return Reject(reason, REJECT_REASONS[reason][name])


def bits(names: Iterable[str], numbers: Mapping[str, int], length: int) -> BitString:
    """Return a BIT STRING of ``length`` bits with those set that ``numbers`` gives for ``names``."""
    value = 0
    for name in names:
        value |= 1 << (length - 1 - numbers[name])
    padding = -length % 8
    return (value << padding).to_bytes((length + padding) // 8, "big"), length


def bit_names(value: BitString, numbers: Mapping[str, int]) -> frozenset[str]:
    """Return the names of the bits that are set; bits past the end count as not set."""
    octets, length = value
    string = int.from_bytes(octets, "big")
    last = 8 * len(octets) - 1
    return frozenset(
        [name for name, number in numbers.items() if number < length and string >> last - number & 1]
    )


def _name(table: Mapping[str, Mapping[str, int]], group: str, code: int) -> str:
    for name, number in table.get(group, {}).items():
        if number == code:
            return name
    return str(code)

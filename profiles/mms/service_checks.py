"""What an MMS server checks before it serves, as ordered tables of named steps.

The peer is told of a fault in an initiate-Error (INITIATE), a cancel-Error (CANCEL), a conclude-Error
(CONCLUDE), a confirmed-Error (SERVICE), or as the failure of one variable (ITEM). ANSWERED is the client's
look at an initiate-Response.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from conform62351.profiles.mms.alternate import select
from conform62351.profiles.mms.checks import State, told
from conform62351.profiles.mms.data import Data, mismatch
from conform62351.profiles.mms.model import Model
from conform62351.profiles.mms.names import DataAccessError, ObjectClass, service_error
from conform62351.profiles.mms.negotiation import VERSION, InitiateParameters, excess
from conform62351.profiles.mms.nodes import Node
from conform62351.profiles.mms.reporting import Member
from conform62351.profiles.policy import CheckTable, Fault, Reaction, Step

SMALLEST_PDU: Final = 64
"""Octets: with less, no answer of any use can be sent (I)."""
MAXIMUM_VARIABLES: Final = 500
"""Variables in one read or write: a limit of this server (I)."""
LISTED: Final = frozenset(
    {ObjectClass.NAMED_VARIABLE, ObjectClass.NAMED_VARIABLE_LIST, ObjectClass.JOURNAL, ObjectClass.DOMAIN}
)
"""The classes that getNameList lists; there are never any journals, and clients ask for them all the same."""

Proposed = Mapping[str, Any]


def _version(proposed: Proposed) -> Fault | None:
    version = proposed["initRequestDetail"]["proposedVersionNumber"]
    if version >= VERSION:
        return None
    return told(f"version {version}", service_error("initiate", "version-incompatible"))


def _local_detail(proposed: Proposed) -> Fault | None:
    size = proposed.get("localDetailCalling", SMALLEST_PDU)
    if size >= SMALLEST_PDU:
        return None
    return told(f"PDUs of {size} octets at most", service_error("initiate", "max-segment-insufficient"))


def _outstanding_calling(proposed: Proposed) -> Fault | None:
    number = proposed["proposedMaxServOutstandingCalling"]
    if number >= 1:
        return None
    answer = service_error("initiate", "max-services-outstanding-calling-insufficient")
    return told(f"{number} outstanding requests of the client", answer)


def _outstanding_called(proposed: Proposed) -> Fault | None:
    number = proposed["proposedMaxServOutstandingCalled"]
    if number >= 0:
        return None
    answer = service_error("initiate", "max-services-outstanding-called-insufficient")
    return told(f"{number} outstanding requests of the server", answer)


def _nesting_level(proposed: Proposed) -> Fault | None:
    level = proposed.get("proposedDataStructureNestingLevel", 0)
    if level >= 0:
        return None
    return told(f"nesting level {level}", service_error("initiate", "nesting-level-insufficient"))


@dataclass(frozen=True, slots=True)
class Call:
    """A confirmed service that was asked for: its name and argument.

    ``members`` are the variables of the list that the argument names: none for a list that does not exist,
    None when it names no list.
    """

    model: Model
    service: str
    argument: Any
    members: Sequence[Member] | None = None

    def variables(self) -> int:
        """Return how many variables the call is about."""
        if self.members is not None:
            return len(self.members)
        return len(self.argument["variableAccessSpecification"][1])


def named_object(name: tuple[str, Any]) -> tuple[str, str]:
    """Return domain and item of an ObjectName; the domain is empty when the name has none."""
    kind, value = name
    return (value["domainID"], value["itemID"]) if kind == "domain-specific" else ("", value)


def _object_class(call: Call) -> Fault | None:
    if call.service != "getNameList":
        return None
    kind, number = call.argument["extendedObjectClass"]
    if kind == "objectClass" and number in LISTED:
        return None
    return told(f"{kind} {number} is not listed", service_error("access", "object-access-unsupported"))


def _object_scope(call: Call) -> Fault | None:
    if call.service != "getNameList":
        return None
    scope, domain = call.argument["objectScope"]
    if scope != "domainSpecific" or domain in call.model.domains:
        return None
    return told(f"there is no domain {domain}", service_error("access", "object-non-existent"))


def _known_variable(call: Call) -> Fault | None:
    if call.service != "getVariableAccessAttributes":
        return None
    domain, item = named_object(call.argument[1])
    if call.model.find(domain, item) is not None:
        return None
    return told(f"there is no variable {domain}/{item}", service_error("access", "object-non-existent"))


def _known_list(call: Call) -> Fault | None:
    if call.members is None or call.members:
        return None
    return told("there is no such variable list", service_error("access", "object-non-existent"))


def _variable_count(call: Call) -> Fault | None:
    if call.service not in ("read", "write"):
        return None
    count = call.variables()
    if count <= MAXIMUM_VARIABLES:
        return None
    return told(f"{count} variables", service_error("resource", "capability-unavailable"))


def _data_count(call: Call) -> Fault | None:
    if call.service != "write":
        return None
    count = len(call.argument["listOfData"])
    if count == call.variables():
        return None
    message = f"{count} values for {call.variables()} variables"
    return told(message, service_error("definition", "object-attribute-inconsistent"))


@dataclass(frozen=True, slots=True)
class Access:
    """The access of ``client`` to one variable, by domain and item; ``data`` is None for a read.

    ``node`` is None when there is no such variable.
    """

    model: Model
    client: object
    name: tuple[str, str]
    node: Node | None
    alternate: Sequence[tuple[str, Any]] | None
    data: Data | None


def _object(access: Access) -> Fault | None:
    if access.node is not None:
        return None
    return told("there is no variable {}/{}".format(*access.name), DataAccessError.OBJECT_NON_EXISTENT)


def _alternate_access(access: Access) -> Fault | None:
    if access.alternate is None or access.node is None:
        return None
    if access.data is not None:
        return told("a write with alternate access", DataAccessError.OBJECT_ACCESS_UNSUPPORTED)
    if select(access.node, access.alternate) is not None:
        return None
    return told("alternate access to what is not there", DataAccessError.OBJECT_NON_EXISTENT)


def _access_right(access: Access) -> Fault | None:
    if access.data is None or access.node is None or all(leaf.writable for leaf in access.node.leaves()):
        return None
    return told("{}/{} is not writable".format(*access.name), DataAccessError.OBJECT_ACCESS_DENIED)


def _type(access: Access) -> Fault | None:
    if access.data is None or access.node is None:
        return None
    found = mismatch(access.node.specification, access.data)
    return None if found is None else told("{}/{} is of another type".format(*access.name), found)


def _report_control(access: Access) -> Fault | None:
    if access.data is None or access.node is None:
        return None
    found = access.model.refusal(access.node, access.data, access.client)
    return None if found is None else told("{}/{} cannot have it now".format(*access.name), found)


def _cancel_known(context: tuple[int, State]) -> Fault | None:
    invoke_id, state = context
    if invoke_id in state.outstanding:
        return None
    return told(f"no request {invoke_id} is outstanding", service_error("cancel", "invoke-id-unknown"))


def _nothing_outstanding(state: State) -> Fault | None:
    if not state.outstanding:
        return None
    message = f"{len(state.outstanding)} requests are outstanding"
    return told(message, service_error("conclude", "further-communication-required"))


def _within_proposal(context: tuple[Mapping[str, Any], InitiateParameters]) -> Fault | None:
    beyond = excess(*context)
    if not beyond:
        return None
    return Fault(f"more than was proposed: {', '.join(beyond)}", Reaction.NOTE)


_ENVIRONMENT: Final = "ISO 9506-2 8"
_VMD: Final = "ISO 9506-2 9"
_VARIABLES: Final = "ISO 9506-2 14"
_REPORTS: Final = "IEC 61850-8-1 17.2"

INITIATE: Final = CheckTable(
    "MMS.initiate",
    (
        Step("MMS.17", "version", _ENVIRONMENT, "R", _version),
        Step("MMS.18", "local-detail", _ENVIRONMENT, "I", _local_detail),
        Step("MMS.19", "outstanding-calling", _ENVIRONMENT, "R", _outstanding_calling),
        Step("MMS.20", "outstanding-called", _ENVIRONMENT, "R", _outstanding_called),
        Step("MMS.21", "nesting-level", _ENVIRONMENT, "R", _nesting_level),
    ),
)

ANSWERED: Final = CheckTable(
    "MMS.answered", (Step("MMS.35", "within-proposal", _ENVIRONMENT, "R", _within_proposal),)
)

CANCEL: Final = CheckTable("MMS.cancel", (Step("MMS.22", "cancel-known", _ENVIRONMENT, "R", _cancel_known),))

CONCLUDE: Final = CheckTable(
    "MMS.conclude", (Step("MMS.23", "nothing-outstanding", _ENVIRONMENT, "R", _nothing_outstanding),)
)

SERVICE: Final = CheckTable(
    "MMS.service",
    (
        Step("MMS.24", "object-class", _VMD, "R", _object_class),
        Step("MMS.25", "object-scope", _VMD, "R", _object_scope),
        Step("MMS.26", "known-variable", _VARIABLES, "R", _known_variable),
        Step("MMS.27", "known-list", _VARIABLES, "R", _known_list),
        Step("MMS.28", "variable-count", _VARIABLES, "I", _variable_count),
        Step("MMS.29", "data-count", _VARIABLES, "I", _data_count),
    ),
)

ITEM: Final = CheckTable(
    "MMS.item",
    (
        Step("MMS.30", "object", _VARIABLES, "R", _object),
        Step("MMS.31", "alternate-access", _VARIABLES, "I", _alternate_access),
        Step("MMS.32", "access-right", _VARIABLES, "R", _access_right),
        Step("MMS.33", "type", _VARIABLES, "R", _type),
        Step("MMS.34", "report-control", _REPORTS, "R", _report_control),
    ),
)

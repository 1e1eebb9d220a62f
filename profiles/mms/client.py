"""The MMS client: makes requests, knows which are unanswered, and reads what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from conform62351.profiles.mms import negotiation
from conform62351.profiles.mms.checks import Asked
from conform62351.profiles.mms.codec import MmsError, MmsPdu
from conform62351.profiles.mms.data import Data
from conform62351.profiles.mms.messages import (
    AccessResult,
    ErrorResponse,
    Handled,
    InformationReport,
    Initiated,
    InitiateFailed,
    MmsMessage,
    Response,
)
from conform62351.profiles.mms.names import DataAccessError, ObjectClass
from conform62351.profiles.mms.negotiation import InitiateParameters
from conform62351.profiles.mms.pdu_checks import OUTGOING, Outgoing
from conform62351.profiles.mms.service_checks import ANSWERED
from conform62351.profiles.mms.services import named_variable
from conform62351.profiles.mms.session import Receivers, Session, received_error
from conform62351.profiles.policy import Policy

SERVED_AS_CALLING: Final = frozenset({"informationReport", "conclude"})
INVOKE_ID_RANGE: Final = 1 << 32


class MmsClient(Session):
    """The client's end of one association.

    Every method that makes a PDU returns it as a message and books it as asked; :meth:`handle` takes what the
    server sends.
    """

    def __init__(self, policy: Policy | None = None, parameters: InitiateParameters | None = None) -> None:
        super().__init__(policy or Policy(), parameters or InitiateParameters(), SERVED_AS_CALLING)
        self._last_invoke_id = 0

    @property
    def may_ask(self) -> bool:
        """Whether one more request keeps within the outstanding ones that were agreed."""
        agreed = self._state.negotiated
        return agreed is not None and len(self._state.requests) < agreed.max_outstanding_calling

    @property
    def unanswered(self) -> Mapping[int, Asked]:
        """The requests that have no answer, by invokeID."""
        return self._state.requests

    def initiate(self) -> MmsMessage:
        """Propose the client's parameters: the user data of the association request."""
        self._state.initiating = True
        return self._message("initiate-RequestPDU", negotiation.request(self._state.own))

    def request(
        self, service: str, argument: Any, *, results: int | None = None, invoke_id: int | None = None
    ) -> MmsMessage:
        """Ask for a confirmed service, its argument shaped by the module.

        ``results`` is how many results must come back, where that is known. ``invoke_id`` is the next free
        one unless given. Raises MmsError for a service or an argument that the module does not have, and for
        a request that goes beyond what was agreed, unless the policy does not react.
        """
        if invoke_id is None:
            invoke_id = self._next_invoke_id()
        value = {"invokeID": invoke_id, "service": (service, argument)}
        message = self._message("confirmed-RequestPDU", value, invoke_id)
        for finding in OUTGOING.findings(Outgoing(message.octets, self._state), self.policy):
            if self.policy.reacts(finding):
                raise MmsError(0, str(finding), pdu=message.name)
        self._state.requests[invoke_id] = Asked(service, results)
        return message

    def status(self, *, extended: bool = False) -> MmsMessage:
        """Ask for the status of the VMD."""
        return self.request("status", extended)

    def identify(self) -> MmsMessage:
        """Ask who the VMD is."""
        return self.request("identify", None)

    def get_name_list(
        self,
        object_class: ObjectClass = ObjectClass.DOMAIN,
        domain: str | None = None,
        continue_after: str | None = None,
    ) -> MmsMessage:
        """Ask for the names of a class: of a domain, or of the VMD when ``domain`` is None."""
        argument: dict[str, Any] = {
            "extendedObjectClass": ("objectClass", int(object_class)),
            "objectScope": ("vmdSpecific", None) if domain is None else ("domainSpecific", domain),
        }
        if continue_after is not None:
            argument["continueAfter"] = continue_after
        return self.request("getNameList", argument)

    def get_variable_access_attributes(self, domain: str, item: str) -> MmsMessage:
        """Ask for the type of a variable."""
        return self.request("getVariableAccessAttributes", ("name", _object_name(domain, item)))

    def get_named_variable_list_attributes(self, domain: str, item: str) -> MmsMessage:
        """Ask for the members of a data set."""
        return self.request("getNamedVariableListAttributes", _object_name(domain, item))

    def read(
        self,
        *variables: tuple[str, str],
        alternate_access: Sequence[tuple[str, Any]] | None = None,
        with_specification: bool = False,
    ) -> MmsMessage:
        """Ask for the values of variables by domain and item; alternate access is the same for all."""
        listed = [named_variable(domain, item) for domain, item in variables]
        if alternate_access is not None:
            listed = [{**each, "alternateAccess": list(alternate_access)} for each in listed]
        argument = {
            "specificationWithResult": with_specification,
            "variableAccessSpecification": ("listOfVariable", listed),
        }
        return self.request("read", argument, results=len(listed))

    def read_list(
        self, domain: str, item: str, *, with_specification: bool = False, members: int | None = None
    ) -> MmsMessage:
        """Ask for the values of the members of a data set, ``members`` where their number is known."""
        argument = {
            "specificationWithResult": with_specification,
            "variableAccessSpecification": ("variableListName", _object_name(domain, item)),
        }
        return self.request("read", argument, results=members)

    def write(self, *values: tuple[str, str, Data]) -> MmsMessage:
        """Write variables: domain, item and value of each."""
        argument = {
            "variableAccessSpecification": (
                "listOfVariable",
                [named_variable(domain, item) for domain, item, _ in values],
            ),
            "listOfData": [data for _, _, data in values],
        }
        return self.request("write", argument, results=len(values))

    def write_list(self, domain: str, item: str, values: Sequence[Data]) -> MmsMessage:
        """Write the members of a data set."""
        argument = {
            "variableAccessSpecification": ("variableListName", _object_name(domain, item)),
            "listOfData": list(values),
        }
        return self.request("write", argument, results=len(values))

    def cancel(self, invoke_id: int) -> MmsMessage:
        """Ask to cancel a request."""
        message = self._message("cancel-RequestPDU", invoke_id)
        self._state.cancelling.add(invoke_id)
        return message

    def number_next(self, invoke_id: int) -> None:
        """Give the next request this invokeID, or the next one that is not in use."""
        self._last_invoke_id = invoke_id - 1

    def _next_invoke_id(self) -> int:
        number = (self._last_invoke_id + 1) % INVOKE_ID_RANGE
        while number in self._state.requests:
            number = (number + 1) % INVOKE_ID_RANGE
        self._last_invoke_id = number
        return number

    def _take_initiate_response(self, pdu: MmsPdu, handled: Handled) -> None:
        self._check(ANSWERED, (pdu.value, self._state.own), handled)
        self._state.initiating = False
        self._state.negotiated = negotiated = negotiation.agreed(pdu.value, self._state.own)
        handled.events.append(Initiated(negotiated, pdu))

    def _take_initiate_error(self, pdu: MmsPdu, handled: Handled) -> None:
        self._state.initiating = False
        handled.events.append(InitiateFailed(received_error(pdu.value), pdu))

    def _take_response(self, pdu: MmsPdu, handled: Handled) -> None:
        invoke_id = pdu.value["invokeID"]
        service, value = pdu.value["service"]
        self._state.requests.pop(invoke_id, None)
        results: tuple[AccessResult, ...] = ()
        if service == "read":
            results = tuple(map(_access_result, value["listOfAccessResult"]))
        elif service == "write":
            results = tuple(map(_access_result, value))
        handled.events.append(Response(invoke_id, service, value, results, pdu))

    def _take_error(self, pdu: MmsPdu, handled: Handled) -> None:
        invoke_id = pdu.value["invokeID"]
        asked = self._state.requests.pop(invoke_id, None)
        error = received_error(pdu.value["serviceError"])
        handled.events.append(ErrorResponse(invoke_id, asked.service if asked else "", error, pdu))

    def _take_unconfirmed(self, pdu: MmsPdu, handled: Handled) -> None:
        service, value = pdu.value["service"]
        if service == "informationReport":
            results = tuple(map(_access_result, value["listOfAccessResult"]))
            handled.events.append(InformationReport(value["variableAccessSpecification"], results, pdu))

    receivers: ClassVar[Receivers] = {
        **Session.receivers,
        "initiate-ResponsePDU": _take_initiate_response,
        "initiate-ErrorPDU": _take_initiate_error,
        "confirmed-ResponsePDU": _take_response,
        "confirmed-ErrorPDU": _take_error,
        "unconfirmed-PDU": _take_unconfirmed,
    }


def _object_name(domain: str, item: str) -> tuple[str, Any]:
    return "domain-specific", {"domainID": domain, "itemID": item}


def _access_result(result: tuple[str, Any]) -> AccessResult:
    kind, value = result
    if kind == "success":
        return AccessResult(data=value)
    try:
        return AccessResult(failure=DataAccessError(value))
    except ValueError:
        return AccessResult(failure=value)

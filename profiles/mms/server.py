"""The MMS server: one association with the model of a device. No sockets, no clock."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, ClassVar, Final

import msgspec

from conform62351.profiles.mms import negotiation, services
from conform62351.profiles.mms.alternate import select
from conform62351.profiles.mms.checks import MmsFault
from conform62351.profiles.mms.codec import MmsPdu, encode_pdu
from conform62351.profiles.mms.data import Data
from conform62351.profiles.mms.messages import (
    Handled,
    Initiated,
    InitiateRefused,
    Written,
)
from conform62351.profiles.mms.model import Model
from conform62351.profiles.mms.names import DataAccessError, Reject, ServiceError, service_error
from conform62351.profiles.mms.negotiation import SERVED, InitiateParameters
from conform62351.profiles.mms.report import Report, segments
from conform62351.profiles.mms.reporting import Member
from conform62351.profiles.mms.service_checks import INITIATE, ITEM, SERVICE, Access, Call, named_object
from conform62351.profiles.mms.session import Receivers, Session
from conform62351.profiles.policy import Fault, Policy

SERVED_AS_CALLED: Final = SERVED - {"informationReport"}
ENVELOPE: Final = 32
"""Octets of a getNameList response beside the names, at most."""
UNLIMITED: Final = 1 << 16
"""Octets that names may take where no PDU size was agreed."""


class ServerSettings(msgspec.Struct, frozen=True):
    """How a server behaves beside its model.

    ``response_time`` seconds pass between a request and its execution, then :meth:`MmsServer.tick` answers;
    with 0 the answer comes at once. ``name_list`` is the number of names in one answer at most.
    """

    initiate: InitiateParameters = InitiateParameters()
    response_time: float = 0.0
    name_list: int = 1000


class Pending(msgspec.Struct, frozen=True):
    """A request that is executed when its time has come."""

    service: str
    argument: Any
    due: float


class MmsServer(Session):
    """The server's end of one association; several may share a model."""

    def __init__(
        self, model: Model, policy: Policy | None = None, settings: ServerSettings | None = None
    ) -> None:
        self.model = model
        self._settings = settings or ServerSettings()
        own = self._settings.initiate
        super().__init__(policy or Policy(), own, SERVED_AS_CALLED & own.services)

    @property
    def outstanding(self) -> Collection[int]:
        """The invokeIDs of the requests that wait for their execution."""
        return self._state.outstanding

    def change(self, domain: str, item: str, data: Data, now: float) -> Handled:
        """Give a variable of the model a new value and return what is due for this association by now.

        Other associations get theirs from :meth:`tick`. Raises ModelError as :meth:`Model.change` does.
        """
        self.model.change(domain, item, data, now)
        return self.tick(now)

    def tick(self, now: float) -> Handled:
        """Return what the passing of time brings: answers whose time has come, and reports."""
        handled = Handled(now)
        due = [number for number, pending in self._state.outstanding.items() if pending.due <= now]
        for invoke_id in due:
            self._execute(invoke_id, self._state.outstanding.pop(invoke_id), handled)
        self._report(handled)
        self._withhold(handled)
        return handled

    def answer(
        self,
        invoke_id: int,
        now: float,
        refusal: ServiceError | Reject | None = None,
        *,
        keep: bool = False,
    ) -> Handled:
        """Execute the outstanding request ``invoke_id`` before its time, or refuse it.

        ``keep``: it is still outstanding afterwards. Raises KeyError when there is no such request.
        """
        handled = Handled(now)
        pending = self._state.outstanding[invoke_id]
        if not keep:
            del self._state.outstanding[invoke_id]
        match refusal:
            case None:
                self._execute(invoke_id, pending, handled)
            case ServiceError():
                self._answer_error(invoke_id, refusal, handled)
            case Reject():
                handled.replies.append(self._message("rejectPDU", refusal.value(invoke_id), invoke_id))
        self._report(handled)
        self._withhold(handled)
        return handled

    def next_due(self) -> float | None:
        """Return when :meth:`tick` next has something to do, or None when time alone brings nothing."""
        times = [pending.due for pending in self._state.outstanding.values()]
        for block in self.model.blocks:
            if block.owner is self and (time := block.next_due()) is not None:
                times.append(time)
        return min(times, default=None)

    def close(self) -> None:
        """End with the association: its requests are forgotten and its report control blocks are free."""
        self._state.outstanding.clear()
        self.model.release(self)

    def _take_initiate(self, pdu: MmsPdu, handled: Handled) -> None:
        fault = self._check(INITIATE, pdu.value, handled)
        if fault is not None:
            error = self._error(fault)
            handled.replies.append(self._message("initiate-ErrorPDU", error.value()))
            handled.events.append(InitiateRefused(error, pdu))
            return
        own = self._settings.initiate
        self._state.negotiated = negotiated = negotiation.agree(pdu.value, own)
        handled.replies.append(self._message("initiate-ResponsePDU", negotiation.response(negotiated, own)))
        handled.events.append(Initiated(negotiated, pdu))

    def _take_request(self, pdu: MmsPdu, handled: Handled) -> None:
        service, argument = pdu.value["service"]
        pending = Pending(service, argument, handled.now + self._settings.response_time)
        if pending.due > handled.now:
            self._state.outstanding[pdu.value["invokeID"]] = pending
        else:
            self._execute(pdu.value["invokeID"], pending, handled)
            self._report(handled)

    def _execute(self, invoke_id: int, pending: Pending, handled: Handled) -> None:
        call = Call(self.model, pending.service, pending.argument, self._members(pending))
        fault = self._check(SERVICE, call, handled)
        if fault is not None:
            self._answer_error(invoke_id, self._error(fault), handled)
            return
        result = self._serve(call, handled)
        value = {"invokeID": invoke_id, "service": (pending.service, result)}
        message = self._limited_message("confirmed-ResponsePDU", value, invoke_id)
        if message is None:
            self._answer_error(invoke_id, service_error("resource", "other"), handled)
        else:
            handled.replies.append(message)

    def _serve(self, call: Call, handled: Handled) -> Any:
        """Return the result of a service that nothing has been found against."""
        match call.service:
            case "read":
                return self._read(call, handled)
            case "write":
                return self._write(call, handled)
            case "status":
                return services.status(self.model)
            case "identify":
                return services.identify(self.model)
            case "getNameList":
                limit = self.negotiated.local_detail if self.negotiated is not None else None
                room = (limit or UNLIMITED) - ENVELOPE
                return services.name_list(self.model, call.argument, room, self._settings.name_list)
            case "getVariableAccessAttributes":
                return services.variable_access_attributes(self.model, call.argument)
            case _:
                return services.list_attributes(call.members or ())

    def _answer_error(self, invoke_id: int, error: ServiceError, handled: Handled) -> None:
        value = {"invokeID": invoke_id, "serviceError": error.value()}
        handled.replies.append(self._message("confirmed-ErrorPDU", value, invoke_id))

    def _members(self, pending: Pending) -> Sequence[Member] | None:
        """Return the members of the variable list that a request names; None when it names none."""
        name = None
        if pending.service in ("read", "write"):
            kind, value = pending.argument["variableAccessSpecification"]
            name = value if kind == "variableListName" else None
        elif pending.service == "getNamedVariableListAttributes":
            name = pending.argument
        return None if name is None else self.model.data_set(*named_object(name)) or ()

    def _read(self, call: Call, handled: Handled) -> Any:
        results = [self._read_one(name, part, handled) for name, part in services.variables(call)]
        result = {"listOfAccessResult": results}
        if call.argument["specificationWithResult"]:
            result["variableAccessSpecification"] = call.argument["variableAccessSpecification"]
        return result

    def _read_one(self, name: tuple[str, str], part: Any, handled: Handled) -> tuple[str, Any]:
        node = self.model.find(*name)
        fault = self._check(ITEM, Access(self.model, self, name, node, part, None), handled)
        if fault is not None:
            return _failure(fault)
        data = None if node is None else node.read() if part is None else select(node, part)
        return "success", services.UNCHECKED_DATA if data is None else data

    def _write(self, call: Call, handled: Handled) -> Any:
        values = call.argument["listOfData"]
        return [
            self._write_one(name, part, data, handled)
            for (name, part), data in zip(services.variables(call), values, strict=False)
        ]

    def _write_one(self, name: tuple[str, str], part: Any, data: Data, handled: Handled) -> tuple[str, Any]:
        node = self.model.find(*name)
        fault = self._check(ITEM, Access(self.model, self, name, node, part, data), handled)
        if fault is not None:
            return _failure(fault)
        if node is not None:
            self.model.write(node, data, self, handled.now)
            handled.events.append(Written(*name, data))
        return "success", None

    def _report(self, handled: Handled) -> None:
        """Add the reports that are due for this association; what fits no PDU even alone is lost."""
        for block in self.model.blocks:
            if block.owner is self:
                for report in block.take_due(handled.now):
                    for part in segments(report, self._fits):
                        message = self._limited_message("unconfirmed-PDU", part.value())
                        if message is not None:
                            handled.replies.append(message)

    def _fits(self, report: Report) -> bool:
        limit = self.negotiated.local_detail if self.negotiated is not None else None
        return limit is None or len(encode_pdu("unconfirmed-PDU", report.value())) <= limit

    receivers: ClassVar[Receivers] = {
        **Session.receivers,
        "initiate-RequestPDU": _take_initiate,
        "confirmed-RequestPDU": _take_request,
    }


def _failure(fault: Fault) -> tuple[str, int]:
    """Return the failure of one variable that a fault is told by."""
    code = fault.code if isinstance(fault, MmsFault) else None
    return "failure", DataAccessError.HARDWARE_FAULT if code is None else code

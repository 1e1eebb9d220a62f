"""The tester's MMS on one connection: client of a DUT server, or server of a DUT client."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from conform62351.profiles.events import Faulted, Noted
from conform62351.profiles.mms.client import MmsClient
from conform62351.profiles.mms.codec import MmsPdu
from conform62351.profiles.mms.messages import Handled, MmsMessage, Response, make_message
from conform62351.profiles.mms.model import Model
from conform62351.profiles.mms.names import Reject, ServiceError, reject, service_error
from conform62351.profiles.mms.negotiation import InitiateParameters
from conform62351.profiles.mms.server import MmsServer, ServerSettings
from conform62351.profiles.policy import Finding, Policy
from conform62351.profiles.role import Role
from conform62351.tooling.engine.learned import Learned

MAXIMUM_UNANSWERED = 10_000
REFUSED_INITIATE = service_error("initiate", "other")
REFUSALS: Mapping[str, ServiceError | Reject] = {
    "error": service_error("access", "object-access-denied"),
    "reject": reject("confirmed-requestPDU", "other"),
}
"""How a request can be refused, by the name that steps have for it."""
SETS = frozenset({"parameters", "services"})
FOUND = (Faulted, Noted)
"""The events that tell what a check has found."""
REQUESTS = frozenset(
    {"confirmed-RequestPDU", "conclude-RequestPDU", "cancel-RequestPDU", "initiate-RequestPDU"}
)


class Unanswered(msgspec.Struct, frozen=True):
    """A request of the DUT: its octets, its invokeID while it is outstanding, or why it is rejected.

    rejected is also what the tester's client answers a DUT server, which may conclude.
    """

    octets: bytes
    invoke_id: int | None = None
    rejected: tuple[MmsMessage, ...] = ()


class MmsEnd:
    """Both machines and what they have found; which of them talks depends on the role of the tester.

    The tester's server keeps confirmed requests outstanding until it is told to answer, so that its checks
    on invokeIDs and on the number of requests see what a DUT client has under way. ``parameters`` is what the
    tester can do, ``findings`` the list that takes what the machines find.
    """

    def __init__(
        self,
        policy: Policy,
        parameters: InitiateParameters,
        model: Model,
        now: Callable[[], float],
        findings: list[Finding],
    ) -> None:
        self._findings = findings
        self.learned = Learned()
        self._policy = policy
        self._parameters = parameters
        self._model = model
        self._now = now
        self._unanswered: deque[Unanswered] = deque()
        self.propose({})

    def propose(self, changes: Mapping[str, Any]) -> None:
        """Begin anew with other values for initiate, by the names of InitiateParameters."""
        values: dict[str, Any] = {
            name: frozenset(value) if name in SETS else value for name, value in changes.items()
        }
        self._proposed = msgspec.structs.replace(self._parameters, **values) if values else self._parameters
        self._client: MmsClient | None = None
        self._server: MmsServer | None = None

    @property
    def client(self) -> MmsClient:
        """The tester's client, made when there is something to ask a DUT server."""
        if self._client is None:
            self._client = MmsClient(self._policy, self._proposed)
        return self._client

    @property
    def server(self) -> MmsServer:
        """The tester's server, made when a DUT client needs it."""
        if self._server is None:
            settings = ServerSettings(self._proposed, response_time=math.inf)
            self._server = MmsServer(self._model, self._policy, settings)
        return self._server

    @property
    def may_ask(self) -> bool:
        """Whether one more request keeps within those that were agreed, and within those proposed."""
        return self.client.may_ask and len(self.client.unanswered) < self._proposed.max_outstanding_calling

    def initiate(self) -> MmsMessage:
        """Return the initiate-Request."""
        return self.client.initiate()

    def refuse_initiate(self) -> MmsMessage:
        """Return an initiate-Error."""
        message = make_message(self._policy, "initiate-ErrorPDU", REFUSED_INITIATE.value())
        assert message is not None
        return message

    def serve(self, octets: bytes) -> list[MmsMessage]:
        """Have the tester's server take a PDU and return what it answers at once."""
        handled = self.server.handle(octets, self._now())
        self._take_findings(handled)
        return handled.replies

    def arrived(self, pdu: MmsPdu) -> None:
        """Take note of a request of the DUT, unless there are too many; confirmed ones are outstanding."""
        if len(self._unanswered) >= MAXIMUM_UNANSWERED:
            return
        if pdu.name != "confirmed-RequestPDU":
            self._unanswered.append(Unanswered(pdu.octets))
            return
        rejected = tuple(self.serve(pdu.octets))
        waits = not rejected and pdu.value["invokeID"] in self.server.outstanding
        self._unanswered.append(Unanswered(pdu.octets, pdu.value["invokeID"] if waits else None, rejected))

    def answer(self, how: str = "response", *, keep: bool = False) -> list[MmsMessage]:
        """Return the answer to the oldest request, if there is one: ``response``, ``error`` or ``reject``.

        ``keep``: the request stays the oldest one.
        """
        if not self._unanswered:
            return []
        request = self._unanswered[0]
        if not keep:
            self._unanswered.popleft()
        if request.invoke_id is None:
            return list(request.rejected) or self.serve(request.octets)
        handled = self.server.answer(request.invoke_id, self._now(), REFUSALS.get(how), keep=keep)
        self._take_findings(handled)
        return handled.replies

    def take(self, octets: bytes) -> MmsPdu | None:
        """Have the tester's client take a PDU of the DUT; return it if it could be read and made an event."""
        handled = self.client.handle(octets, self._now())
        self._take_findings(handled)
        found: MmsPdu | None = None
        for event in handled.events:
            if isinstance(event, Response):
                self.learned.take(event)
            found = getattr(event, "pdu", found)
        if found is not None and found.name in REQUESTS:
            self._unanswered.append(Unanswered(octets, rejected=tuple(handled.replies)))
        return found

    def conclude(self, octets: bytes, role: Role) -> list[MmsMessage]:
        """Have the tester, in its role, take a conclude-Request that a release carried; return the answer."""
        if role is Role.SERVER:
            return self.serve(octets)
        handled = self.client.handle(octets, self._now())
        self._take_findings(handled)
        return handled.replies

    def _take_findings(self, handled: Handled) -> None:
        for event in handled.events:
            if isinstance(event, FOUND):
                self._findings.append(event.finding)


def facts(pdu: MmsPdu) -> dict[str, Any]:
    """Return what alternatives may narrow an MMS PDU down by: invokeID, service, whether an access failed."""
    value = pdu.value
    if not isinstance(value, dict):
        return {}
    found = {"invokeID": value["invokeID"]} if "invokeID" in value else {}
    if "service" not in value:
        return found
    service, result = value["service"]
    found["service"] = service
    results = result.get("listOfAccessResult") if isinstance(result, dict) else result
    if service in {"read", "write"} and pdu.name == "confirmed-ResponsePDU" and isinstance(results, list):
        found["access"] = "failure" if "failure" in [kind for kind, _ in results] else "success"
    return found

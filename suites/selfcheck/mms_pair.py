"""An MMS client and an MMS server in one process, PDU for PDU."""

from __future__ import annotations

from typing import Any

from conform62351.profiles.events import Faulted
from conform62351.profiles.mms.client import MmsClient
from conform62351.profiles.mms.codec import MmsPdu, decode_pdu, encode_pdu
from conform62351.profiles.mms.messages import Handled, MmsEvent, MmsMessage, Response
from conform62351.profiles.mms.model import Model
from conform62351.profiles.mms.modelfile import reference_model
from conform62351.profiles.mms.names import DataAccessError
from conform62351.profiles.mms.negotiation import InitiateParameters
from conform62351.profiles.mms.server import MmsServer, ServerSettings
from conform62351.profiles.policy import Policy

LD = "IEDREF1LD0"
NOW = 1_800_000_000.0
REQUEST_REASON = "confirmed-requestPDU"


def confirmed(invoke_id: int, service: str, argument: Any) -> bytes:
    """Return the octets of a confirmed request that no client has booked."""
    return encode_pdu("confirmed-RequestPDU", {"invokeID": invoke_id, "service": (service, argument)})


def faults(events: list[Any]) -> list[str]:
    """Return the names of the checks that found the faults among events."""
    return [event.finding.name for event in events if isinstance(event, Faulted)]


class Pair:
    """Both ends of an association that is open; ``now`` is the time of both."""

    def __init__(
        self,
        *,
        model: Model | None = None,
        client_policy: Policy | None = None,
        server_policy: Policy | None = None,
        parameters: InitiateParameters | None = None,
        settings: ServerSettings | None = None,
        initiate: bool = True,
    ) -> None:
        self.now = NOW
        self.client = MmsClient(client_policy, parameters)
        self.server = MmsServer(model or reference_model(), server_policy, settings)
        self.served: list[MmsEvent] = []
        if initiate:
            self.ask(self.client.initiate())

    def ask(self, message: MmsMessage) -> list[MmsEvent]:
        """Deliver a message of the client and return what the client makes of all that comes back."""
        assert message.octets is not None
        return self.deliver(self.server.handle(message.octets, self.now))

    def deliver(self, handled: Handled) -> list[MmsEvent]:
        """Deliver what the server sends and return what the client makes of it."""
        self.served += handled.events
        events: list[MmsEvent] = []
        for reply in handled.replies:
            assert reply.octets is not None
            taken = self.client.handle(reply.octets, self.now)
            assert not taken.replies
            events += taken.events
        return events

    def send(self, octets: bytes) -> list[MmsPdu]:
        """Give the server octets and return the PDUs that it answers."""
        handled = self.server.handle(octets, self.now)
        self.served += handled.events
        return [decode_pdu(reply.octets) for reply in handled.replies if reply.octets is not None]

    def response(self, message: MmsMessage) -> Response:
        """Deliver a message and return the response, which must be all that comes."""
        (event,) = self.ask(message)
        assert isinstance(event, Response)
        assert event.invoke_id == message.invoke_id
        return event

    def read(self, item: str) -> Any:
        """Return the Data of a variable, or its failure."""
        (result,) = self.response(self.client.read((LD, item))).results
        return result.data if result.failure is None else result.failure

    def write(self, item: str, data: Any) -> DataAccessError | int | None:
        """Write a variable and return the failure, if any; what else came is in ``events``."""
        response, *self.events = self.ask(self.client.write((LD, item, data)))
        assert isinstance(response, Response)
        (result,) = response.results
        return result.failure

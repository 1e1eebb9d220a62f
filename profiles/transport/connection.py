"""The machine of a transport connection over TCP: class 0 over TPKT, client or server.

It takes octets as they come, in pieces of any size, and gives events, octets to send and a record of every
PDU. It opens no socket and knows no time. Faults of the peer never raise; they are events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from conform62351.profiles.events import (
    Closed,
    CloseRequested,
    Faulted,
    Noted,
    Outgoing,
    ReceivedPdu,
    Undecodable,
)
from conform62351.profiles.policy import CheckTable, Context, Finding, Policy, Reaction
from conform62351.profiles.role import Role
from conform62351.profiles.transport import checks, connect_checks, cotp, tpkt
from conform62351.profiles.transport.cotp import CC, CR, DC, DR, DT, ER, CotpError, Parameter, Tpdu
from conform62351.profiles.transport.events import (
    TransportConfirm,
    TransportError,
    TransportEvent,
    TransportIndication,
    TransportRefused,
    Tsdu,
)
from conform62351.profiles.transport.inspection import Inspection
from conform62351.profiles.transport.parameters import (
    Situation,
    State,
    TransportParameters,
    agreed_size,
    answer_sizes,
    offer_sizes,
)
from conform62351.profiles.transport.tpkt import HEADER_LENGTH, Tpkt, TpktHeader

DT_HEADER_LENGTH: Final = 3
MAX_INVALID_TPDU: Final = 128
"""Octets of a rejected TPDU that an ER gives back."""

_DATA_TABLES: Final = (checks.TPKT_CHECKS, checks.ARRIVAL_CHECKS, checks.COTP_CHECKS, checks.DT_CHECKS)
"""What is checked on data."""


class TransportConnection:
    """One transport connection.

    A client calls :meth:`open`; a server answers a CR by itself, with CC, DR or ER. What is sent goes
    through the policy as ``COTP.*`` and then as ``TPKT``; a value that the policy made impossible to encode
    raises EncodingError from the call that sends it.
    """

    def __init__(self, role: Role, parameters: TransportParameters, policy: Policy) -> None:
        self._policy = policy
        self._situation = Situation(role, parameters)
        self._buffer = bytearray()
        self._header: TpktHeader | None = None
        self._ignored = False
        self._framed = True
        self._tsdu: list[bytes] = []
        self._events: list[TransportEvent] = []
        self._output: list[Outgoing] = []
        self._received: list[ReceivedPdu] = []

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._situation.state

    @property
    def tpdu_size(self) -> int:
        """The agreed TPDU size in octets; before a CC the one that is offered."""
        return self._situation.tpdu_size

    def open(self) -> None:
        """Send the CR (client)."""
        own = self._situation.parameters
        sizes, self._situation.tpdu_size = offer_sizes(own)
        selectors = _selectors(own.calling_selector, own.called_selector)
        self._situation.state = State.WFCC
        self._send("COTP.CR", CR(0, own.src_ref, parameters=sizes + selectors))

    def send_tsdu(self, octets: bytes, names: tuple[str, ...]) -> None:
        """Send ``octets`` in as many DTs as the agreed size asks for; all of them are one Outgoing."""
        room = max(1, self._situation.tpdu_size - DT_HEADER_LENGTH)
        packets: list[bytes] = []
        start, length = 0, len(octets)
        while start < length or not packets:
            end = start + max(1, self._policy.dt_length(length - start, room))
            packet = self._packet("COTP.DT", DT(octets[start:end], end >= length))
            if packet is None:
                return
            packets.append(packet)
            start = end
        self._output.append(Outgoing(b"".join(packets), ("TPKT", "COTP.DT", *names)))

    def send_tpdu(self, octets: bytes, names: tuple[str, ...]) -> None:
        """Send ``octets`` as they are in a TPKT, in whatever state (tester)."""
        packet = self._wrap(octets)
        if packet is not None:
            self._output.append(Outgoing(packet, ("TPKT", *names)))

    def send_raw(self, octets: bytes, names: tuple[str, ...]) -> None:
        """Send ``octets`` as they are over TCP, in whatever state (tester)."""
        self._output.append(Outgoing(octets, names))

    def receive(self, octets: bytes) -> list[TransportEvent]:
        """Take the next octets from TCP; any split of them gives the same events in the same order."""
        return [event for events in self.packets(octets) for event in events]

    def packets(self, octets: bytes) -> Iterator[list[TransportEvent]]:
        """Take the next octets from TCP, and yield the events of one packet after the other.

        What the layers above answer to one packet then goes out before the answer to the next one, however
        many came together. The user takes all that is yielded.
        """
        goes_on = self._framed and self._situation.state is not State.ENDED
        if goes_on and (self._buffer or not self._take_usual_data(octets)):
            self._buffer += octets
            while self._take_packet():
                yield self._take_events()
        if self._events or self._received:
            yield self._take_events()

    def receive_eof(self) -> list[TransportEvent]:
        """Take the end of the TCP connection: what was left unfinished, then Closed."""
        if self._buffer:
            message = f"the connection ended within a packet, after {len(self._buffer)} octets"
            self._events.append(Undecodable("TPKT", "TPKT", bytes(self._buffer), message))
        if self._situation.tsdu_length:
            data = b"".join(self._tsdu)
            message = f"the connection ended within a TSDU, after {len(data)} octets"
            self._events.append(Undecodable("COTP", "COTP.DT", data, message))
        self._end()
        self._events.append(Closed())
        return self._take_events()

    def take_output(self) -> list[Outgoing]:
        """Return what is to be sent, once."""
        output, self._output = self._output, []
        return output

    def take_received(self) -> list[ReceivedPdu]:
        """Return every TPKT and TPDU that was decoded, in order, once."""
        received, self._received = self._received, []
        return received

    def _take_events(self) -> list[TransportEvent]:
        events, self._events = self._events, []
        return events

    def _take_usual_data(self, octets: bytes) -> bool:
        """Take one packet that is a whole TSDU in the usual form; return whether it was that.

        The way of nearly all data: no check finds anything in them, so none is made unless the policy has
        other ones.
        """
        situation = self._situation
        if situation.state is not State.OPEN or situation.tsdu_length or not _is_usual_data(octets):
            return False
        tpdu, data = octets[HEADER_LENGTH:], octets[HEADER_LENGTH + DT_HEADER_LENGTH :]
        if len(tpdu) > situation.tpdu_size or len(data) > situation.parameters.max_tsdu:
            return False
        if not self._policy.keeps(_DATA_TABLES):
            return False
        self._received.append(ReceivedPdu("TPKT", Tpkt(tpdu, tpkt.VERSION, 0, len(octets)), octets))
        self._received.append(ReceivedPdu("COTP.DT", DT(data), tpdu))
        self._events.append(Tsdu(data))
        return True

    def _take_packet(self) -> bool:
        """Take one packet from the buffer; return whether there may be another."""
        buffer = self._buffer
        header = self._header
        if header is None:
            if len(buffer) < HEADER_LENGTH:
                return False
            header = tpkt.decode_header(buffer)
            arrival = checks.Arrival(header.length, len(buffer))
            self._ignored = not (
                self._passes(checks.TPKT_CHECKS, header) and self._passes(checks.ARRIVAL_CHECKS, arrival)
            )
            if self._situation.state is State.ENDED:
                return False
            if header.length < HEADER_LENGTH:
                message = f"length {header.length}: no packet ends there, nothing that follows is read"
                self._events.append(Undecodable("TPKT", "TPKT", bytes(buffer[:HEADER_LENGTH]), message))
                self._framed = False
                buffer.clear()
                return False
            self._header = header
        if len(buffer) < header.length:
            return False
        packet = bytes(buffer[: header.length])
        del buffer[: header.length]
        self._header = None
        if self._ignored:
            return True
        octets = packet[HEADER_LENGTH:]
        value = Tpkt(octets, header.version, header.reserved, header.length)
        self._received.append(ReceivedPdu("TPKT", value, packet))
        self._take_tpdu(octets)
        return bool(buffer)

    def _take_tpdu(self, octets: bytes) -> None:
        name = cotp.name_of(octets)
        tpdu: Tpdu | CotpError
        try:
            tpdu = cotp.decode(octets)
        except CotpError as error:
            tpdu = error
        else:
            self._received.append(ReceivedPdu(name, tpdu, octets))
        inspection = Inspection(tpdu, octets, self._situation)
        if not self._passes(checks.COTP_CHECKS, inspection, inspection):
            return
        if isinstance(tpdu, CotpError):
            self._events.append(Undecodable("COTP", name, octets, tpdu.message))
            return
        handler = _HANDLERS.get(type(tpdu))
        if handler is not None:
            table, take = handler
            if self._passes(table, inspection, inspection):
                take(self, tpdu)

    def _passes(
        self, table: CheckTable[Context], context: Context, inspection: Inspection[Any] | None = None
    ) -> bool:
        """Run ``table``; return whether the machine goes on with the PDU."""
        for finding in table.findings(context, self._policy):
            if finding.fault.reaction is not Reaction.NOTE and self._policy.reacts(finding):
                self._events.append(Faulted(finding))
                self._react(finding, inspection)
                return False
            self._events.append(Noted(finding))
        return True

    def _react(self, finding: Finding, inspection: Inspection[Any] | None) -> None:
        """Do what is due; without an ``inspection`` the fault lies in a packet, where nothing is answered."""
        reaction = finding.fault.reaction
        if reaction is Reaction.IGNORE:
            return
        if inspection is not None:
            numbers = dict(finding.fault.parameters)
            if reaction is Reaction.ERROR_AND_CLOSE:
                upto = min(numbers.get("octets", len(inspection.octets)), MAX_INVALID_TPDU)
                invalid = Parameter(cotp.INVALID_TPDU, inspection.octets[:upto])
                cause = numbers.get("cause", cotp.CAUSE_NOT_SPECIFIED)
                self._send("COTP.ER", ER(self._reference_of(inspection.tpdu), cause, (invalid,)))
            elif reaction is Reaction.DISCONNECT:
                reason = numbers.get("reason", cotp.REASON_NOT_SPECIFIED)
                self._send("COTP.DR", DR(self._reference_of(inspection.tpdu), 0, reason))
        self._end()
        self._events.append(CloseRequested())

    def _reference_of(self, tpdu: Tpdu | CotpError) -> int:
        return tpdu.src_ref if isinstance(tpdu, CR | CC | DC) else self._situation.peer_ref

    def _end(self) -> None:
        self._situation.state = State.ENDED
        self._situation.tsdu_length = 0
        self._tsdu.clear()
        self._buffer.clear()

    def _take_cr(self, cr: CR) -> None:
        situation = self._situation
        if situation.role is not Role.SERVER:
            return
        sizes, situation.tpdu_size = answer_sizes(cr, situation.parameters)
        situation.peer_ref = cr.src_ref
        situation.state = State.OPEN
        self._events.append(TransportIndication(cr))
        parameters = sizes + _selectors(cr.calling_selector, cr.called_selector)
        self._send("COTP.CC", CC(cr.src_ref, situation.parameters.src_ref, parameters=parameters))

    def _take_cc(self, cc: CC) -> None:
        situation = self._situation
        if situation.role is not Role.CLIENT:
            return
        situation.tpdu_size = agreed_size(cc, situation.parameters)
        situation.peer_ref = cc.src_ref
        situation.state = State.OPEN
        self._events.append(TransportConfirm(cc))

    def _take_dr(self, dr: DR) -> None:
        self._events.append(TransportRefused(dr))
        self._end()
        self._events.append(CloseRequested())

    def _take_er(self, er: ER) -> None:
        self._events.append(TransportError(er))
        self._end()
        self._events.append(CloseRequested())

    def _take_dt(self, dt: DT) -> None:
        situation = self._situation
        length = situation.length_with(dt)
        bound = situation.parameters.max_tsdu
        if length > bound:
            self._tsdu.clear()
        elif dt.data:
            self._tsdu.append(dt.data)
        situation.tsdu_length = length
        if not dt.eot:
            return
        octets = b"".join(self._tsdu)
        self._tsdu.clear()
        situation.tsdu_length = 0
        if length > bound:
            message = f"a TSDU of {length} octets, not kept: the bound is {bound}"
            self._events.append(Undecodable("COTP", "COTP.DT", b"", message))
        else:
            self._events.append(Tsdu(octets))

    def _send(self, name: str, tpdu: Tpdu) -> None:
        packet = self._packet(name, tpdu)
        if packet is not None:
            self._output.append(Outgoing(packet, ("TPKT", name)))

    def _packet(self, name: str, tpdu: Tpdu) -> bytes | None:
        octets = self._policy.rewrite_octets(name, cotp.encode(self._policy.rewrite(name, tpdu)))
        return None if octets is None else self._wrap(octets)

    def _wrap(self, octets: bytes) -> bytes | None:
        return self._policy.rewrite_octets("TPKT", tpkt.encode(self._policy.rewrite("TPKT", Tpkt(octets))))


_HANDLERS: Final[dict[type, tuple[CheckTable[Any], Callable[[TransportConnection, Any], None]]]] = {
    CR: (connect_checks.CR_CHECKS, TransportConnection._take_cr),
    CC: (connect_checks.CC_CHECKS, TransportConnection._take_cc),
    DR: (checks.DR_CHECKS, TransportConnection._take_dr),
    ER: (checks.ER_CHECKS, TransportConnection._take_er),
    DT: (checks.DT_CHECKS, TransportConnection._take_dt),
}
"""What is checked on the TPDUs of class 0, and what takes them."""


def _selectors(calling: bytes | None, called: bytes | None) -> cotp.Parameters:
    pairs = ((cotp.CALLING_SELECTOR, calling), (cotp.CALLED_SELECTOR, called))
    return tuple(Parameter(code, value) for code, value in pairs if value is not None)


def _is_usual_data(octets: bytes) -> bool:
    """Return whether ``octets`` are one packet with a DT that ends its TSDU, has data and nothing unusual."""
    return (
        len(octets) > HEADER_LENGTH + DT_HEADER_LENGTH
        and octets[:2] == b"\x03\x00"
        and octets[2] << 8 | octets[3] == len(octets)
        and octets[4:7] == b"\x02\xf0\x80"
    )

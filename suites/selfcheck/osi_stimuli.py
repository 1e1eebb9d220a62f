"""Stimuli for the checks of session, presentation and ACSE: what is bent, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from conform62351.profiles.osi.association import Layer
from conform62351.profiles.osi.ber_writer import encode_tlv
from conform62351.profiles.osi.parameters import OsiParameters
from conform62351.profiles.osi.ppdu import ContextDefinition
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.osi_pairing import (
    DATA,
    INITIATE_RESPONSE,
    READ,
    RESPONSE,
    SERVER,
    Bent,
    Pair,
)

Bend = Callable[[Any], Any]
ACSE = "2.2.1.0.1"
MMS = "1.0.9506.2.1"
CONNECT = "associate"

ARP = ("SES.AB", "PRES.ARP")
ABRT = ("SES.AB", "PRES.ARU", "ACSE.ABRT")
BARE_ABORT = ("SES.AB",)
BARE_REFUSE = ("SES.RF",)
CPR = ("SES.RF", "PRES.CPR")
AARE = ("SES.RF", "PRES.CPR", "ACSE.AARE")
SILENCE = ()


@dataclass(frozen=True)
class Stimulus:
    """One message in which one thing is wrong, and what is due.

    ``flow`` names the message, ``sender`` its sender. ``value`` and ``octets`` bend the PDU ``pdu``.
    ``answer`` is what the receiver sends (PDU names), None where it only notes. ``fields`` are values in the
    answer: PDU name, field and value.
    """

    step: str
    flow: str
    pdu: str = ""
    value: Bend | None = None
    octets: Bend | None = None
    server: OsiParameters = SERVER
    answer: tuple[str, ...] | None = None
    fields: tuple[tuple[str, str, Any], ...] = ()
    sender: Role = Role.CLIENT
    label: str = ""

    @property
    def name(self) -> str:
        return f"{self.step} {self.label}".strip()

    def bend(self, policy: Bent) -> None:
        if self.value is not None:
            policy.values[self.pdu] = self.value
        if self.octets is not None:
            policy.octets[self.pdu] = self.octets


def play(stimulus: Stimulus, receiving: Bent, piece: int = 0) -> Pair:
    """Bring a pair to where the message belongs, send it bent, and let both talk."""
    bent = Bent()
    policies = (bent, receiving) if stimulus.sender is Role.CLIENT else (receiving, bent)
    pair = Pair(server=stimulus.server, client_policy=policies[0], server_policy=policies[1])
    pair.piece = piece
    FLOWS[stimulus.flow](pair, stimulus, bent)
    return pair.carry()


def _associate(pair: Pair, stimulus: Stimulus, bent: Bent) -> None:
    pair.connected().forget()
    stimulus.bend(bent)
    pair.client.associate(b"\xa8\x00", "MMS.initiate-RequestPDU")


def _accept(pair: Pair, stimulus: Stimulus, bent: Bent) -> None:
    pair.indicated().forget()
    stimulus.bend(bent)
    pair.server.accept(INITIATE_RESPONSE, RESPONSE)


def _reject(pair: Pair, stimulus: Stimulus, bent: Bent) -> None:
    pair.indicated().forget()
    stimulus.bend(bent)
    pair.server.reject(result=1, source=1, diagnostic=1)


def _then(act: Callable[[Pair], None]) -> Callable[[Pair, Stimulus, Bent], None]:
    def flow(pair: Pair, stimulus: Stimulus, bent: Bent) -> None:
        pair.associated().forget()
        stimulus.bend(bent)
        act(pair)

    return flow


def _answer_release(pair: Pair, stimulus: Stimulus, bent: Bent) -> None:
    pair.associated()
    pair.client.release()
    pair.carry().forget()
    stimulus.bend(bent)
    pair.server.accept_release()


FLOWS: dict[str, Callable[[Pair, Stimulus, Bent], None]] = {
    "associate": _associate,
    "accept": _accept,
    "reject": _reject,
    "data": _then(lambda pair: pair.client.send_data(READ, DATA)),
    "release": _then(lambda pair: pair.client.release()),
    "answer release": _answer_release,
    "abort": _then(lambda pair: pair.client.abort()),
    "abort by provider": _then(lambda pair: pair.client.abort(provider=True)),
    "abort accept": _then(lambda pair: pair.client.inject(Layer.COTP, b"\x1a\x00", "SES.AA")),
    "torn abort accept": _then(lambda pair: pair.client.inject(Layer.COTP, b"\x1a\x05", "SES.AA")),
    "unknown": _then(lambda pair: pair.client.inject(Layer.COTP, b"\x21\x00", "SES")),
}


def fields(**values: Any) -> Bend:
    """Return what sets fields of a PDU."""
    return lambda pdu: replace(pdu, **values)


def external(**values: Any) -> Bend:
    """Return what sets fields of the first EXTERNAL."""
    return lambda apdu: replace(apdu, user_information=(replace(apdu.user_information[0], **values),))


def pdv(**values: Any) -> Bend:
    """Return what sets fields of the first PDV."""
    return lambda ppdu: replace(ppdu, user_data=(replace(ppdu.user_data[0], **values),))


def torn(octets: bytes) -> bytes:
    return octets[:-1]


def behind(octets: bytes) -> bytes:
    return octets + b"\0"


def indefinite(octets: bytes) -> bytes:
    """Give the outermost TLV an indefinite length."""
    header = 2 if octets[1] < 0x80 else 2 + (octets[1] & 0x7F)
    return octets[:1] + b"\x80" + octets[header:] + b"\0\0"


def with_component(octets: bytes) -> bytes:
    """Add a component without meaning to the outermost TLV."""
    header = 2 if octets[1] < 0x80 else 2 + (octets[1] & 0x7F)
    return encode_tlv(octets[0], octets[header:], b"\x9e\x00")


def with_parameter(octets: bytes) -> bytes:
    """Put an unknown parameter first into an SPDU with a short length."""
    return octets[:1] + bytes((octets[1] + 2,)) + b"\x02\x00" + octets[2:]


def long_length(octets: bytes) -> bytes:
    return octets[:1] + b"\xff\x00" + octets[1:]


def form(prefix: str, flow: str, sender: Role, answer: tuple[str, ...] | None) -> tuple[Stimulus, ...]:
    """Return the stimuli for steps 1 to 4 of a PDU in BER."""
    tears = {"PRES.TD": b"\x30\x00", "PRES.UD": b"\x30\x00"}
    return (
        Stimulus(
            f"{prefix}.1",
            flow,
            prefix,
            octets=lambda _: tears.get(prefix, b"\x05\x00"),
            answer=answer,
            sender=sender,
        ),
        Stimulus(f"{prefix}.2", flow, prefix, octets=indefinite, sender=sender),
        Stimulus(f"{prefix}.3", flow, prefix, octets=behind, sender=sender),
        Stimulus(f"{prefix}.4", flow, prefix, octets=with_component, sender=sender),
    )


def contexts(*definitions: ContextDefinition) -> Bend:
    return fields(contexts=definitions)

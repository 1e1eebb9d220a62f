"""One stimulus for every check of session, presentation and ACSE: what is bent, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from conform62351.profiles.osi.apdu import External
from conform62351.profiles.osi.association import Layer
from conform62351.profiles.osi.ber import encode_tlv
from conform62351.profiles.osi.encodings import ARBITRARY, OCTET_ALIGNED
from conform62351.profiles.osi.parameters import OsiParameters, Titles
from conform62351.profiles.osi.ppdu import ContextDefinition, ContextResult, SimplyEncoded
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


def session_form(
    prefix: str, flow: str, sender: Role, answer: tuple[str, ...] | None
) -> tuple[Stimulus, ...]:
    """Return the stimuli for steps 1 to 4 of an SPDU."""
    return (
        Stimulus(f"{prefix}.1", flow, prefix, octets=torn, answer=answer, sender=sender),
        Stimulus(f"{prefix}.2", flow, prefix, octets=with_parameter, sender=sender),
        Stimulus(f"{prefix}.3", flow, prefix, octets=long_length, sender=sender),
        Stimulus(f"{prefix}.4", flow, prefix, octets=behind, answer=answer, sender=sender),
    )


def user_data(
    prefix: str, first: int, flow: str, sender: Role, answer: tuple[str, ...]
) -> tuple[Stimulus, ...]:
    """Return the stimuli for the steps on presentation user data."""

    def simply(ppdu: Any) -> Any:
        return replace(ppdu, user_data=SimplyEncoded(b"\xa0\x00"))

    def doubled(ppdu: Any) -> Any:
        return replace(ppdu, user_data=ppdu.user_data * 2)

    def none(ppdu: Any) -> Any:
        return replace(ppdu, user_data=())

    return tuple(
        Stimulus(f"{prefix}.{first + place}", flow, prefix, bend, answer=answer, sender=sender, label=label)
        for place, label, bend in (
            (0, "simply", simply),
            (0, "none", none),
            (1, "", doubled),
            (2, "octet-aligned", pdv(encoding=OCTET_ALIGNED)),
            (2, "arbitrary", pdv(encoding=ARBITRARY, octets=b"\x00\xa0\x00")),
            (3, "", pdv(transfer_syntax="1.2.3")),
        )
    )


def contexts(*definitions: ContextDefinition) -> Bend:
    return fields(contexts=definitions)


CONNECT = "associate"
NO_DUPLEX: Any = (("SES.RF", "reason", 134),)
BAD_VALUE: Any = (("PRES.ARP", "provider_reason", 6), ("PRES.ARP", "event_identifier", 0))


def shared_acse(prefix: str, flow: str, sender: Role) -> tuple[Stimulus, ...]:
    """Return the stimuli for the steps that AARQ and AARE share."""
    by_user: Any = (("ACSE.ABRT", "source", 0),)
    return tuple(
        Stimulus(
            f"{prefix}.{number}",
            flow,
            prefix,
            bend,
            answer=answer,
            sender=sender,
            label=label,
            fields=by_user if answer else (),
        )
        for number, label, bend, answer in (
            (14, "", fields(requirements=b"\x00\x80"), None),
            (15, "name", fields(mechanism_name="2.2.3.1"), None),
            (15, "value", fields(authentication_value=b"\x80\x01a"), None),
            (15, "bit", fields(authentication_value=b"\x80\x01a", requirements=b"\x07\x00"), None),
            (16, "none", fields(user_information=None), ABRT),
            (16, "empty", fields(user_information=()), ABRT),
            (16, "two", fields(user_information=(External(3, b"\xa8\0"),) * 2), ABRT),
            (17, "octet-aligned", external(encoding=OCTET_ALIGNED), ABRT),
            (17, "arbitrary", external(encoding=ARBITRARY, octets=b"\x00\xa8\x00"), ABRT),
            (18, "", external(direct_reference="1.2.3"), ABRT),
            (19, "", external(direct_reference="2.1.1"), None),
            (20, "none", external(indirect_reference=None), ABRT),
            (20, "other", external(indirect_reference=1), ABRT),
        )
    )


STIMULI: tuple[Stimulus, ...] = (
    Stimulus("SES.1", "unknown", answer=SILENCE),
    *session_form("SES.CN", CONNECT, Role.CLIENT, SILENCE),
    Stimulus("SES.CN.6", CONNECT, "SES.CN", fields(calling_selector=bytes(17)), answer=SILENCE),
    *(
        Stimulus(
            "SES.CN.7",
            CONNECT,
            "SES.CN",
            fields(version=version),
            answer=BARE_REFUSE,
            fields=(("SES.RF", "reason", 132),),
            label=str(version),
        )
        for version in (None, 0, 1)
    ),
    *(
        Stimulus(
            "SES.CN.8",
            CONNECT,
            "SES.CN",
            fields(requirements=bits),
            answer=BARE_REFUSE,
            fields=NO_DUPLEX,
            label=str(bits),
        )
        for bits in (None, 1)
    ),
    Stimulus(
        "SES.CN.9",
        CONNECT,
        server=replace(SERVER, own_session=b"\0\x09"),
        answer=BARE_REFUSE,
        fields=(("SES.RF", "reason", 129),),
    ),
    Stimulus("SES.CN.10", CONNECT, "SES.CN", fields(user_data_pgi=194), label="short"),
    Stimulus(
        "SES.CN.10",
        CONNECT,
        "SES.CN",
        label="long",
        value=lambda cn: replace(cn, user_data=cn.user_data + bytes(500), user_data_pgi=193),
    ),
    Stimulus(
        "SES.CN.11",
        CONNECT,
        server=replace(SERVER, max_connect_data=100),
        answer=BARE_REFUSE,
        fields=NO_DUPLEX,
    ),
    *session_form("SES.AC", "accept", Role.SERVER, SILENCE),
    Stimulus(
        "SES.AC.6",
        "accept",
        "SES.AC",
        fields(responding_selector=bytes(17)),
        answer=SILENCE,
        sender=Role.SERVER,
    ),
    *(
        Stimulus(
            "SES.AC.7",
            "accept",
            "SES.AC",
            fields(version=version),
            answer=BARE_ABORT,
            sender=Role.SERVER,
            fields=(("SES.AB", "transport_disconnect", 5),),
            label=str(version),
        )
        for version in (None, 1)
    ),
    *(
        Stimulus(
            "SES.AC.8",
            "accept",
            "SES.AC",
            fields(requirements=bits),
            answer=BARE_ABORT,
            sender=Role.SERVER,
            label=str(bits),
        )
        for bits in (None, 1)
    ),
    Stimulus("SES.AC.9", "accept", "SES.AC", fields(user_data_pgi=194), sender=Role.SERVER),
    *session_form("SES.RF", "reject", Role.SERVER, None)[1:],
    Stimulus("SES.RF.1", "reject", "SES.RF", octets=torn, sender=Role.SERVER),
    Stimulus("SES.RF.6", "reject", "SES.RF", fields(reason=7), sender=Role.SERVER),
    Stimulus("SES.RF.7", "reject", "SES.RF", fields(transport_disconnect=None), sender=Role.SERVER),
    Stimulus("SES.RF.8", "reject", "SES.RF", fields(user_data_pgi=194), sender=Role.SERVER),
    *session_form("SES.FN", "release", Role.CLIENT, SILENCE),
    Stimulus("SES.FN.6", "release", "SES.FN", fields(transport_disconnect=0)),
    Stimulus("SES.FN.7", "release", "SES.FN", fields(user_data_pgi=194)),
    Stimulus("SES.FN.8", "release", "SES.FN", fields(user_data=b"")),
    *session_form("SES.DN", "answer release", Role.SERVER, None),
    Stimulus("SES.DN.6", "answer release", "SES.DN", fields(user_data_pgi=194), sender=Role.SERVER),
    Stimulus("SES.DN.7", "answer release", "SES.DN", fields(user_data=b""), sender=Role.SERVER),
    *session_form("SES.AB", "abort", Role.CLIENT, None),
    Stimulus("SES.AB.5", "abort", "SES.AB", fields(transport_disconnect=2)),
    Stimulus("SES.AB.6", "abort", "SES.AB", fields(user_data_pgi=194)),
    Stimulus("SES.AA.1", "torn abort accept"),
    Stimulus("SES.AA.2", "abort accept", answer=SILENCE),
    Stimulus(
        "SES.DT.1", "data", "SES.DT", octets=lambda octets: octets[:2] + b"\x02" + octets[3:], answer=SILENCE
    ),
    Stimulus("SES.DT.2", "data", "SES.DT", octets=lambda octets: b"\x01\x02\x63\x00" + octets[2:]),
    Stimulus("SES.DT.3", "data", "SES.DT", octets=lambda octets: b"\x01\xff\x00\x00" + octets[2:]),
    Stimulus("SES.DT.5", "data", "SES.DT", fields(enclosure=1), answer=BARE_ABORT),
    *form("PRES.CP", CONNECT, Role.CLIENT, ARP),
    *(
        Stimulus(
            "PRES.CP.5", CONNECT, "PRES.CP", fields(mode=mode), answer=ARP, fields=BAD_VALUE, label=str(mode)
        )
        for mode in (None, 0)
    ),
    Stimulus(
        "PRES.CP.6",
        CONNECT,
        "PRES.CP",
        fields(protocol_version=b"\x06\x40"),
        answer=CPR,
        fields=(("PRES.CPR", "provider_reason", 4),),
    ),
    Stimulus(
        "PRES.CP.7",
        CONNECT,
        server=replace(SERVER, own_presentation=b"\x09"),
        answer=CPR,
        fields=(("PRES.CPR", "provider_reason", 3),),
    ),
    *(
        Stimulus("PRES.CP.8", CONNECT, "PRES.CP", bend, answer=ARP, fields=BAD_VALUE, label=label)
        for label, bend in (
            ("no list", fields(contexts=None)),
            ("empty", contexts()),
            ("twice", contexts(ContextDefinition(1, ACSE), ContextDefinition(1, MMS))),
            ("no transfer syntax", contexts(ContextDefinition(1, ACSE), ContextDefinition(3, MMS, ()))),
        )
    ),
    Stimulus(
        "PRES.CP.9",
        CONNECT,
        "PRES.CP",
        contexts(ContextDefinition(1, ACSE), ContextDefinition(3, MMS), ContextDefinition(4, MMS)),
    ),
    *(
        Stimulus(
            "PRES.CP.10",
            CONNECT,
            "PRES.CP",
            contexts(first, ContextDefinition(3, MMS)),
            answer=CPR,
            fields=(("PRES.CPR", "provider_reason", 6),),
            label=label,
        )
        for label, first in (
            ("none", ContextDefinition(1, MMS)),
            ("not in BER", ContextDefinition(1, ACSE, ("1.2.3",))),
        )
    ),
    *user_data("PRES.CP", 11, CONNECT, Role.CLIENT, ARP),
    Stimulus("PRES.CP.15", CONNECT, "PRES.CP", pdv(context=3), answer=ARP, fields=BAD_VALUE),
    Stimulus(
        "PRES.CP.16",
        CONNECT,
        "PRES.CP",
        contexts(ContextDefinition(1, ACSE), ContextDefinition(3, MMS), ContextDefinition(5, "1.2.3")),
    ),
    *form("PRES.CPA", "accept", Role.SERVER, ARP),
    Stimulus("PRES.CPA.5", "accept", "PRES.CPA", fields(mode=0), answer=ARP, sender=Role.SERVER),
    Stimulus(
        "PRES.CPA.6",
        "accept",
        "PRES.CPA",
        fields(protocol_version=b"\x07\x00"),
        answer=ARP,
        sender=Role.SERVER,
    ),
    Stimulus("PRES.CPA.7", "accept", "PRES.CPA", fields(results=None), sender=Role.SERVER, label="no list"),
    Stimulus(
        "PRES.CPA.7",
        "accept",
        "PRES.CPA",
        sender=Role.SERVER,
        label="too many",
        value=lambda cpa: replace(cpa, results=(*cpa.results, ContextResult(0, "2.1.1"))),
    ),
    Stimulus(
        "PRES.CPA.8",
        "accept",
        "PRES.CPA",
        sender=Role.SERVER,
        value=lambda cpa: replace(cpa, results=(ContextResult(0), cpa.results[1])),
    ),
    Stimulus(
        "PRES.CPA.9",
        "accept",
        "PRES.CPA",
        sender=Role.SERVER,
        answer=ARP,
        value=lambda cpa: replace(cpa, results=(cpa.results[0], ContextResult(0, "1.2.3"))),
    ),
    Stimulus(
        "PRES.CPA.10",
        "accept",
        "PRES.CPA",
        sender=Role.SERVER,
        answer=ARP,
        value=lambda cpa: replace(cpa, results=(ContextResult(2, None, 1), cpa.results[1])),
    ),
    *user_data("PRES.CPA", 11, "accept", Role.SERVER, ARP),
    Stimulus("PRES.CPA.15", "accept", "PRES.CPA", pdv(context=3), sender=Role.SERVER, answer=ARP),
    *form("PRES.CPR", "reject", Role.SERVER, None),
    *form("PRES.ARU", "abort", Role.CLIENT, None),
    *form("PRES.ARP", "abort by provider", Role.CLIENT, None)[1:],
    Stimulus("PRES.ARP.1", "abort by provider", "PRES.ARP", octets=lambda _: b"\x30\x01"),
    *form("PRES.TD", "data", Role.CLIENT, ARP)[:3],
    Stimulus(
        "PRES.TD.4",
        "data",
        "PRES.TD",
        octets=lambda octets: encode_tlv(0x61, encode_tlv(0x30, octets[4:], b"\x9e\0")),
    ),
    *user_data("PRES.TD", 5, "data", Role.CLIENT, ARP),
    Stimulus("PRES.TD.9", "data", "PRES.TD", pdv(context=5), answer=ARP, label="unknown"),
    Stimulus("PRES.TD.9", "data", "PRES.TD", pdv(context=1), answer=ARP, label="ACSE"),
    *form("PRES.UD", "release", Role.CLIENT, ARP)[:3],
    Stimulus(
        "PRES.UD.4",
        "release",
        "PRES.UD",
        octets=lambda octets: encode_tlv(0x61, encode_tlv(0x30, octets[4:], b"\x9e\0")),
    ),
    *user_data("PRES.UD", 5, "release", Role.CLIENT, ARP),
    Stimulus("PRES.UD.9", "release", "PRES.UD", pdv(context=3), answer=ARP),
    *form("ACSE.AARQ", CONNECT, Role.CLIENT, ABRT),
    Stimulus(
        "ACSE.AARQ.5",
        CONNECT,
        "ACSE.AARQ",
        fields(application_context=None),
        answer=ABRT,
        fields=(("ACSE.ABRT", "source", 1),),
    ),
    Stimulus(
        "ACSE.AARQ.6",
        CONNECT,
        "ACSE.AARQ",
        fields(protocol_version=b"\x06\x40"),
        answer=AARE,
        fields=(("ACSE.AARE", "diagnostic_source", 2), ("ACSE.AARE", "diagnostic", 2)),
    ),
    Stimulus(
        "ACSE.AARQ.7",
        CONNECT,
        "ACSE.AARQ",
        fields(application_context="1.2.3"),
        answer=AARE,
        fields=(("ACSE.AARE", "result", 1), ("ACSE.AARE", "diagnostic", 2)),
    ),
    Stimulus(
        "ACSE.AARQ.8",
        CONNECT,
        "PRES.CP",
        contexts(ContextDefinition(1, ACSE)),
        answer=ABRT,
        fields=(("ACSE.ABRT", "source", 0),),
    ),
    Stimulus("ACSE.AARQ.9", CONNECT, "ACSE.AARQ", fields(called_ap_title=""), label="empty"),
    Stimulus("ACSE.AARQ.9", CONNECT, "ACSE.AARQ", fields(calling_ap_title=b"\x30\0"), label="name"),
    Stimulus(
        "ACSE.AARQ.10",
        CONNECT,
        server=replace(SERVER, expected_calling=Titles("1.2.3")),
        answer=AARE,
        fields=(("ACSE.AARE", "diagnostic", 3),),
    ),
    Stimulus(
        "ACSE.AARQ.11",
        CONNECT,
        server=replace(SERVER, expected_calling=Titles(None, 9)),
        answer=AARE,
        fields=(("ACSE.AARE", "diagnostic", 6),),
    ),
    Stimulus(
        "ACSE.AARQ.12",
        CONNECT,
        server=replace(SERVER, own_titles=Titles("1.2.3")),
        answer=AARE,
        fields=(("ACSE.AARE", "diagnostic", 7),),
    ),
    Stimulus(
        "ACSE.AARQ.13",
        CONNECT,
        server=replace(SERVER, own_titles=Titles(None, 9)),
        answer=AARE,
        fields=(("ACSE.AARE", "diagnostic", 10),),
    ),
    *shared_acse("ACSE.AARQ", CONNECT, Role.CLIENT),
    *form("ACSE.AARE", "accept", Role.SERVER, ABRT),
    Stimulus(
        "ACSE.AARE.5",
        "accept",
        "ACSE.AARE",
        fields(application_context=None),
        answer=ABRT,
        sender=Role.SERVER,
    ),
    Stimulus(
        "ACSE.AARE.6",
        "accept",
        "ACSE.AARE",
        fields(protocol_version=b"\x07\x00"),
        answer=ABRT,
        sender=Role.SERVER,
    ),
    Stimulus(
        "ACSE.AARE.7",
        "accept",
        "ACSE.AARE",
        fields(result=None),
        answer=ABRT,
        sender=Role.SERVER,
        label="none",
    ),
    Stimulus(
        "ACSE.AARE.7", "accept", "ACSE.AARE", fields(result=3), answer=ABRT, sender=Role.SERVER, label="other"
    ),
    Stimulus("ACSE.AARE.8", "accept", "ACSE.AARE", fields(result=1), sender=Role.SERVER, label="in ACCEPT"),
    Stimulus("ACSE.AARE.8", "reject", "ACSE.AARE", fields(result=0), sender=Role.SERVER, label="in REFUSE"),
    Stimulus("ACSE.AARE.9", "accept", "ACSE.AARE", fields(diagnostic=1), sender=Role.SERVER, label="other"),
    Stimulus(
        "ACSE.AARE.9",
        "accept",
        "ACSE.AARE",
        fields(diagnostic=None, diagnostic_source=None),
        sender=Role.SERVER,
        label="none",
    ),
    Stimulus(
        "ACSE.AARE.10",
        "accept",
        "ACSE.AARE",
        fields(application_context="1.2.3"),
        answer=ABRT,
        sender=Role.SERVER,
    ),
    Stimulus(
        "ACSE.AARE.11",
        "accept",
        "PRES.CPA",
        sender=Role.SERVER,
        answer=ABRT,
        label="refused",
        value=lambda cpa: replace(cpa, results=(cpa.results[0], ContextResult(2, None, 1))),
    ),
    Stimulus(
        "ACSE.AARE.11",
        "accept",
        "PRES.CPA",
        sender=Role.SERVER,
        answer=ABRT,
        label="no entry",
        value=lambda cpa: replace(cpa, results=cpa.results[:1]),
    ),
    Stimulus("ACSE.AARE.12", "accept", "ACSE.AARE", fields(responding_ap_title=""), sender=Role.SERVER),
    Stimulus("ACSE.AARE.13", "accept", "ACSE.AARE", fields(responding_ae_qualifier=1), sender=Role.SERVER),
    *shared_acse("ACSE.AARE", "accept", Role.SERVER),
    *form("ACSE.RLRQ", "release", Role.CLIENT, ABRT),
    Stimulus("ACSE.RLRQ.5", "release", "ACSE.RLRQ", fields(reason=7)),
    *form("ACSE.RLRE", "answer release", Role.SERVER, None),
    Stimulus("ACSE.RLRE.5", "answer release", "ACSE.RLRE", fields(reason=7), sender=Role.SERVER),
    *form("ACSE.ABRT", "abort", Role.CLIENT, None),
    Stimulus("ACSE.ABRT.5", "abort", "ACSE.ABRT", fields(source=None), label="none"),
    Stimulus("ACSE.ABRT.5", "abort", "ACSE.ABRT", fields(source=7), label="other"),
)

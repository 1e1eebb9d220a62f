"""One stimulus for every check of the presentation layer."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from conform62351.profiles.osi.ber_writer import encode_tlv
from conform62351.profiles.osi.encodings import ARBITRARY, OCTET_ALIGNED
from conform62351.profiles.osi.ppdu import (
    ContextDefinition,
    ContextIdentifier,
    ContextResult,
    SimplyEncoded,
)
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.osi_pairing import SERVER
from conform62351.suites.selfcheck.osi_stimuli import (
    ACSE,
    ARP,
    CONNECT,
    CPR,
    MMS,
    Stimulus,
    contexts,
    fields,
    form,
    pdv,
)

BAD_VALUE: Any = (("PRES.ARP", "provider_reason", 6), ("PRES.ARP", "event_identifier", 0))


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


STIMULI: tuple[Stimulus, ...] = (
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
    Stimulus("PRES.ARU.5", "abort", "PRES.ARU", fields(contexts=(ContextIdentifier(1, "2.1.1"),))),
    Stimulus("PRES.ARU.6", "abort", "PRES.ARU", pdv(context=3)),
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
)

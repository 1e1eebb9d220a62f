"""One stimulus for every check of ACSE."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from conform62351.profiles.osi.apdu import External
from conform62351.profiles.osi.encodings import ARBITRARY, OCTET_ALIGNED
from conform62351.profiles.osi.parameters import Titles
from conform62351.profiles.osi.ppdu import ContextDefinition, ContextResult
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.osi_pairing import SERVER
from conform62351.suites.selfcheck.osi_stimuli import (
    AARE,
    ABRT,
    ACSE,
    CONNECT,
    Stimulus,
    contexts,
    external,
    fields,
    form,
)


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
    Stimulus("ACSE.AARQ.21", CONNECT, "ACSE.AARQ", fields(protocol_version=None)),
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
    Stimulus("ACSE.AARE.21", "accept", "ACSE.AARE", fields(protocol_version=None), sender=Role.SERVER),
    *form("ACSE.RLRQ", "release", Role.CLIENT, ABRT),
    Stimulus("ACSE.RLRQ.5", "release", "ACSE.RLRQ", fields(reason=7)),
    Stimulus("ACSE.RLRQ.6", "release", "ACSE.RLRQ", fields(reason=None)),
    *form("ACSE.RLRE", "answer release", Role.SERVER, None),
    Stimulus("ACSE.RLRE.5", "answer release", "ACSE.RLRE", fields(reason=7), sender=Role.SERVER),
    Stimulus("ACSE.RLRE.6", "answer release", "ACSE.RLRE", fields(reason=None), sender=Role.SERVER),
    *form("ACSE.ABRT", "abort", Role.CLIENT, None),
    Stimulus("ACSE.ABRT.5", "abort", "ACSE.ABRT", fields(source=None), label="none"),
    Stimulus("ACSE.ABRT.5", "abort", "ACSE.ABRT", fields(source=7), label="other"),
)

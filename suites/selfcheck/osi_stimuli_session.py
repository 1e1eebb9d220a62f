"""One stimulus for every check of the session layer."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.osi_pairing import SERVER
from conform62351.suites.selfcheck.osi_stimuli import (
    BARE_ABORT,
    BARE_REFUSE,
    CONNECT,
    SILENCE,
    Stimulus,
    behind,
    fields,
    long_length,
    torn,
    with_parameter,
)

NO_DUPLEX: Any = (("SES.RF", "reason", 134),)


def session_form(
    prefix: str, flow: str, sender: Role, answer: tuple[str, ...] | None
) -> tuple[Stimulus, ...]:
    """Return the stimuli for steps 1 to 4 of an SPDU; ``answer`` is that to octets behind it."""
    return (
        Stimulus(f"{prefix}.1", flow, prefix, octets=torn, answer=SILENCE, sender=sender),
        Stimulus(f"{prefix}.2", flow, prefix, octets=with_parameter, sender=sender),
        Stimulus(f"{prefix}.3", flow, prefix, octets=long_length, sender=sender),
        Stimulus(f"{prefix}.4", flow, prefix, octets=behind, answer=answer, sender=sender),
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
    *session_form("SES.RF", "reject", Role.SERVER, None),
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
    Stimulus("SES.AA.1", "torn abort accept", answer=SILENCE),
    Stimulus("SES.AA.2", "abort accept", answer=SILENCE),
    Stimulus(
        "SES.DT.1", "data", "SES.DT", octets=lambda octets: octets[:2] + b"\x02" + octets[3:], answer=SILENCE
    ),
    Stimulus("SES.DT.2", "data", "SES.DT", octets=lambda octets: b"\x01\x02\x63\x00" + octets[2:]),
    Stimulus("SES.DT.3", "data", "SES.DT", octets=lambda octets: b"\x01\xff\x00\x00" + octets[2:]),
    Stimulus("SES.DT.5", "data", "SES.DT", fields(enclosure=1), answer=BARE_ABORT),
)

"""What CONNECT and ACCEPT carry: user data of every size, in both groups, with short and long lengths.

X.225 clauses 8.2 and 8.3; field note 1. User data are made longer by the implementation information of AARQ
and AARE, which means nothing to the peer. What X.225 does not have (a short length in the long form, group
194 where 193 serves) readers should take: refusing it in order is a warning, falling silent over it a fail.
"""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.osi.conversations import (
    ABORT_FORMS,
    ASSOCIATION_REFUSAL_FORMS,
    CLIENT,
    CLIENT_BASELINE,
    SERVER,
    SERVER_BASELINE,
    client_request,
    client_takes,
    server_connection,
    server_takes,
    server_usable,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import Edit, EditSpdu, EditTlv, Pad, SetField
from conform62351.tooling.engine.outcomes import ASSOCIATED, expect, over, rejected, warned
from conform62351.tooling.engine.steps import (
    AnswerAssociation,
    Associate,
    Conversation,
    NoFinding,
    conversation,
)

CONNECT_SIZES = {
    220: "R-SES-CN-user-data-193",
    254: "R-SES-LI-long-read",
    255: "R-SES-LI-long-read",
    512: "R-SES-CN-user-data-193",
}
"""Sizes, and what is new with each: 254 octets make the SPDU's length long, 255 that of the user data."""
EXTENDED_CONNECT_SIZES = (513, 514, 4096)
MAXIMUM_CONNECT_DATA = 10_240
ACCEPT_SIZES = (254, 255, 512, 2000)
IMPLEMENTATION_INFORMATION = b"\x9d"
MANY_CONTEXTS = range(5, 35, 2)
"""Numbers of contexts that are proposed for a long answer: nine octets for each."""
UNITS = {
    "the SPDU": ("",),
    "the connect/accept item": ("/5",),
    "the user data": ("/193",),
    "all of them": ("", "/5", "/5/19", "/20", "/193"),
}
"""Paths of what has a length of its own."""
NOT_TAKEN = "refused, although readers should take it"
REFUSED = over(warned(NOT_TAKEN, ASSOCIATION_REFUSAL_FORMS))
ENDED_OVER_IT = over(warned(NOT_TAKEN, ABORT_FORMS))


def padded_connect(size: int) -> Pad:
    """Return the mutation that makes the user data of the CONNECT ``size`` octets long."""
    path = "31/a2/61/30/a0/60/be"
    return Pad(pdu="PRES.CP", path=path, identifier=IMPLEMENTATION_INFORMATION, size=size)


def padded_accept(size: int) -> Pad:
    """Return the mutation that makes the user data of the ACCEPT ``size`` octets long."""
    path = "31/a2/61/30/a0/61/be"
    return Pad(pdu="PRES.CPA", path=path, identifier=IMPLEMENTATION_INFORMATION, size=size)


def long_lengths(pdu: str, identifier: int, paths: tuple[str, ...]) -> tuple[EditSpdu, ...]:
    """Return the mutations that write lengths as FF and two octets."""
    return tuple(EditSpdu(pdu=pdu, path=f"{identifier}{path}", edit=Edit.NON_MINIMAL) for path in paths)


def context_of_nobody(number: int) -> bytes:
    """Return the proposal of a context whose abstract syntax no device has."""
    return bytes.fromhex(f"300f 0201{number:02x} 06042b0e0c63 3004 06025101")


@case(
    "OSI/SRV/SES-CONNECT/BV-user-data-193",
    "R-SES-CN-user-data-193",
    "R-SES-LI-long-read",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_plain_user_data() -> Iterator[Conversation]:
    """CONNECT user data of up to 512 octets are read, with a length of one octet and with a long one."""
    for size, requirement in CONNECT_SIZES.items():
        yield conversation(
            server_connection,
            server_takes(requirement, padded_connect(size)),
            label=f"{size} octets",
        )


@case("OSI/SRV/SES-CONNECT/BV-user-data-194", "R-SES-CN-user-data-194", pics=SERVER, baseline=SERVER_BASELINE)
def server_extended_user_data() -> Iterator[Conversation]:
    """CONNECT user data of more than 512 octets, in parameter group 194, are read."""
    for size in EXTENDED_CONNECT_SIZES:
        yield conversation(
            server_connection,
            server_takes("R-SES-CN-user-data-194", padded_connect(size)),
            label=f"{size} octets",
        )


@case(
    "OSI/SRV/SES-CONNECT/BV-user-data-10240",
    "R-SES-CN-user-data-10240",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_most_user_data() -> Conversation:
    """CONNECT user data of 10 240 octets are read."""
    return conversation(
        server_connection,
        server_takes("R-SES-CN-user-data-10240", padded_connect(MAXIMUM_CONNECT_DATA)),
    )


@case(
    "OSI/SRV/SES-CONNECT/BI-user-data-beyond-10240",
    "R-SES-CN-user-data-10240",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_too_much_user_data() -> Iterator[Conversation]:
    """CONNECT user data beyond 10 240 octets are read or refused; the server does not fall silent."""
    for size in (MAXIMUM_CONNECT_DATA + 1, 60_000):
        yield conversation(
            server_connection,
            Associate(mutations=(padded_connect(size),), may_break=True),
            expect(
                "R-SES-CN-user-data-10240",
                ASSOCIATED,
                over(ASSOCIATION_REFUSAL_FORMS),
                limit="limit.associate",
            ),
            server_usable("R-SES-CN-user-data-10240"),
            label=f"{size} octets",
        )


@case(
    "OSI/SRV/SES-CONNECT/BI-short-user-data-in-194", "R-SES-194-read", pics=SERVER, baseline=SERVER_BASELINE
)
def server_short_extended_user_data() -> Conversation:
    """Short user data of a CONNECT are read from parameter group 194, too, or refused in order."""
    return conversation(
        server_connection,
        Associate(mutations=(SetField(pdu="SES.CN", field="user_data_pgi", value=194),)),
        expect("R-SES-194-read", ASSOCIATED, REFUSED, limit="limit.associate"),
        server_usable("R-SES-194-read"),
    )


@case(
    "OSI/SRV/SES-CONNECT/BI-length-not-minimal", "R-SES-LI-not-minimal", pics=SERVER, baseline=SERVER_BASELINE
)
def server_long_lengths() -> Iterator[Conversation]:
    """A CONNECT whose short lengths are written as FF and two octets is read, or refused in order."""
    for label, paths in UNITS.items():
        yield conversation(
            server_connection,
            Associate(mutations=long_lengths("SES.CN", 13, paths)),
            expect("R-SES-LI-not-minimal", ASSOCIATED, REFUSED, limit="limit.associate"),
            server_usable("R-SES-LI-not-minimal"),
            label=label,
        )


@case(
    "OSI/SRV/SES-CONNECT/BV-long-accept",
    "R-SES-LI-form",
    "R-SES-AC-user-data-193",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_long_accept() -> Conversation:
    """An ACCEPT that does not fit a length of one octet has long lengths and is not cut off.

    The long answer is provoked by many presentation contexts: a server that refuses them all together has
    nothing long to send.
    """
    contexts = b"".join(map(context_of_nobody, MANY_CONTEXTS))
    return conversation(
        server_connection,
        Associate(mutations=(EditTlv(pdu="PRES.CP", path="31/a2/a4", edit=Edit.APPEND, octets=contexts),)),
        expect("R-SES-LI-form", ASSOCIATED, over(rejected(), ABORT_FORMS), limit="limit.associate"),
        NoFinding(requirement="R-SES-LI-form", steps=("SES.AC.3", "SES.AC.4")),
        NoFinding(requirement="R-SES-AC-user-data-193", steps=("SES.AC.9",), tolerated=True),
    )


@case("OSI/CLI/SES-CONNECT/BV-long-accept", "R-SES-LI-long-read", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_long_accept() -> Iterator[Conversation]:
    """An ACCEPT with user data of any size is read."""
    for size in ACCEPT_SIZES:
        yield conversation(
            client_request,
            AnswerAssociation(mutations=(padded_accept(size),)),
            client_takes("R-SES-LI-long-read"),
            label=f"{size} octets",
        )


@case(
    "OSI/CLI/SES-CONNECT/BI-accept-in-194",
    "R-SES-AC-user-data-194-read",
    "R-SES-194-read",
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
)
def client_extended_accept() -> Iterator[Conversation]:
    """An ACCEPT that carries its user data in parameter group 194 is read, or refused in order."""
    extended = SetField(pdu="SES.AC", field="user_data_pgi", value=194)
    yield conversation(
        client_request,
        AnswerAssociation(mutations=(extended,)),
        client_takes("R-SES-194-read", ENDED_OVER_IT),
        label="short",
    )
    yield conversation(
        client_request,
        AnswerAssociation(mutations=(padded_accept(600), extended)),
        client_takes("R-SES-AC-user-data-194-read", ENDED_OVER_IT),
        label="600 octets",
    )


@case(
    "OSI/CLI/SES-CONNECT/BI-length-not-minimal", "R-SES-LI-not-minimal", pics=CLIENT, baseline=CLIENT_BASELINE
)
def client_long_lengths() -> Iterator[Conversation]:
    """An ACCEPT whose short lengths are written as FF and two octets is read, or refused in order."""
    for label, paths in UNITS.items():
        yield conversation(
            client_request,
            AnswerAssociation(mutations=long_lengths("SES.AC", 14, paths)),
            client_takes("R-SES-LI-not-minimal", ENDED_OVER_IT),
            label=label,
        )

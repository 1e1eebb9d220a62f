"""COTP class 0 on an open connection: DT, and what does not belong there (X.224 clauses 6.3, 6.22, 13.7)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.osi.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    ERROR_FORMS,
    SERVER,
    SERVER_BASELINE,
    client_first_request,
    client_obeys_not,
    client_request,
    client_usable,
    server_association,
    server_connection,
    server_obeys_not,
    server_usable,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import Insert, Overwrite
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ABORTED,
    ASSOCIATED,
    ENDED,
    RELEASED,
    REQUEST,
    RESPONSE,
    TRANSPORT_CONNECTED,
    expect,
    reach,
)
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    AnswerAssociation,
    Associate,
    Close,
    Connect,
    Conversation,
    Inject,
    NoFinding,
    OpenTransport,
    Release,
    Request,
    Respond,
    conversation,
)

DT_FORM = ("COTP.DT.2", "COTP.DT.3", "COTP.DT.4")
CUTS = {"one octet each": (1,), "one octet and the rest": (1, 60_000), "a hundred octets each": (100,)}
WRONG_LI = {
    "a length indicator beyond the packet": b"\xfe",
    "the reserved length indicator FF": b"\xff",
    "a length indicator of 0": b"\x00",
    "a length indicator of 1": b"\x01",
}


def tpdu(name: str, octets: str, reference_at: int = 2) -> Inject:
    """Send a TPDU as it stands; the transport reference of the DUT is put in, 0 for a TPDU without one."""
    return Inject(layer="tpkt", octets=bytes.fromhex(octets), name=name, reference_at=reference_at)


FOREIGN = (
    tpdu("COTP.DC", "05 C0 00 00 00 07"),
    tpdu("COTP.ED", "04 10 00 00 80 61"),
    tpdu("COTP.EA", "04 20 00 00 00"),
    tpdu("COTP.AK", "04 60 00 00 00"),
    tpdu("COTP.RJ", "04 50 00 00 00"),
    tpdu("COTP code 30", "04 30 00 00 00"),
    tpdu("COTP code 00", "04 00 00 00 00"),
)
"""TPDUs that class 0 does not have."""
SECOND_CR = tpdu("COTP.CR", "06 E0 00 00 00 07 00", reference_at=0)
CONFIRM = tpdu("COTP.CC", "06 D0 00 00 00 07 00")
DISCONNECT = tpdu("COTP.DR", "06 80 00 00 00 07 00")
ERROR = tpdu("COTP.ER", "08 70 00 00 00 C1 02 02 F0")
"""Cause 0, and the beginning of a DT as the TPDU that is rejected."""


@case("OSI/SRV/COTP-DATA/BV-segments", "R-COTP-segments-joined", pics=SERVER, baseline=SERVER_BASELINE)
def server_segments() -> Iterator[Conversation]:
    """An AARQ and a request that come in several DTs are joined, however they are cut."""
    for label, sizes in CUTS.items():
        yield conversation(
            server_connection,
            Associate(tpdus=sizes),
            expect("R-COTP-segments-joined", ASSOCIATED, limit="limit.associate"),
            Request(service="read", point="data.read", tpdus=sizes),
            expect("R-COTP-segments-joined", RESPONSE),
            label=label,
        )


@case("OSI/CLI/COTP-DATA/BV-segments", "R-COTP-segments-joined", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_segments() -> Iterator[Conversation]:
    """An AARE and an answer that come in several DTs are joined, however they are cut."""
    for label, sizes in CUTS.items():
        yield conversation(
            client_request,
            AnswerAssociation(tpdus=sizes),
            Act(action="send-request"),
            expect("R-COTP-segments-joined", REQUEST),
            Respond(tpdus=sizes),
            client_usable("R-COTP-segments-joined"),
            label=label,
        )


@case("OSI/SRV/COTP-DATA/BV-form", "R-COTP-DT-form", pics=SERVER, baseline=SERVER_BASELINE)
def server_form() -> Conversation:
    """Every DT of a server has a header of two octets, F0 and 80 or 00, the cut answers as well."""
    return conversation(
        Connect(tpdu_size=7),
        OpenTransport(),
        reach(TRANSPORT_CONNECTED, limit="limit.connect"),
        Associate(),
        expect("R-COTP-DT-form", ASSOCIATED, limit="limit.associate"),
        server_usable("R-COTP-DT-form"),
        NoFinding(requirement="R-COTP-DT-form", steps=DT_FORM),
    )


@case("OSI/CLI/COTP-DATA/BV-form", "R-COTP-DT-form", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_form() -> Conversation:
    """Every DT of a client has a header of two octets, F0 and 80 or 00, those of a cut AARQ as well."""
    return conversation(
        Act(action="connect"),
        Accept(tpdu_size=7),
        expect("R-COTP-DT-form", AARQ, limit="limit.associate"),
        AnswerAssociation(),
        client_usable("R-COTP-DT-form"),
        NoFinding(requirement="R-COTP-DT-form", steps=DT_FORM),
    )


@case("OSI/SRV/COTP-DATA/BI-length", "R-COTP-lengths", pics=SERVER, baseline=SERVER_BASELINE)
def server_length() -> Iterator[Conversation]:
    """A DT whose length indicator does not fit ends the connection; a request behind it is not answered."""
    for label, octet in WRONG_LI.items():
        mutation = Overwrite(pdu="COTP.DT", at=0, octets=octet)
        yield conversation(
            server_association,
            Request(service="read", point="data.read", mutations=(mutation,)),
            server_obeys_not("R-COTP-lengths", *ERROR_FORMS),
            label=label,
        )


@case("OSI/CLI/COTP-DATA/BI-length", "R-COTP-lengths", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_length() -> Iterator[Conversation]:
    """A DT whose length indicator does not fit ends the connection; the AARE behind it is not read."""
    for label, octet in WRONG_LI.items():
        packet = b"\x03\x00\x00\x0b" + octet + b"\xf0\x80\x01\x00\x01\x00"
        yield conversation(
            client_request,
            AnswerAssociation(mutations=(Insert(pdu="TPKT", at=0, octets=packet),)),
            client_obeys_not("R-COTP-lengths", *ERROR_FORMS),
            label=label,
        )


@case("OSI/SRV/COTP-DATA/BI-foreign-tpdu", "R-COTP-foreign-TPDU", pics=SERVER, baseline=SERVER_BASELINE)
def server_foreign() -> Iterator[Conversation]:
    """A TPDU that class 0 does not have ends the connection; a request behind it is not answered."""
    for foreign in FOREIGN:
        yield conversation(
            server_association,
            foreign,
            server_obeys_not("R-COTP-foreign-TPDU", *ERROR_FORMS),
            label=foreign.name,
        )


@case("OSI/CLI/COTP-DATA/BI-foreign-tpdu", "R-COTP-foreign-TPDU", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_foreign() -> Iterator[Conversation]:
    """A TPDU that class 0 does not have ends the connection; the AARE behind it is not read."""
    for foreign in FOREIGN:
        yield conversation(
            client_request,
            foreign,
            AnswerAssociation(may_break=True),
            client_obeys_not("R-COTP-foreign-TPDU", *ERROR_FORMS),
            label=foreign.name,
        )


@case("OSI/SRV/COTP-DATA/BO-not-due", "R-COTP-out-of-place", pics=SERVER, baseline=SERVER_BASELINE)
def server_not_due() -> Iterator[Conversation]:
    """A second CR, a CC or a DR on an open connection ends it; a request behind it is not answered."""
    for label, stray in (("a second CR", SECOND_CR), ("a CC", CONFIRM), ("a DR", DISCONNECT)):
        yield conversation(
            server_association,
            stray,
            server_obeys_not("R-COTP-out-of-place", *ERROR_FORMS),
            label=label,
        )


@case("OSI/CLI/COTP-DATA/BO-not-due", "R-COTP-out-of-place", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_not_due() -> Iterator[Conversation]:
    """A second CC, a CR or a DR on an open connection ends it; the AARE behind it is not read."""
    for label, stray in (("a second CC", CONFIRM), ("a CR", SECOND_CR), ("a DR", DISCONNECT)):
        yield conversation(
            client_request,
            stray,
            AnswerAssociation(may_break=True),
            client_obeys_not("R-COTP-out-of-place", *ERROR_FORMS),
            label=label,
        )


@case("OSI/SRV/COTP-DATA/BO-er", "R-COTP-ER-received", pics=SERVER, baseline=SERVER_BASELINE)
def server_er() -> Conversation:
    """A server that receives an ER closes the connection; a request behind it is not answered."""
    return conversation(server_association, ERROR, server_obeys_not("R-COTP-ER-received", *ENDED))


@case("OSI/CLI/COTP-DATA/BO-er", "R-COTP-ER-received", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_er() -> Conversation:
    """A client that receives an ER on an open connection closes it; the AARE behind it is not read."""
    return conversation(
        client_request,
        ERROR,
        AnswerAssociation(may_break=True),
        client_obeys_not("R-COTP-ER-received", *ENDED),
    )


@case("OSI/SRV/COTP-DATA/BV-closed-by-tcp", "R-COTP-DR-refuses-only", pics=SERVER, baseline=SERVER_BASELINE)
def server_closed_by_tcp() -> Conversation:
    """A server ends the transport connection of a released association by closing TCP, without DR."""
    return conversation(
        server_association,
        Release(),
        reach(RELEASED, limit="limit.associate"),
        Close(how="half"),
        expect("R-COTP-DR-refuses-only", ENDED, limit="limit.close"),
    )


@case(
    "OSI/CLI/COTP-DATA/BV-closed-by-tcp",
    "R-COTP-DR-refuses-only",
    pics=f"{CLIENT} and OSI.abort-initiation.client",
    baseline=CLIENT_BASELINE,
)
def client_closed_by_tcp() -> Conversation:
    """A client ends the transport connection of an association that it aborted by closing TCP, without DR."""
    return conversation(
        client_first_request,
        Respond(),
        Act(action="disconnect"),
        reach(ABORTED, limit="limit.associate"),
        Close(how="half"),
        expect("R-COTP-DR-refuses-only", ENDED, limit="limit.close"),
    )

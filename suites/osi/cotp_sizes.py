"""TPDU sizes of COTP class 0: offered, agreed, kept and enforced (X.224 clause 13.3.4, Annex H.2)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.reports.model.observation import Kind
from conform62351.suites.osi.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    CONNECT_REFUSAL_FORMS,
    ERROR_FORMS,
    SERVER,
    SERVER_BASELINE,
    client_obeys_not,
    client_request,
    server_association,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import SetField, SetParameter
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ASSOCIATED,
    REQUEST,
    RESPONSE,
    TRANSPORT_CONNECTED,
    expect,
    one,
    over,
    reach,
    refuse,
)
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    AnswerAssociation,
    AnyStep,
    Associate,
    Connect,
    Conversation,
    NoFinding,
    OpenTransport,
    Request,
    Verify,
    conversation,
)

TPDU_SIZE = 0xC0
PREFERRED_SIZE = 0xF0
SMALLEST, LARGEST = 7, 13
"""Exponents of the sizes that C0 can name: 128 to 8192 octets."""
UNDIVIDED = (60_000,)
"""One DT, whatever the agreed size is."""
TOO_LONG = {"undivided": UNDIVIDED, "129 octets each": (126,)}
"""How a TSDU is cut where 128 octets are agreed, three of which are no data."""
MANY_VARIABLES = 400
"""Named in one read, they make a TPDU of more than 8192 octets."""
SOME_VARIABLES = 60
"""Named in one read, they make an answer of more than 128 octets."""
INFORMATION = b"c" * 9_000
"""implementation-information that makes an AARE longer than 8192 octets."""
TAKEN_AND_ABORTED = one(Kind.ABORTED, warning="the transport took the TPDU, a layer above it did not")


def connected_for(exponent: int) -> tuple[AnyStep, ...]:
    """Open a transport connection to the DUT server with ``exponent`` in C0."""
    return (Connect(tpdu_size=exponent), OpenTransport(), reach(TRANSPORT_CONNECTED, limit="limit.connect"))


@case("OSI/SRV/COTP-SIZE/BV-offered", "R-COTP-size-negotiated", pics=SERVER, baseline=SERVER_BASELINE)
def server_offered() -> Iterator[Conversation]:
    """Every size from 128 to 8192 octets can be offered; the CC answers with no larger one, and data flow."""
    for exponent in range(SMALLEST, LARGEST + 1):
        yield conversation(
            Connect(tpdu_size=exponent),
            OpenTransport(),
            expect("R-COTP-size-negotiated", TRANSPORT_CONNECTED, limit="limit.connect"),
            Verify(
                requirement="R-COTP-size-negotiated",
                field="COTP.CC.tpdu_size",
                at_least=SMALLEST,
                at_most=exponent,
                optional=True,
            ),
            Associate(),
            expect("R-COTP-size-negotiated", ASSOCIATED, limit="limit.associate"),
            label=f"{1 << exponent} octets",
        )


@case("OSI/SRV/COTP-SIZE/BI-offered", "R-COTP-size-invalid", pics=SERVER, baseline=SERVER_BASELINE)
def server_offered_wrong() -> Iterator[Conversation]:
    """A size that is not defined is ignored or replaced by the server's own, or the CR is refused."""
    for value in (b"\x06", b"\x00", b"\x20", b"\xff", b"", b"\x0a\x00"):
        yield conversation(
            Connect(),
            OpenTransport(mutations=(SetParameter(pdu="COTP.CR", code=TPDU_SIZE, octets=value),)),
            expect(
                "R-COTP-size-invalid", TRANSPORT_CONNECTED, over(CONNECT_REFUSAL_FORMS), limit="limit.connect"
            ),
            Verify(
                requirement="R-COTP-size-invalid",
                field="COTP.CC.tpdu_size",
                at_least=SMALLEST,
                at_most=LARGEST,
                optional=True,
            ),
            Associate(),
            expect("R-COTP-size-invalid", ASSOCIATED, limit="limit.associate"),
            label=f"C0 with {value.hex(' ') or 'nothing'}",
        )


@case("OSI/SRV/COTP-SIZE/BV-preferred", "R-COTP-size-preferred", pics=SERVER, baseline=SERVER_BASELINE)
def server_preferred() -> Iterator[Conversation]:
    """A preferred maximum size (F0) is answered with no larger one, or passed over; data flow."""
    for value in (b"\x01", b"\x10", b"\x01\x00"):
        yield conversation(
            Connect(),
            OpenTransport(mutations=(SetParameter(pdu="COTP.CR", code=PREFERRED_SIZE, octets=value),)),
            expect("R-COTP-size-preferred", TRANSPORT_CONNECTED, limit="limit.connect"),
            Verify(
                requirement="R-COTP-size-preferred",
                field="COTP.CC.preferred_size",
                at_least=1,
                at_most=int.from_bytes(value, "big"),
                optional=True,
            ),
            Associate(),
            expect("R-COTP-size-preferred", ASSOCIATED, limit="limit.associate"),
            label=f"{int.from_bytes(value, 'big') * 128} octets",
        )


@case("OSI/SRV/COTP-SIZE/BV-absent", "R-COTP-size-absent", pics=SERVER, baseline=SERVER_BASELINE)
def server_absent() -> Conversation:
    """Without C0 in the CR a TPDU longer than 8192 octets is taken, unless the CC names a size.

    A read of one variable many times over makes the length. Any answer shows that the TPDU was taken, that
    of a device whose MMS takes less too.
    """
    return conversation(
        server_association,
        Request(service="read", point="data.read", arguments={"repeat": MANY_VARIABLES}),
        expect("R-COTP-size-absent", one(Kind.ANSWER), TAKEN_AND_ABORTED),
    )


@case("OSI/CLI/COTP-SIZE/BV-absent", "R-COTP-size-absent", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_absent() -> Conversation:
    """Without C0 in the CC a TPDU longer than 8192 octets is taken, unless the CR named a size.

    An AARE with implementation-information makes the length.
    """
    mutation = SetField(pdu="ACSE.AARE", field="implementation_information", octets=INFORMATION)
    return conversation(
        client_request,
        AnswerAssociation(mutations=(mutation,)),
        Act(action="send-request", may_fail=True),
        expect("R-COTP-size-absent", REQUEST, TAKEN_AND_ABORTED),
    )


@case("OSI/SRV/COTP-SIZE/BV-kept", "R-COTP-size-kept", pics=SERVER, baseline=SERVER_BASELINE)
def server_kept() -> Conversation:
    """Where 128 octets are agreed, a server cuts longer answers into DTs of that size."""
    return conversation(
        connected_for(SMALLEST),
        Associate(),
        expect("R-COTP-size-kept", ASSOCIATED, limit="limit.associate"),
        Request(service="read", point="data.read", arguments={"repeat": SOME_VARIABLES}),
        expect("R-COTP-size-kept", RESPONSE),
        NoFinding(requirement="R-COTP-size-kept", steps=("COTP.DT.5",)),
    )


@case("OSI/CLI/COTP-SIZE/BV-kept", "R-COTP-size-kept", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_kept() -> Conversation:
    """Where the CC says 128 octets, a client cuts its longer AARQ into DTs of that size."""
    return conversation(
        Act(action="connect"),
        Accept(tpdu_size=SMALLEST),
        expect("R-COTP-size-kept", AARQ, limit="limit.associate"),
        NoFinding(requirement="R-COTP-size-kept", steps=("COTP.DT.5",)),
    )


@case("OSI/SRV/COTP-SIZE/BI-exceeded", "R-COTP-size-enforced", pics=SERVER, baseline=SERVER_BASELINE)
def server_exceeded() -> Iterator[Conversation]:
    """Where 128 octets are agreed, an AARQ in one longer DT is not taken, nor one in DTs an octet longer."""
    for label, sizes in TOO_LONG.items():
        yield conversation(
            connected_for(SMALLEST),
            Associate(tpdus=sizes),
            refuse("R-COTP-size-enforced", ERROR_FORMS, limit="limit.associate"),
            label=label,
        )


@case("OSI/CLI/COTP-SIZE/BI-exceeded", "R-COTP-size-enforced", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_exceeded() -> Iterator[Conversation]:
    """Where the CC says 128 octets, an AARE in one longer DT is not taken, nor one in DTs an octet longer."""
    for label, sizes in TOO_LONG.items():
        yield conversation(
            Act(action="connect"),
            Accept(tpdu_size=SMALLEST),
            reach(AARQ, limit="limit.associate"),
            AnswerAssociation(tpdus=sizes),
            client_obeys_not("R-COTP-size-enforced", *ERROR_FORMS),
            label=label,
        )

"""The signature over the time: what does not verify is refused by P-ABORT (clause 11)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.compatibility.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    COMPATIBILITY,
    EVENT,
    P_ABORT,
    PEER_AUTHENTICATION_FAIL,
    SERVER,
    SERVER_BASELINE,
    client_refuses,
    server_refuses,
)
from conform62351.suites.osi.conversations import client_request, server_connection
from conform62351.tooling.engine.authenticate import Authenticate
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.log_sources import MEANS
from conform62351.tooling.engine.log_steps import Logged, not_logged
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditTlv, FlipBit
from conform62351.tooling.engine.outcomes import ASSOCIATED, REQUEST, expect, reach
from conform62351.tooling.engine.steps import (
    Act,
    AnswerAssociation,
    Associate,
    Conversation,
    conversation,
)

SIGNATURE = "R-CMP-signature"
OCTETS_READ = "R-CMP-signature-octets-read"
FORM = "R-CMP-form-P-ABORT"
SECOND = "second"
TLS = "tester-tls"
SIGNATURE_OCTETS = 256
"""Of an RSA key of 2048 bits, as the tester's is: they stand at the end of the value."""

ALTERED: dict[str, AnyMutation] = {
    "its first bit": FlipBit(pdu="CMP.value", at=-SIGNATURE_OCTETS, bit=7),
    "a bit in the middle": FlipBit(pdu="CMP.value", at=-SIGNATURE_OCTETS // 2, bit=3),
    "its last bit": FlipBit(pdu="CMP.value", at=-1, bit=0),
}


def _content(octets: bytes) -> EditTlv:
    return EditTlv(pdu="CMP.value", path="a2/a0/a0/82", edit=Edit.CONTENT, octets=octets)


NO_SIGNATURES: dict[str, AnyMutation] = {
    "empty": _content(b""),
    "one octet": _content(b"\x01"),
    "all zero": _content(bytes(SIGNATURE_OCTETS)),
    "one": _content(b"\x01".rjust(SIGNATURE_OCTETS, b"\0")),
    "all ones": _content(b"\xff" * SIGNATURE_OCTETS),
    "an octet too long": _content(bytes(SIGNATURE_OCTETS + 1)),
    "thousands of octets": _content(b"\x55" * 4000),
}
"""Numbers that are no signatures: 0 and 1 are their own powers, what is longer is no number of the key."""
OTHERS: dict[str, Authenticate] = {
    "over another time": Authenticate(other_time_signed=True),
    "by the key of another partner": Authenticate(key=SECOND),
    "by the key for TLS": Authenticate(key=TLS),
    "with SHA-1": Authenticate(signature_algorithm="sha1WithRSAEncryption"),
    "with MD5": Authenticate(signature_algorithm="md5WithRSAEncryption"),
    "with SHA-512": Authenticate(signature_algorithm="sha512WithRSAEncryption"),
}
INPUTS: dict[str, Authenticate] = {
    "over the TLV 81": Authenticate(signature_input="81"),
    "over the TLV 18": Authenticate(signature_input="18"),
    "over the content octets": Authenticate(signature_input="raw"),
}
CREDENTIALS = (f"credential {SECOND}", f"credential {TLS}")

ALARM = Logged(
    requirement="R-LOG-severity", events=(PEER_AUTHENTICATION_FAIL,), aspects=("severity", "time", "peer")
)
ONCE = "R-LOG-once"
OF_AN_ALARM = ("R-LOG-severity", "R-LOG-time", "R-LOG-peer", ONCE)
SUCCESS = "IEC62351-14:4.1"


@case(
    "CMP/SRV/SIGNATURE/BI-altered",
    SIGNATURE,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_altered() -> Iterator[Conversation]:
    """A server answers by P-ABORT when any bit of the signature is not as it was signed."""
    for label, mutation in ALTERED.items():
        yield conversation(server_connection, server_refuses(SIGNATURE, mutation), label=label)


@case(
    "CMP/CLI/SIGNATURE/BI-altered",
    SIGNATURE,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_altered() -> Iterator[Conversation]:
    """A client answers by P-ABORT when any bit of the signature is not as it was signed."""
    for label, mutation in ALTERED.items():
        yield conversation(client_request, client_refuses(SIGNATURE, mutation), label=label)


@case(
    "CMP/SRV/SIGNATURE/BI-no-signature",
    SIGNATURE,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_no_signature() -> Iterator[Conversation]:
    """A server answers by P-ABORT when other octets stand in the place of the signature."""
    for label, mutation in NO_SIGNATURES.items():
        yield conversation(server_connection, server_refuses(SIGNATURE, mutation), label=label)


@case(
    "CMP/CLI/SIGNATURE/BI-no-signature",
    SIGNATURE,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_no_signature() -> Iterator[Conversation]:
    """A client answers by P-ABORT when other octets stand in the place of the signature."""
    for label, mutation in NO_SIGNATURES.items():
        yield conversation(client_request, client_refuses(SIGNATURE, mutation), label=label)


@case(
    "CMP/SRV/SIGNATURE/BI-another-signature",
    SIGNATURE,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=CREDENTIALS,
)
def server_another_signature() -> Iterator[Conversation]:
    """A server answers by P-ABORT on a signature by another key, over another time, or with another hash."""
    for label, authentication in OTHERS.items():
        steps = server_refuses(SIGNATURE, authentication=authentication)
        yield conversation(server_connection, steps, label=label)


@case(
    "CMP/CLI/SIGNATURE/BI-another-signature",
    SIGNATURE,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=CREDENTIALS,
)
def client_another_signature() -> Iterator[Conversation]:
    """A client answers by P-ABORT on a signature by another key, over another time, or with another hash."""
    for label, authentication in OTHERS.items():
        steps = client_refuses(SIGNATURE, authentication=authentication)
        yield conversation(client_request, steps, label=label)


@case(
    "CMP/SRV/SIGNATURE/BV-octets-signed",
    OCTETS_READ,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_octets_signed() -> Iterator[Conversation]:
    """A server takes a signature over each encoding of the time that is in use, or answers by P-ABORT."""
    for label, authentication in INPUTS.items():
        yield conversation(
            server_connection,
            Associate(authentication=authentication),
            expect(OCTETS_READ, ASSOCIATED, *P_ABORT, limit="limit.associate"),
            label=label,
        )


@case(
    "CMP/CLI/SIGNATURE/BV-octets-signed",
    OCTETS_READ,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_octets_signed() -> Iterator[Conversation]:
    """A client takes a signature over each encoding of the time that is in use, or answers by P-ABORT."""
    for label, authentication in INPUTS.items():
        yield conversation(
            client_request,
            AnswerAssociation(authentication=authentication),
            Act(action="send-request", may_fail=True),
            expect(OCTETS_READ, REQUEST, *P_ABORT, limit="limit.associate"),
            label=label,
        )


@case(
    "CMP/SRV/SIGNATURE/BI-P-ABORT",
    FORM,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_p_abort() -> Conversation:
    """A server that cannot authenticate its partner says so by P-ABORT: no AARE, no mere end of TCP."""
    return conversation(
        server_connection,
        Associate(mutations=(ALTERED["its last bit"],)),
        expect(FORM, *P_ABORT, refusal=True, limit="limit.associate"),
    )


@case(
    "CMP/CLI/SIGNATURE/BI-P-ABORT",
    FORM,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_p_abort() -> Conversation:
    """A client that cannot authenticate its partner says so by P-ABORT: no mere end of TCP."""
    return conversation(
        client_request,
        AnswerAssociation(mutations=(ALTERED["its last bit"],)),
        expect(FORM, *P_ABORT, refusal=True, limit="limit.associate"),
    )


@case(
    "CMP/SRV/SIGNATURE/BI-alarm",
    *OF_AN_ALARM,
    pics=f"{SERVER} and LOG.security-events.server",
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=(MEANS,),
)
def server_alarm() -> Conversation:
    """A server logs that it could not authenticate its partner as an alarm about it, at the present time,
    once, and no association.
    """
    return conversation(
        server_connection,
        Associate(mutations=(ALTERED["its last bit"],)),
        reach(P_ABORT, limit="limit.associate"),
        ALARM,
        not_logged(ONCE, PEER_AUTHENTICATION_FAIL, SUCCESS),
    )


@case(
    "CMP/CLI/SIGNATURE/BI-alarm",
    *OF_AN_ALARM,
    pics=f"{CLIENT} and LOG.security-events.client",
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=(MEANS,),
)
def client_alarm() -> Conversation:
    """A client logs that it could not authenticate its partner as an alarm about it, at the present time, and
    once.
    """
    return conversation(
        client_request,
        AnswerAssociation(mutations=(ALTERED["its last bit"],)),
        reach(P_ABORT, limit="limit.associate"),
        ALARM,
        not_logged(ONCE, PEER_AUTHENTICATION_FAIL),
    )

"""Handshakes behind the first one whose proofs do not hold: renegotiations, and sessions that are resumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.tls.connections import begun, left, standing
from conform62351.suites.tls.resumption import IDENTIFIER
from conform62351.suites.tls.showing import SIGNED_BY_RSA, claims_one
from conform62351.suites.tls.sides import tls_case
from conform62351.tooling.engine.mutations import AnyMutation, FlipBit
from conform62351.tooling.engine.outcomes import TLS_ENDED, refuse
from conform62351.tooling.engine.steps import (
    Alternative,
    Conversation,
    OpenTransport,
    Renegotiate,
    Tls,
    conversation,
)
from conform62351.tooling.engine.tls_outcomes import ON_THE_WAY, RENEGOTIATED

AT_RENEGOTIATION: Final = "R-TLS-renegotiation-proofs"
AT_RESUMPTION: Final = "R-TLS-resumption-proofs"
RSA_SHOWN: Final = ("tester-tls",)
PROOFS: Final[Mapping[Role, Mapping[str, AnyMutation]]] = {
    Role.SERVER: {
        "the signature over the handshake": FlipBit(pdu="TLS.CertificateVerify", at=-1),
        "Finished": FlipBit(pdu="TLS.Finished", at=-1),
    },
    Role.CLIENT: {
        "the signature over the key exchange": FlipBit(pdu="TLS.ServerKeyExchange", at=-1),
        "Finished": FlipBit(pdu="TLS.Finished", at=-1),
    },
}
"""What of the tester's a DUT in a role verifies, altered."""
DONE: Final[Mapping[Role, tuple[Alternative, ...]]] = {Role.SERVER: (), Role.CLIENT: (RENEGOTIATED,)}
"""A server is done before its client judges the last message: who does not end then is silent."""


@tls_case("RENEG/BI-proofs", AT_RENEGOTIATION)
def renegotiated(role: Role) -> Iterator[Conversation]:
    """A {role} verifies at a renegotiation, too, the signature of the {peer} and its Finished."""
    usual, condition = Tls(), ""
    if role is Role.CLIENT:
        usual = Tls(suites=SIGNED_BY_RSA, credentials=RSA_SHOWN)
        condition = claims_one(SIGNED_BY_RSA, role.value)
    for label, altered in PROOFS[role].items():
        yield conversation(
            standing(role, usual),
            Renegotiate(mutations=(altered,)),
            refuse(AT_RENEGOTIATION, TLS_ENDED, meanwhile=(*ON_THE_WAY, *DONE[role])),
            label=label,
            pics=condition,
        )


@tls_case("RESUME/BI-proofs", AT_RESUMPTION, claims=IDENTIFIER)
def resumed(role: Role) -> Iterator[Conversation]:
    """A {role} verifies the Finished of the {peer} when a session is resumed, too.

    It is all that shows that the {peer} has the session's keys.
    """
    altered = Tls(resume=0, mutations=(FlipBit(pdu="TLS.Finished", at=-1),))
    opens: Steps = (OpenTransport(on=1, may_break=True),) if role is Role.SERVER else ()
    yield conversation(
        standing(role),
        left(role),
        begun(role, altered, on=1),
        opens,
        refuse(AT_RESUMPTION, TLS_ENDED, limit="limit.connect", on=1),
    )

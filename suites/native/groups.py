"""The groups that keys are agreed in: 14, 23 in the reading of the PIXIT, and 28 (13.3.1.3)."""

from __future__ import annotations

from conform62351.profiles.role import Role
from conform62351.reports.model.verdict import Severity
from conform62351.suites.native.agreements import agrees
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    NATIVE,
    OWN,
    SERVER,
    SERVER_BASELINE,
    own_data,
    server_connection_on,
)
from conform62351.suites.osi.conversations import client_request, client_takes, server_usable
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.mutations import SetField
from conform62351.tooling.engine.native_outcomes import sec_aborted, sec_rejected
from conform62351.tooling.engine.outcomes import ASSOCIATED, REQUEST, expect, over, warned
from conform62351.tooling.engine.steps import (
    Act,
    AnswerAssociation,
    Associate,
    Conversation,
    Respond,
    Verify,
    conversation,
)

GROUP_14 = "R-E2E-group-14"
GROUP_23 = "R-E2E-group-23"
GROUP_28 = "R-E2E-group-28"
GROUP_19 = "R-E2E-group-19"

AS_SECP256R1 = ("group 23 as secp256r1",)
"""The means of a device for which 23, and hence 19, is secp256r1."""
NOT_READ = "the number 19 is not read as 23"
SECP256R1 = Handshake(groups=("secp256r1",))
UNDER_19 = {
    role: SetField(pdu=f"E2E.{pdu}.token", field="dhKey.0.dhGroup", value=19)
    for role, pdu in ((Role.SERVER, "HandshakeReq"), (Role.CLIENT, "HandshakeAcc"))
}


def _by_group(role: Role, requirement: str, name: str, number: int) -> Conversation:
    return conversation(agrees(role, requirement, Handshake(groups=(name,)), dhGroup=number))


@case("E2E/SRV/GROUP/BV-14", GROUP_14, *OWN, pics=f"{SERVER} and E2E.group-14.server", configuration=NATIVE)
def server_group_14() -> Conversation:
    """A server agrees on keys by group 14 when it alone is offered, and answers reads under them."""
    return _by_group(Role.SERVER, GROUP_14, "modp-2048", 14)


@case("E2E/CLI/GROUP/BV-14", GROUP_14, *OWN, pics=f"{CLIENT} and E2E.group-14.client", configuration=NATIVE)
def client_group_14() -> Conversation:
    """A client offers group 14, and goes on with keys by it when it is selected."""
    return _by_group(Role.CLIENT, GROUP_14, "modp-2048", 14)


@case("E2E/SRV/GROUP/BV-23", GROUP_23, *OWN, pics=f"{SERVER} and E2E.group-23.server", configuration=NATIVE)
def server_group_23() -> Conversation:
    """A server agrees on keys by group 23 when it alone is offered, and answers reads under them.

    The number is that of secp256r1 or of a MODP group of RFC 5114, as the PIXIT says.
    """
    return _by_group(Role.SERVER, GROUP_23, "group-23", 23)


@case("E2E/CLI/GROUP/BV-23", GROUP_23, *OWN, pics=f"{CLIENT} and E2E.group-23.client", configuration=NATIVE)
def client_group_23() -> Conversation:
    """A client offers group 23, and goes on with keys by it when it is selected.

    The number is that of secp256r1 or of a MODP group of RFC 5114, as the PIXIT says.
    """
    return _by_group(Role.CLIENT, GROUP_23, "group-23", 23)


@case("E2E/SRV/GROUP/BV-28", GROUP_28, *OWN, pics=f"{SERVER} and E2E.group-28.server", configuration=NATIVE)
def server_group_28() -> Conversation:
    """A server agrees on keys by group 28 when it alone is offered, and answers reads under them."""
    return _by_group(Role.SERVER, GROUP_28, "brainpoolP256r1", 28)


@case("E2E/CLI/GROUP/BV-28", GROUP_28, *OWN, pics=f"{CLIENT} and E2E.group-28.client", configuration=NATIVE)
def client_group_28() -> Conversation:
    """A client offers group 28, and goes on with keys by it when it is selected."""
    return _by_group(Role.CLIENT, GROUP_28, "brainpoolP256r1", 28)


@case(
    "E2E/SRV/GROUP/BV-19",
    GROUP_19,
    "R-E2E-own-data",
    "R-E2E-fresh-iv",
    pics=f"{SERVER} and E2E.group-23.server",
    configuration=NATIVE,
    baseline=SERVER_BASELINE,
    prerequisites=AS_SECP256R1,
)
def server_group_19() -> Conversation:
    """A server for which 23 is secp256r1 reads the number 19 as the same group, and repeats it.

    A server that does not have the number, which is not the standard's, passes with a warning.
    """
    return conversation(
        server_connection_on(0),
        Associate(handshake=SECP256R1, mutations=(UNDER_19[Role.SERVER],)),
        expect(
            GROUP_19,
            ASSOCIATED,
            over(warned(NOT_READ, sec_rejected("dhGroup-not-supported"))),
            limit="limit.associate",
        ),
        Verify(
            requirement=GROUP_19,
            field="E2E.HandshakeAcc.token1.dhKey.*.dhGroup",
            includes=(19,),
            excludes=(23,),
            severity=Severity.FORM,
        ),
        server_usable(GROUP_19),
        own_data,
    )


@case(
    "E2E/CLI/GROUP/BV-19",
    GROUP_19,
    "R-E2E-own-data",
    "R-E2E-fresh-iv",
    pics=f"{CLIENT} and E2E.group-23.client",
    configuration=NATIVE,
    baseline=CLIENT_BASELINE,
    prerequisites=AS_SECP256R1,
)
def client_group_19() -> Conversation:
    """A client that has offered 23 as secp256r1 reads 19 in the answer as the same group.

    A client that does not have the number, which is not the standard's, passes with a warning.
    """
    return conversation(
        client_request,
        AnswerAssociation(handshake=SECP256R1, mutations=(UNDER_19[Role.CLIENT],)),
        Act(action="send-request", may_fail=True),
        expect(GROUP_19, REQUEST, over(warned(NOT_READ, sec_aborted("illegal-dhGroup-selected")))),
        Respond(),
        client_takes(GROUP_19),
        own_data,
    )

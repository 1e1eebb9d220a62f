"""How a presentation connection is refused or aborted: CPR, ARU and ARP (X.226 clauses 6.2 to 6.4, 8.2).

That an abort is obeyed shows what is sent behind it on the same connection: an association that is made or
released all the same has not ended.
"""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.osi.ppdu import ARP
from conform62351.suites.osi.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    SERVER,
    SERVER_BASELINE,
    Steps,
    client_association,
    client_request,
    server_association,
    server_connection,
)
from conform62351.suites.osi.ppdus import USUAL_LIST, abort_by_user, aborting
from conform62351.suites.osi.spdus import inject
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, SetField
from conform62351.tooling.engine.outcomes import ASSOCIATED, ENDED, expect, over, refuse
from conform62351.tooling.engine.steps import (
    Act,
    AnswerAssociation,
    Associate,
    Conversation,
    Release,
    conversation,
)

LISTS = {"without a context list": None, "with a context list": USUAL_LIST}
ARPS = {
    "a reason and the event": ARP(provider_reason=1, event_identifier=7),
    "reason 0": ARP(provider_reason=0),
    "an unknown reason": ARP(provider_reason=99),
    "no member": ARP(),
}
PROVIDER_REASONS = (0, 1, 2, 3, 4, 5, 6, 7)
NO_USER_DATA: tuple[AnyMutation, ...] = (SetField(pdu="PRES.CPR", field="user_data"),)

then_release: Steps = (Release(may_break=True),)
then_accept: Steps = (AnswerAssociation(may_break=True), Release(may_break=True))


@case("OSI/SRV/PRES-ABORT/BV-aru", "R-PRES-ARU-read", pics=SERVER, baseline=SERVER_BASELINE)
def server_aru() -> Iterator[Conversation]:
    """An ARU with or without a context list ends an association, and one that is only asked for."""
    requirement = "R-PRES-ARU-read"
    for label, contexts in LISTS.items():
        yield conversation(
            server_association,
            abort_by_user(contexts=contexts),
            then_release,
            refuse(requirement, ENDED, limit="limit.close"),
            label=f"{label}, in an association",
        )
        yield conversation(
            server_connection,
            Associate(),
            abort_by_user(contexts=contexts),
            inject("SES.FN", may_break=True),
            expect(requirement, ASSOCIATED, over(ENDED), limit="limit.associate"),
            refuse(requirement, ENDED, limit="limit.close"),
            label=f"{label}, behind the AARQ",
        )


@case("OSI/CLI/PRES-ABORT/BV-aru", "R-PRES-ARU-read", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_aru() -> Iterator[Conversation]:
    """An ARU with or without a context list ends an association, and one that is only asked for."""
    for label, contexts in LISTS.items():
        for where, state, then in (
            ("in an association", client_association, then_release),
            ("in place of the AARE", client_request, then_accept),
        ):
            yield conversation(
                state,
                abort_by_user(contexts=contexts),
                then,
                refuse("R-PRES-ARU-read", ENDED, limit="limit.close", serve=True),
                label=f"{label}, {where}",
            )


@case("OSI/SRV/PRES-ABORT/BV-arp", "R-PRES-ARP-received", pics=SERVER, baseline=SERVER_BASELINE)
def server_arp() -> Iterator[Conversation]:
    """An ARP ends the association, whatever reason it gives."""
    for label, arp in ARPS.items():
        yield conversation(
            server_association,
            aborting(arp),
            then_release,
            refuse("R-PRES-ARP-received", ENDED, limit="limit.close"),
            label=label,
        )


@case("OSI/CLI/PRES-ABORT/BV-arp", "R-PRES-ARP-received", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_arp() -> Iterator[Conversation]:
    """An ARP ends the association, and one that is only asked for, whatever reason it gives."""
    for label, arp in ARPS.items():
        for where, state, then in (
            ("in an association", client_association, then_release),
            ("in place of the AARE", client_request, then_accept),
        ):
            yield conversation(
                state,
                aborting(arp),
                then,
                refuse("R-PRES-ARP-received", ENDED, limit="limit.close", serve=True),
                label=f"{label}, {where}",
            )


@case("OSI/CLI/PRES-ABORT/BV-cpr-by-provider", "R-PRES-CPR-provider", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_cpr_by_provider() -> Iterator[Conversation]:
    """A CPR with a provider reason and nothing of ACSE is a refusal: the client closes TCP, nothing else."""
    reasons: dict[str, tuple[AnyMutation, ...]] = {
        f"reason {reason}": (SetField(pdu="PRES.CPR", field="provider_reason", value=reason),)
        for reason in PROVIDER_REASONS
    }
    reasons["reason 3 and no result list"] = (
        SetField(pdu="PRES.CPR", field="provider_reason", value=3),
        SetField(pdu="PRES.CPR", field="results"),
    )
    for label, mutations in reasons.items():
        yield conversation(
            client_request,
            AnswerAssociation(reject=True, mutations=(*NO_USER_DATA, *mutations)),
            Act(action="send-request", may_fail=True),
            refuse("R-PRES-CPR-provider", ENDED, limit="limit.close"),
            label=label,
        )

"""Session connections that are not made: version, functional units, selectors, REFUSE (X.225 clause 7)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.osi import session
from conform62351.profiles.osi.spdu import REFUSE_REASONS, RefuseSpdu
from conform62351.suites.osi.conversations import (
    ABORT_FORMS,
    CLIENT,
    CLIENT_BASELINE,
    INSISTING,
    SERVER,
    SERVER_BASELINE,
    SERVER_INSISTS,
    client_must_not_use,
    client_request,
    server_connection,
    server_refuses,
)
from conform62351.suites.osi.spdus import inject_octets
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditSpdu, SetField
from conform62351.tooling.engine.outcomes import ASSOCIATED, ENDED, over, reach, refuse, rejected, warned
from conform62351.tooling.engine.steps import (
    Act,
    AnswerAssociation,
    Associate,
    Conversation,
    NoFinding,
    Verify,
    conversation,
)

CALLED_SELECTORS: dict[str, AnyMutation] = {
    "another one": SetField(pdu="SES.CN", field="called_selector", octets=b"\x7f\x7f"),
    "its own and an octet more": EditSpdu(pdu="SES.CN", path="13/52", edit=Edit.APPEND, octets=b"\x00"),
    "an empty one": SetField(pdu="SES.CN", field="called_selector", octets=b""),
}
UNKNOWN_CONTEXT_NAME = "1.0.9506.2.99"


@case("OSI/SRV/SES-REFUSE/BI-version-1", "R-SES-version-1-only", pics=SERVER, baseline=SERVER_BASELINE)
def server_version_1() -> Iterator[Conversation]:
    """A CONNECT that does not propose version 2 makes no association."""
    for label, version in (("version 1", 1), ("no version, which stands for version 1", None)):
        yield conversation(
            server_connection,
            server_refuses("R-SES-version-1-only", SetField(pdu="SES.CN", field="version", value=version)),
            label=label,
        )


@case("OSI/CLI/SES-REFUSE/BI-version", "R-SES-version-2", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_version() -> Iterator[Conversation]:
    """A client that is accepted in another version than 2 does not use the association."""
    for label, version in (("no version", 0), ("version 1", 1), ("version 3", 4)):
        yield conversation(
            client_request,
            client_must_not_use(SetField(pdu="SES.AC", field="version", value=version)),
            refuse("R-SES-version-2", ABORT_FORMS, limit="limit.close"),
            label=label,
        )


@case("OSI/SRV/SES-REFUSE/BI-no-duplex", "R-SES-duplex", pics=SERVER, baseline=SERVER_BASELINE)
def server_no_duplex() -> Iterator[Conversation]:
    """A CONNECT that does not propose duplex makes no association."""
    for label, requirements in (
        ("half-duplex", 1),
        ("nothing", 0),
        ("no parameter, which stands for half-duplex", None),
    ):
        yield conversation(
            server_connection,
            server_refuses("R-SES-duplex", SetField(pdu="SES.CN", field="requirements", value=requirements)),
            label=label,
        )


@case("OSI/CLI/SES-REFUSE/BI-no-duplex", "R-SES-duplex", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_no_duplex() -> Iterator[Conversation]:
    """A client that is accepted without duplex does not use the association."""
    for label, requirements in (("half-duplex", 1), ("nothing", 0)):
        yield conversation(
            client_request,
            client_must_not_use(SetField(pdu="SES.AC", field="requirements", value=requirements)),
            refuse("R-SES-duplex", ABORT_FORMS, limit="limit.close"),
            label=label,
        )


@case(
    "OSI/SRV/SES-REFUSE/BI-called-selector",
    "R-SES-called-selector-unknown",
    pics=SERVER_INSISTS,
    baseline=SERVER_BASELINE,
    configuration=INSISTING,
)
def server_called_selector() -> Iterator[Conversation]:
    """A server that insists on its session selector refuses a CONNECT for another one."""
    for label, mutation in CALLED_SELECTORS.items():
        yield conversation(
            server_connection,
            Associate(mutations=(mutation,)),
            refuse("R-SES-called-selector-unknown", ENDED, rejected(), limit="limit.associate"),
            label=label,
        )


@case("OSI/SRV/SES-REFUSE/BV-form", "R-SES-RF-form", pics=SERVER, baseline=SERVER_BASELINE)
def server_refuse_form() -> Conversation:
    """A REFUSE for the user's rejection has transport disconnect 01 and reason 02 followed by the CPR.

    The rejection is provoked by an application context that no server has. One that does not answer it with a
    REFUSE is not judged here.
    """
    return conversation(
        server_connection,
        Associate(
            mutations=(SetField(pdu="ACSE.AARQ", field="application_context", value=UNKNOWN_CONTEXT_NAME),)
        ),
        reach(
            over(rejected(form="CPA/ACCEPT"), ABORT_FORMS),
            over(warned("accepted under an unknown application context: no REFUSE to judge", ASSOCIATED)),
            rejected(),
            limit="limit.associate",
        ),
        Verify(requirement="R-SES-RF-form", field="SES.RF.transport_disconnect", is_in=(1,)),
        Verify(requirement="R-SES-RF-form", field="SES.RF.reason", is_in=(2,)),
        Verify(requirement="R-SES-RF-form", field="SES.RF.user_data", at_least=1),
        NoFinding(requirement="R-SES-RF-form", steps=("SES.RF",)),
    )


@case("OSI/CLI/SES-REFUSE/BV-received", "R-SES-RF-received", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_refused() -> Conversation:
    """A client that receives a REFUSE closes the TCP connection and sends no request."""
    return conversation(
        client_request,
        AnswerAssociation(reject=True),
        Act(action="send-request", may_fail=True),
        refuse("R-SES-RF-received", ENDED, limit="limit.close"),
    )


@case("OSI/CLI/SES-REFUSE/BV-reasons", "R-SES-RF-reasons-read", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_refuse_reasons() -> Iterator[Conversation]:
    """A REFUSE is read as a refusal whatever its reason, and whether it carries anything."""
    refusals = {f"reason {reason}": RefuseSpdu(reason=reason) for reason in sorted(REFUSE_REASONS)}
    refusals["no reason"] = RefuseSpdu(reason=None)
    refusals["version and requirements"] = RefuseSpdu(reason=132, version=2, requirements=2)
    for label, refusal in refusals.items():
        yield conversation(
            client_request,
            inject_octets(session.encode(refusal), "SES.RF"),
            refuse("R-SES-RF-reasons-read", ENDED, limit="limit.close"),
            label=label,
        )
    for reason in (0, 129):
        yield conversation(
            client_request,
            AnswerAssociation(reject=True, mutations=(SetField(pdu="SES.RF", field="reason", value=reason),)),
            refuse("R-SES-RF-reasons-read", ENDED, limit="limit.close"),
            label=f"reason {reason} and a CPR",
        )

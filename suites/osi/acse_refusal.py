"""Associations that are not made: rejected, not decoded, out of place (X.227 clause 7; IEC 62351-4, 15)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.identifiers import IDENTIFIERS
from conform62351.profiles.osi import acse, presentation
from conform62351.profiles.osi.apdu import AARE, AARQ, RLRQ, External
from conform62351.profiles.osi.parameters import ACSE_CONTEXT, BASIC_CONTEXT, MMS_CONTEXT
from conform62351.profiles.osi.ppdu import TD, Pdv
from conform62351.suites.osi.acse_external import INITIATE
from conform62351.suites.osi.conversations import (
    ABORT_FORMS,
    CLIENT,
    CLIENT_BASELINE,
    SERVER,
    SERVER_BASELINE,
    client_associates,
    client_must_not_use,
    client_request,
    server_association,
    server_connection,
    server_obeys_not,
    server_refuses,
)
from conform62351.suites.osi.ppdus import UNKNOWN_NAME, undecodable
from conform62351.suites.osi.spdus import inject
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditTlv, Replace, SetField
from conform62351.tooling.engine.outcomes import ENDED, reach, refuse, rejected
from conform62351.tooling.engine.steps import (
    Act,
    AnswerAssociation,
    Associate,
    Close,
    Conversation,
    Inject,
    NoFinding,
    Release,
    Verify,
    conversation,
)

REJECTED_FOR_CONTEXT = "OSI/SRV/ACSE/BI-application-context"
CONTEXT_NAMES = {"another of MMS": "1.0.9506.2.99", "an unknown one": UNKNOWN_NAME}
OWN_CONTEXT_NAMES = (BASIC_CONTEXT, IDENTIFIERS.oid("e2eMmsAC"))
REJECTIONS = {
    "permanently": {"result": 1},
    "transiently": {"result": 2},
    "permanently, authentication required": {"result": 1, "diagnostic": 14},
    "permanently, without diagnostic of the user": {"result": 1, "diagnostic": 0},
    "by the provider": {"result": 1, "diagnostic_source": 2, "diagnostic": 2},
}
UNREADABLE_AARQ: dict[str, AnyMutation] = {
    **undecodable("ACSE.AARQ", "60", "be"),
    "an empty context name": EditTlv(pdu="ACSE.AARQ", path="60/a1/06", edit=Edit.DROP),
    "a context name that does not end": EditTlv(
        pdu="ACSE.AARQ", path="60/a1/06", edit=Edit.CONTENT, octets=b"\x28\xca"
    ),
}
UNREADABLE_AARE: dict[str, AnyMutation] = {
    **undecodable("ACSE.AARE", "61", "be"),
    "an empty result": EditTlv(pdu="ACSE.AARE", path="61/a2/02", edit=Edit.CONTENT),
    "no result": EditTlv(pdu="ACSE.AARE", path="61/a2", edit=Edit.DROP),
}
USER_INFORMATION = (External(MMS_CONTEXT, INITIATE),)
STRAY_AARQ = acse.encode(AARQ(application_context=BASIC_CONTEXT, user_information=USER_INFORMATION))
STRAY_AARE = acse.encode(AARE(application_context=BASIC_CONTEXT, user_information=USER_INFORMATION))


def rejecting(**members: int) -> tuple[AnyMutation, ...]:
    """Return the mutations that set members of an AARE."""
    return tuple(SetField(pdu="ACSE.AARE", field=name, value=value) for name, value in members.items())


def as_data(name: str, apdu: bytes) -> Inject:
    """Return the step that sends an APDU as data in the context of ACSE."""
    return Inject(layer="session", octets=presentation.encode(TD((Pdv(ACSE_CONTEXT, apdu),))), name=name)


@case(REJECTED_FOR_CONTEXT, "R-ACSE-application-context-unknown", pics=SERVER, baseline=SERVER_BASELINE)
def server_unknown_context() -> Iterator[Conversation]:
    """An AARQ with an unknown application context is rejected for it; the AARE names the server's own."""
    for label, name in CONTEXT_NAMES.items():
        yield conversation(
            server_connection,
            Associate(mutations=(SetField(pdu="ACSE.AARQ", field="application_context", value=name),)),
            refuse(
                "R-ACSE-application-context-unknown",
                rejected(result=1, source=1, diagnostic=2),
                limit="limit.associate",
            ),
            Verify(
                requirement="R-ACSE-application-context-unknown",
                field="ACSE.AARE.application_context",
                is_in=OWN_CONTEXT_NAMES,
            ),
            label=label,
        )


@case(
    "OSI/SRV/ACSE-REJECT/BV-form",
    "R-ACSE-reject-carrier",
    "R-PRES-CPR-form",
    pics=SERVER,
    baseline=REJECTED_FOR_CONTEXT,
)
def server_reject_form() -> Conversation:
    """A rejecting AARE rides in a CPR in a REFUSE; the CPR answers to the contexts as an acceptance would."""
    return conversation(
        server_connection,
        Associate(mutations=(SetField(pdu="ACSE.AARQ", field="application_context", value=UNKNOWN_NAME),)),
        reach(rejected(), limit="limit.associate"),
        NoFinding(requirement="R-ACSE-reject-carrier", steps=("ACSE.AARE.8",)),
        Verify(requirement="R-ACSE-reject-carrier", field="PRES.CPR"),
        Verify(requirement="R-PRES-CPR-form", field="PRES.CPR.results.0.result", is_in=(0,)),
        Verify(requirement="R-PRES-CPR-form", field="PRES.CPR.results.1.result", is_in=(0,)),
        Verify(requirement="R-PRES-CPR-form", field="PRES.CPR.user_data.0.context", is_in=(ACSE_CONTEXT,)),
        NoFinding(requirement="R-PRES-CPR-form", steps=("PRES.CPR",)),
    )


@case("OSI/CLI/ACSE-REJECT/BV-received", "R-ACSE-reject-received", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_rejected() -> Iterator[Conversation]:
    """A client whose AARQ is rejected, for whatever reason, closes the TCP connection and sends no data."""
    for label, members in REJECTIONS.items():
        yield conversation(
            client_request,
            AnswerAssociation(reject=True, mutations=rejecting(**members)),
            Act(action="send-request", may_fail=True),
            refuse("R-ACSE-reject-received", ENDED, limit="limit.close"),
            Verify(requirement="R-ACSE-reject-received", field="SES.DT", absent=True),
            label=label,
        )


@case(
    "OSI/CLI/ACSE-REJECT/BI-in-accept",
    "R-ACSE-reject-in-ACCEPT-read",
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
)
def client_rejected_in_accept() -> Iterator[Conversation]:
    """A client whose AARQ is rejected in a CPA in an ACCEPT is rejected all the same."""
    for label, result in (("permanently", 1), ("transiently", 2)):
        yield conversation(
            client_request,
            client_must_not_use(*rejecting(result=result, diagnostic=1)),
            refuse("R-ACSE-reject-in-ACCEPT-read", ABORT_FORMS, limit="limit.close"),
            label=label,
        )


@case("OSI/CLI/ACSE-REJECT/BV-closed", "R-ACSE-closed-without-AARE", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_closed() -> Iterator[Conversation]:
    """A client whose AARQ is answered by the end of TCP gives up: it is free to associate anew."""
    for label, how in (("in order", "fin"), ("by a reset", "reset")):
        yield conversation(
            client_request,
            Close(how=how),
            client_associates("R-ACSE-closed-without-AARE", on=1),
            label=label,
        )


@case("OSI/SRV/ACSE-REJECT/BI-undecodable", "R-ACSE-AARQ-undecodable", pics=SERVER, baseline=SERVER_BASELINE)
def server_undecodable() -> Iterator[Conversation]:
    """An AARQ that does not decode makes no association."""
    for label, mutation in UNREADABLE_AARQ.items():
        yield conversation(
            server_connection,
            server_refuses("R-ACSE-AARQ-undecodable", mutation),
            label=label,
        )


@case("OSI/CLI/ACSE-REJECT/BI-undecodable", "R-ACSE-AARE-undecodable", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_undecodable() -> Iterator[Conversation]:
    """A client whose AARQ is answered with an AARE that does not decode aborts or closes."""
    for label, mutation in UNREADABLE_AARE.items():
        yield conversation(
            client_request,
            client_must_not_use(mutation),
            refuse("R-ACSE-AARE-undecodable", ABORT_FORMS),
            label=label,
        )


@case("OSI/SRV/ACSE-REJECT/BO-apdu-as-data", "R-ACSE-out-of-place", pics=SERVER, baseline=SERVER_BASELINE)
def server_apdu_as_data() -> Iterator[Conversation]:
    """An APDU that comes as data in the context of ACSE ends the association; a request behind it is lost."""
    for name, octets in (
        ("a second AARQ", STRAY_AARQ),
        ("an AARE", STRAY_AARE),
        ("an RLRQ", acse.encode(RLRQ())),
    ):
        yield conversation(
            server_association,
            as_data(name, octets),
            server_obeys_not("R-ACSE-out-of-place", *ABORT_FORMS),
            label=name,
        )


@case("OSI/SRV/ACSE-REJECT/BO-wrong-apdu", "R-ACSE-out-of-place", pics=SERVER, baseline=SERVER_BASELINE)
def server_wrong_apdu() -> Iterator[Conversation]:
    """An AARE in a CONNECT makes no association, an AARQ in a FINISH no release."""
    yield conversation(
        server_connection,
        server_refuses("R-ACSE-out-of-place", Replace(pdu="ACSE.AARQ", octets=STRAY_AARE)),
        label="an AARE in a CONNECT",
    )
    yield conversation(
        server_association,
        Release(mutations=(Replace(pdu="ACSE.RLRQ", octets=STRAY_AARQ),)),
        refuse("R-ACSE-out-of-place", ABORT_FORMS, limit="limit.associate"),
        label="an AARQ in a FINISH",
    )


@case("OSI/SRV/ACSE-REJECT/BO-release-first", "R-ACSE-out-of-place", pics=SERVER, baseline=SERVER_BASELINE)
def server_release_first() -> Conversation:
    """A release where no association is open is not answered: the connection is aborted or closed."""
    return conversation(
        server_connection,
        inject("SES.FN"),
        refuse("R-ACSE-out-of-place", ABORT_FORMS, limit="limit.associate"),
    )

"""Faults of the OSI environment: who makes each, who finds it, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from conform62351.profiles.environments.osi.parameters import E2E_CONTEXT
from conform62351.profiles.osi.association import Layer
from conform62351.profiles.osi.encodings import OCTET_ALIGNED
from conform62351.profiles.osi.parameters import MMS_CONTEXT
from conform62351.profiles.osi.ppdu import ContextResult, SimplyEncoded
from conform62351.suites.selfcheck.environment_osi_bench import (
    IDENTIFY,
    NativePair,
)
from conform62351.suites.selfcheck.osi_pairing import DATA, Bent

Value = Callable[[Any], Any]


def members(**changes: Any) -> Value:
    """Return a change of members; one that is callable makes the member of what it was."""

    def change(value: Any) -> Any:
        made = {name: new(getattr(value, name)) if callable(new) else new for name, new in changes.items()}
        return msgspec.structs.replace(value, **made)

    return change


def external(**changes: Any) -> Value:
    """Return a change of the one EXTERNAL in user information."""
    return members(user_information=lambda given: (msgspec.structs.replace(given[0], **changes),))


def pdv(**changes: Any) -> Value:
    """Return a change of the one PDV in user data."""
    return members(user_data=lambda given: (msgspec.structs.replace(given[0], **changes),))


def twice(given: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*given, *given)


def context_refused(number: int) -> Value:
    """Return a change of a result list: one context is refused."""

    def results(given: tuple[ContextResult, ...]) -> tuple[ContextResult, ...]:
        return tuple(
            ContextResult(2, None, 1) if 2 * place + 1 == number else one for place, one in enumerate(given)
        )

    return members(results=results)


def without_context(number: int) -> Value:
    """Return a change of a definition list: one context is not proposed."""
    return members(contexts=lambda given: tuple(one for one in given if one.id != number))


def does_nothing(pair: NativePair) -> None:
    """The fault is in what a handshake sends anyway."""


def sends_data(pair: NativePair) -> None:
    pair.client.send_data(IDENTIFY, DATA)


def releases(pair: NativePair) -> None:
    pair.client.release()


class EnvironmentFault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault: ``name`` is the PDU that is changed, ``value`` or ``octets`` how; ``then`` provokes it.

    ``number`` is that of the event and of osiDiagnostics; ``answer`` is ``ABRT`` with them, ``bare`` for an
    ABRT without, or a diagnostic of ACSE in AARE.
    """

    step: str
    number: int
    name: str = ""
    value: Value | None = None
    octets: Callable[[bytes], bytes] | None = None
    then: Callable[[NativePair], None] = does_nothing
    answer: str | int = "ABRT"

    def bent(self) -> Bent:
        """Return the policy of the side that makes the fault."""
        return Bent(
            values={} if self.value is None else {self.name: self.value},
            octets={} if self.octets is None else {self.name: self.octets},
        )


OTHER: Final = "1.0.62351.4.2.9"


def _unreadable(octets: bytes) -> bytes:
    return octets[:1] + b"\x02\x00\x05"


def at(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "value": members(**changes)}


def by_authentication(pdu: str, step: str, number: int) -> list[EnvironmentFault]:
    return [
        EnvironmentFault(step=step, number=number, **at(pdu, requirements=b"\x07\x80")),
        EnvironmentFault(step=step, number=number, **at(pdu, mechanism_name="2.2.3.1")),
        EnvironmentFault(step=step, number=number, **at(pdu, authentication_value=b"\x80\x01x")),
    ]


def by_information(pdu: str, steps: tuple[str, str, str, str], **more: Any) -> list[EnvironmentFault]:
    """Return the faults of user information; ``steps`` find number, encoding, direct and indirect one."""
    count, encoding, direct, indirect = steps
    aligned, typed = external(encoding=OCTET_ALIGNED), external(direct_reference="2.1.2")
    other, none = external(indirect_reference=MMS_CONTEXT), external(indirect_reference=None)
    return [
        EnvironmentFault(step=count, number=4, **at(pdu, user_information=None), **more),
        EnvironmentFault(step=count, number=4, **at(pdu, user_information=twice), **more),
        EnvironmentFault(step=encoding, number=4, name=pdu, value=aligned, **more),
        EnvironmentFault(step=direct, number=4, name=pdu, value=typed, **more),
        EnvironmentFault(step=indirect, number=2, name=pdu, value=other, **more),
        EnvironmentFault(step=indirect, number=2, name=pdu, value=none, **more),
    ]


OF_CLIENTS: Final[list[EnvironmentFault]] = [
    EnvironmentFault(step="ACSE.AARQ.7", number=5, **at("ACSE.AARQ", application_context=OTHER), answer=2),
    EnvironmentFault(step="E2E.OSI.AARQ.2", number=7, **at("ACSE.AARQ", calling_ap_title=None), answer=3),
    EnvironmentFault(
        step="E2E.OSI.AARQ.2", number=7, **at("ACSE.AARQ", calling_ap_title=b"\x31\x00"), answer=3
    ),
    EnvironmentFault(step="E2E.OSI.AARQ.3", number=9, **at("ACSE.AARQ", calling_ae_qualifier=None), answer=6),
    EnvironmentFault(step="ACSE.AARQ.12", number=11, **at("ACSE.AARQ", called_ap_title="1.1.1"), answer=7),
    EnvironmentFault(step="ACSE.AARQ.13", number=13, **at("ACSE.AARQ", called_ae_qualifier=14), answer=10),
    *by_authentication("ACSE.AARQ", "E2E.OSI.AARQ.4", 15),
    *by_information("ACSE.AARQ", ("ACSE.AARQ.16", "ACSE.AARQ.17", "ACSE.AARQ.18", "ACSE.AARQ.20")),
    EnvironmentFault(step="ACSE.AARQ.1", number=4, name="ACSE.AARQ", octets=_unreadable),
    EnvironmentFault(step="ACSE.AARQ.1", number=4, name="ACSE.AARQ", octets=lambda _: b"\x62\x00"),
    EnvironmentFault(step="PRES.CP.15", number=3, name="PRES.CP", value=pdv(context=MMS_CONTEXT)),
    EnvironmentFault(step="PRES.CP.12", number=1, **at("PRES.CP", user_data=twice)),
    EnvironmentFault(step="PRES.CP.1", number=1, name="PRES.CP", octets=_unreadable, answer="bare"),
    EnvironmentFault(step="PRES.CP.10", number=1, name="PRES.CP", value=without_context(1)),
    EnvironmentFault(step="E2E.OSI.AARQ.1", number=1, name="PRES.CP", value=without_context(MMS_CONTEXT)),
    EnvironmentFault(
        step="ACSE.AARQ.8", number=1, name="PRES.CP", value=without_context(E2E_CONTEXT), answer="bare"
    ),
    EnvironmentFault(
        step="PRES.TD.9", number=3, name="PRES.TD", value=pdv(context=MMS_CONTEXT), then=sends_data
    ),
    EnvironmentFault(step="PRES.TD.9", number=3, name="PRES.TD", value=pdv(context=1), then=sends_data),
    EnvironmentFault(step="PRES.TD.6", number=1, **at("PRES.TD", user_data=twice), then=sends_data),
    EnvironmentFault(step="PRES.TD.1", number=1, name="PRES.TD", octets=_unreadable, then=sends_data),
    EnvironmentFault(
        step="PRES.TD.5", number=1, **at("PRES.TD", user_data=SimplyEncoded(b"x")), then=sends_data
    ),
    EnvironmentFault(
        step="SES.CN.5",
        number=1,
        then=lambda pair: pair.client.inject(Layer.COTP, pair.tsdus["SES.CN"], "SES.CN"),
    ),
    EnvironmentFault(step="E2E.OSI.FN.1", number=4, **at("SES.FN", user_data=b""), then=releases),
    EnvironmentFault(step="PRES.UD.9", number=3, name="PRES.UD", value=pdv(context=5), then=releases),
    EnvironmentFault(step="PRES.UD.1", number=1, name="PRES.UD", octets=_unreadable, then=releases),
    EnvironmentFault(step="ACSE.RLRQ.1", number=4, name="ACSE.RLRQ", octets=_unreadable, then=releases),
    *by_information(
        "ACSE.RLRQ",
        ("E2E.OSI.RLRQ.1", "E2E.OSI.RLRQ.2", "E2E.OSI.RLRQ.3", "E2E.OSI.RLRQ.5"),
        then=releases,
    ),
]
"""What a client does wrong and a server finds."""

OF_SERVERS: Final[list[EnvironmentFault]] = [
    EnvironmentFault(step="ACSE.AARE.10", number=6, **at("ACSE.AARE", application_context=OTHER)),
    EnvironmentFault(step="E2E.OSI.AARE.2", number=12, **at("ACSE.AARE", responding_ap_title=None)),
    EnvironmentFault(step="E2E.OSI.AARE.2", number=12, **at("ACSE.AARE", responding_ap_title="1.1.2")),
    EnvironmentFault(step="E2E.OSI.AARE.3", number=14, **at("ACSE.AARE", responding_ae_qualifier=None)),
    EnvironmentFault(step="E2E.OSI.AARE.3", number=14, **at("ACSE.AARE", responding_ae_qualifier=99)),
    *by_authentication("ACSE.AARE", "E2E.OSI.AARE.4", 16),
    *by_information("ACSE.AARE", ("ACSE.AARE.16", "ACSE.AARE.17", "ACSE.AARE.18", "ACSE.AARE.20")),
    EnvironmentFault(step="ACSE.AARE.1", number=4, name="ACSE.AARE", octets=_unreadable),
    EnvironmentFault(step="ACSE.AARE.7", number=4, **at("ACSE.AARE", result=7)),
    EnvironmentFault(step="PRES.CPA.15", number=3, name="PRES.CPA", value=pdv(context=3)),
    EnvironmentFault(step="PRES.CPA.12", number=1, **at("PRES.CPA", user_data=twice)),
    EnvironmentFault(step="PRES.CPA.1", number=1, name="PRES.CPA", octets=_unreadable),
    EnvironmentFault(step="E2E.OSI.AARE.1", number=1, name="PRES.CPA", value=context_refused(MMS_CONTEXT)),
    EnvironmentFault(
        step="ACSE.AARE.11", number=1, name="PRES.CPA", value=context_refused(E2E_CONTEXT), answer="bare"
    ),
    EnvironmentFault(
        step="PRES.TD.9",
        number=3,
        name="PRES.TD",
        value=pdv(context=MMS_CONTEXT),
        then=lambda pair: pair.server.send_data(IDENTIFY, DATA),
    ),
]
"""What a server does wrong and a client finds."""

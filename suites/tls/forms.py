"""Messages of the handshake that do not decode, and Finished messages that do not fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.tls.extensions import ECDHE
from conform62351.suites.tls.handshakes import begins, refused
from conform62351.suites.tls.sides import claimed, suites, tls_case
from conform62351.tooling.engine.mutations import (
    AnyMutation,
    FlipBit,
    Overwrite,
    Reflect,
    SetBody,
    SetField,
)
from conform62351.tooling.engine.outcomes import TLS_ENDED, refuse
from conform62351.tooling.engine.steps import Conversation, Proceed, Tls, conversation

FORM: Final = "R-TLS-message-form"
FINISHED_FITS: Final = "R-TLS-finished"

FINISHED: Final = "TLS.Finished"
RECORD: Final = "TLS.record"
HEADERS: Final = 5 + 4
"""Octets of the headers of a record and of the message in it."""
RANDOM_END: Final = HEADERS + 2 + 32
"""Where a hello's random ends in its record, and its session identifier begins."""
RSA_SHOWN: Final = ("tester-tls",)
NOBODYS: Final = b"\xfe\x00"
"""A suite that nobody has."""

OF_CLIENT: Final = ("ClientHello", "Certificate", "ClientKeyExchange", "CertificateVerify", "Finished")
OF_SERVER: Final = ("ServerHello", "Certificate", "ServerKeyExchange", "CertificateRequest", "Finished")


def _spoilt(role: Role) -> Iterator[tuple[str, AnyMutation]]:
    for name in OF_CLIENT if role is Role.SERVER else OF_SERVER:
        pdu = f"TLS.{name}"
        yield f"{name} cut", SetBody(pdu=pdu, keep=-1)
        yield f"{name} with octets left over", SetBody(pdu=pdu, more=b"\x00")
    if role is Role.SERVER:
        yield (
            "ClientHello with a session identifier of 33 octets",
            SetField(pdu="TLS.ClientHello", field="session_id", octets=bytes(33)),
        )
        yield "ClientHello without a suite", SetField(pdu="TLS.ClientHello", field="suites", value=())
        yield "ClientKeyExchange said to be shorter", SetBody(pdu="TLS.ClientKeyExchange", said=-1)
    else:
        yield "ServerHelloDone with octets left over", SetBody(pdu="TLS.ServerHelloDone", more=b"\x00")
        yield (
            "ServerHello with a session identifier of 33 octets",
            SetField(pdu="TLS.ServerHello", field="session_id", octets=bytes(33)),
        )
        yield "ServerKeyExchange said to be shorter", SetBody(pdu="TLS.ServerKeyExchange", said=-1)


@tls_case("MSG/BI-form", FORM)
def form(role: Role) -> Iterator[Conversation]:
    """A {role} ends the connection on a message of the handshake that does not decode: cut, with octets left
    over, said to be shorter than it is, with a vector out of bounds.
    """
    usual = Tls(suites=suites(ECDHE))
    if role is Role.CLIENT:
        of_rsa = tuple(name for name in suites(ECDHE) if "_RSA_" in name)
        usual = Tls(suites=of_rsa, credentials=RSA_SHOWN)
    for label, change in _spoilt(role):
        tls = Tls(suites=usual.suites, credentials=usual.credentials, mutations=(change,))
        steps = _of_finished(role, FORM, tls) if change.pdu == FINISHED else refused(role, FORM, tls)
        yield conversation(steps, label=label, pics=claimed(ECDHE, role))


def _of_finished(role: Role, requirement: str, tls: Tls) -> Steps:
    """Show that the DUT refuses the tester's Finished, behind which a server's handshake is complete."""
    if role is Role.SERVER:
        return refused(role, requirement, tls)
    return (*begins(role, tls), refuse(requirement, TLS_ENDED, limit="limit.associate"))


@tls_case("MSG/BI-finished", FINISHED_FITS)
def finished(role: Role) -> Iterator[Conversation]:
    """A {role} refuses a Finished that does not fit: altered, of nothing but zeros, that of the {role}
    itself, and one over a hello that was changed on its way.
    """
    changes: dict[str, AnyMutation] = {
        "altered at its end": FlipBit(pdu=FINISHED, at=-1),
        "altered at its beginning": FlipBit(pdu=FINISHED, at=4),
        "of zeros": Overwrite(pdu=FINISHED, at=4, octets=bytes(12)),
    }
    if role is Role.CLIENT:
        changes["its own"] = Reflect(pdu=FINISHED)
    for label, change in changes.items():
        yield conversation(_of_finished(role, FINISHED_FITS, Tls(mutations=(change,))), label=label)
    on_the_way: AnyMutation = FlipBit(pdu=RECORD, at=RANDOM_END + 3)
    if role is Role.SERVER:
        # Behind the empty session identifier and the length of the list stands the first suite.
        on_the_way = Overwrite(pdu=RECORD, at=RANDOM_END + 3, octets=NOBODYS)
    changed = Tls(extended_master_secret=False, hold="TLS.ServerHello", mutations=(on_the_way,))
    yield conversation(
        begins(role, changed),
        Proceed(may_break=True),
        refuse(FINISHED_FITS, TLS_ENDED, limit="limit.connect"),
        label="over a hello that was changed on its way",
    )

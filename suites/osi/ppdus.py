"""What cases on presentation and ACSE are made of: contexts, unreadable and hostile BER, aborts."""

from __future__ import annotations

from conform62351.profiles.mms.codec import encode_pdu
from conform62351.profiles.osi import acse, presentation, session
from conform62351.profiles.osi.apdu import ABRT
from conform62351.profiles.osi.ber_writer import encode_tlv
from conform62351.profiles.osi.parameters import (
    ACSE_CONTEXT,
    ACSE_SYNTAX,
    BER_SYNTAX,
    MMS_CONTEXT,
    MMS_SYNTAX,
)
from conform62351.profiles.osi.ppdu import ARP, ARU, TD, ContextIdentifier, Pdv
from conform62351.profiles.osi.spdu import AbortSpdu
from conform62351.reports.model.observation import Kind
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.osi.spdus import inject, inject_octets
from conform62351.tooling.engine.judging_steps import UNASKED
from conform62351.tooling.engine.mutations import AnyMutation, Cut, Edit, EditTlv, Replace, SetField
from conform62351.tooling.engine.outcomes import RELEASED, one, refuse
from conform62351.tooling.engine.steps import Alternative, Inject

Proposal = tuple[int, str, tuple[str, ...]]
"""Number, abstract syntax and transfer syntaxes of a proposed context."""

FOR_ACSE: Proposal = (ACSE_CONTEXT, ACSE_SYNTAX, (BER_SYNTAX,))
FOR_MMS: Proposal = (MMS_CONTEXT, MMS_SYNTAX, (BER_SYNTAX,))
PACKED_SYNTAX = "2.1.3.0.0"
"""PER, basic, aligned: a transfer syntax that nobody uses for MMS."""
UNKNOWN_NAME = "1.3.9999.62351"
"""An object identifier that nothing has."""
USUAL_LIST = (ContextIdentifier(ACSE_CONTEXT, BER_SYNTAX), ContextIdentifier(MMS_CONTEXT, BER_SYNTAX))
READ_ANSWERED = one(Kind.ANSWER, "confirmed-ResponsePDU", service="read")
IDENTIFY = encode_pdu("confirmed-RequestPDU", {"invokeID": 77, "service": ("identify", None)})
ANOTHER_REQUEST = presentation.encode(TD((Pdv(MMS_CONTEXT, IDENTIFY),)))
"""A PPDU with an MMS request of its own."""
LEVELS = 2000
"""More than any PDU nests, and more than a decoder that recurses has stack for."""


def proposing(*contexts: Proposal) -> SetField:
    """Return the mutation that has a CP propose ``contexts``."""
    return SetField(pdu="PRES.CP", field="contexts", value=contexts)


def everywhere(edit: Edit, pdu: str, paths: str) -> tuple[AnyMutation, ...]:
    """Return the same edit for every one of ``paths``, which blanks separate."""
    return tuple(EditTlv(pdu=pdu, path=path, edit=edit) for path in paths.split())


def undecodable(pdu: str, root: str, member: str) -> dict[str, AnyMutation]:
    """Return what makes a PDU in BER unreadable, by its outermost tag and that of a constructed component."""
    return {
        "its last octet missing": Cut(pdu=pdu, keep=-1),
        "under another tag": EditTlv(pdu=pdu, path=root, edit=Edit.RETAG, octets=b"\x7d"),
        "a component longer than what holds it": EditTlv(
            pdu=pdu, path=f"{root}/{member}", edit=Edit.LENGTH, octets=b"\x82\x7f\xff"
        ),
        "an indefinite length without end": EditTlv(pdu=pdu, path=root, edit=Edit.LENGTH, octets=b"\x80"),
    }


def hostile(pdu: str, root: str, value: str) -> dict[str, AnyMutation]:
    """Return PDUs that nest deeply or announce huge lengths; ``value`` is the path of what a PDV holds."""
    tag = bytes.fromhex(root)
    nested = b""
    for _ in range(LEVELS):
        nested = encode_tlv(0x30, nested)
    lengths = {
        "2 GiB announced": b"\x84\x7f\xff\xff\xff",
        "4 GiB announced": b"\x84\xff\xff\xff\xff",
        "a length of 8 octets": b"\x88" + b"\xff" * 8,
        "a length of 126 octets": b"\xfe" + b"\xff" * 126,
    }
    return {
        "nested with indefinite lengths": Replace(pdu=pdu, octets=(tag + b"\x80") * LEVELS),
        "nested with definite lengths": Replace(pdu=pdu, octets=encode_tlv(tag[0], nested)),
        "a value nested with indefinite lengths": EditTlv(
            pdu=pdu, path=value, edit=Edit.CONTENT, octets=b"\x30\x80" * LEVELS
        ),
        "a value nested with definite lengths": EditTlv(
            pdu=pdu, path=value, edit=Edit.CONTENT, octets=nested
        ),
        **{
            label: EditTlv(pdu=pdu, path=root, edit=Edit.LENGTH, octets=octets)
            for label, octets in lengths.items()
        },
        **{
            f"{label} for the value": EditTlv(pdu=pdu, path=value, edit=Edit.LENGTH, octets=octets)
            for label, octets in lengths.items()
        },
    }


def client_goes_on(
    requirement: str, *endings: Alternative, meanwhile: tuple[Alternative, ...] = (UNASKED,)
) -> Steps:
    """Show that the DUT client does nothing but go on, as its answer to a release shows, or ends by itself.

    The FINISH goes past the tester's own machine, so that whatever comes before the answer is seen.
    """
    return (
        inject("SES.FN", may_break=True),
        refuse(requirement, RELEASED, *endings, serve=True, meanwhile=meanwhile),
    )


def client_goes_not_on(requirement: str, *endings: Alternative) -> Steps:
    """Show that the DUT client ends in one of ``endings``, and does not answer a release behind it."""
    return (inject("SES.FN", may_break=True), refuse(requirement, *endings, serve=True))


def aborting(ppdu: ARU | ARP) -> Inject:
    """Return the step that sends a PPDU in an ABORT, in whatever state."""
    return inject_octets(session.encode(AbortSpdu(user_data=presentation.encode(ppdu))), "SES.AB")


def abort_by_user(abrt: ABRT | None = None, contexts: tuple[ContextIdentifier, ...] | None = None) -> Inject:
    """Return the step that sends an ABRT in an ARU in an ABORT, under the usual context numbers."""
    pdv = Pdv(ACSE_CONTEXT, acse.encode(abrt or ABRT()))
    return aborting(ARU(contexts=contexts, user_data=(pdv,)))

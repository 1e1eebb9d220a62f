"""The authentication value as octets: what does not decode, what BER permits, and what is meant to do harm.

What decodes is judged elsewhere: certificate, time, replay and signature have suites of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.compatibility.examination import MECHANISM, VALUE
from conform62351.profiles.osi.ber import OBJECT_IDENTIFIER
from conform62351.profiles.osi.ber_writer import encode_object_identifier, encode_tlv
from conform62351.suites.compatibility.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    COMPATIBILITY,
    EVENT,
    FAILURE,
    P_ABORT,
    SERVER,
    SERVER_BASELINE,
    client_refuses,
    client_takes,
    rejected_with,
    server_refuses,
    server_takes,
)
from conform62351.suites.osi.conversations import client_request, server_connection
from conform62351.suites.osi.ppdus import everywhere
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Cut, Edit, EditTlv, Replace
from conform62351.tooling.engine.steps import Conversation, conversation

DECODES = "R-CMP-value-decodes"
BER_FORMS = "R-PRES-BER-forms"

EXTERNAL = "a2"
SINGLE = "a2/a0"
BASED = "a2/a0/a0"
"""Paths of the EXTERNAL, of the single ASN.1 type in it, and of certificate-based, the choice in that."""
MEMBERS = {"certificate": f"{BASED}/80", "time": f"{BASED}/81", "signature": f"{BASED}/82"}
REFUSALS = (*P_ABORT, rejected_with(FAILURE))

ANOTHER_MECHANISM = encode_object_identifier(OBJECT_IDENTIFIER, MECHANISM) + b"\x04\x00"
ALTERNATIVES = {
    "charstring": b"\x80\x06secret",
    "bitstring": b"\x81\x04\x00\x01\x02\x03",
    "other": encode_tlv(0xA3, ANOTHER_MECHANISM),
    "an alternative that there is not": b"\xa4\x02\x05\x00",
}
"""Authentication-values of X.227 that are no EXTERNAL, and one that is none."""


def edited(path: str, edit: Edit, octets: bytes = b"") -> EditTlv:
    """Return the mutation that changes one element of the authentication value."""
    return EditTlv(pdu=VALUE, path=path, edit=edit, octets=octets)


UNDECODABLE: dict[str, AnyMutation] = {
    "its last octet missing": Cut(pdu=VALUE, keep=-1),
    "cut within the certificate": Cut(pdu=VALUE, keep=100),
    "an empty EXTERNAL": edited(EXTERNAL, Edit.CONTENT),
    "an EXTERNAL of nothing": edited(SINGLE, Edit.CONTENT),
    "nothing in the choice": edited(BASED, Edit.CONTENT),
    "another choice": edited(BASED, Edit.RETAG, b"\xa1"),
    "a certificate longer than what holds it": edited(MEMBERS["certificate"], Edit.LENGTH, b"\x82\x7f\xff"),
    "a certificate without octets": edited(MEMBERS["certificate"], Edit.CONTENT),
    "text in place of the certificate": edited(MEMBERS["certificate"], Edit.CONTENT, b"certificate"),
    "NULL in its place": Replace(pdu=VALUE, octets=b"\x05\x00"),
    "all of it under the tag of another alternative": edited(EXTERNAL, Edit.RETAG, b"\xa3"),
}
MISSING = {f"no {name}": edited(path, Edit.DROP) for name, path in MEMBERS.items()}


def _segmented(name: str, tag: bytes) -> tuple[EditTlv, ...]:
    """Return the mutations that write an OCTET STRING in constructed form, of one segment."""
    segment = f"{BASED}/04"
    return (edited(MEMBERS[name], Edit.RETAG, b"\x04"), edited(segment, Edit.WRAP, tag))


ENCODINGS: dict[str, tuple[AnyMutation, ...]] = {
    "indefinite lengths": everywhere(Edit.INDEFINITE, VALUE, f"{EXTERNAL} {SINGLE} {BASED}"),
    "lengths in an octet more": everywhere(
        Edit.NON_MINIMAL,
        VALUE,
        f"{EXTERNAL} {SINGLE} {BASED} {MEMBERS['certificate']} {MEMBERS['signature']}",
    ),
    "strings in segments": (*_segmented("certificate", b"\xa0"), *_segmented("signature", b"\xa2")),
}
"""What BER permits. The time stays as it is: its octets are signed."""


@case(
    "CMP/SRV/VALUE/BI-other-alternative",
    DECODES,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_other_alternative() -> Iterator[Conversation]:
    """A server refuses a value that is no EXTERNAL, a password under this mechanism-name for instance."""
    for label, octets in ALTERNATIVES.items():
        steps = server_refuses(DECODES, Replace(pdu=VALUE, octets=octets), forms=REFUSALS)
        yield conversation(server_connection, steps, label=label)


@case(
    "CMP/CLI/VALUE/BI-other-alternative",
    DECODES,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_other_alternative() -> Iterator[Conversation]:
    """A client answers by P-ABORT to a value that is no EXTERNAL."""
    for label, octets in ALTERNATIVES.items():
        steps = client_refuses(DECODES, Replace(pdu=VALUE, octets=octets))
        yield conversation(client_request, steps, label=label)


@case(
    "CMP/SRV/VALUE/BI-undecodable",
    DECODES,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_undecodable() -> Iterator[Conversation]:
    """A server refuses a value that does not decode, by P-ABORT or with the diagnostic of a failure."""
    for label, mutation in UNDECODABLE.items():
        steps = server_refuses(DECODES, mutation, forms=REFUSALS)
        yield conversation(server_connection, steps, label=label)


@case(
    "CMP/CLI/VALUE/BI-undecodable",
    DECODES,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_undecodable() -> Iterator[Conversation]:
    """A client answers by P-ABORT to a value that does not decode."""
    for label, mutation in UNDECODABLE.items():
        yield conversation(client_request, client_refuses(DECODES, mutation), label=label)


@case(
    "CMP/SRV/VALUE/BI-member-missing",
    DECODES,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_member_missing() -> Iterator[Conversation]:
    """A server refuses a value without certificate, without time or without signature."""
    for label, mutation in MISSING.items():
        steps = server_refuses(DECODES, mutation, forms=REFUSALS)
        yield conversation(server_connection, steps, label=label)


@case(
    "CMP/CLI/VALUE/BI-member-missing",
    DECODES,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_member_missing() -> Iterator[Conversation]:
    """A client answers by P-ABORT to a value without certificate, without time or without signature."""
    for label, mutation in MISSING.items():
        yield conversation(client_request, client_refuses(DECODES, mutation), label=label)


@case(
    "CMP/SRV/VALUE/BV-BER-forms",
    BER_FORMS,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_ber_forms() -> Iterator[Conversation]:
    """A server reads a value in every form of BER: long and indefinite lengths, strings in segments."""
    for label, mutations in ENCODINGS.items():
        yield conversation(server_connection, server_takes(BER_FORMS, *mutations), label=label)


@case(
    "CMP/CLI/VALUE/BV-BER-forms",
    BER_FORMS,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_ber_forms() -> Iterator[Conversation]:
    """A client reads a value in every form of BER: long and indefinite lengths, strings in segments."""
    for label, mutations in ENCODINGS.items():
        yield conversation(client_request, client_takes(BER_FORMS, *mutations), label=label)

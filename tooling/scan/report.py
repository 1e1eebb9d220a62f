"""The outcome of a scan: what a server or a client offers, and how it is judged; JSON by msgspec.

True, False and None are yes, no and not found out; what was not found out is named in ``not_found_out``.
"""

from __future__ import annotations

import json
from typing import Final

import msgspec

FORMAT: Final = 1
SCHEMA_FILE: Final = "scan.schema.json"


class SuiteFound(msgspec.Struct, frozen=True):
    """A suite that is offered: number in hexadecimal, registry's name, and the versions that have it."""

    code: str
    name: str
    versions: list[str]


class VersionFound(msgspec.Struct, frozen=True):
    """A version of TLS: whether it is spoken, with which suites (numbers, as chosen), and what was answered.

    ``order`` is ``server`` or ``client`` by whose preference counts, ``mixed`` or empty. ``answer`` is what
    the server says to a hello in which it finds nothing.
    """

    version: str
    offered: bool | None
    suites: list[str] = []
    order: str = ""
    answer: str = ""
    remarks: list[str] = []


class GroupFound(msgspec.Struct, frozen=True):
    """A group of ephemeral keys and the versions that use it; ``id`` is 0 for one without a number."""

    id: int
    name: str
    bits: int
    versions: list[str]


class SignatureFound(msgspec.Struct, frozen=True):
    """How the server signs its ephemeral keys, with the kind of certificate that this takes."""

    id: str
    name: str
    certificate: str


class CertificateFacts(msgspec.Struct, frozen=True):
    """One certificate; where it could not be read, ``fault`` says why and only size and hash are known."""

    octets: int
    sha256: str
    subject: str = ""
    issuer: str = ""
    serial: str = ""
    key: str = ""
    key_bits: int = 0
    signature: str = ""
    not_before: str = ""
    not_after: str = ""
    valid_now: bool | None = None
    self_issued: bool = False
    key_usage: list[str] | None = None
    fault: str = ""


class ChainFound(msgspec.Struct, frozen=True):
    """What the server shows for one ``kind``: ``rsa``, ``ecdsa``, ``dsa``, ``dh-rsa``, ``dh-dss`` or others.

    ``octets`` is the length of all certificates; ``in_order`` tells that each is issued by the next.
    ``group`` names the group of a static Diffie-Hellman key. ``der`` are the certificates in base64.
    """

    kind: str
    octets: int
    certificates: list[CertificateFacts]
    in_order: bool
    group: str = ""
    der: list[str] = []


class ClientCertificate(msgspec.Struct, frozen=True):
    """Whether the first handshake asks for a client certificate, and for which.

    ``required`` tells whether a handshake fails without one.
    """

    asked: bool | None = None
    required: bool | None = None
    types: list[str] = []
    signature_algorithms: list[str] = []
    authorities: list[str] = []


class Features(msgspec.Struct, frozen=True):
    """What a server can besides; ``fallback_scsv`` is None where it speaks one version only.

    ``compression`` names the methods that it chose over none, None where it was not asked.
    """

    secure_renegotiation: bool | None = None
    client_renegotiation: bool | None = None
    resumption_identifier: bool | None = None
    resumption_ticket: bool | None = None
    extended_master_secret: bool | None = None
    encrypt_then_mac: bool | None = None
    fallback_scsv: bool | None = None
    compression: list[str] | None = None


class WrongCode(msgspec.Struct, frozen=True):
    """A suite that public notes print with the number of a mandatory one."""

    code: str
    name: str
    instead_of: str
    offered: bool | None
    right_offered: bool | None


class Row(msgspec.Struct, frozen=True):
    """A row of Table 9 or 12: its item in the PICS, its status, and what was found.

    ``verdict`` is ``missing`` (mandatory and not offered), ``excluded`` (offered all the same), ``offered``,
    ``absent``, or ``unknown``.
    """

    table: int
    item: str
    code: str
    suite: str
    status: str
    provenance: str
    offered: bool | None
    verdict: str


class Finding(msgspec.Struct, frozen=True):
    """A rule that is broken (``violation``), advice not taken (``warning``), or worth knowing (``note``)."""

    level: str
    text: str
    clause: str
    provenance: str


class Part(msgspec.Struct, frozen=True):
    """What one part of the scan has cost; ``trouble`` says why it is not complete."""

    name: str
    elapsed_s: float
    probes: int
    trouble: str = ""


class Unknown(msgspec.Struct, frozen=True):
    """Something that was not found out, and why."""

    what: str
    why: str


class Refusal(msgspec.Struct, frozen=True):
    """How the server answers to what it does not take: an alert, a close, a reset, silence."""

    to: str
    answer: str


class ScanReport(msgspec.Struct, frozen=True, kw_only=True):
    """All about a server. ``suites`` are those of TLS 1.2 first, in the order in which it prefers them."""

    format: int = FORMAT
    host: str
    port: int
    address: str
    started: str
    elapsed_s: float
    pace_s: float
    fast: bool
    probes: int
    octets: int
    complete: bool
    versions: list[VersionFound]
    suites: list[SuiteFound]
    suite_order: str
    groups: list[GroupFound]
    signature_algorithms: list[SignatureFound]
    certificates: list[ChainFound]
    client_certificate: ClientCertificate
    features: Features
    wrong_codes: list[WrongCode]
    refusals: list[Refusal]
    rows: list[Row]
    findings: list[Finding]
    not_found_out: list[Unknown]
    parts: list[Part]


class HelloSeen(msgspec.Struct, frozen=True):
    """One ClientHello: what a client offered, in its order; numbers in hexadecimal stand beside names.

    ``versions`` are those it offers, by supported_versions or up to its version. ``signalling`` are numbers
    among the suites that are signals. ``outcome`` is what became of the connection, ``fault`` why a hello
    could not be read. ``certificate`` is what the client showed in a handshake.
    """

    peer: str
    version: str = ""
    record_version: str = ""
    versions: list[str] = []
    suites: list[SuiteFound] = []
    signalling: list[str] = []
    groups: list[str] = []
    signature_algorithms: list[str] = []
    extensions: list[str] = []
    compression: list[str] = []
    server_name: str = ""
    session_id: int = 0
    octets: int = 0
    outcome: str = ""
    fault: str = ""
    certificate: ChainFound | None = None


class ListenReport(msgspec.Struct, frozen=True, kw_only=True):
    """All about the clients that connected; rows and findings judge all their hellos together."""

    format: int = FORMAT
    listening: str
    started: str
    elapsed_s: float
    connections: list[HelloSeen]
    rows: list[Row] = []
    findings: list[Finding] = []


def render(report: ScanReport | ListenReport) -> bytes:
    """Return a report as JSON; the shape is that of :func:`schema`."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def schema() -> bytes:
    """Return the JSON schema (draft 2020-12) of both kinds of report, as kept in ``scan.schema.json``."""
    (server, client), definitions = msgspec.json.schema_components(
        (ScanReport, ListenReport), ref_template="#/$defs/{name}"
    )
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:conform62351:scan:{FORMAT}",
        "title": "conform62351 scan",
        "anyOf": [server, client],
        "$defs": definitions,
    }
    return (json.dumps(document, indent=2) + "\n").encode()

"""The events of a run: what the engine writes and everything else is derived from.

Each event is one line of ``events.jsonl``. ``t`` is seconds since the run's first event, from a
monotonic clock; the run's start in UTC stands in :class:`RunStarted`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from conform62351.reports.model.verdict import Severity, Verdict


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event"):
    """What all events share."""

    t: float


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What the report says of the device: taken from the header of its PICS."""

    vendor: str
    product: str
    hardware_version: str
    software_version: str
    edition: str


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One PICS item with the answer of the device, as the report prints it."""

    code: str
    table: int | None
    row: str
    role: str
    status: str
    answer: str
    reference: str
    provenance: str
    question: str


class RequirementNote(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a requirement that a report prints."""

    id: str
    clause: str
    provenance: str
    level: str
    text: str


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """How many of a ``subject`` of the catalogue have a case, a reason to have none, or neither."""

    subject: str
    covered: int
    reasoned: int
    open: int


class RunStarted(Event, frozen=True, kw_only=True, tag="run_started"):
    """The first event of a run; ``--into`` appends a further one for each continuation.

    ``out`` is the output directory and ``device`` the options that name the device, both as they were given.
    ``tls_suites`` are the code points that the tester's TLS can speak, in hexadecimal as in the PICS.
    ``coverage`` is that of all cases of this version; a run of a selection leaves it out.
    """

    started: str
    harness: str
    command: list[str]
    out: str = ""
    device: list[str] = []
    dut: Identity
    seed: int
    explore: bool = False
    builtin: bool = False
    hashes: dict[str, str] = {}
    versions: dict[str, str] = {}
    spec_data: str = "built in"
    selection: list[str] = []
    claims: list[Claim] = []
    requirements: list[RequirementNote] = []
    accepted_inconclusive: list[str] = []
    capture: str = ""
    tls_suites: list[str] = []
    coverage: list[Coverage] = []


class Planned(Event, frozen=True, kw_only=True, tag="planned"):
    """A case that this run means to execute; ``not_applicable`` names the PICS item that excludes it."""

    case: str
    title: str
    purpose: str
    clause: str
    provenance: str
    role: str
    configuration: str
    group: str
    pics: str
    requirements: list[str]
    events_expected: list[str] = []
    not_applicable: str = ""


class Started(Event, frozen=True, kw_only=True, tag="started"):
    """An attempt at a case begins; attempts count from 1 over the life of the output directory."""

    case: str
    attempt: int


class ConversationStarted(Event, frozen=True, kw_only=True, tag="conversation_started"):
    """A conversation of the case begins: ``label`` names the value tried, ``steps`` print the recipe."""

    case: str
    attempt: int
    label: str
    steps: list[str]


class Acted(Event, frozen=True, kw_only=True, tag="action"):
    """An action on the device was carried out, or failed (``error``)."""

    case: str
    action: str
    by: str
    error: str = ""


class Sent(Event, frozen=True, kw_only=True, tag="sent"):
    """Octets (hexadecimal) that the tester put on the wire, and the PDUs they are, outermost first."""

    case: str
    connection: int
    octets: str
    pdus: list[str]
    mutations: list[str] = []


class Received(Event, frozen=True, kw_only=True, tag="received"):
    """Octets (hexadecimal) that came from the device, and the PDUs they complete, outermost first."""

    case: str
    connection: int
    octets: str
    pdus: list[str]


class Observed(Event, frozen=True, kw_only=True, tag="observed"):
    """What the tester saw the device do; kinds are listed in :mod:`observation`."""

    case: str
    connection: int
    kind: str
    name: str = ""
    detail: str = ""
    after_s: float = 0.0


class CertificateFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a report prints of a certificate.

    ``size`` is its octets, ``serial`` hexadecimal, ``not_before`` and ``not_after`` are UTC in ISO 8601,
    ``key`` reads like ``RSA 2048`` or ``secp256r1``. ``title`` is the dotted value of attribute 2.5.4.106,
    with its form where that is no OBJECT IDENTIFIER. ``key_usage`` is None without the extension. Of a
    certificate that cannot be read ``fault`` says why, and what could not be read is empty.
    """

    sha256: str
    size: int
    subject: str = ""
    issuer: str = ""
    serial: str = ""
    not_before: str = ""
    not_after: str = ""
    key: str = ""
    signature_algorithm: str = ""
    title: str = ""
    key_usage: list[str] | None = None
    fault: str = ""


class TlsEstablished(Event, frozen=True, kw_only=True, tag="tls"):
    """A TLS handshake with the device was completed.

    ``suite`` is the IANA name, ``code`` its code point. ``chain`` is what the device sent, its own
    certificate first. What follows is known from the tester's own engine alone: ``renegotiated`` tells a
    handshake within a connection that stood, ``session_id`` is hexadecimal, ``ticket`` tells one that was
    issued or used, ``group`` is the named group, ``signature`` that of the key exchange as in ``sha256/rsa``,
    and ``extensions`` are those that both sides agreed to.
    """

    case: str
    connection: int
    version: str
    suite: str
    code: int
    chain: list[CertificateFacts] = []
    resumed: bool = False
    renegotiated: bool = False
    session_id: str = ""
    ticket: bool = False
    group: str = ""
    signature: str = ""
    extensions: list[str] = []


class AuthenticationSeen(Event, frozen=True, kw_only=True, tag="authentication"):
    """An authentication value of compatibility mode that the tester sent or received (clause 11).

    ``chain`` begins with the certificate in the value; what follows is the path that was found for it.
    ``time`` is the field as on the wire, ``time_utc`` what it means in ISO 8601, empty when it cannot be
    read. ``offset_s`` is that time minus the receiver's clock, which for a value that the tester sent is
    the device's as far as it was known by then; it has to be within ``window_s`` to both sides. None when
    there is no time. ``signed`` names the octets that the
    signature matches: ``81`` (the field's TLV), ``18`` (the universal TLV), ``raw`` (the content alone), or
    ``none``.
    """

    case: str
    connection: int
    direction: Literal["sent", "received"]
    chain: list[CertificateFacts] = []
    time: str = ""
    time_utc: str = ""
    offset_s: float | None = None
    window_s: float = 600.0
    signed: Literal["81", "18", "raw", "none"] = "none"
    remarks: list[str] = []


class HandshakeSeen(Event, frozen=True, kw_only=True, tag="handshake"):
    """A HandshakeReq or HandshakeAcc of native mode that the tester sent or received (13.3.1).

    ``pdu`` is its name. ``algorithms`` are those of ``mode`` (``ae``, ``separate``, ``clear``) in their
    order, GCM with the octets of its tag as in ``aes128-GCM/16``; ``groups`` are numbers. ``chain`` is the
    certificate of the token, and certPath behind it. ``time`` is as on the wire, ``time_utc`` what it means,
    empty when it cannot be read; ``offset_s`` is that time minus the receiver's clock, as for
    :class:`AuthenticationSeen`. ``protection`` names the bits of confParams. ``remarks`` tell what was found,
    each with clause and mark.
    """

    case: str
    connection: int
    direction: Literal["sent", "received"]
    pdu: str
    pp: str = ""
    asso_id: str = ""
    mode: str = ""
    algorithms: list[str] = []
    groups: list[int] = []
    hmac: str = ""
    signature: str = ""
    chain: list[CertificateFacts] = []
    time: str = ""
    time_utc: str = ""
    offset_s: float | None = None
    window_s: float = 600.0
    protection: list[str] = []
    remarks: list[str] = []


class KeysAgreed(Event, frozen=True, kw_only=True, tag="keys"):
    """An association of native mode has keys: of the handshake (``number`` 0), or of its n-th rekey.

    ``group`` is the number on the wire, ``group_name`` what it was read as. ``derivation`` says which reading
    the device goes by, where that is not the usual one (13.3.1.3, I).
    """

    case: str
    connection: int
    number: int
    asso_id: str
    group: int
    group_name: str
    mode: str
    encryption: str
    integrity: str
    hmac: str
    derivation: str = ""


class LogRecordRead(Event, frozen=True, kw_only=True, tag="log_record"):
    """A record of the device's security-event log that the tester read during a case (IEC 62351-14).

    ``id`` is the event's, ``IEC62351-14:4.4``; ``time`` is the record's own, as it stands there;
    ``sequence`` is None when the record has no number. ``remarks`` name what is wrong with its form.
    """

    case: str
    id: str
    mnemonic: str = ""
    severity: str = ""
    time: str = ""
    sequence: int | None = None
    source: str = ""
    peer: str = ""
    text: str = ""
    remarks: list[str] = []


class CheckMade(Event, frozen=True, kw_only=True, tag="check"):
    """One judgement against one requirement.

    Where something had to come in time, ``limit`` names the PIXIT's limit of ``limit_s`` seconds, and
    ``margin_s`` is what was left of it.
    """

    case: str
    attempt: int
    label: str
    requirement: str
    clause: str
    provenance: str
    verdict: Verdict
    expected: list[str]
    got: str
    sent: str = ""
    severity: Severity | None = None
    reason: str = ""
    warnings: list[str] = []
    limit: str = ""
    limit_s: float | None = None
    margin_s: float | None = None


class Waited(Event, frozen=True, kw_only=True, tag="waited"):
    """A wait that no check judges, with less left of its limit than any such wait before it in this run.

    ``limit`` of ``limit_s`` seconds is an entry of the PIXIT, or another limit in words; ``margin_s`` is what
    was left of it, and ``what`` says what was waited for.
    """

    limit: str
    limit_s: float
    margin_s: float
    what: str
    case: str = ""


class Verdicted(Event, frozen=True, kw_only=True, tag="verdict"):
    """An attempt at a case ended; ``reason`` explains inconclusive, error and not_applicable."""

    case: str
    attempt: int
    verdict: Verdict
    duration_s: float
    severity: Severity | None = None
    basis: str = ""
    reason: str = ""
    deviation: str = ""
    events_seen: list[str] = []
    recipe: str = ""


class Noted(Event, frozen=True, kw_only=True, tag="note"):
    """A remark on the run itself: a sanity association that failed, a stale deviation."""

    text: str
    case: str = ""
    data: dict[str, Any] = {}


class RunFinished(Event, frozen=True, kw_only=True, tag="run_finished"):
    """The last event; without it, or with ``complete`` false, the report is marked incomplete."""

    complete: bool
    reason: str = ""


AnyEvent = (
    RunStarted
    | Planned
    | Started
    | ConversationStarted
    | Acted
    | Sent
    | Received
    | Observed
    | TlsEstablished
    | AuthenticationSeen
    | HandshakeSeen
    | KeysAgreed
    | LogRecordRead
    | CheckMade
    | Waited
    | Verdicted
    | Noted
    | RunFinished
)

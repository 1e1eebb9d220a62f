"""The parts of a report on TLS, authentication at association and the security-event log.

Certificates are named by the SHA-256 of their octets; the report holds each once. What a case shows was
seen in ``conversation`` (0: in none) of ``attempt``, under the conversation's ``label``.
"""

from __future__ import annotations

from typing import Literal

from conform62351.reports.model.native_report import HandshakeReport, KeysReport, SecPduReport
from conform62351.reports.model.record import Record
from conform62351.reports.model.tls_report import SuiteReport

CombinationId = Literal[
    "none",
    "TLS-alone",
    "A-security-profile-alone",
    "compatibility",
    "E2E-encrypted-with-TLS",
    "E2E-encrypted",
    "E2E-integrity-with-TLS",
    "E2E-integrity",
]


class TlsReport(Record, frozen=True):
    """A TLS connection with the device; ``tables`` are those of Tables 9 and 12 that have its suite."""

    attempt: int
    conversation: int
    label: str
    connection: int
    version: str
    suite: str
    code: str
    tables: list[int]
    chain: list[str]
    resumed: bool


class AuthenticationReport(Record, frozen=True):
    """An authentication value; ``inside`` tells whether its time lay within the window, null without a time.

    ``offset_s`` is the time minus the receiver's clock; the other members are those of the event.
    """

    attempt: int
    conversation: int
    label: str
    connection: int
    direction: Literal["sent", "received"]
    chain: list[str]
    time: str
    time_utc: str
    offset_s: float | None
    window_s: float
    inside: bool | None
    signed: Literal["81", "18", "raw", "none"]
    remarks: list[str]


class LogRecordReport(Record, frozen=True):
    """A record of the device's security-event log, read during a case."""

    attempt: int
    conversation: int
    label: str
    id: str
    mnemonic: str
    severity: str
    time: str
    sequence: int | None
    source: str
    peer: str
    text: str
    remarks: list[str]


class CaseSecurity(Record, frozen=True):
    """What a case shows; of each kind the first and the last are kept, ``omitted`` are in the event log."""

    tls: list[TlsReport]
    authentications: list[AuthenticationReport]
    handshakes: list[HandshakeReport]
    keys: list[KeysReport]
    secpdus: list[SecPduReport]
    log_records: list[LogRecordReport]
    omitted: int


class CombinationReport(Record, frozen=True):
    """A combination of security measures, as Table 1 has them, and who reached it.

    ``claimed`` and ``associations`` are by the role of the device: whether its PICS claims the
    combination, and how many associations of this run had it.
    """

    id: CombinationId
    name: str
    secure: bool
    claimed: dict[str, bool]
    associations: dict[str, int]


class TlsUse(Record, frozen=True):
    """A TLS version and suite that connections of this run had."""

    version: str
    suite: str
    code: str
    tables: list[int]
    connections: int


class RunSecurity(Record, frozen=True):
    """What a run reached of Table 1, and what TLS it had; ``suites`` is empty where TLS did not occur."""

    combinations: list[CombinationReport]
    tls: list[TlsUse]
    suites: list[SuiteReport]

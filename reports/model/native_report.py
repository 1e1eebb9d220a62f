"""The parts of a report on native mode: handshakes, keys, what SecPDUs said at the end, rows exercised.

Places are as in :mod:`security_report`: ``conversation`` of ``attempt`` under its ``label``.
"""

from __future__ import annotations

from typing import Literal

from conform62351.reports.model.record import Record
from conform62351.reports.model.verdict import Verdict


class HandshakeReport(Record, frozen=True):
    """A HandshakeReq or HandshakeAcc (13.3.1).

    ``inside`` tells whether its time lay within the window, null without a time; the other members are those
    of the event.
    """

    attempt: int
    conversation: int
    label: str
    connection: int
    direction: Literal["sent", "received"]
    pdu: str
    pp: str
    asso_id: str
    mode: str
    algorithms: list[str]
    groups: list[int]
    hmac: str
    signature: str
    protection: list[str]
    chain: list[str]
    time: str
    time_utc: str
    offset_s: float | None
    window_s: float
    inside: bool | None
    remarks: list[str]


class KeysReport(Record, frozen=True):
    """The keys of an association: of the handshake (``number`` 0), or of its n-th rekey."""

    attempt: int
    conversation: int
    label: str
    connection: int
    number: int
    asso_id: str
    group: int
    group_name: str
    mode: str
    encryption: str
    integrity: str
    hmac: str
    derivation: str


class SecPduReport(Record, frozen=True):
    """A reject, abort or release of the device that a SecPDU came with.

    ``name`` is the SecPDU, ``detail`` what it says: its diagnostic, or that it is an alarm, which has none.
    """

    attempt: int
    conversation: int
    label: str
    connection: int
    kind: str
    name: str
    detail: str


class GroupUse(Record, frozen=True):
    """A Diffie-Hellman group on the wire, what its number was read as, and how many associations had it."""

    number: int
    name: str
    associations: int


class DerivationUse(Record, frozen=True):
    """A reading of the key derivation (13.3.1.3, I), empty for the usual one."""

    reading: str
    associations: int


class SecPduUse(Record, frozen=True):
    """What rejects, aborts and releases of the device said, and how often."""

    kind: str
    name: str
    detail: str
    count: int


class FreshnessReport(Record, frozen=True):
    """How many data transfers of the device were looked at for an iv or nonce that comes again (8.6, 8.7).

    ``with_iv`` and ``with_nonce`` count the ``transfers`` that have one; with authenticated encryption the iv
    is the nonce. ``checks`` are the judgements by verdict, ``repeated`` what those found that did not pass.
    """

    transfers: int
    with_iv: int
    with_nonce: int
    checks: dict[str, int]
    repeated: list[str]


class RowRoleReport(Record, frozen=True):
    """A row of the PICS for one role of the device.

    ``associations`` had what the row is about; null where an association does not show it. ``verdicts`` count
    the cases about the row, ``reason`` says why it was not exercised.
    """

    status: str
    answer: str
    associations: int | None
    result: Verdict | None
    verdicts: dict[str, int]
    reason: str


class NativeRowReport(Record, frozen=True):
    """A row of Tables 7, 10, 11 and 13, or of our own items about native mode, by the role of the device."""

    table: str
    code: str
    row: str
    reference: str
    provenance: str
    roles: dict[str, RowRoleReport]


class NativeReport(Record, frozen=True):
    """What a run reached of native mode; counts are of associations that had keys and carried data.

    ``rekeys`` counts the completed changes of keys.
    """

    associations: int
    rekeys: int
    groups: list[GroupUse]
    derivations: list[DerivationUse]
    freshness: FreshnessReport
    secpdus: list[SecPduUse]
    rows: list[NativeRowReport]

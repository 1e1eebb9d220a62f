"""The steps that make checks: what the tester waits for, and what it looks up in what came."""

from __future__ import annotations

from typing import Any

import msgspec

from conform62351.reports.model.observation import Kind
from conform62351.reports.model.verdict import Severity
from conform62351.tooling.engine.step import SendingStep, Step


class Alternative(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reaction that passes; ``name`` and ``fields`` narrow it down.

    ``warning`` is reported with the pass. ``over``: with this reaction the conversation is at its end, the
    steps that follow are for the others.
    """

    kind: Kind
    name: str = ""
    fields: dict[str, Any] = {}
    warning: str = ""
    over: bool = False

    def __str__(self) -> str:
        text = f"{self.kind} {self.name}" if self.name else f"{self.kind}"
        if self.fields:
            text += " with " + ", ".join(f"{name} {_any_of(value)}" for name, value in self.fields.items())
        return text


def _any_of(wanted: Any) -> str:
    """Return a value that is wanted; a list of values means any of them."""
    return " or ".join(map(str, wanted)) if isinstance(wanted, list | tuple) else str(wanted)


UNASKED = Alternative(kind=Kind.ANSWER, name="unconfirmed-PDU")
"""A PDU that answers nothing: a DUT may send one at any time."""


class Expect(Step, frozen=True, kw_only=True, tag="expect"):
    """Wait for the DUT's reaction and judge it against ``alternatives``.

    ``refusal`` says that the stimulus must not be accepted: acceptance then fails with severity
    ``security`` and another way to refuse with ``form``; else a missing behaviour fails with
    ``function``. ``severity`` stands for ``security`` and ``function`` where a case knows better.
    ``limit`` names the PIXIT limit that bounds the wait. Without a ``requirement`` the step only leads up to
    what the case is about: if it is not reached, the case is inconclusive (``baseline``).

    ``meanwhile`` lists reactions that are passed over. ``serve``: MMS requests of a DUT client that come
    meanwhile are answered and passed over. ``every``: the step is made again until no request of the tester
    is unanswered. ``within``: seconds that stand for the limit, where a correct DUT may stay silent. ``due``
    names the PIXIT time after which the reaction comes by itself: the limit counts from there.
    """

    alternatives: tuple[Alternative, ...]
    requirement: str = ""
    refusal: bool = False
    severity: Severity | None = None
    limit: str = "limit.respond"
    meanwhile: tuple[Alternative, ...] = (UNASKED,)
    serve: bool = False
    every: bool = False
    within: float = 0.0
    due: str = ""

    def __str__(self) -> str:
        text = f"{'expect' if self.requirement else 'reach'} {' or '.join(map(str, self.alternatives))}"
        if self.every:
            text += " to every request"
        if self.within:
            text += f" within {self.within:g} s"
        if self.due:
            text += f" after {self.due}"
        if self.serve:
            text += ", answering MMS requests"
        if self.meanwhile != (UNASKED,):
            text += f", passing over {' and '.join(map(str, self.meanwhile)) or 'nothing'}"
        return text + self._where()


class Verify(Step, frozen=True, kw_only=True, tag="verify"):
    """Judge a field of the last PDU of that name that came on this connection.

    ``field`` is a path such as ``SES.AC.version`` or ``PRES.CPA.results.2.result``; what is behind ``*`` is
    taken from every member of a list that has it. ``is_in`` lists the values that pass, ``includes`` those
    that must be in a list, ``excludes`` those that must not. ``pixit`` names the PIXIT entry whose value
    passes, ``learned`` the value of a variable that does (``original``, ``written``); ``of_type``: a value
    passes that has the type which GetVariableAccessAttributes told last. ``optional``: a PDU or field that is
    absent passes too, with the warning where there is one. ``absent``: nothing else passes. ``unlike`` is a
    connection where the same field has another value.
    """

    requirement: str
    field: str
    is_in: tuple[Any, ...] = ()
    includes: tuple[Any, ...] = ()
    excludes: tuple[Any, ...] = ()
    pixit: str = ""
    learned: str = ""
    of_type: bool = False
    at_most: int | None = None
    at_least: int | None = None
    optional: bool = False
    absent: bool = False
    unlike: int | None = None
    warning: str = ""
    severity: Severity = Severity.FORM

    def __str__(self) -> str:
        return f"check that {self.field} is {self.expected()}{self._where()}"

    def expected(self) -> str:
        """Return the condition in words."""
        if self.absent:
            return "absent"
        parts = [" or ".join(map(show_value, self.is_in))] if self.is_in else []
        if self.includes:
            parts.append(f"a list with {' and '.join(map(show_value, self.includes))}")
        if self.excludes:
            parts.append(f"a list without {' and '.join(map(show_value, self.excludes))}")
        if self.pixit:
            parts.append(f"{self.pixit} of the PIXIT")
        if self.learned:
            parts.append({"original": "as read first", "written": "as written last"}[self.learned])
        if self.of_type:
            parts.append("of the type told")
        if self.unlike is not None:
            parts.append(f"another than on connection {self.unlike}")
        if self.at_least is not None:
            parts.append(f"at least {self.at_least}")
        if self.at_most is not None:
            parts.append(f"at most {self.at_most}")
        return (" and ".join(parts) or "present") + (", or absent" if self.optional else "")


class NoFinding(Step, frozen=True, kw_only=True, tag="no-finding"):
    """Judge that the tester's own checks ``steps`` found nothing.

    Each is an identifier such as ``COTP.CC.2``, or its beginning up to a dot. ``tolerated``: what they note
    is a warning and not a fail (a field note, a deviation of form that readers accept); what a check would
    refuse, by the PIXIT for instance, is a fail still.
    """

    requirement: str
    steps: tuple[str, ...]
    tolerated: bool = False
    severity: Severity = Severity.FORM

    def concerns(self, identifier: str) -> bool:
        """Return whether the check ``identifier`` is one of those meant."""
        return any(identifier == each or identifier.startswith(f"{each}.") for each in self.steps)

    def __str__(self) -> str:
        kind = "note deviations" if self.tolerated else "check that there is no deviation"
        return f"{kind} in {', '.join(self.steps)}{self._where()}"


class Alike(Step, frozen=True, kw_only=True, tag="alike"):
    """Judge that the last reactions on several connections tell nothing apart, and say how long each took.

    They are alike when their kind, name and fields are, and when the SecPDU ``pdu`` in them is made of the
    same elements. Contents that differ from message to message, such as times and signatures, do not count;
    how long it took is told and not judged.
    """

    requirement: str
    pdu: str
    connections: tuple[int, ...]
    severity: Severity = Severity.SECURITY

    def __str__(self) -> str:
        return f"check that {self.pdu} is the same on connections {', '.join(map(str, self.connections))}"


class Fill(Step, frozen=True, kw_only=True, tag="fill"):
    """Associate until the DUT holds as many associations as the PIXIT says (``max_associations``).

    ``held`` of them the conversation holds already; the new connections are numbered from ``on`` up. One
    that is not made is tried again within ``limit.associate``, since a device may need a moment to forget
    another that has ended. Without a ``requirement`` this only leads up to what the case is about.
    """

    requirement: str = ""
    held: int = 0

    def __str__(self) -> str:
        return f"associate until max_associations of the PIXIT stand, from connection {self.on} on"


class ListNames(SendingStep, frozen=True, kw_only=True, tag="list-names"):
    """Ask for all names of a class, part by part, and judge the list.

    It ends, lists no name twice, and lists the object that the PIXIT entry ``point`` names: its domain
    where ``object_class`` is DOMAIN, else its item among those of its domain. ``as_on`` is the connection
    with whose last list it must agree.
    """

    requirement: str
    point: str
    object_class: str = "DOMAIN"
    as_on: int | None = None

    def __str__(self) -> str:
        like = "" if self.as_on is None else f", as on connection {self.as_on}"
        return f"list {self.object_class} with that of {self.point}{like}{self._how()}"


class Claimed(Step, frozen=True, kw_only=True, tag="claimed"):
    """Judge that the PICS claims the MMS service that a field names, or just those whose bits it sets.

    ``role`` is that of the DUT: ``server`` or ``client``. Services without a PICS item do not matter.
    """

    requirement: str
    field: str
    role: str

    def __str__(self) -> str:
        return f"check that {self.field} is what the PICS claims for a {self.role}{self._where()}"


def show_value(value: Any) -> str:
    """Return ``value`` as a report prints it: octets in hexadecimal."""
    return value.hex(" ") if isinstance(value, bytes) else str(value)

"""Carries out the steps that make checks, on the connections of one conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from conform62351.profiles.policy import Reaction
from conform62351.profiles.tls.engine.machine import EngineTls
from conform62351.reports.model.observation import Kind
from conform62351.reports.model.verdict import Severity, Verdict
from conform62351.tooling.engine import steps as s
from conform62351.tooling.engine.alikeness import alike
from conform62351.tooling.engine.associating import associate_patiently
from conform62351.tooling.engine.claims import claims
from conform62351.tooling.engine.connections import Connections
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.judging import (
    MISSING,
    Judgement,
    Observation,
    judge,
    look_up,
    verify,
    verify_type,
)
from conform62351.tooling.engine.link import Link
from conform62351.tooling.engine.listing import Listing
from conform62351.tooling.engine.outcomes import ASSOCIATED, expect, one
from conform62351.tooling.engine.record import Record
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.tls_end import TLS, TlsEnd
from conform62351.tooling.engine.waiting import await_reaction, limit_of

NAMES = one(Kind.ANSWER, "confirmed-ResponsePDU", service="getNameList")
CONNECTED = expect("", one(Kind.CONNECTED), limit="limit.connect")
LIST_PATIENCE = 10
"""How many times the limit of one answer a list of names may take, in however many parts it comes."""


class Ended(Exception):
    """The conversation cannot go on; the check that says why has been made."""


class Judge:
    """Judges one conversation; every method raises Ended once it cannot go on.

    ``end`` closes the connections, ``failed_action`` names an action that had to work and did not,
    ``still_associates`` makes a sanity association, ``under`` puts what a sending step says in force.
    ``filled`` tells that the device was filled with associations.
    """

    def __init__(
        self,
        dut: Dut,
        log: RunLog,
        record: Record,
        connections: Connections,
        *,
        end: Callable[[], None],
        failed_action: Callable[[], str],
        still_associates: Callable[[], bool],
        under: Callable[[s.SendingStep], Link],
    ) -> None:
        self.filled = False
        self._dut = dut
        self._log = log
        self._record = record
        self._connections = connections
        self._end = end
        self._failed_action = failed_action
        self._still_associates = still_associates
        self._under = under
        self._seen: dict[int, Observation] = {}

    def expect(self, step: s.Expect) -> None:
        """Wait for the device's reaction, once or for each unanswered request."""
        times = len(self._connections.link(step).mms.client.unanswered) if step.every else 1
        for _ in range(max(times, 1)):
            self._expect_one(step)

    def _expect_one(self, step: s.Expect) -> None:
        allowed = self._dut.pixit.number(step.limit)
        limit = limit_of(self._dut, step)
        refused = self._connections.refused.get(step.on)
        seen = refused or await_reaction(self._connections.link(step), step, limit)
        self._record.observed(step.on, seen)
        self._seen[step.on] = seen
        judgement = judge(step, seen, self._dut.security.native.unsettled)
        waited = judgement.verdict is Verdict.PASS and seen.kind is not Kind.TIMEOUT and not step.within
        # What is due later may come before.
        self._settle(step, judgement, min(limit - seen.after_s, allowed) if waited else None)

    def _settle(self, step: s.Expect, judgement: Judgement, margin: float | None = None) -> None:
        """Make the check of ``step``; with what did not pass, or says so, the conversation is over."""
        if judgement.severity is Severity.SILENT:
            failure = self._failed_action()
            if failure:
                self._record.prerequisite_missing(failure.partition(":")[0], failure)
                raise Ended
            self._end()
            if not self._still_associates():
                judgement = Judgement(Verdict.FAIL, judgement.got, severity=Severity.UNAVAILABLE)
        expected = [str(option) for option in step.alternatives]
        self._record.check(step.requirement, expected, judgement, step.limit, margin)
        if judgement.verdict is not Verdict.PASS or judgement.over:
            raise Ended

    def fill(self, step: s.Fill) -> None:
        """Associate until the device is full, and judge the last attempt."""
        wanted = expect(step.requirement, ASSOCIATED, limit="limit.associate", on=step.on)
        self.filled = True
        end = step.on + self._dut.pixit.integer("max_associations") - step.held
        for number in range(step.on, end):
            link, seen = associate_patiently(self._dut, self._log, number)
            if link is None:
                self._record.observed(number, seen)
                self._settle(wanted, judge(wanted, seen))
            else:
                self._connections.links[number] = link
        self._settle(wanted, Judgement(Verdict.PASS, f"{end - step.on} associations stand"))

    def _standing(self, step: s.Step) -> Link:
        """Return the connection that a step is about; one that was refused decides nothing."""
        seen = self._connections.refused.get(step.on)
        if seen is None:
            return self._connections.link(step)
        self._record.observed(step.on, seen)
        self._settle(CONNECTED, judge(CONNECTED, seen))
        raise Ended

    def verify(self, step: s.Verify) -> None:
        """Judge a field."""
        wanted = step
        if step.pixit:
            wanted = msgspec.structs.replace(step, is_in=(self._dut.pixit.value(step.pixit),))
        handshake = self._failed_handshake(step, (step.field,))
        if handshake is not None:
            value = look_up(handshake.pdus, step.field)
            self._record.check(step.requirement, (step.expected(),), verify(wanted, value))
            return
        link = self._standing(step)
        value = look_up(link.pdus, step.field)
        if step.learned:
            wanted = msgspec.structs.replace(step, is_in=(getattr(link.mms.learned, step.learned),))
        if step.of_type:
            judgement = verify_type(step, value, link.mms.learned.type)
        else:
            judgement = verify(wanted, value, self._elsewhere(step))
        self._record.check(step.requirement, (step.expected(),), judgement)

    def _failed_handshake(self, step: s.Step, looked_into: tuple[str, ...]) -> TlsEnd | None:
        """Return what was seen of a TLS handshake that failed, if a step looks into its messages alone.

        A library shows none of them.
        """
        end = self._connections.ends.get(step.on)
        if step.on not in self._connections.refused or end is None or not isinstance(end.machine, EngineTls):
            return None
        return end if all(map(_is_of_messages, looked_into)) else None

    def _elsewhere(self, step: s.Verify) -> Any:
        """Return what the field is on the connection that it must not be like."""
        if step.unlike is None:
            return MISSING
        return look_up(self._connections.link(msgspec.structs.replace(step, on=step.unlike)).pdus, step.field)

    def no_finding(self, step: s.NoFinding) -> None:
        """Judge what the tester's own checks have found."""
        source = self._failed_handshake(step, step.steps) or self._standing(step)
        findings = [item for item in source.findings if step.concerns(item.step)]
        found = [str(item) for item in findings]
        got = "; ".join(found) or "no deviation"
        noted = all(item.fault.reaction is Reaction.NOTE for item in findings)
        if not found or (step.tolerated and noted):
            judgement = Judgement(Verdict.PASS, got, warnings=tuple(found))
        else:
            judgement = Judgement(Verdict.FAIL, got, severity=step.severity)
        self._record.check(step.requirement, (f"nothing found by {', '.join(step.steps)}",), judgement)

    def list_names(self, step: s.ListNames) -> None:
        """Ask for all names of a class and judge the list."""
        link = self._under(step)
        listing = Listing(step, self._dut.object_name(step.point))
        wanted = expect(step.requirement, NAMES, on=step.on)
        deadline = self._dut.clock.monotonic() + LIST_PATIENCE * self._dut.pixit.number(wanted.limit)
        while listing.more:
            if self._dut.clock.monotonic() > deadline:
                listing.give_up()
                break
            link.ask(link.mms.client.get_name_list(listing.object_class, listing.domain, listing.after))
            link.flush()
            self._expect_one(wanted)
            listing.take(link.pdus["MMS.confirmed-ResponsePDU"]["service"][1])
        same = None if step.as_on is None else self._connections.links[step.as_on].names
        self._settle(wanted, listing.judge(same))
        link.names = tuple(listing.names)

    def alike(self, step: s.Alike) -> None:
        """Judge whether the last reactions on several connections can be told apart."""
        links = self._connections.links
        seen = {on: self._seen[on] for on in step.connections}
        octets = {on: links[on].policy.received.get(step.pdu, b"") for on in step.connections}
        self._record.check(step.requirement, (f"the same {step.pdu} on each",), alike(step, seen, octets))

    def claimed(self, step: s.Claimed) -> None:
        """Judge whether the PICS claims what the device says that it has."""
        value = look_up(self._standing(step).pdus, step.field)
        self._record.check(step.requirement, (str(step),), claims(step, value, self._dut.declaration))


def _is_of_messages(name: str) -> bool:
    """Return whether a name is that of a TLS message or check, and not of what TLS came to."""
    return name.startswith(f"{TLS}.") and name[len(TLS) + 1 :][:1].isupper()

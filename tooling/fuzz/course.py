"""The steps of one case under way: what is sent is mutated, what comes is not judged."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from types import TracebackType
from typing import Any, Final

import msgspec

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.native.exchange import StateError
from conform62351.profiles.native.secpdus import HandshakeReq
from conform62351.profiles.native.taken import Established
from conform62351.profiles.osi.association import AssociationError
from conform62351.profiles.role import Role
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.clock_offset import ClockUncertain
from conform62351.tooling.engine.connections import HarnessError
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.judging import Observation, first_match
from conform62351.tooling.engine.judging_steps import Expect
from conform62351.tooling.engine.link import Link, StimulusBroken
from conform62351.tooling.engine.mutations import MutationError
from conform62351.tooling.engine.performing import Performance
from conform62351.tooling.engine.requests import RequestError
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.steps import Accept, AnyStep, Connect
from conform62351.tooling.engine.stimulus import PolicyMaker, StimulusPolicy
from conform62351.tooling.engine.waiting import await_reaction, limit_of
from conform62351.tooling.fuzz.case import UNWRITABLE, mutations_of
from conform62351.tooling.fuzz.pulse import LEAST_CLOSING_S, Pulse
from conform62351.tooling.net.errors import NetError

MOST_OCTETS: Final = 1 << 18
"""Octets of a case that are kept in each direction, and that are read: a device may flood the tester."""
MOST_SEEN: Final = 64
"""Observations of a case that are kept."""
MOST_FINDINGS: Final = 64
HANDSHAKE_REQUEST: Final = "E2E.HandshakeReq"
STANDS: Final = frozenset({Kind.ANSWER, Kind.REQUEST})
"""What a device does, unexpected or not, over an association that goes on."""
ENDS: Final = frozenset({Kind.CLOSED, Kind.RESET, Kind.TLS_ALERT, Kind.TCP_REFUSED, Kind.TIMEOUT})
"""After these nothing more comes on the connection, or nothing in time."""


class _Mutated:
    """Tells what a mutation has made impossible to go on with from what is wrong with the harness.

    It is a context manager that raises MutationError for the former; ``mutations`` are those that there are.
    """

    def __init__(self, mutations: Collection[Any]) -> None:
        self._mutations = mutations

    def __enter__(self) -> None:
        """Begin with what mutations may have changed."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._mutations or not isinstance(error, UNWRITABLE) or isinstance(error, StateError):
            return
        raise MutationError(f"nothing can be made of it: {type(error).__name__}: {error}") from error


class Course(Performance):
    """The steps of one case under way, on connections that may stand from before.

    ``observations`` are what the device did, ``usual`` tells that it was what each step waits for, ``why``
    what kept the conversation from being sent as a whole; ``untouched``: that was before any PDU of the step
    was made. A reaction gets as long as ``pulse`` allows at most, unless the step gives it less. To a server
    that is overdue the connection is ``half_closed``: it is not waited for where it then ends it as well.
    One that was ``unasked``, sent nothing that it has not reacted to, is so at once.
    ``kept`` is what :class:`~conform62351.tooling.fuzz.case.Delivered` has of that name.
    """

    def __init__(
        self, dut: Dut, log: RunLog, pulse: Pulse, make_policy: PolicyMaker = StimulusPolicy
    ) -> None:
        super().__init__(dut, log, make_policy)
        self.observations: list[Observation] = []
        self.usual = True
        self.why = ""
        self.untouched = False
        self._pulse = pulse
        self.half_closed = False
        self.unasked = False
        self.kept = False
        self._left: set[int] = set()

    def stands(self, step: Connect | Accept) -> None:
        """Have no more read from a connection than a case is worth."""
        self.connections.links[step.on].most_received = MOST_OCTETS

    def go(self, steps: Iterable[AnyStep]) -> None:
        """Carry out ``steps`` up to the one behind which there is nothing to go on with.

        Raises:
            ActionFailed, MeansMissing: the set-up lacks what the steps need.
        """
        usual, self.dut.patience = self.dut.patience, self._pulse.ceiling
        try:
            for step in steps:
                if isinstance(step, Expect):
                    if not self._expect(step):
                        break
                else:
                    self._carry_out(step)
        except MutationError as error:
            self._stopped(str(error))
        except StimulusBroken as error:
            self._stopped(str(error))
            self._look_on()
        except (AssociationError, StateError) as error:
            self._stopped(f"the association is not in the state for it: {error}")
            self._look_on()
        except (ProtocolError, RequestError, ClockUncertain, HarnessError) as error:
            self._stopped(str(error))
        except NetError as error:
            self._stopped(str(error))
            self._see(Observation(Kind.RESET, detail=str(error)))
        finally:
            self.dut.patience = usual

    def _stopped(self, why: str) -> None:
        self.usual = False
        self.why = why

    def _carry_out(self, step: AnyStep) -> None:
        """Carry out ``step``; where it cannot be made, tell whether a PDU of it had been made by then."""
        before = {on: link.policy.sent.copy() for on, link in self.connections.links.items()}
        try:
            with _Mutated(self.pending_mutations or mutations_of(step)):
                self.do(step)
                if isinstance(step, Accept):
                    self._insist(step)
        except MutationError:
            self.untouched = all(
                octets is before[on].get(name)
                for on, link in self.connections.links.items()
                if on in before
                for name, octets in link.policy.sent.items()
            )
            raise

    def _insist(self, step: Accept) -> None:
        """Have the device told to connect again, while it may and its action says that it did not.

        It may not have been done with the last connection when it was told first.
        """
        clock = self.dut.clock
        deadline = clock.monotonic() + self.dut.pixit.number("limit.connect")
        while self._is_awaited(step) and clock.monotonic() < deadline:
            self.pending_mutations = [one for one in self.pending_mutations if one[2] is not step]
            if self.failed_action():
                self.do(self.actions.pop()[0])
            self.do(step)

    def _is_awaited(self, step: Accept) -> bool:
        refused = self.connections.refused.get(step.on)
        return refused is not None and refused.kind is Kind.TIMEOUT and not refused.name

    def _expect(self, step: Expect) -> bool:
        """Observe what ``step`` waits for; return whether to go on."""
        refused = self.connections.refused.get(step.on)
        if refused is not None:
            self._see(refused)
            self.usual = self.usual and first_match(step.alternatives, refused) is not None
            return False
        link = self.connections.link(step)
        with _Mutated(self.pending_mutations):
            seen = self._reaction(link, step)
        self._see(seen)
        found = first_match(step.alternatives, seen)
        if self.half_closed:
            self.usual = self.usual and found is not None and seen.kind is Kind.TIMEOUT
            return False
        if found is not None and not found.over:
            return True
        self.usual = self.usual and found is not None
        if found is None and seen.kind in STANDS:
            return True
        self._look_on(link)
        return False

    def _reaction(self, link: Link, step: Expect) -> Observation:
        limit = min(limit_of(self.dut, step), self._pulse.ceiling)
        first, owing = limit, link.owing
        if link.role is Role.CLIENT and self._pulse.ceiling < math.inf:
            first = min(limit, self._pulse.overdue(step.limit) + 2 * self.dut.path_delay) if owing else 0.0
        seen = await_reaction(link, step, first)
        if seen.kind is Kind.TIMEOUT and first < limit:
            self.unasked = not owing
            self._left.add(link.flow.number)
            link.close("half")
            self.half_closed = True
            more = link.observe(max(limit - first, LEAST_CLOSING_S))
            if more.kind is Kind.TIMEOUT:
                seen = more
                self._is_kept(link)
            if more.kind not in ENDS:
                seen = msgspec.structs.replace(more, after_s=first + more.after_s)
        if seen.kind not in ENDS:
            self._pulse.beat(seen.after_s, step.limit)
        return seen

    def _see(self, seen: Observation) -> None:
        if len(self.observations) < MOST_SEEN:
            self.observations.append(seen)

    def _look_on(self, *links: Link) -> None:
        """See what else the device does now, and how it ends the connection once the tester has.

        Many devices leave the closing to their partner: waiting for it would cost more than all the rest.
        """
        if self.observations and self.observations[-1].kind in ENDS:
            return
        for link in links or self.connections.links.values():
            try:
                with _Mutated(self.pending_mutations):
                    for seen in self._leave(link):
                        self._see(seen)
            except (MutationError, StimulusBroken) as error:
                self._stopped(str(error))

    def come_since(self) -> tuple[Observation, ...]:
        """Return what the device has done since, without waiting for any of it.

        Raises:
            MutationError: what a mutation has changed does not go on with what came.
            StimulusBroken: the connection ended before that could be answered.
        """
        with _Mutated(self.pending_mutations):
            return tuple(seen for link in self.connections.links.values() for seen in _observed(link, 0.0))

    def end(self) -> None:
        """Close every connection, whatever mutations make of its last messages."""
        for link in self.connections.links.values():
            try:
                with _Mutated(self.pending_mutations):
                    deque(self._leave(link), maxlen=0)
                    link.close()
            except (MutationError, StimulusBroken, NetError) as error:
                self._stopped(self.why or str(error))
                link.policy.mutations = ()
                link.close("reset")
        super().end()

    def _leave(self, link: Link) -> Iterator[Observation]:
        """Close the tester's side, and yield what the device does up to the end of its own.

        A device that is not done with a connection may refuse the next one.
        """
        if link.flow.number in self._left:
            return
        self._left.add(link.flow.number)
        link.close("half")
        ended, count = False, 0
        limit = self._pulse.closing(self.dut.pixit.number("limit.close"), usual=self.usual)
        for seen in _observed(link, limit + 2 * self.dut.path_delay):
            ended, count = ended or seen.kind in ENDS, count + 1
            yield seen
        if not ended and count < MOST_SEEN:
            self._is_kept(link)
        if self.usual:
            self._pulse.left(lingers=not ended)

    def _is_kept(self, link: Link) -> None:
        """Take note that the device does not end a connection; one that floods it may not be there yet."""
        self.kept = self.kept or link.received <= link.most_received

    def renew(self) -> None:
        """Begin with another case on the same connections."""
        self.observations = []
        self.usual = True
        self.why = ""
        self.untouched = False
        self.unasked = False
        self.pending_mutations.clear()
        self.too_late.clear()
        self.actions = [(step, running) for step, running in self.actions if not running.join(0)]
        for link in self.connections.links.values():
            link.policy.applied.clear()
            link.findings.clear()
            link.most_received = link.received + MOST_OCTETS

    def not_sent(self) -> str:
        """Return what has not reached the wire of the mutations of the steps so far, empty for nothing."""
        if self.why:
            return self.why
        for policy, mutation, step in self.pending_mutations:
            if any(late is step for late in self.too_late) or mutation not in policy.applied:
                return f"the conversation ended before {mutation}"
        return ""

    def found(self) -> tuple[str, ...]:
        """Return the identifiers of the tester's checks that the device's PDUs have failed."""
        steps = (finding.step for link in self.connections.links.values() for finding in link.findings)
        return tuple(dict.fromkeys(steps))[:MOST_FINDINGS]

    def established(self) -> Established | None:
        """Return the keys of the first connection that has some."""
        ends = (link.native for link in self.connections.links.values())
        return next(
            (end.established for end in ends if end is not None and end.established is not None), None
        )

    def addresses(self) -> tuple[str, ...]:
        """Return the tester's addresses of the connections that it has opened."""
        links = self.connections.links.values()
        return tuple(str(link.flow.local) for link in links if link.role is Role.CLIENT)

    def handshake_request(self) -> HandshakeReq | None:
        """Return the HandshakeReq that the device has sent, if it is a client of native mode."""
        asked = (link.pdus.get(HANDSHAKE_REQUEST) for link in self.connections.links.values())
        return next((pdu for pdu in asked if isinstance(pdu, HandshakeReq)), None)


def _observed(link: Link, limit: float) -> Iterator[Observation]:
    """Yield what comes on a connection, each within ``limit`` seconds, up to its end."""
    for _ in range(MOST_SEEN):
        seen = link.observe(limit)
        if seen.kind is Kind.TIMEOUT:
            return
        yield seen
        if seen.kind in ENDS:
            return

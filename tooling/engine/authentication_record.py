"""The authentication on one connection: made as steps want it, put on record, and learnt from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from conform62351.profiles.compatibility.events import PeerAuthenticated, PeerDoubtful
from conform62351.profiles.compatibility.examination import VALUE
from conform62351.profiles.osi.events import PeerIdentity
from conform62351.tooling.engine.authenticate import Authenticate
from conform62351.tooling.engine.authenticating import APDUS, Authentication
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.evidence import (
    AuthenticationFacts,
    authentication_seen,
    read_value,
    signed_as,
)
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.signing_record import SigningRecord
from conform62351.tooling.engine.stimulus import StimulusPolicy

USUAL: Final = Authenticate()


class AuthenticationRecord(SigningRecord):
    """Keeps account of one connection whose stack has authentication.

    ``moment`` is the time to be signed next, in seconds since 1970 UTC.
    """

    def __init__(self, dut: Dut, log: RunLog, number: int, asked: float) -> None:
        super().__init__(dut, log, number, asked)
        self.moment = 0.0

    def prepare(
        self, how: Authenticate | None, policy: StimulusPolicy, sent_on: Callable[[int], Mapping[str, bytes]]
    ) -> None:
        """Have the next AARQ or AARE carry what ``how`` says; None: everything right.

        Raises:
            ClockUncertain: the time is to be near a limit, and the device's clock is not known well enough.
            AllocatorError: the memory of signed times cannot be used.
        """
        dut = self._dut

        def time_on(number: int) -> bytes:
            found = read_value(sent_on(number).get(VALUE, b""), 0.0).value
            return b"" if found is None else found.time

        made = Authentication(how or USUAL, dut.security, dut.signing_times, dut.known_clock, time_on)
        self.moment = made.moment
        self._asked = dut.clock.unix()
        policy.prepare = made.rewrite
        policy.reissue = dut.security.reissue

    def sent(self, names: tuple[str, ...], policy: StimulusPolicy) -> None:
        """Put on record what a message of these PDUs carried; from now on the device decides about it."""
        if not any(name in APDUS for name in names):
            return
        self._on_trial = True
        octets = policy.sent.get(VALUE)
        if octets is not None:
            there = self._dut.clock.unix() + (self._dut.known_clock.offset or 0.0)
            self._log.write(authentication_seen(self._occasion(), "sent", read_value(octets, there)))

    def identified(self, event: PeerIdentity) -> AuthenticationFacts | None:
        """Put on record what the device showed, learn of its clock, and return what steps look into."""
        if not isinstance(event, PeerAuthenticated | PeerDoubtful):
            return None
        now = self._dut.clock.unix()
        offset = None if event.time is None else event.time.unix - now
        known = self._dut.known_clock.offset
        found = AuthenticationFacts(
            value=event.value,
            context=event.context,
            certificate=event.certificate,
            chain=event.chain,
            time=event.time,
            signed=signed_as(event.signature_input),
            offset_s=offset,
            deviations=event.deviations,
            jump_s=None if offset is None or known is None else offset - known,
        )
        if event.value is not None:
            self._log.write(authentication_seen(self._occasion(), "received", found))
            if event.time is not None and event.signature_input is not None:
                self._learn_clock(event.time.unix, event.value.time, now)
        return found

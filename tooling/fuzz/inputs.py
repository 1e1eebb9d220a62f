"""What is known of an input: whether a device has to take it, has to refuse it and why, or may do either.

A reading that is liberal makes nothing certain: what the checks overlook, and what they find in the base
conversation already, which the device takes, is left to the device.
"""

from __future__ import annotations

import msgspec

from conform62351.profiles.environments.osi.parameters import native_osi
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.native.parameters import NativeParameters
from conform62351.profiles.native.replay import WINDOW
from conform62351.profiles.osi.association import AssociationError
from conform62351.profiles.osi.parameters import OsiParameters
from conform62351.profiles.role import Role
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.security import NATIVE
from conform62351.tooling.engine.steps import Accept, Connect, Rekey
from conform62351.tooling.fuzz.case import Case, Delivered
from conform62351.tooling.fuzz.twin import MARGIN_S, NOT_CERTAIN, UNKNOWN, Stage, Standing, Twin


class Inputs:
    """Judges what was sent to one device, as its PICS and PIXIT describe it."""

    def __init__(self, dut: Dut) -> None:
        self._dut = dut
        self._native: NativeParameters | None = None
        self._osi: dict[tuple[Role, str], OsiParameters] = {}

    def standing(
        self,
        case: Case,
        delivered: Delivered,
        tolerated: frozenset[str] = frozenset(),
        until: Stage = Stage.RELEASING,
    ) -> Standing:
        """Return what is known of what was sent over the one connection of a case.

        What checks whose steps are ``tolerated`` find counts for nothing. What comes when the device is past
        the stage ``until`` is not looked at.

        Of several connections, and of TLS itself, nothing is; nor of what is sent over an association that
        stood before, since what the device does may be about what came then.
        """
        steps = case.conversation.steps
        opening = [step for step in steps if isinstance(step, Connect | Accept)]
        if len(opening) != 1 or opening[0].tls is not None or not delivered.sent or delivered.continued:
            return UNKNOWN
        stack = opening[0].stack or self._dut.stack
        role = Role.SERVER if isinstance(opening[0], Connect) else Role.CLIENT
        try:
            twin = Twin(
                self._dut,
                role,
                stack,
                delivered,
                self._osi_parameters(role, stack),
                self._native_parameters(stack),
                NOT_CERTAIN | tolerated,
                rekeys=any(isinstance(step, Rekey) for step in steps),
            )
            return twin.run(until)
        except (ProtocolError, AssociationError):
            return UNKNOWN

    def _native_parameters(self, stack: str) -> NativeParameters | None:
        """Return what a device may go by that supports all there is; None outside native mode."""
        if stack not in NATIVE:
            return None
        if self._native is None:
            means = self._dut.security
            parameters = means.native_parameters(self._dut.clock.unix)
            local = means.native.local(Handshake(), Role.SERVER, "ae")
            self._native = msgspec.structs.replace(parameters, local=local, window=WINDOW + MARGIN_S)
        return self._native

    def _osi_parameters(self, role: Role, stack: str) -> OsiParameters:
        """Return those of the device in ``role``: its titles are the ones that the tester calls."""
        known = self._osi.get((role, stack))
        if known is None:
            tester = self._dut.osi_parameters(Role.CLIENT, authenticated=True)
            calling, called = tester.calling, tester.called
            if role is Role.CLIENT:
                calling, called = called, calling
            known = OsiParameters(calling=calling, called=called)
            native = self._native_parameters(stack)
            if native is not None:
                security = self._dut.security.native.security(native, tls=False, tls_certificate=None)
                known = native_osi(known, role, security.identifiers)
            self._osi[role, stack] = known
        return known

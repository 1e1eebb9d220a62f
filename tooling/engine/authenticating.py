"""Makes the authentication value that a step wants out of the one that the machine makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from conform62351.profiles.compatibility.association import UNSIGNED
from conform62351.profiles.compatibility.examination import VALUE
from conform62351.profiles.compatibility.signing import SignatureInput, sign_time, signed_octets
from conform62351.profiles.compatibility.value import AuthenticationValue
from conform62351.profiles.crypto.signatures import ALGORITHMS, sign
from conform62351.profiles.generalized_time import read_time, write_time
from conform62351.tooling.engine.authenticate import TESTER, Authenticate, TimeForm, time_octets
from conform62351.tooling.engine.clock_offset import DutClock
from conform62351.tooling.engine.moments import new_moment
from conform62351.tooling.engine.security import Security
from conform62351.tooling.engine.signing_times import SigningTimes

APDUS = ("ACSE.AARQ", "ACSE.AARE")
ANOTHER_S = 1.0
_OIDS = {algorithm.name: algorithm.oid for algorithm in ALGORITHMS.values()}


class Authentication:
    """One authentication value to be sent, as ``how`` wants it.

    ``moment`` is the signed time in seconds since 1970 UTC. ``sent_on`` gives the content octets of the time
    that was sent last on a connection.
    """

    def __init__(
        self,
        how: Authenticate,
        security: Security,
        times: SigningTimes,
        clock: DutClock,
        sent_on: Callable[[int], bytes],
    ) -> None:
        """Allocate the time.

        Raises:
            ClockUncertain: the time is to be near a limit, and the device's clock is not known well enough.
            AllocatorError: the memory of signed times cannot be used.
        """
        self._how = how
        self._security = security
        self._sent_on = sent_on
        self.moment = new_moment(
            times,
            clock,
            boundary=how.boundary,
            inside=how.inside,
            shift=how.shift,
            whole=how.time_form is not TimeForm.USUAL,
        )

    def rewrite(self, name: str, value: Any) -> Any:
        """Return the value of the PDU called ``name`` as the step wants it.

        Raises:
            MeansMissing: there is no such credential, or it has no key.
            SignatureError: its key cannot sign.
        """
        if name == UNSIGNED:
            return self._unsigned(value)
        if name == VALUE:
            return self._signed(value)
        if name in APDUS and self._how.withhold:
            return msgspec.structs.replace(
                value, requirements=None, mechanism_name=None, authentication_value=None
            )
        return value

    def _unsigned(self, value: Any) -> Any:
        how = self._how
        if how.credential != TESTER:
            value = msgspec.structs.replace(value, certificate=self._security.octets(how.credential))
        if how.same_time_as is not None:
            return msgspec.structs.replace(value, time=self._again(how.same_time_as))
        if how.time_form is not TimeForm.USUAL:
            return msgspec.structs.replace(value, time=time_octets(self.moment, how.time_form))
        return value

    def _again(self, connection: int) -> bytes:
        """Return the time that was sent on a connection: its octets, or its instant in another form."""
        sent = self._sent_on(connection)
        form = self._how.time_form
        return sent if form is TimeForm.USUAL else time_octets(read_time(sent).unix, form)

    def _signed(self, value: AuthenticationValue) -> AuthenticationValue:
        how = self._how
        key = how.key or how.credential
        changed = how.signature_input or how.signature_algorithm or how.other_time_signed
        if key == TESTER and not changed:
            return value
        signed = SignatureInput(how.signature_input or self._security.signature_input)
        time = write_time(self.moment + ANOTHER_S) if how.other_time_signed else value.time
        private = self._security.key(key)
        if how.signature_algorithm:
            signature = sign(_OIDS[how.signature_algorithm], private, signed_octets(signed, time))
        else:
            signature = sign_time(private, signed, time)
        return msgspec.structs.replace(value, signature=signature)

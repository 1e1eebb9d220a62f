"""The policy of the tester's machines: it puts the mutations of a step to work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conform62351.profiles.compatibility.examination import VALUE
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.generalized_time import read_time
from conform62351.profiles.native.codec import Protected
from conform62351.profiles.native.tokens import ClearToken1, ClearToken2, ClearToken3
from conform62351.profiles.osi.apdu import AARE, AARQ
from conform62351.profiles.policy import Finding, Policy
from conform62351.profiles.tlv import TlvError, walk
from conform62351.profiles.tlv_edit import EditError
from conform62351.tooling.engine.authenticate import TimeForm, time_octets
from conform62351.tooling.engine.mutating import (
    Reissue,
    client_value,
    with_certificate,
    with_octets,
    with_time,
    with_value,
)
from conform62351.tooling.engine.mutations import (
    AnyMutation,
    EditCertificate,
    FieldMutation,
    MutationError,
    PublicValue,
    Reflect,
    Replay,
    SetTime,
)

Rewrite = Callable[[str, Any], Any]
"""What is done to a value by its PDU's name before it is encoded."""
Times = Callable[[SetTime], bytes]
"""What makes the content octets of a time that a mutation wants; ``sent`` times are not its matter."""
Elsewhere = Callable[[int], Mapping[str, bytes]]
"""What gives the octets that were sent last on another connection, by the names of their PDUs."""
AUTHENTICATING = (AARQ, AARE)
TOKENS = (ClearToken1, ClearToken2, ClearToken3)
COVERED = (".tbs", ".tbp")
"""The ends of the names of what a signature or an ICV covers."""
TLS = "TLS."
SERVER_KEY_EXCHANGE = "TLS.ServerKeyExchange"
NOT_WANTED = "TLS.HR.2"
"""The check of a machine that its peer may ask for another handshake."""
NO_RENEGOTIATION = bytes((1, 100))
"""The alert that declines it."""
TIME = ".time"
IV = ".iv"
"""Behind the name of a token, the names under which its time and its iv are kept."""


def _as_it_is(_: str, value: Any) -> Any:
    return value


def _no_times(mutation: SetTime) -> bytes:
    raise MutationError(f"{mutation}: the stack of this connection signs no times")


def _no_issuer(_: bytes, __: bytes) -> None:
    """Know no key of an issuer."""


class StimulusPolicy(Policy):
    """The tester's side: notes what the device does wrong and goes on, cuts TSDUs and applies mutations.

    ``applied`` lists the mutations that reached the wire, for the proof that a stimulus was what the
    case says. ``sent`` holds the octets of every PDU as it was sent last, ``received`` those of every PDU
    that came; ``elsewhere`` gives what was sent on another connection by its number. ``prepare`` is what the
    step wants of authentication values and tokens; it comes before the mutations. ``signed`` gives, by its
    name, what a signature covers in place of the octets that are sent; ``times`` gives the times that
    mutations want, ``reissue`` signs the certificates that they have changed. ``declining`` is how another
    TLS handshake is declined: ``refuse`` or ``ignore``.
    """

    def __init__(self, elsewhere: Elsewhere = lambda _: {}) -> None:
        self.mutations: tuple[AnyMutation, ...] = ()
        self.applied: list[AnyMutation] = []
        self.sent: dict[str, bytes] = {}
        self.received: dict[str, bytes] = {}
        self.prepare: Rewrite = _as_it_is
        self.signed: Rewrite = _as_it_is
        self.times: Times = _no_times
        self.reissue: Reissue = _no_issuer
        self.declining = ""
        self._elsewhere = elsewhere
        self._sizes: Iterator[int] = iter(())
        self._size: int | None = None

    def cut(self, sizes: tuple[int, ...]) -> None:
        """Put ``sizes`` octets of data into the next DTs, the last one repeating; without any, as agreed."""
        self._sizes = iter(sizes)
        self._size = None

    def dt_length(self, left: int, room: int) -> int:
        """Return the next size of those that were set."""
        self._size = next(self._sizes, self._size)
        return min(left, room if self._size is None else self._size)

    def reacts(self, finding: Finding) -> bool:
        """Return False: findings are evidence for the tester, unless it is to decline a renegotiation."""
        return bool(self.declining) and finding.step == NOT_WANTED

    def rewrite(self, name: str, value: Any) -> Any:
        """Apply what the step says of authentication, then the field mutations for ``name``.

        What a signature or an ICV covers is changed by octet mutations here, so that it is covered as it is
        sent.

        Raises:
            MutationError: the PDU has no such field, position or element.
        """
        if isinstance(value, Protected):
            return self._protected(name, value)
        if isinstance(value, bytes) and name.startswith(TLS):
            # What is no PDU but goes into one: the premaster secret of TLS, or what a signature covers.
            return self._whole(name, value)
        value = self.prepare(name, value)
        for mutation in self.mutations:
            if mutation.pdu == name and isinstance(mutation, FieldMutation):
                try:
                    value = self._with_field(mutation, value)
                except (AttributeError, LookupError, TypeError, ValueError) as error:
                    raise MutationError(f"{mutation}: {error}") from error
                self.applied.append(mutation)
        if isinstance(value, AUTHENTICATING):
            self._carries(value.authentication_value)
        elif isinstance(value, TOKENS):
            self.sent[name + TIME] = value.time
            if isinstance(value, ClearToken2) and value.iv is not None:
                self.sent[name + IV] = value.iv
        return value

    def _with_field(self, mutation: FieldMutation, value: Any) -> Any:
        if isinstance(mutation, SetTime):
            return with_time(mutation, value, self._time(mutation))
        if isinstance(mutation, EditCertificate):
            return with_certificate(mutation, value, self.reissue)
        return with_value(mutation, value)

    def _time(self, mutation: SetTime) -> bytes:
        if mutation.again is None:
            return self.times(mutation)
        time = self._elsewhere(mutation.again)[(mutation.of or mutation.pdu) + TIME]
        if not mutation.shift and mutation.form is TimeForm.USUAL:
            return time
        moment = read_time(time).milliseconds + round(mutation.shift * 1000)
        return time_octets(moment / 1000, mutation.form)

    def _carries(self, authentication_value: bytes | None) -> None:
        if authentication_value is None:
            self.sent.pop(VALUE, None)
        else:
            self.sent[VALUE] = authentication_value

    def _protected(self, name: str, value: Protected) -> Protected:
        octets = self._whole(name, value.octets)
        return value if octets == value.octets else Protected(octets, _content(octets, value))

    def _whole(self, name: str, octets: bytes) -> bytes:
        mutated = self._mutated(name, octets)
        if mutated is None:
            raise MutationError(f"{name}: only whole PDUs can be withheld")
        self.sent[name] = mutated
        return mutated

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        """Apply the octet mutations for ``name``, in the order in which the case lists them.

        Raises:
            MutationError: the PDU has no such position or element.
        """
        if self.declining == "ignore" and name == "TLS.Alert" and octets == NO_RENEGOTIATION:
            return None
        if name.endswith(COVERED):
            covered: bytes = self.signed(name, octets)
            return covered
        current = self._mutated(name, octets)
        if current is not None:
            self.sent[name] = current
        return current

    def read_octets(self, name: str, octets: bytes) -> bytes:
        """Keep a message of TLS, or an authentication value, before it is answered; return it as it is."""
        if name.startswith(TLS) or name == VALUE:
            self.received[name] = octets
        return octets

    def _mutated(self, name: str, octets: bytes) -> bytes | None:
        current: bytes | None = octets
        for mutation in self.mutations:
            if mutation.pdu != name or isinstance(mutation, FieldMutation) or current is None:
                continue
            try:
                if isinstance(mutation, Replay):
                    earlier = self._elsewhere(mutation.of)
                    current = earlier[name]
                    self._carries(earlier.get(VALUE))
                elif isinstance(mutation, Reflect):
                    current = self.received[name]
                elif isinstance(mutation, PublicValue):
                    current = client_value(mutation, self.received[SERVER_KEY_EXCHANGE])
                else:
                    current = with_octets(mutation, current)
            except KeyError:
                raise MutationError(f"{mutation}: nothing was sent there")
            except (ProtocolError, EditError) as error:
                raise MutationError(f"{mutation}: {error}") from error
            self.applied.append(mutation)
        return current


PolicyMaker = Callable[[Elsewhere], StimulusPolicy]
"""What makes the policy of a connection."""


def _content(octets: bytes, before: Protected) -> bytes:
    """Return the content octets of a tbs or tbp; of one that is no TLV any more, what stands there now."""
    try:
        start = walk(octets).root.content
    except TlvError:
        start = len(before.octets) - len(before.content)
    return octets[start:]

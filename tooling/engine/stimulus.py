"""The policy of the tester's machines: it puts the mutations of a step to work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conform62351.profiles.compatibility.examination import VALUE
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.osi.apdu import AARE, AARQ
from conform62351.profiles.policy import Finding, Policy
from conform62351.profiles.tlv_edit import EditError
from conform62351.tooling.engine.mutating import with_octets, with_value
from conform62351.tooling.engine.mutations import AnyMutation, FieldMutation, MutationError, Replay

Rewrite = Callable[[str, Any], Any]
"""What is done to a value by its PDU's name before it is encoded."""


def _as_it_is(_: str, value: Any) -> Any:
    return value


class StimulusPolicy(Policy):
    """The tester's side: notes what the device does wrong and goes on, cuts TSDUs and applies mutations.

    ``applied`` lists the mutations that reached the wire, for the proof that a stimulus was what the
    case says. ``sent`` holds the octets of every PDU as it was sent last; ``elsewhere`` gives those of
    another connection by its number. ``authenticate`` is what the step wants of authentication values; it
    comes before the mutations.
    """

    def __init__(self, elsewhere: Callable[[int], Mapping[str, bytes]] = lambda _: {}) -> None:
        self.mutations: tuple[AnyMutation, ...] = ()
        self.applied: list[AnyMutation] = []
        self.sent: dict[str, bytes] = {}
        self.authenticate: Rewrite = _as_it_is
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

    def reacts(self, finding: Finding) -> bool:  # noqa: ARG002 - the tester judges, it does not react
        """Return False: findings are evidence for the tester."""
        return False

    def rewrite(self, name: str, value: Any) -> Any:
        """Apply what the step says of authentication, then the field mutations for ``name``.

        Raises:
            MutationError: the PDU has no such field.
        """
        value = self.authenticate(name, value)
        for mutation in self.mutations:
            if mutation.pdu == name and isinstance(mutation, FieldMutation):
                try:
                    value = with_value(mutation, value)
                except (AttributeError, LookupError, TypeError, ValueError) as error:
                    raise MutationError(f"{mutation}: {error}") from error
                self.applied.append(mutation)
        if isinstance(value, AARQ | AARE):
            self._carries(value.authentication_value)
        return value

    def _carries(self, authentication_value: bytes | None) -> None:
        if authentication_value is None:
            self.sent.pop(VALUE, None)
        else:
            self.sent[VALUE] = authentication_value

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        """Apply the octet mutations for ``name``, in the order in which the case lists them.

        Raises:
            MutationError: the PDU has no such position or element.
        """
        current: bytes | None = octets
        for mutation in self.mutations:
            if mutation.pdu != name or isinstance(mutation, FieldMutation) or current is None:
                continue
            try:
                if isinstance(mutation, Replay):
                    earlier = self._elsewhere(mutation.of)
                    current = earlier[name]
                    self._carries(earlier.get(VALUE))
                else:
                    current = with_octets(mutation, current)
            except KeyError:
                raise MutationError(f"{mutation}: nothing was sent there")
            except (ProtocolError, EditError) as error:
                raise MutationError(f"{mutation}: {error}") from error
            self.applied.append(mutation)
        if current is not None:
            self.sent[name] = current
        return current

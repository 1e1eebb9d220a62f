"""Mutations: one named change to one PDU of an otherwise valid conversation, as a small value."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any

import msgspec

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.policy import Finding, Policy
from conform62351.profiles.tlv_edit import EditError, Tree
from conform62351.profiles.transport.cotp import Parameter


class MutationError(Exception):
    """A mutation does not fit the PDU that it names: a mistake in the case, not in the device."""


class Mutation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="mutation"):
    """What all mutations share: the PDU that they change, such as ``COTP.CR`` or ``ACSE.AARQ``."""

    pdu: str


class SetField(Mutation, frozen=True, kw_only=True, tag="set"):
    """Encode another value for a field; ``field`` may be a path such as ``contexts.1.abstract_syntax``.

    Octet strings stand in ``octets``, everything else in ``value``: JSON cannot tell them apart.
    """

    field: str
    value: int | str | bool | tuple[Any, ...] | None = None
    octets: bytes | None = None

    def new_value(self) -> Any:
        """Return what to encode."""
        return self.value if self.octets is None else self.octets

    def __str__(self) -> str:
        value = self.value if self.octets is None else self.octets.hex(" ") or "empty"
        return f"{self.pdu}.{self.field} = {value}"


class SetParameter(Mutation, frozen=True, kw_only=True, tag="set-parameter"):
    """Give the parameter ``code`` of a TPDU another value, or one where it has none; None leaves it out."""

    code: int
    octets: bytes | None = None

    def __str__(self) -> str:
        value = "left out" if self.octets is None else f"= {self.octets.hex(' ') or 'empty'}"
        return f"{self.pdu} parameter {self.code:02X} {value}"


class Overwrite(Mutation, frozen=True, kw_only=True, tag="overwrite"):
    """Put other octets over those ``at`` a position; a negative one counts from the end."""

    at: int
    octets: bytes

    def __str__(self) -> str:
        return f"{self.pdu} octets {self.octets.hex(' ')} at {self.at}"


class Insert(Mutation, frozen=True, kw_only=True, tag="insert"):
    """Insert octets before position ``at``; outer lengths of the same PDU stay as they were."""

    at: int
    octets: bytes

    def __str__(self) -> str:
        return f"{self.pdu} with {self.octets.hex(' ')} inserted at {self.at}"


class Append(Mutation, frozen=True, kw_only=True, tag="append"):
    """Add octets behind the PDU."""

    octets: bytes

    def __str__(self) -> str:
        shown = self.octets[:16].hex(" ") + (" …" if len(self.octets) > 16 else "")
        return f"{self.pdu} followed by {shown} ({len(self.octets)} octets)"


class Cut(Mutation, frozen=True, kw_only=True, tag="cut"):
    """Keep only the first ``keep`` octets; a negative number leaves out that many at the end."""

    keep: int

    def __str__(self) -> str:
        return (
            f"{self.pdu} cut after {self.keep} octets"
            if self.keep >= 0
            else f"{self.pdu} {-self.keep} octets short"
        )


class Replace(Mutation, frozen=True, kw_only=True, tag="replace"):
    """Send other octets in place of the whole PDU."""

    octets: bytes

    def __str__(self) -> str:
        return f"{self.pdu} replaced by {self.octets[:24].hex(' ')}"


class Repeat(Mutation, frozen=True, kw_only=True, tag="repeat"):
    """Send the PDU ``times`` over."""

    times: int

    def __str__(self) -> str:
        return f"{self.pdu} sent {self.times} times"


class Withhold(Mutation, frozen=True, kw_only=True, tag="withhold"):
    """Do not send the message that the PDU is part of."""

    def __str__(self) -> str:
        return f"{self.pdu} withheld"


class Edit(Enum):
    """What can be done to one TLV."""

    DROP = "drop"
    DOUBLE = "double"
    REPLACE = "replace"
    INSERT = "insert"
    APPEND = "append"
    CONTENT = "content"
    RETAG = "retag"
    LENGTH = "length"
    INDEFINITE = "indefinite"
    NON_MINIMAL = "non-minimal"
    SWAP = "swap"


class EditTlv(Mutation, frozen=True, kw_only=True, tag="edit-tlv"):
    """Change one TLV of a BER PDU; the lengths around it follow.

    ``path`` leads to it by tags in hexadecimal, the outermost first, as in ``31/a2/a4/30[1]``. ``octets``
    are what is put in: whole TLVs for replace, insert (before it) and append (inside, at the end), the
    content, the identifier octets for retag, the length octets. ``other`` is the second path of swap.
    """

    path: str
    edit: Edit
    octets: bytes = b""
    other: str = ""

    def __str__(self) -> str:
        shown = self.octets[:24].hex(" ") + (" …" if len(self.octets) > 24 else "")
        return " ".join(filter(None, (self.pdu, "element", self.path, self.edit.value, shown, self.other)))


FieldMutation = SetField | SetParameter
AnyMutation = FieldMutation | Overwrite | Insert | Append | Cut | Replace | Repeat | Withhold | EditTlv


def _with_field(value: Any, path: Sequence[str], new: Any) -> Any:
    name, rest = path[0], path[1:]
    if isinstance(value, tuple):
        index = int(name)
        return (*value[:index], _with_field(value[index], rest, new) if rest else new, *value[index + 1 :])
    inner = _with_field(getattr(value, name), rest, new) if rest else new
    return dataclasses.replace(value, **{name: inner})


def _with_value(mutation: FieldMutation, value: Any) -> Any:
    if isinstance(mutation, SetField):
        return _with_field(value, mutation.field.split("."), mutation.new_value())
    parameters = [each for each in value.parameters if each.code != mutation.code]
    if mutation.octets is not None:
        parameters.append(Parameter(mutation.code, mutation.octets))
    return dataclasses.replace(value, parameters=tuple(parameters))


def _with_octets(mutation: AnyMutation, octets: bytes) -> bytes | None:
    match mutation:
        case Overwrite(at=at, octets=new):
            start = at if at >= 0 else len(octets) + at
            if not 0 <= start <= len(octets) - len(new):
                raise MutationError(f"{mutation}: the PDU has {len(octets)} octets")
            return octets[:start] + new + octets[start + len(new) :]
        case Insert(at=at, octets=new):
            start = at if at >= 0 else len(octets) + at
            return octets[:start] + new + octets[start:]
        case Append(octets=new):
            return octets + new
        case Cut(keep=keep):
            return octets[:keep]
        case Replace(octets=new):
            return new
        case Repeat(times=times):
            return octets * times
        case Withhold():
            return None
        case EditTlv():
            return _edited(mutation, octets)
        case SetField() | SetParameter():
            return octets


def _edited(mutation: EditTlv, octets: bytes) -> bytes:
    tree, path, new = Tree(octets), mutation.path, mutation.octets
    match mutation.edit:
        case Edit.DROP:
            tree.drop(path)
        case Edit.DOUBLE:
            tree.double(path)
        case Edit.REPLACE:
            tree.replace(path, new)
        case Edit.INSERT:
            tree.insert(path, new)
        case Edit.APPEND:
            tree.append(path, new)
        case Edit.CONTENT:
            tree.set_content(path, new)
        case Edit.RETAG:
            tree.retag(path, int.from_bytes(new, "big"))
        case Edit.LENGTH:
            tree.set_length(path, new)
        case Edit.INDEFINITE:
            tree.set_indefinite(path)
        case Edit.NON_MINIMAL:
            tree.set_non_minimal(path)
        case Edit.SWAP:
            tree.swap(path, mutation.other)
    return tree.encode()


class StimulusPolicy(Policy):
    """The tester's side: notes what the device does wrong and goes on, cuts TSDUs and applies mutations.

    ``applied`` lists the mutations that reached the wire, for the proof that a stimulus was what the
    case says.
    """

    def __init__(self) -> None:
        self.mutations: tuple[AnyMutation, ...] = ()
        self.applied: list[AnyMutation] = []
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
        """Apply the field mutations for ``name``.

        Raises:
            MutationError: the PDU has no such field.
        """
        for mutation in self.mutations:
            if mutation.pdu == name and isinstance(mutation, FieldMutation):
                try:
                    value = _with_value(mutation, value)
                except (AttributeError, IndexError, TypeError, ValueError) as error:
                    raise MutationError(f"{mutation}: {error}") from error
                self.applied.append(mutation)
        return value

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
                current = _with_octets(mutation, current)
            except (ProtocolError, EditError) as error:
                raise MutationError(f"{mutation}: {error}") from error
            self.applied.append(mutation)
        return current

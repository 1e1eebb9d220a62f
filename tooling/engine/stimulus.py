"""Mutations at work: the policy of the tester's machines, and what it does to values and octets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.osi.spdu_edit import SpduTree
from conform62351.profiles.policy import Finding, Policy
from conform62351.profiles.tlv_edit import EditError, Tree, length_octets
from conform62351.profiles.transport.cotp import Parameter
from conform62351.tooling.engine.mutations import (
    AnyMutation,
    Append,
    Cut,
    Edit,
    EditSpdu,
    EditTlv,
    FieldMutation,
    Insert,
    MutationError,
    Overwrite,
    Pad,
    Repeat,
    Replace,
    SetField,
    SetParameter,
    Withhold,
)

MAXIMUM_GROWTH = 40
"""Octets by which the lengths around a padding may grow: three for each of a dozen levels."""


def _with_field(value: Any, path: Sequence[str], new: Any) -> Any:
    name, rest = path[0], path[1:]
    if isinstance(value, tuple):
        index = int(name)
        return (*value[:index], _with_field(value[index], rest, new) if rest else new, *value[index + 1 :])
    if isinstance(value, Mapping):
        return {**value, name: _with_field(value[name], rest, new) if rest else new}
    old = getattr(value, name)
    inner = _with_field(old, rest, new) if rest else _like(old, new)
    return msgspec.structs.replace(value, **{name: inner})


def _like(old: Any, new: Any) -> Any:
    """Return ``new`` as the list of structs that ``old`` is, where it lists what their members are."""
    if not (isinstance(old, tuple) and old and isinstance(old[0], msgspec.Struct) and isinstance(new, tuple)):
        return new
    item: Any = type(old[0])
    return tuple(item(*map(_as_stored, members)) for members in new)


def _as_stored(member: Any) -> Any:
    """Return a member as structs hold it: what was stored comes back as lists."""
    return tuple(member) if isinstance(member, list) else member


def _with_value(mutation: FieldMutation, value: Any) -> Any:
    if isinstance(mutation, SetField):
        return _with_field(value, mutation.field.split("."), mutation.new_value())
    parameters = [each for each in value.parameters if each.code != mutation.code]
    if mutation.octets is not None:
        parameters.append(Parameter(mutation.code, mutation.octets))
    return msgspec.structs.replace(value, parameters=tuple(parameters))


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
        case EditTlv() | EditSpdu():
            return _edited(mutation, octets)
        case Pad():
            return _padded(mutation, octets)
        case SetField() | SetParameter():
            return octets


def _edited(mutation: EditTlv | EditSpdu, octets: bytes) -> bytes:
    path, new = mutation.path, mutation.octets
    tree: Tree | SpduTree
    match mutation:
        case EditSpdu(edit=Edit.LENGTH, by=by) if by:
            return SpduTree(octets).shift_length(path, by).encode()
        case EditTlv(edit=Edit.INDEFINITE):
            return Tree(octets).set_indefinite(path).encode()
        case EditTlv():
            tree = Tree(octets)
        case EditSpdu():
            tree = SpduTree(octets)
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
        case Edit.NON_MINIMAL:
            tree.set_non_minimal(path)
        case Edit.SWAP:
            tree.swap(path, mutation.other)
        case Edit.INDEFINITE:
            raise MutationError(f"{mutation}: SPDUs have no indefinite length")
    return tree.encode()


def _padded(mutation: Pad, octets: bytes) -> bytes:
    """Return the octets with the element that makes the size right: lengths around it grow with it.

    Where no element does, because a length around it takes another octet just there, the size is the next.
    """
    room = mutation.size - len(octets)
    if room <= 0:
        return octets
    fillings = (
        mutation.identifier + length_octets(count, extra) + b"." * count
        for count in range(max(room - MAXIMUM_GROWTH, 0), room + 1)
        for extra in (0, 1)
    )
    padded = (Tree(octets).insert(mutation.path, filling).encode() for filling in fillings)
    return next(octets for octets in padded if len(octets) >= mutation.size)


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
                except (AttributeError, LookupError, TypeError, ValueError) as error:
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

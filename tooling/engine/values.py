"""From what a mutation holds, which is what JSON can hold, to the values that structs have.

Octets inside a value stand in hexadecimal, a BIT STRING as the list of the positions that are set, a struct
as a mapping of its members or as the list of them, in their order. What kind of value is wanted, the struct
that has the field says.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from conform62351.profiles.asn1.notation import Bits

_UNIONS: Final = (typing.Union, types.UnionType)


def typed(wanted: Any, value: Any) -> Any:
    """Return ``value`` as the type ``wanted``, as far as it has the shape of one; anything else as it is.

    Raises:
        ValueError: text in the place of octets is not hexadecimal.
        TypeError: a struct lacks members that it must have.
    """
    origin, arguments = _shape(wanted)
    if origin in _UNIONS:
        return _one_of(arguments, value)
    if wanted is bytes and isinstance(value, str):
        return bytes.fromhex(value)
    if wanted is Bits and isinstance(value, list | tuple):
        return Bits(frozenset(value))
    if _is_struct(wanted):
        return _struct(wanted, value)
    if origin is tuple and isinstance(value, list | tuple):
        return _items(arguments, value)
    return tuple(value) if isinstance(value, list) else value


def member_type(struct: Any, name: str) -> Any:
    """Return the type of a member of a struct, Any where none is stated."""
    return _hints(type(struct)).get(name, Any) if isinstance(struct, msgspec.Struct) else Any


@functools.cache
def _hints(kind: type[Any]) -> Mapping[str, Any]:
    return typing.get_type_hints(kind)


@functools.cache
def _shape(wanted: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return what a type was made of, and its arguments; None and nothing for a plain one."""
    return typing.get_origin(wanted), typing.get_args(wanted)


@functools.cache
def _is_struct(wanted: Any) -> bool:
    return isinstance(wanted, type) and issubclass(wanted, msgspec.Struct)


def _struct(kind: Any, value: Any) -> Any:
    hints = _hints(kind)
    if isinstance(value, Mapping):
        return kind(**{name: typed(hints[name], member) for name, member in value.items()})
    if isinstance(value, list | tuple):
        if len(value) > len(kind.__struct_fields__):
            raise TypeError(f"{kind.__name__} has {len(kind.__struct_fields__)} members, not {len(value)}")
        members = zip(kind.__struct_fields__, value, strict=False)
        return kind(**{name: typed(hints[name], member) for name, member in members})
    return value


def _one_of(alternatives: Sequence[Any], value: Any) -> Any:
    """Return ``value`` as the first alternative that it has the shape of, as it is if it is one already."""
    if type(value) in alternatives:
        return value
    if isinstance(value, Mapping):
        structs = [kind for kind in alternatives if _is_struct(kind)]
        fitting = [kind for kind in structs if value.keys() <= set(kind.__struct_fields__)]
        return _struct(fitting[0], value) if fitting else value
    for kind in alternatives:
        made = typed(kind, value)
        if made is not value:
            return made
    return value


def _items(kinds: Sequence[Any], values: Sequence[Any]) -> tuple[Any, ...]:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(typed(kinds[0], value) for value in values)
    return tuple(typed(kind, value) for kind, value in zip(kinds, values, strict=False))

"""Properties that are made when they are first asked for, and once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class once(Generic[Value]):
    """A method as a property whose value is kept.

    ``functools.cached_property`` of Python 3.11 has one lock for all instances: while one of them waits for
    revocation data, those of every other association would wait with it.
    """

    def __init__(self, make: Callable[[Any], Value]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    def __get__(self, instance: object, owner: type | None = None) -> Value:
        """Return the value, which stands in the instance from then on."""
        value = instance.__dict__[self._name] = self._make(instance)
        return value

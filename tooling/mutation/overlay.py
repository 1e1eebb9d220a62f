"""One module in the place of what stands on the disk, in this process alone."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class Overlay(MetaPathFinder):
    """Finds the module called ``name`` with the octets ``source``, before anybody else finds it."""

    def __init__(self, name: str, source: bytes) -> None:
        self._name = name
        self._source = source

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,  # noqa: ARG002 - the protocol of finders
    ) -> ModuleSpec | None:
        """Return the specification of the module, None for all others."""
        if fullname != self._name:
            return None
        found = PathFinder.find_spec(fullname, path)
        if found is None or found.origin is None:
            return None
        return ModuleSpec(fullname, _Loader(found.origin, self._source), origin=found.origin)


class _Loader(SourceLoader):
    def __init__(self, origin: str, source: bytes) -> None:
        self._origin = origin
        self._source = source

    def get_filename(self, fullname: str) -> str:  # noqa: ARG002
        """Return where the module stands, so that what it reads beside itself is found."""
        return self._origin

    def get_data(self, path: str) -> bytes:
        """Return the source; there is no cache of what was compiled."""
        if path != self._origin:
            raise OSError(path)
        return self._source


def install(name: str, source: bytes) -> None:
    """Have ``name`` imported from ``source``. It must not have been imported before.

    Raises:
        RuntimeError: it has been.
    """
    if name in sys.modules:
        raise RuntimeError(f"{name} has been imported already")
    sys.meta_path.insert(0, Overlay(name, source))

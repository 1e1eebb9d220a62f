"""Which instructions of some modules a process executes, in all threads that it starts from then on."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from types import CodeType, FrameType
from typing import Any

from conform62351.tooling.mutation.instructions import name_of

Units = Mapping[str, Mapping[str, list[int]]]
"""By module and by name of a code object the numbers of its instructions."""
UNIT = 2
"""Octets of an instruction."""
_Noting = Callable[[FrameType, str, Any], Any]


class Tracer:
    """Notes the instructions of ``modules``, by their dotted names; all of these must have been imported."""

    def __init__(self, modules: Iterable[str]) -> None:
        self._names = {str(sys.modules[name].__file__): name for name in modules}
        self._executed: dict[CodeType, set[int]] = {}
        self._noting: dict[CodeType, _Noting] = {}

    def start(self) -> None:
        """Begin, in this thread and in those that start later."""
        threading.settrace(self._on_call)
        sys.settrace(self._on_call)

    def take(self) -> Units:
        """Return what has been executed since the last time."""
        units: dict[str, dict[str, list[int]]] = {}
        for code, offsets in self._executed.copy().items():
            found = offsets.copy()
            # Whoever is within the code adds to this set.
            offsets.clear()
            if found:
                module = units.setdefault(self._names[code.co_filename], {})
                known = module.get(name_of(code), [])
                module[name_of(code)] = sorted({*known, *(offset // UNIT for offset in found)})
        return units

    def _on_call(self, frame: FrameType, event: str, argument: Any) -> _Noting | None:  # noqa: ARG002
        code = frame.f_code
        if code.co_filename not in self._names:
            return None
        frame.f_trace_lines = False
        frame.f_trace_opcodes = True
        if code not in self._noting:
            self._noting[code] = _noting(self._executed.setdefault(code, set()))
        return self._noting[code]


def _noting(offsets: set[int]) -> _Noting:
    """Return what is called at every instruction of one code object, and puts its place into ``offsets``."""
    add = offsets.add

    def note(frame: FrameType, event: str, argument: Any) -> _Noting:  # noqa: ARG001
        add(frame.f_lasti)
        return note

    return note

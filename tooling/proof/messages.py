"""What is said between the proof and its workers: one JSON object on a line."""

from __future__ import annotations

from typing import Final

import msgspec

MAX_LINE: Final = 4 << 20
BASELINE: Final = "baseline"
OBSTACLE: Final = "obstacle"
"""Instead of a verdict: the valid conversation did not pass, the case could not be played."""


class Describe(msgspec.Struct, frozen=True, tag=True):
    """Tell the faults of the catalogue."""


class Watch(msgspec.Struct, frozen=True, tag=True):
    """Play a case against a correct device, and tell which of ``faults`` would have changed something."""

    case: str
    faults: list[str]


class Try(msgspec.Struct, frozen=True, tag=True):
    """Play a case against a faulty device; ``declared`` tells that it has to fail."""

    case: str
    fault: str
    declared: bool


class Record(msgspec.Struct, frozen=True, tag=True):
    """Play a case against a correct device, and tell what a policy was asked."""

    case: str


Order = Describe | Watch | Try | Record


class FaultFacts(msgspec.Struct, frozen=True):
    """What a fault declares; ``own`` tells that it is one of ours."""

    name: str
    clause: str
    requirement: str
    caught_by: list[str]
    roles: list[str]
    wrong: str
    own: bool


class Described(msgspec.Struct, frozen=True, tag=True):
    """The faults in the order of the catalogue; ``refused`` says why a module is not taken."""

    faults: list[FaultFacts] = []
    refused: str = ""


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The first words of a worker: it has all suites and its credentials, and takes orders."""


class Watched(msgspec.Struct, frozen=True, tag=True):
    """What became of a case with the correct device.

    ``trouble`` says why the case cannot be judged here, empty where the device passes; ``touched`` are the
    faults that would have changed something.
    """

    case: str
    elapsed_s: float
    trouble: str = ""
    touched: list[str] = []


class Tried(msgspec.Struct, frozen=True, tag=True):
    """What became of a case with a faulty device.

    ``verdict`` is that of the case, or :data:`BASELINE` or :data:`OBSTACLE`. ``failing`` are the requirements
    of its failing checks, ``shown`` says what was seen, ``raised`` what came out of the fault's own code.
    """

    case: str
    fault: str
    elapsed_s: float
    verdict: str
    failing: list[str] = []
    shown: str = ""
    raised: str = ""


class TableSeen(msgspec.Struct, frozen=True):
    """A table of checks: identifier, name and clause of each step, in order."""

    table: str
    steps: list[tuple[str, str, str]]


class ValueSeen(msgspec.Struct, frozen=True):
    """What passes a hook under a name: its types, and the fields that they have."""

    hook: str
    name: str
    types: dict[str, list[str]]


class Recorded(msgspec.Struct, frozen=True, tag=True):
    """What a policy was asked in a case."""

    case: str
    tables: list[TableSeen] = []
    values: list[ValueSeen] = []


Answer = Ready | Described | Watched | Tried | Recorded

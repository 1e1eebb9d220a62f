"""What becomes of a fault in a data transfer: diagnostic or alarm, and event (``transfer_outcomes.toml``)."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

import msgspec

from conform62351.profiles.native.outcomes import DIAGNOSTIC, EVENT, EVENT_GROUP, transfer_diagnostics
from conform62351.profiles.policy import Fault, Reaction
from conform62351.profiles.role import Role

_ALARM: Final = "alarm"


class TransferOutcome(msgspec.Struct, frozen=True):
    """How a fault is answered and logged; without a ``diagnostic`` of DtSecAbort it is an alarm.

    ``event`` is ``group.number`` in part 4 of the catalogue.
    """

    diagnostic: str | None
    event: str

    def fault(self, detail: str) -> Fault:
        """Return the fault that has this outcome. Raises ValueError for a diagnostic that does not exist."""
        group, number = map(int, self.event.split("."))
        told: tuple[tuple[str, int], ...] = ()
        if self.diagnostic is not None:
            told = ((DIAGNOSTIC, transfer_diagnostics().index(self.diagnostic)),)
        return Fault(detail, Reaction.ABORT, (*told, (EVENT_GROUP, group), (EVENT, number)))


@functools.cache
def transfer_outcome(step: str, fault: str, role: Role, pdu: str) -> TransferOutcome:
    """Return what becomes of a fault that ``role`` finds by a step in a ``pdu`` (the name of its type).

    Raises:
        KeyError: there is no such line in the table.
    """
    line = transfer_outcomes()[step][fault]
    line = {**line, **line.get(role.value, {})}
    name = line["outcome"]
    return TransferOutcome(None if name == _ALARM else name, line[pdu])


@functools.cache
def transfer_outcomes() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """Return the table as it is in the file: by step and fault."""
    folder = resources.files("conform62351.profiles.native")
    return tomllib.loads(folder.joinpath("transfer_outcomes.toml").read_text("utf-8"))

"""The errors that commands end with, by whose they are; imported once there is one."""

from __future__ import annotations

from typing import Final

from conform62351.pics.faults import DeclarationError
from conform62351.reports.model.eventlog import EventLogError
from conform62351.tooling.engine.planner import NothingSelected
from conform62351.tooling.engine.recipes import RecipeError
from conform62351.tooling.engine.runner import FLAWS_OF_OURS
from conform62351.tooling.frontend.inputs import UsageError
from conform62351.tooling.net.errors import NetError
from conform62351.tooling.proof.pool import PoolError

OF_THE_USER: Final = (UsageError, DeclarationError, RecipeError, EventLogError, NetError)
NOTHING_TO_DO: Final = (NothingSelected,)
OF_THE_HARNESS: Final = (*FLAWS_OF_OURS, PoolError)

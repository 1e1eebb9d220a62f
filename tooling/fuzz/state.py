"""What a campaign keeps on disk so that it can go on: settings, counts, and what it has learnt.

A process that is killed at any moment leaves a folder from which ``--resume`` goes on: nothing is overwritten
that is needed, and at most the case under way is lost.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from conform62351.reports.model.atomic import write_atomically
from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.learnt import Learnt
from conform62351.tooling.fuzz.storing import Slots, StateError

SETTINGS_FILE: Final = "campaign.json"
COUNTS_FILE: Final = "counts.bin"
FORMAT: Final = "conform62351 fuzz 2"
MOST_SORTS: Final = 250
LONGEST_SORT: Final = 160
"""Sorts of reactions that are counted, and characters of each: a device may answer what it likes."""
OTHER_SORTS: Final = "others"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a campaign that goes on has to have in common with the one that began.

    ``device`` says which device it is, ``inputs`` are the hashes of its declarations. ``seed`` is what cases
    are drawn from, ``worker`` which of several workers draws them.
    """

    format: str = FORMAT
    device: str
    inputs: dict[str, str]
    seed: int
    layers: tuple[str, ...]
    stacks: tuple[str, ...]
    roles: tuple[str, ...]
    faults: tuple[str, ...] = ()
    worker: int = 0


class Counts(msgspec.Struct, kw_only=True):
    """How far a campaign is: ``cases`` is also the number of the next case.

    ``seconds`` is the time that it has run, pauses between two runs of it not counted. ``undelivered`` are
    cases whose mutations did not all reach the wire, ``resets`` those of the device. ``layers`` and ``bases``
    count cases, ``reactions`` how often each kind ended a case, ``seen`` how often each finding was met.
    ``swept`` is how far the sweep of each base is, those that began first in front, ``sweeping`` the base
    whose sweep the present stretch belongs to, empty for none.
    """

    cases: int = 0
    seconds: float = 0.0
    undelivered: int = 0
    unavailable: int = 0
    resets: int = 0
    behaviours: int = 0
    layers: dict[str, int] = msgspec.field(default_factory=dict)
    bases: dict[str, int] = msgspec.field(default_factory=dict)
    reactions: dict[str, int] = msgspec.field(default_factory=dict)
    seen: dict[str, int] = msgspec.field(default_factory=dict)
    swept: dict[str, int] = msgspec.field(default_factory=dict)
    sweeping: str = ""

    def drawn(self, case: Case, reaction: str = "", *, delivered: bool = True) -> None:
        """Count a case, and what ended it; of too many sorts of that the later ones are counted together."""
        self.layers[case.layer] = self.layers.get(case.layer, 0) + 1
        self.bases[case.base] = self.bases.get(case.base, 0) + 1
        self.undelivered += not delivered
        if reaction:
            kind = reaction[:LONGEST_SORT]
            if kind not in self.reactions and len(self.reactions) >= MOST_SORTS:
                kind = OTHER_SORTS
            self.reactions[kind] = self.reactions.get(kind, 0) + 1


def read_counts(path: Path) -> Counts | None:
    """Return the counts of a campaign, None where there are none.

    Raises:
        StateError: they are no counts.
    """
    if not path.exists():
        return None
    slots = Slots(path)
    try:
        stored = slots.read()
    finally:
        slots.close()
    return None if stored is None else _counts(path, stored)


class CampaignState:
    """The folder of a campaign: settings once, counts after every case, what was ``learnt`` as it comes."""

    def __init__(self, folder: Path, settings: Settings, *, resume: bool) -> None:
        """Begin a campaign in ``folder``, or go on with the one that is there where ``resume`` says so.

        Raises:
            StateError: there is none to go on with, it is one of other settings, or one is there already.
        """
        self.folder = folder
        path = folder / SETTINGS_FILE
        if resume:
            _compare(path, settings)
        elif path.exists():
            raise StateError(f"{folder} holds a campaign already; --resume goes on with it")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not resume:
                write_atomically(path, msgspec.json.format(msgspec.json.encode(settings)) + b"\n")
            self._slots = Slots(folder / COUNTS_FILE)
        except OSError as error:
            raise StateError(f"{folder}: {error.strerror}") from error
        stored = self._slots.read()
        self.counts = Counts() if stored is None else _counts(folder / COUNTS_FILE, stored)
        self.learnt = Learnt(folder, self.counts.cases)

    def save(self) -> None:
        """Write what was learnt and the counts: from here on the cases that they count are done.

        Raises:
            StateError: the disk takes no more.
        """
        self.learnt.note(self.counts.cases)
        self.counts.behaviours = len(self.learnt.corpus.behaviour)
        self._slots.write(msgspec.json.encode(self.counts))
        self.learnt.settle(self.counts.cases)

    def close(self) -> None:
        """Close the files."""
        self._slots.close()
        self.learnt.close()


def load_settings(folder: Path) -> Settings:
    """Return the settings of the campaign in ``folder``.

    Raises:
        StateError: there is none, or it is one of another version.
    """
    path = folder / SETTINGS_FILE
    try:
        settings = msgspec.json.decode(path.read_bytes(), type=Settings)
    except FileNotFoundError:
        raise StateError(f"{folder} holds no campaign to go on with") from None
    except OSError as error:
        raise StateError(f"{path}: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StateError(f"{path}: not the settings of a campaign: {error}") from error
    if settings.format != FORMAT:
        raise StateError(f"{path}: made by another version: {settings.format!r}, not {FORMAT!r}")
    return settings


def _compare(path: Path, settings: Settings) -> None:
    before = load_settings(path.parent)
    differing = [
        name for name in settings.__struct_fields__ if getattr(before, name) != getattr(settings, name)
    ]
    if differing:
        raise StateError(f"{path.parent}: the campaign there has another {', '.join(differing)}")


def _counts(path: Path, octets: bytes) -> Counts:
    try:
        return msgspec.json.decode(octets, type=Counts)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StateError(f"{path}: not the counts of a campaign: {error}") from error

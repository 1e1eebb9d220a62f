"""Findings: what was found, where, and how to see it again; each in a folder of its own."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from conform62351.pics.pixit_actions import STACKS
from conform62351.tooling.engine.mutations import AnyMutation, FieldMutation
from conform62351.tooling.engine.recipes import MAXIMUM_RECIPE, RecipeError, read_stored
from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.layers import Layer
from conform62351.tooling.fuzz.oracles import Complaint
from conform62351.tooling.fuzz.reactions import Reaction

FORMAT: Final = "conform62351 finding 1"
RECIPE_FILE: Final = "finding.json"
FOLDER: Final = "findings"
UNCONFIRMED: Final = "unconfirmed"
MOST_OF_A_ROW: Final = 2000
MOST_FINDINGS: Final = 500
"""Folders of findings of a campaign: a device that is wrong in all it does is described by less."""
_LAYERS: Final = frozenset(layer.value for layer in Layer)


class Finding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the fuzzer found, as it is stored (JSON) and played again.

    ``case`` shows it behind ``before``, ``rounds`` times over; ``original`` is the case as it was drawn, the
    one with the number ``number`` of a campaign with ``seed``. ``place`` are the PDUs and fields that the
    case changes. When it was played again ``repeated`` times it showed ``confirmed`` times. ``reduced`` tells
    that the reduction came to its end within its budget.
    """

    format: str = FORMAT
    name: str
    seed: int
    number: int
    stack: str
    configuration: str
    place: tuple[str, ...]
    complaint: Complaint
    reaction: Reaction
    confirmed: int
    repeated: int
    reduced: bool
    rounds: int = 1
    before: tuple[Case, ...] = ()
    case: Case
    original: Case

    @property
    def cases(self) -> tuple[Case, ...]:
        """The cases to play, in order."""
        return (*self.before, self.case)


class Known(msgspec.Struct, frozen=True):
    """What tells a finding from others: a campaign remembers this of each, and not the cases."""

    name: str
    complaint: Complaint
    reaction: Reaction
    place: tuple[str, ...]
    row: tuple[tuple[str, ...], ...] = ()
    """The places of its cases, one after another, where it takes several."""

    @classmethod
    def of(cls, finding: Finding) -> Known:
        """Return what is remembered of ``finding``."""
        row = [place_of(case) for case in finding.cases] * finding.rounds
        kept = tuple(row) if 1 < len(row) <= MOST_OF_A_ROW else ()
        return cls(finding.name, finding.complaint, finding.reaction, finding.place, kept)

    def explains(self, complaint: Complaint, cases: Iterable[Case]) -> bool:
        """Return whether a row of cases has in it what leads to this, at the same places as many times."""
        if not self.row or _kind(self.complaint) != _kind(complaint):
            return False
        places = [set(place_of(case)) for case in cases]
        needed = Counter(self.row).items()
        return all(sum(place.issuperset(one) for place in places) >= count for one, count in needed)

    def same_as(self, complaint: Complaint, reaction: Reaction, place: Iterable[str]) -> bool:
        """Return whether what was met is this again: by oracle, by what the device did last, and by place."""
        return (
            _kind(self.complaint) == _kind(complaint)
            and _last(complaint, self.reaction) == _last(complaint, reaction)
            and set(self.place) <= set(place)
        )


def _kind(complaint: Complaint) -> str:
    """Return the oracle; that a device is gone is one thing, whoever notices it first."""
    return complaint.severity if complaint.severity == "unavailable" else complaint.oracle


def _last(complaint: Complaint, reaction: Reaction) -> str:
    """Return what the device did last; how a device that is gone took its leave tells nothing."""
    return "" if complaint.severity == "unavailable" else reaction.last


def place_of(case: Case) -> tuple[str, ...]:
    """Return the PDUs and fields that a case changes, in alphabetical order, without places in lists.

    A case that only changes the order of messages, or how they are cut, is at its base and by its mutators;
    one that changes nothing at its base alone.
    """
    found = {_place_of(placed.mutation) for placed in case.mutations}
    by = ", ".join(sorted(set(case.mutators)))
    return tuple(sorted(found)) or (f"{case.base}: {by}" if by else case.base,)


def _place_of(mutation: AnyMutation) -> str:
    field = getattr(mutation, "field", "") if isinstance(mutation, FieldMutation) else ""
    parts = [part for part in field.split(".") if part and not part.isdigit()]
    return ".".join([mutation.pdu, *parts])


def name_of(complaint: Complaint, reaction: Reaction, place: Iterable[str]) -> str:
    """Return the name of a finding: the same for the same oracle, reaction and place."""
    facts = "\n".join((_kind(complaint), _last(complaint, reaction), *place))
    return f"{complaint.oracle}-{hashlib.sha256(facts.encode()).hexdigest()[:8]}"


class FindingStore:
    """The findings of a campaign below ``folder``, those that repetition has not shown in one beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, finding: Finding) -> Path:
        """Return the folder of a finding."""
        return self._folder / (FOLDER if finding.confirmed else UNCONFIRMED) / finding.name

    def add(self, finding: Finding, evidence: Callable[[Path], None] = lambda _: None) -> bool:
        """Store a finding with what ``evidence`` writes into its folder; return whether there is none yet.

        The folder appears as a whole, so that whoever is killed leaves none or all of it.

        Raises:
            OSError: the disk takes no more.
        """
        path = self.path(finding)
        if path.exists() or len(tuple(self.findings(confirmed=bool(finding.confirmed)))) >= MOST_FINDINGS:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".", dir=path.parent))
        try:
            made.chmod(0o755)
            (made / RECIPE_FILE).write_bytes(_written(finding))
            evidence(made)
            os.rename(made, path)
        except FileExistsError:
            # Another worker was quicker.
            shutil.rmtree(made, ignore_errors=True)
            return False
        except OSError:
            shutil.rmtree(made, ignore_errors=True)
            if path.exists():
                return False
            raise
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
        return True

    def names(self) -> frozenset[str]:
        """Return the names of the findings that were confirmed."""
        return frozenset(path.parent.name for path in (self._folder / FOLDER).glob(f"[!.]*/{RECIPE_FILE}"))

    def load(self, name: str) -> Finding:
        """Read a finding that was confirmed.

        Raises:
            RecipeError: it is not there, or none.
        """
        return load_finding(self._folder / FOLDER / name / RECIPE_FILE)

    def findings(self, *, confirmed: bool = True) -> Iterator[Finding]:
        """Yield the findings that there are, by name.

        Raises:
            RecipeError: a file is no finding.
        """
        folder = self._folder / (FOLDER if confirmed else UNCONFIRMED)
        for path in sorted(folder.glob(f"[!.]*/{RECIPE_FILE}")):
            yield load_finding(path)


def _written(finding: Finding) -> bytes:
    """Return a finding as JSON, on many lines for people as long as it can be read again like that."""
    octets = msgspec.json.encode(finding)
    nicely = msgspec.json.format(octets) + b"\n"
    return nicely if len(nicely) <= MAXIMUM_RECIPE else octets


def load_finding(path: Path) -> Finding:
    """Read a finding.

    Raises:
        RecipeError: no such file, too large, or no finding of this version.
    """
    finding = read_stored(path, Finding, "finding", FORMAT)
    if finding.stack not in STACKS:
        raise RecipeError(f"{path}: no stack {finding.stack!r}")
    for case in finding.cases:
        if case.layer not in _LAYERS:
            raise RecipeError(f"{path}: no layer {case.layer!r}")
    return finding


def is_finding(path: Path) -> bool:
    """Return whether a file says of itself that it is a finding, and not the recipe of a test case."""
    try:
        with path.open("rb") as file:
            octets = file.read(MAXIMUM_RECIPE + 1)
        return msgspec.json.decode(octets, type=_Format).format.startswith("conform62351 finding")
    except (OSError, msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return False


class _Format(msgspec.Struct):
    format: str

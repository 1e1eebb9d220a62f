"""What a campaign has learnt, on disk as it comes: the corpus with its energies, and the map of behaviour.

Of each case one short line says what it was made from and which traits it showed; from these all counts come
back. Every so many cases the counts themselves are written and the lines are removed, so that the file stays
small however long a campaign is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from conform62351.reports.model.atomic import write_atomically
from conform62351.tooling.fuzz.behaviour import Seen
from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.corpus import Corpus, Entry
from conform62351.tooling.fuzz.reactions import Reaction
from conform62351.tooling.fuzz.storing import Journal, StateError

JOURNAL_FILE: Final = "journal.jsonl"
PLAYED_FILE: Final = "played.jsonl"
LEARNT_FILE: Final = "learnt.json"
SETTLED_EVERY: Final = 4096
"""Cases after which counts are written whole."""
MOST_FLAWS: Final = 100


class Played(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one case did to the corpus and the map: the entry of number ``chosen`` was mutated further.

    ``known`` are the numbers of traits that had been seen before, ``reaction`` is the key of a reaction that
    had not. ``flaw`` says what went wrong in the tester.
    """

    number: int
    chosen: int | None = None
    known: tuple[int, ...] = ()
    reaction: str = ""
    flaw: str = ""


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """The counts before case ``number``: ``chosen`` of entries in the corpus, ``counts`` of all traits."""

    number: int
    chosen: dict[int, int]
    counts: tuple[int, ...]
    reactions: tuple[str, ...]
    flaws: dict[int, str]


class Learnt:
    """What the first ``done`` cases of the campaign in ``folder`` have taught.

    ``corpus`` is what is mutated further; ``flaws`` say by case what went wrong in the tester.

    Raises:
        StateError: what is there cannot be read.
    """

    def __init__(self, folder: Path, done: int) -> None:
        self.corpus = Corpus()
        self.flaws: dict[int, str] = {}
        self._path = folder / LEARNT_FILE
        self._entries = Journal(folder / JOURNAL_FILE, Entry)
        self._played = Journal(folder / PLAYED_FILE, Played)
        self._settled = 0
        self._begin(done)
        try:
            self._restore(done)
        except (LookupError, ValueError) as error:
            raise StateError(f"{folder}: what the campaign has learnt is damaged: {error!r}") from error

    def _restore(self, done: int) -> None:
        settled = self._read_settled(done)
        self._settled = settled.number
        self.flaws.update(settled.flaws)
        entries = {entry.number: entry for entry in self._entries.read(lambda entry: entry.number < done)}
        early = [entry for entry in entries.values() if entry.number < settled.number]
        traits = (trait for entry in early for trait in entry.traits)
        self.corpus.behaviour.restore(traits, settled.counts, settled.reactions)
        for entry in early:
            if entry.number in settled.chosen:
                self.corpus.add(entry, settled.chosen[entry.number])
        for played in self._played.read(lambda played: played.number < done):
            if played.number >= settled.number:
                self._replay(played, entries.get(played.number))

    def _replay(self, played: Played, entry: Entry | None) -> None:
        if played.chosen is not None:
            self.corpus.spend(played.chosen)
        new = () if entry is None else entry.traits
        self.corpus.behaviour.add(Seen(new, played.known, played.reaction))
        if entry is not None:
            self.corpus.add(entry)
        if played.flaw:
            self.flaws[played.number] = played.flaw

    def _read_settled(self, done: int) -> Settled:
        try:
            settled = msgspec.json.decode(self._path.read_bytes(), type=Settled)
        except FileNotFoundError:
            return Settled(number=0, chosen={}, counts=(), reactions=(), flaws={})
        except OSError as error:
            raise StateError(f"{self._path}: {error.strerror}") from error
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise StateError(f"{self._path}: {error}") from error
        if settled.number > done:
            raise StateError(f"{self._path}: knows of more than the {done} cases that were counted")
        return settled

    def _begin(self, number: int) -> None:
        """Have nothing noted of case ``number`` yet."""
        self._number = number
        self._chosen: int | None = None
        self._seen = Seen()
        self._flaw = ""

    def spend(self, entry: Entry) -> None:
        """Take note that the case under way was made from ``entry``."""
        self.corpus.spend(entry.number)
        self._chosen = entry.number

    def take(self, number: int, case: Case, reaction: Reaction) -> None:
        """Take what the device did about case ``number``.

        Raises:
            StateError: the disk takes no more.
        """
        self._seen, entry = self.corpus.take(number, case, reaction)
        if entry is not None:
            self._entries.add(entry)

    def flawed(self, number: int, told: str) -> None:
        """Take note of what went wrong in the tester; of too many such cases the later ones are not kept."""
        if number not in self.flaws and len(self.flaws) < MOST_FLAWS:
            self.flaws[number] = self._flaw = told

    def note(self, done: int) -> None:
        """Write what the case under way has done to all this, once it is among those that are ``done``.

        Raises:
            StateError: the disk takes no more.
        """
        if self._number >= done:
            return
        if self._chosen is not None or any(self._seen) or self._flaw:
            self._played.add(
                Played(
                    number=self._number,
                    chosen=self._chosen,
                    known=self._seen.known,
                    reaction=self._seen.reaction,
                    flaw=self._flaw,
                )
            )
        self._begin(done)

    def settle(self, done: int) -> None:
        """Write the counts whole now and then, once ``done`` cases are counted elsewhere.

        Raises:
            StateError: the disk takes no more.
        """
        if done - self._settled < SETTLED_EVERY:
            return
        behaviour = self.corpus.behaviour
        settled = Settled(
            number=done,
            chosen=self.corpus.chosen,
            counts=behaviour.counts,
            reactions=behaviour.reactions,
            flaws=self.flaws,
        )
        try:
            write_atomically(self._path, msgspec.json.encode(settled))
        except OSError as error:
            raise StateError(f"{self._path}: {error.strerror}") from error
        # Lines that are left behind here are older than what was written, and passed over.
        self._played.clear()
        self._settled = done

    def close(self) -> None:
        """Close the files."""
        self._entries.close()
        self._played.close()

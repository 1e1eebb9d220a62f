"""The findings of a campaign while it goes on: which are known, met again, new, and stored with evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from conform62351.tooling.engine.runner import located
from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.evidence import Evidence
from conform62351.tooling.fuzz.examining import Examiner, NotPlayable
from conform62351.tooling.fuzz.findings import MOST_FINDINGS, Finding, FindingStore, Known, name_of
from conform62351.tooling.fuzz.oracles import Complaint
from conform62351.tooling.fuzz.reactions import Reaction
from conform62351.tooling.fuzz.target import DeviceGone

MOST_TRIES: Final = 3
"""How often it is tried to confirm what comes again and again, and never when it is wanted."""
FURTHER_ONES: Final = "further findings"
"""What is counted as met in place of findings for which there is no room any more."""


class Keeper:
    """Keeps the findings of ``store``, which other processes may add to as well.

    ``seen`` counts how often each was met, by name. ``doing`` is told what is done, ``flaw`` what goes wrong
    in the tester itself.
    """

    def __init__(
        self,
        examiner: Examiner,
        store: FindingStore,
        evidence: Evidence,
        seen: dict[str, int],
        *,
        doing: Callable[[str], None],
        flaw: Callable[[int, str], None],
    ) -> None:
        self._examiner = examiner
        self._store = store
        self._evidence = evidence
        self._seen = seen
        self._doing = doing
        self._flaw = flaw
        self._confirmed = {one.name: Known.of(one) for one in store.findings()}
        self._unconfirmed = Counter(one.name for one in store.findings(confirmed=False))

    @property
    def findings(self) -> int:
        """How many were confirmed."""
        return len(self._confirmed)

    @property
    def unconfirmed(self) -> int:
        """How many complaints there are that no repetition has shown."""
        return len(self._unconfirmed)

    def known(self, complaint: Complaint, reaction: Reaction, place: tuple[str, ...]) -> str | None:
        """Return the name of what is known of a complaint, confirmed or not, by any process."""
        found = self._confirmed_as(complaint, reaction, place)
        if found is None:
            self._look_around()
            found = self._confirmed_as(complaint, reaction, place)
        if found is not None:
            return found
        name = name_of(complaint, reaction, place)
        if self._unconfirmed[name] >= MOST_TRIES:
            return name
        return FURTHER_ONES if len(self._confirmed) >= MOST_FINDINGS else None

    def _confirmed_as(self, complaint: Complaint, reaction: Reaction, place: tuple[str, ...]) -> str | None:
        known = self._confirmed.values()
        return next((one.name for one in known if one.same_as(complaint, reaction, place)), None)

    def explained(self, complaint: Complaint, cases: Sequence[Case]) -> str | None:
        """Return the name of a finding of several cases that is known and explains a complaint about more."""
        return next((one.name for one in self._confirmed.values() if one.explains(complaint, cases)), None)

    def met(self, name: str) -> None:
        """Count one more time that a finding was met."""
        self._seen[name] = self._seen.get(name, 0) + 1

    def keep(self, finding: Finding) -> None:
        """Store a finding with its evidence, unless it has turned out to be one that is known.

        Raises:
            OSError: the disk takes no more.
        """
        if not finding.confirmed:
            if finding.name in self._unconfirmed or len(self._unconfirmed) < MOST_FINDINGS:
                self._unconfirmed[finding.name] += 1
                self._store.add(finding)
            return
        known = self.known(finding.complaint, finding.reaction, finding.place)
        if known is not None and known not in self._unconfirmed:
            self.met(known)
            return
        self.met(finding.name)
        self._confirmed[finding.name] = Known.of(finding)
        self._doing(f"recording {finding.name}")
        self._store.add(finding, lambda folder: self._record(finding, folder))

    def _look_around(self) -> None:
        """Take in what other processes have found by now."""
        for name in self._store.names() - self._confirmed.keys():
            self._confirmed[name] = Known.of(self._store.load(name))

    def _record(self, finding: Finding, folder: Path) -> None:
        """Play a finding once more, with all that is sent and received kept; it is stored in any case."""
        self._examiner.rest()
        try:
            if finding.before or finding.rounds > 1:
                self._examiner.target.fresh()
            else:
                self._examiner.target.bring_back()
            with self._evidence.kept(folder, finding.stack, capture=finding.rounds == 1):
                self._examiner.shows(finding.cases, finding.complaint, finding.rounds)
        except (NotPlayable, DeviceGone):
            """What there is of evidence has been written."""
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - a flaw that nobody foresaw must not lose a finding
            self._flaw(finding.number, located(error))

"""Which cases are about something by the words of their texts, and of the names of faults that they catch."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from math import log
from typing import Final

from conform62351.fixtures.faults.registry import DeviceFault

NEAREST: Final = 12
SHORTEST: Final = 3
_WORD: Final = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


class Words:
    """The words of cases, by their ``texts``; one that few of them have counts for more."""

    def __init__(self, faults: Iterable[DeviceFault], texts: Mapping[str, str]) -> None:
        self._of_cases = {case: words(text) for case, text in texts.items()}
        for fault in faults:
            for case in fault.caught_by:
                if case in self._of_cases:
                    self._of_cases[case] |= words(fault.name)
        count = Counter(word for known in self._of_cases.values() for word in known)
        self._weights = defaultdict(
            float, {word: log(len(self._of_cases) / found) for word, found in count.items()}
        )

    def nearest(self, text: str, cases: Collection[str]) -> list[str]:
        """Return those of ``cases`` that have most in common with ``text``, the best first; some at most."""
        wanted = words(text)
        scores = {case: sum(map(self._weights.__getitem__, wanted & self._of_cases[case])) for case in cases}
        return sorted((case for case in cases if scores[case]), key=lambda one: (-scores[one], one))[:NEAREST]


def words(text: str) -> frozenset[str]:
    """Return the words of names, such as ``_own_key``, ``HandshakeReq`` and ``BV-own-numbers``."""
    found = (word.lower().removesuffix("s") for word in _WORD.findall(text))
    return frozenset(word for word in found if len(word) >= SHORTEST)

"""The numbers of associations and the assoID made of them (13.1, N; decisions 12 and 23, I).

The client names its own number, ``7``; the server answers with both, ``7:41``, and both go on with that.
Identifiers are compared as text, so that ``07`` is none.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

NUMBERS: Final = range(1000)
"""The numbers that there are: 1 to 3 digits."""

_NUMBER: Final = r"(?:0|[1-9][0-9]{0,2})"
_REQUESTED: Final = re.compile(_NUMBER)
_ACCEPTED: Final = re.compile(f"({_NUMBER}):{_NUMBER}")


class NumbersTakenError(Exception):
    """Every number is in use: there are as many associations as there can be."""


class Numbers:
    """The numbers that one side has in use, and those that its partners have in use with it.

    A fresh one is the next after the last, not the lowest; ``first`` is that of the first association.
    """

    def __init__(self, first: int = 0) -> None:
        self._taken: set[int] = set()
        self._of_partners: Counter[tuple[bytes, str]] = Counter()
        self._last = first - 1

    def take(self) -> int:
        """Return a number that is not in use, which it is from now on. Raises NumbersTakenError."""
        if len(self._taken) == len(NUMBERS):
            raise NumbersTakenError(f"{len(NUMBERS)} associations are open")
        number = self._last
        while True:
            number = (number + 1) % len(NUMBERS)
            if number not in self._taken:
                break
        self._taken.add(number)
        self._last = number
        return number

    def give_back(self, number: int) -> None:
        """Take back the number of an association that has ended."""
        self._taken.discard(number)

    def meet(self, partner: bytes, number: str) -> bool:
        """Take note of a number that a partner names; return whether it has that one in use already.

        A partner is known by the subject of its certificate.
        """
        self._of_partners[partner, number] += 1
        return self._of_partners[partner, number] > 1

    def forget(self, partner: bytes, number: str) -> None:
        """Take note that an association with a partner's number has ended."""
        key = (partner, number)
        self._of_partners[key] -= 1
        if self._of_partners[key] <= 0:
            del self._of_partners[key]


def is_requested(asso_id: str) -> bool:
    """Return whether ``asso_id`` is one number, as in HandshakeReq."""
    return _REQUESTED.fullmatch(asso_id) is not None


def is_accepted(asso_id: str, client: str) -> bool:
    """Return whether ``asso_id`` is the number ``client``, a colon and one number, as in HandshakeAcc."""
    match = _ACCEPTED.fullmatch(asso_id)
    return match is not None and match[1] == client


def joined(client: str, server: int) -> str:
    """Return the assoID of an accepted association."""
    return f"{client}:{server}"

"""Which suites a server takes, and by whose preference: all are offered, what it chooses is taken away.

A suite costs one probe, one that the server does not have none: it is refused with all the others at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from conform62351.profiles.tls.suites import NOT_SUITES, SUITES, TLS_1_3_SUITES
from conform62351.tooling.scan.answers import Answer
from conform62351.tooling.scan.registry import TLS_1_2

SERVER: Final = "server"
CLIENT: Final = "client"
MIXED: Final = "mixed"

Offer = Callable[[Sequence[int]], Answer]
"""Offers suites and returns the server's answer."""

_ANONYMOUS: Final = ("DH_anon", "ECDH_anon", "NULL")
_STATIC_ECDH: Final = ("ECDH_RSA", "ECDH_ECDSA")


@dataclass(slots=True)
class Found:
    """The suites that a server took, in the order in which it chose them.

    ``order`` is SERVER, CLIENT, or MIXED where it is neither, and empty where fewer than two are there to
    order. ``firsts`` is the first answer for each key exchange, ``refusal`` the answer to what nobody has.
    ``trouble`` says why there may be more; ``plain`` that hellos with extensions find nothing.
    """

    suites: list[int] = field(default_factory=list)
    order: str = ""
    firsts: dict[str, Answer] = field(default_factory=dict)
    refusal: Answer | None = None
    oddities: list[str] = field(default_factory=list)
    trouble: str = ""
    plain: bool = False


def key_exchange(code: int) -> str:
    """Return the key exchange and authentication in a suite's name, such as ``DH_RSA``."""
    name = SUITES.get(code, "")
    return name.partition("_")[2].partition("_WITH_")[0] if "_WITH_" in name else ""


def _family(code: int) -> str:
    exchange = key_exchange(code)
    if exchange in _ANONYMOUS:
        return "anonymous"
    if exchange in _STATIC_ECDH:
        return "static ECDH"
    known = ("RSA", "DH_RSA", "DH_DSS", "DHE_RSA", "DHE_DSS", "ECDHE_RSA", "ECDHE_ECDSA")
    return exchange if exchange in known else "others"


OLDER_SUITES: Final = tuple(code for code in SUITES if code not in TLS_1_3_SUITES and code not in NOT_SUITES)
"""All that TLS 1.2 and its forerunners can negotiate, by number: an order that no server has chosen."""
NEWER_SUITES: Final = tuple(sorted(TLS_1_3_SUITES))
FAMILIES: Final = tuple(tuple(codes) for _, codes in groupby(sorted(OLDER_SUITES, key=_family), key=_family))
"""The older suites by key exchange, for servers that stumble over one of them."""


def search(offer: Offer, version: int, candidates: Sequence[int], found: Found, *, families: bool) -> None:
    """Add to ``found`` the suites that a server takes in ``version``, and whose preference counts.

    A server may choose a suite and then find that it cannot do it, and so refuse an offer that holds others:
    with ``families`` what is left at the end is offered by key exchanges once more. Where nothing at all was
    taken that is done for TLS 1.2 alone.
    """
    left = _eliminate(offer, version, list(candidates), found)
    if families and (found.suites or version == TLS_1_2):
        late = len(found.suites)
        for family in FAMILIES:
            _eliminate(offer, version, [code for code in family if code in left], found)
        if len(found.suites) > late:
            found.oddities.append("takes some suites only where others are not offered")
            _reorder(offer, version, found)
    _whose_order(offer, version, found)


def _eliminate(offer: Offer, version: int, left: list[int], found: Found) -> set[int]:
    """Add what the server takes of ``left`` to ``found``; return what it does not."""
    while left:
        answer = offer(left)
        chosen = None if answer.hello is None else answer.hello.suite
        if chosen is None or answer.version != version:
            found.refusal = found.refusal or answer
            if not answer.ending.tells:
                found.trouble = found.trouble or f"{len(found.suites)} suites were found before: {answer}"
            break
        if chosen not in left:
            found.oddities.append(f"chooses {chosen:04X}, which was not offered")
            break
        found.suites.append(chosen)
        found.firsts.setdefault(key_exchange(chosen), answer)
        left.remove(chosen)
    return set(left)


def _reorder(offer: Offer, version: int, found: Found) -> None:
    again = Found()
    rest = _eliminate(offer, version, list(found.suites), again)
    found.suites = [*again.suites, *(code for code in found.suites if code in rest)]


def _whose_order(offer: Offer, version: int, found: Found) -> None:
    """Offer what was found the other way round."""
    if len(found.suites) < 2:
        return
    answer = offer(found.suites[::-1])
    if answer.hello is None or answer.version != version:
        found.oddities.append("refuses its own suites in another order")
    elif answer.hello.suite == found.suites[0]:
        found.order = SERVER
    elif answer.hello.suite == found.suites[-1]:
        found.order = CLIENT
    else:
        found.order = MIXED

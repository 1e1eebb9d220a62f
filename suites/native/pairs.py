"""Algorithms, groups, lengths of tags and certificates together: each pair of them at least once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

from conform62351.profiles.role import Role
from conform62351.suites.native.agreements import (
    CBC,
    CLEAR_CLIENT,
    GCM,
    HMAC,
    SEPARATE_CLIENT,
    TAG_LENGTHS,
    agrees,
    code,
)
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_SEPARATE,
    OWN,
    SERVER,
    SERVER_BASELINE,
)
from conform62351.suites.native.credentials import CREDENTIALS
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake, ModeName
from conform62351.tooling.engine.steps import Conversation, conversation

SELECTS = "R-E2E-accept-selects-one"
ANY_OFFER = "R-E2E-accept-of-any-offer"

GROUPS = {"modp-2048": "E2E.group-14", "group-23": "E2E.group-23", "brainpoolP256r1": "E2E.group-28"}
"""The groups by the names of steps, and the item of the PICS that claims each."""
NO_ICV = ""
MODES: Mapping[ModeName, str] = {
    "ae": "T11.AE",
    "separate": "T11.non-AE",
    "clear": "T11.non-AE",
}
FACTORS: Mapping[ModeName, tuple[Sequence[str], ...]] = {
    "ae": (GCM, (NO_ICV,)),
    "separate": (CBC, (HMAC, *GCM)),
    "clear": ((NO_ICV,), (HMAC, *GCM)),
}
"""What encrypts and what makes the ICV, by the mode."""

Row = tuple[str | int, ...]


def pairwise(factors: Sequence[Sequence[str | int]]) -> Iterator[Row]:
    """Yield rows of one value of each factor, until each pair of values of two factors has come.

    Each row is the first of those that have the most pairs which have not come yet.
    """
    places = tuple(combinations(range(len(factors)), 2))
    open_pairs = {(a, b, x, y) for a, b in places for x, y in product(factors[a], factors[b])}
    rows = tuple(product(*factors))
    while open_pairs:
        made = [{(a, b, row[a], row[b]) for a, b in places} for row in rows]
        best = max(range(len(rows)), key=lambda number: len(made[number] & open_pairs))
        open_pairs -= made[best]
        yield rows[best]


def _combined(role: Role, requirement: str, mode: ModeName) -> Iterator[Conversation]:
    """Agree on each pair of what the factors of a mode are."""
    encryptions, icvs = FACTORS[mode]
    for row in pairwise((encryptions, icvs, TAG_LENGTHS, tuple(GROUPS), tuple(CREDENTIALS))):
        encryption, icv, length, group, credential = map(str, row)
        ae = _by(encryption, length) if mode == "ae" else ""
        integrity = _by(icv, length)
        how = Handshake(
            mode=mode,
            groups=(group,),
            ae=(ae,) if ae else (),
            encryption=(encryption,) if mode == "separate" else (),
            integrity=(integrity,) if integrity else (),
            credential=credential,
        )
        steps = agrees(role, requirement, how, mode=mode, encryption=ae or encryption, integrity=integrity)
        yield conversation(
            steps,
            label=", ".join(filter(None, (ae or encryption, integrity, group, credential))),
            pics=_claims(role, mode, encryption, icv, group, credential),
        )


def _by(name: str, length: str) -> str:
    return f"{name}/{length}" if name in GCM else name


def _claims(role: Role, mode: ModeName, encryption: str, icv: str, group: str, credential: str) -> str:
    """Return the condition that the PICS claims all of it."""
    rows = [encryption] if encryption else []
    rows += [icv if icv == HMAC else f"{icv}-ICV"] if icv else []
    codes = [MODES[mode], GROUPS[group]]
    if mode == "clear":
        codes.append("E2E.integrity-only")
    if mode == "separate":
        codes.append("E2E.non-AE-encryption")
    claimed = " and ".join(f"{item}.{role.value}" for item in codes)
    return f"{claimed} and {code(role, *rows, CREDENTIALS[credential])}"


@case(
    "E2E/SRV/PAIRS/BV-combinations",
    SELECTS,
    *OWN,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_combinations() -> Iterator[Conversation]:
    """A server takes whatever combination of mode, algorithms, length of tags, group and certificate of the
    partner is offered alone, and answers reads over it.

    In each mode every pair of two of them comes at least once, as far as the PICS claims both.
    """
    for mode in FACTORS:
        yield from _combined(Role.SERVER, SELECTS, mode)


@case(
    "E2E/CLI/PAIRS/BV-combinations-AE",
    ANY_OFFER,
    *OWN,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_ae_combinations() -> Iterator[Conversation]:
    """A client that offers authenticated encryption goes on with whatever combination of algorithm, length of
    tags, group and certificate of the server is selected.
    """
    return _combined(Role.CLIENT, ANY_OFFER, "ae")


@case(
    "E2E/CLI/PAIRS/BV-combinations-separate",
    ANY_OFFER,
    *OWN,
    pics=SEPARATE_CLIENT,
    configuration=NATIVE_SEPARATE,
)
def client_separate_combinations() -> Iterator[Conversation]:
    """A client that offers encryption with a separate ICV goes on with whatever combination of algorithms,
    length of tags, group and certificate of the server is selected.
    """
    return _combined(Role.CLIENT, ANY_OFFER, "separate")


@case(
    "E2E/CLI/PAIRS/BV-combinations-integrity",
    ANY_OFFER,
    *OWN,
    pics=CLEAR_CLIENT,
    configuration=NATIVE_CLEAR,
)
def client_clear_combinations() -> Iterator[Conversation]:
    """A client that offers an ICV alone goes on with whatever combination of ICV, its length, group and
    certificate of the server is selected.
    """
    return _combined(Role.CLIENT, ANY_OFFER, "clear")

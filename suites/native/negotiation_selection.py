"""Algorithms that a client does not take of a selection (rows 21 and 22 of clause 14)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.suites.native.agreements import (
    CLEAR_CLIENT,
    OPTIONAL_TAG_LENGTHS,
    SEPARATE_CLIENT,
    code,
)
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_SEPARATE,
)
from conform62351.suites.native.denials import ALGORITHMS_OFFERED, Denied, denied_each
from conform62351.suites.native.identifiers import HMAC, UNKNOWN, Identifier, aea, in_mode, named, non_aea
from conform62351.suites.native.negotiation_algorithms import NOT_CBC, NOT_GCM, NOT_ICV
from conform62351.suites.native.negotiation_modes import CLEAR_BASELINE, SEPARATE_BASELINE
from conform62351.suites.native.refusals import Way, beginning, refused, refuses_each, way
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.steps import Conversation, conversation

AE_ONE = "R-E2E-AE-one"
AE_OFFERED = "R-E2E-AE-algorithm-offered"
ENCRYPTION_ONE = "R-E2E-encryption-one"
ENCRYPTION_OFFERED = "R-E2E-encryption-algorithm-offered"
ICV_ONE = "R-E2E-ICV-one"
ICV_OFFERED = "R-E2E-ICV-algorithm-offered"

GOOD_ICV = (named(HMAC),)
GOOD_ENCRYPTION = (named("aes256-CBC"),)


def _ae(*algorithms: Identifier) -> Way:
    return way(*in_mode(Role.CLIENT, aea(*algorithms)))


def _separate(*encryption: Identifier, integrity: tuple[Identifier, ...] = GOOD_ICV) -> Way:
    return way(*in_mode(Role.CLIENT, non_aea(integrity, encryption)))


def _beside(*integrity: Identifier) -> Way:
    return _separate(*GOOD_ENCRYPTION, integrity=integrity)


def _clear(*integrity: Identifier) -> Way:
    return way(*in_mode(Role.CLIENT, non_aea(integrity), protected=False))


def _one_not_offered(requirement: str, rows: tuple[str, str], sent: Way) -> Conversation:
    """Show that two selected algorithms, one of which was not offered, are refused for either reason."""
    steps = refused(requirement, rows, Role.CLIENT, sent)
    return conversation(beginning(Role.CLIENT), steps, label="one offered, one unknown")


@case(
    "E2E/CLI/SELECT/BI-AE-several",
    AE_ONE,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_ae_several() -> Iterator[Conversation]:
    """A client answers single-ae-algorithm-required when more algorithms of authenticated encryption than
    one are selected.
    """
    first, second = named("aes128-GCM"), named("aes256-GCM")
    ways = {"two of those offered": _ae(first, second), "the same twice": _ae(second, second)}
    yield from refuses_each(Role.CLIENT, AE_ONE, "21.3", ways)
    yield _one_not_offered(AE_ONE, ("21.3", "21.4"), _ae(first, UNKNOWN))


@case(
    "E2E/CLI/SELECT/BI-AE-algorithm",
    AE_OFFERED,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_ae_algorithm() -> Iterator[Conversation]:
    """A client answers invalid-ae-algorithm when the algorithm of authenticated encryption that is
    selected is none of those offered: another one, other lengths of tags, other parameters.
    """
    ways = {label: _ae(value) for label, value in NOT_GCM.items()}
    yield from refuses_each(Role.CLIENT, AE_OFFERED, "21.4", ways)
    denied = {
        f"tags of {length} octets": Denied(
            f"not E2E.tag-length-{length}.client",
            _ae(named(f"aes256-GCM/{length}")),
            ALGORITHMS_OFFERED,
            f"aes256-GCM/{length}",
        )
        for length in OPTIONAL_TAG_LENGTHS
    }
    yield from denied_each(Role.CLIENT, AE_OFFERED, "21.4", denied)


@case(
    "E2E/CLI/SELECT/BI-encryption-several",
    ENCRYPTION_ONE,
    EVENT,
    pics=SEPARATE_CLIENT,
    baseline=SEPARATE_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_encryption_several() -> Iterator[Conversation]:
    """A client answers single-encrypt-algo-required when more algorithms of encryption than one are
    selected.
    """
    first, second = named("aes128-CBC"), named("aes256-CBC")
    ways = {"two of those offered": _separate(first, second), "the same twice": _separate(second, second)}
    yield from refuses_each(Role.CLIENT, ENCRYPTION_ONE, "22.3", ways)
    yield _one_not_offered(ENCRYPTION_ONE, ("22.3", "22.4"), _separate(first, UNKNOWN))


@case(
    "E2E/CLI/SELECT/BI-encryption-algorithm",
    ENCRYPTION_OFFERED,
    EVENT,
    pics=SEPARATE_CLIENT,
    baseline=SEPARATE_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_encryption_algorithm() -> Iterator[Conversation]:
    """A client answers invalid-encryption-algorithm when the algorithm of encryption that is selected is
    none of those offered.
    """
    ways = {label: _separate(value) for label, value in NOT_CBC.items()}
    return refuses_each(Role.CLIENT, ENCRYPTION_OFFERED, "22.4", ways)


def _several_icvs(beside: bool) -> Iterator[Conversation]:
    """Select several ICVs of those offered, and one that is not."""
    sent = _beside if beside else _clear
    hmac, gmac = named(HMAC), named("aes256-GCM")
    yield from refuses_each(Role.CLIENT, ICV_ONE, "22.5", {"the same twice": sent(hmac, hmac)})
    two = refused(ICV_ONE, ("22.5",), Role.CLIENT, sent(hmac, gmac))
    pics = code(Role.CLIENT, "aes256-GCM-ICV")
    yield conversation(beginning(Role.CLIENT), two, label="two of those offered", pics=pics)
    yield _one_not_offered(ICV_ONE, ("22.5", "22.6"), sent(hmac, UNKNOWN))


def _other_icvs(beside: bool) -> Iterator[Conversation]:
    """Select an ICV that has not been offered."""
    sent = _beside if beside else _clear
    ways = {label: sent(value) for label, value in NOT_ICV.items()}
    yield from refuses_each(Role.CLIENT, ICV_OFFERED, "22.6", ways)
    denied = {
        f"GMAC of {length} octets": Denied(
            f"not E2E.tag-length-{length}.client",
            sent(named(f"aes256-GCM/{length}")),
            ALGORITHMS_OFFERED,
            f"aes256-GCM/{length}",
        )
        for length in OPTIONAL_TAG_LENGTHS
    }
    yield from denied_each(Role.CLIENT, ICV_OFFERED, "22.6", denied)


@case(
    "E2E/CLI/SELECT/BI-ICV-several-separate",
    ICV_ONE,
    EVENT,
    pics=SEPARATE_CLIENT,
    baseline=SEPARATE_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_icv_several_separate() -> Iterator[Conversation]:
    """A client answers single-icv-algo-required when more ICVs than one are selected beside encryption."""
    return _several_icvs(beside=True)


@case(
    "E2E/CLI/SELECT/BI-ICV-several-integrity",
    ICV_ONE,
    EVENT,
    pics=CLEAR_CLIENT,
    baseline=CLEAR_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_icv_several_clear() -> Iterator[Conversation]:
    """A client answers single-icv-algo-required when more ICVs than one are selected, without encryption."""
    return _several_icvs(beside=False)


@case(
    "E2E/CLI/SELECT/BI-ICV-algorithm-separate",
    ICV_OFFERED,
    EVENT,
    pics=SEPARATE_CLIENT,
    baseline=SEPARATE_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_icv_algorithm_separate() -> Iterator[Conversation]:
    """A client answers icv-algorithms-not-supported when the ICV that is selected beside encryption is
    none of those offered.
    """
    return _other_icvs(beside=True)


@case(
    "E2E/CLI/SELECT/BI-ICV-algorithm-integrity",
    ICV_OFFERED,
    EVENT,
    pics=CLEAR_CLIENT,
    baseline=CLEAR_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_icv_algorithm_clear() -> Iterator[Conversation]:
    """A client answers icv-algorithms-not-supported when the ICV that is selected without encryption is
    none of those offered.
    """
    return _other_icvs(beside=False)

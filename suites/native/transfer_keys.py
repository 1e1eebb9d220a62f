"""Data protected by other keys or over other octets, and what a bad ICV covers: row 6 of the checks."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_SEPARATE,
    SERVER,
    SERVER_BASELINE,
)
from conform62351.suites.native.transfers import (
    CLIENT_CLEAR,
    CLIENT_SEPARATE,
    ICV,
    MODES,
    ONE_AE,
    ONE_CLEAR,
    SERVER_SEPARATE,
    Mutations,
    aborts,
    every,
    token,
)
from conform62351.suites.native.ways import AE, CLEAR, SEPARATE, WAYS, Way
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import FlipBit, SetField, SetTime
from conform62351.tooling.engine.steps import Conversation

EXTENT = "R-E2E-transfer-ICV-extent"
KEYS = "R-E2E-transfer-keys"
FIRST = "R-E2E-transfer-ICV-first"


def otherwise(way: Way, field: str, value: str) -> Mutations:
    """Return the mutation that protects a message otherwise than is right."""
    return (SetField(pdu=f"{way.data}.protection", field=field, value=value),)


def other_extent(way: Way) -> dict[str, Mutations]:
    """Return what is made over identifier and length, too."""
    return {"": otherwise(way, "covers", "whole TLV")}


@case("E2E/SRV/DT/BI-ICV-extent", EXTENT, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_other_extent() -> Iterator[Conversation]:
    """An ICV over tbp with its identifier and length, or a tag over token2 with them, makes a server end the
    association without a diagnostic.
    """
    return aborts(Role.SERVER, EXTENT, every(WAYS), other_extent, ICV)


@case(
    "E2E/CLI/DT/BI-ICV-extent", EXTENT, EVENT, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE
)
def client_other_extent() -> Iterator[Conversation]:
    """A tag over token2 with its identifier and length makes a client end the association without a
    diagnostic.
    """
    return aborts(Role.CLIENT, EXTENT, every(AE), other_extent, ICV)


@case(
    "E2E/CLI/DT/BI-ICV-extent-clear",
    EXTENT,
    EVENT,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_other_extent_clear() -> Iterator[Conversation]:
    """An ICV over tbp with its identifier and length makes a client end the association without a
    diagnostic.
    """
    return aborts(Role.CLIENT, EXTENT, every(CLEAR), other_extent, ICV)


def other_direction(way: Way) -> dict[str, Mutations]:
    """Return what is protected by the keys that the DUT sends with."""
    return {"": otherwise(way, "keys", "peer")}


@case("E2E/SRV/DT/BI-direction-key", KEYS, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_other_direction() -> Iterator[Conversation]:
    """Data under the keys of the server's own direction make a server end the association without a
    diagnostic.
    """
    return aborts(Role.SERVER, KEYS, every(WAYS), other_direction, ICV)


@case(
    "E2E/CLI/DT/BI-direction-key",
    KEYS,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_other_direction() -> Iterator[Conversation]:
    """Data under the key of the client's own direction make a client end the association without a
    diagnostic.
    """
    return aborts(Role.CLIENT, KEYS, every(AE), other_direction, ICV)


@case(
    "E2E/CLI/DT/BI-direction-key-separate",
    KEYS,
    EVENT,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_other_direction_separate() -> Iterator[Conversation]:
    """Data under the keys for encryption and ICV of the client's own direction make a client end the
    association without a diagnostic.
    """
    return aborts(Role.CLIENT, KEYS, every(SEPARATE), other_direction, ICV)


@case(
    "E2E/CLI/DT/BI-direction-key-clear",
    KEYS,
    EVENT,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_other_direction_clear() -> Iterator[Conversation]:
    """Data with an ICV under the key of the client's own direction make a client end the association without
    a diagnostic.
    """
    return aborts(Role.CLIENT, KEYS, every(CLEAR), other_direction, ICV)


def other_use(way: Way) -> dict[str, Mutations]:
    """Return what has an ICV by the key for encryption."""
    return {"": otherwise(way, "keys", "encryption")}


@case(
    "E2E/SRV/DT/BI-use-key",
    KEYS,
    EVENT,
    pics=SERVER_SEPARATE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_other_use() -> Iterator[Conversation]:
    """An ICV by the key that is for encryption makes a server end the association without a diagnostic."""
    return aborts(Role.SERVER, KEYS, every(SEPARATE), other_use, ICV)


@case(
    "E2E/CLI/DT/BI-use-key",
    KEYS,
    EVENT,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_other_use() -> Iterator[Conversation]:
    """An ICV by the key that is for encryption makes a client end the association without a diagnostic."""
    return aborts(Role.CLIENT, KEYS, every(SEPARATE), other_use, ICV)


def not_to_be_believed(way: Way) -> dict[str, Mutations]:
    """Return faults within what a bad ICV or tag covers."""
    broken = FlipBit(pdu=way.data, at=-1)
    rekey = {"dhGroup": 99, "dhPublicKey": "00"}
    return {
        "the time": (SetTime(pdu=f"{way.data}.token", boundary="past", inside=False), broken),
        "seq": (token(way, "seq", 5), broken),
        "rekey": (token(way, "rekey", rekey), broken),
        "changedKey": (token(way, "changedKey", value=True), broken),
    }


@case("E2E/SRV/DT/BI-ICV-first", FIRST, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_believes_nothing() -> Iterator[Conversation]:
    """With a bad ICV or tag a server tells nothing of what is wrong within: there is no diagnostic, and the
    event is that of the ICV.
    """
    return aborts(Role.SERVER, FIRST, MODES, not_to_be_believed, ICV)


@case("E2E/CLI/DT/BI-ICV-first", FIRST, EVENT, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_believes_nothing() -> Iterator[Conversation]:
    """With a bad tag a client tells nothing of what is wrong within: there is no diagnostic, and the event is
    that of the ICV.
    """
    return aborts(Role.CLIENT, FIRST, ONE_AE, not_to_be_believed, ICV)


@case(
    "E2E/CLI/DT/BI-ICV-first-clear",
    FIRST,
    EVENT,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_believes_nothing_clear() -> Iterator[Conversation]:
    """With a bad ICV a client tells nothing of what is wrong within: there is no diagnostic, and the event is
    that of the ICV.
    """
    return aborts(Role.CLIENT, FIRST, ONE_CLEAR, not_to_be_believed, ICV)

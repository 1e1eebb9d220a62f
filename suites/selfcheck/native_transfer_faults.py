"""Data transfers with one fault, and what is due for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from conform62351.profiles.policy import CheckTable, Policy, Step
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.native_transfer_bench import (
    CLEAR,
    CLEAR_GMAC,
    KINDS,
    Peers,
    Rewriting,
    told,
)

ROLES = tuple(Role)
PROTOCOL_ERROR, NOT_SELECTED, REQUIRED, GMAC_NONCE, SEQUENCE, AES_IV = 1, 3, 4, 5, 6, 7
UNEXPECTED_KEY, UNEXPECTED_CHANGE, TIME, GCM_IV, ALARM = 8, 9, 10, 11, None
EVENTS = {
    "protocol": {10: 1, 11: 1},
    "algorithm": {10: 3, 11: 3},
    "icv": {10: 5, 11: 5},
    "time": {10: 6, 11: 6},
    "replay": {10: 7, 11: 7},
    "seq": {10: 8, 11: 8},
    "rekey": {10: 9, 11: 10},
    "changed": {10: 10, 11: 11},
}


def event(kind: str, mode: str) -> str:
    group = 10 if mode in (CLEAR, CLEAR_GMAC) else 11
    return f"IEC62351-4:{group}.{EVENTS[kind][group]}"


def sending(receiver: Role, mode: str, policy: Policy) -> Peers:
    """Return peers of which the one that sends to ``receiver`` has a policy."""
    name = "server_policy" if receiver is Role.CLIENT else "client_policy"
    policies: dict[str, Any] = {name: policy}
    return Peers(mode, **policies)


def sender_of(receiver: Role) -> Role:
    return Role.SERVER if receiver is Role.CLIENT else Role.CLIENT


def faulty(
    receiver: Role,
    mode: str,
    values: dict[str, Callable[[Any], Any]] | None = None,
    octets: dict[str, Callable[[bytes], bytes | None]] | None = None,
) -> tuple[str, int | None, str | None]:
    """Return what ``receiver`` finds in the first message of a sender that makes one fault."""
    peers = sending(receiver, mode, Rewriting(values, octets))
    return told(peers.exchange(sender_of(receiver)))


def token(**changes: Any) -> dict[str, Callable[[Any], Any]]:
    return {"token": lambda value: replace(value, **changes)}


each_role = pytest.mark.parametrize("role", ROLES, ids=lambda role: role.value)
each_kind = pytest.mark.parametrize("mode", KINDS)


def spoilt(octets: bytes) -> bytes:
    return octets[:-1] + bytes((octets[-1] ^ 1,))


class Without(Policy):
    """A device that leaves one check out."""

    def __init__(self, step: str) -> None:
        self._step = step

    def steps(self, table: CheckTable[Any]) -> Sequence[Step[Any]]:
        return [step for step in table.steps if step.id != self._step]

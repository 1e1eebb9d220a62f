"""Two peers of data transfer, with what they agreed made by hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from conform62351.profiles.crypto.algorithms import algorithm, identifier
from conform62351.profiles.crypto.groups import groups
from conform62351.profiles.native.agreement import Agreed, OwnKey, Selected
from conform62351.profiles.native.ber import BerCodec
from conform62351.profiles.native.codec import Codec
from conform62351.profiles.native.outcomes import diagnostic_of, event_of
from conform62351.profiles.native.transfer import DataTransfer, ReceivedTransfer
from conform62351.profiles.policy import Finding, Policy
from conform62351.profiles.role import Role

CODEC = BerCodec()
STATUS = bytes.fromhex("a0060201018001ff")
BASE = 1_795_368_853.0
"""2026-11-22T17:34:13Z"""
HMAC = "hmacWithSHA256"
MODES: dict[str, tuple[str | None, int, str | None, int]] = {
    **{
        f"{name}/{tag}": (name, tag, None, 12)
        for name in ("aes128-GCM", "aes256-GCM")
        for tag in range(12, 17)
    },
    "CBC+HMAC": ("aes128-CBC", 12, HMAC, 12),
    "CBC256+HMAC": ("aes256-CBC", 12, HMAC, 12),
    "CBC+GMAC": ("aes256-CBC", 12, "aes128-GCM", 12),
    "HMAC": (None, 12, HMAC, 12),
    "GMAC": (None, 12, "aes256-GCM", 12),
    "GMAC128/16": (None, 12, "aes128-GCM", 16),
}
AE, SEPARATE, SEPARATE_GMAC, CLEAR, CLEAR_GMAC = "aes128-GCM/12", "CBC+HMAC", "CBC+GMAC", "HMAC", "GMAC"
KINDS = (AE, SEPARATE, SEPARATE_GMAC, CLEAR, CLEAR_GMAC)


def selected(name: str | None, tag: int = 12) -> Selected | None:
    if name is None:
        return None
    chosen = algorithm(name, tag)
    return Selected(chosen, identifier(chosen))


def agreement(mode: str, group: str = "secp256r1", **changes: Any) -> Agreed:
    encryption, tag, integrity, icv_tag = MODES[mode]
    hmac = selected(HMAC)
    assert hmac is not None
    members: dict[str, Any] = {
        "assoID": "7:41",
        "dhGroup": groups()[group].number,
        "group": groups()[group],
        "hmac": hmac,
        "encryption": selected(encryption, tag),
        "integrity": selected(integrity, icv_tag),
        "salt": bytes(range(32)),
    }
    return Agreed(**(members | changes))


def counting() -> Callable[[int], bytes]:
    """Return randomness that gives other octets each time, and the same in each run."""
    count = itertools.count(1)
    return lambda octets: next(count).to_bytes(octets, "little")


@dataclass
class Clock:
    now: float = BASE

    def __call__(self) -> float:
        return self.now


class Noting(Policy):
    """Notes every finding and goes on, as a tester does."""

    def reacts(self, finding: Finding) -> bool:
        return False


@dataclass
class Peers:
    """A client and a server that share a clock."""

    mode: str
    group: str = "secp256r1"
    client_policy: Policy = field(default_factory=Policy)
    server_policy: Policy = field(default_factory=Policy)
    client_changes: dict[str, Any] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    seed: int = 5
    codec: Codec = CODEC

    def __post_init__(self) -> None:
        agreed = agreement(self.mode, self.group)
        group = agreed.group
        keys = [OwnKey(number, group.public_value(number)) for number in (self.seed, self.seed + 1)]
        self.client = DataTransfer(
            Role.CLIENT,
            agreed,
            keys[0],
            keys[1].public,
            self.codec,
            clock=self.clock,
            randomness=counting(),
            policy=self.client_policy,
            **self.client_changes,
        )
        self.server = DataTransfer(
            Role.SERVER,
            agreed,
            keys[1],
            keys[0].public,
            self.codec,
            clock=self.clock,
            randomness=counting(),
            policy=self.server_policy,
        )

    def side(self, role: Role) -> DataTransfer:
        return self.client if role is Role.CLIENT else self.server

    def other(self, role: Role) -> DataTransfer:
        return self.server if role is Role.CLIENT else self.client

    def sent(self, role: Role, data: bytes = STATUS) -> bytes:
        (outgoing,) = self.side(role).protect(data)
        return outgoing.octets

    def exchange(self, role: Role, data: bytes = STATUS) -> ReceivedTransfer:
        """Send from ``role`` and have the other side receive it."""
        return self.other(role).receive(self.sent(role, data))


def told(received: ReceivedTransfer) -> tuple[str, int | None, str | None]:
    """Return step, diagnostic and event of the fault that ended the association."""
    assert received.fault is not None, received
    assert received.applData is None
    return received.fault.step, diagnostic_of(received.fault.fault), event_of(received.fault)


class Rewriting(Policy):
    """Changes what is sent: ``values`` and ``octets`` by the end of the name, while it is ``on``."""

    def __init__(
        self,
        values: dict[str, Callable[[Any], Any]] | None = None,
        octets: dict[str, Callable[[bytes], bytes | None]] | None = None,
    ) -> None:
        self.on = True
        self.names: list[str] = []
        self._values = values or {}
        self._octets = octets or {}

    def rewrite(self, name: str, value: Any) -> Any:
        self.names.append(name)
        change = self._values.get(name.split(".")[-1])
        return value if change is None or not self.on else change(value)

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        self.names.append(f"{name}:octets")
        change = self._octets.get(name.split(".")[-1])
        return octets if change is None or not self.on else change(octets)

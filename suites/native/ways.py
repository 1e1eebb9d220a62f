"""The ways in which data can be protected, as conversations agree on them: each mode with its algorithms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import NATIVE, NATIVE_CLEAR, NATIVE_SEPARATE
from conform62351.tooling.engine.handshake import Handshake, ModeName


class Way(msgspec.Struct, frozen=True):
    """One way to protect data, with algorithms as :class:`Handshake` names them.

    ``claims`` are the items of the PICS that a DUT needs for it, without their role.
    """

    label: str
    mode: ModeName
    encryption: str
    integrity: str
    claims: tuple[str, ...]

    def handshake(self, group: str = "") -> Handshake:
        """Return the handshake that offers, or selects, nothing else; ``group`` is the only one if named."""
        groups = (group,) if group else ()
        if self.mode == "ae":
            return Handshake(mode="ae", ae=(self.encryption,), groups=groups)
        encryption = (self.encryption,) if self.encryption else ()
        return Handshake(mode=self.mode, encryption=encryption, integrity=(self.integrity,), groups=groups)

    def pics(self, role: Role) -> str:
        """Return the condition under which a DUT has it."""
        return " and ".join(f"{claim}.{role.value}" for claim in self.claims)

    @property
    def data(self) -> str:
        """The name of the SecPDU that data are carried in."""
        return "E2E.EncrTransfer" if self.encryption else "E2E.ClearTransfer"


_SEPARATE: Final = ("T11.non-AE", "E2E.non-AE-encryption")
_CLEAR: Final = ("T11.non-AE", "E2E.integrity-only")
AE: Final = (
    Way("aes128-GCM", "ae", "aes128-GCM/12", "", ("T11.AE", "T13.aes128-GCM")),
    Way("aes256-GCM", "ae", "aes256-GCM/16", "", ("T11.AE", "T13.aes256-GCM")),
)
SEPARATE: Final = (
    Way(
        "aes128-CBC with HMAC",
        "separate",
        "aes128-CBC",
        "hmacWithSHA256",
        (*_SEPARATE, "T13.aes128-CBC", "T13.hmacWithSHA256"),
    ),
    Way(
        "aes256-CBC with GMAC",
        "separate",
        "aes256-CBC",
        "aes256-GCM/12",
        (*_SEPARATE, "T13.aes256-CBC", "T13.aes256-GCM-ICV"),
    ),
)
CLEAR: Final = (
    Way("HMAC alone", "clear", "", "hmacWithSHA256", (*_CLEAR, "T13.hmacWithSHA256")),
    Way("GMAC alone", "clear", "", "aes128-GCM/16", (*_CLEAR, "T13.aes128-GCM-ICV")),
)
WAYS: Final = (*AE, *SEPARATE, *CLEAR)
GMAC_ALONE: Final = CLEAR[1]
CONFIGURATIONS: Final = {NATIVE: AE, NATIVE_SEPARATE: SEPARATE, NATIVE_CLEAR: CLEAR}
"""The configurations of a DUT client, and the ways that it can be made to take in each."""


def server_ways() -> Iterator[tuple[Way, str]]:
    """Yield every way with the condition under which a DUT server has it."""
    for way in WAYS:
        yield way, way.pics(Role.SERVER)


def client_ways(configuration: str) -> Iterator[tuple[Way, str]]:
    """Yield the ways of a configuration with the condition under which a DUT client has them."""
    for way in CONFIGURATIONS[configuration]:
        yield way, way.pics(Role.CLIENT)

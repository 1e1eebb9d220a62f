"""Two reference devices in native mode talk in every combination of algorithms, groups, modes and keys."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Final

import msgspec
import pytest

from conform62351.fixtures.device.configuration import Configuration, Stack
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.crypto.algorithms import Algorithm, algorithm
from conform62351.profiles.crypto.protection import TAG_LENGTHS
from conform62351.profiles.native.agreement import Selected
from conform62351.profiles.native.parameters import LocalPolicy, Mode
from conform62351.suites.selfcheck.device_native_pair import (
    ASSOCIATED,
    IN_TLS,
    Pair,
    configuration,
    native_of,
)


class Protection(msgspec.Struct, frozen=True):
    """What is agreed for data."""

    encryption: Algorithm | None
    integrity: Algorithm | None

    def __str__(self) -> str:
        named = (one for one in (self.encryption, self.integrity) if one is not None)
        return "+".join(f"{one.name}:{one.tag_length}" if one.tag_length else one.name for one in named)

    def policy(self, group: str) -> LocalPolicy:
        """Return the policy that supports nothing else."""
        local = LocalPolicy(groups=(group,), ike=group == OTHER_READING)
        if self.integrity is None:
            assert self.encryption is not None
            return msgspec.structs.replace(local, ae=(self.encryption,), mode=Mode.AE)
        encryption = () if self.encryption is None else (self.encryption,)
        mode = Mode.SEPARATE if encryption else Mode.CLEAR
        return msgspec.structs.replace(local, encryption=encryption, integrity=(self.integrity,), mode=mode)


GCM: Final = [algorithm(name, tag) for name in ("aes128-GCM", "aes256-GCM") for tag in TAG_LENGTHS]
CBC: Final = [algorithm(name) for name in ("aes128-CBC", "aes256-CBC")]
ICV: Final = [algorithm("hmacWithSHA256"), *GCM]
PROTECTIONS: Final = [
    *(Protection(one, None) for one in GCM),
    *(Protection(*both) for both in product(CBC, ICV)),
    *(Protection(None, one) for one in ICV),
]
OTHER_READING: Final = "modp-2048-224"
GROUPS: Final = ("secp256r1", "brainpoolP256r1", "modp-2048", OTHER_READING)
CREDENTIALS: Final = ("e2e", "e2e-rsa", "e2e-brainpool")
STACKS: Final = (Stack.NATIVE, Stack.NATIVE_TLS)
COMBINATIONS: Final = {
    f"{protection}-{group}-{credential}-{stack.value}": (protection, group, credential, stack)
    for stack, credential, group, protection in product(STACKS, CREDENTIALS, GROUPS, PROTECTIONS)
    if group != OTHER_READING or protection == PROTECTIONS[0]
}
"""All of them, but for the other reading of group 23, which changes nothing of how data are protected."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, workshop: Workshop) -> Iterator[Pair]:
    """Start both devices once."""
    made = Pair(tmp_path_factory.mktemp("pair"), workshop)
    made.start(*map(_configuration, COMBINATIONS))
    yield made
    made.stop()


def _configuration(name: str) -> Configuration:
    protection, group, credential, stack = COMBINATIONS[name]
    return configuration(name, stack, local=protection.policy(group), credential=credential)


def _algorithm(selected: Selected | None) -> Algorithm | None:
    return None if selected is None else selected.algorithm


@pytest.mark.parametrize("name", COMBINATIONS)
def test_client_and_server_talk(pair: Pair, name: str) -> None:
    protection, group, _, stack = COMBINATIONS[name]
    pair.configure(name)
    pair.associate()
    for device in (pair.client, pair.server):
        agreed = native_of(device).agreed
        assert agreed is not None
        assert agreed.group.name == group
        assert protection == Protection(_algorithm(agreed.encryption), _algorithm(agreed.integrity))
    pair.release()
    expected = [IN_TLS, ASSOCIATED] if stack.tls else [ASSOCIATED]
    assert pair.events() == {"client": expected, "server": expected}

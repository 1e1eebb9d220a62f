"""Two reference devices in each configuration of native mode that their own PIXIT names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from conform62351.fixtures.device.configuration import load_description
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.native.secpdus import Handshake
from conform62351.profiles.pki.certificate import read_certificate
from conform62351.profiles.policy import Policy
from conform62351.suites.selfcheck.device_native_pair import ASSOCIATED, IN_TLS, Pair, native_of
from conform62351.suites.selfcheck.device_peer import act

OWN: Final = {
    name: one for name, one in load_description(None, None).configurations.items() if one.native is not None
}


class Handshakes(Policy):
    """Keeps the handshakes that are sent."""

    def __init__(self) -> None:
        self.sent: list[Handshake] = []

    def rewrite(self, name: str, value: Any) -> Any:
        """Return the value, having kept it."""
        if isinstance(value, Handshake):
            self.sent.append(value)
        return value


@pytest.fixture(scope="module")
def watch() -> Handshakes:
    """Keep what client and server send."""
    return Handshakes()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, workshop: Workshop, watch: Handshakes) -> Iterator[Pair]:
    """Start both devices with all configurations."""
    made = Pair(tmp_path_factory.mktemp("pair"), workshop)
    made.start(*OWN.values(), client=watch, server=watch)
    yield made
    made.stop()


def test_pixit_names_them_all() -> None:
    modes = ("separate", "clear", "clear-tls", "no-encryption", "encryption-required", "ae-required")
    kinds = (*modes, "rsa", "brainpool")
    assert set(OWN) == {"native", "native-tls", *(f"native-{kind}" for kind in kinds)}


@pytest.mark.parametrize("name", OWN)
def test_client_and_server_talk(pair: Pair, watch: Handshakes, name: str) -> None:
    watch.sent.clear()
    pair.configure(name)
    pair.associate()
    agreed = native_of(pair.server).agreed
    assert agreed is not None
    encrypted = name not in ("native-clear", "native-clear-tls", "native-no-encryption")
    assert (agreed.encryption is not None) is encrypted
    assert agreed.is_ae is (encrypted and name != "native-separate")
    pair.release()
    expected = [IN_TLS, ASSOCIATED] if name.endswith("-tls") else [ASSOCIATED]
    assert pair.events() == {"client": expected, "server": expected}
    kind = {"native-rsa": "RSA", "native-brainpool": "brainpoolP256r1"}.get(name, "secp256r1")
    assert len(watch.sent) == 2
    for handshake in watch.sent:
        assert kind in key_of(handshake)
        assert handshake.token1.certPath
        assert (handshake.token1.attCert is None) is (name in ("native-rsa", "native-brainpool"))


def key_of(handshake: Handshake) -> str:
    """Return what key the certificate of a handshake holds."""
    return str(read_certificate(handshake.token1.pkCert).key)


def test_what_one_wants_the_other_must_offer(pair: Pair) -> None:
    refused = {
        ("native-clear", "native-encryption-required"): "IEC62351-4:1.22",
        ("native-separate", "native-ae-required"): "IEC62351-4:1.17",
        ("native", "native-no-encryption"): "IEC62351-4:1.15",
    }
    for (client, server), event in refused.items():
        act(pair.client, "configure", name=client)
        act(pair.server, "configure", name=server)
        pair.connect()
        pair.wait_for_end()
        assert pair.events()["server"] == [event]

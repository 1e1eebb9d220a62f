"""Captures of TLS carry their secrets: tshark and the decode command show the MMS inside."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest

from conform62351.fixtures.subprocesses import free_port
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.decode_bench import Decode
from conform62351.suites.selfcheck.device_peer import Peer, Start, act
from conform62351.suites.selfcheck.peers import require_program, require_raw_sockets
from conform62351.suites.selfcheck.test_net_secure_peers import MANIFEST
from conform62351.suites.selfcheck.tls_bench import CLOCK, LIMIT, Pki
from conform62351.tooling.net.capture import Capture
from conform62351.tooling.net.channel import Channel
from conform62351.tooling.net.errors import CaptureError
from conform62351.tooling.net.pcapng import PcapngWriter, blocks, insert_secrets
from conform62351.tooling.net.scapy_room.reading import CaptureFile
from conform62351.tooling.net.secure_channel import SecureChannel

SECRETS_BLOCK = 10


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    made = Pki(tmp_path_factory.mktemp("pki"))
    (made.folder / "manifest.toml").write_text(MANIFEST)
    return made


def tshark(path: Path, *arguments: str) -> list[str]:
    command = [require_program("tshark"), "-r", str(path), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()


def tls_over_tpkt(port: int) -> list[str]:
    """Return what has tshark read a port so, whatever it knows that port, or that of a client, for."""
    return ["-d", f"tcp.port=={port},tls", "-d", f"tls.port=={port},tpkt"]


def captured(start: Start, pki: Pki, path: Path, interface: str | None, versions: list[str]) -> int:
    """Associate with a device over TLS, once per version, into a capture; return the port."""
    device = start(pki=pki.folder, tls_port=free_port())
    act(device, "configure", name="tls")
    capture = Capture.start(path, interface=interface, clock=CLOCK)
    port = device.tls_address.port
    capture.watch(port)
    for version in versions:
        factory = pki.client(minimum=version, maximum=version, key_log=capture.key_log())
        channel = Channel.connect(
            device.tls_address.host, port, limit=LIMIT, clock=CLOCK, recorder=capture.recorder
        )
        with SecureChannel.open(channel, factory.machine(), limit=LIMIT) as secured:
            tester = Peer(secured, Role.CLIENT)
            tester.associate()
            tester.ask(tester.client.read(("IEDREF1LD0", "GGIO1$ST$IntIn1$stVal")))
            tester.release()
    kept = capture.key_log()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    capture.stop()
    assert not kept.exists(), "secrets stand in the capture alone"
    return port


@pytest.mark.parametrize("way", ["sniffed", "reconstructed"])
def test_tshark_and_decode_show_the_mms_inside(
    start: Start, pki: Pki, tmp_path: Path, way: str, decode: Decode
) -> None:
    if way == "sniffed":
        require_raw_sockets()
    path = tmp_path / "run.pcapng"
    port = captured(start, pki, path, "lo" if way == "sniffed" else None, ["TLSv1.2"])
    as_tpkt = tls_over_tpkt(port)
    shown = "\n".join(tshark(path, *as_tpkt, "-Y", "mms || acse"))
    for name in (
        "initiate-RequestPDU",
        "initiate-ResponsePDU",
        "confirmed-RequestPDU",
        "confirmed-ResponsePDU",
    ):
        assert name in shown
    assert tshark(path, *as_tpkt, "-Y", "_ws.malformed") == []
    code, out, _ = decode(path)
    assert code == 0
    for name in ("MMS.initiate-RequestPDU", "ACSE.AARE", "MMS.confirmed-ResponsePDU", "ACSE.RLRE"):
        assert name in out
    assert "TLS 1.2" in out
    assert "no CLIENT_RANDOM" not in out


def test_every_connection_of_a_run_decrypts(start: Start, pki: Pki, tmp_path: Path, decode: Decode) -> None:
    path = tmp_path / "run.pcapng"
    port = captured(start, pki, path, None, ["TLSv1.2"] * 3)
    fields = [*tls_over_tpkt(port), "-Y", "mms.initiate_RequestPDU_element", "-T", "fields"]
    assert len(tshark(path, *fields, "-e", "tcp.stream")) == 3
    _, out, _ = decode(path)
    assert out.count("MMS.initiate-RequestPDU") >= 3


def test_key_log_that_cannot_be_made_is_a_typed_error(tmp_path: Path) -> None:
    capture = Capture.start(tmp_path / "run.pcapng", interface=None, clock=CLOCK)
    (tmp_path / "run.pcapng.keys" / "folder").mkdir(parents=True)
    with pytest.raises(CaptureError, match="keys"):
        capture.key_log()
    capture.stop()


def test_many_secrets_stand_in_several_blocks_and_each_once(tmp_path: Path) -> None:
    path = tmp_path / "run.pcapng"
    with path.open("wb") as file:
        PcapngWriter(file, application="test").interface("lo", "test")
    lines = [f"CLIENT_RANDOM {number:064x} {number:096x}\n".encode() for number in range(15_000)]
    insert_secrets(path, b"".join(lines * 2))
    with path.open("rb") as file:
        sizes = [len(body) for _, kind, body in blocks(file) if kind == SECRETS_BLOCK]
    assert len(sizes) > 1
    assert max(sizes) < 2 * 1024 * 1024
    capture = CaptureFile(path)
    assert list(capture.segments()) == []
    assert capture.secrets.split() == b"".join(lines).split()

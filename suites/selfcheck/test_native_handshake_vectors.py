"""Whole associations against known answers: every octet of both sides, from the request to the release."""

from __future__ import annotations

import subprocess
import tomllib
from base64 import encodebytes
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conform62351.fixtures.vectors.native import handshakes, making
from conform62351.profiles.crypto.algorithms import algorithm
from conform62351.profiles.crypto.groups import groups
from conform62351.profiles.crypto.signatures import PrivateKey, load_private_key
from conform62351.profiles.native.ber import BerCodec
from conform62351.profiles.native.codec import Carrier
from conform62351.profiles.native.handshake import ClientHandshake, ServerHandshake
from conform62351.profiles.native.parameters import Connection, LocalPolicy, Mode, NativeParameters
from conform62351.profiles.native.secpdus import HandshakeSecReject, SignedPdu
from conform62351.profiles.native.signing import Message, Signer
from conform62351.profiles.native.taken import Established, Taken
from conform62351.profiles.native.transfer import DataTransfer
from conform62351.profiles.pki.certificate import read_certificate
from conform62351.profiles.pki.credential import Credential
from conform62351.profiles.pki.path import Trust
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.native_bench import steps_of
from conform62351.suites.selfcheck.peers import require_program

TEXT = making.FOLDER.joinpath("handshake.toml").read_text("ascii")
CASES: list[dict[str, Any]] = tomllib.loads(TEXT)["case"]
CODEC = BerCodec()
CARRIERS = {
    "request": Carrier.AARQ,
    "accept": Carrier.AARE,
    "secReject": Carrier.AARE,
    "dtSecAbort": Carrier.ABRT,
    "releaseReq": Carrier.RLRQ,
    "releaseRsp": Carrier.RLRE,
}
each_case = pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case['group']} {case['client']} {case['server']} {case['encryption']}"
)


def octets(case: dict[str, Any], name: str) -> bytes:
    return bytes.fromhex(case[name])


def instant(text: str) -> float:
    return datetime.strptime(text, "%Y%m%d%H%M%S.%fZ").replace(tzinfo=UTC).timestamp()


def known(pdu: str, case: dict[str, Any]) -> tuple[bytes, bytes]:
    """Return the content octets of tbs and the signature of a SecPDU of the vectors."""
    decoded = CODEC.decode(CARRIERS[pdu], octets(case, pdu)).pdu
    assert isinstance(decoded, SignedPdu)
    assert decoded.sign is not None
    return decoded.tbs, decoded.sign.sign


class Side:
    """One side of a case: it draws, signs and reads the clock as the vectors did."""

    def __init__(self, case: dict[str, Any], who: str) -> None:
        self.now = instant(handshakes.TIMES[who])
        self.drawn: deque[bytes] = deque()
        signatures = dict(known(pdu, case) for pdu in CARRIERS)

        def signed(_: str, key: PrivateKey, covered: bytes) -> bytes:
            assert key is own.key
            return signatures[covered]

        def draw(count: int) -> bytes:
            drawn = self.drawn.popleft()
            assert len(drawn) == count
            return drawn

        pem = b"-----BEGIN PRIVATE KEY-----\n%b-----END PRIVATE KEY-----\n"
        key = load_private_key(pem % encodebytes(bytes.fromhex(case["key"][who])))
        own = Credential(read_certificate(bytes.fromhex(case["certificate"][who])), key)
        self.parameters = NativeParameters(
            now=lambda: self.now,
            randomness=draw,
            credential=own,
            trust=Trust((read_certificate(octets(case, "root")),)),
            local=policy(case),
            signing_time=lambda: self.now,
            sign=signed,
        )
        other = "server" if who == "client" else "client"
        title = ".".join(map(str, handshakes.TITLES[other]))
        self.connection = Connection(peer_address=lambda: title)

    def transfer(self, role: Role, established: Established) -> DataTransfer:
        return DataTransfer(
            role,
            established.agreed,
            established.own,
            established.peer_public,
            CODEC,
            clock=self.parameters.now,
            randomness=self.parameters.randomness,
        )


def policy(case: dict[str, Any]) -> LocalPolicy:
    """Return what both sides of a case support: one of each."""
    encryption = (algorithm(case["encryption"], case["tag"] or 12),) if case["encryption"] else ()
    integrity = (algorithm(case["integrity"], case["tag"] or 12),) if case["integrity"] else ()
    mode = Mode.AE if not integrity else Mode.SEPARATE if encryption else Mode.CLEAR
    return LocalPolicy(
        groups=(case["group"],),
        ike=case["group"] == "modp-2048-224",
        ae=encryption if mode is Mode.AE else (),
        encryption=() if mode is Mode.AE else encryption,
        integrity=integrity,
        mode=mode,
    )


def in_order(taken: Taken) -> bool:
    return taken.fault is None and not steps_of(taken)


@each_case
def test_an_association_comes_out_octet_for_octet(case: dict[str, Any]) -> None:
    sides = {who: Side(case, who) for who in ("client", "server")}
    group = groups()[case["group"]]
    for who, side in sides.items():
        number = int(case["private"][who], 16) - 1
        side.drawn.append(number.to_bytes(group.private_octets, "big"))
    client = ClientHandshake(sides["client"].parameters, CODEC, sides["client"].connection, 7)
    server = ServerHandshake(sides["server"].parameters, CODEC, sides["server"].connection, 41)

    request = client.request(handshakes.INITIATE["client"])
    assert request.octets == octets(case, "request")
    assert in_order(server.take_request(octets(case, "request")))
    accepted = server.accept(handshakes.INITIATE["server"])
    assert accepted.message.octets == octets(case, "accept")
    taken = client.take_response(octets(case, "accept"))
    assert in_order(taken)
    for established in (accepted.established, taken.established):
        assert established is not None
        assert established.agreed.salt == octets(case, "salt")
        assert established.secret == octets(case, "secret")

    carried(case, sides, accepted.established, taken.established)
    ended(case, sides, client, server)


def carried(
    case: dict[str, Any],
    sides: dict[str, Side],
    by_server: Established | None,
    by_client: Established | None,
) -> None:
    """Send and receive the data transfers of a case, a rekey among them."""
    assert by_server is not None
    assert by_client is not None
    nonces = {who: bytes.fromhex(value) for who, value in case["nonces"].items()}
    ivs = [octets(one, "iv") for one in case["message"]]
    private = groups()[case["group"]].private_octets
    fresh = (int(case["private"]["rekey"], 16) - 1).to_bytes(private, "big")
    drawn = {
        "client": (nonces["c1"], ivs[0], fresh, nonces["c2"], ivs[2], ivs[4]),
        "server": (nonces["s1"], ivs[1], nonces["s2"], ivs[3]),
    }
    for who, parts in drawn.items():
        sides[who].drawn.extend(part for part in parts if part)
    data = {
        "client": sides["client"].transfer(Role.CLIENT, by_client),
        "server": sides["server"].transfer(Role.SERVER, by_server),
    }
    for number, one in enumerate(case["message"]):
        for side in sides.values():
            side.now = instant(one["time"])
        if number == 2:
            data["client"].rekey()
        (outgoing,) = data[one["sender"]].protect(octets(one, "applData"))
        assert outgoing.octets == octets(one, "octets")
        received = data["server" if one["sender"] == "client" else "client"].receive(outgoing.octets)
        assert (received.fault, received.noted, received.deviations) == (None, (), ())
        assert received.applData == octets(one, "applData")


def ended(
    case: dict[str, Any], sides: dict[str, Side], client: ClientHandshake, server: ServerHandshake
) -> None:
    """Make and take the signed SecPDUs that end a case, and a reject that would have."""
    rejecting = Signer(sides["server"].parameters, CODEC, Policy())
    makers: dict[str, Callable[[], Message]] = {
        "releaseReq": client.release_request,
        "releaseRsp": server.release_response,
        "secReject": lambda: rejecting.sign(HandshakeSecReject(token3=rejecting.token3("7"), diag=10)),
        "dtSecAbort": lambda: client.dt_sec_abort(None),
    }
    takers: dict[str, Callable[[bytes], Taken]] = {
        "releaseReq": server.take_release_request,
        "releaseRsp": client.take_release_response,
        "secReject": client.take_response,
        "dtSecAbort": server.take_abort,
    }
    for name, _, _, time, _, _ in handshakes.ENDINGS:
        for side in sides.values():
            side.now = instant(time)
        assert makers[name]().octets == octets(case, name)
        assert in_order(takers[name](octets(case, name)))


def test_every_kind_of_key_mode_and_group_is_among_the_vectors() -> None:
    assert {case["group"] for case in CASES} == set(groups())
    for who in ("client", "server"):
        assert {case[who] for case in CASES} == {"rsa", "secp256r1", "brainpoolP256r1"}
    assert {policy(case).mode for case in CASES} == set(Mode)
    assert {case["group"] for case in CASES if case["secret"].startswith("00")} == {"secp256r1", "modp-2048"}


@each_case
def test_openssl_verifies_the_signatures_on_curves(case: dict[str, Any], tmp_path: Path) -> None:
    """They are made by arithmetic: this is their proof."""
    require_program("openssl")
    for pdu, who in (("request", "client"), ("accept", "server")):
        covered, signature = known(pdu, case)
        files = [tmp_path / name for name in ("key", "signature", "covered")]
        for file, text in zip(files, (bytes.fromhex(case["key"][who]), signature, covered), strict=True):
            file.write_bytes(text)
        key, signed, data = map(str, files)
        command = [
            "openssl",
            "dgst",
            "-sha256",
            "-keyform",
            "DER",
            "-prverify",
            key,
            "-signature",
            signed,
            data,
        ]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.stdout == b"Verified OK\n", done.stderr


def test_the_vectors_come_out_as_they_are() -> None:
    require_program("openssl")
    assert handshakes.text() == TEXT

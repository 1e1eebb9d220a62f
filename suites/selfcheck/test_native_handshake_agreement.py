"""Both sides of the handshake agree, whatever they are given to agree on, and can do so again."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

import pytest

from conform62351.profiles.crypto.algorithms import Algorithm, algorithm, identifier
from conform62351.profiles.crypto.keys import salt_of
from conform62351.profiles.native.codec import Codec, Protected
from conform62351.profiles.native.exchange import StateError
from conform62351.profiles.native.handshake import ClientHandshake
from conform62351.profiles.native.parameters import Encryption, Mode
from conform62351.profiles.native.secpdus import HandshakeAcc, HandshakeReq
from conform62351.profiles.native.taken import Established
from conform62351.profiles.native.tokens import Aea
from conform62351.profiles.pki.path import Trust
from conform62351.profiles.policy import Policy
from conform62351.profiles.tlv import walk
from conform62351.profiles.tlv_edit import length_octets
from conform62351.suites.selfcheck.native_bench import (
    BER,
    INITIATE,
    RESPONSE,
    Handshakes,
    Stream,
    connection,
    credential,
    deterministic,
    octets_of,
    parameters,
    replaced,
    root,
    steps_of,
)
from conform62351.suites.selfcheck.native_toy_codec import Base64Codec
from conform62351.suites.selfcheck.pki_samples import authority

TOY: Final = Base64Codec()
CODECS: Final[dict[str, Codec]] = {"BER": BER, "JSON": TOY}
TAGS: Final = range(12, 17)
GCM: Final = [algorithm(name, tag) for name in ("aes128-GCM", "aes256-GCM") for tag in TAGS]
CBC: Final = [algorithm("aes128-CBC"), algorithm("aes256-CBC")]
ICV: Final = [algorithm("hmacWithSHA256"), *GCM]
GROUPS: Final = {"modp-2048": 14, "secp256r1": 23, "brainpoolP256r1": 28, "modp-2048-224": 23}

MODES: Final[list[dict[str, Any]]] = [
    *({"mode": Mode.AE, "ae": (one,)} for one in GCM),
    *({"mode": Mode.CLEAR, "integrity": (one,)} for one in ICV),
    *({"mode": Mode.SEPARATE, "encryption": (encr,), "integrity": (icv,)} for encr, icv in product(CBC, ICV)),
]


def agreed(local: dict[str, Any], codec: Codec = BER, **changes: Any) -> Established:
    """Return what client and server of the same policy agree on, having looked at both."""
    pair = Handshakes(
        parameters("client", local=local, **changes), parameters("server", local=local), codec=codec
    )
    taken, accepted = pair.run()
    client, server = taken.established, accepted.established
    assert steps_of(taken) == []
    assert client is not None
    assert server is not None
    assert client.agreed == server.agreed
    assert client.secret == server.secret
    assert (client.own.public, server.own.public) == (server.peer_public, client.peer_public)
    assert pair.client.asso_id == pair.server.asso_id == client.agreed.assoID == "7:41"
    assert taken.application_data == RESPONSE
    return client


def chosen(established: Established) -> tuple[Algorithm | None, Algorithm | None]:
    parts = (established.agreed.encryption, established.agreed.integrity)
    encryption, integrity = (None if part is None else part.algorithm for part in parts)
    return encryption, integrity


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("codec", CODECS)
def test_every_mode_and_algorithm_in_every_group(group: str, codec: str) -> None:
    ike = {"ike": group == "modp-2048-224", "groups": (group,)}
    for local in MODES:
        established = agreed(local | ike, CODECS[codec])
        assert established.agreed.group.name == group
        assert established.agreed.dhGroup == GROUPS[group]
        match local["mode"]:
            case Mode.AE:
                assert chosen(established) == (local["ae"][0], None)
            case Mode.CLEAR:
                assert chosen(established) == (None, local["integrity"][0])
            case _:
                assert chosen(established) == (local["encryption"][0], local["integrity"][0])


@pytest.mark.parametrize(("client", "server"), list(product(["client", "rsa", "brainpool"], repeat=2)))
def test_each_side_signs_with_its_own_kind_of_key(client: str, server: str) -> None:
    pair = Handshakes(
        parameters("client", credential=credential("client", key=client)),
        parameters("server", credential=credential("server", key=server)),
    )
    taken, accepted = pair.run()
    assert taken.established is not None
    assert taken.established.secret == getattr(accepted.established, "secret", None)


def test_the_salt_is_made_of_both_tbs() -> None:
    pair = Handshakes()
    request = octets_of(pair.client.request(INITIATE).octets)
    pair.server.take_request(request)
    accept = octets_of(pair.accepted().message.octets)
    established = pair.client.take_response(accept).established
    contents = []
    for octets in (request, accept):
        tbs = walk(octets).root.children[1]
        contents.append(octets[tbs.content : tbs.end])
    assert established is not None
    assert [established.request_tbs, established.response_tbs] == contents
    assert established.agreed.salt == salt_of(*contents)


def test_a_server_follows_the_preference_of_the_client() -> None:
    local = {"groups": ("brainpoolP256r1", "secp256r1", "modp-2048"), "ae": (GCM[4], GCM[0])}
    pair = Handshakes(
        parameters("client", local=local),
        parameters("server", local={"groups": ("modp-2048", "secp256r1"), "ae": (GCM[0], GCM[4])}),
    )
    taken, _ = pair.run()
    assert taken.established is not None
    assert taken.established.agreed.group.name == "secp256r1"
    assert chosen(taken.established) == (GCM[4], None)


def test_what_is_selected_repeats_what_was_offered_and_nothing_more() -> None:
    pair = Handshakes(parameters("client", local={"groups": ("secp256r1", "brainpoolP256r1")}))
    _, accepted = pair.run()
    accept = accepted.message.pdu
    assert isinstance(accept, HandshakeAcc)
    token = accept.token1
    assert [key.dhGroup for key in token.dhKey] == [23]
    assert token.encr_mode == Aea((identifier(algorithm("aes256-GCM")),))
    assert token.assoID == "7:41"
    assert accept.pp == "IEC 61850-8-1"


def exchange(codec: Codec) -> list[bytes]:
    """Return every SecPDU of an association, both sides' clock and randomness given."""
    pair = Handshakes(
        parameters("client", randomness=Stream("one"), sign=deterministic),
        parameters("server", randomness=Stream("two"), sign=deterministic),
        codec=codec,
    )
    request = pair.client.request(INITIATE)
    pair.server.take_request(octets_of(request.octets))
    accepted = pair.accepted()
    pair.client.take_response(octets_of(accepted.message.octets))
    sent = (request, accepted.message, pair.client.release_request(), pair.server.release_response())
    return [octets_of(message.octets) for message in sent]


@pytest.mark.parametrize("codec", CODECS)
def test_an_exchange_can_be_made_again_octet_for_octet(codec: str) -> None:
    assert exchange(CODECS[codec]) == exchange(CODECS[codec])


def test_every_association_has_fresh_keys_and_rising_times() -> None:
    client = parameters("client")
    sides = [ClientHandshake(client, BER, connection("client"), number) for number in (1, 2)]
    tokens = [side.request().pdu.token1 for side in sides]  # type: ignore[union-attr]
    assert tokens[0].dhKey[0].dhPublicKey != tokens[1].dhKey[0].dhPublicKey
    assert tokens[0].time < tokens[1].time


def test_the_path_travels_from_the_anchor_down() -> None:
    middle = authority("native upper", root())
    lower = authority("native lower", middle)
    chain = (lower.certificate, middle.certificate)
    shown = credential("client", issuer=lower, chain=chain)
    pair = Handshakes(parameters("client", credential=shown))
    request = pair.client.request(INITIATE)
    assert isinstance(request.pdu, HandshakeReq)
    assert request.pdu.token1.certPath == (middle.certificate.octets, lower.certificate.octets)
    assert pair.server.take_request(octets_of(request.octets)).fault is None
    known = parameters("server", trust=Trust((root().certificate,), chain))
    bare = Handshakes(parameters("client", credential=shown, send_path=False), known)
    assert bare.requested().fault is None


@pytest.mark.parametrize(
    ("local", "bits"),
    [({}, {1}), ({"mode": Mode.CLEAR}, set()), ({"mode": Mode.SEPARATE, "vpn": True}, {1, 2})],
)
@pytest.mark.parametrize("tls", [False, True])
def test_each_side_states_what_protects_the_association(
    local: dict[str, Any], bits: set[int], tls: bool
) -> None:
    pair = Handshakes(
        parameters("client", local=local),
        parameters("server", local=local),
        client_connection=connection("client", tls=tls),
        server_connection=connection("server", tls=tls),
    )
    taken, accepted = pair.run()
    assert steps_of(taken) == []
    assert isinstance(accepted.message.pdu, HandshakeAcc)
    assert accepted.message.pdu.token1.confParams.positions == bits | ({0} if tls else set())


def test_encryption_that_is_required_is_agreed() -> None:
    local = {"wanted": Encryption.REQUIRED, "ae_required": True}
    assert chosen(agreed(local))[0] is not None


def test_a_server_selects_by_the_policy_that_it_has_when_it_accepts() -> None:
    server = parameters("server", local={"groups": ("secp256r1", "brainpoolP256r1")})
    client = parameters("client", local={"groups": ("secp256r1", "brainpoolP256r1")})
    pair = Handshakes(client, server)
    assert pair.requested().fault is None
    server.local = replaced(server.local, groups=("brainpoolP256r1",), ae=(algorithm("aes128-GCM", 16),))
    accepted = pair.accepted()
    taken = pair.client.take_response(octets_of(accepted.message.octets))
    assert steps_of(taken) == []
    assert accepted.established is not None
    assert taken.established is not None
    assert taken.established.secret == accepted.established.secret
    agreed = taken.established.agreed
    assert agreed.group.name == "brainpoolP256r1"
    assert agreed.encryption is not None
    assert agreed.encryption.algorithm == algorithm("aes128-GCM", 16)


class Indefinite(Policy):
    """Sends HandshakeReq with a tbs of indefinite length, and signs its end-of-contents octets too."""

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        if name == "E2E.HandshakeReq.tbs":
            return octets + bytes(2)
        if name != "E2E.HandshakeReq":
            return octets
        pp, tbs, sign = walk(octets).root.children
        inner = octets[pp.start : pp.end] + b"\x30\x80" + octets[tbs.content : tbs.end] + bytes(2)
        inner += octets[sign.start : sign.end]
        return b"\x30" + length_octets(len(inner)) + inner


def test_end_of_contents_octets_are_signed_and_salted() -> None:
    pair = Handshakes(client_policy=Indefinite())
    taken, accepted = pair.run()
    assert taken.established is not None
    assert accepted.established is not None
    assert taken.established.request_tbs.endswith(bytes(2))
    assert taken.established.agreed == accepted.established.agreed


class WithMember(Policy):
    """Adds a member to tbs of HandshakeReq, before it is signed."""

    def rewrite(self, name: str, value: Any) -> Any:
        if name != "E2E.HandshakeReq.tbs":
            return value
        content = value.content + b"\x85\x01\x00"
        return Protected(b"\x30" + length_octets(len(content)) + content, content)


def test_a_tbs_that_a_policy_changes_is_signed_and_salted_as_it_is_sent() -> None:
    pair = Handshakes(client_policy=WithMember())
    taken, accepted = pair.run()
    assert steps_of(taken) == []
    assert taken.established is not None
    assert accepted.established is not None
    assert taken.established.request_tbs.endswith(b"\x85\x01\x00")
    assert taken.established.agreed == accepted.established.agreed


def test_lists_without_an_entry_are_a_protocol_error() -> None:
    class Emptied(Policy):
        def rewrite(self, name: str, value: Any) -> Any:
            return replaced(value, dhKey=()) if name.endswith("Req.token") else value

    taken = Handshakes(codec=TOY, client_policy=Emptied()).requested()
    assert taken.fault is not None
    assert taken.fault.step == "E2E.HS.1.3"
    assert taken.events[0] == "IEC62351-4:1.5"


def test_nothing_is_said_before_its_time() -> None:
    pair = Handshakes()
    for too_early in (
        pair.server.accept,
        pair.server.reject_application,
        pair.client.release_request,
        lambda: pair.client.take_response(b""),
    ):
        with pytest.raises(StateError):
            too_early()


def test_a_credential_without_its_key_shows_nothing() -> None:
    bare = credential("client").certificate
    with pytest.raises(ValueError, match="private key"):
        parameters("client", credential=type(credential("client"))(bare, None))


def test_no_secret_is_shown() -> None:
    established = agreed({})
    for text in (repr(established), str(established.own)):
        assert established.secret.hex() not in text
        assert str(established.own.private) not in text

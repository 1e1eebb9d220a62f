"""What a peer does wrong in TLS, one stimulus for every step of the engine's tables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from conform62351.fixtures.pki.issuing import CertificateParts, issue
from conform62351.fixtures.pki.naming import common_name
from conform62351.profiles.pki.dh_keys import PKCS_3, dh_private_key
from conform62351.profiles.policy import CheckTable, Context, Policy, Step
from conform62351.profiles.tls.engine.agreement import FiniteField, ec_pair, finite_fields
from conform62351.profiles.tls.engine.extensions import (
    Extension,
    ExtensionType,
    TrustedAuthority,
    ec_point_formats,
    renegotiation_info,
)
from conform62351.profiles.tls.engine.key_messages import DheParameters, EcdheParameters, Signed
from conform62351.profiles.tls.engine.machine import EngineTls
from conform62351.profiles.tls.engine.messages import CertificateRequest, encode
from conform62351.profiles.tls.engine.sessions import Session, SessionStore
from conform62351.profiles.tls.engine.wire import vector8
from conform62351.suites.selfcheck.tls_engine_bench import (
    SINCE,
    UNTIL,
    Clock,
    client,
    identity,
    of_known_value,
    random_octets,
    root,
    server,
)
from conform62351.suites.selfcheck.tls_pair import Pair

ECDHE, ECDHE_LONG, DHE, ANON = 0xC02F, 0xC030, 0x009E, 0x0034
CBC, CBC_NEW, NULL_SHA = 0x002F, 0x003C, 0x0002
STATIC: Final = 0x003F
OLD: Final = {"minimum": 0x0301, "suites": (CBC,)}
NOWHERE: Final = (TrustedAuthority(3, bytes(20)),)
HELLO_REQUEST: Final = bytes(4)
LIMIT: Final = 10.0

Alter = Callable[[Any], Any]


class Altering(Policy):
    """Alters messages by their names, values and octets, while it is armed; leaves steps out."""

    def __init__(
        self, values: dict[str, Alter], octets: dict[str, Alter], left_out: Collection[str], *, armed: bool
    ) -> None:
        self.armed = armed
        self._values = values
        self._octets = octets
        self._left_out = left_out

    def steps(self, table: CheckTable[Context]) -> Sequence[Step[Context]]:
        return [step for step in table.steps if step.id not in self._left_out]

    def rewrite(self, name: str, value: Any) -> Any:
        return self._values[name](value) if self.armed and name in self._values else value

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        found: bytes | None = self._octets[name](octets) if self.armed and name in self._octets else octets
        return found


@dataclass
class Scene:
    """Two machines in memory: ``finder``, whose check is tried, and ``peer``, which gives it cause."""

    pair: Pair[EngineTls, EngineTls]
    finder: EngineTls
    peer: EngineTls
    policy: Altering
    clock: Clock

    def renegotiate(self, machine: EngineTls) -> None:
        self.policy.armed = True
        self.pair.events[machine] += machine.renegotiate()
        self.pair.settle()

    def inject(self, kind: int, *pieces: bytes) -> None:
        self.policy.armed = True
        for octets in pieces:
            self.peer.inject(kind, octets)
        self.pair.settle()

    def pass_time(self) -> None:
        self.clock.seconds += 2 * LIMIT
        self.pair.events[self.finder] += self.finder.tick()
        self.pair.settle()


Act = Callable[[Scene], None]


@dataclass(frozen=True)
class Stimulus:
    """How ``side`` comes to find the fault of ``step``.

    ``own`` and ``peer`` are members of the parameters of finder and peer, ``values`` and ``octets`` what the
    peer alters, at once or, with ``later``, once ``act`` arms it after the handshake. ``before`` acts first.
    ``first`` are members of a handshake whose session the client resumes, altered by ``session``.
    """

    step: str
    side: str
    own: dict[str, Any] = field(default_factory=dict)
    peer: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Alter] = field(default_factory=dict)
    octets: dict[str, Alter] = field(default_factory=dict)
    peer_leaves: tuple[str, ...] = ()
    later: bool = False
    before: Act | None = None
    act: Act | None = None
    first: dict[str, Any] | None = None
    session: Callable[[Session], Session] | None = None
    waits: bool = False

    def play(self, policy: Policy) -> Scene:
        """Play the scene, the finder by ``policy``."""
        clock = Clock()
        usual: dict[str, Any] = {"suites": (ECDHE,), "identities": (identity("rsa"),), "now": clock}
        altering = Altering(self.values, self.octets, self.peer_leaves, armed=not self.later)
        members = {"client": dict(usual), "server": usual | {"verify_peer": True}}
        if self.first is not None:
            members["server"]["store"] = SessionStore(random_octets)
        finder_side, peer_side = self.side, "server" if self.side == "client" else "client"
        members[finder_side] |= self.own
        members[peer_side] |= self.peer
        if self.first is not None:
            members["client"]["session"] = self._session(members, self.first)
            if self.waits:
                clock.seconds += 2 * LIMIT
        policies = {finder_side: policy, peer_side: altering}
        made = {
            "client": client(policies["client"], **members["client"]),
            "server": server(policies["server"], **members["server"]),
        }
        pair = Pair(made["client"], made["server"])
        scene = Scene(pair, made[finder_side], made[peer_side], altering, clock)
        if self.before is not None:
            self.before(scene)
        pair.shake_hands()
        if self.act is not None:
            self.act(scene)
        return scene

    def _session(self, members: dict[str, dict[str, Any]], first: dict[str, Any]) -> Session:
        shared = {"suites": (ECDHE,), "minimum": 0x0303, "maximum": 0x0303, **first}
        pair = Pair(client(**members["client"] | shared), server(**members["server"] | shared))
        pair.shake_hands()
        session = pair.client.session
        assert session is not None
        return session if self.session is None else self.session(session)


def change(**members: Any) -> Alter:
    """Return what replaces members of a message."""
    return lambda value: msgspec.structs.replace(value, **members)


def extension(kind: int, octets: bytes | None) -> Alter:
    """Return what replaces an extension of a hello, or takes it out."""

    def alter(hello: Any) -> Any:
        kept = tuple(one for one in hello.extensions or () if one.kind != kind)
        added = () if octets is None else (Extension(kind, octets),)
        return msgspec.structs.replace(hello, extensions=kept + added)

    return alter


def signed(**members: Any) -> Alter:
    """Return what alters the signature of a message."""
    return lambda message: msgspec.structs.replace(
        message, signature=msgspec.structs.replace(message.signature, **members)
    )


def _spoilt(message: Any) -> Any:
    signature: Signed = message.signature
    return signed(octets=signature.octets[:-1] + bytes((signature.octets[-1] ^ 1,)))(message)


def _other_curve(message: Any) -> Any:
    return change(parameters=EcdheParameters(24, ec_pair(24, random_octets).point))(message)


def _bad_value(message: Any) -> Any:
    parameters: DheParameters = message.parameters
    return change(parameters=msgspec.structs.replace(parameters, y=1))(message)


def _anonymous_request(octets: bytes) -> bytes:
    return encode(CertificateRequest((1,), ((4, 1),))) + octets


def _of_other_field() -> bytes:
    """Return a certificate whose key is in the field of ffdhe3072."""
    key = dh_private_key(finite_fields()[257].p, 2, None, 62351, PKCS_3)
    parts = CertificateParts(
        subject=common_name("other field"),
        spki=key.spki,
        serial=62351,
        not_before=SINCE,
        not_after=UNTIL,
    )
    return issue(parts, root("rsa"))


def _field(bits: int) -> FiniteField:
    return FiniteField((1 << bits - 1) + 1, 2)


def _flip(octets: bytes) -> bytes:
    return octets[:-1] + bytes((octets[-1] ^ 1,))


def _withhold(_: bytes) -> None:
    return None


def _by_client(scene: Scene) -> None:
    scene.renegotiate(scene.pair.client)


def _by_server(scene: Scene) -> None:
    scene.renegotiate(scene.pair.server)


def _resumes_what_was_not_asked(scene: Scene) -> None:
    server = scene.pair.server
    server.change(msgspec.structs.replace(server.parameters, session=server.session))
    scene.renegotiate(server)


def _twice_by_server(scene: Scene) -> None:
    _by_server(scene)
    _by_server(scene)


def _no_hello(scene: Scene) -> None:
    _by_server(scene)
    scene.pass_time()


def _no_change(scene: Scene) -> None:
    """The client begins, and what it says next never arrives."""
    scene.pair.client.renegotiate()
    scene.pair.carry(scene.pair.client, scene.pair.server)
    scene.pair.server.take_output()
    scene.pass_time()


_SERVER: Final = (
    Stimulus("TLS.CH.1", "server", values={"TLS.ClientHello": change(version=0x0300)}),
    Stimulus("TLS.CH.2", "server", own={"suites": (CBC,)}, peer={**OLD, "maximum": 0x0301}),
    Stimulus("TLS.CH.3", "server", own=OLD, peer={**OLD, "maximum": 0x0302}),
    Stimulus("TLS.CH.4", "server", own=OLD, peer={**OLD, "maximum": 0x0302, "signalling_suites": (0x5600,)}),
    Stimulus("TLS.CH.5", "server", peer={"compression": (1,)}),
    Stimulus("TLS.CH.6", "server", peer={"compression": (1, 0)}),
    Stimulus("TLS.CH.7", "server", peer={"extra_extensions": (Extension(23),)}),
    Stimulus("TLS.CH.8", "server", values={"TLS.ClientHello": extension(10, b"\0")}),
    Stimulus("TLS.CH.9", "server", peer={"signature_algorithms": ()}),
    Stimulus("TLS.CH.10", "server", peer={"signature_algorithms": ((4, 1),)}),
    Stimulus("TLS.CH.11", "server", peer={"signature_algorithms": ((4, 1), (1, 1))}),
    Stimulus("TLS.CH.12", "server", peer={"suites": (ECDHE, NULL_SHA)}),
    Stimulus("TLS.CH.13", "server", peer={"suites": (ECDHE_LONG,)}),
    Stimulus("TLS.CH.14", "server", own={"identities": (identity("ecdsa"),)}),
    Stimulus("TLS.CH.15", "server", peer={"groups": (25,)}),
    Stimulus("TLS.CH.16", "server", peer={"signature_algorithms": ((4, 3), (2, 3))}),
    Stimulus(
        "TLS.CH.17",
        "server",
        values={"TLS.ClientHello": extension(ExtensionType.EC_POINT_FORMATS, ec_point_formats((1,)).octets)},
    ),
    Stimulus("TLS.CH.18", "server", peer={"trusted_ca_keys": NOWHERE}),
    Stimulus(
        "TLS.CH.19", "server", own={"suites": (CBC,)}, peer={"suites": (CBC,), "encrypt_then_mac": False}
    ),
    Stimulus("TLS.CH.20", "server", peer={"extended_master_secret": False}),
    Stimulus("TLS.CKE.1", "server", values={"TLS.ClientKeyExchange": change(octets=b"\x05\x04")}),
    Stimulus("TLS.CKE.2", "server", values={"TLS.ClientKeyExchange": change(octets=vector8(b"\x04" * 65))}),
    Stimulus(
        "TLS.CKE.3",
        "server",
        own={"suites": (STATIC,), "identities": (identity("dh-rsa"),)},
        peer={"suites": (STATIC,), "identities": ()},
        values={"TLS.ClientKeyExchange": change(octets=b"")},
    ),
    Stimulus(
        "TLS.CKE.4",
        "server",
        own={"suites": (STATIC,), "identities": (identity("dh-rsa"),)},
        peer={"suites": (STATIC,), "identities": (identity("rsa"),)},
        values={
            "TLS.Certificate": lambda message: change(chain=(_of_other_field(),))(message),
            "TLS.ClientKeyExchange": change(octets=b""),
        },
    ),
    Stimulus("TLS.CKE.5", "server", values={"TLS.Certificate": change(chain=identity("dh-rsa").chain)}),
    Stimulus("TLS.CV.1", "server", values={"TLS.CertificateVerify": signed(hash=6)}),
    Stimulus("TLS.CV.2", "server", values={"TLS.CertificateVerify": signed(algorithm=3)}),
    Stimulus("TLS.CV.3", "server", peer={"signature_algorithms": ((2, 1), (4, 1))}),
    Stimulus("TLS.CV.4", "server", values={"TLS.CertificateVerify": _spoilt}),
    Stimulus("TLS.FIN.1", "server", values={"TLS.Finished": change(verify_data=bytes(12))}),
)
_CLIENT: Final = (
    Stimulus("TLS.SH.1", "client", values={"TLS.ServerHello": change(version=0x0300)}),
    Stimulus("TLS.SH.2", "client", values={"TLS.ServerHello": change(version=0x0301)}),
    Stimulus("TLS.SH.3", "client", values={"TLS.ServerHello": change(version=0x0304)}),
    Stimulus("TLS.SH.4", "client", own=OLD, peer={**OLD, "maximum": 0x0302}),
    Stimulus(
        "TLS.SH.5",
        "client",
        own=OLD,
        peer={**OLD, "maximum": 0x0302},
        values={"TLS.ServerHello": change(random=bytes(24) + b"DOWNGRD\0")},
    ),
    Stimulus("TLS.SH.6", "client", values={"TLS.ServerHello": change(suite=CBC)}),
    Stimulus(
        "TLS.SH.7",
        "client",
        own={"minimum": 0x0301, "suites": (CBC, CBC_NEW)},
        peer={**OLD, "maximum": 0x0302},
        values={"TLS.ServerHello": change(suite=CBC_NEW)},
    ),
    Stimulus("TLS.SH.8", "client", values={"TLS.ServerHello": change(compression=1)}),
    Stimulus("TLS.SH.9", "client", peer={"extra_extensions": (Extension(23),)}),
    Stimulus("TLS.SH.10", "client", peer={"extra_extensions": (Extension(99),)}),
    Stimulus("TLS.SH.11", "client", values={"TLS.ServerHello": extension(11, b"")}),
    Stimulus("TLS.SH.12", "client", values={"TLS.ServerHello": extension(11, b"\x01\x01")}),
    Stimulus(
        "TLS.SH.13", "client", own={"suites": (CBC,)}, peer={"suites": (CBC,), "encrypt_then_mac": False}
    ),
    Stimulus("TLS.SH.14", "client", peer={"extra_extensions": (Extension(22),)}),
    Stimulus("TLS.SH.15", "client", peer={"extended_master_secret": False}),
    Stimulus("TLS.SCERT.1", "client", values={"TLS.Certificate": change(chain=identity("ecdsa").chain)}),
    Stimulus("TLS.SCERT.2", "client", own={"trusted_ca_keys": NOWHERE}, peer_leaves=("TLS.CH.18",)),
    Stimulus(
        "TLS.SCERT.3",
        "client",
        own={"suites": (STATIC,)},
        peer={"suites": (STATIC,), "identities": (identity("dh-rsa"),)},
        values={"TLS.Certificate": change(chain=(of_known_value(),))},
    ),
    Stimulus("TLS.SKE.1", "client", own={"groups": (23,)}, values={"TLS.ServerKeyExchange": _other_curve}),
    Stimulus(
        "TLS.SKE.2",
        "client",
        own={"suites": (DHE,)},
        peer={"suites": (DHE,), "dh_parameters": _field(1000)},
    ),
    Stimulus(
        "TLS.SKE.3",
        "client",
        own={"suites": (DHE,)},
        peer={"suites": (DHE,), "dh_parameters": _field(1100)},
    ),
    Stimulus(
        "TLS.SKE.4",
        "client",
        own={"suites": (DHE,)},
        peer={"suites": (DHE,)},
        values={"TLS.ServerKeyExchange": _bad_value},
    ),
    Stimulus("TLS.SKE.5", "client", values={"TLS.ServerKeyExchange": signed(hash=6)}),
    Stimulus("TLS.SKE.6", "client", values={"TLS.ServerKeyExchange": signed(algorithm=3)}),
    Stimulus("TLS.SKE.7", "client", peer={"signature_algorithms": ((2, 1), (4, 1))}),
    Stimulus("TLS.SKE.8", "client", values={"TLS.ServerKeyExchange": _spoilt}),
    Stimulus(
        "TLS.CR.1",
        "client",
        own={"suites": (ANON,)},
        peer={"suites": (ANON,)},
        octets={"TLS.ServerHelloDone": _anonymous_request},
    ),
    Stimulus("TLS.CR.2", "client", peer={"verify_peer": False}),
    Stimulus("TLS.CR.3", "client", own={"identities": ()}),
    Stimulus("TLS.CR.4", "client", values={"TLS.CertificateRequest": change(signature_algorithms=((4, 3),))}),
    Stimulus(
        "TLS.CR.5",
        "client",
        values={"TLS.CertificateRequest": change(signature_algorithms=((4, 1), (1, 1)))},
    ),
)
_RENEGOTIATION: Final = (
    Stimulus("TLS.HR.1", "client", act=lambda scene: scene.inject(22, HELLO_REQUEST, HELLO_REQUEST)),
    Stimulus("TLS.HR.2", "client", own={"renegotiation_allowed": False}, act=_by_server),
    Stimulus("TLS.HR.3", "client", peer={"secure_renegotiation": False}, act=_by_server),
    Stimulus("TLS.HR.4", "client", own={"renegotiations_per_minute": 1}, act=_twice_by_server),
    Stimulus("TLS.RENEG.1", "server", peer={"secure_renegotiation": False}),
    Stimulus(
        "TLS.RENEG.2",
        "server",
        values={"TLS.ClientHello": extension(0xFF01, renegotiation_info(bytes(12)).octets)},
    ),
    Stimulus(
        "TLS.RENEG.3",
        "server",
        values={"TLS.ClientHello": change(suites=(ECDHE, 0x00FF))},
        later=True,
        act=_by_client,
    ),
    Stimulus(
        "TLS.RENEG.4",
        "server",
        values={"TLS.ClientHello": extension(0xFF01, None)},
        later=True,
        act=_by_client,
    ),
    Stimulus(
        "TLS.RENEG.5",
        "client",
        values={"TLS.ServerHello": extension(0xFF01, renegotiation_info(bytes(24)).octets)},
        later=True,
        act=_by_client,
    ),
    Stimulus(
        "TLS.RENEG.6",
        "server",
        own=OLD,
        peer=OLD,
        values={"TLS.ClientHello": change(version=0x0302)},
        later=True,
        act=_by_client,
    ),
    Stimulus(
        "TLS.RENEG.7",
        "server",
        values={"TLS.ClientHello": change(session_id=bytes(32))},
        later=True,
        act=_by_client,
    ),
    Stimulus(
        "TLS.RENEG.8", "client", peer={"store": SessionStore(random_octets)}, act=_resumes_what_was_not_asked
    ),
)
_RESUMPTION: Final = (
    Stimulus(
        "TLS.RES.1",
        "server",
        own={"tickets": True},
        peer={"tickets": True},
        first={},
        session=lambda session: msgspec.structs.replace(session, ticket=b"none of yours"),
    ),
    Stimulus(
        "TLS.RES.2",
        "server",
        own=OLD,
        peer={**OLD, "maximum": 0x0302},
        first={"suites": (CBC,)},
    ),
    Stimulus(
        "TLS.RES.3", "server", own={"suites": (ECDHE, ECDHE_LONG)}, peer={"suites": (ECDHE_LONG,)}, first={}
    ),
    Stimulus(
        "TLS.RES.4", "server", own={"suites": (ECDHE_LONG,)}, peer={"suites": (ECDHE, ECDHE_LONG)}, first={}
    ),
    Stimulus(
        "TLS.RES.5", "server", peer={"extended_master_secret": False}, first={"extended_master_secret": True}
    ),
    Stimulus("TLS.RES.6", "server", first={"extended_master_secret": False}),
    Stimulus("TLS.RES.7", "server", own={"resumption_interval": LIMIT}, first={}, waits=True),
    Stimulus(
        "TLS.RES.8",
        "server",
        own={"resumption_interval": LIMIT, "tickets": True},
        peer={"tickets": True},
        first={},
        waits=True,
    ),
    Stimulus("TLS.RES.9", "client", peer_leaves=("TLS.RES.6",), first={"extended_master_secret": False}),
)
_STATE: Final = (
    Stimulus("TLS.STATE.1", "server", octets={"TLS.CertificateVerify": _withhold}),
    Stimulus("TLS.STATE.2", "server", octets={"TLS.CertificateVerify": lambda octets: octets + b"\x14\0"}),
    Stimulus("TLS.STATE.3", "server", before=lambda scene: scene.peer.inject(23, b"too early")),
    Stimulus(
        "TLS.STATE.4",
        "server",
        octets={"TLS.record": lambda octets: octets[:1] + b"\x03\x01" + octets[3:]},
        later=True,
        act=lambda scene: scene.inject(23, b"data"),
    ),
    Stimulus("TLS.STATE.5", "server", act=lambda scene: scene.inject(21, b"\1\0\0")),
    Stimulus("TLS.STATE.6", "server", octets={"TLS.ChangeCipherSpec": lambda _: b"\x02"}),
    Stimulus("TLS.STATE.7", "server", act=lambda scene: scene.inject(24, b"\1\0\0")),
    Stimulus(
        "TLS.STATE.8",
        "server",
        octets={"TLS.record": lambda _: b"\x17\x03\x03\xff\xff"},
        later=True,
        act=lambda scene: scene.inject(23, b"data"),
    ),
    Stimulus(
        "TLS.STATE.9",
        "server",
        octets={"TLS.record": lambda _: b"\x17\x02\x00\x00\x01x"},
        later=True,
        act=lambda scene: scene.inject(23, b"data"),
    ),
    Stimulus(
        "TLS.STATE.10",
        "client",
        octets={"TLS.record": _flip},
        later=True,
        act=lambda scene: scene.inject(23, b"data"),
    ),
    Stimulus("TLS.STATE.11", "client", act=lambda scene: scene.inject(21, *[b"\x01\x5a"] * 17)),
    Stimulus("TLS.STATE.12", "client", act=lambda scene: scene.inject(23, *[b""] * 65)),
    Stimulus(
        "TLS.TIME.1",
        "server",
        own={"answer_limit": LIMIT},
        octets={"TLS.ClientHello": _withhold},
        later=True,
        act=_no_hello,
    ),
    Stimulus("TLS.TIME.2", "server", own={"answer_limit": LIMIT}, act=_no_change),
    Stimulus("TLS.TIME.3", "server", peer={"renegotiation_allowed": False}, act=_by_server),
    Stimulus(
        "TLS.TIME.4",
        "client",
        own={"answer_limit": LIMIT},
        octets={"TLS.ServerHelloDone": _withhold},
        act=Scene.pass_time,
    ),
)
STIMULI: Final = (*_SERVER, *_CLIENT, *_RENEGOTIATION, *_RESUMPTION, *_STATE)

"""The agreement on keys: public values, premaster secrets, fields and curves, what is new each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.agreement import finite_fields
from conform62351.profiles.tls.engine.choice import FFDHE2048
from conform62351.profiles.tls.engine.cipher_suites import KeyExchange
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.tls.extensions import BY_RSA, ECDHE, EPHEMERAL
from conform62351.suites.tls.handshakes import associates_over, begins, refused
from conform62351.suites.tls.sides import claimed, of_exchange, suites, tls_case
from conform62351.tooling.engine.mutations import (
    AnyMutation,
    Append,
    FlipBit,
    Overwrite,
    PublicValue,
    Replace,
    SetField,
)
from conform62351.tooling.engine.outcomes import TLS_ENDED, TLS_REFUSED, expect, over, refuse, warned
from conform62351.tooling.engine.steps import Alike, Connect, Conversation, Proceed, Tls, Verify, conversation
from conform62351.tooling.engine.tls_outcomes import TLS_STANDS

VALUE: Final = "R-TLS-key-exchange-value"
RSA: Final = "R-TLS-key-exchange-RSA"
PARAMETERS: Final = "R-TLS-key-exchange-parameters"
STATIC: Final = "R-TLS-key-exchange-static"
FRESH: Final = "R-TLS-key-exchange-fresh"
RANDOM: Final = "R-TLS-hello-random"

DHE: Final = of_exchange(KeyExchange.DHE)
STATIC_DH: Final = of_exchange(KeyExchange.DH)
RSA_SHOWN: Final = ("tester-tls",)
DH_SHOWN: Final = ("tls-dh-rsa", "tls-dh-dss")
FIELD: Final = finite_fields()[FFDHE2048].p
FIELD_OCTETS: Final = 256
P_256: Final = ("secp256r1",)
POINT_OCTETS: Final = 65

HEADER: Final = 4
VALUE_AT: Final = HEADER + 2 + FIELD_OCTETS + 2 + 1 + 2
"""Where the public value stands in a ServerKeyExchange of ffdhe2048: behind p and g."""
POINT_AT: Final = HEADER + 1 + 2 + 1
"""And the point in one of ECDHE: behind the number of the curve."""

CLIENT_EXCHANGE: Final = "TLS.ClientKeyExchange"
SERVER_EXCHANGE: Final = "TLS.ServerKeyExchange"
SIGNED: Final = "TLS.signed"
SECRET: Final = "TLS.secret"
PREMASTER: Final = "TLS.premaster"

NO_POINT: Final = bytes((4,)) + (1).to_bytes(32, "big") * 2
"""An uncompressed point of 256 bits that is not on secp256r1."""
ELSEWHERE: Final = bytes.fromhex(
    "048bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262"
    "547ef835c3dac4fd97f8461a14611dc9c27745132ded8e545c1d54c72f046997"
)
"""The generator of brainpoolP256r1, which is not on secp256r1."""
OTHER_FORM: Final = bytes((5,)) + (1).to_bytes(32, "big") * 2
"""Octets of a form that no point has."""

OF_512_BITS: Final = f"{(1 << 511) + (1 << 510) + 0x2F9:x}"
OF_1024_BITS: Final = f"{(1 << 1023) + (1 << 1022) + 0x40D:x}"
JUST_OVER_2048_BITS: Final = f"{(1 << 2048) + 981:x}"
"""A prime with which nearly every shared value begins with a zero octet: its first octet is 01 alone."""
SHORT: Final = "a field of 1024 bits is taken"
OTHER_FIELD: Final = "a field that is none of RFC 7919 is refused"
AGAIN: Final = "the ephemeral value of the server is the same in several handshakes"

UNASKED: Final = (
    bytes.fromhex("0c000049030017") + bytes((POINT_OCTETS,)) + NO_POINT + bytes.fromhex("04010000")
)
"""A ServerKeyExchange of ECDHE with an empty signature."""


def _vector(octets: bytes) -> bytes:
    return len(octets).to_bytes(2, "big") + octets


def _of_client(octets: bytes) -> SetField:
    return SetField(pdu=CLIENT_EXCHANGE, field="octets", octets=octets)


def _keys_of(secret: bytes) -> Replace:
    """Return the mutation by which the tester makes its keys of what the DUT would agree on."""
    return Replace(pdu=SECRET, octets=secret)


def _client_values() -> Iterator[tuple[str, tuple[AnyMutation, ...]]]:
    """Yield values of a client that nobody may take in Diffie-Hellman, by their names."""
    yield "0", (_of_client(_vector(b"\x00")), _keys_of(b""))
    yield "1", (_of_client(_vector(b"\x01")), _keys_of(b"\x01"))
    yield "p - 1", (PublicValue(pdu=CLIENT_EXCHANGE, less=1), _keys_of(b"\x01"))
    yield "p", (PublicValue(pdu=CLIENT_EXCHANGE), _keys_of(b""))
    yield "empty", (_of_client(_vector(b"")),)


POINTS: Final = {
    "a point that is on no curve": NO_POINT,
    "a point of another curve": ELSEWHERE,
    "a point of another form": OTHER_FORM,
}


@tls_case("KEY/BI-public-value", VALUE, roles=(Role.SERVER,))
def client_value(role: Role) -> Iterator[Conversation]:
    """A server refuses public values of a client that yield a secret that anybody knows, or none: 0, 1,
    p - 1, p, nothing; points that are off the curve, of another curve, of another form or length.
    """
    for label, changes in _client_values():
        tls = Tls(suites=suites(DHE), mutations=changes)
        yield conversation(refused(role, VALUE, tls), label=f"DHE: {label}", pics=claimed(DHE, role))
    for value, secret in ((0, b""), (1, b"\x01")):
        changes = (_of_client(_vector(bytes((value,)))), _keys_of(secret))
        tls = Tls(suites=suites(STATIC_DH), mutations=changes)
        yield conversation(
            refused(role, VALUE, tls), label=f"static DH: {value}", pics=claimed(STATIC_DH, role)
        )
    points = {**POINTS, "half a point": NO_POINT[:33], "a point of nothing": b"\x00"}
    for label, point in points.items():
        change = _of_client(bytes((len(point),)) + point)
        tls = Tls(suites=suites(ECDHE), groups=P_256, mutations=(change,))
        yield conversation(refused(role, VALUE, tls), label=label, pics=claimed(ECDHE, role))


@tls_case("KEY/BI-public-value", VALUE, roles=(Role.CLIENT,))
def server_value(role: Role) -> Iterator[Conversation]:
    """A client refuses public values of a server that yield a secret that anybody knows, or none: 0, 1,
    p - 1, p; points that are off the curve, of another curve or of another form. The server has signed them.
    """
    values = {"0": (0, b""), "1": (1, b"\x01"), "p - 1": (FIELD - 1, b"\x01"), "p": (FIELD, b"")}
    of_rsa = tuple(name for name in suites(DHE) if "_RSA_" in name)
    for label, (value, secret) in values.items():
        octets = value.to_bytes(FIELD_OCTETS, "big")
        tls = Tls(
            suites=of_rsa,
            credentials=RSA_SHOWN,
            mutations=_put(VALUE_AT, octets),
            if_taken=(_keys_of(secret),),
        )
        yield conversation(refused(role, VALUE, tls), label=f"DHE: {label}", pics=claimed(DHE, role))
    curves = tuple(name for name in suites(ECDHE) if "_RSA_" in name)
    for label, point in POINTS.items():
        tls = Tls(suites=curves, credentials=RSA_SHOWN, groups=P_256, mutations=_put(POINT_AT, point))
        yield conversation(refused(role, VALUE, tls), label=label, pics=claimed(ECDHE, role))


def _put(at: int, octets: bytes) -> tuple[AnyMutation, ...]:
    """Return the mutations that put ``octets`` into a ServerKeyExchange, and into what is signed of it."""
    return (
        Overwrite(pdu=SERVER_EXCHANGE, at=at, octets=octets),
        Overwrite(pdu=SIGNED, at=-len(octets), octets=octets),
    )


@tls_case("KEY/BI-premaster", RSA, roles=(Role.SERVER,), claims=claimed(BY_RSA, Role.SERVER))
def premaster(_: Role) -> Iterator[Conversation]:
    """A server ends a handshake whose premaster secret was encrypted with the wrong padding, has the wrong
    length or the wrong version as one in which the client uses another secret than it has sent.

    How long each takes is told.
    """
    changes: Sequence[AnyMutation] = (
        FlipBit(pdu=SECRET, at=-1),
        FlipBit(pdu=CLIENT_EXCHANGE, at=-1),
        Append(pdu=PREMASTER, octets=b"\x00"),
        Overwrite(pdu=PREMASTER, at=0, octets=b"\x03\x01"),
        Overwrite(pdu=PREMASTER, at=0, octets=b"\x04\x00"),
    )
    steps: Steps = ()
    for on, change in enumerate(changes):
        tls = Tls(suites=suites(BY_RSA), hold="TLS.ServerHelloDone", mutations=(change,))
        steps += (
            Connect(tls=tls, on=on),
            Proceed(on=on, may_break=True),
            refuse(RSA, TLS_ENDED, limit="limit.connect", on=on),
        )
    connections = tuple(range(len(changes)))
    yield conversation(steps, Alike(requirement=RSA, pdu="TLS.Alert", connections=connections))


@tls_case("KEY/BI-parameters", PARAMETERS, STATIC, roles=(Role.CLIENT,))
def parameters(role: Role) -> Iterator[Conversation]:
    """A client refuses ephemeral Diffie-Hellman in a field of 512 bits, and on a curve that it did not offer,
    and a ServerKeyExchange in suites that have none: with RSA and with static Diffie-Hellman.

    One that takes 1024 bits is warned of.
    """
    of_rsa = tuple(name for name in suites(DHE) if "_RSA_" in name)
    has_dhe = claimed(DHE, role)
    short = Tls(suites=of_rsa, credentials=RSA_SHOWN, prime=OF_512_BITS)
    yield conversation(refused(role, PARAMETERS, short), label="512 bits", pics=has_dhe)
    longer = Tls(suites=of_rsa, credentials=RSA_SHOWN, prime=OF_1024_BITS)
    yield conversation(
        begins(role, longer),
        refuse(PARAMETERS, TLS_REFUSED, over(warned(SHORT, TLS_STANDS)), limit="limit.connect"),
        label="1024 bits",
        pics=has_dhe,
    )
    curves = tuple(name for name in suites(ECDHE) if "_RSA_" in name)
    other = Tls(suites=curves, credentials=RSA_SHOWN, groups=("secp192r1",), imposes=True)
    yield conversation(
        refused(role, PARAMETERS, other), label="a curve that was not offered", pics=claimed(ECDHE, role)
    )
    extra = (Append(pdu="TLS.Certificate", octets=UNASKED),)
    for label, wanted, shown in (("RSA", BY_RSA, RSA_SHOWN), ("static DH", STATIC_DH, DH_SHOWN)):
        tls = Tls(suites=suites(wanted), credentials=shown, mutations=extra)
        yield conversation(
            refused(role, STATIC, tls),
            label=f"ServerKeyExchange with {label}",
            pics=claimed(wanted, role),
        )


LEADING: Final = of_exchange(KeyExchange.DHE, KeyExchange.DH)


@tls_case("KEY/BV-leading-zero", STATIC, roles=(Role.SERVER,), claims=claimed(LEADING, Role.SERVER))
def server_leading_zero(role: Role) -> Iterator[Conversation]:
    """A server agrees on keys with a client also when the value that they share in Diffie-Hellman begins with
    a zero octet, which is left out: ephemeral and static. The tester looks for such a value of its own.
    """
    for label, wanted in {"ephemeral": DHE, "static": STATIC_DH}.items():
        tls = Tls(suites=suites(wanted), leading_zero=True)
        yield conversation(associates_over(role, STATIC, tls), label=label, pics=claimed(wanted, role))


@tls_case("KEY/BV-leading-zero", STATIC, roles=(Role.CLIENT,), claims=claimed(DHE, Role.CLIENT))
def client_leading_zero(role: Role) -> Iterator[Conversation]:
    """A client agrees on keys with a server also when the value that they share in ephemeral Diffie-Hellman
    begins with a zero octet, which is left out: the tester has a field in which that is the rule.

    A client that takes no field of a server's own making is warned of.
    """
    of_rsa = tuple(name for name in suites(DHE) if "_RSA_" in name)
    tls = Tls(suites=of_rsa, credentials=RSA_SHOWN, prime=JUST_OVER_2048_BITS)
    stands = (TLS_STANDS, *over(warned(OTHER_FIELD, TLS_REFUSED)))
    yield conversation(associates_over(role, STATIC, tls, *stands))


@tls_case("KEY/BV-fresh", FRESH, RANDOM, roles=(Role.SERVER,), claims=claimed(EPHEMERAL, Role.SERVER))
def fresh(_: Role) -> Iterator[Conversation]:
    """Random and ephemeral value of a server are others in each of four handshakes; one that uses its value
    again is warned of.
    """
    steps: Steps = ()
    for on in range(4):
        steps += (
            Connect(tls=Tls(suites=suites(EPHEMERAL)), on=on),
            expect(FRESH, TLS_STANDS, limit="limit.connect", on=on),
        )
        for earlier in range(on):
            steps += (
                Verify(requirement=RANDOM, field="TLS.ServerHello.random", unlike=earlier, on=on),
                Verify(
                    requirement=FRESH,
                    field="TLS.ServerKeyExchange.value",
                    unlike=earlier,
                    on=on,
                    warning=AGAIN,
                ),
            )
    yield conversation(steps)

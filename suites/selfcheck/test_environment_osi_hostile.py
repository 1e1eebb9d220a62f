"""Hostile octets at every level of native mode over OSI: the machines answer, end, and never raise."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.events import Faulted
from conform62351.profiles.native.codec import Carrier
from conform62351.profiles.osi.apdu import USER
from conform62351.profiles.osi.association import Layer, State
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.environment_osi_bench import (
    IDENTIFY,
    INITIATED,
    NativePair,
    data,
    of_kind,
)
from conform62351.suites.selfcheck.osi_pairing import DATA, RESPONSE, Bent, is_over

SECPDUS: Final = {
    "E2E.HandshakeReq": Role.CLIENT,
    "E2E.HandshakeAcc": Role.SERVER,
    "E2E.ApplicationReject": Role.SERVER,
    "E2E.ApplAbort": Role.CLIENT,
    "E2E.DtSecAbort": Role.SERVER,
    "E2E.EncrTransfer": Role.CLIENT,
    "E2E.ReleaseReq": Role.CLIENT,
    "E2E.ReleaseRsp": Role.SERVER,
}
CARRIERS: Final = {
    "ACSE.AARQ": Role.CLIENT,
    "ACSE.AARE": Role.SERVER,
    "ACSE.RLRQ": Role.CLIENT,
    "ACSE.RLRE": Role.SERVER,
    "ACSE.ABRT": Role.CLIENT,
    "PRES.CP": Role.CLIENT,
    "PRES.CPA": Role.SERVER,
    "PRES.TD": Role.CLIENT,
    "SES.CN": Role.CLIENT,
    "SES.AC": Role.SERVER,
    "SES.DT": Role.CLIENT,
}
EVERYTHING: Final = SECPDUS | CARRIERS
Damage = list[tuple[float, bytes, int]]
DAMAGE: Final = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True), st.binary(max_size=4), st.sampled_from([0, 1, 1, 1, 2, 8, 64])
    ),
    min_size=1,
    max_size=3,
)
"""Where, as a part of the whole, how much is cut out, and what is put in its place."""
REACTING: Final = pytest.mark.parametrize("reacting", [True, False], ids=["strict", "tester"])


def damaged(octets: bytes, damage: Damage) -> bytes:
    made = bytearray(octets)
    for part, filling, length in damage:
        position = int(part * len(made))
        made[position : position + length] = filling
    return bytes(made)


def run(name: str, client: Policy, server: Policy) -> NativePair:
    """Have a pair send what is called ``name`` in its course, as far as it comes.

    Who goes on after anything may have nothing to accept: that is an error of a type.
    """
    pair = NativePair(client_policy=client, server_policy=server).indicated()
    if pair.server.state is State.INDICATED:
        if name == "E2E.ApplicationReject":
            pair.server.reject(result=1, source=USER)
        else:
            with suppress(ProtocolError):
                pair.server.accept(INITIATED, RESPONSE)
        pair.carry()
    if pair.states() == (State.OPEN, State.OPEN):
        act(pair, name)
        pair.carry()
    return pair


def act(pair: NativePair, name: str) -> None:
    match name:
        case "E2E.ApplAbort" | "ACSE.ABRT":
            pair.client.abort()
        case "E2E.DtSecAbort":
            pair.server.dt_sec_abort(1)
        case "E2E.EncrTransfer" | "PRES.TD" | "SES.DT":
            pair.client.send_data(IDENTIFY, DATA)
        case _:
            pair.client.release()
            pair.carry()
            if pair.server.state is State.RELEASE_INDICATED:
                pair.server.accept_release()


@REACTING
@pytest.mark.parametrize("name", EVERYTHING)
@settings(max_examples=12, deadline=None)
@given(damage=DAMAGE)
def test_damaged_octets_raise_nothing(name: str, reacting: bool, damage: Damage) -> None:
    bad = Bent(octets={name: lambda octets: damaged(octets, damage)})
    other = Bent(reacting=reacting)
    by_client = EVERYTHING[name] is Role.CLIENT
    pair = run(name, *((bad, other) if by_client else (other, bad)))
    for machine in (pair.client, pair.server):
        assert isinstance(machine.receive_eof(), list)
        assert machine.state is State.CLOSED


@pytest.mark.parametrize("name", ["E2E.HandshakeReq", "E2E.EncrTransfer", "E2E.ReleaseReq"])
@settings(max_examples=60, deadline=None)
@given(damage=DAMAGE)
def test_nothing_damaged_is_believed(name: str, damage: Damage) -> None:
    """What reaches the user after damage is what was sent; else the association has ended."""
    bad = Bent(octets={name: lambda octets: damaged(octets, damage)})
    pair = run(name, bad, Policy())
    if name == "E2E.EncrTransfer" and not is_over(pair.server):
        assert data(pair.server_events) in ([], [IDENTIFY])
    if of_kind(pair.server_events, Faulted):
        assert is_over(pair.server)


@pytest.mark.parametrize("carrier", [Carrier.ABRT, Carrier.RLRQ, Carrier.RLRE, Carrier.DATA])
@REACTING
@settings(max_examples=25, deadline=None)
@given(octets=st.binary(max_size=60), moment=st.sampled_from(["connected", "indicated", "associated"]))
def test_any_octets_as_a_secpdu_at_any_moment_raise_nothing(
    carrier: Carrier, reacting: bool, octets: bytes, moment: str
) -> None:
    pair = NativePair(server_policy=Bent(reacting=reacting))
    getattr(pair, moment)()
    pair.client.send_secpdu(octets, "E2E.any", carrier)
    pair.carry()
    pair.server.receive_eof()
    assert pair.server.state is State.CLOSED


@REACTING
@settings(max_examples=25, deadline=None)
@given(
    layer=st.sampled_from([Layer.TPKT, Layer.COTP, Layer.SESSION]),
    octets=st.binary(max_size=80),
    moment=st.sampled_from(["connected", "indicated", "associated"]),
)
def test_any_octets_under_any_layer_raise_nothing(
    reacting: bool, layer: Layer, octets: bytes, moment: str
) -> None:
    pair = NativePair(server_policy=Bent(reacting=reacting))
    getattr(pair, moment)()
    pair.client.inject(layer, octets, "any")
    pair.carry()
    pair.server.receive_eof()
    assert pair.server.state is State.CLOSED


@settings(max_examples=60, deadline=None)
@given(octets=st.binary(max_size=200), moment=st.sampled_from(["connected", "indicated", "associated"]))
def test_any_octets_over_tcp_raise_nothing(octets: bytes, moment: str) -> None:
    pair = NativePair()
    getattr(pair, moment)()
    for machine in (pair.client, pair.server):
        machine.receive(octets)
        machine.receive_eof()
        assert machine.state is State.CLOSED


@pytest.mark.parametrize("nested", [100, 4000])
@pytest.mark.parametrize("carrier", [Carrier.DATA, Carrier.ABRT, Carrier.RLRQ])
def test_deep_nesting_is_a_fault(carrier: Carrier, nested: int) -> None:
    octets: bytes = b"\x30\x80" * nested + b"\x00\x00" * nested
    pair = NativePair().associated().forget()
    pair.client.send_secpdu(octets, "E2E.any", carrier)
    pair.carry()
    assert of_kind(pair.server_events, Faulted)
    assert is_over(pair.server)


def test_a_number_of_thousands_of_digits_can_be_shown() -> None:
    def huge(token: Any) -> Any:
        key = type(token.dhKey[0])(1 << 40_000, token.dhKey[0].dhPublicKey)
        return type(token)(
            **{name: getattr(token, name) for name in token.__struct_fields__} | {"dhKey": (key,)}
        )

    pair = NativePair(client_policy=Bent(values={"E2E.HandshakeReq.token": huge})).indicated()
    assert repr(pair.server.take_received())
    assert repr(pair.server_events)
    assert is_over(pair.server)

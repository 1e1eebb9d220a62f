"""Associations of native mode next to each other: numbers, titles, replays, and room in the connect data."""

from __future__ import annotations

from typing import Any

import pytest

from conform62351.profiles.environments.osi.association import NativeAssociation
from conform62351.profiles.environments.osi.parameters import E2E_CONTEXT
from conform62351.profiles.identifiers import IDENTIFIERS
from conform62351.profiles.native.fitting import TooLongError
from conform62351.profiles.native.identity import NUMBERS, Numbers, NumbersTakenError
from conform62351.profiles.osi.association import State
from conform62351.profiles.osi.events import AssociateReject
from conform62351.profiles.osi.parameters import BER_SYNTAX, OsiParameters, Titles
from conform62351.profiles.osi.ppdu import ContextDefinition
from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.pki.credential import Credential
from conform62351.profiles.pki.path import Trust
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.environment_osi_bench import (
    CLIENT,
    INITIATE,
    INITIATED,
    SERVER,
    NativePair,
    data,
    found,
    logged,
    native,
    of_kind,
    secpdus,
    security,
)
from conform62351.suites.selfcheck.native_bench import credential, replaced
from conform62351.suites.selfcheck.osi_pairing import REQUEST, RESPONSE, Bent
from conform62351.suites.selfcheck.pki_samples import Authority, authority


def test_associations_of_the_same_sides_have_numbers_of_their_own() -> None:
    client, server = security("client"), security("server")
    pairs = [NativePair(client, server).associated() for _ in range(4)]
    assert [pair.client.asso_id for pair in pairs] == ["0:0", "1:1", "2:2", "3:3"]
    assert [pair.server.asso_id for pair in pairs] == ["0:0", "1:1", "2:2", "3:3"]
    for pair in (*pairs, *reversed(pairs)):
        pair.identifies()
    for pair in pairs:
        assert len(data(pair.client_events)) == len(data(pair.server_events)) == 2
        assert found(pair.client_events) == found(pair.server_events) == []


ENDS: dict[str, Any] = {
    "abort": lambda pair: pair.client.abort(),
    "abort-by-server": lambda pair: pair.server.abort(),
    "provider-abort": lambda pair: pair.client.abort(provider=True),
    "data-abort": lambda pair: pair.client.dt_sec_abort(1),
    "release": lambda pair: (pair.client.release(), pair.carry(), pair.server.accept_release()),
    "eof": lambda pair: (pair.client.receive_eof(), pair.server.receive_eof()),
}


@pytest.mark.parametrize("end", ENDS)
def test_numbers_are_given_back_at_the_end(end: str) -> None:
    numbers = Numbers(), Numbers()
    sides = (security(name, numbers=one) for name, one in zip(("client", "server"), numbers, strict=True))
    pair = NativePair(*sides).associated()
    ENDS[end](pair)
    pair.carry()
    for one in numbers:
        taken = {one.take() for _ in NUMBERS}
        assert len(taken) == len(NUMBERS)
        assert not one.meet(b"", "7")


@pytest.mark.parametrize("moment", ["rejected", "refused"])
def test_numbers_are_given_back_where_nothing_comes_of_it(moment: str) -> None:
    numbers = Numbers()
    policy = Bent(values={"E2E.HandshakeReq.token": lambda token: replaced(token, assoID="x")})
    client = policy if moment == "refused" else None
    pair = NativePair(server=security("server", numbers=numbers), client_policy=client).indicated()
    if moment == "rejected":
        pair.server.reject(result=1, source=1)
    assert len({numbers.take() for _ in NUMBERS}) == len(NUMBERS)


def _full() -> Numbers:
    numbers = Numbers()
    for _ in NUMBERS:
        numbers.take()
    return numbers


def test_a_server_without_a_number_left_refuses_for_now() -> None:
    pair = NativePair(server=security("server", numbers=_full())).indicated()
    (reject,) = of_kind(pair.client_events, AssociateReject)
    assert reject.aare.result == 2
    assert pair.states() == (State.CLOSED, State.ENDING)
    assert logged(pair.server_events) == []


def test_a_client_without_a_number_left_does_not_ask() -> None:
    pair = NativePair(security("client", numbers=_full())).connected()
    with pytest.raises(NumbersTakenError):
        pair.client.associate(INITIATE, REQUEST)
    assert pair.client.state is State.CONNECTED


def test_a_number_that_the_same_client_has_in_use_is_told() -> None:
    server, shared = security("server"), native("client")
    first = NativePair(security("client", native=shared), server).associated()
    second = NativePair(security("client", native=shared), server).associated()
    assert found(first.server_events) == []
    assert found(second.server_events) == ["E2E.OSI.REQ.1"]
    assert logged(second.server_events) == []
    assert second.states() == (State.OPEN, State.OPEN)
    first.client.abort()
    second.client.abort()
    for pair in (first, second):
        pair.carry()
    third = NativePair(security("client", native=shared), server).associated()
    assert found(third.server_events) == []


def test_a_request_that_is_sent_again_is_a_replay() -> None:
    client, server = security("client"), security("server")
    sent: list[bytes] = []
    NativePair(client, server, client_policy=Bent(octets={"E2E.HandshakeReq": _kept(sent)})).associated()
    again = Bent(octets={"E2E.HandshakeReq": lambda _: sent[0]})
    pair = NativePair(client, server, client_policy=again).indicated()
    assert logged(pair.server_events) == ["IEC62351-4:1.11"]


def _kept(kept: list[bytes]) -> Any:
    def keep(octets: bytes) -> bytes:
        kept.append(octets)
        return octets

    return keep


def test_the_title_of_another_in_the_certificate_is_a_mismatch() -> None:
    other = replaced(CLIENT, calling=Titles("1.1.999.1", 13))
    pair = NativePair(client_osi=other).indicated()
    assert logged(pair.server_events) == ["IEC62351-4:1.8"]
    called = Titles("1.1.1.999", 14)
    pair = NativePair(client_osi=replaced(CLIENT, called=called), server_osi=replaced(SERVER, called=called))
    pair.associated()
    assert logged(pair.client_events) == ["IEC62351-4:2.7"]


@pytest.mark.parametrize("titles", [Titles(), Titles("1.1.999.1", None), Titles(None, 12)])
@pytest.mark.parametrize("role", Role)
def test_titles_are_needed(role: Role, titles: Titles) -> None:
    with pytest.raises(ValueError, match="AP-title"):
        NativeAssociation(role, replaced(CLIENT, called=titles), security("client"))


def test_a_context_of_the_callers_own_stays() -> None:
    own = ContextDefinition(9, IDENTIFIERS.oid("e2eSecurityAS"), (BER_SYNTAX,))
    pair = NativePair(client_osi=replaced(CLIENT, contexts=(*OsiParameters().contexts, own))).associated()
    assert sorted(pair.client.contexts) == sorted(pair.server.contexts) == [1, 3, 9]
    pair.identifies()
    assert len(data(pair.server_events)) == 1


def test_the_e2e_context_takes_the_next_odd_number() -> None:
    taken = ContextDefinition(E2E_CONTEXT, "1.2.3", (BER_SYNTAX,))
    pair = NativePair(client_osi=replaced(CLIENT, contexts=(*OsiParameters().contexts, taken))).associated()
    assert sorted(pair.client.contexts) == [1, 3, 7]


def test_identifiers_can_be_others() -> None:
    other = IDENTIFIERS.overridden({"e2eSecurityAS": "1.0.62351.4.9.1", "e2eMmsAC": "1.0.62351.4.9.2"})
    pair = NativePair(security("client", identifiers=other), security("server", identifiers=other))
    pair.associated().identifies()
    assert len(data(pair.server_events)) == 1
    mixed = NativePair(security("client", identifiers=other)).indicated()
    assert logged(mixed.server_events) == ["IEC62351-4:15.5"]


def _chained(name: str, size: int) -> tuple[Credential, Authority]:
    """Return a credential under three intermediates with names of some size, and the anchor above."""
    above = authority("top")
    chain: list[Certificate] = []
    for number in range(3):
        below = authority(f"{number:03}" + "x" * size, above)
        chain.insert(0, below.certificate)
        above = below
    return credential(name, issuer=above, chain=tuple(chain)), authority("top")


@pytest.mark.parametrize("name", ["client", "server"])
@pytest.mark.parametrize("size", [20, 2000])
def test_a_path_stays_out_where_there_is_no_room_for_it(name: str, size: int) -> None:
    shown, top = _chained(name, size)
    trust = Trust((top.certificate, native("client").trust.anchors[0]), intermediates=tuple(shown.chain))
    sides = {one: security(one, native=native(one, trust=trust)) for one in ("client", "server")}
    sides[name].native.credential = shown
    pair = NativePair(sides["client"], sides["server"]).associated()
    assert pair.states() == (State.OPEN, State.OPEN)
    received = pair.server.take_received() if name == "client" else pair.client.take_received()
    (handshake,) = [one.value for one in received if one.name in secpdus(received)]
    assert (handshake.token1.certPath is None) == (size == 2000)
    connect = next(one for one in received if one.name in ("SES.CN", "SES.AC")).value
    assert len(connect.user_data) <= 10_240


@pytest.mark.parametrize("by_client", [True, False])
def test_a_handshake_that_fits_nowhere_is_not_sent(by_client: bool) -> None:
    pair = NativePair().connected()
    if not by_client:
        pair.client.associate(INITIATE, REQUEST)
        pair.carry()
    before = pair.states()
    call = pair.client.associate if by_client else pair.server.accept
    with pytest.raises(TooLongError):
        call((INITIATE if by_client else INITIATED) + bytes(10_000), REQUEST if by_client else RESPONSE)
    assert pair.states() == before

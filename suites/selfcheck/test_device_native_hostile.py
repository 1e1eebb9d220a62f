"""What damaged PDUs do to reference devices in native mode: the association ends, the device serves on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.device.control import ActionError
from conform62351.fixtures.device.mms import AnsweringClient, AskingServer, idle_service
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.mms.codec import decode_pdu
from conform62351.profiles.mms.messages import Response
from conform62351.profiles.mms.modelfile import reference_model
from conform62351.profiles.mms.negotiation import SERVED, InitiateParameters
from conform62351.profiles.mms.server import ServerSettings
from conform62351.profiles.native.parameters import LocalPolicy, Mode
from conform62351.profiles.policy import Policy
from conform62351.suites.selfcheck.device_native_pair import Pair, configuration
from conform62351.suites.selfcheck.device_peer import PATIENCE_S, act, wait_otherwise

FROM_CLIENT: Final = (
    "E2E.HandshakeReq",
    "MMS.initiate-RequestPDU",
    "E2E.ClearTransfer",
    "MMS.confirmed-RequestPDU",
    "MMS.conclude-RequestPDU",
    "E2E.ReleaseReq",
    "ACSE.AARQ",
    "ACSE.RLRQ",
    "PRES.TD",
)
FROM_SERVER: Final = (
    "E2E.HandshakeAcc",
    "MMS.initiate-ResponsePDU",
    "E2E.ClearTransfer",
    "MMS.confirmed-ResponsePDU",
    "MMS.conclude-ResponsePDU",
    "E2E.ReleaseRsp",
    "ACSE.AARE",
    "ACSE.RLRE",
    "PRES.TD",
)


class Damage(Policy):
    """Puts ``put`` in the place of ``length`` octets of the PDU called ``pdu``."""

    def __init__(self) -> None:
        self.none()

    def none(self) -> None:
        """Damage nothing."""
        self.at("", 0.0, 0, b"")

    def at(self, pdu: str, place: float, length: int, put: bytes) -> None:
        """Damage the PDUs called ``pdu`` at ``place``, from 0 to 1."""
        self.pdu, self.place, self.length, self.put = pdu, place, length, put

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        """Return the octets, damaged."""
        if name != self.pdu:
            return octets
        start = round(self.place * len(octets))
        return octets[:start] + self.put + octets[start + self.length :]


class Damaged:
    """Two devices, either of which can be made to damage what it sends."""

    def __init__(self, pair: Pair) -> None:
        self.client, self.server = Damage(), Damage()
        self.pair = pair.start(
            configuration(local=LocalPolicy(mode=Mode.CLEAR)),
            client=self.client,
            server=self.server,
        )

    def wait_up_to(self, seconds: float) -> None:
        """Have both wait so long for each other."""
        for device in (self.pair.client, self.pair.server):
            wait_otherwise(device, associate_limit=seconds, respond_limit=seconds)

    def run(self) -> None:
        """Have an association made, used and released, as far as that goes; what is left of it is cut."""
        self.wait_up_to(0.5)
        self.pair.connect()
        with suppress(ActionError):
            self.pair.ask()
            act(self.pair.client, "rekey")
            self.pair.ask()
            act(self.pair.client, "release")
        with suppress(AssertionError):
            self.pair.wait_for_end(0.05)
        for device in (self.pair.client, self.pair.server):
            device.cut_all()
        self.pair.wait_for_end()

    def works(self) -> None:
        """See that an association without damage goes well."""
        self.client.none()
        self.server.none()
        self.wait_up_to(PATIENCE_S)
        self.pair.associate()
        self.pair.release()


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory, workshop: Workshop) -> Iterator[Damaged]:
    """Start both devices for all examples."""
    pair = Pair(tmp_path_factory.mktemp("pair"), workshop)
    yield Damaged(pair)
    pair.stop()


@settings(max_examples=60, deadline=None)
@given(
    pdu=st.one_of(
        st.tuples(st.just("client"), st.sampled_from(FROM_CLIENT)),
        st.tuples(st.just("server"), st.sampled_from(FROM_SERVER)),
    ),
    place=st.floats(0, 1),
    length=st.integers(0, 40),
    put=st.binary(max_size=60),
)
def test_damage_to_any_pdu_costs_its_association_at_most(
    damaged: Damaged, pdu: tuple[str, str], place: float, length: int, put: bytes
) -> None:
    side, name = pdu
    getattr(damaged, side).at(name, place, length, put)
    damaged.run()
    damaged.works()


def machines() -> tuple[AnsweringClient, AskingServer]:
    """Return a client and a server that have initiated, and both claim everything."""
    own = InitiateParameters(services=SERVED)
    client = AnsweringClient(reference_model(), Policy(), own)
    server = AskingServer(reference_model(), Policy(), ServerSettings(own))
    request = client.initiate().octets
    assert request is not None
    (reply,) = server.handle(request, 0.0).replies
    assert reply.octets is not None
    client.handle(reply.octets, 0.0)
    return client, server


@pytest.mark.parametrize("service", ["identify", "status"])
def test_client_answers_what_the_server_asks(service: str) -> None:
    client, server = machines()
    assert idle_service(server, frozenset({service})) == service
    asked = server.ask(service)
    assert asked is not None
    assert asked.octets is not None
    assert server.ask(service) is None
    (answer,) = client.handle(asked.octets, 0.0).replies
    assert answer.octets is not None
    (event,) = server.handle(answer.octets, 0.0).events
    assert isinstance(event, Response)
    assert event.service == service
    assert server.ask(service) is not None


def test_server_takes_an_error_and_asks_nothing_before_initiate() -> None:
    _, server = machines()
    assert server.ask("identify") is not None
    (event,) = server.handle(bytes.fromhex("a20d800100a208a006870100a1018100"), 0.0).events
    assert type(event).__name__ in ("ErrorResponse", "Faulted")
    fresh = AskingServer(reference_model(), Policy(), ServerSettings(InitiateParameters()))
    assert fresh.ask("identify") is None
    assert idle_service(fresh, SERVED) is None


@settings(max_examples=80, deadline=None)
@given(octets=st.binary(max_size=60), kind=st.sampled_from((b"\xa0", b"\xa1", b"\xa2", b"\xa4", b"\x8b")))
def test_garbage_makes_neither_side_raise(octets: bytes, kind: bytes) -> None:
    client, server = machines()
    server.ask("identify")
    for session in (client, server):
        for garbage in (octets, kind + bytes((len(octets),)) + octets):
            for reply in session.handle(garbage, 0.0).replies:
                assert reply.octets is not None
                decode_pdu(reply.octets)

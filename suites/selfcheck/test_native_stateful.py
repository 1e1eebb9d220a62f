"""Every SecPDU in every state, in any order: what the reference device may do then, in both its roles.

Whatever comes, nothing is carried out that did not come in a good data transfer; nothing is said once the
association has ended; TCP is closed, nothing is left of the connection, and the next association goes well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.mms.messages import ErrorResponse, MmsMessage, Response
from conform62351.profiles.native.codec import Carrier
from conform62351.profiles.osi.events import (
    AssociateConfirm,
    AssociateIndication,
    Data,
    ReleaseConfirm,
    ReleaseIndication,
)
from conform62351.profiles.role import Role
from conform62351.profiles.transport.events import TransportConfirm
from conform62351.suites.selfcheck.device_native_pair import (
    Pair,
    endpoint_of,
    until,
)
from conform62351.suites.selfcheck.device_peer import LIMIT_S, act
from conform62351.suites.selfcheck.native_states import (
    ANSWER,
    DOMAIN,
    FAULTS,
    FORBIDDEN,
    OCTETS,
    PROTECTED,
    SET_POINT,
    SETTINGS,
    TRANSFER,
    EveryState,
    Laboratory,
    encoded,
    laboratory,
    member,
)
from conform62351.tooling.net.channel import Channel


class DeviceAsServer(EveryState):
    """The device serves."""

    def forbidden(self) -> bytes:
        return encoded(self.now().client.write((DOMAIN, SET_POINT, ("integer", FORBIDDEN))))

    @precondition(lambda self: self.link is None)
    @rule(transport=st.booleans())
    def connect(self, transport: bool) -> None:
        address = self.device.address
        channel = Channel.connect(address.host, address.port, limit=LIMIT_S, clock=self.device.clock)
        self.link = self.lab.sender.link(channel, self.mode)
        if transport:
            self.up()

    def up(self) -> None:
        """Open the transport connection."""
        self.now().association.open_transport()
        self.now().wait(TransportConfirm)
        self.now().is_up = True

    def ask(self, message: MmsMessage) -> Any:
        link = self.now()
        link.association.send_data(encoded(message), message.name)
        (event,) = link.client.handle(link.wait(Data).octets, 0.0).events
        return event

    @precondition(lambda self: self.link is not None and not self.is_open)
    @rule()
    def associate(self) -> None:
        link = self.now()
        if not link.is_up:
            self.up()
        link.association.associate(encoded(link.client.initiate()), "MMS.initiate-RequestPDU")
        link.client.handle(link.wait(AssociateConfirm).user_data, 0.0)
        assert link.answers() == ["E2E.HandshakeAcc"]
        self.is_open = True
        self.good += 1

    @precondition(lambda self: self.link is not None and not self.is_open)
    @rule(fault=FAULTS)
    def associate_wrongly(self, fault: str) -> None:
        link = self.now()
        if not link.is_up:
            self.up()
        self.bends("HandshakeReq", fault)
        link.association.associate(encoded(link.client.initiate()), "MMS.initiate-RequestPDU")
        link.flush()
        assert self.ends() == ["E2E.HandshakeSecReject"]

    @precondition(lambda self: self.is_open)
    @rule(value=st.integers(0, 99))
    def write(self, value: int) -> None:
        answer = self.ask(self.now().client.write((DOMAIN, SET_POINT, ("integer", value))))
        assert isinstance(answer, Response)
        self.value = value
        assert self.now().answers() == [f"E2E.{TRANSFER[self.mode]}"]

    @precondition(lambda self: self.is_open)
    @rule()
    def read(self) -> None:
        answer = self.ask(self.now().client.read((DOMAIN, "no$such$thing")))
        assert isinstance(answer, Response | ErrorResponse)
        self.now().answers()

    @precondition(lambda self: self.is_open)
    @rule()
    def rekey(self) -> None:
        self.now().association.rekey()

    @precondition(lambda self: self.is_open)
    @rule()
    def device_rekeys(self) -> None:
        """Its question rides on the next answer, ours on the next request, and the change on its answer."""
        transfer = self.now().association.transfer
        assert transfer is not None
        self.write(self.value)
        before = transfer.rekeys
        act(self.device, "rekey")
        for _ in range(3):
            self.write(self.value)
        assert transfer.rekeys > before

    @precondition(lambda self: self.is_open)
    @rule(flag=st.sampled_from(("changedKey", "reqRekey")), behind=st.booleans())
    def flag_of_a_server(self, flag: str, behind: bool) -> None:
        link = self.now()
        self.bend.values[f"E2E.{TRANSFER[self.mode]}.token"] = member(**{flag: True})
        link.association.send_data(self.forbidden(), "MMS")
        faulty = link.queued()
        follows = self.protected() if behind else b""
        link.raw(faulty + follows)
        assert self.ends() == ["E2E.DtSecAbort"]

    @precondition(lambda self: self.is_open)
    @rule()
    def release(self) -> None:
        link = self.now()
        link.association.release()
        link.wait(ReleaseConfirm)
        assert self.ends() == ["E2E.ReleaseRsp"]

    @invariant()
    def nothing_else_is_written(self) -> None:
        shared = self.device.shared
        with shared.lock:
            assert shared.model.read(DOMAIN, SET_POINT) == ("integer", self.value)

    @initialize()
    def start_value(self) -> None:
        act(self.device, "reset")

    def works(self) -> None:
        self.connect(transport=True)
        self.associate()
        self.write(7)
        self.nothing_else_is_written()
        self.release()


class DeviceAsClient(EveryState):
    """The device calls."""

    def forbidden(self) -> bytes:
        return ANSWER

    def unexpected(self, pdu: str, carrier: Carrier, fault: str) -> Callable[[list[str]], bool]:
        """Return what the device may say: a reject that comes in time ends the association without a word."""
        if carrier is Carrier.AARE and not self.is_open:
            return lambda said: said == []
        return super().unexpected(pdu, carrier, fault)

    @precondition(lambda self: self.link is None)
    @rule()
    def connect(self) -> None:
        act(self.device, "configure", name=self.mode.value)
        address = self.lab.listener.address
        act(self.device, "connect", host=address.host, port=str(address.port))
        channel = self.lab.listener.accept(LIMIT_S)
        assert channel is not None
        self.link = self.lab.sender.link(channel, self.mode)
        self.request = self.link.wait(AssociateIndication).user_data
        assert self.link.answers() == ["E2E.HandshakeReq"]

    def initiated(self) -> bytes:
        """Return what MMS has to say to the request of the device."""
        (reply,) = self.now().server.handle(self.request, 0.0).replies
        return encoded(reply)

    @precondition(lambda self: self.link is not None and not self.is_open)
    @rule()
    def accept(self) -> None:
        link = self.now()
        link.association.accept(self.initiated(), "MMS.initiate-ResponsePDU")
        link.flush()
        until(lambda: endpoint_of(self.device).associated, "the association")
        self.is_open = True
        self.good += 1

    @precondition(lambda self: self.link is not None and not self.is_open)
    @rule(fault=FAULTS)
    def accept_wrongly(self, fault: str) -> None:
        link = self.now()
        self.bends("HandshakeAcc", fault)
        link.association.accept(self.initiated(), "MMS.initiate-ResponsePDU")
        link.flush()
        assert self.ends() == ["E2E.HandshakeSecAbort"]

    def answer(self) -> None:
        """Answer the next request of the device."""
        self.reply(self.now().wait(Data).octets)

    def reply(self, request: bytes) -> None:
        link = self.now()
        (reply,) = link.server.handle(request, 0.0).replies
        link.association.send_data(encoded(reply), reply.name)
        link.flush()
        assert set(link.answers()) <= {f"E2E.{TRANSFER[self.mode]}"}

    @precondition(lambda self: self.is_open)
    @rule()
    def serve(self) -> None:
        act(self.device, "send-request")
        self.answer()
        endpoint = endpoint_of(self.device)
        until(lambda: endpoint.unanswered == 0, "the device to take the answer")

    def serve_until_rekeyed(self) -> None:
        """Answer all requests, those among them that the device makes for the sake of its keys."""
        link, endpoint = self.now(), endpoint_of(self.device)
        transfer = link.association.transfer
        assert transfer is not None
        due = transfer.rekeys + 1

        def answered() -> bool:
            for request in link.data(0.002):
                self.reply(request)
            return transfer.rekeys == due and endpoint.unanswered == 0

        act(self.device, "send-request")
        until(answered, "new keys")

    @precondition(lambda self: self.is_open)
    @rule(fault=st.sampled_from((*PROTECTED, *OCTETS)))
    def answer_wrongly(self, fault: str) -> None:
        act(self.device, "send-request")
        link, endpoint = self.now(), endpoint_of(self.device)
        (reply,) = link.server.handle(link.wait(Data).octets, 0.0).replies
        link.answers()
        self.bends(TRANSFER[self.mode], fault)
        link.association.send_data(encoded(reply), reply.name)
        link.flush()
        assert self.ends() == ["E2E.DtSecAbort"]
        assert endpoint.unanswered == 1

    @precondition(lambda self: self.is_open)
    @rule()
    def ask_for_rekey(self) -> None:
        self.now().association.ask_for_rekey()
        self.serve_until_rekeyed()

    @precondition(lambda self: self.is_open)
    @rule()
    def device_rekeys(self) -> None:
        act(self.device, "rekey")
        self.serve_until_rekeyed()

    @precondition(lambda self: self.is_open)
    @rule()
    def release(self) -> None:
        link = self.now()
        link.association.release()
        link.wait(ReleaseConfirm)
        assert self.ends() == ["E2E.ReleaseRsp"]

    @precondition(lambda self: self.is_open)
    @rule()
    def device_releases(self) -> None:
        act(self.device, "release")
        self.answer()
        link = self.now()
        link.wait(ReleaseIndication)
        link.association.accept_release()
        link.flush()
        assert self.ends() == ["E2E.ReleaseReq"]

    @invariant()
    def listens(self) -> None:
        """Whatever is not over is still there."""
        assert (self.link is None) == (not self.device.shared.endpoints)

    def works(self) -> None:
        self.connect()
        self.accept()
        self.serve()
        self.release()


@pytest.fixture(scope="module", params=[Role.SERVER, Role.CLIENT], ids=["server", "client"])
def lab(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, workshop: Workshop
) -> Iterator[Laboratory]:
    """Start a device in one role, and make who speaks to it."""
    pair = Pair(tmp_path_factory.mktemp("stateful"), workshop)
    made = laboratory(pair, workshop, request.param)
    yield made
    made.listener.close()
    pair.stop()


def run(lab: Laboratory, max_examples: int, steps: int) -> None:
    role = DeviceAsServer if lab.role is Role.SERVER else DeviceAsClient

    class Machine(role):  # type: ignore[valid-type, misc]
        def __init__(self) -> None:
            super().__init__(lab)

    run_state_machine_as_test(
        Machine,
        settings=settings(SETTINGS, max_examples=max_examples, stateful_step_count=steps),
    )


def test_a_device_in_every_state(lab: Laboratory) -> None:
    run(lab, 25, 18)


@pytest.mark.deep
def test_a_device_in_every_state_for_long(lab: Laboratory) -> None:
    run(lab, 1000, 40)

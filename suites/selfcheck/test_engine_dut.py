"""What the PIXIT says of the device is what the tester sends."""

from __future__ import annotations

import dataclasses
import socket
from pathlib import Path

import pytest

from conform62351.pics.declaration import load_declaration
from conform62351.pics.pixit import Action, Pixit, Value
from conform62351.profiles.osi.apdu import AARQ
from conform62351.profiles.osi.association import Association
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.loading import load
from conform62351.suites.osi.conversations import CLIENT_BASELINE
from conform62351.tooling.engine.actions import ActionFailed, Operator
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.means import offered_by
from conform62351.tooling.frontend.inputs import device_file
from conform62351.tooling.net.channel import Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.proof.bench import Bench


class CountingClock(Clock):
    """Stands, and notes how long it was asked to sleep, and does not."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return 1000.0

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.slept.append(seconds)


def proposed(**values: Value) -> AARQ:
    """Return the AARQ that the tester sends to a device with these PIXIT values."""
    pixit = Pixit().with_overrides({name.replace("__", "."): value for name, value in values.items()})
    dut = Dut(load_declaration(device_file("pics.toml")), pixit, clock=Clock(), operator=Operator(None))
    client = Association(Role.CLIENT, dut.osi_parameters(Role.CLIENT))
    server = Association(Role.SERVER, dut.osi_parameters(Role.SERVER))
    client.open_transport()
    for _ in range(2):
        for one, other in ((client, server), (server, client)):
            for message in one.take_output():
                other.receive(message.octets)
    client.associate(bytes.fromhex("a800"), "MMS.initiate-RequestPDU")
    for message in client.take_output():
        server.receive(message.octets)
    values_seen = [pdu.value for pdu in server.take_received()]
    return next(value for value in values_seen if isinstance(value, AARQ))


def test_titles_are_those_of_the_pixit_and_left_out_where_it_leaves_them_empty() -> None:
    aarq = proposed(dut__ap_title="1.1.2", dut__ae_qualifier=5, tester__ap_title="")
    assert (aarq.called_ap_title, aarq.called_ae_qualifier) == ("1.1.2", 5)
    assert (aarq.calling_ap_title, aarq.calling_ae_qualifier) == (None, None)


def test_a_password_goes_as_authentication_value_and_none_without_one() -> None:
    aarq = proposed(dut__password="open sesame")
    assert aarq.mechanism_name == "2.2.3.1"
    assert aarq.requirements == b"\x07\x80"
    assert aarq.authentication_value == b"\x80\x0bopen sesame"
    assert proposed().mechanism_name is None


def test_connections_and_requests_keep_the_distance_that_the_device_wants() -> None:
    with Listener.bind("127.0.0.1", clock=Clock()) as listener:
        clock = CountingClock()
        values: dict[str, Value] = {
            "dut.host": listener.address.host,
            "dut.port": listener.address.port,
            "min_interval": 3.0,
            "pace": 2.0,
        }
        pixit = Pixit().with_overrides(values)
        dut = Dut(load_declaration(device_file("pics.toml")), pixit, clock=clock, operator=Operator(None))
        for _ in range(3):
            dut.connect().close()
            dut.pacing.await_request()
        assert clock.slept == [3, 2, 3, 2]


def test_after_a_refused_authentication_the_device_is_left_alone() -> None:
    with Listener.bind("127.0.0.1", clock=Clock()) as listener:
        clock = CountingClock()
        values: dict[str, Value] = {
            "dut.host": listener.address.host,
            "dut.port": listener.address.port,
            "lockout": 30.0,
        }
        pixit = Pixit().with_overrides(values)
        dut = Dut(load_declaration(device_file("pics.toml")), pixit, clock=clock, operator=Operator(None))
        dut.connect().close()
        assert clock.slept == []
        dut.pacing.was_refused()
        dut.connect().close()
        with pytest.raises(ActionFailed):
            dut.start("connect")
        with pytest.raises(ActionFailed):
            dut.start("release")
        assert clock.slept == [30, 30]


def test_the_password_of_plain_mms_is_for_plain_associations() -> None:
    pixit = Pixit().with_overrides({"dut.password": "open sesame"})
    dut = Dut(load_declaration(device_file("pics.toml")), pixit, clock=Clock(), operator=Operator(None))
    assert dut.osi_parameters(Role.CLIENT).authentication.mechanism_name
    assert dut.osi_parameters(Role.CLIENT, authenticated=True).authentication.mechanism_name is None


def test_a_connection_that_was_left_over_is_not_taken_for_the_one_that_was_asked_for(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    try:
        with bench.device(Policy(), {}) as subject:
            left_over = subject.dut.listener.address
            socket.create_connection((left_over.host, left_over.port)).close()
            for case in (CLIENT_BASELINE, CLIENT_BASELINE):
                checks = subject.play(load()[case])
                assert {check.verdict for check in checks} == {Verdict.PASS}
    finally:
        bench.close()


def test_the_connection_of_a_device_that_connects_by_itself_is_kept() -> None:
    pixit = dataclasses.replace(Pixit(), actions={"connect": Action("connect", "wait", seconds=1.0)})
    pixit = pixit.with_overrides({"tester.bind": "127.0.0.1", "tester.port": 0})
    dut = Dut(load_declaration(device_file("pics.toml")), pixit, clock=Clock(), operator=Operator(None))
    try:
        address = dut.listener.address
        with socket.create_connection((address.host, address.port)):
            assert dut.drop_left_over() == 0
            channel = dut.accept()
            assert channel is not None
            channel.close()
    finally:
        dut.close()


def test_a_time_of_the_device_is_waited_for_that_the_tester_is_willing_to_wait() -> None:
    values: dict[str, Value] = {"tls.renegotiation_interval": 60.0, "tls.largest_wait": 60.0}
    pixit = Pixit().with_overrides(values)
    dut = Dut(load_declaration(device_file("pics.toml")), pixit, clock=Clock(), operator=Operator(None))
    assert [means for means in offered_by(dut) if means.endswith("within tls.largest_wait")] == [
        "tls.renegotiation_interval within tls.largest_wait",
        "tls.answer_limit within tls.largest_wait",
    ]

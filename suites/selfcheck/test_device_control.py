"""The device's control port: actions over HTTP, and callers that misbehave."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from conform62351.fixtures.device.control import (
    Action,
    ActionError,
    CallError,
    ControlServer,
)
from conform62351.tooling.net.http_server import MAX_CONNECTIONS


def call(url: str, method: str = "POST", body: bytes = b"") -> tuple[int, Any]:
    request = urllib.request.Request(url, method=method, data=body if method == "POST" else None)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            status, octets = answer.status, answer.read()
            text = answer.headers["Content-Type"].startswith("text/plain")
    except urllib.error.HTTPError as error:
        with error:
            status, octets, text = error.code, error.read(), False
    return status, octets if text else json.loads(octets)


@pytest.fixture
def gate() -> threading.Event:
    return threading.Event()


@pytest.fixture
def control(gate: threading.Event) -> Iterator[ControlServer]:
    def connect(arguments: Mapping[str, str]) -> Mapping[str, Any]:
        if arguments.get("port") == "0":
            raise CallError("port 0 is none")
        if not arguments:
            raise ActionError("already connected")
        return {"arguments": dict(arguments)}

    def wait(_: Mapping[str, str]) -> Mapping[str, Any]:
        gate.wait(60)
        return {}

    def fail(_: Mapping[str, str]) -> Mapping[str, Any]:
        raise LookupError("a mistake of the device")

    actions = {
        "fail": Action(fail),
        "connect": Action(connect, ("host", "port")),
        "read-log": Action(lambda _: b"line 1\n", method="GET"),
        "wait": Action(wait),
    }
    server = ControlServer(actions)
    server.start()
    yield server
    gate.set()
    server.stop()


def test_action_gets_its_arguments(control: ControlServer) -> None:
    answer = call(control.url + "connect?host=%3A%3A1&port=102", body=b"ignored")
    assert answer == (200, {"ok": True, "arguments": {"host": "::1", "port": "102"}})


def test_log_is_text(control: ControlServer) -> None:
    assert call(control.url + "read-log", "GET") == (200, b"line 1\n")


@pytest.mark.parametrize(
    ("path", "method", "status", "error"),
    [
        ("connect", "POST", 409, "already connected"),
        ("connect?port=0", "POST", 400, "port 0 is none"),
        ("connect?colour=red", "POST", 400, "argument 'colour' is unknown"),
        ("connect?port=1&port=2", "POST", 400, "argument 'port' is unknown or stands twice"),
        ("connect?port", "POST", 400, "bad query field"),
        ("connect?" + "port=1&" * 20, "POST", 400, "Max number of fields"),
        ("nothing", "POST", 404, "no action 'nothing'; there are fail, connect, read-log, wait"),
        ("connect", "GET", 405, "connect is called with POST"),
    ],
)
def test_wrong_call_says_what_is_wrong(
    control: ControlServer, path: str, method: str, status: int, error: str
) -> None:
    got, answer = call(control.url + path, method)
    assert got == status
    assert answer["ok"] is False
    assert error in answer["error"]


def test_mistake_of_the_device_is_told_on_both_sides(
    control: ControlServer, capfd: pytest.CaptureFixture[str]
) -> None:
    status, answer = call(control.url + "fail")
    assert (status, answer["error"]) == (500, "LookupError: a mistake of the device")
    assert call(control.url + "read-log", "GET")[0] == 200
    control.stop()  # what is captured is lost where somebody still writes
    assert "LookupError: a mistake of the device" in capfd.readouterr().err


def raw(control: ControlServer, octets: bytes) -> bytes:
    host, port = control.url.removeprefix("http://").strip("/").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as caller:
        caller.sendall(octets)
        caller.shutdown(socket.SHUT_WR)
        got = b""
        while chunk := caller.recv(4096):
            got += chunk
    return got


@pytest.mark.parametrize("length", ["-1", "x", "99999999", "9" * 5000, "²"])
def test_impossible_length_is_refused(control: ControlServer, length: str) -> None:
    request = f"POST /connect HTTP/1.0\r\nContent-Length: {length}\r\n\r\n"
    assert b" 400 " in raw(control, request.encode()).partition(b"\r\n")[0]


def test_garbage_leaves_the_port_usable(control: ControlServer) -> None:
    for octets in (b"", b"\x00\xff" * 100, b"GET", b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n"):
        raw(control, octets)
    assert call(control.url + "read-log", "GET")[0] == 200


def test_too_many_calls_are_turned_away(control: ControlServer, gate: threading.Event) -> None:
    host, port = control.url.removeprefix("http://").strip("/").split(":")
    callers = [socket.create_connection((host, int(port)), timeout=30) for _ in range(MAX_CONNECTIONS)]
    for caller in callers:
        caller.sendall(b"POST /wait HTTP/1.0\r\n\r\n")
    with socket.create_connection((host, int(port)), timeout=30) as further:
        assert further.recv(1) == b""
    gate.set()
    for caller in callers:
        assert b"200 OK" in caller.recv(100)
        caller.close()
    deadline = time.monotonic() + 30
    while True:
        try:
            assert call(control.url + "read-log", "GET")[0] == 200
            return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_port_is_free_after_stop() -> None:
    first = ControlServer({})
    first.start()
    port = int(first.url.rstrip("/").rpartition(":")[2])
    first.stop()
    second = ControlServer({}, port)
    second.stop()
    assert second.url == first.url

"""Actions on a device: commands, HTTP calls, waits and questions, each with a limit."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

from conform62351.pics.pixit import Action
from conform62351.tooling.engine.actions import (
    ActionFailed,
    Actions,
    Operator,
    OperatorDeclined,
    RunningAction,
)
from conform62351.tooling.net.clock import Clock


class Recorded(BaseHTTPRequestHandler):
    seen: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.seen.append(self.path)
        good = "refuse" not in self.path
        self.send_response(200 if good else 409)
        self.end_headers()
        self.wfile.write(b"ok" if good else b"no association is open")

    def log_message(self, *_: object) -> None:
        """Keep the test's output quiet."""


@pytest.fixture
def http() -> Iterator[str]:
    Recorded.seen.clear()
    with HTTPServer(("127.0.0.1", 0), Recorded) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def actions(answer: str | None = None, values: dict[str, str] | None = None, **offered: Action) -> Actions:
    ask = None if answer is None else lambda _: answer
    return Actions(offered, lambda: values or {}, Operator(ask), Clock())


def command(*words: str, limit: float = 10.0) -> Action:
    return Action(name="", kind="command", command=words, limit=limit)


def test_a_command_gets_the_values_of_the_run() -> None:
    check = "import sys; sys.exit(sys.argv[1:] != ['::1', '4711'])"
    done = actions(
        values={"tester_host": "::1", "tester_port": "4711"},
        connect=command(sys.executable, "-c", check, "{tester_host}", "{tester_port}"),
    )
    done.perform("connect")


def test_a_command_that_fails_says_what_it_printed() -> None:
    bad = actions(connect=command(sys.executable, "-c", "import sys; sys.exit('the relay is off')"))
    with pytest.raises(ActionFailed, match="the relay is off"):
        bad.perform("connect")


def test_a_command_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ActionFailed, match="No such file"):
        actions(connect=command("/no/such/program")).perform("connect")


def test_a_command_that_lasts_too_long_is_ended() -> None:
    endless = command(sys.executable, "-c", "import threading; threading.Event().wait()", limit=0.2)
    with pytest.raises(ActionFailed, match="did not end within"):
        actions(connect=endless).perform("connect")


def test_http_calls_reach_the_device(http: str) -> None:
    actions(
        values={"tester_port": "102"},
        connect=Action(name="", kind="http", url=http + "/connect?port={tester_port}", limit=5.0),
    ).perform("connect")
    assert Recorded.seen == ["/connect?port=102"]


def test_what_an_action_answers_is_kept(http: str) -> None:
    done = actions(
        health=Action(name="", kind="http", url=http + "/health", limit=5.0),
        connect=command(sys.executable, "-c", "print('a line of the log')"),
        reset=Action(name="", kind="wait", seconds=0.0),
    )
    assert done.perform("health") == b"ok"
    assert done.perform("connect") == b"a line of the log\n"
    assert done.perform("reset") == b""


def test_an_answer_that_is_cut_off_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it")

        serving = threading.Thread(target=serve)
        serving.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/read-log"
        with pytest.raises(ActionFailed, match="read_log: the answer ended 90 octets early"):
            actions(read_log=Action(name="", kind="http", url=url, limit=5.0)).perform("read_log")
        serving.join()


def test_an_http_refusal_says_why(http: str) -> None:
    with pytest.raises(ActionFailed, match="HTTP 409: no association is open"):
        actions(release=Action(name="", kind="http", url=http + "/refuse", limit=5.0)).perform("release")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "nonsense", "gopher://127.0.0.1/"])
def test_an_http_call_that_cannot_be_made_is_an_error(url: str) -> None:
    with pytest.raises(ActionFailed):
        actions(reset=Action(name="", kind="http", url=url, limit=1.0)).perform("reset")


@pytest.mark.parametrize("answer", [b"", b"BANANA\r\n\r\n", b"HTTP/1.1 200 OK\r\nA: " + b"a" * 100_000])
def test_an_http_call_with_a_nonsensical_answer_is_an_error(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(4096)
                connection.sendall(answer)

        serving = threading.Thread(target=serve)
        serving.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/reset"
        with pytest.raises(ActionFailed, match="action reset: "):
            actions(reset=Action(name="", kind="http", url=url, limit=5.0)).perform("reset")
        serving.join()


def test_an_action_that_breaks_does_not_pass_for_one_that_worked() -> None:
    def broken() -> bytes:
        raise ZeroDivisionError("a flaw")

    running = RunningAction("connect", broken)
    assert running.join(5.0)
    assert running.error == "action connect: ZeroDivisionError: a flaw"


def test_a_terminal_that_is_closed_answers_no() -> None:
    def closed(_: str) -> str:
        raise EOFError

    question = Action(name="", kind="question", question="Press connect")
    with pytest.raises(OperatorDeclined, match="terminal was closed"):
        Actions({"connect": question}, dict, Operator(closed), Clock()).perform("connect")


def test_questions_need_a_person() -> None:
    question = Action(name="", kind="question", question="Press connect on {tester_host}")
    assert actions("done", {"tester_host": "lab"}, connect=question).offers("connect")
    actions("done", {"tester_host": "lab"}, connect=question).perform("connect")
    assert not actions(None, connect=question).offers("connect")
    with pytest.raises(ActionFailed, match="offers no action"):
        actions(None, connect=question).perform("connect")
    with pytest.raises(ActionFailed, match="answered 'no'"):
        actions("no", connect=question).perform("connect")


def test_none_and_unknown_are_not_offered() -> None:
    assert not actions(reset=Action(name="", kind="none")).offers("reset")
    assert not actions().offers("reset")

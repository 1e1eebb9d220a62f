"""``conform62351 relay``: an intermediary between two products, which tells what passes."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

from conform62351.tooling.frontend.inputs import UsageError
from conform62351.tooling.net.capture import Capture
from conform62351.tooling.net.channel import Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.flow import Address
from conform62351.tooling.net.relay import Passed, Relay
from conform62351.tooling.net.relay_acts import FORMS, Act, ActError, parse_act
from conform62351.tooling.net.relay_line import LONGEST_DELAY_S, Line
from conform62351.tooling.net.stopping import Stop

STOP_LIMIT_S: Final = 5.0

DESCRIPTION = f"""\
Accept connections, pass each on to another address, and print what passes with the names of
its PDUs, until a signal ends it. It has no keys: what is encrypted stays so, and of TLS only
octets are passed on. Without --act no octet is changed.

ACT is [CONNECTION@]client|server:PDU[:NUMBER]:DEED[=VALUE], done to the messages of one side
that have the PDU, or to the NUMBER-th of each connection. DEED is one of
{FORMS}.
OCTET and HEX are looked for in the PDU; what is kept under a LABEL can be put in the place of,
or added to, a message of any connection. Example: server:E2E.HandshakeAcc:alter=-1

--delay, --jitter, --rate and --piece make a slow line of it, in both directions and for TLS
too: octets stay what they are, and in order."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "relay",
        help="stand between two products, and tell or change what passes",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for option, words in (
        ("--listen", "where clients connect; port 0 takes a free one"),
        ("--to", "the server that they are passed on to"),
    ):
        parser.add_argument(option, type=_address, metavar="HOST:PORT", required=True, help=words)
    parser.add_argument(
        "--act", type=_act, action="append", default=[], metavar="ACT", help="what is done; repeatable"
    )
    parser.add_argument(
        "--delay", type=_seconds, default=0.0, metavar="S", help="seconds that octets are on their way"
    )
    parser.add_argument(
        "--jitter", type=_seconds, default=0.0, metavar="S", help="up to how many seconds more"
    )
    parser.add_argument("--rate", type=_octets, default=0, metavar="N", help="octets a second at most")
    parser.add_argument("--piece", type=_octets, default=0, metavar="N", help="octets handed on at once")
    parser.add_argument("--log", type=Path, metavar="FILE", help="append what passes to FILE, as JSON lines")
    parser.add_argument(
        "--capture", type=Path, metavar="FILE", help="write the octets of both sides to FILE, as pcapng"
    )
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace, out: TextIO | None = None) -> int:
    """Relay until a signal ends it; return the exit code. Signals stay caught, as the process ends.

    Raises:
        NetError: an address cannot be used, or the capture cannot be written.
        UsageError: the log cannot be opened, or could not be written to its end.
    """
    stop = Stop()
    clock = Clock()
    with ExitStack() as stack:
        capture = None
        if args.capture is not None:
            capture = Capture.start(args.capture, interface=None, clock=clock)
            stack.callback(capture.stop)
        teller = _Teller(out or sys.stdout, _opened(args.log, stack), stop.ask)
        recorder = None if capture is None else capture.recorder
        listener = Listener.bind(args.listen.host, args.listen.port, clock=clock, recorder=recorder)
        line = Line(args.delay, args.jitter, args.rate, args.piece)
        relay = Relay(listener, args.to, tell=teller.tell, acts=args.act, line=line, recorder=recorder)
        stack.callback(relay.stop, STOP_LIMIT_S)
        relay.start()
        teller.say(f"relay at {relay.address} to {args.to}")
        stop.wait()
    if teller.trouble is not None:
        raise teller.trouble
    return 0


def _opened(path: Path | None, stack: ExitStack) -> TextIO | None:
    if path is None:
        return None
    try:
        log = path.open("a", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    stack.callback(_close, log)
    return log


def _close(log: TextIO) -> None:
    with suppress(OSError):
        # What could not be written has been told.
        log.close()


class _Teller:
    """Prints what passes, and appends it to a file; ``fail`` is called when that is no longer possible."""

    def __init__(self, out: TextIO, log: TextIO | None, fail: Callable[[], None]) -> None:
        self.trouble: Exception | None = None
        self._out = out
        self._log = log
        self._fail = fail
        self._lock = threading.Lock()

    def tell(self, passed: Passed) -> None:
        """Write down a message, or what became of a connection."""
        at = datetime.fromtimestamp(passed.at, UTC)
        who = "" if passed.sender is None else f" {passed.sender.value}"
        message = f"{passed.octets} octets" if passed.octets else ""
        told = "; ".join(filter(None, (" ".join(passed.names), message, *passed.told)))
        self.say(f"{at:%H:%M:%S.%f} {passed.connection}{who}: {told}", _facts(passed, at))

    def say(self, line: str, facts: dict[str, Any] | None = None) -> None:
        """Write a line at once; the first trouble is kept."""
        with self._lock:
            if self.trouble is not None:
                return
            try:
                if self._log is not None and facts is not None:
                    self._log.write(json.dumps(facts) + "\n")
                    self._log.flush()
            except OSError as error:
                self.trouble = UsageError(f"the log cannot be written: {error.strerror}")
            try:
                print(line, file=self._out, flush=True)
            except BrokenPipeError as error:
                self.trouble = self.trouble or error
            except OSError as error:
                self.trouble = UsageError(f"nothing can be printed: {error.strerror}")
        if self.trouble is not None:
            self._fail()


def _facts(passed: Passed, at: datetime) -> dict[str, Any]:
    return {
        "time": f"{at:%Y-%m-%dT%H:%M:%S.%f}Z",
        "connection": passed.connection,
        "from": None if passed.sender is None else passed.sender.value,
        "pdus": list(passed.names),
        "octets": passed.octets,
        "told": list(passed.told),
    }


def _act(text: str) -> Act:
    try:
        return parse_act(text)
    except ActError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_DELAY_S:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0 to {LONGEST_DELAY_S:g}")
    return seconds


def _octets(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not int(text[:10]):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of octets")
    return int(text[:10])


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or int(port[:9]) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no HOST:PORT")
    return Address(host, int(port))

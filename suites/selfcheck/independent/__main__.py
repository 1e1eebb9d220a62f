"""``python -m conform62351.suites.selfcheck.independent FOLDER``: the device, operated over HTTP.

One JSON line on standard output tells where it listens and is operated; how associations end stands on
standard error. It ends with its standard input.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

from conform62351.suites.selfcheck.independent.device import LOOPBACK, Device

Actions = dict[str, Callable[..., str]]


class Handler(BaseHTTPRequestHandler):
    """Does what the path says, with the arguments of the query."""

    actions: ClassVar[Actions] = {}

    def do_POST(self) -> None:
        target = urlsplit(self.path)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            status, said = 200, self.actions[target.path.strip("/")](**dict(parse_qsl(target.query)))
        except (OSError, KeyError, TypeError, ValueError) as error:
            status, said = 409, f"{type(error).__name__}: {error}"
        self.send_response(status)
        self.send_header("Content-Length", str(len(said.encode()) + 1))
        self.end_headers()
        self.wfile.write(f"{said}\n".encode())

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


def main(folder: Path) -> None:
    """Serve until standard input ends."""
    device = Device(folder)
    Handler.actions = {
        "connect": device.connect,
        "send-request": device.send_request,
        "release": device.release,
        "rekey": device.rekey,
        "disconnect": device.disconnect,
        "configure": device.configure,
        "health": device.health,
    }
    control = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    threading.Thread(target=control.serve_forever, daemon=True).start()
    host, port = device.address
    said = {"host": host, "port": port, "control": f"http://{LOOPBACK}:{control.server_address[1]}/"}
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""The process that mutants are forked from: it has imported all that no mutant can differ in.

Run as ``python -m conform62351.tooling.mutation.fork_server FOLDER MODULE…``: the credentials of the device,
and the modules that may be mutated. It is asked on standard input, one JSON object a line, and answers
likewise; it ends with its input. ``start`` forks a device as :mod:`device_serving` says, with one module from
another source where ``module`` names it, ``alive`` and ``stop`` ask for and end the one there is.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import resource
import select
import signal
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from conform62351.tooling.mutation.belongings import Belongings
from conform62351.tooling.mutation.overlay import install

SERVING: Final = "conform62351.tooling.mutation.device_serving"
PROJECT: Final = "conform62351."
START_LIMIT_S: Final = 60.0
MEMORY: Final = 4 << 30
"""A mutant that allocates without end fails before the machine does, in octets."""
FILE_SIZE: Final = 64 << 20
LONGEST_ERROR: Final = 300


def importers(imports: Mapping[str, frozenset[str]], changed: Iterable[str]) -> frozenset[str]:
    """Return the modules that import one of ``changed``, at however many removes, and these."""
    found = set(changed)
    more = found
    while more:
        more = {name for name, used in imports.items() if name not in found and used & found}
        found |= more
    return frozenset(found)


def imports_of(name: str, path: str, known: frozenset[str]) -> frozenset[str]:
    """Return which of the modules ``known`` the module ``name``, in the file ``path``, imports."""
    used: set[str] = set()
    for node in ast.walk(ast.parse(Path(path).read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module:
            used |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
        elif isinstance(node, ast.Import):
            used |= {one.name for one in node.names}
    return frozenset(used & known) - {name}


def loaded_by_device() -> dict[str, str]:
    """Return the modules of this project that a device imports, with their files; found out by a child."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        importlib.import_module(SERVING)
        found = {name: str(one.__file__) for name, one in sys.modules.items() if name.startswith(PROJECT)}
        with os.fdopen(writing, "w") as pipe:
            json.dump(found, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        loaded: dict[str, str] = json.load(pipe)
    os.waitpid(child, 0)
    return loaded


class Server:
    """Starts one device after the other."""

    def __init__(self, folder: Path, mutable: Iterable[str]) -> None:
        loaded = loaded_by_device()
        known = frozenset(loaded)
        imports = {name: imports_of(name, path, known) for name, path in loaded.items()}
        differing = importers(imports, mutable)
        for name in sorted(known - differing - {SERVING}):
            importlib.import_module(name)
        self._belongings = Belongings.load(folder)
        self._child = 0

    def answer(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do what is asked and say how it went."""
        if "start" in asked:
            self._stop()
            return self._start(asked["start"], asked.get("module"), asked.get("source", ""))
        if "alive" in asked:
            return {"alive": self._alive()}
        self._stop()
        return {}

    def _start(self, order: Mapping[str, Any], module: str | None, source: str) -> Mapping[str, Any]:
        reading, writing = os.pipe()
        self._child = os.fork()
        if not self._child:
            os.close(reading)
            self._serve(order, module, source, writing)
        os.close(writing)
        line = b""
        with os.fdopen(reading, "rb", buffering=0) as pipe:
            readable, _, _ = select.select([pipe], [], [], START_LIMIT_S)
            if readable:
                line = pipe.read(65536) or b""
        said: Mapping[str, Any] = json.loads(line) if line else {"error": "it said nothing"}
        if "error" in said:
            self._stop()
        return said

    def _serve(self, order: Mapping[str, Any], module: str | None, source: str, pipe: int) -> None:
        """Be the device; never returns."""

        def say(said: Mapping[str, Any]) -> None:
            os.write(pipe, json.dumps(said).encode())
            os.close(pipe)

        try:
            for descriptor in (0, 1, 2):
                os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_SIZE, FILE_SIZE))
            if module is not None:
                install(module, source.encode())
            importlib.import_module(SERVING).serve(order, self._belongings, say)
        except BaseException as error:  # noqa: BLE001 - whatever a mutant raises tells that it does not start
            with suppress(OSError):
                say({"error": f"{type(error).__name__}: {error}"[:LONGEST_ERROR]})
        finally:
            os._exit(1)

    def _alive(self) -> bool:
        if self._child and os.waitpid(self._child, os.WNOHANG)[0]:
            self._child = 0
        return bool(self._child)

    def _stop(self) -> None:
        if self._child:
            os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)
            self._child = 0


def main() -> None:
    """Serve what is asked for on standard input; without arguments, print what a device imports."""
    if len(sys.argv) == 1:
        sys.stdout.write(json.dumps(loaded_by_device()) + "\n")
        return
    # The end by a key belongs to whoever started this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = Server(Path(sys.argv[1]), sys.argv[2:])
    for line in sys.stdin:
        sys.stdout.write(json.dumps(server.answer(json.loads(line))) + "\n")
        sys.stdout.flush()
    server.answer({"stop": True})


if __name__ == "__main__":
    main()

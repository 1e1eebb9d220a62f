"""Campaigns of one base in several processes, as ``conform62351 fuzz --workers`` has them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Collection
from contextlib import ExitStack, closing, suppress
from multiprocessing.connection import Connection
from pathlib import Path

from conform62351.tooling.bench.fuzz_subject import Rate, Subject, device_at
from conform62351.tooling.fuzz.layers import Layer
from conform62351.tooling.fuzz.sharing import FOLDER, SharedDevice


class Workers:
    """So many processes, each with a built-in device of its own, or all at the server at ``port``.

    ``stack`` ends them. What they find is in ``folder``, which there has to be.
    """

    def __init__(
        self,
        number: int,
        folder: Path,
        base: str,
        layers: Collection[Layer],
        stack: ExitStack,
        port: int | None = None,
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._lines: list[Connection] = []
        for worker in range(1, number + 1):
            line, theirs = context.Pipe()
            of = (number, worker)
            process = context.Process(target=_work, args=(theirs, of, folder, base, tuple(layers), port))
            process.start()
            theirs.close()
            stack.callback(process.join)
            stack.callback(line.close)
            self._lines.append(line)

    def round(self, seconds: float) -> Rate:
        """Have all of them do cases for ``seconds`` at once; return what that comes to together.

        Raises:
            SystemExit: one of them cannot; it has said why.
        """
        try:
            for line in self._lines:
                line.send(seconds)
            rates: list[Rate] = [line.recv() for line in self._lines]
        except (EOFError, OSError):
            raise SystemExit("a worker has ended") from None
        played = sum(rate.played for rate in rates)
        return Rate(
            played=played,
            cases=sum(rate.cases for rate in rates),
            complete=sum(rate.complete * rate.played for rate in rates) / played,
            processor=sum(rate.processor * rate.played for rate in rates) / played,
            device=sum(rate.device * rate.played for rate in rates) / played,
            distracted=any(rate.distracted for rate in rates),
        )


def _work(
    line: Connection,
    of: tuple[int, int],
    folder: Path,
    base: str,
    layers: tuple[Layer, ...],
    port: int | None,
) -> None:
    """Be one of so many workers: do a round for each number of seconds that comes, until the line is closed.

    ``of`` is how many there are, and which of them this is.
    """
    workers, worker = of
    with ExitStack() as stack:
        share = None
        if port is not None:
            share = stack.enter_context(closing(SharedDevice(folder / FOLDER, worker, workers)))
        device = device_at(folder / f"device-{worker}", stack, port, share)
        subject = Subject(device, folder / f"worker-{worker}", base, layers, stack, worker, folder)
        with suppress(EOFError):
            while True:
                line.send(subject.round(line.recv()))

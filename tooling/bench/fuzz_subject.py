"""A campaign of one base that is measured round by round, as ``conform62351 fuzz`` would run it."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Collection
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from typing import Final, NamedTuple

from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.frontend.fuzzing import FuzzedDevice
from conform62351.tooling.frontend.inputs import Files
from conform62351.tooling.frontend.options import Options
from conform62351.tooling.fuzz.campaign import Campaign
from conform62351.tooling.fuzz.examining import Examiner
from conform62351.tooling.fuzz.findings import FindingStore
from conform62351.tooling.fuzz.layers import Layer
from conform62351.tooling.fuzz.progress import Limits, Progress
from conform62351.tooling.fuzz.sharing import Share
from conform62351.tooling.fuzz.state import CampaignState, Settings

LEARNING_S: Final = 30.0
MOST_AGAIN: Final = 3
"""How often a round is done, at most: of some devices there is something new all the time."""
TICKS: Final = os.sysconf("SC_CLK_TCK")


class Rate(NamedTuple):
    """What a round comes to: how many cases were ``played``, and how many a second.

    ``complete`` is which share of them reached the wire whole; ``processor`` and ``device`` are the CPU of
    the tester and of the built-in device for one, in seconds. ``distracted``: the campaign had something else
    to do as well.
    """

    played: int
    cases: float
    complete: float
    processor: float
    device: float
    distracted: bool


Round = Callable[[float], Rate]
"""Has cases done for so many seconds."""


class Subject:
    """A campaign of one base against ``device``, in ``folder``; ``stack`` ends it.

    ``worker`` is its number among several, which have what they find in ``common`` then.
    """

    def __init__(
        self,
        device: FuzzedDevice,
        folder: Path,
        base: str,
        layers: Collection[Layer],
        stack: ExitStack,
        worker: int = 0,
        common: Path | None = None,
    ) -> None:
        examiner = Examiner(device.target)
        stack.callback(examiner.rest)
        examiner.bases = {base: examiner.bases[base]}
        names = tuple(layer.value for layer in layers)
        settings = Settings(
            device=device.name, inputs={}, seed=1, layers=names, stacks=(), roles=(), worker=worker
        )
        state = CampaignState(folder, settings, resume=False)
        stack.callback(state.close)
        self._device = device
        self._distracted = False
        self._campaign = Campaign(
            examiner, settings, state, FindingStore(common or folder), device.evidence, tell=self._told
        )
        # As the command does before it runs a campaign.
        gc.freeze()

    def _told(self, progress: Progress) -> None:
        self._distracted = self._distracted or bool(progress.doing)

    def round(self, seconds: float) -> Rate:
        """Have cases done for ``seconds``.

        Raises:
            SystemExit: the device cannot be fuzzed.
        """
        campaign, counts = self._campaign, self._campaign.counts
        cases, begun, undelivered = counts.cases, counts.seconds, counts.undelivered
        self._distracted = False
        device = _Processor(self._device)
        processor = time.process_time()
        learnt = time.monotonic() + LEARNING_S
        while not campaign.gone and counts.cases == cases and time.monotonic() < learnt:
            # One that has just begun learns of its base first, each worker behind the others.
            campaign.run(Limits(seconds=counts.seconds + seconds))
        processor = time.process_time() - processor
        count = counts.cases - cases
        if campaign.gone or not count:
            raise SystemExit(f"the campaign ended early: {campaign.gone or campaign.not_tested}")
        complete = 1 - (counts.undelivered - undelivered) / count
        return Rate(
            played=count,
            cases=count / (counts.seconds - begun),
            complete=complete,
            processor=processor / count,
            device=device.spent() / count,
            distracted=self._distracted,
        )


class _Processor:
    """The CPU of a built-in device from now on, in seconds; there is none of that of another one."""

    def __init__(self, device: FuzzedDevice) -> None:
        self._process = device.process
        self._began = self._now()

    def spent(self) -> float:
        """Return it, without that of processes that have ended meanwhile."""
        now = self._now()
        return now[1] - self._began[1] if now[0] == self._began[0] else now[1]

    def _now(self) -> tuple[int, float]:
        if self._process is None:
            return 0, 0.0
        number = self._process.pid
        told = Path(f"/proc/{number}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return number, (int(told[11]) + int(told[12])) / TICKS


def undistracted(done: Round, seconds: float) -> Rate:
    """Do a round, and again where a campaign had something else to do as well."""
    for _ in range(MOST_AGAIN):
        found = done(seconds)
        if not found.distracted:
            break
    return found


def device_at(
    folder: Path, stack: ExitStack, port: int | None = None, share: Share | None = None
) -> FuzzedDevice:
    """Return the built-in device, or with ``port`` a plain server there; ``folder`` is for the tester.

    ``share`` is what this process has of a server that several have.
    """
    options = Options(folder)
    if port is not None:
        peers = resources.files("conform62351.fixtures.peers")
        files = Files(Path(str(peers / "iec61850.pics.toml")), Path(str(peers / "iec61850.pixit.toml")))
        options = Options(folder, files, overrides=(f"dut.port={port}", "pki.folder="))
    folder.mkdir()
    return stack.enter_context(FuzzedDevice(options, Operator(None), folder, share=share))

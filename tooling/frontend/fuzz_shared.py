"""Several workers at one device that is not the built-in one: whether it can be shared, and by what."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.frontend.fuzz_options import FuzzOptions
from conform62351.tooling.frontend.fuzzing import FuzzedDevice
from conform62351.tooling.frontend.inputs import UsageError
from conform62351.tooling.fuzz.bases import Base, chosen_bases
from conform62351.tooling.fuzz.sharing import FOLDER, Share, SharedDevice
from conform62351.tooling.fuzz.state import SETTINGS_FILE, load_settings

PAUSES: Final = {
    "lockout": "after a failed authentication of one worker the device refuses the others",
    "min_interval": "workers do not know of each other's connections",
    "pace": "workers do not know of each other's requests",
}
"""Items of the PIXIT that one tester can keep to and several cannot, and why."""


@contextlib.contextmanager
def share_of(options: FuzzOptions, worker: int, stopped: Callable[[], bool]) -> Iterator[Share]:
    """Return what a worker has of the device; it gives that back at the end."""
    if not (worker and options.shared):
        yield Share()
        return
    share = SharedDevice(options.options.out / FOLDER, worker, options.workers, stopped)
    with contextlib.closing(share):
        yield share


@contextlib.contextmanager
def shareable(options: FuzzOptions, operator: Operator) -> Iterator[None]:
    """Do for workers at one device what only one process can do, as long as they run.

    Raises:
        UsageError: files or options are wrong, or the device cannot be shared.
        DeclarationError: declarations are wrong.
    """
    if not options.shared:
        yield
        return
    with FuzzedDevice(
        options.options,
        operator,
        options.options.out,
        process_file=options.process_file,
        errors_file=options.errors_file,
        share=Share(options.workers),
    ) as device:
        _check(device.dut, options.workers, _chosen(device, options))
        if operator.ask is not None:
            _check_questions(device.dut)
        yield


def _chosen(device: FuzzedDevice, options: FuzzOptions) -> tuple[Base, ...]:
    """Return the bases of the campaign; one that goes on has those of its first worker."""
    roles, stacks = options.roles, options.stacks
    first = options.options.out / "worker-1"
    if options.resume and (first / SETTINGS_FILE).exists():
        before = load_settings(first)
        roles, stacks = roles or before.roles, stacks or before.stacks
    return chosen_bases(device.examiner.bases.values(), roles, stacks)


def _check(dut: Dut, workers: int, bases: tuple[Base, ...]) -> None:
    """Raise UsageError where ``workers`` cannot play ``bases`` at one device side by side."""
    for name, why in PAUSES.items():
        if dut.pixit.number(name):
            raise UsageError(f"--workers: {name} of the PIXIT is {dut.pixit.number(name):g} s, and {why}")
    most = dut.pixit.integer("max_associations")
    if most < workers:
        raise UsageError(f"--workers: max_associations of the PIXIT is {most}, and each worker needs one")
    if any(base.role is Role.CLIENT for base in bases):
        raise UsageError("--workers: a client comes to one tester alone; --role server leaves it out")
    configurations = sorted({base.configuration for base in bases})
    if len(configurations) > 1:
        stacks = ", ".join(dict.fromkeys(base.stack for base in bases))
        raise UsageError(
            f"--workers: the device has one configuration at a time, and this takes "
            f"{', '.join(configurations)}; name one --stack of {stacks}"
        )


def _check_questions(dut: Dut) -> None:
    """Raise UsageError where a person would have to be asked: workers have no terminal."""
    asked = sorted(name for name, action in dut.pixit.actions.items() if action.kind == "question")
    if asked:
        raise UsageError(
            f"--workers: nobody can be asked about {', '.join(asked)}; --unattended does without"
        )

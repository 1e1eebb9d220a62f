"""The reference device in the process of a mutant, set up as cases need it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from conform62351.fixtures.device.actions import actions_of
from conform62351.fixtures.device.configuration import description_of
from conform62351.fixtures.device.control import Action, ControlServer
from conform62351.fixtures.device.device import ReferenceDevice
from conform62351.pics.conditions import Answer
from conform62351.tooling.mutation.belongings import EXECUTED, Belongings
from conform62351.tooling.mutation.tracing import Tracer
from conform62351.tooling.net.flow import Address


def serve(
    order: Mapping[str, Any], belongings: Belongings, ready: Callable[[Mapping[str, Any]], None]
) -> None:
    """Run a device as ``order`` says until the process is killed; ``ready`` is told where it listens."""
    tracer = Tracer(order["traced"])
    if order["traced"]:
        tracer.start()
    declaration = belongings.declaration
    answers = {code: Answer(answer) for code, answer in order["answers"].items()}
    description = description_of(
        replace(declaration, answers={**declaration.answers, **answers}),
        belongings.pixit.with_overrides(order["values"]),
    )
    device = ReferenceDevice(
        replace(description, close_limit=order["close_limit"]),
        log_path=Path(order["log"]),
        pki=belongings.credentials,
        log_collector=None if order["collector"] is None else Address(*order["collector"]),
    )
    actions = dict(actions_of(device))
    if order["traced"]:
        actions[EXECUTED] = Action(lambda _: {"units": tracer.take()})
    device.start()
    control = ControlServer(actions, order["control_port"])
    control.start()
    ready({"address": asdict(device.address), "tls_address": asdict(device.tls_address)})
    threading.Event().wait()

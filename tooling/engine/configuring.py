"""The configuration that the device is in when a run begins."""

from __future__ import annotations

from conform62351.pics.pixit_actions import DEFAULT_CONFIGURATION
from conform62351.tooling.engine.dut import Dut

UNKNOWN = ""


def configuration_at_start(dut: Dut) -> str:
    """Return the configuration of a device that this run has not changed, :data:`UNKNOWN` if it may be any.

    An earlier run leaves a device in the configuration that it used last. Only where this run cannot bring it
    into the default one, the PIXIT's promise that the device is in that has to do.
    """
    configurations = dut.pixit.configurations
    settled = dut.builtin or len(configurations) == 1
    if settled or not dut.actions.offers(configurations[DEFAULT_CONFIGURATION].action):
        return DEFAULT_CONFIGURATION
    return UNKNOWN

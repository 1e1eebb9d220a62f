"""The entry point for pytest: options, and nothing else.

It is active in every pytest run of the environment that it is installed in, so it imports nothing of the
project and changes nothing. The items come from ``conform62351.tooling.collection``.
"""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the options of ``conform62351 run`` that make sense here."""
    group = parser.getgroup("conform62351", "IEC 62351-4 conformance")
    group.addoption("--conform-pics", type=Path, metavar="FILE", help="what the device claims")
    group.addoption("--conform-pixit", type=Path, metavar="FILE", help="how to reach and operate it")
    group.addoption("--conform-deviations", type=Path, metavar="FILE", help="expected failures")
    group.addoption("--conform-out", type=Path, metavar="DIR", help="new directory for the report")
    group.addoption(
        "--conform-select",
        action="append",
        default=[],
        metavar="SELECTOR",
        help="cases to collect; default: all",
    )

"""``conform62351 device``: the reference device as a process of its own."""

from __future__ import annotations

import argparse
from typing import Any

from conform62351.fixtures.device import arguments


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command to those of the program."""
    parser = subparsers.add_parser(
        "device",
        help="run the reference device",
        description=(
            "Run the reference device, with faults if wanted, until it is ended by a signal. "
            "It writes one JSON line when it serves, and is driven by actions over HTTP."
        ),
    )
    arguments.add_arguments(parser)
    parser.set_defaults(handler=arguments.run)

"""The command line ``conform62351``."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import metadata

from conform62351.pics.faults import DeclarationError
from conform62351.reports.model.eventlog import EventLogError
from conform62351.tooling.cli import (
    catalogue_command,
    decode_command,
    device_command,
    pics_commands,
    pki_command,
    relay_command,
    replay_command,
    run_command,
    spec_data,
)
from conform62351.tooling.engine.planner import NothingSelected
from conform62351.tooling.engine.recipes import RecipeError
from conform62351.tooling.engine.runner import FLAWS_OF_OURS
from conform62351.tooling.frontend.inputs import UsageError
from conform62351.tooling.net.errors import NetError

USAGE = 2
HARNESS = 4
NOTHING = 5
INTERRUPTED = 130


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="conform62351",
        description="Conformance and interoperability test harness for IEC 62351-4:2018.",
        epilog="A report of this tool is evidence, not a certificate.",
    )
    parser.add_argument("--version", action="version", version=metadata.version("conform62351"))
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    run_command.add_parser(commands)
    catalogue_command.add_parser(commands)
    pics_commands.add_parsers(commands)
    pki_command.add_parser(commands)
    decode_command.add_parser(commands)
    device_command.add_parser(commands)
    relay_command.add_parser(commands)
    replay_command.add_parser(commands)
    spec_data.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in ``arguments`` (those of the process by default) and return the exit code."""
    args = build_parser().parse_args(arguments)
    try:
        code: int = args.handler(args)
    except (UsageError, DeclarationError, RecipeError, EventLogError, NetError) as error:
        print(f"conform62351: {error}", file=sys.stderr)
        return USAGE
    except NothingSelected as error:
        print(f"conform62351: {error}", file=sys.stderr)
        return NOTHING
    except FLAWS_OF_OURS as error:
        print(f"conform62351: {error}", file=sys.stderr)
        return HARNESS
    except KeyboardInterrupt:
        print("conform62351: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        return 0
    except Exception:  # noqa: BLE001 - a flaw of the harness must not be taken for a fail of the device
        traceback.print_exc()
        print("conform62351: this is a flaw of the harness; please report it", file=sys.stderr)
        return HARNESS
    finally:
        _let_nobody_read()
    return code


def _let_nobody_read() -> None:
    """Flush what was printed; where nobody reads it any more, its rest must not change the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if stream.closed:
            continue
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    sys.exit(main())

"""The command line ``conform62351``."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module, metadata
from typing import Final

COMMANDS: Final[Mapping[str, str]] = {
    "run": "run_command",
    "catalogue": "catalogue_command",
    "pics": "pics_commands",
    "pki": "pki_command",
    "decode": "decode_command",
    "device": "device_command",
    "faults": "faults_command",
    "fuzz": "fuzz_command",
    "relay": "relay_command",
    "replay": "replay_command",
    "scan": "scan_command",
    "spec-data": "spec_data",
}
"""The commands and their modules: only that of the command given is imported, which a scan is quicker by."""
USAGE = 2
HARNESS = 4
NOTHING = 5
INTERRUPTED = 130


def build_parser(only: str = "") -> argparse.ArgumentParser:
    """Return the parser of all commands, or of ``only`` one of them."""
    parser = argparse.ArgumentParser(
        prog="conform62351",
        description="Conformance and interoperability test harness for IEC 62351-4:2018.",
        epilog="A report of this tool is evidence, not a certificate.",
    )
    parser.add_argument("--version", action="version", version=metadata.version("conform62351"))
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in [COMMANDS[only]] if only in COMMANDS else COMMANDS.values():
        import_module(f"conform62351.tooling.cli.{module}").add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in ``arguments`` (those of the process by default) and return the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    args = build_parser(given[0] if given else "").parse_args(given)
    try:
        code: int = args.handler(args)
    except KeyboardInterrupt:
        print("conform62351: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        return 0
    except Exception as error:  # noqa: BLE001 - a flaw of the harness must not be taken for a fail of the device
        return _tell(error)
    finally:
        _let_nobody_read()
    return code


def _tell(error: Exception) -> int:
    """Say on standard error what went wrong and return the exit code for it."""
    from conform62351.tooling.cli.errors import NOTHING_TO_DO, OF_THE_HARNESS, OF_THE_USER

    if not isinstance(error, (*OF_THE_USER, *NOTHING_TO_DO, *OF_THE_HARNESS)):
        traceback.print_exception(error)
        print("conform62351: this is a flaw of the harness; please report it", file=sys.stderr)
        return HARNESS
    print(f"conform62351: {error}", file=sys.stderr)
    if isinstance(error, OF_THE_USER):
        return USAGE
    return NOTHING if isinstance(error, NOTHING_TO_DO) else HARNESS


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

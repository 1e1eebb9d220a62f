"""``conform62351 spec-data``, and the option ``--spec-data`` of the other commands."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from conform62351.profiles.identifiers import INFERRED
from conform62351.profiles.spec.data import MODULE, SpecData, own_data
from conform62351.tooling.frontend.inputs import UsageError
from conform62351.tooling.spec.exporting import ExportError, export_own
from conform62351.tooling.spec.loading import read_folder, use_folder

DESCRIPTION: Final = """\
Check a folder of spec data: what an owner of IEC 62351-4 puts in the place of this project's
data, which are inferred in part. It holds any of

  *.asn              ASN.1 modules in the place of e2e.asn
  names.toml         what these modules call types and members, where that differs
  e2e_variants.asn   further forms of components that are read
  identifiers.toml   object identifiers
  diagnostics.toml   which numbers of diagnostics an edition has, and which are inferred
  protocols.toml     values of pp

and replaces only what it holds. --export writes our own data as a place to start from. In a
table, provenance = "spec" says that the standard has this value; it is not inferred then.

exit code: 0 usable; 2 not usable: every fault is listed, with file and line"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "spec-data",
        help="check, or begin, a folder with data of the standard's owner",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="folder to check")
    what.add_argument("--export", type=Path, metavar="DIR", help="write our own data into a new folder")
    parser.set_defaults(handler=run)


def add_spec_data(parser: argparse.ArgumentParser) -> None:
    """Add the option to a command."""
    parser.add_argument(
        "--spec-data",
        type=Path,
        metavar="DIR",
        help="data of the standard in the place of ours (conform62351 spec-data checks such a folder)",
    )


def run(args: argparse.Namespace) -> int:
    """Carry out the command.

    Raises:
        UsageError: the own data cannot be written there.
        DeclarationError: with everything that is wrong with a folder.
    """
    if args.export is not None:
        try:
            written = export_own(args.export)
        except ExportError as error:
            raise UsageError(str(error)) from error
        print("\n".join(map(str, written)))
        return 0
    folder = read_folder(args.folder)
    data = use_folder(folder)
    print(data.source)
    for name in folder.ignored:
        print(f"not read: {name}")
    for line in differences(data):
        print(line)
    return 0


def differences(data: SpecData) -> Iterator[str]:
    """Yield what spec data say in the place of our own, and what stays inferred."""
    if data.tags_inferred:
        yield f"tags marked I in {MODULE}: still inferred"
    own = own_data()
    facts: list[tuple[str, Any, Any, str]] = [
        (name, own.identifiers.oid(name), data.identifiers.oid(name), data.identifiers[name].provenance)
        for name in own.identifiers.names()
    ]
    facts += [
        (name, own.protocols[name].pp, entry.pp, entry.provenance) for name, entry in data.protocols.items()
    ]
    for edition, diagnostics in data.diagnostics.items():
        for label, ours, theirs in (
            ("HandshakeDiagnostics", own.diagnostics[edition].handshake, diagnostics.handshake),
            ("DtDiagnostics", own.diagnostics[edition].transfer, diagnostics.transfer),
        ):
            facts += [
                (
                    f"{label} {name} in {edition}",
                    ours.numbers.get(name, "without a number"),
                    number,
                    INFERRED if name in theirs.inferred else "",
                )
                for name, number in theirs.numbers.items()
            ]
    for name, ours, theirs, mark in facts:
        if ours != theirs:
            yield f"{name}: {theirs} in the place of {ours}"
        elif mark == INFERRED:
            yield f"{name}: {theirs}, still inferred"

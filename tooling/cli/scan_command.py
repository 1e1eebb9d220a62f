"""``conform62351 scan``: what TLS a device offers, as server or as client, beside Tables 9 and 12."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from ipaddress import IPv6Address
from pathlib import Path
from typing import Final

from conform62351.profiles.tls.engine.parameters import TlsIdentity
from conform62351.tooling.cli.progress import colour_allowed
from conform62351.tooling.cli.scan_text import client_text, server_text, summary_of
from conform62351.tooling.frontend.inputs import UsageError
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credential_reading import certificates_in, private_key_in
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.flow import Address
from conform62351.tooling.scan.handshakes import Handshakes
from conform62351.tooling.scan.judging import ALL_TABLES, TABLES, keeps_tables
from conform62351.tooling.scan.listening import Stand, listen
from conform62351.tooling.scan.prober import Limits
from conform62351.tooling.scan.report import HelloSeen, Row, render
from conform62351.tooling.scan.scanning import EVERYTHING, GENTLE_PACE_S, SUITES_ALONE, Plan, scan

TLS_PORT: Final = 3782
BROKEN: Final = 1
INCOMPLETE: Final = 3
DEFAULT_CREDENTIAL: Final = "tester-tls"

DESCRIPTION = """\
Find out what TLS a server offers: versions, suites and their order, groups, signature
algorithms, certificates, renegotiation, resumption, compression. Most of it takes a
ClientHello and no more; the few whole handshakes at the end may need a certificate of the
client, by --credential or --pki. One connection is open at a time, with a pause before the
next.

With --listen it is the device that connects, and what it offers is recorded. Each connection
ends with an alert, or with a handshake where there is a credential.

What is found is judged by Tables 9 and 12 and by what IEC 62351-3 says of the rest. PORT is
3782 unless it is given.

exit code: 0 scanned; 1 with --strict, unless all mandatory suites are offered and no excluded
one; 2 usage, or no connection; 3 not scanned to the end; 130 interrupted"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "scan",
        help="find out what TLS a device offers",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("target", nargs="?", type=_target, metavar="HOST[:PORT]", help="the server to scan")
    parser.add_argument("--fast", action="store_true", help="no pauses: as quick as the server answers")
    parser.add_argument(
        "--pace",
        type=_seconds,
        default=GENTLE_PACE_S,
        metavar="SECONDS",
        help="pause between connections (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON (schema: tooling/scan)")
    parser.add_argument("--strict", action="store_true", help="exit with 1 unless Tables 9 and 12 are kept")
    parser.add_argument("--mode", choices=sorted(TABLES), help="judge by the table of this mode alone")
    parser.add_argument(
        "--only", choices=[SUITES_ALONE], help="ask for the suites of TLS 1.2 and their order alone"
    )
    parser.add_argument("--sni", default="", metavar="NAME", help="ask for the server of this name")
    parser.add_argument(
        "--timeout",
        type=_seconds_of_some,
        default=5.0,
        metavar="SECONDS",
        help="for each answer (default: 5)",
    )
    parser.add_argument(
        "--limit",
        type=_seconds_of_some,
        default=900.0,
        metavar="SECONDS",
        help="for the whole (default: 900)",
    )
    parser.add_argument(
        "--credential",
        nargs=2,
        type=Path,
        action="append",
        metavar=("CERT", "KEY"),
        help="certificate with its chain, and private key, in PEM; repeatable",
    )
    parser.add_argument("--pki", type=Path, metavar="DIR", help="folder of credentials, as of pki make")
    parser.add_argument(
        "--name", default=DEFAULT_CREDENTIAL, help="credential in that folder (default: %(default)s)"
    )
    parser.add_argument(
        "--listen", type=_target, metavar="HOST:PORT", help="record what clients offer that connect here"
    )
    parser.add_argument(
        "--for", type=_seconds, dest="duration", metavar="SECONDS", help="end listening after that time"
    )
    parser.add_argument("--count", type=_count, metavar="N", help="end listening after N connections")
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Carry out the command and return its exit code.

    Raises:
        UsageError: options or files are wrong.
        NetError: the server cannot be reached, or the address not be listened on.
    """
    if (args.target is None) == (args.listen is None):
        raise UsageError("give either HOST[:PORT] to scan a server, or --listen HOST:PORT to meet clients")
    if args.listen is None and (args.duration is not None or args.count is not None):
        raise UsageError("--for and --count go with --listen")
    identities = _identities(args)
    tables = ALL_TABLES if args.mode is None else (TABLES[args.mode],)
    rows, complete = (_serve if args.listen else _scan)(args, identities, tables)
    if args.strict and not keeps_tables(rows):
        return BROKEN
    return 0 if complete else INCOMPLETE


def _scan(
    args: argparse.Namespace, identities: tuple[TlsIdentity, ...], tables: tuple[int, ...]
) -> tuple[Sequence[Row], bool]:
    if not args.sni.isascii():
        raise UsageError("--sni: a name in ASCII")
    plan = Plan(
        args.target.host,
        args.target.port,
        os.urandom,
        pace=args.pace,
        fast=args.fast,
        server_name=args.sni,
        only=args.only or EVERYTHING,
        limits=Limits(probe_s=args.timeout, whole_s=args.limit),
        handshakes=Handshakes(random=os.urandom, identities=identities),
        tables=tables,
    )
    report = scan(plan, Clock())
    if args.json:
        sys.stdout.write(render(report).decode())
    else:
        print(server_text(report, colour=colour_allowed(sys.stdout, os.environ)))
    return report.rows, report.complete


def _serve(
    args: argparse.Namespace, identities: tuple[TlsIdentity, ...], tables: tuple[int, ...]
) -> tuple[Sequence[Row], bool]:
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: stopped.append(received))
    stand = Stand(
        args.listen,
        os.urandom,
        duration=args.duration,
        count=args.count,
        identities=identities,
        tables=tables,
    )

    def ready(address: Address) -> None:
        print(f"listening at {address}", file=sys.stderr, flush=True)

    def tell(seen: HelloSeen) -> None:
        print(summary_of(seen), file=sys.stderr, flush=True)

    report = listen(stand, Clock(), tell, ready, lambda: bool(stopped))
    if args.json:
        sys.stdout.write(render(report).decode())
    else:
        print(client_text(report, colour=colour_allowed(sys.stdout, os.environ)))
    return report.rows, True


def _identities(args: argparse.Namespace) -> tuple[TlsIdentity, ...]:
    pairs: list[tuple[Path, Path]] = [(pair[0], pair[1]) for pair in args.credential or ()]
    if args.pki is not None:
        files = CredentialFolder.load(args.pki).files(args.name)
        pairs.append((files.certificate, files.key))
    return tuple(TlsIdentity(certificates_in(certificate), private_key_in(key)) for certificate, key in pairs)


def _target(text: str) -> Address:
    host, separator, port = text.rpartition(":")
    if not separator or "]" in port or _is_ipv6(text):
        host, port = text, str(TLS_PORT)
    host = host.removeprefix("[").removesuffix("]")
    impossible = ":" in host and not _is_ipv6(host)
    if not host or impossible or not port.isascii() or not port.isdigit() or int(port[:9]) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no HOST[:PORT]")
    return Address(host, int(port))


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return value


def _seconds_of_some(text: str) -> float:
    value = _seconds(text)
    if not value:
        raise argparse.ArgumentTypeError("0 seconds are no time to answer in")
    return value


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:9]) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no count")
    return int(text)

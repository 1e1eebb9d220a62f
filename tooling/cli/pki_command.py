"""``conform62351 pki``: certificates for a campaign: make them, issue them, order them, show them."""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from conform62351.fixtures.pki.deriving import derive
from conform62351.fixtures.pki.desk import issue_for
from conform62351.fixtures.pki.requests import (
    KINDS,
    MAX_REQUEST,
    TLS_KINDS,
    UNSIGNED_KINDS,
    CertificateRequest,
    RequestError,
    check_kind,
    read_public_key,
    read_request,
)
from conform62351.fixtures.pki.workshop import ApplicationTitle, Workshop, WorkshopPlan, make_workshop
from conform62351.pics import conditions
from conform62351.pics.catalogue import catalogue as pics_items
from conform62351.pics.pixit import Pixit, load_pixit, pixit_entries
from conform62351.suites.loading import load
from conform62351.tooling.cli import pki_order
from conform62351.tooling.cli.pki_show import ShowError, show
from conform62351.tooling.engine.case import supposed
from conform62351.tooling.frontend.inputs import Files, UsageError, load_inputs
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credential_writing import certificates_pem, write_file

ANY_HOST: Final = frozenset({"0.0.0.0", "::", ""})
LOOPBACK: Final = "127.0.0.1"
STANDARD_PORT: Final = 8080
BY_PUBLIC_KEY: Final = (
    f"For {' and '.join(UNSIGNED_KINDS)}, whose keys sign no request, FILE is the public key, PEM or DER: "
    "whether the device has the private one is for you to know"
)
MAX_URL: Final = 200


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register ``pki`` with its commands make, issue, derive, order and show."""
    parser = subparsers.add_parser(
        "pki",
        help="make, order and show certificates",
        description="Make, order and show the certificates of tester and device, good and bad ones.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    make = commands.add_parser(
        "make",
        help="make a folder of certificates",
        description=(
            "Make DIR/tester with good and bad certificates, DIR/dut with what the device has to trust and "
            "its certificates, and DIR/ca with the authorities' private keys. Private keys of a device stay "
            "in it: it asks for certificates by requests (PKCS #10)."
        ),
    )
    make.add_argument("--out", type=Path, required=True, metavar="DIR", help="new or empty folder")
    _add_declarations(make)
    make.add_argument(
        "--csr",
        action="append",
        default=[],
        metavar="[KIND=]FILE",
        help=f"certificate request of the device, PEM or DER; KIND is one of {', '.join(KINDS)}, by default "
        f"what subject and key give away. {BY_PUBLIC_KEY}",
    )
    make.add_argument(
        "--ocsp-url",
        metavar="URL",
        help="where the device reaches the tester for OCSP; CRLs are beside it. Default: from the PIXIT",
    )
    make.add_argument("--with-dut-keys", action="store_true", help="make the device's private keys too")
    make.add_argument("--force", action="store_true", help="overwrite what is in DIR")
    make.set_defaults(handler=run_make)

    issue = commands.add_parser(
        "issue",
        help="issue a certificate for a request of the device",
        description="Issue a certificate for a request of the device, from a folder that pki make has made. "
        f"{BY_PUBLIC_KEY}.",
    )
    issue.add_argument("--folder", type=Path, required=True, metavar="DIR", help="what pki make has made")
    issue.add_argument("--csr", type=Path, required=True, metavar="FILE", help="request, PEM or DER")
    issue.add_argument("--kind", choices=KINDS, required=True, help="what the certificate is for")
    issue.add_argument("--out", type=Path, required=True, metavar="FILE", help="new file, PEM")
    issue.add_argument("--force", action="store_true", help="overwrite FILE")
    issue.set_defaults(handler=run_issue)

    derived = commands.add_parser(
        "derive",
        help="add the bad certificates that need no authority",
        description="Add the bad certificates that need no authority to a tester's folder: damaged, "
        "self-signed and strangers' ones, made of the credential called tester.",
    )
    derived.add_argument("--folder", type=Path, required=True, metavar="DIR", help="folder with a manifest")
    derived.add_argument("--ocsp-url", metavar="URL", help="as for pki make")
    derived.set_defaults(handler=run_derive)

    order = commands.add_parser(
        "order",
        help="list what a foreign authority would have to issue",
        description="List the certificates of a campaign for authorities that are not the tester's, with the "
        "cases that need them.",
    )
    _add_declarations(order)
    order.add_argument("--json", action="store_true", help="machine-readable")
    order.set_defaults(handler=run_order)

    shown = commands.add_parser(
        "show",
        help="print certificates, CRLs, OCSP answers, requests or a folder",
        description="Print facts of certificates and the like, and what deviates from annex G.",
    )
    shown.add_argument("path", type=Path, metavar="FILE|DIR", help="PEM or DER, or a folder of credentials")
    shown.set_defaults(handler=run_show)


def _add_declarations(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pixit", type=Path, metavar="FILE", help="PIXIT with titles; default: its defaults")
    parser.add_argument("--pics", type=Path, metavar="FILE", help="PICS; needs --pixit")


def run_make(args: argparse.Namespace) -> int:
    """Make a workshop.

    Raises:
        UsageError: a title is missing, a request or URL cannot be used, or the device trusts others.
        DeclarationError: with all faults of the PIXIT, and of the PICS.
        CredentialError: the folder cannot be taken.
    """
    pixit, answers = _declarations(args)
    trust = pixit.text("pki.trust")
    if trust != pixit_entries()["pki.trust"].default:
        raise UsageError(f"pki.trust is {trust!r}: conform62351 pki order lists what to ask those for")
    plan = WorkshopPlan(
        now=Clock().unix(),
        tester=_title(pixit, "tester"),
        dut=_title(pixit, "dut"),
        ocsp_url=_checked_url(args.ocsp_url) if args.ocsp_url else _usual_url(pixit),
        dut_keys=args.with_dut_keys,
        requests=_requests(args.csr),
        dh_form=pixit.text("pki.dh_form"),
    )
    _tell(make_workshop(args.out, plan, force=args.force), plan, answers)
    return 0


def run_issue(args: argparse.Namespace) -> int:
    """Issue one certificate.

    Raises:
        UsageError: the request cannot be used.
        CredentialError: the folder is no workshop, or the file cannot be written.
    """
    request = _request(args.csr, args.kind)
    chain, title = issue_for(args.folder, args.kind, request, Clock().unix())
    write_file(args.out, certificates_pem(chain), force=args.force)
    subject = (
        request.subject_text or "the device's usual name"
        if args.kind in TLS_KINDS
        else f"titles {title.dotted}"
    )
    print(f"{args.out}: {args.kind} certificate for {subject}, with the authority above it")
    return 0


def run_derive(args: argparse.Namespace) -> int:
    """Add what can be derived to a folder.

    Raises:
        UsageError: the URL cannot be used.
        CredentialError: the folder cannot be used.
    """
    url = _checked_url(args.ocsp_url) if args.ocsp_url else WorkshopPlan(now=0.0).ocsp_url
    added = derive(args.folder, ocsp_url=url, now=Clock().unix())
    print(f"{args.folder}: added {', '.join(added) or 'nothing: all are there'}")
    return 0


def run_order(args: argparse.Namespace) -> int:
    """Print the order.

    Raises:
        UsageError: a title is missing.
        DeclarationError: with all faults of the files.
    """
    pixit, answers = _declarations(args)
    cases = [case for case in load().values() if conditions.parse(case.pics).holds(answers)]
    lines = pki_order.order_lines(_title(pixit, "tester"), _title(pixit, "dut"), cases, answers)
    if args.json:
        print(json.dumps(pki_order.as_json(lines), indent=2))
    else:
        print(pki_order.as_text(lines), end="")
    return 0


def run_show(args: argparse.Namespace) -> int:
    """Print what is in a file or folder.

    Raises:
        UsageError: there is nothing to show.
        CredentialError: with all faults of a folder.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        for line in show(args.path, Clock().unix()):
            print(line)
    except ShowError as error:
        raise UsageError(str(error)) from error
    return 0


def _declarations(args: argparse.Namespace) -> tuple[Pixit, conditions.Answers]:
    """Return PIXIT and answers; without a PICS everything counts as claimed."""
    if args.pics is not None:
        inputs = load_inputs(Files(args.pics, args.pixit), explore=False)
        return inputs.pixit, supposed(inputs.declaration.answers)
    claimed = dict.fromkeys(pics_items().items, conditions.Answer.YES)
    return (Pixit() if args.pixit is None else load_pixit(args.pixit)), claimed


def _title(pixit: Pixit, owner: str) -> ApplicationTitle:
    ap_title = pixit.text(f"{owner}.ap_title")
    if not ap_title:
        raise UsageError(f"{owner}.ap_title is empty in the PIXIT: a certificate's subject is made of it")
    return ApplicationTitle(ap_title, pixit.integer(f"{owner}.ae_qualifier"), pixit.text("pki.title_form"))


def _usual_url(pixit: Pixit) -> str:
    host = pixit.text("tester.bind")
    if host in ANY_HOST:
        host = LOOPBACK
        print(
            "conform62351: certificates will send to 127.0.0.1 for revocation data; a device that fetches "
            "them needs --ocsp-url with an address of the tester",
            file=sys.stderr,
        )
    port = pixit.integer("tester.revocation_port") or STANDARD_PORT
    return _checked_url(f"http://{f'[{host}]' if ':' in host else host}:{port}/ocsp")


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        good = parts.scheme == "http" and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise UsageError(f"{url[:MAX_URL]!r} is no URL such as http://192.0.2.1:8080/ocsp")
    return url


def _requests(arguments: list[str]) -> dict[str, CertificateRequest]:
    found: dict[str, CertificateRequest] = {}
    for argument in arguments:
        kind, equals, name = argument.partition("=")
        if not equals or kind not in KINDS:
            kind, name = "", argument
        request = _request(Path(name), kind)
        kind = kind or request.kind
        if not kind:
            raise UsageError(f"{name}: its subject is empty: write application={name} or tls={name}")
        if kind in found:
            raise UsageError(f"{name}: a second request for the {kind} certificate")
        found[kind] = request
    return found


def _request(path: Path, kind: str) -> CertificateRequest:
    try:
        with path.open("rb") as file:
            octets = file.read(2 * MAX_REQUEST + 1)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error.strerror if isinstance(error, OSError) else error}") from error
    try:
        request = read_public_key(octets) if kind in UNSIGNED_KINDS else read_request(octets)
        check_kind(request, kind)
    except RequestError as error:
        raise UsageError(f"{path}: {error}") from error
    return request


def _tell(made: Workshop, plan: WorkshopPlan, answers: conditions.Answers) -> None:
    print(f"{made.tester}: the tester's credentials, titles {plan.tester.dotted}; PIXIT: pki.folder")
    print(f"{made.dut}: for the device, titles {plan.dut.dotted}: anchors, authorities and CRLs to install")
    for kind in plan.requests:
        print(f"{made.dut / kind}.pem: {kind} certificate for the device's request")
    missing = [kind for kind in pki_order.kinds_for(answers) if kind not in plan.requests]
    if missing and not plan.dut_keys:
        listed = " and ".join(filter(None, (", ".join(missing[:-1]), missing[-1])))
        print(f"no {listed} certificate for the device yet: pki issue makes it of the device's request")
    print(f"{made.authorities}: private keys of the authorities: keep them to yourself")
    print(f"CRLs and OCSP are served where certificates say: {plan.ocsp_url}")

"""The outcome of a scan for the terminal: what is offered, the rows of the tables, what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from conform62351.reports.render.visible import visible
from conform62351.reports.render.words import plural
from conform62351.tooling.scan.judging import (
    ABSENT,
    EXCLUDED,
    MISSING,
    NOTE,
    OFFERED,
    UNKNOWN,
    VIOLATION,
    WARNING,
)
from conform62351.tooling.scan.report import (
    ChainFound,
    Features,
    Finding,
    HelloSeen,
    ListenReport,
    Row,
    ScanReport,
)

_RED: Final = "31"
_YELLOW: Final = "33"
_GREEN: Final = "32"
_FAINT: Final = "2"
_COLOURS: Final = {
    VIOLATION: _RED,
    WARNING: _YELLOW,
    NOTE: _FAINT,
    MISSING: _RED,
    EXCLUDED: _RED,
    OFFERED: _GREEN,
    ABSENT: _FAINT,
    UNKNOWN: _YELLOW,
}
_STATUS: Final = {"m": "mandatory", "o": "optional", "x": "excluded"}
_ANSWERS: Final = {True: "yes", False: "no", None: "not found out"}
_ORDERS: Final = {
    "server": "in the server's order",
    "client": "the server follows the client's order",
    "mixed": "in an order that is neither the server's nor the client's alone",
}
_LABEL: Final = 26
_FEATURES: Final = (
    ("secure renegotiation", "secure_renegotiation"),
    ("renegotiation by client", "client_renegotiation"),
    ("resumption by identifier", "resumption_identifier"),
    ("resumption by ticket", "resumption_ticket"),
    ("extended master secret", "extended_master_secret"),
    ("encrypt-then-MAC", "encrypt_then_mac"),
    ("fallback SCSV", "fallback_scsv"),
)


class _Page:
    """Lines under headings; ``colour`` adds ANSI colours."""

    def __init__(self, colour: bool) -> None:
        self.lines: list[str] = []
        self._colour = colour

    def heading(self, text: str) -> None:
        self.lines += ["", text] if self.lines else [text]

    def line(self, text: str) -> None:
        self.lines.append(f"  {visible(text)}")

    def field(self, label: str, text: str) -> None:
        self.line(f"{f'{label}  ':<{_LABEL}}{text}".rstrip())

    def marked(self, word: str, width: int, text: str) -> None:
        shown = f"{word:<{width}}"
        painted = f"\x1b[{_COLOURS[word]}m{shown}\x1b[0m" if self._colour else shown
        self.lines.append(f"  {painted}{visible(text)}".rstrip())

    def __str__(self) -> str:
        return "\n".join(self.lines)


def server_text(report: ScanReport, *, colour: bool) -> str:
    """Return what a server offers; what it says of itself is made safe to look at."""
    page = _Page(colour)
    page.heading(f"TLS at {visible(report.host)} port {report.port} ({report.address})")
    _versions(page, report)
    order = _ORDERS.get(report.suite_order, "")
    page.heading(f"Suites{f' ({order})' if order else ''}")
    for suite in report.suites:
        page.line(f"{suite.code}  {suite.name:<50}  {', '.join(suite.versions)}")
    if not report.suites:
        page.line("none")
    _key_exchange(page, report)
    for chain in report.certificates:
        _chain(page, chain)
    if any(part.name == "features" for part in report.parts):
        _features(page, report.features, report)
    _judgement(page, report.rows, report.findings)
    if report.not_found_out:
        page.heading("Not found out")
        for entry in report.not_found_out:
            page.field(entry.what, entry.why)
    page.heading(
        f"{plural(report.probes, 'connection')}, {report.octets} octets, {report.elapsed_s:.3f} s"
        + ("" if report.complete else "; not complete")
    )
    return str(page)


def _versions(page: _Page, report: ScanReport) -> None:
    for entry in report.versions:
        if entry.offered is None and not entry.answer:
            continue
        said = plural(len(entry.suites), "suite") if entry.offered else ""
        remarks = "; ".join(entry.remarks)
        refused = entry.answer if not entry.offered else ""
        page.field(entry.version, ", ".join(filter(None, (_ANSWERS[entry.offered], said, refused, remarks))))


def _key_exchange(page: _Page, report: ScanReport) -> None:
    if report.groups:
        page.heading("Groups")
        for group in report.groups:
            bits = f", {group.bits} bits" if group.bits else ""
            page.line(f"{group.name}{bits}  ({', '.join(group.versions)})")
    if report.signature_algorithms:
        page.heading("Signatures of ephemeral keys")
        kinds = dict.fromkeys(entry.certificate for entry in report.signature_algorithms)
        for kind in kinds:
            names = [entry.name for entry in report.signature_algorithms if entry.certificate == kind]
            page.field(kind, ", ".join(names))


def _chain(page: _Page, chain: ChainFound) -> None:
    kind = f" ({chain.kind})" if chain.kind else ""
    order = "" if chain.in_order else ", not in order"
    count = plural(len(chain.certificates), "certificate")
    page.heading(f"Certificates{kind}: {count}, {chain.octets} octets{order}")
    if chain.group:
        page.field("static Diffie-Hellman", chain.group)
    for certificate in chain.certificates:
        if certificate.fault:
            page.line(f"not read: {certificate.fault}")
            continue
        page.field("subject", certificate.subject)
        page.field("issuer", certificate.issuer)
        page.field("key, signature", f"{certificate.key}, {certificate.signature}")
        valid = "" if certificate.valid_now else " (not valid now)"
        page.field("valid", f"{certificate.not_before} to {certificate.not_after}{valid}")
        page.field("size, SHA-256", f"{certificate.octets} octets, {certificate.sha256}")


def _features(page: _Page, features: Features, report: ScanReport) -> None:
    page.heading("Besides")
    for label, name in _FEATURES:
        page.field(label, _ANSWERS[getattr(features, name)])
    methods = features.compression
    page.field("compression", _ANSWERS[None] if methods is None else ", ".join(methods) or "no")
    client = report.client_certificate
    required = {True: ", required", False: ", not required", None: ""}[client.required]
    page.field(
        "client certificate", _ANSWERS[client.asked] + (" asked for" if client.asked else "") + required
    )
    if client.types:
        page.field("  types", ", ".join(client.types))
    for name in client.authorities:
        page.field("  authority", name)
    for wrong in report.wrong_codes:
        page.field(f"{wrong.code} ({wrong.name})", _ANSWERS[wrong.offered])
    for entry in report.refusals:
        page.field(f"answer to {entry.to}", entry.answer)


def _judgement(page: _Page, rows: Sequence[Row], findings: Sequence[Finding]) -> None:
    for table in dict.fromkeys(row.table for row in rows):
        page.heading(f"Table {table}")
        for row in rows:
            if row.table == table:
                status = _STATUS.get(row.status, row.status)
                page.marked(row.verdict, 10, f"{status:<10}{row.code}  {row.suite}  [{row.provenance}]")
    page.heading("Findings")
    for finding in _gravest_first(findings):
        page.marked(finding.level, 10, f"{finding.text}  [{finding.clause}; {finding.provenance}]")
    if not findings:
        page.line("none")


def _gravest_first(findings: Iterable[Finding]) -> Iterator[Finding]:
    kept = list(findings)
    for level in (VIOLATION, WARNING, NOTE):
        yield from (finding for finding in kept if finding.level == level)


def client_text(report: ListenReport, *, colour: bool) -> str:
    """Return what clients offered; connections that offered the same are told once."""
    page = _Page(colour)
    page.heading(f"{plural(len(report.connections), 'connection')} at {report.listening}")
    groups: dict[tuple[object, ...], list[HelloSeen]] = {}
    for seen in report.connections:
        offer = (
            seen.version,
            *seen.versions,
            *(suite.code for suite in seen.suites),
            *seen.extensions,
            seen.fault,
        )
        groups.setdefault(offer, []).append(seen)
    for same in groups.values():
        _hello(page, same)
    if any(seen.version for seen in report.connections):
        _judgement(page, report.rows, report.findings)
    return str(page)


def _hello(page: _Page, same: Sequence[HelloSeen]) -> None:
    seen = same[0]
    page.heading(f"{plural(len(same), 'ClientHello')} like that of {seen.peer}")
    if seen.fault:
        page.field("fault", seen.fault)
    if seen.version:
        page.field("versions", ", ".join(seen.versions))
        for place, suite in enumerate(seen.suites):
            page.field("suites" if not place else "", f"{suite.code}  {suite.name}")
        for label, names in (
            ("signals", seen.signalling),
            ("groups", seen.groups),
            ("signature algorithms", seen.signature_algorithms),
            ("extensions", seen.extensions),
            ("compression", seen.compression),
        ):
            page.field(label, ", ".join(names) or "none")
        page.field("server name", seen.server_name or "none")
    for outcome in dict.fromkeys(each.outcome for each in same):
        page.field("outcome", outcome)
    if seen.certificate is not None:
        _chain(page, seen.certificate)


def summary_of(seen: HelloSeen) -> str:
    """Return a line about a connection."""
    what = seen.fault or f"{', '.join(seen.versions)}; {plural(len(seen.suites), 'suite')}"
    return visible(f"{seen.peer}: {what}; {seen.outcome}")

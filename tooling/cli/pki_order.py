"""What authorities of others would have to issue for a campaign, and which cases need it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from conform62351.fixtures.pki.plan import (
    AttributesPlan,
    CertificatePlan,
    HolderForm,
    Source,
    Subject,
    catalogue,
)
from conform62351.fixtures.pki.subjects import DEVICE, STRANGER, TESTER, ApplicationTitle, title_form
from conform62351.pics import conditions
from conform62351.reports.render.words import plural
from conform62351.tooling.engine.case import Case
from conform62351.tooling.engine.handshake import attributes_of
from conform62351.tooling.engine.security import means_of

MAX_SHOWN_CASES: Final = 3

_USAGE: Final = {
    "digital_signature": "digitalSignature",
    "key_agreement": "keyAgreement",
    "key_encipherment": "keyEncipherment",
}

HEADINGS: Final = {
    Source.ORDER: "To be ordered",
    Source.DERIVED: "Made by pki derive, without an authority: not to be ordered",
    Source.REFUSED: "Not issued by a serious authority: without them these cases stay inconclusive",
}


class OrderLine(msgspec.Struct, frozen=True):
    """One certificate: ``owner`` is tester or device, ``cases`` are the identifiers of those that need it.

    ``valid_days`` bound its validity, counted from today. An attribute certificate has neither key nor
    keyUsage; its ``subject`` is the holder.
    """

    name: str
    owner: str
    source: Source
    wanted: str
    fault: str
    subject: str
    key: str
    key_usage: tuple[str, ...]
    valid_days: tuple[float, float]
    cases: tuple[str, ...]


def kinds_for(answers: conditions.Answers) -> tuple[str, ...]:
    """Return the names of the certificates that a device with this PICS needs."""
    return tuple(plan.name for plan in catalogue().dut if _wanted(plan, answers))


def _wanted(plan: CertificatePlan | AttributesPlan, answers: conditions.Answers) -> bool:
    return not plan.pics or conditions.parse(plan.pics).holds(answers)


def order_lines(
    tester: ApplicationTitle, dut: ApplicationTitle, cases: Iterable[Case], answers: conditions.Answers
) -> tuple[OrderLine, ...]:
    """Return all certificates in the order of the workshop's plan; ``cases`` are those that may run."""
    needed: dict[str, list[str]] = {}
    for case in cases:
        for means in case.means_for(answers):
            needed.setdefault(means, []).append(case.id)
    known = catalogue()
    lines = [_line(plan, "device", dut, DEVICE, {}) for plan in known.dut if _wanted(plan, answers)]
    lines += [
        _attributes_line(plan, "device", _subject_of_holder(plan, known.dut, dut, DEVICE), {})
        for plan in known.dut_attributes
        if _wanted(plan, answers)
    ]
    lines += [_line(plan, "tester", tester, TESTER, needed) for plan in known.tester]
    lines += [
        _attributes_line(plan, "tester", _subject_of_holder(plan, known.tester, tester, TESTER), needed)
        for plan in known.tester_attributes
    ]
    return tuple(lines)


def _subject_of_holder(
    plan: AttributesPlan, certificates: Iterable[CertificatePlan], title: ApplicationTitle, common: str
) -> str:
    if plan.by is HolderForm.CERTIFICATE:
        return plan.holder
    holder = next(certificate for certificate in certificates if certificate.name == plan.holder)
    return _subject(holder, title, common)


def _attributes_line(
    plan: AttributesPlan, owner: str, holder: str, needed: Mapping[str, list[str]]
) -> OrderLine:
    name = attributes_of(plan.name)
    return OrderLine(
        name=name,
        owner=owner,
        source=plan.source,
        wanted=f"attribute certificate with a role, {plan.wanted}",
        fault=plan.fault.value if plan.fault else "",
        subject=f"holder {holder}",
        key="",
        key_usage=(),
        valid_days=plan.days,
        cases=tuple(dict.fromkeys(needed.get(means_of(name), ()))),
    )


def _line(
    plan: CertificatePlan, owner: str, title: ApplicationTitle, common: str, needed: Mapping[str, list[str]]
) -> OrderLine:
    known = {other.name: other for other in catalogue().tester}
    shown = known.get(plan.same_as, plan)
    serving = [plan.name, *(other.name for other in known.values() if other.same_as == plan.name)]
    cases = [case for name in serving for case in needed.get(means_of(name), ())]
    return OrderLine(
        name=plan.name,
        owner=owner,
        source=plan.source,
        wanted=plan.wanted,
        fault=", ".join(rule.value for rule in (plan.fault, *plan.inevitable) if rule),
        subject=_subject(shown, title, common),
        key=catalogue().keys[shown.key],
        key_usage=tuple(_USAGE[bit] for bit in shown.usage),
        valid_days=shown.days,
        cases=tuple(dict.fromkeys(cases)),
    )


def _subject(plan: CertificatePlan, title: ApplicationTitle, common: str) -> str:
    match plan.subject:
        case Subject.COMMON_NAME:
            return f"commonName = {common}"
        case Subject.OTHER_COMMON_NAME:
            return f"commonName = {STRANGER}"
        case Subject.TITLE:
            return f"2.5.4.106 = {title.dotted} ({title_form(plan, title)})"
        case Subject.OTHER_TITLE:
            return f"2.5.4.106 = other titles than {title.dotted} ({title_form(plan, title)})"
        case Subject.OTHER_AP_TITLE:
            return f"2.5.4.106 = another AP-title than in {title.dotted} ({title_form(plan, title)})"
        case Subject.LONGER_TITLE:
            return f"2.5.4.106 = {title.dotted}.1 ({title_form(plan, title)})"
        case Subject.TITLE_AND_COMMON_NAME:
            return f"2.5.4.106 = {title.dotted} ({title_form(plan, title)}), commonName = {common}"


def as_json(lines: Iterable[OrderLine]) -> Any:
    """Return the lines as objects of JSON."""
    return msgspec.to_builtins(list(lines))


def as_text(lines: Iterable[OrderLine]) -> str:
    """Return the lines for people, by where the certificates come from."""
    listed = list(lines)
    blocks = [
        "Version 3, SHA-256, serial number a UUID with its top bit cleared, keyUsage critical, one of CRL",
        "distribution point and OCSP access; a private key is made by its owner, who asks by PKCS #10.",
        "A Diffie-Hellman key signs no request: its owner gives the public key.",
    ]
    for source, heading in HEADINGS.items():
        chosen = [line for line in listed if line.source is source]
        if not chosen:
            continue
        blocks += ["", f"{heading} ({plural(len(chosen), 'certificate')})"]
        for line in chosen:
            blocks += _block(line)
    return "\n".join(blocks) + "\n"


def _block(line: OrderLine) -> list[str]:
    usage = ", ".join(line.key_usage) or "none"
    shown = [f"  {line.owner}: {line.name}", f"    {line.wanted}"]
    if line.fault:
        shown.append(f"    violates: {line.fault}")
    if line.source is Source.ORDER:
        keyed = f"; key: {line.key}; keyUsage: {usage}" if line.key else ""
        shown.append(f"    subject: {line.subject}{keyed}")
        first, last = line.valid_days
        shown.append(f"    valid: from day {first:+.0f} to day {last:+.0f}, counted from today")
    if line.owner == "device":
        shown.append("    for: the device itself")
    elif not line.cases:
        shown.append("    for: no case")
    else:
        further = len(line.cases) - MAX_SHOWN_CASES
        named = ", ".join(line.cases[:MAX_SHOWN_CASES])
        more = f" and {plural(further, 'other')}" if further > 0 else ""
        shown.append(f"    for: {named}{more}")
    return shown

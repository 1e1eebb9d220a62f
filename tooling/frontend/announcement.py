"""The first events of a run: who is tested, with what, against which claims, by which cases."""

from __future__ import annotations

import platform
import random
import ssl
from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib import metadata

from conform62351.pics.catalogue import catalogue as pics_catalogue
from conform62351.pics.conditions import Answer
from conform62351.pics.requirements import requirements
from conform62351.profiles.tls.engine.cipher_suites import ENGINE_SUITES
from conform62351.reports.model import events as e
from conform62351.suites.loading import load
from conform62351.tooling.engine.planner import Plan
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.frontend.coverage import provoked, shares
from conform62351.tooling.frontend.inputs import Inputs
from conform62351.tooling.frontend.options import Options

LIBRARIES = ("asn1tools", "cryptography", "hypothesis", "jinja2", "msgspec", "pytest", "scapy")


def versions() -> dict[str, str]:
    """Return the versions of the harness, Python and the libraries that verdicts rest on."""
    found = {"conform62351": metadata.version("conform62351"), "python": platform.python_version()}
    found["openssl"] = ssl.OPENSSL_VERSION.split()[1]
    return found | {name: metadata.version(name) for name in LIBRARIES}


def tls_suites() -> list[str]:
    """Return the code points, in hexadecimal, of all suites that the tester's TLS can speak here."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    library = {cipher["id"] & 0xFFFF for cipher in context.get_ciphers()}
    return [f"{code:04X}" for code in sorted(library | set(ENGINE_SUITES))]


def announce(
    log: RunLog, options: Options, inputs: Inputs, plan: Plan, *, capture: str, started: datetime
) -> None:
    """Write the first events of a run: what is run against what, and every case that is planned."""
    declaration = inputs.declaration
    header = declaration.header
    log.write(
        e.RunStarted(
            t=log.now(),
            started=started.isoformat(timespec="milliseconds"),
            harness=metadata.version("conform62351"),
            command=list(options.command),
            out=str(options.out),
            device=list(options.device_words()),
            dut=e.Identity(
                vendor=header.vendor,
                product=header.product,
                hardware_version=header.hardware_version,
                software_version=header.software_version,
                edition=header.edition,
            ),
            seed=options.seed if options.seed is not None else random.SystemRandom().getrandbits(32),
            explore=options.explore,
            builtin=options.files.builtin,
            hashes=inputs.hashes,
            versions=versions(),
            spec_data=inputs.spec.source,
            selection=[*options.selectors, *[f"not {text}" for text in options.exclude]],
            claims=list(_claims(declaration.answers)),
            requirements=[
                e.RequirementNote(
                    id=item.id,
                    clause=item.clause,
                    provenance=item.provenance,
                    level=item.level,
                    text=item.text,
                )
                for item in requirements().values()
            ],
            accepted_inconclusive=list(options.accepted_inconclusive),
            capture=capture,
            tls_suites=tls_suites(),
            coverage=[] if options.selectors or options.exclude else shares(load()),
        )
    )
    for entry in plan.entries:
        case = entry.case
        log.write(
            e.Planned(
                t=log.now(),
                case=case.id,
                title=case.title,
                purpose=case.purpose,
                clause=case.clause,
                provenance=case.provenance,
                role=case.role,
                configuration=case.configuration,
                group=case.group,
                pics=case.pics,
                requirements=list(case.requirements),
                events_expected=list(provoked(case)),
                not_applicable=entry.not_applicable,
            )
        )


def _claims(answers: Mapping[str, Answer]) -> Iterable[e.Claim]:
    for item in pics_catalogue().items.values():
        yield e.Claim(
            code=item.code,
            table=item.table,
            row=item.row,
            role=item.role,
            status=item.status,
            answer=str(answers.get(item.code, "")),
            reference=item.reference,
            provenance=item.provenance,
            question=item.question,
        )

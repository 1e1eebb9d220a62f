"""What was found beside what IEC 62351-4 and -3 want: rows of Tables 9 and 12, and rules about the rest.

The levels: ``violation`` of something that must or must not be, ``warning`` where it is deprecated or against
advice, ``note`` for what is worth knowing. The provenance tells how sure it is that there is such a rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from conform62351.pics.catalogue import Item, catalogue
from conform62351.pics.provenance import Provenance
from conform62351.profiles.tls.peer_chain import DEPRECATED_RSA, LARGEST, MINIMUM_FINITE, MINIMUM_RSA
from conform62351.profiles.tls.suites import CODES, SUITES, suite_name
from conform62351.tooling.scan.registry import TLS_1_0, TLS_1_1, VERSIONS
from conform62351.tooling.scan.report import (
    ChainFound,
    ClientCertificate,
    Features,
    Finding,
    GroupFound,
    Row,
    SignatureFound,
    VersionFound,
    WrongCode,
)
from conform62351.tooling.scan.suite_search import key_exchange

VIOLATION: Final = "violation"
WARNING: Final = "warning"
NOTE: Final = "note"

MISSING: Final = "missing"
EXCLUDED: Final = "excluded"
OFFERED: Final = "offered"
ABSENT: Final = "absent"
UNKNOWN: Final = "unknown"

TABLES: Final = {"compatibility": 9, "native": 12}
"""The table of suites of each mode of operation."""
ALL_TABLES: Final = tuple(TABLES.values())
CURVES: Final = ("secp256r1", "brainpoolP256r1")
WRONG_CODES: Final = ((0xC09E, 0x009E), (0xC023, 0xC02B))
"""Numbers that public notes print, and those of the mandatory suites that are meant (N, R)."""
MANDATORY_SIGNATURES: Final = ("RSA/SHA-1", "RSA/SHA-256", "ECDSA/SHA-256")

_PART_3: Final = "6, IEC 62351-3"
_WEAK_CIPHERS: Final = {
    "_EXPORT": "is a suite for export, with keys of 40 or 56 bits",
    "_WITH_DES_": "uses DES",
    "_RC2_": "uses RC2",
    "_RC4_": "uses RC4 (RFC 7465)",
}


def rows_of(role: str, taken: set[int], *, complete: bool, tables: Sequence[int] = ALL_TABLES) -> list[Row]:
    """Judge the suites in ``taken`` by the rows of ``tables`` in the column of ``role``.

    What is not among them is not offered if ``complete``, else it is not known.
    """
    return [
        _row(item, int(item.suite, 16) in taken, complete)
        for table in tables
        for item in catalogue()
        if item.table == table and item.role == role and item.suite
    ]


def _row(item: Item, offered: bool, complete: bool) -> Row:
    if offered:
        verdict = EXCLUDED if item.status == "x" else OFFERED
    elif not complete:
        verdict = UNKNOWN
    else:
        verdict = MISSING if item.status == "m" else ABSENT
    return Row(
        table=item.table or 0,
        item=item.code,
        code=item.suite,
        suite=item.row,
        status=item.status,
        provenance=item.provenance.mark,
        offered=True if offered else False if complete else None,
        verdict=verdict,
    )


def wrong_codes(taken: set[int], *, complete: bool) -> list[WrongCode]:
    """Tell which suites are offered whose numbers are printed in place of mandatory ones."""
    absent = False if complete else None
    return [
        WrongCode(
            code=f"{wrong:04X}",
            name=suite_name(wrong),
            instead_of=suite_name(right),
            offered=True if wrong in taken else absent,
            right_offered=True if right in taken else absent,
        )
        for wrong, right in WRONG_CODES
    ]


def findings_of(
    *,
    versions: Sequence[VersionFound],
    taken: set[int],
    rows: Sequence[Row],
    codes: Sequence[WrongCode],
    chains: Sequence[ChainFound],
    signatures: Sequence[SignatureFound],
    groups: Sequence[GroupFound],
    features: Features,
    client: ClientCertificate,
    whole: bool,
) -> list[Finding]:
    """Judge a server; without ``whole`` only its suites, because nothing else was asked."""
    found = _rows(rows)
    found += _suites(taken, {row.code for row in rows})
    found += _codes(codes, taken)
    if whole:
        offered = {entry.version for entry in versions if entry.offered}
        denied = {entry.version for entry in versions if entry.offered is False}
        found = [*_versions(offered, denied), *found]
        for chain in chains:
            found += _chain(chain)
        found += _signatures(signatures)
        found += _groups(groups)
        found += _features(features, client)
    return list(dict.fromkeys(found))


def findings_of_clients(
    *,
    versions: set[str],
    taken: set[int],
    rows: Sequence[Row],
    signatures: set[str],
    compression: set[str],
    secure_renegotiation: bool,
) -> list[Finding]:
    """Judge clients by what their hellos offer.

    A hello without supported_versions tells its highest version and leaves open which others it would take.
    """
    found = _versions(versions, set(VERSIONS.values()) - versions)
    found += _rows(rows)
    found += _suites(taken, {row.code for row in rows})
    for name in MANDATORY_SIGNATURES:
        if name not in signatures:
            found.append(Finding(VIOLATION, f"signature_algorithms do not hold {name}", _PART_3, "N"))
    found += [_compression(name) for name in sorted(compression - {"none"})]
    if not secure_renegotiation:
        found.append(_no_secure_renegotiation())
    return list(dict.fromkeys(found))


def _rows(rows: Sequence[Row]) -> list[Finding]:
    said = {
        MISSING: "of Table {table} is mandatory and not offered: {suite} ({code})",
        EXCLUDED: "of Table {table} is excluded and offered: {suite} ({code})",
    }
    return [
        Finding(
            # What is inferred breaks no rule by itself: see pics.provenance.
            WARNING if row.provenance == Provenance.INFERRED.mark else VIOLATION,
            "a suite " + said[row.verdict].format(table=row.table, suite=row.suite, code=row.code),
            "6.3.4.2" if row.table == TABLES["compatibility"] else "6.3.4.3",
            row.provenance,
        )
        for row in rows
        if row.verdict in said
    ]


def _suites(taken: Iterable[int], judged: set[str]) -> list[Finding]:
    """Judge suites for what they do not protect, apart from the rows that exclude them."""
    found: list[Finding] = []
    for code in sorted(taken):
        name = suite_name(code)
        if code in (CODES["TLS_RSA_WITH_NULL_SHA"], CODES["TLS_RSA_WITH_NULL_SHA256"]):
            text = f"{name} does not encrypt: only when it was enabled explicitly"
            found.append(Finding(WARNING, text, "6.3.4.2", "N"))
        elif f"{code:04X}" in judged:
            continue
        elif "_WITH_NULL_" in name:
            found.append(Finding(VIOLATION, f"{name} does not encrypt", _PART_3, "N"))
        elif "_anon" in key_exchange(code):
            found.append(Finding(VIOLATION, f"{name} authenticates nobody", _PART_3, "N"))
        elif name.endswith("_MD5"):
            found.append(Finding(VIOLATION, f"{name} uses MD5", _PART_3, "N"))
        else:
            weak = [text for sign, text in _WEAK_CIPHERS.items() if sign in name]
            found += [Finding(WARNING, f"{name} {text}", "6", "R") for text in weak[:1]]
    return found


def _codes(codes: Sequence[WrongCode], taken: set[int]) -> list[Finding]:
    found = [
        Finding(
            WARNING,
            f"{entry.code} is offered and {entry.instead_of} is not: a number out of faulty notes?",
            "6.3.4.3",
            "I",
        )
        for entry in codes
        if entry.offered and entry.right_offered is False
    ]
    if 0xC02F in taken and 0xC02B not in taken:
        text = f"{SUITES[0xC02F]} is offered where {SUITES[0xC02B]} is mandatory, as some products read it"
        found.append(Finding(NOTE, text, "6.3.4.3", "F"))
    return found


def _versions(offered: set[str], denied: set[str]) -> list[Finding]:
    found: list[Finding] = []
    if "TLSv1.2" in denied:
        found.append(Finding(VIOLATION, "TLS 1.2 is not offered", _PART_3, "N"))
    if not offered:
        found.append(Finding(NOTE, "nothing there speaks TLS: is it switched on?", "6", "I"))
    if "SSLv3" in offered:
        found.append(Finding(VIOLATION, "SSL 3.0 is offered (event 3:1.4)", _PART_3, "E"))
    for version in (TLS_1_0, TLS_1_1):
        if VERSIONS[version] in offered:
            text = f"{VERSIONS[version]} is offered: optional at most, and weak (event 3:1.3)"
            found.append(Finding(WARNING, text, _PART_3, "E"))
    return found


def _chain(chain: ChainFound) -> list[Finding]:
    found: list[Finding] = []
    if not chain.in_order:
        text = f"{chain.kind}: a certificate in the chain is not issued by the one behind it"
        found.append(Finding(WARNING, text, "8", "R"))
    for place, certificate in enumerate(chain.certificates):
        what = f"{chain.kind}: certificate {place + 1} of {len(chain.certificates)}"
        if certificate.fault:
            found.append(Finding(WARNING, f"{what} could not be read: {certificate.fault}", "8", "R"))
            continue
        if certificate.octets > LARGEST:
            text = f"{what} has {certificate.octets} octets, more than {LARGEST}"
            found.append(Finding(VIOLATION, text, _PART_3, "N"))
        if certificate.key.startswith("RSA") and certificate.key_bits < MINIMUM_RSA:
            level = WARNING if certificate.key_bits >= DEPRECATED_RSA else VIOLATION
            text = f"{what} has an RSA key of {certificate.key_bits} bits"
            found.append(Finding(level, text, _PART_3, "N"))
        if certificate.key.startswith(("DH", "DSA")) and certificate.key_bits < MINIMUM_FINITE:
            found.append(Finding(WARNING, f"{what} has a {certificate.key} key", "6", "R"))
        if "md5" in certificate.signature.lower():
            found.append(Finding(VIOLATION, f"{what} is signed with MD5", _PART_3, "N"))
        if "sha1" in certificate.signature.lower():
            found.append(Finding(WARNING, f"{what} is signed with SHA-1, which is deprecated", _PART_3, "N"))
        if chain.kind == "ecdsa" and place == 0 and certificate.key not in CURVES:
            text = f"{what} is on {certificate.key}; part 3 names {' and '.join(CURVES)}"
            found.append(Finding(NOTE, text, _PART_3, "N"))
        if certificate.valid_now is False:
            text = f"{what} is not valid now, but from {certificate.not_before} to {certificate.not_after}"
            found.append(Finding(WARNING, text, _PART_3, "N"))
    return found


def _signatures(signatures: Sequence[SignatureFound]) -> list[Finding]:
    found: list[Finding] = []
    for entry in signatures:
        if entry.name.endswith("/MD5"):
            found.append(Finding(VIOLATION, f"ephemeral keys are signed with {entry.name}", _PART_3, "N"))
        elif entry.name.endswith("/SHA-1"):
            text = f"ephemeral keys can be signed with {entry.name}, which is deprecated"
            found.append(Finding(WARNING, text, _PART_3, "N"))
    return found


def _groups(groups: Sequence[GroupFound]) -> list[Finding]:
    return [
        Finding(WARNING, f"DHE uses a prime of {group.bits} bits", "6", "R")
        for group in groups
        if 0 < group.bits < MINIMUM_FINITE
    ]


def _features(features: Features, client: ClientCertificate) -> list[Finding]:
    found = [_compression(name) for name in features.compression or ()]
    if features.secure_renegotiation is False:
        found.append(_no_secure_renegotiation())
    if features.client_renegotiation is False:
        text = "a renegotiation that the client begins is not taken"
        found.append(Finding(VIOLATION, text, _PART_3, "N"))
    if client.asked is False:
        text = "the server asks for no certificate of the client: authentication must be mutual"
        found.append(Finding(VIOLATION, text, _PART_3, "N"))
    elif client.required is False:
        text = "a client without a certificate is taken: the connection must end"
        found.append(Finding(VIOLATION, text, _PART_3, "N"))
    if features.fallback_scsv is False:
        found.append(Finding(NOTE, "TLS_FALLBACK_SCSV is not heeded (RFC 7507)", "6", "R"))
    return found


def _compression(name: str) -> Finding:
    return Finding(WARNING, f"compression by {name} is offered: it ought to be off (RFC 9325)", "6", "I")


def _no_secure_renegotiation() -> Finding:
    text = "secure renegotiation (RFC 5746) is not signalled, which is mandatory"
    return Finding(VIOLATION, text, _PART_3, "N")


def keeps_tables(rows: Sequence[Row]) -> bool:
    """Return whether all mandatory suites are known to be offered, and no excluded one is."""
    return all(row.verdict == OFFERED for row in rows if row.status == "m") and all(
        row.verdict != EXCLUDED for row in rows
    )

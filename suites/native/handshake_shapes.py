"""Handshakes of a wrong shape, as the suites send them: components missing, twice, of another type, in
another order; lists of nothing, and what is no SecPDU at all.
"""

from __future__ import annotations

from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.native.refusals import SENT, Ways, way
from conform62351.tooling.engine.handshake import CHAIN, Handshake
from conform62351.tooling.engine.mutations import Cut, Edit, EditTlv, Replace

OTHER: Final = "e2e-rsa"
"""A credential of the tester, for there to be a certPath."""

IN_TOKEN: Final = {
    "sigAlg": "30/30",
    "pkCert": "30/04",
    "version": "30/03",
    "assoID": "30/0c",
    "dhKey": "30/31",
    "hmac": "30/30[-2]",
    "time": "30/18",
    "encr-mode": "30/30[-1]",
    "confParams": "30/03[-1]",
}
"""Where the components of a ClearToken1 with aea stand in tbs."""
OPTIONAL: Final = ("version",)
MANDATORY: Final = {
    "token1": "30",
    **{name: path for name, path in IN_TOKEN.items() if name not in OPTIONAL},
    "dhGroup": "30/31/30/02",
    "dhPublicKey": "30/31/30/04",
    "algorithm of sigAlg": "30/30/06",
    "algorithm of hmac": "30/30[-2]/06",
    "algorithm of aea": "30/30[-1]/30/06",
}
OUTSIDE: Final = {"pp": "0c", "tbs": "30", "sign": "30[-1]", "algo": "30[-1]/30", "signature": "30[-1]/04"}
"""Where the components around tbs stand in a handshake."""

OTHER_TYPES: Final = {
    "token1 as SET": ("30", b"\x31"),
    "sigAlg as SET": ("30/30", b"\x31"),
    "pkCert as BIT STRING": ("30/04", b"\x03"),
    "version as INTEGER": ("30/03", b"\x02"),
    "assoID as OCTET STRING": ("30/0c", b"\x04"),
    "assoID as INTEGER": ("30/0c", b"\x02"),
    "dhKey under a tag of its own": ("30/31", b"\xa1"),
    "dhGroup as ENUMERATED": ("30/31/30/02", b"\x0a"),
    "dhPublicKey as BIT STRING": ("30/31/30/04", b"\x03"),
    "hmac as SET": ("30/30[-2]", b"\x31"),
    "algorithm of hmac as UTF8String": ("30/30[-2]/06", b"\x0c"),
    "time as UTCTime": ("30/18", b"\x17"),
    "time as VisibleString": ("30/18", b"\x1a"),
    "algorithm of aea as RELATIVE-OID": ("30/30[-1]/30/06", b"\x0d"),
    "confParams as INTEGER": ("30/03[-1]", b"\x02"),
}
OTHER_TYPES_OUTSIDE: Final = {
    "pp as IA5String": ("0c", b"\x16"),
    "sign as SET": ("30[-1]", b"\x31"),
    "algo as SET": ("30[-1]/30", b"\x31"),
    "signature as BIT STRING": ("30[-1]/04", b"\x03"),
}
OUT_OF_RANGE: Final = {
    "version of no octet": ("30/03", b""),
    "version with 8 unused bits": ("30/03", b"\x08\x80"),
    "version with unused bits alone": ("30/03", b"\x07"),
    "confParams of no octet": ("30/03[-1]", b""),
    "confParams with 255 unused bits": ("30/03[-1]", b"\xff\x40"),
    "dhGroup of no octet": ("30/31/30/02", b""),
    "sigAlg of nothing": ("30/30", b""),
    "hmac of nothing": ("30/30[-2]", b""),
    "algorithm of hmac of nothing": ("30/30[-2]/06", b""),
    "algorithm of hmac without its last octet": ("30/30[-2]/06", b"\x2a\x86\x48\x86\xf7"),
    "assoID that is no UTF-8": ("30/0c", b"\xff\xfe"),
}
SWAPPED: Final = {
    "sigAlg and pkCert": ("30/30", "30/04"),
    "version and assoID": ("30/03", "30/0c"),
    "dhKey and time": ("30/31", "30/18"),
    "hmac and time": ("30/30[-2]", "30/18"),
    "encr-mode and confParams": ("30/30[-1]", "30/03[-1]"),
    "dhGroup and dhPublicKey": ("30/31/30/02", "30/31/30/04"),
}
SWAPPED_OUTSIDE: Final = {"pp and tbs": ("0c", "30"), "algo and signature": ("30[-1]/30", "30[-1]/04")}
NOT_TWICE: Final = (*(name for name in IN_TOKEN if name != "confParams"),)
"""Components of the token that cannot come twice: what follows the last one is an extension (decision 5)."""

ENCRYPTION_ALONE: Final = bytes.fromhex("a0 0f a0 0d 30 0b 06 09 60 86 48 01 65 03 04 01 02")
"""encr-mode without the ICV algorithm that non-aea must have."""
NULL: Final = b"\x05\x00"
NESTED: Final = b"\x30\x80" * 2000
ENDLESS: Final = bytes.fromhex("84 ff ff ff ff")
DATA: Final = bytes.fromhex(
    "30 41 30 3f 30 2b 0c 03 30 3a 30 18 13 32 30 32 36 30 31 30 31 30 30 30 30 30 30 2e 30 30 30 5a 02 01 00"
    "80 0c 00 00 00 00 00 00 00 00 00 00 00 00 04 10 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
)
"""An EncrTransfer that decodes."""
GARBAGE: Final = {
    "NULL": NULL,
    "an empty SEQUENCE": b"\x30\x00",
    "a data transfer": DATA,
    "text": b"\x0c\x05hello",
    "2000 levels": NESTED,
    "a long tag number": b"\x3f" + b"\xff" * 40 + b"\x7f\x00",
    "zeros": b"\x04\x82\x0b\xb8" + bytes(3000),
}
LENGTHS: Final = {
    "longer than the SecPDU": b"\x84\x7f\xff\xff\xff",
    "4 GiB": ENDLESS,
    "of 126 octets": b"\xfe" + b"\xff" * 126,
    "reserved": b"\xff",
    "one too many": b"\x82\x23\x27",
}
"""Length octets of tbs; no handshake has 8999 octets there."""
LONG: Final = {"pkCert": "30/30/04", "dhPublicKey": "30/30/31/30/04", "time": "30/30/18", "sign": "30[-1]/04"}
INNER_LENGTHS: Final = {"of 2 GiB": b"\x84\x7f\xff\xff\xff", "without end": b"\x80"}
"""Components that are primitive, and lengths that run past them."""
KEPT: Final = (1, 40, 400, -1)
"""How much of a handshake is sent; a negative number is left out at the end."""


def missing(role: Role) -> Ways:
    """Return the handshakes in which a component lacks that must be there."""
    sent = SENT[role]
    dropped = {name: way(sent.inside(path, Edit.DROP)) for name, path in MANDATORY.items()}
    return {**dropped, "icvAlgID": way(sent.inside("30/30[-1]", Edit.REPLACE, ENCRYPTION_ALONE))}


def missing_outside(role: Role) -> Ways:
    """Return the handshakes without a component of those around tbs."""
    sent = SENT[role]
    return {name: way(sent.outside(path, Edit.DROP)) for name, path in OUTSIDE.items()}


def other_types(role: Role) -> Ways:
    """Return the handshakes in which a component is of another type or out of its range."""
    sent = SENT[role]
    retagged = {
        name: sent.inside(path, Edit.RETAG, identifier) for name, (path, identifier) in OTHER_TYPES.items()
    }
    changed = {
        name: sent.inside(path, Edit.CONTENT, content) for name, (path, content) in OUT_OF_RANGE.items()
    }
    along = Handshake(path=(CHAIN, OTHER))
    in_path = {
        "certPath as SET": way(sent.inside("30/30[1]", Edit.RETAG, b"\x31"), handshake=along),
        "BIT STRING in certPath": way(sent.inside("30/30[1]/04", Edit.RETAG, b"\x03"), handshake=along),
    }
    return {**{name: way(mutation) for name, mutation in (retagged | changed).items()}, **in_path}


def other_types_outside(role: Role) -> Ways:
    """Return the handshakes in which a component around tbs is of another type."""
    sent = SENT[role]
    return {
        name: way(sent.outside(path, Edit.RETAG, identifier))
        for name, (path, identifier) in OTHER_TYPES_OUTSIDE.items()
    }


def disordered(role: Role) -> Ways:
    """Return the handshakes in which a component comes twice, or two have changed their places."""
    sent = SENT[role]
    twice = {f"{name} twice": sent.inside(IN_TOKEN[name], Edit.DOUBLE) for name in NOT_TWICE}
    swapped = {
        f"{name} exchanged": sent.inside(one, Edit.SWAP, other=other)
        for name, (one, other) in SWAPPED.items()
    }
    return {name: way(mutation) for name, mutation in (twice | swapped).items()}


def disordered_outside(role: Role) -> Ways:
    """Return the handshakes in which that happens to the components around tbs."""
    sent = SENT[role]
    twice = {f"{name} twice": sent.outside(OUTSIDE[name], Edit.DOUBLE) for name in ("pp", "tbs", "algo")}
    swapped = {
        f"{name} exchanged": sent.outside(one, Edit.SWAP, other=other)
        for name, (one, other) in SWAPPED_OUTSIDE.items()
    }
    return {name: way(mutation) for name, mutation in (twice | swapped).items()}


def empty_lists(role: Role) -> Ways:
    """Return the handshakes with a list of nothing."""
    sent = SENT[role]
    nothing = b"\xa0\x00"
    integrity = bytes.fromhex("a1 0c 30 0a 06 08 2a 86 48 86 f7 0d 02 09")
    return {
        "dhKey": way(sent.inside("30/31", Edit.CONTENT)),
        "aea": way(sent.inside("30/30[-1]", Edit.CONTENT)),
        "encr": way(sent.inside("30/30[-1]", Edit.REPLACE, b"\xa0\x10" + nothing + integrity)),
        "icvAlgID": way(sent.inside("30/30[-1]", Edit.REPLACE, b"\xa0\x02\xa1\x00")),
    }


def unknown_modes(role: Role) -> Ways:
    """Return the handshakes with another alternative for encr-mode."""
    sent = SENT[role]
    return {
        "[1]": way(sent.inside("30/30[-1]", Edit.RETAG, b"\xa1")),
        "SET": way(sent.inside("30/30[-1]", Edit.RETAG, b"\x31")),
        "[5], primitive": way(sent.inside("30/30[-1]", Edit.REPLACE, b"\x85\x00")),
    }


def garbage(role: Role) -> Ways:
    """Return what comes in the place of a handshake, or broken off."""
    sent = SENT[role]
    others = {
        label: way(Replace(pdu=sent.pdu, octets=octets), is_cut=octets is NESTED)
        for label, octets in GARBAGE.items()
    }
    lengths = {
        f"a length {label}": way(sent.outside("30", Edit.LENGTH, octets), is_cut=True)
        for label, octets in LENGTHS.items()
    }
    cut = {f"cut after {keep} octets": way(Cut(pdu=sent.pdu, keep=keep), is_cut=True) for keep in KEPT}
    inner = {
        f"a length of {name} {label}": way(sent.outside(path, Edit.LENGTH, octets), is_cut=True)
        for name, path in LONG.items()
        for label, octets in INNER_LENGTHS.items()
    }
    return others | lengths | inner | cut


def other_alternatives(role: Role) -> Ways:
    """Return the handshakes under the tag of another SecPDU, or of none."""
    sent = SENT[role]
    tags = ("a0", "a1", "a2", "bf1f") if role is Role.SERVER else ("30", "a1", "a3", "bf1f")
    return {
        tag: way(EditTlv(pdu=sent.pdu, path=sent.root, edit=Edit.RETAG, octets=bytes.fromhex(tag)))
        for tag in tags
    }

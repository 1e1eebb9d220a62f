"""AlgorithmIdentifiers: what is sent, and which forms are understood (4-native, algorithms)."""

from __future__ import annotations

from dataclasses import dataclass

from conform62351.suites.selfcheck.independent.ber import Fields, Node, integer, oid, tlv

AES = "2.16.840.1.101.3.4.1."
RSA_SHA256, ECDSA_SHA256, HMAC_SHA256 = "sha256WithRSAEncryption", "ecdsa-with-SHA256", "hmacWithSHA256"
NAMES = {
    "1.2.840.113549.1.1.11": RSA_SHA256,
    "1.2.840.10045.4.3.2": ECDSA_SHA256,
    "1.2.840.113549.2.9": HMAC_SHA256,
    AES + "2": "aes128-CBC",
    AES + "42": "aes256-CBC",
    AES + "6": "aes128-GCM",
    AES + "46": "aes256-GCM",
}


@dataclass(frozen=True)
class Algorithm:
    """An AlgorithmIdentifier; ``name`` is None where it is not understood. Equal when it means the same."""

    name: str | None
    tag: int
    octets: bytes

    @classmethod
    def of(cls, name: str) -> Algorithm:
        """Make what is sent for a name such as ``hmacWithSHA256`` or ``aes256-GCM/16`` (tag, default 12)."""
        name, _, size = name.partition("/")
        tag = int(size or 12) if name.endswith("GCM") else 0
        if tag:
            parameters = tlv(0x30, tlv(4, bytes(12)), integer(tag) if tag != 12 else b"")
        else:
            parameters = tlv(4, bytes(16)) if name.endswith("CBC") else b"\5\0"
        if name == ECDSA_SHA256:
            parameters = b""
        dotted = next(dotted for dotted, each in NAMES.items() if each == name)
        return cls(name, tag, tlv(0x30, oid(dotted), parameters))

    @classmethod
    def read(cls, node: Node) -> Algorithm:
        """Read one; only the forms of the last column of 4-native, algorithms, are understood."""
        fields = Fields(node, "AlgorithmIdentifier")
        name = NAMES.get(fields.take("algorithm", 6).oid())
        parameters = fields.rest
        if name is None or len(parameters) > 1:
            return cls(None, 0, node.whole)
        form = parameters[0] if parameters else None
        if form is None:
            known, tag = True, 12
        elif name.endswith("GCM"):
            known, tag = _gcm(form)
        else:
            known, tag = (form.has(4) if name.endswith("CBC") else (form.tag, form.content) == (5, b"")), 0
        if name == ECDSA_SHA256:
            known = form is None
        if not known:
            return cls(None, 0, node.whole)
        made = cls(name, tag if name.endswith("GCM") else 0, node.whole)
        if cls.of(str(made)).octets != node.whole:
            node.notes.append(f"4-native, algorithms: {name} is sent in another form: {node.whole.hex()}")
        return made

    def __str__(self) -> str:
        return f"{self.name}/{self.tag}" if self.tag else str(self.name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Algorithm):
            return NotImplemented
        if self.name is None or other.name is None:
            return self.octets == other.octets
        return (self.name, self.tag) == (other.name, other.tag)

    def __hash__(self) -> int:
        return hash((self.name, self.tag))

    @property
    def key_size(self) -> int:
        """Octets of key."""
        return 16 if "128" in str(self.name) else 32


def _gcm(form: Node) -> tuple[bool, int]:
    children = form.children if form.tag == 0x30 else []
    if not children or len(children) > 2 or not children[0].has(4):
        return False, 0
    if len(children) == 1:
        return True, 12
    size = children[1].integer() if children[1].tag == 2 else 0
    return 12 <= size <= 16, size

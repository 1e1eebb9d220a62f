"""Mutators of BER, TLV by TLV: lengths, tags, nesting, order, content, and what is there or not.

The lengths around a change follow it, so that what holds it is read as before, and the reader comes to the
place that was changed. A tbs that is changed so is signed with the change.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

import msgspec

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.tlv import walk
from conform62351.profiles.tlv_edit import Tree, length_octets
from conform62351.tooling.engine.mutations import AnyMutation, Crop, Edit, EditTlv
from conform62351.tooling.fuzz.mutators import values
from conform62351.tooling.fuzz.mutators.mutator import Remembered, octets_of
from conform62351.tooling.fuzz.places import Place

LAYERS_WITHOUT: Final = ("TPKT", "COTP.", "SES.", "TLS.")
"""The beginnings of the names of PDUs that are no BER."""
_MOST_ELEMENTS: Final = 400
_MOST_COPIED: Final = 40_000
"""Octets of one TLV many times over."""
_CONSTRUCTED: Final = 0x20
_CLASSES: Final = (0x00, 0x40, 0x80, 0xC0)
_LONG_TAGS: Final = (b"\x1f\x1f", b"\xbf\x1f", b"\x9f\x81\x00", b"\xbf\xff\xff\xff\x7f", b"\x1f\x80\x01")
"""Identifier octets of more than one: tag numbers that one octet would have held, and large ones."""


class Node(msgspec.Struct, frozen=True):
    """One TLV of a sample: its path, depth (0 for the outermost), identifier octets and content.

    The content of one that is constructed stands in those below it; ``octets`` is the whole TLV.
    """

    path: str
    depth: int
    identifier: bytes
    content: bytes
    octets: bytes

    @property
    def constructed(self) -> bool:
        """Whether its content is a series of TLVs."""
        return bool(self.identifier[0] & _CONSTRUCTED)

    @property
    def parent(self) -> str:
        """The path of the TLV around it, empty for the outermost."""
        return self.path.rpartition("/")[0]


Make = Callable[[str, list[Node], Random], tuple[AnyMutation, ...]]


def nodes_of(octets: bytes) -> tuple[Node, ...]:
    """Return the TLVs that ``octets`` are, outer ones first; none where they are not BER."""
    try:
        root = walk(octets)
        tree = Tree(octets)
    except ProtocolError:
        return ()
    found: list[Node] = []
    for path in tree.paths():
        if len(found) >= _MOST_ELEMENTS:
            break
        element = tree.find(path)
        content = b"" if element.children is not None else element.content
        found.append(Node(path, path.count("/"), element.identifier, content, element.encode()))
    return tuple(found) if root.root.end == len(octets) else ()


_nodes = Remembered(nodes_of)


def pick(nodes: list[Node], random: Random) -> Node:
    """Return one of the TLVs: each depth as often as every other, for those deep down are many."""
    depth = random.choice(sorted({node.depth for node in nodes}))
    return random.choice([node for node in nodes if node.depth == depth])


class TlvMutator:
    """Changes one TLV, or two, of a PDU in BER."""

    def __init__(self, name: str, make: Make, weight: float = 1.0) -> None:
        self.name = name
        self.weight = weight
        self._make = make

    def suits(self, place: Place) -> bool:
        """Return whether the place holds octets in BER that reach the wire as they are changed."""
        octets = octets_of(place)
        if octets is None or place.pdu.startswith(LAYERS_WITHOUT):
            return False
        return bool(_nodes(octets))

    def mutate(self, place: Place, random: Random) -> tuple[AnyMutation, ...]:
        """Return the change of one of its TLVs."""
        return self._make(place.pdu, list(_nodes(octets_of(place))), random)


def content_of(identifier: bytes, old: bytes, random: Random) -> bytes:
    """Return another content for a primitive, of those that are hard on the type that its tag tells.

    Of a tag that is not universal, nothing is known: it gets one of any type.
    """
    tag = identifier[0]
    if tag >= 0x80:
        tag = random.choice((0x01, 0x02, 0x03, 0x04, 0x06, 0x0C, 0x18))
    if tag in (0x02, 0x0A):
        return _integer_content(random, old)
    if tag == 0x01:
        return random.choice((b"", b"\0", b"\xff", b"\1", b"\0\0", b"\xff" * 9))
    if tag == 0x03:
        return random.choice(values.BIT_CONTENTS)
    if tag == 0x05:
        return random.choice((b"\0", b"A" * 300))
    if tag == 0x06:
        return random.choice(values.IDENTIFIER_CONTENTS)
    if tag in (0x17, 0x18):
        return random.choice(values.TIMES)
    if tag in (0x0C, 0x12, 0x13, 0x14, 0x16, 0x1A):
        return values.text(random, old.decode("latin-1")).encode("utf-8", "replace")
    return values.octets(random, old)


def _integer_content(random: Random, old: bytes) -> bytes:
    """Return the content of an INTEGER: a border, a huge one, none, or one that is padded (X.690 8.3)."""
    way = random.randrange(6)
    if way == 0:
        return random.choice(
            (b"", b"\0" * 8 + b"\1", b"\xff" * 8, b"\0\0\0\0\xff", b"\x80", b"\x7f" + b"\xff" * 3)
        )
    number = values.integer(random, int.from_bytes(old[:64], "big", signed=True))
    octets = number.to_bytes((number if number >= 0 else ~number).bit_length() // 8 + 1, "big", signed=True)
    return octets if way < 5 else (b"\0" if number >= 0 else b"\xff") * random.choice((1, 4, 300)) + octets


def _content(pdu: str, nodes: list[Node], random: Random) -> tuple[AnyMutation, ...]:
    primitive = [node for node in nodes if not node.constructed]
    if not primitive:
        return ()
    node = pick(primitive, random)
    made = content_of(node.identifier, node.content, random)
    return (EditTlv(pdu=pdu, path=node.path, edit=Edit.CONTENT, octets=made),)


def _length(pdu: str, nodes: list[Node], random: Random) -> tuple[AnyMutation, ...]:
    node = pick(nodes, random)
    way = random.randrange(8)
    if way == 0:
        return (EditTlv(pdu=pdu, path=node.path, edit=Edit.NON_MINIMAL),)
    if way == 1:
        return (EditTlv(pdu=pdu, path=node.path, edit=Edit.INDEFINITE),)
    claimed = values.claimed_length(random, len(node.content))
    return (EditTlv(pdu=pdu, path=node.path, edit=Edit.LENGTH, octets=claimed),)


def _all_indefinite(pdu: str, nodes: list[Node], random: Random) -> tuple[AnyMutation, ...]:
    """Return indefinite lengths for many constructed TLVs at once."""
    constructed = [node for node in nodes if node.constructed]
    chosen = values.some(random, constructed, random.choice((1, 4, 30)))
    return tuple(EditTlv(pdu=pdu, path=node.path, edit=Edit.INDEFINITE) for node in chosen)


def _tag(pdu: str, nodes: list[Node], random: Random) -> tuple[AnyMutation, ...]:
    node = pick(nodes, random)
    first = node.identifier[0]
    other = random.choice(
        (
            bytes((first ^ _CONSTRUCTED,)) + node.identifier[1:],
            bytes((first & 0x3F | random.choice(_CLASSES),)) + node.identifier[1:],
            bytes((first & 0xE0 | random.randrange(31),)),
            bytes(((first & 0xE0) | ((first + 1) & 0x1F),)),
            random.choice(_LONG_TAGS),
            bytes((random.randrange(1, 256),)),
        )
    )
    if not int.from_bytes(other, "big"):
        return ()
    return (EditTlv(pdu=pdu, path=node.path, edit=Edit.RETAG, octets=other),)


def _presence(pdu: str, nodes: list[Node], random: Random) -> tuple[AnyMutation, ...]:
    """Return one TLV less, one twice, or twice many times over."""
    inner = [node for node in nodes if node.depth] or nodes
    node = pick(inner, random)
    way = random.randrange(5)
    if way < 2:
        return (EditTlv(pdu=pdu, path=node.path, edit=Edit.DROP),)
    if way < 4:
        return (EditTlv(pdu=pdu, path=node.path, edit=Edit.DOUBLE),)
    times = min(random.choice((3, 8, 16, 100, 1000)), _MOST_COPIED // len(node.octets))
    return (EditTlv(pdu=pdu, path=node.path, edit=Edit.INSERT, octets=node.octets * times),) if times else ()


def _order(pdu: str, nodes: list[Node], random: Random) -> tuple[AnyMutation, ...]:
    """Return two TLVs in each other's place: most often of one parent, else of any."""
    node = pick(nodes, random)
    siblings = [other for other in nodes if other.parent == node.parent and other is not node]
    if not siblings or random.random() < 0.2:
        siblings = [
            other
            for other in nodes
            if not f"{other.path}/".startswith(f"{node.path}/")
            and not f"{node.path}/".startswith(f"{other.path}/")
        ]
    if not siblings:
        return ()
    other = random.choice(siblings)
    return (EditTlv(pdu=pdu, path=node.path, edit=Edit.SWAP, other=other.path),)


def _nesting(pdu: str, nodes: list[Node], random: Random) -> tuple[AnyMutation, ...]:
    """Return a TLV wrapped, unwrapped, or with many in each other in its place or inside it."""
    node = pick(nodes, random)
    way = random.randrange(5)
    if way == 0:
        outer = random.choice((b"\x30", b"\x31", b"\xa0", b"\x24", node.identifier, b"\xbf\x1f"))
        return (EditTlv(pdu=pdu, path=node.path, edit=Edit.WRAP, octets=outer),)
    if way == 1 and node.constructed:
        return (EditTlv(pdu=pdu, path=node.path, edit=Edit.UNWRAP),)
    identifier = random.choice((0x30, 0xA0, 0x24, node.identifier[0] | _CONSTRUCTED))
    deep = values.nested(random, identifier)
    edit = random.choice((Edit.REPLACE, Edit.INSERT, Edit.APPEND))
    return (EditTlv(pdu=pdu, path=node.path, edit=edit, octets=deep),)


_ODD: Final = (
    b"\5\0",
    b"\0\0",
    b"\0",
    b"\x30\x80\0\0",
    b"\xff\x7f\0",
    b"\x04\x01A",
    b"\x1f",
    b"\x30\x82\xff\xff",
    b"\x9f\x7f\0",
)
"""What may stand between TLVs: NULL, end-of-contents, an element that is unknown, half of one."""


def _insertion(pdu: str, nodes: list[Node], random: Random) -> tuple[AnyMutation, ...]:
    node = pick(nodes, random)
    edit = random.choice((Edit.INSERT, Edit.APPEND))
    octets = random.choice(_ODD) * random.choice((1, 1, 1, 2, 500))
    return (EditTlv(pdu=pdu, path=node.path, edit=edit, octets=octets),)


def _truncation(pdu: str, nodes: list[Node], random: Random) -> tuple[AnyMutation, ...]:
    """Return a primitive with less content, or a constructed one with an empty one."""
    node = pick(nodes, random)
    if node.constructed:
        return (EditTlv(pdu=pdu, path=node.path, edit=Edit.CONTENT),)
    if not node.content:
        return ()
    keep = random.choice((0, 1, -1, len(node.content) // 2))
    return (Crop(pdu=pdu, path=node.path, keep=keep),)


def _size(pdu: str, nodes: list[Node], random: Random) -> tuple[AnyMutation, ...]:
    """Return the PDU made longer by a large element before one of its TLVs, or behind the last in it."""
    node = pick(nodes, random)
    identifier = random.choice((b"\x04", b"\x9d", b"\x0c", b"\x1a", b"\x80", node.identifier))
    size = random.choice((1024, 4096, 8192, *values.GIANT))
    octets = identifier + length_octets(size) + b"." * size
    edit = random.choice((Edit.INSERT, Edit.APPEND))
    return (EditTlv(pdu=pdu, path=node.path, edit=edit, octets=octets),)


def tlv_mutators() -> tuple[TlvMutator, ...]:
    """Return the mutators of BER."""
    return (
        TlvMutator("TLV content", _content),
        TlvMutator("TLV length", _length),
        TlvMutator("TLV indefinite lengths", _all_indefinite),
        TlvMutator("TLV tag", _tag),
        TlvMutator("TLV presence", _presence),
        TlvMutator("TLV order", _order),
        TlvMutator("TLV nesting", _nesting),
        TlvMutator("TLV insertion", _insertion),
        TlvMutator("TLV truncation", _truncation),
        TlvMutator("TLV size", _size, 0.3),
    )

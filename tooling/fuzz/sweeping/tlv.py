"""Sweeps BER, TLV by TLV: empty, left out, with lengths that lie, of another tag, many times over."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from typing import Final

from conform62351.profiles.tlv_edit import length_octets
from conform62351.tooling.engine.mutations import AnyMutation, Crop, Edit, EditTlv, Pad
from conform62351.tooling.fuzz.mutators import values
from conform62351.tooling.fuzz.mutators.mutator import octets_of
from conform62351.tooling.fuzz.mutators.tlv import LAYERS_WITHOUT, Node, nodes_of
from conform62351.tooling.fuzz.places import Place
from conform62351.tooling.fuzz.sweeping import borders
from conform62351.tooling.fuzz.sweeping.probe import Probe, from_place, probes

_LIES: Final = (
    b"\x84\xff\xff\xff\xff",
    b"\x88" + b"\xff" * 8,
    b"\x80",
    b"\x84\x7f\xff\xff\xff",
    b"\x82\xff\xff",
    b"\x85\1\0\0\0\0",
    b"\x7f",
    b"\0",
    b"\x84\x80\0\0\0",
    b"\xff",
    b"\x83\xff\xff\xff",
    b"\xfe" + b"\0" * 126,
)
"""Lengths that go with no content: where signs turn and types of C wrap, reserved, endless."""
_INTEGERS: Final = (
    b"\0\x80\0\0\0",
    b"\x7f" * 33,
    b"\0",
    b"\xff",
    b"\x7f" + b"\xff" * 7,
    b"\1\0\0\0\0",
    b"\x80\0\0\0",
    b"\0" * 300 + b"\1",
    b"\0\1\0\0",
)
_BITS: Final = (b"\x08\xff", b"\xff", *values.BIT_CONTENTS)
_BOOLEANS: Final = (b"\0\0", b"\1", b"\xff" * 300)
_INTEGER, _BIT_STRING, _BOOLEAN, _IDENTIFIER, _TIMES = 0x02, 0x03, 0x01, 0x06, (0x17, 0x18)
_TEXTS: Final = (0x0C, 0x12, 0x13, 0x14, 0x16, 0x19, 0x1A)
_SHORT: Final = 8
_MOST_COPIED: Final = 40_000
_MOST_NODES: Final = 250
_CONSTRUCTED: Final = 0x20
_UNKNOWN: Final = (b"\x9f\x7f\0", b"\x05\0", b"\0\0", b"\xbf\x7f\0", b"\x1f")
"""What may stand behind the last TLV within another: unknown, NULL, end-of-contents, a half one."""
_DEEP: Final = (60, 33, 300)
_TOGETHER: Final = 3


def own_nodes(place: Place, inner: Collection[bytes]) -> Iterator[Node]:
    """Yield the TLVs of a place down to those that are PDUs: ``inner`` are the octets of such."""
    octets = octets_of(place)
    if octets is None or place.pdu.startswith(LAYERS_WITHOUT):
        return
    left: list[str] = []
    for node in itertools.islice(nodes_of(octets), _MOST_NODES):
        if any(node.path.startswith(path) for path in left):
            continue
        yield node
        if node.depth and (node.octets in inner or node.content in inner):
            left.append(f"{node.path}/")


def tlv_probes(place: Place, inner: Collection[bytes]) -> Iterator[Probe]:
    """Yield the changes of the TLVs of a place, none where it holds no BER."""
    nodes = list(own_nodes(place, inner))
    for number, node in enumerate(nodes):
        last = next((other for other in reversed(nodes[:number]) if other.parent == node.parent), None)
        moved = _moved(place.pdu, node, last)
        changes = (*changes_of(place.pdu, node, number), *moved)
        yield from probes("TLV", place, node.path, changes, alone=is_alone(number))


def is_alone(number: int) -> bool:
    """Return whether a TLV has but one change in the first round.

    Few have more: what comes second is what parsers read alike in all.
    """
    return bool(number % _TOGETHER)


def changes_of(pdu: str, node: Node, number: int) -> Iterator[AnyMutation]:
    """Yield what is done to one TLV, the most telling first; ``number`` is that of the TLV among others."""
    return _constructed(pdu, node, number) if node.constructed else _primitive(pdu, node, number)


def _edit(pdu: str, node: Node, edit: Edit, octets: bytes = b"", other: str = "") -> EditTlv:
    return EditTlv(pdu=pdu, path=node.path, edit=edit, octets=octets, other=other)


def _primitive(pdu: str, node: Node, number: int) -> Iterator[AnyMutation]:
    """Yield what is done to a TLV without others in it."""
    forms = _forms(pdu, node, number)
    own = (_edit(pdu, node, Edit.CONTENT, made) for made in contents(node))
    tags = (_edit(pdu, node, Edit.RETAG, tag) for tag in _tags(node, number))
    yield _edit(pdu, node, Edit.CONTENT)
    yield from itertools.islice(forms, 1)
    yield from itertools.islice(own, 1)
    yield from (_edit(pdu, node, Edit.DROP),) if node.depth else itertools.islice(tags, 1)
    yield from itertools.islice(own, 1)
    yield from itertools.islice(tags, 1)
    for _ in range(4):
        yield from itertools.islice(own, 2)
        yield from itertools.islice(forms, 1)
    yield _edit(pdu, node, Edit.DOUBLE)
    yield Crop(pdu=pdu, path=node.path, keep=-1)
    yield from itertools.chain(tags, own, forms)


def _constructed(pdu: str, node: Node, number: int) -> Iterator[AnyMutation]:
    """Yield what is done to a TLV with others in it."""
    forms = _forms(pdu, node, number)
    copies = _copies(pdu, node)
    tags = (_edit(pdu, node, Edit.RETAG, tag) for tag in _tags(node, number))
    yield _edit(pdu, node, Edit.CONTENT)
    yield from itertools.islice(forms, 1)
    if node.depth:
        yield _edit(pdu, node, Edit.DROP)
    else:
        yield from itertools.islice(tags, 1)
        yield _edit(pdu, node, Edit.APPEND, _UNKNOWN[0])
    yield from itertools.islice(copies, 1)
    yield from itertools.islice(forms, 1)
    yield from itertools.islice(tags, 1)
    yield from itertools.islice(forms, 2)
    yield _edit(pdu, node, Edit.DOUBLE)
    yield _edit(pdu, node, Edit.APPEND, _UNKNOWN[number % len(_UNKNOWN)])
    yield _edit(pdu, node, Edit.WRAP, b"\x30")
    yield _edit(pdu, node, Edit.UNWRAP)
    for _ in range(4):
        yield from itertools.islice(forms, 2)
        yield from itertools.islice(tags, 1)
        yield from itertools.islice(copies, 1)
    unknown = (_edit(pdu, node, Edit.APPEND, made) for made in _UNKNOWN)
    yield from itertools.chain(tags, copies, unknown, forms)


def _moved(pdu: str, node: Node, before: Node | None) -> Iterator[AnyMutation]:
    """Yield a TLV in the place of the one before it, and large ones before it."""
    if before is not None:
        yield _edit(pdu, node, Edit.SWAP, other=before.path)
    yield from (Pad(pdu=pdu, path=node.path, identifier=b"\x80", size=size) for size in (9000, 40_000))


def _forms(pdu: str, node: Node, number: int) -> Iterator[EditTlv]:
    """Yield what hardly depends on what a TLV means: lengths that lie, odd forms of true ones, deep nesting.

    Which comes first is another for each ``number``: parsers read all TLVs alike.
    """
    size = _content_size(node) if node.constructed else len(node.content)
    near = (length_octets(size + 1), length_octets(max(size - 1, 0)), length_octets(2 * size + 2))
    lies = from_place((*_LIES[:4], near[0], *_LIES[4:], *near[1:]), number)
    true = from_place([length_octets(size, extra) for extra in (4, 1, 20, 7)], number)
    ways = [
        [_edit(pdu, node, Edit.LENGTH, octets) for octets in lies],
        [_edit(pdu, node, Edit.LENGTH, octets) for octets in true],
    ]
    if node.constructed:
        deep = [values.nest(depth, node.identifier[0]) for depth in _DEEP]
        deep += [values.nest(depth, 0x30, indefinite=True) for depth in _DEEP]
        edits = (Edit.APPEND, Edit.REPLACE)
        ways.append([_edit(pdu, node, edits[at % 2], made) for at, made in enumerate(deep)])
        ways[1].insert(1, _edit(pdu, node, Edit.INDEFINITE))
    rows = itertools.zip_longest(*from_place(ways, number))
    yield from (made for row in rows for made in row if made is not None)


def _content_size(node: Node) -> int:
    """Return how many octets the content of a constructed TLV has."""
    at = len(node.identifier)
    first = node.octets[at]
    return len(node.octets) - at - 1 - (first & 0x7F if first & 0x80 else 0)


def _copies(pdu: str, node: Node) -> Iterator[EditTlv]:
    """Yield a TLV many times over."""
    for count in borders.COPIES:
        times = min(count, _MOST_COPIED // len(node.octets))
        if times > 1:
            yield _edit(pdu, node, Edit.INSERT, node.octets * times)


def _tags(node: Node, number: int) -> tuple[bytes, ...]:
    """Return other identifier octets: of another type, form, class or number, and of several octets."""
    first = node.identifier[0]
    unknown, typed = bytes((first & 0xE0 | 0x1E,)), b"\x02" if first != _INTEGER else b"\x04"
    universal = not first & 0xC0
    same = (b"\x05", bytes((first ^ _CONSTRUCTED,)), bytes(((first & 0xE0) | ((first + 1) & 0x1F),)))
    far = (b"\xbf\x1f", b"\x9f\xff\xff\xff\x7f", bytes((first & 0x3F or 1,)))
    found = (typed, unknown) if universal else (unknown, typed)
    every = dict.fromkeys((*found, *from_place((*same, *far), number)))
    return tuple(tag for tag in every if tag != node.identifier and any(tag))


def contents(node: Node) -> Iterator[bytes]:
    """Yield contents for a primitive TLV, by its type where the tag tells it, else by what it holds."""
    first, old = node.identifier[0], node.content
    if first == _INTEGER:
        yield from _INTEGERS
    elif first == _IDENTIFIER:
        many = (old[:-1] + b"\x80", old[:2] + b"\1" * 250, old + b"\xff" * 9, old[:1])
        yield from (*many, *values.IDENTIFIER_CONTENTS)
    elif first == _BIT_STRING:
        yield from _BITS
    elif first == _BOOLEAN:
        yield from _BOOLEANS
    elif first in _TIMES:
        yield from borders.time(old)
    elif first in _TEXTS or (len(old) > _SHORT and old.isascii() and old.decode("ascii").isprintable()):
        yield from (made.encode("utf-8", "replace") for made in borders.text(old.decode("latin-1")))
    elif len(old) <= _SHORT and first & 0xC0:
        mixed = itertools.zip_longest(borders.octets(old)[1:], _INTEGERS, _BITS)
        yield from (made for row in mixed for made in row if made is not None)
    yield from borders.octets(old)

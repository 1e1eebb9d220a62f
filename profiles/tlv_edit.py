"""Changing BER that exists: take it apart, change elements by path, put it together again.

Lengths of what holds a change follow it. All else stays as it was, octet for octet, indefinite and
non-minimal lengths included. Nothing here has to be sensible: the result is what a test wants to send.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from typing import Final, Self

from conform62351.profiles.tlv import DEFAULT_LIMITS, Limits, Tlv, TlvError, Walk, parse_path, walk

CONSTRUCTED: Final = 0x20
"""The bit of the first identifier octet that says so."""
END_OF_CONTENTS: Final = b"\0\0"
MAX_LENGTH_OCTETS: Final = 127
"""The first length octet counts up to 126 more (X.690 8.1.3.5)."""


class EditError(ValueError):
    """A change that cannot be made: no such element, or one that cannot have what it should get."""


def length_octets(length: int, extra: int = 0) -> bytes:
    """Return ``length`` in definite form, with ``extra`` octets more than are needed.

    Raises EditError when that is more than the form has room for.
    """
    count = (length.bit_length() + 7) // 8 if length >= 0x80 else 0
    count += extra
    if not 0 <= count < MAX_LENGTH_OCTETS:
        raise EditError(f"length {length} in {count + 1} octets")
    if not count:
        return bytes((length,))
    return bytes((0x80 | count,)) + length.to_bytes(count, "big")


class Element:
    """One TLV that can be changed, or octets without structure when ``identifier`` is empty.

    ``children`` is None where ``content`` counts. ``extra`` is the number of length octets more than needed.
    ``length`` overrides what is written for the length, as a number or as octets; ``indefinite`` writes 80
    and end-of-contents octets. Of those that a tree is made of, the ones that :meth:`Tree.find` gives can be
    changed; all others are written as they came, and not even taken apart.
    """

    __slots__ = ("_children", "_source", "_unread", "content", "extra", "identifier", "indefinite", "length")

    def __init__(self, identifier: bytes, content: bytes = b"") -> None:
        self.identifier = identifier
        self.content = content
        self.extra = 0
        self.length: int | bytes | None = None
        self.indefinite = False
        self._children: list[Element] | None = None
        self._source: tuple[Walk, Tlv] | None = None
        self._unread: Limits | None = None

    @classmethod
    def _of(cls, walked: Walk, node: Tlv) -> Element:
        """Return the element that ``node`` is."""
        element = cls(node.identifier)
        element._source = (walked, node)
        if not element.identifier[0] & CONSTRUCTED:
            element.content = walked.content(node)
        return element

    def open(self) -> list[Element] | None:
        """Take the element apart, so that it is written as it is from now on; return its children."""
        if self._source is not None:
            walked, node = self._source
            self._source = None
            self.indefinite = node.indefinite
            if not node.indefinite:
                size = node.content - node.start - len(self.identifier)
                self.extra = size - len(length_octets(node.content_end - node.content))
            if self.identifier[0] & CONSTRUCTED:
                self._children = [Element._of(walked, child) for child in node.children]
        return self._children

    @property
    def children(self) -> list[Element] | None:
        """The components, None where there are none."""
        children = self.open()
        return None if children is None else _read(children)

    @children.setter
    def children(self, children: list[Element] | None) -> None:
        self.open()
        self._children = children

    @property
    def tag(self) -> int:
        """The number that the identifier octets spell, as in ``Tlv.tag``."""
        return int.from_bytes(self.identifier, "big")

    def _assemble(self, content: bytes) -> bytes:
        if not self.identifier:
            return content
        if isinstance(self.length, bytes):
            return self.identifier + self.length + content
        if self.length is None and self.indefinite:
            return self.identifier + b"\x80" + content + END_OF_CONTENTS
        length = len(content) if self.length is None else self.length
        return self.identifier + length_octets(length, self.extra) + content

    def encode(self) -> bytes:
        """Return the octets of the element and of all in it. Raises EditError when a length does not fit."""
        order = [self]
        for element in order:  # the list grows until every element has its place behind its parent
            order.extend(element._children or ())
        octets: dict[int, bytes] = {}
        for element in reversed(order):
            if element._source is not None:
                walked, node = element._source
                octets[id(element)] = walked.whole(node)
                continue
            if element._children is None:
                content = element.content
            else:
                content = b"".join(octets.pop(id(child)) for child in element._children)
            octets[id(element)] = element._assemble(content)
        return octets[id(self)]


def _series(octets: bytes, limits: Limits) -> list[Element]:
    """Return the elements that ``octets`` are, none of which has been told from the others yet."""
    if not octets:
        return []
    element = Element(b"", octets)
    element._unread = limits
    return [element]


def _first(octets: bytes, limits: Limits) -> list[Element]:
    """Return the first element of ``octets``, and what is behind it. Raises TlvError when there is none."""
    walked = walk(octets, limits=limits)
    return [Element._of(walked, walked.root), *_series(octets[walked.root.end :], limits)]


def _told_apart(siblings: list[Element]) -> Iterator[tuple[int, Element]]:
    """Yield the elements of a list with their places; what is unread is taken apart when it is its turn.

    From where octets are no elements, they are one without structure.
    """
    at = 0
    while at < len(siblings):
        element = siblings[at]
        if element._unread is not None:
            try:
                siblings[at : at + 1] = _first(element.content, element._unread)
            except TlvError:
                element._unread = None
            continue
        yield at, element
        at += 1


def _read(siblings: list[Element]) -> list[Element]:
    """Return the list with all of its elements told apart."""
    deque(_told_apart(siblings), maxlen=0)
    return siblings


class Tree:
    """A BER value taken apart, and whatever followed it.

    Paths are those of :func:`~conform62351.profiles.tlv.parse_path` and begin with the outermost tag; they
    are looked up in the tree as it is, so after :meth:`drop` of ``30`` what was ``30[1]`` is ``30``. Every
    change returns the tree and raises EditError when it cannot be made; what is put in are octets, one TLV,
    several or anything else.
    """

    def __init__(self, octets: bytes, *, limits: Limits = DEFAULT_LIMITS) -> None:
        """Take ``octets`` apart. Raises TlvError when they do not begin with a TLV."""
        self._limits = limits
        self._top = _first(octets, limits)

    def encode(self) -> bytes:
        """Return the octets of the whole tree. Raises EditError when a length does not fit its form."""
        return b"".join(element.encode() for element in self._top)

    def paths(self) -> Iterator[str]:
        """Yield the path of every element, parents before children."""
        pending = [("", _read(self._top))]
        while pending:
            prefix, siblings = pending.pop(0)
            seen: dict[bytes, int] = {}
            for element in siblings:
                if not element.identifier:
                    continue
                index = seen.setdefault(element.identifier, 0)
                seen[element.identifier] += 1
                path = f"{prefix}{element.identifier.hex()}" + (f"[{index}]" if index else "")
                yield path
                if element.children:
                    pending.append((f"{path}/", element.children))

    def find(self, path: str) -> Element:
        """Return the element at ``path``."""
        siblings, index = self._place(path)
        return siblings[index]

    def drop(self, path: str) -> Self:
        """Leave the element out."""
        siblings, index = self._place(path)
        del siblings[index]
        return self

    def double(self, path: str) -> Self:
        """Write the element twice, one after the other."""
        siblings, index = self._place(path)
        siblings[index:index] = _series(siblings[index].encode(), self._limits)
        return self

    def replace(self, path: str, octets: bytes) -> Self:
        """Write ``octets`` in place of the whole element."""
        siblings, index = self._place(path)
        siblings[index : index + 1] = _series(octets, self._limits)
        return self

    def insert(self, path: str, octets: bytes) -> Self:
        """Write ``octets`` before the element."""
        siblings, index = self._place(path)
        siblings[index:index] = _series(octets, self._limits)
        return self

    def append(self, path: str, octets: bytes) -> Self:
        """Write ``octets`` behind the last component of the element, or behind its content."""
        element = self.find(path)
        if element.children is None:
            element.content += octets
        else:
            element.children += _series(octets, self._limits)
        return self

    def swap(self, path: str, other: str) -> Self:
        """Write the element at ``path`` where the one at ``other`` stands, and the reverse."""
        siblings, index = self._place(path)
        other_siblings, other_index = self._place(other)
        first, second = siblings[index], other_siblings[other_index]
        if _holds(first, second) or _holds(second, first):
            raise EditError(f"{path} and {other}: one is within the other")
        siblings[index], other_siblings[other_index] = second, first
        return self

    def retag(self, path: str, tag: int) -> Self:
        """Write the identifier octets that ``tag`` spells, content and components unchanged."""
        if tag <= 0:
            raise EditError(f"no tag: {tag}")
        self.find(path).identifier = tag.to_bytes((tag.bit_length() + 7) // 8, "big")
        return self

    def wrap(self, path: str, tag: int) -> Self:
        """Write one more TLV around the element, under the identifier octets that ``tag`` spells."""
        if tag <= 0:
            raise EditError(f"no tag: {tag}")
        siblings, index = self._place(path)
        outer = Element(tag.to_bytes((tag.bit_length() + 7) // 8, "big"))
        outer.children = [siblings[index]]
        siblings[index] = outer
        return self

    def unwrap(self, path: str) -> Self:
        """Write the components of the element in its place, without the element around them."""
        siblings, index = self._place(path)
        children = siblings[index].children
        if children is None:
            raise EditError(f"{path}: the element has no components")
        siblings[index : index + 1] = children
        return self

    def strip(self, path: str, octets: bytes) -> Self:
        """Leave ``octets`` out at the beginning of the element's content, which they are."""
        element = self.find(path)
        if element.children is not None or not element.content.startswith(octets):
            raise EditError(f"{path}: the content does not begin with {octets.hex()}")
        element.content = element.content[len(octets) :]
        return self

    def set_content(self, path: str, octets: bytes) -> Self:
        """Write ``octets`` as the content of the element."""
        element = self.find(path)
        if element.children is None:
            element.content = octets
        else:
            element.children = _series(octets, self._limits)
        return self

    def set_length(self, path: str, length: int | bytes) -> Self:
        """Write ``length`` as the element's length: a number, or the length octets themselves.

        The lengths of what holds the element follow the octets that are there, not the number.
        """
        if isinstance(length, int) and length < 0:
            raise EditError(f"no length: {length}")
        self.find(path).length = length
        return self

    def set_indefinite(self, path: str) -> Self:
        """Write the indefinite length, and end-of-contents octets behind the content."""
        element = self.find(path)
        element.indefinite, element.extra = True, 0
        return self

    def set_non_minimal(self, path: str, extra: int = 1) -> Self:
        """Write the length with ``extra`` octets more than it needs."""
        if not 0 < extra < MAX_LENGTH_OCTETS - 8:
            raise EditError(f"{extra} octets more than needed")
        element = self.find(path)
        element.indefinite, element.extra = False, extra
        return self

    def _place(self, path: str) -> tuple[list[Element], int]:
        """Return the list that holds the element at ``path``, and its place there."""
        try:
            steps = parse_path(path)
        except ValueError as error:
            raise EditError(str(error)) from error
        children: list[Element] | None = self._top
        siblings, place = self._top, 0
        for tag, index in steps:
            found = None if children is None else _place_of(children, tag, index)
            if children is None or found is None:
                raise EditError(f"there is no {tag:02x}[{index}] on the path {path}")
            siblings, place = children, found
            children = siblings[place].open()
        return siblings, place


def _place_of(siblings: list[Element], tag: int, index: int) -> int | None:
    """Return the place of the element number ``index`` among those tagged ``tag``, None without one."""
    places = (at for at, element in _told_apart(siblings) if element.identifier and element.tag == tag)
    if index >= 0:
        return next(itertools.islice(places, index, None), None)
    every = list(places)
    return every[index] if -len(every) <= index else None


def _holds(outer: Element, inner: Element) -> bool:
    """Return whether ``inner`` is somewhere in ``outer``, or is it."""
    pending = [outer]
    while pending:
        element = pending.pop()
        if element is inner:
            return outer is not inner
        pending.extend(element.children or ())
    return False

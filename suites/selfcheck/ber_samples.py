"""BER of every form for tests: minimal, non-minimal, indefinite, with high tags."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st


@dataclass(frozen=True)
class Sample:
    """Octets, what they are, and whether a careful sender would write them so."""

    octets: bytes
    identifier: bytes
    content: bytes
    children: tuple[Sample, ...]
    minimal: bool

    def count(self) -> int:
        return 1 + sum(child.count() for child in self.children)


def _definite(length: int, extra: int) -> bytes:
    if length < 0x80 and not extra:
        return bytes((length,))
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big") if length >= 0x80 else b""
    if length < 0x80:
        digits = bytes((length,)).rjust(extra, b"\0")
    else:
        digits = b"\0" * extra + digits
    return bytes((0x80 | len(digits),)) + digits


def _identifiers(constructed: bool) -> st.SearchStrategy[bytes]:
    form = 0x20 if constructed else 0
    low = st.builds(lambda class_, number: bytes((class_ | form | number,)), _CLASSES, st.integers(0, 30))
    high = st.builds(
        lambda class_, digits, last: bytes((class_ | form | 0x1F, *(0x80 | digit for digit in digits), last)),
        _CLASSES,
        st.lists(st.integers(1, 0x7F), max_size=2),
        st.integers(0x1F, 0x7F),
    )
    return low | high


_CLASSES = st.sampled_from((0x40, 0x80, 0xC0))
_EXTRAS = st.sampled_from((0, 0, 0, 1, 3))


def _primitive(identifier: bytes, content: bytes, extra: int) -> Sample:
    octets = identifier + _definite(len(content), extra) + content
    return Sample(octets, identifier, content, (), not extra)


def _constructed(identifier: bytes, children: list[Sample], extra: int, indefinite: bool) -> Sample:
    content = b"".join(child.octets for child in children)
    if indefinite:
        octets = identifier + b"\x80" + content + b"\0\0"
    else:
        octets = identifier + _definite(len(content), extra) + content
    minimal = not extra and not indefinite and all(child.minimal for child in children)
    return Sample(octets, identifier, content, tuple(children), minimal)


def samples() -> st.SearchStrategy[Sample]:
    """Values without universal tags, so that only their form can be odd."""
    leaves = st.builds(_primitive, _identifiers(False), st.binary(max_size=200), _EXTRAS)
    return st.recursive(
        leaves,
        lambda inner: st.builds(
            _constructed, _identifiers(True), st.lists(inner, max_size=4), _EXTRAS, st.booleans()
        ),
        max_leaves=12,
    )

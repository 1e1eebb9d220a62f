"""Key files: the shared secrets of associations as lines of text, for who looks into a capture afterwards.

A line is complete in itself, so that several processes may append to one file and files may be joined::

    E2E-SECRET-1 <request> <epoch> <Z> [name=value ...]

``request`` is SHA-256 over the content octets of HandshakeReq.tbs and names the association; ``epoch`` is 0
for the keys of the handshake and n for those of the n-th rekey; ``Z`` is the shared secret as the group gives
it. Salt and algorithms are in the handshake; the options ``asso-id``, ``salt``, ``encryption`` and
``integrity`` repeat them for captures that begin after it. Blank lines and lines that begin with ``#`` are
comments. The format is this project's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec

from conform62351.profiles.crypto.algorithms import Algorithm, Use, algorithm
from conform62351.profiles.native.agreement import Agreed

LABEL: Final = "E2E-SECRET-1"
MAX_LINES: Final = 100_000
MAX_LINE: Final = 2048
MAX_SECRET: Final = 256
"""Octets of the longest Z, that of the MODP groups."""
MAX_EPOCH: Final = 999_999

_HASH_OCTETS: Final = 32
_OTHER_VERSION: Final = re.compile(r"E2E-SECRET-[0-9]{1,6}")
_EPOCH: Final = re.compile(r"0|[1-9][0-9]{0,5}")
_ASSO_ID: Final = re.compile(r"[\x21-\x7e]{1,64}")
_ENCRYPTING: Final = (Use.ENCRYPTION, Use.GCM)
_PROTECTING: Final = (Use.HMAC, Use.GCM)


class KeyFileError(Exception):
    """A line that is none of a key file; ``line`` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
        self.message = message


class KeyLine(msgspec.Struct, frozen=True, kw_only=True):
    """The shared secret Z of one association and epoch; what is not told is None.

    With ``encryption`` by GCM and no ``integrity``, the association has authenticated encryption.
    """

    request: bytes
    epoch: int
    secret: bytes
    asso_id: str | None = None
    salt: bytes | None = None
    encryption: Algorithm | None = None
    integrity: Algorithm | None = None

    def __repr__(self) -> str:
        return f"KeyLine({self.request.hex()[:16]}…, epoch {self.epoch})"


def request_identifier(request_tbs: bytes) -> bytes:
    """Return what names an association: SHA-256 over the content octets of HandshakeReq.tbs."""
    return sha256(request_tbs).digest()


def key_line(request_tbs: bytes, agreed: Agreed, secret: bytes, epoch: int = 0) -> str:
    """Return the line, without its end, for the shared secret of an epoch of an association."""
    encryption, integrity = (
        None if selected is None else selected.algorithm for selected in (agreed.encryption, agreed.integrity)
    )
    line = KeyLine(
        request=request_identifier(request_tbs),
        epoch=epoch,
        secret=secret,
        asso_id=agreed.assoID if _ASSO_ID.fullmatch(agreed.assoID) else None,
        salt=agreed.salt,
        encryption=encryption,
        integrity=integrity,
    )
    return write_key_line(line)


def write_key_line(line: KeyLine) -> str:
    """Return a line as text, without its end."""
    options = {
        "asso-id": line.asso_id,
        "salt": None if line.salt is None else line.salt.hex(),
        "encryption": None if line.encryption is None else _algorithm_text(line.encryption),
        "integrity": None if line.integrity is None else _algorithm_text(line.integrity),
    }
    told = [f"{name}={value}" for name, value in options.items() if value is not None]
    return " ".join((LABEL, line.request.hex(), str(line.epoch), line.secret.hex(), *told))


def read_key_lines(text: str) -> tuple[KeyLine, ...]:
    """Return what a key file tells, in its order, the same line once.

    Raises:
        KeyFileError: a line has another form, contradicts one before it, or is one too many.
    """
    found: dict[tuple[bytes, int], KeyLine] = {}
    for number, line in _lines(text):
        made = _read(number, line)
        before = found.setdefault((made.request, made.epoch), made)
        if before.secret != made.secret:
            raise KeyFileError(number, f"another Z for epoch {made.epoch} of the same association")
        # A line that tells more stands for one that tells less.
        if made.salt is not None:
            found[made.request, made.epoch] = made
    return tuple(found.values())


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if number > MAX_LINES:
            raise KeyFileError(number, f"more than {MAX_LINES} lines")
        if len(line) > MAX_LINE:
            raise KeyFileError(number, f"longer than {MAX_LINE} characters")
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield number, stripped


def _read(number: int, line: str) -> KeyLine:
    parts = line.split()
    if parts[0] != LABEL:
        known = _OTHER_VERSION.fullmatch(parts[0])
        raise KeyFileError(number, f"{parts[0]} is not known" if known else f"does not begin with {LABEL}")
    if len(parts) < 4:
        raise KeyFileError(number, "request, epoch and Z are wanted")
    _, request, epoch, secret, *options = parts
    if not _EPOCH.fullmatch(epoch):
        raise KeyFileError(number, f"the epoch is no number from 0 to {MAX_EPOCH}")
    return KeyLine(
        request=_octets(number, "request", request, range(_HASH_OCTETS, _HASH_OCTETS + 1)),
        epoch=int(epoch),
        secret=_octets(number, "Z", secret, range(1, MAX_SECRET + 1)),
        **_options(number, options),
    )


def _options(number: int, texts: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        read = _READERS.get(name)
        if not equals or read is None:
            raise KeyFileError(number, f"none of {', '.join(_READERS)} with a value: {_shown(text)}")
        member = name.replace("-", "_")
        if member in found:
            raise KeyFileError(number, f"{name} stands twice")
        found[member] = read(number, value)
    return found


def _octets(number: int, name: str, text: str, lengths: range) -> bytes:
    try:
        octets = bytes.fromhex(text)
    except ValueError:
        raise KeyFileError(number, f"{name} is not hexadecimal") from None
    if len(octets) not in lengths:
        wanted = f"{lengths[0]}" if len(lengths) == 1 else f"{lengths[0]} to {lengths[-1]}"
        raise KeyFileError(number, f"{name} has {len(octets)} octets in place of {wanted}")
    return octets


def _read_asso_id(number: int, text: str) -> str:
    if not _ASSO_ID.fullmatch(text):
        raise KeyFileError(number, "asso-id is not 1 to 64 characters that print")
    return text


def _read_salt(number: int, text: str) -> bytes:
    return _octets(number, "salt", text, range(_HASH_OCTETS, _HASH_OCTETS + 1))


def _reader_of(name: str, uses: tuple[Use, ...]) -> Callable[[int, str], Algorithm]:
    def read(number: int, text: str) -> Algorithm:
        called, colon, length = text.partition(":")
        try:
            found = algorithm(called, int(length)) if colon else algorithm(called)
        except (KeyError, ValueError):
            raise KeyFileError(number, f"{name}: no algorithm is written {_shown(text)}") from None
        if found.use not in uses or (colon and found.use is not Use.GCM):
            raise KeyFileError(number, f"{name}: {_shown(text)} is not for that")
        return found

    return read


_READERS: Final[Mapping[str, Callable[[int, str], Any]]] = {
    "asso-id": _read_asso_id,
    "salt": _read_salt,
    "encryption": _reader_of("encryption", _ENCRYPTING),
    "integrity": _reader_of("integrity", _PROTECTING),
}


def _algorithm_text(given: Algorithm) -> str:
    return f"{given.name}:{given.tag_length}" if given.tag_length else given.name


def _shown(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text[:40])

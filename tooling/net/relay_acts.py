"""What an intermediary does to messages that pass through it, as data.

An act is told as ``[CONNECTION@]SENDER:PDU[:NUMBER]:DEED[=VALUE]``: ``client:E2E.EncrTransfer:2:drop``,
``server:E2E.HandshakeAcc:alter=-1`` or ``2@client:E2E.EncrTransfer:put=a``.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from conform62351.tooling.net.relay_framing import Message, Sender

MAX_KEPT: Final = 64
"""Messages kept under a label."""
MAX_REPEATS: Final = 100
MAX_DELAY_S: Final = 86400.0

FORMS: Final = (
    "drop, repeat[=TIMES], later, delay=SECONDS, alter=OCTET[/MASK], swap=HEX/HEX, keep|put|add=LABEL"
)


class ActError(ValueError):
    """A text that is no act; the message says why."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Does not pass the message on."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """Passes the message on, and then ``times`` times again."""

    times: int = 1


@dataclass(frozen=True, slots=True)
class Later:
    """Passes the message on behind the next one of its direction, or when the direction ends."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Passes the message on, and all behind it, ``seconds`` later."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Alter:
    """Inverts the bits of ``mask`` in the octet ``at`` of the PDU, counted from its end where negative."""

    at: int
    mask: int = 0xFF


@dataclass(frozen=True, slots=True)
class Swap:
    """Puts ``new`` in the place of ``old``, of the same length, wherever that stands in the PDU."""

    old: bytes
    new: bytes


@dataclass(frozen=True, slots=True)
class Keep:
    """Passes the message on, and keeps it under ``label`` for any connection of the relay."""

    label: str


@dataclass(frozen=True, slots=True)
class Put:
    """Passes on what is kept under ``label`` in the place of the message; where nothing is, the message."""

    label: str


@dataclass(frozen=True, slots=True)
class Add:
    """Passes the message on, and then what is kept under ``label``."""

    label: str


Deed = Drop | Repeat | Later | Wait | Alter | Swap | Keep | Put | Add


@dataclass(frozen=True, slots=True)
class Act:
    """``deed`` is done to the ``number``-th message of ``sender`` with a PDU of the name ``pdu`` in it.

    It counts from 1 in each connection; 0 stands for every message. ``connection`` is the number of the one
    connection that is meant, in the order in which the relay accepted them, 0 for each.
    """

    sender: Sender
    pdu: str
    deed: Deed
    number: int = 0
    connection: int = 0


_ACT: Final = re.compile(
    r"(?:(?P<connection>[1-9]\d{0,8})@)?(?P<sender>client|server):(?P<pdu>[A-Za-z0-9.-]+)"
    r"(?::(?P<number>[1-9]\d{0,8}))?:(?P<deed>[a-z]+)(?:=(?P<value>.*))?",
    re.ASCII,
)


def parse_act(text: str) -> Act:
    """Return the act that a text tells. Raises ActError."""
    match = _ACT.fullmatch(text)
    if match is None:
        raise ActError(f"{text!r} is no [CONNECTION@]client|server:PDU[:NUMBER]:DEED[=VALUE]")
    try:
        deed = _deed(match["deed"], match["value"])
    except (KeyError, ValueError) as error:
        raise ActError(f"{text!r}: what is done is one of {FORMS}") from error
    return Act(
        Sender(match["sender"]), match["pdu"], deed, int(match["number"] or 0), int(match["connection"] or 0)
    )


def _deed(name: str, value: str | None) -> Deed:
    """Raises KeyError or ValueError when there is no such deed, or not with this value."""
    if value is None:
        alone: dict[str, Deed] = {"drop": Drop(), "repeat": Repeat(), "later": Later()}
        return alone[name]
    if name == "alter":
        at, _, mask = value.partition("/")
        return Alter(_number(at, -0x7FFFFFFF, 0x7FFFFFFF), _number(mask or "0xff", 1, 0xFF))
    if name == "swap":
        old, new = (bytes.fromhex(part) for part in value.split("/"))
        if not old or len(old) != len(new):
            raise ValueError(value)
        return Swap(old, new)
    if name == "repeat":
        return Repeat(_number(value, 1, MAX_REPEATS))
    if name == "delay":
        seconds = float(value)
        if not 0 <= seconds <= MAX_DELAY_S:
            raise ValueError(value)
        return Wait(seconds)
    labelled: dict[str, type[Keep | Put | Add]] = {"keep": Keep, "put": Put, "add": Add}
    if not value:
        raise ValueError(value)
    return labelled[name](value)


def _number(text: str, least: int, most: int) -> int:
    number = int(text[:12], 0)
    if not least <= number <= most:
        raise ValueError(text)
    return number


class Shelf:
    """Messages that are kept, by label, for all connections of a relay; the last one stays."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, bytes] = {}

    def keep(self, label: str, octets: bytes) -> None:
        """Keep octets under a label; of too many labels the oldest goes."""
        with self._lock:
            self._kept.pop(label, None)
            self._kept[label] = octets
            if len(self._kept) > MAX_KEPT:
                del self._kept[next(iter(self._kept))]

    def get(self, label: str) -> bytes | None:
        """Return what is kept under a label."""
        with self._lock:
            return self._kept.get(label)


@dataclass(slots=True)
class Outcome:
    """What is passed on in the place of a message: ``wait`` seconds later, each of ``parts`` by itself.

    ``done`` says in words what was done, empty for nothing.
    """

    parts: list[bytes]
    wait: float = 0.0
    done: list[str] = field(default_factory=list)


class Hand:
    """Does acts to the messages of one direction of a connection."""

    def __init__(self, acts: Sequence[Act], shelf: Shelf, sender: Sender, connection: int) -> None:
        self._acts = [act for act in acts if act.sender is sender and act.connection in (0, connection)]
        self._shelf = shelf
        self._seen: Counter[str] = Counter()
        self._held: list[bytes] = []

    def handle(self, message: Message) -> Outcome:
        """Return what becomes of a message; acts are done in their order."""
        self._seen.update(set(message.names))
        outcome = Outcome([message.octets])
        held, self._held = self._held, []
        for act in self._acts:
            if act.pdu in message.names and act.number in (0, self._seen[act.pdu]):
                self._do(act, message, outcome)
        outcome.parts += held
        return outcome

    def left(self) -> list[bytes]:
        """Return what still waits for a next message."""
        held, self._held = self._held, []
        return held

    def _do(self, act: Act, message: Message, outcome: Outcome) -> None:
        done = ""
        match act.deed:
            case Drop():
                outcome.parts, done = [], "dropped"
            case Repeat(times):
                outcome.parts, done = outcome.parts * (times + 1), f"repeated {times} times"
            case Later():
                self._held += outcome.parts
                outcome.parts, done = [], "passed on behind the next"
            case Wait(seconds):
                outcome.wait += seconds
                done = f"delayed by {seconds:g} s"
            case Alter() | Swap():
                done = _changed(act.deed, act.pdu, message, outcome)
            case Keep(label):
                self._shelf.keep(label, b"".join(outcome.parts))
                done = f"kept as {label}"
            case Put(label) | Add(label):
                done = self._fetched(act.deed, label, outcome)
        outcome.done.append(done)

    def _fetched(self, deed: Put | Add, label: str, outcome: Outcome) -> str:
        kept = self._shelf.get(label)
        if kept is None:
            return f"passed on: nothing is kept as {label}"
        if isinstance(deed, Put):
            outcome.parts = [kept]
            return f"replaced by {label}"
        outcome.parts.append(kept)
        return f"followed by {label}"


def _changed(deed: Alter | Swap, pdu: str, message: Message, outcome: Outcome) -> str:
    """Change the octets of a PDU in every part that is as long as the message, and say what was done."""
    places = [place for span in message.spans(pdu) for place in span]
    if isinstance(deed, Alter):
        if not -len(places) <= deed.at < len(places):
            return f"not altered: {pdu} has {len(places)} octets"
        told = f"octet {deed.at} of {pdu} altered"
    else:
        told = f"octets of {pdu} swapped"
    before = outcome.parts
    outcome.parts = [
        _edited(deed, part, places) if len(part) == len(message.octets) else part for part in before
    ]
    return told if outcome.parts != before else f"not altered: {pdu} has no such octets"


def _edited(deed: Alter | Swap, octets: bytes, places: list[int]) -> bytes:
    edited = bytearray(octets)
    if isinstance(deed, Alter):
        edited[places[deed.at]] ^= deed.mask
        return bytes(edited)
    pdu = bytes(edited[place] for place in places).replace(deed.old, deed.new)
    for place, octet in zip(places, pdu, strict=True):
        edited[place] = octet
    return bytes(edited)

"""Mutations: one named change to one PDU of an otherwise valid conversation, as a small value."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

import msgspec

from conform62351.tooling.engine.authenticate import Boundary, TimeForm

MOST_SHOWN: Final = 200
"""Characters of a value that a step shows: a public value has many more."""
MOST_MEMBERS_SHOWN: Final = MOST_SHOWN // 3 + 1
"""Members of a list that it shows: each takes three characters at least."""


class MutationError(Exception):
    """A mutation does not fit the PDU that it names: a mistake in the case, not in the device."""


class Mutation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="mutation"):
    """What all mutations share: the PDU that they change, such as ``COTP.CR`` or ``ACSE.AARQ``."""

    pdu: str


class SetField(Mutation, frozen=True, kw_only=True, tag="set"):
    """Encode another value for a field; ``field`` may be a path such as ``contexts.1.abstract_syntax``.

    Octet strings stand in ``octets``, everything else in ``value``: JSON cannot tell them apart. A structure
    is a mapping of its members, or the tuple of them in their order; octets in there stand in hexadecimal. A
    BIT STRING is the tuple of the positions that are set. In a list, the number behind the last one adds to
    it.
    """

    field: str
    value: int | str | bool | tuple[Any, ...] | dict[str, Any] | None = None
    octets: bytes | None = None

    def new_value(self) -> Any:
        """Return what to encode."""
        return self.value if self.octets is None else self.octets

    def __str__(self) -> str:
        if isinstance(self.value, tuple) and len(self.value) > MOST_MEMBERS_SHOWN:
            # No text is made of what is not shown: there are lists of a thousand structures.
            value = f"{str(self.value[:MOST_MEMBERS_SHOWN])[:MOST_SHOWN]} … ({len(self.value)} members)"
        else:
            value = str(self.value) if self.octets is None else self.octets.hex(" ") or "empty"
            if len(value) > MOST_SHOWN:
                value = f"{value[:MOST_SHOWN]} … ({len(value)} characters)"
        return f"{self.pdu}.{self.field} = {value}"


class SetTime(Mutation, frozen=True, kw_only=True, tag="set-time"):
    """Give a token another time: a new one, which no DUT can have met before, or one ``again``.

    The PDU is that of the token, ``E2E.HandshakeReq.token`` or ``E2E.EncrTransfer.token``. ``boundary`` puts
    the time near the limit of 10 minutes in the DUT's ``past`` or ``future``, by 5 s and what the measurement
    of its clock is uncertain by ``inside`` of it or outside; ``shift`` puts it that many seconds off our
    clock. ``again`` is the connection whose time is sent once more, octet for octet unless ``form`` says how
    it is written: the time of the same token, or of ``of``, and ``shift`` is then the distance from that.

    Source: clause 14 (N), 11-decisions 10, 29, 31 (I).
    """

    field: str = "time"
    boundary: Boundary = ""
    inside: bool = True
    shift: float = 0.0
    again: int | None = None
    of: str = ""
    form: TimeForm = TimeForm.USUAL

    def __str__(self) -> str:
        parts = []
        if self.again is not None:
            parts.append(f"again that of {self.of or 'the last one'} on connection {self.again}")
        if self.boundary:
            parts.append(f"just {'inside' if self.inside else 'outside'} the window in the {self.boundary}")
        if self.shift:
            parts.append(f"{self.shift:+g} s off")
        if self.form is not TimeForm.USUAL:
            parts.append(f"written with {self.form.value}")
        return f"{self.pdu}.{self.field} {', '.join(parts) or 'a new one'}"


class SetText(Mutation, frozen=True, kw_only=True, tag="set-text"):
    """Write the text that a field has otherwise; in ``pattern`` its parts between colons are {0}, {1}.

    What makes ``7:41`` of an accept's assoID ``07:41`` is the pattern ``0{0}:{1}``: nobody has to know it.
    """

    field: str
    pattern: str

    def __str__(self) -> str:
        return f"{self.pdu}.{self.field} rewritten as {self.pattern!r}"


class SetParameter(Mutation, frozen=True, kw_only=True, tag="set-parameter"):
    """Give the parameter ``code`` of a TPDU another value, or one where it has none; None leaves it out."""

    code: int
    octets: bytes | None = None

    def __str__(self) -> str:
        value = "left out" if self.octets is None else f"= {self.octets.hex(' ') or 'empty'}"
        return f"{self.pdu} parameter {self.code:02X} {value}"


class SetExtension(Mutation, frozen=True, kw_only=True, tag="set-extension"):
    """Give the extension ``kind`` of a TLS hello other octets, or one where it has none; None leaves it out.

    ``more`` times the same extension follows it. With ``flip`` it keeps its octets but for a bit of the one
    at that place, which counts from the end where it is negative.
    """

    kind: int
    octets: bytes | None = None
    more: int = 0
    flip: int | None = None

    def __str__(self) -> str:
        if self.flip is not None:
            return f"{self.pdu} extension {self.kind} octet {self.flip} altered"
        value = "left out" if self.octets is None else f"= {self.octets[:24].hex(' ') or 'empty'}"
        times = f", {self.more + 1} times" if self.more else ""
        return f"{self.pdu} extension {self.kind} {value}{times}"


class SetBody(Mutation, frozen=True, kw_only=True, tag="set-body"):
    """Keep the first ``keep`` octets of the body of a TLS handshake message, with ``more`` behind them.

    None keeps all of it. The length follows, and is ``said`` to be so many octets more.
    """

    keep: int | None = None
    more: bytes = b""
    said: int = 0

    def __str__(self) -> str:
        parts = [] if self.keep is None else [f"of the first {self.keep} octets"]
        if self.more:
            parts.append(f"with {self.more[:24].hex(' ')} behind ({len(self.more)} octets)")
        if self.said:
            parts.append(f"said to be {self.said:+d} octets longer")
        return f"{self.pdu} {', '.join(parts)}"


class PublicValue(Mutation, frozen=True, kw_only=True, tag="public-value"):
    """Give the prime of the server's key exchange, ``less`` so many, as the client's Diffie-Hellman value."""

    less: int = 0

    def __str__(self) -> str:
        return f"{self.pdu} with the prime{f' less {self.less}' if self.less else ''} as public value"


class Coalesce(Mutation, frozen=True, kw_only=True, tag="coalesce"):
    """Put handshake messages of a flight that stand in plain records side by side into one record."""

    def __str__(self) -> str:
        return f"{self.pdu} with its handshake messages in one record"


class Reorder(Mutation, frozen=True, kw_only=True, tag="reorder"):
    """Put the members of the list ``field`` into another order: each place gets the one at that number."""

    field: str
    order: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.pdu}.{self.field} in the order {', '.join(map(str, self.order))}"


class Overwrite(Mutation, frozen=True, kw_only=True, tag="overwrite"):
    """Put other octets over those ``at`` a position; a negative one counts from the end."""

    at: int
    octets: bytes

    def __str__(self) -> str:
        shown = self.octets[:24].hex(" ") + (f" … ({len(self.octets)})" if len(self.octets) > 24 else "")
        return f"{self.pdu} octets {shown} at {self.at}"


class FlipBit(Mutation, frozen=True, kw_only=True, tag="flip-bit"):
    """Invert one bit of the octet ``at`` a position, a negative one counting from the end.

    ``bit`` is its number, 0 for the least significant one.
    """

    at: int
    bit: int = 0

    def __str__(self) -> str:
        return f"{self.pdu} with bit {self.bit} of the octet at {self.at} inverted"


class Insert(Mutation, frozen=True, kw_only=True, tag="insert"):
    """Insert octets before position ``at``; outer lengths of the same PDU stay as they were."""

    at: int
    octets: bytes

    def __str__(self) -> str:
        return f"{self.pdu} with {self.octets.hex(' ')} inserted at {self.at}"


class Append(Mutation, frozen=True, kw_only=True, tag="append"):
    """Add octets behind the PDU."""

    octets: bytes

    def __str__(self) -> str:
        shown = self.octets[:16].hex(" ") + (" …" if len(self.octets) > 16 else "")
        return f"{self.pdu} followed by {shown} ({len(self.octets)} octets)"


class Cut(Mutation, frozen=True, kw_only=True, tag="cut"):
    """Keep only the first ``keep`` octets; a negative number leaves out that many at the end."""

    keep: int

    def __str__(self) -> str:
        return (
            f"{self.pdu} cut after {self.keep} octets"
            if self.keep >= 0
            else f"{self.pdu} {-self.keep} octets short"
        )


class Crop(Mutation, frozen=True, kw_only=True, tag="crop"):
    """Keep only the first ``keep`` octets of the content of one TLV; the lengths around it follow.

    A negative number leaves out that many at the end. ``path`` is that of :class:`EditTlv`.
    """

    path: str
    keep: int

    def __str__(self) -> str:
        count = f"{self.keep} octets" if self.keep >= 0 else f"all but {-self.keep} octets"
        return f"{self.pdu} with {count} of element {self.path}"


class Replace(Mutation, frozen=True, kw_only=True, tag="replace"):
    """Send other octets in place of the whole PDU."""

    octets: bytes

    def __str__(self) -> str:
        return f"{self.pdu} replaced by {self.octets[:24].hex(' ')}"


class Replay(Mutation, frozen=True, kw_only=True, tag="replay"):
    """Send the octets that the PDU had when it was sent last on the connection ``of``.

    ``SES.CN`` replays a whole association request, ``ACSE.AARQ`` its AARQ in a CP of now, ``CMP.value`` the
    authentication value in an AARQ of now; the lengths of what is around it follow.
    """

    of: int = 0

    def __str__(self) -> str:
        return f"{self.pdu} as it was sent on connection {self.of}"


class Reflect(Mutation, frozen=True, kw_only=True, tag="reflect"):
    """Send the octets that the device sent last as this PDU, on the same connection."""

    def __str__(self) -> str:
        return f"{self.pdu} as the device sent it"


class Repeat(Mutation, frozen=True, kw_only=True, tag="repeat"):
    """Send the PDU ``times`` over."""

    times: int

    def __str__(self) -> str:
        return f"{self.pdu} sent {self.times} times"


class Withhold(Mutation, frozen=True, kw_only=True, tag="withhold"):
    """Do not send the message that the PDU is part of."""

    def __str__(self) -> str:
        return f"{self.pdu} withheld"


class Edit(Enum):
    """What can be done to one TLV, or to one parameter of an SPDU."""

    DROP = "drop"
    DOUBLE = "double"
    REPLACE = "replace"
    INSERT = "insert"
    APPEND = "append"
    CONTENT = "content"
    RETAG = "retag"
    WRAP = "wrap"
    UNWRAP = "unwrap"
    STRIP = "strip"
    LENGTH = "length"
    INDEFINITE = "indefinite"
    NON_MINIMAL = "non-minimal"
    SWAP = "swap"


class EditTlv(Mutation, frozen=True, kw_only=True, tag="edit-tlv"):
    """Change one TLV of a BER PDU; the lengths around it follow.

    ``path`` leads to it by tags in hexadecimal, the outermost first, as in ``31/a2/a4/30[1]``. ``octets``
    are what is put in: whole TLVs for replace, insert (before it) and append (inside, at the end), the
    content, the identifier octets for retag and for the TLV that wrap puts around it, the length octets, and
    what strip takes from the beginning of the content. ``other`` is the second path of swap.
    """

    path: str
    edit: Edit
    octets: bytes = b""
    other: str = ""

    def __str__(self) -> str:
        shown = self.octets[:24].hex(" ") + (" …" if len(self.octets) > 24 else "")
        return " ".join(filter(None, (self.pdu, "element", self.path, self.edit.value, shown, self.other)))


class EditCertificate(Mutation, frozen=True, kw_only=True, tag="edit-certificate"):
    """Change one TLV of the certificate that a field holds; the lengths around it follow.

    ``path``, ``edit``, ``octets`` and ``other`` are those of :class:`EditTlv`. ``signed``: its issuer signs
    it again, with the key that lies beside the tester's credentials (in the folder ``ca`` of a workshop).
    """

    field: str
    path: str
    edit: Edit
    octets: bytes = b""
    other: str = ""
    signed: bool = True

    def __str__(self) -> str:
        shown = self.octets[:24].hex(" ") + (" …" if len(self.octets) > 24 else "")
        parts = (f"{self.pdu}.{self.field}", "element", self.path, self.edit.value, shown, self.other)
        return " ".join(filter(None, parts)) + (", signed again by its issuer" if self.signed else "")


class Pad(Mutation, frozen=True, kw_only=True, tag="pad"):
    """Make a BER PDU ``size`` octets long, by an element of nothing but dots before the one at ``path``.

    ``identifier`` are the identifier octets of that element. A PDU that is longer already stays as it is.
    """

    path: str
    identifier: bytes
    size: int

    def __str__(self) -> str:
        element = self.identifier.hex(" ")
        return f"{self.pdu} of at least {self.size} octets, by an element {element} before {self.path}"


class EditSpdu(Mutation, frozen=True, kw_only=True, tag="edit-spdu"):
    """Change one parameter of an SPDU, or the SPDU itself; the lengths around it follow.

    ``path`` leads to it by codes in decimal, the SPDU identifier first, as in ``13/5/22``. ``octets`` are
    what is put in: whole parameters for replace, insert (before it) and append (inside, at the end), the
    content, the code for retag, the octets of the length indicator. ``other`` is the second path of swap;
    ``by`` makes the length that many octets more, or less, than there are.
    """

    path: str
    edit: Edit
    octets: bytes = b""
    other: str = ""
    by: int = 0

    def __str__(self) -> str:
        shown = f"{self.by:+d}" if self.by else self.octets[:24].hex(" ")
        return " ".join(filter(None, (self.pdu, "parameter", self.path, self.edit.value, shown, self.other)))


FieldMutation = SetField | SetText | SetTime | SetParameter | SetExtension | Reorder | EditCertificate
AnyMutation = (
    FieldMutation
    | Overwrite
    | FlipBit
    | Insert
    | Append
    | Cut
    | Crop
    | Replace
    | Replay
    | Reflect
    | Repeat
    | Withhold
    | EditTlv
    | Pad
    | EditSpdu
    | SetBody
    | PublicValue
    | Coalesce
)

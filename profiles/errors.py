"""The errors of every codec in ``profiles``: typed, with the layer and the place of the fault."""

from __future__ import annotations


class ProtocolError(Exception):
    """Octets that cannot be read as what they should be, or a value that cannot be written.

    ``layer`` is the name that PDU names begin with (``TPKT``, ``COTP``, ``SES``, ``PRES``, ``ACSE``,
    ``MMS``) or the notation (``BER``). ``offset`` counts octets from the start of what was handed to the
    codec; it is 0 where no single octet is at fault. ``message`` is a sentence for people.
    """

    def __init__(self, layer: str, offset: int, message: str) -> None:
        super().__init__(f"{layer}: octet {offset}: {message}")
        self.layer = layer
        self.offset = offset
        self.message = message


class EncodingError(ProtocolError):
    """A value that the form of its PDU cannot hold, such as a length over its field's range."""

    def __init__(self, layer: str, message: str) -> None:
        super().__init__(layer, 0, message)

"""What the PDUs of initiate consist of, for the shortcuts that read and write them by hand."""

from __future__ import annotations

from typing import Final, NamedTuple


class Number(NamedTuple):
    """An INTEGER: its tag, its name, the octets that its range fits, and whether it may be left out."""

    tag: int
    name: str
    width: int
    optional: bool = False


class Initiate(NamedTuple):
    """An Initiate-Request or -Response: numbers, and the detail with a version and two BIT STRINGs.

    The optional components of the detail are not in it; with one of them it is no case for a shortcut.
    """

    tag: int
    numbers: tuple[Number, ...]
    detail: str
    version: Number
    bits: tuple[tuple[int, str], ...]


DETAIL: Final = 0xA4
REQUEST: Final = Initiate(
    0xA8,
    (
        Number(0x80, "localDetailCalling", 4, optional=True),
        Number(0x81, "proposedMaxServOutstandingCalling", 2),
        Number(0x82, "proposedMaxServOutstandingCalled", 2),
        Number(0x83, "proposedDataStructureNestingLevel", 1, optional=True),
    ),
    "initRequestDetail",
    Number(0x80, "proposedVersionNumber", 2),
    ((0x81, "proposedParameterCBB"), (0x82, "servicesSupportedCalling")),
)
RESPONSE: Final = Initiate(
    0xA9,
    (
        Number(0x80, "localDetailCalled", 4, optional=True),
        Number(0x81, "negotiatedMaxServOutstandingCalling", 2),
        Number(0x82, "negotiatedMaxServOutstandingCalled", 2),
        Number(0x83, "negotiatedDataStructureNestingLevel", 1, optional=True),
    ),
    "initResponseDetail",
    Number(0x80, "negotiatedVersionNumber", 2),
    ((0x81, "negotiatedParameterCBB"), (0x82, "servicesSupportedCalled")),
)

"""Where a fact comes from: the marks that every requirement, row and verdict carries."""

from __future__ import annotations

from enum import StrEnum


class Provenance(StrEnum):
    """A mark; its value is the letter. Only marks other than I can fail a device by themselves."""

    PREVIEW = "S"
    NOTES = "N"
    EVENTS = "E"
    PUBLIC = "R"
    FIELD = "F"
    INFERRED = "I"

    @property
    def mark(self) -> str:
        """The letter: S, N, E, R, F or I."""
        return self.value

    @property
    def label(self) -> str:
        """The name in reports: ``preview``, ``notes``, …"""
        return self.name.lower()

    @property
    def meaning(self) -> str:
        """What the mark says, for legends."""
        return _MEANINGS[self]


_MEANINGS = {
    Provenance.PREVIEW: "stated in the standard's public preview",
    Provenance.NOTES: "public engineering notes of the consolidated edition 2018+AMD1:2020",
    Provenance.EVENTS: "the security-event catalogue of IEC 62351-14 (draft of 2025)",
    Provenance.PUBLIC: "an RFC, ITU-T or ISO text or a registry that everybody can read",
    Provenance.FIELD: "seen on the wire of real products",
    Provenance.INFERRED: "our own choice where no source says it",
}

"""What all steps of conversations share."""

from __future__ import annotations

import msgspec

from conform62351.tooling.engine.mutations import AnyMutation


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="step"):
    """What all steps share: ``on`` numbers the connection, for conversations that hold several."""

    on: int = 0

    def _where(self) -> str:
        return f" on connection {self.on}" if self.on else ""


class SendingStep(Step, frozen=True, kw_only=True):
    """A step that makes PDUs; its ``mutations`` stay in force until the next sending step."""

    mutations: tuple[AnyMutation, ...] = ()
    tpdus: tuple[int, ...] = ()
    """Octets of data in each COTP DT; the last number repeats. Empty: what the agreed size asks for."""
    segments: tuple[int, ...] = ()
    """Sizes in octets of the TCP segments to send; the last size repeats. Empty: one segment."""
    pause: float = 0.0
    """Seconds between segments."""
    may_break: bool = False
    """The DUT may end the connection before everything is sent: that is no broken stimulus."""

    def _how(self) -> str:
        text = "".join([f", {mutation}" for mutation in self.mutations])
        if self.tpdus:
            text += f", in DTs of {', '.join(map(str, self.tpdus))} octets of data at most"
        if self.segments:
            text += f", in segments of {', '.join(map(str, self.segments))} octets"
        if self.pause:
            text += f", {self.pause:g} s apart"
        return text + self._where()

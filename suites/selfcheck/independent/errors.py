"""What ends an association: a rule that the partner broke, or a refusal, abort or end that it sent."""

from __future__ import annotations

from dataclasses import dataclass


class Broken(Exception):
    """The partner broke a rule of the pages.

    ``rule`` is page and place of it, ``diagnostic`` the name of what is answered; None where the pages want
    an alarm, which is answered without diagnostic.
    """

    def __init__(self, rule: str, what: str, diagnostic: str | None = "protocol-error") -> None:
        super().__init__(f"{what} [{rule}]")
        self.rule = rule
        self.diagnostic = diagnostic


class EnvironmentBroken(Exception):
    """The partner broke a rule of the OSI environment.

    ``number`` is that of the event 15.x, 0 for faults below presentation; ``reject`` the ACSE diagnostic with
    which an AARQ is rejected, None where an ABRT is due.
    """

    def __init__(self, number: int, what: str, *, reject: int | None = None) -> None:
        super().__init__(f"{what} [event 15.{number}]")
        self.number = number
        self.reject = reject


@dataclass(frozen=True)
class Verdict:
    """What a partner's reject or abort says; ``fault`` is what is wrong with the SecPDU itself."""

    name: str
    diagnostic: str | None = None
    result: int | None = None
    reason: tuple[str, int] | None = None
    appl_data: bytes | None = None
    environment: int | None = None
    fault: Broken | None = None


class Ended(Exception):
    """The partner refused, aborted or closed."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(str(verdict))
        self.verdict = verdict

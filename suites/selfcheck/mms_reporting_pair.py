"""An MMS client and a server with its report control block at hand."""

from __future__ import annotations

from typing import Any

from conform62351.profiles.mms.messages import InformationReport
from conform62351.profiles.mms.names import bits
from conform62351.profiles.mms.report import OPTION_BITS, OPTIONS, TRIGGER_BITS, TRIGGERS, Report, read_report
from conform62351.suites.selfcheck.mms_pair import LD, Pair

BLOCK = "LLN0$RP$urcb01"
REFERENCE = f"{LD}/{BLOCK}"
TRUE, FALSE = ("boolean", True), ("boolean", False)
IND1, IND2, INT1 = "GGIO1$ST$Ind1", "GGIO1$ST$Ind2", "GGIO1$ST$IntIn1"


class Reporting(Pair):
    """An association with its report control block at hand."""

    def get(self, attribute: str) -> Any:
        kind, value = self.read(f"{BLOCK}${attribute}")
        assert kind
        return value

    def set(self, attribute: str, data: Any) -> Any:
        return self.write(f"{BLOCK}${attribute}", data)

    def triggers(self, *names: str) -> None:
        assert self.set("TrgOps", ("bit-string", bits(names, TRIGGERS, TRIGGER_BITS))) is None

    def options(self, *names: str) -> None:
        assert self.set("OptFlds", ("bit-string", bits(names, OPTIONS, OPTION_BITS))) is None

    def enable(self) -> None:
        assert self.set("RptEna", TRUE) is None

    def change(self, item: str, data: Any) -> list[Report]:
        return reports(self.deliver(self.server.change(LD, item, data, self.now)))

    def wait(self, seconds: float) -> list[Report]:
        self.now += seconds
        return reports(self.deliver(self.server.tick(self.now)))


def reports(events: list[Any]) -> list[Report]:
    found = []
    for event in events:
        assert isinstance(event, InformationReport)
        assert event.specification == ("variableListName", ("vmd-specific", "RPT"))
        found.append(read_report(event.pdu.value["service"][1]["listOfAccessResult"]))
    return found

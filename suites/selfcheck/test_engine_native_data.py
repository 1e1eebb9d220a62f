"""What the tester makes of data and of a conclude of a device in native mode, beside faults."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from conform62351.fixtures.faults.building import Rewrite
from conform62351.profiles.mms.client import MmsClient
from conform62351.profiles.mms.codec import decode_pdu
from conform62351.profiles.mms.modelfile import reference_model
from conform62351.profiles.mms.negotiation import InitiateParameters
from conform62351.profiles.mms.server import MmsServer, ServerSettings
from conform62351.profiles.native.tokens import Authenticator
from conform62351.profiles.policy import Finding, Policy
from conform62351.profiles.role import Role
from conform62351.reports.model.verdict import Verdict, worst
from conform62351.suites.loading import load
from conform62351.suites.native.conversations import NATIVE, client_association
from conform62351.suites.native.rekey import LATE, NOT_YET, REPORT, keys_changed
from conform62351.tooling.engine.case import Catalogue
from conform62351.tooling.engine.mms_end import MmsEnd
from conform62351.tooling.engine.steps import Conversation, conversation
from conform62351.tooling.engine.stimulus import StimulusPolicy
from conform62351.tooling.proof.bench import Bench

NOW = 1_800_000_000.0
CONCLUDE = bytes.fromhex("8b00")
CONCLUDED = "conclude-ResponsePDU"


def bare(auth: Authenticator) -> Authenticator:
    return replace(auth, algorithm=replace(auth.algorithm, parameters=None))


@pytest.mark.parametrize("identifier", ["E2E/SRV/DT/BV-modes", "E2E/CLI/DT/BV-clear"])
def test_an_algorithm_in_other_octets_is_a_warning(bench: Bench, identifier: str) -> None:
    policy = Rewrite("E2E.ClearTransfer.auth", lambda auth: bare(auth) if auth.nonce is None else auth)
    with bench.device(policy, {}) as subject:
        checks = subject.play(load()[identifier])
    assert worst(check.verdict for check in checks) is Verdict.PASS
    warned = [check for check in checks if check.warnings and check.requirement == "R-E2E-ICV-algorithm"]
    assert warned
    assert "hmacWithSHA256" in warned[0].warnings[0]


class Ends:
    """The tester's end in a role, on an association that stands."""

    def __init__(self, role: Role) -> None:
        self.findings: list[Finding] = []
        self.role = role
        parameters = InitiateParameters()
        self.end = MmsEnd(StimulusPolicy(), parameters, reference_model(), lambda: NOW, self.findings)
        if role is Role.SERVER:
            self.end.serve(MmsClient().initiate().octets or b"")
            return
        server = MmsServer(reference_model(), Policy(), ServerSettings(parameters))
        (reply,) = server.handle(self.end.initiate().octets or b"", NOW).replies
        self.end.take(reply.octets or b"")


def names(messages: list[Any]) -> list[str]:
    return [decode_pdu(message.octets or b"").name for message in messages]


@pytest.mark.parametrize("role", Role)
def test_the_tester_answers_a_conclude_that_a_release_carries(role: Role) -> None:
    ends = Ends(role)
    assert names(ends.end.conclude(CONCLUDE, role)) == [CONCLUDED]
    assert ends.findings == []


def test_the_tester_answers_the_conclude_of_a_server_when_it_is_told_to() -> None:
    ends = Ends(Role.CLIENT)
    taken = ends.end.take(CONCLUDE)
    assert taken is not None
    assert taken.name == "conclude-RequestPDU"
    assert names(ends.end.answer()) == [CONCLUDED]
    assert ends.end.answer() == []


def test_a_change_of_keys_that_was_never_due_is_no_mistake_of_the_case(bench: Bench) -> None:
    cases = Catalogue()

    @cases.case("E2E/CLI/SELF/BV-try", LATE, pics="always", configuration=NATIVE)
    def make() -> Conversation:
        """Try."""
        return conversation(
            client_association(), replace(REPORT, mutations=(NOT_YET,)), keys_changed(LATE, times=0)
        )

    with bench.device(Policy(), {}) as subject:
        checks = subject.play(cases["E2E/CLI/SELF/BV-try"])
    assert checks[-1].verdict is Verdict.INCONCLUSIVE
    assert "no change of keys was due" in checks[-1].got

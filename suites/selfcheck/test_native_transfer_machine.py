"""Two peers that send, deliver late and refresh keys in any order: no fault ever, and nothing lost."""

from __future__ import annotations

from collections import deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from conform62351.profiles.native.codec import Carrier
from conform62351.profiles.native.secpdus import ClearTransfer, EncrTransfer
from conform62351.profiles.role import Role
from conform62351.profiles.tlv_edit import length_octets
from conform62351.suites.selfcheck.native_transfer_bench import CODEC, MODES, Peers


class TwoPeers(RuleBasedStateMachine):
    """Messages arrive in order, as TCP has it, but as late as one likes."""

    @initialize(mode=st.sampled_from(list(MODES)))
    def begin(self, mode: str) -> None:
        self.peers = Peers(mode)
        self.under_way: dict[Role, deque[tuple[bytes, bytes]]] = {role: deque() for role in Role}
        self.offered = self.changed = 0
        self.count = 0

    @rule(role=st.sampled_from(Role), size=st.integers(0, 40))
    def send(self, role: Role, size: int) -> None:
        self.count += 1
        data = b"\x80" + length_octets(size) + bytes((self.count % 256,)) * size
        octets = self.peers.sent(role, data)
        self.under_way[role].append((octets, data))
        pdu = CODEC.decode(Carrier.DATA, octets).pdu
        assert isinstance(pdu, ClearTransfer | EncrTransfer)
        self.offered += pdu.token2.rekey is not None

    @precondition(lambda self: any(self.under_way.values()))
    @rule(role=st.sampled_from(Role))
    def deliver(self, role: Role) -> None:
        if not self.under_way[role]:
            return
        octets, data = self.under_way[role].popleft()
        received = self.peers.other(role).receive(octets)
        assert (received.applData, received.fault, received.noted) == (data, None, ())
        self.changed += received.keys_changed

    @rule()
    def rekey(self) -> None:
        self.peers.client.rekey()

    @rule()
    def ask_for_rekey(self) -> None:
        self.peers.server.ask_for_rekey()

    @rule(seconds=st.floats(-3, 3, allow_nan=False))
    def clock_moves(self, seconds: float) -> None:
        self.peers.clock.now += seconds

    @invariant()
    def at_most_one_rekey_is_open(self) -> None:
        if hasattr(self, "peers"):
            assert 0 <= self.offered - self.changed <= 1

    def teardown(self) -> None:
        """Whatever is under way arrives, and a last exchange is under one set of keys."""
        if not hasattr(self, "peers"):
            return
        for _ in range(2):
            for role in Role:
                while self.under_way[role]:
                    self.deliver(role)
                self.send(role, 3)
                self.deliver(role)


TestTwoPeers = TwoPeers.TestCase
TestTwoPeers.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

"""The device under test as the engine reaches it: addresses, titles, data points and actions of the PIXIT."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from pathlib import Path

import msgspec

from conform62351.pics.catalogue import catalogue
from conform62351.pics.conditions import Answer
from conform62351.pics.declaration import Declaration
from conform62351.pics.pixit import Pixit
from conform62351.pics.pixit_actions import DEFAULT_CONFIGURATION, PLAIN
from conform62351.profiles.mms.model import Model
from conform62351.profiles.mms.modelfile import reference_model
from conform62351.profiles.osi.parameters import Authentication, OsiParameters
from conform62351.profiles.role import Role
from conform62351.profiles.spec.data import SpecData
from conform62351.profiles.tls.interface import TlsMachine
from conform62351.tooling.engine.actions import Actions, Operator, RunningAction
from conform62351.tooling.engine.addressing import as_client, as_server
from conform62351.tooling.engine.authenticate import TESTER_TLS
from conform62351.tooling.engine.clock_offset import DutClock
from conform62351.tooling.engine.device_log import DeviceLog
from conform62351.tooling.engine.log_access import open_log
from conform62351.tooling.engine.margins import Margins
from conform62351.tooling.engine.pacing import Pacing
from conform62351.tooling.engine.security import WITH_TLS, MeansMissing, Security
from conform62351.tooling.engine.signing_times import SigningTimes, default_state
from conform62351.tooling.engine.stimulus import StimulusPolicy
from conform62351.tooling.engine.tls import Tls
from conform62351.tooling.engine.tls_end import TlsEnd
from conform62351.tooling.engine.tls_names import NATIVE_SUITES
from conform62351.tooling.net.channel import Channel, Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import PrivilegeMissing
from conform62351.tooling.net.flow import Recorder, Stream
from conform62351.tooling.net.raw_stream import RawStream
from conform62351.tooling.net.revocation_server import RevocationServer
from conform62351.tooling.net.secure_channel import SecureChannel
from conform62351.tooling.net.tls_stdlib import suite_codes

HOST = "dut.host"
RAW_SOCKETS = "raw sockets"
"""The name that plans have for the privilege to open them."""
STACK_CLAIMS: Mapping[str, tuple[str, ...]] = {
    PLAIN: (),
    "tls": ("COMB.TLS-alone",),
    "a-profile": ("COMB.A-security-profile-alone",),
    "compatibility": ("T8.T-security", "T8.A-security-profile"),
    "native": ("T10.E2E-security",),
    "native-tls": ("T10.E2E-security", "T10.T-security"),
}
"""The items of the PICS, without their roles, that a stack rests on."""


class Dut:
    """Everything that a run knows of its device.

    ``builtin`` tells that it is the harness's own reference device, which the report says. ``recorder`` is
    told of every octet on connections that are opened from then on. ``revocation`` is the server that
    certificates of the tester point to, if there is one. ``state`` is the file that remembers the
    times that the tester has signed, by default one of the user's for all runs: a device that is not reset
    between two runs remembers them too. ``spec`` is what is gone by in the place of this project's own data.
    ``known_clock`` is what is known of the device's clock.
    ``stack`` is what protects associations in the device's configuration: one of the stacks of the PIXIT.
    ``encoding_read`` tells that a SecPDU of the device has been decoded, ``encoding_unread`` that its first
    one could not be. ``patience`` is how many seconds a connection of the device, and TLS, get at most.
    """

    def __init__(
        self,
        declaration: Declaration,
        pixit: Pixit,
        *,
        clock: Clock,
        operator: Operator,
        builtin: bool = False,
        state: Path | None = None,
        spec: SpecData | None = None,
    ) -> None:
        self.declaration = declaration
        self.pixit = pixit
        self.clock = clock
        self.builtin = builtin
        self._operator = operator
        self.recorder: Recorder | None = None
        self.revocation: RevocationServer | None = None
        self.security = Security(pixit, clock, spec, declaration.header.edition)
        self.margins = Margins(pixit)
        self.known_clock = DutClock(pixit.number("clock_tolerance"))
        self.signing_times = SigningTimes(state or default_state(), pixit.number("time_resolution"), clock)
        self.encoding_read = False
        self.encoding_unread = False
        self.patience = math.inf
        self.pacing = Pacing(pixit, clock)
        self._configuration = DEFAULT_CONFIGURATION
        self.stack = self.stack_of(DEFAULT_CONFIGURATION)
        self._stack_to_reach = ""
        self._as_client = as_client(pixit)
        self._as_server = as_server(pixit)

    @property
    def is_server(self) -> bool:
        """Whether to reach the device as a server in the OSI environment, in its present configuration.

        It claims that role, and what protects associations there, unless it claims that as neither client nor
        server; an exploring run that leaves the roles open has an address to try.
        """
        server, client = (self.declaration.answers[f"T6.OSI.{role}"] for role in ("server", "client"))
        if server is Answer.YES and client is Answer.YES:
            return self._has_stack("server") or not self._has_stack("client")
        if Answer.UNKNOWN not in (server, client) or Answer.YES in (server, client):
            return server is Answer.YES
        return server is Answer.UNKNOWN and bool(self.pixit.text(HOST))

    def _has_stack(self, role: str) -> bool:
        """Return whether the PICS does not deny the present stack in a role."""
        answers = self.declaration.answers
        return all(answers[f"{code}.{role}"] is not Answer.NO for code in STACK_CLAIMS[self.stack])

    @functools.cached_property
    def model(self) -> Model:
        """The data that the tester's own server offers to a DUT client."""
        return reference_model()

    @property
    def configuration(self) -> str:
        """The configuration of the PIXIT that the device is in."""
        return self._configuration

    def stack_of(self, configuration: str) -> str:
        """Return what protects associations in ``configuration``: nothing unless the PIXIT says so."""
        known = self.pixit.configurations.get(configuration)
        return PLAIN if known is None else known.stack

    def port_for(self, stack: str = "") -> int:
        """Return the device's port for connections of ``stack``, by default that of the configuration."""
        with_tls = (stack or self.stack) in WITH_TLS
        return self.pixit.integer("dut.tls_port" if with_tls else "dut.port")

    @functools.cached_property
    def listener(self) -> Listener:
        """The tester's listening socket without TLS, opened when the first case needs it."""
        return self._listen("tester.port")

    @functools.cached_property
    def tls_listener(self) -> Listener:
        """The tester's listening socket with TLS, opened when the first case needs it."""
        return self._listen("tester.tls_port")

    def _listen(self, port: str) -> Listener:
        return Listener.bind(
            self.pixit.text("tester.bind"),
            self.pixit.integer(port),
            clock=self.clock,
            recorder=self.recorder,
            buffers=self.pixit.integer("tester.socket_buffers"),
        )

    def listener_for(self, stack: str = "") -> Listener:
        """Return the listening socket for connections of ``stack``, by default that of the configuration."""
        return self.tls_listener if (stack or self.stack) in WITH_TLS else self.listener

    @functools.cached_property
    def device_log(self) -> DeviceLog:
        """The device's security-event log, followed from the first time that it is asked for.

        Raises:
            LogUnreadable: the PIXIT gives no access to it, or what that needs is not there.
        """
        return open_log(self.pixit, self.actions, self.clock, self.security)

    @functools.cached_property
    def actions(self) -> Actions:
        """The PIXIT's actions, with the tester's address put in."""
        return Actions(
            self.pixit.actions, self._tester_address, self._operator, self.clock, self.margins.left
        )

    def _tester_address(self) -> dict[str, str]:
        address = self.listener_for(self._stack_to_reach).address
        return {"tester_host": address.host, "tester_port": str(address.port)}

    def configure(self, name: str) -> None:
        """Bring the device into the PIXIT's configuration ``name``.

        Raises:
            ActionFailed: the device did not take it.
        """
        self.actions.perform(self.pixit.configurations[name].action)
        self._configuration = name
        self.stack = self.stack_of(name)

    def by_engine(self, role: Role) -> bool:
        """Return whether the tester's own engine does TLS where a step does not say: by PIXIT and PICS.

        ``role`` is the tester's; what the device claims in the other one counts. The library has of the
        tables what Table 12 has, as far as it can.
        """
        machine = self.pixit.text("tls.machine")
        if machine != "auto":
            return machine == "engine"
        claimed = [
            item
            for item in catalogue().items.values()
            if item.suite and item.role != role.value and self.declaration.answers[item.code] is Answer.YES
        ]
        known = suite_codes().values()
        return bool(claimed) and not any(
            item.table == NATIVE_SUITES and int(item.suite, 16) in known for item in claimed
        )

    def tls_machine(self, role: Role, tls_credential: str) -> TlsMachine:
        """Return what does TLS on a connection to come, where a step does not say.

        Raises:
            MeansMissing: the credential cannot be used.
        """
        if self.by_engine(role):
            return self.security.engine(role, Tls(), tls_credential, StimulusPolicy())
        return self.security.machine(role, tls_credential)

    def with_tls(self, stack: str = "") -> bool:
        """Return whether connections of ``stack`` begin with TLS, by default those of the configuration."""
        return (stack or self.stack) in WITH_TLS

    def connect(
        self, stack: str = "", tls_credential: str = TESTER_TLS, port: str = "", tls: TlsEnd | None = None
    ) -> Stream:
        """Open a connection to the device, not earlier than ``min_interval`` and ``lockout`` want.

        ``stack`` is by default that of the configuration, and its port that for ``port``, by default its own;
        ``tls_credential`` is what the tester shows in TLS, unless ``tls`` does it.

        Raises:
            TlsHandshakeFailed: the TCP connection stood, TLS did not come about within ``limit.connect``.
            NetError: refused, or not within ``limit.connect``.
            MeansMissing: the credential cannot be used.
        """
        machine = None
        if tls is None and self.with_tls(stack):
            machine = self.tls_machine(Role.CLIENT, tls_credential)
        self.pacing.await_connection()
        limit = self.pixit.number("limit.connect")
        began = self.clock.monotonic()
        channel = Channel.connect(
            self.pixit.text(HOST),
            self.port_for(port or stack),
            limit=limit,
            clock=self.clock,
            recorder=self.recorder,
            buffers=self.pixit.integer("tester.socket_buffers"),
        )
        self._connected(began, "TCP connection")
        return self._secured(channel, machine, tls)

    def connect_raw(self, way: str, stack: str = "") -> Stream:
        """Open a connection of the tester's own TCP, whose segments go as ``way`` says, without TLS.

        ``stack`` is whose port it goes to, by default that of the configuration.

        Raises:
            NetError: refused, or not within ``limit.connect``.
            MeansMissing: this process may open no raw sockets.
        """
        self.pacing.await_connection()
        began = self.clock.monotonic()
        try:
            stream = RawStream.connect(
                self.pixit.text(HOST),
                self.port_for(stack),
                way,
                limit=self.pixit.number("limit.connect"),
                clock=self.clock,
                recorder=self.recorder,
            )
        except PrivilegeMissing as error:
            raise MeansMissing(RAW_SOCKETS, str(error)) from error
        self._connected(began, "TCP connection")
        return stream

    def _connected(self, began: float, what: str) -> None:
        self.margins.waited("limit.connect", self.clock.monotonic() - began, what)

    def _secured(self, channel: Channel, machine: TlsMachine | None, tls: TlsEnd | None) -> Stream:
        """Do what there is of TLS on a connection that stands. Raises TlsHandshakeFailed."""
        if tls is None and machine is None:
            return channel
        limit = min(self.pixit.number("limit.connect"), self.patience)
        began = self.clock.monotonic()
        if tls is not None:
            secured = tls.open(channel, limit)
        else:
            assert machine is not None
            secured = SecureChannel.open(channel, machine, limit=limit)
        self._connected(began, "TLS handshake")
        return secured

    def accept(
        self, stack: str = "", tls_credential: str = TESTER_TLS, port: str = "", tls: TlsEnd | None = None
    ) -> Stream | None:
        """Wait for a connection of the device for ``limit.connect`` seconds; None: there was none.

        The arguments are those of :meth:`connect`.

        Raises:
            TlsHandshakeFailed: it came, TLS did not come about.
            MeansMissing: the credential cannot be used.
        """
        machine = None
        if tls is None and self.with_tls(stack):
            machine = self.tls_machine(Role.SERVER, tls_credential)
        began = self.clock.monotonic()
        limit = min(self.pixit.number("limit.connect"), self.patience)
        channel = self.listener_for(port or stack).accept(limit)
        if channel is None:
            return None
        self._connected(began, "TCP connection of the device")
        return self._secured(channel, machine, tls)

    def start(self, action: str, stack: str = "") -> RunningAction:
        """Start an action; a connect is told the tester's port for ``stack``, by default the configuration's.

        A device that has locked the tester out is told to connect later. What was known of the clock of a
        device does not hold once that is set.

        Raises:
            ActionFailed: the set-up has no such action.
            OperatorDeclined: a question was not answered as done.
        """
        if action == "connect":
            self.pacing.await_lockout()
        elif action == "set-clock":
            self.known_clock.forget()
        self._stack_to_reach = stack
        try:
            return self.actions.start(action)
        finally:
            self._stack_to_reach = ""

    def drop_left_over(self) -> int:
        """Close connections that the device opened before it was told to, and return how many there were.

        They are left over from what went wrong before. Those of a device that connects by itself are wanted.
        """
        action = self.pixit.actions.get("connect")
        if action is None or action.kind == "wait":
            return 0
        opened = [self.__dict__[name] for name in ("listener", "tls_listener") if name in self.__dict__]
        return sum(listener.discard() for listener in opened)

    @property
    def path_delay(self) -> float:
        """How many seconds octets may be on their way to the device, or back."""
        return self.pixit.number("path_delay")

    def osi_parameters(self, role: Role, *, authenticated: bool = False) -> OsiParameters:
        """Return what the tester sends and expects in ``role``: selectors, titles, contexts.

        The password of plain MMS is left out where an association is ``authenticated`` by compatibility mode.
        """
        if role is Role.SERVER:
            return self._as_server
        if authenticated:
            return msgspec.structs.replace(self._as_client, authentication=Authentication())
        return self._as_client

    def object_name(self, point: str) -> str:
        """Return DOMAIN/ITEM that the PIXIT entry ``point`` names; empty for an empty ``point``."""
        return self.pixit.text(point) if point else ""

    def close(self) -> None:
        """Close the listeners that were opened."""
        for name in ("listener", "tls_listener"):
            if name in self.__dict__:
                getattr(self, name).close()
        if "device_log" in self.__dict__:
            self.device_log.close()

"""The device under test as the engine reaches it: addresses, titles, data points and actions of the PIXIT."""

from __future__ import annotations

import functools
from pathlib import Path

import msgspec

from conform62351.pics.conditions import Answer
from conform62351.pics.declaration import Declaration
from conform62351.pics.pixit import Pixit, pixit_entries
from conform62351.pics.pixit_actions import DEFAULT_CONFIGURATION, PLAIN
from conform62351.profiles.identifiers import IDENTIFIERS
from conform62351.profiles.mms.model import Model
from conform62351.profiles.mms.modelfile import reference_model
from conform62351.profiles.osi.apdu import AUTHENTICATION_UNIT
from conform62351.profiles.osi.parameters import Authentication, OsiParameters, Titles
from conform62351.profiles.role import Role
from conform62351.profiles.spec.data import SpecData
from conform62351.profiles.tlv_edit import length_octets
from conform62351.tooling.engine.actions import Actions, Operator, RunningAction
from conform62351.tooling.engine.authenticate import TESTER_TLS
from conform62351.tooling.engine.clock_offset import DutClock
from conform62351.tooling.engine.device_log import DeviceLog
from conform62351.tooling.engine.log_access import log_means, open_log
from conform62351.tooling.engine.security import WITH_TLS, Security
from conform62351.tooling.engine.signing_times import SigningTimes, default_state
from conform62351.tooling.net.channel import Channel, Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.flow import Recorder, Stream
from conform62351.tooling.net.secure_channel import SecureChannel

CHARSTRING = 0x80
"""The alternative of Authentication-value that holds a password, [0] GraphicString."""


class Dut:
    """Everything that a run knows of its device.

    ``builtin`` tells that it is the harness's own reference device, which the report says. ``recorder`` is
    told of every octet on connections that are opened from then on. ``state`` is the file that remembers the
    times that the tester has signed, by default one of the user's for all runs: a device that is not reset
    between two runs remembers them too. ``spec`` is what is gone by in the place of this project's own data.
    ``known_clock`` is what is known of the device's clock.
    ``encoding_read`` tells that a SecPDU of the device has been decoded, ``encoding_unread`` that its first
    one could not be.
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
        self.security = Security(pixit, clock, spec, declaration.header.edition)
        self.known_clock = DutClock(pixit.number("clock_tolerance"))
        self.signing_times = SigningTimes(state or default_state(), pixit.number("time_resolution"), clock)
        self.encoding_read = False
        self.encoding_unread = False
        self._configuration = DEFAULT_CONFIGURATION
        self._stack_to_reach = ""
        self._next_connection = 0.0
        self._locked_out_until = 0.0
        self._next_request = 0.0

    @property
    def is_server(self) -> bool:
        """Whether to reach the device as a server in the OSI environment.

        It claims that role; an exploring run that leaves the roles open has an address to try.
        """
        server, client = (self.declaration.answers[f"T6.OSI.{role}"] for role in ("server", "client"))
        if Answer.UNKNOWN not in (server, client) or Answer.YES in (server, client):
            return server is Answer.YES
        return server is Answer.UNKNOWN and bool(self.pixit.text("dut.host"))

    @functools.cached_property
    def model(self) -> Model:
        """The data that the tester's own server offers to a DUT client."""
        return reference_model()

    @property
    def configuration(self) -> str:
        """The configuration of the PIXIT that the device is in."""
        return self._configuration

    @property
    def stack(self) -> str:
        """What protects associations in the device's configuration: one of the stacks of the PIXIT."""
        return self.stack_of(self._configuration)

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
        return Actions(self.pixit.actions, self._tester_address, self._operator, self.clock)

    def _tester_address(self) -> dict[str, str]:
        address = self.listener_for(self._stack_to_reach).address
        return {"tester_host": address.host, "tester_port": str(address.port)}

    def offered(self) -> list[str]:
        """Return the means of this set-up.

        They are the actions that it can carry out, the data points that are named, ``any SELECTOR`` for
        each selector and title that the server does not insist on, ``group 23 as READING``, ``credential
        NAME`` for each of those in the tester's folder, and ``security-event log`` and ``log collector``
        where the log can be had so.

        Raises:
            CredentialError: the folder cannot be used.
        """
        points = [name for name in pixit_entries() if name.startswith("data.") and self.pixit.text(name)]
        insists_on = self.pixit.texts("dut.insists_on")
        free = [name for name in pixit_entries()["dut.insists_on"].choices if name not in insists_on]
        actions = [name for name in self.pixit.actions if self.actions.offers(name)]
        log = log_means(self.pixit, self.actions)
        reading = f"group 23 as {self.pixit.text('native.group23')}"
        return [*points, *(f"any {name}" for name in free), reading, *self.security.offers(), *log, *actions]

    def configure(self, name: str) -> None:
        """Bring the device into the PIXIT's configuration ``name``.

        Raises:
            ActionFailed: the device did not take it.
        """
        self.actions.perform(self.pixit.configurations[name].action)
        self._configuration = name

    def connect(self, stack: str = "", tls_credential: str = TESTER_TLS, port: str = "") -> Stream:
        """Open a connection to the device, not earlier than ``min_interval`` and ``lockout`` want.

        ``stack`` is by default that of the configuration, and its port that for ``port``, by default its own;
        ``tls_credential`` is what the tester shows in TLS.

        Raises:
            TlsHandshakeFailed: the TCP connection stood, TLS did not come about within ``limit.connect``.
            NetError: refused, or not within ``limit.connect``.
            MeansMissing: the credential cannot be used.
        """
        with_tls = (stack or self.stack) in WITH_TLS
        machine = self.security.machine(Role.CLIENT, tls_credential) if with_tls else None
        self._await_admission()
        limit = self.pixit.number("limit.connect")
        channel = Channel.connect(
            self.pixit.text("dut.host"),
            self.port_for(port or stack),
            limit=limit,
            clock=self.clock,
            recorder=self.recorder,
        )
        return channel if machine is None else SecureChannel.open(channel, machine, limit=limit)

    def accept(self, stack: str = "", tls_credential: str = TESTER_TLS, port: str = "") -> Stream | None:
        """Wait for a connection of the device for ``limit.connect`` seconds; None: there was none.

        The arguments are those of :meth:`connect`.

        Raises:
            TlsHandshakeFailed: it came, TLS did not come about.
            MeansMissing: the credential cannot be used.
        """
        with_tls = (stack or self.stack) in WITH_TLS
        machine = self.security.machine(Role.SERVER, tls_credential) if with_tls else None
        limit = self.pixit.number("limit.connect")
        channel = self.listener_for(port or stack).accept(limit)
        if channel is None or machine is None:
            return channel
        return SecureChannel.open(channel, machine, limit=limit)

    def _await_admission(self) -> None:
        """Wait until the device may be met again, for ``min_interval`` and ``lockout``."""
        now = self.clock.monotonic()
        self.clock.sleep(max(self._next_connection, self._locked_out_until) - now)
        self._next_connection = self.clock.monotonic() + self.pixit.number("min_interval")

    def start(self, action: str, stack: str = "") -> RunningAction:
        """Start an action; a connect is told the tester's port for ``stack``, by default the configuration's.

        A device that has locked the tester out is told to connect later. What was known of the clock of a
        device does not hold once that is set.

        Raises:
            ActionFailed: the set-up has no such action.
            OperatorDeclined: a question was not answered as done.
        """
        if action == "connect":
            self.clock.sleep(self._locked_out_until - self.clock.monotonic())
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

    def was_refused(self) -> None:
        """Take note that the device has refused an authentication: it may lock the tester out now."""
        self._locked_out_until = self.clock.monotonic() + self.pixit.number("lockout")

    def keep_pace(self) -> None:
        """Wait until the PIXIT's ``pace`` allows a further request."""
        if not self.pixit.number("pace"):
            return
        self.clock.sleep(self._next_request - self.clock.monotonic())
        self._next_request = self.clock.monotonic() + self.pixit.number("pace")

    def osi_parameters(self, role: Role, *, authenticated: bool = False) -> OsiParameters:
        """Return what the tester sends and expects in ``role``: selectors, titles, contexts.

        The password of plain MMS is left out where an association is ``authenticated`` by compatibility mode.
        """
        if role is Role.SERVER:
            return self._as_server
        if authenticated:
            return msgspec.structs.replace(self._as_client, authentication=Authentication())
        return self._as_client

    @functools.cached_property
    def _as_client(self) -> OsiParameters:
        return OsiParameters(
            calling_transport=self.pixit.octets("tester.t_selector"),
            calling_session=self.pixit.octets("tester.s_selector"),
            calling_presentation=self.pixit.octets("tester.p_selector"),
            called_transport=self.pixit.octets("dut.t_selector"),
            called_session=self.pixit.octets("dut.s_selector"),
            called_presentation=self.pixit.octets("dut.p_selector"),
            calling=_titles(self.pixit, "tester"),
            called=_titles(self.pixit, "dut"),
            authentication=_password(self.pixit.text("dut.password")),
        )

    @functools.cached_property
    def _as_server(self) -> OsiParameters:
        return OsiParameters(calling=_titles(self.pixit, "dut"), called=_titles(self.pixit, "tester"))

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


def _password(password: str) -> Authentication:
    """Return the authentication members of an AARQ with a password; without one, none (X.227, R)."""
    if not password:
        return Authentication()
    text = password.encode()
    value = bytes((CHARSTRING,)) + length_octets(len(text)) + text
    return Authentication(AUTHENTICATION_UNIT, IDENTIFIERS.oid("acse-password-mechanism"), value)


def _titles(pixit: Pixit, side: str) -> Titles:
    """Return the titles of ``side``; an empty AP-title leaves both out."""
    ap_title = pixit.text(f"{side}.ap_title")
    return Titles(ap_title, pixit.integer(f"{side}.ae_qualifier")) if ap_title else Titles()

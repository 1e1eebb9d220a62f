"""The device under test as the engine reaches it: addresses, titles, data points and actions of the PIXIT."""

from __future__ import annotations

import functools

from conform62351.pics.conditions import Answer
from conform62351.pics.declaration import Declaration
from conform62351.pics.pixit import Pixit, pixit_entries
from conform62351.profiles.identifiers import IDENTIFIERS
from conform62351.profiles.mms.model import Model
from conform62351.profiles.mms.modelfile import reference_model
from conform62351.profiles.osi.parameters import Authentication, OsiParameters, Titles
from conform62351.profiles.role import Role
from conform62351.profiles.tlv_edit import length_octets
from conform62351.tooling.engine.actions import Actions, Operator
from conform62351.tooling.net.channel import Channel, Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.flow import Recorder

CHARSTRING = 0x80
"""The alternative of Authentication-value that holds a password, [0] GraphicString."""
AUTHENTICATION_UNIT = bytes.fromhex("0780")


class Dut:
    """Everything that a run knows of its device.

    ``builtin`` tells that it is the harness's own reference device, which the report says. ``recorder`` is
    told of every octet on connections that are opened from then on.
    """

    def __init__(
        self,
        declaration: Declaration,
        pixit: Pixit,
        *,
        clock: Clock,
        operator: Operator,
        builtin: bool = False,
    ) -> None:
        self.declaration = declaration
        self.pixit = pixit
        self.clock = clock
        self.builtin = builtin
        self._operator = operator
        self.recorder: Recorder | None = None
        self._next_connection = 0.0
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

    @functools.cached_property
    def listener(self) -> Listener:
        """The tester's listening socket, opened when the first case needs it."""
        return Listener.bind(
            self.pixit.text("tester.bind"),
            self.pixit.integer("tester.port"),
            clock=self.clock,
            recorder=self.recorder,
        )

    @functools.cached_property
    def actions(self) -> Actions:
        """The PIXIT's actions, with the tester's address put in."""
        return Actions(self.pixit.actions, self._tester_address, self._operator, self.clock)

    def _tester_address(self) -> dict[str, str]:
        address = self.listener.address
        return {"tester_host": address.host, "tester_port": str(address.port)}

    def offered(self) -> list[str]:
        """Return the means of this set-up.

        They are the actions that it can carry out, the data points that are named, and ``any SELECTOR`` for
        each selector and title that the server does not insist on.
        """
        points = [name for name in pixit_entries() if name.startswith("data.") and self.pixit.text(name)]
        insists_on = self.pixit.texts("dut.insists_on")
        free = [name for name in pixit_entries()["dut.insists_on"].choices if name not in insists_on]
        actions = [name for name in self.pixit.actions if self.actions.offers(name)]
        return [*points, *(f"any {name}" for name in free), *actions]

    def configure(self, name: str) -> None:
        """Bring the device into the PIXIT's configuration ``name``.

        Raises:
            ActionFailed: the device did not take it.
        """
        self.actions.perform(self.pixit.configurations[name].action)

    def connect(self) -> Channel:
        """Open a TCP connection to the device, not earlier than its ``min_interval`` after the last.

        Raises:
            NetError: refused, or not within ``limit.connect``.
        """
        self.clock.sleep(self._next_connection - self.clock.monotonic())
        self._next_connection = self.clock.monotonic() + self.pixit.number("min_interval")
        return Channel.connect(
            self.pixit.text("dut.host"),
            self.pixit.integer("dut.port"),
            limit=self.pixit.number("limit.connect"),
            clock=self.clock,
            recorder=self.recorder,
        )

    def keep_pace(self) -> None:
        """Wait until the PIXIT's ``pace`` allows a further request."""
        if not self.pixit.number("pace"):
            return
        self.clock.sleep(self._next_request - self.clock.monotonic())
        self._next_request = self.clock.monotonic() + self.pixit.number("pace")

    def osi_parameters(self, role: Role) -> OsiParameters:
        """Return what the tester sends and expects in ``role``: selectors, titles, contexts."""
        return self._as_client if role is Role.CLIENT else self._as_server

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
        """Close the listener if it was opened."""
        if "listener" in self.__dict__:
            self.listener.close()


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

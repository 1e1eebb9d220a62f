"""What all handshakes of one connection share: link, checks, reactions, what the last one came to."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.policy import CheckTable, Context, Finding, Policy, Reaction
from conform62351.profiles.role import Role
from conform62351.profiles.tls.alerts import CLOSE_NOTIFY, FATAL, WARNING
from conform62351.profiles.tls.engine.link import Link
from conform62351.profiles.tls.engine.parameters import EngineParameters
from conform62351.profiles.tls.engine.sessions import Session
from conform62351.profiles.tls.interface import Established, Found, TlsEvent
from conform62351.profiles.tls.outcomes import outcome_of

CANNOT_GO_ON: Final = "nothing can be done with it"


class Ended(Exception):
    """The connection is over: ``reason`` is a sentence for people, ``alert`` the one that is due."""

    def __init__(self, reason: str, alert: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.alert = alert


class Connection:
    """One connection, with all that outlives its handshakes.

    ``verify_data`` are those of the last handshake by their sender (RFC 5746 3.1), and ``secure`` tells that
    the peer has signalled secure renegotiation in it.
    """

    def __init__(self, role: Role, parameters: EngineParameters, policy: Policy) -> None:
        self.role = role
        self.parameters = parameters
        self.policy = policy
        self.link = Link(parameters, policy)
        self.verify_data: dict[Role, bytes] = {}
        self.secure = False
        self.version: int | None = None
        """The version that was agreed, None before the first ServerHello."""
        self.established: Established | None = None
        self.peer_chain: tuple[bytes, ...] = ()
        self.session: Session | None = None
        self.full_due = False
        """Whether this side wants a full handshake next, and no resumption of the session."""

    @property
    def peer(self) -> Role:
        """The role of the other side."""
        return Role.SERVER if self.role is Role.CLIENT else Role.CLIENT

    @property
    def may_refresh(self) -> bool:
        """Whether a renegotiation may resume the session of the connection, at a server."""
        return self.parameters.key_refresh_interval is not None and not self.full_due

    def tell(self, event: TlsEvent) -> None:
        """Give an event with the next ones."""
        self.link.events.append(event)

    def judge(self, checks: CheckTable[Context], context: Context) -> Finding | None:
        """Make the checks of a table; see :meth:`report`."""
        return self.report(checks.findings(context, self.policy))

    def report(self, findings: tuple[Finding, ...]) -> Finding | None:
        """Tell what was found, and return the finding for which something is to be passed over, if any.

        Raises:
            Ended: the last one ends the connection.
        """
        for finding in findings:
            self.tell(Found(finding))
        if not findings:
            return None
        last = findings[-1]
        if last.fault.reaction is Reaction.NOTE or not self.policy.reacts(last):
            return None
        if last.fault.reaction is Reaction.REFUSE:
            raise Ended(str(last), outcome_of(last.step).alert)
        alert = outcome_of(last.step).alert
        if alert:
            self.link.alert(WARNING, alert)
        return last

    def end(self, ended: Ended) -> None:
        """Send the alert of an end, and drop the session: it is not resumed after a fatal one."""
        if not ended.alert:
            return
        self.link.alert(WARNING if ended.alert == CLOSE_NOTIFY else FATAL, ended.alert)
        if ended.alert != CLOSE_NOTIFY:
            self.forget()

    def forget(self) -> None:
        """Drop the session after a fatal alert (RFC 5246 7.2.2)."""
        store = self.parameters.store
        if store is not None and self.session is not None:
            store.forget(self.session.id)
        self.session = None

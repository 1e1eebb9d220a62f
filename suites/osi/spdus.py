"""Well-formed SPDUs, for places where they do not belong: what two correct parties send each other."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType

from conform62351.profiles.mms.client import MmsClient
from conform62351.profiles.mms.modelfile import reference_model
from conform62351.profiles.mms.server import MmsServer
from conform62351.profiles.osi import session
from conform62351.profiles.osi.association import Association
from conform62351.profiles.osi.parameters import OsiParameters
from conform62351.profiles.osi.spdu import AbortAcceptSpdu
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.tooling.engine.steps import Inject

TITLES = {
    "SES.CN": "CONNECT",
    "SES.AC": "ACCEPT",
    "SES.RF": "REFUSE",
    "SES.FN": "FINISH",
    "SES.DN": "DISCONNECT",
    "SES.AB": "ABORT",
    "SES.AA": "ABORT ACCEPT",
    "SES.DT": "DATA TRANSFER",
}


class _Recorder(Policy):
    """Changes nothing and keeps the octets of every SPDU that is sent."""

    def __init__(self) -> None:
        self.octets = {"SES.AA": session.encode(AbortAcceptSpdu())}

    def rewrite_octets(self, name: str, octets: bytes) -> bytes:
        if name in TITLES:
            self.octets[name] = octets
        return octets


class _Pair:
    """A client and a server that talk to each other without a network."""

    def __init__(self, recorder: _Recorder) -> None:
        self.mms = MmsClient()
        self.client = Association(Role.CLIENT, OsiParameters(), recorder)
        self.server = Association(Role.SERVER, OsiParameters(), recorder)
        self.client.open_transport()
        self.exchange()
        initiate = self.mms.initiate()
        assert initiate.octets is not None
        self._initiate = initiate.octets
        self.client.associate(initiate.octets, initiate.name)
        self.exchange()

    def exchange(self) -> None:
        """Carry what is queued to the other side, until nothing is."""
        sides = (self.client, self.server)
        while any([self._carry(*sides), self._carry(*reversed(sides))]):
            pass

    def _carry(self, sender: Association, receiver: Association) -> bool:
        messages = sender.take_output()
        for message in messages:
            receiver.receive(message.octets)
        return bool(messages)

    def accept(self) -> None:
        """Have the server accept."""
        (reply,) = MmsServer(reference_model()).handle(self._initiate, 0.0).replies
        assert reply.octets is not None
        self.server.accept(reply.octets, reply.name)
        self.exchange()


@functools.cache
def well_formed() -> Mapping[str, bytes]:
    """Return one SPDU of each kind by its name, ``SES.CN`` and so on."""
    recorder = _Recorder()
    released = _Pair(recorder)
    released.accept()
    request = released.mms.identify()
    assert request.octets is not None
    released.client.send_data(request.octets, request.name)
    released.client.release()
    released.exchange()
    released.server.accept_release()
    rejected = _Pair(recorder)
    rejected.server.reject(result=1, source=1, diagnostic=1)
    aborted = _Pair(recorder)
    aborted.accept()
    aborted.client.abort()
    return MappingProxyType(recorder.octets)


def inject(name: str, *, may_break: bool = False) -> Inject:
    """Return the step that sends a well-formed SPDU in whatever state."""
    return inject_octets(well_formed()[name], name, may_break=may_break)


def inject_octets(octets: bytes, name: str, *, may_break: bool = False) -> Inject:
    """Return the step that sends octets as a TSDU in whatever state."""
    return Inject(layer="cotp", octets=octets, name=name, may_break=may_break)

"""What the tester brings for native mode: parameters, the algorithms that steps name, and its key file."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Final

from conform62351.pics.conditions import Answer, Answers
from conform62351.pics.pixit import Pixit
from conform62351.profiles.crypto.algorithms import Algorithm, Use, algorithm, names
from conform62351.profiles.crypto.groups import groups
from conform62351.profiles.crypto.protection import TAG_LENGTHS
from conform62351.profiles.environments.osi.parameters import NativeSecurity
from conform62351.profiles.identifiers import Identifiers
from conform62351.profiles.native.ber import codec_of
from conform62351.profiles.native.derivation import Derivation, derivation_by
from conform62351.profiles.native.identity import Numbers
from conform62351.profiles.native.parameters import LocalPolicy, Mode, NativeParameters
from conform62351.profiles.native.replay import ReplayStore
from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.pki.credential import Credential
from conform62351.profiles.pki.path import Trust
from conform62351.profiles.pki.revocation import RevocationData
from conform62351.profiles.role import Role
from conform62351.profiles.spec.data import SpecData
from conform62351.tooling.engine.handshake import Handshake, ModeName
from conform62351.tooling.engine.native_own import OwnMemory
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.e2e_keys import KeyFileWriter

NO_ENCRYPTION: Final = "native-no-encryption"
"""The configuration of a DUT whose local policy wants no encryption: there, none is asked for."""
SEARCHED: Final = "searched"
FIRST_NUMBER: Final = 57
"""The number of the first association. Those of devices begin at 0 or 1: two that are equal hide a mix-up."""
_RFC5114: Final = "rfc5114"
GROUP_23: Final = "group-23"
"""The name that steps have for group 23, whichever group the PIXIT says that this number stands for."""
_TAG: Final = "/"
_OVERRIDES: Final = {
    "e2eSecurityAS": "native.abstract_syntax",
    "e2eMmsAC": "native.application_context",
}
_MODES: Final = {"ae": Mode.AE, "separate": Mode.SEPARATE, "clear": Mode.CLEAR}


class NativeMeans:
    """What all native associations of the tester share: the numbers, what was received, and the key file.

    ``key_log`` takes the secrets of associations, None: nothing does. Set it before the first connection.
    ``reading`` is the one that associations begin with: what the PIXIT pins, or what was found so far.
    ``settled`` tells that there is nothing to look for any more, ``own`` remembers what the device has sent.
    """

    def __init__(self, pixit: Pixit, clock: Clock, spec: SpecData, edition: str) -> None:
        self.key_log: KeyFileWriter | None = None
        self._pixit = pixit
        self._clock = clock
        self._spec = spec
        self._searches = pixit.text("native.derivation") == SEARCHED
        self.settled = not self._searches
        self.reading = (
            Derivation() if self._searches else derivation_by(lambda choice: pixit.text(f"native.{choice}"))
        )
        self._told: Derivation | None = None
        self._codec = codec_of(spec, edition)
        self.unsettled = spec.diagnostics[edition].handshake.inferred
        """The diagnostics of a handshake whose numbers nobody knows for sure in the edition of the device."""
        self.numbers = Numbers(FIRST_NUMBER)
        self._store = ReplayStore()
        self._locals: dict[tuple[Handshake, Role, ModeName], LocalPolicy] = {}
        self.own = OwnMemory()

    def news(self, reading: Derivation) -> str:
        """Return in words what is to be noted of a reading that was found, empty when that has been done."""
        known = self._told or Derivation()
        self._told = reading
        if reading == known:
            return ""
        return f"the device derives keys and protects data by another reading: {reading}"

    def parameters(
        self,
        credential: Credential,
        trust: Trust,
        signing_time: Callable[[], float],
        *,
        revocation: Callable[[Certificate], RevocationData],
        authorities: tuple[Certificate, ...],
    ) -> NativeParameters:
        """Return the parameters of one connection: what is sent there is the step's to change."""
        return NativeParameters(
            now=self._clock.unix,
            randomness=os.urandom,
            credential=credential,
            trust=trust,
            signing_time=signing_time,
            revocation=revocation,
            authorities=authorities,
            store=self._store,
        )

    def security(
        self, native: NativeParameters, *, tls: bool, tls_certificate: bytes | None
    ) -> NativeSecurity:
        """Return what the association of one connection needs."""
        return NativeSecurity(
            native=native,
            numbers=self.numbers,
            tls=tls,
            tls_certificate=tls_certificate,
            search=self._searches,
            derivation=self.reading,
            identifiers=self._identifiers,
            codec=self._codec,
        )

    @functools.cached_property
    def _identifiers(self) -> Identifiers:
        given = {name: self._pixit.text(entry) for name, entry in _OVERRIDES.items()}
        return self._spec.identifiers.overridden({name: oid for name, oid in given.items() if oid})

    def local(self, how: Handshake, role: Role, usual: ModeName) -> LocalPolicy:
        """Return what is offered, or taken by a server; ``usual`` is the mode where a step names none.

        Raises:
            KeyError, ValueError: a name that the tables of groups and algorithms do not have.
        """
        key = (how, role, usual)
        if key not in self._locals:
            self._locals[key] = self._local(how, role, usual)
        return self._locals[key]

    def _local(self, how: Handshake, role: Role, usual: ModeName) -> LocalPolicy:
        ike = self._pixit.text("native.group23") == _RFC5114
        first = "modp-2048-224" if ike else "secp256r1"
        tags = tuple(TAG_LENGTHS) if role is Role.SERVER else (16, 12)
        gcm = tuple(algorithm(name, tag) for name in reversed(names(Use.GCM)) for tag in tags)
        hmac = tuple(map(algorithm, names(Use.HMAC)))
        return LocalPolicy(
            groups=tuple(first if name == GROUP_23 else groups()[name].name for name in how.groups)
            or (first, "brainpoolP256r1", "modp-2048"),
            ike=ike,
            hmac=hmac,
            ae=_named(how.ae) or gcm,
            encryption=_named(how.encryption) or tuple(map(algorithm, reversed(names(Use.ENCRYPTION)))),
            integrity=_named(how.integrity) or (*hmac, *gcm),
            mode=_MODES[how.mode or usual],
            protocols=(how.protocol or self._spec.pp(self._pixit.text("native.pp")),),
        )


def usual_mode(configuration: str, answers: Answers, role: str) -> ModeName:
    """Return the encr-mode that suits a DUT of ``role`` in a configuration: AE if it can, else separate."""
    if configuration == NO_ENCRYPTION:
        return "clear"
    if answers.get(f"T11.AE.{role}") is not Answer.NO:
        return "ae"
    return "clear" if answers.get(f"E2E.non-AE-encryption.{role}") is Answer.NO else "separate"


def _named(texts: tuple[str, ...]) -> tuple[Algorithm, ...]:
    """Return the algorithms by their names, behind which the octets of a tag may stand."""
    found = []
    for text in texts:
        name, _, tag = text.partition(_TAG)
        found.append(algorithm(name, int(tag)) if tag else algorithm(name))
    return tuple(found)

"""What the tester brings for TLS and for authentication: the credentials of the PIXIT's folder."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from conform62351.pics.faults import FileFault
from conform62351.pics.pixit import Pixit
from conform62351.profiles.compatibility.parameters import CompatibilityParameters
from conform62351.profiles.compatibility.replay import ReplayMemory
from conform62351.profiles.compatibility.signing import SignatureInput
from conform62351.profiles.crypto.signatures import PrivateKey
from conform62351.profiles.native.parameters import NativeParameters
from conform62351.profiles.pki.certificate import Certificate, CertificateError, read_certificate
from conform62351.profiles.pki.credential import Credential
from conform62351.profiles.pki.revocation import RevocationData
from conform62351.profiles.role import Role
from conform62351.profiles.spec.data import SpecData, own_data
from conform62351.profiles.spec.diagnostics import USUAL_EDITION
from conform62351.profiles.tls.engine.machine import EngineTls
from conform62351.profiles.tls.engine.parameters import EngineParameters
from conform62351.profiles.tls.engine.sessions import Session, SessionStore
from conform62351.profiles.tls.interface import TlsMachine
from conform62351.tooling.engine.authenticate import NO_CERTIFICATE, TESTER, TESTER_TLS
from conform62351.tooling.engine.handshake import E2E, attributes_of
from conform62351.tooling.engine.native_security import NativeMeans
from conform62351.tooling.engine.stimulus import StimulusPolicy
from conform62351.tooling.engine.tls import Tls, shown_in
from conform62351.tooling.engine.tls_parameters import Means
from conform62351.tooling.net.authority_keys import AuthorityKeys
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credentials import CredentialError, CredentialFolder
from conform62351.tooling.net.errors import TlsSettingsError
from conform62351.tooling.net.tls_contexts import TlsFactory, settings_of

WITH_TLS = ("tls", "compatibility", "native-tls")
WITH_AUTHENTICATION = ("a-profile", "compatibility")
NATIVE = ("native", "native-tls")
"""Stacks, by the names that PIXIT and steps have for them."""
AUTHORITIES = "of authorities"
"""What is missing where their keys cannot be read."""


class MeansMissing(Exception):
    """The set-up lacks a means, ``name``, that only showed while a conversation was under way."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(why)
        self.name = name


def means_of(credential: str) -> str:
    """Return the name that plans have for the means of having a credential."""
    return f"credential {credential}"


def needed_for(stack: str, tls_credential: str = TESTER_TLS, how: Tls | None = None) -> tuple[str, ...]:
    """Return the credentials without which nothing can be sent over ``stack``."""
    shown = shown_in(how, tls_credential) if stack in WITH_TLS else ()
    tls = tuple(name for name in shown if name != NO_CERTIFICATE)
    if stack in NATIVE:
        return (*tls, E2E)
    return (*tls, TESTER) if stack in WITH_AUTHENTICATION else tls


class Security:
    """The tester's credentials and trust.

    The folder is read when it is first needed. ``key_log`` is the file that TLS appends its secrets to, as
    NSS writes them; None: nowhere. Set it before the first connection. ``spec`` is what native mode goes by
    in the place of this project's own data, with the diagnostics of ``edition``.
    """

    def __init__(
        self, pixit: Pixit, clock: Clock, spec: SpecData | None = None, edition: str = USUAL_EDITION
    ) -> None:
        self.key_log: Path | None = None
        self._spec = spec or own_data()
        self._edition = edition
        self._pixit = pixit
        self._clock = clock
        self._memory = ReplayMemory()
        self._factories: dict[tuple[Role, str], TlsFactory] = {}
        self._engine_means: Means | None = None

    @functools.cached_property
    def folder(self) -> CredentialFolder | None:
        """The folder ``pki.folder``, None without one.

        Raises:
            CredentialError: with all faults of its manifest.
        """
        path = self._pixit.text("pki.folder")
        return CredentialFolder.load(Path(path)) if path else None

    def offers(self) -> list[str]:
        """Return the means of having credentials and attribute certificates.

        Raises:
            CredentialError: with all faults of the folder.
        """
        if self.folder is None:
            return []
        named = (*self.folder.names, *map(attributes_of, self.folder.attribute_names))
        return [means_of(name) for name in named]

    @functools.cached_property
    def native(self) -> NativeMeans:
        """What native mode needs beside credentials."""
        return NativeMeans(self._pixit, self._clock, self._spec, self._edition)

    def native_parameters(self, signing_time: Callable[[], float]) -> NativeParameters:
        """Return what a connection of native mode begins with; ``signing_time`` gives the times to sign.

        Raises:
            MeansMissing: credential, trust or attribute authorities cannot be read.
        """
        credential = self.credential(E2E)
        with _lacking(E2E):
            folder = self._folder()
            return self.native.parameters(
                credential,
                folder.trust,
                signing_time,
                revocation=lambda _: self._revocation,
                authorities=folder.attribute_authorities,
            )

    def credential(self, name: str) -> Credential:
        """Return a credential.

        Raises:
            MeansMissing: there is no such credential, or it does not decode.
        """
        with _lacking(name):
            return self._folder().credential(name)

    def readable(self, name: str) -> bool:
        """Return whether the certificate of a credential decodes, which that of some bad ones does not.

        Raises:
            MeansMissing: there is no such credential.
        """
        try:
            read_certificate(self.octets(name))
        except CertificateError:
            return False
        return True

    def attributes(self, name: str) -> bytes:
        """Return an attribute certificate, whether it decodes or not.

        Raises:
            MeansMissing: there is no such attribute certificate.
        """
        with _lacking(attributes_of(name)):
            return self._folder().attribute_certificate(name)

    def octets(self, name: str) -> bytes:
        """Return the certificate of a credential, whether it decodes or not.

        Raises:
            MeansMissing: there is no such credential.
        """
        with _lacking(name):
            return self._folder().octets(name)

    def anchor_of(self, certificate: Certificate) -> bytes:
        """Return the anchor that has issued a certificate, as far as its name tells.

        Raises:
            MeansMissing: the folder has no such anchor.
        """
        with _lacking("anchors"):
            folder = self._folder()
            found = folder.trust.anchors_by_subject.get(certificate.issuer)
            if not found:
                message = f"no anchor has issued {certificate.subject_text}"
                raise CredentialError((FileFault(folder.path, 0, message),))
            return found[0].octets

    def key(self, name: str) -> PrivateKey:
        """Return the private key of a credential.

        Raises:
            MeansMissing: there is no such credential, or no key.
        """
        with _lacking(name):
            return self._folder().key(name)

    @property
    def signature_input(self) -> str:
        """What the tester signs by the PIXIT: ``81``, ``18`` or ``raw``."""
        return self._pixit.text("signature.input")

    def parameters(self, tls_certificate: bytes | None) -> CompatibilityParameters:
        """Return what authenticates the tester, and judges a device that showed ``tls_certificate`` in TLS.

        Raises:
            MeansMissing: credential or trust cannot be read.
        """
        with _lacking(TESTER):
            folder = self._folder()
            folder.key(TESTER)
            return CompatibilityParameters(
                now=self._clock.unix,
                credential=folder.credential(TESTER),
                trust=folder.trust,
                revocation=lambda _: self._revocation,
                signature_input=SignatureInput(self.signature_input),
                raw_is_fault=self._pixit.text("signature.raw") == "fail",
                memory=self._memory,
                tls_certificate=tls_certificate,
            )

    @functools.cached_property
    def _revocation(self) -> RevocationData:
        folder = self._folder()
        return RevocationData(crls=folder.crls, ocsp=folder.ocsp_responses)

    def machine(self, role: Role, credential: str) -> TlsMachine:
        """Return one side of a TLS connection to come, which shows ``credential``, or no certificate.

        Every connection does a whole handshake: none resumes the session of another.

        Raises:
            MeansMissing: there is no such credential, or TLS cannot be set up with it, by these suites and
                versions.
        """
        with _lacking(credential):
            factory = self._factories.get((role, credential))
            if factory is None:
                factory = self._factories[role, credential] = self._factory(role, credential)
            return factory.machine()

    def engine(
        self,
        role: Role,
        how: Tls,
        tls_credential: str,
        policy: StimulusPolicy,
        *,
        session: Session | None = None,
        store: SessionStore | None = None,
    ) -> TlsMachine:
        """Return one side of a TLS connection to come, by the engine unless ``how`` wants the library.

        Raises:
            MeansMissing: a credential cannot be used.
            TlsNameError: ``how`` names what does not exist.
        """
        if how.machine == "library":
            return self._library(role, how, tls_credential)
        policy.declining = how.declines
        policy.reissue = self.reissue
        parameters = self.engine_parameters(how, tls_credential, policy, session=session, store=store)
        return EngineTls(role, parameters, policy)

    def engine_parameters(
        self,
        how: Tls,
        tls_credential: str,
        policy: StimulusPolicy,
        *,
        session: Session | None = None,
        store: SessionStore | None = None,
    ) -> EngineParameters:
        """Return what the engine goes by; see :meth:`engine`."""
        shown = how.credentials or (tls_credential,)
        if tls_credential == TESTER_TLS and not (how.credentials or how.key) and self.folder is not None:
            # Whatever the folder has: the suite decides, or the server that asks.
            shown = tuple(dict.fromkeys((TESTER_TLS, *self.folder.tls_names)))
        with _lacking(shown[0]):
            return self._means().parameters(how, shown, policy, session=session, store=store)

    def _means(self) -> Means:
        if self._engine_means is None:
            self._engine_means = Means(self._folder(), self._pixit, self._clock, lambda: self.key_log)
        return self._engine_means

    def _library(self, role: Role, how: Tls, tls_credential: str) -> TlsMachine:
        """Return a machine of OpenSSL with suites and versions of its own."""
        credential = (how.credentials or (tls_credential,))[0]
        with _lacking(credential):
            settings = settings_of(self._folder(), None if credential == NO_CERTIFICATE else credential)
            chosen = msgspec.structs.replace(
                settings,
                suites=how.suites,
                minimum=how.minimum or settings.minimum,
                maximum=how.maximum or settings.maximum,
                verify_peer=how.ask,
                resumption=False,
                key_log=self.key_log,
            )
            return TlsFactory(chosen, server_side=role is Role.SERVER).machine()

    def _factory(self, role: Role, credential: str) -> TlsFactory:
        folder = self._folder()
        settings = msgspec.structs.replace(
            settings_of(folder, None if credential == NO_CERTIFICATE else credential),
            suites=self._pixit.texts("tls.suites"),
            minimum=self._pixit.text("tls.minimum"),
            maximum=self._pixit.text("tls.maximum"),
            resumption=False,
            key_log=self.key_log,
        )
        return TlsFactory(settings, server_side=role is Role.SERVER)

    @functools.cached_property
    def authorities(self) -> AuthorityKeys:
        """The keys of the authorities beside the tester's folder, if they are there.

        Raises:
            CredentialError: a file there is not what it should be.
        """
        return AuthorityKeys({}) if self.folder is None else AuthorityKeys.beside(self.folder.path)

    def reissue(self, before: bytes, after: bytes) -> bytes | None:
        """Return the certificate ``after`` signed by the issuer of ``before``, None without its key.

        Raises:
            MeansMissing: the keys beside the tester's folder cannot be read.
            EditError, ProtocolError: one of the two is no certificate any more.
        """
        with _lacking(AUTHORITIES):
            keys = self.authorities
        return keys.reissue(before, after)

    def _folder(self) -> CredentialFolder:
        if self.folder is None:
            raise CredentialError((FileFault(Path("pki.folder"), 0, "the PIXIT names no folder"),))
        return self.folder


@contextmanager
def _lacking(credential: str) -> Iterator[None]:
    """Raise MeansMissing for a credential that cannot be used."""
    try:
        yield
    except (CredentialError, TlsSettingsError) as error:
        raise MeansMissing(means_of(credential), str(error)) from error

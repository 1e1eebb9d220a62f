"""From settings to the contexts of Python's ``ssl``: credentials, trust, versions, suites, revocation lists.

What OpenSSL 3 lacks cannot be set here: static Diffie-Hellman, 3DES, RC4, and with them all of Table 9.
OpenSSL judges certificates by the host's clock, by the web's rules (extendedKeyUsage counts where there is
one), and refuses a peer for whose issuer no valid list is at hand once it checks lists at all.
"""

from __future__ import annotations

import re
import ssl
import tempfile
import warnings
from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

import msgspec

from conform62351.profiles.tls.suites import CODES
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.errors import TlsSettingsError
from conform62351.tooling.net.tls_stdlib import OID_TITLE, OID_TITLE_TROUBLE, StdlibTls, suite_codes

DEFAULT_SUITES: Final = (
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
)
"""Those of Table 12 that OpenSSL has, without static Diffie-Hellman."""
VERSIONS: Final = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
_NO_PAIR: Final = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED")
LARGEST_FILE: Final = 16 * 1024 * 1024
_DH_PARAMETERS: Final = "ffdhe2048.txt"
"""The group of RFC 7919 A.1, as OpenSSL writes it (R)."""
_BLOCK: Final = re.compile(r"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END")


class TlsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What one side of TLS uses.

    ``certificate`` is a PEM file with the own certificate and those of its issuers behind it, ``key`` one
    with its private key; a client may have neither. ``anchors`` are PEM files with the certificates that are
    trusted, and intermediates that peers do not send. ``crls`` are revocation lists in DER; with any, every
    peer's certificate is looked up (those of its issuers too with ``crls_of_all``). ``suites`` are names as
    IANA or OpenSSL writes them, best first, none for DEFAULT_SUITES; those of TLS 1.3 are all offered when
    the version is. ``curve`` limits ECDHE to one group by OpenSSL's name, such as ``brainpoolP256r1``.
    ``security_level`` is OpenSSL's: 0 takes what IEC 62351-3 deprecates, 2 refuses SHA-1 and RSA below 2048.
    ``verify_peer`` False asks for no certificate (server) or takes any (client). ``tickets`` lets sessions
    be resumed by ticket as well as by identifier. ``key_log`` is a file that secrets are appended to.
    """

    certificate: Path | None = None
    key: Path | None = None
    anchors: tuple[Path, ...] = ()
    crls: tuple[bytes, ...] = ()
    crls_of_all: bool = False
    suites: tuple[str, ...] = ()
    minimum: str = "TLSv1.2"
    maximum: str = "TLSv1.2"
    curve: str = ""
    security_level: int = 0
    verify_peer: bool = True
    resumption: bool = True
    tickets: bool = False
    key_log: Path | None = None


def settings_of(folder: CredentialFolder, credential: str | None) -> TlsSettings:
    """Return the settings of who shows ``credential`` (None: no certificate) and trusts the folder's anchors.

    Raises:
        CredentialError: there is no such credential, or it has no key.
    """
    files = None if credential is None else folder.files(credential)
    return TlsSettings(
        certificate=None if files is None else files.certificate,
        key=None if files is None else files.key,
        anchors=(folder.tls_anchors_file,),
    )


class TlsFactory:
    """Makes the TLS machines of one side.

    Raises:
        TlsSettingsError: the settings cannot be used.
    """

    def __init__(self, settings: TlsSettings, *, server_side: bool) -> None:
        self.settings = settings
        self.server_side = server_side
        self._context = make_context(settings, server_side=server_side)

    def machine(self, session: object | None = None) -> StdlibTls:
        """Return a machine for one connection; a client resumes ``session``, that of a machine before.

        Raises:
            TlsSettingsError: the session comes from another factory.
        """
        if self.server_side and not self.settings.resumption:
            # OpenSSL keeps sessions in the context that a connection began with, and Python has no way to
            # forbid it: each gets one of its own, without the credential, whose reading takes longest.
            return StdlibTls(_bare_context(self.settings, server_side=True), self._context, server_side=True)
        resumed = session if isinstance(session, ssl.SSLSession) and self.settings.resumption else None
        try:
            return StdlibTls(self._context, server_side=self.server_side, session=resumed)
        except ValueError as error:
            raise TlsSettingsError("a session is resumed with the settings that it was made with") from error


def make_context(settings: TlsSettings, *, server_side: bool) -> ssl.SSLContext:
    """Return a context; sessions of servers are kept in it for resumption by identifier.

    Raises:
        TlsSettingsError: a file is missing or is not what it should be, a suite, version or group is not
            known to OpenSSL, or none is left.
    """
    context = _bare_context(settings, server_side=server_side)
    _load_credential(context, settings, server_side=server_side)
    if settings.verify_peer:
        _load_anchors(context, settings)
    if settings.crls:
        _load_lists(context, settings)
    if settings.key_log is not None:
        try:
            context.keylog_filename = str(settings.key_log)
        except OSError as error:
            raise TlsSettingsError(f"{settings.key_log}: {error.strerror}") from error
    return context


def _bare_context(settings: TlsSettings, *, server_side: bool) -> ssl.SSLContext:
    """Return a context with all that needs no files."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server_side else ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED if settings.verify_peer else ssl.CERT_NONE
    context.options |= ssl.OP_NO_COMPRESSION
    if not (settings.tickets and settings.resumption):
        context.options |= ssl.OP_NO_TICKET
    if server_side and not settings.resumption:
        context.num_tickets = 0
    _set_versions(context, settings)
    _set_suites(context, settings, server_side=server_side)
    if settings.crls:
        context.verify_flags |= (
            ssl.VERIFY_CRL_CHECK_CHAIN if settings.crls_of_all else ssl.VERIFY_CRL_CHECK_LEAF
        )
    return context


def _set_versions(context: ssl.SSLContext, settings: TlsSettings) -> None:
    for name in (settings.minimum, settings.maximum):
        if name not in VERSIONS:
            raise TlsSettingsError(f"{name} is no TLS version: {', '.join(VERSIONS)}")
    lowest, highest = VERSIONS[settings.minimum], VERSIONS[settings.maximum]
    if lowest > highest:
        raise TlsSettingsError(f"no TLS version from {settings.minimum} to {settings.maximum}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = lowest, highest


def _set_suites(context: ssl.SSLContext, settings: TlsSettings, *, server_side: bool) -> None:
    names = openssl_names(settings.suites or DEFAULT_SUITES)
    try:
        context.set_ciphers(":".join([*names, f"@SECLEVEL={settings.security_level}"]))
        if settings.curve:
            context.set_ecdh_curve(settings.curve)
        if server_side and any(name.startswith("DHE-") for name in names):
            with as_file(files("conform62351.tooling.net") / _DH_PARAMETERS) as path:
                context.load_dh_params(str(path))
    except ssl.SSLError as error:
        why = _words(error, "no cipher can be selected")
        raise TlsSettingsError(f"OpenSSL does not take the suites {', '.join(names)}: {why}") from error
    except ValueError as error:
        raise TlsSettingsError(f"{settings.curve} is no group that OpenSSL knows") from error


def openssl_names(suites: Sequence[str]) -> list[str]:
    """Return OpenSSL's names of suites of TLS 1.2 and before, given by IANA's names or its own.

    Raises:
        TlsSettingsError: a name that nobody knows, a suite that OpenSSL lacks, or one of TLS 1.3.
    """
    codes = suite_codes()
    by_code = {code: name for name, code in codes.items()}
    found = []
    for name in suites:
        code = codes.get(name, CODES.get(name))
        if code is None:
            raise TlsSettingsError(f"{name} is no TLS suite that is known here")
        if code not in by_code:
            raise TlsSettingsError(f"OpenSSL has no suite {name}")
        if code >> 8 == 0x13:
            raise TlsSettingsError(f"{name} cannot be chosen: suites of TLS 1.3 are all offered or none")
        found.append(by_code[code])
    return found


def _load_credential(context: ssl.SSLContext, settings: TlsSettings, *, server_side: bool) -> None:
    certificate, key = settings.certificate, settings.key
    if certificate is None or key is None:
        if server_side or certificate is not key:
            raise TlsSettingsError("a certificate needs its key, and a server needs both")
        return
    if "CERTIFICATE-----" not in _read(certificate):
        raise TlsSettingsError(f"{certificate}: no PEM certificate")
    words = _read(key)
    if "PRIVATE KEY-----" not in words:
        raise TlsSettingsError(f"{key}: no PEM private key")
    if "ENCRYPTED" in words:
        raise TlsSettingsError(f"{key}: the private key is encrypted")
    try:
        context.load_cert_chain(certificate, key, password=str)
    except ssl.SSLError as error:
        if error.reason in _NO_PAIR:
            raise TlsSettingsError(f"{key}: the key does not belong to {certificate}") from error
        # Either file may be at fault, and OpenSSL does not say which.
        _load_certificates(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), certificate)
        why = _words(error, "OpenSSL cannot read the private key")
        raise TlsSettingsError(f"{key}: {why}") from error


def _load_certificates(context: ssl.SSLContext, path: Path) -> None:
    """Trust the certificates in a file. Raises TlsSettingsError if OpenSSL does not take them."""
    try:
        context.load_verify_locations(path)
    except ssl.SSLError as error:
        why = _words(error, "OpenSSL cannot read a certificate in it")
        if _has_oid_title(_read(path)):
            why = OID_TITLE_TROUBLE
        raise TlsSettingsError(f"{path}: {why}") from error


def _load_anchors(context: ssl.SSLContext, settings: TlsSettings) -> None:
    if not settings.anchors:
        raise TlsSettingsError("no trust anchors to verify peers with")
    for path in settings.anchors:
        if "CERTIFICATE-----" not in _read(path):
            raise TlsSettingsError(f"{path}: no PEM certificate")
        _load_certificates(context, path)


def _load_lists(context: ssl.SSLContext, settings: TlsSettings) -> None:
    """Load revocation lists; OpenSSL takes them from PEM files alone."""
    armoured = "".join(
        f"-----BEGIN X509 CRL-----\n{b64encode(octets).decode()}\n-----END X509 CRL-----\n"
        for octets in settings.crls
    )
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(armoured)
        file.flush()
        try:
            context.load_verify_locations(file.name)
        except ssl.SSLError as error:
            raise TlsSettingsError("OpenSSL cannot read a revocation list") from error


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise TlsSettingsError(f"{path}: larger than {LARGEST_FILE} octets")
        return path.read_text("latin-1")
    except OSError as error:
        raise TlsSettingsError(f"{path}: {error.strerror}") from error


def _has_oid_title(text: str) -> bool:
    try:
        return any(OID_TITLE in a2b_base64(block[1]) for block in _BLOCK.finditer(text))
    except Base64Error:
        return False


def _words(error: ssl.SSLError, otherwise: str) -> str:
    return error.reason.lower().replace("_", " ") if error.reason else otherwise

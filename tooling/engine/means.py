"""What a set-up has to offer: the words that cases ask for as ``needs``."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from conform62351.pics.pixit import pixit_entries
from conform62351.profiles.pki.certificate import CertificateError, read_certificate
from conform62351.tooling.engine.dut import HOST, Dut
from conform62351.tooling.engine.log_access import log_means
from conform62351.tooling.engine.revocation_steps import MEANS as REVOCATION_SERVER

REVOCATION_PORT: Final = "tester.revocation_port"
HTTP: Final = 80
"""The port of a URL that names none."""
LARGEST_WAIT: Final = "tls.largest_wait"
WAITS: Final = (
    "tls.renegotiation_interval",
    "tls.resumption_interval",
    "tls.session_lifetime",
    "tls.refresh_interval",
    "tls.answer_limit",
    "native.rekey_limit",
)
"""The times of the device that cases wait for; 0 is never."""


def misdirected(dut: Dut) -> str:
    """Return why nobody comes to the tester for the revocation data that it is to serve, empty if they do.

    Whoever looks up a certificate goes by the URLs in it. A server that runs already is that of the folder.

    Raises:
        CredentialError: the folder cannot be used.
    """
    folder, port = dut.security.folder, dut.pixit.integer(REVOCATION_PORT)
    if folder is None or dut.revocation is not None or not port:
        return ""
    ports = sorted({_port(url) for name in folder.names for url in _urls(folder.octets(name))})
    if not ports or port in ports:
        return ""
    named = " and ".join(map(str, ports))
    return f"certificates of pki.folder say port {named} for revocation data; {REVOCATION_PORT} is {port}"


def _urls(octets: bytes) -> tuple[str, ...]:
    try:
        certificate = read_certificate(octets)
    except CertificateError:
        return ()
    return (*certificate.ocsp_urls, *certificate.crl_urls)


def _port(url: str) -> int:
    try:
        return urlsplit(url).port or HTTP
    except ValueError:
        return HTTP


def offered_by(dut: Dut) -> list[str]:
    """Return the means of the set-up around ``dut``.

    They are the actions that it can carry out, the data points that are named, ``dut.host`` where that
    is, ``any SELECTOR`` for each selector and title that the server does not insist on, ``group 23 as
    READING``, ``credential NAME`` for each of those in the tester's folder, ``revocation server`` with
    such a folder unless it is :func:`misdirected`, ``TIME within tls.largest_wait`` for each of :data:`WAITS`
    that is, and ``security-event log`` and ``log collector`` where the log can be had so.

    Raises:
        CredentialError: the folder cannot be used.
    """
    pixit = dut.pixit
    places = [name for name in pixit_entries() if name.startswith("data.") or name == HOST]
    points = [name for name in places if pixit.text(name)]
    insists_on = pixit.texts("dut.insists_on")
    free = [name for name in pixit_entries()["dut.insists_on"].choices if name not in insists_on]
    actions = [name for name in pixit.actions if dut.actions.offers(name)]
    log = log_means(pixit, dut.actions)
    reading = f"group 23 as {pixit.text('native.group23')}"
    largest = pixit.number(LARGEST_WAIT)
    waits = [f"{name} within {LARGEST_WAIT}" for name in WAITS if 0 < pixit.number(name) <= largest]
    selectors = [f"any {name}" for name in free]
    served = [] if dut.security.folder is None or misdirected(dut) else [REVOCATION_SERVER]
    return [*points, *selectors, reading, *waits, *dut.security.offers(), *served, *log, *actions]

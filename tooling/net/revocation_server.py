"""Serves revocation lists and OCSP answers over HTTP, as certificates point to them (RFC 5280, RFC 6960).

All answers are made beforehand: the server holds no key. ``GET /crl/NAME`` gives a CRL; OCSP is asked at
``/ocsp``, by POST or by GET with the request in the path (RFC 6960, annex A.1). While it runs, each of these
names can be made to misbehave.
"""

from __future__ import annotations

from conform62351.pics.faults import FileFault
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.pki.ocsp import read_ocsp
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credentials import CredentialError, CredentialFolder, read_file
from conform62351.tooling.net.ocsp_request import CertificateId
from conform62351.tooling.net.revocation_behaviour import EVERYTHING, USUAL, Behaviour, Refusing
from conform62351.tooling.net.revocation_handler import AnsweringServer


class RevocationServer:
    """A server at ``host`` and ``port`` (0: any free one) that gives what is published.

    Raises:
        AddressUnavailable: the address cannot be bound.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *, clock: Clock | None = None) -> None:
        self._server = AnsweringServer(host, port, clock or Clock())

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, port = self._server.server_address[:2]
        return str(host), int(port)

    @property
    def ocsp_url(self) -> str:
        """The URL for OCSP; CRLs are beside it, below ``crl/``."""
        host, port = self.address
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/ocsp"

    @property
    def served(self) -> tuple[str, ...]:
        """What was asked for, in its order: method, path, and the status, ``silent`` or ``reset``.

        The first thousand requests alone.
        """
        return tuple(self._server.served)

    def publish_crl(self, name: str, octets: bytes) -> None:
        """Serve the DER of a CRL, or other octets, as ``/crl/NAME``, in place of what had this name."""
        self._server.crls[name] = octets

    def publish_answer(self, octets: bytes, *, about: bytes | None = None) -> None:
        """Serve an OCSP answer for the certificates that it is about, in place of what was published of them.

        ``about`` is an answer about the certificates to serve it for, where it is itself about others or is
        no answer at all.

        Raises:
            ProtocolError: it is no OCSP answer, or ``about`` is none.
        """
        for single in read_ocsp(octets if about is None else about).responses:
            known = CertificateId(single.hash_algorithm, single.name_hash, single.key_hash, single.serial)
            self._server.answers[known] = octets

    def publish(self, folder: CredentialFolder) -> None:
        """Serve the CRLs and OCSP answers in a workshop's folder.

        Those of the manifest count; of certificates that it does not mention the answers below
        ``ocsp/good`` are given.

        Raises:
            CredentialError: a file cannot be read, or is no OCSP answer where one is wanted.
        """
        for path in sorted((folder.path / "crl").glob("*.crl")):
            self.publish_crl(path.name, read_file(path))
        for path in (*sorted((folder.path / "ocsp" / "good").rglob("*.ocsp")), *folder.ocsp_files):
            try:
                self.publish_answer(read_file(path))
            except ProtocolError as error:
                fault = FileFault(path, 0, f"is no OCSP answer: {error.message}")
                raise CredentialError((fault,)) from error

    def switch(self, name: str, behaviour: Behaviour = USUAL) -> None:
        """Let a name behave so from the next request on: ``ocsp``, ``crl/NAME``, or ``*`` for all others.

        With :class:`Refusing` for ``*`` the host refuses connections, whatever the names have of their own.
        Any thread may switch. Raises ValueError: more names than are kept.
        """
        self._server.switchboard.switch(name, behaviour)
        if name == EVERYTHING:
            self._server.refuse(isinstance(behaviour, Refusing))

    def behave(self) -> None:
        """Let everything behave as usual again, and forget nothing of what is published."""
        self._server.switchboard.reset()
        self._server.refuse(False)

    def start(self) -> None:
        """Begin to answer."""
        self._server.start()

    def stop(self) -> None:
        """End all connections and free the port."""
        self._server.stop()

    def __enter__(self) -> RevocationServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

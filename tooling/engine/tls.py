"""How the tester does TLS on a connection, as data: part of the steps that open one, or renegotiate."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from conform62351.tooling.engine.mutations import AnyMutation

ANCHORS: Final = "anchors"
UNKNOWN_AUTHORITY: Final = "unknown"
"""What may stand among names of authorities: all anchors of the tester, and one that nobody has heard of."""
NO_CREDENTIALS: Final = (ANCHORS, UNKNOWN_AUTHORITY, "")
MOST_NAMED: Final = 24
"""Suites that are told one by one."""
SecureRenegotiation = Literal["extension", "suite", "none"]
ResumedBy = Literal["identifier", "ticket"]
Asked = Literal["answer", "resume", "ignore", "refuse"]
NamedBy = Literal["name", "key", "certificate"]
MachineName = Literal["engine", "library"]


class Tls(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the tester offers in TLS as client, or takes as server; by default everything is right.

    ``suites`` are names of IANA or code points in four hexadecimal digits, best first; none: all that the
    engine has and its credentials serve. ``minimum`` and ``maximum`` are versions such as ``TLSv1.1``, empty
    for 1.2. ``credentials`` are names of the tester's folder, in place of the step's ``tls_credential``: a
    server shows the one that the suite needs, a client one that it is asked for. With neither it is one of
    all that the folder has for TLS. ``key`` is the name of another credential whose private key
    signs. ``imposes``: a server chooses of its suites, groups and signature algorithms whether they were
    offered or not. ``prime`` is that of a server's DHE in hexadecimal, with the generator 2, empty for
    ffdhe2048; ``leading_zero``: a client has a Diffie-Hellman value with which the shared one begins with a
    zero octet. Records have ``record_size`` octets at most, before protection, and the first ones
    ``record_version``. ``groups`` are names
    such as ``secp256r1``, ``signature_algorithms`` such as ``sha256/rsa``; None: the usual ones, empty: no
    such extension.

    ``secure_renegotiation`` says how a client tells that it has RFC 5746; a server with ``none`` does not
    tell. ``trusted_ca_keys`` and ``authorities`` (in a server's CertificateRequest) are names of credentials,
    whose issuers are meant, :data:`ANCHORS` or :data:`UNKNOWN_AUTHORITY`; ``named_by`` is how a client names
    anchors: by name, or by the hash of key or certificate. ``ask`` False: a server asks for
    no certificate. ``resume`` is the connection whose session is resumed, ``by`` its identifier or ticket: by
    a server whatever the client has asked for; ``made_up``: where there is none, one that nobody knows;
    ``forget``: a server does not know the sessions of before. ``asked`` says what the tester does about a
    peer that wants to renegotiate. ``hold`` stops the handshake when the message of that name has come, or is
    about to be sent: nothing more is sent until a step says so. ``mutations`` change messages such as
    ``TLS.ClientHello``, those of ``if_taken`` what follows where the DUT has taken them. ``machine``
    ``library`` has OpenSSL do TLS, which heeds suites and versions alone.
    """

    suites: tuple[str, ...] = ()
    imposes: bool = False
    prime: str = ""
    leading_zero: bool = False
    record_size: int | None = None
    record_version: str = ""
    minimum: str = ""
    maximum: str = ""
    credentials: tuple[str, ...] = ()
    key: str = ""
    groups: tuple[str, ...] | None = None
    signature_algorithms: tuple[str, ...] | None = None
    secure_renegotiation: SecureRenegotiation = "extension"
    extended_master_secret: bool = True
    encrypt_then_mac: bool = True
    tickets: bool = False
    trusted_ca_keys: tuple[str, ...] = ()
    named_by: NamedBy = "name"
    fallback: bool = False
    server_name: str = ""
    compression: tuple[int, ...] = (0,)
    ask: bool = True
    certificate_types: tuple[int, ...] | None = None
    authorities: tuple[str, ...] = ()
    resume: int | None = None
    by: ResumedBy = "identifier"
    made_up: bool = False
    forget: bool = False
    asked: Asked = "answer"
    hold: str = ""
    machine: MachineName = "engine"
    mutations: tuple[AnyMutation, ...] = ()
    if_taken: tuple[AnyMutation, ...] = ()

    @property
    def declines(self) -> str:
        """How the tester declines a renegotiation: ``ignore``, ``refuse`` or, empty, not at all."""
        return self.asked if self.asked in ("ignore", "refuse") else ""

    def __str__(self) -> str:
        return f"TLS{''.join(f', {part}' for part in self._parts())}"

    def _parts(self) -> list[str]:
        parts = ["by OpenSSL"] if self.machine == "library" else []
        if self.suites:
            parts.append(f"suites {_shortened(self.suites)}")
        if self.imposes:
            parts.append("whether they are offered or not")
        parts += self._records()
        if self.minimum or self.maximum:
            parts.append(f"versions {self.minimum or 'TLSv1.2'} to {self.maximum or 'TLSv1.2'}")
        parts += self._shown()
        parts += self._extensions()
        if self.compression != (0,):
            parts.append(f"compression {', '.join(map(str, self.compression)) or 'none'}")
        if self.resume is not None:
            other = ", or one that nobody knows" if self.made_up else ""
            parts.append(f"resuming the session of connection {self.resume} by {self.by}{other}")
        if self.forget:
            parts.append("knowing no session")
        if self.asked != "answer":
            does = {"ignore": "ignores", "refuse": "refuses", "resume": "answers by a resumption"}[self.asked]
            parts.append(f"which {does} what asks for renegotiation")
        if self.hold:
            parts.append(f"stopping at {self.hold}")
        then = [f"if that is taken {mutation}" for mutation in self.if_taken]
        return [*parts, *map(str, self.mutations), *then]

    def _records(self) -> list[str]:
        parts = []
        if self.prime:
            parts.append(f"prime of {4 * len(self.prime)} bits")
        if self.leading_zero:
            parts.append("a shared value that begins with a zero octet")
        if self.record_size is not None:
            parts.append(f"records of {self.record_size} octets")
        if self.record_version:
            parts.append(f"first records of {self.record_version}")
        return parts

    def _shown(self) -> list[str]:
        parts = [f"as {' or '.join(self.credentials)}"] if self.credentials else []
        if self.key:
            parts.append(f"signing with the key of {self.key}")
        if not self.ask:
            parts.append("asking for no certificate")
        if self.certificate_types is not None:
            parts.append(f"certificate types {', '.join(map(str, self.certificate_types))}")
        if self.authorities:
            parts.append(f"naming as authorities {', '.join(self.authorities)}")
        return parts

    def _extensions(self) -> list[str]:
        parts = []
        lists = {"groups": self.groups, "signature algorithms": self.signature_algorithms}
        for what, names in lists.items():
            if names is not None:
                parts.append(f"{what} {', '.join(names)}" if names else f"no {what}")
        if self.secure_renegotiation != "extension":
            parts.append(f"secure renegotiation by {self.secure_renegotiation}")
        off = {
            "extended master secret": self.extended_master_secret,
            "encrypt-then-MAC": self.encrypt_then_mac,
        }
        parts += [f"no {name}" for name, on in off.items() if not on]
        if self.tickets:
            parts.append("with tickets")
        if self.trusted_ca_keys:
            parts.append(f"trusted_ca_keys {', '.join(self.trusted_ca_keys)} by {self.named_by}")
        if self.fallback:
            parts.append("with the fallback suite")
        if self.server_name:
            parts.append(f"server name {self.server_name!r}")
        return parts


def _shortened(names: tuple[str, ...]) -> str:
    """Return names with commas, of a long list the first and the last ones."""
    if len(names) > MOST_NAMED:
        half = MOST_NAMED // 2
        return f"{', '.join(names[:half])} … {', '.join(names[-half:])}, {len(names)} in all"
    return ", ".join(names)


def shown_in(tls: Tls | None, tls_credential: str) -> tuple[str, ...]:
    """Return the credentials that a connection needs for TLS; an empty name stands for no certificate."""
    if tls is None:
        return (tls_credential,)
    named = tls.credentials or (tls_credential,)
    about = [*tls.trusted_ca_keys, *tls.authorities, tls.key]
    return tuple(dict.fromkeys((*named, *(name for name in about if name not in NO_CREDENTIALS))))

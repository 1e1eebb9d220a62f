"""The ClientHello of a device as client: read within bounds, and told in names and numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from conform62351.profiles.tls.engine import extensions as ext
from conform62351.profiles.tls.engine.extensions import Extension, ExtensionType, find
from conform62351.profiles.tls.engine.framing import MessageJoiner, RecordReader
from conform62351.profiles.tls.engine.hellos import ClientHello, decode_client_hello
from conform62351.profiles.tls.engine.wire import TlsDecodeError
from conform62351.profiles.tls.records import ContentType, HandshakeType
from conform62351.profiles.tls.suites import NOT_SUITES, TLS_1_3_SUITES, suite_name
from conform62351.tooling.scan.registry import (
    COMPRESSIONS,
    TLS_1_2,
    TLS_1_3,
    VERSIONS,
    extension_name,
    group_name,
    signature_name,
    version_name,
)
from conform62351.tooling.scan.report import HelloSeen, SuiteFound

MAX_RECORDS: Final = 64
_SIGNALS: Final = {0x00FF: "TLS_EMPTY_RENEGOTIATION_INFO_SCSV", 0x5600: "TLS_FALLBACK_SCSV"}
_Item = TypeVar("_Item")


class HelloReader:
    """Reads until the ClientHello is complete, or cannot be one; never raises.

    ``hello`` is None until then, and stays so with a ``fault``. ``octets`` is all that came, for a machine
    that goes on from here; ``last`` the body of the ClientHello.
    """

    def __init__(self) -> None:
        self.hello: ClientHello | None = None
        self.fault = ""
        self.record_version = 0
        self.octets = b""
        self.last = b""
        self._records = RecordReader()
        self._messages = MessageJoiner()
        self._left = MAX_RECORDS

    def take(self, octets: bytes) -> bool:
        """Take octets in pieces of any size; return whether nothing more is wanted."""
        self.octets += octets
        self._records.feed(octets)
        try:
            while self.hello is None and (record := self._records.next()) is not None:
                self._left -= 1
                if record.kind != ContentType.HANDSHAKE:
                    raise TlsDecodeError(0, f"a record of type {record.kind} in place of a ClientHello")
                if self._left < 0:
                    raise TlsDecodeError(0, f"more than {MAX_RECORDS} records without a ClientHello")
                self.record_version = self.record_version or record.version
                self._messages.feed(record.fragment)
                self._take_message()
        except TlsDecodeError as error:
            self.fault = str(error)
        return self.hello is not None or bool(self.fault)

    def _take_message(self) -> None:
        message = self._messages.next()
        if message is None:
            return
        if message.kind != HandshakeType.CLIENT_HELLO:
            raise TlsDecodeError(0, f"handshake message {message.kind} in place of a ClientHello")
        self.last = message.body
        self.hello = decode_client_hello(message.body)


def describe(read: HelloReader, peer: str) -> HelloSeen:
    """Tell what a client offers; an extension that cannot be read is named in ``fault``."""
    hello = read.hello
    if hello is None:
        return HelloSeen(peer=peer, fault=read.fault or "the connection ended before a ClientHello")
    faults: list[str] = []

    def said(kind: int, reader: Callable[[bytes], tuple[_Item, ...]]) -> tuple[_Item, ...]:
        found: Extension | None = find(hello.extensions, kind)
        try:
            return () if found is None else reader(found.octets)
        except TlsDecodeError as error:
            faults.append(str(error))
            return ()

    versions = said(ExtensionType.SUPPORTED_VERSIONS, ext.read_supported_versions)
    offered = [version_name(number) for number in versions if not is_grease(number)]
    groups = said(ExtensionType.SUPPORTED_GROUPS, ext.read_supported_groups)
    pairs = said(ExtensionType.SIGNATURE_ALGORITHMS, ext.read_signature_algorithms)
    names = said(ExtensionType.SERVER_NAME, ext.read_server_name)
    highest = min(hello.version, TLS_1_2)
    seen = HelloSeen(
        peer=peer,
        version=version_name(hello.version),
        record_version=version_name(read.record_version),
        # A hello without the extension says no more than its highest version.
        versions=offered or [version_name(highest)],
        suites=[
            SuiteFound(f"{code:04X}", suite_name(code), [_era(code)])
            for code in hello.suites
            if code not in NOT_SUITES and not is_grease(code)
        ],
        signalling=[_SIGNALS[code] for code in hello.suites if code in _SIGNALS],
        groups=[group_name(number) for number in groups if not is_grease(number)],
        signature_algorithms=[signature_name(pair) for pair in pairs],
        extensions=[
            extension_name(extension.kind)
            for extension in hello.extensions or ()
            if not is_grease(extension.kind)
        ],
        compression=[COMPRESSIONS.get(number, f"method {number}") for number in hello.compression],
        server_name=names[0] if names else "",
        session_id=len(hello.session_id),
        octets=len(read.last),
    )
    return msgspec.structs.replace(seen, fault="; ".join(faults)) if faults else seen


def is_grease(number: int) -> bool:
    """Return whether a number is one of RFC 8701, which stand for nothing."""
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF


def _era(code: int) -> str:
    return VERSIONS[TLS_1_3 if code in TLS_1_3_SUITES else TLS_1_2]

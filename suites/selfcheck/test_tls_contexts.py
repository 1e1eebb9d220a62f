"""Settings of TLS become contexts, or an error that names the file, suite or version at fault."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from conform62351.suites.selfcheck.tls_bench import Pki, key_of, with_oid_title
from conform62351.tooling.net.errors import NetError, TlsSettingsError
from conform62351.tooling.net.tls_contexts import (
    DEFAULT_SUITES,
    TlsFactory,
    TlsSettings,
    make_context,
    openssl_names,
)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


def with_title_file(pki: Pki, folder: Path) -> Path:
    path = folder / "title.pem"
    path.write_text(ssl.DER_cert_to_PEM_cert(with_oid_title(pki.der("dut"), "dut")))
    return path


def written(folder: Path, text: str) -> Path:
    path = folder / "file"
    path.write_text(text)
    return path


def encrypted(folder: Path) -> Path:
    path = folder / "encrypted.key"
    path.write_bytes(
        key_of("leaf").private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    return path


BROKEN = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
BROKEN_KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
Change = Callable[[Pki, Path], dict[str, Any]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _, folder: {"certificate": folder / "none"}, "none: No such file"),
        (lambda _, folder: {"certificate": folder}, "Is a directory"),
        (lambda _, folder: {"certificate": written(folder, "words")}, "file: no PEM certificate"),
        (lambda _, folder: {"certificate": written(folder, BROKEN)}, "file: OpenSSL cannot read a cert"),
        (lambda pki, folder: {"certificate": with_title_file(pki, folder)}, r"title.*OBJECT IDENTIFIER"),
        (lambda _, folder: {"key": folder / "none"}, "none: No such file"),
        (lambda _, folder: {"key": written(folder, "words")}, "file: no PEM private key"),
        (lambda _, folder: {"key": written(folder, BROKEN_KEY)}, "file: OpenSSL cannot read the private key"),
        (lambda _, folder: {"key": encrypted(folder)}, "encrypted.key: the private key is encrypted"),
        (lambda pki, _: {"key": pki.file("root", "key")}, "root.key: the key does not belong to .*dut.pem"),
        (lambda pki, _: {"certificate": pki.file("ec")}, "the key does not belong"),
        (lambda _, __: {"key": None}, "a certificate needs its key"),
        (lambda _, __: {"certificate": None, "key": None}, "a server needs both"),
        (lambda _, __: {"anchors": ()}, "no trust anchors"),
        (lambda _, folder: {"anchors": (folder / "none",)}, "none: No such file"),
        (lambda _, folder: {"anchors": (written(folder, "words"),)}, "file: no PEM certificate"),
        (lambda _, folder: {"anchors": (written(folder, BROKEN),)}, "file: OpenSSL cannot read"),
        (lambda pki, folder: {"anchors": (with_title_file(pki, folder),)}, r"title.*OBJECT IDENTIFIER"),
        (lambda _, __: {"crls": (b"x",)}, "revocation list"),
        (lambda _, __: {"suites": ("TLS_NO_SUCH",)}, "TLS_NO_SUCH is no TLS suite"),
        (
            lambda _, __: {"suites": ("TLS_DH_RSA_WITH_AES_128_GCM_SHA256",)},
            "OpenSSL has no suite TLS_DH_RSA",
        ),
        (lambda _, __: {"suites": ("TLS_AES_128_GCM_SHA256",)}, "cannot be chosen"),
        (lambda _, __: {"minimum": "SSLv3"}, "SSLv3 is no TLS version"),
        (lambda _, __: {"minimum": "TLSv1.3"}, "no TLS version from TLSv1.3 to TLSv1.2"),
        (lambda _, __: {"curve": "nowhere"}, "nowhere is no group"),
        (lambda _, folder: {"key_log": folder / "none" / "keys"}, "keys: No such file"),
    ],
)
def test_what_cannot_be_used_is_named(pki: Pki, tmp_path: Path, change: Change, words: str) -> None:
    usual: dict[str, Any] = {
        "certificate": pki.file("dut"),
        "key": pki.file("dut", "key"),
        "anchors": (pki.file("root"),),
    }
    with pytest.raises(TlsSettingsError, match=words):
        make_context(TlsSettings(**usual | change(pki, tmp_path)), server_side=True)
    assert issubclass(TlsSettingsError, NetError)


def test_weak_certificates_are_a_matter_of_the_security_level(pki: Pki) -> None:
    suites = (DEFAULT_SUITES[1],)
    with pytest.raises(TlsSettingsError, match="ee key too small"):
        make_context(pki.settings("dut", security_level=3, suites=suites), server_side=True)
    with pytest.raises(TlsSettingsError, match="dh key too small"):
        make_context(pki.settings("dut", security_level=3), server_side=True)


@pytest.mark.parametrize("server_side", [False, True])
def test_context_offers_what_the_settings_say(pki: Pki, server_side: bool) -> None:
    context = make_context(pki.settings("tester"), server_side=server_side)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert not context.check_hostname
    assert context.minimum_version is context.maximum_version is ssl.TLSVersion.TLSv1_2
    assert context.options & ssl.OP_NO_TICKET
    assert context.options & ssl.OP_NO_COMPRESSION
    offered = [suite["name"] for suite in context.get_ciphers() if suite["protocol"] != "TLSv1.3"]
    assert offered == openssl_names(DEFAULT_SUITES)


def test_suites_by_either_name_are_the_same() -> None:
    assert openssl_names(["AES128-SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA256"]) == ["AES128-SHA256"] * 2


def test_session_of_other_settings_is_not_resumed(pki: Pki) -> None:
    server, one, other = pki.server(), pki.client(), pki.client()
    client, peer = one.machine(), server.machine()
    client.start()
    while octets := client.take_output():
        peer.receive(octets)
        client.receive(peer.take_output())
    assert client.session is not None
    one.machine(client.session)
    with pytest.raises(TlsSettingsError, match="settings that it was made with"):
        other.machine(client.session)


def test_client_without_a_certificate(pki: Pki) -> None:
    assert TlsFactory(pki.settings(""), server_side=False).machine().start() == []

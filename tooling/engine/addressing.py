"""Selectors, titles and passwords of the PIXIT, as the tester sends and expects them."""

from __future__ import annotations

from typing import Final

from conform62351.pics.pixit import Pixit
from conform62351.profiles.identifiers import IDENTIFIERS
from conform62351.profiles.osi.apdu import AUTHENTICATION_UNIT
from conform62351.profiles.osi.parameters import Authentication, OsiParameters, Titles
from conform62351.profiles.tlv_edit import length_octets

CHARSTRING: Final = 0x80
"""The alternative of Authentication-value that holds a password, [0] GraphicString."""


def as_client(pixit: Pixit) -> OsiParameters:
    """Return what a tester sends and expects that associates with a DUT server."""
    return OsiParameters(
        calling_transport=pixit.octets("tester.t_selector"),
        calling_session=pixit.octets("tester.s_selector"),
        calling_presentation=pixit.octets("tester.p_selector"),
        called_transport=pixit.octets("dut.t_selector"),
        called_session=pixit.octets("dut.s_selector"),
        called_presentation=pixit.octets("dut.p_selector"),
        calling=_titles(pixit, "tester"),
        called=_titles(pixit, "dut"),
        authentication=_password(pixit.text("dut.password")),
    )


def as_server(pixit: Pixit) -> OsiParameters:
    """Return what a tester sends and expects that a DUT client associates with."""
    return OsiParameters(calling=_titles(pixit, "dut"), called=_titles(pixit, "tester"))


def _password(password: str) -> Authentication:
    """Return the authentication members of an AARQ with a password; without one, none (X.227, R)."""
    if not password:
        return Authentication()
    text = password.encode()
    value = bytes((CHARSTRING,)) + length_octets(len(text)) + text
    return Authentication(AUTHENTICATION_UNIT, IDENTIFIERS.oid("acse-password-mechanism"), value)


def _titles(pixit: Pixit, side: str) -> Titles:
    """Return the titles of ``side``; an empty AP-title leaves both out."""
    ap_title = pixit.text(f"{side}.ap_title")
    return Titles(ap_title, pixit.integer(f"{side}.ae_qualifier")) if ap_title else Titles()

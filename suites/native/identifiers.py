"""AlgorithmIdentifiers and modes of encryption as cases put them into a handshake."""

from __future__ import annotations

from typing import Any, Final

from conform62351.profiles.crypto.algorithms import algorithm, identifier
from conform62351.profiles.native.tokens import APPL_PROTECTED
from conform62351.profiles.role import Role
from conform62351.suites.native.refusals import SENT
from conform62351.tooling.engine.mutations import SetField

Identifier = dict[str, Any]
"""An AlgorithmIdentifier with its parameters, if there are any, in hexadecimal."""

HMAC: Final = "hmacWithSHA256"
UNKNOWN: Final[Identifier] = {"oid": "1.3.6.1.4.1.99999.1", "parameters": None}
"""The identifier of no algorithm."""
NULL: Final = "0500"
PROTECTED: Final = (APPL_PROTECTED,)


def named(name: str) -> Identifier:
    """Return the identifier of an algorithm; the octets of a tag may stand behind its name."""
    name, _, tag = name.partition("/")
    meant = identifier(algorithm(name, int(tag)) if tag else algorithm(name))
    return {"oid": meant.oid, "parameters": None if meant.parameters is None else meant.parameters.hex()}


def with_parameters(name: str, parameters: str | None) -> Identifier:
    """Return the identifier of an algorithm with other parameters."""
    return named(name) | {"parameters": parameters}


def tags_of(octets: int, name: str = "aes128-GCM") -> Identifier:
    """Return the identifier of GCM with tags of a length that it need not have."""
    return with_parameters(name, f"3011040c{'00' * 12}0201{octets:02x}")


def aea(*algorithms: Identifier) -> dict[str, Any]:
    """Return the encr-mode of authenticated encryption by one of these."""
    return {"algorithms": algorithms}


def non_aea(integrity: tuple[Identifier, ...], encryption: tuple[Identifier, ...] = ()) -> dict[str, Any]:
    """Return the encr-mode of an ICV by one of these, beside encryption if there is any."""
    return {"icvAlgID": integrity, "encr": encryption or None}


def in_mode(role: Role, mode: dict[str, Any], *, protected: bool = True) -> tuple[SetField, SetField]:
    """Return the changes that put another mode, and what goes with it of confParams, into a handshake."""
    return SetField(pdu=SENT[role].token, field="encr_mode", value=mode), states(role, *PROTECTED[:protected])


def states(role: Role, *bits: int) -> SetField:
    """Return the change that states this and nothing else in confParams."""
    return SetField(pdu=SENT[role].token, field="confParams", value=bits)

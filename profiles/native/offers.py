"""What a client offers and what a server selects of it (13.3.1, N; decisions 6 to 8, I)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from conform62351.profiles.asn1.notation import Bits
from conform62351.profiles.crypto.algorithms import (
    Algorithm,
    AlgorithmIdentifier,
    Use,
    algorithm,
    identifier,
    names,
    understood,
)
from conform62351.profiles.crypto.groups import Group, Numbering, groups, numbering
from conform62351.profiles.crypto.protection import TAG_LENGTHS
from conform62351.profiles.native.agreement import Selected
from conform62351.profiles.native.parameters import LocalPolicy, Mode
from conform62351.profiles.native.tokens import (
    APPL_PROTECTED,
    TLS_PROTECTED,
    VPN,
    Aea,
    ClearToken1,
    DhKey,
    NonAea,
)

_GCM: Final = tuple(algorithm(name, tag) for name in names(Use.GCM) for tag in TAG_LENGTHS)
_EVERYTHING: Final = LocalPolicy(
    ae=_GCM,
    encryption=tuple(map(algorithm, names(Use.ENCRYPTION))),
    integrity=(*map(algorithm, names(Use.HMAC)), *_GCM),
)


class ChosenKey(msgspec.Struct, frozen=True):
    """The public value that a reader goes on with, and the group that its number stands for."""

    entry: DhKey
    group: Group


class Protection(msgspec.Struct, frozen=True):
    """The algorithms of data transfer; None where there is none."""

    encryption: Selected | None
    integrity: Selected | None

    @property
    def accepted(self) -> Aea | NonAea:
        """The encr-mode with one entry in each list, as the accept has it."""
        if self.integrity is None:
            return Aea(_listed(self.encryption))
        encr = None if self.encryption is None else _listed(self.encryption)
        return NonAea(_listed(self.integrity), encr)


def identifiers(supported: Iterable[Algorithm]) -> tuple[AlgorithmIdentifier, ...]:
    """Return the AlgorithmIdentifiers that are written for algorithms."""
    return tuple(identifier(one) for one in supported)


def offered_groups(local: LocalPolicy) -> tuple[Group, ...]:
    """Return the groups of a request, without the one whose number stands for another."""
    known = numbering(local.groups, local.ike)
    named = (groups()[name] for name in local.groups)
    return tuple(group for group in named if known.group(group.number) is group)


def offered_mode(local: LocalPolicy) -> Aea | NonAea:
    """Return the encr-mode of a request."""
    if local.mode is Mode.AE:
        return Aea(identifiers(local.ae))
    encr = identifiers(local.encryption) if local.mode is Mode.SEPARATE else None
    return NonAea(identifiers(local.integrity), encr)


def encrypts(mode: Aea | NonAea) -> bool:
    """Return whether data are encrypted in a mode."""
    return isinstance(mode, Aea) or mode.encr is not None


def confidentiality(mode: Aea | NonAea, *, tls: bool, vpn: bool) -> Bits:
    """Return confParams of a side: what protects the association (I)."""
    states = ((TLS_PROTECTED, tls), (APPL_PROTECTED, encrypts(mode)), (VPN, vpn))
    return Bits(frozenset(bit for bit, holds in states if holds))


def first_supported(
    offered: Iterable[AlgorithmIdentifier], supported: Iterable[Algorithm]
) -> Selected | None:
    """Return the first offered algorithm that is supported; parameters that are not understood are none."""
    known = tuple(supported)
    for one in offered:
        meant = understood(one)
        if meant is not None and meant in known:
            return Selected(meant, one)
    return None


def same(first: AlgorithmIdentifier, second: AlgorithmIdentifier) -> bool:
    """Return whether two identifiers mean the same algorithm; what is not understood is compared as it is."""
    meant = understood(first)
    return first == second if meant is None else meant == understood(second)


def chosen_key(numbering: Numbering, token: ClearToken1) -> ChosenKey | None:
    """Return the first public value, as received, whose group is supported."""
    for entry in token.dhKey:
        group = numbering.group(entry.dhGroup)
        if group is not None:
            return ChosenKey(entry, group)
    return None


def protection(local: LocalPolicy, mode: Aea | NonAea) -> Protection | None:
    """Return what a reader takes of an encr-mode, None when one of the lists has nothing for it."""
    if isinstance(mode, Aea):
        encryption = first_supported(mode.algorithms, local.ae)
        return None if encryption is None else Protection(encryption, None)
    integrity = first_supported(mode.icvAlgID, local.integrity)
    encryption = None if mode.encr is None else first_supported(mode.encr, local.encryption)
    if integrity is None or (mode.encr is not None and encryption is None):
        return None
    return Protection(encryption, integrity)


def any_protection(local: LocalPolicy, mode: Aea | NonAea) -> Protection | None:
    """Return what a reader takes, of all that is understood where nothing is supported: what a policy has had
    pass has to go on with something."""
    return protection(local, mode) or protection(_EVERYTHING, mode)


def any_hmac(given: AlgorithmIdentifier) -> Selected:
    """Return the HMAC of HKDF: there is one, whatever a policy has had pass."""
    return Selected(understood(given) or algorithm("hmacWithSHA256"), given)


def _listed(selected: Selected | None) -> tuple[AlgorithmIdentifier, ...]:
    return () if selected is None else (selected.identifier,)

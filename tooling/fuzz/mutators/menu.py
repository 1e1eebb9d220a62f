"""All mutators, and which of them there are for a place."""

from __future__ import annotations

from conform62351.tooling.fuzz.layers import Layer
from conform62351.tooling.fuzz.mutators.certificates import certificate_mutators
from conform62351.tooling.fuzz.mutators.fields import ProtectionMutator, field_mutators
from conform62351.tooling.fuzz.mutators.handshakes import tls_mutators
from conform62351.tooling.fuzz.mutators.headers import HeaderMutator
from conform62351.tooling.fuzz.mutators.mutator import Mutator
from conform62351.tooling.fuzz.mutators.octets import octet_mutators
from conform62351.tooling.fuzz.mutators.spdu import spdu_mutators
from conform62351.tooling.fuzz.mutators.tlv import tlv_mutators


def mutators_for(layer: Layer, *, can_sign: bool = False) -> tuple[Mutator, ...]:
    """Return the mutators for the places of a layer; those of certificates only for theirs.

    ``can_sign``: the keys of those who have issued the tester's certificates are at hand.
    """
    if layer is Layer.CERTIFICATE:
        return certificate_mutators(can_sign=can_sign)
    return (
        *field_mutators(),
        ProtectionMutator(),
        *tlv_mutators(),
        *spdu_mutators(),
        *tls_mutators(),
        HeaderMutator(),
        *octet_mutators(),
    )

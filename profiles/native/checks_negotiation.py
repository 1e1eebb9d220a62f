"""Protected protocol, key agreement and algorithms (rows 5 and 12 to 22; decisions 6 to 9, 27)."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.crypto.algorithms import Algorithm, AlgorithmIdentifier, understood
from conform62351.profiles.crypto.groups import PublicValueError, groups
from conform62351.profiles.native.check import Check, listed
from conform62351.profiles.native.examination import HandshakeExamination
from conform62351.profiles.native.offers import first_supported, same
from conform62351.profiles.native.parameters import Encryption
from conform62351.profiles.native.shown import shown_number
from conform62351.profiles.native.tokens import Aea, ClearToken1, NonAea

_READINGS_OF_23: Final = {"secp256r1": "modp-2048-224", "modp-2048-224": "secp256r1"}


def _protocol(it: HandshakeExamination) -> str | None:
    if it.request is not None:
        wanted: tuple[str, ...] = (it.request.pp,)
    else:
        wanted = it.local.protocols
    pp = _pp(it)
    return None if pp in map(_without_space, wanted) or pp in wanted else f"pp is {pp[:64]!r}"


def _protocol_form(it: HandshakeExamination) -> str | None:
    pp = _pp(it)
    wanted = it.local.protocols if it.request is None else (it.request.pp,)
    return None if pp in wanted else f"pp is {pp[:64]!r}"


def _pp(it: HandshakeExamination) -> str:
    return "" if it.handshake is None else it.handshake.pp


def _without_space(pp: str) -> str:
    return pp.replace(" ", "")


def _group_supported(it: HandshakeExamination) -> str | None:
    if it.token1 is None or it.key is not None:
        return None
    return f"groups {listed([shown_number(key.dhGroup) for key in it.token1.dhKey])}"


def _group_selected(it: HandshakeExamination) -> str | None:
    if it.token1 is None or it.request is None:
        return None
    if len(it.token1.dhKey) != 1:
        return f"{len(it.token1.dhKey)} groups selected"
    if it.offered_number is not None:
        return None
    return f"group {shown_number(it.token1.dhKey[0].dhGroup)} has not been offered"


def _public_value(it: HandshakeExamination) -> str | None:
    if it.key is None or not isinstance(it.secret, PublicValueError):
        return None
    other = _READINGS_OF_23.get(it.key.group.name, "")
    if other and len(it.key.entry.dhPublicKey) == groups()[other].public_octets:
        return f"group {it.key.entry.dhGroup}: a public value of {other}, the other reading of that number"
    return f"group {it.key.entry.dhGroup} ({it.key.group.name}): {it.secret}"


def _group_alias(it: HandshakeExamination) -> str | None:
    if it.key is None or it.key.entry.dhGroup == it.key.group.number:
        return None
    return f"group {it.key.entry.dhGroup} is read as {it.key.group.name}, which is {it.key.group.number}"


def _hmac(it: HandshakeExamination) -> str | None:
    if it.token1 is None:
        return None
    hmac = it.token1.hmac
    if it.request is not None:
        return None if same(hmac, it.request.token1.hmac) else f"hmac {_listed((hmac,))} was not requested"
    return None if _any_of((hmac,), it.local.hmac) else f"hmac {_listed((hmac,))} is not supported"


def _aea_supported(it: HandshakeExamination) -> str | None:
    if _aea(it.token1) is None or it.local.ae:
        return None
    return "authenticated encryption is not supported"


def _aea_wanted(it: HandshakeExamination) -> str | None:
    if _aea(it.token1) is None or it.local.wanted is not Encryption.UNWANTED:
        return None
    return "authenticated encryption is offered, and no encryption is wanted"


def _aea_algorithm(it: HandshakeExamination) -> str | None:
    mode = _aea(it.token1)
    if mode is None or _any_of(mode.algorithms, it.local.ae):
        return None
    return f"none of {_listed(mode.algorithms)} is supported"


def _ae_not_required(it: HandshakeExamination) -> str | None:
    if _non_aea(it.token1) is None or not it.local.ae_required:
        return None
    return "authenticated encryption is required"


def _encr_wanted(it: HandshakeExamination) -> str | None:
    mode = _non_aea(it.token1)
    if mode is None or mode.encr is None or it.local.wanted is not Encryption.UNWANTED:
        return None
    return "encryption is offered, and none is wanted"


def _encr_algorithm(it: HandshakeExamination) -> str | None:
    mode = _non_aea(it.token1)
    if mode is None or mode.encr is None or _any_of(mode.encr, it.local.encryption):
        return None
    return f"none of {_listed(mode.encr)} is supported"


def _icv_algorithm(it: HandshakeExamination) -> str | None:
    mode = _non_aea(it.token1)
    if mode is None or _any_of(mode.icvAlgID, it.local.integrity):
        return None
    return f"none of {_listed(mode.icvAlgID)} is supported"


def _ae_used(it: HandshakeExamination) -> str | None:
    if _aea(_requested(it)) is None or _non_aea(it.token1) is None:
        return None
    return "authenticated encryption was offered and is not used"


def _ae_offered(it: HandshakeExamination) -> str | None:
    if _non_aea(_requested(it)) is None or _aea(it.token1) is None:
        return None
    return "authenticated encryption has not been offered"


def _ae_single(it: HandshakeExamination) -> str | None:
    mode = _aea(it.token1)
    return None if mode is None else _single("aea", mode.algorithms)


def _ae_one_offered(it: HandshakeExamination) -> str | None:
    selected, offered = _aea(it.token1), _aea(_requested(it))
    return None if selected is None or offered is None else _offered(selected.algorithms, offered.algorithms)


def _encr_not_offered(it: HandshakeExamination) -> str | None:
    selected, offered = _non_aea(it.token1), _non_aea(_requested(it))
    if selected is None or offered is None or selected.encr is None or offered.encr is not None:
        return None
    return "encryption is selected and has not been offered"


def _encr_left_out(it: HandshakeExamination) -> str | None:
    selected, offered = _non_aea(it.token1), _non_aea(_requested(it))
    if selected is None or offered is None or selected.encr is not None or offered.encr is None:
        return None
    return "encryption has been offered and is not selected"


def _encr_single(it: HandshakeExamination) -> str | None:
    mode = _non_aea(it.token1)
    return None if mode is None or mode.encr is None else _single("encr", mode.encr)


def _encr_one_offered(it: HandshakeExamination) -> str | None:
    selected, offered = _non_aea(it.token1), _non_aea(_requested(it))
    if selected is None or offered is None or selected.encr is None or offered.encr is None:
        return None
    return _offered(selected.encr, offered.encr)


def _icv_single(it: HandshakeExamination) -> str | None:
    mode = _non_aea(it.token1)
    return None if mode is None else _single("icvAlgID", mode.icvAlgID)


def _icv_one_offered(it: HandshakeExamination) -> str | None:
    selected, offered = _non_aea(it.token1), _non_aea(_requested(it))
    return None if selected is None or offered is None else _offered(selected.icvAlgID, offered.icvAlgID)


def _repeated(it: HandshakeExamination) -> str | None:
    """Find an identifier that means what was offered and is written in another way (decision 8)."""
    if it.token1 is None or it.request is None:
        return None
    offered = _identifiers(it.request.token1)
    changed = [one.oid for one in _identifiers(it.token1) if one not in offered]
    return f"not repeated as offered: {listed(changed)}" if changed else None


def _requested(it: HandshakeExamination) -> ClearToken1 | None:
    return None if it.request is None else it.request.token1


def _aea(token: ClearToken1 | None) -> Aea | None:
    return token.encr_mode if token is not None and isinstance(token.encr_mode, Aea) else None


def _non_aea(token: ClearToken1 | None) -> NonAea | None:
    return token.encr_mode if token is not None and isinstance(token.encr_mode, NonAea) else None


def _any_of(offered: tuple[AlgorithmIdentifier, ...], supported: tuple[Algorithm, ...]) -> bool:
    return first_supported(offered, supported) is not None


def _single(name: str, selected: tuple[AlgorithmIdentifier, ...]) -> str | None:
    return None if len(selected) == 1 else f"{len(selected)} algorithms in {name}"


def _offered(
    selected: tuple[AlgorithmIdentifier, ...], offered: tuple[AlgorithmIdentifier, ...]
) -> str | None:
    foreign = [one for one in selected if not any(same(one, other) for other in offered)]
    return f"{_listed(tuple(foreign))} has not been offered" if foreign else None


def _identifiers(token: ClearToken1) -> tuple[AlgorithmIdentifier, ...]:
    mode = token.encr_mode
    listed = mode.algorithms if isinstance(mode, Aea) else (*(mode.encr or ()), *mode.icvAlgID)
    return (token.hmac, *listed)


def _listed(given: tuple[AlgorithmIdentifier, ...]) -> str:
    return listed([str(understood(one) or one.oid) for one in given])


PROTOCOL: Final[tuple[Check[HandshakeExamination], ...]] = (
    Check("5", "protected-protocol", "N", _protocol, decisions="decision 28"),
    Check("5.1", "protected-protocol-form", "I", _protocol_form, noted=True, decisions="decision 28"),
)
NEGOTIATION: Final[tuple[Check[HandshakeExamination], ...]] = (
    Check("12.1", "group-supported", "N", _group_supported),
    Check("12.2", "group-selected", "N", _group_selected, decisions="decision 6"),
    Check("12.3", "group-alias", "I", _group_alias, noted=True),
    Check("13", "public-value", "I", _public_value, decisions="decision 9"),
    Check("14", "hmac", "N", _hmac),
    Check("15", "ae-supported", "N", _aea_supported, decisions="decision 27"),
    Check("16", "ae-wanted", "N", _aea_wanted),
    Check("17", "ae-algorithm", "N", _aea_algorithm, decisions="decision 8"),
    Check("18", "ae-not-required", "N", _ae_not_required),
    Check("19", "encryption-wanted", "N", _encr_wanted),
    Check("20.1", "encryption-algorithm", "N", _encr_algorithm, decisions="decision 8"),
    Check("20.2", "icv-algorithm", "N", _icv_algorithm, decisions="decision 8"),
    Check("21.1", "ae-used", "N", _ae_used, decisions="decision 27"),
    Check("21.2", "ae-offered", "N", _ae_offered, decisions="decision 27"),
    Check("21.3", "ae-single", "N", _ae_single),
    Check("21.4", "ae-one-of-offered", "N", _ae_one_offered),
    Check("22.1", "encryption-offered", "I", _encr_not_offered, decisions="decision 27"),
    Check("22.2", "encryption-selected", "I", _encr_left_out, decisions="decision 27"),
    Check("22.3", "encryption-single", "N", _encr_single),
    Check("22.4", "encryption-one-of-offered", "N", _encr_one_offered),
    Check("22.5", "icv-single", "N", _icv_single),
    Check("22.6", "icv-one-of-offered", "N", _icv_one_offered),
    Check("22.7", "identifiers-repeated", "I", _repeated, noted=True, decisions="decision 8"),
)

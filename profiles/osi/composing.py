"""The APDUs and PPDUs that begin an association, as the parameters of one side have them."""

from __future__ import annotations

from functools import lru_cache

from conform62351.profiles.osi import acse, presentation
from conform62351.profiles.osi.apdu import AARE, AARQ, External, UserInformation
from conform62351.profiles.osi.parameters import Authentication, OsiParameters
from conform62351.profiles.osi.ppdu import CP, CPA, ContextDefinition, ContextResult, Pdv, Ppdu
from conform62351.profiles.osi.situation import Situation
from conform62351.profiles.role import Role


def aarq(situation: Situation, user_data: bytes, authentication: Authentication) -> AARQ:
    """Return the AARQ that carries ``user_data``."""
    own = situation.parameters
    return AARQ(
        application_context=own.application_context,
        called_ap_title=own.called.ap_title,
        called_ae_qualifier=own.called.ae_qualifier,
        calling_ap_title=own.calling.ap_title,
        calling_ae_qualifier=own.calling.ae_qualifier,
        requirements=authentication.requirements,
        mechanism_name=authentication.mechanism_name,
        authentication_value=authentication.value,
        user_information=information(situation, user_data),
    )


def aare(situation: Situation, user_data: bytes, authentication: Authentication) -> AARE:
    """Return the accepting AARE that carries ``user_data``."""
    own = situation.parameters
    return AARE(
        application_context=own.application_context,
        responding_ap_title=own.called.ap_title,
        responding_ae_qualifier=own.called.ae_qualifier,
        requirements=authentication.requirements,
        mechanism_name=authentication.mechanism_name,
        authentication_value=authentication.value,
        user_information=information(situation, user_data),
    )


def cp(situation: Situation, apdu: bytes) -> CP:
    """Return the CP that carries an APDU."""
    own = situation.parameters
    return CP(
        calling_selector=own.calling_presentation,
        called_selector=own.called_presentation,
        contexts=own.contexts,
        user_data=acse_data(situation, apdu),
    )


def cpa(situation: Situation, apdu: bytes) -> CPA:
    """Return the CPA that carries an APDU, with the results of the negotiation."""
    return CPA(
        responding_selector=situation.parameters.called_presentation,
        results=situation.results,
        user_data=acse_data(situation, apdu),
    )


def acse_data(situation: Situation, apdu: bytes) -> tuple[Pdv, ...]:
    """Return the presentation user data that an APDU is."""
    return (Pdv(situation.acse_context, apdu),)


def information(situation: Situation, user_data: bytes) -> UserInformation:
    """Return the user information that carries a PDU of the protected protocol."""
    return (External(situation.protocol_context, user_data),)


def connect_room(situation: Situation) -> int:
    """Return how many octets of user data fit into an AARQ of a client, or an accepting AARE of a server.

    With them the session has as many octets to carry as a reader takes at least. Authentication members are
    not counted.
    """
    own = situation.parameters
    return _connect_room(situation.role, own, situation.proposed, situation.results)


@lru_cache(maxsize=64)
def _connect_room(
    role: Role,
    own: OsiParameters,
    proposed: tuple[ContextDefinition, ...],
    results: tuple[ContextResult, ...],
) -> int:
    situation = Situation(role, own)
    situation.propose(proposed)
    situation.agree(results)
    draft, none = bytes(own.max_connect_data), Authentication()
    if role is Role.CLIENT:
        ppdu: Ppdu = cp(situation, acse.encode(aarq(situation, draft, none)))
    else:
        ppdu = cpa(situation, acse.encode(aare(situation, draft, none)))
    return 2 * len(draft) - len(presentation.encode(ppdu))

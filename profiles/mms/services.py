"""The confirmed services of the server: from an argument to a result (ISO 9506-2 9 and 14)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, Final

from conform62351.profiles.mms.model import Model
from conform62351.profiles.mms.names import ObjectClass
from conform62351.profiles.mms.reporting import Member
from conform62351.profiles.mms.service_checks import Call, named_object

UNCHECKED_TYPE: Final = ("boolean", None)
UNCHECKED_DATA: Final = ("boolean", False)
"""What a variable that does not exist is taken for when the checks that would find that are left out."""


def status(model: Model) -> dict[str, Any]:
    """Return the Status-Response."""
    return {
        "vmdLogicalStatus": model.vmd.logical_status,
        "vmdPhysicalStatus": model.vmd.physical_status,
    }


def identify(model: Model) -> dict[str, Any]:
    """Return the Identify-Response."""
    vmd = model.vmd
    return {"vendorName": vmd.vendor_name, "modelName": vmd.model_name, "revision": vmd.revision}


def name_list(model: Model, argument: dict[str, Any], room: int, most: int) -> dict[str, Any]:
    """Return the GetNameList-Response: names in the order of their characters, as many as fit.

    ``room`` is the number of octets for the list, ``most`` the number of names. ``continueAfter`` need not be
    a name of the list: what comes behind it in that order follows.
    """
    names = _names(model, argument)
    start = bisect_right(names, argument["continueAfter"]) if "continueAfter" in argument else 0
    listed: list[str] = []
    for name in names[start : start + most]:
        room -= len(name) + 4
        if room < 0 and listed:
            break
        listed.append(name)
    return {"listOfIdentifier": listed, "moreFollows": start + len(listed) < len(names)}


def _names(model: Model, argument: dict[str, Any]) -> Sequence[str]:
    _, number = argument["extendedObjectClass"]
    scope, domain = argument["objectScope"]
    if scope == "vmdSpecific":
        return model.domain_names if number == ObjectClass.DOMAIN else ()
    found = model.domains.get(domain) if scope == "domainSpecific" else None
    if found is None:
        return ()
    if number == ObjectClass.NAMED_VARIABLE:
        return found.variable_names
    return found.data_set_names if number == ObjectClass.NAMED_VARIABLE_LIST else ()


def variable_access_attributes(model: Model, argument: tuple[str, Any]) -> dict[str, Any]:
    """Return the GetVariableAccessAttributes-Response."""
    node = model.find(*named_object(argument[1]))
    specification = UNCHECKED_TYPE if node is None else node.specification
    return {"mmsDeletable": False, "typeSpecification": specification}


def list_attributes(members: Sequence[Member]) -> dict[str, Any]:
    """Return the GetNamedVariableListAttributes-Response for a data set."""
    return {"mmsDeletable": False, "listOfVariable": [named_variable(m.domain, m.item) for m in members]}


def named_variable(domain: str, item: str) -> dict[str, Any]:
    """Return an element of listOfVariable that names a variable of a domain; no domain: of the VMD."""
    name = ("domain-specific", {"domainID": domain, "itemID": item}) if domain else ("vmd-specific", item)
    return {"variableSpecification": ("name", name)}


def variables(call: Call) -> list[tuple[tuple[str, str], Any]]:
    """Return domain and item, and the alternate access if any, of each variable of a read or write.

    Both are empty where a variable goes by no name.
    """
    if call.members is not None:
        return [((member.domain, member.item), None) for member in call.members]
    _, listed = call.argument["variableAccessSpecification"]
    found = []
    for each in listed:
        how, name = each["variableSpecification"]
        found.append((named_object(name) if how == "name" else ("", ""), each.get("alternateAccess")))
    return found

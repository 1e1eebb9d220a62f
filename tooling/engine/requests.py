"""From a step's service, data point and arguments to the MMS PDU that asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conform62351.profiles.mms.client import MmsClient
from conform62351.profiles.mms.messages import MmsMessage
from conform62351.profiles.mms.names import ObjectClass


class RequestError(Exception):
    """A step asks for something that cannot be asked for: a mistake in the case."""


def make_request(
    client: MmsClient, service: str, point: str, arguments: Mapping[str, Any], last_read: Any
) -> MmsMessage:
    """Return the request for ``service`` of the object ``point`` (DOMAIN/ITEM, or empty).

    Arguments by service: ``write`` takes ``data`` (a pair of type and value; without it the value that was
    read last is written back); ``read`` takes ``repeat`` (the variable named that many times) and
    ``other`` (further DOMAIN/ITEM); ``getNameList`` takes ``object_class``, ``domain`` and
    ``continue_after``; ``cancel`` takes ``invoke_id``. Any other service is asked for with ``argument`` as
    the ASN.1 module shapes it.

    Raises:
        RequestError: an argument is missing or does not fit.
    """
    domain, _, item = point.partition("/")
    match service:
        case "initiate":
            return client.initiate()
        case "conclude":
            return client.conclude()
        case "cancel":
            return client.cancel(arguments["invoke_id"])
        case "identify":
            return client.identify()
        case "status":
            return client.status()
        case "getNameList":
            named = ObjectClass[arguments.get("object_class", "DOMAIN")]
            scope = domain if named is not ObjectClass.DOMAIN else None
            return client.get_name_list(
                named, arguments.get("domain", scope), arguments.get("continue_after")
            )
        case "getVariableAccessAttributes":
            return client.get_variable_access_attributes(domain, item)
        case "getNamedVariableListAttributes":
            return client.get_named_variable_list_attributes(domain, item)
        case "read":
            others = [tuple(name.split("/", 1)) for name in arguments.get("other", ())]
            variables = [(domain, item)] * arguments.get("repeat", 1)
            return client.read(*variables, *[(name[0], name[1]) for name in others])
        case "readList":
            return client.read_list(domain, item)
        case "write":
            data = arguments.get("data", last_read)
            if data is None:
                raise RequestError("write: no data given and nothing was read before")
            return client.write((domain, item, tuple(data)))
        case _ if "argument" in arguments:
            return client.request(service, arguments["argument"])
        case _:
            raise RequestError(f"{service}: no argument given")

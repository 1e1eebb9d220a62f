"""From a step's service, data point and arguments to the MMS PDU that asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conform62351.profiles.mms.client import MmsClient
from conform62351.profiles.mms.data import Data, bit_string
from conform62351.profiles.mms.messages import MmsMessage
from conform62351.profiles.mms.names import ObjectClass
from conform62351.tooling.engine.learned import Learned, another, of_another_type


class RequestError(Exception):
    """A step asks for something that cannot be asked for: a mistake in the case."""


def make_request(
    client: MmsClient, service: str, point: str, arguments: Mapping[str, Any], learned: Learned
) -> MmsMessage:
    """Return the request for ``service`` of the object ``point`` (DOMAIN/ITEM, or empty).

    Arguments of every service: ``domain`` and ``item`` replace those of the point, ``component`` is put
    behind its item, ``invoke_id`` numbers the request (``cancel``: the one to cancel). By service:

    - ``write`` takes ``data``, a pair of type and value (a bit string as text of its bits), or ``value``: the
      ``original`` that was read first, ``another`` of the same type, or one ``of another type``; without
      either the value that was read last is written back;
    - ``read`` takes ``repeat`` (the variable named that many times) and ``unknown`` (items of the same domain
      that are put behind it, each followed by the variable once more);
    - ``getNameList`` takes ``object_class`` and ``continue_after``; ``status`` takes ``extended``.

    Any other service is asked for with ``argument`` as the ASN.1 module shapes it.

    Raises:
        RequestError: an argument is missing or does not fit.
    """
    domain, _, item = point.partition("/")
    domain, item = arguments.get("domain", domain), arguments.get("item", item)
    if "component" in arguments:
        item = f"{item}${arguments['component']}"
    if "invoke_id" in arguments:
        client.number_next(arguments["invoke_id"])
    match service:
        case "read":
            variables = [(domain, item)] * arguments.get("repeat", 1)
            for unknown in arguments.get("unknown", ()):
                variables += [(domain, unknown), (domain, item)]
            return client.read(*variables)
        case "initiate":
            return client.initiate()
        case "conclude":
            return client.conclude()
        case "cancel":
            return client.cancel(arguments["invoke_id"])
        case "identify":
            return client.identify()
        case "status":
            return client.status(extended=arguments.get("extended", False))
        case "getNameList":
            named = ObjectClass[arguments.get("object_class", "DOMAIN")]
            scope = None if named is ObjectClass.DOMAIN else domain
            return client.get_name_list(named, scope, arguments.get("continue_after"))
        case "getVariableAccessAttributes":
            return client.get_variable_access_attributes(domain, item)
        case "getNamedVariableListAttributes":
            return client.get_named_variable_list_attributes(domain, item)
        case "readList":
            return client.read_list(domain, item, members=learned.members)
        case "write":
            learned.written = _data(arguments, learned)
            return client.write((domain, item, learned.written))
        case _ if "argument" in arguments:
            return client.request(service, arguments["argument"])
        case _:
            raise RequestError(f"{service}: no argument given")


def _data(arguments: Mapping[str, Any], learned: Learned) -> Data:
    """Return the value to write."""
    if "data" in arguments:
        kind, value = arguments["data"]
        return bit_string(value) if kind == "bit-string" else (kind, value)
    if learned.original is None or learned.read is None:
        raise RequestError("write: no data given and nothing was read before")
    match arguments.get("value"):
        case None:
            return learned.read
        case "original":
            return learned.original
        case "another":
            return another(learned.read)
        case "of another type":
            return of_another_type(learned.read)
        case other:
            raise RequestError(f"write: no value {other!r}")

"""Templates of PICS and PIXIT: every question with what the answer rests on, answers left for a person."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Collection, Iterator

from conform62351.pics.catalogue import ROLES, Item, Table, catalogue
from conform62351.pics.declaration import EDITIONS, HEADER_FIELDS
from conform62351.pics.pixit import PixitEntry, Value, pixit_entries
from conform62351.pics.pixit_actions import ACTION_NAMES, KINDS, RUN_VALUES, STACKS

WIDTH = 100

_STATUSES = {"m": "mandatory", "o": "optional", "x": "excluded", "i": "out of scope"}
_PICS_HEAD = """\
PICS for IEC 62351-4: what the device claims. Answer every item with "yes" or "no"; then run
conform62351 pics check FILE. Where a status does not apply (its condition is false) the answer is "no".
Statuses: m mandatory, o optional, o.n at least one of the group, c.n conditional, x excluded. Marks in
brackets tell where the row is known from: S preview, N notes, E events, R public, F field, I inferred.
"""
_PIXIT_HEAD = """\
PIXIT for IEC 62351-4: how the tester reaches and operates the device. Entries that are commented out show
their default; take the # away to change one. Octets are written in hexadecimal. What the device can or
cannot do belongs into the PICS.
"""
_ACTIONS_HEAD = """\
Actions: how the tester has the device do something. A table [action.NAME] for each that is possible,
with NAME one of {names}. Kinds: {kinds}. All take limit and
settle, in seconds. {{{values}}} stand for the tester's address; values of your own go into the
table [substitution]. Without an action, cases that need it are inconclusive.
"""
_ACTIONS = """\
# [action.connect]
# kind = "question"
# question = "Have the device connect to {tester_host}, port {tester_port}, and press Enter."
# limit = 600

# [action.reset]
# kind = "command"
# command = ["snmpset", "..."]
# limit = 30
# settle = 20

# [action.send-request]
# kind = "wait"
# seconds = 15

# [action.disconnect]
# kind = "http"
# url = "http://192.0.2.10/control/disconnect"
"""
_CONFIGURATIONS_HEAD = """\
Configurations: set-ups of the device that exclude each other. A table [configuration.NAME] for each, with
description, cost (seconds that the change takes), stack (one of {stacks}; NAME where
that is one of them, else plain) and the fields of an action that brings it about; without them the action
configure is used, with {{configuration}} replaced by NAME. A run brings the device into "default" first where
it can, and else takes it to be in that.
"""


def new_pics(roles: Collection[str] = ROLES) -> str:
    """Return a PICS template; items of a role that is not in ``roles`` are answered no."""
    lines = [*_comment(_PICS_HEAD), "", "[header]"]
    for name in HEADER_FIELDS:
        remark = (
            f"  # {' or '.join(json.dumps(edition) for edition in EDITIONS)}" if name == "edition" else ""
        )
        lines.append(f'{name} = ""{remark}')
    for table in catalogue().tables:
        lines += ["", "", *_comment(f"{table.heading} [{table.provenance}]"), f"[{table.id}]"]
        for row in dict.fromkeys(item.row for item in table.items):
            lines += ["", *_row(table, row, roles)]
    return "\n".join(lines) + "\n"


def new_pixit() -> str:
    """Return a PIXIT template: defaults commented out, entries without one left empty."""
    lines = _comment(_PIXIT_HEAD)
    section = ""
    for name, entry in pixit_entries().items():
        prefix, _, last = name.rpartition(".")
        if prefix != section:
            section = prefix
            lines += ["", "", f"[{section}]"]
        lines += ["", *_entry(last, entry)]
    values = "} and {".join(RUN_VALUES)
    head = _ACTIONS_HEAD.format(names=", ".join(ACTION_NAMES), kinds=", ".join(KINDS), values=values)
    lines += ["", "", *_comment(head), "", *_ACTIONS.splitlines()]
    head = _CONFIGURATIONS_HEAD.format(stacks=", ".join(STACKS))
    lines += ["", "", *_comment(head), "", "# [configuration.compatibility]", "# cost = 300"]
    return "\n".join(lines) + "\n"


def _row(table: Table, row: str, roles: Collection[str]) -> Iterator[str]:
    items = [item for item in table.items if item.row == row]
    for question in dict.fromkeys(item.question for item in items):
        yield from _comment(question)
    for note in dict.fromkeys(_note(item) for item in items):
        yield from _comment(note)
    for item in items:
        key = item.code.partition(".")[2]
        yield f'{key} = "{"" if item.role in roles else "no"}"'


def _note(item: Item) -> str:
    """Return status, condition and source of an item; alike for both roles where they are alike."""
    status = item.condition or _STATUSES.get(item.status, "at least one of the group")
    parts = [f"{item.status}: {status}"]
    if item.presupposes.codes:
        parts.append(f"if {item.presupposes.text.replace('.' + item.role, '')}")
    if item.suite:
        parts.append(f"suite {item.suite}")
    parts.append(f"clause {item.reference}")
    return f"{'; '.join(parts)} [{item.provenance}]"


def _entry(name: str, entry: PixitEntry) -> Iterator[str]:
    kind = f"{entry.type}, {entry.unit}" if entry.unit else entry.type
    yield from _comment(f"{entry.description} ({kind})")
    if entry.choices:
        wanted = "One" if entry.type == "choice" else "Any"
        yield from _comment(f"{wanted} of: {', '.join(entry.choices)}")
    if entry.required is not None:
        yield from _comment(f"Needed if {entry.required}.")
        yield f"{name} = {toml_value(entry.default)}"
    else:
        yield f"# {name} = {toml_value(entry.default)}"


def toml_value(value: Value) -> str:
    """Return a PIXIT value as it is written in TOML."""
    if isinstance(value, bytes):
        return json.dumps(value.hex())
    if isinstance(value, tuple):
        return json.dumps(list(value), ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def _comment(text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent="# ",
        subsequent_indent="# ",
        break_long_words=False,
        break_on_hyphens=False,
    )

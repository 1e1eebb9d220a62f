"""``conform62351 decode``: octets of any layer, or a capture, as a tree with what is odd about them."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

from conform62351.profiles.dissection import (
    LAYERS,
    Anomaly,
    AuthenticationFacts,
    Node,
    SecPduFacts,
    Secrets,
    dissect,
)
from conform62351.profiles.dissection import Conversation as Talk
from conform62351.tooling.cli import decode_authentication, decode_native
from conform62351.tooling.cli.decode_capture import Conversation, Dissected, conversations
from conform62351.tooling.cli.hextext import MAX_OCTETS, HexTextError, octets_of
from conform62351.tooling.cli.spec_data import add_spec_data
from conform62351.tooling.net.e2e_keys import read_key_file
from conform62351.tooling.net.errors import CaptureError
from conform62351.tooling.net.scapy_room.reading import CaptureFile, is_capture
from conform62351.tooling.net.tls_keys import KeyLog
from conform62351.tooling.spec.loading import load_spec_data

USAGE: Final = 2
MAX_JSON_NODES: Final = 500_000
_SYNONYMS: Final = {"session": "SES", "presentation": "PRES"} | {layer.lower(): layer for layer in LAYERS}


_Placed = TypeVar("_Placed", Anomaly, AuthenticationFacts, SecPduFacts)


class DecodeError(Exception):
    """What cannot be decoded; the message is one line for people."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "decode",
        help="show octets or a capture as a tree",
        description="Show octets or a capture as a tree of layers, fields and TLVs, with anomalies.",
    )
    parser.add_argument(
        "file",
        metavar="FILE",
        help="hexadecimal text or dump, pcap or pcapng capture; - reads standard input",
    )
    parser.add_argument(
        "--layer",
        choices=sorted(_SYNONYMS),
        metavar="LAYER",
        help="where the octets begin; default: detected. One of " + ", ".join(sorted(_SYNONYMS)),
    )
    parser.add_argument(
        "--keylog", type=Path, metavar="FILE", help="NSS key log that decrypts TLS in a capture"
    )
    parser.add_argument(
        "--e2e-keys",
        type=Path,
        metavar="FILE",
        help="key file of native mode: data transfers are verified and decrypted with it",
    )
    parser.add_argument(
        "--port", type=int, metavar="N", help="only connections of a capture with this TCP port"
    )
    add_spec_data(parser)
    parser.add_argument("--json", action="store_true", help="machine-readable")
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Carry out the command; return 0, or 2 when the input cannot be read."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        octets = _read(args.file)
        layer = _SYNONYMS[args.layer] if args.layer else None
        spec = None if args.spec_data is None else load_spec_data(args.spec_data)
        secrets = Secrets() if args.e2e_keys is None else Secrets(read_key_file(args.e2e_keys))
        if is_capture(octets[:4]):
            capture = CaptureFile(Path(args.file) if args.file != "-" else octets)
            talks = conversations(
                capture, _key_log(args.keylog), lambda: Talk(secrets, spec), port=args.port, layer=layer
            )
        else:
            if args.keylog or args.port:
                raise DecodeError(f"{args.file}: --keylog and --port are for captures")
            talks = iter([_of_text(octets, layer, args.file, Talk(secrets, spec))])
        if args.json:
            print(json.dumps(_as_json(talks), indent=1))
        else:
            _print(talks)
    except (DecodeError, CaptureError) as error:
        print(f"conform62351: {error}", file=sys.stderr)
        return USAGE
    return 0


def _read(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read(MAX_OCTETS * 8)
        with Path(name).open("rb") as file:
            beginning = file.read(4)
            return beginning if is_capture(beginning) else beginning + file.read(MAX_OCTETS * 8)
    except OSError as error:
        raise DecodeError(f"{name}: {error.strerror}") from error


def _key_log(path: Path | None) -> KeyLog:
    return KeyLog() if path is None else KeyLog.read(path)


def _of_text(text: bytes, layer: str | None, name: str, native: Talk) -> Conversation:
    try:
        octets = octets_of(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise DecodeError(f"{name}: neither a capture nor hexadecimal text") from error
    except HexTextError as error:
        raise DecodeError(f"{name}: {error}") from error
    if not octets:
        raise DecodeError(f"{name}: no octets")
    dissection = dissect(octets, layer=layer, talk=native)
    last = len(dissection.nodes) - 1
    return Conversation(
        title="",
        facts={},
        messages=iter(
            Dissected(
                node,
                tuple(_within(node, dissection.anomalies, is_last=index == last)),
                authentications=tuple(_within(node, dissection.authentications, is_last=index == last)),
                secpdus=tuple(_within(node, dissection.secpdus, is_last=index == last)),
            )
            for index, node in enumerate(dissection.nodes)
        ),
        remarks=[],
    )


def _within(node: Node, found: Iterable[_Placed], *, is_last: bool) -> Iterator[_Placed]:
    for one in found:
        if node.offset <= one.offset and (is_last or one.offset < node.offset + node.length):
            yield one


def _print(talks: Iterable[Conversation]) -> None:
    oddities = 0
    for talk in talks:
        if talk.title:
            print(talk.title)
        for message in talk.messages:
            if message.heading:
                names = [node.name for node in message.node.walk() if node.pdu]
                print(f"\n{message.heading}  {' '.join(names)}")
            oddities += len(message.anomalies)
            _print_message(message)
            for facts in message.authentications:
                for line in decode_authentication.lines(facts):
                    print(line)
            for secpdu in message.secpdus:
                for line in decode_native.lines(secpdu):
                    print(line)
        for remark in talk.remarks:
            print(f"! {remark}")
        if talk.title:
            print()
    print(f"{oddities} {'anomaly' if oddities == 1 else 'anomalies'}")


def _print_message(message: Dissected) -> None:
    left = list(message.anomalies)
    pending = [(0, message.node)]
    while pending:
        depth, node = pending.pop()
        tag = f"{node.tag} " if node.tag else ""
        value = f"  {node.value}" if node.value else ""
        print(f"{node.offset:>6} {node.length:>5}  {'  ' * depth}{tag}{node.name}{value}")
        following = pending[-1][1].offset if pending else None
        after = node.children[0].offset if node.children else following
        while left and (after is None or left[0].offset < after):
            anomaly = left.pop(0)
            print(
                f"{anomaly.offset:>6}     !  {'  ' * depth}{anomaly.message} [{anomaly.layer} {anomaly.code}]"
            )
        pending.extend((depth + 1, child) for child in reversed(node.children))
    for anomaly in left:
        print(f"{anomaly.offset:>6}     !  {anomaly.message} [{anomaly.layer} {anomaly.code}]")


def _as_json(talks: Iterable[Conversation]) -> dict[str, Any]:
    """Return the document: ``layers`` lists every PDU, outermost first, with its fields.

    In place of a field that is a PDU stands its name under ``pdu``. ``signature`` is about the first of the
    authentications.
    """
    count = 0
    layers: list[dict[str, Any]] = []
    anomalies: list[dict[str, Any]] = []
    authentications: list[dict[str, Any]] = []
    secpdus: list[dict[str, Any]] = []
    connections: list[dict[str, Any]] = []
    for talk in talks:
        for message in talk.messages:
            if count > MAX_JSON_NODES:
                talk.remarks.append(f"only the first {MAX_JSON_NODES} fields are listed")
                break
            for node in message.node.walk():
                count += 1
                if node.pdu or node is message.node:
                    layers.append(
                        {
                            **_facts(node),
                            "fields": [_field(child) for child in node.children],
                            **message.facts,
                        }
                    )
            anomalies += [
                {
                    "offset": item.offset,
                    "layer": item.layer,
                    "code": item.code,
                    "message": item.message,
                    **message.facts,
                }
                for item in message.anomalies
            ]
            authentications += [
                {**decode_authentication.as_json(item), **message.facts} for item in message.authentications
            ]
            secpdus += [{**decode_native.as_json(item), **message.facts} for item in message.secpdus]
        if talk.facts:
            connections.append({**talk.facts, "remarks": talk.remarks})
    document: dict[str, Any] = {
        "layers": layers,
        "anomalies": anomalies,
        "authentications": authentications,
        "secpdus": secpdus,
        "signature": {"matched": authentications[0]["signed"] if authentications else None},
    }
    if connections:
        document["connections"] = connections
    return document


def _facts(node: Node) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "layer": node.layer,
        "name": node.name,
        "offset": node.offset,
        "length": node.length,
    }
    if node.tag:
        facts["tag"] = node.tag
    if node.value:
        facts["value"] = node.value
    return facts


def _field(node: Node) -> dict[str, Any]:
    """Return a field; a PDU is only named, it is listed by itself."""
    if node.pdu:
        return {"pdu": node.name, "offset": node.offset, "length": node.length}
    facts = _facts(node)
    del facts["layer"]
    if node.children:
        facts["fields"] = [_field(child) for child in node.children]
    return facts

"""Dissection: octets of any layer as a tree down to every TLV, with what is odd about them.

Sans-IO, bounded, and never an error: where octets make no sense the tree says so and ends there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conform62351.profiles.dissection.authentication import AuthenticationFacts
from conform62351.profiles.dissection.detection import detect, ppdu_name
from conform62351.profiles.dissection.secpdu import SecPduFacts
from conform62351.profiles.dissection.stream import MAX_NODES, Message, StreamDissector
from conform62351.profiles.dissection.tree import (
    ACSE,
    BER,
    CMP,
    COTP,
    E2E,
    LAYERS,
    MMS,
    PRES,
    SES,
    TPKT,
    Anomaly,
    Dissection,
    Node,
    Report,
    Source,
)
from conform62351.profiles.dissection.unsealing import Conversation, Secrets
from conform62351.profiles.dissection.upper import UpperDissector

__all__ = [
    "LAYERS",
    "Anomaly",
    "AuthenticationFacts",
    "Conversation",
    "Dissection",
    "Message",
    "Node",
    "SecPduFacts",
    "Secrets",
    "StreamDissector",
    "detect",
    "dissect",
]

MAX_OCTETS: Final = 1 << 20


def dissect(
    octets: bytes,
    *,
    layer: str | None = None,
    contexts: Mapping[int, str] | None = None,
    talk: Conversation | None = None,
) -> Dissection:
    """Dissect ``octets``, which begin at ``layer`` (one of LAYERS; None detects it).

    A stream of TPKTs gives a node each, every other layer one node. ``contexts`` are presentation contexts
    known beforehand (number, dotted abstract syntax); without any, values are told by their tags. ``talk``
    knows the associations of native mode and their secrets. Raises ValueError for a layer that does not
    exist.
    """
    talk = talk or Conversation()
    if layer is None:
        layer = detect(octets, talk.forms)
    elif layer not in LAYERS:
        raise ValueError(f"no layer is called {layer}")
    known = dict(contexts or {})
    looked_at = octets[:MAX_OCTETS]
    nodes: list[Node] = []
    anomalies: list[Anomaly] = []
    authentications: list[AuthenticationFacts] = []
    secpdus: list[SecPduFacts] = []
    if layer == TPKT:
        dissector = StreamDissector(known, talk=talk)
        for message in dissector.messages(looked_at):
            nodes.append(message.node)
            anomalies += message.anomalies
            authentications += message.authentications
            secpdus += message.secpdus
        if dissector.unfinished is not None:
            message_text = f"the end of a TSDU is missing, {dissector.unfinished} octets of it have come"
            anomalies.append(Anomaly(len(looked_at), COTP, "unfinished-tsdu", message_text))
    elif looked_at:
        report = Report(MAX_NODES)
        nodes.append(_one(looked_at, layer, report, known, talk))
        anomalies += report.sorted()
        authentications += report.authentications
        secpdus += report.secpdus
    if len(octets) > MAX_OCTETS:
        anomalies.append(
            Anomaly(MAX_OCTETS, layer, "limit", f"{len(octets)} octets, the rest is not looked at")
        )
    return Dissection(octets, tuple(nodes), tuple(anomalies), known, tuple(authentications), tuple(secpdus))


def _one(octets: bytes, layer: str, report: Report, contexts: dict[int, str], talk: Conversation) -> Node:
    source = Source(octets)
    upper = UpperDissector(report, contexts, talk)
    if layer == COTP:
        return StreamDissector(contexts, report, talk).tpdu(source)
    if layer == SES:
        return upper.session(source)
    if layer == PRES:
        return upper.presentation(source, ppdu_name(octets))
    readers = {
        ACSE: upper.acse,
        CMP: upper.authentication,
        E2E: upper.secpdu,
        MMS: upper.mms,
        BER: upper.ber,
    }
    return readers[layer](source)

"""From the octets of one side of a connection to what it carries in the data phase, as far as that reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.osi import presentation, session
from conform62351.profiles.osi.ppdu import TD
from conform62351.profiles.osi.presentation_checks import pdvs_of
from conform62351.profiles.transport import cotp, tpkt

MOST_TSDU: Final = 1 << 20


def tpdus(octets: bytes) -> Iterator[cotp.Tpdu]:
    """Yield the TPDUs in a stream of TPKTs up to the first packet that is none."""
    at = 0
    while at + tpkt.HEADER_LENGTH <= len(octets):
        header = tpkt.decode_header(octets[at : at + tpkt.HEADER_LENGTH])
        end = at + header.length
        if header.version != tpkt.VERSION or header.length < tpkt.MIN_LENGTH or end > len(octets):
            return
        try:
            yield cotp.decode(octets[at + tpkt.HEADER_LENGTH : end])
        except ProtocolError:
            return
        at = end


def tsdus(octets: bytes) -> Iterator[bytes]:
    """Yield the TSDUs in a stream of TPKTs up to the first packet that is none."""
    gathered = bytearray()
    for tpdu in tpdus(octets):
        if not isinstance(tpdu, cotp.DT):
            continue
        gathered += tpdu.data
        if tpdu.eot:
            yield bytes(gathered)
            gathered.clear()
        if len(gathered) > MOST_TSDU:
            return


def data_values(received: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what the presentation data values of the data phase hold, in order."""
    for tsdu in tsdus(b"".join(received)):
        if not tsdu.startswith(session.DATA_PREFIX):
            continue
        pdv = presentation.single_pdv(tsdu, len(session.DATA_PREFIX))
        if pdv is not None:
            yield pdv.octets
            continue
        try:
            data, _ = presentation.decode("PRES.TD", tsdu[len(session.DATA_PREFIX) :])
        except ProtocolError:
            continue
        if isinstance(data, TD):
            yield from (one.octets for one in pdvs_of(data.user_data))

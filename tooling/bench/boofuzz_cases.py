"""Cases of boofuzz against a TCP server; run by a Python that has boofuzz, and nothing of this project.

``python boofuzz_cases.py PORT COUNT [bare]`` sends COUNT cases of a COTP CR to the loopback and prints how
many a second that were. Its loggers are off; ``bare``: so is the data base of cases that boofuzz keeps
besides, which none of its options leaves out.
"""

from __future__ import annotations

import sys
import time

from boofuzz import Block, Byte, Bytes, Request, Session, Size, Static, Target, TCPSocketConnection, Word


def request() -> Request:
    """Return a COTP CR in a TPKT, every field of which is fuzzed."""
    return Request(
        "CR",
        children=(
            Static("TPKT", b"\x03\x00\x00\x16"),
            Size("length", block_name="TPDU", length=1, fuzzable=True),
            Block(
                "TPDU",
                children=(
                    Byte("code", 0xE0),
                    Word("dst_ref", 0, endian=">"),
                    Word("src_ref", 1, endian=">"),
                    Byte("class", 0),
                    Bytes("size", b"\xc0\x01\x0a", size=None),
                    Bytes("calling", b"\xc1\x02\x00\x01", size=None),
                    Bytes("called", b"\xc2\x02\x00\x01", size=None),
                ),
            ),
        ),
    )


def main() -> None:
    """Send the cases."""
    port, count = int(sys.argv[1]), int(sys.argv[2])
    session = Session(
        target=Target(connection=TCPSocketConnection("127.0.0.1", port)),
        fuzz_loggers=[],
        sleep_time=0.0,
        web_port=None,
        keep_web_open=False,
        index_end=count,
    )
    if "bare" in sys.argv[3:]:
        session._fuzz_data_logger._fuzz_loggers.clear()
    session.connect(request())
    begun = time.perf_counter()
    session.fuzz()
    print(session.num_cases_actually_fuzzed / (time.perf_counter() - begun))


if __name__ == "__main__":
    main()

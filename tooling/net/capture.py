"""The capture of a run: sniffed where privileges allow it, otherwise reconstructed from the sockets."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from bisect import bisect_left
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Final

from conform62351.tooling.net import sniffer
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import CaptureError, NetError
from conform62351.tooling.net.flow import Recorder
from conform62351.tooling.net.interfaces import open_tap, watch_ports
from conform62351.tooling.net.pcapng import frame_times, insert_secrets
from conform62351.tooling.net.reconstruction import Reconstruction

STOP_LIMIT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Span:
    """The frames of one case: numbers as Wireshark counts them (from 1), 0 to 0 when there are none.

    ``begun`` and ``ended`` are seconds since 1970-01-01 UTC. Frames between two cases belong to the first.
    """

    case: str
    first: int
    last: int
    begun: float
    ended: float


@dataclass(frozen=True, slots=True)
class Summary:
    """What a capture came to: ``how`` says sniffed or reconstructed, ``lost`` what the kernel dropped."""

    path: Path
    how: str
    frames: int
    lost: int
    spans: tuple[Span, ...]


class Capture:
    """One pcapng file a run. Use :meth:`start`, :meth:`begin` before each case and :meth:`stop`.

    ``how`` is ``sniffed on lo`` or ``reconstructed from sockets``, and in the latter case ``reason`` tells
    why. ``recorder`` is what channels and listeners must be given; None when frames are sniffed.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self.how = "reconstructed from sockets"
        self.reason = ""
        self.recorder: Recorder | None = None
        self.e2e_keys = ""
        """Name of the key file of native mode beside the capture: the index says how to use it."""
        self._clock = clock
        self._ports: set[int] = set()
        self._marks: list[tuple[str, float]] = []
        self._key_log: Path | None = None
        self._sniffer: _Sniffer | None = None
        self._file: BinaryIO | None = None
        self._epoch_offset = clock.utc().timestamp() - clock.monotonic()

    @classmethod
    def start(cls, path: Path, *, interface: str | None, clock: Clock) -> Capture:
        """Begin a capture into ``path``, on ``interface`` (see :func:`interfaces.interface_towards`).

        None as interface reconstructs. No port is watched yet.

        Raises:
            CaptureError: ``path`` cannot be written.
        """
        capture = cls(path, clock)
        try:
            file = path.open("wb")
        except OSError as error:
            raise CaptureError(f"{path}: {error.strerror}") from error
        if interface is None:
            capture.reason = "no interface to sniff on"
        else:
            try:
                capture._sniffer = _Sniffer(path, file, interface)
                capture.how = f"sniffed on {interface}"
                return capture
            except NetError as error:
                capture.reason = str(error)
        capture._file = file
        capture.recorder = Reconstruction(
            file,
            application=sniffer.APPLICATION,
            comment=f"{capture.how}: {capture.reason}",
            to_epoch=lambda at: at + capture._epoch_offset,
        )
        return capture

    def watch(self, port: int) -> None:
        """Take in the traffic of this TCP port, from now on; call it before the first connection."""
        if port not in self._ports:
            self._ports.add(port)
            if self._sniffer is not None:
                self._sniffer.watch(self._ports)

    def begin(self, case: str) -> None:
        """Mark that ``case`` begins; it lasts until the next one begins or the capture stops."""
        self._marks.append((case, self._now()))

    def key_log(self) -> Path:
        """Return the file to which TLS appends its secrets; :meth:`stop` moves them into the capture.

        It stands beside the capture, for its owner alone to read, so that the capture of a run that is
        killed can still be decrypted.

        Raises:
            CaptureError: it cannot be made.
        """
        if self._key_log is None:
            path = self.path.with_name(self.path.name + ".keys")
            try:
                path.unlink(missing_ok=True)
                path.touch(mode=0o600, exist_ok=False)
            except OSError as error:
                raise CaptureError(f"{path}: {error.strerror}") from error
            self._key_log = path
        return self._key_log

    def stop(self) -> Summary:
        """End the capture and write the index of cases beside it, as ``<file>.json``.

        Raises:
            CaptureError: the file could not be written to its end.
        """
        ended = self._now()
        lost = 0
        if self._sniffer is not None:
            lost = self._sniffer.stop()
        elif self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                raise CaptureError(f"{self.path}: {error.strerror}") from error
        times = frame_times(self.path)
        if self._key_log is not None:
            self._take_key_log(self._key_log)
        summary = Summary(self.path, self.how, len(times), lost, self._spans(times, ended))
        self._write_index(summary)
        return summary

    def _take_key_log(self, path: Path) -> None:
        try:
            secrets = path.read_bytes()
        except OSError as error:
            raise CaptureError(f"{path}: {error.strerror}") from error
        if secrets:
            insert_secrets(self.path, secrets)
        path.unlink(missing_ok=True)

    def _now(self) -> float:
        if self._sniffer is not None:
            # The kernel stamps sniffed frames by the host's clock, whatever clock the run was given.
            return time.time()
        return self._clock.monotonic() + self._epoch_offset

    def _spans(self, times: list[int], ended: float) -> tuple[Span, ...]:
        starts = [bisect_left(times, int(begun * 1e9)) for _, begun in self._marks]
        borders = [*starts[1:], len(times)]
        ends = [*(begun for _, begun in self._marks[1:]), ended]
        return tuple(
            Span(case, *((start + 1, border) if border > start else (0, 0)), begun, end)
            for (case, begun), start, border, end in zip(self._marks, starts, borders, ends, strict=False)
        )

    def _write_index(self, summary: Summary) -> None:
        keys = ["--e2e-keys", self.e2e_keys] if self.e2e_keys else []
        index = {
            "capture": self.path.name,
            "how": summary.how,
            "reason": self.reason,
            "frames": summary.frames,
            "lost": summary.lost,
            "decode": " ".join(["conform62351 decode", self.path.name, *keys]),
            "cases": [asdict(span) for span in summary.spans],
        }
        beside = self.path.with_name(self.path.name + ".json")
        try:
            beside.write_text(json.dumps(index, indent=1) + "\n")
        except OSError as error:
            raise CaptureError(f"{beside}: {error.strerror}") from error


class _Sniffer:
    """The sniffing process and the tap that it shares with this one."""

    def __init__(self, path: Path, file: BinaryIO, interface: str) -> None:
        self._path = path
        self._interface = interface
        self._tap = open_tap(interface, ())
        descriptors = (self._tap.fileno(), file.fileno())
        command = [sys.executable, "-P", "-m", sniffer.__name__, *map(str, descriptors), interface]
        pipe = subprocess.PIPE
        try:
            self._process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=pipe, pass_fds=descriptors
            )
        except OSError as error:
            self._tap.close()
            raise CaptureError(f"the sniffing process does not start: {error.strerror}") from error
        file.close()

    def watch(self, ports: set[int]) -> None:
        """Change the kernel's filter; frames that are queued already stay."""
        watch_ports(self._tap, self._interface, ports)

    def stop(self) -> int:
        """Let the process write what is queued and return how many frames the kernel dropped."""
        self._tap.close()
        try:
            out, trouble = self._process.communicate(timeout=STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise CaptureError(f"{self._path}: the sniffing process did not end in {STOP_LIMIT_S:g} s")
        if self._process.returncode:
            last = trouble.decode(errors="replace").strip().rpartition("\n")[2]
            raise CaptureError(f"{self._path}: the sniffing process failed: {last}")
        return int(json.loads(out)["lost"])

"""Devices whose TLS is a library's, and runs against them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from conform62351.fixtures.peers.tls.terminated import TERMINATORS, TerminatedDevice
from conform62351.fixtures.pki.workshop import WorkshopPlan, make_workshop
from conform62351.fixtures.subprocesses import free_port
from conform62351.reports.model.report import RunReport
from conform62351.suites.selfcheck.peers import require
from conform62351.suites.selfcheck.real_servers import files_of, run
from conform62351.tooling.frontend.inputs import Files
from conform62351.tooling.frontend.options import Options

FETCHED_LIST: Final = "crl/fetched-ca.crl"
"""The list that certificates of the workshop point to, on the tester's own server."""
CONTROL: Final = "http://127.0.0.1:62351/"
"""What stands for the control port in declarations."""


class LibraryBench:
    """A workshop whose revocation server is that of the runs to come, and the devices of its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._revocation_port = free_port()
        plan = WorkshopPlan(now=time.time(), ocsp_url=self._url("ocsp"))
        self._workshop = make_workshop(folder / "workshop", plan)
        self._runs = 0

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._revocation_port}/{path}"

    def tried(self, library: str, *selectors: str, options: tuple[str, ...] = ()) -> RunReport:
        """Run the selected cases against a device with TLS by ``library``, which must outlive them."""
        require(TERMINATORS[library].missing())
        self._runs += 1
        out = self._folder / str(self._runs)
        with TerminatedDevice(library, self._workshop.dut, self._url(FETCHED_LIST), options) as device:
            own = (
                f"dut.port={device.port}",
                f"dut.tls_port={device.tls_port}",
                f"pki.folder={self._workshop.tester}",
                f"tester.revocation_port={self._revocation_port}",
            )
            report = run(Options(out, self._files(library, device.control), selectors, overrides=own))
            assert device.alive()
        return report

    def _files(self, library: str, control: str) -> Files:
        """Return the declarations, with the address of the actions in the PIXIT."""
        declared = files_of(f"{library}-server")
        assert declared.pixit is not None
        pixit = self._folder / f"{library}.pixit.toml"
        text = declared.pixit.read_text(encoding="utf-8")
        assert CONTROL in text
        pixit.write_text(text.replace(CONTROL, control), encoding="utf-8")
        return Files(declared.pics, pixit, declared.deviations)

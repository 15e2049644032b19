"""Faults of the machine below a server: disks, system calls, the clock.

Each one skips the case, with a reason, if the machine lacks what it needs. Debian's packages
fiu-utils and faketime contain the preloaded libraries.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

FIU = [Path("/usr/lib/fiu") / name for name in ("fiu_run_preload.so", "fiu_posix_preload.so")]
EIO = 5
BLOCK = 65_536


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """Mount a disk of this many megabytes on the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk")
    mounted = _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder))
    if mounted.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        _run("umount", "--lazy", str(folder))


def make_read_only(folder: Path) -> None:
    """Remount the small disk on this folder as read-only."""
    done = _run("mount", "-o", "remount,ro", str(folder))
    assert done.returncode == 0, done.stderr


def fill(folder: Path) -> Path:
    """Fill the disk of this folder to its last byte; return the file that fills it."""
    filler = folder / ".filler"
    with filler.open("ab", buffering=0) as file:
        for size in (BLOCK, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return filler


class FailingDisk:
    """Makes a share of one process's system calls fail with EIO."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("fiu-ctrl") is None or not all(file.exists() for file in FIU):
            pytest.skip("libfiu is not installed (fiu-utils in Debian)")
        self._control = folder / "fiu"

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of the process."""
        libraries = " ".join(map(str, FIU))
        return {"LD_PRELOAD": libraries, "FIU_CTRL_FIFO": str(self._control)}

    def fail(self, pid: int, call: str, share: float) -> None:
        """Make that share of the calls fail from now on; `call` is, for example, `sync/fsync`."""
        name = f"name=posix/io/{call},failinfo={EIO}"
        self._send(pid, f"enable_random {name},probability={share}")

    def stop(self, pid: int, call: str) -> None:
        """Make the calls succeed again."""
        self._send(pid, f"disable name=posix/io/{call}")

    def _send(self, pid: int, command: str) -> None:
        done = _run("fiu-ctrl", "-f", str(self._control), "-c", command, str(pid))
        assert done.returncode == 0, done.stderr


class MovableClock:
    """The wall clock of one process, movable while the process runs."""

    def __init__(self, folder: Path) -> None:
        libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        if not libraries:
            pytest.skip("libfaketime is not installed (faketime in Debian)")
        self._library = libraries[0]
        self._offset_file = folder / "clock"
        self.move("+0")

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of the process."""
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._offset_file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def move(self, to: str) -> None:
        """Set an offset such as `+2h` or `-10d`; a running process sees it within a second."""
        new = self._offset_file.with_suffix(".new")
        new.write_text(f"{to}\n", encoding="ascii")
        new.rename(self._offset_file)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)

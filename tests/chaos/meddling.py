"""What a case does to the machine below a server: disks, system calls, the clock.

Each skips the case, with a reason, where the machine does not have what it needs. Debian's
packages fiu-utils and faketime bring what is preloaded.
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
    """A disk of so many megabytes in this place."""
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
    """Take writes no more on the small disk that is mounted there."""
    done = _run("mount", "-o", "remount,ro", str(folder))
    assert done.returncode == 0, done.stderr


def fill(folder: Path) -> Path:
    """Fill the disk of this folder to its last byte; return the file that does."""
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
    """System calls of one process that fail with EIO, as often as one says."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("fiu-ctrl") is None or not all(file.exists() for file in FIU):
            pytest.skip("libfiu is not installed (fiu-utils in Debian)")
        self._control = folder / "fiu"

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to be told."""
        libraries = " ".join(map(str, FIU))
        return {"LD_PRELOAD": libraries, "FIU_CTRL_FIFO": str(self._control)}

    def fail(self, pid: int, call: str, share: float) -> None:
        """From now on that share of those calls fails; `call` is such as `sync/fsync`."""
        name = f"name=posix/io/{call},failinfo={EIO}"
        self._tell(pid, f"enable_random {name},probability={share}")

    def mend(self, pid: int, call: str) -> None:
        """No longer."""
        self._tell(pid, f"disable name=posix/io/{call}")

    def _tell(self, pid: int, command: str) -> None:
        told = _run("fiu-ctrl", "-f", str(self._control), "-c", command, str(pid))
        assert told.returncode == 0, told.stderr


class MovableClock:
    """The wall clock of one process, which can be moved while it runs."""

    def __init__(self, folder: Path) -> None:
        libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        if not libraries:
            pytest.skip("libfaketime is not installed (faketime in Debian)")
        self._library = libraries[0]
        self._says = folder / "clock"
        self.move("+0")

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to be told."""
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._says),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def move(self, to: str) -> None:
        """To an offset such as `+2h` or `-10d`; a process that runs finds out within a second."""
        new = self._says.with_suffix(".new")
        new.write_text(f"{to}\n", encoding="ascii")
        new.rename(self._says)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)

"""A folder of TOML files, each the definition of one name; read again when a file changes."""

import logging
import os
import stat
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from domain.definitions import NAME, DefinitionFault
from domain.untrusted_text import single_line

logger = logging.getLogger(__name__)

D = TypeVar("D")

MAX_FILE_BYTES = 64_000
MAX_FILES = 200
MAX_ENTRIES = 2_000
"""Entries of the folder that are looked at, images included."""
SUFFIX = ".toml"
REASONS = {"extra_forbidden": "there is no such key", "missing": "it is required"}
"""By pydantic's name of a fault, the reason in plain words."""


class FileState(NamedTuple):
    """A regular file, and what changes when its content does."""

    name: str
    size: int
    modified: int
    changed: int
    number: int


@dataclass(frozen=True, kw_only=True)
class Loaded(Generic[D]):
    """What the files define, by name, and the faults of those that cannot be used."""

    by_name: Mapping[str, D]
    faults: Mapping[str, tuple[DefinitionFault, ...]]


class TomlFolder(Generic[D]):
    """Reads each file once. `parse` raises ValueError, or pydantic's error, for a faulty table.

    `label` comes before the names of files in faults, which people and remote clients read: they
    have no path of the server. `parse` gets the name of the definition, its table, and the names of
    all files of the folder.
    """

    def __init__(
        self,
        folder: Path,
        parse: Callable[[str, Mapping[str, Any], frozenset[str]], D],
        *,
        label: str = "",
    ) -> None:
        self.folder = folder
        self._parse = parse
        self._label = label
        self._state: tuple[FileState, ...] | None = None
        self._loaded: Loaded[D] = Loaded(by_name={}, faults={})

    def load(self) -> Loaded[D]:
        """Return what the files define now; a folder that does not exist defines nothing."""
        state = tuple(sorted(islice(self._files(), MAX_ENTRIES)))
        if state != self._state:
            self._loaded, self._state = self._read(state), state
            for faults in self._loaded.faults.values():
                for fault in faults:
                    logger.warning("left out: %s", fault)
        return self._loaded

    def read(self, name: str, most: int) -> bytes:
        """The bytes of a file of this folder; raise OSError, or ValueError if it has too many."""
        with os.fdopen(_open_regular(self.folder / name), "rb") as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise ValueError(f"it has more than {most:,} bytes")
        return data

    def _files(self) -> Iterator[FileState]:
        """The regular files; links are followed, because Kubernetes mounts files as links."""
        try:
            entries = os.scandir(self.folder)
        except OSError:
            return
        with entries:
            for entry in entries:
                try:
                    status = entry.stat()
                except OSError:  # it was removed meanwhile, or its link leads nowhere
                    continue
                if stat.S_ISREG(status.st_mode):
                    yield FileState(
                        entry.name,
                        status.st_size,
                        status.st_mtime_ns,
                        status.st_ctime_ns,
                        status.st_ino,
                    )

    def _read(self, state: tuple[FileState, ...]) -> Loaded[D]:
        names = frozenset(file.name for file in state)
        by_name, faults = dict[str, D](), dict[str, tuple[DefinitionFault, ...]]()
        definitions = [file.name for file in state if file.name.endswith(SUFFIX)]
        for at, file in enumerate(definitions):
            name = file.removesuffix(SUFFIX)
            try:
                if at >= MAX_FILES:
                    raise ValueError(f"only the first {MAX_FILES} files are read")
                by_name[name] = self._definition(name, file, names)
            except ValidationError as error:
                faults[name] = tuple(self._validation_faults(file, error))
            except (OSError, ValueError) as error:  # ValueError: of tomllib, too
                faults[name] = (self._fault(file, "", reason_of(error)),)
        return Loaded(by_name=by_name, faults=faults)

    def _definition(self, name: str, file: str, names: frozenset[str]) -> D:
        if not NAME.fullmatch(name):
            raise ValueError("the name may have 1 to 40 lowercase letters, digits and hyphens")
        data = self.read(file, MAX_FILE_BYTES)
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ValueError("it is not UTF-8 text") from None
        try:
            table = tomllib.loads(text.replace("\r\n", "\n"))
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        return self._parse(name, table, names)

    def _validation_faults(self, file: str, error: ValidationError) -> Iterator[DefinitionFault]:
        for fault in error.errors(include_input=False, include_url=False):
            reason = REASONS.get(fault["type"]) or fault["msg"].removeprefix("Value error, ")
            key = ".".join(str(part) for part in fault["loc"] if part != "[key]")
            yield self._fault(file, key, reason)

    def _fault(self, file: str, key: str, reason: str) -> DefinitionFault:
        return DefinitionFault(
            file=single_line(f"{self._label}{file}", 100),
            key=single_line(key, 80),
            reason=single_line(reason, 300).rstrip("."),
        )


def reason_of(error: OSError | ValueError) -> str:
    """Why a file cannot be read, without its path."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _open_regular(path: Path) -> int:
    """Open a regular file; raise OSError for anything else. Waits for no writer of a FIFO."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    number = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError("it is no regular file")
    return number

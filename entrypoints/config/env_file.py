"""Reads a .env file."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from dotenv.main import resolve_variables
from dotenv.parser import Binding, parse_stream

from entrypoints.config.secret_files import decode
from entrypoints.config.settings_error import SettingsError

REFERENCE = re.compile(r"\$\{([^}:]+)(:-)?[^}]*\}")
NAME = re.compile(r"[\w.-]+")
FIRST_WORD = re.compile(
    r"\s*(?:(?:export|setx?)\s+|\$env:|\{\s*)?['\"]?([A-Za-z_]\w*)", re.IGNORECASE
)
"""The name in a line of a shell, of PowerShell, of cmd.exe or of JSON."""


@dataclass(frozen=True, slots=True)
class EnvFile:
    """The variables of a file.

    `values` are their texts, by name in lower case, with `${…}` replaced where that variable is
    known. `literal` are the names whose text stands in the file itself. `broken_lines` has the
    number of each line that is no assignment, by the word that it begins with, in lower case.
    """

    path: Path
    values: Mapping[str, str]
    literal: frozenset[str]
    broken_lines: Mapping[str, int]


def read_env_file(path: Path) -> EnvFile:
    """The variables of the file; raise SettingsError if it cannot be read."""
    try:
        text = decode(path.read_bytes())
    except OSError as error:
        raise SettingsError(f"The file {path} cannot be read: {error.strerror or error}.") from None
    bindings = list(parse_stream(StringIO(text)))
    raw = {each.key: each.value for each in bindings if each.key and each.value is not None}
    resolved = resolve_variables(raw.items(), override=True)
    known = {**os.environ, **raw}
    texts = {
        name: text if _is_resolvable(raw[name], known, name) else raw[name]
        for name, text in resolved.items()
    }
    return EnvFile(
        path=path,
        values={name.lower(): text or "" for name, text in texts.items()},
        literal=frozenset(name.lower() for name, text in raw.items() if not REFERENCE.search(text)),
        broken_lines=dict(_broken(bindings)),
    )


def _is_resolvable(text: str, known: Mapping[str, str], own: str) -> bool:
    """Whether every variable in the text is known or has a default. None is known by itself."""
    return all(
        default or (name in known and (name != own or name in os.environ))
        for name, default in REFERENCE.findall(text)
    )


def _broken(bindings: list[Binding]) -> Iterator[tuple[str, int]]:
    for each in bindings:
        is_no_name = each.key and not NAME.fullmatch(each.key)
        if each.error or is_no_name or (each.key and each.value is None):
            word = FIRST_WORD.match(each.original.string)
            if word:
                yield word[1].lower(), each.original.line

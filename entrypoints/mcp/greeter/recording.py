"""The file with the recorded answers, and whether it is about what is installed now."""

import os
import sys
from collections.abc import Iterable, Iterator
from json import JSONDecodeError, loads

from entrypoints.mcp.greeter.conversation import Answers, without_tools

FILE = os.path.join(os.path.dirname(__file__), "answers.json")
APPS = ("GPT_IMAGE_MCP_APPS", "MCP_APPS")
SWITCHES = ("GPT_IMAGE_GREETER", "GREETER")
OFF = frozenset({"off", "false", "no", "0", "f", "n"})
"""The words for false that settings take."""
ROOT = os.path.abspath(os.path.join(__file__, *[os.pardir] * 4))
DISTRIBUTIONS = frozenset({"mcp", "mcp_types", "msgspec", "pydantic", "mcp_server_gpt_image"})
"""What the answers are made by."""
SOURCES = ("domain", "entrypoints")
"""The folders of a checkout whose files the answers depend on."""


def is_on() -> bool:
    """Whether GREETER, with its prefix or without, leaves the greeter on; empty values count not.

    Settings are not loaded yet, so a line in a file with settings has no effect.
    """
    given = (os.environ.get(name, "").strip().lower() for name in SWITCHES)
    return next(filter(None, given), "on") not in OFF


def greetings() -> Answers:
    """What the greeter may answer: all that is recorded, nothing, or all but lists of tools.

    Those depend on MCP_APPS, which a `.env` of the working directory may set, too.
    """
    answers = load_answers() if is_on() else {}
    return without_tools(answers) if answers and _may_name_apps() else answers


def _may_name_apps() -> bool:
    given = (value.strip() for name, value in os.environ.items() if name.upper() in APPS)
    if any(value.lower() not in ("", "auto") for value in given):
        return True
    try:
        with open(".env", "rb") as opened:
            return b"MCP_APPS" in opened.read().upper()
    except OSError:
        return False


def load_answers(file: str = FILE) -> Answers:
    """The recorded answers; none if there is no recording, or it may be out of date."""
    try:
        with open(file, encoding="utf-8") as opened:
            recording = loads(opened.read())
        is_current = recording["installed"] == installed_versions() and not _is_older(file)
        answers: Answers = recording["answers"]
    except (OSError, JSONDecodeError, KeyError, TypeError):
        return {}
    return answers if is_current else {}


def installed_versions(folders: Iterable[str] | None = None) -> dict[str, str]:
    """The version of each of DISTRIBUTIONS that Python finds first, and when it was installed.

    "" if that is not clear: another build may have the same version.
    """
    found: dict[str, str] = {}
    for folder in sys.path if folders is None else folders:
        here: dict[str, str] = {}
        for name, version in _distributions(folder):
            here[name] = "" if name in here else version
        found = here | found
    return found


def _distributions(folder: str) -> Iterator[tuple[str, str]]:
    try:
        entries = os.listdir(folder or os.curdir)
    except OSError:  # not a folder, as for the libraries in python311.zip
        return
    for entry in entries:
        if entry.endswith(".dist-info"):
            name, _, version = entry.removesuffix(".dist-info").partition("-")
            if name.lower().replace(".", "_") in DISTRIBUTIONS:
                installed = _seconds(os.path.join(folder, entry, "RECORD"))
                yield name.lower().replace(".", "_"), f"{version} @ {installed}"


def _seconds(file: str) -> int:
    """When the file was written; 0 if there is none. Archives keep whole seconds."""
    try:
        return int(os.stat(file).st_mtime)
    except OSError:
        return 0


def _is_older(file: str) -> bool:
    """Whether a source of this checkout is newer than the recording. Installed files are not."""
    if not os.path.exists(os.path.join(ROOT, "pyproject.toml")):
        return False
    recorded = os.stat(file).st_mtime_ns
    folders = [os.path.join(ROOT, name) for name in SOURCES]
    return any(changed >= recorded for folder in folders for changed in _changes(folder))


def _changes(folder: str) -> Iterator[int]:
    """When each source below the folder was changed, in nanoseconds."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _changes(entry.path)
            elif entry.name.endswith(".py"):
                yield entry.stat().st_mtime_ns

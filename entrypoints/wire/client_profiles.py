"""What is known about MCP clients, from client_profiles.toml; read at the first call."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

FILE = "client_profiles.toml"
UNKNOWN = "unknown"
"""The name of the profile of all clients that are not listed."""
PROXY = re.compile(r"\s*\(via mcp-remote\b.*\)$")
"""What mcp-remote adds to the name of the client behind it."""

Way = Literal["image block", "local markdown", "https link", "app"]
"""How a client shows an image to a person."""


class ClientProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One client. The file explains the fields; a default is what holds for most clients."""

    title: str
    names: tuple[str, ...]
    shows: tuple[Way, ...]
    checked: date
    sources: tuple[str, ...]
    stdio_message_bytes: int | None = None
    timeout: float | None = None
    progress_extends_timeout: bool = False
    text_beside_structured: bool = True
    images_on_error: bool = True
    resource_links: bool = True


@cache
def client_profiles() -> Mapping[str, ClientProfile]:
    """Every listed client, by the name of its profile."""
    text = files("entrypoints.wire").joinpath(FILE).read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, ClientProfile])


def profile_of(client: str, forced: str | None = None) -> ClientProfile:
    """The profile of the client that reports this name, or the one that CLIENT_PROFILE forces.

    For a client that is not listed it is a profile with the defaults, which shows nothing.
    """
    profiles = client_profiles()
    if forced is not None and forced in profiles:
        return profiles[forced]
    name = PROXY.sub("", client).casefold()
    known = (each for each in profiles.values() if name in map(str.casefold, each.names))
    return _unknown() if forced == UNKNOWN else next(known, _unknown())


@cache
def _unknown() -> ClientProfile:
    return ClientProfile(title=UNKNOWN, names=(), shows=(), checked=date.max, sources=())

"""The entry points by which installed packages register plugins.

They are read here and nowhere else. That takes 4 to 60 ms, so it happens when the container
builds what they extend, or when a setting names a plugin.
"""

import re
import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint, EntryPoints, SelectableGroups

BEFORE_GROUP = "mcp_server_gpt_image."
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""Names of plugins: they are values of settings, and the beginning of names of variables."""


def entries(group: str) -> Sequence["EntryPoint"]:
    """The entry points of the group, by their names; of equal ones by those of their packages."""
    found = _entries(tuple(sys.path)).select(group=BEFORE_GROUP + group)
    return sorted(found, key=lambda each: (each.name, package(each)))


def installed_names(group: str) -> Sequence[str]:
    """The names in the group that a setting can have."""
    return sorted({each.name for each in entries(group) if NAME.fullmatch(each.name)})


def package(entry: "EntryPoint") -> str:
    """The name of the package that registers it."""
    return entry.dist.name if entry.dist else "?"


@lru_cache(maxsize=4)
def _entries(_path: tuple[str, ...]) -> "EntryPoints | SelectableGroups":
    """All entry points on this path."""
    from importlib.metadata import entry_points

    return entry_points()

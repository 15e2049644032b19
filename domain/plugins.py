"""Plugins: what the factory of one gets, and what is told of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginContext:
    """What a plugin is built from.

    `settings` has every variable whose name begins with the plugin's name in capitals, with `_`
    for `-`, and an underscore: FLAT_COLOR for the plugin `flat`. Keys are these whole names. They
    come from the environment or the file of --env-file; settings of this server are left out.
    `data_folder` is the plugin's own; it may not exist yet. `cache_ttl` is CACHE_TTL, in seconds.
    """

    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    data_folder: Path
    cache_ttl: float = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginStatus:
    """A plugin that is installed; `fault` is why it was left out, None if it was loaded."""

    group: str
    name: str
    distribution: str
    version: str
    fault: str | None

"""The installed plugins, as text and as structured data."""

from collections.abc import Sequence

from msgspec import Struct

from domain.plugins import PluginStatus

NONE = "No plugins are installed."
HEADINGS = ("group", "name", "package", "version", "state")


class PluginResult(Struct, kw_only=True):
    """One plugin; `reason` is why it was not loaded, null if it was."""

    group: str
    name: str
    distribution: str
    version: str
    loaded: bool
    reason: str | None


class PluginsResult(Struct, kw_only=True):
    """All plugins, by group and name."""

    plugins: list[PluginResult]


def plugins_result(plugins: Sequence[PluginStatus]) -> PluginsResult:
    """The plugins for programs."""
    return PluginsResult(
        plugins=[
            PluginResult(
                group=each.group,
                name=each.name,
                distribution=each.distribution,
                version=each.version,
                loaded=each.fault is None,
                reason=each.fault,
            )
            for each in plugins
        ]
    )


def plugins_text(plugins: Sequence[PluginStatus]) -> str:
    """The plugins for people, in columns."""
    if not plugins:
        return NONE
    rows = [HEADINGS, *((p.group, p.name, p.distribution, p.version, _state(p)) for p in plugins)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = ([cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows)
    return "\n".join("  ".join(row).rstrip() for row in padded)


def _state(plugin: PluginStatus) -> str:
    return "loaded" if plugin.fault is None else f"left out: {plugin.fault}"

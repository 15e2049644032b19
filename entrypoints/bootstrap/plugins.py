"""Loads the plugins of installed packages, each in isolation: one that fails is left out."""

import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, redirect_stdout, suppress
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from application.ports.image_provider import ImageProvider
from domain.plugins import PluginContext, PluginStatus
from domain.redactor import Redactor
from domain.untrusted_text import single_line
from entrypoints.bootstrap.plugin_entries import BEFORE_GROUP, NAME, entries, package
from entrypoints.bootstrap.plugin_kinds import CACHES, KINDS, SAFEGUARDS, Kind, NotPromised
from entrypoints.config.settings import Settings

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from adapters.telemetry.log_writer import LogWriter

T = TypeVar("T")
MAX_REASON = 300
"""Characters of the reason why a plugin was left out."""
SECRET_ENDINGS = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD")
"""The ends of the names of variables whose values no output may contain."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A plugin that is installed. With a `fault`, it is not even tried."""

    kind: Kind[Any]
    entry: "EntryPoint"
    context: PluginContext
    fault: str | None

    @property
    def name(self) -> str:
        return self.entry.name


class Plugins:
    """The plugins of installed packages. Each is loaded once, at first use.

    One that cannot be imported, whose factory raises, or that is not what its group promises is
    named in a warning and left out. What plugins print goes to standard error, because standard
    output may belong to MCP. `secrets` are the values of their variables that no output may
    contain; they are hidden in the log before any plugin is imported.
    """

    def __init__(self, settings: Settings, log: "LogWriter", exit_stack: AsyncExitStack) -> None:
        self._log = log
        self._exit_stack = exit_stack
        self._found = [found for kind in KINDS for found in _found(kind, settings)]
        self._parts: dict[Found, Any] = {}
        self._faults: dict[Found, str] = {}
        values = {value for found in self._found for value in _secrets(found.context)}
        self.secrets = tuple(sorted(values))
        log.hide(self.secrets)

    def all(self, kind: Kind[T]) -> Sequence[T]:
        """Every plugin of the group that works, by their names."""
        parts = [self._part(found) for found in self._of(kind)]
        return [part for part in parts if part is not None]

    def named(self, kind: Kind[T], name: str) -> T | None:
        """The plugin of this name; None if it was left out, or is not installed."""
        for found in self._of(kind):
            if found.name == name and (part := self._part(found)) is not None:
                return cast("T", part)
        return None

    def fault(self, kind: Kind[T], name: str) -> str:
        """Why `named` returned None."""
        faults = [self._faults[each] for each in self._of(kind) if each.name == name]
        return faults[0] if faults else "it is not installed"

    def statuses(self) -> Sequence[PluginStatus]:
        """Try all plugins, in use or not, and tell how that went."""
        for found in self._found:
            self._part(found)
        return [
            PluginStatus(
                group=BEFORE_GROUP + found.kind.group,
                name=found.name,
                distribution=package(found.entry),
                version=found.entry.dist.version if found.entry.dist else "?",
                fault=self._faults.get(found),
            )
            for found in self._found
        ]

    def around(self, provider: ImageProvider) -> ImageProvider:
        """The provider in the safeguards of plugins; the first one, by their names, is outermost.

        They are around our own safeguards. So what they do is within no budget and no slot, they
        refuse before anything is reserved, and every image that they see is stored already.
        """
        for wrap in reversed(self.all(SAFEGUARDS)):
            try:
                provider = wrap(provider)
            except Exception as error:  # noqa: BLE001 - whatever it is, the server starts
                self._log.write("warning", "safeguard left out", reason=self._reason(error))
        return provider

    def _of(self, kind: Kind[Any]) -> Sequence[Found]:
        return [found for found in self._found if found.kind is kind]

    def _part(self, found: Found) -> Any:  # noqa: ANN401 - of the kind that was checked
        if found not in self._parts:
            self._parts[found] = self._tried(found)
        return self._parts[found]

    def _tried(self, found: Found) -> Any:  # noqa: ANN401 - of the kind that is checked
        try:
            if found.fault is not None:
                raise NotPromised(found.fault)
            with redirect_stdout(sys.stderr):
                part = found.kind.promised(found.name, found.entry.load()(found.context))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, the server starts
            self._leave_out(found, self._reason(error))
            return None
        close = getattr(part, "close", None)
        if found.kind is not CACHES and iscoroutinefunction(close):  # the tiers are closed together
            self._exit_stack.push_async_callback(_close, close)
        return part

    def _leave_out(self, found: Found, reason: str) -> None:
        self._faults[found] = reason
        self._log.write(
            "warning",
            "plugin left out",
            group=BEFORE_GROUP + found.kind.group,
            plugin=found.name,
            package=package(found.entry),
            reason=reason,
        )

    def _reason(self, error: BaseException) -> str:
        is_ours = isinstance(error, NotPromised)
        text = str(error) if is_ours else f"{type(error).__name__}: {error}".removesuffix(": ")
        return single_line(Redactor(self.secrets).error_text(text), MAX_REASON)


def _found(kind: Kind[Any], settings: Settings) -> Sequence[Found]:
    """The plugins of a group; of two with the same name, the first one counts."""
    found: list[Found] = []
    for entry in entries(kind.group):
        earlier = [each for each in found if each.name == entry.name]
        fault = None
        if entry.name in kind.reserved:
            fault = "its name is one of this server's own"
        elif not NAME.fullmatch(entry.name):
            fault = "its name is not lower-case letters and digits, with single hyphens"
        elif earlier:
            fault = f"{package(earlier[0].entry)} has a plugin of this name"
        found.append(Found(kind, entry, _context(entry.name, settings), fault))
    return found


def _context(name: str, settings: Settings) -> PluginContext:
    prefix = name.upper().replace("-", "_") + "_"
    variables = settings.other_variables.items()
    return PluginContext(
        settings={key: text for key, text in variables if key.startswith(prefix)},
        data_folder=settings.data_dir / "plugins" / name,
        cache_ttl=settings.cache_ttl,
    )


def _secrets(context: PluginContext) -> Sequence[str]:
    """What the variables hold that no output may contain: keys, and the passwords in URLs."""
    found = []
    for name, text in context.settings.items():
        if name.endswith(SECRET_ENDINGS):
            found.append(text)
        with suppress(ValueError):  # it is no URL
            found.append(urlsplit(text).password or "")
    return [text for text in found if text]


async def _close(close: Any) -> None:  # noqa: ANN401 - a method of a plugin
    with suppress(Exception):  # the others are closed all the same
        await close()

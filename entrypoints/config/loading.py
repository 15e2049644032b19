"""Loads the settings from the environment and from a .env file."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path, user_data_path
from pydantic import ValidationError
from pydantic_settings import InitSettingsSource

from entrypoints.config.env_file import EnvFile, read_env_file
from entrypoints.config.env_file_source import EnvFileSource
from entrypoints.config.http_settings import HttpSettings
from entrypoints.config.name_checks import NameChecks
from entrypoints.config.settings import APP, CACHE_PATHS, Settings
from entrypoints.config.settings_error import SettingsError
from entrypoints.config.variable_source import VariableSource

LOCAL_FILE = Path(".env")
REASONS = {
    **dict.fromkeys(("int_parsing", "int_from_float"), "It is not a whole number"),
    **dict.fromkeys(("float_parsing", "decimal_parsing"), "It is not a number"),
}
"""By pydantic's name of a fault, the reason in plain words."""
ALONE = ". Write the number alone, without a unit, e.g. 5"


def load_settings(
    kind: type[Settings] = Settings,
    *,
    env_file: Path | None = None,
    local_file: bool = False,
    at_home: bool = False,
    given: Mapping[str, Any] | None = None,
) -> Settings:
    """Load the settings; raise SettingsError with every fault and without secrets.

    `given` overrides the environment, which overrides the file. The file is `env_file`, where every
    name counts, or with `local_file` the `.env` in the working directory, if there is one, where
    other programs have variables too. Every path is made absolute, and `~` is the user's home.
    `at_home` resolves relative paths below the user's data and cache folders instead of the working
    directory, which MCP hosts set to `/`.
    """
    is_local = env_file is None
    file = _file(LOCAL_FILE if is_local and local_file else env_file, is_local=is_local)
    fields, folder = _fields_read(kind), _base("", at_home=at_home)
    environment = VariableSource(
        kind, os.environ, fields=fields, is_read=lambda _: True, folder=folder
    )
    from_file = EnvFileSource(kind, file, fields=fields, is_local=is_local, folder=folder)
    sources = (InitSettingsSource(kind, init_kwargs=dict(given or {})), environment, from_file)
    checks = NameChecks(kind, fields, environment, from_file)
    try:
        settings = kind(_build_sources=(sources, {}))  # type: ignore[call-arg] # the base class's
    except ValidationError as error:
        faults = _faults(error, {**from_file.labels, **environment.labels})
        raise _settings_error([*faults, *checks.faults()]) from None
    if faults := checks.faults():
        raise _settings_error(faults)
    paths = {
        name: _base(name, at_home=at_home) / path.expanduser()
        for name, path in settings
        if isinstance(path, Path)
    }
    noted = settings.model_copy(update=paths).with_notes(tuple(checks.notes()))
    noted = noted.with_origins(_origins(given or {}, environment, from_file))
    return noted.with_other_variables(_others(environment, from_file))


def _origins(
    given: Mapping[str, Any], environment: VariableSource, file: EnvFileSource
) -> Mapping[str, str]:
    options = dict.fromkeys(given, "an option of the command")
    return {**file.labels, **environment.labels, **options}


def _others(environment: VariableSource, file: EnvFileSource) -> Mapping[str, str]:
    """The variables that are not ours.

    One in the working directory's `.env` is another program's, and must not tell a plugin where to
    send its key.
    """
    return environment.others if file.is_local else {**file.others, **environment.others}


def _file(path: Path | None, *, is_local: bool) -> EnvFile | None:
    if path is None or (is_local and not path.is_file()):
        return None
    if not (path.is_file() or path.is_fifo()):
        raise SettingsError(f"The .env file {path} does not exist.")
    return read_env_file(path)


def _fields_read(kind: type[Settings]) -> tuple[str, ...]:
    is_unread = frozenset() if kind.reads_web_settings else HttpSettings.model_fields.keys()
    return tuple(name for name in kind.model_fields if name not in is_unread)


def _base(name: str, *, at_home: bool) -> Path:
    """The folder in which a relative path of this setting starts."""
    if at_home:
        return Path(user_cache_path(APP) if name in CACHE_PATHS else user_data_path(APP))
    try:
        return Path.cwd()
    except OSError:
        raise SettingsError("The working directory does not exist anymore.") from None


def _settings_error(faults: Iterable[str]) -> SettingsError:
    return SettingsError("\n".join(["Invalid settings:", *(f"  {fault}" for fault in faults)]))


def _faults(error: ValidationError, labels: Mapping[str, str]) -> list[str]:
    """A line for each fault: the variable, what is wrong, and what the setting means."""
    lines = []
    for fault in error.errors(include_input=False, include_url=False):
        reason = fault["msg"].removeprefix("Value error, ")
        if fault["type"] in REASONS:
            reason = REASONS[fault["type"]] + ALONE
        elif fault["type"] == "bool_parsing":
            reason = "It is neither true nor false. Write one of them"
        if not fault["loc"]:  # from a model validator, whose text names the settings
            lines.append(f"{reason}.")
            continue
        name = str(fault["loc"][0])
        meaning = Settings.model_fields[name].description if name in Settings.model_fields else ""
        lines.append(f"{labels.get(name, name.upper())}: {reason}. ({meaning})")
    return lines

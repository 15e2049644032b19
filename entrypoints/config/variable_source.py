"""The source of settings for pydantic-settings: variables of the environment or of a .env file."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from entrypoints.config.secret_files import UnreadableSecret, read_secret
from entrypoints.config.setting_text import check_filled, check_folder, clean_text, expand_home
from entrypoints.config.variable_names import FILE_SUFFIX, PREFIX, is_service_link

EMPTY_COUNTS = "an empty variable counts"
"""A mark in the metadata of a setting."""


class VariableSource(PydanticBaseSettingsSource):
    """Reads the setting NAME from GPT_IMAGE_<NAME>, else from NAME if `is_read` admits that.

    A secret is also read from the file that the same name with _FILE gives; a relative path starts
    in `folder`. An empty variable counts as not set, unless the setting says otherwise. `fields`
    are the settings that are read. `read_from` has the variable of each setting that was found.
    """

    def __init__(
        self,
        kind: type[BaseSettings],
        variables: Mapping[str, str],
        *,
        fields: Collection[str],
        is_read: Callable[[str], bool],
        folder: Path,
    ) -> None:
        super().__init__(kind)
        lower = {name.lower(): text for name, text in variables.items()}
        self.variables = {
            name: text for name, text in lower.items() if not is_service_link(name, text)
        }
        self.is_read = is_read
        self._fields = fields
        self._folder = folder
        self.read_from: dict[str, str] = {}

    @property
    def labels(self) -> dict[str, str]:
        """The variable of each setting that was found, as people write it."""
        return {name: variable.upper() for name, variable in self.read_from.items()}

    @property
    def others(self) -> dict[str, str]:
        """The variables that are no settings of this server, by their names in capitals."""
        ours = self.settings_cls.model_fields
        return {
            name.upper(): text
            for name, text in ((name, clean_text(text)) for name, text in self.variables.items())
            if text and not name.startswith(PREFIX) and name.removesuffix(FILE_SUFFIX) not in ours
        }

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        value, _ = self._find(field, field_name)
        return value, field_name, False

    def __call__(self) -> dict[str, Any]:
        values = {}
        for name in self._fields:
            value, variable = self._find(self.settings_cls.model_fields[name], name)
            if value is not None:
                values[name], self.read_from[name] = value, variable
        return values

    def _find(self, field: FieldInfo, name: str) -> tuple[str | UnreadableSecret | None, str]:
        names = [PREFIX + name, name] if self.is_read(name) else [PREFIX + name]
        for each in names:
            text = clean_text(self.variables.get(each, ""))
            file = clean_text(self.variables.get(each + FILE_SUFFIX, ""))
            if file and is_secret(field):
                variable = each + FILE_SUFFIX
                return (_both(each) if text else self._secret(file)), variable
            if text:
                return text, each
        empty = [each for each in names if each in self.variables] if empty_counts(field) else []
        return ("", empty[0]) if empty else (None, name)

    def _secret(self, file: str) -> str | UnreadableSecret:
        try:
            file = expand_home(file)
            check_filled(file)
            check_folder(file)
            path = self._folder / Path(file).expanduser()
        except (ValueError, RuntimeError) as error:
            return UnreadableSecret(str(error))
        secret = read_secret(path)
        return secret if isinstance(secret, UnreadableSecret) else clean_text(secret)


def is_secret(field: FieldInfo) -> bool:
    """Whether the setting is a secret."""
    return SecretStr in (field.annotation, *get_args(field.annotation))


def is_path(field: FieldInfo) -> bool:
    """Whether the setting is a file or a folder."""
    return Path in (field.annotation, *get_args(field.annotation))


def _both(name: str) -> UnreadableSecret:
    one, other = name.upper(), (name + FILE_SUFFIX).upper()
    return UnreadableSecret(f"{one} and {other} are both set. Remove one of them")


def empty_counts(field: FieldInfo) -> bool:
    """Whether an empty variable sets the setting."""
    return EMPTY_COUNTS in field.metadata

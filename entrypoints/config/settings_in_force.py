"""The settings in force, as people may see them: with their origins, and without secrets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from pydantic.fields import FieldInfo

from domain.redactor import HIDDEN, Redactor
from entrypoints.config.settings import Settings
from entrypoints.config.variable_source import is_secret

DEFAULT = "default"
USER_INFO = re.compile(r"(?<=://)[^/\s]+(?=@)")
"""A name and a password in a URL; the last @ ends them."""
COMMANDS = frozenset({"azure_openai_token_command"})
"""Settings that may have a password among their words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingInForce:
    """A setting by the name of its variable; `value` is empty if it has none."""

    name: str
    value: str
    origin: str
    description: str

    @property
    def is_default(self) -> bool:
        """Whether it was not set."""
        return self.origin == DEFAULT


def settings_in_force(settings: Settings) -> Iterator[SettingInForce]:
    """Each setting in the order of their definition."""
    redactor = Redactor(settings.secrets)
    for name, field in type(settings).model_fields.items():
        yield SettingInForce(
            name=name.upper(),
            value=_shown(name, field, getattr(settings, name), redactor),
            origin=settings.origins.get(name, DEFAULT),
            description=field.description or "",
        )


def _shown(name: str, field: FieldInfo, value: object, redactor: Redactor) -> str:
    if value is None or value == "":
        return ""
    if is_secret(field) or name in COMMANDS:
        return HIDDEN
    return USER_INFO.sub(HIDDEN, redactor.text(_text(value)))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return ", ".join(f"{_text(key)}={_text(item)}" for key, item in value.items())
    return str(value)

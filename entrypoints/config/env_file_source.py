"""The source of settings for a .env file, and what of it does not count."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from entrypoints.config.env_file import EnvFile
from entrypoints.config.settings import Settings
from entrypoints.config.variable_names import FILE_SUFFIX
from entrypoints.config.variable_source import VariableSource

ENDPOINTS = {
    "openai_base_url": ("openai_api_key",),
    "azure_openai_endpoint": ("azure_openai_api_key", "azure_openai_token_command"),
    "gemini_base_url": ("gemini_api_key",),
    "openai_compatible_urls": ("openai_compatible_keys",),
}
"""Each address that credentials are sent to, and the settings that have those credentials."""
KEYLESS = "openai_compatible_urls"
"""The address that works without credentials."""
COMMAND = "azure_openai_token_command"


class EnvFileSource(VariableSource):
    """A .env file, without an endpoint whose key comes from elsewhere.

    The .env of a cloned repository must not send the shell's key to another server, or run a
    command. A key that the file takes from a variable of the environment, or that a `.env` in the
    working directory takes from another file, comes from elsewhere too. `ignored` says of each
    setting that was left out for that why.
    """

    def __init__(
        self,
        kind: type[Settings],
        file: EnvFile | None,
        *,
        fields: Collection[str],
        is_local: bool,
        folder: Path,
    ) -> None:
        self.file = file
        self.is_local = is_local
        self.ignored: dict[str, str] = {}
        super().__init__(
            kind,
            file.values if file else {},
            fields=fields,
            is_read=lambda name: not is_local or name.startswith(kind.local_names),
            folder=folder,
        )

    @property
    def labels(self) -> dict[str, str]:
        return {name: f"{label} in {self.file_name}" for name, label in super().labels.items()}

    @property
    def file_name(self) -> str:
        """The file as messages call it."""
        return str(self.file.path) if self.file else ""

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        if self.is_local and COMMAND in values:
            reason = "a .env in the working directory runs no command"
            self._leave_out(values, COMMAND, reason)
        for endpoint, keys in ENDPOINTS.items():
            if endpoint in values and not self._may_have(endpoint, keys, values):
                names = " or ".join(key.upper() for key in keys)
                reason = (
                    f"it counts only if {names} is in the same file, so that no file sends your "
                    "key elsewhere"
                )
                self._leave_out(values, endpoint, reason)
        return values

    def _leave_out(self, values: dict[str, Any], name: str, reason: str) -> None:
        del values[name], self.read_from[name]
        if name not in self.current_state:
            self.ignored[name] = reason

    def _may_have(self, endpoint: str, keys: Collection[str], values: dict[str, Any]) -> bool:
        """Whether the file has the key for its endpoint, or there is none at all."""
        if any(key in self.current_state for key in keys):
            return False
        given = [key for key in keys if key in values]
        return all(map(self._is_own, given)) if given else endpoint == KEYLESS

    def _is_own(self, key: str) -> bool:
        variable = self.read_from[key]
        is_path = variable.endswith(FILE_SUFFIX)
        is_literal = self.file is not None and variable in self.file.literal
        return is_literal and not (is_path and self.is_local)

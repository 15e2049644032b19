"""The source of settings for a .env file, and what of it does not count."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from entrypoints.config.env_file import EnvFile
from entrypoints.config.settings import Settings
from entrypoints.config.variable_names import FILE_SUFFIX
from entrypoints.config.variable_source import VariableSource

KEY, ENDPOINT = "openai_api_key", "openai_base_url"


class EnvFileSource(VariableSource):
    """A .env file, without its endpoint if the key comes from elsewhere.

    The .env of a cloned repository must not send the shell's key to another server. A key that the
    file takes from a variable of the environment, or that a `.env` in the working directory takes
    from another file, comes from elsewhere too.
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
        self.endpoint_ignored = False
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
        if ENDPOINT in values and not self._has_own_key(values):
            del values[ENDPOINT], self.read_from[ENDPOINT]
            self.endpoint_ignored = ENDPOINT not in self.current_state
        return values

    def _has_own_key(self, values: dict[str, Any]) -> bool:
        if self.file is None or KEY not in values or KEY in self.current_state:
            return False
        variable = self.read_from[KEY]
        is_path = variable.endswith(FILE_SUFFIX)
        return variable in self.file.literal and not (is_path and self.is_local)

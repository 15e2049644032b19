"""What the access log tells about a refused request, so that an operator can mend its cause."""

from starlette.datastructures import Headers
from starlette.types import Scope

from entrypoints.config.host_names import HOST
from entrypoints.config.http_checks import ORIGIN
from entrypoints.http.problem_documents import Problem

MAX_VALUE_LENGTH = 260
INVALID = "invalid"
"""Stands for a value that may be anything, such as one with a password in it."""
MAX_SETTINGS_TOLD = 100


def refusal_facts(scope: Scope, status: int, problem: Problem | None) -> dict[str, object]:
    """The host and the origin of a request with an error, and the code and setting of a problem."""
    if status < 400:
        return {}
    headers = Headers(scope=scope)
    host, origin = headers.get("host", "").lower(), headers.get("origin", "")
    facts = {
        "code": problem.code if problem else "",
        "host": host if not host or HOST.fullmatch(host) else INVALID,
        "origin": origin if origin in ("", "null") or ORIGIN.fullmatch(origin) else INVALID,
        "setting": problem.setting if problem else "",
    }
    return {name: value[:MAX_VALUE_LENGTH] for name, value in facts.items() if value}


class SettingsTold:
    """The settings that the log has told in a warning, at most MAX_SETTINGS_TOLD of them."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def is_news(self, setting: str) -> bool:
        """Whether to tell this setting, which counts as told from now on; never if it is empty."""
        if not setting or setting in self._told or len(self._told) >= MAX_SETTINGS_TOLD:
            return False
        self._told.add(setting)
        return True

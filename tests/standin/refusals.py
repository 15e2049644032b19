"""Error replies: a status and an error envelope."""

import json
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, replace


@dataclass(frozen=True)
class Refusal:
    """An error as OpenAI sends it; `raw` replaces the JSON envelope."""

    status: int
    message: str
    _: KW_ONLY
    code: str | None = None
    param: str | None = None
    type: str = "invalid_request_error"
    headers: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, object] = field(default_factory=dict)
    raw: str | None = None

    def error(self) -> dict[str, object]:
        """The `error` object, for an envelope or a stream event."""
        known = {"message": self.message, "type": self.type, "param": self.param}
        return {**known, "code": self.code, **self.details}

    def body(self) -> bytes:
        r"""The whole reply body; in `raw`, "\udcff" stands for the byte FF, which is not UTF-8."""
        text = json.dumps({"error": self.error()}) if self.raw is None else self.raw
        return text.encode(errors="surrogateescape")

    def about(self, key: str, model: str) -> "Refusal":
        """The same refusal with `{key}` and `{model}` filled in."""
        message = self.message.replace("{key}", key).replace("{model}", model)
        return replace(self, message=message)


class Refused(Exception):
    """Raised by a check; the request is not charged, and `refusal` is its reply."""

    def __init__(
        self, message: str, *, code: str, param: str | None = None, status: int = 400
    ) -> None:
        super().__init__(message)
        self.refusal = Refusal(status, message, code=code, param=param)

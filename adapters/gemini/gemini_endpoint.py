"""The address of the Gemini API, and its name in messages."""

from dataclasses import dataclass
from urllib.parse import urlsplit

GOOGLE = ".googleapis.com"


@dataclass(frozen=True, slots=True)
class GeminiEndpoint:
    """The address that is called, and its name in messages."""

    url: str

    @property
    def shown(self) -> str:
        """The URL without a password and without a query."""
        try:
            parts = urlsplit(self.url)
            port = "" if parts.port is None else f":{parts.port}"
        except ValueError:
            return "not a URL"
        return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path.rstrip('/')}"

    @property
    def is_google(self) -> bool:
        """Whether it is Google itself, and not a proxy or another service."""
        host = self.shown.partition("://")[2].partition("/")[0].partition(":")[0]
        return f".{host}".endswith(GOOGLE)

    def __str__(self) -> str:
        """Its name within a sentence."""
        return "Google" if self.is_google else f"the endpoint {self.shown.partition('://')[2]}"

    @property
    def title(self) -> str:
        """Its name at the beginning of a sentence."""
        name = str(self)
        return name[0].upper() + name[1:]

"""The address that is called: its name in messages, and what is wrong with it."""

import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import SplitResult, urlsplit

OPENAI_HOST = "api.openai.com"
"""OpenAI's own host; its regional ones, such as eu.api.openai.com, end with it."""
AZURE_HOSTS = (".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com")
VERSION = re.compile(r"/v\d+\w*(?=/|$)")
"""The version in the path of an API, such as /v1 or /v1beta."""
ROUTE = re.compile(
    r"/+(images(/+(generations|edits|variations))?|(chat/+)?completions|responses|models)/*$"
)
"""The route of one action, which some people copy into the base URL."""


def base_url_of(url: str) -> str:
    """The base URL that is meant: without an action's route, and without empty path segments.

    Any other URL is returned unchanged, because it is a part of every fingerprint.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    return f"{scheme}://{re.sub('//+', '/', ROUTE.sub('', rest))}"


@dataclass(frozen=True, slots=True)
class Api:
    """One of the APIs that an endpoint may have.

    `mainline` is the language model that the setting RESPONSES_MODEL names; empty if none works
    beside the image model. `takes_model` is whether a request names a model, which may be missing.
    `in_background` is whether the setting RESPONSES_BACKGROUND adds a parameter to each request.
    """

    name: str
    mainline: str = ""
    takes_model: bool = True
    in_background: bool = False


IMAGES_API = Api("Images API")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingNames:
    """What messages call the settings of an endpoint: its base URL, its key and its models.

    `others` are settings that are a part of the address too; empty if the base URL is all of it.
    """

    url: str = "OPENAI_BASE_URL"
    key: str = "OPENAI_API_KEY"
    model: str = "IMAGE_MODEL"
    others: str = ""


OPENAI_SETTINGS = SettingNames()


@dataclass(frozen=True)
class Endpoint:
    """A base URL, and the API that is called there. It has no slots: its parts are cached."""

    url: str
    api: Api = IMAGES_API
    settings: SettingNames = OPENAI_SETTINGS

    @cached_property
    def _parts(self) -> SplitResult | None:
        try:
            parts = urlsplit(self.url)
            _ = parts.port  # raises ValueError for one that is not a number
        except ValueError:
            return None
        return parts if parts.hostname else None

    @property
    def host(self) -> str:
        """The host and a port that is stated; empty if the URL has none."""
        if self._parts is None:
            return ""
        name = self._parts.hostname or ""
        name = f"[{name}]" if ":" in name else name
        return name if self._parts.port is None else f"{name}:{self._parts.port}"

    @property
    def is_openai(self) -> bool:
        """Whether it is OpenAI itself, and not a gateway or another service."""
        name = "" if self._parts is None else f".{self._parts.hostname}".rstrip(".")
        return name.endswith(f".{OPENAI_HOST}")

    def __str__(self) -> str:
        """Its name within a sentence."""
        if self.is_openai:
            return "OpenAI"
        return f"the endpoint {self.host}" if self.host else f"the endpoint in {self.settings.url}"

    @property
    def title(self) -> str:
        """Its name at the beginning of a sentence."""
        name = str(self)
        return name[0].upper() + name[1:]

    @property
    def shown(self) -> str:
        """The base URL without a password and without a query."""
        if self._parts is None:
            return "not a URL"
        return f"{self._parts.scheme}://{self.host}{self._parts.path.rstrip('/')}"

    @property
    def suggestion(self) -> str:
        """The base URL that is probably meant; empty if this one has a version in its path."""
        if self._parts is None or VERSION.search(self._parts.path):
            return ""
        if (self._parts.hostname or "").endswith(AZURE_HOSTS):
            return f"{self._parts.scheme}://{self.host}/openai/v1"
        return f"{self.shown}/v1"

    @property
    def address_hint(self) -> str:
        """What to do if the API is not at this address."""
        name = self.settings.url
        if self.settings.others:
            return f"{name} leads to {self.shown}. Check it, and check {self.settings.others}."
        if self.suggestion:
            return (
                f"{name} is {self.shown}, without a version: add /v1. "
                f"Most APIs are at {self.suggestion}."
            )
        return (
            f"{name} is {self.shown}. Check it, and check that the service has OpenAI's "
            f"{self.api.name}."
        )

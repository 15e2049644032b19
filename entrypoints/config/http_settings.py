"""Settings of the HTTP server only."""

import json
import re
from contextlib import suppress
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

from entrypoints.config.host_names import is_loopback

MIN_TOKEN_LENGTH = 16
DEFAULT_RATE_LIMIT = "60/minute"
NO_RATE_LIMIT = "0"


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.lstrip("[ ").startswith('"'):  # a list as JSON; [ begins an IPv6 address, too
        with suppress(ValueError, TypeError):
            value = ",".join(json.loads(value))
    return tuple(word.strip() for word in value.split(",") if word.strip())


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class HttpSettings(BaseSettings):
    """Settings that only `gpt-image http` reads; for all others they keep their defaults."""

    host: str = Field(
        "localhost",
        description="Address that the HTTP server listens on; localhost is 127.0.0.1 and ::1.",
    )
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        3000, description="Port that the HTTP server listens on; 0 picks a free one."
    )
    public_url: str | None = Field(
        None,
        pattern="^https?://",
        description="Public URL of the HTTP server, used in links.",
    )
    allow_unauthenticated: bool = Field(
        False, description="Allow access without a token on non-loopback addresses."
    )
    auth_token: SecretStr | None = Field(
        None,
        description="Bearer token that HTTP clients must send; at least 16 characters.",
    )
    link_ttl: Annotated[int, Field(ge=0, le=31_536_000)] = Field(
        3600,
        description="Seconds for which links to images need no token, if AUTH_TOKEN is set; 0 "
        "disables such links.",
    )
    allowed_hosts: Names = Field(
        (), description="Additional host names of the HTTP server, comma-separated."
    )
    page: Literal["on", "off"] = Field(
        "on",
        description="Serve the page for browsers at /, which asks for AUTH_TOKEN if it is set.",
    )
    cors_origin: Names = Field(
        (), description="Origins whose web pages may call the HTTP server, comma-separated, or *."
    )
    trusted_proxies: Names = Field(
        (),
        description="Addresses of proxies whose X-Forwarded-For is trusted, comma-separated, or *.",
    )
    rate_limit: str | None = Field(
        None,
        pattern=r"^(0|[1-9]\d{0,5}/(second|minute|hour|day))$",
        description="Maximum new image requests per HTTP client; 0 disables the limit. By default "
        "60/minute, and no limit on loopback without a token.",
    )

    openai_api_strict: bool = Field(
        False,
        description="Refuse legacy values on the routes for OpenAI's clients, which are otherwise "
        "replaced by the nearest that the model has.",
    )

    sync_deadline: Annotated[float, Field(ge=0, le=3600)] = Field(
        0.0,
        description="Seconds after which an image request of an OpenAI client is answered with a "
        "task to poll, for proxies that cut longer ones; 0 waits to the end.",
    )

    @property
    def serves_this_machine_only(self) -> bool:
        """Whether only programs of this machine can call.

        Where there is a token, or may be a proxy, other machines can call, too.
        """
        may_have_proxy = self.public_url or self.trusted_proxies or self.allowed_hosts
        return is_loopback(self.host) and self.auth_token is None and not may_have_proxy

    @property
    def signs_links(self) -> bool:
        """Whether images have links that open without the token."""
        return self.auth_token is not None and self.link_ttl > 0

    @property
    def effective_rate_limit(self) -> str:
        """RATE_LIMIT, else 60/minute; else 0 if only programs of this machine can call."""
        default = NO_RATE_LIMIT if self.serves_this_machine_only else DEFAULT_RATE_LIMIT
        return self.rate_limit or default

    @field_validator("auth_token")
    @classmethod
    def _check_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and re.search(r"[^ -~]", token.get_secret_value()):
            raise ValueError("It contains characters that no HTTP header can carry")
        if token is not None and len(token.get_secret_value()) < MIN_TOKEN_LENGTH:
            raise ValueError(
                f"It has fewer than {MIN_TOKEN_LENGTH} characters. Generate one with: "
                "openssl rand -hex 32"
            )
        return token

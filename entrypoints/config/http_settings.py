"""Settings of the HTTP server only."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

MIN_TOKEN_LENGTH = 16


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(word.strip() for word in value.split(",") if word.strip())


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class HttpSettings(BaseSettings):
    """Settings that `gpt-image http` reads in addition to the general ones."""

    host: str = Field("127.0.0.1", description="The address that the web server listens on.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        3000, description="The port that the web server listens on; 0 takes a free one."
    )
    public_url: str | None = Field(
        None,
        pattern="^https?://",
        description="How clients reach the web server, for links.",
    )
    allow_unauthenticated: bool = Field(
        False, description="Let in everybody who can reach an address that is not loopback."
    )
    auth_token: SecretStr | None = Field(
        None, description="Clients of the web server must send it as Authorization: Bearer …."
    )
    allowed_hosts: Names = Field(
        (), description="More names by which clients may call the web server, with commas between."
    )
    cors_origin: Names = Field(
        (), description="Origins of web pages that may call the web server, with commas, or *."
    )
    trusted_proxies: Names = Field(
        (), description="Addresses of proxies whose X-Forwarded-For is believed, with commas."
    )
    rate_limit: str = Field(
        "60/minute",
        pattern=r"^(0|[1-9]\d{0,5}/(second|minute|hour|day))$",
        description="How often one web client may ask for pictures; 0 sets no limit.",
    )
    log_format: Literal["json", "console"] = Field(
        "json", description="What lines on standard error look like."
    )
    log_prompts: bool = Field(False, description="Write prompts into the log, not their hashes.")

    @field_validator("auth_token")
    @classmethod
    def _check_token_length(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and len(token.get_secret_value()) < MIN_TOKEN_LENGTH:
            raise ValueError(
                f"It has under {MIN_TOKEN_LENGTH} characters; make one with openssl rand -hex 32"
            )
        return token

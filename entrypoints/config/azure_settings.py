"""Settings of Azure OpenAI."""

import re
import shlex

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from entrypoints.config.pairs import read_pairs
from entrypoints.config.setting_text import check_api_key, check_url

DEPLOYMENT = "gpt-image-2.6-flare=my-deployment"
API_VERSION = re.compile(r"v1|20\d\d-\d\d-\d\d(-preview)?")


class AzureSettings(BaseSettings):
    """The resource, its deployments, and who is billed for them."""

    azure_openai_endpoint: str | None = Field(
        None,
        description="Endpoint of an Azure OpenAI resource, e.g. https://example.openai.azure.com.",
    )
    azure_openai_api_key: SecretStr | None = Field(
        None, description="API key of the Azure OpenAI resource."
    )
    azure_openai_deployments: str | None = Field(
        None,
        description="Azure deployments by model, the default one first, e.g. "
        f"{DEPLOYMENT}; a name alone is a deployment of that name.",
    )
    azure_openai_api_version: str = Field(
        "2025-04-01-preview",
        description="API version of Azure OpenAI: a dated one, or v1.",
    )
    azure_openai_token_command: str | None = Field(
        None,
        description="Command that prints a Microsoft Entra token for Azure OpenAI, in place of a "
        "key. No .env in the working directory can set it.",
    )

    @field_validator("azure_openai_endpoint")
    @classmethod
    def _check_resource(cls, url: str | None) -> str | None:
        """The address of the resource, without the path of the API that people copy with it."""
        if url is None:
            return None
        check_url(re.sub(r"/openai(/.*)?\Z", "", url))
        return re.sub(r"/openai(/.*)?\Z", "", url).rstrip("/")

    @field_validator("azure_openai_api_key")
    @classmethod
    def _check_azure_key(cls, key: SecretStr | None) -> SecretStr | None:
        bare = key.get_secret_value().strip() if key else ""
        if bare:
            check_api_key(bare)
        return SecretStr(bare) if bare else None

    @field_validator("azure_openai_deployments")
    @classmethod
    def _check_deployments(cls, text: str | None) -> str | None:
        read_pairs(_named(text or ""), DEPLOYMENT)
        return text

    @field_validator("azure_openai_api_version")
    @classmethod
    def _check_version(cls, version: str) -> str:
        if not API_VERSION.fullmatch(version):
            raise ValueError("It is no version. Write a date, e.g. 2025-04-01-preview, or v1")
        return version

    @field_validator("azure_openai_token_command")
    @classmethod
    def _check_command(cls, command: str | None) -> str | None:
        try:
            is_empty = command is not None and not shlex.split(command)
        except ValueError:
            raise ValueError("Its quotation marks have no end") from None
        return None if is_empty else command

    @property
    def deployments(self) -> dict[str, str]:
        """The deployment of each model, the default one first; empty without any."""
        return read_pairs(_named(self.azure_openai_deployments or ""), DEPLOYMENT)


def _named(deployments: str) -> str:
    """The entries, with the name of the deployment as the model where none is given."""
    entries = re.split(r"[\s,]+", deployments)
    return " ".join(each if "=" in each else f"{each}={each}" for each in filter(None, entries))

"""Settings that choose one of OpenAI's APIs."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings


class ApiSettings(BaseSettings):
    """The API for images, and what only the Responses API has. Other providers use none of it."""

    api_mode: Literal["images", "responses"] = Field(
        "images",
        description="OpenAI API to use: images, or responses, where a language model calls the "
        "image model and OpenAI keeps the conversation.",
    )
    responses_model: str = Field(
        "gpt-6-luna",
        description="Language model of API_MODE=responses; it is billed beside the image model.",
    )
    responses_store: bool = Field(
        True,
        description="Let OpenAI store responses, so that a conversation continues from the last "
        "one; otherwise its earlier prompts are sent again.",
    )

    responses_background: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Generate in the background at OpenAI, so that an image survives this server: "
        "on, off, or auto, which does so at OpenAI itself if responses are stored.",
    )

    @property
    def in_background(self) -> bool | None:
        """RESPONSES_BACKGROUND; None if the provider decides."""
        return {"on": True, "off": False}.get(self.responses_background)

    @field_validator("responses_background")
    @classmethod
    def _check_stored(cls, word: str, info: ValidationInfo) -> str:
        if word == "on" and info.data.get("responses_store") is False:
            raise ValueError(
                "on needs RESPONSES_STORE=true: OpenAI generates in the background only what it "
                "stores. Set it to true, or RESPONSES_BACKGROUND to auto or off"
            )
        return word

    @field_validator("responses_model")
    @classmethod
    def _check_language_model(cls, model: str) -> str:
        if model.strip().lower().startswith(("gpt-image", "chatgpt-image", "dall-e")):
            raise ValueError(f"{model} is an image model. Set IMAGE_MODEL to it instead")
        return model.strip()

    @field_validator("api_mode", "responses_background", mode="before")
    @classmethod
    def _lower_case_words(cls, word: object) -> object:
        return word.lower() if isinstance(word, str) else word

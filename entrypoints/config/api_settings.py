"""Settings that choose one of OpenAI's APIs."""

from typing import Literal

from pydantic import Field, field_validator
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

    @field_validator("responses_model")
    @classmethod
    def _check_language_model(cls, model: str) -> str:
        if model.strip().lower().startswith(("gpt-image", "chatgpt-image", "dall-e")):
            raise ValueError(f"{model} is an image model. Set IMAGE_MODEL to it instead")
        return model.strip()

    @field_validator("api_mode", mode="before")
    @classmethod
    def _lower_case_mode(cls, word: object) -> object:
        return word.lower() if isinstance(word, str) else word

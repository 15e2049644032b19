"""Reads an interaction, which is what the API makes of one request, and what it costs.

A proxy may have changed it, and it was paid for: one of any shape is read without an error.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.gemini import error_words as said
from adapters.gemini.error_words import ErrorWords, read_words
from adapters.gemini.gemini_endpoint import GeminiEndpoint
from adapters.gemini.gemini_refusals import content_refused
from adapters.gemini.image_data import decode
from adapters.gemini.interaction_usage import parse_usage
from application.ports.image_provider import Delivered
from domain.errors import ChargeStatus
from domain.image import Image
from domain.models import ModelCard
from domain.money.amounts import dollars
from domain.provider_errors import BadProviderReply, ProviderError, ProviderTimedOut
from domain.results import ResultImage, Usage

Json = Mapping[str, Any]
RUNNING = ("in_progress", "queued")
"""Statuses of an interaction that is not over."""
MAX_IMAGES = 16
MAX_ANSWER = 400
"""Characters of a model's words in an error."""
NO_COUNTS = "The reply has no token counts, so the cost is unknown."
REPHRASE = "Say in the prompt that you want an image, and what it shows."
LATER = "Try again later, or use another model."
OPEN_LINK = "Open the link soon, because such links expire. Do not repeat the call."


@dataclass(frozen=True, slots=True)
class Interaction:
    """One interaction as the API returned it."""

    value: Json

    @property
    def id(self) -> str:
        """Its name at Google; empty if it has none."""
        return _text(self.value, "id")

    @property
    def status(self) -> str:
        return _text(self.value, "status")

    @property
    def is_running(self) -> bool:
        return self.status in RUNNING

    @property
    def usage(self) -> Usage | None:
        return parse_usage(self.value.get("usage"))

    def contents(self) -> Iterator[Json]:
        """What the model put out for this request, in its order: images and words."""
        for step in _objects(self.value.get("steps")):
            if _text(step, "type") == "model_output":
                yield from _objects(step.get("content"))

    def images(self) -> list[Json]:
        """The images among them; of a reply without steps, the image that the SDK would add."""
        found = [each for each in self.contents() if _text(each, "type") == "image"]
        own = self.value.get("output_image")
        return found or ([own] if isinstance(own, Mapping) else [])

    @property
    def words(self) -> str:
        """What the model wrote; shortened."""
        texts = [_text(each, "text") for each in self.contents()]
        text = " ".join(" ".join(texts).split())
        return text if len(text) <= MAX_ANSWER else f"{text[:MAX_ANSWER]}…"

    @property
    def error(self) -> ErrorWords:
        """What it says about a failure, of the whole or of one of its steps."""
        steps = [step.get("error") for step in _objects(self.value.get("steps"))]
        return read_words([self.value.get("errors"), self.value.get("error"), *steps])

    def without_images(self) -> bytes:
        """The interaction without data of images and thoughts, to be kept."""
        return json.dumps(_without_data(self.value)).encode()


def delivered(
    interaction: Interaction,
    card: ModelCard,
    endpoint: GeminiEndpoint,
    *,
    stored: bool,
    notes: tuple[str, ...] = (),
) -> Delivered:
    """What an interaction that is over has; raise the error that one without an image is."""
    images, undecodable = list[ResultImage](), list[bytes]()
    for content in interaction.images()[:MAX_IMAGES]:
        text = _text(content, "data")
        try:
            if text:
                images.append(ResultImage(image=Image(decode(text))))
        except ValueError:
            undecodable.append(text.encode(errors="replace"))
    usage, name = interaction.usage, interaction.id
    if not images and not undecodable:
        raise _without_image(interaction, card, endpoint)
    if usage and not usage.tokens_out:  # no image is free: its tokens were not counted as such
        usage = None
    return Delivered(
        images=tuple(images),
        undecodable=tuple(undecodable),
        usage=usage,
        request_id=name or None,
        notes=notes if usage else (*notes, NO_COUNTS),
        continuation=(name or None) if stored else None,
    )


def _without_image(
    interaction: Interaction, card: ModelCard, endpoint: GeminiEndpoint
) -> ProviderError:
    """The error, with what was charged all the same."""
    error = _reason(interaction, endpoint)
    error.request_id = interaction.id or None
    usage = error.usage = interaction.usage
    if usage is None:
        error.charged = ChargeStatus.MAYBE
    elif usage.total:
        error.charged = ChargeStatus.YES
        error.message = f"{error.message} {_charge(usage, card)}"
    if isinstance(error, BadProviderReply):
        error.raw_remainder = (interaction.without_images(),)
    return error


def _reason(interaction: Interaction, endpoint: GeminiEndpoint) -> ProviderError:
    links = tuple(filter(None, (_text(each, "uri") for each in interaction.images())))
    if links:
        linked = _bad_reply(f"{endpoint.title} sent a link. {' '.join(links)}", OPEN_LINK)
        linked.links = links
        return linked
    words, error = interaction.words, interaction.error
    if said.SAFETY.search(error.text):
        return content_refused(error, endpoint)
    status = interaction.status or "unknown"
    if error.message:
        text = f"{endpoint.title} could not generate the image (status {status}): {error.message}"
        return _bad_reply(text, LATER)
    if words:
        text = f"{endpoint.title} answered with words instead of an image: “{words}”"
        return _bad_reply(text, REPHRASE)
    return _bad_reply(f"{endpoint.title} sent no image (status {status}).", LATER)


def _charge(usage: Usage, card: ModelCard) -> str:
    """What the call cost, in a sentence."""
    cost = card.cost(usage)
    price = "at an unknown price" if cost is None else f"for {dollars(cost)}"
    return f"The call used {usage.total:,} tokens, {price}."


def _bad_reply(text: str, hint: str) -> BadProviderReply:
    error = BadProviderReply(text)
    error.hint = hint
    return error


def still_running(endpoint: GeminiEndpoint, name: str) -> ProviderTimedOut:
    """The error of a call whose interaction is not over when its time is."""
    text = f"{endpoint.title} still works on the image, or did not say that it is ready."
    error = ProviderTimedOut(f"{text} Interaction {name} can be read later.")
    error.request_id = name
    return error


def _without_data(value: object) -> object:
    if isinstance(value, Mapping):
        left_out = ("data", "signature")
        return {name: _without_data(each) for name, each in value.items() if name not in left_out}
    return [_without_data(each) for each in value] if isinstance(value, list) else value


def _objects(value: object) -> list[Json]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _text(of: Json, name: str) -> str:
    value = of.get(name)
    return value if isinstance(value, str) else ""

"""Chooses the error for a refusal of Google's, by its codes, its words and its status."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx2

from adapters.gemini import error_words as said
from adapters.gemini.error_words import ErrorWords, stated_wait
from adapters.gemini.gemini_endpoint import GeminiEndpoint
from domain import provider_errors as errors
from domain.errors import ChargeStatus
from domain.models import ModelCard

BILLING_HINT = "Check the billing and the limits of the key's project: aistudio.google.com."
NO_IMAGES = (
    "Waiting does not help: the limit of this model is 0. The free tier has no images; link a "
    "billing account to the key's project at aistudio.google.com."
)
PLACE_HINT = "The place is that of this machine, or of its proxy or VPN."
RIGHTS_HINT = "Check what the key's project may use: aistudio.google.com."
LOST = (
    "Repeat the call with useContext false, which starts anew, and send the image to continue from "
    "in images. Google keeps interactions for 55 days, or 1 day on the free tier."
)
NO_BACKGROUND = "Set GEMINI_STORE=false, then restart: calls are then made without the background."
TOO_LARGE = "Send smaller or fewer images: save them as JPEG, or scale them down."
KEY_HINT = "Check GEMINI_API_KEY: it may be mistyped, expired, or restricted to other APIs."


@dataclass(frozen=True, slots=True, kw_only=True)
class GeminiRefusal:
    """A refusal with a status of 4xx or 5xx."""

    status: int
    words: ErrorWords
    headers: httpx2.Headers
    endpoint: GeminiEndpoint
    card: ModelCard

    def quoted(self, text: str) -> str:
        """The text with Google's message as its reason."""
        reason = self.words.message or self.words.page
        if not reason:
            return f"{text} (status {self.status})."
        return f"{text}: {reason}" + ("" if reason[-1] in ".!?…" else ".")


def refusal_error(refusal: GeminiRefusal) -> errors.ProviderError:
    """The error for a refusal with a status of 4xx, which is not charged."""
    found = (error for rule in RULES if (error := rule(refusal)))
    return next(found, None) or errors.RequestRefused(
        refusal.quoted(f"{refusal.endpoint.title} rejected the request")
    )


def _key(refusal: GeminiRefusal) -> errors.ProviderError | None:
    is_bad = said.BAD_KEY.search(refusal.words.text) or "authentication" in refusal.words.codes
    if refusal.status != 401 and not is_bad:
        return None
    text = f"{refusal.endpoint.title} rejected the API key"
    return errors.CredentialsRejected(refusal.quoted(text), hint=KEY_HINT)


def _conversation(refusal: GeminiRefusal) -> errors.ProviderError | None:
    if refusal.status not in (400, 403, 404) or not said.PREVIOUS.search(refusal.words.text):
        return None
    text = f"{refusal.endpoint.title} no longer has the earlier turns of this conversation"
    return errors.ConversationLost(refusal.quoted(text), hint=LOST)


def _content(refusal: GeminiRefusal) -> errors.ProviderError | None:
    if refusal.status not in (400, 403, 422, 451) or not said.SAFETY.search(refusal.words.text):
        return None
    return content_refused(refusal.words, refusal.endpoint)


def content_refused(words: ErrorWords, endpoint: GeminiEndpoint) -> errors.ContentRefused:
    """The error for a refusal by Google's filters, of the prompt or of the generated image."""
    is_output = said.IMAGE_REFUSED.search(words.text) is not None
    what = "the generated image" if is_output else "the request"
    reason = f": {words.message}" if words.message else "."
    refused = errors.ContentRefused(
        f"The safety filters of {endpoint} rejected {what}{reason}",
        stage="output" if is_output else None,
        categories=sorted(code for code in words.codes if said.SAFETY.search(code)),
    )
    if is_output:
        refused.charged = ChargeStatus.MAYBE
    return refused


def _place(refusal: GeminiRefusal) -> errors.ProviderError | None:
    if not said.PLACE.search(refusal.words.text):
        return None
    text = f"{refusal.endpoint.title} does not serve the place that the request came from"
    return errors.NotPermitted(refusal.quoted(text), hint=PLACE_HINT)


def _limit(refusal: GeminiRefusal) -> errors.ProviderError | None:
    words, endpoint = refusal.words, refusal.endpoint
    if refusal.status == 402 or (refusal.status == 400 and said.BILLING.search(words.text)):
        text = f"The account at {endpoint} cannot pay for the call"
        return errors.QuotaExhausted(refusal.quoted(text), hint=BILLING_HINT)
    if refusal.status != 429:
        return None
    if said.NO_ALLOWANCE.search(words.text):
        text = f"{endpoint.title} allows this project no images of the model"
        return errors.NotPermitted(refusal.quoted(text), hint=NO_IMAGES)
    seconds = stated_wait(refusal.headers, words)
    if "quota_exceeded" in words.codes or (seconds is None and said.DAILY.search(words.text)):
        text = f"The quota of the project at {endpoint} is used up"
        return errors.QuotaExhausted(refusal.quoted(text), hint=BILLING_HINT)
    when = "" if seconds is None else f" Retry in {seconds:g} s."
    text = refusal.quoted(f"The rate limit of {endpoint} was reached")
    return errors.RateLimited(f"{text}{when}", retry_after=seconds)


def _model(refusal: GeminiRefusal) -> errors.ProviderError | None:
    words, card = refusal.words, refusal.card
    is_named = "model_not_found" in words.codes or said.MODEL.search(words.text)
    if refusal.status != 404 or words.page or not is_named:
        return None
    text = f"{refusal.endpoint.title} has no model {card.name!r} for this API key"
    hint = f"Use {card.successor!r} instead." if card.successor else RIGHTS_HINT
    return errors.ModelNotFound(refusal.quoted(text), hint=hint)


def _address(refusal: GeminiRefusal) -> errors.ProviderError | None:
    if refusal.status not in (404, 405):
        return None
    shown = refusal.endpoint.shown
    text = refusal.quoted(f"There is no Gemini API with interactions at {shown}")
    return errors.RequestRefused(text, hint=f"Check GEMINI_BASE_URL, which is {shown}.")


def _rights(refusal: GeminiRefusal) -> errors.ProviderError | None:
    if refusal.status not in (403, 451):
        return None
    text = f"{refusal.endpoint.title} does not allow this"
    return errors.NotPermitted(refusal.quoted(text), hint=RIGHTS_HINT)


def _background(refusal: GeminiRefusal) -> errors.ProviderError | None:
    if refusal.status != 400 or not said.BACKGROUND.search(refusal.words.text):
        return None
    text = f"{refusal.endpoint.title} does not work on this in the background"
    return errors.RequestRefused(refusal.quoted(text), hint=NO_BACKGROUND)


def _size(refusal: GeminiRefusal) -> errors.ProviderError | None:
    if refusal.status != 413:
        return None
    text = f"{refusal.endpoint.title} takes no request of this size"
    return errors.RequestRefused(refusal.quoted(text), hint=TOO_LARGE)


RULES: tuple[Callable[[GeminiRefusal], errors.ProviderError | None], ...] = (
    _key,
    _conversation,
    _content,
    _place,
    _limit,
    _model,
    _address,
    _rights,
    _background,
    _size,
)
"""Tried in this order; the first one that returns an error decides."""

"""The error that a response without an image is, and what was charged all the same."""

from adapters.openai.network.endpoint import Endpoint
from adapters.openai.refusals.error_body import read_error
from adapters.openai.refusals.errors import error_in_reply
from adapters.openai.replies.fields import get_field, text_or_empty
from adapters.openai.replies.parsed_reply import ParsedReply
from adapters.openai.responses.response_parts import Response, answer_text, image_calls
from adapters.openai.responses.response_usage import in_words
from domain.errors import ChargeStatus
from domain.models import ModelCard
from domain.money.amounts import dollars
from domain.provider_errors import BadProviderReply, ContentRefused, OutcomeUnknown, ProviderError

REPHRASE = "Say in the prompt that you want an image, and what it shows."
SHORTER = "Shorten the prompt, or ask for less. The image was not begun."
CANCELED = "Something with access to the account canceled it there. Send the request again."
LATER = "Try again later, or use the Images API: API_MODE=images."


def check_response(
    response: Response, reply: ParsedReply, card: ModelCard, endpoint: Endpoint
) -> None:
    """Raise the error that this response without an image is.

    The tokens of the mainline model are charged in every case; the error has them, and says so.
    """
    error = _error(response, card, endpoint)
    error.request_id = reply.request_id
    error.usage = reply.usage
    if reply.usage is None:
        error.charged = ChargeStatus.MAYBE
    elif reply.usage.total:
        error.charged = ChargeStatus.YES
        error.message = f"{error.message} {_charge(reply, card, endpoint)}"
    if isinstance(error, BadProviderReply):
        error.raw_remainder = reply.undecodable
    raise error


def _error(response: Response, card: ModelCard, endpoint: Endpoint) -> ProviderError:
    for call in image_calls(response):
        if call.get("error"):
            return _of_call({"error": call["error"]}, card, endpoint)
    if response.get("error"):
        return _of_call({"error": response["error"]}, card, endpoint)
    reason = text_or_empty(get_field(response.get("incomplete_details"), "reason"))
    if reason == "content_filter":
        return ContentRefused(f"The moderation of {endpoint} stopped the response.")
    if reason:
        text = f"{endpoint.title} ended the response before its image, because of {reason}."
        return _bad_reply(text, SHORTER)
    if response.get("status") == "cancelled":
        text = f"The response was canceled at {endpoint} before its image was finished."
        return _bad_reply(text, CANCELED)
    answer = answer_text(response)
    if answer:
        text = f"{endpoint.title} answered with words instead of an image: “{answer}”"
        return _bad_reply(text, REPHRASE)
    text = f"The response of {endpoint} has no image."
    return _bad_reply(text, LATER)


def _of_call(value: object, card: ModelCard, endpoint: Endpoint) -> ProviderError:
    """The error of the image call or of the response: the response is complete, so it is known."""
    error = error_in_reply(value, card, endpoint)
    if not isinstance(error, OutcomeUnknown):
        return error
    reason = read_error(value).message or "no reason was given"
    text = f"{endpoint.title} could not generate the image: {reason.rstrip('.')}."
    return _bad_reply(text, LATER)


def _bad_reply(text: str, hint: str) -> BadProviderReply:
    error = BadProviderReply(text)
    error.hint = hint
    return error


def _charge(reply: ParsedReply, card: ModelCard, endpoint: Endpoint) -> str:
    """What the call cost, in a sentence."""
    assert reply.usage is not None
    mainline, cost = reply.usage.mainline, card.cost(reply.usage)
    price = "at an unknown price" if cost is None else f"for {dollars(cost)}"
    model = endpoint.api.mainline or "The model"
    used = f"{model} used {in_words(mainline)}" if mainline else "The call used tokens"
    tool = " and the image tool used tokens too" if reply.usage.tokens_out else ""
    return f"{used}{tool}, {price}."

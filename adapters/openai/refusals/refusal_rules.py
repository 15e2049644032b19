"""Chooses the error for a refusal by its code, type and message, and only then by its status."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from adapters.openai.network.endpoint import OPENAI_SETTINGS, Endpoint
from adapters.openai.parameters import MISSING_IMAGE, refused_parameter
from adapters.openai.refusals.error_body import ErrorBody
from adapters.openai.refusals.permissions import missing_permission
from adapters.openai.refusals.refusal_hints import (
    BAD_KEY,
    BILLING,
    CANNOT_EDIT,
    FIREWALL,
    LOST,
    NO_BACKGROUND,
    NO_FIELD,
    NO_UPLOADS,
    OTHER_BILLING,
    OTHER_KEY,
    OTHER_MAINLINE,
    TIER,
    TOO_LARGE,
    UNEXPLAINED,
)
from adapters.openai.refusals.refusal_words import (
    GENERATED,
    KEY_CODES,
    KEY_WORDS,
    LOST_CODES,
    LOST_WORDS,
    MODEL_CODES,
    MODEL_WORDS,
    MODERATION_CODES,
    MODERATION_WORDS,
    NO_ALLOWANCE,
    NO_MODEL,
    NO_ROUTE,
    NO_TOOL,
    QUOTA_CODES,
    QUOTA_WORDS,
    RATE_CODES,
)
from adapters.openai.refusals.waits import stated_wait
from domain import provider_errors as errors
from domain.errors import ChargeStatus
from domain.models import ModelCard

CONTENT_STATUSES = (200, 400, 403, 406, 422, 424, 451)
"""Statuses with which words about content speak of this request, and not of the account."""

EDITS = "/images/edits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A refusal with a status of 4xx, or an error in a reply with status 2xx."""

    status: int
    body: ErrorBody
    headers: Mapping[str, str]
    endpoint: Endpoint
    card: ModelCard
    path: str = ""

    @property
    def is_edit(self) -> bool:
        """Whether an edit was refused."""
        return self.path.endswith(EDITS)

    def quoted(self, text: str) -> str:
        """The text with the provider's message, or a page's title, as its reason."""
        page = self.body.page and self.body.page != "a page" and f"a page, “{self.body.page}”"
        reason = self.body.message or page or self.body.page
        if not reason:
            return f"{text} (status {self.status})."
        return f"{text}: {reason}" + ("" if reason[-1] in ".!?…" else ".")


def refusal_error(refusal: Refusal) -> errors.ProviderError:
    """The error for a refusal. The call is not charged, unless the generated image was refused."""
    found = (error for rule in RULES if (error := rule(refusal)))
    return next(found, None) or errors.RequestRefused(
        refusal.quoted(f"{refusal.endpoint.title} rejected the request"),
        hint=None
        if refusal.body.message
        else UNEXPLAINED.format(url=refusal.endpoint.settings.url),
    )


def _content(refusal: Refusal) -> errors.ProviderError | None:
    """The refusal of a content filter, of any service."""
    body = refusal.body
    by_words = refusal.status in CONTENT_STATUSES and MODERATION_WORDS.search(body.text)
    if body.page or not (body.has_code(*MODERATION_CODES) or by_words):
        return None
    stage = body.stage or _stage(body)
    where = {"input": " the prompt or an input image", "output": " the generated image"}
    about = f" ({', '.join(body.categories)})" if body.categories else ""
    refused = errors.ContentRefused(
        f"The moderation of {refusal.endpoint} rejected{where.get(stage, ' the request')}{about}.",
        stage=stage or None,
        categories=body.categories,
    )
    if stage == "output":  # generated first; OpenAI does not document whether that is billed
        refused.charged = ChargeStatus.MAYBE
    return refused


def _stage(body: ErrorBody) -> str:
    if GENERATED.search(body.text):
        return "output"
    return "input" if body.param == "prompt" else ""


def _conversation(refusal: Refusal) -> errors.ProviderError | None:
    """The response that the request continues is not there, so nothing was generated."""
    body = refusal.body
    if not (body.has_code(*LOST_CODES) or LOST_WORDS.search(body.text)):
        return None
    text = f"{refusal.endpoint.title} no longer has the earlier turns of this conversation"
    return errors.ConversationLost(refusal.quoted(text), hint=LOST)


def _mainline(refusal: Refusal) -> errors.ProviderError | None:
    """The model in RESPONSES_MODEL is missing, or it cannot call the image tool."""
    body, endpoint, mainline = refusal.body, refusal.endpoint, refusal.endpoint.api.mainline
    if not mainline or mainline.lower() not in body.text:
        return None
    if NO_TOOL.search(body.text):
        text = f"{mainline}, the model in RESPONSES_MODEL, cannot generate images"
        return errors.RequestRefused(refusal.quoted(text), hint=OTHER_MAINLINE)
    if is_model_missing(refusal):
        text = f"{endpoint.title} has no model {mainline!r}, which RESPONSES_MODEL names"
        return errors.ModelNotFound(refusal.quoted(text), hint=OTHER_MAINLINE)
    return None


def _quota(refusal: Refusal) -> errors.ProviderError | None:
    body, endpoint = refusal.body, refusal.endpoint
    by_words = QUOTA_WORDS.search(body.text) and stated_wait({}, body.message, body.wait) is None
    if not (refusal.status == 402 or body.has_code(*QUOTA_CODES) or by_words):
        return None
    hint = BILLING if endpoint.is_openai else OTHER_BILLING.format(host=endpoint.host)
    return errors.QuotaExhausted(
        refusal.quoted(f"The quota or credit of the account at {endpoint} is used up"), hint=hint
    )


def _rate_limit(refusal: Refusal) -> errors.ProviderError | None:
    body, endpoint = refusal.body, refusal.endpoint
    if refusal.status != 429 and not body.has_code(*RATE_CODES):
        return None
    if NO_ALLOWANCE.search(body.text):
        place = " at platform.openai.com → Settings → Limits" if endpoint.is_openai else ""
        return errors.NotPermitted(
            refusal.quoted(f"{endpoint.title} allows this account no images of the model"),
            hint=TIER.format(place=place),
        )
    seconds = stated_wait(refusal.headers, body.message, body.wait)
    when = "" if seconds is None else f" Retry in {seconds:g} s."
    text = f"The rate limit of {endpoint} was reached"
    text = refusal.quoted(text) if body.message or body.page else f"{text}."
    return errors.RateLimited(f"{text}{when}", retry_after=seconds)


def _permission(refusal: Refusal) -> errors.ProviderError | None:
    return None if refusal.body.page else missing_permission(refusal.body, refusal.endpoint)


def _address(refusal: Refusal) -> errors.ProviderError | None:
    """A missing model, or a base URL at which there is no Images API."""
    body, endpoint = refusal.body, refusal.endpoint
    if is_model_missing(refusal):
        return model_not_found(refusal)
    if refusal.status not in (404, 405):
        return None
    is_route = endpoint.api.takes_model and not body.page and not body.has_code("unknown_url")
    known_route = is_route and body.text
    about_route = NO_ROUTE.search(body.message.lower()) and not MODEL_WORDS.search(body.text)
    if known_route and not about_route and refusal.status == 404:
        return model_not_found(refusal)
    if refusal.is_edit:
        text = f"{endpoint.title} cannot edit images: it has no {EDITS}"
        refused = errors.RequestRefused(refusal.quoted(text), hint=CANNOT_EDIT)
        refused.cannot_edit = True
        return refused
    return errors.RequestRefused(
        refusal.quoted(f"There is no {endpoint.api.name} at {endpoint.shown}"),
        hint=endpoint.address_hint,
    )


def is_model_missing(refusal: Refusal) -> bool:
    """Whether the refusal, of any status, says that no service has the model."""
    if not refusal.endpoint.api.takes_model:
        return False
    body = refusal.body
    return body.has_code(*MODEL_CODES) or bool(NO_MODEL.search(body.text))


def model_not_found(refusal: Refusal) -> errors.ModelNotFound:
    """The error for a model, or a deployment, that the endpoint does not have for this key."""
    card, endpoint = refusal.card, refusal.endpoint
    noun = "deployment" if "deployment" in refusal.body.text else "model"
    text = f"{endpoint.title} has no {noun} {card.name!r} for this API key"
    if not endpoint.is_openai:
        setting = endpoint.settings.model
        hint = f"Set {setting}, or the model of the request, to a name that the endpoint lists."
        return errors.ModelNotFound(refusal.quoted(text), hint=hint)
    successor = card.successor or "gpt-image-2.6-flare"
    hint = f"It may be retired, or not open to your project. Try {successor!r}."
    return errors.ModelNotFound(f"{text}.", hint=hint)


def _credentials(refusal: Refusal) -> errors.ProviderError | None:
    body, endpoint = refusal.body, refusal.endpoint
    is_bad = body.has_code(*KEY_CODES) or KEY_WORDS.search(body.text)
    if refusal.status != 401 and (body.page or not is_bad):
        return None
    text = f"{endpoint.title} rejected the API key"
    if body.page:
        text = f"A server in front of {endpoint} asks for another login"
    return errors.CredentialsRejected(refusal.quoted(text), hint=key_hint(endpoint))


def key_hint(endpoint: Endpoint) -> str:
    """What to check if the key is not accepted."""
    names = endpoint.settings
    if endpoint.is_openai and names == OPENAI_SETTINGS:
        return BAD_KEY
    return OTHER_KEY.format(key=names.key, host=endpoint.host, url=names.url)


def _forbidden(refusal: Refusal) -> errors.ProviderError | None:
    if refusal.status not in (403, 451):
        return None
    endpoint = refusal.endpoint
    if refusal.body.page:
        text = f"A firewall or proxy in front of {endpoint} refused the request"
        hint = FIREWALL.format(url=endpoint.settings.url)
        return errors.NotPermitted(refusal.quoted(text), hint=hint)
    where = "platform.openai.com → Settings" if endpoint.is_openai else endpoint.host
    return errors.NotPermitted(
        refusal.quoted(f"{endpoint.title} does not allow this"),
        hint=f"Check what the API key and its project are allowed to do: {where}.",
    )


def _image_field(refusal: Refusal) -> errors.ProviderError | None:
    """A form whose field for images has another name than the service expects."""
    is_form = refusal.is_edit and refusal.status in (400, 422)
    if not is_form or not MISSING_IMAGE.search(refusal.body.message):
        return None
    text = f"{refusal.endpoint.title} did not find the input image in the form"
    refused = errors.RequestRefused(refusal.quoted(text), hint=NO_FIELD)
    refused.parameter = "image"
    return refused


def _parameter(refusal: Refusal) -> errors.ProviderError | None:
    found = refused_parameter(refusal.body)
    if found is None:
        return None
    name, hint = found
    if name == "background" and refusal.endpoint.api.in_background:
        hint = NO_BACKGROUND
    text = f"{refusal.endpoint.title} does not take {name}"
    refused = errors.RequestRefused(refusal.quoted(text), hint=hint)
    refused.parameter = name
    return refused


def _upload(refusal: Refusal) -> errors.ProviderError | None:
    if refusal.status == 415:
        text = f"{refusal.endpoint.title} takes no request of this kind"
        return errors.RequestRefused(refusal.quoted(text), hint=NO_UPLOADS)
    if refusal.status != 413:
        return None
    text = f"{refusal.endpoint.title} takes no upload of this size"
    return errors.RequestRefused(refusal.quoted(text), hint=TOO_LARGE)


RULES: tuple[Callable[[Refusal], errors.ProviderError | None], ...] = (
    _conversation,
    _content,
    _quota,
    _rate_limit,
    _permission,
    _mainline,
    _address,
    _credentials,
    _forbidden,
    _image_field,
    _parameter,
    _upload,
)
"""Tried in this order; the first one that returns an error decides."""

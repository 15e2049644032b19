"""The result of a request: images, where they are stored, and what they cost."""

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from domain.conversations import TurnPlace
from domain.image import Image, StoredRef
from domain.money.day_spending import DaySpending
from domain.renditions import Rendition


class ServedFrom:
    """The sources of a result that are not caches. Any other source is the name of a cache.

    `joined` is the result of an equal request that was still running; `archive` is a result that
    is returned again under its idempotency key.
    """

    PROVIDER: Final = "provider"
    JOINED: Final = "joined"
    ARCHIVE: Final = "archive"


@dataclass(frozen=True, slots=True, kw_only=True)
class MainlineUsage:
    """Tokens of the language model that called the image model, where a provider uses two.

    The input tokens include those that were read from the provider's cache, and those that were
    written to it.
    """

    tokens_in: int
    tokens_out: int
    cached_tokens_in: int = 0
    written_tokens_in: int = 0

    @property
    def total(self) -> int:
        return self.tokens_in + self.tokens_out

    def __add__(self, other: "MainlineUsage") -> "MainlineUsage":
        return MainlineUsage(
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
            cached_tokens_in=self.cached_tokens_in + other.cached_tokens_in,
            written_tokens_in=self.written_tokens_in + other.written_tokens_in,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens that the provider counted for one call.

    The cached tokens are included in the input tokens: the provider had read them shortly before.
    `mainline` is beside them all: None if only an image model worked, or if its tokens were not
    counted. `reported_cost` is what the provider itself says that the call cost, in US dollars;
    None if it does not say that.
    """

    text_tokens_in: int
    image_tokens_in: int
    tokens_out: int
    cached_text_tokens_in: int = 0
    cached_image_tokens_in: int = 0
    mainline: MainlineUsage | None = None
    reported_cost: Decimal | None = None

    @property
    def total(self) -> int:
        """All tokens of the call, with those of the mainline model."""
        own = self.text_tokens_in + self.image_tokens_in + self.tokens_out
        return own + (self.mainline.total if self.mainline else 0)

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            text_tokens_in=self.text_tokens_in + other.text_tokens_in,
            image_tokens_in=self.image_tokens_in + other.image_tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
            cached_text_tokens_in=self.cached_text_tokens_in + other.cached_text_tokens_in,
            cached_image_tokens_in=self.cached_image_tokens_in + other.cached_image_tokens_in,
            mainline=_sum(self.mainline, other.mainline),
            reported_cost=_sum_if_known(self.reported_cost, other.reported_cost),
        )


def _sum(one: MainlineUsage | None, other: MainlineUsage | None) -> MainlineUsage | None:
    return one + other if one and other else one or other


def _sum_if_known(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


NO_TOKENS = Usage(text_tokens_in=0, image_tokens_in=0, tokens_out=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFacts:
    """The facts of a result that come from the provider.

    Jobs, records, results and cache entries carry all of them; `facts` copies them. `request_id` is
    the provider's own ID of the call. `notes` say how the result differs from the request.
    `continuation` names the provider's own state of a conversation, for its next turn; opaque.
    """

    revised_prompt: str | None = None
    usage: Usage | None = None
    request_id: str | None = None
    notes: tuple[str, ...] = ()
    continuation: str | None = None

    def facts(self) -> dict[str, Any]:
        """The facts by their names, to create another value that carries them."""
        return {fact.name: getattr(self, fact.name) for fact in fields(ResultFacts)}


NO_FACTS = ResultFacts()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultImage:
    """An image as the provider sent it, and where it is stored.

    `stored` is None if it is not stored; `notes` say how it differs from the request.
    `rendition` is what the caller gets instead, if it requested another format.
    """

    image: Image
    stored: StoredRef | None = None
    notes: tuple[str, ...] = ()
    rendition: Rendition | None = None

    @property
    def id(self) -> str:
        return self.image.id

    @property
    def delivered(self) -> Image:
        """The image that the caller gets: the rendition, if there is one."""
        return self.image if self.rendition is None else self.rendition.image


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageResult(ResultFacts):
    """The result of one request: at least one image, and all facts that a caller needs.

    `generation_cost` is the cost of the call that generated the images, in US dollars. It is None
    if it is unknown, never 0 instead. A result from the cache costs nothing again. `estimate` is
    what the call was expected to cost, if it was estimated. `day_spending` is there for a caller
    whose service has a limit for a day. `turn` is what the result is in a conversation.
    `requested_model` differs from `model` when the successor of a retired model served the request.
    `requested_size` is what the caller wrote, if the images have another size; else empty. An
    uploaded image has no job, provider and model: their names are empty.
    """

    job_id: str
    images: tuple[ResultImage, ...]
    provider: str
    model: str
    requested_model: str
    created_at: datetime
    generation_cost: Decimal | None = None
    served_from: str = ServedFrom.PROVIDER
    estimate: Decimal | None = None
    day_spending: DaySpending | None = None
    requested_size: str = ""
    turn: TurnPlace | None = None

    @property
    def is_upload(self) -> bool:
        """Whether no job delivered it: its owner uploaded the image."""
        return not self.job_id

    @property
    def is_cached(self) -> bool:
        """Whether a cache had the images. `served_from` is its name then."""
        return self.served_from not in {
            ServedFrom.PROVIDER,
            ServedFrom.JOINED,
            ServedFrom.ARCHIVE,
        }

    @property
    def is_prepaid(self) -> bool:
        """Whether an earlier or an equal request paid, so that this one costs nothing."""
        return self.is_cached or self.served_from == ServedFrom.JOINED

    @property
    def charged_cost(self) -> Decimal | None:
        """The cost of this caller's request in US dollars, None if it is unknown."""
        is_replay = self.served_from == ServedFrom.ARCHIVE
        return Decimal(0) if is_replay or self.is_prepaid else self.generation_cost

    @property
    def saved(self) -> Decimal | None:
        """What the request would have cost without the earlier call; None if nothing was saved."""
        return self.generation_cost if self.is_prepaid else None

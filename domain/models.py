"""Models: their abilities, retirement dates and pricing, and whether they can serve a request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from domain.counts import count
from domain.errors import InvalidRequest, UnsupportedByModel
from domain.image_formats import PROVIDER_FORMATS, ImageFormat
from domain.money.prices import PaidCall, Pricing
from domain.requests import (
    MAX_IMAGES,
    MAX_INPUT_IMAGES,
    Background,
    EditRequest,
    ImageRequest,
    Quality,
)
from domain.results import Usage
from domain.size_rules import ANY_SIZE, SizeRule

R = TypeVar("R", bound=ImageRequest)
WARN_BEFORE_RETIREMENT = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """The abilities of one model. An unknown model's card has `is_known` False and allows all.

    `makes_own_format`: it ignores the format that is asked for. Such a request is allowed, and asks
    for one of `formats`; the server makes the caller's format of that, where it can.
    """

    name: str
    aliases: tuple[str, ...] = ()
    is_known: bool = True
    sizes: SizeRule = ANY_SIZE
    qualities: frozenset[Quality] = frozenset(Quality)
    formats: frozenset[ImageFormat] = frozenset(PROVIDER_FORMATS)
    makes_own_format: bool = False
    transparent: bool = True
    streams: bool = True
    streams_several: bool = False
    max_images: int = MAX_IMAGES
    max_input_images: int = MAX_INPUT_IMAGES
    masks: bool = True
    retirement_date: date | None = None
    successor: str | None = None
    pricing: Pricing | None = None

    def is_retired(self, today: date) -> bool:
        """Whether the provider has retired the model by this day."""
        return self.retirement_date is not None and self.retirement_date <= today

    def cost(self, usage: Usage | None, call: PaidCall | None = None) -> Decimal | None:
        """US dollars that a call with this usage cost; None if usage or price is unknown.

        What the provider itself reports comes before our prices. `call` is None for one that has
        delivered no image.
        """
        if usage is not None and usage.reported_cost is not None:
            return usage.reported_cost
        return None if self.pricing is None else self.pricing.cost(usage, call)

    def estimate(self, request: ImageRequest) -> Decimal | None:
        """US dollars that a call may cost, estimated high; None if no estimate is possible."""
        return None if self.pricing is None else self.pricing.estimate(request)

    def sized(self, request: R) -> R:
        """The request with a size in pixels that the model has, unless it has none at all.

        A size in words, the shape of the first image, and pixels that the model cannot generate
        become the nearest size. Nothing is known of an unknown model's sizes: it gets pixels as
        they are requested, and a size that all models generate for all else.
        """
        sizes, words = self.sizes if self.is_known else SizeRule(), request.size_in_words
        if words is not None:
            find = sizes.nearest if words.in_pixels else sizes.shaped_like
            return replace(request, size=find(words.sides), size_in_words=None)
        if isinstance(request, EditRequest) and request.keep_shape:
            size = sizes.shaped_like(request.images[0].dimensions)
            return replace(request, size=size, keep_shape=False)
        if request.size is None or not self.is_known:
            return request
        return replace(request, size=sizes.nearest(request.size))

    def format_for(self, request: ImageRequest) -> ImageFormat:
        """The format to request from the provider."""
        wanted = request.provider_format
        return wanted if wanted in self.formats or not self.makes_own_format else min(self.formats)

    def requested_size(self, request: ImageRequest) -> str:
        """The size as the caller requested it, if the model gets another one; else empty."""
        asked = request.size_in_words or request.size
        is_changed = asked is not None and asked != self.sized(request).size
        return str(asked) if is_changed else ""

    def size_notes(self, request: ImageRequest) -> tuple[str, ...]:
        """A note for the caller if the model gets another size than the request has."""
        asked = self.requested_size(request)
        if not asked:
            return ()
        why = "" if request.size_in_words else f", the nearest that {self.name} has"
        return (f"size {asked} → {self.sized(request).size}{why}.",)

    def unsupported_option(self, request: ImageRequest) -> tuple[str, str] | None:
        """The first option that the model cannot serve and why; None if it serves the request.

        The reason names the values of the request as the caller sent them, so pass it unchanged.
        """
        return next(iter(self.unsupported_options(request)), None)

    def unsupported_options(self, request: ImageRequest) -> Sequence[tuple[str, str]]:
        """All options that the model cannot serve, and why."""
        if not self.is_known:
            return []
        return [found for found in self._checked_options(request) if found]

    def _checked_options(self, request: ImageRequest) -> Sequence[tuple[str, str] | None]:
        size, several = request.size, request.n > 1
        wants_alpha = request.background is Background.TRANSPARENT
        inputs = len(request.images) if isinstance(request, EditRequest) else 0
        partials = request.partial_images > 0
        has_mask = isinstance(request, EditRequest) and request.mask is not None
        return [
            ("size", f"does not support size {size}; it supports {self.sizes}")
            if size is not None and not self.sizes.allows(size)
            else None,
            ("quality", _unlisted("quality", request.quality, self.qualities))
            if request.quality not in self.qualities
            else None,
            ("format", _unlisted("format", request.format or "auto", self.formats))
            if self.format_for(request) not in self.formats
            else None,
            ("background", "does not support transparent backgrounds")
            if wants_alpha and not self.transparent
            else None,
            ("partialImages", "does not support previews")
            if partials and not self.streams
            else None,
            ("partialImages", "supports previews only when n is 1")
            if partials and several and not self.streams_several
            else None,
            ("images", self._too_many_inputs()) if inputs > self.max_input_images else None,
            ("mask", "does not support masks") if has_mask and not self.masks else None,
            ("n", f"generates at most {count(self.max_images, 'image')} in one call")
            if request.n > self.max_images
            else None,
        ]

    def _too_many_inputs(self) -> str:
        if not self.max_input_images:
            return "cannot edit images"
        return f"accepts at most {count(self.max_input_images, 'input image')}"


def _unlisted(
    option: str, value: str, supported: frozenset[Quality] | frozenset[ImageFormat]
) -> str:
    in_order = [each.value for each in (*Quality, *ImageFormat) if each in supported]
    return f"does not support {option} {str(value)!r}; it supports {', '.join(in_order)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSelection:
    """The model that serves a request, its card, and notes on the choice for the caller.

    `provider` is empty where there is one catalog only. `replaced`: the requested model retired,
    and `model` is its successor.
    """

    model: str
    card: ModelCard
    requested_model: str
    notes: tuple[str, ...] = ()
    provider: str = ""
    replaced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All models of a provider; `default` is used where a request names none.

    `fallback_card` serves any model that has no card in `cards`, under that model's name. `hints`
    say for an option what to request where no model supports it. With `listed` False, the models
    are selected with the provider's name only, and no list has them: another provider offers the
    same ones. `slashes`: models may be named as if behind a provider, as gateways name them.
    """

    cards: tuple[ModelCard, ...]
    default: str
    fallback_card: ModelCard = ModelCard(name="", is_known=False)
    hints: Mapping[str, str] = field(default_factory=dict)
    listed: bool = True
    slashes: bool = False

    def has(self, name: str) -> bool:
        """Whether `choose` finds a card for this name."""
        return (self.find(name) or self.find(name.lower())) is not None

    def find(self, name: str) -> ModelCard | None:
        """The card of this name or alias, such as a snapshot; None for an unknown name."""
        return next((card for card in self.cards if name in (card.name, *card.aliases)), None)

    def choose(self, name: str | None, today: date) -> ModelSelection:
        """Select the model: the successor of a retired name; an unknown name as it is."""
        requested = name or self.default
        if self.find(requested) is None and self.find(requested.lower()):
            requested = requested.lower()
        card = self.find(requested)
        if card is None:
            unknown = replace(self.fallback_card, name=requested)
            return ModelSelection(model=requested, card=unknown, requested_model=requested)
        successor = self.find(card.successor) if card.successor else None
        if card.is_retired(today) and successor is not None:
            retired = f"{requested} retired on {card.retirement_date}"
            note = f"{retired}; {successor.name} is used instead."
            return ModelSelection(
                model=successor.name,
                card=successor,
                requested_model=requested,
                notes=(note,),
                replaced=True,
            )
        notes = _retirement_notes(card, today)
        return ModelSelection(model=requested, card=card, requested_model=requested, notes=notes)

    def upcoming_retirements(self, today: date) -> tuple[str, ...]:
        """A note for each model that retires within WARN_BEFORE_RETIREMENT."""
        running = (card for card in self.cards if not card.is_retired(today))
        return tuple(note for card in running for note in _retirement_notes(card, today))

    def check(
        self,
        request: ImageRequest,
        card: ModelCard,
        today: date,
        offered: Sequence[tuple[str, ModelCard]] | None = None,
    ) -> None:
        """Raise UnsupportedByModel unless the card allows the request.

        The error has every option that is not allowed. Its hints name the nearest size, and the
        first of the `offered` models, by default those of the catalog, that allows all of it.
        """
        models = [(each.name, each) for each in self.cards] if offered is None else offered
        running = [(name, each) for name, each in models if not each.is_retired(today)]
        own = next((name for name, each in models if each is card), card.name)
        unsupported = [
            UnsupportedByModel(
                f"{own} {why}.", field=field, hint=self._hint(field, request, card, running)
            )
            for field, why in card.unsupported_options(request)
        ]
        if unsupported:
            raise InvalidRequest.of(unsupported)

    def _hint(
        self,
        field: str,
        request: ImageRequest,
        card: ModelCard,
        offered: Sequence[tuple[str, ModelCard]],
    ) -> str:
        """What to request instead, where the card does not allow this field."""
        able = [name for name, other in offered if other.unsupported_option(request) is None]
        near = card.sizes.nearest(request.size) if field == "size" and request.size else None
        if near:
            return f"Did you mean {near}?{f' Or use {able[0]}.' if able else ''}"
        if able:
            return f"Use {able[0]} instead."
        if field in self.hints:
            return self.hints[field]
        if field == "images" and not any(other.max_input_images for _, other in offered):
            return "Generate an image instead, or use another PROVIDER."
        if field == "mask":
            return "Leave out the mask, and say in the prompt which part to change."
        if field == "format" and _only_format(card, request):
            return f'Use format "{_only_format(card, request)}".'
        if field == "partialImages":
            return "Leave out partialImages, or set n to 1."
        return "No available model supports this. Use another value."


def _only_format(card: ModelCard, request: ImageRequest) -> ImageFormat | None:
    """The one format of the model, unless the request needs transparency, which it may lack."""
    if len(card.formats) > 1 or request.background is Background.TRANSPARENT:
        return None
    return min(card.formats)


def _retirement_notes(card: ModelCard, today: date) -> tuple[str, ...]:
    if card.retirement_date is None or card.retirement_date - today > WARN_BEFORE_RETIREMENT:
        return ()
    if card.is_retired(today):
        return (f"{card.name} retired on {card.retirement_date}.",)
    replacement = f"; {card.successor} will replace it" if card.successor else ""
    return (f"{card.name} retires on {card.retirement_date}{replacement}.",)

"""Smaller requests than one that a spending limit refused."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from typing import Any

from domain.image_formats import Dimensions
from domain.jobs import Job
from domain.models import Catalog, ModelCard
from domain.requests import SQUARE, ImageRequest, Quality

AnyJob = Job[ImageRequest]
Options = dict[str, Any]
"""Fields of a request, and the values that they get instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A job with other options than the refused one.

    `words` are the changes, as a caller makes them, and `changes` is their number. Of the
    alternatives in one `group`, which change the same options, a caller needs only one.
    """

    job: AnyJob
    words: str
    group: str
    changes: int


def alternatives(job: AnyJob, catalog: Catalog, today: date) -> Iterator[list[Alternative]]:
    """Requests that the catalog's models support, in stages from the nearest to the farthest.

    First those with one other option, then with several, and then those for other models. No stage
    has a request for more images or more partial images than the refused one.
    """
    changed = [*_changes(job.request, job.card)]
    yield _supported(job, job.card, (each for each in changed if len(each) == 1))
    yield _supported(job, job.card, (each for each in changed if len(each) > 1))
    others = (card for card in catalog.cards if card is not job.card and not card.is_retired(today))
    yield [found for card in others for found in _with_model(job, card)]


def _with_model(job: AnyJob, card: ModelCard) -> list[Alternative]:
    request = job.request
    fewer: list[Options] = [{}, {"n": 1}] if request.n > 1 else [{}]
    options = (
        {"model": card.name, **quality, **number, **_without_partials(request)}
        for quality, number in product([{}, *_qualities(request, card)], fewer)
    )
    return _supported(job, card, options)


def _changes(request: ImageRequest, card: ModelCard) -> Iterable[Options]:
    """Every combination of other options that may cost less, except none at all."""
    sizes: list[Options] = [{"size": size} for size in sorted(_sizes(card)) if size != request.size]
    numbers: list[Options] = [{"n": n} for n in range(1, request.n)]
    partials = [{"partial_images": 0}] if request.partial_images else []
    for combined in product(
        [{}, *_qualities(request, card)], [{}, *numbers], [{}, *partials], [{}, *sizes]
    ):
        options: Options = {name: value for each in combined for name, value in each.items()}
        if options:
            yield options


def _qualities(request: ImageRequest, card: ModelCard) -> list[Options]:
    known = [each for each in Quality if each in card.qualities and each is not Quality.AUTO]
    return [{"quality": quality} for quality in known if quality is not request.quality]


def _sizes(card: ModelCard) -> Iterable[Dimensions]:
    return card.sizes.listed or [SQUARE]


def _without_partials(request: ImageRequest) -> Options:
    return {"partial_images": 0} if request.partial_images else {}


def _supported(job: AnyJob, card: ModelCard, changes: Iterable[Options]) -> list[Alternative]:
    found = []
    for options in changes:
        request = replace(job.request, **options)
        if card.unsupported_option(request) is None:
            found.append(
                Alternative(
                    job=replace(job, request=request, card=card, estimate=None),
                    words=" and ".join(_words(name, value) for name, value in options.items()),
                    group=options.get("model") or " ".join(options),
                    changes=len(options),
                )
            )
    return found


def _words(option: str, value: object) -> str:
    return "no partialImages" if option == "partial_images" else f"{option} {value}"

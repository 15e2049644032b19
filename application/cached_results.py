"""An answer as a cache entry, and back."""

from dataclasses import astuple
from datetime import datetime
from decimal import Decimal

from application.ports.image_cache import CacheEntry, CacheHit, Fact
from domain.results import ImageResult, ResultImage, Usage


def to_entry(images: ImageResult) -> CacheEntry:
    """What a later caller needs: the provider's bytes, and the facts about them as JSON values."""
    usage = images.usage
    facts: dict[str, Fact] = {
        "job_id": images.job_id,
        "provider": images.provider,
        "model": images.model,
        "asked_model": images.requested_model,
        "made_at": images.created_at.isoformat(),
        "revised_prompt": images.revised_prompt,
        "cost": None if images.generation_cost is None else str(images.generation_cost),
        "request_id": images.request_id,
        "tokens": None if usage is None else " ".join(map(str, astuple(usage))),
        "notes": list(images.notes),
    }
    return CacheEntry(images=tuple(picture.image for picture in images.images), facts=facts)


def from_hit(hit: CacheHit) -> ImageResult:
    """The answer again, saying which tier had it; raise KeyError or ValueError if facts miss."""
    facts = hit.entry.facts
    notes, cost, tokens = facts["notes"], facts["cost"], facts["tokens"]
    return ImageResult(
        job_id=str(facts["job_id"]),
        images=tuple(ResultImage(image=image) for image in hit.entry.images),
        provider=str(facts["provider"]),
        model=str(facts["model"]),
        requested_model=str(facts["asked_model"]),
        created_at=datetime.fromisoformat(str(facts["made_at"])),
        revised_prompt=_text(facts["revised_prompt"]),
        usage=_usage(str(tokens)) if tokens else None,
        generation_cost=Decimal(str(cost)) if cost is not None else None,
        request_id=_text(facts["request_id"]),
        notes=tuple(notes) if isinstance(notes, list) else (),
        served_from=hit.source,
    )


def _text(fact: Fact) -> str | None:
    return None if fact is None else str(fact)


def _usage(tokens: str) -> Usage:
    """Entries of earlier versions have three numbers."""
    text_in, image_in, out, *cached = map(int, tokens.split())
    return Usage(
        text_tokens_in=text_in,
        image_tokens_in=image_in,
        tokens_out=out,
        cached_text_tokens_in=sum(cached[:1]),
        cached_image_tokens_in=sum(cached[1:]),
    )

"""A job that is read from its record, to be resumed."""

from contextlib import suppress

from domain.conversations import ConversationId, ConversationOptions
from domain.errors import InvalidRequest
from domain.image_formats import Dimensions
from domain.job_records import JobRecord
from domain.jobs import Job, JobState
from domain.models import ModelCard
from domain.requests import AcceptedRequest, ImageRequest, Quality


def resumed_job(record: JobRecord, card: ModelCard) -> Job[ImageRequest]:
    """The dispatched job of this record, with what is known of its request."""
    return Job(
        id=record.id,
        owner=record.owner,
        provider=record.provider,
        request=_request(record),
        card=card,
        requested_model=record.requested_model,
        fingerprint=record.fingerprint,
        created_at=record.created_at,
        recipe=record.recipe,
        estimate=record.estimate,
        state=JobState.DISPATCHED,
        handle=record.handle,
        notes=record.notes,
        client=record.client,
    )


def _request(record: JobRecord) -> AcceptedRequest:
    size, quality = None, Quality.AUTO
    with suppress(InvalidRequest, ValueError):  # "auto", or a record without a size
        size = Dimensions.parse(record.size)
    with suppress(ValueError):
        quality = Quality(record.quality)
    return AcceptedRequest(
        prompt=record.prompt,
        model=record.model,
        size=size,
        quality=quality,
        n=record.requested_images,
        conversation=_conversation(record),
        accepted_action=record.action,
    )


def _conversation(record: JobRecord) -> ConversationOptions | None:
    name = record.conversation
    return ConversationOptions(id=ConversationId(name)) if name else None

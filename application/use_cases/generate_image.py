"""Use case: generate new images."""

from application.conversations import Conversations
from application.jobs.admission import Admission
from application.jobs.job_handle import JobHandle
from application.jobs.job_preparation import SubmitOptions
from application.jobs.job_service import JobService
from application.styling import Styling
from application.use_cases.edit_image import EditImage
from domain.jobs import LOCAL
from domain.requests import GenerateRequest


class GenerateImage:
    """Starts or joins the job that generates the images of a request."""

    def __init__(
        self,
        job_service: JobService,
        styling: Styling,
        edit_image: EditImage,
        conversations: Conversations,
    ) -> None:
        self.job_service = job_service
        self.styling = styling
        self.edit_image = edit_image
        self.conversations = conversations

    async def __call__(
        self,
        request: GenerateRequest,
        /,
        *,
        owner: str = LOCAL,
        client: str = "",
        fresh: bool = False,
        key: str | None = None,
        retried: bool = False,
        admit: Admission | None = None,
    ) -> JobHandle:
        """Return a handle of the job; its `events()` and `result()` give the outcome.

        `client` is the program that asks, for the records; empty if that is unknown.
        `fresh` requests new images even if an equal job is running or its result is cached. With an
        idempotency `key` that was used before, the job is the one of that key, whatever its
        outcome. `retried`: the client got no answer to the same request, so that its job is used
        again, unless that one failed without a charge; `fresh` is then ignored. `admit` is awaited
        if neither a running job nor the cache has the images, and may raise to refuse them. Raises
        UnsupportedByModel and KeyReused before anything is spent, ShuttingDown, and with a key, for
        a retry or in a conversation ArchiveUnavailable. With a style, also InvalidRequest and
        UnreadableImage; its reference images make the request an edit.
        """
        turn = await self.conversations.begin(request, owner=owner)
        options = SubmitOptions(
            owner=owner, client=client, fresh=fresh, key=key, retried=retried, admit=admit
        )
        if request.style is None:
            return await self.job_service.submit(request, options, turn=turn)
        styled = await self.styling.apply(request, owner=owner)
        return await self.edit_image.submit(styled, options, sent=request, turn=turn)

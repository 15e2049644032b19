"""Use case: edit existing images."""

import asyncio
from dataclasses import replace

from application.conversations import Conversations, OpenTurn
from application.input_inspection import TOTAL_INSPECTION_TIMEOUT, in_time
from application.jobs.admission import Admission
from application.jobs.job_handle import JobHandle
from application.jobs.job_preparation import SubmitOptions
from application.jobs.job_service import JobService
from application.ports.image_normalizer import ImageNormalizer
from application.styling import StyledRequest, Styling
from domain.image import Image
from domain.input_images import NormalizedImage
from domain.jobs import LOCAL
from domain.masks import check_not_the_image
from domain.requests import EditRequest, ImageRequest, check_mask_size


class EditImage:
    """Normalizes the input images, then starts or joins the job that edits them."""

    def __init__(
        self,
        job_service: JobService,
        normalizer: ImageNormalizer,
        styling: Styling,
        conversations: Conversations,
    ) -> None:
        self.job_service = job_service
        self.normalizer = normalizer
        self.styling = styling
        self.conversations = conversations

    async def __call__(
        self,
        request: EditRequest,
        /,
        *,
        owner: str = LOCAL,
        client: str = "",
        fresh: bool = False,
        key: str | None = None,
        retried: bool = False,
        admit: Admission | None = None,
    ) -> JobHandle:
        """Return a handle of the job, as GenerateImage does.

        The job gets the normalized images, so its fingerprint is that of what is sent; an
        idempotency key belongs to the request as the caller sent it. Raises UnreadableImage, which
        names the input, InvalidRequest for a mask that does not fit or for a conversation without
        an image to edit, and what GenerateImage raises.
        """
        turn = await self.conversations.begin(request, owner=owner)
        styled = await self.styling.apply(turn.request if turn else request, owner=owner)
        options = SubmitOptions(
            owner=owner, client=client, fresh=fresh, key=key, retried=retried, admit=admit
        )
        return await self.submit(styled, options, sent=request, turn=turn)

    async def submit(
        self,
        styled: StyledRequest,
        options: SubmitOptions,
        /,
        *,
        sent: ImageRequest,
        turn: OpenTurn | None,
    ) -> JobHandle:
        """The same for a request whose style is in it; `sent` is as the caller sent it."""
        request, notes = styled.request, styled.notes
        if isinstance(request, EditRequest):
            request, more = await self._normalize(request, styled.references)
            notes += more
        return await self.job_service.submit(request, options, sent=sent, notes=notes, turn=turn)

    async def _normalize(
        self, request: EditRequest, references: int
    ) -> tuple[EditRequest, tuple[str, ...]]:
        """The request with normalized images and mask, and notes on what was changed.

        The last `references` images are those of a style, whose faults are the style's.
        """
        end = asyncio.get_running_loop().time() + TOTAL_INSPECTION_TIMEOUT
        inputs, notes = list[NormalizedImage](), list[str]()
        for index, image in enumerate(request.images):
            is_own = index < len(request.images) - references
            field = f"images[{index}]" if is_own else "style"
            normalized = await in_time(self.normalizer.normalize(image), field, end)
            inputs.append(normalized)
            notes += normalized.note(field)
        mask = request.mask
        if mask is not None:
            made = await in_time(self.normalizer.normalize_mask(mask, inputs[0]), "mask", end)
            if mask == request.images[0]:
                check_not_the_image(made.notes)
            mask = made.mask
            notes += made.notes
        images = tuple(each.image for each in inputs)
        # 50 MB take longer to digest than a heartbeat may.
        masks = (request.mask,) if request.mask else ()
        await asyncio.to_thread(_digest, (*request.images, *images, *masks))
        if mask is not None:
            check_mask_size(mask)
        return replace(request, images=images, mask=mask), tuple(notes)


def _digest(images: tuple[Image, ...]) -> None:
    for image in images:
        _ = image.digest

"""Conversations: what a request of one builds on, and where its result is added."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

from application.image_library import ImageLibrary
from application.ports.clock import Clock
from application.ports.conversation_repository import ConversationRepository, NewTurn, TurnEnd
from domain.conversations import ConversationContext, ConversationId, Turn, TurnPlace
from domain.errors import ArchiveUnavailable, InvalidRequest, NotFound
from domain.image import Image
from domain.requests import MAX_PROMPT_CHARACTERS, EditRequest, ImageRequest
from domain.results import ImageResult

GONE = (
    "It is the last image of the conversation. Send the image to edit, or delete this one: then "
    "the one before it is edited."
)


@dataclass(eq=False, slots=True, kw_only=True)
class OpenTurn:
    """A turn that has begun.

    `request` is the request with the images that it is for; `before` are the turns that it builds
    on. `repeated`: it was sent before, under the same idempotency key.
    """

    id: str
    conversation: ConversationId
    request: ImageRequest
    before: tuple[Turn, ...]
    repository: ConversationRepository
    notes: tuple[str, ...] = ()
    repeated: bool = False
    context: ConversationContext | None = field(default=None, init=False)
    _place: TurnPlace | None = field(default=None, init=False)

    def add_context(self, request: ImageRequest) -> ImageRequest:
        """The request with the turns that it builds on, as far as they fit beside its prompt."""
        room = MAX_PROMPT_CHARACTERS - len(request.prompt)
        self.context = ConversationContext.of(self.before, room=room)
        if self.context and self._edits_latest(request):
            self.context = replace(self.context, edits_latest=True)
        return replace(request, context=self.context)

    def _edits_latest(self, request: ImageRequest) -> bool:
        """Whether its images are those of the latest turn.

        They are compared as they came: normalized ones have other bytes. A style may add images.
        """
        mine = self.request
        if not (isinstance(mine, EditRequest) and isinstance(request, EditRequest)):
            return False
        own = [image.id for image in mine.images]
        latest = [image.id for image in self.before[-1].images]
        return own == latest and len(request.images) == len(own)

    async def join(self, job_id: str) -> None:
        """Add the turn when this job, which another request has started, stores its images.

        Raises Canceled if the conversation was cleared, and ArchiveUnavailable.
        """
        if not self.repeated:
            await self.repository.bind(self.id, job_id, context=self._numbers)

    async def end(self, result: ImageResult) -> ImageResult:
        """Add the turn to its conversation, unless that has it; return the result with its place.

        A note says why, if that is impossible: the image is there either way.
        """
        if self._place is None:
            end = TurnEnd(
                job_id=result.job_id,
                images=tuple(image.id for image in result.images),
                served_from=result.served_from,
                context=self._numbers,
            )
            try:
                number = await self.repository.end(self.id, end, repeated=self.repeated)
            except ArchiveUnavailable as error:
                return _with_note(result, f"Not added to {self.conversation}: {error.message}")
            if number is None:
                note = f"{self.conversation} was cleared meanwhile: this is no turn of it."
                return _with_note(result, note)
            self._place = TurnPlace(self.conversation, number)
        return replace(result, turn=self._place)

    @property
    def _numbers(self) -> tuple[int, ...]:
        return self.context.numbers if self.context else ()


class Conversations:
    """Begins the turns of requests."""

    def __init__(
        self, repository: ConversationRepository, library: ImageLibrary, clock: Clock
    ) -> None:
        self.repository = repository
        self.library = library
        self.clock = clock

    async def begin(self, request: ImageRequest, /, *, owner: str) -> OpenTurn | None:
        """Begin the turn of a request; None if it has no conversation.

        An edit without images gets the conversation's last one. Raises InvalidRequest if there is
        none, and ArchiveUnavailable.
        """
        options = request.conversation
        if options is None:
            return None
        turn = NewTurn(
            id=f"turn_{uuid4().hex}",
            owner=owner,
            conversation=options.id,
            action=request.action,
            prompt=request.prompt,
            begun_at=self.clock.now(),
        )
        before = await self.repository.begin(turn)
        notes: tuple[str, ...] = ()
        if isinstance(request, EditRequest) and not request.images:
            edited, image_id = _last_image(before, options.id)
            image = await self._find(image_id, owner)
            request = replace(request, images=(image,))
            notes = (f"Edited {image_id}, the image of turn {edited.number}.",)
        return OpenTurn(
            id=turn.id,
            conversation=options.id,
            request=request,
            before=tuple(before)[-options.context_turns :] if options.context_turns else (),
            repository=self.repository,
            notes=notes,
        )

    async def _find(self, image_id: str, owner: str) -> Image:
        try:
            return await self.library.find(image_id, owner=owner)
        except NotFound as error:
            raise NotFound(error.message, hint=GONE) from error


def _last_image(turns: Sequence[Turn], id_: ConversationId) -> tuple[Turn, str]:
    """The latest turn with an image that is not deleted, and that image."""
    for turn in reversed(turns):
        if turn.last_image is not None:
            return turn, turn.last_image
    raise InvalidRequest(
        f"{id_} has no image to edit{'' if not turns else ': all of them were deleted'}.",
        field="images",
        hint="Generate an image in this conversation first, or send images.",
    )


def _with_note(result: ImageResult, note: str) -> ImageResult:
    return replace(result, notes=(*result.notes, note))

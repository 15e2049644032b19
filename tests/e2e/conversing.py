"""A provider of ever new images, and requests of conversations."""

from application.ports.image_provider import Delivered, ProviderStream
from domain.conversations import ConversationId, ConversationOptions, Turn
from domain.image import Image
from domain.jobs import Job
from domain.requests import EditRequest, GenerateRequest, ImageRequest
from domain.results import ImageResult, ResultImage
from entrypoints.bootstrap.container import Container
from tests.testkit.fakes import FakeProvider, small_image

LOGO, OTHER = ConversationId("logo"), ConversationId("other")
SIZE = small_image().dimensions


class CountingProvider(FakeProvider):
    """Delivers another image each time, of the size that was requested, and a continuation."""

    async def _deliver(self, job: Job[ImageRequest]) -> ProviderStream:
        self.images = (small_image("#%06x" % (len(self.seen) + 1)),)
        if self.meanwhile is not None:
            await self.meanwhile()
        self.seen.append(job)
        yield Delivered(
            images=tuple(ResultImage(image=image) for image in self.images),
            revised_prompt=f"revised {job.request.prompt}",
            continuation=f"resp_{len(self.seen)}",
        )


def request(prompt: str, *, turns: int = 0, id_: ConversationId | None = LOGO) -> GenerateRequest:
    """A request of the conversation, with this many turns as context."""
    options = ConversationOptions(id=id_, context_turns=turns) if id_ else None
    return GenerateRequest(prompt=prompt, size=SIZE, conversation=options)


async def generate(
    container: Container,
    prompt: str,
    *,
    owner: str = "local",
    key: str | None = None,
    **how: object,
) -> ImageResult:
    """The result of a request of the conversation."""
    sent = request(prompt, **how)  # type: ignore[arg-type] # the options of `request`
    job = await container.generate_image()(sent, owner=owner, key=key)
    return await job.result()


async def edit(
    container: Container, prompt: str, *images: Image, turns: int = 0, key: str | None = None
) -> ImageResult:
    """The result of an edit in the conversation."""
    options = ConversationOptions(id=LOGO, context_turns=turns)
    sent = EditRequest(prompt=prompt, size=SIZE, images=images, conversation=options)
    return await (await container.edit_image()(sent, key=key)).result()


async def turns_of(container: Container, id_: ConversationId = LOGO) -> tuple[Turn, ...]:
    """The turns of a conversation."""
    return (await container.get_conversation()(id_)).turns

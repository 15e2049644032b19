"""Use case: paint something new."""

from application.pipeline import Pipeline
from application.ticket import Ticket
from domain.jobs import LOCAL
from domain.requests import GenerateRequest


class GenerateImage:
    """Starts or joins the job that paints a request."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    async def __call__(
        self, request: GenerateRequest, /, *, owner: str = LOCAL, fresh: bool = False
    ) -> Ticket:
        """Return the ticket, whose `events()` and `result()` tell the rest.

        `fresh` asks for a new picture although an equal one is being painted. Raises
        UnsupportedByModel before anything is spent, and ShuttingDown.
        """
        provider = self.pipeline.provider
        return self.pipeline.start(request, provider.generate, owner=owner, fresh=fresh)

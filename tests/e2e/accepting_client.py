"""`python -m tests.e2e.accepting_client URL PARTIALS` prints a handle, and waits for the image."""

import asyncio
import sys
from contextlib import aclosing

from application.ports.image_provider import Accepted
from tests.unit.background_help import job
from tests.unit.responses_help import provider_at


async def main(base_url: str, partials: int) -> None:
    async with (
        provider_at(base_url, in_background=True) as provider,
        aclosing(provider.generate(job(partials))) as events,
    ):
        async for event in events:
            print(event.handle if isinstance(event, Accepted) else type(event).__name__, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))

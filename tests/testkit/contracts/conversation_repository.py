"""What every ConversationRepository promises. A new one inherits this suite."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from application.ports.conversation_repository import ConversationRepository, NewTurn, TurnEnd
from application.ports.job_repository import JobRepository
from domain.conversations import (
    MAX_TURNS,
    ContextTurn,
    ConversationContext,
    ConversationId,
    ConversationOptions,
    Turn,
    TurnImage,
)
from domain.image import Image, StoredRef
from domain.job_records import OwnedImage
from domain.jobs import Job
from domain.provider_errors import RateLimited
from domain.requests import GenerateRequest, ImageRequest
from domain.results import ResultFacts, ResultImage, ServedFrom

from ..fakes import PNG, job_for, small_image
from .job_repository import known, reserve

AnyJob = Job[ImageRequest]

LOGO, OTHER = ConversationId("logo"), ConversationId("another one")
NOW = datetime(2026, 11, 27, tzinfo=UTC)
RED = small_image("red")
FACTS = ResultFacts(revised_prompt="a red fox", continuation="resp_1", notes=("one",))


def new_turn(turn_id: str = "turn_1", id_: ConversationId = LOGO, **facts: Any) -> NewTurn:  # noqa: ANN401 - fields of NewTurn
    """A turn that begins now."""
    values = {"owner": "local", "action": "generate", "prompt": "a fox", "begun_at": NOW}
    return NewTurn(id=turn_id, conversation=id_, **{**values, **facts})


def end(job_id: str = "job_1", *images: Image) -> TurnEnd:
    """The end of a turn that a cache served."""
    ids = tuple(image.id for image in images or (PNG,))
    return TurnEnd(job_id=job_id, images=ids, served_from="memory", context=(1,))


def job_of(turn_id: str, id_: ConversationId = LOGO, *, job_id: str = "job_1") -> AnyJob:
    """The job that a turn starts."""
    context = ConversationContext(turns=(ContextTurn(number=7, prompt="a wolf"),))
    options = ConversationOptions(id=id_)
    request = GenerateRequest(prompt="a fox", conversation=options, context=context)
    return job_for(request, id=job_id, turn=turn_id)


def stored(job: AnyJob, *images: Image) -> AnyJob:
    """The job with its images."""
    results = (
        ResultImage(image=image, stored=StoredRef(ref=f"p/{image.id}"), notes=("smaller",))
        for image in images or (PNG,)
    )
    return job.dispatched().stored(tuple(results), FACTS)


async def read(conversations: ConversationRepository, id_: ConversationId = LOGO) -> Sequence[Turn]:
    """The turns of a conversation of this owner."""
    found = await conversations.get(id_, owner="local")
    return found.turns if found else ()


@pytest.mark.anyio
class ConversationRepositoryContract:
    """Give three fixtures: `records`, and two processes' `conversations` and `others` beside it."""

    @pytest.fixture
    def records(self) -> JobRepository:
        raise AssertionError("a contract's subclass gives the records of jobs")

    @pytest.fixture
    def conversations(self) -> ConversationRepository:
        raise AssertionError("a contract's subclass gives the repository")

    @pytest.fixture
    def others(self) -> ConversationRepository:
        raise AssertionError("a contract's subclass gives a second instance of the repository")

    async def test_a_turn_is_in_its_conversation_once_its_images_are_stored(
        self,
        records: JobRepository,
        conversations: ConversationRepository,
        others: ConversationRepository,
    ) -> None:
        assert await conversations.begin(new_turn()) == []
        job = job_of("turn_1")
        for step in (reserve(records, job), records.save(job.dispatched())):
            await step
            assert await others.get(LOGO, owner="local") is None
        await records.save(stored(job, PNG, RED))
        (turn,) = await read(others)
        assert replace(turn, at=NOW) == Turn(
            number=1,
            job_id="job_1",
            action="generate",
            prompt="a fox",
            at=NOW,
            served_from=ServedFrom.PROVIDER,
            provider="fake",
            images=(TurnImage(PNG.id), TurnImage(RED.id)),
            revised_prompt="a red fox",
            context=(7,),
            continuation="resp_1",
        )
        assert (await known(records)).conversation == "logo"

    async def test_a_turn_whose_job_fails_is_not_in_the_conversation(
        self, records: JobRepository, conversations: ConversationRepository
    ) -> None:
        await conversations.begin(new_turn())
        job = job_of("turn_1")
        await reserve(records, job)
        await records.save(job.dispatched().failed(RateLimited("Not now.")))
        assert await conversations.get(LOGO, owner="local") is None
        assert await conversations.summaries(owner="local", limit=9) == []

    async def test_turns_are_numbered_in_the_order_in_which_their_images_were_stored(
        self, records: JobRepository, conversations: ConversationRepository
    ) -> None:
        jobs = [job_of(f"turn_{at}", job_id=f"job_{at}") for at in range(3)]
        for at, job in enumerate(jobs):
            await conversations.begin(new_turn(f"turn_{at}"))
            await reserve(records, job)
        for job in (jobs[2], jobs[0]):
            await records.save(stored(job))
        await conversations.begin(new_turn("turn_3"))
        assert await conversations.end("turn_3", end("job_0")) == 3
        await records.save(stored(jobs[1]))
        turns = await read(conversations)
        assert [turn.number for turn in turns] == [1, 2, 3, 4]
        assert [turn.job_id for turn in turns] == ["job_2", "job_0", "job_0", "job_1"]

    async def test_a_turn_that_a_cache_serves_has_what_its_job_returned(
        self, records: JobRepository, conversations: ConversationRepository
    ) -> None:
        await records.save(stored(job_for()))
        await conversations.begin(new_turn())
        assert await conversations.end("turn_1", end()) == 1
        (turn,) = await read(conversations)
        assert (turn.served_from, turn.context) == ("memory", (1,))
        assert (turn.revised_prompt, turn.continuation) == ("a red fox", "resp_1")
        assert await conversations.end("turn_1", end("job_2")) == 1
        assert await read(conversations) == (turn,)

    async def test_a_turn_that_joins_a_job_ends_with_it(
        self, records: JobRepository, conversations: ConversationRepository
    ) -> None:
        await conversations.begin(new_turn())
        await reserve(records, job_of("turn_1"))
        for turn_id, id_ in (("turn_2", LOGO), ("turn_3", OTHER)):
            await conversations.begin(new_turn(turn_id, id_))
            await conversations.bind(turn_id, "job_1", context=(4, 5))
        await records.save(stored(job_of("turn_1")))
        first, second = await read(conversations)
        (elsewhere,) = await read(conversations, OTHER)
        assert [first.number, second.number, elsewhere.number] == [1, 2, 1]
        assert (second.served_from, second.context) == (ServedFrom.JOINED, (4, 5))
        assert elsewhere.images == first.images

    async def test_a_turn_that_joins_a_moment_too_late_ends_at_once(
        self, records: JobRepository, conversations: ConversationRepository
    ) -> None:
        await conversations.begin(new_turn())
        await records.save(stored(job_for()))
        await conversations.bind("turn_1", "job_1")
        (turn,) = await read(conversations)
        assert turn.images == (TurnImage(PNG.id),)

    async def test_a_repeated_request_adds_no_turn(
        self, records: JobRepository, conversations: ConversationRepository
    ) -> None:
        await records.save(stored(job_for()))
        for turn_id in ("turn_1", "turn_2"):
            await conversations.begin(new_turn(turn_id))
            assert await conversations.end(turn_id, end(), repeated=True) == 1
        assert len(await read(conversations)) == 1
        assert not await conversations.is_recorded("turn_2")

    async def test_a_beginning_turn_gets_those_before_it(
        self, conversations: ConversationRepository, others: ConversationRepository
    ) -> None:
        for at in range(3):
            before = await others.begin(new_turn(f"turn_{at}", prompt=f"number {at}"))
            assert [turn.prompt for turn in before] == [
                f"number {earlier}" for earlier in range(at)
            ]
            await conversations.end(f"turn_{at}", end())

    async def test_nothing_of_another_owner_is_found(
        self, records: JobRepository, conversations: ConversationRepository
    ) -> None:
        await conversations.begin(new_turn())
        await records.save(stored(job_of("turn_1")))
        await conversations.end("turn_1", end())
        assert await conversations.get(LOGO, owner="other") is None
        assert await conversations.summaries(owner="other", limit=9) == []
        assert await conversations.begin(new_turn("turn_2", owner="other")) == []
        assert await conversations.remove_last(LOGO, owner="other") is None
        await conversations.clear(LOGO, owner="other")
        assert len(await read(conversations)) == 1
        assert (await known(records)).prompt == "a fox"

    async def test_deleted_images_are_named_as_deleted(
        self, records: JobRepository, conversations: ConversationRepository
    ) -> None:
        await conversations.begin(new_turn())
        await reserve(records, job_of("turn_1"))
        await records.save(stored(job_of("turn_1"), PNG, RED))
        async with records.image_references([OwnedImage(PNG.id, "local")]) as found:
            found[0].trash(at=NOW)
        (turn,) = await read(conversations)
        assert turn.images == (TurnImage(PNG.id, deleted=True), TurnImage(RED.id))
        assert turn.last_image == RED.id

    async def test_the_conversation_with_the_newest_turn_comes_first(
        self, conversations: ConversationRepository
    ) -> None:
        ids = [ConversationId(f"number {at}") for at in range(3)]
        for at, id_ in enumerate((*ids, ids[0])):
            begun_at = NOW + timedelta(minutes=at)
            await conversations.begin(
                new_turn(f"turn_{at}", id_, begun_at=begun_at, prompt=f"{at}")
            )
            await conversations.end(f"turn_{at}", end())
        found = await conversations.summaries(owner="local", limit=2)
        assert [(each.id, each.turns, each.prompt) for each in found] == [
            (ids[0], 2, "3"),
            (ids[2], 1, "2"),
        ]
        assert found[0].begun_at == NOW
        assert found[0].changed_at > found[1].changed_at

    async def test_of_many_turns_the_latest_are_kept(
        self, conversations: ConversationRepository
    ) -> None:
        for at in range(MAX_TURNS + 2):
            await conversations.begin(new_turn(f"turn_{at}"))
            await conversations.end(f"turn_{at}", end())
        turns = await read(conversations)
        assert (turns[0].number, turns[-1].number, len(turns)) == (3, MAX_TURNS + 2, MAX_TURNS)

    async def test_the_last_turn_can_be_removed(
        self, records: JobRepository, conversations: ConversationRepository
    ) -> None:
        await records.save(stored(job_for()))
        for at in (1, 2):
            await conversations.begin(new_turn(f"turn_{at}", prompt=f"number {at}"))
            await conversations.end(f"turn_{at}", end())
        removed = await conversations.remove_last(LOGO, owner="local")
        assert removed is not None
        assert removed.prompt == "number 2"
        assert [turn.prompt for turn in await read(conversations)] == ["number 1"]
        assert await conversations.remove_last(LOGO, owner="local")
        assert await conversations.remove_last(LOGO, owner="local") is None
        assert (await known(records)).images

    async def test_a_turn_that_was_never_sent_is_deleted_after_a_day(
        self, conversations: ConversationRepository
    ) -> None:
        await conversations.begin(new_turn())
        assert await conversations.is_recorded("turn_1")
        await conversations.begin(new_turn("turn_2", begun_at=NOW + timedelta(hours=23)))
        assert await conversations.is_recorded("turn_1")
        await conversations.begin(new_turn("turn_3", begun_at=NOW + timedelta(hours=25)))
        assert not await conversations.is_recorded("turn_1")
        assert await conversations.is_recorded("turn_2")

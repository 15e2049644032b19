"""What every ConversationRepository promises about clearing. A new one inherits this suite too."""

from dataclasses import replace

import pytest

from application.jobs.resumed_job import resumed_job
from application.ports.conversation_repository import ConversationRepository
from application.ports.job_repository import JobRepository
from domain.errors import Canceled
from domain.jobs import JobState
from domain.provider_errors import RateLimited

from ..fakes import PNG, job_for
from .conversation_repository import LOGO, OTHER, end, job_of, new_turn, read, stored
from .job_repository import known, reserve


@pytest.mark.anyio
class ClearedConversationsContract:
    """Give two fixtures: `records`, and the `conversations` beside it."""

    async def test_a_cleared_conversation_leaves_amounts_and_images_and_no_text(
        self, records: JobRepository, conversations: ConversationRepository
    ) -> None:
        await conversations.begin(new_turn())
        await reserve(records, job_of("turn_1"))
        await records.save(stored(job_of("turn_1")))
        before = await known(records)
        cleared = await conversations.clear(LOGO, owner="local")
        assert cleared is not None
        assert (cleared.turns, cleared.is_overwritten) == (1, True)
        assert cleared.fingerprints == {"0" * 64}
        record = await known(records)
        assert (record.prompt, record.revised_prompt, record.continuation) == ("", None, None)
        assert (record.notes, record.images[0].notes, record.is_cleared) == ((), (), True)
        assert (record.images[0].id, record.state) == (PNG.id, JobState.STORED)
        assert (record.cost, record.created_at) == (before.cost, before.created_at)
        assert await conversations.get(LOGO, owner="local") is None
        assert await conversations.summaries(owner="local", limit=9) == []
        assert await conversations.clear(LOGO, owner="local") is None

    async def test_the_texts_of_a_failed_job_are_cleared_too(
        self, records: JobRepository, conversations: ConversationRepository
    ) -> None:
        await conversations.begin(new_turn())
        await reserve(records, job_of("turn_1"))
        await records.save(job_of("turn_1").dispatched().failed(RateLimited("It says: a fox.")))
        cleared = await conversations.clear(LOGO, owner="local")
        assert cleared is not None
        assert cleared.turns == 0
        record = await known(records)
        assert record.failure is not None
        assert (record.prompt, record.failure.code) == ("", "rate_limited")
        assert "fox" not in record.failure.message + record.failure.hint

    async def test_texts_that_another_conversation_shares_are_cleared_with_that_one(
        self, records: JobRepository, conversations: ConversationRepository
    ) -> None:
        await conversations.begin(new_turn())
        await reserve(records, job_of("turn_1"))
        await records.save(stored(job_of("turn_1")))
        await conversations.begin(new_turn("turn_2", OTHER))
        await conversations.end("turn_2", end())
        await conversations.clear(LOGO, owner="local")
        (turn,) = await read(conversations, OTHER)
        assert (turn.revised_prompt, turn.continuation) == ("a red fox", "resp_1")
        await conversations.clear(OTHER, owner="local")
        assert (await known(records)).is_cleared

    async def test_texts_that_were_sent_outside_a_conversation_stay(
        self, records: JobRepository, conversations: ConversationRepository
    ) -> None:
        await records.save(stored(job_for()))
        await conversations.begin(new_turn())
        await conversations.end("turn_1", end())
        await conversations.clear(LOGO, owner="local")
        assert (await known(records)).prompt == "a red bridge"

    async def test_a_request_that_waits_is_not_sent_once_its_conversation_is_cleared(
        self, records: JobRepository, conversations: ConversationRepository
    ) -> None:
        for turn_id in ("turn_1", "turn_2", "turn_3"):
            await conversations.begin(new_turn(turn_id))
        reserved = job_of("turn_2", job_id="job_2")
        await reserve(records, reserved)
        await conversations.clear(LOGO, owner="local")
        with pytest.raises(Canceled, match="was cleared"):
            await reserve(records, job_of("turn_1"))
        assert await records.get("job_1", owner="local") is None
        with pytest.raises(Canceled, match="was cleared"):
            await records.save(reserved.dispatched())
        with pytest.raises(Canceled, match="was cleared"):
            await conversations.bind("turn_3", "job_2")
        assert await conversations.end("turn_3", end("job_2")) is None
        await records.save(reserved.failed(Canceled()))
        assert (await known(records, "job_2")).prompt == ""

    async def test_a_job_that_was_sent_is_stored_without_texts_once_they_are_cleared(
        self, records: JobRepository, conversations: ConversationRepository
    ) -> None:
        await conversations.begin(new_turn())
        job = job_of("turn_1")
        await reserve(records, job)
        await records.save(job.dispatched())
        await conversations.clear(LOGO, owner="local")
        await records.save(stored(job))
        record = await known(records)
        assert (record.state, record.images[0].id) == (JobState.STORED, PNG.id)
        assert (record.prompt, record.revised_prompt, record.continuation) == ("", None, None)
        assert await conversations.get(LOGO, owner="local") is None
        assert await conversations.clear(LOGO, owner="local") is None

    async def test_the_handle_of_a_cleared_conversation_is_recorded_all_the_same(
        self, records: JobRepository, conversations: ConversationRepository
    ) -> None:
        await conversations.begin(new_turn())
        job = job_of("turn_1")
        await reserve(records, job)
        await records.save(job.dispatched())
        await conversations.clear(LOGO, owner="local")
        await records.save(job.dispatched().accepted("resp_1"))
        record = await known(records)
        assert (record.handle, record.prompt, record.is_cleared) == ("resp_1", "", True)

    async def test_a_resumed_job_of_a_cleared_conversation_is_stored_without_texts(
        self, records: JobRepository, conversations: ConversationRepository
    ) -> None:
        await conversations.begin(new_turn())
        job = job_of("turn_1")
        await reserve(records, job)
        await records.save(job.dispatched().accepted("resp_1"))
        await conversations.clear(LOGO, owner="local")
        adopted = resumed_job(await known(records), job.card)
        await records.save(stored(replace(adopted, state=JobState.RESERVED)))
        record = await known(records)
        assert (record.state, record.is_cleared) == (JobState.STORED, True)
        assert (record.prompt, record.revised_prompt, record.continuation) == ("", None, None)
        assert (record.notes, record.images[0].notes) == ((), ())

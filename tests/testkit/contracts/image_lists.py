"""What every JobRepository promises about lists that a filter narrows."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from application.ports.job_repository import JobRepository
from domain.errors import InvalidRequest
from domain.image_filters import ImageFilter, search_words
from domain.job_records import JobPosition
from domain.requests import GenerateRequest

from ..fakes import PNG
from .job_repository import BEGUN, stored
from .trash_records import MINE, throw_away

PROMPTS = {
    "job_1": "A red FOX in the snow",
    "job_2": "100% wool, size_9 \u201cOPEN\u201d",
    "job_3": "ein Fuchs auf der Stra\u00dfe",
    "job_4": "\u5bcc\u58eb\u5c71\u306e\u671d \uff26\uff2f\uff38",
    "job_5": "drop table jobs; -- AND NOT \"fox\" OR 'x' NEAR(a b) col:y z* ^q {r} (s",
}
FOUND = {
    "fox": ["job_5", "job_4", "job_1"],
    "RED fox": ["job_1"],
    '"red" \u201cfox\u201d': ["job_1"],
    "fox snow missing": [],
    "no": ["job_5", "job_1"],
    "100%": ["job_2"],
    "1%0": [],
    "size_9": ["job_2"],
    "size?9": [],
    "sizex9": [],
    "strasse": ["job_3"],
    "\u5bcc\u58eb": ["job_4"],
    "\u5bcc\u58eb\u5c71": ["job_4"],
    "\u58eb\u6771": [],
    "fox NOT snow": [],
    "fox NOT AND": ["job_5"],
    "NEAR(a": ["job_5"],
    "col:y z* ^q {r} (s --": ["job_5"],
    "'wool,'": ["job_2"],
    "fox*": [],
    "a\0fox": ["job_5", "job_1"],
    '"': ["job_5"],
}
"""By search, the jobs whose prompts have all its words."""


async def ids(
    records: JobRepository,
    matching: ImageFilter,
    *,
    owner: str = "local",
    limit: int = 9,
    start: JobPosition | None = None,
) -> list[str]:
    found = await records.recent(owner=owner, limit=limit, start=start, matching=matching)
    return [record.id for record in found]


async def given(records: JobRepository, *, owner: str = "local", limit: int = 9) -> list[str]:
    return [record.id for record in await records.last_delivered(owner=owner, limit=limit)]


def words(text: str) -> ImageFilter:
    return ImageFilter(words=search_words(text))


@pytest.mark.anyio
class ImageListsContract:
    """Give two fixtures, `records` and `other`: two processes that share one repository."""

    @pytest.fixture
    def records(self) -> JobRepository:
        raise AssertionError("a contract's subclass gives the repository")

    @pytest.fixture
    def other(self) -> JobRepository:
        raise AssertionError("a contract's subclass gives a second instance of the repository")

    async def test_a_search_finds_the_jobs_whose_prompts_have_every_word(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        await save(records, PROMPTS)
        assert {text: await ids(other, words(text)) for text in FOUND} == FOUND

    async def test_a_search_finds_what_was_stored_after_the_last_one(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        await save(records, {"job_2": "a fox", "job_4": "a fox"})
        assert await ids(records, words("fox")) == ["job_4", "job_2"]
        await save(other, {"job_5": "no fox", "job_3": "a fox", "job_1": "a bear"})
        assert await ids(records, words("fox")) == ["job_5", "job_4", "job_3", "job_2"]
        await throw_away(other, MINE)
        assert await ids(records, words("fox")) == []

    async def test_jobs_are_listed_by_the_time_at_which_their_images_were_given(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        for number in range(4):
            created_at = BEGUN + timedelta(seconds=number)
            await records.save(stored(PNG, id=f"job_{number}", created_at=created_at))
        await other.record_deliveries({"job_1": BEGUN + timedelta(seconds=9), "job_9": BEGUN})
        await records.record_deliveries({"job_0": BEGUN + timedelta(seconds=8), "job_1": BEGUN})
        assert await given(records) == ["job_1", "job_0", "job_3", "job_2"]
        assert await given(other, limit=1) == ["job_1"]
        assert await given(records, limit=3) == ["job_1", "job_0", "job_3"]
        assert await given(records, owner="other") == []
        assert await ids(records, ImageFilter()) == ["job_3", "job_2", "job_1", "job_0"]
        await throw_away(records, MINE)
        assert await given(records) == []

    async def test_another_owners_prompts_are_never_found(self, records: JobRepository) -> None:
        await save(records, {"job_1": "a fox"}, owner="other")
        await save(records, {"job_2": "a fox"})
        for text in ("fox", "a"):
            assert await ids(records, words(text)) == ["job_2"]
            assert await ids(records, words(text), owner="third") == []

    @pytest.mark.parametrize("text", ["fox", "a"])
    async def test_pages_of_a_search_have_each_job_once_even_of_one_moment(
        self, records: JobRepository, text: str
    ) -> None:
        for number in (4, 0, 3, 1, 2):
            request = GenerateRequest(prompt="a fox")
            await records.save(stored(PNG, id=f"job_{number}", request=request))
            assert await ids(records, words(text), limit=1)  # so that each is indexed by itself
        assert await ids(records, words(text), limit=2) == ["job_4", "job_3"]
        start = JobPosition(BEGUN, "job_3")
        assert await ids(records, words(text), limit=2, start=start) == ["job_3", "job_2"]
        assert await ids(records, words(text), start=start) == ["job_3", "job_2", "job_1", "job_0"]

    async def test_a_model_includes_its_snapshots_and_no_other_model(
        self, records: JobRepository
    ) -> None:
        names = ["gpt-image-2", "gpt-image-2-2026-04-21", "gpt-image-2.5", "gpt-image-2-mini"]
        for number, name in enumerate([*names, names[0]]):
            request = GenerateRequest(prompt="a fox", model=name)
            created_at = BEGUN + timedelta(seconds=number)
            await records.save(
                stored(PNG, id=f"job_{number}", request=request, created_at=created_at)
            )
        for matching in (ImageFilter(model="GPT-image-2"), *_with_words("gpt-image-2")):
            assert await ids(records, matching) == ["job_4", "job_1", "job_0"]
            assert await ids(records, matching, limit=1) == ["job_4"]
        assert await ids(records, ImageFilter(model="gpt-image")) == []
        assert await ids(records, ImageFilter(model=names[1])) == ["job_1"]

    async def test_times_are_those_at_which_the_images_were_stored(
        self, records: JobRepository
    ) -> None:
        now, request = datetime.now(UTC), GenerateRequest(prompt="a fox")
        await records.save(stored(PNG, request=request, created_at=now))
        (record,) = await records.recent(owner="local", limit=1)
        at, later = record.changed_at, record.changed_at + timedelta(microseconds=1)
        for text in ((), ("fox",), ("a",)):
            assert await ids(records, ImageFilter(words=text, since=at, before=later)) == ["job_1"]
            assert await ids(records, ImageFilter(words=text, since=later)) == []
            assert await ids(records, ImageFilter(words=text, before=at)) == []


def _with_words(model: str) -> Sequence[ImageFilter]:
    return [ImageFilter(words=(text,), model=model) for text in ("fox", "a")]


async def save(records: JobRepository, prompts: dict[str, str], owner: str = "local") -> None:
    """Save a job with each of these prompts; those with later IDs were created later."""
    for job_id, prompt in prompts.items():
        created_at = BEGUN + timedelta(seconds=int(job_id[-1]))
        request = GenerateRequest(prompt=prompt)
        await records.save(
            stored(PNG, id=job_id, owner=owner, request=request, created_at=created_at)
        )


def test_a_search_without_words_or_too_long_is_refused() -> None:
    for text in ("", " \0 ", "x" * 10_000):
        with pytest.raises(InvalidRequest):
            search_words(text)

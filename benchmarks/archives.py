"""Builds archives of any size: the records and files that weeks of use leave behind."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count, islice
from pathlib import Path
from struct import pack
from zlib import crc32

from sqlalchemy import insert

from adapters.image_store.file_names import image_stem
from adapters.records.job_table import JobTable
from adapters.records.row_mapping import Values, image_rows, job_row, to_utc_naive
from adapters.records.schema import images, jobs
from domain.image import Image, StoredRef
from domain.jobs import Job
from domain.models import ModelCard
from domain.money.prices import TokenPricing
from domain.provider_errors import OutcomeUnknown, RateLimited
from domain.requests import GenerateRequest, ImageRequest
from domain.results import ResultFacts, ResultImage, Usage
from tests.testkit.fakes import PNG, job_for

AnyJob = Job[ImageRequest]

EVERY, DURATION = timedelta(minutes=1), timedelta(seconds=20)
"""Between the beginnings of two jobs, and of each job: 1,440 jobs a day."""
OWNERS = ("local",) * 9 + ("team",)
IMAGES = (1, 1, 3)
"""Of the first job that delivers, the second, the third, and so on."""
REFUSED_ONE_IN, LOST_ONE_IN = 25, 2_000
USAGE = Usage(text_tokens_in=20, image_tokens_in=0, tokens_out=4_000)
PRICING = TokenPricing(
    text_in=Decimal(5), image_in=Decimal(8), out=Decimal(30), as_of=date(2026, 11, 1)
)
CARDS = tuple(ModelCard(name=f"gpt-image-{name}", pricing=PRICING) for name in ("1.5", "2"))
BATCH = 2_000
WRITER = "1-00000000"
"""A process that ended."""
HEADER_BYTES = 33
"""The signature and the first chunk of a PNG."""


@dataclass(frozen=True, kw_only=True)
class Archive:
    """Records in `home/data` and files in `home/images`; `ids` of all images, the oldest first."""

    home: Path
    ids: Sequence[str]
    began_at: datetime


def build_archive(home: Path, total: int, *, files: bool = True) -> Archive:
    """Create an archive of `total` images that all differ, the newest a minute old.

    100,000 images are those of 62,600 jobs in six weeks. Without `files`, only records are made.
    """
    (home / "images").mkdir(parents=True)
    began_at = datetime.now(UTC) - EVERY * sum(1 for _ in _deliveries(total))
    table, ids = JobTable(home / "data" / "records.sqlite3", WRITER), list[str]()
    made = _jobs(home / "images", total, began_at)
    while batch := list(islice(made, BATCH)):
        _record(table, batch)
        for result in (result for job in batch for result in job.images):
            ids.append(result.id)
            if files and result.stored is not None:
                Path(result.stored.ref).write_bytes(result.image.data)
    table.close()
    return Archive(home=home, ids=ids, began_at=began_at)


def small_image(number: int) -> Image:
    """A real PNG, which differs from those of other numbers by a comment."""
    body = b"tEXt" + f"Comment\0number {number}".encode()
    chunk = pack(">I", len(body) - 4) + body + pack(">I", crc32(body))
    return Image(PNG.data[:HEADER_BYTES] + chunk + PNG.data[HEADER_BYTES:])


def _deliveries(total: int) -> Iterator[range]:
    """The numbers of the images of each job; the range is empty for a job that failed."""
    at = 0
    for number in count():
        if at == total:
            return
        fails = number % REFUSED_ONE_IN == 0 or number % LOST_ONE_IN == 1
        images = 0 if fails else IMAGES[number % len(IMAGES)]
        yield range(at, min(at + images, total))
        at = min(at + images, total)


def _jobs(folder: Path, total: int, began_at: datetime) -> Iterator[AnyJob]:
    """Jobs in the order of their creation, until they have `total` images."""
    for number, delivered in enumerate(_deliveries(total)):
        job = _sent(number, began_at + number * EVERY)
        if number % REFUSED_ONE_IN == 0:
            yield job.failed(RateLimited("Not now."))
        elif not delivered:
            yield job.ended(OutcomeUnknown("Cut."))
        else:
            results = tuple(_stored(folder, job, small_image(at)) for at in delivered)
            yield job.stored(results, ResultFacts(usage=USAGE, request_id=f"req_{number}"))


def _sent(number: int, created_at: datetime) -> AnyJob:
    card = CARDS[number % len(CARDS)]
    request = GenerateRequest(
        prompt=f"a lighthouse above a quiet sea, number {number}",
        model=card.name,
        n=IMAGES[number % len(IMAGES)],
    )
    return job_for(
        request,
        id=f"job_{number * 0x9E3779B97F4A7C15 % 2**64:016x}",
        owner=OWNERS[number % len(OWNERS)],
        provider="openai",
        card=card,
        requested_model=card.name,
        fingerprint=f"{number:064x}",
        created_at=created_at,
        estimate=card.estimate(request),
    ).dispatched()


def _stored(folder: Path, job: AnyJob, image: Image) -> ResultImage:
    ref = str(folder / f"{image_stem(job.request.prompt, image.digest)}.png")
    return ResultImage(image=image, stored=StoredRef(ref=ref, local_path=ref))


def _record(table: JobTable, batch: Sequence[AnyJob]) -> None:
    with table.writing.begin() as connection:
        connection.execute(insert(jobs), [_row(job) for job in batch])
        connection.execute(insert(images), [row for job in batch for row in image_rows(job)])


def _row(job: AnyJob) -> Values:
    return {**job_row(job, WRITER), "changed_at": to_utc_naive(job.created_at + DURATION)}

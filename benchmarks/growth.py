"""What a large archive costs: the same work on archives of which one has 100 times the images."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from adapters.records.prompt_index import AT_ONCE
from benchmarks.archives import EVERY, Archive, build_archive
from benchmarks.measure import Judged, Line, Stopwatch
from benchmarks.rig import KEY, Rig
from domain.image_filters import ImageFilter
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from tests.testkit.fakes import settings_in

Goals = dict[str, float | None]
USUAL, LARGEST = (100, 10_000), (1_000, 100_000)
MS_GOALS: Goals = {
    "list of 20 images": 5.0,
    "search for a word of every prompt": 5.0,
    "search for a word of one prompt": 5.0,
    "list of one model": 5.0,
    "look-up of an ID": 1.0,
    "look-up of the last image": 1.0,
    "get_image, with its file": None,
    "usage of 30 days": 50.0,
    "prune of one image": 50.0,
    "storage within its limit": 50.0,
}
"""ms with the most images; within the process, so without starting one for a command."""
RATIO = 5.0
"""The goal of every list and look-up, for archives that users have."""
RATIO_GOALS: Goals = {
    name: RATIO for name in MS_GOALS if name.startswith(("list", "search", "look"))
}
OLD_JOBS = 50
NO_LIMIT = 10**15
PREFIX = len("img_") + 12
REPEATS = 5
COMMON, RARE = (ImageFilter(words=(word,)) for word in ("lighthouse", "number 421"))
OF_MODEL = ImageFilter(model="gpt-image-2")
Work = Callable[[], Awaitable[object]]


def growth_lines(rig: Rig, rounds: int) -> Iterator[Line]:
    """Each piece of work in turns on both archives of a pair."""
    yield from _pair_lines(rig, rounds, USUAL, RATIO_GOALS, "ratio")
    yield from _pair_lines(rig, rounds, LARGEST, MS_GOALS, "ms")


def _pair_lines(
    rig: Rig, rounds: int, totals: tuple[int, int], goals: Goals, judged: Judged
) -> Iterator[Line]:
    homes = [(rig.folder / f"archive-{total}", total) for total in totals]
    few, many = rig.runner.run(_measure([build_archive(*home) for home in homes], rounds))
    for name, goal in goals.items():
        yield Line(
            name=f"{name}, {totals[1]:,} images",
            ours=many[name],
            against=f"with {totals[0]:,} images",
            base=few[name],
            goal=goal,
            judged=judged,
        )


async def _measure(archives: list[Archive], rounds: int) -> list[dict[str, list[float]]]:
    """The times of each archive. A first round is not counted."""
    times = [{name: list[float]() for name in MS_GOALS} for _ in archives]
    async with AsyncExitStack() as stack:
        stands = []
        for archive in archives:
            settings = settings_in(archive.home, openai_api_key=KEY)
            container = await stack.enter_async_context(run_application(settings))
            await _index_prompts(container, archive)
            stands.append((container, archive, await _own_image(container, archive)))
        for number in range(1 + rounds):
            for of_archive, stand in zip(times, stands, strict=True):
                for name, ms in (await _round(*stand)).items():
                    of_archive[name] += [ms] if number else []
    return times


async def _index_prompts(container: Container, archive: Archive) -> None:
    """Search until everything is indexed: it is measured what searches take from then on."""
    for _ in range(len(archive.ids) // AT_ONCE + 1):
        await container.list_images()(matching=COMMON, limit=1)


async def _own_image(container: Container, archive: Archive) -> str:
    """The ID of an image in the middle of the archive that is not another owner's."""
    middle = archive.ids[len(archive.ids) // 2 :]
    found = [await container.find_image()(id_[:PREFIX]) for id_ in middle[:20]]
    return next(filter(None, found))


async def _round(container: Container, archive: Archive, image: str) -> dict[str, float]:
    age = datetime.now(UTC) - archive.began_at - EVERY * OLD_JOBS

    async def prune() -> None:
        oldest, *_ = await container.prune_images().older_than(age)
        assert (await container.prune_images()([oldest])).images == 1

    works: tuple[tuple[Work, int], ...] = (
        (lambda: container.list_images()(limit=20), REPEATS),
        (lambda: container.list_images()(matching=COMMON), REPEATS),
        (lambda: container.list_images()(matching=RARE), REPEATS),
        (lambda: container.list_images()(matching=OF_MODEL), REPEATS),
        (lambda: container.find_image()(image[:PREFIX]), REPEATS),
        (lambda: container.find_image()("last"), REPEATS),
        (lambda: container.get_image()(image), REPEATS),
        (lambda: container.report_usage()(30), 1),
        (prune, 1),
        (lambda: container.limit_storage()(NO_LIMIT), 1),
    )
    return {name: await _mean(*work) for name, work in zip(MS_GOALS, works, strict=True)}


async def _mean(work: Work, repeats: int) -> float:
    """The mean ms of some calls, after one that is not counted if there are several."""
    if repeats > 1:
        await work()
    with Stopwatch() as watch:
        for _ in range(repeats):
            await work()
    return watch.wall / repeats

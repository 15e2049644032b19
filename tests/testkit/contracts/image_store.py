"""What every ImageStore promises. A new one inherits this suite."""

import asyncio

import pytest

from application.ports.image_store import ImageStore

from ..fakes import PNG, small_image

RED = small_image("red")


@pytest.mark.anyio
class ImageStoreContract:
    """Give two fixtures, `store` and `other`: two processes that share one store."""

    @pytest.fixture
    def store(self) -> ImageStore:
        raise AssertionError("a contract's subclass gives the store")

    @pytest.fixture
    def other(self) -> ImageStore:
        raise AssertionError("a contract's subclass gives a second instance of the store")

    async def test_it_is_writable_before_anything_was_stored(self, store: ImageStore) -> None:
        await store.check_writable()

    async def test_an_image_is_read_byte_for_byte_by_every_process(
        self, store: ImageStore, other: ImageStore
    ) -> None:
        stored = await store.put(PNG)
        assert await store.get(stored.ref) == PNG
        assert await other.get(stored.ref) == PNG

    async def test_equal_images_share_a_ref_and_others_do_not(
        self, store: ImageStore, other: ImageStore
    ) -> None:
        stored = await store.put(PNG)
        assert await store.put(PNG) == stored
        assert await other.put(PNG) == stored
        assert (await store.put(RED)).ref != stored.ref

    async def test_processes_that_store_one_image_at_once_share_its_ref(
        self, store: ImageStore, other: ImageStore
    ) -> None:
        puts = (each.put(PNG) for each in (store, other) * 10)
        refs = {stored.ref for stored in await asyncio.gather(*puts)}
        assert len(refs) == 1
        assert await store.get(refs.pop()) == PNG

    async def test_at_an_unknown_ref_is_nothing(self, store: ImageStore) -> None:
        stored = await store.put(PNG)
        missing = stored.ref.replace(PNG.digest[:8], RED.digest[:8])
        assert await store.get(missing) is None
        assert await store.sizes([missing]) == {missing: 0}
        assert await store.delete([missing]) == 0

    async def test_an_image_is_deleted_with_its_renditions_and_nothing_else_is(
        self, store: ImageStore, other: ImageStore
    ) -> None:
        stored, kept = await store.put(PNG), await store.put(RED)
        rendition = small_image("teal", form="WEBP")
        derived = await store.put(rendition, derived_from=stored.ref)
        size = len(PNG.data) + len(rendition.data)
        assert await store.get(derived.ref) == rendition
        assert await other.sizes([stored.ref, kept.ref]) == {
            stored.ref: size,
            kept.ref: len(RED.data),
        }
        assert await other.delete([stored.ref]) == size
        assert await store.get(stored.ref) is None
        assert await store.get(derived.ref) is None
        assert await store.get(kept.ref) == RED

    async def test_several_images_are_deleted_at_once(self, store: ImageStore) -> None:
        refs = [(await store.put(image)).ref for image in (PNG, RED)]
        assert await store.delete(refs) == len(PNG.data) + len(RED.data)
        assert [await store.get(ref) for ref in refs] == [None, None]

    async def test_a_deleted_image_can_be_stored_again(self, store: ImageStore) -> None:
        stored = await store.put(PNG)
        await store.delete([stored.ref])
        assert await store.get((await store.put(PNG)).ref) == PNG

    async def test_equal_images_share_a_ref_whatever_their_titles(
        self, store: ImageStore, other: ImageStore
    ) -> None:
        stored = await store.put(PNG, title="a red bridge")
        assert await other.put(PNG, title="the same bridge") == stored
        assert (await store.put(RED, title="a red bridge")).ref != stored.ref

    async def test_a_trashed_image_is_gone_with_its_renditions_until_it_is_restored(
        self, store: ImageStore, other: ImageStore
    ) -> None:
        stored, kept = await store.put(PNG, title="a bridge"), await store.put(RED)
        rendition = small_image("teal", form="WEBP")
        derived = await store.put(rendition, derived_from=stored.ref)
        size = len(PNG.data) + len(rendition.data)
        assert await store.trash([stored.ref]) == size
        assert await other.get(stored.ref) is None
        assert await other.get(derived.ref) is None
        assert await other.get(kept.ref) == RED
        assert await other.sizes([stored.ref]) == {stored.ref: 0}
        assert await other.sizes([stored.ref], trashed=True) == {stored.ref: size}
        assert await other.restore([stored.ref]) == {stored.ref: stored}
        assert await store.get(stored.ref) == PNG
        assert await store.get(derived.ref) == rendition
        assert await store.sizes([stored.ref], trashed=True) == {stored.ref: 0}

    async def test_a_move_to_the_trash_and_back_can_be_repeated(self, store: ImageStore) -> None:
        stored = await store.put(PNG)
        for _ in range(2):
            await store.trash([stored.ref])
            assert await store.get(stored.ref) is None
        for _ in range(2):
            assert await store.restore([stored.ref]) == {stored.ref: stored}
            assert await store.get(stored.ref) == PNG

    async def test_what_is_emptied_from_the_trash_is_gone_for_good(
        self, store: ImageStore, other: ImageStore
    ) -> None:
        refs = [(await store.put(image)).ref for image in (PNG, RED)]
        await store.trash(refs)
        assert await other.empty_trash(refs[:1]) == len(PNG.data)
        assert await store.restore(refs) == {refs[1]: await store.put(RED)}
        assert await store.empty_trash(refs) == 0
        assert await store.get(refs[1]) == RED

    async def test_an_image_that_was_stored_again_is_restored_once(self, store: ImageStore) -> None:
        stored = await store.put(PNG)
        await store.trash([stored.ref])
        assert await store.delete([stored.ref]) == 0
        again = await store.put(PNG)
        assert await store.restore([stored.ref]) == {stored.ref: again}
        assert await store.sizes([again.ref]) == {again.ref: len(PNG.data)}
        await store.trash([again.ref])
        await store.put(PNG)
        assert await store.trash([again.ref]) == len(PNG.data)
        assert await store.empty_trash([again.ref]) == len(PNG.data)

    async def test_everything_in_quarantine_has_a_place_of_its_own(self, store: ImageStore) -> None:
        places = {await store.quarantine(data, job_id="job_1") for data in (b"one", b"two", b"")}
        assert len(places) == 3

    async def test_whole_images_outlive_the_processes_that_wrote_them(
        self, store: ImageStore, other: ImageStore
    ) -> None:
        stored = await store.put(PNG)
        await other.finish_partial_writes([])
        assert await store.get(stored.ref) == PNG

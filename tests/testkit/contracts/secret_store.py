"""The contract of SecretStore. An adapter's test opens stores of the same place."""

import asyncio
from collections.abc import Callable

import pytest

from application.ports.secret_store import SecretStore


class SecretStoreContract:
    """The fixture `open_store` opens a store of one place, a new object at each call.

    The fixture `remove` removes the secret from it.
    """

    pytestmark = pytest.mark.anyio

    async def test_the_secret_has_32_bytes_and_stays(
        self, open_store: Callable[[], SecretStore]
    ) -> None:
        first = await open_store().secret()
        assert len(first) == 32
        store = open_store()
        assert [await store.secret(), await store.secret()] == [first, first]

    async def test_stores_that_begin_at_once_have_the_same_secret(
        self, open_store: Callable[[], SecretStore]
    ) -> None:
        assert len({*await asyncio.gather(*(open_store().secret() for _ in range(20)))}) == 1

    async def test_a_removed_secret_is_followed_by_a_new_one(
        self, open_store: Callable[[], SecretStore], remove: Callable[[], None]
    ) -> None:
        store = open_store()
        first = await store.secret()
        remove()
        second = await store.secret()
        assert second != first
        assert await open_store().secret() == second

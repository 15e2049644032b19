"""A secret in memory."""

from secrets import token_bytes

from domain.errors import ArchiveUnavailable


class MemorySecretStore:
    """A SecretStore. A test may replace the `value`; with a `failure`, every call raises it."""

    def __init__(self, value: bytes | None = None) -> None:
        self.value = value
        self.failure: ArchiveUnavailable | None = None
        self.calls = 0

    async def secret(self) -> bytes:
        self.calls += 1
        if self.failure is not None:
            raise self.failure
        if self.value is None:
            self.value = token_bytes(32)
        return self.value
